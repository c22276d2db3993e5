"""Value and gradient of every loss against PyTorch eager: times in one interleaved run, peak memory in a fresh process each.

Of the times the table shows medians, their ratio and that of the minima. Blocks of steps alternate, and the first steps after each
change are not counted: PyTorch's threads keep a core busy for some milliseconds after a call, waiting for the next, and each side
finds its caches full of the other's arrays. Memory is what a step takes beyond its arrays (Linux),
in small pages: huge ones, which NumPy asks for where an array of 4 MiB has been, would show both sides in steps of 2 MiB by chance.

python benchmarks/losses.py [NAME ...] [--threads 2] [--time | --memory]
"""

import argparse
import contextlib
import ctypes
import gc
import os
import re
import statistics
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

SIZES = {1_000: 300, 1_000_000: 30}
BLOCK, SETTLED, FEWEST = 15, 0.01, 3
"""Steps counted by turns; seconds, and steps at least, after a change of sides that are not."""
CLASSES = 10
WARM = 600_000
"""Entries of the step before memory is measured: enough for both to start their threads."""
OPTIONS = {"kl_div": {"reduction": "batchmean"}}


def arrays(name, n, rng):
    """Return the arguments of one loss over n elements, predictions first."""
    normal = lambda *shape: rng.standard_normal(shape).astype(np.float32)  # noqa: E731
    uniform = lambda *shape: rng.uniform(0.05, 0.95, shape).astype(np.float32)  # noqa: E731
    sign = lambda *shape: rng.choice(np.array([-1.0, 1.0], np.float32), shape)  # noqa: E731
    rows = n // CLASSES
    classes = rng.integers(0, CLASSES, rows)
    vectors = lambda: normal(rows, CLASSES)  # noqa: E731
    listed = np.full((rows, CLASSES), -1)
    listed[:, 0] = classes
    if name == "ctc_loss":
        scores = normal(100, 16, 30)
        return [scores - np.log(np.exp(scores).sum(2, keepdims=True)), rng.integers(1, 30, (16, 20)), np.full(16, 100), np.full(16, 20)]
    return {
        "binary_cross_entropy": lambda: [uniform(n), uniform(n)],
        "binary_cross_entropy_with_logits": lambda: [normal(n), uniform(n)],
        "poisson_nll_loss": lambda: [normal(n), rng.poisson(3.0, n).astype(np.float32)],
        "gaussian_nll_loss": lambda: [normal(n), normal(n), uniform(n)],
        "kl_div": lambda: [np.log(uniform(n)), uniform(n)],
        "soft_margin_loss": lambda: [normal(n), sign(n)],
        "hinge_embedding_loss": lambda: [uniform(n), sign(n)],
        "margin_ranking_loss": lambda: [normal(n), normal(n), sign(n)],
        "nll_loss": lambda: [np.log(uniform(rows, CLASSES)), classes],
        "cross_entropy": lambda: [vectors(), classes],
        "multi_margin_loss": lambda: [vectors(), classes],
        "multilabel_margin_loss": lambda: [vectors(), listed],
        "multilabel_soft_margin_loss": lambda: [vectors(), (uniform(rows, CLASSES) > 0.5).astype(np.float32)],
        "cosine_embedding_loss": lambda: [vectors(), vectors(), sign(rows)],
        "triplet_margin_loss": lambda: [vectors(), vectors(), vectors()],
    }.get(name, lambda: [normal(n), normal(n)])()


NAMES = [
    "l1_loss", "mse_loss", "huber_loss", "smooth_l1_loss", "gaussian_nll_loss", "poisson_nll_loss", "kl_div", "binary_cross_entropy",
    "binary_cross_entropy_with_logits", "soft_margin_loss", "hinge_embedding_loss", "margin_ranking_loss", "nll_loss", "cross_entropy",
    "multi_margin_loss", "multilabel_margin_loss", "multilabel_soft_margin_loss", "cosine_embedding_loss", "triplet_margin_loss", "ctc_loss",
]  # fmt: skip


def ours(name, given):
    """Return a step of ours: value and gradient in the prediction."""
    import tinygrad_loss as tl

    loss, x = getattr(tl.losses, name), tl.tensor(given[0], requires_grad=True)
    rest = given[1:]

    def step():
        x.grad = None
        loss(x, *rest, **OPTIONS.get(name, {})).backward()

    return step


