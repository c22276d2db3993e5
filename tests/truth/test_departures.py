"""What leaves the record: an array indexed by a traced tensor, a mask, a count; at a tie it is noticed, and nothing is proved."""

import inspect
import warnings

import numpy as np
import pytest

import tinygrad_loss as tl

A, B, EDGES = np.array([0.0, 1.0, 5.0, 7.0]), np.arange(5.0), np.arange(4.0)


def whole(x):
    return np.floor(x).astype(int)


def lerp(table):
    """Return the linear interpolation of 0, 1, 2, ...: x itself."""

    def f(x):
        i = whole(x)
        return (1 - (x - i)) * table[i] + (x - i) * table[i + 1]

    return f


# a function and a point at which numbers at a tie leave the record unseen
UNSEEN = {
    "an array indexed by a floor": (lambda x: x * A[whole(x)], 1.0),
    "several": (lambda x: np.sum(x * A[whole(x)]), np.array([1.0, 1.5, 2.0])),
    "np.searchsorted": (lambda x: x * A[np.searchsorted(EDGES, x, "right") - 1], 1.0),
    "np.digitize": (lambda x: x * A[np.digitize(x, EDGES) - 1], 1.0),
    "np.take of an array": (lambda x: x * np.take(A, np.rint(x).astype(int)), 0.5),
    "array.take": (lambda x: x * A.take(np.rint(x).astype(int)), 0.5),
    "np.argmax": (lambda x: np.sum(x) * A[np.argmax(x)], np.array([1.0, 1.0])),
    "a mask": (lambda x: x * A[x >= EDGES].sum(), 1.0),
    "a list": (lambda x: x * [1.0, 2.0, 3.0][whole(x)], 1.0),
    "int": (lambda x: x * A[int(whole(x))], 1.0),
    "float": (lambda x: x * float(np.mean(x > EDGES)), 1.0),
    "range": (lambda x: x * sum(range(whole(x))), 1.0),
    "item": (lambda x: x * A[whole(x).item()], 1.0),
    "tolist": (lambda x: x * A[whole(x).tolist()], 1.0),
    "np.asarray": (lambda x: x * A[np.asarray(whole(x))], 1.0),
    "a permutation by data": (lambda x: np.sum(x[np.argsort(-x).data] * EDGES), np.ones(4)),
    "a permutation by numpy": (lambda x: np.sum(x[np.argsort(-x).numpy()] * EDGES), np.ones(4)),
    "a class of a loss": (lambda x: tl.losses.cross_entropy(x[None], np.argmax(x)[None]), np.ones(2)),
}


ASKED_FOR = {"item", "tolist", "a permutation by data", "a permutation by numpy"}
"""The deliberate ways out, which are looked at while a transform runs."""


@pytest.mark.parametrize("name", UNSEEN)
def test_numbers_that_leave_at_a_tie_are_noticed(name):
    f, x = UNSEEN[name]
    with pytest.warns(tl.errors.UnprovedGradientWarning, match=r"leave the record.*Use instead: tl\.tensor\(a\)\[i\]") as seen:
        assert np.all(np.isfinite(tl.grad(f)(x)))
    assert not any(issubclass(w.category, tl.errors.UndefinedGradientWarning) for w in seen)
    assert {w.lineno for w in seen} <= set(range(f.__code__.co_firstlineno, f.__code__.co_firstlineno + 1))
    with pytest.warns(tl.errors.UnprovedGradientWarning):
        verdict = tl.differentiability(f, x)
    assert (verdict.kind, verdict.proved) == ("undecided", False)
    assert "numbers that left the record" in str(verdict)
    if name not in ASKED_FOR:
        with pytest.warns(tl.errors.UnprovedGradientWarning):
            f(tl.tensor(x, requires_grad=True)).backward()


@pytest.mark.parametrize("name", UNSEEN)
def test_beside_the_tie_all_is_proved(name):
    f, x = UNSEEN[name]
    x = x + 0.01 * np.arange(1, np.size(x) + 1).reshape(np.shape(x))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        tl.grad(f)(x)
        assert tl.differentiability(f, x).proved


def test_the_warning_stands_at_the_line():
    def f(x):
        i = whole(x)
        return x * A[i]

    with pytest.warns(tl.errors.UnprovedGradientWarning) as seen:
        tl.grad(f)(1.0)
    lines, first = inspect.getsourcelines(f)
    assert [(w.filename, lines[w.lineno - first].strip()) for w in seen] == [(__file__, "return x * A[i]")]


