"""Every optimiser and schedule walks the path recorded from PyTorch."""

import json
from pathlib import Path

import numpy as np
import pytest

import tinygrad_loss as tl
from optim import cases, ours
from tinygrad_loss import optim

RECORDED = json.loads((Path(__file__).parents[1] / "data" / "optimisers.json").read_text())
CLOSE = {"rtol": 1e-12, "atol": 1e-12}


@pytest.mark.parametrize("case", cases.OPTIMISERS)
def test_an_optimiser_walks_the_recorded_path(case):
    params, optimizer = ours.made(*cases.OPTIMISERS[case], RECORDED["start"])
    for gradients, expected in zip(RECORDED["gradients"], RECORDED["optimisers"][case], strict=True):
        for p, g in zip(params, gradients, strict=True):
            p.grad = g
        optimizer.step()
        for p, x in zip(params, expected, strict=True):
            np.testing.assert_allclose(p.data, x, **CLOSE)


@pytest.mark.parametrize("case", cases.OPTIMISERS)
def test_an_interrupted_walk_goes_on_as_if_it_had_not_been(case):
    params, optimizer = ours.made(*cases.OPTIMISERS[case], RECORDED["start"])
    for t, gradients in enumerate(RECORDED["gradients"]):
        for p, g in zip(params, gradients, strict=True):
            p.grad = g
        optimizer.step()
        if t == 4:
            saved = optimizer.state_dict()
            params, optimizer = ours.made(*cases.OPTIMISERS[case], [p.numpy() for p in params])
            optimizer.load_state_dict(saved)
    for p, x in zip(params, RECORDED["optimisers"][case][-1], strict=True):
        np.testing.assert_allclose(p.data, x, **CLOSE)


@pytest.mark.parametrize("case", cases.LBFGS)
def test_lbfgs_walks_the_recorded_path(case):
    x = tl.tensor(cases.VALLEY_START, requires_grad=True)
    optimizer = optim.LBFGS([x], **cases.LBFGS[case])

    def closure():
        optimizer.zero_grad()
        loss = cases.valley(x)
        loss.backward()
        return loss

    for loss, expected in RECORDED["lbfgs"][case]:
        np.testing.assert_allclose(optimizer.step(closure).item(), loss, **CLOSE)
        np.testing.assert_allclose(x.data, expected, **CLOSE)


@pytest.mark.parametrize("case", cases.LBFGS)
def test_an_interrupted_lbfgs_goes_on_as_if_it_had_not_been(case):
    # the same valleys, in two parameters of unlike shapes
    def made(values):
        a, b = (
            tl.tensor(np.reshape(v, s), requires_grad=True) for v, s in zip(np.split(np.asarray(values), [1]), ((), (3, 1)), strict=True)
        )
        optimizer = optim.LBFGS([a, b], **cases.LBFGS[case])

        def closure():
            optimizer.zero_grad()
            loss = cases.valley(np.concatenate([np.reshape(a, (1,)), np.ravel(b)]))
            loss.backward()
            return loss

        return optimizer, closure, lambda: np.concatenate([a.data.ravel(), b.data.ravel()])

    optimizer, closure, where = made(cases.VALLEY_START)
    for t, (loss, expected) in enumerate(RECORDED["lbfgs"][case]):
        np.testing.assert_allclose(optimizer.step(closure).item(), loss, **CLOSE)
        np.testing.assert_allclose(where(), expected, **CLOSE)
        if t == 2:
            saved = optimizer.state_dict()
            optimizer, closure, where = made(where())
            optimizer.load_state_dict(saved)


def two_groups(module, tensor):
    groups = [{"params": [tensor()]}, {"params": [tensor()], "lr": 0.05}]
    return module.SGD(groups, lr=0.2, momentum=0.9)


@pytest.mark.parametrize("case", cases.SCHEDULES)
def test_a_schedule_sets_the_recorded_rates(case):
    optimizer = two_groups(optim, lambda: tl.tensor([1.0, 1.0], requires_grad=True))
    schedule = cases.schedule_of(optim.lr_scheduler, optimizer, cases.SCHEDULES[case])
    np.testing.assert_allclose(cases.rates(optimizer, schedule), RECORDED["schedules"][case], **CLOSE)
