"""Half precision: what is computed in float16 is the float32 result, rounded once, in values and in gradients."""

import sys
from pathlib import Path

import numpy as np
import pytest

import numpy_calls
import tinygrad_loss as tl
from laws import movable, tries
from table import ROWS, every_op

sys.path.insert(0, str(Path(__file__).parent / "losses"))
sys.path.insert(0, str(Path(__file__).parent / "nn"))
import catalogue
import layer_cases

HALF, SINGLE = np.float16, np.float32
MANY = 70_000
"""More than float16 can count to."""
LARGE = 60_000.0
"""Not far below the largest float16, 65,504."""


def flat(y):
    """Return the tensors of a result that may be nested."""
    if isinstance(y, tuple | list):
        return [t for part in y for t in flat(part)]
    return [] if y is None else [y]


def run(f, arrays, moved, dtype):
    """Return values and gradients of f, whose arrays of half precision are given in ``dtype``."""
    given = [x.astype(dtype) if getattr(x, "dtype", None) == HALF else x for x in arrays]
    leaves = [tl.tensor(x, requires_grad=True) if i in moved else x for i, x in enumerate(given)]
    with np.errstate(all="ignore"), tl.at_kinks("convention"):
        results = [y for y in flat(f(*leaves)) if isinstance(y, tl.Tensor)]
        smooth = [np.sum(y.astype(np.float64)) for y in results if y.requires_grad and y.dtype.kind == "f"]
        if smooth:
            sum(smooth).backward()
    return [y.numpy() for y in results], [x.grad for i, x in enumerate(leaves) if i in moved]


def rounds_once(f, arrays, moved):
    """The float16 answer is the float32 answer, rounded."""
    values, gradients = run(f, arrays, moved, HALF)
    wide, wide_gradients = run(f, arrays, moved, SINGLE)
    assert len(values) == len(wide)
    for got, expected in zip(values + gradients, wide + wide_gradients, strict=True):
        if expected is None:
            assert got is None
            continue
        with np.errstate(over="ignore"):
            rounded = expected.astype(HALF) if expected.dtype == SINGLE else expected
        np.testing.assert_array_equal(got, rounded, strict=True)


def halves(arrays):
    """Return floating arrays in half precision."""
    return [np.asarray(x).astype(HALF) if np.asarray(x).dtype.kind == "f" else x for x in arrays]


# ---- losses ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("reduction", ["none", "mean", "sum", "batchmean"])
@pytest.mark.parametrize("loss", catalogue.ALL, **catalogue.by_name)
def test_a_loss_rounds_once(loss, reduction, rng):
    arrays = halves(catalogue.draw(loss, rng))
    rounds_once(lambda *x: loss(*x, reduction=reduction), arrays, catalogue.moved(loss))


@pytest.mark.parametrize("loss", [loss for loss in catalogue.ALL if loss.facts.input in {"real", "logit"}], **catalogue.by_name)
@pytest.mark.parametrize("scale", [300.0, LARGE])
def test_a_loss_of_large_numbers_rounds_once(loss, scale, rng):
    arrays = halves(catalogue.draw(loss, rng))
    arrays[0] = (np.sign(arrays[0]) * scale * rng.uniform(0.9, 1.0, arrays[0].shape)).astype(HALF)
    rounds_once(loss, arrays, catalogue.moved(loss))


COUNTING = [loss for loss in catalogue.ALL if loss.per == "entry" and loss.arity == 2 and loss.__name__ not in catalogue.OF_DISTRIBUTIONS]


@pytest.mark.parametrize("loss", COUNTING, **catalogue.by_name)
def test_a_loss_counts_beyond_half_precision(loss, rng):
    arrays = halves(catalogue.draw(loss, rng, MANY if loss.__name__ not in catalogue.COUPLED else 6))
    if arrays[0].size >= MANY:
        rounds_once(loss, arrays, catalogue.moved(loss))


def test_weights_and_masks_in_half_precision(rng):
    x, y, w = halves([rng.standard_normal(MANY), rng.standard_normal(MANY), rng.uniform(0, 1, MANY)])
    rounds_once(lambda x, y: tl.losses.mse_loss(x, y, sample_weight=w.astype(x.dtype), where=w > 0.1), [x, y], (0,))


# ---- ops ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "op", [op for op in every_op() if op.kind != "predicate" and not ROWS[op.name].fixes_dtype], ids=lambda op: op.name
)
def test_an_op_rounds_once(op, rng):
    for inputs, static in tries(op, rng):
        arrays = [np.asarray(x).astype(HALF)[()] if getattr(x, "dtype", None) == np.float64 else x for x in inputs]
        moved = movable(op, inputs)
        rounds_once(lambda *x, static=static: op.call(*x, **static), arrays, moved)


