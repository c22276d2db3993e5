"""The walk's figures against closed forms."""

import math

import numpy as np
import pytest

from tinygrad_loss.cli import tour
from tinygrad_loss.cli.main import main
from tinygrad_loss.training.walk import digits, distances, likelihoods


def test_absolute_has_no_gradient_where_both_meet():
    found = distances.meeting(distances.absolute).verdict
    assert (found.kind, found.left, found.right, found.proved) == ("kink", -1.0, 1.0, True)


def test_the_square_has_gradient_0_there():
    found = distances.meeting(distances.square).verdict
    assert (found.kind, found.gradient) == ("smooth", 0.0)


@pytest.mark.parametrize("seed", range(5))
def test_the_best_median_meets_one_measurement(seed):
    data = distances.measurements(np.random.default_rng(seed))
    fit = distances.best_guess(distances.absolute, data)
    assert (fit.guess, fit.meets) == (np.median(data), 1)
    # 50 below, 50 above and the one itself: the slopes are -1 and +1.
    assert (fit.verdict.kind, fit.verdict.left, fit.verdict.right) == ("kink", -1.0, 1.0)


def test_the_best_mean_has_gradient_0():
    data = distances.measurements(np.random.default_rng(0))
    fit = distances.best_guess(distances.square, data)
    assert fit.verdict.kind == "smooth"
    assert fit.verdict.gradient == pytest.approx(0.0, abs=1e-11)
    assert fit.total == pytest.approx(np.var(data) * len(data), rel=1e-12)


def test_comparing():
    assert distances.circles(1.0, 1.5) == (0.25, -1.0)
    # KL of N(0, 1) from N(0, 4) is log 2 + 1/8 - 1/2; of N(3, 1) from N(0, 1) it is 9/2, with slope 3.
    assert distances.normals((0.0, 1.0), (0.0, 4.0)) == (9.0, pytest.approx(math.log(2) - 3 / 8, rel=1e-14), 0.0)
    assert distances.normals((3.0, 1.0), (0.0, 1.0)) == (0.0, 4.5, 3.0)


def test_ascent_finds_seven_tenths():
    path = likelihoods.ascend(lambda p: likelihoods.binomial(p, 7, 10), 0.5, rate=0.05, steps=60)
    assert path[0] == 0.5
    assert path[-1] == pytest.approx(0.7, abs=1e-12)


@pytest.mark.parametrize(("dtype", "half_of_the_smallest"), [(np.float32, -150 * math.log(2)), (np.float64, -1075 * math.log(2))])
def test_a_product_is_0_when_the_logarithms_are_below_half_of_the_smallest_float(dtype, half_of_the_smallest):
    found = likelihoods.underflow(dtype)
    logs = np.cumsum(np.log(np.where(np.tile(likelihoods.TOSSES, 200) == 1, 0.7, 0.3)))
    assert found.expected == int(np.argmax(logs < half_of_the_smallest)) + 1
    assert found.expected <= found.tosses <= found.expected + 10
    assert found.logarithm == pytest.approx(logs[found.tosses - 1], rel=1e-12)


def test_the_logarithm_keeps_the_maximum():
    few, many = likelihoods.still_the_same_maximum(1), likelihoods.still_the_same_maximum(200)
    assert (few.product, few.logarithms, few.slope_of_logarithms) == (0.7, 0.7, pytest.approx(8.0, rel=1e-14))
    assert few.slope_of_product == pytest.approx(8 / 2**10, rel=1e-14)
    assert (many.product, many.logarithms, many.slope_of_product) == (None, 0.7, 0.0)
    assert many.slope_of_logarithms == pytest.approx(1600.0, rel=1e-13)


def test_cross_entropy_is_the_mean_of_logarithms():
    mean, loss = likelihoods.coin_entropy()
    assert mean == pytest.approx(-0.7 * math.log(0.7) - 0.3 * math.log(0.3), rel=1e-14)
    assert loss == pytest.approx(mean, rel=1e-14)
    mean, loss, off = likelihoods.class_likelihood(np.array([[0.0, 0.0], [0.0, math.log(3.0)]]), np.array([0, 1]))
    assert mean == pytest.approx((math.log(2.0) - math.log(0.75)) / 2, rel=1e-14)
    assert loss == pytest.approx(mean, rel=1e-14)
    assert off < 1e-15


@pytest.mark.parametrize("picture", [likelihoods.draw_log_likelihood(), distances.meeting(distances.square).picture])
def test_clean_pictures_are_clean(picture):
    assert {box.state for box in picture.scene.boxes} == {"plain"}


def test_one_epoch_of_digits():
    (run,) = digits.train("cross-entropy", 1, seed=0)
    assert run.steps == math.ceil(1437 / digits.BATCH)
    assert run.undefined == []
    assert run.accuracy[0] > 0.5


def test_l1_meets_its_targets_in_the_first_step():
    (run,) = digits.train("L1", 1, seed=0)
    assert run.undefined[:1] == [1]


def test_the_tour(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(tour, "EPOCHS", 1)
    monkeypatch.setattr(tour, "SHOWN", (1,))
    assert main(["tour", "--out", str(tmp_path / "pictures")]) == 0
    out = capsys.readouterr().out
    for number in range(1, 8):
        assert f"\n{number}. " in out
    assert "gradient undefined" in " ".join(out.split())
    assert {p.name for p in (tmp_path / "pictures").iterdir()} == {
        "0_why.svg",
        *(f"{step}{kind}.svg" for step in ("1_absolute", "1_absolute_sum", "2_square", "2_square_sum") for kind in ("", "_curve")),
        "4_likelihood.png",
        "5_log_likelihood.svg",
        "6_cross_entropy.svg",
        "7_digits.png",
    }
