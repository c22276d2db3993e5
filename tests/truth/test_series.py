"""The Taylor coefficients that germs use, against mpmath at 40 digits; and they are cheap."""

import inspect
import math
import warnings

import mpmath
import numpy as np
import pytest

import tinygrad_loss as tl
from tinygrad_loss.engine.op import OPS
from tinygrad_loss.nonsmooth.germ import CAP, variable
from tinygrad_loss.nonsmooth.germ_series import TAYLOR
from tinygrad_loss.nonsmooth.germ_work import budget

DEGREE = 6
POINTS = {"arcsin": [-0.9, 0.3], "arccos": [-0.9, 0.3], "arctanh": [-0.9, 0.3], "arccosh": [1.1, 5.0]}
POINTS |= {name: [-1.5, 0.2, 3.0] for name in ("gamma", "gammaln", "digamma")}
POINTS |= {name: [0.7, 4.0] for name in ("bessel_k", "bessel_ke", "bessel_y")}
EXACTLY = {
    "arctan": mpmath.atan, "arcsin": mpmath.asin, "arccos": mpmath.acos, "arcsinh": mpmath.asinh, "arccosh": mpmath.acosh,
    "arctanh": mpmath.atanh, "gammaln": lambda x: mpmath.log(abs(mpmath.gamma(x))), "gamma": mpmath.gamma,
    "expit": lambda x: 1 / (1 + mpmath.exp(-x)), "expit_slope": lambda x: 1 / (1 + mpmath.exp(-x)) / (1 + mpmath.exp(x)),
    "softplus": lambda x: mpmath.log(1 + mpmath.exp(x)), "log_sigmoid": lambda x: -mpmath.log(1 + mpmath.exp(-x)),
    "sech2": lambda x: 1 / mpmath.cosh(x) ** 2, "log_cosh": lambda x: mpmath.log(mpmath.cosh(x)),
    "exp2": lambda x: mpmath.mpf(2) ** x, "exp10": lambda x: mpmath.mpf(10) ** x, "ndtr": mpmath.ncdf,
    "bessel_i": mpmath.besseli, "bessel_j": mpmath.besselj, "bessel_k": mpmath.besselk, "bessel_y": mpmath.bessely,
    "bessel_ke": lambda v, x: mpmath.exp(x) * mpmath.besselk(v, x),
}  # fmt: skip
ORDERS = [0, 1, 2, 0.5]
CASES = [(name, static) for name in TAYLOR for static in ([{"order": n} for n in ORDERS] if name.startswith("bessel") else [{}])]


@pytest.mark.parametrize(("name", "static"), CASES)
def test_coefficients(name, static):
    op, exactly = OPS[name], EXACTLY.get(name) or getattr(mpmath, name)
    points = POINTS.get(name, [-2.0, 0.3, 1.7] if static != {"order": 0.5} else [0.3, 1.7])
    x = np.array(points)
    found = TAYLOR[name](op.forward(x, **static), x, DEGREE, **static)
    with mpmath.workdps(40):
        for i, point in enumerate(points):
            truth = mpmath.taylor(lambda z: exactly(*static.values(), z), mpmath.mpf(point), DEGREE)
            largest = max(abs(c) for c in truth)
            for k in range(1, DEGREE + 1):
                assert abs(found[k - 1][i] - truth[k]) <= 1e-12 * max(abs(truth[k]), 1e-2 * largest), (point, k)


@pytest.mark.parametrize("name", ["tanh", "expit", "softplus", "log_sigmoid", "log_cosh", "sech2", "expit_slope"])
def test_saturation_keeps_its_digits(name):
    """Far out the tail is an exponential, and every coefficient is it over a factorial."""
    far = 40.0 if name in {"tanh", "log_cosh", "sech2"} else 80.0
    side = -1.0 if name in {"softplus", "log_sigmoid"} else 1.0
    x = np.array([far * side]) if name != "log_sigmoid" else np.array([far])
    found = TAYLOR[name](OPS[name].forward(x), x, 4)
    rate = 2.0 if name in {"tanh", "log_cosh", "sech2"} else 1.0
    first = 2 if name == "log_cosh" else 1
    for k in range(first, 4):
        assert found[k][0] == pytest.approx(-found[k - 1][0] * rate * np.sign(x[0]) / (k + 1), rel=1e-9)


