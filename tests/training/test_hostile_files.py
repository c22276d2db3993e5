"""Files of models and runs that were damaged, or made to do harm: refused in a sentence, or read as what they say, never more."""

import contextlib
import os
import shlex
import subprocess
import sys
import tracemalloc
import warnings

import numpy as np
import pytest

import tinygrad_loss as tl
from hostile import NAMES, copied, counted, mutated, npy, resealed, safetensors, with_junk
from tinygrad_loss import errors
from tinygrad_loss.cli.main import main
from tinygrad_loss.files import npy as read_npy
from tinygrad_loss.training import checkpoint
from tinygrad_loss.training.encoders import ENCODERS
from tinygrad_loss.training.experiment import open_model


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """A folder with a trained model, and the state of its training."""
    folder = tmp_path_factory.mktemp("saved")
    assert main(["train", "iris", "--epochs", "1", "--out", str(folder)]) == 0
    return folder


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def predicted(raw, capsys):
    """Return the status of predicting with a file of these bytes; whatever it prints can be shown."""
    with open("model.safetensors", "wb") as file:  # noqa: PTH123  a name in the current folder
        file.write(raw)
    capsys.readouterr()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # numbers that are too large are what the file says
        status = main(["predict", "model.safetensors", "--rows", "2"])
    seen = capsys.readouterr()
    assert (seen.out + seen.err).replace("\n", "").isprintable()
    assert len(seen.err) < 2000
    assert status in {0, 2}
    assert (status == 2) == bool(seen.err)
    assert "a fault of its own" not in seen.err
    return status


# ---- the checksum ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["model.safetensors", "run.safetensors"])
def test_every_flipped_bit_is_noticed(name, saved, tmp_path):
    raw = (saved / name).read_bytes()
    path = tmp_path / "flipped"
    rng = np.random.default_rng(0)
    header = 8 + int.from_bytes(raw[:8], "little")
    for at in (*range(120), *rng.integers(0, header, 150), *rng.integers(header, len(raw), 150)):
        flipped = bytearray(raw)
        flipped[at] ^= 1 << int(rng.integers(8))
        path.write_bytes(flipped)
        with pytest.raises(errors.StateError):
            checkpoint.load(path)


@pytest.mark.parametrize("name", ["model.safetensors", "run.safetensors"])
def test_no_damaged_file_is_taken_for_a_whole_one(name, saved, tmp_path):
    raw = (saved / name).read_bytes()
    path = tmp_path / "damaged"
    for changed in counted(lambda rng: mutated(raw, rng), 300):
        if changed != raw:
            path.write_bytes(changed)
            with pytest.raises(errors.StateError):
                checkpoint.load(path)


def without_checksum(path):
    """Write a checkpoint as version 0.2 did."""
    raw = path.read_bytes()
    size = int.from_bytes(raw[:8], "little")
    head = raw[8 : 8 + size].replace(b'"crc32":"' + raw[8 + 26 : 8 + 34] + b'",', b"", 1)
    path.write_bytes(safetensors(head, raw[8 + size :]))


@pytest.mark.parametrize("reader", ["load", "predict", "resume", "train --resume"])
def test_a_file_without_a_checksum_is_refused_with_the_command_that_saves_it_again(reader, saved, tmp_path, capsys):
    for name in ("model.safetensors", "run.safetensors"):
        (tmp_path / name).write_bytes((saved / name).read_bytes())
        without_checksum(tmp_path / name)
    path = tmp_path / ("model.safetensors" if reader in {"load", "predict"} else "run.safetensors")
    read = {
        "load": lambda: checkpoint.load(path),
        "predict": lambda: main(["predict", str(tmp_path)]),
        "resume": lambda: tl.fit(
            tl.nn.Linear(4, 3), tl.losses.cross_entropy, (np.ones((4, 4)), np.arange(4) % 3), checkpoint=path, resume=True
        ),
        "train --resume": lambda: main(["train", "iris", "--epochs", "1", "--out", str(tmp_path), "--resume"]),
    }[reader]
    if reader in {"load", "resume"}:
        with pytest.raises(errors.StateError) as error:
            read()
        said = str(error.value)
    else:
        assert read() == 2
        said = capsys.readouterr().err.strip().removeprefix(f"tinygrad-loss {reader.split()[0]}: ")
    begun = f"loading {path.name}: a checkpoint must carry a checksum, got none: it is of version 0.1, or was changed. Type instead: "
    assert said.startswith(begun)
    typed = shlex.split(said.removeprefix(begun))
    assert typed[:2] == ["python", "-c"]
    subprocess.run([sys.executable, *typed[1:]], check=True)  # noqa: S603  our own line
    checkpoint.load(path)
    if reader == "predict":
        assert read() == 0


