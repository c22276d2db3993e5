"""Value and gradient of every loss from the smallest to the largest number in every argument, against exact arithmetic."""

from typing import NamedTuple

import mpmath as mp
import numpy as np
import pytest

import tinygrad_loss as tl
from losses.exact.case import PROBABILITY
from losses.exact.compare import TOLERANCE, differs, rounded
from losses.exact.limits import remembered, slopes_at, value_at
from losses.exact.table import TABLE

FEW = 3
"""Up to so many numbers the slopes are asked for at pairs of extremes, too: elsewhere exact arithmetic would take its time."""


class Exactly(NamedTuple):
    """What mathematics has at a point: the value, nan where it has no limit, and for each entry its slopes on both sides, or None."""

    value: object
    slopes: list


def exactly(case, setting, row):
    """Return value and slopes in exact arithmetic."""
    _, owners, shapes = case.flat()

    @remembered
    def terms(x):
        return case.exact(*case.nested(x, shapes, lambda box: box.tolist()))

    value = value_at(terms, row)
    infinite = mp.isinf(value)
    near = [i for i, a in enumerate(owners) if row[i] == 0 and case.to[a] is PROBABILITY] if infinite else []
    asked = not mp.isnan(value) and (len(setting) < 2 or len(row) <= FEW) and (case.slopes_at_infinity or not infinite)
    unknown = case.unknown(row)
    slopes = [
        slopes_at(terms, row, i, near) if asked and a not in case.without_slope and i not in unknown else None for i, a in enumerate(owners)
    ]
    return Exactly(value, [None if s is None or mp.isnan(s[0]) else s for s in slopes])


def wrong(loss, case):
    """Yield what a case has otherwise than mathematics."""
    shapes = case.flat()[2]
    for setting, row in case.points():
        wanted = exactly(case, setting, row)
        if mp.isnan(wanted.value) and not case.undefined:
            yield f"at {row}: has no limit, and the table does not say why"
        honest = len(setting) > 1 and case.undefined  # of two extremes at once a loss may know less than mathematics, but nothing else
        size = max([1.0, *(abs(v) for v in row if np.isfinite(v))])
        for dtype in TOLERANCE:
            slack = case.rounding * float(np.finfo(dtype).eps)
            for reduction in ("sum", "none"):
                value, slopes = case.computed(loss, row, shapes, dtype, reduction)
                where = f"{case.options or ''} {dtype.__name__}, {reduction}, at {row}"
                if honest and np.isnan(value):
                    continue
                if differs(value, wanted.value, wanted.value, dtype, slack * size):
                    yield f"{where}: value {value}, exactly {rounded(wanted.value, dtype)}"
                for i, (slope, sides) in enumerate(zip(slopes, wanted.slopes, strict=True)):
                    if sides is not None and not (honest and np.isnan(slope)) and differs(slope, *sides, dtype, slack):
                        yield f"{where}: slope {i} is {slope}, exactly {[rounded(s, dtype) for s in sides]}"


def test_every_loss_is_in_the_table():
    assert set(TABLE) == set(tl.losses.LOSSES)


@pytest.mark.parametrize("name", TABLE)
def test_extremes(name):
    found = [line for case in TABLE[name] for line in wrong(tl.losses.LOSSES[name], case)]
    assert not found, "\n".join(found)
