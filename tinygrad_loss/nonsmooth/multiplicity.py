"""Whether values of a matrix that are equal but for rounding are equal: decided by whole numbers, which do not round.

Floating-point numbers are fractions, so the characteristic polynomial of a matrix of them is known exactly. A root repeats
where the polynomial and its derivative have a common factor, as often as that factor's degree says.

Source: Knuth, The Art of Computer Programming, volume 2, section 4.6.1 (greatest common divisors of polynomials); Faddeev and
Faddeeva, Computational Methods of Linear Algebra, section 47 (the characteristic polynomial).
"""

import math
from fractions import Fraction
from typing import Final

import numpy as np

__all__ = ["LARGEST", "multiplicity"]

LARGEST: Final = 8
"""Matrices of up to this many rows are decided."""


def multiplicity(a: np.ndarray, *, singular: bool) -> tuple[int, int]:
    """Return how many eigenvalues, or singular values, are 0, and by how many the others exceed the different ones among them."""
    whole = _whole_numbers(a)
    if singular:  # their squares are eigenvalues
        whole = whole @ whole.T if a.shape[0] <= a.shape[1] else whole.T @ whole
    p = _characteristic(whole)
    zeros = next(i for i, c in enumerate(p) if c)
    p = p[zeros:]
    return zeros, len(_common(p, [i * c for i, c in enumerate(p)][1:])) - 1


def _whole_numbers(a: np.ndarray) -> np.ndarray:
    """Return a multiple of a matrix that has whole numbers only, which Python never rounds."""
    parts = [Fraction(x) for x in a.ravel().tolist()]
    scale = math.lcm(*(x.denominator for x in parts))
    made = np.empty(a.size, object)
    made[:] = [int(x * scale) for x in parts]
    return made.reshape(a.shape)


def _characteristic(a: np.ndarray) -> list[int]:
    """Return the coefficients of the characteristic polynomial, lowest first."""
    n = len(a)
    unit = np.array([[int(i == j) for j in range(n)] for i in range(n)], object)
    found, m = [1], unit
    for k in range(1, n + 1):
        m = a @ m
        found.append(-sum(m.diagonal().tolist()) // k)
        m = m + found[-1] * unit
    return found[::-1]


def _common(p: list[int], q: list[int]) -> list[int]:
    """Return a greatest common divisor of two polynomials, lowest coefficient first."""
    while q:
        p, q = q, _remainder(p, q)
    return p


def _remainder(p: list[int], q: list[int]) -> list[int]:
    """Return a multiple of the remainder of p / q, without a common factor."""
    while len(p) >= len(q):
        shift = len(p) - len(q)
        p = [q[-1] * c - p[-1] * (q[i - shift] if i >= shift else 0) for i, c in enumerate(p)][:-1]
    while p and not p[-1]:
        p = p[:-1]
    divisor = math.gcd(*p)
    return [c // divisor for c in p]
