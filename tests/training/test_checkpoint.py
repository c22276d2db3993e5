"""Files that come back as they went, survive every accident, and never harm their reader."""

import contextlib
import errno
import json
import os
import struct
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import tinygrad_loss as tl
from tinygrad_loss import errors
from tinygrad_loss.training import checkpoint

TREE = {
    "weights": [np.arange(6, dtype=np.float32).reshape(2, 3), np.zeros((0, 4)), np.array(True)],
    "step": 3,
    "rate": 0.1,
    "nested": {"none": None, "text": 'quote " and \u00e9', "big": 2**120, "inf": float("inf"), "list": [1, [2.5]]},
}


def same(a, b):
    if isinstance(a, np.ndarray):
        assert a.dtype == b.dtype
        np.testing.assert_array_equal(a, b)
    elif isinstance(a, dict):
        assert a.keys() == b.keys()
        for key in a:
            same(a[key], b[key])
    elif isinstance(a, list):
        assert len(a) == len(b)
        for x, y in zip(a, b, strict=True):
            same(x, y)
    else:
        assert a == b


def test_a_tree_comes_back(tmp_path):
    path = tmp_path / "run.safetensors"
    checkpoint.save(path, TREE)
    same(TREE, checkpoint.load(path))
    assert [p.name for p in tmp_path.iterdir()] == ["run.safetensors"]
    checkpoint.load(path)["weights"][0][0, 0] = 5.0  # loaded arrays are writable


DTYPES = [np.float64, np.float32, np.float16, np.int64, np.int32, np.int16, np.int8, np.uint64, np.uint32, np.uint16, np.uint8, np.bool_]


@settings(deadline=None, max_examples=50)
@given(st.sampled_from(DTYPES).flatmap(lambda d: hnp.arrays(d, hnp.array_shapes(min_dims=0, min_side=0))))
def test_every_array_comes_back_bit_for_bit(tmp_path_factory, array):
    path = tmp_path_factory.mktemp("array") / "a"
    checkpoint.save(path, {"a": array})
    found = checkpoint.load(path)["a"]
    assert (found.dtype, found.shape, found.tobytes()) == (array.dtype, array.shape, array.tobytes())


def test_the_format_is_safetensors(tmp_path):
    library = pytest.importorskip("safetensors.numpy")
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    arrays = {"a": np.arange(5.0), "b": np.ones((2, 2), np.int32)}
    checkpoint.save(ours, arrays)
    same(arrays, dict(sorted(library.load_file(ours).items())))
    library.save_file(arrays, theirs)
    same(arrays, dict(sorted(checkpoint.load(theirs).items())))


def test_names_that_look_alike_stay_apart(tmp_path):
    tree = {"x.y": np.ones(2), "x": {"y": np.zeros(3), "y'": np.full(1, 2.0)}, "__metadata__": np.full(2, 3.0), "0": [np.full(2, 4.0)]}
    checkpoint.save(tmp_path / "run", tree)
    same(tree, checkpoint.load(tmp_path / "run"))


@pytest.mark.parametrize(
    ("state", "got"),
    [
        ({"a": [1, {2, 3}]}, "set at 'a.1'"),
        ({"a": np.array(["text"])}, "dtype <U4 at 'a'"),
        ({"a": np.ones(2, complex)}, "dtype complex128 at 'a'"),
        ({"a": tl.tensor([1.0])}, "Tensor at 'a'"),
        ({"a": {"array in this file": "a"}}, "the key 'array in this file' at 'a'"),
    ],
    ids=["a set", "texts", "complex numbers", "a tensor", "its own mark"],
)
def test_what_cannot_come_back_is_not_written(state, got, tmp_path):
    path = tmp_path / "run"
    checkpoint.save(path, {"epoch": 1})
    with pytest.raises(errors.ArgumentError) as error:
        checkpoint.save(path, state)
    assert str(error.value) == (
        f"checkpoint.save: a state is a tree of dicts, lists, arrays of numbers, numbers, texts and None, got {got}. "
        "Use instead: x.numpy() of a tensor, str(x) of anything else"
    )
    assert checkpoint.load(path) == {"epoch": 1}
    assert [p.name for p in tmp_path.iterdir()] == ["run"]


def test_an_interrupt_while_writing_leaves_nothing_behind(tmp_path, monkeypatch):
    path = tmp_path / "run"
    checkpoint.save(path, {"epoch": 1})

    def interrupted(handle):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        checkpoint.save(path, {"epoch": 2})
    assert checkpoint.load(path) == {"epoch": 1}
    assert [p.name for p in tmp_path.iterdir()] == ["run"]


def test_a_full_disk_loses_nothing(tmp_path, monkeypatch):
    path = tmp_path / "run"
    checkpoint.save(path, {"epoch": 1})

    def full(handle):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(errors.SaveError) as error:
        checkpoint.save(path, {"epoch": 2})
    assert str(error.value) == (
        f"saving {path}: the file must be writable whole, got No space left on device; what was there before is untouched. "
        "Use instead: another path, or free some space and call it again"
    )
    monkeypatch.undo()
    assert checkpoint.load(path) == {"epoch": 1}
    assert [p.name for p in tmp_path.iterdir()] == ["run"]


KILLED_WHILE_WRITING = """
import os
from tinygrad_loss.training import checkpoint
os.fsync = lambda handle: os._exit(9)
checkpoint.save("run", {"epoch": 2})
"""


