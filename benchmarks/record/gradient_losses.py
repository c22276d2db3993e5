"""Record thirty steps under losses of gradients with PyTorch, for tests that run without it.

Run from the project's root: ``python benchmarks/record/gradient_losses.py``.
"""

import json
import sys
from pathlib import Path

import torch

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests"))
from training import gradient_losses  # noqa: E402  the tests hold the list of trainings


def main():
    recorded = {"source": f"torch {torch.__version__}, float64, CPU; benchmarks/record/gradient_losses.py"}
    for name in gradient_losses.SIZES:
        losses, weights = gradient_losses.trained_by_torch(name)
        recorded[name] = {"losses": losses.tolist(), "weights": weights.tolist()}
        print(f"{name:10} loss {losses[0]:.4f} to {losses[-1]:.4f}")
    path = ROOT / "tests" / "data" / "gradient_losses.json"
    path.write_text(json.dumps(recorded) + "\n")
    print(f"{path.relative_to(ROOT)}: {path.stat().st_size} bytes")


main()
