"""Eager training steps, scalar programs and long chains against PyTorch, HIPS autograd and micrograd, in one interleaved run.

    pip install -e '.[bench]' && python benchmarks/eager.py [--rounds N]

Times are minima over interleaved rounds in one process, so the ratios hold when the machine's speed drifts; --cpu counts
processor time instead of the clock, for machines that do other work meanwhile. The first steps after each change are not counted:
PyTorch's threads keep a core busy for a while after a call, and each finds its caches full of the others' arrays.
"""

import argparse
import gc
import itertools
import os
import resource
import subprocess
import sys
import time
import warnings

import autograd
import autograd.numpy as anp
import numpy as np
import torch
from micrograd.engine import Value
from rich.console import Console
from rich.table import Table

import tinygrad_loss as tl

SMALL = (16, 2, 16, 16, 2)
USUAL = (64, 64, 64, 64, 10)
RATE = 1e-8
"""So small that all stay where they are: among millions of float32 activations one is exactly 0 sooner or later, and the truth then stops."""
AFTER_A_CHANGE, COUNTED = 5, 10
"""Steps of one framework in a round: those while the others' threads go to sleep, and those that are timed."""


def interleaved(steps, rounds, clock):
    """Return the fewest microseconds that each named step took."""
    for step in steps.values():
        for _ in range(20):
            step()
    times = {name: [] for name in steps}
    for _ in range(rounds):
        for name, step in steps.items():
            for _ in range(AFTER_A_CHANGE):
                step()
            start = clock()
            for _ in range(COUNTED):
                step()
            times[name].append((clock() - start) / COUNTED)
    return {name: min(t) * 1e6 for name, t in times.items()}


def data(batch, *widths):
    rng = np.random.default_rng(0)
    x = rng.standard_normal((batch, widths[0])).astype(np.float32)
    y = rng.integers(0, widths[-1], batch)
    shapes = [s for a, b in itertools.pairwise(widths) for s in ((a, b), (b,))]
    return x, y, [(rng.standard_normal(s) / s[0] ** 0.5).astype(np.float32) for s in shapes]


def ours(x, y, weights, policy):
    parameters = [tl.tensor(w, requires_grad=True) for w in weights]
    optimiser = tl.optim.SGD(parameters, lr=RATE)

    def step():
        with tl.at_kinks(policy):
            h = x
            for w, b in zip(parameters[:-2:2], parameters[1:-2:2], strict=True):
                h = np.maximum(h @ w + b, 0.0)
            loss = tl.losses.cross_entropy(h @ parameters[-2] + parameters[-1], y)
            optimiser.zero_grad()
            loss.backward()
        optimiser.step()

    return step


def torchs(x, y, weights):
    x, y = torch.tensor(x), torch.tensor(y)
    parameters = [torch.tensor(w, requires_grad=True) for w in weights]
    optimiser = torch.optim.SGD(parameters, lr=RATE)

    def step():
        h = x
        for w, b in zip(parameters[:-2:2], parameters[1:-2:2], strict=True):
            h = torch.relu(h @ w + b)
        loss = torch.nn.functional.cross_entropy(h @ parameters[-2] + parameters[-1], y)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()

    return step


def autograds(x, y, weights):
    parameters = [w.copy() for w in weights]
    rows = np.arange(len(y))

    def loss(p):
        h = x
        for w, b in zip(p[:-2:2], p[1:-2:2], strict=True):
            h = anp.maximum(anp.dot(h, w) + b, 0.0)
        z = anp.dot(h, p[-2]) + p[-1]
        z = z - anp.max(z, axis=1, keepdims=True)
        return anp.mean(anp.log(anp.sum(anp.exp(z), axis=1)) - z[rows, y])

    gradient = autograd.grad(loss)

    def step():
        for p, g in zip(parameters, gradient(parameters), strict=True):
            np.subtract(p, np.float32(RATE) * g, out=p)

    return step


def scalar(make):
    def step():
        a, b = make(1.5), make(0.5)
        c = a
        for _ in range(150):
            c = c * b + a
        c.backward()

    return step


def training(rounds, clock, table):
    for shape in (USUAL, SMALL):
        task = data(*shape)
        steps = {
            "convention": ours(*task, "convention"),
            "truth": ours(*task, "nan"),
            "torch": torchs(*task),
            "autograd": autograds(*task),
        }
        t = interleaved(steps, rounds, clock)
        name = "-".join(map(str, shape[1:])) + f", batch {shape[0]}"
        for ours_name in ("convention", "truth"):
            table.add_row(
                f"{name}, {ours_name}",
                f"{t[ours_name]:.0f}",
                f"{t['torch']:.0f}",
                f"{t[ours_name] / t['torch']:.2f}",
                f"{t[ours_name] / t['autograd']:.2f}",
            )


def scalars(rounds, clock, table):
    t = interleaved({"ours": scalar(lambda v: tl.tensor(v, requires_grad=True)), "micrograd": scalar(Value)}, rounds, clock)
    table.add_row("300 scalar operations", f"{t['ours']:.0f}", f"{t['micrograd']:.0f} (micrograd)", f"{t['ours'] / t['micrograd']:.2f}", "")


def chain(length, tensor):
    x = tensor(1.0, requires_grad=True)
    start = time.process_time()
    y = x
    for _ in range(length):
        y = y + 1.0
    y.backward()
    return time.process_time() - start


def chains(table):
    gc.freeze()  # the collector would walk the peers' modules in the middle of a chain
    for length in (100, 10_000, 1_000_000):
        for collecting in ("", ", collector off"):
            if collecting:
                gc.disable()
            repeats = 2 + 300_000 // length
            best, peers = (min(chain(length, made) for _ in range(repeats)) / length * 1e6 for made in (tl.tensor, torch.tensor))
            gc.enable()
            table.add_row(f"chain of {length:,}{collecting}: per operation", f"{best:.2f}", f"{peers:.2f}", f"{best / peers:.2f}", "")


def memory(table):
    gc.disable()
    step = ours(*data(*SMALL), "subgradient")
    sizes = []
    for i in range(10_000):
        step()
        if i in {1000, 9999}:
            sizes.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
    gc.enable()
    table.add_row("10,000 steps, collector off: growth", f"{(sizes[1] - sizes[0]) / 1024:.1f} MiB", "", "", "")


def imports(table):
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}

    def cost(module):
        subprocess.run([sys.executable, "-c", f"import {module}"], check=True, env=environment)  # noqa: S603  our own interpreter; writes the bytecode
        # this thread's time: OpenBLAS starts its own with NumPy, and they burn as much again while they wait for work
        code = f"import time; t = time.thread_time(); import {module}; print(time.thread_time() - t)"
        return min(
            float(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment).stdout)  # noqa: S603
            for _ in range(7)
        )

    ours_, numpy = cost("tinygrad_loss"), cost("numpy")
    table.add_row("import, beyond NumPy's own", f"{(ours_ - numpy) * 1e3:.0f} ms", f"{numpy * 1e3:.0f} ms (numpy)", "", "")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument(
        "--cpu", action="store_true", help="processor time of this process instead of the clock; peers then run on one thread"
    )
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    if options.cpu:
        torch.set_num_threads(1)
    clock = time.process_time if options.cpu else time.perf_counter
    table = Table("float32, microseconds", "ours", "torch eager", "ours / torch", "ours / autograd")
    training(options.rounds, clock, table)
    scalars(options.rounds, clock, table)
    chains(table)
    memory(table)
    imports(table)
    Console().print(table)


if __name__ == "__main__":
    main()
