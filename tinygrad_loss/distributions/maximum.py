"""The top of a likelihood: climbed in free real coordinates, and not believed until it is seen to be one."""

from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np

from tinygrad_loss import errors
from tinygrad_loss.calculus.functional import hessian, value_and_grad
from tinygrad_loss.context import at_kinks
from tinygrad_loss.engine.op import Array

__all__ = ["climb"]

RUNAWAY: Final = 25.0
"""How far a free coordinate may go from a start made from the data: a factor of e^25 in a scale."""
STRIDE: Final = 5.0
"""How far, in free coordinates, to look whether a maximum is one: a factor of 150 in a scale."""
SINGULAR: Final = 1e-11
"""Curvature relative to the largest below which a direction is flat: the maximum is at infinity, or not unique."""


def climb(
    nll: Callable[[Array], Array], start: np.ndarray, name: str, labels: Sequence[str], observations: float = 1.0, *, bounded: bool = True
) -> np.ndarray:
    """Minimise a negative log-likelihood over real coordinates: L-BFGS with exact gradients, then Newton steps with the exact Hessian.

    Args:
        nll: a function of a vector, returning one number.
        start: where to begin.
        name: how messages call the fit.
        labels: what each coordinate belongs to.
        observations: the weight of the data, by which the objective is divided.
        bounded: whether coordinates far from the start mean that there is no maximum.

    Raises:
        NoMaximumError: the likelihood keeps rising towards the edge.

    Source: Nocedal and Wright, Numerical Optimization, 2nd ed., chapters 6 and 7.
    """
    from scipy.optimize import minimize  # noqa: PLC0415  only when something is fitted

    scaled = lambda u: nll(u) / observations  # noqa: E731  one expression, used three times
    downhill = value_and_grad(scaled)

    def step(u: np.ndarray) -> tuple[float, np.ndarray]:
        value, slope = downhill(u)
        value = float(value) if np.isfinite(value) else np.inf
        return value, np.where(np.isfinite(slope), slope, 0.0)

    with at_kinks("convention"), np.errstate(all="ignore"):
        found = minimize(step, start, jac=True, method="L-BFGS-B", options={"maxiter": 2000, "gtol": 1e-9, "ftol": 1e-15})
        u, curvature = _newton(step, hessian(scaled), found.x)
    strengths, directions = np.linalg.eigh(curvature) if np.all(np.isfinite(curvature)) else (np.zeros(1), np.eye(len(u))[:, :1])
    away = np.abs(u - start)
    flat = strengths[0] <= SINGULAR * max(strengths[-1], SINGULAR) or _rises_on(step, u, directions[:, 0])
    if (bounded and np.max(away) > RUNAWAY) or flat:
        worst = int(np.argmax(away)) if np.max(away) > RUNAWAY else int(np.argmax(np.abs(directions[:, 0])))
        rule = f"the likelihood keeps rising while {labels[worst]} moves towards the edge of its range, so it has no maximum"
        got = f"coordinate {u[worst]:.4g} after {found.nit} steps"
        raise errors.NoMaximumError(errors.say(f"{name}.fit", rule, got, f"{name}.fit(data, {labels[worst]}=...), or a simpler family"))
    return u


def _rises_on(step: Callable[[np.ndarray], tuple[float, np.ndarray]], u: np.ndarray, direction: np.ndarray) -> bool:
    """Whether far along the flattest direction the likelihood is no lower, so that the climb merely stopped on a slope without end."""
    with at_kinks("convention"), np.errstate(all="ignore"):
        here = step(u)[0]
        there = min(step(u + far * direction)[0] for far in (-STRIDE, STRIDE))
    return there <= here + 1e-10 * max(abs(here), 1.0)


def _newton(
    step: Callable[[np.ndarray], tuple[float, np.ndarray]], curve: Callable[..., Any], u: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Polish a minimum until its gradient is rounding error; return it, and the Hessian there."""
    value, slope = step(u)
    curvature = curve(u)
    for _ in range(20):
        if np.max(np.abs(slope)) < 1e-13 or not np.all(np.isfinite(curvature)):
            break
        try:
            move = -np.linalg.solve(curvature, slope)
        except np.linalg.LinAlgError:
            break
        reached, next_slope = step(u + move)
        if not (reached <= value + 1e-12 * abs(value) and np.max(np.abs(next_slope)) < np.max(np.abs(slope))):
            break
        u, value, slope = u + move, reached, next_slope
        curvature = curve(u)
    return u, curvature
