"""Files of data sets that are damaged or lie: their headers are read first, and no more than these name."""

import contextlib
import gzip
import importlib.util
import pickle
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

import tinygrad_loss as tl
from hostile import counted, idx, mutated
from tinygrad_loss import errors
from tinygrad_loss.data import files

MANY = 200_000_000
LIES = {
    "a shape beyond the file": (idx((60_000, 28, 28), bytes(100)), "must hold 47040000 bytes for shape (60000, 28, 28), got "),
    "the largest shape": (idx((2**32 - 1,) * 3, bytes(100)), "bytes for shape (4294967295, 4294967295, 4294967295), got "),
    "255 axes": (idx((1,) * 255, bytes(1)), "an idx file of bytes begins with 0, 0, 8, got "),
    "an empty array too large for any machine": (idx((0, 2**32 - 1, 2**32 - 1), b""), "must hold 0 bytes"),
    "floats": (idx((1,), bytes(4), kind=13), "an idx file of bytes begins with 0, 0, 8, got "),
    "half a header": (idx((2, 2), b"")[:7], "an idx file of bytes begins with 0, 0, 8, got "),
    "one byte too many": (idx((3,), bytes(4)), "must hold 3 bytes for shape (3,), got more"),
}


def written(path, raw):
    path.write_bytes(gzip.compress(raw) if path.suffix == ".gz" else raw)
    return path


def refused(path, limit, read=files.idx):
    """Return what a reader says of a file, which it refuses within so much memory."""
    tracemalloc.start()
    try:
        with pytest.raises(errors.TinygradLossError) as error:
            read(path)
        assert tracemalloc.get_traced_memory()[1] < limit
    finally:
        tracemalloc.stop()
    return str(error.value)


@pytest.mark.parametrize("name", ["a", "a.gz"])
@pytest.mark.parametrize("lie", LIES)
def test_a_header_that_lies_is_refused(lie, name, tmp_path):
    raw, said = LIES[lie]
    assert said in refused(written(tmp_path / name, raw), 1_000_000)


def bomb(path, head):
    """Write a gzip file that unpacks to hundreds of megabytes after its header."""
    with gzip.open(path, "wb", compresslevel=9) as file:
        file.write(head)
        for _ in range(MANY // 1_000_000):
            file.write(bytes(1_000_000))
    return path


def test_no_more_is_unpacked_than_the_header_names(tmp_path):
    path = bomb(tmp_path / "labels.gz", idx((10,), b""))
    assert refused(path, 2_000_000).endswith(
        "must hold 10 bytes for shape (10,), got more. Use instead: the download again; the file is damaged"
    )


def test_the_headers_of_a_folder_are_compared_before_its_images_are_read(tmp_path):
    bomb(tmp_path / "train-images-idx3-ubyte.gz", idx((MANY // 10_000, 100, 100), b""))
    written(tmp_path / "train-labels-idx1-ubyte.gz", idx((5,), bytes(5)))
    written(tmp_path / "t10k-images-idx3-ubyte.gz", idx((5, 100, 100), bytes(50_000)))
    written(tmp_path / "t10k-labels-idx1-ubyte.gz", idx((5,), bytes(5)))
    said = refused(tmp_path, 3_000_000, lambda folder: tl.data.load("fashion", folder=folder))
    assert "the part 'train' must hold images of one size" in said


@pytest.mark.parametrize("name", ["a", "a.gz"])
def test_damaged_files_are_refused_or_read(name, tmp_path):
    path = written(tmp_path / name, idx((3, 4, 4), bytes(range(48))))
    raw = path.read_bytes()
    for changed in counted(lambda rng: mutated(raw, rng), 400):
        path.write_bytes(changed)
        with contextlib.suppress(errors.TinygradLossError):
            assert files.idx(path).nbytes < 2000


# ---- the pickles from which the pictures of cats were taken ------------------------------------------------------------------------


@pytest.fixture(scope="module")
def cats():
    path = Path(__file__).parents[2] / "docs" / "make_cats.py"
    spec = importlib.util.spec_from_file_location("make_cats", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("protocol", [3, 4])
@pytest.mark.parametrize("dtype", [np.uint8, np.int64, bool, float])
def test_a_pickled_array_is_read(protocol, dtype, cats):
    array = np.arange(12).reshape(3, 4).astype(dtype)
    found = cats.unpickled(pickle.dumps(array, protocol), "it")
    np.testing.assert_array_equal(found, array)
    assert found.dtype == array.dtype


FORGED = {
    "memory as it was": b"cnumpy\nndarray\n((L1000L\ntS'u1'\ntR.",
    "memory as it was, made new": b"\x80\x02cnumpy\nndarray\n(K\x05\x85U\x02u1t\x81.",
    "reconstructed with a shape": b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(I1000\ntS'b'\ntR.",
    "without its bytes": b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(I0\ntS'b'\ntR(I1\n(I1000\ntcnumpy\ndtype\n(S'u1'\nI0\nI1\ntRI00\nS''\ntb.",
    "a command": b"cos\nsystem\n(S'echo hello'\ntR.",
    "builtins": b"cbuiltins\neval\n(S'1'\ntR.",
    "a dtype": b"cnumpy\ndtype\n(S'u1'\nI0\nI1\ntR.",
    "objects": pickle.dumps(np.array([None, 1])),
    "a list": pickle.dumps([1]),
    "nothing": b"",
    "garbage": bytes(range(256)),
    "half of one": pickle.dumps(np.arange(100.0))[:60],
}


@pytest.mark.parametrize("case", FORGED)
def test_a_forged_pickle_is_refused(case, cats):
    with pytest.raises(pickle.UnpicklingError, match="it must be a pickled array of numbers, got "):
        cats.unpickled(FORGED[case], "it")


def test_damaged_pickles_are_refused_or_whole(cats):
    raw = pickle.dumps(np.arange(40, dtype=np.int16), 3)
    for changed in counted(lambda rng: mutated(raw, rng), 300):
        with contextlib.suppress(pickle.UnpicklingError):
            assert cats.unpickled(changed, "it").nbytes <= len(changed)
