"""Every example runs, headless and fast, and returns the number it is about."""

import runpy
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parent.parent / "examples"

ANSWERS = {
    # Each value follows from mathematics, or was counted in the program's own exact terms.
    "01_absolute": 2.0,  # slopes -1 and +1
    "02_square": 0.0,  # the mean is where the summed square is smallest
    "03_comparing": 4.5,  # (3 - 0)^2 / 2
    "04_ten_tosses": pytest.approx(0.7, abs=1e-12),
    "05_product_and_sum": 1223,  # float64 rounds to 0 below 2**-1075
    "06_cross_entropy": pytest.approx(0.0, abs=1e-15),
    "07_absolute_family": 3,  # |x|^2, x|x| and |x| - |x|
    "08_relu_four_ways": 1.0,  # relu(x) - relu(-x) = x
    "09_perfect_fit": 1,  # the mean square
    "10_max_with_ties": 2,  # two entries tie
    "11_guarded_logarithm": 1.0,  # the chosen branch is x
    "12_probability_and_likelihood": pytest.approx(1 / 11, rel=1e-6),  # 120 B(8, 4)
    "13_circles_and_normals": 4.5,  # 3^2 / 2
    "14_bernoulli_to_cross_entropy": pytest.approx(0.0, abs=1e-15),
    "15_gauss_and_laplace": pytest.approx(0.95, abs=1e-12),  # the mean 6 and the median 5.05
    "16_the_gap_is_kl": pytest.approx(0.0, abs=1e-15),
    "17_why_not_mse": 9,  # slopes between 1 and 1/2 over a distance of 8
    "18_perceptron_of_scalars": 4,
    "19_sine_by_a_cubic": pytest.approx(
        (0.857, -0.0934), abs=0.01
    ),  # 2 pi^3 (b/3 + pi^2 d/5) = 2 pi, 2 pi^5 (b/5 + pi^2 d/7) = 2 pi^3 - 12 pi
    "20_moons": pytest.approx(1.0, abs=0.1),  # the moons do not overlap
    "21_outliers": ["L1", "Huber", "L2"],  # the median and Huber's estimate bound the pull of a wild point, the mean does not
    "22_is_it_a_cat": pytest.approx(1.0, abs=0.15),  # an area of 1/2 is a guess
    "23_four_encoders": 4,
    "24_autoencoder": pytest.approx(1.0, abs=0.75),  # eight principal components keep 0.67; training only approaches it
    "25_vae": pytest.approx(9.0, abs=6.0),  # nats; the entropy of the pixels that a decoder learns first
    "26_character_transformer": pytest.approx(1.5, abs=1.0),  # nats; log(103) - 3.1, the entropy of single characters, is 1.5
    "27_physics_informed": pytest.approx(0.0, abs=0.02),  # the solution of u'' = -u with u(0) = 0, u'(0) = 1 is the sine
}


def test_every_example_has_its_answer():
    assert sorted(p.stem for p in EXAMPLES.glob("*.py")) == sorted(ANSWERS)


@pytest.mark.parametrize("name", sorted(ANSWERS))
def test_example(name, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    main = runpy.run_path(str(EXAMPLES / f"{name}.py"))["main"]
    assert main() == ANSWERS[name]
    assert capsys.readouterr().out.strip()


@pytest.mark.parametrize("name", sorted(ANSWERS))
def test_examples_are_short(name):
    assert len((EXAMPLES / f"{name}.py").read_text(encoding="utf-8").splitlines()) <= 60
