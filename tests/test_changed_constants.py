"""An array that is written into between forward and backward never gives another gradient in silence."""

import sys
from pathlib import Path

import numpy as np
import pytest

import tinygrad_loss as tl
from laws import movable
from table import ROWS, every_op
from tinygrad_loss.engine.held import COPIED

sys.path.insert(0, str(Path(__file__).parent / "losses"))
sys.path.insert(0, str(Path(__file__).parent / "nn"))
import catalogue
import layer_cases

LARGE = COPIED // 8 + 1000


def spoil(x):
    """Write other values into an array, valid ones where it holds indices or truth values."""
    if not isinstance(x, np.ndarray) or not x.flags.writeable:
        return
    if x.dtype == bool:
        x[...] = ~x
    elif x.dtype.kind in "iu":
        x[...] = np.roll(x, 1) if x.ndim else x
    else:
        x[...] = x * 0.5 + 0.25


def gradients(f, arrays, moved, *, then=None):
    """Return the gradients of the sum of what f returns; ``then`` is called between forward and backward."""
    given = [x.copy() if isinstance(x, np.ndarray) else x for x in arrays]
    leaves = [tl.tensor(x, requires_grad=True) if i in moved else x for i, x in enumerate(given)]
    with np.errstate(all="ignore"), tl.at_kinks("convention"):
        results = [y for y in layer_cases.flattened(f(*leaves)) if isinstance(y, tl.Tensor) and y.requires_grad and y.dtype.kind in "fc"]
        total = sum(np.sum(np.abs(y) ** 2 if y.dtype.kind == "c" else y * y) for y in results)
        if then is not None:
            for i, x in enumerate(given):
                if i not in moved:
                    then(x)
        if results:
            total.backward()
    return [leaves[i].grad for i in moved]


def is_the_same(f, arrays, moved):
    for got, expected in zip(gradients(f, arrays, moved, then=spoil), gradients(f, arrays, moved), strict=True):
        np.testing.assert_array_equal(got, expected)


@pytest.mark.parametrize("op", [op for op in every_op() if op.kind != "predicate"], ids=lambda op: op.name)
def test_an_op_whose_constants_are_written_into(op, rng):
    for sample in ROWS[op.name].tries(op):
        inputs = sample.draw(op, rng)
        for i in movable(op, inputs):
            if any(isinstance(x, np.ndarray) for j, x in enumerate(inputs) if j != i):
                is_the_same(lambda *x, s=sample: op.call(*x, **s.static), inputs, (i,))


@pytest.mark.parametrize("loss", catalogue.ALL, **catalogue.by_name)
def test_a_loss_whose_targets_are_written_into(loss, rng):
    arrays = catalogue.draw(loss, rng)
    is_the_same(loss, arrays, (0,))
    is_the_same(lambda *x: loss(*x, reduction="none"), arrays, (0,))


def test_weights_of_a_loss_that_are_written_into(rng):
    x, y, w, m = rng.standard_normal(9), rng.standard_normal(9), rng.uniform(0.1, 1.0, 9), np.arange(9) % 2 == 0
    is_the_same(lambda x, y, w, m: tl.losses.mse_loss(x, y, sample_weight=w, where=m), [x, y, w, m], (0,))
    z, t, c = rng.standard_normal((4, 3)), np.array([0, 2, 1, 1]), np.array([0.2, 1.0, 0.5])
    is_the_same(lambda z, t, c: tl.losses.cross_entropy(z, t, weight=c), [z, t, c], (0,))


@pytest.mark.parametrize(("place", "case"), list(enumerate(layer_cases.CASES)), ids=str)
def test_a_layer_whose_inputs_are_written_into(place, case):
    def learnt(*, then):
        rng = np.random.default_rng(place)
        module = getattr(tl.nn, case.layer)(*case.args, **case.made).float64().train(case.training)
        module.load_state_dict(layer_cases.weights({k: v.shape for k, v in module.state_dict().items()}, rng))
        inputs = layer_cases.drawn_inputs(case, rng)
        called = {k: v.copy() if isinstance(v, np.ndarray) else v for k, v in case.called.items()}
        with np.errstate(all="ignore"), tl.at_kinks("convention"):
            results = [y for y in layer_cases.flattened(module(*inputs, **called)) if isinstance(y, tl.Tensor) and y.requires_grad]
            total = sum(np.sum(y * y) for y in results)
            if then:
                for x in (*inputs, *called.values()):
                    spoil(x)
            if results:
                total.backward()
        return [p.grad for p in module.parameters()]

    for got, expected in zip(learnt(then=True), learnt(then=False), strict=True):
        np.testing.assert_array_equal(got, expected)


