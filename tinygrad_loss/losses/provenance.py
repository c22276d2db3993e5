"""Where a loss's numbers came from: what made them says whether they are scores, probabilities or logarithms."""

from typing import Any, Final

import numpy as np

from tinygrad_loss import errors
from tinygrad_loss.context import RECORDING, REMEMBER_LINES
from tinygrad_loss.engine.op import Array
from tinygrad_loss.engine.tensor import Tensor
from tinygrad_loss.losses import checks

__all__ = ["not_of_a_layer", "not_probabilities", "not_scores", "sums_to_one"]

MADE_PROBABILITIES: Final = frozenset({"softmax", "expit"})
MADE_SCORES: Final = frozenset({"linear", "matmul", "convolution"})
ADDED: Final = frozenset({"add", "shift_channels"})
MOVED: Final = frozenset({"reshape", "transpose", "getitem", "astype", "broadcast_to", "positive", "take_along", "concatenate", "clip"})
"""Ops that leave numbers what they were: probabilities, or scores."""


def _source(z: Array) -> Array:
    """Return what made the numbers of an array, before they were only moved, cut, cast or clipped."""
    while type(z) is Tensor and z.op is not None and z.op.name in MOVED:
        z = z.inputs[0]
    return z


def _maker(z: Array) -> str:
    """Return the name of the op that made the numbers of an array, or nothing."""
    z = _source(z)
    return z.op.name if type(z) is Tensor and z.op is not None else ""


def not_probabilities(where: str, z: Array) -> None:
    """Warn when a loss of scores is given what softmax or expit made: it would be applied twice."""
    maker = _maker(z)
    if maker in MADE_PROBABILITIES:
        checks.warn_caller(
            errors.say(
                where,
                f"input must be scores, to which it applies {maker} itself",
                f"the result of {maker}",
                f"tl.losses.{where}(scores, target), without {maker}",
            ),
            errors.ProvenanceWarning,
        )


def _of_parameters(z: Array) -> str:
    """Return the op that made scores by a product with parameters, a bias added or not, or nothing."""
    z = _source(z)
    if type(z) is Tensor and z.op is not None and z.op.name in ADDED:
        z = _source(z.inputs[0])
    if type(z) is not Tensor or z.op is None or z.op.name not in MADE_SCORES:
        return ""
    learnt = any(type(x) is Tensor and x.is_leaf and x.requires_grad for x in z.inputs)
    return z.op.name if learnt else ""


def not_scores(where: str, p: Array, instead: str) -> None:
    """Warn when a loss of log-probabilities is given probabilities, or the scores of a layer: nothing made them sum to one."""
    if type(p) is not Tensor or p.op is None:
        return
    maker = _maker(p)
    maker = maker if maker in MADE_PROBABILITIES else _of_parameters(p)
    if maker:
        checks.warn_caller(
            errors.say(where, "input must be log-probabilities", f"the result of {maker}", instead), errors.ProvenanceWarning
        )


def not_of_a_layer(where: str, p: Array, instead: str) -> None:
    """Warn when a loss of probabilities is given the scores of a layer, which lie in [0, 1] by luck."""
    maker = _of_parameters(p)
    if maker:
        checks.warn_caller(errors.say(where, "input must be probabilities", f"the result of {maker}", instead), errors.ProvenanceWarning)


def sums_to_one(where: str, p: Array, axis: int | None, name: str, *, logs: str = "") -> None:
    """Warn, under debug, when probabilities do not add up to one along an axis, or along none where ``axis`` is None.

    ``logs`` says that they are logarithms, and what to type instead.
    """
    if RECORDING.get() != REMEMBER_LINES:
        return
    p = checks.value_of(p)
    if logs:
        p, name = np.exp(p), f"np.exp({name})"
    axes = range(-1, -1 - p.ndim, -1) if axis is None else (axis,)
    worst = [_farthest(np.sum(p, axis=at)) for at in axes]
    if min((abs(total - 1) for total in worst), default=0.0) > 1e-3:
        instead = logs or f"{name} / np.sum({name}, axis={axes[0]}, keepdims=True)"
        along = "an axis" if axis is None else f"axis {axis}"
        checks.warn_caller(errors.say(where, f"{name} must sum to 1 along {along}", f"{worst[0]:.6g}", instead), errors.ProvenanceWarning)


def _farthest(total: Array) -> Any:
    """Return the sum that is farthest from one."""
    return total.flat[np.argmax(np.abs(total - 1))] if np.ndim(total) else total
