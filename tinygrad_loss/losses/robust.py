"""Losses of a residual for noise that is not Gaussian: heavy tails, skew, quantiles, relative errors."""

import functools
import math
from typing import Any

import numpy as np

from tinygrad_loss import errors
from tinygrad_loss.engine.op import Array
from tinygrad_loss.losses import checks
from tinygrad_loss.losses.facts import Kink
from tinygrad_loss.losses.loss import loss
from tinygrad_loss.losses.regression import at_least
from tinygrad_loss.ops.exponential import log_cosh
from tinygrad_loss.ops.piecewise import relu_
from tinygrad_loss.ops.residual import exp_remainder, log_one_plus_square, root_remainder
from tinygrad_loss.ops.special import gammaln

__all__ = [
    "cauchy_loss", "epsilon_insensitive_loss", "expectile_loss", "general_robust_loss", "geman_mcclure_loss", "linex_loss", "log_cosh_loss",
    "mape_loss", "msle_loss", "pseudo_huber_loss", "quantile_loss", "student_t_nll_loss", "tukey_loss", "welsch_loss",
]  # fmt: skip

of_residual = functools.partial(loss, input="real", target="real", task="regression", variable="residual")
FLAT = 40.0
"""Beyond so many scales exp(-u^2) is 0 in every dtype, so the residual may be clipped there without a trace."""


def between(where: str, name: str, value: float, low: float, high: float) -> None:
    """Refuse an option outside an open interval."""
    if not low < value < high:
        middle = (low + high) / 2
        raise errors.DomainError(errors.say(where, f"{name} must lie between {low:g} and {high:g}", f"{value}", f"{name}={middle:g}"))


# ---- between the square and the absolute value ------------------------------------------------------------------------------


@of_residual(
    formula=r"\log \cosh r",
    likelihood="HyperbolicSecant",
    estimates="between mean and median",
    smoothness="C-infinity",
    convex=True,
    robust=True,
    choose="As Huber's loss, but with every derivative.",
    source="Green, Bayesian reconstructions from emission tomography data using a modified EM algorithm, IEEE TMI 9, 1990",
)
def log_cosh_loss(input: Array, target: Array) -> Any:  # noqa: A002  PyTorch's name for a prediction
    r"""Return $\log \cosh(z - y)$: half the square near 0, the absolute value less log 2 far away.

    Args:
        input: predictions z, any shape.
        target: y, of the same shape.

    Raises:
        ShapeError: the shapes differ.
        DomainError: nan among the targets.

    Source: Green, IEEE Transactions on Medical Imaging 9, 1990.

    >>> import tinygrad_loss as tl
    >>> round(float(tl.losses.log_cosh_loss([1000.0], [0.0])), 6)  # 1000 - log 2
    999.306853
    """
    return log_cosh(input - target)


@of_residual(
    formula=r"\delta^2\left(\sqrt{1 + (r/\delta)^2} - 1\right)",
    estimates="between mean and median",
    smoothness="C-infinity",
    convex=True,
    robust=True,
    choose="As Huber's loss, but with every derivative; also called Charbonnier's.",
    source="Charbonnier et al., Deterministic edge-preserving regularization in computed imaging, IEEE TIP 6, 1997",
)
def pseudo_huber_loss(input: Array, target: Array, *, delta: float = 1.0) -> Any:  # noqa: A002
    r"""Return $\delta^2(\sqrt{1 + (r/\delta)^2} - 1)$ of $r = z - y$.

    Args:
        input: predictions z, any shape.
        target: y, of the same shape.
        delta: where the square bends into a line, in units of y.

    Raises:
        ShapeError: the shapes differ.
        DomainError: ``delta`` is not positive, or nan among the targets.

    Source: Charbonnier et al., IEEE Transactions on Image Processing 6, 1997.

    >>> import tinygrad_loss as tl
    >>> round(float(tl.losses.pseudo_huber_loss([1.0], [0.0])), 6)  # sqrt 2 - 1
    0.414214
    """
    at_least("pseudo_huber_loss", "delta", delta, 0.0)
    return root_remainder((input - target) / delta) * (delta * delta)


# ---- quantiles and expectiles -------------------------------------------------------------------------------------------------


