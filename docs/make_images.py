"""Draw the pictures of the README and the docs: python docs/make_images.py."""

import re
import runpy
from pathlib import Path
from typing import Any, Final

import numpy as np
from matplotlib.text import Text

import tinygrad_loss as tl
from tinygrad_loss.picture.figure import svg_from
from tinygrad_loss.picture.palette import DARK, LIGHT
from tinygrad_loss.picture.why import why

IMAGES = Path(__file__).parent / "img"
EXAMPLES = Path(__file__).parent.parent / "examples"

CHINESE: Final = {
    "probability: p = 0.5 is known": "概率：已知 p = 0.5",
    "heads in ten tosses": "抛十次的正面次数",
    "P(heads | p = 0.5)": "P(次数 | p = 0.5)",
    "likelihood: 7 heads are known": "似然：已知 7 次正面",
    "P(7 heads | p)": "P(7 次正面 | p)",
    "95 % likelihood interval": "95 % 似然区间",
    "most likely: 0.7": "似然最大：0.7",
    "density": "密度",
    "adds": "正的部分",
    "subtracts": "负的部分",
    "area: KL = 4.500 nats": "面积：KL = 4.500 奈特",
    "area: KL = 0.318 nats": "面积：KL = 0.318 奈特",
    "p log(p / q)": "p log(p / q)",
    "heads: −log p": "正面：−log p",
    "tails: −log(1 − p)": "反面：−log(1 − p)",
    "p, the predicted probability of heads": "p，预测的正面概率",
    "loss in nats": "损失（奈特）",
    "cross-entropy of one toss": "抛一次硬币的交叉熵",
    "Normal: centre 6.00, the mean": "正态：中心 6.00，即均值",
    "Laplace: centre 5.05, the median": "拉普拉斯：中心 5.05，即中位数",
    "the data": "数据",
    "density of the fitted noise": "拟合所得噪声的密度",
    "one outlier, two noise models": "一个离群值，两种噪声模型",
    "cross-entropy H(p, q)": "交叉熵 H(p, q)",
    "entropy H(p) = 0.611 nats": "熵 H(p) = 0.611 奈特",
    "the gap: KL(p || q)": "差距：KL(p || q)",
    "q, the predicted probability of rain\n(p = 0.3)": "q，预测的下雨概率（p = 0.3）",
    "nats per day": "每天的奈特数",
}
"""What the pictures of the examples say, in Chinese."""


def main() -> None:
    """Write them all."""
    x, y = tl.tensor(2.0, requires_grad=True, name="x"), tl.tensor(2.0, name="y")
    tl.draw(np.abs(x - y)).save(IMAGES / "absolute.svg")
    tl.draw(np.square(x - y)).save(IMAGES / "square.svg")
    tl.draw(lambda x: tl.ops.relu(x) - tl.ops.relu(-x), 0.0).save(IMAGES / "cancels.svg")
    for name, language in (("why", "en"), ("why-zh", "zh")):
        for form, drawn in ((name, why(language)), (f"{name}-narrow", why(language, stacked=True))):
            save(form, drawn)
    for example in sorted(EXAMPLES.glob("1[2-6]_*.py")):
        draw, stem = runpy.run_path(str(example))["picture"], example.stem.split("_", 1)[1]
        for form, narrow in ((stem, False), (f"{stem}-narrow", True)):
            save(form, draw(narrow))
            save(form.replace(stem, f"{stem}-zh"), in_chinese(draw(narrow)))


def save(name: str, drawn: Any) -> None:
    """Write a picture for light pages and for dark ones."""
    for shade, colours in (("light", LIGHT), ("dark", DARK)):
        (IMAGES / f"{name}-{shade}.svg").write_text(svg_from(drawn, colours), encoding="utf-8")


def in_chinese(drawn: Any) -> Any:
    """Translate every text of a picture that has words; one without a translation is an error."""
    drawn.draw_without_rendering()  # ticks get their texts
    for text in drawn.findobj(Text):
        if re.search("[a-z]{3}", text.get_text()):
            text.set_text(CHINESE[text.get_text()])
    return drawn


if __name__ == "__main__":
    main()
