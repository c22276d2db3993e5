"""Record a hundred training steps of every encoder with PyTorch, for tests that run without it.

Run from the project's root: ``python benchmarks/record/trainings.py``.
"""

import json
import sys
from pathlib import Path

import torch

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests"))
from training import hundred_steps  # noqa: E402  the tests hold the list of trainings


def main():
    recorded = {"source": f"torch {torch.__version__}, float64, CPU; benchmarks/record/trainings.py"}
    for name, training in hundred_steps.TRAININGS.items():
        losses, weights = hundred_steps.trained_by_torch(training)
        recorded[name] = {"losses": losses.tolist(), "weights": weights.tolist()}
        print(f"{name:14} loss {losses[0]:.4f} to {losses[-1]:.4f}")
    path = ROOT / "tests" / "data" / "trainings.json"
    path.write_text(json.dumps(recorded) + "\n")
    print(f"{path.relative_to(ROOT)}: {path.stat().st_size} bytes")


main()