def test_what_a_kill_while_writing_left_behind_goes_with_the_next_save(tmp_path):
    path, others = tmp_path / "run", [".run.tmp", f".run.{os.getpid()}0.x.tmp", ".run2.1.tmp"]
    checkpoint.save(path, {"epoch": 1})
    for name in others:
        (tmp_path / name).touch()
    done = subprocess.run([sys.executable, "-c", KILLED_WHILE_WRITING], cwd=tmp_path, check=False)  # noqa: S603  our own line
    assert done.returncode == 9
    assert len(list(tmp_path.iterdir())) == 2 + len(others)
    assert checkpoint.load(path) == {"epoch": 1}
    running = tmp_path / f".run.{os.getppid()}.tmp"
    running.touch()
    checkpoint.save(path, {"epoch": 3})
    assert {p.name for p in tmp_path.iterdir()} == {"run", running.name, *others}


def test_a_missing_folder_is_refused(tmp_path):
    with pytest.raises(errors.SaveError, match="No such file or directory"):
        checkpoint.save(tmp_path / "no" / "run", {})


def test_every_truncation_is_refused(tmp_path):
    path = tmp_path / "run"
    checkpoint.save(path, {"a": np.arange(3.0), "epoch": 1})
    whole = path.read_bytes()
    for n in range(len(whole)):
        path.write_bytes(whole[:n])
        with pytest.raises(errors.StateError):
            checkpoint.load(path)
    path.write_bytes(whole + b"\0")
    with pytest.raises(errors.StateError) as error:
        checkpoint.load(path)
    assert str(error.value) == (
        "loading run: the arrays must fill the file, 24 bytes, got 25 bytes of data. "
        "Use instead: a file written by tl.training.checkpoint.save"
    )


@settings(deadline=None, max_examples=300)
@given(st.data())
def test_a_damaged_file_is_refused_or_read_but_never_harms(tmp_path_factory, data):
    path = tmp_path_factory.getbasetemp() / "damaged"
    checkpoint.save(path, {"a": np.arange(3.0), "epoch": 1})
    raw = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 3))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(raw)
    with contextlib.suppress(errors.StateError):
        checkpoint.load(path)


def file_with(path, header, data=b""):
    head = header if isinstance(header, bytes) else json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(head)) + head + data)
    return path


HOSTILE = {
    "a header larger than the file": (struct.pack("<Q", 2**60) + b"{}", "the header must fit into the file, got 10 bytes, and a header of"),
    "an empty file": (b"", "the header must fit into the file, got 0 bytes"),
    "a pickle": (b"\x80\x04K\x01.", "the header must fit into the file, got 5 bytes"),
}
ENTRY = {"dtype": "F64", "shape": [2], "data_offsets": [0, 16]}
CONTRADICTIONS = {
    "deep nesting": (b"[" * 100_000, "the header must be JSON"),
    "a list": (b"[]", "the header must be a JSON object, got list"),
    "a name twice": (b'{"a": 1, "a": 2}', "the header must be JSON, got a name stands twice"),
    "an unknown dtype": ({"a": ENTRY | {"dtype": "O"}}, "'a' must have a known dtype"),
    "a negative shape": ({"a": ENTRY | {"shape": [-2]}}, "'a' must have whole numbers"),
    "a huge shape": ({"a": ENTRY | {"shape": [2**40, 2**40]}}, "'a' of shape (1099511627776, 1099511627776) needs"),
    "another shape": ({"a": ENTRY | {"shape": [3]}}, "'a' of shape (3,) needs 24 bytes within 16, got the bytes 0 to 16"),
    "offsets beyond the end": (
        {"a": ENTRY | {"data_offsets": [8, 24]}},
        "'a' of shape (2,) needs 16 bytes within 16, got the bytes 8 to 24",
    ),
    "an overlap": ({"a": ENTRY, "b": ENTRY}, "arrays must lie side by side, got a gap or an overlap at byte 0"),
    "an entry that is no object": ({"a": 3}, "'a' must have a known dtype"),
    "an empty array too large for any machine": (
        {"b": {"dtype": "F32", "shape": [0, 2**62], "data_offsets": [0, 0]}, "a": ENTRY},
        "'b' must have a shape that an array can have",
    ),
    "more axes than an array can have": ({"a": ENTRY | {"shape": [2] + [1] * 70}}, "'a' must have a shape that an array can have"),
    "metadata of nonsense": ({"__metadata__": {"state": "{"}, "a": ENTRY}, "its metadata must describe its arrays"),
    "metadata of missing arrays": (
        {"__metadata__": {"state": '{"array in this file": "b"}'}, "a": ENTRY},
        "its metadata must describe its arrays",
    ),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_what_is_no_checkpoint_is_refused(case, tmp_path):
    raw, said = HOSTILE[case]
    path = tmp_path / "x"
    path.write_bytes(raw)
    with pytest.raises(errors.StateError) as error:
        checkpoint.load(path)
    assert said in str(error.value)


@pytest.mark.parametrize("case", CONTRADICTIONS)
def test_a_file_that_contradicts_itself_is_refused(case, tmp_path):
    header, said = CONTRADICTIONS[case]
    with pytest.raises(errors.StateError) as error:
        checkpoint.load(file_with(tmp_path / "x", header, bytes(16)))
    assert said in str(error.value)