@of_residual(
    formula=r"\max(\tau (y - z), (\tau - 1)(y - z))",
    likelihood="AsymmetricLaplace",
    estimates="quantile",
    smoothness="kink",
    kinks=(Kink(0.0, -0.5, 0.5),),
    convex=True,
    robust=True,
    choose="A quantile is wanted: an upper bound that holds 9 times of 10 is tau=0.9.",
    source="Koenker and Bassett, Regression quantiles, Econometrica 46, 1978",
)
def quantile_loss(input: Array, target: Array, *, tau: float = 0.5) -> Any:  # noqa: A002
    r"""Return $\max(\tau (y - z), (\tau - 1)(y - z))$, the pinball loss, whose best constant is the $\tau$-quantile.

    Args:
        input: predictions z, any shape.
        target: y, of the same shape.
        tau: the quantile, between 0 and 1.

    Raises:
        ShapeError: the shapes differ.
        DomainError: ``tau`` is not between 0 and 1, or nan among the targets.

    Source: Koenker and Bassett, Econometrica 46, 1978.

    >>> import tinygrad_loss as tl
    >>> float(tl.losses.quantile_loss([0.0], [1.0], tau=0.75)), float(tl.losses.quantile_loss([1.0], [0.0], tau=0.75))
    (0.75, 0.25)
    """
    between("quantile_loss", "tau", tau, 0.0, 1.0)
    d = target - input
    return np.maximum(d * tau, d * (tau - 1.0))


@of_residual(
    formula=r"|\tau - [y < z]|\, (y - z)^2",
    estimates="expectile",
    smoothness="C1",
    convex=True,
    stable=(("float32", 1.8e19), ("float64", 1.3e154)),
    choose="Errors above cost more than errors below, and large ones much more.",
    source="Newey and Powell, Asymmetric least squares estimation and testing, Econometrica 55, 1987",
)
def expectile_loss(input: Array, target: Array, *, tau: float = 0.5) -> Any:  # noqa: A002
    r"""Return $|\tau - [y < z]| (y - z)^2$, whose best constant is the $\tau$-expectile.

    Args:
        input: predictions z, any shape.
        target: y, of the same shape.
        tau: the weight of errors below the target, between 0 and 1.

    Raises:
        ShapeError: the shapes differ.
        DomainError: ``tau`` is not between 0 and 1, or nan among the targets.

    Source: Newey and Powell, Econometrica 55, 1987.

    >>> import tinygrad_loss as tl
    >>> float(tl.losses.expectile_loss([0.0], [2.0], tau=0.75)), float(tl.losses.expectile_loss([2.0], [0.0], tau=0.75))
    (3.0, 1.0)
    """
    between("expectile_loss", "tau", tau, 0.0, 1.0)
    below, over = relu_(target - input), relu_(input - target)
    return below * below * tau + over * over * (1.0 - tau)


@of_residual(
    formula=r"\max(0, |r| - \varepsilon)",
    estimates="a point within the tube",
    smoothness="kink",
    kinks=(Kink(-0.1, -1.0, 0.0), Kink(0.1, 0.0, 1.0)),
    convex=True,
    robust=True,
    choose="Errors up to epsilon do not matter: support vector regression.",
    source="Vapnik, The Nature of Statistical Learning Theory, 1995",
)
def epsilon_insensitive_loss(input: Array, target: Array, *, epsilon: float = 0.1) -> Any:  # noqa: A002
    r"""Return $\max(0, |z - y| - \varepsilon)$: no cost within a tube.

    Args:
        input: predictions z, any shape.
        target: y, of the same shape.
        epsilon: half the width of the tube, in units of y.

    Raises:
        ShapeError: the shapes differ.
        DomainError: ``epsilon`` is negative, or nan among the targets.

    Source: Vapnik, The Nature of Statistical Learning Theory, 1995.

    >>> import tinygrad_loss as tl
    >>> float(tl.losses.epsilon_insensitive_loss([1.0], [0.0], epsilon=0.25))
    0.75
    """
    at_least("epsilon_insensitive_loss", "epsilon", epsilon, 0.0, open_low=False)
    return relu_(np.abs(input - target) - epsilon)


# ---- relative errors ----------------------------------------------------------------------------------------------------------


