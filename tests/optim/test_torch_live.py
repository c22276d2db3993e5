"""Every optimiser and schedule walks PyTorch's path, asked live. Collected where torch is installed."""

import numpy as np
import pytest
import torch

import tinygrad_loss as tl
from optim import cases, ours
from tinygrad_loss import optim

CLOSE = {"rtol": 1e-12, "atol": 1e-12}


def test_live_against_torch():
    rng = np.random.default_rng(3)
    for name, settings in cases.OPTIMISERS.values():
        start = [rng.standard_normal((4, 3)), rng.standard_normal(5)]
        params, optimizer = ours.made(name, settings, start)
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
