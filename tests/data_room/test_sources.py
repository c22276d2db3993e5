"""Where data comes from: known sizes, hostile files, and what is missing."""

import gzip
import struct
import sys
from pathlib import Path

import numpy as np
import pytest

import tinygrad_loss as tl
from tinygrad_loss import errors
from tinygrad_loss.data import files
from tinygrad_loss.data.sources import FASHION

KNOWN = {
    # rows, shape of x, classes: the descriptions of scikit-learn 1.x
    "digits": (1797, (8, 8), 10),
    "cats": (900, (28, 28), 2),
    "breast_cancer": (569, (30,), 2),
    "diabetes": (442, (10,), 0),
    "iris": (150, (4,), 3),
    "wine": (178, (13,), 3),
    "moons": (200, (2,), 2),
    "spirals": (300, (2,), 3),
    "outliers": (200, (1,), 0),
}


@pytest.mark.parametrize("name", KNOWN)
def test_known_sizes(name):
    data = tl.data.load(name)
    assert (len(data), data.x.shape[1:], len(data.classes)) == KNOWN[name]
    assert data.name == name
    assert data.x.dtype == np.float32
    assert data.y.dtype == (np.int64 if data.classes else np.float32)
    assert tl.data.load(name, dtype=np.float64).x.dtype == np.float64


def test_the_same_name_gives_the_same_data():
    for name in ("moons", "spirals", "outliers"):
        np.testing.assert_array_equal(tl.data.load(name).x, tl.data.load(name).x)


def test_an_unknown_name_is_answered_with_the_nearest():
    with pytest.raises(errors.DomainError) as error:
        tl.data.load("digit")
    listed = ", ".join(map(repr, tl.data.names()))
    assert str(error.value) == f"tl.data.load: name must be one of {listed}, got 'digit'. Type instead: 'digits'"


def test_cats_come_with_the_package():
    data = tl.data.load("cats")
    assert data.classes == ("other", "cat")
    np.testing.assert_array_equal(np.bincount(data.y), [450, 450])
    # no picture twice, or a test row could be known from training
    assert len(np.unique(data.x.reshape(len(data), -1), axis=0)) == 900
    assert (data.x.min(), data.x.max()) == (0, 1)
    # the rows are in a random order: the cats among the first half are within three standard deviations, 7.5, of a half
    assert abs(data.y[:450].sum() - 225) < 23
    train, test = data.split()
    np.testing.assert_array_equal(np.bincount(test.y), [90, 90])
    assert len(train) == 720


def test_the_file_of_the_cats_is_small_and_says_whose_it_is():
    assert files.CATS.stat().st_size < 500_000
    licence = files.CATS.with_name("LICENSE").read_text(encoding="utf-8")
    assert licence.startswith("MIT License")
    assert "Copyright (c) 2025 SinaSR-6" in licence
    assert "animal-mnist" in files.CATS.with_name("README.md").read_text(encoding="utf-8")
    with np.load(files.CATS, allow_pickle=False) as found:
        assert {name: (a.dtype, a.shape) for name, a in found.items()} == {
            "images": (np.dtype(np.uint8), (900, 28, 28)),
            "is_cat": (np.dtype(bool), (900,)),
        }


def test_text_predicts_its_next_character():
    data = tl.data.load("pydoc", length=32)
    assert data.x.shape[1:] == data.y.shape[1:] == (32,)
    np.testing.assert_array_equal(data.x[:, 1:], data.y[:, :-1])
    np.testing.assert_array_equal(data.x[1:, 0], data.y[:-1, -1])
    assert "the" in "".join(data.classes[i] for i in data.x[:50].ravel())


def test_what_is_missing_says_how_to_get_it(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "sklearn", None)
    with pytest.raises(errors.MissingPackageError) as error:
        tl.data.load("iris")
    assert str(error.value) == "tl.data.load('iris'): needs scikit-learn, which is not installed here. Type: pip install scikit-learn"
    with pytest.raises(errors.MissingPackageError) as error:
        tl.data.load("fashion", folder=str(tmp_path))
    assert str(error.value) == (
        f"tl.data.load('fashion'): needs train-images-idx3-ubyte.gz in {tmp_path}, which is not installed here. "
        "Type: apt-get install dataset-fashion-mnist, or give the folder: tl.data.load('fashion', folder=...), --folder DIR"
    )


