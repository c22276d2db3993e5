"""SciPy's Python functions: the refusal names the one that was called, and its counterpart here, which gives SciPy's answer."""

import math

import numpy as np
import pytest
import scipy.fft
import scipy.integrate
import scipy.interpolate
import scipy.linalg
import scipy.ndimage
import scipy.optimize
import scipy.signal
import scipy.spatial.distance
import scipy.special
import scipy.stats

import tinygrad_loss as tl
from tinygrad_loss import errors
from tinygrad_loss.ops.scipy_functions import counterparts

COUNTERPARTS = counterparts()
LOST = "it would turn a tensor that requires grad into a constant, and lose its gradient, got such a tensor. "
rng = np.random.default_rng(0)
ROW, OTHER = rng.uniform(0.2, 0.9, 6), rng.uniform(0.2, 0.9, 6)
SQUARE = rng.normal(size=(3, 3)) + 4.0 * np.eye(3)
SYMMETRIC = SQUARE @ SQUARE.T
POINTS, OTHERS = rng.normal(size=(4, 2)), rng.normal(size=(3, 2))
FFT_OF_PLANE = {"fft2", "ifft2", "rfft2", "irfft2", "fftn", "ifftn", "rfftn", "irfftn"}
SHARES = ROW / ROW.sum(), OTHER / OTHER.sum()
ARGUMENTS = {
    # the arguments of SciPy's functions, by the package and by the function; the counterparts are written in the same names
    "scipy.special": {"x": ROW},
    "scipy.special.multigammaln": {"a": 3.2, "d": 2},
    "scipy.special.polygamma": {"n": 2, "x": ROW},
    "scipy.special.factorial": {"n": np.array([4.0, 2.5])},
    "scipy.special.comb": {"N": 7.0, "k": 3.0},
    "scipy.special.perm": {"N": 7.0, "k": 3.0},
    "scipy.linalg": {"a": SYMMETRIC},
    "scipy.linalg.solve": {"a": SQUARE, "b": ROW[:3]},
    "scipy.linalg.solve_triangular": {"a": np.triu(SQUARE), "b": SQUARE},
    "scipy.linalg.lstsq": {"a": POINTS, "b": ROW[:4]},
    "scipy.fft": {"x": ROW},
    **{f"scipy.fft.{name}": {"x": SQUARE} for name in FFT_OF_PLANE},
    "scipy.spatial.distance": {"u": ROW, "v": OTHER},
    "scipy.spatial.distance.cdist": {"XA": POINTS, "XB": OTHERS},
    "scipy.spatial.distance.pdist": {"X": POINTS},
    "scipy.spatial.distance.minkowski": {"u": ROW, "v": OTHER, "p": 3},
    "scipy.spatial.distance.jensenshannon": {"p": SHARES[0], "q": SHARES[1]},
    "scipy.stats": {"a": ROW},
    "scipy.stats.entropy": {"pk": SHARES[0]},
    "scipy.stats.iqr": {"x": ROW},
    "scipy.stats.median_abs_deviation": {"x": ROW},
    "scipy.stats.pearsonr": {"x": ROW, "y": OTHER},
    "scipy.stats.boxcox": {"x": ROW, "lmbda": 0.4},
    "scipy.integrate": {"y": OTHER, "x": np.sort(ROW)},
    "scipy.signal": {"in1": ROW, "in2": OTHER[:3]},
}
PARAMETERS = {
    "n": 5, "p": 0.3, "df": 4.5, "mu": 1.3, "a": 2.2, "b": 1.7, "s": 0.8, "kappa": 1.4, "c": 1.6, "loc": 0.3, "scale": 1.2,
    "alpha": np.array([1.5, 2.5, 1.0]), "mean": np.array([0.1, -0.2]), "cov": np.array([[2.0, 0.3], [0.3, 1.0]]),
}  # fmt: skip
"""Of distributions, by SciPy's names."""
VECTORS = {
    "dirichlet": (["alpha"], np.array([0.2, 0.5, 0.3])),
    "multivariate_normal": (["mean", "cov"], POINTS),
    "multinomial": (["n", "p"], None),
}
MADE, DRAWN = {"fit", "rvs"}, {"logpdf", "logpmf", "pdf", "pmf", "cdf", "logcdf", "sf", "logsf"}
FAMILIES = {name.split(".")[2] for name in COUNTERPARTS if name.startswith("scipy.stats.") and name.count(".") == 3}
FUNCTIONS = sorted(
    name
    for name in COUNTERPARTS
    if name.rpartition(".")[0] in ARGUMENTS and not (name.startswith("scipy.stats.") and name.rpartition(".")[2] in FAMILIES)
    if name != "scipy.integrate.quad"
)
QUESTIONS = sorted(
    name for name in COUNTERPARTS if name.count(".") == 3 and name.startswith("scipy.stats.") and name.rpartition(".")[2] not in MADE
)


