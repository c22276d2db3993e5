"""Points at which easy answers are wrong: each verdict here was derived by hand."""

import warnings

import numpy as np
import pytest

import tinygrad_loss as tl

ON_A_LINE = [
    ("np.std(np.stack([x,-x]))", 0.0, "kink"),
    ("np.var(np.stack([x,-x]))", 0.0, "smooth"),
    ("np.abs(x)**1.2", 0.0, "smooth"),
    ("np.abs(x)**0.9", 0.0, "infinite"),
    ("x**(1/3)", 0.0, "infinite"),
    ("np.cbrt(x)**2", 0.0, "infinite"),
    ("np.cbrt(x**3)", 0.0, "smooth"),
    ("np.sqrt(np.abs(x**3))", 0.0, "smooth"),
    ("np.sqrt(x**2+1e-12)", 0.0, "smooth"),
    ("x**2/np.abs(x)", 0.0, "outside"),
    ("np.where(x==0,0.,x**2/np.where(x==0,1.,x))", 0.0, "smooth"),
    ("np.where(x==0,0.,np.sin(x)/np.where(x==0,1.,x))", 0.0, "discontinuous"),
    ("np.sign(x)*np.sin(x)**2", 0.0, "smooth"),
    ("np.floor(x)*np.sin(np.pi*x)", 1.0, "kink"),
    ("x*np.round(x)", 0.5, "discontinuous"),
    ("np.abs(x-5e-324)", 0.0, "smooth"),
    ("np.abs(x)", 5e-324, "smooth"),
    ("np.maximum(np.exp(x),1+x)", 0.0, "smooth"),
    ("np.maximum(np.exp(x),np.cos(x))", 0.0, "kink"),
    ("np.maximum(np.cos(x),1-x**2/2)", 0.0, "smooth"),
    ("np.minimum(np.sin(x),x)", 0.0, "smooth"),
    ("np.log(np.abs(x)+1)", 0.0, "kink"),
    ("np.tanh(x)*np.abs(x)", 0.0, "smooth"),
    ("np.exp(-np.abs(x))", 0.0, "kink"),
    ("np.exp(np.minimum(0.,-1/np.where(x>0,x,1.)))*np.where(x>0,1.,0.)", 0.0, "smooth"),
    ("np.linalg.norm(np.stack([x,2*x]))", 0.0, "kink"),
    ("np.linalg.norm(np.stack([x,2*x]))**3", 0.0, "smooth"),
    ("np.arctan2(x,1.0)", 0.0, "smooth"),
    ("np.arctan2(np.abs(x),-1.0)", 0.0, "kink"),
    ("np.arccosh(1+x*x)", 0.0, "kink"),
    ("np.arctanh(np.clip(x,-.5,.5))", 0.5, "kink"),
    ("np.median(np.stack([x,-x,0*x]))", 0.0, "smooth"),
    ("np.ptp(np.stack([x,-x]))", 0.0, "kink"),
    ("np.clip(x,0.,0.)", 0.0, "smooth"),
    ("np.where(np.abs(x)<=1e-8,0.,x)", 1e-08, "discontinuous"),
    ("np.where((x>0)&(x<1),x*(1-x),0.)", 0.0, "kink"),
    ("np.where((x>0)&(x<1),(x*(1-x))**2,0.)", 1.0, "smooth"),
    ("tl.ops.logsumexp(np.stack([x,np.abs(x)]))", 0.0, "kink"),
    ("tl.ops.softmax(np.stack([x,np.abs(x)]))[0]", 0.0, "kink"),
    ("np.prod(np.stack([x,np.abs(x)]))", 0.0, "smooth"),
    ("np.cumprod(np.stack([x,np.abs(x),x]))[2]", 0.0, "smooth"),
    ("np.sqrt(1-np.cos(x))", 0.0, "kink"),
    ("np.log1p(np.abs(x))-np.abs(x)", 0.0, "smooth"),
    ("np.exp(x*np.log(x))", 0.0, "outside"),
    ("np.hypot(x,x**2)", 0.0, "kink"),
    ("np.interp(x,np.array([0.,1.,2.]),np.array([0.,1.,4.]))", 1.0, "kink"),
    ("np.interp(x,np.array([0.,1.,2.]),np.array([0.,1.,2.]))", 1.0, "smooth"),
    ("np.maximum.reduce(np.stack([x,x*x,x**3]))", 1.0, "kink"),
    ("np.maximum.accumulate(np.stack([x,-x]))[1]", 0.0, "kink"),
    ("np.where(x>0,1.,-1.)*np.abs(x)", 0.0, "smooth"),
    ("np.sign(x)**2", 0.0, "discontinuous"),
    ("1-np.sign(x)**2+np.abs(np.sign(x))", 0.0, "smooth"),
    ("np.abs(np.abs(x)-1)", 1.0, "kink"),
    ("np.remainder(x,1.)", 1.0, "discontinuous"),
    ("np.fmax(x,np.nan)", 0.0, "smooth"),
    ("np.heaviside(x,0.5)", 0.0, "discontinuous"),
    ("np.sqrt(x)*np.sqrt(-x)", 0.0, "outside"),
    ("np.sqrt(np.maximum(x,0.))", 0.0, "infinite"),
    ("np.maximum(x,0.)**0.5*np.maximum(x,0.)", 0.0, "smooth"),
    ("np.maximum(x,0.)**1.5", 0.0, "smooth"),
    ("np.float_power(np.abs(x),1.5)", 0.0, "smooth"),
    ("np.sum(np.sort(np.stack([x,-x,x**2]))[:2])", 0.0, "kink"),
]