def theirs(name, given):
    """Return the same step of PyTorch's."""
    import torch

    loss, x = getattr(torch.nn.functional, name), torch.tensor(given[0], requires_grad=True)
    rest = [torch.tensor(a) for a in given[1:]]

    def step():
        x.grad = None
        loss(x, *rest, **OPTIONS.get(name, {})).backward()

    return step


def unchecked():
    """Return the policy under which ours answers at kinks as PyTorch does."""
    import tinygrad_loss as tl

    return tl.at_kinks("convention")


def timed(step):
    start = time.perf_counter()
    step()
    return time.perf_counter() - start


def settle(step):
    """Take steps until what the other side left behind is gone."""
    end, taken = time.perf_counter() + SETTLED, 0
    while taken < FEWEST or time.perf_counter() < end:
        step()
        taken += 1


def compare(name, given, rounds):
    """Return the times of both in microseconds, measured in blocks by turns."""
    steps = ours(name, given), theirs(name, given)
    times = [[], []]
    gc.disable()
    with unchecked():
        for _ in range(0, rounds, BLOCK):
            for kept, step in zip(times, steps, strict=True):
                settle(step)
                kept += [timed(step) * 1e6 for _ in range(BLOCK)]
    gc.enable()
    return times


def resident(what):
    """Return VmRSS (memory now) or VmHWM (its peak) of this process in bytes."""
    return int(re.search(rf"{what}:\s+(\d+) kB", Path("/proc/self/status").read_text(encoding="ascii"))[1]) * 1024


def peak(side, name, n, threads):
    """Return by how much one step raises the memory of this process above that of its arrays, and the most that it ever held."""
    if side == "ours":
        make, context = ours, unchecked()
    else:
        make, context = theirs, contextlib.nullcontext()
        limit_torch(threads)
    rng = np.random.default_rng(0)
    with context:
        make(name, arrays(name, WARM, rng))()
        step = make(name, arrays(name, n, rng))
        gc.collect()
        ctypes.CDLL(None).malloc_trim(0)  # what was freed before must not hide what the step takes
        whole = resident("VmHWM")
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
        before = resident("VmRSS")
        step()
        after = resident("VmHWM")
    return after - before, max(whole, after)


def limit_torch(threads):
    import torch

    torch.set_num_threads(threads)


def measured_alone(side, name, n, threads):
    """Return both peaks of a process that does nothing else, in MB."""
    command = [sys.executable, __file__, name, "--peak", side, "--size", str(n), "--threads", str(threads)]
    pages = os.environ | {"NUMPY_MADVISE_HUGEPAGE": "0"}
    printed = subprocess.run(command, capture_output=True, check=True, text=True, env=pages).stdout  # noqa: S603  this file again
    return [int(number) / 1e6 for number in printed.split()]


def show_times(names):
    rng = np.random.default_rng(0)
    print(f"{'loss':34}{'elements':>10}{'ours, us':>12}{'torch, us':>12}{'ratio':>8}{'of minima':>11}")
    for name in names:
        for n, rounds in ({"T100 N16": 30} if name == "ctc_loss" else SIZES).items():
            a, b = compare(name, arrays(name, 1000 if name == "ctc_loss" else n, rng), rounds)
            middle = statistics.median(a), statistics.median(b)
            print(f"{name:34}{n:>10}{middle[0]:12.1f}{middle[1]:12.1f}{middle[0] / middle[1]:8.2f}{min(a) / min(b):11.2f}", flush=True)


def show_memory(names, threads):
    n = max(SIZES)
    print(f"{'loss':34}{'elements':>10}{'ours, MB':>12}{'torch, MB':>12}{'ratio':>8}   whole process, MB")
    for name in names:
        (a, whole_a), (b, whole_b) = (measured_alone(side, name, n, threads) for side in ("ours", "torch"))
        print(f"{name:34}{n:10}{a:12.1f}{b:12.1f}{a / b:8.2f}{whole_a:10.0f}{whole_b:6.0f}{whole_a / whole_b:6.2f}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", default=NAMES)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--time", action="store_true", help="times only")
    parser.add_argument("--memory", action="store_true", help="memory only")
    parser.add_argument("--peak", choices=["ours", "torch"], help="print the peak of one step of one loss, in bytes")
    parser.add_argument("--size", type=int, default=max(SIZES))
    options = parser.parse_args()
    if options.peak:
        print(*peak(options.peak, options.names[0], options.size, options.threads))
        return
    limit_torch(options.threads)
    if not options.memory:
        show_times(options.names)
    if not options.time:
        show_memory([name for name in options.names if name != "ctc_loss"], options.threads)


if __name__ == "__main__":
    main()
