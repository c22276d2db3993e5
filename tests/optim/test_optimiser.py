"""What optimisers promise besides their formulas: all or nothing, groups, state, and messages."""

import math

import numpy as np
import pytest

import tinygrad_loss as tl
from tinygrad_loss import errors, optim

ALL = [
    lambda p: optim.SGD(p, lr=0.1, momentum=0.9),
    lambda p: optim.Adagrad(p),
    lambda p: optim.RMSprop(p, centered=True, momentum=0.1),
    lambda p: optim.Adam(p, amsgrad=True),
    lambda p: optim.AdamW(p),
    lambda p: optim.Lion(p, weight_decay=0.1),
    lambda p: optim.Subgradient(p),
    lambda p: optim.Proximal(p, l1=0.1),
]


def leaf(values=(1.0, -2.0), **options):
    return tl.tensor(np.array(values), requires_grad=True, **options)


@pytest.mark.parametrize("make", ALL)
def test_a_gradient_that_is_not_finite_changes_nothing(make):
    a, b = leaf(), leaf(name="b")
    optimizer = make([a, b])
    a.grad, b.grad = [0.5, 0.5], [0.1, 0.1]
    optimizer.step()
    before = [a.numpy(), b.numpy()]
    state = optimizer.state_dict()["state"]
    a.grad, b.grad = [1.0, 1.0], [math.nan, 1.0]
    with pytest.raises(errors.NonFiniteError) as error:
        optimizer.step()
    assert str(error.value) == (
        f"{type(optimizer).__name__}.step: every gradient must be finite, got nan in 1 of 2 entries of parameter b; nothing was changed. "
        'Use instead: with tl.debug(): around the loss, which names the first op that overflows; at a kink, with tl.at_kinks("subgradient"):'
    )
    np.testing.assert_array_equal(a.data, before[0])
    np.testing.assert_array_equal(b.data, before[1])
    np.testing.assert_equal(optimizer.state_dict()["state"], state)


def test_a_refusal_at_a_kink_names_the_op_and_the_line_to_add():
    x = leaf([0.0, 2.0], name="w")
    with pytest.warns(errors.UndefinedGradientWarning):
        np.sum(np.abs(x)).backward()
    with pytest.raises(errors.NonFiniteError) as error:
        optim.SGD([x], lr=0.1).step()
    said = str(error.value)
    assert said.startswith("SGD.step: every gradient must be finite, got nan in 1 of 2 entries of parameter w; nothing was changed (kink")
    assert "absolute" in said
    assert said.endswith('Use instead: with tl.at_kinks("subgradient"): around backward()')


AWAY = "np.maximum(x, 1e-12) inside {}, or what else keeps away from where its slope is infinite"
OVERFLOW = "with tl.debug(): around the loss, which names the first op that overflows"
BEYOND = {
    "sqrt": (np.sqrt, 0.0, "inf in 1", AWAY.format("sqrt")),
    "sqrt of abs": (lambda x: np.sqrt(np.abs(x)), 0.0, "nan in 1", AWAY.format("sqrt")),
    "log": (np.log, 0.0, "nan in 2", AWAY.format("log")),
    "floor": (lambda x: np.floor(x) * x, 1.0, "nan in 1", "a continuous function instead of floor"),
    "overflow": (np.exp, 1000.0, "inf in 1", OVERFLOW),
    "overflow and a kink": (lambda x: np.exp(x) * np.abs(x - 3.5), 1000.0, "nan in 2", OVERFLOW),
}


@pytest.mark.parametrize("policy", ["nan", "subgradient"])
@pytest.mark.parametrize(("f", "x", "got", "instead"), BEYOND.values(), ids=BEYOND)
@pytest.mark.filterwarnings("ignore::tinygrad_loss.errors.UndefinedGradientWarning")
@pytest.mark.filterwarnings("ignore::tinygrad_loss.errors.UndecidedGradientWarning")
def test_a_refusal_where_no_subgradient_helps_says_what_does(policy, f, x, got, instead):
    w = leaf([x, 3.5], name="w")
    with tl.at_kinks(policy), np.errstate(all="ignore"):
        np.sum(f(w)).backward()
    found = "" if f is np.exp else f" ({w.report})"
    with pytest.raises(errors.NonFiniteError) as error:
        optim.SGD([w], lr=0.1).step()
    assert str(error.value) == (
        f"SGD.step: every gradient must be finite, got {got} of 2 entries of parameter w; nothing was changed{found}. "
        f"{tl.errors.remedy(instead)}"
    )


