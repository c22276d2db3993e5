"""A Python number as an operand is a number like any other: each question about the point gets an answer, whatever an op compares it with."""

import itertools
import warnings

import numpy as np
import pytest
import scipy.special as sp

import tinygrad_loss as tl
from tinygrad_loss import errors
from tinygrad_loss.cli.main import main
from tinygrad_loss.engine.op import DOORS

BINARY = sorted(
    {
        f.__name__: f
        for module in (np, sp)
        for f in vars(module).values()
        if isinstance(f, np.ufunc) and f.nin == 2 and f.nout == 1 and ((f, "__call__") in DOORS or f in DOORS or f.__name__ in DOORS)
    }.items()
)


def ask(f, x):
    """Ask everything that can be asked about a point."""
    v = np.ones_like(x)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        gradient = tl.grad(f)(x)
        pushed = tl.jvp(f, x, v)[1]
        verdict = tl.differentiability(f, x)
        tl.directional(f, x, v)
        tl.grad(lambda x: np.sum(tl.grad(f)(x)))(x)
    return gradient, pushed, verdict


@pytest.mark.parametrize("ufunc", [pytest.param(f, id=name) for name, f in BINARY])
def test_every_ufunc_of_two_takes_a_python_number_on_either_side(ufunc):
    for number, at, left in itertools.product((0, 0.0, 1, 1.0, -1.0), (0.0, 0.3, 1.0, np.array([0.0, 1.0])), (True, False)):

        def f(x, number=number, left=left):
            return np.sum(ufunc(number, x) if left else ufunc(x, number))

        try:
            with np.errstate(all="ignore"):
                f(np.asarray(at))
        except (TypeError, ValueError, RuntimeWarning):  # NumPy and SciPy themselves have no such call
            continue
        try:
            gradient, pushed, verdict = ask(f, at)
        except errors.TinygradLossError:  # refused in words: it has no derivative
            continue
        if verdict.kind == "smooth" and verdict.proved:
            np.testing.assert_allclose(gradient, verdict.gradient)
            np.testing.assert_allclose(pushed, np.sum(verdict.gradient))


@pytest.mark.parametrize(
    ("f", "at", "slope"),
    [
        (lambda x: x / 0, 1.0, np.nan),
        (lambda x: x / 0.0, np.array(0.0), np.nan),
        (lambda x: np.sum(x) / len([]), np.ones(2), [np.nan] * 2),
        (lambda x: np.std(x, ddof=1), np.ones(1), [np.nan]),
        (lambda x: np.var(x, ddof=1), np.ones(1), [np.nan]),
        (lambda x: np.var(x, ddof=3), np.array([1.0, 2.0, 4.0]), [np.nan] * 3),
        (np.std, np.zeros(0), np.zeros(0)),
        (lambda y: np.heaviside(0.0, y), 0.3, 1.0),
        (lambda y: np.heaviside(0, y), 0.0, 1.0),
        (lambda y: 0.0**y, 2.0, 0.0),
        (lambda y: np.float_power(0.0, y), 2.0, 0.0),
        (lambda y: 0**y, 0.5, 0.0),
    ],
)
def test_a_tie_of_a_python_number_is_judged(f, at, slope):
    gradient, pushed, verdict = ask(f, at)
    np.testing.assert_array_equal(gradient, slope)
    np.testing.assert_array_equal(verdict.gradient, slope)
    if np.size(at):
        np.testing.assert_array_equal(pushed, np.sum(slope))


BASES = {
    "a Python number": lambda y: 0.0**y,
    "a Python integer": lambda y: 0**y,
    "np.power of a number": lambda y: np.power(0.0, y),
    "np.float_power": lambda y: np.float_power(0.0, y),
    "a NumPy number": lambda y: np.float64(0.0) ** y,
    "a tensor": lambda y: tl.tensor(0.0) ** y,
    "an array": lambda y: np.sum(np.zeros(1) ** y),
    "minus zero": lambda y: np.float64(-0.0) ** y,
    "beside another": lambda y: np.sum(np.array([0.0, 1.0]) ** y),
}


