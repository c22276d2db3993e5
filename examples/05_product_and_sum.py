"""A product of many likelihoods is 0 in floating point; the sum of their logarithms is not."""

import numpy as np

import tinygrad_loss as tl
from tinygrad_loss.picture.figure import figure
from tinygrad_loss.picture.palette import LIGHT

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

    tosses, sums = np.arange(1, len(TOSSES) + 1), np.cumsum(np.log(each(0.7)))
    single = np.cumprod(each(0.7).astype(np.float32))
    drawn = figure(9, 3.4)
    left, right = drawn.subplots(1, 2)
    for products, name, color in ((np.cumprod(each(0.7)), "float64", LIGHT["blue"]), (single, "float32", LIGHT["vermilion"])):
        last = int(np.argmax(products == 0))
        left.semilogy(tosses[:last], products[:last], color=color, label=f"{name}: 0 from toss {last + 1} on")
        left.plot(tosses[last - 1], products[last - 1], "o", color=color)
    left.set(title="the product of the likelihoods", xlabel="tosses", ylabel="product, on a logarithmic scale", xlim=(0, len(TOSSES)))
    left.set_yticks([1.0, 1e-100, 1e-200, 1e-300])
    left.legend(frameon=False)
    right.plot(tosses, sums, color=LIGHT["green"])
    right.set(title="the sum of their logarithms", xlabel="tosses", ylabel="sum", xlim=(0, len(TOSSES)))
    drawn.savefig("product_and_sum.png", dpi=110)
    return gone


if __name__ == "__main__":
    main()
