"""Why not the squared error for classes? Where a model is surest and wrong, it teaches nothing."""

import numpy as np

import tinygrad_loss as tl
from tinygrad_loss.picture.figure import figure
from tinygrad_loss.picture.palette import LIGHT


def squared(z):
    """Return the squared error of the probability that score z gives to what happened."""
    return (tl.ops.expit(z) - 1.0) ** 2


def cross_entropy(z):
    """Return minus its logarithm."""
    return -tl.ops.log_sigmoid(z)


def steps_until_right(loss, z=-8.0, rate=1.0, limit=20_000):
    """Return how many gradient steps it takes to change the model's mind."""
    for step in range(limit):
        if z > 0:
            return step
        z -= rate * float(tl.grad(loss)(z))
    return limit


def main() -> int:
    """Return after how many steps cross-entropy has changed a sure and wrong mind."""
    for z in (-8.0, -2.0, 0.0, 2.0):
        p, slow, fast = tl.ops.expit(z), tl.grad(squared)(z), tl.grad(cross_entropy)(z)
        print(f"score {z:5}: p = {p:.6f}, slope of the squared error {slow:+.6f}, of cross-entropy {fast:+.6f}")
    print(f"the squared error is not convex: its curvature at -2 is {float(tl.grad(tl.grad(squared))(-2.0)):+.4f}")
    quick, slow = steps_until_right(cross_entropy), steps_until_right(squared)
    print(f"from score -8 to the right side: {quick} steps with cross-entropy, {slow} with the squared error")

    z = np.linspace(-8.0, 6.0, 400)
    drawn = figure(9, 3.4)
    left, right = drawn.subplots(1, 2)
    for loss, colour, name in ((squared, LIGHT["vermilion"], "squared error"), (cross_entropy, LIGHT["green"], "cross-entropy")):
        left.plot(z, loss(z), color=colour, label=name)
        right.plot(z, tl.grad(lambda z, loss=loss: np.sum(loss(z)))(z), color=colour, label=name)
    left.set(xlabel="score of the class that happened", ylabel="loss")
    right.set(xlabel="score of the class that happened", ylabel="slope")
    right.annotate("sure and wrong:\nno slope left", (-6.5, -0.02), (-7.8, -0.45), arrowprops={"arrowstyle": "->"})
    left.legend(frameon=False)
    drawn.savefig("why_not_mse.png", dpi=110)
    return quick


if __name__ == "__main__":
    main()
