r"""Whether kinks that do not feed each other cancel: a proof that a function is smooth where its ops are not.

Two branches that meet add $b_i |c_i v|$ to $f'(x; v)$, and $k$ equal entries that are put in order add
$\sum_j w_j (C_i v)_{(j)}$. Those whose tangents are parallel, or the same up to order, sign and a common shift, are of one class.
The sum is linear in $v$ when in every class the $b_i$ sum to zero, and the $w_j$ to one number for all $j$.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np

from tinygrad_loss.calculus.germ import ROUNDING

__all__ = ["classes_cancel", "ordered_groups", "orders_cancel", "pair"]

ORDERED: Final = frozenset({"sort", "max", "min"})


def classes_cancel(tangents: np.ndarray, defects: np.ndarray) -> bool:
    """Whether the defects of every class of parallel tangents sum to zero along every probe."""
    same = ROUNDING.get().same
    length = np.linalg.norm(tangents, axis=1)
    moving = length > 0
    if not np.any(moving):
        return True
    unit = tangents[moving] / length[moving, None]
    lead = np.argmax(np.abs(unit), axis=1)
    unit = unit * np.sign(np.take_along_axis(unit, lead[:, None], 1))
    defects = defects[moving]
    _, classes = np.unique(np.round(unit / same), axis=0, return_inverse=True)
    for c in range(int(classes.max()) + 1):
        mine = defects[classes.ravel() == c]
        if np.any(np.abs(mine.sum(axis=0)) > same * np.abs(mine).sum(axis=0)):
            return False
    return True


def ordered_groups(
    name: str, axis: Any, x: np.ndarray, steps: Sequence[np.ndarray], g: np.ndarray
) -> Iterator[tuple[np.ndarray, np.ndarray]] | None:
    """Return the groups of equal entries that an op puts in order, or None if it does not.

    Of each group: the tangents, a row per entry and a column per probe, and the weights of the places in order, lowest first.
    """
    if name not in ORDERED:
        return None
    axes = axis if isinstance(axis, tuple) else (axis,)

    def lanes(a: np.ndarray) -> np.ndarray:
        moved = np.moveaxis(a, axes, range(-len(axes), 0))
        return moved.reshape(*moved.shape[: moved.ndim - len(axes)], -1).reshape(-1, int(np.prod([x.shape[i] for i in axes])))

    def groups() -> Iterator[tuple[np.ndarray, np.ndarray]]:
        values, moves = lanes(x), [lanes(d) for d in steps]
        weights = lanes(g) if name == "sort" else np.reshape(g, (-1, 1))
        for i, lane in enumerate(values):
            order = np.argsort(lane, kind="stable")
            ends = [*(np.flatnonzero(np.diff(lane[order])) + 1).tolist(), len(lane)]
            for start, end in zip([0, *ends], ends, strict=False):
                if end - start < 2 or (name == "max" and end < len(lane)) or (name == "min" and start):
                    continue
                place = np.zeros(end - start)
                place[-1 if name == "max" else 0] = weights[i, 0]
                yield (
                    np.stack([d[i, order[start:end]] for d in moves], axis=1),
                    np.array(weights[i, start:end], np.float64) if name == "sort" else place,
                )

    return groups()


def pair(tangents: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return two ordered entries as two branches that meet: the tangent that crosses, and the defect beyond the first probe's branch."""
    first = np.argsort(tangents[:, 0])
    return tangents[0] - tangents[1], weights @ np.sort(tangents, axis=0) - weights @ tangents[first]


def orders_cancel(groups: Sequence[tuple[np.ndarray, np.ndarray]]) -> bool:
    """Whether in every class of groups the weights of all places in order sum to one number."""
    same = ROUNDING.get().same
    sums: dict[bytes, tuple[np.ndarray, float]] = {}
    for tangents, weights in groups:
        centred = tangents - tangents.mean(axis=0)
        length = float(np.linalg.norm(centred))
        if not length:
            continue
        forms = []
        for sign in (1.0, -1.0):
            rows = np.round(sign * centred / length / same) + 0.0
            forms.append((rows[np.lexsort(rows.T)].tobytes(), length * (weights if sign > 0 else -weights[::-1])))
        key, scaled = min(forms, key=lambda form: form[0])
        total, size = sums.get(key, (np.zeros(len(weights)), 0.0))
        sums[key] = total + scaled, size + float(np.max(np.abs(scaled)))
    return all(np.ptp(total) <= same * size for total, size in sums.values())
