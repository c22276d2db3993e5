"""Data sets: their checks, their split, and arrays that stay on disk."""

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

import tinygrad_loss as tl
from tinygrad_loss import errors
from tinygrad_loss.data import Dataset


def message(error):
    return str(error.value)


def test_lengths_must_agree():
    with pytest.raises(errors.ShapeError) as error:
        Dataset(np.zeros((3, 2)), np.zeros(4))
    assert (
        message(error)
        == "Dataset: x and y must have one row per example, got (3, 2) and (4,) (x has length 3 on axis 0, y has 4). Type instead: Dataset(x[:3], y[:3])"
    )


def test_an_empty_data_set_is_refused():
    with pytest.raises(errors.DomainError) as error:
        Dataset(np.zeros((0, 2)), np.zeros(0))
    assert message(error) == "Dataset: there must be at least one example, got 0 rows. Use instead: Dataset(x, y) with rows"


def test_fewer_names_than_labels_are_refused():
    with pytest.raises(errors.DomainError) as error:
        Dataset(np.zeros((3, 2)), np.array([0, 1, 2]), classes=("a", "b"))
    assert message(error) == ("Dataset: class indices must lie in 0..1, one for each name, got 0..2. Use instead: classes= with 3 names")
    with pytest.raises(errors.DomainError) as error:
        Dataset(np.zeros((2, 2)), np.array([-1, 1]), classes=("a", "b"))
    assert message(error) == "Dataset: class indices must lie in 0..1, one for each name, got -1..1. Type instead: y - y.min()"


def test_the_split_is_scikit_learns():
    bunch = load_digits()
    x_train, x_test, y_train, y_test = train_test_split(bunch.images, bunch.target, test_size=0.2, random_state=0, stratify=bunch.target)
    train, test = tl.data.load("digits", dtype=np.float64).split()
    np.testing.assert_array_equal(train.x, x_train / 16)
    np.testing.assert_array_equal(test.x, x_test / 16)
    np.testing.assert_array_equal(train.y, y_train)
    np.testing.assert_array_equal(test.y, y_test)


def test_numbers_are_split_without_strata():
    train, test = tl.data.load("diabetes").split(0.25, random_state=3)
    assert (len(train), len(test)) == (331, 111)
    assert test.x.shape[1:] == (10,)


def test_standardising_uses_the_training_statistics_and_survives_constant_columns():
    train = Dataset(np.array([[1.0, 5.0], [3.0, 5.0]]), np.arange(2))
    test = Dataset(np.array([[5.0, 6.0]]), np.arange(1))
    scaled, other = tl.data.standardise(train, test)
    np.testing.assert_array_equal(scaled.x, [[-1.0, 0.0], [1.0, 0.0]])
    np.testing.assert_array_equal(other.x, [[3.0, 1.0]])


def test_mapped_arrays_are_read_batch_by_batch(tmp_path):
    x = np.lib.format.open_memmap(tmp_path / "x.npy", "w+", np.float32, (50, 3))
    x[:] = np.arange(150, dtype=np.float32).reshape(50, 3)
    x.flush()
    np.save(tmp_path / "y.npy", np.arange(50))
    data = Dataset.mapped(tmp_path / "x.npy", tmp_path / "y.npy", name="big")
    assert isinstance(data.x, np.memmap)
    assert isinstance(data.take(slice(10)).x, np.memmap)
    seen = np.concatenate([x[:, 0] // 3 for x, _ in tl.data.DataLoader(data, 7, shuffle=True, rng=0, prefetch=2)])
    np.testing.assert_array_equal(np.sort(seen), np.arange(50))


def test_rows_and_pairs():
    data = Dataset(np.arange(6.0).reshape(3, 2), np.array([0, 1, 1]), name="d", features=("a", "b"))
    assert len(data) == 3
    np.testing.assert_array_equal(data[1][0], [2.0, 3.0])
    assert [int(y) for _, y in data] == [0, 1, 1]
    assert data.take(data.y == 1).x.shape == (2, 2)
    assert repr(data) == "Dataset('d': 3 rows, x (2,) float64, y () int64)"


@pytest.mark.parametrize("rows", [[[1.0, 2.0], [3.0]], np.array([[1.0, 2.0], [3.0]], object)], ids=["lists", "objects"])
def test_rows_of_unlike_lengths_are_refused(rows):
    with pytest.raises(errors.ShapeError) as error:
        Dataset(rows, [0, 1])
    assert str(error.value) == (
        "Dataset: every row of x must be as long as the others, and so must every row of y, got rows of unlike lengths. "
        "Type instead: tl.nn.pad_sequences(rows)"
    )
