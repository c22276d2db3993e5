"""|x| and its family at 0: the pieces may have kinks, the whole decides."""

import numpy as np

import tinygrad_loss as tl

FAMILY = {
    "|x|": np.abs,
    "|x|**2": lambda x: np.abs(x) ** 2,
    "x * |x|": lambda x: x * np.abs(x),
    "|x| - |x|": lambda x: np.abs(x) - np.abs(x),
    "|x + |x||": lambda x: np.abs(x + np.abs(x)),
    "sqrt(x**2)": lambda x: np.sqrt(x**2),
    "sqrt(|x|)": lambda x: np.sqrt(np.abs(x)),
    "x / |x|, 0 at 0": lambda x: np.sign(x),
    "max(x, -x)": lambda x: np.maximum(x, -x),
}


def main() -> int:
    """Return how many of them have a gradient at 0."""
    smooth = 0
    for name, f in FAMILY.items():
        v = tl.differentiability(f, 0.0)
        slopes = "a jump has no slopes" if v.left is None else f"slopes {v.left} and {v.right}"
        print(f"{name:16} {v.kind:14} {slopes}")
        smooth += v.kind == "smooth"
    print(f"{smooth} of {len(FAMILY)} have a gradient at 0")
    return smooth


if __name__ == "__main__":
    main()
