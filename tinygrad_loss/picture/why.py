"""The first picture: |x - y|, its square and the negative log-likelihood, each with its gradient below it."""

from typing import Any, Final

import numpy as np

from tinygrad_loss.distributions import Bernoulli
from tinygrad_loss.picture.curve import Curve, Words, value_over_gradient

__all__ = ["SENTENCES", "why"]

Y: Final = 2.0
TOSSES: Final = np.array([1.0, 1.0, 0.0, 1.0, 1.0, 0.0, 1.0, 1.0, 0.0, 1.0])
SENTENCES: Final = {
    "en": (
        Words("value", "gradient", "slope {slope}"),
        ("|x − y|", "(x − y)²", "−log likelihood"),
        (
            "At x = y the slope jumps\nfrom −1 to +1:\nthere is no gradient.",
            "Every point has one slope.\nIt is 0 where x = y,\nand steeper farther away.",
            "For 7 heads in 10 tosses\nthe slope is 0 at p = 0.7,\nwhich makes 7 most likely.",
        ),
    ),
    "zh": (
        Words("函数值", "梯度", "斜率 {slope}"),
        ("|x − y|", "(x − y)²", "负对数似然"),
        (
            "在 x = y 处，斜率\n从 −1 跳到 +1：\n梯度不存在。",
            "每一点都有唯一的斜率：\nx = y 处为 0，\n离得越远，绝对值越大。",
            "抛 10 次得 7 次正面：\np = 0.7 处斜率为 0，\n此时似然最大。",
        ),
    ),
}
"""By language: the names of the axes, the titles, and a sentence for each."""


def why(language: str = "en", *, stacked: bool = False) -> Any:
    """Draw it.

    Args:
        language: "en" or "zh".
        stacked: one below the other, for a narrow page.

    Returns:
        Matplotlib's figure.

    Raises:
        MissingPackageError: Matplotlib is not installed.
    """
    words, titles, sentences = SENTENCES[language]
    return value_over_gradient(
        Curve(lambda x: np.abs(x - Y), -1.0, 5.0, (Y,), titles[0], f"x  (y = {Y:g})", sentences[0]),
        Curve(lambda x: np.square(x - Y), -1.0, 5.0, (Y,), titles[1], f"x  (y = {Y:g})", sentences[1]),
        Curve(lambda p: np.mean(Bernoulli(p).nll(TOSSES)), 0.04, 0.985, (0.7,), titles[2], "p", sentences[2]),
        words=words,
        width=3.6 if stacked else 6.8,
        stacked=stacked,
    )
