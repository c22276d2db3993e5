"""Metrics equal scikit-learn's, or their definition."""

import errno
import os

import numpy as np
import pytest
from sklearn import metrics as sk

from tinygrad_loss import errors
from tinygrad_loss.training import History, metrics

RNG = np.random.default_rng(0)
SCORES = RNG.standard_normal((200, 5))
LABELS = RNG.integers(0, 5, 200)


def test_against_scikit_learn():
    assert metrics.accuracy(SCORES, LABELS) == sk.accuracy_score(LABELS, SCORES.argmax(1))
    for k in (1, 2, 4):
        assert metrics.top_k(SCORES, LABELS, k) == sk.top_k_accuracy_score(LABELS, SCORES, k=k)
    np.testing.assert_array_equal(metrics.confusion_matrix(SCORES, LABELS), sk.confusion_matrix(LABELS, SCORES.argmax(1)))
    binary = LABELS > 2
    assert metrics.auc(SCORES[:, 0], binary) == sk.roc_auc_score(binary, SCORES[:, 0])


def test_two_logits_rank_as_one():
    binary = (LABELS > 2).astype(int)
    one = SCORES[:, 1] - SCORES[:, 0]
    assert metrics.auc(SCORES[:, :2], binary) == metrics.auc(one, binary) == metrics.auc(one[:, None], binary)
    assert metrics.accuracy(SCORES[:, :2], binary) == metrics.accuracy(one[:, None], binary) == metrics.accuracy(one, binary)
    assert metrics.calibration_error(one, binary) == pytest.approx(metrics.calibration_error(np.stack([0 * one, one], 1), binary))
    np.testing.assert_array_equal(metrics.confusion_matrix(one, binary), metrics.confusion_matrix(SCORES[:, :2], binary))


def test_a_calibrated_model_has_a_small_calibration_error():
    p = RNG.uniform(0.01, 0.99, 20_000)
    target = (RNG.random(20_000) < p).astype(int)
    logit = np.log(p / (1 - p))
    # about 15 bins of standard error sqrt(p (1 - p) / n_b)
    assert metrics.calibration_error(logit, target) < 0.02
    assert metrics.calibration_error(3 * logit, target) > 0.05


def test_scores_per_position_are_counted():
    output = np.zeros((2, 3, 4))
    output[:, 1] = 1
    assert metrics.accuracy(output, np.array([[1, 1, 0, 0], [1, 2, 1, 1]])) == 5 / 8


def test_bad_input_is_refused():
    with pytest.raises(errors.ShapeError) as error:
        metrics.accuracy(np.zeros((2, 3, 4)), np.zeros((2, 3), int))
    assert str(error.value) == (
        "accuracy: scores must have shape (n, classes, ...), targets (n, ...), got (2, 3, 4) and (2, 3). "
        "Type instead: np.moveaxis(scores, -1, 1)"
    )
    with pytest.raises(errors.DomainError) as error:
        metrics.top_k(SCORES, LABELS, 6)
    assert str(error.value) == "top_k: k must lie in 1..5, got 6. Type instead: top_k(output, target, k=1)"
    with pytest.raises(errors.DomainError) as error:
        metrics.auc([0.1, 0.2], [1, 1])
    assert str(error.value) == "auc: both classes must be present, got only [1]. Type instead: accuracy(output, target)"


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: metrics.top_k(SCORES, LABELS[:3]),
            "top_k: scores must have shape (n, classes), targets (n,), got (200, 5) and (3,) (scores has length 200 on axis 0, targets has 3). Type instead: accuracy(output, target)",
        ),
        (
            lambda: metrics.auc([0.1, 0.2, 0.3], [0, 1]),
            "auc: there must be one score per target, got (3,) and (2,) (scores has length 3 on axis 0, targets has 2). Type instead: auc(output[:, 1], target)",
        ),
        (lambda: metrics.auc([0.1, np.nan], [0, 1]), "auc: scores must be finite, got nan or inf. Type instead: np.nan_to_num(output)"),
        (
            lambda: metrics.calibration_error(SCORES, LABELS[:3]),
            "calibration_error: there must be one target per row of logits, got (200, 5) and (3,) (logits has length 200 on axis 0, targets has 3). Type instead: target.ravel()",
        ),
        (
            lambda: metrics.calibration_error(SCORES, LABELS, bins=0),
            "calibration_error: there must be at least one bin, got 0. Type instead: bins=15",
        ),
    ],
    ids=["top_k", "auc", "auc of nan", "calibration", "no bins"],
)
def test_what_does_not_fit_is_refused(call, message):
    with pytest.raises(errors.TinygradLossError) as error:
        call()
    assert str(error.value) == message


def test_one_epoch_is_seen_and_a_count_begins_at_0(tmp_path):
    figure = History([{"epoch": 1, "loss": 2.0, "grad_norm": 1.0, "undefined": 0}]).plot()
    assert [axes.get_title() for axes in figure.axes] == ["training loss", "gradient norm", "undefined gradients"]
    assert [axes.lines[0].get_marker() for axes in figure.axes] == ["o"] * 3
    assert figure.axes[2].get_ylim()[0] == 0


def test_a_history_is_a_table_a_file_and_a_picture(tmp_path):
    history = History(
        [{"epoch": 1, "loss": 2.0, "val_loss": 2.5, "seconds": 0.1}, {"epoch": 2, "loss": 1.0, "val_loss": 1.5, "seconds": 0.1}]
    )
    assert history["val_loss"] == [2.5, 1.5]
    assert history.to_csv(tmp_path / "h.csv") == "epoch,loss,val_loss,seconds\r\n1,2.0,2.5,0.1\r\n2,1.0,1.5,0.1\r\n"
    assert (tmp_path / "h.csv").read_bytes() == history.to_csv().encode()
    figure = history.plot(tmp_path / "h.png")
    assert [line.get_label() for line in figure.axes[0].lines] == ["training", "validation"]
    assert (tmp_path / "h.png").read_bytes().startswith(b"\x89PNG")
    assert repr(history) == "History(2 epochs; last: epoch=2, loss=1, val_loss=1.5, seconds=0.1)"
    with pytest.raises(errors.DomainError) as error:
        history["los"]
    assert str(error.value).endswith("got 'los'. Type instead: 'loss'")


@pytest.mark.parametrize("write", [History.to_csv, History.plot])
def test_a_table_or_a_picture_is_written_whole_or_not_at_all(write, tmp_path, monkeypatch):
    path = tmp_path / "history.png"
    path.write_bytes(b"before")

    def full(handle):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(errors.SaveError) as error:
        write(History([{"epoch": 1, "loss": 2.0}]), path)
    assert str(error.value) == (
        f"saving {path}: the file must be writable whole, got No space left on device; what was there before is untouched. "
        "Use instead: another path, or free some space and call it again"
    )
    assert path.read_bytes() == b"before"
    assert list(tmp_path.iterdir()) == [path]


def test_a_picture_has_the_format_of_its_name(tmp_path):
    history = History([{"epoch": 1, "loss": 2.0}])
    for name, begin in (("a.png", b"\x89PNG"), ("a.svg", b"<?xml"), ("a.pdf", b"%PDF")):
        history.plot(str(tmp_path / name))
        assert (tmp_path / name).read_bytes().startswith(begin)
    with pytest.raises(errors.ArgumentError) as error:
        history.plot(tmp_path / "a.foo")
    assert str(error.value) == "History.plot: the path must end in a format that Matplotlib writes, got a.foo. Type instead: a.png"
