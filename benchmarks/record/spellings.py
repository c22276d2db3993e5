"""Record what PyTorch answers to every spelling that tensors here accept, for tests that run without it.

Run from the project's root: ``python benchmarks/record/spellings.py``.
"""

import sys
import warnings
from pathlib import Path

import numpy as np
import torch

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
import spelled  # noqa: E402  the tests hold the list of calls


def tensor(value, requires_grad):
    return torch.tensor(value, requires_grad=bool(requires_grad))


def run(call, letters):
    return eval(call, {}, letters)  # noqa: S307  the calls are those of the table


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    found = {"torch": np.array(torch.__version__)}
    for call in spelled.CALLS:
        for k, value in enumerate(spelled.asked(call, tensor, torch.nn.functional, run, lambda t: t.numpy(force=True))):
            found[f"{call}: {k}"] = value
    target = ROOT / "tests" / "data" / "spellings.npz"
    np.savez_compressed(target, **found)
    print(f"{len(spelled.CALLS)} calls, {len(found)} arrays, {target.stat().st_size // 1024} KiB, PyTorch {torch.__version__}")
