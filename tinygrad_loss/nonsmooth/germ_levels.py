r"""The level of an entmax beside a point where classes are about to enter: an equation whose solution bends there.

There a class has a share of exactly 0. With shares $p_c = [1 + a (z_c - \tau)]^{1/a}$, $a = \alpha - 1$, the level of a class of share q
is $\tau = z_c - (q^a - 1) / a$: for $\alpha > 2$ it is carried along by the class that enters first.
"""

from operator import itemgetter
from typing import Final

import numpy as np

from tinygrad_loss.engine.op import OPS
from tinygrad_loss.nonsmooth.germ import CAP, ONE, ROUNDING, Exhausted, Germ, exponent
from tinygrad_loss.nonsmooth.germ_ring import add
from tinygrad_loss.nonsmooth.germ_rules import power_of, rule, summed

__all__ = ["entmax_level"]

NAME: Final = "entmax_level"


@rule(NAME)
def entmax_level(near: Germ, axis: int, alpha: float) -> Germ | None:
    """Return the level beside the point, or nothing where no row has a class at the edge: there its own forward mode says all."""
    level = OPS[NAME].forward(near.constant, axis=axis, alpha=alpha)
    if not np.any(_at_edge(near.constant, level, alpha)):
        return None
    lanes = near.each(lambda c: np.moveaxis(np.broadcast_to(c, near.shape), axis, -1).reshape(-1, near.shape[axis]))
    shape = np.moveaxis(level, axis, -1).shape
    levels = level.reshape(-1, 1)  # one number per row, in whatever place its axis stands
    rows = [_beside(lanes.each(itemgetter(row)), levels[row], alpha) for row in range(len(levels))]
    terms = {key: np.stack([found.coefficient(*key) for found in rows]) for key in {k: None for found in rows for k in found.terms}}
    whole = Germ(terms, levels.shape, min(found.least for found in rows))
    return whole.each(lambda c: np.moveaxis(c.reshape(shape), -1, axis))


def _at_edge(z: np.ndarray, level: np.ndarray, alpha: float) -> np.ndarray:
    edge: np.ndarray = (z - level) * (alpha - 1.0) == -1.0
    return edge


def _beside(z: Germ, level: np.ndarray, alpha: float) -> Germ:
    """Return the level of one row."""
    edge = _at_edge(z.constant, level, alpha)
    inside = ((z.constant - level) * (alpha - 1.0) > -1.0) & ~edge
    first, moves = int(np.argmax(inside)), {key: c for key, c in z.terms.items() if key != ONE}
    if all(np.ptp(c[edge | inside]) == 0 for c in moves.values()):
        return Germ({ONE: level} | {key: c[first : first + 1] for key, c in moves.items()}, (1,), z.least)  # all move together
    alone: Germ = OPS[NAME].call(z.each(lambda c: c[inside]), axis=0, alpha=alpha)
    if not np.any(edge):
        return alone
    if any(0 < e < 1 or j for e, j in moves) or z.least <= 1:
        raise Exhausted
    step, drift = z.coefficient(1), alone.coefficient(1)[0]
    ahead = np.max(step[edge]) - drift
    if abs(ahead) <= ROUNDING.get().chop * max(1.0, abs(drift)):
        raise Exhausted
    if ahead < 0:
        return alone
    a = exponent(alpha - 1.0)
    if a < 1:
        return Germ(alone.terms, (1,), min(alone.least, float(1 / a))).truncated()
    return _carried(z, inside, edge & (step == np.max(step[edge])), float(ahead), alpha, level)


def _carried(z: Germ, inside: np.ndarray, entering: np.ndarray, ahead: float, alpha: float, level: np.ndarray) -> Germ:
    """Return the level that classes carry along which enter together, ``ahead`` t before it: what they take the others lose."""
    a, count = exponent(alpha - 1.0), np.count_nonzero(entering)
    moves = {key: c[entering] for key, c in z.terms.items() if key != ONE}
    if any(np.ptp(c) for c in moves.values()):
        raise Exhausted
    theirs = Germ({ONE: level} | {key: c[:1] for key, c in moves.items()}, (1,), z.least)
    others, share = z.each(lambda c: c[inside]), OPS["entmax_share"].call
    pull = (1.0 + (others.constant - level) * float(a)) ** (1.0 / float(a) - 1.0)
    q = Germ({(1, 0): np.array([np.sum(pull) * ahead / count])}, (1,), min(2.0, float(a)))
    while True:
        found = add(theirs, power_of(q, float(a)).each(lambda c: c / float(a)), -1.0)
        lost = summed(share(add(others, found, -1.0), alpha=alpha), lambda c: -np.sum(c, keepdims=True) / count)
        known = q.least
        q = lost.like({key: c for key, c in lost.terms.items() if key != ONE})  # all shares together are one
        if q.least <= known or q.least > float(CAP.get()) + 1:
            return found
