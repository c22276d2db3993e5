"""Everything shows itself: in the interpreter by its ``repr``, in a notebook by the form that it asks for."""

import re
import sys
import xml.etree.ElementTree as ET

import numpy as np
import pytest

import tinygrad_loss as tl
from tinygrad_loss.training import History

D = tl.distributions
LATEX = re.compile(r"\\[a-zA-Z]|\$|\\\\")
rng = np.random.default_rng(0)


def texts(shown):
    """Return the texts of a form, which must be well formed, and hold no formula that only LaTeX can read."""
    root = ET.fromstring(f"<all>{shown}</all>")  # noqa: S314  our own text
    assert not LATEX.search(shown)
    return [text.strip() for text in root.itertext() if text.strip()]


def test_the_interpreter_shows_a_verdict_in_sentences():
    verdict = tl.differentiability(np.abs, 0.0)
    assert repr(verdict) == str(verdict)
    assert repr(verdict).startswith("kink (proved)")


def test_a_tensor():
    x = tl.tensor([[1.0, -2.0], [3.0, 4.0]], requires_grad=True, name="x <&>")
    np.sum(x * x).backward()
    assert texts(x._repr_html_()) == [
        "tensor x <&>", "values", "[[ 1., -2.],\n [ 3.,  4.]]", "shape", "(2, 2)", "dtype", "float64", "origin",
        "a leaf that requires grad", "gradient", "[[ 2., -4.],\n [ 6.,  8.]]",
    ]  # fmt: skip
    assert "computed by multiply" in texts((x * x)._repr_html_())
    assert "a constant" in texts(tl.tensor(2.0)._repr_html_())


@pytest.mark.parametrize("name", sorted(tl.losses.LOSSES))
def test_a_loss_and_its_facts(name):
    loss = tl.losses.LOSSES[name]
    of_loss, of_facts = texts(loss._repr_html_()), texts(loss.facts._repr_html_())
    assert of_loss[0] == f"{name}{loss.__signature__}"
    for shown in (of_loss, of_facts):
        assert shown[shown.index("estimates") + 1] == loss.facts.estimates
        assert shown[shown.index("formula") + 1] == tl.losses.formula.plain(loss.facts.formula)
        assert shown[shown.index("choose it when") + 1] == loss.facts.choose
    assert "a mean divides by" in of_loss
    for line in (repr(loss), repr(loss.facts), str(loss.facts)):
        assert not LATEX.search(line)
    assert f"estimates  {loss.facts.estimates}\n" in repr(loss.facts)


def test_the_table_of_losses():
    losses = tl.losses.LOSSES
    assert len(repr(losses)) < 200
    assert repr(losses).startswith(f"<{len(losses)} losses by name: ")
    shown = texts(losses._repr_html_())
    assert set(losses) <= set(shown)
    with pytest.raises(TypeError):
        losses["mine"] = tl.losses.mse_loss
    assert dict(losses)["mse_loss"] is tl.losses.mse_loss


def test_a_history_is_its_curves():
    history = History([{"epoch": 1, "loss": 2.0}, {"epoch": 2, "loss": 1.0}])
    assert history._repr_png_().startswith(b"\x89PNG\r\n")
    assert history.plot()._repr_png_().startswith(b"\x89PNG\r\n")
    assert History()._repr_png_() is None


def test_a_history_without_matplotlib_is_its_text(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    assert History([{"epoch": 1, "loss": 2.0}])._repr_png_() is None


def test_a_data_set():
    data = tl.data.load("iris")
    shown = texts(data._repr_html_())
    assert shown[0] == "data set iris"
    assert "150" in shown
    assert f"{data.classes[0]} (50), {data.classes[1]} (50), {data.classes[2]} (50)" in shown
    assert [shown.count(name) for name in data.features] == [1] * 4  # over the first rows
    images = tl.data.Dataset(np.zeros((3, 8, 8)), np.arange(3.0), name="pictures")
    assert "the first" not in images._repr_html_()
    assert "(8, 8) float64" in texts(images._repr_html_())


MADE = [
    D.Normal(0.5, 2.0), D.Normal(np.zeros(3), np.ones(3)), D.Cauchy(0.0, 1.0), D.Categorical(logits=np.zeros(3)), D.Bernoulli(probs=0.3),
    D.MultivariateNormal(np.zeros(2), np.eye(2)), D.Poisson(tl.tensor(2.0, requires_grad=True)), D.VonMises(0.0, 1.0),
    D.Independent(D.Normal(np.zeros(2), np.ones(2)), 1), D.TransformedDistribution(D.Normal(0.0, 1.0), D.ExpTransform()),
    D.Mixture(D.Categorical(probs=np.array([0.5, 0.5])), D.Normal(np.array([0.0, 1.0]), np.ones(2))), D.Dirichlet(np.ones(3)),
]  # fmt: skip


@pytest.mark.parametrize("made", MADE, ids=lambda d: type(d).__name__)
def test_a_distribution(made):
    assert texts(made._repr_html_())[0] == type(made).__name__


def test_a_distribution_says_its_parameters_and_moments():
    shown = texts(D.Normal(0.5, 2.0)._repr_html_())
    assert [shown[shown.index(key) + 1] for key in ("loc", "scale", "mean", "standard deviation")] == ["0.5", "2.0", "0.5", "2.0"]


def test_a_fit():
    found = D.Normal.fit(rng.normal(3.0, 2.0, 50))
    for shown in (texts(found._repr_html_()), texts(found.fitted._repr_html_())):
        assert {"standard error", "loc", "scale", "log-likelihood", "AIC", "BIC"} <= set(shown)
        assert f"{found.fitted.aic:.6g}" in shown


def test_a_fit_without_standard_errors_says_none():
    shown = texts(D.Uniform.fit(rng.uniform(size=20)).fitted._repr_html_())
    assert shown.count("none") == 2


def test_a_regression():
    X = np.stack([np.ones(30), rng.normal(size=30)], axis=1)
    y = X @ np.array([1.0, 2.0]) + rng.normal(size=30)
    found = D.regress(lambda eta, scale: D.Normal(eta, scale), X, y, positive={"scale": 1.0})
    shown = texts(found._repr_html_())
    assert {"coefficient 0", "coefficient 1", "scale", "AIC"} <= set(shown)
    assert repr(found).startswith("Regression(coefficients=[")


def test_what_is_gone_through_by_a_loop():
    data = tl.data.Dataset(np.arange(5.0), np.arange(5))
    assert repr(tl.data.DataLoader(data, 2)) == "DataLoader(5 rows in order, in 3 batches of 2)"
    assert repr(tl.data.DataLoader(data, 2, shuffle=True, drop_last=True)) == "DataLoader(5 rows shuffled, in 2 batches of 2)"
    optimizer = tl.optim.SGD([tl.tensor([1.0], requires_grad=True)], lr=0.1)
    schedule = tl.optim.StepLR(optimizer, 1)
    assert repr(schedule) == "StepLR(step 0, lr=0.1)"
    schedule.step()
    assert repr(schedule) == "StepLR(step 1, lr=0.01)"
