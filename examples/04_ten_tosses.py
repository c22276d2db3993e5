"""Ten tosses, seven heads: which p makes what happened most likely?"""

import tinygrad_loss as tl


def likelihood(p):
    """Return the chance of seven heads in ten tosses: 10 over 7 is 120."""
    return 120 * p**7 * (1 - p) ** 3


def main() -> float:
    """Return the most likely p, found by climbing along the gradient."""
    slope = tl.grad(likelihood)
    p = 0.5  # the coin's own
    for step in range(60):
        if step % 10 == 0:
            print(f"step {step:2}: p = {p:.6f}, likelihood {likelihood(p):.6f}, slope {slope(p):+.6f}")
        p = p + 0.05 * float(slope(p))
    print(f"most likely p: {p:.12f}, that is 7/10")
    return p


if __name__ == "__main__":
    main()
