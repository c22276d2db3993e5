"""Two moons, as in micrograd: a small perceptron, the hinge loss and weight decay; the border is drawn in letters."""

import numpy as np

import tinygrad_loss as tl
from tinygrad_loss.training import predict


def hinge(score: tl.Tensor, label: np.ndarray) -> tl.Tensor:
    """Return the mean of max(0, 1 - y s), y = -1 or +1: no loss beyond the margin."""
    sign = (2 * label - 1)[:, None].astype(np.float32)
    return np.mean(tl.ops.relu(1 - sign * score))


def main(epochs: int = 30) -> float:
    """Return the accuracy after training."""
    data = tl.data.load("moons", n=100, rng=1)
    model = tl.nn.MLP([2, 16, 16, 1], rng=0)
    optimizer = tl.optim.AdamW(model.parameters(), lr=0.03, weight_decay=1e-2)
    history = tl.fit(model, hinge, data, optimizer=optimizer, epochs=epochs, batch_size=20)
    print(f"{sum(p.size for p in model.parameters())} parameters, hinge {history['loss'][0]:.3f} -> {history['loss'][-1]:.3f}")

    x, y = np.meshgrid(np.linspace(-1.5, 2.5, 60), np.linspace(1.5, -1.0, 18))
    inside = predict(model, np.stack([x, y], axis=-1).reshape(-1, 2).astype(np.float32)).reshape(x.shape) > 0
    picture = np.where(inside, "+", ".")
    column = np.clip((data.x[:, 0] + 1.5) / 4 * 59, 0, 59).round().astype(int)
    row = np.clip((1.5 - data.x[:, 1]) / 2.5 * 17, 0, 17).round().astype(int)
    picture[row, column] = np.where(data.y == 1, "B", "A")
    print("\n".join("".join(line) for line in picture))
    return history["accuracy"][-1]


if __name__ == "__main__":
    main(epochs=100)