def test_large_finite_gradients_whose_square_overflows_are_taken():
    x = leaf()
    x.grad = [1e200, -1e200]
    optim.SGD([x], lr=1e-200).step()
    np.testing.assert_allclose(x.data, [0.0, -1.0], atol=1e-15)


@pytest.mark.parametrize(("alpha", "gradient"), [(0.5, 1e-3), (0.9, 0.1)])
def test_a_gradient_that_stays_has_no_variance_and_still_no_nan(alpha, gradient):
    x, state = np.array(1.0), {}
    least = 0.0
    for _ in range(1000):
        x, state = optim.rules.rmsprop(x, np.array(gradient), state, lr=1e-9, alpha=alpha, centered=True)
        least = min(least, float(state["square_avg"] - state["grad_avg"] ** 2))
    assert least < 0  # by rounding, so the root of it would be nan
    assert np.isfinite(x)


@pytest.mark.parametrize("make", ALL)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", [(), (3,), (2, 3)])
def test_dtype_and_shape_are_kept(make, dtype, shape):
    x = tl.tensor(np.ones(shape, dtype), requires_grad=True)
    optimizer = make([x])
    for _ in range(3):
        x.grad = np.full(shape, 0.5)
        optimizer.step()
    assert x.dtype == dtype
    assert x.shape == shape
    for value in optimizer.state[0].values():
        assert not isinstance(value, np.ndarray | np.generic) or value.dtype == dtype


@pytest.mark.parametrize("number", [np.float64, np.array, np.float32])
@pytest.mark.parametrize("make", [*ALL, lambda p: optim.LBFGS(p)])
def test_numbers_of_numpy_promote_nothing(make, number):
    x, y = (tl.tensor(np.ones(3, np.float32), requires_grad=True) for _ in range(2))
    for p, as_number in ((x, number), (y, lambda v: float(number(v)))):
        optimizer = make([p])
        for group in optimizer.param_groups:
            for name, value in group.items():
                if type(value) is float:
                    group[name] = as_number(value)
                elif type(value) is tuple:
                    group[name] = tuple(map(as_number, value))

        def closure(p=p, optimizer=optimizer):
            optimizer.zero_grad()
            loss = np.sum(p * p)
            loss.backward()
            return loss

        for _ in range(3):
            optimizer.step(closure)
    assert x.dtype == np.float32
    np.testing.assert_array_equal(x.data, y.data)


@pytest.mark.parametrize("make", ALL)
def test_every_optimiser_finds_the_bottom_of_a_bowl(make):
    x = leaf([0.3, -0.2])
    optimizer = make([x])
    for group in optimizer.param_groups:
        group["lr"] = 0.05
    start = float(np.sum(x.data**2))
    for _ in range(200):
        optimizer.zero_grad()
        np.sum(x * x).backward()
        optimizer.step()
    assert float(np.sum(x.data**2)) < start / 4


def test_a_graph_recorded_before_the_step_is_stale():
    x = leaf()
    y = np.sum(x * x)
    x.grad = [1.0, 1.0]
    optim.SGD([x], lr=0.1).step()
    with pytest.raises(errors.StaleGraphError):
        y.backward()


def test_parameters_without_gradient_stay():
    a, b = leaf(), leaf()
    a.grad = [1.0, 1.0]
    optim.Adam([a, b]).step()
    np.testing.assert_array_equal(b.data, [1.0, -2.0])


