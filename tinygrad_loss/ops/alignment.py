"""Connectionist temporal classification: the likelihood of a labelling, summed over every way to align it with the frames.

A labelling of S labels becomes 2 S + 1 states with a blank around each. One recursion over the frames, in logarithms and for the
whole batch at once, gives the probability of every prefix; the same recursion on reversed frames and labels, that of every suffix.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from typing import Any, Final, NamedTuple, TypeAlias

import numpy as np

from tinygrad_loss.engine.declare import custom
from tinygrad_loss.engine.op import Array, Rule

__all__ = ["ctc", "ctc_occupancy"]

Part: TypeAlias = frozenset[int]
COARSE: Final = 1e-3
"""Beyond this rounding of a total the shares of its alignments are lost in it."""


class Lattice(NamedTuple):
    """The states of a batch, forwards and backwards.

    Attributes:
        labels: the class of each state ``[N, L]``.
        skips: 0 where a state may be entered from the one before the last, else minus infinity ``[N, L]``.
        last: the index of each final blank ``[N]``.
        frames: how many frames each sample has ``[N]``.
    """

    labels: np.ndarray
    skips: np.ndarray
    last: np.ndarray
    frames: np.ndarray


def _lattice(targets: np.ndarray, frames: np.ndarray, lengths: np.ndarray, blank: int, dtype: Any) -> Lattice:
    n, s = targets.shape
    labels = np.full((n, 2 * s + 1), blank)
    labels[:, 1::2] = np.where(np.arange(s) < lengths[:, None], targets, blank)
    skips = np.full(labels.shape, -np.inf, dtype)
    skips[:, 2:][(labels[:, 2:] != blank) & (labels[:, 2:] != labels[:, :-2])] = 0.0
    return Lattice(labels, skips, 2 * lengths, frames)


def _reversed(lattice: Lattice, blank: int) -> Lattice:
    """Return the lattice read from its end; states past the beginning are blanks that nothing counts."""
    place = lattice.last[:, None] - np.arange(lattice.labels.shape[1])
    labels = np.where(place >= 0, np.take_along_axis(lattice.labels, np.maximum(place, 0), 1), blank)
    skips = np.full(labels.shape, -np.inf, lattice.skips.dtype)
    skips[:, 2:][(labels[:, 2:] != blank) & (labels[:, 2:] != labels[:, :-2])] = 0.0
    return Lattice(labels, skips, lattice.last, lattice.frames)


def _backwards(x: np.ndarray, frames: np.ndarray) -> np.ndarray:
    """Read each sample's frames ``[T, N, L]`` from its own last one; what lies past it repeats the first."""
    place = np.maximum(frames - 1 - np.arange(len(x))[:, None], 0)
    return x[place, np.arange(x.shape[1])]


