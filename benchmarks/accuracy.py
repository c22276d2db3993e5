"""What the command line's defaults reach: every encoder on the digits, and the CNN on the cats, over five seeds.

Run from the project's root: ``python benchmarks/accuracy.py [encoder ...]``. The targets are the project's own promises.
"""

import sys
import time

import numpy as np

from tinygrad_loss.training.experiment import Experiment, Setup

CASES = {
    # name of the row: data set, encoder, measure, the mean that is promised
    "mlp": ("digits", "mlp", "test_accuracy", 0.975),
    "cnn": ("digits", "cnn", "test_accuracy", 0.985),
    "rnn": ("digits", "rnn", "test_accuracy", 0.965),
    "transformer": ("digits", "transformer", "test_accuracy", 0.965),
    "cats": ("cats", "cnn", "test_auc", 0.975),
}
SEEDS = range(5)


def main():
    for name in sys.argv[1:] or CASES:
        dataset, encoder, measure, promised = CASES[name]
        values, start, busy = [], time.perf_counter(), time.process_time()
        for seed in SEEDS:
            experiment = Experiment(Setup(dataset, encoder, seed=seed))
            experiment.train(progress=False)
            values.append(experiment.test()[measure])
        wall, cpu = ((now - then) / len(SEEDS) for now, then in ((time.perf_counter(), start), (time.process_time(), busy)))
        listed = " ".join(f"{v:.4f}" for v in sorted(values))
        print(
            f"{name:12} {measure[5:]:8} mean {np.mean(values):.4f} (promised {promised}), standard deviation {np.std(values):.4f}: "
            f"{listed}; {wall:.0f} s and {cpu:.0f} s of processor a seed",
            flush=True,
        )


main()