STATIC = {
    "order": 1,
    "n": 1,
    "exponent": 3,
    "power": 1.5,
    "p": 1.5,
    "a": 1.5,
    "b": 2.5,
    "df": 3.0,
    "alpha": 0.7,
    "beta": 1.3,
    "delta": 1.0,
    "gamma": 2.0,
}


def settings(op):
    """Return the settings that an op takes, from the table above."""
    taken = {} if isinstance(op.forward, np.ufunc) else inspect.signature(op.forward).parameters
    return {key: value for key, value in STATIC.items() if key in taken} if "static" not in taken else {}


def answers(op):
    """Whether an op needs no other settings."""
    try:
        with np.errstate(all="ignore"):
            op.call(*(np.array([0.3 * low + 0.7 * high]) for low, high in op.domain), **settings(op))
    except TypeError:
        return False
    return True


@pytest.mark.parametrize("name", [n for n, op in OPS.items() if op.kind == "elementwise" and answers(op)])
def test_every_expansion_is_cheap(name):
    """Eight powers of t cost a bounded number of operations: no expansion doubles its work with every order."""
    op = OPS[name]
    inputs = [variable(np.array([0.3 * low + 0.7 * high]), np.ones(1)) for low, high in op.domain]
    token = CAP.set(8)
    try:
        with budget(1.5e7) as counted:
            op.call(*inputs, **settings(op))
    finally:
        CAP.reset(token)
    assert counted.done > 0


EDGES = [
    ("np.where(v < 1, np.arcsin(v), np.pi / 2)", [1.0, 0.5], [math.nan, 1 / math.sqrt(0.75)]),
    ("np.where(v < 1, np.arccos(v), 0.0)", [2.0, 1.0, 0.5], [0.0, math.nan, -1 / math.sqrt(0.75)]),
    ("np.where(v > -1, np.arcsin(v), -np.pi / 2)", [-1.0, -2.0, 0.5], [math.nan, 0.0, 1 / math.sqrt(0.75)]),
    ("np.where(v > 1, np.arccosh(v), 0.0)", [2.0, 1.0, 0.5], [1 / math.sqrt(3), math.nan, 0.0]),
    ("np.where(v < 1, np.arccos(v) ** 2, 0.0)", [1.0, 0.5, 0.0], [math.nan, -2 * math.acos(0.5) / math.sqrt(0.75), -math.pi]),
    ("np.where(v < 1, np.arcsin(v) * np.sqrt(1 - v * v), 0.0)", [1.0, 0.5], [math.nan, 1 - 0.5 * math.asin(0.5) / math.sqrt(0.75)]),
]


@pytest.mark.parametrize(("program", "v", "gradient"), EDGES)
def test_inverse_functions_at_their_edge_beside_other_entries(program, v, gradient):
    def f(v):
        return np.sum(eval(program, {"np": np}, {"v": v}))  # noqa: S307  our own text

    with budget(5e7), warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        assert tl.grad(f)(np.array(v)) == pytest.approx(gradient, rel=1e-12, nan_ok=True)


def test_a_power_of_a_saturated_value():
    """At +-800 the logistic function is 0 or 1 to every order, so that a perfect fit stays one."""
    x, target = np.repeat([[800.0, -800.0]], 4), np.repeat([[1.0, 0.0]], 4)
    with budget(1e7), warnings.catch_warnings():
        warnings.simplefilter("error", tl.errors.UndefinedGradientWarning)
        warnings.simplefilter("ignore", tl.errors.UnprovedGradientWarning)
        gradient = tl.grad(lambda x: np.sum(tl.losses.tversky_loss(tl.ops.expit(x), target[None]) ** 0.75))(x[None])
    assert np.array_equal(gradient, np.zeros((1, 8)))
