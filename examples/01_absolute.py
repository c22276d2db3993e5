"""|x - y| where x meets y: the first loss one thinks of has no gradient just where it matters most."""

import numpy as np

import tinygrad_loss as tl
from tinygrad_loss.picture.curve import Curve, value_over_gradient


def main() -> float:
    """Return by how much the slope jumps at x = y."""
    y = 2.0
    verdict = tl.differentiability(lambda x: np.abs(x - y), 2.0)
    print(verdict)

    x = tl.tensor(2.0, requires_grad=True, name="x")
    tl.draw(np.abs(x - y)).save("absolute.svg")  # the op that lets no gradient through is red

    value_over_gradient(Curve(lambda x: np.abs(x - y), -1.0, 5.0, at=(y,), title="|x \N{MINUS SIGN} y|")).savefig("absolute_curve.svg")

    # One exact meeting is enough: the m closest to an odd number of measurements is one of them.
    measured = np.array([3.1, 2.2, 9.4, 4.0, 2.9])
    at_the_median = tl.differentiability(lambda m: np.sum(np.abs(m - measured)), np.median(measured))
    print(f"the sum over five measurements, at their median: {at_the_median.kind}")

    jump = verdict.right - verdict.left
    print(f"slope on the right minus slope on the left: {jump}")
    return jump


if __name__ == "__main__":
    main()
