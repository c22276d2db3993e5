"""What the truth costs: a training step of a ReLU network under each policy, with and without ties hit.

    python benchmarks/kinks_cost.py [--rounds N]

Processor time, medians of interleaved rounds, as multiples of the same step under "convention".
"""

import argparse
import itertools
import statistics
import time
import warnings

import numpy as np

import tinygrad_loss as tl

BATCH, WIDTHS = 64, (64, 64, 64, 10)


def step_of(policy, *, ties):
    """Return a training step; with ``ties`` one hidden unit of 128 is 0 for every row, which is 0.8 % of all activations."""
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(BATCH, WIDTHS[0])), rng.normal(size=(BATCH, WIDTHS[-1]))
    weights = [(rng.normal(size=(a, b)) * np.sqrt(2 / a), np.zeros(b)) for a, b in itertools.pairwise(WIDTHS)]
    if ties:
        weights[0][0][:, 0] = 0.0
    leaves = [(tl.tensor(w, requires_grad=True), tl.tensor(b, requires_grad=True)) for w, b in weights]

    def step():
        h = x
        for i, (w, b) in enumerate(leaves):
            h = h @ w + b
            if i < len(leaves) - 1:
                h = np.maximum(h, 0.0)
        for pair in leaves:
            for leaf in pair:
                leaf.grad = None
        loss = np.mean((h - y) ** 2)
        with tl.at_kinks(policy):
            loss.backward()
        return [leaf.data - 0.0 * leaf.grad for pair in leaves for leaf in pair]  # an update that keeps the ties

    return step


CASES = {
    "convention": ("convention", False),
    "nan, no tie hit": ("nan", False),
    "subgradient, no tie hit": ("subgradient", False),
    "subgradient, ties in 1 unit of 128": ("subgradient", True),
    "nan, ties in 1 unit of 128": ("nan", True),
}


def main():
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=30)
    rounds = parser.parse_args().rounds
    warnings.simplefilter("ignore")
    steps = {name: step_of(policy, ties=ties) for name, (policy, ties) in CASES.items()}
    times = {name: [] for name in steps}
    for step in steps.values():
        step()
    for _ in range(rounds):
        for name, step in steps.items():
            repeats = 1 if "ties" in name else 20
            start = time.process_time()
            for _ in range(repeats):
                step()
            times[name].append((time.process_time() - start) / repeats)
    base = statistics.median(times["convention"])
    print("| policy | one step | times convention |\n|---|---|---|")
    for name, seconds in times.items():
        median = statistics.median(seconds)
        print(f"| {name} | {1e6 * median:.0f} us | {median / base:.2f} |")


if __name__ == "__main__":
    main()