def _emissions(log_probs: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return what each state adds in each frame ``[T, N, L]``."""
    return log_probs[:, np.arange(len(labels))[:, None], labels]


def _prefixes(emit: np.ndarray, skips: np.ndarray) -> np.ndarray:
    """Return the log-probability of reaching each state at each frame, its own emission included ``[T, N, L]``."""
    t, n, width = emit.shape
    lowest = np.finfo(emit.dtype).min
    padded = np.full((t, n, width + 2), -np.inf, emit.dtype)
    out = padded[:, :, 2:]
    out[0, :, :2] = emit[0, :, :2]
    ways = np.empty((3, n, width), emit.dtype)
    for i in range(1, t):
        before = padded[i - 1]
        ways[0], ways[1] = before[:, 2:], before[:, 1:-1]
        np.add(before[:, :-2], skips, out=ways[2])
        top = np.maximum.reduce(ways, 0)
        np.maximum(top, lowest, out=top)
        np.subtract(ways, top, out=ways)
        np.exp(ways, out=ways)
        total = np.add.reduce(ways, 0)
        np.log(total, out=total)
        total += top
        np.add(total, emit[i], out=out[i])
    return out


def _ends(prefix: np.ndarray, lattice: Lattice) -> np.ndarray:
    """Return the log-probability of ending in the last label and in the last blank ``[2, N]``."""
    rows = np.arange(len(lattice.last))
    final = prefix[lattice.frames - 1, rows]
    before = np.where(lattice.last > 0, final[rows, np.maximum(lattice.last - 1, 0)], -np.inf)
    return np.stack([before, final[rows, lattice.last]]).astype(prefix.dtype, copy=False)


def _total(ends: np.ndarray) -> np.ndarray:
    """Return the logarithm of a sum of exponentials, exact at minus infinity."""
    top = np.maximum(ends.max(0), np.finfo(ends.dtype).min)
    total: np.ndarray = top + np.log(np.exp(ends - top).sum(0))
    return total


def _loss(log_probs: Array, targets: Array, frames: Array, lengths: Array, blank: int, zero_infinity: bool) -> Array:
    lattice = _lattice(targets, frames, lengths, blank, log_probs.dtype)
    with np.errstate(all="ignore"):
        losses = -_total(_ends(_prefixes(_emissions(log_probs, lattice.labels), lattice.skips), lattice))
    return np.where(np.isinf(losses), log_probs.dtype.type(0), losses) if zero_infinity else losses


class Posterior(NamedTuple):
    """What frame and state share: ``share`` is the probability of each state at each frame ``[T, N, L]``."""

    lattice: Lattice
    back: Lattice
    prefix: np.ndarray
    suffix: np.ndarray
    total: np.ndarray
    share: np.ndarray


def _posterior(log_probs: np.ndarray, targets: np.ndarray, frames: np.ndarray, lengths: np.ndarray, blank: int) -> Posterior:
    lattice = _lattice(targets, frames, lengths, blank, log_probs.dtype)
    back = _reversed(lattice, blank)
    emit = _emissions(log_probs, lattice.labels)
    n = len(frames)
    both = np.concatenate([emit, _backwards(_emissions(log_probs, back.labels), frames)], axis=1)
    ran = _prefixes(both, np.concatenate([lattice.skips, back.skips]))
    prefix, suffix = ran[:, :n], ran[:, n:]
    total = _total(_ends(prefix, lattice))
    coarse = np.isfinite(total) & (np.abs(total) > COARSE / np.finfo(emit.dtype).eps)
    if np.any(coarse):
        common = np.where(coarse[:, None], _highest(emit, lattice), emit.dtype.type(0))
        if np.any(common):
            return _posterior(log_probs - common, targets, frames, lengths, blank)
    joint = prefix + _aligned(suffix, lattice) - emit - total[:, None]
    share = np.exp(np.where(np.isneginf(prefix), -np.inf, joint))
    share[np.arange(len(share))[:, None] >= frames] = 0.0
    share[:, np.arange(emit.shape[2]) > lattice.last[:, None]] = 0.0
    return Posterior(lattice, back, prefix, suffix, total, share)


def _highest(emit: np.ndarray, lattice: Lattice) -> np.ndarray:
    """Return the most that any state which an alignment can be in adds in each frame ``[T, N, 1]``; the same for all, it decides nothing."""
    frame, state = np.arange(len(emit))[:, None, None], np.arange(emit.shape[2])
    left, last = lattice.frames[:, None] - 1 - frame, lattice.last[:, None]
    possible = (state <= 2 * frame + 1) & (state <= last) & (last - state <= 2 * left + 1)
    highest = np.where(possible, emit, -np.inf).max(2, keepdims=True)
    return np.where(np.isfinite(highest), highest, emit.dtype.type(0))


def _aligned(suffix: np.ndarray, lattice: Lattice) -> np.ndarray:
    """Turn what ran backwards to the frames and states of what ran forwards."""
    place = np.maximum(lattice.last[:, None] - np.arange(suffix.shape[2]), 0)
    return np.take_along_axis(_backwards(suffix, lattice.frames), place[None], 2)


def _by_class(share: np.ndarray, labels: np.ndarray, classes: int) -> np.ndarray:
    """Add states up by their class ``[T, N, C]``."""
    one_hot = (labels[:, :, None] == np.arange(classes)).astype(share.dtype)
    return np.ascontiguousarray(np.swapaxes(np.swapaxes(share, 0, 1) @ one_hot, 0, 1))


def _moved(log_probs: Array, targets: Array, frames: Array, lengths: Array, *directions: Array, blank: int, zero_infinity: bool) -> Array:
    """Return the mixed derivative of the occupancy along every direction; the occupancy itself when there is none."""
    with np.errstate(all="ignore"):
        p = _posterior(log_probs, targets, frames, lengths, blank)
        share = p.share if not directions else _share_moved(p, directions, frames)
        out = _by_class(share, p.lattice.labels, log_probs.shape[2])
    out[:, np.isinf(p.total)] = 0.0 if zero_infinity else np.nan
    return out


def _share_moved(p: Posterior, directions: Sequence[np.ndarray], frames: np.ndarray) -> np.ndarray:
    """Carry the directions through both recursions and into the logarithm of each share."""
    n, rows = len(frames), np.arange(len(frames))
    emits: dict[Part, np.ndarray] = {}
    for i, v in enumerate(directions):
        emits[frozenset([i])] = np.concatenate([_emissions(v, p.lattice.labels), _backwards(_emissions(v, p.back.labels), frames)], axis=1)
    ran = _prefixes_moved(
        np.concatenate([p.prefix, p.suffix], axis=1), np.concatenate([p.lattice.skips, p.back.skips]), emits, len(directions)
    )
    ends = _ends(p.prefix, p.lattice)
    weights = np.exp(ends - p.total)
    final = {part: x[frames - 1, rows] for part, x in ran.items()}
    before = np.maximum(p.lattice.last - 1, 0)
    total = log_mean({part: np.stack([x[rows, before], x[rows, p.lattice.last]]) for part, x in final.items()}, weights)
    change = {}
    for part, x in ran.items():
        moved = x[:, :n] + _aligned(x[:, n:], p.lattice) - total[part][:, None]
        change[part] = moved - emits[part][:, :n] if part in emits else moved
    grown = exponential(change)[frozenset(range(len(directions)))]
    return np.where(p.share == 0, 0.0, p.share * grown).astype(p.share.dtype)


def _prefixes_moved(prefix: np.ndarray, skips: np.ndarray, emits: Mapping[Part, np.ndarray], count: int) -> dict[Part, np.ndarray]:
    """Return the derivatives of `_prefixes` along every set of directions ``[T, N, L]``; each way weighs by its share."""
    t, n, width = prefix.shape
    lowest, tiny = np.finfo(prefix.dtype).min, np.finfo(prefix.dtype).tiny
    every = parts(range(count))
    padded = {part: np.zeros((t, n, width + 2), prefix.dtype) for part in every}
    before = np.full((n, width + 2), -np.inf, prefix.dtype)
    for part, emit in emits.items():
        padded[part][0, :, 2:] = emit[0]
    for i in range(1, t):
        before[:, 2:] = prefix[i - 1]
        ways = np.stack([before[:, 2:], before[:, 1:-1], before[:, :-2] + skips])
        shares = np.exp(ways - np.maximum(ways.max(0), lowest))
        shares /= np.maximum(shares.sum(0), tiny)
        steps = {part: np.stack([x[i - 1, :, 2:], x[i - 1, :, 1:-1], x[i - 1, :, :-2]]) for part, x in padded.items()}
        for part, x in log_mean(steps, shares).items():
            padded[part][i, :, 2:] = x + emits[part][i] if part in emits else x
    return {part: x[:, :, 2:] for part, x in padded.items()}


# ---- derivatives along sets of directions -----------------------------------------------------------------------------------
# A quantity that moves along directions 1 to n is held as its mixed derivative along each set of them: products are sums over the
# ways to split a set in two, so exponentials and logarithms are recursions over sets, exact to any order.


def parts(items: Iterable[int]) -> list[Part]:
    """Return every set of the items but the empty one, smaller ones first."""
    items = list(items)
    return [frozenset(c) for size in range(1, len(items) + 1) for c in combinations(items, size)]


def splits(part: Part) -> Iterable[tuple[Part, Part]]:
    """Yield each way to write a set as one that holds its first item, and the rest."""
    first = min(part)
    others = part - {first}
    for size in range(len(others) + 1):
        for rest in combinations(sorted(others), size):
            yield part - frozenset(rest), frozenset(rest)


def exponential(x: Mapping[Part, np.ndarray]) -> dict[Part, np.ndarray]:
    """Return the derivatives of e^x / e^(x at rest)."""
    out: dict[Part, np.ndarray] = {}
    for part in x:
        out[part] = sum((x[one] * out[rest] if rest else x[one] for one, rest in splits(part)), start=np.zeros_like(x[part]))
    return out


def log_mean(x: Mapping[Part, np.ndarray], weights: np.ndarray) -> dict[Part, np.ndarray]:
    """Return the derivatives of log sum_k w_k e^(x_k) over the first axis, where the weights add up to 1."""
    grown = {part: (weights * y).sum(0) for part, y in exponential(x).items()}
    out: dict[Part, np.ndarray] = {}
    for part, whole in grown.items():
        out[part] = whole - sum(out[one] * grown[rest] for one, rest in splits(part) if rest)
    return out


def _replaced(x: Sequence[Array], i: int, new: Array) -> tuple[Array, ...]:
    """Return the inputs with a direction more, or with one replaced."""
    return (*x, new) if i == 0 else (*x[:i], new, *x[i + 1 :])


ctc_occupancy: Rule = custom(
    "ctc_occupancy",
    _moved,
    lambda i, g, _y, *x, **kw: ctc_occupancy(*_replaced(x, i, g), **kw),
    lambda dx, _y, *x, **kw: _first_order(dx, x, kw),
    doc="how often each class is expected at each frame, given the labelling; with further inputs, its derivative along them",
)


def _first_order(dx: Sequence[Array | None], x: Sequence[Array], kw: dict[str, Any]) -> Array:
    terms = [ctc_occupancy(*_replaced(x, i, d), **kw) for i, d in enumerate(dx) if d is not None]
    return sum(terms[1:], terms[0])


ctc: Rule = custom(
    "ctc",
    _loss,
    [lambda g, _y, *x, **kw: -(ctc_occupancy(*x, **kw) * np.expand_dims(g, (0, 2))), None, None, None],
    lambda dx, _y, *x, **kw: -np.sum(dx[0] * ctc_occupancy(*x, **kw), axis=(0, 2)),
    doc=r"-\log \sum_{\pi} \prod_t p_t(\pi_t) over the alignments \pi of a labelling",
)
