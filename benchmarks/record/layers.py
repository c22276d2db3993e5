"""Record what PyTorch's layers answer, values, gradients and running statistics, for tests that run without it.

Run from the project's root: ``python benchmarks/record/layers.py``.
"""

import sys
import warnings
from pathlib import Path

import numpy as np
import torch

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests" / "nn"))
import layer_cases  # noqa: E402  the tests hold the list of cases

if __name__ == "__main__":
    warnings.simplefilter("ignore")  # torch warns that even kernels with padding="same" copy their input
    found = {"torch": np.array(torch.__version__)}
    for place, case in enumerate(layer_cases.CASES):
        found |= {f"{place} {case}: {name}": value for name, value in layer_cases.asked_of_torch(case, place).items()}
    target = ROOT / "tests" / "data" / "layers.npz"
    np.savez_compressed(target, **found)
    print(f"{len(layer_cases.CASES)} cases, {len(found)} arrays, {target.stat().st_size // 1024} KiB, PyTorch {torch.__version__}")