def write_idx(path, array):
    raw = struct.pack(">HBB", 0, 8, array.ndim) + struct.pack(f">{array.ndim}I", *array.shape) + array.astype(np.uint8).tobytes()
    path.write_bytes(gzip.compress(raw) if path.suffix == ".gz" else raw)


def test_fashion_reads_a_folder(tmp_path):
    rng = np.random.default_rng(0)
    images, labels = rng.integers(0, 256, (7, 28, 28)), np.array([0, 1, 2, 3, 4, 5, 9])
    write_idx(tmp_path / "train-images-idx3-ubyte.gz", images[:5])
    write_idx(tmp_path / "train-labels-idx1-ubyte.gz", labels[:5])
    write_idx(tmp_path / "t10k-images-idx3-ubyte", images[5:])
    write_idx(tmp_path / "t10k-labels-idx1-ubyte", labels[5:])
    data = tl.data.load("fashion", folder=str(tmp_path))
    np.testing.assert_allclose(data.x * 255, images, rtol=1e-6)
    np.testing.assert_array_equal(data.y, labels)
    assert data.classes[9] == "ankle boot"


def test_the_labels_of_the_packages_test_part_are_read_as_they_are():
    # the file of Debian's dataset-fashion-mnist 0.0~git20200523.55506a9-1: 10 000 labels, a thousand of each kind
    labels = files.idx(Path(__file__).parents[1] / "data" / "fashion" / "t10k-labels-idx1-ubyte.gz")
    np.testing.assert_array_equal(np.bincount(labels), [1000] * 10)
    np.testing.assert_array_equal(labels[:12], [9, 2, 1, 1, 6, 1, 4, 6, 5, 7, 4, 5])


def check_the_package(folder):
    data = tl.data.load("fashion", folder=folder)
    assert data.x.shape == (70_000, 28, 28)
    assert (data.x.min(), data.x.max()) == (0, 1)
    np.testing.assert_array_equal(np.bincount(data.y[:60_000]), [6000] * 10)
    np.testing.assert_array_equal(np.bincount(data.y[60_000:]), [1000] * 10)
    np.testing.assert_array_equal(data.y[[0, 1, 2, 60_000, 60_001]], [9, 0, 0, 9, 2])
    # the mean of the training part's pixels, by the reader in the package's documentation
    assert data.x[:60_000].mean(dtype=np.float64) == pytest.approx(0.2860405969887955, rel=1e-7)


if Path(FASHION).is_dir():  # collected where it is installed, so that nothing is skipped

    def test_the_package_is_read():
        check_the_package(FASHION)


def test_parts_that_do_not_fit_together_are_refused(tmp_path):
    names = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")
    for name, shape in zip(names, ((3, 4, 4), (2,), (2, 4, 4), (3,)), strict=True):
        write_idx(tmp_path / name, np.zeros(shape))
    with pytest.raises(errors.ShapeError) as error:
        tl.data.load("fashion", folder=tmp_path)
    assert str(error.value) == (
        "tl.data.load('fashion'): the part 'train' must hold images of one size, (n, height, width), and as many labels, (n,), "
        "got (3, 4, 4) and (2,) (x has length 3 on axis 0, y has 2). Use instead: folder= of the idx files of one data set"
    )


def test_a_damaged_gzip_file_is_refused(tmp_path):
    path = tmp_path / "labels.gz"
    write_idx(path, np.arange(9))
    whole = path.read_bytes()
    for damaged in (whole[:-9], b"no gzip", whole[:12] + b"\xff\xff" + whole[14:]):
        path.write_bytes(damaged)
        with pytest.raises(errors.DomainError, match=r"labels.gz must be a whole gzip file, got .*damaged"):
            files.idx(path)


def test_a_truncated_or_foreign_idx_file_is_refused(tmp_path):
    path = tmp_path / "labels"
    write_idx(path, np.arange(9))
    path.write_bytes(path.read_bytes()[:-2])
    with pytest.raises(errors.ShapeError) as error:
        files.idx(path)
    assert str(error.value) == (
        "tl.data: labels must hold 9 bytes for shape (9,), got 7 bytes. Use instead: the download again; the file is truncated"
    )
    path.write_bytes(b"PK\3\4zip")
    with pytest.raises(errors.DomainError, match="an idx file of bytes begins with 0, 0, 8"):
        files.idx(path)
