"""Rows of ``ops/residual.py``, ``ops/sparse.py`` and ``ops/entmax.py``."""

import math

import numpy as np

from table.row import Row, Sample, table

CLOSED = "closed form"
LN2 = math.log(2.0)

ROWS = table(
    Row(name="algebraic_sigmoid", at=(0.75,), value=0.6, slopes=(0.512,), curvature=-3 * 0.75 * 0.8**5, source=CLOSED),
    Row(name="root_remainder", at=(0.75,), value=0.25, slopes=(0.6,), curvature=0.512, source=CLOSED),
    Row(name="log_one_plus_square", at=(0.75,), value=math.log(25 / 16), slopes=(0.96,), curvature=2 * 0.4375 / 1.5625**2, source=CLOSED),
    Row(name="power_remainder", at=(0.75,), static={"exponent": 2.0}, value=1.44140625, slopes=(4.6875,), curvature=10.75, source=CLOSED),
    Row(name="exp_remainder", at=(LN2,), value=1 - LN2, slopes=(1.0,), curvature=2.0, source=CLOSED),
    Row(
        name="sparsemax",
        at=([2.0, 1.5, -1.0],),
        static={"axis": 0},
        value=[0.75, 0.25, 0.0],
        slopes=([0.0, 0.0, 0.0],),
        source="closed form, Martins and Astudillo 2016, section 2.3",
        samples=(Sample((4, 3), axis=1), Sample((2, 5, 2), axis=1)),
        tied=(np.array([1.0, 2.0, -1.0]),),
    ),
    Row(
        name="sparsemax_potential",
        at=([2.0, 1.5, -1.0],),
        static={"axis": 0},
        value=0.75 * 2.0 + 0.25 * 1.5 - 0.5 * (0.75**2 + 0.25**2),
        slopes=([0.75, 0.25, 0.0],),
        source="closed form, Martins and Astudillo 2016, section 3.2",
        samples=(Sample((4, 3), axis=1), Sample((2, 5, 2), axis=1)),
    ),
    Row(
        name="sparsemax_cost",
        at=([[2.0, 1.5, -1.0]], np.array([1])),
        static={"axis": 1},
        value=[0.5625],
        slopes=([[0.75, -0.75, 0.0]], None),
        source="closed form, Martins and Astudillo 2016, section 3.2: (1 + 1/2)^2 / 4 for two classes in the support",
        samples=(Sample((4, 3), lambda rng: rng.integers(0, 3, 4)),),
    ),
    Row(
        name="entmax_share",
        at=(0.5,),
        static={"alpha": 1.5},
        value=1.5625,
        slopes=(1.25,),
        curvature=0.5,
        source="closed form: (1 + u / 2)^2",
        samples=(Sample((4, 3), alpha=1.5), Sample((3,), alpha=2.5)),
        tied=(np.array([-0.5, 0.5]),),
        tied_static={"alpha": 3.0},
    ),
    Row(
        name="entmax_level",
        at=([0.0, 0.0],),
        static={"axis": 0, "alpha": 1.5},
        value=[2.0 - math.sqrt(2.0)],
        slopes=([0.5, 0.5],),
        source="closed form: two shares of 1/2 are (1 - t/2)^2 each",
        samples=(Sample((4, 3), axis=1, alpha=1.5), Sample((2, 5, 2), axis=1, alpha=1.25)),
    ),
    Row(
        name="entmax_potential",
        at=([0.0, 0.0],),
        static={"axis": 0, "alpha": 1.5},
        value=(4.0 / 3.0) * (1.0 - math.sqrt(0.5)),
        slopes=([0.5, 0.5],),
        source="closed form: Tsallis' entropy of a fair coin, Peters, Niculae and Martins 2019, equation 7",
        samples=(Sample((4, 3), axis=1, alpha=1.5), Sample((2, 5, 2), axis=1, alpha=1.25)),
    ),
    Row(
        name="entmax_cost",
        at=([[0.0, 0.0]], np.array([1])),
        static={"axis": 1, "alpha": 1.5},
        value=[(4.0 / 3.0) * (1.0 - math.sqrt(0.5))],
        slopes=([[0.5, -0.5]], None),
        source="closed form, as of the potential",
        samples=(Sample((4, 3), lambda rng: rng.integers(0, 3, 4), axis=1, alpha=1.5),),
    ),
)