def test_a_linear_interpolation_of_an_array_is_undecided_and_of_a_tensor_true():
    x = tl.tensor(1.0, requires_grad=True)
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        assert np.isnan(tl.grad(lerp(B))(1.0))
        lerp(B)(x).backward()
    assert x.report.kind == "undecided"
    undecided = [str(w.message) for w in seen if w.category is tl.errors.UndecidedGradientWarning]
    assert len(undecided) == 2
    assert all("numbers that left the record" in text for text in undecided)
    assert not any(issubclass(w.category, tl.errors.UndefinedGradientWarning) for w in seen)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert tl.differentiability(lerp(B), 1.0).kind == "undecided"
        with tl.at_kinks("raise"), pytest.raises(tl.errors.UndefinedGradientError, match="could not be decided"):
            tl.grad(lerp(B))(1.0)
        assert np.isnan(tl.jvp(lerp(B), 1.0, 1.0)[1])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert tl.grad(lerp(tl.tensor(B)))(1.0) == 1.0
        assert tl.grad(lerp(B))(1.25) == 1.0


def test_a_tie_that_left_an_inner_function_is_noticed_by_the_outer():
    with pytest.warns(tl.errors.UnprovedGradientWarning):
        verdict = tl.differentiability(lambda x: x * tl.grad(lambda v: v * A[whole(v)])(x), 1.0)
    assert verdict.kind == "undecided"


# what NumPy hands over, and a jump that is seen: the function, the point, which entries have no gradient
SEEN = {
    "tl.tensor(a)[i]": (lambda x: x * tl.tensor(A)[whole(x)], 1.0, True),
    "np.choose": (lambda x: x * np.choose(whole(x), A), 1.0, True),
    "np.choose of truth values": (lambda x: x * np.choose(x > 1, [0.0, 1.0]), 1.0, True),
    "np.select": (lambda x: x * np.select([x < 1, x >= 1], [0.0, 1.0]), 1.0, True),
    "np.compress": (lambda x: x[0] * np.sum(np.compress(x >= 1, A[1:3])), np.array([1.0, 0.5]), [True, False]),
    "np.extract": (lambda x: x[0] * np.sum(np.extract(x >= 1, A[1:3])), np.array([1.0, 0.5]), [True, False]),
    "np.take_along_axis": (lambda x: np.sum(x[:2]) * np.take_along_axis(A, np.argsort(x), 0)[0], np.array([1.0, 1, 2, 3]), [1, 1, 0, 0]),
    "tl.ops.one_hot": (lambda x: np.sum(x * tl.ops.one_hot(np.argmax(x), 2)), np.ones(2), [True, True]),
    "tl.ops.embedding": (lambda x: np.sum(x * tl.ops.embedding(np.argmax(x), A[:2, None])), np.ones(2), [True, True]),
    "np.bincount": (lambda x: x[0] * np.bincount(whole(x), minlength=4)[1], np.array([1.0, 0.5]), [True, False]),
    "np.bincount of weights": (lambda x: x[0] * np.bincount(whole(x), [2.0, 3.0], 4)[1], np.array([1.0, 0.5]), [True, False]),
}


@pytest.mark.parametrize("name", SEEN)
@pytest.mark.filterwarnings("ignore::tinygrad_loss.errors.UnprovedGradientWarning")
def test_what_numpy_hands_over_is_recorded(name):
    f, x, gone = SEEN[name]
    with pytest.warns(tl.errors.UndefinedGradientWarning):
        assert np.isnan(tl.grad(f)(x)).tolist() == gone
    assert tl.differentiability(f, x).kind in {"discontinuous", "kink"}


def test_a_value_that_meets_itself_leaves_in_silence():
    x = np.array([1.0, 3.0, 2.0])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert tl.grad(lambda x: np.sum(x) * np.sum(A[:3][x >= np.max(x)]))(x).tolist() == [1.0, 1.0, 1.0]
        assert tl.grad(lambda x: np.sum(x) if x[1] >= np.max(x) else x[0])(x).tolist() == [1.0, 1.0, 1.0]
        assert (tl.tensor(1.0, requires_grad=True) > 1).numpy() == False  # noqa: E712  a look at numbers
        with tl.no_grad():
            assert whole(tl.tensor(1.0, requires_grad=True)).item() == 1
        with tl.at_kinks("convention"):
            assert tl.grad(lambda x: x * A[whole(x)])(1.0) == 1.0


def test_in_asks_a_comparison():
    with pytest.warns(tl.errors.UndefinedGradientWarning, match="of equals"):
        tl.grad(lambda x: x * (1.0 in x[None]))(1.0)
    assert 2.0 not in tl.tensor([1.0], requires_grad=True)