REDUCTIONS = {
    "sum": np.sum,
    "sum_axis": lambda x: np.sum(x.reshape((2, -1)), axis=1),
    "mean": np.mean,
    "mean_axis": lambda x: np.mean(x.reshape((-1, 2)), axis=0),
    "mean_where": lambda x: np.mean(x, where=np.arange(x.size) % 3 > 0),
    "var": np.var,
    "var_method": lambda x: x.var(),
    "std": np.std,
    "average": lambda x: np.average(x, weights=(np.arange(x.size) % 7).astype(x.dtype)),
    "norm": np.linalg.norm,
    "norm_1": lambda x: np.linalg.norm(x, ord=1),
    "norm_3": lambda x: np.linalg.norm(x, ord=3),
    "logsumexp": tl.ops.logsumexp,
    "softmax": lambda x: tl.ops.softmax(x, axis=0),
    "log_softmax": lambda x: tl.ops.log_softmax(x, axis=0),
    "cumsum": np.cumsum,
    "cumsum_axis": lambda x: np.cumsum(x.reshape((-1, 2)), axis=0),
    "logcumsumexp": lambda x: tl.ops.logcumsumexp(x, axis=0),
    "nanmean": np.nanmean,
    "nanvar": np.nanvar,
    "median": np.median,
    "quantile": lambda x: np.quantile(x, 0.3),
    "cov": lambda x: np.cov(x.reshape((2, -1))),
    "corrcoef": lambda x: np.corrcoef(x.reshape((2, -1))),
    "trapezoid": lambda x: np.trapezoid(x),
    "dot": lambda x: np.dot(x, x),
    "matmul": lambda x: x.reshape((2, -1)) @ np.ones((x.size // 2, 2), x.dtype),
    "einsum": lambda x: np.einsum("i,i->", x, x),
    "ptp": np.ptp,
    "normalize": lambda x: tl.ops.normalize(x, dim=0),
    "cosine_similarity": lambda x: tl.ops.cosine_similarity(x, np.ones(x.shape, x.dtype), dim=0),
}
DRAWS = {
    "ordinary": lambda rng: rng.standard_normal(MANY),
    "counting": lambda _: np.ones(MANY),
    "large": lambda rng: LARGE * rng.uniform(-1.0, 1.0, 1000),
}


@pytest.mark.parametrize("draw", DRAWS)
@pytest.mark.parametrize("name", REDUCTIONS)
def test_a_reduction_rounds_once(name, draw, rng):
    rounds_once(REDUCTIONS[name], halves([DRAWS[draw](rng)]), (0,))


NUMPY = {
    f"{title}:{name}": f
    for title, calls in vars(numpy_calls).items()
    if isinstance(calls, dict) and title.isupper()
    for name, f in calls.items()
    if callable(f)
}


@pytest.mark.parametrize("name", NUMPY)
def test_a_numpy_function_rounds_once(name):
    rounds_once(NUMPY[name], [numpy_calls.X.astype(HALF)], (0,))


def test_the_cotangent_of_what_was_broadcast_is_summed_in_single_precision():
    x, b = (tl.tensor(np.ones(shape, HALF), requires_grad=True) for shape in ((9000, 2), (2,)))
    np.sum((x + b) * HALF(0.5)).backward()
    np.testing.assert_array_equal(b.grad, np.full(2, 4500.0, HALF))


# ---- layers ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scale", [1.0, 400.0, LARGE])
@pytest.mark.parametrize(("place", "case"), list(enumerate(layer_cases.CASES)), ids=str)
def test_a_layer_rounds_once(place, case, scale):
    rng = np.random.default_rng(place)
    inputs = [(x / np.abs(x).max() * scale).astype(HALF) if x.dtype.kind == "f" else x for x in layer_cases.drawn_inputs(case, rng)]
    module = getattr(tl.nn, case.layer)(*case.args, **case.made).train(case.training).astype(HALF)
    state = module.state_dict()
    moved = [i for i, x in enumerate(inputs) if x.dtype == HALF]

    def answer(dtype):
        module.astype(dtype).load_state_dict(state)
        found = run(lambda *x: module(*x, **case.called), inputs, moved, dtype)
        return found[0] + found[1] + [p.grad for p in module.parameters()]

    for got, wide in zip(answer(HALF), answer(SINGLE), strict=True):
        with np.errstate(over="ignore"):
            rounded = wide.astype(HALF) if getattr(wide, "dtype", None) == SINGLE else wide
        np.testing.assert_array_equal(got, rounded, strict=True)


@pytest.mark.parametrize("given", [np.asarray, tl.tensor], ids=["array", "tensor"])
def test_plain_arrays_round_once_too(given):
    x = np.array([1000.0, -1000.0, 500.0], HALF)
    expected = np.array([0.98058068, -1.37281295, 0.39223227]).astype(HALF)
    answer = tl.ops.layer_norm(given(x), 3)
    np.testing.assert_array_equal(answer.numpy() if isinstance(answer, tl.Tensor) else answer, expected, strict=True)


def test_a_wider_dtype_that_was_asked_for_is_given():
    x = tl.tensor(np.full(10, LARGE, HALF), requires_grad=True)
    y = np.sum(x, dtype=np.float32)
    assert (y.dtype, y.item()) == (np.float32, 10 * float(HALF(LARGE)))
    assert (x * np.ones(10, np.float32)).dtype == np.float32