IN_SPACE = [
    ("np.sum(np.sqrt(x))", [0.0, 4.0], "infinite"),
    ("np.sqrt(x[0]*x[1])", [0.0, 0.0], "outside"),
    ("x[0]*np.sign(x[1])", [0.0, 0.0], "kink"),
    ("x[0]*np.sign(x[1])", [1.0, 0.0], "discontinuous"),
    ("np.sum(np.abs(x))**2", [0.0, 0.0, 0.0], "smooth"),
    ("np.max(x)-np.min(x)", [1.0, 1.0], "kink"),
    ("np.max(x)*0+np.sum(x)", [1.0, 1.0], "smooth"),
    ("np.linalg.norm(x,1)", [0.0, 1.0], "kink"),
    ("np.linalg.norm(x,np.inf)", [1.0, -1.0], "kink"),
    ("np.linalg.norm(x)*np.linalg.norm(x)", [0.0, 0.0], "smooth"),
    ("np.std(x)", [2.0, 2.0, 2.0], "kink"),
    ("np.std(x)*np.sum(x-2.)", [2.0, 2.0, 2.0], "smooth"),
    ("np.median(x)", [0.0, 0.0, 0.0], "kink"),
    ("np.median(x)", [0.0, 0.0, 1.0], "kink"),
    ("np.median(x)", [0.0, 1.0, 1.0, 2.0], "smooth"),
    ("np.sum(np.sort(x))", [1.0, 1.0, 1.0], "smooth"),
    ("np.sum(np.sort(x)*np.array([1.,2.,3.]))", [1.0, 1.0, 1.0], "kink"),
    ("np.prod(x)", [0.0, 0.0, 2.0], "smooth"),
    ("np.prod(np.abs(x))", [0.0, 0.0], "smooth"),
    ("np.prod(np.abs(x))", [0.0, 2.0], "kink"),
    ("np.abs(x[0])*x[1]", [0.0, 0.0], "smooth"),
    ("np.abs(x[0])*x[1]", [0.0, 1.0], "kink"),
    ("np.abs(x[0]+x[1])-np.abs(x[0])-np.abs(x[1])", [0.0, 0.0], "kink"),
    ("np.abs(x[0]+x[1])+np.abs(x[0]-x[1])-2*np.maximum(np.abs(x[0]),np.abs(x[1]))", [0.0, 0.0], "smooth"),
    ("np.where(x[0]>x[1],x[0],x[1])", [1.0, 1.0], "kink"),
    ("np.where(x[0]==x[1],x[0],0.5*(x[0]+x[1]))", [1.0, 1.0], "smooth"),
    ("np.where(x[0]==x[1],0.,1.)", [1.0, 1.0], "discontinuous"),
    ("x[np.argmax(x)]", [1.0, 1.0], "kink"),
    ("np.sum(x[x>0])", [0.0, 1.0], "kink"),
    ("np.sum(x*(x>0)*x)", [0.0, 1.0], "smooth"),
    ("np.linalg.norm(x)/(1+np.linalg.norm(x))", [0.0, 0.0], "kink"),
    ("np.sum(x*x)/np.where(np.sum(x*x)==0,1.,np.linalg.norm(x))", [0.0, 0.0], "kink"),
    ("np.linalg.norm(x)**1.5", [0.0, 0.0], "smooth"),
    ("np.hypot(x[0],x[1])", [0.0, 0.0], "kink"),
    ("np.arctan2(x[0],x[1])", [0.0, -1.0], "discontinuous"),
    ("np.sum(np.maximum(x,0.)-np.maximum(-x,0.))", [0.0, 0.0, 1.0], "smooth"),
    ("np.sum(tl.losses.huber_loss(x,np.zeros(2),reduction='none'))", [1.0, -1.0], "smooth"),
    ("tl.losses.binary_cross_entropy_with_logits(x,np.array([1.,0.]))", [0.0, 0.0], "smooth"),
    ("tl.losses.l1_loss(x,np.array([1.,0.]))", [1.0, 2.0], "kink"),
    ("tl.losses.mse_loss(x,np.array([1.,0.]))", [1.0, 0.0], "smooth"),
    ("np.sqrt(tl.losses.mse_loss(x,np.array([1.,0.])))", [1.0, 0.0], "kink"),
    ("np.max(np.abs(x-np.mean(x)))", [1.0, 1.0], "kink"),
    ("np.max(np.minimum(np.minimum(x,0.),0.))", [0.0, 0.0, 0.0], "kink"),
    ("np.clip(x,0.,1.)@x", [0.0, 1.0], "kink"),
    ("np.cov(x,np.array([1.,2.,4.]))[0,1]", [1.0, 1.0, 1.0], "smooth"),
    ("np.quantile(x,0.5)", [1.0, 1.0, 3.0], "kink"),
    ("np.minimum(x[0],x[1])*np.maximum(x[0],x[1])", [1.0, 1.0], "smooth"),
    ("x[0]**2*x[1]/(x[0]**2+x[1]**2+np.where((x[0]==0)&(x[1]==0),1.,0.))", [0.0, 0.0], "kink"),
]