def test_zero_grad_forgets_and_a_closure_is_evaluated_with_recording():
    x = leaf()
    optimizer = optim.SGD([x], lr=0.1)

    def closure():
        optimizer.zero_grad()
        loss = np.sum(x * x)
        loss.backward()
        return loss

    with tl.no_grad():
        assert optimizer.step(closure).item() == 5.0
    np.testing.assert_allclose(x.data, [0.8, -1.6])
    optimizer.zero_grad()
    assert x.grad is None


def test_groups_have_settings_of_their_own():
    a, b = leaf(), leaf()
    optimizer = optim.SGD([{"params": [a], "lr": 1.0}, {"params": b}], lr=0.1)
    a.grad = b.grad = [1.0, 1.0]
    optimizer.step()
    np.testing.assert_allclose(a.data, [0.0, -3.0])
    np.testing.assert_allclose(b.data, [0.9, -2.1])
    assert repr(optim.Subgradient([leaf()])) == "Subgradient(1 parameters, lr=0.01, power=0.5)"


def test_named_parameters_are_taken():
    x = leaf()
    assert optim.SGD([("w", x)], lr=0.1).param_groups[0]["params"][0] is x


REFUSED = {
    "a tensor alone": (
        lambda: optim.SGD(leaf(), lr=0.1),
        "SGD: params must be a list of tensors, got one tensor. Type instead: SGD([x], lr=0.01)",
    ),
    "nothing": (
        lambda: optim.Adam([]),
        "Adam: there must be parameters to move, got none. Type instead: Adam(model.parameters(), lr=0.01)",
    ),
    "an array": (
        lambda: optim.SGD([np.zeros(2)]),
        "SGD: a parameter must be a tensor, got ndarray as number 0. Type instead: x = tl.tensor(data, requires_grad=True)",
    ),
    "a constant": (
        lambda: optim.SGD([tl.tensor([1.0])]),
        (
            "SGD: a parameter must require grad, got number 0, of shape (1,), that does not. "
            "Type instead: x = tl.tensor(data, requires_grad=True)"
        ),
    ),
    "a result": (
        lambda: optim.SGD([np.exp(leaf())]),
        "SGD: a parameter must be a leaf, got the result of exp as number 0. Type instead: x = tl.tensor(data, requires_grad=True)",
    ),
    "twice": (
        lambda: optim.SGD([leaf(name="w")] * 2),
        "SGD: a parameter must be given once, got parameter w twice. Use instead: each tensor in one group only",
    ),
    "a negative rate": (
        lambda: optim.SGD([leaf()], lr=-1.0),
        "SGD: lr must lie in [0, inf), got -1.0. Type instead: SGD(params, lr=0.01)",
    ),
    "betas of one": (
        lambda: optim.Adam([leaf()], betas=(0.9, 1.0)),
        "Adam: betas must lie in [0, 1), got (0.9, 1.0). Type instead: Adam(params, lr=0.01)",
    ),
    "nesterov without momentum": (
        lambda: optim.SGD([leaf()], nesterov=True),
        (
            "SGD: nesterov=True needs momentum and no dampening, got momentum=0.0, dampening=0.0. "
            "Type instead: SGD(params, lr=0.01, momentum=0.9, nesterov=True)"
        ),
    ),
    "an unknown setting": (
        lambda: optim.Subgradient([{"params": [leaf()], "pwer": 1.0}]),
        "Subgradient: setting must be one of 'lr', 'power', got 'pwer'. Type instead: 'power'",
    ),
    "lbfgs without a closure": (
        lambda: optim.LBFGS([leaf()]).step(),
        "LBFGS.step: it evaluates the loss many times, got no closure. Type instead: optimizer.step(closure)",
    ),
    "lbfgs with groups": (
        lambda: optim.LBFGS([{"params": [leaf()]}, {"params": [leaf()]}]),
        "LBFGS: all parameters must be in one group, got 2 groups. Use instead: LBFGS(list of tensors)",
    ),
    "a rate in words": (
        lambda: optim.SGD([leaf()], lr="fast"),
        "SGD: lr must lie in [0, inf), got fast. Type instead: SGD(params, lr=0.01)",
    ),
    "one beta": (
        lambda: optim.Adam([leaf()], betas=(0.9,)),
        "Adam: betas must be a pair, got (0.9,). Type instead: Adam(params, betas=(0.9, 0.999))",
    ),
    "a beta alone": (
        lambda: optim.Adam([leaf()], betas=0.9),
        "Adam: betas must be a pair, got 0.9. Type instead: Adam(params, betas=(0.9, 0.999))",
    ),
    "a group without parameters": (
        lambda: optim.SGD([{"lr": 0.1}]),
        'SGD: a group is a dict with "params", got a group of \'lr\'. Type instead: {"params": model.parameters(), "lr": 0.1}',
    ),
    "a group that is none": (
        lambda: optim.SGD([{"params": [leaf()]}, leaf()]),
        'SGD: a group is a dict with "params", got Tensor. Type instead: {"params": model.parameters(), "lr": 0.1}',
    ),
    "a schedule of something else": (
        lambda: optim.StepLR(tl.nn.Linear(1, 1), 3),
        "StepLR: it governs an optimiser, got Linear. Use instead: StepLR(tl.optim.SGD(model.parameters(), lr=0.1), ...)",
    ),
    "steps of no length": (
        lambda: optim.StepLR(optim.SGD([leaf()]), 0),
        "StepLR: step_size must be at least 1, got 0. Type instead: step_size=10",
    ),
    "a cosine of no length": (
        lambda: optim.CosineAnnealingLR(optim.SGD([leaf()]), 0),
        "CosineAnnealingLR: T_max must be at least 1, got 0. Type instead: T_max=10",
    ),
    "a cycle that climbs the loss": (
        lambda: optim.OneCycleLR(optim.Adam([leaf()]), -1.0, total_steps=9),
        "OneCycleLR: max_lr must lie in (0, inf), one for all or one for each of 1 groups, got -1.0. Type instead: max_lr=0.01",
    ),
    "a cycle that never falls": (
        lambda: optim.OneCycleLR(optim.Adam([leaf()]), 1.0, total_steps=9, pct_start=1.2),
        "OneCycleLR: pct_start must lie in [0, 1], got 1.2. Type instead: pct_start=0.3",
    ),
    "a negative norm": (
        lambda: optim.clip_grad_norm_([leaf()], -1.0),
        "clip_grad_norm_: max_norm must be at least 0, got -1.0. Type instead: max_norm=1.0",
    ),
    "a cycle without length": (
        lambda: optim.OneCycleLR(optim.Adam([leaf()]), max_lr=1.0),
        "OneCycleLR: the number of steps must be known, got neither. Type instead: total_steps=epochs * len(loader)",
    ),
    "milestones that do not fit": (
        lambda: optim.SequentialLR(s := optim.SGD([leaf()]), [optim.StepLR(s, 1), optim.StepLR(s, 1)], []),
        "SequentialLR: 2 schedules need 1 milestones, got 0. Type instead: milestones=[10]",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_is_refused_with_a_way_out(case):
    act, message = REFUSED[case]
    with pytest.raises(errors.DomainError) as error:
        act()
    assert str(error.value) == message


@pytest.mark.parametrize("part", [0.0, 0.1, 0.3, 1.0])
@pytest.mark.parametrize("steps", [1, 2, 10])
def test_a_cycle_of_any_length_has_rates(part, steps):
    optimizer = optim.Adam([leaf()])
    schedule = optim.OneCycleLR(optimizer, max_lr=np.float32(0.5), total_steps=steps, pct_start=part)
    for _ in range(steps - 1):
        schedule.step()
        assert 0 < optimizer.param_groups[0]["lr"] <= 0.5


def test_a_step_beyond_the_cycle_is_refused():
    schedule = optim.OneCycleLR(optim.Adam([leaf()]), max_lr=1.0, total_steps=3)
    for _ in range(3):
        schedule.step()
    with pytest.raises(errors.DomainError) as error:
        schedule.step()
    assert str(error.value) == ("OneCycleLR.step: there are 3 steps in the cycle, got step 4. Use instead: a larger total_steps")


def test_state_of_another_kind_is_refused():
    adam, sgd = optim.Adam([leaf()]), optim.SGD([leaf()])
    for state, message in {
        "SGD's": (
            "Adam.load_state_dict: the settings must be amsgrad, betas, eps, lr, maximize, weight_decay, "
            "got dampening, lr, maximize, momentum, nesterov, weight_decay. Use instead: an optimiser of the kind that was saved"
        ),
        "none": (
            "Adam.load_state_dict: it takes what state_dict() returned, got a dict of nothing. "
            "Type instead: optimizer.load_state_dict(other.state_dict())"
        ),
    }.items():
        with pytest.raises(errors.StateError) as error:
            adam.load_state_dict(sgd.state_dict() if state == "SGD's" else {})
        assert str(error.value) == message


def test_state_of_another_model_is_refused():
    one, other = optim.Adam([leaf()]), optim.Adam([leaf(), leaf()])
    with pytest.raises(errors.ShapeError) as error:
        one.load_state_dict(other.state_dict())
    assert str(error.value) == (
        "Adam.load_state_dict: groups must have [1] parameters, got [2]. Use instead: the model and groups that were saved"
    )
    longer = leaf([1.0, 2.0, 3.0])
    longer.grad = [1.0, 1.0, 1.0]
    third = optim.Adam([longer])
    third.step()
    with pytest.raises(errors.ShapeError) as error:
        one.load_state_dict(third.state_dict())
    assert str(error.value) == (
        "Adam.load_state_dict: exp_avg of parameter 0 must have its shape, got (3,) and (2,) (the saved one has length 3 on axis 0, this one has 2). Use instead: the model that was saved"
    )


def test_a_schedule_goes_on_from_its_state():
    optimizer = optim.SGD([leaf()], lr=1.0)
    schedule = optim.CosineAnnealingLR(optimizer, T_max=10)
    for _ in range(4):
        schedule.step()
    saved = schedule.state_dict()
    fresh = optim.SGD([leaf()], lr=1.0)
    again = optim.CosineAnnealingLR(fresh, T_max=10)
    again.load_state_dict(saved)
    assert again.get_last_lr() == schedule.get_last_lr()
    plateau = optim.ReduceLROnPlateau(optimizer, patience=0)
    plateau.step(1.0)
    other = optim.ReduceLROnPlateau(optimizer, patience=0)
    other.load_state_dict(plateau.state_dict())
    assert other.best == 1.0


@pytest.mark.parametrize("size", [1e30, 1e-30])
def test_a_norm_whose_squares_overflow_or_vanish_is_finite_and_clips(size):
    a, b = (tl.tensor(np.zeros(n, np.float32), requires_grad=True) for n in (2, 1))
    a.grad, b.grad = np.array([2 * size, -3 * size]), np.array([6 * size])
    assert optim.grad_norm([a, b]) == pytest.approx(7 * size, rel=1e-6)
    assert optim.clip_grad_norm_([a, b], 1.0) == pytest.approx(7 * size, rel=1e-6)
    factor = 1 / 7 / size if size > 1 else 1.0
    np.testing.assert_allclose(a.grad, [2 * size * factor, -3 * size * factor], rtol=1e-6)
    a.grad = np.array([np.inf, 1.0])
    assert optim.grad_norm([a, b]) == np.inf
    a.grad = np.array([np.nan, 1.0])
    assert np.isnan(optim.grad_norm([a, b]))


@pytest.mark.parametrize("search", [None, "strong_wolfe"])
def test_a_closure_that_fails_leaves_lbfgs_where_it_was(search):
    x = tl.tensor([3.0, -2.0], requires_grad=True)
    optimizer = tl.optim.LBFGS([x], lr=0.1, max_iter=20, line_search_fn=search)
    asked = 0

    def closure():
        nonlocal asked
        asked += 1
        if asked == 3:
            raise KeyboardInterrupt
        optimizer.zero_grad()
        loss = np.sum(x**4)
        loss.backward()
        return loss

    with pytest.raises(KeyboardInterrupt):
        optimizer.step(closure)
    assert asked == 3
    assert x.numpy().tolist() == [3.0, -2.0]
    assert optimizer.state == [{}]
