"""A state that is loaded holds the kinds of values that the optimiser or the schedule remembers itself; a refused one changes nothing."""

import contextlib

import numpy as np
import pytest

import tinygrad_loss as tl
from hostile import JUNK, copied, counted, with_junk
from tinygrad_loss import errors, optim

OPTIMISERS = {
    "SGD": {"lr": 0.1, "momentum": 0.9},
    "Adagrad": {},
    "RMSprop": {"centered": True, "momentum": 0.5},
    "Adam": {"amsgrad": True},
    "AdamW": {},
    "Lion": {},
    "Subgradient": {},
    "LBFGS": {"max_iter": 3},
}
SCHEDULES = {
    "StepLR": {"step_size": 3},
    "CosineAnnealingLR": {"T_max": 5},
    "OneCycleLR": {"max_lr": 0.5, "total_steps": 20, "cycle_momentum": False},
    "ReduceLROnPlateau": {},
}
KNOWN = (errors.TinygradLossError,)


def trained(name, steps=3):
    """Return an optimiser that has moved a matrix and a number, and a function that lets it move again."""
    leaves = [tl.tensor(np.arange(6.0).reshape(2, 3), requires_grad=True), tl.tensor(2.0, requires_grad=True)]
    optimizer = getattr(optim, name)(leaves, **OPTIMISERS[name])

    def closure():
        optimizer.zero_grad()
        loss = np.sum((leaves[0] - leaves[1]) ** 2)
        loss.backward()
        return loss

    def step():
        if name == "LBFGS":
            optimizer.step(closure)
        else:
            closure()
            optimizer.step()

    for _ in range(steps):
        step()
    return optimizer, step


def text(optimizer):
    return repr(optimizer.state_dict())


@pytest.mark.parametrize("name", OPTIMISERS)
def test_its_own_state_is_taken(name):
    optimizer, step = trained(name)
    other, again = trained(name, 0)
    other.load_state_dict(optimizer.state_dict())
    assert text(other) == text(optimizer)
    step()
    again()


@pytest.mark.parametrize("name", OPTIMISERS)
def test_no_remembered_value_is_of_another_kind(name):
    optimizer, _ = trained(name)
    saved = copied(optimizer.state_dict())
    other, _ = trained(name, 1)
    before = text(other)
    junk = [None, "a", {"a": 1}, [], [1], np.ones(5), np.ones((2, 3), bool), np.array(["a"]), True, float("nan")]
    for i, state in saved["state"].items():
        for key in state:
            for wrong in junk:
                if isinstance(state[key], list) and isinstance(wrong, list) and not wrong:
                    continue  # LBFGS may remember no pairs
                changed = copied(saved)
                changed["state"][i][key] = wrong
                with pytest.raises(KNOWN):
                    other.load_state_dict(changed)
                assert text(other) == before


@pytest.mark.parametrize("name", OPTIMISERS)
def test_a_damaged_state_is_refused_or_works(name):
    optimizer, _ = trained(name)
    saved = copied(optimizer.state_dict())
    for changed in counted(lambda rng: with_junk(saved, rng), 150, seed=len(name)):
        other, step = trained(name, 1)
        before = text(other)
        try:
            other.load_state_dict(changed)
        except KNOWN:
            assert text(other) == before
        else:
            with np.errstate(all="ignore"), contextlib.suppress(errors.NonFiniteError):
                step()


@pytest.mark.parametrize(
    "wrong",
    [1, None, [], {"state": {}, "param_groups": [1]}, {"state": [], "param_groups": []}, {"state": {}, "param_groups": [{}]}, *JUNK],
    ids=repr,
)
@pytest.mark.parametrize("name", OPTIMISERS)
def test_what_is_no_state_is_refused(name, wrong):
    other, _ = trained(name, 1)
    with pytest.raises(KNOWN):
        other.load_state_dict(wrong)


def test_the_message_names_the_value():
    optimizer, _ = trained("Adam")
    saved = copied(optimizer.state_dict())
    saved["state"][0]["exp_avg"] = {"!rray in this file": "a"}
    with pytest.raises(errors.StateError) as error:
        optimizer.load_state_dict(saved)
    assert str(error.value) == (
        "Adam.load_state_dict: exp_avg of parameter 0 must be of the kind of an array of float64, got dict. "
        "Use instead: load_state_dict(other.state_dict()), of the kind that was saved"
    )


def scheduled(name):
    optimizer = optim.SGD([tl.tensor(1.0, requires_grad=True)], lr=1.0)
    return getattr(optim, name)(optimizer, **SCHEDULES[name])


@pytest.mark.parametrize("name", SCHEDULES)
def test_a_schedule_takes_only_its_own_state(name):
    schedule = scheduled(name)
    for _ in range(3):
        schedule.step(*([1.0] if name == "ReduceLROnPlateau" else []))
    saved = schedule.state_dict()
    scheduled(name).load_state_dict(saved)
    for changed in [*JUNK, {}, *counted(lambda rng: with_junk(saved, rng), 100)]:
        other = scheduled(name)
        before = other.state_dict(), other.get_last_lr()
        try:
            other.load_state_dict(changed)
        except KNOWN:
            assert (other.state_dict(), other.get_last_lr()) == before
        else:
            other.step(*([1.0] if name == "ReduceLROnPlateau" else []))