def function(expression):
    return eval("lambda x: " + expression, {"np": np, "tl": tl})  # noqa: S307  the expressions above


@pytest.mark.parametrize(("expression", "at", "kind"), ON_A_LINE + IN_SPACE)
def test_the_verdict_and_backward_agree_with_the_hand(expression, at, kind):
    f = function(expression)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        verdict = tl.differentiability(f, np.array(at) if isinstance(at, list) else at)
        x = tl.tensor(at, requires_grad=True)
        f(x).backward()
    assert verdict.kind == kind
    if kind == "smooth":
        np.testing.assert_allclose(x.grad, verdict.gradient, rtol=1e-9, atol=1e-12)
    else:
        assert not np.all(np.isfinite(x.grad))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    ("expression", "at", "gradient"),
    [
        ("np.sum(np.exp(x-np.max(x))/np.sum(np.exp(x-np.max(x)))*np.array([1.,2.,3.]))", [1.0, 1.0, 1.0], [-1 / 3, 0.0, 1 / 3]),
        ("np.max(x)-np.sort(x)[-1]", [1.0, 1.0, 1.0], [0.0, 0.0, 0.0]),
        ("np.count_nonzero(x)*x[0]", [0.0, 2.0], [2.0, 0.0]),
        ("np.where(np.all(x),x[0]**2,x[0])*x[1]**2", [0.0, 0.0], [0.0, 0.0]),
    ],
)
def test_sums_that_cancel_up_to_the_rounding_of_their_dtype_are_smooth(expression, at, gradient, dtype):
    f = function(expression)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        verdict = tl.differentiability(f, np.array(at, dtype))
        x = tl.tensor(np.array(at, dtype), requires_grad=True)
        f(x).backward()
    assert verdict.kind == "smooth"
    np.testing.assert_allclose(verdict.gradient, gradient, atol=1e-6)
    np.testing.assert_allclose(x.grad, gradient, atol=1e-6)


@pytest.mark.parametrize("scale", [1e-20, 1e-8, 1e12])
def test_the_size_of_a_kink_does_not_matter(scale):
    for f in (lambda x: scale * np.abs(x), lambda x: scale * np.where(x > 0, x, -x), lambda x: np.abs(scale * x)):
        verdict = tl.differentiability(f, 0.0)
        assert (verdict.kind, verdict.proved) == ("kink", True)
        assert verdict.right == pytest.approx(scale)
        x = tl.tensor([0.0, 1.0], requires_grad=True)
        with pytest.warns(tl.errors.UndefinedGradientWarning):
            np.sum(f(x)).backward()
        np.testing.assert_allclose(x.grad, [np.nan, scale])


def test_the_smallest_number_is_not_zero():
    tiny = 5e-324
    for f, slope in ((np.sqrt, 0.5 / np.sqrt(tiny)), (np.abs, 1.0), (lambda x: np.abs(x) ** 0.5, 0.5 / np.sqrt(tiny))):
        verdict = tl.differentiability(f, tiny)
        assert (verdict.kind, verdict.proved) == ("smooth", True)
        assert verdict.left == verdict.right == verdict.gradient == pytest.approx(slope)