def _relative(where: str, given: Any, names: Any, mask: Array | None) -> list[Array]:
    z, target = checks.alike(where, given, names, mask)
    if np.any(checks.kept_values(target, mask) == 0):
        raise errors.DomainError(
            errors.say(where, "a relative error needs targets other than 0", "0", "tl.losses.l1_loss, or where=target != 0")
        )
    return [z, target]


@of_residual(
    check=_relative,
    formula=r"|z - y| / |y|",
    estimates="median weighted by 1/|y|",
    smoothness="kink",
    kinks=(Kink(0.0, -1.0, 1.0),),
    convex=True,
    robust=True,
    choose="Errors are judged in per cent of the target; it prefers forecasts that are too low.",
    source="Makridakis, Accuracy measures: theoretical and practical concerns, International Journal of Forecasting 9, 1993",
)
def mape_loss(input: Array, target: Array) -> Any:  # noqa: A002
    r"""Return $|z - y| / |y|$, the relative error (1, not 100, is an error as large as the target).

    Args:
        input: predictions z, any shape.
        target: y, of the same shape, not 0.

    Raises:
        ShapeError: the shapes differ.
        DomainError: a target is 0 or nan.

    Source: Makridakis, International Journal of Forecasting 9, 1993.

    >>> import tinygrad_loss as tl
    >>> float(tl.losses.mape_loss([3.0], [4.0]))
    0.25
    """
    return np.abs(input - target) / np.abs(target)


@loss(
    strict=True,
    formula=r"(\log(1 + z) - \log(1 + y))^2",
    input="above -1",
    target="above -1",
    task="regression",
    estimates="exp of the mean of log(1 + y), less 1",
    smoothness="C-infinity",
    convex=False,
    choose="Positive targets over several orders of magnitude, where ratios matter.",
    source="Hyndman and Athanasopoulos, Forecasting: Principles and Practice, 3rd ed., section 3.1",
)
def msle_loss(input: Array, target: Array) -> Any:  # noqa: A002
    r"""Return $(\log(1 + z) - \log(1 + y))^2$.

    Args:
        input: predictions z above -1, any shape.
        target: y above -1, of the same shape.

    Raises:
        ShapeError: the shapes differ.
        DomainError: an entry is not above -1, or nan among the targets.

    Source: Hyndman and Athanasopoulos, Forecasting: Principles and Practice, section 3.1.

    >>> import numpy as np, tinygrad_loss as tl
    >>> float(tl.losses.msle_loss([np.e - 1], [0.0]))
    1.0
    """
    d = np.log1p(input) - np.log1p(target)
    return d * d


# ---- heavy tails --------------------------------------------------------------------------------------------------------------


@of_residual(
    formula=r"\log(1 + (r/s)^2)",
    likelihood="Cauchy",
    estimates="mode",
    smoothness="C-infinity",
    convex=False,
    robust=True,
    choose="Gross outliers: their pull fades the farther they are.",
    source="Black and Anandan, The robust estimation of multiple motions, CVIU 63, 1996",
)
def cauchy_loss(input: Array, target: Array, *, scale: float = 1.0) -> Any:  # noqa: A002
    r"""Return $\log(1 + (r/s)^2)$, the negative log-likelihood of Cauchy noise up to a constant.

    Args:
        input: predictions z, any shape.
        target: y, of the same shape.
        scale: s, in units of y.

    Raises:
        ShapeError: the shapes differ.
        DomainError: ``scale`` is not positive, or nan among the targets.

    Source: Black and Anandan, Computer Vision and Image Understanding 63, 1996.

    >>> import tinygrad_loss as tl
    >>> round(float(tl.losses.cauchy_loss([1.0], [0.0])), 6)  # log 2
    0.693147
    """
    at_least("cauchy_loss", "scale", scale, 0.0)
    return log_one_plus_square((input - target) / scale)


