"""Time one training step of four models against PyTorch eager on two cores, float32, and compare the memory of a step.

Run from the project's root: ``python benchmarks/layers.py [--repeat 100] [--only cnn]``.
Blocks of steps alternate, so that whatever else the machine does hits both; medians and the quickest steps are shown, and their ratios.
Single steps must not alternate: PyTorch's threads keep a core busy for a while after each call, waiting for the next,
and would slow down whoever calls then. So the first steps after each change are not counted.
The memory of a step is that of a fresh process: how much its peak exceeds what it held after making model and data.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

THREADS = int(os.environ.get("OPENBLAS_NUM_THREADS", "2"))
TARGETS = {"mlp": 1.0, "cnn": 2.0, "lstm": 1.5, "transformer": 1.5}
CLASSES = 10
BLOCK, AFTER_A_CHANGE = 10, 3
"""Steps counted by turns, and those before them, while the other's threads go to sleep."""


def data(name):
    rng = np.random.default_rng(0)
    shape = {"mlp": (128, 784), "cnn": (64, 1, 28, 28), "lstm": (64, 28, 28), "transformer": (32, 64, 64)}[name]
    return rng.normal(size=shape).astype(np.float32), rng.integers(0, CLASSES, shape[0])


def ours(name):
    import tinygrad_loss as tl
    from tinygrad_loss import nn

    x, y = data(name)
    model, parts = layers(name, nn)
    optimizer = tl.optim.SGD(model.parameters(), lr=0.01)

    def step():
        optimizer.zero_grad()
        loss = tl.losses.cross_entropy(parts(x), y)
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


def theirs(name):
    import torch

    torch.set_num_threads(THREADS)
    x, y = (torch.tensor(a) for a in data(name))
    model, parts = layers(name, torch.nn)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)

    def step():
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(parts(x), y)
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


def layers(name, nn):
    """Return the model and its function; the same lines make ours and theirs."""
    if name == "mlp":
        model = nn.Sequential(nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, CLASSES))
        return model, model
    if name == "cnn":
        model = nn.Sequential(
            nn.Conv2d(1, 16, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(16, 32, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Flatten(),
            nn.Linear(32 * 7 * 7, CLASSES),
        )
        return model, model
    if name == "lstm":
        model = nn.ModuleDict({"read": nn.LSTM(28, 64, batch_first=True), "head": nn.Linear(64, CLASSES)})
        return model, lambda x: model["head"](model["read"](x)[0][:, -1])
    block = nn.TransformerEncoderLayer(64, 4, 256, 0.0, batch_first=True)
    model = nn.ModuleDict({"block": block, "head": nn.Linear(64, CLASSES)})
    return model, lambda x: model["head"](model["block"](x).mean(1))


def alternate(steps, repeat, clock):
    """Return the milliseconds of ``repeat`` steps of each, taken in blocks by turns."""
    seconds = [[] for _ in steps]
    for start in range(0, repeat, BLOCK):
        for step, found in zip(steps, seconds, strict=True):
            for _ in range(AFTER_A_CHANGE):
                step()
            for _ in range(min(BLOCK, repeat - start)):
                before = clock()
                step()
                found.append(clock() - before)
    return [np.array(s) * 1e3 for s in seconds]


def peak_of(side, name):
    """Run a few steps in a process of its own; return by how many MiB they raise its peak."""
    command = [sys.executable, __file__, "--peak", side, "--only", name]
    done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=Path(__file__).parents[1])  # noqa: S603  itself
    return json.loads(done.stdout)


def peak(side, name):
    step = {"ours": ours, "theirs": theirs}[side](name)
    before = highest()
    for _ in range(5):
        step()
    return {"model": before, "step": highest() - before}


def highest():
    """Return the most memory this process has held so far, in MiB; getrusage would count the parent's before exec too."""
    (line,) = (text for text in Path("/proc/self/status").read_text().splitlines() if text.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeat", type=int, default=100)
    parser.add_argument("--only", choices=TARGETS)
    parser.add_argument(
        "--cpu",
        action="store_true",
        help="processor time instead of the clock on the wall: for a busy machine, with OPENBLAS_NUM_THREADS=1",
    )
    parser.add_argument("--peak", choices=["ours", "theirs"])
    given = parser.parse_args()
    if given.peak:
        print(json.dumps(peak(given.peak, given.only)))
        return
    print(
        f"{'model':12} {'ours ms':>9} {'torch ms':>9} {'ratio':>6} {'target':>6}   {'quickest':>15} {'ratio':>6}   {'whole process MiB':>19} {'ratio':>6}   step MiB"
    )
    for name, target in TARGETS.items():
        if given.only in {None, name}:
            a, b = alternate([ours(name), theirs(name)], given.repeat, time.process_time if given.cpu else time.perf_counter)
            mine, other = peak_of("ours", name), peak_of("theirs", name)
            whole = [sum(mine.values()), sum(other.values())]
            print(
                f"{name:12} {np.median(a):9.2f} {np.median(b):9.2f} {np.median(a) / np.median(b):6.2f} {target:6.1f}   "
                f"{a.min():7.2f} {b.min():7.2f} {a.min() / b.min():6.2f}   {whole[0]:9.0f} {whole[1]:9.0f} {whole[0] / whole[1]:6.2f}   "
                f"{mine['step']:.0f} {other['step']:.0f}"
            )


if __name__ == "__main__":
    main()
