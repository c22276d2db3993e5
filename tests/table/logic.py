"""Rows of ``ops/logic.py``: nothing here has a derivative."""

import numpy as np

from table.row import Row, Sample, table

DEFINITION = "by definition"


def _truth(rng):
    return rng.uniform(size=(2, 3)) < 0.5


ONE, TWO = (Sample(_truth),), (Sample(_truth, _truth),)

ROWS = table(
    Row(name="greater", at=(2.0, 1.0), value=True, source=DEFINITION, tied=(1.5, 1.5)),
    Row(name="greater_equal", at=(1.0, 1.0), value=True, source=DEFINITION, tied=(1.5, 1.5)),
    Row(name="less", at=(2.0, 1.0), value=False, source=DEFINITION, tied=(1.5, 1.5)),
    Row(name="less_equal", at=(1.0, 1.0), value=True, source=DEFINITION, tied=(1.5, 1.5)),
    Row(name="equal", at=(1.0, 1.0), value=True, source=DEFINITION, tied=(1.5, 1.5)),
    Row(name="not_equal", at=(1.0, 1.0), value=False, source=DEFINITION, tied=(1.5, 1.5)),
    Row(name="logical_and", at=(True, False), value=False, source=DEFINITION, samples=TWO),
    Row(name="logical_or", at=(True, False), value=True, source=DEFINITION, samples=TWO),
    Row(name="logical_xor", at=(True, True), value=False, source=DEFINITION, samples=TWO),
    Row(name="bitwise_and", at=(np.True_, np.False_), value=False, source=DEFINITION, samples=TWO),
    Row(name="bitwise_or", at=(np.True_, np.False_), value=True, source=DEFINITION, samples=TWO),
    Row(name="bitwise_xor", at=(np.True_, np.True_), value=False, source=DEFINITION, samples=TWO),
    Row(name="logical_not", at=(True,), value=False, source=DEFINITION, samples=ONE),
    Row(name="invert", at=(np.True_,), value=False, source=DEFINITION, samples=ONE),
    Row(name="isnan", at=(float("nan"),), value=True, source=DEFINITION),
    Row(name="isinf", at=(float("-inf"),), value=True, source=DEFINITION),
    Row(name="isfinite", at=(float("inf"),), value=False, source=DEFINITION),
    Row(name="logical_and_reduce", at=([True, False],), value=False, source=DEFINITION, samples=(*ONE, Sample(_truth, axis=0))),
    Row(name="logical_or_reduce", at=([True, False],), value=True, source=DEFINITION, samples=(*ONE, Sample(_truth, axis=0))),
    Row(name="count_nonzero", at=([1.0, 0.0, 2.0],), value=2, source=DEFINITION, samples=(Sample((2, 3)), Sample((2, 3), axis=0))),
    Row(name="signbit", at=(-0.0,), value=True, source=DEFINITION, tied=(0.0,)),
    Row(name="cast", at=(2.7,), static={"dtype": np.dtype(np.int64)}, value=2, source=DEFINITION, tied=(2.0,), fixes_dtype=True),
    Row(name="zeros_like", at=([2.0, 3.0],), value=[0.0, 0.0], source=DEFINITION),
    Row(name="ones_like", at=([2.0, 3.0],), value=[1.0, 1.0], source=DEFINITION),
    Row(name="attained", at=([1.0, 2.0], 2.0), value=[False, True], source=DEFINITION),
    Row(name="detach", at=(2.0,), value=2.0, source=DEFINITION),
)
