"""``tinygrad-loss train`` and ``predict``: numbers for people and programs, a model that comes back, and whole messages."""

import json
import os
import shutil
import signal
import subprocess
import sys

import numpy as np
import pytest

import tinygrad_loss as tl
from tinygrad_loss.cli.main import main
from tinygrad_loss.training import History, checkpoint
from tinygrad_loss.training.encoders import ENCODERS, build
from tinygrad_loss.training.experiment import open_model
from tinygrad_loss.training.objective import objective, usable


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def last_line(capsys):
    return json.loads(capsys.readouterr().out.strip().splitlines()[-1])


def test_a_model_is_trained_tested_and_kept(elsewhere, capsys):
    assert main(["train", "wine", "--epochs", "12", "--json", "--out", "run"]) == 0
    results = last_line(capsys)
    assert results["test_accuracy"] > 0.9
    assert results["epochs"] == 12
    assert results["seconds"] > 0
    assert {p.name for p in (elsewhere / "run").iterdir()} == {"model.safetensors", "run.safetensors", "history.csv", "curves.png"}
    assert len((elsewhere / "run" / "history.csv").read_text().splitlines()) == 13

    assert main(["predict", "run", "--json"]) == 0
    whole = last_line(capsys)
    answers = whole["predictions"]
    assert main(["predict", "run", "--json", "--rows", "2"]) == 0
    first = last_line(capsys)
    assert {name: len(first[name]) for name in ("predictions", "probabilities", "true")} == {
        "predictions": 2,
        "probabilities": 2,
        "true": 2,
    }
    assert (first["predictions"], first["accuracy"]) == (answers[:2], whole["accuracy"])
    test = tl.data.load("wine").split()[1]
    right = np.mean([test.classes.index(a) == y for a, y in zip(answers, test.y, strict=True)])
    assert right == pytest.approx(results["test_accuracy"])

    np.save("rows.npy", test.x[:4])
    assert main(["predict", "run/model.safetensors", "--data", "rows.npy", "--json"]) == 0
    assert last_line(capsys)["predictions"] == answers[:4]


def test_numbers_are_predicted_in_their_own_unit(capsys):
    assert main(["train", "diabetes", "--loss", "huber_loss", "--epochs", "8", "--json"]) == 0
    results = last_line(capsys)
    assert 30 < results["test_mean_absolute_error"] < 65  # a constant prediction errs by 66, linear regression by 43
    assert main(["predict", "diabetes-mlp", "--json"]) == 0
    y = tl.data.load("diabetes").split()[1].y.ravel()
    error = np.abs(np.array(last_line(capsys)["predictions"]) - y).mean()
    assert error == pytest.approx(results["test_mean_absolute_error"], rel=1e-4)


def test_is_it_a_cat(capsys):
    assert main(["train", "cats", "--model", "cnn", "--epochs", "3", "--json"]) == 0
    results = last_line(capsys)
    assert results["test_auc"] > 0.9  # a guess has 0.5; all 15 epochs reach 0.97, see benchmarks/accuracy.py


def test_the_same_seed_gives_the_same_numbers(capsys):
    seen = []
    for seed in ("0", "0", "1"):
        main(["train", "iris", "--epochs", "2", "--seed", seed, "--json"])
        seen.append(last_line(capsys)["test_loss"])
    assert seen[0] == seen[1] != seen[2]


@pytest.mark.parametrize("name", ENCODERS)
def test_every_encoder_learns_a_little_of_the_digits(name):
    data = tl.data.load("digits").take(slice(200))
    model = build(name, data, rng=0)
    history = tl.fit(model, tl.losses.cross_entropy, data, epochs=2, optimizer=lambda p: tl.optim.Adam(p, lr=3e-3))
    assert history["loss"][-1] < history["loss"][0]


@pytest.mark.parametrize("name", usable(tl.data.load("iris")))
def test_every_loss_that_can_train_a_classifier_does(name):
    data = tl.data.load("iris")
    (data,) = tl.data.standardise(data)
    loss, model = objective(name, data), build("mlp", data, rng=0)
    history = tl.fit(model, loss, data, epochs=6, optimizer=lambda p: tl.optim.Adam(p, lr=3e-3))
    assert history["loss"][-1] < history["loss"][0]
    assert history["accuracy"][-1] > 0.7


