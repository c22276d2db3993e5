"""How do we compare two things? One number of each is not enough: same variance, other mean."""

import numpy as np

import tinygrad_loss as tl


def kl(mean, variance, other_mean, other_variance):
    """Return the Kullback-Leibler divergence of one normal distribution from another."""
    return 0.5 * (np.log(other_variance / variance) + (variance + (mean - other_mean) ** 2) / other_variance - 1.0)


def main() -> float:
    """Return the divergence of N(3, 1) from N(0, 1)."""
    radius, other = 1.0, 1.5
    print(f"two circles by their radii: {(radius - other) ** 2}, slope {tl.grad(lambda r: (r - other) ** 2)(radius)}")

    print(f"N(3, 1) and N(0, 1) by their variances: {(1.0 - 1.0) ** 2}: no difference seen")
    divergence, slope = tl.value_and_grad(kl)(3.0, 1.0, 0.0, 1.0)
    print(f"by what they say about everything that can happen: KL = {divergence}, slope in the mean {slope}")
    return float(divergence)


if __name__ == "__main__":
    main()
