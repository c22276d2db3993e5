"""The same relu written four ways, each with the same truth at 0; and a sum in which the kinks cancel."""

import numpy as np

import tinygrad_loss as tl

WAYS = {
    "tl.ops.relu(x)": tl.ops.relu,
    "np.maximum(x, 0)": lambda x: np.maximum(x, 0.0),
    "np.where(x > 0, x, 0)": lambda x: np.where(x > 0, x, 0.0),
    "(x + |x|) / 2": lambda x: (x + np.abs(x)) / 2,
}


def main() -> float:
    """Return the gradient of relu(x) - relu(-x), which is x, at 0."""
    for name, relu in WAYS.items():
        v = tl.differentiability(relu, 0.0)
        print(f"{name:22} {v.kind}: slope {v.left} on the left, {v.right} on the right")
    slopes = []
    for name, relu in WAYS.items():
        slopes.append(float(tl.grad(lambda x, relu=relu: relu(x) - relu(-x))(0.0)))
        print(f"f(x) - f(-x) with f = {name:22} gradient {slopes[-1]}")
    print(f"f(x) - f(-x) is x, whose gradient is 1: {slopes}")
    return min(slopes)


if __name__ == "__main__":
    main()
