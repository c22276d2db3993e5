"""The continuous ranked probability score of more forecasts that have it in closed form."""

from typing import Any

from tinygrad_loss.engine.op import Array
from tinygrad_loss.losses.score import of_distribution, scaled
from tinygrad_loss.ops.ranked import ranked_laplace, ranked_logistic

__all__ = ["crps_laplace", "crps_logistic"]


@of_distribution(
    check=scaled,
    formula=r"s\,(|w| + e^{-|w|} - \tfrac34),\; w = (y - \mu)/s",
    estimates="between mean and median",
    smoothness="C2",
    variable="residual",
    convex=True,
    proper="strictly",
    choose="A Laplace forecast in the units of y: peaked, with tails heavier than Gaussian ones.",
    source="Jordan, Krüger and Lerch, Evaluating probabilistic forecasts with scoringRules, Journal of Statistical Software 90, 2019",
)
def crps_laplace(input: Array, scale: Array, target: Array) -> Any:  # noqa: A002  PyTorch's name for a prediction
    r"""Return the continuous ranked probability score of a Laplace forecast, $\int (F(x) - [y \le x])^2 dx$ in closed form.

    Args:
        input: medians mu, any shape.
        scale: scales s above 0, the mean distance from the median, of the same shape.
        target: y, of the same shape.

    Raises:
        ShapeError: the shapes differ.
        DomainError: a scale is not above 0, or nan among the targets.

    Source: Jordan, Krüger and Lerch, Journal of Statistical Software 90, 2019, appendix A.

    >>> import tinygrad_loss as tl
    >>> float(tl.losses.crps_laplace([0.0], [1.0], [0.0]))
    0.25
    """
    return ranked_laplace(target - input, scale)


@of_distribution(
    check=scaled,
    formula=r"s\,(w - 2 \log \sigma(w) - 1),\; w = (y - \mu)/s",
    estimates="between mean and median",
    smoothness="C-infinity",
    variable="residual",
    convex=True,
    proper="strictly",
    choose="A logistic forecast in the units of y: nearly Gaussian, with heavier tails.",
    source="Jordan, Krüger and Lerch, Evaluating probabilistic forecasts with scoringRules, Journal of Statistical Software 90, 2019",
)
def crps_logistic(input: Array, scale: Array, target: Array) -> Any:  # noqa: A002
    r"""Return the continuous ranked probability score of a logistic forecast, $\int (F(x) - [y \le x])^2 dx$ in closed form.

    Args:
        input: means mu, any shape.
        scale: scales s above 0, of the same shape; the standard deviation is $\pi s / \sqrt 3$.
        target: y, of the same shape.

    Raises:
        ShapeError: the shapes differ.
        DomainError: a scale is not above 0, or nan among the targets.

    Source: Jordan, Krüger and Lerch, Journal of Statistical Software 90, 2019, appendix A.

    >>> import tinygrad_loss as tl
    >>> round(float(tl.losses.crps_logistic([0.0], [1.0], [0.0])), 6)  # 2 log 2 - 1
    0.386294
    """
    return ranked_logistic(target - input, scale)
