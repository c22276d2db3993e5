"""A masked array is refused by name wherever it may be given: without its mask it is other numbers."""

import sys
from pathlib import Path

import numpy as np
import pytest

import families
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