@of_residual(
    formula=r"\tfrac{\nu + 1}2 \log(1 + \tfrac{r^2}{\nu s^2}) + \log s + \text{const}(\nu)",
    likelihood="StudentT",
    estimates="mode",
    smoothness="C-infinity",
    convex=False,
    robust=True,
    choose="Heavy tails whose weight is known or fitted: df=1 is Cauchy, a large df Gaussian.",
    source="Lange, Little and Taylor, Robust statistical modeling using the t distribution, JASA 84, 1989",
)
def student_t_nll_loss(input: Array, target: Array, *, df: float = 4.0, scale: float = 1.0) -> Any:  # noqa: A002
    r"""Return the negative log-likelihood of Student's t noise, $\tfrac{\nu+1}2 \log(1 + r^2/(\nu s^2)) + \log s$ and its constant.

    Args:
        input: locations z, any shape.
        target: y, of the same shape.
        df: degrees of freedom nu.
        scale: s, in units of y.

    Raises:
        ShapeError: the shapes differ.
        DomainError: ``df`` or ``scale`` is not positive, or nan among the targets.

    Source: Lange, Little and Taylor, Journal of the American Statistical Association 84, 1989.

    >>> import tinygrad_loss as tl
    >>> round(float(tl.losses.student_t_nll_loss([0.0], [0.0], df=1.0)), 6)  # log pi
    1.14473
    """
    at_least("student_t_nll_loss", "df", df, 0.0)
    at_least("student_t_nll_loss", "scale", scale, 0.0)
    constant = float(gammaln(df / 2) - gammaln((df + 1) / 2)) + 0.5 * math.log(df * math.pi) + math.log(scale)
    return log_one_plus_square((input - target) / (scale * math.sqrt(df))) * ((df + 1) / 2) + constant


@of_residual(
    formula=r"\tfrac{c^2}6 (1 - (1 - (r/c)^2)^3) \text{ up to } |r| = c, \text{ then constant}",
    estimates="mode",
    smoothness="C2",
    convex=False,
    robust=True,
    choose="Outliers beyond c should have no influence at all.",
    source="Beaton and Tukey, The fitting of power series, Technometrics 16, 1974",
)
def tukey_loss(input: Array, target: Array, *, c: float = 4.685) -> Any:  # noqa: A002
    r"""Return Tukey's biweight $\tfrac{c^2}6 (1 - (1 - (r/c)^2)^3)$, constant beyond $|r| = c$.

    Args:
        input: predictions z, any shape.
        target: y, of the same shape.
        c: where influence ends, in units of y; 4.685 has 95 % efficiency for unit Gaussian noise.

    Raises:
        ShapeError: the shapes differ.
        DomainError: ``c`` is not positive, or nan among the targets.

    Source: Beaton and Tukey, Technometrics 16, 1974.

    >>> import tinygrad_loss as tl
    >>> float(tl.losses.tukey_loss([100.0], [0.0], c=6.0))
    6.0
    """
    at_least("tukey_loss", "c", c, 0.0)
    u = np.clip((input - target) / c, -1.0, 1.0)
    v = u * u
    return v * (3.0 - v * (3.0 - v)) * (c * c / 6.0)


@of_residual(
    formula=r"\tfrac{c^2}2 (1 - e^{-(r/c)^2})",
    estimates="mode",
    smoothness="C-infinity",
    convex=False,
    robust=True,
    choose="As Tukey's, but with every derivative; also called correntropy.",
    source="Dennis and Welsch, Techniques for nonlinear least squares and robust regression, 1978",
)
def welsch_loss(input: Array, target: Array, *, c: float = 2.985) -> Any:  # noqa: A002
    r"""Return $\tfrac{c^2}2 (1 - e^{-(r/c)^2})$.

    Args:
        input: predictions z, any shape.
        target: y, of the same shape.
        c: the scale, in units of y.

    Raises:
        ShapeError: the shapes differ.
        DomainError: ``c`` is not positive, or nan among the targets.

    Source: Dennis and Welsch, Communications in Statistics B 7, 1978.

    >>> import tinygrad_loss as tl
    >>> float(tl.losses.welsch_loss([100.0], [0.0], c=2.0))
    2.0
    """
    at_least("welsch_loss", "c", c, 0.0)
    u = np.clip((input - target) / c, -FLAT, FLAT)
    return np.expm1(-(u * u)) * (-0.5 * c * c)