@pytest.mark.parametrize("f", BASES.values(), ids=BASES)
@pytest.mark.parametrize("several", [False, True], ids=["a number", "entries"])
def test_a_power_of_zero_jumps_at_the_exponent_0_whatever_the_base_is_made_of(f, several):
    """0**y is infinite for y < 0, 1 at 0 and 0 for y > 0."""

    def whole(y):
        return f(y[0]) + 3.0 * y[1] if several else f(y)

    for at, kind, slope in ((0.0, "discontinuous", np.nan), (0.5, "smooth", 0.0), (2.0, "smooth", 0.0), (-1.0, "outside", np.nan)):
        gradient, pushed, verdict = ask(whole, np.array([at, 1.0]) if several else at)
        assert (verdict.kind, verdict.proved or several) == (kind, True)
        wanted = np.array([slope, 3.0 if at >= 0 else np.nan]) if several else slope
        np.testing.assert_array_equal(verdict.gradient, wanted)
        if not (several and at < 0):  # of an infinite value the entry that does not touch it keeps its slope or not: not asked here
            np.testing.assert_array_equal(gradient, wanted)
        np.testing.assert_array_equal(pushed, np.sum(wanted))
    assert tl.directional(f, 0.0, 1.0) != 0.0


x, v, d = 1.5, 1.0, 1.0
ASKED = {
    "tl.grad": (lambda f: tl.grad(f)(x), "{}"),
    "tl.jacobian": (lambda f: tl.jacobian(f)(x), "{}"),
    "tl.differentiability": (lambda f: tl.differentiability(f, x), "{}, x"),
    "tl.directional": (lambda f: tl.directional(f, x, d), "{}, x, d"),
    "tl.jvp": (lambda f: tl.jvp(f, x, v), "{}, x, v"),
    "tl.gradcheck": (lambda f: tl.gradcheck(f, x), "{}, x"),
}


@pytest.mark.parametrize("name", ASKED)
def test_a_complex_result_is_refused_in_the_words_of_grad(name):
    ask_about, arguments = ASKED[name]
    for f in (lambda x: (x * 1j + 1.0) ** 2, lambda x: np.exp(1j * x), lambda x: 1j - x, lambda x: np.fft.fft(np.ones(3) * x)):
        with pytest.raises(errors.DTypeError) as raised:
            ask_about(f)
        instead = f"{name}({arguments.format('lambda x: np.sum(np.abs(f(x)) ** 2)')})"
        assert str(raised.value) == f"{name}: only a real number has a gradient, got dtype complex128. {tl.errors.remedy(instead)}"
        answer = eval(instead, {"tl": tl, "np": np, "f": f, "x": x, "d": d, "v": v})  # noqa: S307  the advice works when typed
        assert answer if name == "tl.gradcheck" else answer is not None


def test_complex_numbers_on_the_way_to_a_real_result_are_differentiated_and_not_looked_beside():
    for f, wanted in (
        (lambda x: np.sum(np.abs((x * 1j + 1.0) ** 2) ** 2), 4 * 1.5 * (1 + 1.5**2)),
        (lambda x: np.abs(1j * x + 2.0) ** 2, 3.0),
        (lambda x: (x * (2 + 1j)).real, 2.0),
        (lambda x: np.sum(np.abs(np.array([1j, 2.0]) * x)), 3.0),
    ):
        gradient, pushed, verdict = ask(f, x)
        np.testing.assert_allclose([gradient, pushed, verdict.gradient, tl.directional(f, x, 1.0), -tl.directional(f, x, -1.0)], wanted)
        assert verdict.kind == "smooth"
        assert verdict.proved
    for f in (lambda x: np.abs(np.array([1j]) * x)[0], lambda x: np.abs(np.abs(x) * 1j)):  # a kink: a series has real coefficients
        gradient, pushed, verdict = ask(f, 0.0)
        assert np.isnan([gradient, pushed, verdict.gradient]).all()
        assert not verdict.proved


def test_second_derivatives_and_the_command_refuse_a_complex_result_too(tmp_path, capsys):
    for ask_about in (lambda f: tl.hessian(f)(x), lambda f: tl.hvp(f, x, v), lambda f: tl.value_and_grad(f)(x)):
        with pytest.raises(errors.DTypeError, match="only a real number has a gradient, got dtype complex128"):
            ask_about(lambda x: np.exp(1j * x))
    (tmp_path / "mine.py").write_text("import numpy as np\ndef f(x):\n    return np.exp(1j * x)\n")
    assert main(["check", f"{tmp_path / 'mine.py'}:f", "--at", "x=1.5"]) == 2
    assert "only a real number has a gradient, got dtype complex128" in capsys.readouterr().err
