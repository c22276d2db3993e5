"""What the command line's defaults reach: every encoder on the digits, and the CNN on the cats, over five seeds.

Run from the project's root: ``python benchmarks/accuracy.py [encoder ...] [--seeds N] [--json FILE]``. Each training prints a line
as it ends, with its wall seconds and the processor's; then each row its distribution. The targets are the project's own promises.
"""

import argparse
import json
import os
import platform
import time
from pathlib import Path

import numpy as np

from tinygrad_loss.training.experiment import Experiment, Setup

CASES = {
    # name of the row: data set, encoder, measure, the mean that is promised, the wall seconds that are promised for each training
    "mlp": ("digits", "mlp", "test_accuracy", 0.975, 120),
    "cnn": ("digits", "cnn", "test_accuracy", 0.985, 120),
    "rnn": ("digits", "rnn", "test_accuracy", 0.965, 120),
    "transformer": ("digits", "transformer", "test_accuracy", 0.965, 120),
    "cats": ("cats", "cnn", "test_auc", 0.97, None),
}


def trained(dataset, encoder, measure, seed):
    """Train once as the command line does; return the measure on the test rows, and the seconds of the wall and of the processor."""
    wall, busy = time.perf_counter(), time.process_time()
    experiment = Experiment(Setup(dataset, encoder, seed=seed))
    experiment.train(progress=False)
    value = experiment.test()[measure]
    return {"seed": seed, "value": value, "wall_seconds": time.perf_counter() - wall, "processor_seconds": time.process_time() - busy}


def spread(values):
    """Return the distribution in words."""
    low, middle, high = np.quantile(values, [0, 0.5, 1])
    deviation = np.std(values, ddof=1) if len(values) > 1 else 0.0
    return f"mean {np.mean(values):.4f}, standard deviation {deviation:.4f}, lowest {low:.4f}, median {middle:.4f}, highest {high:.4f}"


def row(name, seeds):
    """Train a row's seeds, print each and their distribution, and return all of it."""
    dataset, encoder, measure, promised, limit = CASES[name]
    runs = []
    for seed in range(seeds):
        run = trained(dataset, encoder, measure, seed)
        runs.append(run)
        seconds = f"{run['wall_seconds']:.1f} s of wall, {run['processor_seconds']:.1f} s of processor"
        print(f"{name:12} seed {seed}  {measure[5:]} {run['value']:.4f}  {seconds}", flush=True)
    values, walls = [r["value"] for r in runs], [r["wall_seconds"] for r in runs]
    kept = np.mean(values) >= promised and (limit is None or max(walls) < limit)
    at_most = f", each under {limit} s" if limit else ""
    print(f"{name:12} {measure[5:]}: {spread(values)}; slowest training {max(walls):.1f} s of wall")
    print(f"{name:12} promised: mean at least {promised}{at_most}: {'kept' if kept else 'NOT KEPT'}\n", flush=True)
    return {"measure": measure, "promised": promised, "kept": bool(kept), "runs": runs}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("rows", nargs="*", metavar="ROW", help=f"of {', '.join(CASES)} (default: all)")
    parser.add_argument("--seeds", type=int, default=5, metavar="N", help="trainings a row (default: 5)")
    parser.add_argument("--json", default=None, metavar="FILE", help="where to write every training's figures")
    arguments = parser.parse_args()
    if unknown := set(arguments.rows) - set(CASES):
        parser.error(f"there is no row {min(unknown)!r}; choose from {', '.join(CASES)}")
    print(f"Python {platform.python_version()}, NumPy {np.__version__}, {os.cpu_count()} processors\n", flush=True)
    found = {name: row(name, arguments.seeds) for name in arguments.rows or CASES}
    if arguments.json:
        Path(arguments.json).write_text(json.dumps(found, indent=1) + "\n")


main()
