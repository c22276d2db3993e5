"""A masked array is refused by name wherever it may be given: without its mask it is other numbers."""

import contextlib
import random
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest

import families
import fuzzing
import tinygrad_loss as tl
from table import ROWS, every_op
from tinygrad_loss import distributions as D  # noqa: N812  the mathematical letter for a distribution

sys.path.insert(0, str(Path(__file__).parent / "losses"))
sys.path.insert(0, str(Path(__file__).parent / "nn"))
import catalogue
import layer_cases

MASKED = np.ma.array([1.0, 2.0, 3.0], mask=[False, True, False])


def masked(x):
    """Return the same numbers with the first entry masked, and all of them behind the same mask."""
    hidden = np.zeros(np.shape(x), bool)
    hidden.flat[0] = True
    return np.ma.array(x, mask=hidden)


def refused(call, *given, **named):
    with pytest.raises(tl.errors.DTypeError, match="masked array"), np.errstate(all="ignore"):
        call(*given, **named)


def test_the_message_says_what_to_type():
    with pytest.raises(tl.errors.DTypeError) as caught:
        tl.tensor(MASKED)
    assert str(caught.value) == (
        "tl.tensor: masked arrays are not taken, because a derivative knows no mask, got a masked array. "
        "Use instead: np.ma.filled(a, 0.0), and where=~np.ma.getmaskarray(a) in the loss or the mean that leaves entries out"
    )
    a = MASKED
    assert tl.losses.mse_loss(np.zeros(3), np.ma.filled(a, 0.0), where=~np.ma.getmaskarray(a)) == np.ma.mean(a**2)


@pytest.mark.parametrize("op", every_op(), ids=lambda op: op.name)
def test_an_op_refuses_it_in_every_place(op, rng):
    for sample in ROWS[op.name].tries(op):
        inputs = sample.draw(op, rng)
        for i, x in enumerate(inputs):
            if not isinstance(x, np.ndarray) or not x.size:
                continue
            given = [masked(x) if j == i else v for j, v in enumerate(inputs)]
            refused(op.call, *given, **sample.static)
            others = [j for j, v in enumerate(inputs) if j != i and isinstance(v, np.ndarray) and v.dtype.kind == "f"]
            for j in others[:1]:
                beside = [tl.tensor(v, requires_grad=True) if k == j else v for k, v in enumerate(given)]
                refused(op.call, *beside, **sample.static)


@pytest.mark.parametrize("loss", catalogue.ALL, **catalogue.by_name)
def test_a_loss_refuses_it_in_every_place(loss, rng):
    arrays = catalogue.draw(loss, rng)
    for i in range(len(arrays)):
        given = [masked(x) if j == i else x for j, x in enumerate(arrays)]
        refused(loss, *given)
        if i:
            refused(loss, tl.tensor(arrays[0], requires_grad=True), *given[1:])
    with np.errstate(all="ignore"):
        terms = np.asarray(loss(*arrays, reduction="none"))
    if terms.ndim:
        refused(loss, *arrays, sample_weight=masked(np.ones(terms.shape)))
        refused(loss, *arrays, where=masked(np.ones(terms.shape, bool)))


def test_an_option_of_a_loss_refuses_it():
    refused(tl.losses.cross_entropy, np.zeros((2, 3)), np.array([0, 1]), weight=MASKED)
    refused(tl.losses.binary_cross_entropy_with_logits, np.zeros(3), np.zeros(3), pos_weight=MASKED)


@pytest.mark.parametrize("case", [c for c in layer_cases.CASES if not isinstance(c.inputs[0], np.ndarray)], ids=str)
def test_a_layer_refuses_it(case, rng):
    module = getattr(tl.nn, case.layer)(*case.args, **case.made)
    inputs = layer_cases.drawn_inputs(case, rng)
    for i in range(len(inputs)):
        refused(module, *(masked(x) if j == i else x for j, x in enumerate(inputs)), **case.called)


