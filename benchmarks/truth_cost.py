"""What the truth costs in training: an MLP 64-64-64-10, batch 64, without ties and with ties in 1 % of its units.

    python benchmarks/truth_cost.py [--rounds N] [--cpu]

Ratios to the same step under ``at_kinks("convention")``, medians of interleaved rounds.
"""

import argparse
import itertools
import statistics
import time
import warnings

import numpy as np
from rich.console import Console
from rich.table import Table

import tinygrad_loss as tl

RNG = np.random.default_rng(0)
WIDTHS = (64, 64, 64, 10)


def network(share):
    """Return a step, forward and backward, in which ``share`` of the hidden units sit exactly at their kink."""
    x = RNG.standard_normal((64, WIDTHS[0])).astype(np.float32)
    y = RNG.integers(0, WIDTHS[-1], 64)
    shapes = [s for a, b in itertools.pairwise(WIDTHS) for s in ((a, b), (b,))]
    parameters = [tl.tensor((RNG.standard_normal(s) / 8).astype(np.float32), requires_grad=True) for s in shapes]
    w1, b1, w2, b2, w3, b3 = parameters
    shifts = []
    h = x
    for w, b in ((w1, b1), (w2, b2)):
        a = h @ w.data + b.data
        shifts.append(np.where(RNG.random(a.shape) < share, -a, 0).astype(np.float32))
        h = np.maximum(a + shifts[-1], 0.0)

    def step():
        h = np.maximum(x @ w1 + b1 + shifts[0] if share else x @ w1 + b1, 0.0)
        h = np.maximum(h @ w2 + b2 + shifts[1] if share else h @ w2 + b2, 0.0)
        loss = tl.losses.cross_entropy(h @ w3 + b3, y)
        for p in parameters:
            p.grad = None
        loss.backward()

    return step


def medians(step, policies, rounds, clock):
    """Return the median microseconds of a step per policy, interleaved."""
    times = {policy: [] for policy in policies}
    for i in range(rounds + 5):
        for policy in policies:
            with tl.at_kinks(policy):
                start = clock()
                step()
                if i >= 5:
                    times[policy].append(clock() - start)
    return {policy: statistics.median(t) * 1e6 for policy, t in times.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--cpu", action="store_true", help="processor time instead of the clock")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    clock = time.process_time if options.cpu else time.perf_counter
    table = Table("units at a kink", "convention, us", "nan (truth)", "subgradient")
    for share in (0.0, 0.01):
        t = medians(network(share), ("convention", "nan", "subgradient"), options.rounds, clock)
        base = t["convention"]
        table.add_row(f"{share:.0%}", f"{base:.0f}", f"{t['nan'] / base:.2f}", f"{t['subgradient'] / base:.2f}")
    Console().print(table)


if __name__ == "__main__":
    main()