@pytest.mark.parametrize("name", usable(tl.data.load("outliers")))
def test_every_loss_of_numbers_fits_a_line(name):
    data = tl.data.load("outliers")
    history = tl.fit(tl.nn.Linear(1, 1, rng=0), objective(name, data), data, epochs=4, optimizer=lambda p: tl.optim.Adam(p, lr=0.05))
    assert history["loss"][-1] < history["loss"][0]


REFUSED = {
    ("train", "digit"): f"train: the data set must be one of {', '.join(repr(n) for n in tl.data.names() if n != 'pydoc')}, got 'digit'. ",
    ("train", "digits", "--model", "cmn"): (
        "train: model must be one of 'mlp', 'cnn', 'rnn', 'transformer', got 'cmn'. Type instead: 'cnn'"
    ),
    ("train", "digits", "--model", "CNN"): (
        "train: model must be one of 'mlp', 'cnn', 'rnn', 'transformer', got 'CNN'. Type instead: 'cnn'"
    ),
    ("train", "digits", "--loss", "cross_entropi"): (
        f"a loss for digits: loss must be one of the {len(usable(tl.data.load('digits')))} losses that can be trained on classes, "
        "got 'cross_entropi'. Type instead: 'cross_entropy'"
    ),
    ("train", "iris", "--out", os.devnull): (
        f"train: what it writes must have a folder to be kept in, got --out {os.devnull} (File exists). Type instead: --out runs/digits"
    ),
    ("train", "digits", "--epochs", "0"): "train: there must be at least one epoch, got --epochs 0. Type instead: --epochs 10",
    ("train", "iris", "--seed", "-1"): "train: a seed is a whole number from 0 on, got --seed -1. Type instead: --seed 0",
    ("train", "iris", "--lr", "-1"): "train: a learning rate lies above 0, got --lr -1.0. Type instead: --lr 0.001",
    ("train", "iris", "--lr", "nan"): "train: a learning rate lies above 0, got --lr nan. Type instead: --lr 0.001",
    ("train", "iris", "--batch-size", "0"): "train: a batch has at least one row, got --batch-size 0. Type instead: --batch-size 32",
    ("train", "iris", "--model", "cnn"): (
        "cnn: each input must be an image (height, width), got (4,). Use instead: --model mlp, which reads any shape"
    ),
    ("train", "pydoc"): "train: inputs must be numbers, not text, got pydoc. Type instead: tinygrad-loss train digits",
    ("train", "iris", "--folder", "."): (
        "train: only fashion is read from a folder, got --folder with iris. Use instead: tinygrad-loss train iris, without --folder"
    ),
    ("predict", "nowhere"): (
        "opening nowhere: there must be a model saved by tinygrad-loss train, got no file nowhere. "
        "Type instead: tinygrad-loss train digits --out nowhere"
    ),
}  # fmt: skip


@pytest.mark.parametrize("command", REFUSED, ids=" ".join)
def test_what_cannot_be_is_said_in_a_sentence(command, capsys):
    assert main(list(command)) == 2
    said = capsys.readouterr().err
    assert said.startswith(f"tinygrad-loss {command[0]}: {REFUSED[command].removeprefix('train: ')}")
    assert said.count("\n") == 1


@pytest.mark.parametrize(("word", "loss"), {"mae": "l1_loss", "ce": "cross_entropy", "MSELoss": "mse_loss", "hinge": "hinge_loss"}.items())
def test_a_loss_goes_by_any_of_its_names(word, loss, capsys):
    assert main(["train", "iris", "--loss", word, "--epochs", "1", "--out", "run"]) == 0
    assert f", {loss}, " in capsys.readouterr().out