OTHERS = {
    "tensor": lambda a: tl.tensor(a),
    "data": lambda a: setattr(tl.tensor(np.zeros(3)), "data", a),
    "gradient": lambda a: setattr(tl.tensor(np.zeros(3)), "grad", a),
    "backward": lambda a: (2 * tl.tensor(np.zeros(3), requires_grad=True)).backward(a),
    "product": lambda a: tl.tensor(np.ones(3), requires_grad=True) * a,
    "product_from_the_left": lambda a: a * tl.tensor(np.ones(3), requires_grad=True),
    "product_with_a_constant": lambda a: a * tl.tensor(np.ones(3)),
    "matmul_from_the_left": lambda a: a @ tl.tensor(np.ones(3), requires_grad=True),
    "where": lambda a: np.where(a > 1, tl.tensor(np.ones(3), requires_grad=True), 0.0),
    "index": lambda a: tl.tensor(np.ones(3), requires_grad=True)[a.astype(int) - 1],
    "concatenate": lambda a: np.concatenate([tl.tensor(np.ones(3), requires_grad=True), a]),
    "where_of_a_mean": lambda a: np.mean(tl.tensor(np.ones(3), requires_grad=True), where=a > 1),
    "concatenate_of_it_first": lambda a: np.concatenate([a, tl.tensor(np.ones(3), requires_grad=True)]),
    "stack_of_a_tuple": lambda a: np.stack((tl.tensor(np.ones(3), requires_grad=True), a)),
    "choices": lambda a: np.choose(a.astype(int) % 2, [tl.tensor(np.ones(3)), tl.tensor(np.ones(3))]),
    "grid": lambda a: np.meshgrid(tl.tensor(np.ones(3), requires_grad=True), a),
    "entries_taken": lambda a: np.take(tl.tensor(np.ones(3), requires_grad=True), a.astype(int) % 3),
    "times_repeated": lambda a: np.repeat(tl.tensor(np.ones(3), requires_grad=True), a.astype(int)),
    "border": lambda a: np.pad(tl.tensor(np.ones(3), requires_grad=True), 1, constant_values=a[:2]),
    "order_of_a_quantile": lambda a: np.quantile(tl.tensor(np.ones(3), requires_grad=True), a / 3),
    "tensor_of_a_list": lambda a: tl.tensor([a, np.ones(3)]),
    "tensor_of_nested_tuples": lambda a: tl.tensor(((a,), (np.ones(3),))),
    "gradcheck": lambda a: tl.gradcheck(np.sum, a),
    "gradcheck_of_a_list": lambda a: tl.gradcheck(lambda x: np.sum(x[0]), [a]),
    "gradcheck_of_a_dict": lambda a: tl.gradcheck(lambda x: np.sum(x["a"]), {"a": a}),
    "grad_of_a_list": lambda a: tl.grad(lambda x: np.sum(x[0]))([a]),
    "grad_of_a_dict": lambda a: tl.grad(lambda x: np.sum(x["a"]))({"a": a}),
    "grad_beside_it": lambda a: tl.grad(lambda x, _unused: np.sum(x))(np.ones(3), a),
    "grad_by_name": lambda a: tl.grad(lambda x, y: np.sum(x * y))(np.ones(3), y=a),
    "value_and_grad": lambda a: tl.value_and_grad(np.sum)(a),
    "grad_of_a_product": lambda a: tl.value_and_grad(lambda x: np.mean(x * a))(np.ones(3)),
    "vjp": lambda a: tl.vjp(np.sin, a),
    "cotangent": lambda a: tl.vjp(np.sin, np.ones(3))[1](a),
    "tangent": lambda a: tl.jvp(np.sin, np.ones(3), a),
    "hvp": lambda a: tl.hvp(lambda x: np.sum(x**3), np.ones(3), a),
    "direction": lambda a: tl.directional(np.sum, np.ones(3), a),
    "draw": lambda a: tl.draw(a),
    "draw_of_a_function": lambda a: tl.draw(np.sum, a),
    "own_op": lambda a: tl.op("tripled", lambda x: 3 * x, 3.0)(a),
    "loader_of_pairs": lambda a: list(tl.data.DataLoader([(a, 0), (np.ones(3), 1)], 2)),
    "loader_of_a_dict": lambda a: tl.data.DataLoader({"x": a, "y": np.ones(3)}, 2),
    "loader_of_it_alone": lambda a: tl.data.DataLoader(a, 2),
    "fit": lambda a: tl.fit(tl.nn.Linear(3, 1), tl.losses.mse_loss, (a[None], np.ones((1, 1))), epochs=1),
    "targets_of_fit": lambda a: tl.fit(tl.nn.Linear(3, 3), tl.losses.mse_loss, (np.ones((1, 3)), a[None]), epochs=1),
    "grad": lambda a: tl.grad(np.sum)(a),
    "jacobian": lambda a: tl.jacobian(np.sin)(a),
    "jvp": lambda a: tl.jvp(np.sin, a, np.ones(3)),
    "directional": lambda a: tl.directional(np.sum, a, np.ones(3)),
    "differentiability": lambda a: tl.differentiability(np.sum, a),
    "dataset": lambda a: tl.data.Dataset(a, np.zeros(3)),
    "targets": lambda a: tl.data.Dataset(np.zeros(3), a),
    "loader": lambda a: tl.data.DataLoader((a, np.zeros(3)), 2),
    "parameter": lambda a: tl.nn.parameter(a),
    "softmax": lambda a: tl.ops.softmax(a),
    "layer_norm": lambda a: tl.ops.layer_norm(a, 3),
    "load_state_dict": lambda a: tl.nn.Linear(3, 1).load_state_dict({"weight": a[None], "bias": np.zeros(1)}),
    "predict": lambda a: tl.training.predict(tl.nn.Linear(3, 1), a[None]),
    "minimize": lambda a: tl.optim.minimize(lambda x: np.sum(x * x), a),
}


