"""Where in the graph an op is not smooth, and the sentences that say so."""

import math
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from tinygrad_loss.engine.op import Array, Nature
from tinygrad_loss.engine.reverse import Pass, own_ties
from tinygrad_loss.engine.tensor import Tensor
from tinygrad_loss.nonsmooth.judgement import Judgement, Kind
from tinygrad_loss.nonsmooth.near import CAPS, Near

__all__ = ["LOOK", "Site", "departures", "doubted", "sites_of", "unknown_to", "value_of", "way_on", "worded"]

SHOWN: Final = 64
"""How many positions a site names."""
LOOK: Final = "tl.differentiability(f, x) to look at it"


@dataclass(frozen=True, slots=True)
class Site:
    """A place in the graph where an op is not smooth.

    Attributes:
        op: the op's name.
        entries: the positions in the op's result; the first few of many.
        count: how many there are.
        nature: what the op has there.
        slopes: its left and right slope there, where they are two numbers.
        line: the source line, under `debug`.
        contribution: what it adds to f'(x; v) beyond its ordinary rule, along one fixed generic direction; nan where that is no number.
    """

    op: str
    entries: tuple[tuple[int, ...], ...]
    slopes: tuple[float, float] | None = None
    line: str | None = None
    contribution: float = math.nan
    count: int = 1
    nature: Nature = "kink"

    def __str__(self) -> str:
        shown = ", ".join(str(list(e)) if e else "the value" for e in self.entries[:3])
        shown += f" and {self.count - 3} more" if self.count > 3 else ""
        slopes = f", slopes {self.slopes[0]:g} and {self.slopes[1]:g}" if self.slopes else ""
        return f"{self.op} at {shown}{slopes}{f' ({self.line})' if self.line else ''}"


def value_of(x: Array) -> Array:
    """Return a value without its record."""
    return x.value if isinstance(x, Tensor) else x


def sites_of(done: Pass, shown: int = SHOWN) -> Iterator[Site]:
    """Yield the places that a pass flagged: hit kinks, and tied comparisons that steered it."""
    return (site for _, site in located(done, shown))


def located(done: Pass, shown: int = SHOWN) -> Iterator[tuple[Tensor, Site]]:
    """Yield each flagged tensor with its site."""
    steering: dict[int, Tensor] = {}
    stack, seen = list(done.traced), set()
    while stack:
        t = stack.pop()
        if t.op is None or id(t) in seen or not t.track:
            continue
        seen.add(id(t))
        facts = t.op.facts
        if facts is not None and facts.nature == "jump":
            steering[id(t)] = t
        stack.extend(x for x in t.inputs if isinstance(x, Tensor))
    for t in {id(t): t for t in [*done.suspects, *steering.values()]}.values():
        if t.op is None:
            continue
        op = t.node[0]
        facts = op.facts
        if facts is None:
            continue
        with np.errstate(all="ignore"):
            hit = np.broadcast_to(own_ties(t), t.shape)  # of a Python number the tie is a Python bool
        places = np.flatnonzero(hit)
        if len(places):
            first = np.unravel_index(places[:shown], hit.shape) if hit.ndim else ()
            entries = tuple(zip(*(axis.tolist() for axis in first), strict=True)) or ((),)
            yield t, Site(op.name, entries, facts.slopes, t.line, count=len(places), nature=facts.nature)


def departures(near: Near, lines: Collection[str]) -> list[Site]:
    """Return where numbers at a tie left a record, seen by the function that made it or marked on what they are made of."""
    marked = [t.departed for t in near.record if hasattr(t, "departed")]
    return [Site("numbers that left the record", ((),), line=line, nature="jump") for line in dict.fromkeys([*lines, *marked])]


def way_on(kind: Kind, sites: Sequence[Site], *, proved: bool) -> str | None:
    """Return what gives a gradient that a step can use; a subgradient only where slopes are finite. None where no site is to blame."""
    first = {site.nature: site.op for site in reversed(sites)}
    if kind == "kink" and (proved or "infinite" not in first):
        return 'with tl.at_kinks("subgradient"): around backward()'
    if "infinite" in first:
        return f"np.maximum(x, 1e-12) inside {first['infinite']}, or what else keeps away from where its slope is infinite"
    return f"a continuous function instead of {first['jump']}" if "jump" in first else None


def worded(near: Near, found: Judgement, undefined: Sequence[np.ndarray], sites: Sequence[Site]) -> str:
    """Word what is undefined: the op, the entries, the left and the right slope, the way out."""
    what = {
        "kink": "the function has a kink here, so it has no gradient",
        "infinite": "the function's slope is infinite here",
        "discontinuous": "the function jumps here, so it has no gradient",
        "outside": "the point is not inside the function's domain, so there is no gradient",
    }.get(found.kind, "the function has no gradient here")
    way = None if found.kind == "kink" else way_on(found.kind, sites, proved=found.proved)
    instead = way or 'with tl.at_kinks("subgradient"): ... to train through it'
    where = _entries(near, undefined, found)
    return f"{what}: in {where} (by {_blamed(sites)}). Use instead: {instead}, or {LOOK}"


def unknown_to(near: Near, found: Judgement, undecided: Sequence[np.ndarray], sites: Sequence[Site]) -> str:
    """Word what could not be decided, by which op, and what was tried."""
    return (
        f"whether the function has a gradient here could not be decided by series up to t^{max(CAPS)}: "
        f"in {_entries(near, undecided, found)} (by {_blamed(sites)}). "
        f"Use instead: tl.directional(f, x, d) for a slope along one direction, or {LOOK}"
    )


def _blamed(sites: Sequence[Site]) -> str:
    return "; ".join(map(str, sites[:3])) or "a non-finite value"


def _entries(near: Near, masks: Sequence[np.ndarray], found: Judgement | None = None) -> str:
    """Name the entries concerned, with their slopes where those are known and wanted."""
    where = []
    for i, (leaf, mask) in enumerate(zip(near.leaves, masks, strict=True)):
        places = np.argwhere(mask)
        if not len(places):
            continue
        name = leaf.name or ("x" if len(near.leaves) == 1 else f"leaf {i}")
        slopes = ""
        if found is None:
            pass
        elif found.left is not None and found.right is not None:
            slopes = f": left slope {found.left:g}, right slope {found.right:g}"
        elif found.low:
            first = tuple(places[0])
            if found.low[i][first] == found.high[i][first]:  # what was looked at so far does not show it
                found.widen(near)
            low, high = found.low[i][first], found.high[i][first]
            slopes = f": slopes from {low:g} to {high:g}" if low != high else ""
        entry = f" {list(map(int, places[0]))}" if leaf.ndim else ""
        more = f" and {len(places) - 1} more of {leaf.size}" if len(places) > 1 else ""
        where.append(f"{name}{entry}{more}{slopes}")
    return ", ".join(where)


def doubted(near: Near, unproved: Sequence[np.ndarray], sites: Sequence[Site]) -> str:
    """Word that probes agreed on numbers without proof; where it is some of them, which."""
    where = "" if all(map(np.all, unproved)) else f" in {_entries(near, unproved)}"
    what = f"every probe agreed on this gradient{where}, but nothing proves that it exists"
    return f"{what} (by {_blamed(sites)}). Use instead: {LOOK}"