@of_residual(
    formula=r"\tfrac12 r^2 / (c^2 + r^2)",
    estimates="mode",
    smoothness="C-infinity",
    convex=False,
    robust=True,
    choose="A bounded cost whose pull fades like 1 / r^3.",
    source="Geman and McClure, Statistical methods for tomographic image reconstruction, 1987",
)
def geman_mcclure_loss(input: Array, target: Array, *, c: float = 1.0) -> Any:  # noqa: A002
    r"""Return $\tfrac12 r^2 / (c^2 + r^2)$.

    Args:
        input: predictions z, any shape.
        target: y, of the same shape.
        c: where the cost is a quarter, in units of y.

    Raises:
        ShapeError: the shapes differ.
        DomainError: ``c`` is not positive, or nan among the targets.

    Source: Geman and McClure, Bulletin of the International Statistical Institute 52, 1987.

    >>> import tinygrad_loss as tl
    >>> float(tl.losses.geman_mcclure_loss([1.0], [0.0]))
    0.25
    """
    at_least("geman_mcclure_loss", "c", c, 0.0)
    return np.expm1(-log_one_plus_square((input - target) / c)) * -0.5


@of_residual(
    formula=r"\tfrac{|\alpha - 2|}\alpha \left(\left(\tfrac{(r/c)^2}{|\alpha - 2|} + 1\right)^{\alpha/2} - 1\right)",
    estimates="between mean and median",
    smoothness="C-infinity",
    convex=True,
    robust=True,
    choose="One dial from the square (alpha=2) over Charbonnier (1), Cauchy (0), Geman-McClure (-2) to Welsch (-inf).",
    source="Barron, A general and adaptive robust loss function, CVPR 2019",
)
def general_robust_loss(input: Array, target: Array, *, alpha: float = 1.0, c: float = 1.0) -> Any:  # noqa: A002
    r"""Return Barron's family $\tfrac{b}{\alpha}((u^2/b + 1)^{\alpha/2} - 1)$ with $u = r/c$, $b = |\alpha - 2|$, and its limits.

    Args:
        input: predictions z, any shape.
        target: y, of the same shape.
        alpha: the shape: 2 is the square, 1 pseudo-Huber, 0 Cauchy, -2 Geman-McClure, minus infinity Welsch.
        c: the scale, in units of y.

    Raises:
        ShapeError: the shapes differ.
        DomainError: ``c`` is not positive, or nan among the targets.

    Source: Barron, CVPR 2019.

    >>> import tinygrad_loss as tl
    >>> float(tl.losses.general_robust_loss([3.0], [0.0], alpha=2.0)), float(tl.losses.general_robust_loss([2.0], [0.0], alpha=-2.0))
    (4.5, 1.0)
    """
    at_least("general_robust_loss", "c", c, 0.0)
    u = (input - target) / c
    if alpha == -math.inf:
        u = np.clip(u, -FLAT, FLAT)
        return -np.expm1(u * u * -0.5)
    if alpha == 2:
        return u * u * 0.5
    if alpha == 0:
        return log_one_plus_square(u / math.sqrt(2.0))
    b = abs(alpha - 2.0)
    if alpha == 1:
        return root_remainder(u)
    return np.expm1(log_one_plus_square(u / math.sqrt(b)) * (alpha / 2)) * (b / alpha)


@of_residual(
    formula=r"e^{a (y - z)} - a (y - z) - 1",
    estimates="log of the mean of e^(a y), divided by a",
    smoothness="C-infinity",
    convex=True,
    stable=(("float32", 88.0), ("float64", 709.0)),
    choose="Errors on one side cost exponentially, on the other linearly: dams, insurance.",
    source="Zellner, Bayesian estimation and prediction using asymmetric loss functions, JASA 81, 1986",
)
def linex_loss(input: Array, target: Array, *, a: float = 1.0) -> Any:  # noqa: A002
    r"""Return $e^{a(y - z)} - a(y - z) - 1$: exponential where a prediction is too low (for a > 0), linear where it is too high.

    Args:
        input: predictions z, any shape.
        target: y, of the same shape.
        a: the asymmetry, not 0, in units of 1 / y.

    Raises:
        ShapeError: the shapes differ.
        DomainError: ``a`` is 0, or nan among the targets.

    Source: Zellner, Journal of the American Statistical Association 81, 1986.

    >>> import tinygrad_loss as tl
    >>> round(float(tl.losses.linex_loss([0.0], [1.0])), 6)  # e - 2
    0.718282
    """
    if a == 0:
        raise errors.DomainError(errors.say("linex_loss", "a must not be 0", "0", "a=1.0, or tl.losses.mse_loss, its limit"))
    return exp_remainder((target - input) * a)
