"""tinygrad_loss: a small autograd framework on NumPy that tells the truth about loss functions."""

import typing as _typing
from importlib import import_module as _import_module

from tinygrad_loss import context as context
from tinygrad_loss import errors as errors
from tinygrad_loss import ops as ops
from tinygrad_loss.calculus.functional import grad as grad
from tinygrad_loss.calculus.functional import hessian as hessian
from tinygrad_loss.calculus.functional import hvp as hvp
from tinygrad_loss.calculus.functional import jacobian as jacobian
from tinygrad_loss.calculus.functional import jvp as jvp
from tinygrad_loss.calculus.functional import value_and_grad as value_and_grad
from tinygrad_loss.calculus.functional import vjp as vjp
from tinygrad_loss.context import at_kinks as at_kinks
from tinygrad_loss.context import enable_grad as enable_grad
from tinygrad_loss.context import no_grad as no_grad
from tinygrad_loss.engine.debug import debug as debug
from tinygrad_loss.engine.explained import explain_room as _explain_room
from tinygrad_loss.engine.memory import keep_freed_memory as _keep_freed_memory
from tinygrad_loss.engine.op import Facts as Facts
from tinygrad_loss.engine.tensor import Tensor as Tensor
from tinygrad_loss.engine.tensor import tensor as tensor
from tinygrad_loss.spelling import install as _install
from tinygrad_loss.spelling.names import NAMES as _NAMES

if _typing.TYPE_CHECKING:  # what `_LATER` loads on first use
    from tinygrad_loss import data as data
    from tinygrad_loss import distributions as distributions
    from tinygrad_loss import losses as losses
    from tinygrad_loss import nn as nn
    from tinygrad_loss import optim as optim
    from tinygrad_loss import training as training
    from tinygrad_loss.calculus.numeric import gradcheck as gradcheck
    from tinygrad_loss.calculus.own import op as op
    from tinygrad_loss.calculus.verdict import differentiability as differentiability
    from tinygrad_loss.calculus.verdict import directional as directional
    from tinygrad_loss.picture.draw import draw as draw
    from tinygrad_loss.training.fit import fit as fit

_keep_freed_memory()
_install()
globals().update(_explain_room(globals()))

_LATER = {
    # name at the front door: (module, attribute in it, or "" for the module itself); loaded on first use
    "data": ("data", ""),
    "differentiability": ("calculus.verdict", "differentiability"),
    "directional": ("calculus.verdict", "directional"),
    "distributions": ("distributions", ""),
    "draw": ("picture.draw", "draw"),
    "fit": ("training.fit", "fit"),
    "gradcheck": ("calculus.numeric", "gradcheck"),
    "losses": ("losses", ""),
    "nn": ("nn", ""),
    "op": ("calculus.own", "op"),
    "optim": ("optim", ""),
    "training": ("training", ""),
}


if not _typing.TYPE_CHECKING:  # a checker that saw it would believe every name

    def __getattr__(name: str) -> _typing.Any:
        """Load a heavy room when it is first asked for, so that importing the package stays fast."""
        if name not in _LATER:
            raise errors.no_name(__name__, name, __dir__(), {} if name.startswith("_") else _elsewhere(name))
        room, attribute = _LATER[name]
        module = _import_module(f"{__name__}.{room}")
        return getattr(module, attribute) if attribute else module


def _elsewhere(name: str) -> dict[str, str]:
    """Return what to type for a name that another room has, or NumPy, or PyTorch, or that means a loss."""
    if name in _NAMES:
        return _NAMES
    for room in ("ops", "losses", "nn", "optim", "distributions", "data", "training", "training.metrics"):
        if name in dir(_import_module(f"{__name__}.{room}")):
            return {name: f"type tl.{room}.{name}"}
    if name in {"save", "load", "summary"}:
        of_models: dict[str, str] = _import_module(f"{__name__}.spelling.table").OF_THE_ROOM
        return of_models
    if found := errors.of_numpy(name):
        return found
    typed: dict[str, str] = _import_module(f"{__name__}.losses.synonyms").typed(name)
    return typed


def __dir__() -> list[str]:
    return sorted(
        {name for name in globals() if not name.startswith("_")} - {"calculus", "engine", "mismatch", "nonsmooth", "remedies", "spelling"}
        | set(_LATER)
    )
