"""Curves: what they show is what the engine says, in colours that everybody sees."""

import io
import re
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest

import tinygrad_loss as tl
from tinygrad_loss.picture.curve import Curve, value_over_gradient
from tinygrad_loss.picture.figure import svg_from
from tinygrad_loss.picture.palette import COLOURS, DARK, LIGHT, STYLES
from tinygrad_loss.picture.why import SENTENCES, why

IMAGES = Path(__file__).parents[2] / "docs" / "img"
PALETTES = {"light": LIGHT, "dark": DARK}


def luminance(colour):
    """WCAG 2.2, relative luminance."""
    parts = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4) @ [0.2126, 0.7152, 0.0722]


def contrast(one, other):
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_contrast_is_that_of_the_standard():
    assert contrast("#000000", "#ffffff") == pytest.approx(21.0)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)  # WCAG's own example of the lightest grey for text


@pytest.mark.parametrize("palette", PALETTES.values(), ids=PALETTES)
def test_lines_and_letters_are_seen(palette):
    lines = set(palette) - {"paper", "rule"}
    assert {name: contrast(palette[name], palette["paper"]) >= 3.0 for name in lines} == dict.fromkeys(lines, True)
    assert min(contrast(palette[name], palette["paper"]) for name in ("ink", "quiet", "vermilion")) >= 4.5  # letters are set in these


def test_every_role_has_a_colour_of_its_own_in_both():
    assert list(LIGHT) == list(DARK)
    assert all(len(set(palette.values())) == len(palette) for palette in PALETTES.values())
    assert len(set(STYLES)) == len(COLOURS)


def test_a_kink_has_two_limits_and_no_gradient_between():
    places, values, gradients, verdicts = Curve(lambda x: np.abs(x - 2.0), 1.0, 4.0, at=(2.0,)).along()
    assert np.array_equal(values, np.abs(places - 2.0))
    assert np.array_equal(gradients[places == 2.0], [-1.0, np.nan, 1.0], equal_nan=True)
    assert np.array_equal(gradients[places != 2.0], np.sign(places[places != 2.0] - 2.0))
    assert verdicts[2.0].kind == "kink"


def test_a_kink_that_nobody_named_is_a_gap_and_no_warning():
    places, _, gradients, _ = Curve(np.abs, -1.0, 1.0).along()
    assert np.isnan(gradients[places == 0.0]).all()
    assert (places == 0.0).sum() == 1


def test_a_smooth_curve_has_its_gradient_everywhere():
    places, _, gradients, verdicts = Curve(lambda x: np.square(x - 2.0), -1.0, 5.0, at=(2.0,)).along()
    assert np.allclose(gradients, 2 * (places - 2.0), rtol=1e-14, atol=0)
    assert verdicts[2.0].gradient == 0.0


def rings(axes):
    """Return the heights of the open circles."""
    return sorted(
        float(line.get_ydata()[0]) for line in axes.lines if line.get_marker() == "o" and line.get_markerfacecolor() == LIGHT["paper"]
    )


@pytest.mark.parametrize(("f", "slopes"), [(np.abs, [-1.0, 1.0]), (lambda x: np.maximum(3.0 * x, 0.0), [0.0, 3.0]), (np.square, [])])
def test_both_slopes_of_a_kink_have_an_open_circle(f, slopes):
    above, below = value_over_gradient(Curve(f, -1.0, 1.0, at=(0.0,))).axes
    assert rings(below) == slopes
    assert rings(above) == []  # the value exists


def test_no_line_crosses_a_jump():
    _, values, gradients, verdicts = Curve(lambda x: np.where(x < 0.0, x, x + 1.0), -1.0, 1.0, at=(0.0,)).along()
    assert verdicts[0.0].kind == "discontinuous"
    assert np.isnan(values).sum() == 1
    assert np.nanmax(np.abs(np.diff(values))) < 0.1
    assert set(gradients[~np.isnan(gradients)]) == {1.0}


def test_an_infinite_slope_is_marked_and_not_drawn():
    above, below = value_over_gradient(Curve(lambda x: np.sqrt(np.abs(x)), -1.0, 1.0, at=(0.0,))).axes
    assert rings(below) == []
    assert [line.get_ydata()[0] for line in above.lines if line.get_marker() == "o"] == [0.0]


def test_kinks_that_cancel_are_smooth():
    curve = Curve(lambda x: np.maximum(x, 0.0) - np.maximum(-x, 0.0), -1.0, 1.0, at=(0.0,))
    below = value_over_gradient(curve).axes[1]
    assert rings(below) == []


STACKED = pytest.mark.parametrize("stacked", [False, True], ids=["side by side", "stacked"])


@pytest.mark.parametrize("language", sorted(SENTENCES))
@pytest.mark.parametrize("palette", PALETTES.values(), ids=PALETTES)
@STACKED
def test_the_first_picture(language, palette, stacked):
    svg = svg_from(why(language, stacked=stacked), palette)
    said = [text for text in ET.fromstring(svg).itertext() if text.strip()]  # noqa: S314  our own text
    words, titles, sentences = SENTENCES[language]
    slopes = [words.slope.format(slope=slope) for slope in ("−1", "+1", "0", "0")]
    for text in (words.value, words.gradient, *titles, *slopes, *"\n".join(sentences).splitlines()):
        assert text in said
    assert set(re.findall(r"#[0-9a-f]{6}\b", svg)) <= set(palette.values())


@pytest.mark.parametrize("language", sorted(SENTENCES))
@pytest.mark.parametrize("shade", PALETTES)
@STACKED
def test_the_stored_first_picture_is_that_of_today(language, shade, stacked):
    name = f"{'why' if language == 'en' else 'why-zh'}{'-narrow' if stacked else ''}-{shade}.svg"
    stored = (IMAGES / name).read_text(encoding="utf-8")
    drawn = svg_from(why(language, stacked=stacked), PALETTES[shade])
    assert [t for t in ET.fromstring(stored).itertext() if t.strip()] == [t for t in ET.fromstring(drawn).itertext() if t.strip()]  # noqa: S314
    assert set(re.findall(r"#[0-9a-f]{6}\b", stored)) <= set(PALETTES[shade].values())


def test_stacked_curves_are_as_wide_as_a_phone_and_nothing_overlaps():
    drawn = why(stacked=True)
    drawn.savefig(io.BytesIO(), format="svg")
    boxes = [axes.get_tightbbox() for axes in drawn.axes]
    assert all(above.y0 >= below.y1 for above, below in pairwise(boxes))
    width, height = drawn.get_size_inches() * 72
    assert width <= 270
    right, top = width * drawn.dpi / 72, height * drawn.dpi / 72
    assert all(box.x0 >= 0 and box.x1 <= right and box.y0 >= 0 and box.y1 <= top for box in boxes)


def test_the_sentences_of_the_first_picture_are_true():
    v = tl.differentiability(lambda x: np.abs(x - 2.0), 2.0)
    assert (v.kind, v.left, v.right) == ("kink", -1.0, 1.0)
    (curve,) = [line for line in why().axes[2].lines if len(line.get_xdata()) > 10]  # a value above its gradient, three times
    assert curve.get_xdata()[np.argmin(curve.get_ydata())] == 0.7
    _, _, slopes, _ = Curve(lambda x: np.square(x - 2.0), -1.0, 5.0).along()
    assert all(after > before for before, after in pairwise(slopes))


def test_the_same_picture_is_the_same_file(tmp_path):
    for name in ("a.svg", "b.svg"):
        why().savefig(tmp_path / name)
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()
