"""Record what PyTorch's optimisers and schedules answer to a fixed sequence of gradients, for tests that run without it.

Run from the project's root: ``python benchmarks/record/optimisers.py``.
"""

import json
import sys
import warnings
from pathlib import Path

import numpy as np
import torch

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests" / "optim"))
import cases  # noqa: E402  the tests hold the list of cases

SHAPES = [(3,), (2, 2), ()]


def record_optimiser(name, settings, start, gradients):
    settings = {k: tuple(v) if isinstance(v, list) else v for k, v in settings.items()}
    params = [torch.tensor(x, dtype=torch.float64, requires_grad=True) for x in start]
    optimizer = getattr(torch.optim, name)(params, **settings)
    trail = []
    for step in gradients:
        for p, g in zip(params, step, strict=True):
            p.grad = torch.tensor(g, dtype=torch.float64)
        optimizer.step()
        trail.append([p.detach().numpy().tolist() for p in params])
    return trail


def record_lbfgs(settings):
    x = torch.tensor(cases.VALLEY_START, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS([x], **settings)

    def closure():
        optimizer.zero_grad()
        loss = cases.valley(x)
        loss.backward()
        return loss

    return [[optimizer.step(closure).item(), x.detach().numpy().tolist()] for _ in range(6)]


def record_schedule(parts):
    params = [torch.ones(2, dtype=torch.float64, requires_grad=True) for _ in range(2)]
    groups = [{"params": [params[0]]}, {"params": [params[1]], "lr": 0.05}]
    optimizer = torch.optim.SGD(groups, lr=0.2, momentum=0.9)
    return cases.rates(optimizer, cases.schedule_of(torch.optim.lr_scheduler, optimizer, parts))


def main():
    warnings.simplefilter("ignore")
    rng = np.random.default_rng(20)
    start = [rng.standard_normal(s).tolist() for s in SHAPES]
    gradients = [[rng.standard_normal(s).tolist() for s in SHAPES] for _ in range(12)]
    recorded = {
        "source": f"torch {torch.__version__}, float64, CPU; benchmarks/record/optimisers.py",
        "start": start,
        "gradients": gradients,
        "optimisers": {name: record_optimiser(*case, start, gradients) for name, case in cases.OPTIMISERS.items()},
        "lbfgs": {name: record_lbfgs(case) for name, case in cases.LBFGS.items()},
        "schedules": {name: record_schedule(case) for name, case in cases.SCHEDULES.items()},
    }
    path = ROOT / "tests" / "data" / "optimisers.json"
    path.write_text(json.dumps(recorded) + "\n")
    print(f"{path.relative_to(ROOT)}: {path.stat().st_size} bytes")


main()