def reached(name):
    """Return SciPy's function of that name."""
    found = scipy
    for part in name.split(".")[1:]:
        found = getattr(found, part)
    return found


def typed(name, **given):
    return eval(COUNTERPARTS[name], {"np": np, "tl": tl, **given})  # noqa: S307  the line that the message says


def test_every_counterpart_is_asked():
    asked = {*FUNCTIONS, *QUESTIONS}
    alone = {name for name in COUNTERPARTS if name not in asked and name.rpartition(".")[2] not in MADE}
    families = {name for name in alone if name.startswith("scipy.stats.")}
    assert alone - families == {"scipy.integrate.quad", "scipy.interpolate.interp1d", "scipy.optimize.minimize"}
    assert families == {f"scipy.stats.{name}" for name in FAMILIES - {"geom"}}  # which counts from 1, so no distribution here is it


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_counterpart_gives_scipys_answer(name):
    given = ARGUMENTS.get(name) or ARGUMENTS[name.rpartition(".")[0]]
    expected = reached(name)(*given.values())
    expected = expected[0] if name in {"scipy.linalg.lstsq", "scipy.stats.pearsonr"} else expected
    found = typed(name, **given)
    if isinstance(expected, tuple):  # factors are known up to the sign of a column
        expected, found = [np.abs(e) for e in expected], [np.abs(f) for f in found]
    for e, f in zip(expected, found, strict=True) if isinstance(expected, list) else [(expected, found)]:
        np.testing.assert_allclose(f, e, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_refusal_names_the_function_and_its_counterpart(name):
    given = dict(ARGUMENTS.get(name) or ARGUMENTS[name.rpartition(".")[0]])
    array = next(k for k in given if isinstance(given[k], np.ndarray | float))
    given[array] = tl.tensor(given[array], requires_grad=True)
    with pytest.raises(errors.LostGraphError) as error:
        reached(name)(*given.values())
    assert str(error.value) == f"{name}: {LOST}{errors.remedy(COUNTERPARTS[name])}"


ALONG = {"axis": None}, {"axis": 0}, {"axis": 1}, {}


@pytest.mark.parametrize("given", ALONG, ids=str)
@pytest.mark.parametrize("name", [name for name in FUNCTIONS if "axis=" in COUNTERPARTS[name]])
def test_the_counterpart_keeps_the_axis(name, given):
    plane = rng.uniform(0.2, 0.9, (3, 3))
    if name.endswith("entropy"):  # SciPy divides by the sum first
        plane = plane / np.sum(plane, axis=given.get("axis", 0), keepdims=True)
    with pytest.raises(errors.LostGraphError) as error:
        reached(name)(tl.tensor(plane, requires_grad=True), **given)
    line = str(error.value).rpartition("Type instead: ")[2]
    found = eval(line, {"np": np, "tl": tl, **dict.fromkeys(("x", "a", "pk"), plane)})  # noqa: S307  the line that the message says
    np.testing.assert_allclose(found, reached(name)(plane, **given), rtol=1e-10, atol=1e-12)


def parameters(family):
    names = COUNTERPARTS.get(f"scipy.stats.{family}", "tl.distributions.Geometric(p)")
    if family in VECTORS:
        chosen = VECTORS[family][0]
    else:
        shapes = [s.strip() for s in (getattr(scipy.stats, family).shapes or "").split(",") if s.strip()]
        chosen = shapes + [name for name in ("loc", "scale") if name in names]
    given = {name: PARAMETERS[name] for name in chosen}
    return given | {"p": np.array([0.2, 0.5, 0.3])} if family == "multinomial" else given


def known_to_scipy(name):
    _, _, family, method = name.split(".")
    return not family[0].isupper() and hasattr(getattr(scipy.stats, family), method)  # classes are asked below


@pytest.mark.parametrize("name", [name for name in QUESTIONS if known_to_scipy(name)])
def test_a_distribution_answers_as_scipys(name):
    _, _, family, method = name.split(".")
    given, theirs = parameters(family), getattr(scipy.stats, family)
    if method == "ppf":
        given, at, x = {"loc": 0.3, "scale": 1.2}, "q", np.array([0.1, 0.7])
    else:
        at, x = "x", VECTORS[family][1] if family in VECTORS else theirs.rvs(**given, size=4, random_state=1)
        x = np.array([1, 3, 1]) if x is None else x
    asked = {at: x} if method in DRAWN | {"ppf"} else {}
    given |= {"loc": 0.3, "scale": 1.2} if name == "scipy.stats.norm.logcdf" else {}
    with np.errstate(divide="ignore"):  # the logarithm of a chance of 0
        found = typed(name, **given, **asked)
    np.testing.assert_allclose(found, getattr(theirs, method)(*asked.values(), **given), rtol=1e-9)


@pytest.mark.parametrize("family", ["Normal", "Uniform"])
def test_the_newer_distributions_answer_as_scipys(family):
    given = {"mu": 0.3, "sigma": 1.2} if family == "Normal" else {"a": 0.1, "b": 2.2}
    theirs = getattr(scipy.stats, family)(**given)
    np.testing.assert_allclose(typed(f"scipy.stats.{family}.logpdf", **given, x=ROW), theirs.logpdf(ROW), rtol=1e-12)
    with pytest.raises(errors.LostGraphError) as error:
        theirs.logpdf(tl.tensor(ROW, requires_grad=True))
    assert str(error.value).startswith(f"scipy.stats.{family}.logpdf: {LOST}Type instead: tl.distributions.{family}(")


def moving():
    return tl.tensor(ROW, requires_grad=True)


def frozen():
    return scipy.stats.norm(loc=0.0, scale=1.0).logpdf(moving())


def parameter():
    return scipy.stats.gamma.logpdf(ROW, tl.tensor(2.0, requires_grad=True))


def by_mean():
    return scipy.stats.multivariate_normal(tl.tensor([0.0, 1.0], requires_grad=True), np.eye(2))


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (frozen, "scipy.stats.norm.logpdf"),
        (parameter, "scipy.stats.gamma.logpdf"),
        (by_mean, "scipy.stats.multivariate_normal"),
        (lambda: scipy.stats.multivariate_normal.logpdf(moving()[:2], np.zeros(2), np.eye(2)), "scipy.stats.multivariate_normal.logpdf"),
        (lambda: scipy.stats.poisson.logpmf([1, 2], moving()[:2]), "scipy.stats.poisson.logpmf"),
        (lambda: scipy.stats.norm.fit(moving()), "scipy.stats.norm.fit"),
        (lambda: scipy.special.logsumexp(list(moving())), "scipy.special.logsumexp"),
        (lambda: scipy.optimize.minimize(lambda z: np.sum(z**2), moving()), "scipy.optimize.minimize"),
        (lambda: scipy.integrate.quad(lambda z: z * moving()[0], 0.0, 1.0), "scipy.integrate.quad"),
        (lambda: scipy.interpolate.interp1d([0.0, 1.0], [0.0, 1.0])(moving()), "scipy.interpolate.interp1d"),
    ],
    ids=lambda x: x if isinstance(x, str) else "",
)
def test_whatever_way_it_is_called_the_function_is_named(call, name):
    with pytest.raises(errors.LostGraphError) as error:
        call()
    assert str(error.value) == f"{name}: {LOST}{errors.remedy(COUNTERPARTS[name])}"


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda: scipy.ndimage.gaussian_filter(moving(), 1), "scipy.ndimage.gaussian_filter"),
        (lambda: scipy.stats.pareto.logpdf(moving(), 2.0), "scipy.stats.pareto.logpdf"),
        (lambda: scipy.stats.ttest_ind(moving(), ROW), "scipy.stats.ttest_ind"),
        (lambda: scipy.interpolate.CubicSpline(np.arange(6.0), moving()), "scipy.interpolate.CubicSpline"),
    ],
    ids=lambda x: x if isinstance(x, str) else "",
)
def test_without_a_counterpart_it_is_still_named(call, name):
    instead = f"{name}(x.numpy()) if no gradient should flow, or declare it: tl.op({name.rpartition('.')[2]!r}, ...)"
    with pytest.raises(errors.LostGraphError) as error:
        call()
    assert str(error.value) == f"{name}: {LOST}Use instead: {instead}"


def test_a_ufunc_without_a_rule_has_its_public_name():
    with pytest.raises(errors.NoRuleError, match=r"^scipy\.special\.lambertw: it has no derivative rule here"):
        scipy.special.lambertw(moving())


def test_what_the_user_does_inside_of_scipy_is_not_scipys():
    def objective(z):
        return float(tl.tensor(z[0], requires_grad=True))

    with pytest.raises(errors.LostGraphError, match=r"^float\(x\): "):
        scipy.optimize.minimize(objective, np.ones(1))


def test_two_programs_of_the_message_run():
    found = tl.optim.minimize(lambda z: np.sum((z - 1.0) ** 2), moving())
    np.testing.assert_allclose(found.x, np.ones(6), atol=1e-6)
    z = np.linspace(0.0, 1.0, 1001)
    assert math.isclose(np.trapezoid(z**2, z), 1 / 3, rel_tol=1e-5)
    x, y = np.sort(ROW), OTHER
    np.testing.assert_allclose(np.interp([0.5], x, y), scipy.interpolate.interp1d(x, y)([0.5]))
