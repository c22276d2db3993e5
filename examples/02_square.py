"""The square instead: the same distance, a gradient everywhere."""

import numpy as np

import tinygrad_loss as tl
from tinygrad_loss.picture.curve import Curve, value_over_gradient


def main() -> float:
    """Return the gradient of the summed square at the mean."""
    x, y = tl.tensor(2.0, requires_grad=True, name="x"), 2.0
    loss = np.square(x - y)
    loss.backward()
    print(f"(x - y)^2 at x = y: value {loss.item()}, gradient {x.grad}")
    tl.draw(loss).save("square.svg")  # nothing in it is red
    value_over_gradient(Curve(lambda x: np.square(x - y), -1.0, 5.0, at=(y,), title="(x \N{MINUS SIGN} y)²")).savefig("square_curve.svg")

    measured = np.array([3.0, 2.0, 9.0, 4.0, 2.0])
    total, slope = tl.value_and_grad(lambda m: np.sum(np.square(m - measured)))(np.mean(measured))
    print(f"the sum over five measurements is smallest at their mean, {np.mean(measured)}: {total}")
    print(f"its gradient there: {slope}")
    return float(slope)


if __name__ == "__main__":
    main()