def test_weights_of_another_program_are_loaded(tmp_path):
    library = pytest.importorskip("safetensors.numpy")
    one, other = tl.nn.Linear(3, 2, rng=0), tl.nn.Linear(3, 2, rng=1)
    library.save_file(one.state_dict(), tmp_path / "weights.safetensors", {"format": "pt"})
    other.load_state_dict(checkpoint.load(tmp_path / "weights.safetensors"))
    np.testing.assert_array_equal(one.weight.data, other.weight.data)


# ---- models ------------------------------------------------------------------------------------------------------------------


def test_damaged_models_are_refused(saved, capsys):
    raw = (saved / "model.safetensors").read_bytes()
    for changed in counted(lambda rng: mutated(raw, rng), 60, seed=1):
        assert changed == raw or predicted(changed, capsys) == 2


def test_forged_models_are_refused_or_read(saved, capsys):
    raw = (saved / "model.safetensors").read_bytes()
    size = 8 + int.from_bytes(raw[:8], "little")
    for changed in counted(lambda rng: resealed(mutated(raw[:size], rng) + raw[size:]), 80, seed=2):
        predicted(changed, capsys)


def test_models_of_other_kinds_are_refused_or_read(saved, tmp_path, capsys):
    state = checkpoint.load(saved / "model.safetensors")
    for changed in counted(lambda rng: with_junk(state, rng), 120, seed=3):
        checkpoint.save(tmp_path / "forged", changed)
        predicted((tmp_path / "forged").read_bytes(), capsys)


@pytest.mark.parametrize("name", NAMES)
def test_the_names_of_classes_are_printed_letter_by_letter(name, saved, tmp_path, capsys):
    state = checkpoint.load(saved / "model.safetensors")
    checkpoint.save(tmp_path / "forged", {**state, "classes": [NAMES[name]] * 3})
    assert predicted((tmp_path / "forged").read_bytes(), capsys) == 0
    assert main(["predict", "model.safetensors", "--json"]) == 0
    assert capsys.readouterr().out.isascii()


def test_no_path_in_a_model_is_opened(saved, tmp_path, monkeypatch):
    state = checkpoint.load(saved / "model.safetensors")
    asked = []
    monkeypatch.setattr("tinygrad_loss.data.files.idx_folder", lambda folder: asked.append(folder) or (np.zeros((9, 2, 2)), np.arange(9)))
    for folder in ("/secret", "\\\\host\\share", 1, ["a"]):
        state["setup"] |= {"dataset": "fashion", "folder": folder}
        checkpoint.save(tmp_path / "forged", state)
        assert main(["predict", "forged"]) == 2
    assert set(asked) == {"/usr/share/datasets/fashion-mnist"}


@pytest.mark.parametrize("model", ENCODERS)
def test_the_size_of_a_model_is_known_before_it_is_made(model):
    for shape in ((8, 8), (16, 20), (4, 6), (28, 28)):
        for outputs in (1, 10):
            made = ENCODERS[model].make(shape, outputs, np.random.default_rng(0))
            assert sum(w.size for w in made.state_dict().values()) == ENCODERS[model].size(shape, outputs)


@pytest.mark.parametrize(
    "change",
    [
        {"shape": [50_000]}, {"shape": [10**12]}, {"outputs": [10**12]}, {"classes": ["a"] * 50_000}, {"shape": [1] * 100},
        {"setup": {"model": "rnn"}, "shape": [10**9, 4]}, {"setup": {"model": "cnn"}, "shape": [1, 10**9]},
        {"setup": {"model": "transformer"}, "shape": [10**6, 10**6]},
    ],
)  # fmt: skip
def test_nothing_is_made_that_the_weights_do_not_justify(change, saved, tmp_path, capsys):
    state = copied(checkpoint.load(saved / "model.safetensors"))
    state["setup"] |= change.pop("setup", {})
    checkpoint.save(tmp_path / "forged", state | change)
    size = (tmp_path / "forged").stat().st_size
    tracemalloc.start()
    try:
        with pytest.raises(errors.StateError):
            open_model(tmp_path / "forged")
        assert tracemalloc.get_traced_memory()[1] < 1_000_000 + 30 * size
    finally:
        tracemalloc.stop()


def test_an_array_that_stands_in_two_places_is_refused(tmp_path):
    entry = {"dtype": "F64", "shape": [2], "data_offsets": [0, 16]}
    for state in ('[{"array in this file": "a"}, {"array in this file": "a"}]', "[]"):
        (tmp_path / "x").write_bytes(safetensors({"__metadata__": {"state": state}, "a": entry}, bytes(16)))
        with pytest.raises(errors.StateError, match="its metadata must"):
            checkpoint.load(tmp_path / "x", checksum=False)


