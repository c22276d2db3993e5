r"""The linear pieces of the first-order model of a function whose kinks feed each other: all of them, up to a budget.

Where every kink is locked along v, the tangents of all kinks are linear in the direction, and the directions for which the same
branches are chosen form a cone $\{d : W d > 0\}$. Crossing one of its facets leads to the next cone. The cones are connected
through their facets, so a search that crosses every facet of every cone found has seen all of them.

Sources: Griewank 2013, On stable piecewise linearization and generalized algorithmic differentiation; Avis and Fukuda 1996,
Reverse search for enumeration (arrangements of hyperplanes); Lawson and Hanson 1974 (non-negative least squares, Farkas' lemma).
"""

from collections.abc import Sequence
from typing import Final

import numpy as np

from tinygrad_loss.engine.op import Array
from tinygrad_loss.nonsmooth.bends import ordered_groups
from tinygrad_loss.nonsmooth.lock import Kink, Lock
from tinygrad_loss.nonsmooth.locked import Locked, Locks

__all__ = ["limits_of_all_pieces"]

WORK: Final = 30_000
"""Ops visited at most; about a third of a second."""
ENTRIES: Final = 12
"""Up to this many variables are searched."""
SAME: Final = 1e-10
"""Walls, of unit length, this close are one, or too close to tell."""
ROUNDED: Final = 1e-13
"""What is this small against what it was computed from is rounding."""


def limits_of_all_pieces(locked: Locked, start: np.ndarray) -> list[np.ndarray] | None:
    """Return the gradient on every linear piece beside the point, or None where that is beyond the budget or the ops are of other kinds."""
    if start.size > ENTRIES or not locked.meets_two_branches:
        return None
    search = Search(locked, start.size)
    todo = [search.along(start / np.linalg.norm(start))]
    limits: list[np.ndarray] = []
    done: set[bytes] = set()
    while todo:
        piece = todo.pop()
        if piece is None or search.spent > WORK:
            return None
        if piece.key in done:
            continue
        done.add(piece.key)
        limits.append(locked.flat_gradient(piece.locks))
        for k in range(len(piece.walls)):
            search.spent += len(piece.walls)
            try:
                beyond = piece.beyond(k)
            except ZeroDivisionError:  # the piece is too narrow to be crossed in floats
                return None
            if beyond is not None:
                todo.append(search.just_beyond(piece.v, *beyond))
    return limits


class Piece:
    """A cone of directions along which every kink takes the same branch: ``walls`` are the unit normals of its sides, inward."""

    def __init__(self, key: bytes, v: np.ndarray, locks: Locks, walls: np.ndarray) -> None:
        self.key, self.v, self.locks, self.walls = key, v, locks, walls

    def beyond(self, k: int) -> tuple[np.ndarray, np.ndarray] | None:
        """Return a point on the k-th wall that no other wall cuts off, and the way out; None for a wall that touches the piece nowhere."""
        from scipy.optimize import nnls  # noqa: PLC0415  SciPy is imported where it is used

        wall, others = self.walls[k], np.delete(self.walls, k, axis=0)
        inward = wall
        if len(others):
            share, _ = nnls(others.T, wall)
            inward = wall - others.T @ share
        if np.linalg.norm(inward) < SAME:
            return None
        step = float(wall @ self.v) / float(wall @ inward)
        return self.v - step * inward, -step * inward


class Search:
    """The pieces found so far, by the branches that they take, and how many ops were visited."""

    def __init__(self, locked: Locked, size: int) -> None:
        self.locked, self.units = locked, np.eye(size)
        self.known: dict[bytes, Piece] = {}
        self.spent = 0

    def along(self, v: np.ndarray) -> Piece | None:
        """Return the piece that holds a direction; None for one that lies on a wall."""
        locks = self.locked.ahead(v)
        key = b"".join(lock.branches for lock in locks.values())
        self.spent += len(self.locked.leading)
        found = self.known.get(key)
        if found is None:
            walls = self._walls(locks, v)
            if walls is None:
                return None
            found = self.known[key] = Piece(key, v, locks, walls)
        return found

    def just_beyond(self, v: np.ndarray, crossing: np.ndarray, outward: np.ndarray) -> Piece | None:
        """Return the piece on the other side of a wall: the one that touches the crossing."""
        share = 0.5
        while share > 1e-7:
            d = crossing + share * outward
            piece = self.along(d / np.linalg.norm(d))
            if piece is not None and np.all(piece.walls @ crossing >= -1e-12 * np.linalg.norm(v)):
                return piece
            share /= 8
        return None

    def _walls(self, locks: Locks, v: np.ndarray) -> np.ndarray | None:
        self.spent += (len(self.units) + 1) * len(self.locked.leading)
        columns = [self.locked.tangents(locks, unit) for unit in self.units]
        rows = np.concatenate([np.zeros((0, v.size)), *(_walls(key, lock, columns, v) for key, lock in locks.items())])
        rows = rows[np.any(rows != 0, axis=1)]
        rows /= np.max(np.abs(rows), axis=1, keepdims=True)
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
        heights = rows @ v
        if np.any(np.abs(heights) < 1e-14):
            return None
        rows *= np.sign(heights)[:, None]
        return _distinct(rows)


def _distinct(rows: np.ndarray) -> np.ndarray | None:
    """Return rows of unit length, each once; None where two differ by so little that what lies between them cannot be seen."""
    apart = np.max(np.abs(rows[:, None] - rows[None, :]), axis=2) if len(rows) else np.zeros((0, 0))
    if np.any((apart > ROUNDED) & (apart < SAME)):
        return None
    return rows[np.argmax(apart <= ROUNDED, axis=1) == np.arange(len(rows))] if len(rows) else rows


def _walls(key: int, lock: Lock, columns: Sequence[dict[tuple[int, int], Array]], v: np.ndarray) -> np.ndarray:
    """Return the normals of the walls at which a kink would change its branch, in the directions of the leaves' entries."""
    kink = lock.kink
    still = np.zeros(kink.at.shape if kink.at is not None else np.shape(kink.here[0]))
    moved = [[column.get((key, i), still) for column in columns] for i in range(len(lock.dx))]
    if kink.at is None:
        return _walls_of_order(kink, sum((s * d for s, d in zip(v, moved[0], strict=True)), still), moved[0])
    signs = [0.0 if d is None else 1.0 if i == 0 else -1.0 for i, d in enumerate(lock.dx)]
    steps = [sum(s * np.ravel(moved[i][j]) for i, s in enumerate(signs)) for j in range(v.size)]
    sizes = sum(np.abs(np.ravel(moved[i][j])) for i in range(len(signs)) for j in range(v.size))
    rows = np.stack([np.broadcast_to(s, kink.at.shape) for s in steps], axis=1)
    return np.where(np.abs(rows) > ROUNDED * np.reshape(sizes, (-1, 1)), rows, 0.0)


def _walls_of_order(kink: Kink, along: np.ndarray, steps: Sequence[Array]) -> np.ndarray:
    """Return the walls at which entries that an op puts in order would change places."""
    groups = ordered_groups(kink.op.name, kink.static.get("axis"), kink.here[0], [along, *steps], np.ones(kink.shape))
    rows = [np.zeros((0, len(steps)))]
    for group in groups or ():
        ranked = group.rows[np.argsort(group.rows[:, 0]), 1:]
        one = group.handed != slice(None)
        found = ranked[group.handed] - np.delete(ranked, group.handed, axis=0) if one else np.diff(ranked, axis=0)
        rows.append(np.where(np.abs(found) > ROUNDED * np.max(np.abs(ranked)), found, 0.0))
    return np.concatenate(rows)
