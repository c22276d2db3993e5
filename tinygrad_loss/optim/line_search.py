"""The line search of L-BFGS: a step at which the loss has fallen enough and the slope has flattened (strong Wolfe)."""

import math
from collections.abc import Callable
from typing import Final, NamedTuple

import numpy as np

__all__ = ["Point", "strong_wolfe"]

SUFFICIENT_DECREASE: Final = 1e-4
CURVATURE: Final = 0.9
MARGIN: Final = 0.1
"""Part of the bracket that a trial keeps from its ends, when it would otherwise creep."""


class Point(NamedTuple):
    """One trial on the line: the step, the loss there, its gradient, its slope along the line."""

    t: float
    loss: float
    gradient: np.ndarray
    slope: float


def strong_wolfe(
    evaluate: Callable[[float], Point], start: Point, t: float, *, length: float, tolerance_change: float, max_trials: int
) -> tuple[Point, int]:
    """Return the point found and the number of evaluations, in the steps that PyTorch's search takes.

    Args:
        evaluate: the point at a step.
        start: the point at step 0, whose slope is negative.
        t: the first step to try.
        length: the largest entry of the direction, which turns a bracket into a change of parameters.
        tolerance_change: the change of parameters below which a bracket is not divided further.
        max_trials: the largest number of further evaluations.

    Source: Nocedal and Wright 2006, Numerical Optimization, algorithms 3.5 and 3.6.
    """
    ends, trials, done = bracket(evaluate, start, t, max_trials)
    evaluations = trials + 1
    stuck = False
    while not done and trials < max_trials:
        low, high = order(ends)
        if abs(ends[1].t - ends[0].t) * length < tolerance_change:
            break
        t, stuck = inside(cubic_minimum(ends[0], ends[1]), ends, stuck=stuck)
        new = evaluate(t)
        evaluations += 1
        trials += 1
        if not fell(new, start) or new.loss >= ends[low].loss:
            ends[high] = new
        else:
            if flat(new, start):
                done = True
            elif new.slope * (ends[high].t - ends[low].t) >= 0:
                ends[high] = ends[low]
            ends[low] = new
            if done:
                return new, evaluations
    return ends[order(ends)[0]], evaluations


def bracket(evaluate: Callable[[float], Point], start: Point, t: float, max_trials: int) -> tuple[list[Point], int, bool]:
    """Grow the step until two points enclose what is sought, or one is it."""
    before, new = start, evaluate(t)
    trials = 0
    while trials < max_trials:
        if not fell(new, start) or (trials > 1 and new.loss >= before.loss):
            return [before, new], trials, False
        if flat(new, start):
            return [new, new], trials, True
        if new.slope >= 0:
            return [before, new], trials, False
        limits = (new.t + 0.01 * (new.t - before.t), new.t * 10)
        before, new = new, evaluate(cubic_minimum(before, new, limits))
        trials += 1
    return [start, new], trials, False


def fell(new: Point, start: Point) -> bool:
    """Whether the loss fell by a part of what the slope promised."""
    return not new.loss > start.loss + SUFFICIENT_DECREASE * new.t * start.slope


def flat(new: Point, start: Point) -> bool:
    """Whether the slope is small against the slope at the start."""
    return abs(new.slope) <= -CURVATURE * start.slope


def order(ends: list[Point]) -> tuple[int, int]:
    """Return the positions of the lower and of the higher end."""
    return (0, 1) if ends[0].loss <= ends[1].loss else (1, 0)


def inside(t: float, ends: list[Point], *, stuck: bool) -> tuple[float, bool]:
    """Move a trial away from the ends when it comes close a second time; also whether it came close now."""
    left, right = min(e.t for e in ends), max(e.t for e in ends)
    margin = MARGIN * (right - left)
    if min(right - t, t - left) >= margin:
        return t, False
    if stuck or t >= right or t <= left:
        return (right - margin if abs(t - right) < abs(t - left) else left + margin), False
    return t, True


def cubic_minimum(a: Point, b: Point, limits: tuple[float, float] | None = None) -> float:
    """Return where the cubic through two points with their slopes is least, within the limits.

    Source: Nocedal and Wright 2006, equation 3.59.
    """
    low, high = limits or (min(a.t, b.t), max(a.t, b.t))
    d1 = a.slope + b.slope - 3 * (a.loss - b.loss) / (a.t - b.t)
    square = d1 * d1 - a.slope * b.slope
    if not square >= 0:
        return (low + high) / 2
    d2 = math.sqrt(square)
    if a.t > b.t:
        a, b = b, a
    t = b.t - (b.t - a.t) * ((b.slope + d2 - d1) / (b.slope - a.slope + 2 * d2))
    return min(max(t, low), high)
