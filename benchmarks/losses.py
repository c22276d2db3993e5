"""Value and gradient of every loss against PyTorch eager, in one interleaved run: the table shows medians and their ratio.

python benchmarks/losses.py [NAME ...] [--threads 2]
"""

import argparse
import gc
import statistics
import time

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812  as all the world calls it

import tinygrad_loss as tl

SIZES = {1_000: 100, 1_000_000: 7}
CLASSES = 10


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
    loss, x = getattr(tl.losses, name), tl.tensor(given[0], requires_grad=True)
    rest = given[1:]

    def step():
        x.grad = None
        with tl.at_kinks("convention"):
            loss(x, *rest).backward()

    return step


def theirs(name, given):
    """Return the same step of PyTorch's."""
    loss, x = getattr(F, name), torch.tensor(given[0], requires_grad=True)
    rest = [torch.tensor(a) for a in given[1:]]

    def step():
        x.grad = None
        loss(x, *rest).backward()

    return step


def timed(step):
    start = time.perf_counter()
    step()
    return time.perf_counter() - start


def compare(name, given, rounds):
    """Return the median times of both, measured in turn."""
    steps = ours(name, given), theirs(name, given)
    for step in steps:
        step()
        step()
    times = [[], []]
    gc.disable()
    for _ in range(rounds):
        for kept, step in zip(times, steps, strict=True):
            kept.append(timed(step))
    gc.enable()
    return [statistics.median(t) * 1e6 for t in times]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", default=NAMES)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    rng = np.random.default_rng(0)
    print(f"{'loss':34}{'elements':>10}{'ours, us':>12}{'torch, us':>12}{'ratio':>8}")
    for name in options.names:
        if name == "ctc_loss":
            given = [
                F.log_softmax(torch.randn(100, 16, 30), 2).numpy(), rng.integers(1, 30, (16, 20)), np.full(16, 100), np.full(16, 20),
            ]  # fmt: skip
            a, b = compare(name, given, 15)
            print(f"{name:34}{'T100 N16':>10}{a:12.1f}{b:12.1f}{a / b:8.2f}")
            continue
        for n, rounds in SIZES.items():
            a, b = compare(name, arrays(name, n, rng), rounds)
            print(f"{name:34}{n:10}{a:12.1f}{b:12.1f}{a / b:8.2f}")


if __name__ == "__main__":
    main()
