"""Rows of ``ops/activation.py``."""

import dataclasses
import math

from scipy.special import ndtr

from table.row import Row, table

CLOSED = "closed form"
LN2 = math.log(2.0)
SELU = "closed form, with the constants of Klambauer et al. 2017, section 2"
SCALE, ALPHA = 1.0507009873554805, 1.6732632423543773
DENSITY_1 = math.exp(-0.5) / math.sqrt(2 * math.pi)
CUBE = math.sqrt(2 / math.pi)

SIGMOID_1 = 1 / (1 + math.exp(-1.0))
TANH_LN2 = 0.6  # tanh(ln 2) = (2 - 1/2) / (2 + 1/2)

SCREENED = (
    Row(name="leaky_relu", at=(-2.0,), static={"slope": 0.25}, value=-0.5, slopes=(0.25,), curvature=0.0, source=CLOSED, tied=(0.0,)),
    Row(name="prelu", at=(-2.0, 0.25), value=-0.5, slopes=(0.25, -2.0), curvature=0.0, source=CLOSED, tied=(0.0, 0.25)),
    Row(name="elu", at=(-LN2,), static={"alpha": 2.0}, value=-1.0, slopes=(1.0,), curvature=1.0, source=CLOSED, tied=(0.0,)),
    Row(
        name="selu",
        at=(-LN2,),
        value=-SCALE * ALPHA / 2,
        slopes=(SCALE * ALPHA / 2,),
        curvature=SCALE * ALPHA / 2,
        source=SELU,
        tied=(0.0,),
    ),
    Row(
        name="hardtanh",
        at=(0.5,),
        static={"low": -1.0, "high": 2.0},
        value=0.5,
        slopes=(1.0,),
        curvature=0.0,
        source=CLOSED,
        tied=(2.0,),
    ),
    Row(name="hardsigmoid", at=(1.5,), value=0.75, slopes=(1 / 6,), curvature=0.0, source=CLOSED, tied=(3.0,)),
    Row(name="hardswish", at=(1.5,), value=1.125, slopes=(1.0,), curvature=1 / 3, source=CLOSED, tied=(-3.0,)),
    Row(name="softshrink", at=(-2.0,), static={"lambd": 0.5}, value=-1.5, slopes=(1.0,), curvature=0.0, source=CLOSED, tied=(0.5,)),
    Row(name="hardshrink", at=(-2.0,), static={"lambd": 0.5}, value=-2.0, slopes=(1.0,), curvature=0.0, source=CLOSED, tied=(0.5,)),
    Row(
        name="threshold",
        at=(2.0,),
        static={"threshold": 1.0, "value": -4.0},
        value=2.0,
        slopes=(1.0,),
        curvature=0.0,
        source=CLOSED,
        tied=(1.0,),
    ),
)

LAYERS = [dataclasses.replace(row, name=f"{row.name}_layer", tied=None) for row in SCREENED]

ROWS = table(
    *SCREENED,
    *LAYERS,
    Row(name="relu_layer", at=(2.0,), value=2.0, slopes=(1.0,), curvature=0.0, source=CLOSED),
    Row(name="celu", at=(-2.0 * LN2,), static={"alpha": 2.0}, value=-1.0, slopes=(0.5,), curvature=0.25, source=CLOSED),
    Row(
        name="silu",
        at=(1.0,),
        value=SIGMOID_1,
        slopes=(SIGMOID_1 + SIGMOID_1 * (1 - SIGMOID_1),),
        curvature=SIGMOID_1 * (1 - SIGMOID_1) * (2 + 1 - 2 * SIGMOID_1),
        source=CLOSED,
    ),
    Row(name="mish", at=(0.0,), value=0.0, slopes=(TANH_LN2,), curvature=1 - TANH_LN2**2, source=CLOSED),
    Row(name="softsign", at=(-1.0,), value=-0.5, slopes=(0.25,), curvature=0.25, source=CLOSED),
    Row(
        name="tanhshrink",
        at=(LN2,),
        value=LN2 - TANH_LN2,
        slopes=(TANH_LN2**2,),
        curvature=2 * TANH_LN2 * (1 - TANH_LN2**2),
        source=CLOSED,
    ),
    Row(name="gelu", at=(1.0,), value=ndtr(1.0), slopes=(ndtr(1.0) + DENSITY_1,), curvature=DENSITY_1, source=CLOSED),
    Row(name="gelu_slope", at=(1.0,), value=ndtr(1.0) + DENSITY_1, slopes=(DENSITY_1,), curvature=-3 * DENSITY_1, source=CLOSED),
    Row(name="gelu_tanh", at=(0.0,), value=0.0, slopes=(0.5,), curvature=CUBE, source=CLOSED),
)
