"""A product of many likelihoods is 0 in floating point; the sum of their logarithms is not."""

import numpy as np

import tinygrad_loss as tl

TOSSES = np.tile([1, 1, 0, 1, 1, 0, 1, 1, 0, 1], 200)


def each(p):
    """Return how likely each toss is."""
    return np.where(TOSSES == 1, p, 1 - p)


def main() -> int:
    """Return after how many tosses the product is 0."""
    products = np.cumprod(each(0.7))
    gone = int(np.argmax(products == 0)) + 1
    print(f"the product of the first {gone - 1} likelihoods is {products[gone - 2]:.3g}, of the first {gone}: {products[gone - 1]}")

    def log_likelihood(p):
        return np.sum(np.log(each(p)))

    print(f"the sum of all {len(TOSSES)} logarithms: {log_likelihood(0.7):.2f}")
    print(f"its slope at p = 0.5, which points to 0.7: {tl.grad(log_likelihood)(0.5):.1f}")
    grid = np.arange(1, 100) / 100
    print(f"it is largest at p = {grid[np.argmax([log_likelihood(p) for p in grid])]}")
    print(f"product lost after {gone} tosses")
    return gone


if __name__ == "__main__":
    main()
