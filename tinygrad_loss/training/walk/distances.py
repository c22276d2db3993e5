"""Steps 1 to 3: what is far apart? |x - y|, its square, and why comparing one number is not enough."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from tinygrad_loss.calculus.functional import grad
from tinygrad_loss.calculus.verdict import Verdict, differentiability
from tinygrad_loss.engine.op import Array
from tinygrad_loss.engine.tensor import tensor
from tinygrad_loss.picture.draw import Picture, draw

__all__ = ["Fit", "Meeting", "absolute", "best_guess", "circles", "gaussian_kl", "measurements", "meeting", "normals", "square"]


def absolute(x: Array, y: Array) -> Array:
    """Return |x - y|."""
    return np.abs(x - y)


def square(x: Array, y: Array) -> Array:
    """Return (x - y)²."""
    return np.square(x - y)


@dataclass(frozen=True, slots=True)
class Meeting:
    """A distance at the point where both numbers are equal: what it is there, and its picture."""

    verdict: Verdict
    picture: Picture


def meeting(distance: Callable[[Array, Array], Array], at: float = 2.0) -> Meeting:
    """Look at a distance where x meets y.

    >>> meeting(absolute).verdict.left, meeting(absolute).verdict.right
    (-1.0, 1.0)
    """
    x, y = tensor(at, requires_grad=True, name="x"), tensor(at, name="y")
    return Meeting(differentiability(lambda x: distance(x, at), at), draw(distance(x, y)))


def measurements(rng: np.random.Generator, count: int = 101) -> np.ndarray:
    """Return an odd number of measurements of one thing."""
    return rng.normal(20.0, 3.0, count)


@dataclass(frozen=True, slots=True)
class Fit:
    """The one number m that is closest to all measurements.

    Attributes:
        guess: m.
        total: the summed distance there.
        meets: how many measurements are exactly m.
        verdict: whether the summed distance has a gradient in m.
        picture: its graph.
    """

    guess: float
    total: float
    meets: int
    verdict: Verdict
    picture: Picture


def best_guess(distance: Callable[[Array, Array], Array], data: np.ndarray) -> Fit:
    r"""Return the m that makes $\sum_i d(m, y_i)$ smallest: the median for |x - y|, the mean for the square.

    The median of an odd number of measurements *is* one of them, so the best m meets it exactly.

    Source: Laplace 1774; Gauss 1809.

    >>> best_guess(absolute, np.array([1.0, 2.0, 6.0])).meets
    1
    """
    m = float(np.median(data) if distance is absolute else np.mean(data))

    def total(m: Any) -> Array:
        return np.sum(distance(m, data))

    variable = tensor(m, requires_grad=True, name="m")
    return Fit(m, float(total(m)), int(np.count_nonzero(data == m)), differentiability(total, m), draw(total(variable)))


def circles(radius: float, other: float) -> tuple[float, float]:
    """Compare two circles by their radii: return the squared difference, and its slope in the first radius."""
    return float(square(radius, other)), float(grad(square)(radius, other))


def gaussian_kl(mean: Array, variance: Array, other_mean: Array, other_variance: Array) -> Array:
    r"""Return the Kullback-Leibler divergence of one normal distribution from another.

    $\mathrm{KL} = \tfrac12 \left( \log\frac{v_2}{v_1} + \frac{v_1 + (m_1 - m_2)^2}{v_2} - 1 \right)$

    Source: Kullback and Leibler 1951, Annals of Mathematical Statistics 22(1).

    >>> float(gaussian_kl(3.0, 1.0, 0.0, 1.0))
    4.5
    """
    return 0.5 * (np.log(other_variance / variance) + (variance + np.square(mean - other_mean)) / other_variance - 1.0)


def normals(first: tuple[float, float], second: tuple[float, float]) -> tuple[float, float, float]:
    """Compare two normals (mean, variance): by variance alone, by KL, and the slope of KL in the first mean."""
    slope = grad(lambda mean: gaussian_kl(mean, first[1], *second))(first[0])
    return float(square(first[1], second[1])), float(gaussian_kl(*first, *second)), float(slope)
