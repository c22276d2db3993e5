"""What the truth costs: a training step of a ReLU network under each policy, with and without ties hit.

    python benchmarks/kinks_cost.py [--rounds N]

Processor time, medians of interleaved rounds, as multiples of the same step under "convention". In every round the first step
of a policy is not counted: it finds the caches full of another's arrays.
"""

import argparse
import itertools
import statistics
import time
import warnings

import numpy as np

import tinygrad_loss as tl

BATCH, WIDTHS = 64, (64, 64, 64, 10)
SHARE = 0.01


def step_of(policy, *, ties):
    """Return a training step in single precision; with ``ties`` 1 % of all (row, unit) pairs of each hidden layer are exactly 0."""
    rng = np.random.default_rng(0)

    def drawn(*shape):
        return rng.normal(size=shape).astype(np.float32)

    x, y = drawn(BATCH, WIDTHS[0]), drawn(BATCH, WIDTHS[-1])
    weights = [(drawn(a, b) * np.float32(np.sqrt(2 / a)), np.zeros(b, np.float32)) for a, b in itertools.pairwise(WIDTHS)]
    if ties:
        h = x
        for w, b in weights[:-1]:
            units = rng.permutation(len(b))[: round(SHARE * BATCH * len(b))]
            rows = rng.permutation(BATCH)[: len(units)]
            b[units] = -(h @ w)[rows, units]
            h = np.maximum(h @ w + b, 0)
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
    "subgradient, ties in 1 % of the activations": ("subgradient", True),
    "nan, ties in 1 % of the activations": ("nan", True),
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
            repeats = 5 if "ties" in name else 20
            step()
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