@pytest.mark.parametrize(
    ("rows", "got", "instead"),
    [
        (np.ones(4), "(4,)", "np.save(path, x.reshape(-1, 4))"),
        (np.ones((0, 4)), "(0, 4)", "np.save(path, x), where x.shape is (n, 4)"),
        (np.ones((2, 4)) * 1j, "dtype complex128", "np.save(path, x.real)"),
    ],
)
def test_rows_of_another_shape_are_told_which(rows, got, instead, capsys):
    assert main(["train", "iris", "--epochs", "1", "--out", "run"]) == 0
    np.save("rows.npy", rows)
    assert main(["predict", "run", "--data", "rows.npy"]) == 2
    assert capsys.readouterr().err.endswith(f"got {got}. {tl.errors.remedy(instead)}\n")


def test_a_table_of_text_is_told_how_it_becomes_an_array(elsewhere, capsys):
    assert main(["train", "iris", "--epochs", "1", "--out", "run"]) == 0
    (elsewhere / "rows.csv").write_text("1.5,2,3,4\n5,6,7,8\n")
    assert main(["predict", "run", "--data", "rows.csv"]) == 2
    rule, _, instead = capsys.readouterr().err.strip().partition(". Type instead: ")
    assert rule.endswith("got a file of another kind, which begins with '1.5,2,'")
    exec(instead, {"np": np})  # noqa: S102  the line must work when typed
    assert main(["predict", "run", "--data", "rows.npy"]) == 0


