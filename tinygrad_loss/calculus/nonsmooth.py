"""What a gradient is where ops are not smooth (first step: every hit counts as undefined)."""

import warnings
from typing import Any

from tinygrad_loss import errors
from tinygrad_loss.context import Policy
from tinygrad_loss.engine.reverse import Pass

__all__ = ["judge"]


def judge(done: Pass, policy: Policy) -> dict[int, Any]:
    """Put the truth into ``done.cotangents``, and return what was found out per leaf."""
    if not done.suspects:
        return {}
    if policy == "subgradient":
        return {}
    names = ", ".join(sorted({t.node[0].name for t in done.suspects if t.node}))
    if policy == "raise":
        raise errors.UndefinedGradientError(names)
    warnings.warn(f"{names}: no gradient here", errors.UndefinedGradientWarning, stacklevel=3)
    return {}
