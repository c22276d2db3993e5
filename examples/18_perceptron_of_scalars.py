"""A multilayer perceptron whose every weight is a tensor of one number, as one writes it to see how backward works."""

import random

import tinygrad_loss as tl

INPUTS = [[2.0, 3.0, -1.0], [3.0, -1.0, 0.5], [0.5, 1.0, 1.0], [1.0, 1.0, -1.0]]
WANTED = [1.0, -1.0, -1.0, 1.0]


class Neuron:
    """One weight per input, an offset, and the hyperbolic tangent of their weighted sum."""

    def __init__(self, inputs: int, dice: random.Random) -> None:
        self.weights = [tl.tensor(dice.uniform(-1.0, 1.0), requires_grad=True) for _ in range(inputs)]
        self.offset = tl.tensor(0.0, requires_grad=True)

    def __call__(self, x: list) -> tl.Tensor:
        """Answer a list of numbers or tensors."""
        return sum((w * number for w, number in zip(self.weights, x, strict=True)), self.offset).tanh()


class Perceptron:
    """Layers of neurons, each of which reads all answers of the layer before."""

    def __init__(self, *sizes: int, seed: int = 0) -> None:
        dice = random.Random(seed)  # noqa: S311  weights are no secret
        self.layers = [[Neuron(sizes[i], dice) for _ in range(n)] for i, n in enumerate(sizes[1:])]
        self.parameters = [p for layer in self.layers for neuron in layer for p in (*neuron.weights, neuron.offset)]

    def __call__(self, x: list) -> tl.Tensor:
        """Answer with the one neuron of the last layer."""
        for layer in self.layers:
            x = [neuron(x) for neuron in layer]
        return x[0]


def main(steps: int = 60, lr: float = 0.1) -> int:
    """Return how many of the four answers have the wanted sign."""
    model = Perceptron(3, 4, 4, 1)
    for step in range(steps):
        loss = sum((model(x) - wanted) ** 2 for x, wanted in zip(INPUTS, WANTED, strict=True))
        for p in model.parameters:
            p.grad = None
        loss.backward()
        for p in model.parameters:
            p.data -= lr * p.grad
        if step % 20 == 0:
            print(f"step {step:2}: loss {loss.item():.4f}")
    answers = [model(x).item() for x in INPUTS]
    print(f"{len(model.parameters)} weights; loss {loss.item():.4f}; answers", *(f"{a:+.3f}" for a in answers))
    return sum(a * wanted > 0 for a, wanted in zip(answers, WANTED, strict=True))


if __name__ == "__main__":
    main()