def test_overlapping_arrays_take_no_memory(tmp_path):
    entry = {"dtype": "U8", "shape": [10**6], "data_offsets": [0, 10**6]}
    (tmp_path / "x").write_bytes(safetensors({f"a{k}": entry for k in range(1000)}, bytes(10**6)))
    tracemalloc.start()
    try:
        with pytest.raises(errors.StateError, match="side by side"):
            checkpoint.load(tmp_path / "x")
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
    finally:
        tracemalloc.stop()


# ---- runs --------------------------------------------------------------------------------------------------------------------


def test_forged_runs_are_refused_or_go_on(tmp_path):
    x, y = np.random.default_rng(0).normal(size=(12, 4)), np.arange(12) % 3

    def part(epochs, path, model):
        optimizer = tl.optim.AdamW(model.parameters(), lr=0.01)
        schedule = tl.optim.OneCycleLR(optimizer, 0.1, total_steps=40)
        return tl.fit(
            model, tl.losses.cross_entropy, (x, y), optimizer=optimizer, schedule=schedule, schedule_per="batch", batch_size=4,
            epochs=epochs, checkpoint=path, resume=True, keep_best=True,
        )  # fmt: skip

    def fresh():
        return tl.nn.Sequential(tl.nn.Linear(4, 3, rng=1), tl.nn.Dropout(0.5, rng=2))

    part(2, tmp_path / "run", fresh())
    state = checkpoint.load(tmp_path / "run")
    refused = 0
    for changed in counted(lambda rng: with_junk(state, rng), 250, seed=4):
        model = fresh()
        before = {name: value.copy() for name, value in model.state_dict().items()}
        checkpoint.save(tmp_path / "forged", changed)
        try:
            part(3, tmp_path / "forged", model)
        except errors.StateError:
            refused += 1
            assert all(np.array_equal(before[name], value) for name, value in model.state_dict().items())
        except errors.TinygradLossError:
            pass
    assert refused > 150


# ---- what is no file, and arrays that are not there -----------------------------------------------------------------------------


READERS = {
    "a checkpoint": checkpoint.load,
    "an array": read_npy,
    "a mapped array": lambda path: tl.data.Dataset.mapped(path, path),
    "a model": lambda path: open_model(path),
    "idx": lambda path: __import__("tinygrad_loss.data.files", fromlist=["idx"]).idx(path),
}


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes in folders are POSIX's")
@pytest.mark.parametrize("reader", READERS)
def test_a_pipe_or_a_device_is_refused_at_once(reader, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to("/dev/zero")
    for name, what in (("pipe", "a pipe"), ("link", "a device or a socket")):
        with pytest.raises(errors.StateError) as error:
            READERS[reader](tmp_path / name)
        said = f"reading {tmp_path / name}: it must be a file, got {what}. Use instead: the path of a file"
        assert str(error.value) == said


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes in folders are POSIX's")
@pytest.mark.parametrize("command", [["predict", "pipe"], ["predict", "MODEL", "--data", "pipe"], ["predict", "folder"]])
def test_a_command_does_not_wait_for_a_pipe(command, saved, tmp_path, capsys):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "folder" / "model.safetensors")
    assert main([str(saved) if word == "MODEL" else word for word in command]) == 2
    assert "it must be a file, got a pipe" in capsys.readouterr().err


SHAPES = [
    "(300000000, 8, 8)",
    "(-1, 4)",
    "(2, -4)",
    "(4611686018427387904, 4)",
    "(1,) * 3",
    "4",
    "(" + "1, " * 70 + ")",
    "None",
    "(2.0, 4)",
]
DESCRS = ["'O'", "'|O8'", "[('a', 'O')]", "'<U1000000000'", "'V0'", "'<f8', 'x'", "__import__('os')", "(" * 900, "'<m8'", "'nonsense'"]


@pytest.mark.parametrize("version", [1, 2, 3, 9])
@pytest.mark.parametrize("mapped", [False, True])
def test_an_array_is_read_only_where_the_file_holds_it(mapped, version, tmp_path):
    path = tmp_path / "a.npy"
    for raw in (
        *(npy(shape, bytes(64), version=version) for shape in SHAPES),
        *(npy("(1,)", bytes(64), d, version=version) for d in DESCRS),
    ):
        path.write_bytes(raw)
        tracemalloc.start()
        try:
            with pytest.raises(errors.StateError, match=r"the file must be a \.npy array of numbers, got"):
                tl.data.Dataset.mapped(path, path) if mapped else read_npy(path)
            assert tracemalloc.get_traced_memory()[1] < 2_000_000
        finally:
            tracemalloc.stop()


def test_damaged_arrays_are_refused_or_read(tmp_path):
    path = tmp_path / "a.npy"
    np.save(path, np.arange(12.0).reshape(3, 4))
    raw = path.read_bytes()
    for changed in counted(lambda rng: mutated(raw, rng), 500):
        path.write_bytes(changed)
        with contextlib.suppress(errors.StateError):
            assert isinstance(read_npy(path), np.ndarray)
