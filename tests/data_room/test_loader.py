"""Batches: every row once, the same in every run, also when a thread prepares them."""

import threading

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tinygrad_loss import errors
from tinygrad_loss.data import DataLoader, Dataset


def rows(n):
    return Dataset(np.arange(float(n)), np.arange(n))


@settings(deadline=None, max_examples=60)
@given(st.integers(1, 40), st.integers(1, 45), st.booleans(), st.integers(0, 3))
def test_an_epoch_has_every_row_once(n, batch_size, shuffle, prefetch):
    loader = DataLoader(rows(n), batch_size, shuffle, rng=0, prefetch=prefetch)
    batches = [y for _, y in loader]
    assert len(batches) == len(loader)
    assert all(len(y) == batch_size for y in batches[:-1])
    assert sorted(np.concatenate(batches)) == list(range(n))


def test_the_last_batch_is_dropped_on_request():
    loader = DataLoader(rows(10), 4, drop_last=True)
    assert [len(y) for _, y in loader] == [4, 4]
    assert len(loader) == 2


def test_a_seed_gives_the_same_epochs_and_each_epoch_its_own_order():
    a, b = DataLoader(rows(30), 7, shuffle=True, rng=5), DataLoader(rows(30), 7, shuffle=True, rng=5, prefetch=3)
    first, again = [np.concatenate([y for _, y in loader]) for loader in (a, b)]
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, np.concatenate([y for _, y in a]))


def test_augmentation_uses_the_loaders_chance():
    def jitter(x, rng):
        return x + rng.random(x.shape)

    a, b = (DataLoader(rows(9), 4, rng=1, augment=jitter, prefetch=p) for p in (0, 2))
    for (x, _), (z, _) in zip(a, b, strict=True):
        np.testing.assert_array_equal(x, z)


def test_an_error_in_the_thread_is_raised_in_the_reader():
    def broken(x, rng):
        raise KeyError("augment")

    with pytest.raises(KeyError, match="augment"):
        list(DataLoader(rows(9), 4, augment=broken, prefetch=2))


def test_the_thread_ends_when_the_reader_leaves():
    batches = iter(DataLoader(rows(1000), 1, prefetch=2))
    next(batches)
    assert any(t.name.startswith("prefetch") for t in threading.enumerate())
    batches.close()
    assert not any(t.name.startswith("prefetch") for t in threading.enumerate())


def test_bad_sizes_are_refused():
    with pytest.raises(errors.DomainError) as error:
        DataLoader(rows(5), 0)
    assert str(error.value) == "DataLoader: batch_size must be a whole number from 1 on, got 0. Type instead: batch_size=32"
    with pytest.raises(errors.DomainError) as error:
        DataLoader(rows(5), 8, drop_last=True)
    assert str(error.value) == (
        "DataLoader: with drop_last=True batch_size must be at most the number of rows, 5, got 8. Type instead: batch_size=5"
    )
    for prefetch in (-1, 1.5):
        with pytest.raises(errors.DomainError) as error:
            DataLoader(rows(5), 2, prefetch=prefetch)
        assert str(error.value) == f"DataLoader: prefetch must be a whole number from 0 on, got {prefetch}. Type instead: prefetch=2"
