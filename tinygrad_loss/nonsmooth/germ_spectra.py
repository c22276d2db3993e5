"""Eigenvalues and singular values of matrices of germs, where they repeat: the next term of the matrix splits them.

Where values repeat, their vectors may be any basis of one space; just beside the point they are the basis in which the
next term of the matrix is diagonal, and the values move with its eigenvalues.

Source: Kato, Perturbation Theory for Linear Operators, chapter II, section 2.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from tinygrad_loss.engine.op import OPS, Array
from tinygrad_loss.nonsmooth.germ import ONE, ROUNDING, Exhausted, Germ, constant, germ
from tinygrad_loss.nonsmooth.germ_ring import select
from tinygrad_loss.nonsmooth.germ_rules import divide, rule
from tinygrad_loss.nonsmooth.multiplicity import LARGEST, multiplicity
from tinygrad_loss.ops.turning import rounding, vanishing

__all__ = ["eigh", "eigvalsh", "pinv", "qr", "ratio", "svd", "svdvals"]


def _tied(name: str, a: Germ, static: dict[str, Any]) -> bool:
    op = OPS[name]
    return bool(np.any(op.facts.tie(op.forward(a.constant, **static), a.constant, **static)))  # type: ignore[union-attr]


def _each(a: Germ, split: Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, ...]]) -> list[np.ndarray]:
    """Apply ``split`` to the first two terms of every matrix, and stack what it returns."""
    if any(key not in {ONE, (1, 0)} and key[0] <= 1 for key in a.terms) or a.least <= 1:
        raise Exhausted
    batch = a.shape[:-2]
    found = [split(a.constant[i], a.coefficient(1)[i]) for i in np.ndindex(batch)]
    return [np.reshape(np.stack(parts), (*batch, *parts[0].shape)) for parts in zip(*found, strict=True)]


def _groups(a: np.ndarray, values: np.ndarray, *, singular: bool) -> list[slice]:
    """Return the ranges of equal values of a matrix; those that rounding parts count where whole numbers say that they are equal."""
    apart = np.abs(np.diff(values)) > rounding(values)
    starts: list[int] = np.flatnonzero(np.concatenate([[True], apart])).tolist() if len(values) else []
    groups = [slice(start, end) for start, end in zip(starts, [*starts[1:], len(values)], strict=True)]
    zero = singular and len(values) and bool(vanishing(values)[-1])
    exact = all(np.ptp(values[g]) == 0 for g in groups) and not (zero and values[-1])
    if not exact:
        zeros = groups[-1].stop - groups[-1].start if zero else 0
        others = len(values) - zeros - len(groups) + bool(zero)
        known = len(values) <= LARGEST and multiplicity(a, singular=singular)
        if not known or (known != (zeros, others) if singular else sum(known) - bool(known[0]) != others):
            raise Exhausted
    return groups


def _split_symmetric(a: np.ndarray, step: np.ndarray) -> tuple[np.ndarray, ...]:
    """Return the eigenvalues, how they move, and the vectors just beside."""
    a = (a + a.T) / 2
    w, v = np.linalg.eigh(a)
    slope = np.empty_like(w)
    for group in _groups(a, w, singular=False):
        block = v[:, group].T @ ((step + step.T) / 2) @ v[:, group]
        slope[group], turned = np.linalg.eigh((block + block.T) / 2)
        w[group], v[:, group] = np.mean(w[group]), v[:, group] @ turned
    return w, slope, v


def _split(a: np.ndarray, step: np.ndarray) -> tuple[np.ndarray, ...]:
    """Return the singular values, how they move, and the vectors just beside; a value that was 0 can only grow."""
    u, s, vh = np.linalg.svd(a)
    v = vh.T
    slope = np.empty_like(s)
    zero = vanishing(s)
    for group in _groups(a, s, singular=True):
        if zero[group][0]:
            left, right = u[:, group.start :], v[:, group.start :]
            turned_left, moved, turned_right = np.linalg.svd(left.T @ step @ right)
            slope[group], s[group] = moved, 0.0
            u[:, group.start :], v[:, group.start :] = left @ turned_left, right @ turned_right.T
        else:
            block = u[:, group].T @ step @ v[:, group]
            moved, turned = np.linalg.eigh((block + block.T) / 2)
            slope[group], turned = moved[::-1], turned[:, ::-1]
            s[group], u[:, group], v[:, group] = np.mean(s[group]), u[:, group] @ turned, v[:, group] @ turned
    return s, slope, u, v.T


def _turning(w: np.ndarray, slope: np.ndarray, v: np.ndarray, step: np.ndarray, bend: np.ndarray) -> np.ndarray:
    """Return how the vectors of a symmetric matrix move, those of one space by its next term but one."""
    first, second = v.T @ step @ v, v.T @ bend @ v
    gaps = w[None, :] - w[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        apart = np.where(gaps == 0, 0.0, first / gaps)
        through = second + first @ apart  # what reaches a space of equal values by way of the others
        splits = slope[None, :] - slope[:, None]
        still = np.abs(through) <= ROUNDING.get().chop * np.max(np.abs(first), initial=1.0)  # nothing turns what stays one space
        inside = np.where((gaps != 0) | still, 0.0, through / splits)
    np.fill_diagonal(inside, 0.0)
    if not np.all(np.isfinite(inside)):
        raise Exhausted
    return v @ (apart + inside)


def _packed(*parts: np.ndarray, batch: tuple[int, ...]) -> Germ:
    flat = np.concatenate([np.reshape(p, (*batch, -1)) for p in parts], axis=-1)
    return Germ({ONE: flat}, flat.shape, 1)


@rule("ratio")
def ratio(a: Array, b: Array) -> Germ:
    """Return a / b, and 0 where no known term of ``a`` is left: what uses no vectors does not ask how fast they turn."""
    a, b = germ(a), germ(b)
    shape = np.broadcast_shapes(a.shape, b.shape)
    dead = np.broadcast_to(np.logical_and.reduce([c == 0 for c in a.terms.values()], axis=0) if a.terms else True, shape)
    return select(dead, constant(np.zeros(shape)), divide(a, select(dead, constant(np.ones(shape)), b)))


@rule("eigvalsh")
def eigvalsh(a: Germ) -> Germ | None:
    """Return the eigenvalues to first order."""
    if not _tied("eigvalsh", a, {}):
        return None  # regular here: its own forward mode says all
    w, slope, _ = _each(a, _split_symmetric)
    return Germ({ONE: w, (1, 0): slope}, w.shape, 2)


@rule("eigh")
def eigh(a: Germ, uplo: str) -> Germ | None:
    """Return the eigenvalues and the vectors to first order."""
    if not _tied("eigh", a, {"uplo": uplo}):
        return None  # regular here: its own forward mode says all
    if a.least <= 2:
        raise Exhausted
    w, slope, v = _each(a, _split_symmetric)
    batch = a.shape[:-2]
    turning = np.empty_like(v)
    for i in np.ndindex(batch):
        turning[i] = _turning(w[i], slope[i], v[i], a.coefficient(1)[i], a.coefficient(2)[i])
    here, move = _packed(w, v, batch=batch), _packed(slope, turning, batch=batch)
    return Germ({ONE: here.constant, (1, 0): move.constant}, here.shape, 2)


@rule("svdvals")
def svdvals(a: Germ) -> Germ | None:
    """Return the singular values to first order."""
    if not _tied("svdvals", a, {}):
        return None  # regular here: its own forward mode says all
    s, slope, _, _ = _each(a, _split)
    return Germ({ONE: s, (1, 0): slope}, s.shape, 2)


@rule("svd")
def svd(a: Germ, full: bool) -> Germ | None:
    """Return the singular values and the vectors just beside the point."""
    if not _tied("svd", a, {"full": full}):
        return None  # regular here: its own forward mode says all
    s, _, u, vh = _each(a, _split)
    k = s.shape[-1]
    return _packed(u if full else u[..., :k], s, vh if full else vh[..., :k, :], batch=a.shape[:-2])


@rule("pinv")
def pinv(a: Germ, **options: Any) -> None:
    """Leave a pseudo-inverse to its own forward mode where the rank stays; where it grows, the result grows beyond bounds."""
    if _tied("pinv", a, options):
        raise Exhausted


@rule("qr")
def qr(a: Germ, complete: bool) -> None:
    """Leave the factors to their own forward mode where no column may turn round."""
    if _tied("qr", a, {"complete": complete}):
        raise Exhausted
