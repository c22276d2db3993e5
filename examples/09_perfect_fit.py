"""A perfect fit: where L1 and the root of the mean square lose their gradient, and the mean square does not."""

import warnings

import numpy as np

import tinygrad_loss as tl

LOSSES = {
    "L1": lambda r: np.mean(np.abs(r)),
    "MSE": lambda r: np.mean(r**2),
    "RMSE": lambda r: np.sqrt(np.mean(r**2)),
}


def main() -> int:
    """Return how many of the three have a gradient at a perfect fit."""
    x = np.array([0.0, 1.0, 2.0])
    y = 3.0 * x
    defined = 0
    for name, loss in LOSSES.items():
        w = tl.tensor(3.0, requires_grad=True, name="w")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", tl.errors.UndefinedGradientWarning)
            loss(w * x - y).backward()
        verdict = tl.differentiability(lambda w, loss=loss: loss(w * x - y), 3.0)
        print(f"{name:5} gradient {w.grad}: slopes {verdict.left} and {verdict.right}")
        defined += bool(np.isfinite(w.grad))
    print(f"{defined} of {len(LOSSES)} have a gradient at a perfect fit")
    return defined


if __name__ == "__main__":
    main()
