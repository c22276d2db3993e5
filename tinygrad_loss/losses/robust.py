"""Losses of a residual that outliers do not rule: heavy tails and bounded pulls."""

import functools
import math
from typing import Any

import numpy as np

from tinygrad_loss import errors
from tinygrad_loss.engine.op import Array
from tinygrad_loss.losses.loss import loss
from tinygrad_loss.losses.regression import at_least
from tinygrad_loss.ops.exponential import log_cosh
from tinygrad_loss.ops.residual import log_one_plus_square, power_remainder, root_remainder
from tinygrad_loss.ops.stirling import FAR, half_step

__all__ = [
    "cauchy_loss", "geman_mcclure_loss", "general_robust_loss", "log_cosh_loss", "pseudo_huber_loss", "student_t_nll_loss", "tukey_loss",
    "welsch_loss",
]  # fmt: skip

of_residual = functools.partial(loss, input="real", target="real", task="regression", variable="residual")
FLAT = 40.0
"""Beyond so many scales exp(-u^2) is 0 in every dtype, so the residual may be clipped there without a trace."""


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


# ---- heavy tails --------------------------------------------------------------------------------------------------------------


@of_residual(
    formula=r"\log(1 + (r/s)^2)",
    likelihood="Cauchy",
    estimates="between mean and mode",
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
    estimates="between mean and mode",
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
    step = half_step(np.float64(df / 2)) if df / 2 > FAR else math.lgamma((df + 1) / 2) - math.lgamma(df / 2)
    constant = 0.5 * math.log(df * math.pi) + math.log(scale) - float(step)
    return log_one_plus_square((input - target) / (scale * math.sqrt(df))) * ((df + 1) / 2) + constant


@of_residual(
    formula=r"\tfrac{c^2}6 (1 - (1 - (r/c)^2)^3) \text{ up to } |r| = c, \text{ then constant}",
    estimates="between mean and mode",
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
    estimates="between mean and mode",
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
    estimates="between mean and mode",
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
    if alpha == math.inf:
        raise errors.DomainError(errors.say("general_robust_loss", "alpha must be less than inf", f"{alpha}", "alpha=2.0"))
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
    return power_remainder(u / math.sqrt(b), exponent=alpha / 2) * (b / alpha)
