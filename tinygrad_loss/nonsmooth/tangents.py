"""The truth about a derivative along one direction, entry by entry of the result: both of its sides are seen."""

from collections.abc import Mapping, Sequence

import numpy as np

from tinygrad_loss import errors
from tinygrad_loss.context import Policy
from tinygrad_loss.engine.declare import linear
from tinygrad_loss.engine.op import OPS, Array
from tinygrad_loss.engine.tensor import Tensor
from tinygrad_loss.nonsmooth.germ import ROUNDING
from tinygrad_loss.nonsmooth.near import Near, judging, steadily
from tinygrad_loss.nonsmooth.reach import moved
from tinygrad_loss.nonsmooth.rounding import is_rounding
from tinygrad_loss.nonsmooth.sides import Sides, sides_of
from tinygrad_loss.nonsmooth.sites import LOOK, departures, value_of

__all__ = ["judge_tangent"]

linear("resolved", lambda x, value: value, lambda g, _x, value: g, doc="a gradient whose value at a kink was settled")
RESOLVED = OPS["resolved"]


def judge_tangent(y: Tensor, dy: Array, tangents: Mapping[int, Array], policy: Policy, departed: Sequence[str] = ()) -> Array:
    """Return the derivative of ``y`` along tangents, entry by entry: where its two sides agree, that; else what the policy says."""
    variables = _found(y, tangents)
    near = Near(y, np.ones_like(y.value), variables)
    steps = [np.asarray(value_of(tangents[id(v)]), np.float64) for v in variables]

    def ask(sign: float) -> tuple[Sides | None, bool | np.ndarray]:
        return steadily(near, lambda: sides_of(near.result_along([sign * d for d in steps]), y.value, near.noise))

    def slopes() -> np.ndarray:
        return np.stack([sign * _slopes(ask(sign)[0], y.shape) for sign in (-1.0, 1.0)])

    with judging(near):
        (back, back_known), (ahead, ahead_known) = ask(-1.0), ask(1.0)
        left, right = -_slopes(back, y.shape), _slopes(ahead, y.shape)
        left = np.where(_gone(back) & np.isinf(right), right, left)
        right = np.where(_gone(ahead) & np.isinf(left), left, right)
        with np.errstate(all="ignore"):
            finite_ones = np.isfinite(left) & np.isfinite(right)
            close = np.abs(left - right) <= ROUNDING.get().same * np.maximum(np.abs(left), np.abs(right))
            agree = (left == right) | (finite_ones & close) | is_rounding(left, right, slopes, near.largest, y.dtype)
            value = np.where(agree, np.where(np.isinf(left), left, 0.5 * (left + right)), np.nan)
            if policy == "subgradient":
                value = np.where(finite_ones, 0.5 * (left + right), value)
            moving, touched = moved(y, tangents)
            value = np.where(touched, np.where(np.isfinite(np.asarray(y.value)), value, np.nan), np.asarray(value_of(dy)))
            known = np.asarray(back_known) & np.asarray(ahead_known)
            value = np.where(moving, np.where(~known & np.isinf(value), np.nan, value), 0.0)
    if np.any(np.isnan(value)) and policy in {"nan", "raise"}:
        first = tuple(np.argwhere(np.isnan(value))[0])
        left_at = departures(near, departed)
        decided = np.all(known) and not left_at
        message = (
            f"the function has no derivative along this direction: left slope {left[first]:g}, right slope {right[first]:g}. "
            "Use instead: tl.directional(f, x, v), which has one side"
            if decided
            else "whether there is a derivative along this direction could not be decided"
            + (f" (by {left_at[0]})" if left_at else "")
            + f". Use instead: {LOOK}"
        )
        if policy == "raise":
            raise errors.UndefinedGradientError(message)
        errors.warn_caller(message, errors.UndefinedGradientWarning if decided else errors.UndecidedGradientWarning)
    value = value.astype(y.dtype)[()]
    if not isinstance(dy, Tensor):
        return value
    return dy if np.array_equal(dy.value, value) else RESOLVED.call(dy, value=value)


def _slopes(sides: Sides | None, shape: tuple[int, ...]) -> np.ndarray:
    """Return the one-sided derivative of every entry; nan where that side does not exist, jumps, or is not known."""
    return np.full(shape, np.nan) if sides is None else np.where(sides.exists & ~sides.jumps, sides.slope, np.nan)


def _gone(sides: Sides | None) -> np.ndarray:
    """Return where one side does not exist."""
    return np.asarray(False if sides is None else ~sides.exists)


def _found(y: Tensor, tangents: Mapping[int, Array]) -> list[Tensor]:
    """Return the variables that tangents were given for, among those that led to ``y``."""
    found: dict[int, Tensor] = {}
    stack, seen = [y], set()
    while stack:
        t = stack.pop()
        if id(t) in seen:
            continue
        seen.add(id(t))
        if id(t) in tangents:
            found[id(t)] = t
        elif t.op is not None:
            stack.extend(x for x in t.inputs if isinstance(x, Tensor))
    return list(found.values())
