"""A transformer that learns to write Python's own help, one character at a time; its loss is nats per character."""

import math

import numpy as np

import tinygrad_loss as tl


class Writer(tl.nn.Module):
    """Characters and positions as vectors, causal attention, scores of the next character at every place."""

    def __init__(self, alphabet: int, length: int, features: int, depth: int, seed: int) -> None:
        rng = np.random.default_rng(seed)
        self.characters = tl.nn.Embedding(alphabet, features, rng=rng)
        self.positions = tl.nn.Embedding(length, features, rng=rng)
        self.layers = tl.nn.ModuleList(
            tl.nn.TransformerEncoderLayer(features, 4, 4 * features, dropout=0.0, batch_first=True, norm_first=True, rng=rng)
            for _ in range(depth)
        )
        self.score = tl.nn.Linear(features, alphabet, rng=rng)

    def forward(self, x: np.ndarray) -> tl.Tensor:
        """Map codes ``[N, T]`` to scores ``[N, alphabet, T]``."""
        length = x.shape[1]
        later = np.triu(np.ones((length, length), bool), 1)  # True hides: no place sees what comes after it
        h = self.characters(x) + self.positions(np.arange(length))
        for layer in self.layers:
            h = layer(h, src_mask=later)
        return np.swapaxes(self.score(h), 1, 2)


def write(model: Writer, alphabet: tuple[str, ...], start: str, count: int, rng: np.random.Generator) -> str:
    """Continue a text by drawing from the model's probabilities."""
    text, length = start, model.positions.weight.shape[0]
    for _ in range(count):
        codes = np.array([[alphabet.index(c) for c in text[-length:]]])
        with tl.no_grad():
            p = tl.ops.softmax(model(codes)[0, :, -1], axis=0).data.astype(np.float64)
        text += alphabet[rng.choice(len(p), p=p / p.sum())]
    return text


def main(rows: int = 160, length: int = 16, features: int = 16, depth: int = 1, epochs: int = 4) -> float:
    """Return by how many nats per character it beats a guess among all characters."""
    data = tl.data.load("pydoc", length=length)
    model = Writer(len(data.classes), length, features, depth, seed=0)
    optimizer = tl.optim.AdamW(model.parameters(), lr=3e-3)
    history = tl.fit(model, tl.losses.cross_entropy, data.take(slice(rows)), optimizer=optimizer, epochs=epochs, clip_norm=1.0)
    guess = math.log(len(data.classes))
    print(f"nats per character: a guess {guess:.2f}, after each epoch {', '.join(f'{x:.2f}' for x in history['loss'])}")
    print(write(model.eval(), data.classes, "The ", 60, np.random.default_rng(0)))
    return guess - history["loss"][-1]


if __name__ == "__main__":
    main(rows=7000, length=64, features=64, depth=2, epochs=3)
