"""The guarded logarithm: no gradient comes through the branch that was not chosen, whatever stands there."""

import numpy as np

import tinygrad_loss as tl


def entropy(p):
    """Return the sum of -p log p, with 0 log 0 = 0, by a guard around the logarithm."""
    return -np.sum(np.where(p > 0.0, p * np.log(p), 0.0))


def main() -> float:
    """Return the slope of the guarded logarithm of relu at a negative x."""
    with np.errstate(divide="ignore", invalid="ignore"):  # the branch that is not chosen still computes its values
        p = np.array([0.5, 0.5, 0.0])
        print(f"entropy of {p}: {entropy(p):.6f}")
        verdict = tl.differentiability(entropy, p)
        print(f"gradient: {verdict.gradient}: at p = 0 the guard's slope is 0 on the left, the logarithm's infinite on the right")

        def guarded(x):
            return np.where(x > 0.0, np.log(x), x)

        slope = float(tl.grad(guarded)(-1.0))
    print(f"gradient of log(x) guarded by x > 0, else x, at x = -1: {slope}")
    return slope


if __name__ == "__main__":
    main()