@pytest.mark.parametrize(
    ("expression", "kind"),
    [
        ("np.any(x)*1.+x", "discontinuous"),
        ("np.logical_not(x)*1.+x", "discontinuous"),
        ("x.astype(bool)*x", "smooth"),
        ("(x+1.).astype(int)*x", "kink"),
        ("np.isin(x,[0.,1.])*1.+x", "discontinuous"),
        ("np.logical_xor(x>0,x<0)*x", "smooth"),
        ("np.stack([x,-x])[np.argmax(np.stack([x,-x]))]", "kink"),
        ("np.take(np.stack([x,-x]),np.argmin(np.stack([x,-x])))", "kink"),
    ],
)
def test_truths_and_positions_that_change_just_beside_are_seen(expression, kind):
    verdict = tl.differentiability(function(expression), 0.0)
    assert (verdict.kind, verdict.proved) == (kind, True)


def test_a_jump_along_curves_only_is_a_jump():
    """x0^2 x1 / (x0^4 + x1^2) goes to 0 along every line, and is 1/2 on the parabola x1 = x0^2."""

    def f(x):
        d = x[0] ** 4 + x[1] ** 2
        return np.where(d == 0, 0.0, x[0] ** 2 * x[1] / np.where(d == 0, 1.0, d))

    assert tl.differentiability(f, np.zeros(2)).kind == "discontinuous"


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_kink_whose_cotangent_is_rounding_is_none(dtype):
    """The probabilities of a softmax add up to 1, whatever the scores do."""
    rng = np.random.default_rng(0)
    for _ in range(20):
        a = rng.standard_normal(4)
        for f in (
            lambda x, a=a: np.sum(tl.ops.softmax(a * np.abs(x) + a)),
            lambda x, a=a: np.sum((p := np.exp(np.abs(x) * a)) / np.sum(p)),
        ):
            verdict = tl.differentiability(f, np.zeros(4, dtype))
            assert verdict.kind == "smooth"
            np.testing.assert_allclose(verdict.gradient, 0.0, atol=100 * np.finfo(dtype).eps)


def test_a_small_kink_is_no_rounding():
    for f, x in [
        (lambda x: 1e10 * x[0] + np.abs(x[0]) + 1e-12 * x[1], [0.0, 0.0]),
        (lambda x: np.exp(-50.0) * np.abs(x[0]) + np.exp(x[1]), [0.0, 0.0]),
        (lambda x: (1.0 - tl.ops.sigmoid(x[1])) * np.abs(x[0]), [0.0, 30.0]),
    ]:
        verdict = tl.differentiability(f, np.array(x))
        assert (verdict.kind, verdict.proved) == ("kink", True)
        assert np.isnan(verdict.gradient[0])


WRAPPED = {
    "radial cutoff": (lambda r: np.where(r < 5.0, 0.5 * (np.cos(np.pi * r / 5.0) + 1.0), 0.0), 5.0),
    "window": (lambda x: np.where(np.abs(x) <= 1.0, 0.5 * (1.0 + np.cos(np.pi * x)), 0.0), 1.0),
    "cosine of an angle": (lambda x: np.cos(np.arctan2(x, -1.0)), 0.0),
    "cosine of a phase": (lambda x: np.cos(2.0 * np.pi * np.mod(x, 1.0)), 2.0),
    "cosine of a wrapped angle": (lambda x: 1.0 - np.cos(np.mod(x + np.pi, 2.0 * np.pi) - np.pi), np.pi),
    "cutoffs, entry by entry": (lambda r: np.sum(np.where(r < 5.0, 0.5 * (np.cos(np.pi * r / 5.0) + 1.0), 0.0)), np.array([5.0, 6.0, 5.0])),
}


@pytest.mark.parametrize(("f", "x"), WRAPPED.values(), ids=WRAPPED)
def test_slopes_that_differ_by_rounding_are_one(f, x):
    """sin(pi) is 1e-16 in floats; the slopes on both sides are 0."""
    verdict = tl.differentiability(f, x)
    assert (verdict.kind, verdict.proved) == ("smooth", True)
    np.testing.assert_allclose(verdict.gradient, 0.0, atol=1e-14)
    np.testing.assert_allclose(tl.grad(f)(x), 0.0, atol=1e-14)


def test_small_slopes_that_rounding_does_not_explain_are_a_kink():
    for f, x in [
        (lambda x: 1e-12 * np.abs(np.sin(x)), 0.0),
        (lambda x: np.exp(-40.0) * np.abs(x) + np.cos(x), 0.0),
        (lambda r: np.where(r < 5.0, 0.5 * (np.cos(np.pi * r / 5.0) + 1.0), 1e-12 * (r - 5.0)), 5.0),
    ]:
        verdict = tl.differentiability(f, x)
        assert (verdict.kind, verdict.proved) == ("kink", True)
