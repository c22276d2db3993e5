"""The methods that a tensor shares with NumPy's arrays answer as those do, arguments in the same order."""

import numpy as np
import pytest

import tinygrad_loss as tl

MATRIX = np.array([[3.0, -1.0, 2.0], [0.5, 4.0, -2.0], [1.0, 1.5, 0.0]])
VECTOR = np.array([1.0, 3.0, 5.0])
CALLS = {
    "argmax": [(1,)],
    "argmin": [(0,)],
    "argpartition": [(1,)],
    "argsort": [(0,)],
    "astype": [(np.float32,)],
    "choose": [],
    "clip": [(-1.0, 2.0)],
    "compress": [([True, False, True],), ([True, False, True], 1)],
    "conj": [()],
    "conjugate": [()],
    "copy": [()],
    "cumprod": [(1,)],
    "cumsum": [(0,)],
    "diagonal": [(1,)],
    "dot": [(VECTOR,)],
    "flatten": [()],
    "item": [],
    "max": [(1,)],
    "mean": [(0,)],
    "min": [(1,)],
    "nonzero": [()],
    "partition": [],
    "prod": [(0,)],
    "ravel": [()],
    "repeat": [(2, 1)],
    "reshape": [(9,), ((1, 9),), (3, 3, 1)],
    "round": [(0,)],
    "searchsorted": [],
    "sort": [],
    "squeeze": [()],
    "std": [(0,)],
    "sum": [(1,)],
    "swapaxes": [(0, 1)],
    "take": [([2, 0], 1)],
    "tolist": [],
    "trace": [(1,)],
    "transpose": [(), (1, 0)],
    "var": [(1,)],
    "view": [],
    "all": [(0,)],
    "any": [(1,)],
}


@pytest.mark.parametrize(("name", "given"), [(name, given) for name, calls in CALLS.items() for given in calls])
def test_a_method_answers_as_numpys(name, given):
    want = getattr(MATRIX, name)(*given)
    found = getattr(tl.tensor(MATRIX), name)(*given)
    for a, b in zip(found if isinstance(found, tuple) else [found], want if isinstance(want, tuple) else [want], strict=True):
        np.testing.assert_allclose(a.numpy() if isinstance(a, tl.Tensor) else a, b, rtol=1e-15)


def test_methods_of_sorted_vectors_and_indices_answer_as_numpys():
    np.testing.assert_array_equal(tl.tensor(VECTOR).searchsorted([2.0, 5.0], "right").numpy(), VECTOR.searchsorted([2.0, 5.0], "right"))
    index = tl.tensor(np.array([0, 1, 1]))
    np.testing.assert_array_equal(index.choose([VECTOR, 2 * VECTOR]).numpy(), np.array([0, 1, 1]).choose([VECTOR, 2 * VECTOR]))


def test_every_method_that_numpy_has_too_is_in_the_table():
    shared = {name for name in dir(tl.tensor(MATRIX)) if not name.startswith("_") and callable(getattr(MATRIX, name, None))}
    assert shared <= set(CALLS)