@pytest.mark.parametrize("columns", [40, 60])
def test_a_narrow_window_cuts_no_number(columns, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", str(columns))
    assert main(["train", "iris", "--epochs", "3", "--out", "run"]) == 0
    out = capsys.readouterr().out
    assert "\N{HORIZONTAL ELLIPSIS}" not in out
    assert "history.csv, also" in " ".join(out.split())
    assert max(map(len, out.splitlines()[:-1])) <= columns  # the last names files, which are not broken
    assert all(line == line.rstrip() for line in out.splitlines())


def test_one_epoch_is_no_plural():
    history = tl.fit(tl.nn.Linear(1, 1, rng=0), tl.losses.mse_loss, tl.data.load("outliers"), epochs=1)
    assert repr(history).startswith("History(1 epoch; last: ")


def test_files_that_are_no_model_are_refused(elsewhere, capsys):
    main(["train", "iris", "--epochs", "1", "--out", "run"])
    capsys.readouterr()
    (elsewhere / "junk").write_bytes(b"\x80\x04junk")
    np.save("wrong.npy", np.zeros((3, 5)))
    np.save("objects.npy", np.array([None, {}]), allow_pickle=True)
    np.save("nan.npy", np.array([[1.0, 2, 3, np.nan], [1, 2, 3, 4]]))
    np.savez("several.npz", a=np.zeros(2), b=np.zeros(3))
    (elsewhere / "empty.npy").write_bytes(b"")
    (elsewhere / "cut.npz").write_bytes((elsewhere / "several.npz").read_bytes()[:50])
    checkpoint.save("other", {"a": 1})
    checkpoint.save("array", [1, 2])
    (elsewhere / "half").mkdir()
    shutil.copy("run/run.safetensors", "half")
    for command, said in {
        ("predict", "junk"): "loading junk: the header must fit into the file, got 6 bytes.",
        ("predict", "other"): (
            "opening other: the file must be the model that tinygrad-loss train saved, got a file of 'a'. "
            "Use instead: tinygrad-loss predict DIR, with the --out of the training\n"
        ),
        ("predict", "array"): (
            "opening array: the file must be the model that tinygrad-loss train saved, got a file of a list. "
            "Use instead: tinygrad-loss predict DIR, with the --out of the training\n"
        ),
        ("predict", "run/run.safetensors"): (
            "opening run/run.safetensors: the file must be the model that tinygrad-loss train saved, "
            "got the state of a training, which --resume goes on with. Type instead: tinygrad-loss predict run\n"
        ),
        ("predict", "half"): (
            "opening half: there must be a model saved by tinygrad-loss train, got a training that has not ended. "
            "Use instead: the same tinygrad-loss train command with --out half --resume\n"
        ),
        ("predict", "half/run.safetensors"): (
            "opening half/run.safetensors: there must be a model saved by tinygrad-loss train, got a training that has not ended. "
            "Use instead: the same tinygrad-loss train command with --out half --resume\n"
        ),
        ("predict", "run", "--data", "nowhere.npy"): (
            "reading nowhere.npy: the file must be a .npy array of numbers, got No such file or directory. Type instead: np.save(path, x)\n"
        ),
        ("predict", "run", "--data", "run"): (
            "reading run: the file must be a .npy array of numbers, got Is a directory. Type instead: np.save(path, x)\n"
        ),
        ("predict", "run", "--data", "wrong.npy"): (
            "reading wrong.npy: the array must have shape (n, 4), for n rows, got (3, 5) (the array has length 5 on axis 1, not 4). Use instead: np.save(path, x), where x.shape is (n, 4)"
        ),
        ("predict", "run", "--data", "nan.npy"): (
            "reading nan.npy: rows must be finite, got nan or inf in 1 of 2. Use instead: np.nan_to_num(x), or those rows left out"
        ),
        ("predict", "run", "--data", "several.npz"): (
            "reading several.npz: the file must be a .npy array of numbers, got a file of several, a, b. Type instead: np.save(path, x)"
        ),
        ("predict", "run", "--data", "empty.npy"): "reading empty.npy: the file must be a .npy array of numbers, got No data left in file.",
        ("predict", "run", "--data", "cut.npz"): "reading cut.npz: the file must be a .npy array of numbers, got File is not a zip file.",
        ("predict", "run", "--data", "objects.npy"): "reading objects.npy: the file must be a .npy array of numbers, got Object arrays",
    }.items():
        assert main(list(command)) == 2
        assert said in capsys.readouterr().err


def put(*keys, value):
    """Return a change of a saved model."""

    def change(saved):
        for key in keys[:-1]:
            saved = saved[key]
        saved[keys[-1]] = value

    return change


HOSTILE = [
    (put("shape", value=[100_000, 100_000]), "ValueError('its sizes must be those of its weights')"),
    (put("shape", value=[-4]), "ValueError('its sizes must be whole numbers')"),
    (put("shape", value=[4.0]), "ValueError('its sizes must be whole numbers')"),
    (put("outputs", value=[10**9]), "ValueError('its sizes must be those of its weights')"),
    (put("classes", value=["a", {}, [1]]), "ValueError('its classes must be names or numbers')"),
    (put("setup", "dataset", value=["iris"]), "ValueError('its data set and model must be names')"),
    (put("setup", value=None), """TypeError("'NoneType' object is not subscriptable")"""),
    (put("weights", value=None), """AttributeError("'NoneType' object has no attribute 'values'")"""),
    (put("weights", "1.3.bias", value=np.full(3, np.nan)), "ValueError('its weights must be finite numbers')"),
    (put("scales", value=[["a", "b"], ["c", "d"]]), "ValueError('its scales must be a centre and a spread above 0 for each column')"),
    (put("scales", 0, 1, value=np.zeros(4)), "ValueError('its scales must be a centre and a spread above 0 for each column')"),
    (put("scales", 0, 0, value=np.zeros(7)), "ValueError('its scales must be a centre and a spread above 0 for each column')"),
    (put("scales", 0, 0, value=np.full(4, np.nan)), "ValueError('its scales must be a centre and a spread above 0 for each column')"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "got"), HOSTILE)
def test_a_hostile_model_is_refused_before_anything_is_made_of_it(change, got, capsys):
    main(["train", "iris", "--epochs", "1", "--out", "run"])
    capsys.readouterr()
    saved = checkpoint.load("run/model.safetensors")
    change(saved)
    checkpoint.save("hostile", saved)
    assert main(["predict", "hostile"]) == 2
    assert capsys.readouterr().err == (
        f"tinygrad-loss predict: opening hostile: the file must be a model saved by tinygrad-loss train, got {got}. "
        "Type instead: tinygrad-loss train digits\n"
    )


def test_a_model_of_another_data_set_is_refused(capsys):
    main(["train", "iris", "--epochs", "1", "--out", "run"])
    saved = checkpoint.load("run/model.safetensors")
    saved["setup"]["dataset"] = "digits"
    checkpoint.save("other", saved)
    capsys.readouterr()
    assert main(["predict", "other"]) == 2
    assert capsys.readouterr().err == (
        "tinygrad-loss predict: the test rows of digits must have shape (4,) and 3 classes, as the model was trained, "
        "got (8, 8) and 10. Type instead: --data rows.npy\n"
    )


def test_an_interrupted_training_is_kept_and_resumed(elsewhere):
    command = [sys.executable, "-m", "tinygrad_loss", "train", "iris", "--epochs", "5000", "--out", "run"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:  # noqa: S603  our own interpreter
        while not (elsewhere / "run" / "run.safetensors").exists():
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        said = process.stdout.read()
    assert process.returncode == 130
    assert f"the run is kept in {os.path.join('run', 'run.safetensors')}" in said  # noqa: PTH118
    saved = checkpoint.load("run/run.safetensors")
    assert saved["epoch"] >= 1
    assert len(History(saved["history"])) == saved["epoch"]


def test_resuming_ends_where_an_unbroken_run_ends(elsewhere, capsys, monkeypatch):
    main(["train", "iris", "--epochs", "4", "--out", "whole"])
    from tinygrad_loss.training import fit as room  # noqa: PLC0415  to interrupt it from inside

    close, done = room.Run.close_epoch, []

    def interrupted(run):
        close(run)
        done.append(1)
        if len(done) == 2:
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(room.Run, "close_epoch", interrupted)
    assert main(["train", "iris", "--epochs", "4", "--out", "cut"]) == 130
    monkeypatch.undo()
    monkeypatch.chdir(elsewhere)
    assert main(["train", "iris", "--epochs", "4", "--out", "cut", "--resume"]) == 0
    whole, cut = (open_model(elsewhere / name)[0].state_dict() for name in ("whole", "cut"))
    for path, weights in whole.items():
        np.testing.assert_array_equal(weights, cut[path])


@pytest.mark.parametrize(
    ("option", "was"),
    [
        (("--loss", "focal_loss"), "--loss cross_entropy"),
        (("--epochs", "3"), "--epochs 2"),
        (("--seed", "1"), "--seed 0"),
        (("--lr", "0.5"), "--lr 0.003"),
        (("--batch-size", "7"), "--batch-size 32"),
    ],
)
def test_a_run_goes_on_only_as_it_began(option, was, capsys):
    begun = ["train", "iris", "--epochs", "2", "--out", "run"]
    assert main(begun) == 0
    capsys.readouterr()
    assert main([*begun, *option, "--resume"]) == 2
    assert capsys.readouterr().err == (
        f"tinygrad-loss train: train --resume: the run in run must go on as it began, with {was}, got {' '.join(option)}. "
        "Use instead: the command it began with, or another --out to start anew\n"
    )


def test_the_seconds_of_a_resumed_run_are_those_of_all_its_parts(capsys):
    begun = ["train", "iris", "--epochs", "2", "--out", "run", "--json"]
    main(begun)
    first = last_line(capsys)["seconds"]
    main([*begun, "--resume"])
    assert last_line(capsys)["seconds"] == first > 0


def test_clothes_are_read_from_a_folder_and_read_again_to_predict(elsewhere, capsys):
    rng = np.random.default_rng(0)
    for part, n in (("train", 40), ("t10k", 20)):
        for kind, array in (("images-idx3", rng.integers(0, 256, (n, 8, 8))), ("labels-idx1", np.arange(n) % 10)):
            head = bytes([0, 0, 8, array.ndim]) + b"".join(size.to_bytes(4, "big") for size in array.shape)
            (elsewhere / f"{part}-{kind}-ubyte").write_bytes(head + array.astype(np.uint8).tobytes())
    assert main(["train", "fashion", "--folder", str(elsewhere), "--epochs", "1", "--out", "run"]) == 0
    assert main(["predict", "run", "--folder", str(elsewhere), "--json"]) == 0
    assert len(last_line(capsys)["predictions"]) == 12
    assert "folder" not in checkpoint.load("run/model.safetensors")["setup"]  # no path in a file is ever opened
