"""An autoencoder: 64 pixels through 8 numbers and back; the mean square says what was lost."""

import numpy as np

import tinygrad_loss as tl
from tinygrad_loss.training import predict

SHADES = " .:*#"


def main(epochs: int = 6) -> float:
    """Return the part of the pixels' variance that survives."""
    train, test = tl.data.load("digits").flat().split()
    train, test = train.replace(y=train.x), test.replace(y=test.x)
    encoder, decoder = tl.nn.MLP([64, 32, 8], rng=0), tl.nn.MLP([8, 32, 64], rng=1)
    model = tl.nn.Sequential(encoder, decoder)
    tl.fit(model, tl.losses.mse_loss, train, optimizer=lambda p: tl.optim.Adam(p, lr=5e-3), epochs=epochs)
    again = predict(model, test.x)
    kept = 1 - np.mean((again - test.x) ** 2) / np.mean((test.x - train.x.mean(axis=0)) ** 2)
    for pair in np.stack([test.x, again], axis=1)[:3].reshape(3, 2, 8, 8):
        levels = np.clip(pair * len(SHADES), 0, len(SHADES) - 1).astype(int)
        print("\n".join("   ".join("".join(SHADES[v] for v in row) for row in rows) for rows in levels.transpose(1, 0, 2)), end="\n\n")
    print(f"8 numbers keep {kept:.1%} of the variance of 64 pixels")
    return float(kept)


if __name__ == "__main__":
    main(epochs=60)
