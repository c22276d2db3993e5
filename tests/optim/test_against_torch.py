"""Every optimiser and schedule walks PyTorch's path: recorded, and live where PyTorch is installed."""

import json
from pathlib import Path

import numpy as np
import pytest

import tinygrad_loss as tl
from optim import cases
from tinygrad_loss import optim

RECORDED = json.loads((Path(__file__).parents[1] / "data" / "optimisers.json").read_text())
CLOSE = {"rtol": 1e-12, "atol": 1e-12}


def made(name, settings, start):
    settings = {k: tuple(v) if isinstance(v, list) else v for k, v in settings.items()}
    params = [tl.tensor(np.array(x), requires_grad=True) for x in start]
    return params, getattr(optim, name)(params, **settings)


@pytest.mark.parametrize("case", cases.OPTIMISERS)
def test_an_optimiser_walks_the_recorded_path(case):
    params, optimizer = made(*cases.OPTIMISERS[case], RECORDED["start"])
    for gradients, expected in zip(RECORDED["gradients"], RECORDED["optimisers"][case], strict=True):
        for p, g in zip(params, gradients, strict=True):
            p.grad = g
        optimizer.step()
        for p, x in zip(params, expected, strict=True):
            np.testing.assert_allclose(p.data, x, **CLOSE)


@pytest.mark.parametrize("case", cases.OPTIMISERS)
def test_an_interrupted_walk_goes_on_as_if_it_had_not_been(case):
    params, optimizer = made(*cases.OPTIMISERS[case], RECORDED["start"])
    for t, gradients in enumerate(RECORDED["gradients"]):
        for p, g in zip(params, gradients, strict=True):
            p.grad = g
        optimizer.step()
        if t == 4:
            saved = optimizer.state_dict()
            params, optimizer = made(*cases.OPTIMISERS[case], [p.numpy() for p in params])
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


def two_groups(module, tensor):
    groups = [{"params": [tensor()]}, {"params": [tensor()], "lr": 0.05}]
    return module.SGD(groups, lr=0.2, momentum=0.9)


@pytest.mark.parametrize("case", cases.SCHEDULES)
def test_a_schedule_sets_the_recorded_rates(case):
    optimizer = two_groups(optim, lambda: tl.tensor([1.0, 1.0], requires_grad=True))
    schedule = cases.schedule_of(optim.lr_scheduler, optimizer, cases.SCHEDULES[case])
    np.testing.assert_allclose(cases.rates(optimizer, schedule), RECORDED["schedules"][case], **CLOSE)


def test_live_against_torch():
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(3)
    for name, settings in cases.OPTIMISERS.values():
        start = [rng.standard_normal((4, 3)), rng.standard_normal(5)]
        params, optimizer = made(name, settings, start)
        theirs = [torch.tensor(x, requires_grad=True) for x in start]
        other = getattr(torch.optim, name)(theirs, **{k: tuple(v) if isinstance(v, list) else v for k, v in settings.items()})
        for _ in range(20):
            for p, q in zip(params, theirs, strict=True):
                p.grad = rng.standard_normal(p.shape)
                q.grad = torch.tensor(p.grad)
            optimizer.step()
            other.step()
        for p, q in zip(params, theirs, strict=True):
            np.testing.assert_allclose(p.data, q.detach().numpy(), **CLOSE)


def test_clipping_live_against_torch():
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(4)
    for norm_type in (1.0, 2.0, 3.0, np.inf):
        for limit in (0.5, 100.0):
            ours = [tl.tensor(np.zeros(s), requires_grad=True) for s in ((3, 2), (4,))]
            theirs = [torch.zeros(s, dtype=torch.float64, requires_grad=True) for s in ((3, 2), (4,))]
            for p, q in zip(ours, theirs, strict=True):
                p.grad = rng.standard_normal(p.shape)
                q.grad = torch.tensor(p.grad)
            mine = optim.clip_grad_norm_(ours, limit, norm_type)
            assert mine == pytest.approx(torch.nn.utils.clip_grad_norm_(theirs, limit, norm_type).item(), rel=1e-12)
            optim.clip_grad_value_(ours, 0.4)
            torch.nn.utils.clip_grad_value_(theirs, 0.4)
            for p, q in zip(ours, theirs, strict=True):
                np.testing.assert_allclose(p.grad, q.grad.numpy(), **CLOSE)
