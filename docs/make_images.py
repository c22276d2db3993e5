"""Draw the pictures of the README and the docs: python docs/make_images.py."""

import contextlib
import runpy
from pathlib import Path

import numpy as np

import tinygrad_loss as tl
from tinygrad_loss.picture.figure import svg_from
from tinygrad_loss.picture.palette import DARK, LIGHT
from tinygrad_loss.picture.why import why

IMAGES = Path(__file__).parent / "img"
EXAMPLES = Path(__file__).parent.parent / "examples"


def main() -> None:
    """Write them all."""
    x, y = tl.tensor(2.0, requires_grad=True, name="x"), tl.tensor(2.0, name="y")
    tl.draw(np.abs(x - y)).save(IMAGES / "absolute.svg")
    tl.draw(np.square(x - y)).save(IMAGES / "square.svg")
    tl.draw(lambda x: tl.ops.relu(x) - tl.ops.relu(-x), 0.0).save(IMAGES / "cancels.svg")
    for name, language in (("why", "en"), ("why-zh", "zh")):
        for form, drawn in ((name, why(language)), (f"{name}-narrow", why(language, stacked=True))):
            for shade, colours in (("light", LIGHT), ("dark", DARK)):
                (IMAGES / f"{form}-{shade}.svg").write_text(svg_from(drawn, colours), encoding="utf-8")
    with contextlib.chdir(IMAGES):
        for example in sorted(EXAMPLES.glob("1[2-7]_*.py")):
            runpy.run_path(str(example))["main"]()


if __name__ == "__main__":
    main()
