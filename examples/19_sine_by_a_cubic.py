"""A cubic that comes as near to the sine as a cubic can between -pi and pi: four numbers, moved by hand against their gradients."""

import math

import tinygrad_loss as tl

POINTS = 2000


def main(steps: int = 3000, lr: float = 1e-6) -> tuple[float, float]:
    """Return the coefficients of x and of its cube."""
    x = tl.tensor([math.pi * (2 * i / (POINTS - 1) - 1) for i in range(POINTS)])
    y = x.sin()
    a, b, c, d = (tl.tensor(0.0, requires_grad=True, name=name) for name in "abcd")

    for step in range(steps):
        error = a + b * x + c * x**2 + d * x**3 - y
        loss = error.pow(2).sum()
        loss.backward()
        with tl.no_grad():
            a -= lr * a.grad
            b -= lr * b.grad
            c -= lr * c.grad
            d -= lr * d.grad
        for p in (a, b, c, d):
            p.grad = None
        if step % 500 == 0:
            print(f"step {step:4}: loss {loss.item():.4f}")

    print(f"sin x = {a.item():.4f} + {b.item():.4f} x + {c.item():.4f} x^2 + {d.item():.4f} x^3, nearly")
    return b.item(), d.item()


if __name__ == "__main__":
    main()