@pytest.mark.parametrize("call", OTHERS.values(), ids=OTHERS)
def test_it_is_refused_elsewhere(call):
    refused(call, MASKED)


@pytest.mark.parametrize("case", families.CASES, ids=str)
def test_a_family_refuses_it_in_every_parameter_and_as_values(case):
    d = case.family(**case.given)
    refused(d.log_prob, masked(np.ones((2, *d.event_shape))))
    for name, value in case.given.items():
        if name == "total_count" and case.family is D.Multinomial:
            continue  # one number for the whole batch
        refused(case.family, **{**case.given, name: masked(np.atleast_1d(np.asarray(value, np.float64)))})


def test_parameters_and_data_of_a_family():
    refused(D.Normal, MASKED, 1.0)
    refused(D.Normal, 0.0, MASKED)
    refused(D.Categorical, MASKED / 6)
    refused(D.Normal.fit, MASKED)
    refused(D.Normal.fit, [1.0, 2.0, 3.0], weights=MASKED)


LATE = {
    "tl.gradcheck": lambda a: tl.gradcheck(np.sum, a),
    "tl.directional": lambda a: tl.directional(np.sum, np.ones(3), a),
    "tl.draw": lambda a: tl.draw(a),
}
"""What the front door loads on first use."""


@pytest.mark.parametrize("name", LATE)
def test_the_refusal_names_what_was_typed(name):
    with pytest.raises(tl.errors.DTypeError, match=f"^{name}: masked arrays"):
        LATE[name](MASKED)


RECORDS = {"tl.losses.Kink", "tl.distributions.Estimate", "tl.distributions.Fit", "tl.distributions.Regression"}
"""What is returned, and takes what it is given as it is."""


def behind_a_mask(x):
    """Yield an array, and a list and a tuple of its rows, behind a mask."""
    x = x.numpy() if isinstance(x, tl.Tensor) else x
    if x.size:
        yield masked(x)
    if x.ndim and x.size:
        yield [masked(row) for row in x]
        yield tuple(masked(row) for row in x)


def calls_that_succeed(target):
    """Return the arguments of random calls that succeed."""
    fit = []
    for seed in range(40):
        given, named = fuzzing.arguments(random.Random(seed), target, wrong=0.0)  # noqa: S311  no secret
        with warnings.catch_warnings(), np.errstate(all="ignore"), contextlib.suppress(Exception):  # some do not fit together
            warnings.simplefilter("ignore")
            target(*given, **named)
            fit.append((given, named))
    return fit


@pytest.mark.parametrize("name", sorted(fuzzing.targets().keys() - RECORDS))
def test_everything_public_refuses_it_in_every_argument(name):
    target = fuzzing.targets()[name]
    for given, named in calls_that_succeed(target)[:3]:
        arguments = {**dict(enumerate(given)), **named}
        for place, x in arguments.items():
            if not isinstance(x, np.ndarray | tl.Tensor):
                continue
            if name.startswith("np.") and (place != 1 or not isinstance(given[0], tl.Tensor)):
                continue  # without a tensor among its operands it is NumPy that answers
            for hidden in behind_a_mask(x):
                changed = {**arguments, place: hidden}
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    refused(target, *(changed.pop(i) for i in range(len(given))), **changed)