CALLS = {
    "buffer": lambda x, c, _i: c.reshape(3, 2) @ x[:2],
    "index": lambda x, _c, i: x[i] * np.arange(1.0, 5.0),
    "index_of_two": lambda x, _c, i: (x[:, None] * np.ones(4))[i, np.arange(4)],
    "take": lambda x, _c, i: np.take(x, i) * np.arange(1.0, 5.0),
    "take_along_axis": lambda x, _c, i: np.take_along_axis(x, i, 0) * np.arange(1.0, 5.0),
    "mask": lambda x, c, _i: x[c > 0.5],
    "where": lambda x, c, _i: np.where(c, x, 0.0),
    "where_values": lambda x, c, _i: np.where(x > 0, x, c) * np.arange(6.0),
    "compress": lambda x, c, _i: np.compress(c > 0.5, x),
    "select": lambda x, c, _i: np.select([c > 0.5, c > 0.1], [x, 2 * x], 0.0),
    "einsum": lambda x, c, _i: np.einsum("i,i->i", x, c),
    "average": lambda x, c, _i: np.average(x, weights=np.abs(c)),
    "embedding": lambda x, _c, i: tl.ops.embedding(i, x[:, None]),
    "convolve": lambda x, c, _i: np.convolve(x, c),
    "interp": lambda x, c, _i: np.interp(np.abs(c) % 1, np.linspace(0.0, 1.0, 6), x),
    "attention": lambda x, c, _i: tl.ops.scaled_dot_product_attention(x.reshape(3, 2), c.reshape(3, 2), c.reshape(3, 2)),
    "density": lambda x, c, _i: tl.distributions.Normal(x, 1.0).log_prob(c),
}


@pytest.mark.parametrize("f", CALLS.values(), ids=CALLS)
def test_calls_whose_constants_are_written_into(f, rng):
    is_the_same(f, [rng.standard_normal(6), rng.standard_normal(6), np.array([0, 3, 3, 5])], (0,))


# ---- above the size up to which constants are copied ----------------------------------------------------------------------------


LARGE_CALLS = {
    "product": lambda x, c: x * c,
    "matmul": lambda x, c: c.reshape(10, -1) @ x[: c.size // 10],
    "maximum": np.maximum,
    "loss": lambda x, c: tl.losses.huber_loss(x, c),
}


@pytest.mark.parametrize("f", LARGE_CALLS.values(), ids=LARGE_CALLS)
def test_a_large_constant_that_was_overwritten_is_noticed(f, rng):
    size = LARGE // 10 * 10
    x, c = tl.tensor(rng.standard_normal(size), requires_grad=True), rng.standard_normal(size)
    y = np.sum(f(x, c))
    c[:] = rng.standard_normal(size)
    with pytest.raises(tl.errors.StaleGraphError, match=r"a constant must keep its values until backward.*Use instead: a\.copy\(\)"):
        y.backward()
    y = np.sum(f(x, c.copy()))
    c[:] = 0.0
    y.backward()
    y.backward()
    assert x.grad is not None


def test_a_large_mask_that_was_overwritten_is_noticed(rng):
    x, mask = tl.tensor(rng.standard_normal(100_000), requires_grad=True), rng.uniform(size=100_000) < 0.5
    y = np.sum(np.where(mask, x, 0.0))
    mask[:] = ~mask
    with pytest.raises(tl.errors.StaleGraphError, match="where"):
        y.backward()


def test_one_entry_is_noticed_under_debug_and_in_a_large_product(rng):
    size = LARGE // 4 * 4
    for where, change in ((tl.debug, lambda c: c[3:4]), (tl.debug, lambda c: c[-2:-1])):
        x, c = tl.tensor(rng.standard_normal(size), requires_grad=True), rng.standard_normal(size)
        with where():
            y = np.sum(x * c)
            change(c)[...] += 1.0
            with pytest.raises(tl.errors.StaleGraphError):
                y.backward()
    w, batch = tl.tensor(rng.standard_normal((90, 300)), requires_grad=True), rng.standard_normal((200, 90))
    y = np.sum(batch @ w)
    batch[77, 5] += 1e-9
    with pytest.raises(tl.errors.StaleGraphError, match="matmul"):
        y.backward()


def test_rows_that_were_shuffled_are_noticed(rng):
    w, batch = tl.tensor(rng.standard_normal((90, 300)), requires_grad=True), rng.standard_normal((200, 90))
    y = np.sum(batch @ w)
    rng.shuffle(batch)
    with pytest.raises(tl.errors.StaleGraphError):
        y.backward()


def test_what_no_rule_reads_may_change(rng):
    for f in (lambda x, c: x + c, lambda x, c: c - x, lambda x, c: np.where(x > 0, x, c), lambda x, c: np.concatenate([x, c])):
        x, c = tl.tensor(rng.standard_normal(LARGE), requires_grad=True), rng.standard_normal(LARGE)
        y = np.sum(f(x, c))
        c[:] = 0.0
        y.backward()
        assert x.grad is not None


def test_a_second_derivative_reads_what_was_given(rng):
    x, c = rng.standard_normal(4), rng.standard_normal(4)

    def f(v):
        a = c.copy()
        y = np.sum(v**3 * a)
        a[:] = 0.0
        return y

    np.testing.assert_allclose(np.diag(tl.hessian(f)(x)), 6 * x * c, rtol=1e-12)
