"""``tinygrad-loss losses`` and ``tinygrad-loss show``."""

import re

import pytest

import tinygrad_loss as tl
from tinygrad_loss.cli.main import main


@pytest.fixture(autouse=True)
def wide(monkeypatch):
    monkeypatch.setenv("COLUMNS", "240")


def listed(capsys, *argv):
    status = main(["losses", *argv])
    return status, set(re.findall(r"^\W*(\w+_\w+)", capsys.readouterr().out, re.MULTILINE))


def test_every_loss_is_listed(capsys):
    status, names = listed(capsys)
    assert status == 0
    assert set(tl.losses.LOSSES) <= names


@pytest.mark.parametrize(
    ("argv", "fits"),
    [
        (["--smooth"], lambda f: f.smoothness != "kink"),
        (["--convex"], lambda f: f.convex),
        (["--robust"], lambda f: f.robust),
        (["--estimates", "median"], lambda f: f.estimates == "median"),
        (["--estimates", "Mean"], lambda f: f.estimates == "mean"),
        (["--estimates", "between"], lambda f: f.estimates in {"between mean and median", "between mean and mode"}),
        (["--for", "Regression"], lambda f: f.task == "regression"),
        (["--for", "classification"], lambda f: f.task == "classification"),
        (["--smooth", "--robust", "--for", "regression"], lambda f: f.smoothness != "kink" and f.robust and f.task == "regression"),
    ],
    ids=lambda x: " ".join(x) if isinstance(x, list) else "",
)
def test_filters(capsys, argv, fits):
    status, names = listed(capsys, *argv)
    assert status == 0
    assert names & set(tl.losses.LOSSES) == {name for name, loss in tl.losses.LOSSES.items() if fits(loss.facts)}


@pytest.mark.parametrize("columns", ["60", "80", "120", "200", None])
def test_names_are_whole_in_any_window(capsys, monkeypatch, columns):
    monkeypatch.setenv("COLUMNS", columns) if columns else monkeypatch.delenv("COLUMNS")
    assert set(tl.losses.LOSSES) <= listed(capsys)[1]


def test_nothing_fits(capsys):
    assert main(["losses", "no_such_word"]) == 1
    assert capsys.readouterr().out == "no loss fits; leave out a filter: tinygrad-loss losses\n"


def test_an_unknown_task_names_the_nearest(capsys):
    assert main(["losses", "--for", "regresion"]) == 2
    assert "Type instead: 'regression'" in capsys.readouterr().err


def test_an_unknown_estimate_names_the_nearest(capsys):
    assert main(["losses", "--estimates", "mdian"]) == 2
    said = capsys.readouterr().err
    assert said.startswith("tinygrad-loss losses: --estimates must be one of 'a point within the tube', 'between mean and median', ")
    assert said.endswith("got 'mdian'. Type instead: 'median'\n")


def test_no_axis_begins_at_minus_nothing(capsys):
    main(["show", "quantile"])
    assert re.search(r"^ +0 \|", capsys.readouterr().out, re.MULTILINE)


@pytest.mark.parametrize("name", sorted(tl.losses.LOSSES))
def test_show_every_loss(capsys, name):
    assert main(["show", name]) == 0
    out = capsys.readouterr().out
    assert out.startswith(f"{name}(")
    assert tl.losses.LOSSES[name].facts.choose in out


OF_VECTORS = {
    "linear_cross_entropy", "lovasz_softmax_loss", "contrastive_loss", "info_nce_loss", "nt_xent_loss", "supervised_contrastive_loss", "circle_loss",
    "ctc_loss", "cosine_embedding_loss", "triplet_margin_loss", "triplet_margin_with_distance_loss", "cox_loss", "energy_distance_loss", "mmd_loss",
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(set(tl.losses.LOSSES) - OF_VECTORS))
def test_every_loss_of_a_number_is_drawn(capsys, name):
    main(["show", name])
    _, value, gradient = re.split(r"^value, .*$|^gradient.*$", capsys.readouterr().out, flags=re.MULTILINE)
    assert value.count("*") >= 55
    assert gradient.count("*") >= 55


@pytest.mark.parametrize("name", sorted(OF_VECTORS))
def test_show_says_why_there_is_no_curve(capsys, name):
    main(["show", name])
    assert "No curve: this loss compares vectors or whole samples" in capsys.readouterr().out


@pytest.mark.parametrize(("name", "slope"), {"iou": "-0.476", "nll": "-1", "kl_div": "-0.5"}.items())
def test_a_constant_gradient_is_one_line(capsys, name, slope):
    main(["show", name])
    drawn = capsys.readouterr().out.partition("gradient (")[2].splitlines()
    assert [line.partition("|")[0].strip() for line in drawn if "*" in line] == [slope]
    assert sum(slope in line for line in drawn if "|" in line) == 1


def test_show_huber_draws_value_and_gradient(capsys):
    assert main(["show", "huber"]) == 0
    lines = capsys.readouterr().out.splitlines()
    top = next(i for i, line in enumerate(lines) if line == "value, target 0")
    assert lines[top + 1].startswith("      3.5 |*")
    assert lines[top + 1].endswith("*")
    below = next(i for i, line in enumerate(lines) if line.startswith("gradient"))
    assert re.match(r"^ +1 \|.*\*{20,}$", lines[below + 1])
    assert re.match(r"^ +-1 \|\*{20,}", lines[below + 9])


def test_show_has_a_gap_where_there_is_no_gradient(capsys):
    assert main(["show", "l1_loss"]) == 0
    lines = capsys.readouterr().out.splitlines()
    below = next(i for i, line in enumerate(lines) if line.startswith("gradient"))
    columns = [line[11:].ljust(61) for line in lines[below + 1 : below + 10]]
    assert [i for i in range(61) if all(row[i] == " " for row in columns)] == [30]


@pytest.mark.parametrize(("word", "name"), [("HuberLoss", "huber_loss"), ("Huber", "huber_loss"), ("BCELoss", "binary_cross_entropy")])
def test_show_knows_the_names_of_classes_in_any_capitals(capsys, word, name):
    assert main(["show", word]) == 0
    assert capsys.readouterr().out.startswith(f"{name}(")


def test_a_name_like_none_is_not_answered_with_all_names(capsys):
    assert main(["show", "nll-los"]) == 2
    said = "tinygrad-loss show: the loss must be one that tinygrad-loss losses lists, got 'nll-los'. Type instead: 'nll_loss'\n"
    assert capsys.readouterr().err == said


def test_show_an_unknown_loss(capsys):
    assert main(["show", "hubber"]) == 2
    assert "Type instead: 'huber_loss'" in capsys.readouterr().err


def test_brackets_of_a_formula_are_printed(capsys):
    main(["losses", "zero_inflated_poisson"])
    assert "-log(pi [y = 0] + (1 - pi) e^(-lambda) lambda^y / y!)" in capsys.readouterr().out
