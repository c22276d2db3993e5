"""Limits and slopes of a formula in exact arithmetic, found by going there: what still grows far out is infinite.

An infinite number stands for one beyond every float that is looked at twice, the second time much farther out. Two infinities are
approached at the same pace and each faster than the other; where the ways disagree there is no limit, which is nan.
"""

import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import mpmath as mp

FAR, NEAR = mp.mpf(10) ** 40, mp.mpf(10) ** -40
DIGITS = (260, 320, 440)
"""Enough for the sum of the largest number's square and the smallest step: without, with one and with several infinities."""
NOTHING = mp.mpf(10) ** -36
KINK = mp.mpf(10) ** -15

Vector = list[Any]
Formula = Callable[[Vector], list[Any]]
"""The terms of a loss, of which the sum is meant: the slope of each is taken alone, so that a large one does not round it away."""


def settled(near: Any, far: Any) -> Any:
    """Return where a quantity goes that is ``near`` at one place and ``far`` much farther on."""
    if mp.isnan(near) or mp.isnan(far):
        return mp.nan
    if max(abs(near), abs(far)) < NOTHING:
        return mp.mpf(0)
    if abs(far) > abs(near) * mp.mpf("1.4"):
        return mp.sign(far) * mp.inf
    return mp.mpf(0) if abs(far) * mp.mpf("1.4") < abs(near) else far


def ways(point: list[float]) -> Iterator[list[list[Any]]]:
    """Yield the ways to a point, each as two stations; there is one way unless several entries are infinite."""
    infinite = [i for i, x in enumerate(point) if mp.isinf(x)]
    paces = [(1,)] if len(infinite) == 1 else itertools.product((1, 2), repeat=len(infinite))
    for pace in paces:
        if infinite and min(pace) == 2:
            continue
        powers = dict(zip(infinite, pace, strict=True))
        yield [
            [mp.sign(x) * FAR ** (k * powers[i]) if i in powers else mp.mpf(x) for i, x in enumerate(point)]
            for k in ((1, 2) if infinite else (1,))
        ]


def agreed(found: list[Any]) -> Any:
    """Return what every way leads to, or nan."""
    first = found[0]
    same = all(x == first or (mp.isfinite(x) and abs(x - first) <= NEAR**0.5 * (abs(first) + 1)) for x in found)
    return first if same else mp.nan


def remembered(f: Formula) -> Formula:
    """Return the same formula, which computes no point twice with the same number of digits."""
    known: dict[Any, list[Any]] = {}

    def g(x: Vector) -> list[Any]:
        key = (mp.mp.dps, *x)
        if key not in known:
            known[key] = f(x)
        return known[key]

    return g


def total(terms: list[Any]) -> Any:
    if any(isinstance(t, mp.mpc) for t in terms):
        return mp.nan
    return mp.fsum(terms)


def value_at(f: Formula, point: list[float]) -> Any:
    """Return the value of a formula, or its limit."""
    with mp.workdps(DIGITS[min(2, sum(map(mp.isinf, point)))]):
        found = []
        for stations in ways(point):
            values = [total(f(x)) for x in stations]
            found.append(values[0] if len(values) == 1 else settled(*values))
        return agreed(found)


def _side(f: Formula, x: Vector, at: list[Any], i: int, h: Any) -> Any:
    """Return the slope from x to x + h in entry i, or None outside the domain; infinite where a term is, but not at x itself."""

    def moved(k: int) -> list[Any]:
        return f([*x[:i], x[i] + k * h, *x[i + 1 :]])

    try:
        here = moved(1)
        there = here if all(map(mp.isfinite, at)) else moved(2)
    except (TypeError, ValueError, ZeroDivisionError):  # a comparison of complex numbers, a logarithm or a quotient
        return None
    if any(isinstance(t, mp.mpc) for t in (*here, *there)):
        return None
    return mp.fsum(_rise(*terms) for terms in zip(at, here, there, strict=True)) / h


def _rise(at: Any, here: Any, there: Any) -> Any:
    """Return by how much a term rises in one step: the first, unless it is infinite at x, and then the second."""
    if mp.isfinite(at):
        return here - at
    return there - here if there != here else mp.mpf(0)


def slopes_at(f: Formula, point: list[float], i: int, near: Sequence[int] = ()) -> tuple[Any, Any]:
    """Return the slopes on the left and on the right of entry i, or their limits; equal where the formula is smooth or its domain ends.

    The entries ``near`` are 0, and are approached from above: the value is infinite there.
    """
    with mp.workdps(DIGITS[2 if near else min(2, sum(map(mp.isinf, point)))]):
        found: list[list[Any]] = [[], []]
        for way in ways(point):
            stations = (
                [[NEAR**k if j in near else x for j, x in enumerate(station)] for k, station in ((1, way[0]), (2, way[-1]))]
                if near
                else way
            )
            sides = _both_sides(f, stations[0], i, 1)
            if len(stations) == 2 or point[i] == 0 or None in sides:
                farther = _both_sides(f, stations[-1], i, 2)
                sides = [None if a is None or b is None else settled(a, b) for a, b in zip(sides, farther, strict=True)]
            left, right = (sides[1 - k] if side is None else side for k, side in enumerate(sides))
            if left is None:
                return mp.nan, mp.nan
            if mp.isfinite(left) and mp.isfinite(right) and abs(left - right) <= KINK * (abs(left) + abs(right)) + NEAR**0.75:
                left = right = (left + right) / 2
            found[0].append(left)
            found[1].append(right)
        return agreed(found[0]), agreed(found[1])


def _both_sides(f: Formula, x: Vector, i: int, k: int) -> list[Any]:
    h = NEAR**k * (min(abs(x[i]), 1) if x[i] else NEAR**k)
    return [_side(f, x, f(x), i, -h), _side(f, x, f(x), i, h)]
