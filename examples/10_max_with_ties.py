"""max with ties: the entries that tie have no gradient, the others have; along a direction there is always a slope."""

import warnings

import numpy as np

import tinygrad_loss as tl


def main() -> int:
    """Return how many entries have no gradient."""
    x = np.array([1.0, 3.0, 3.0, 2.0])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", tl.errors.UndefinedGradientWarning)
        gradient = tl.grad(np.max)(x)
    print(f"x = {x}, gradient of max: {gradient}")
    with tl.at_kinks("subgradient"):
        print(f"one subgradient: {tl.grad(np.max)(x)}")

    for d in np.eye(4):
        print(f"along {d}: {tl.directional(np.max, x, d)}, against it: {tl.directional(np.max, x, 0.0 - d)}")
    undefined = int(np.count_nonzero(np.isnan(gradient)))
    print(f"{undefined} of {x.size} entries have no gradient")
    return undefined


if __name__ == "__main__":
    main()
