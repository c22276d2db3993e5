"""A variational autoencoder: a reconstruction term, and the divergence of two normals in closed form."""

import numpy as np

import tinygrad_loss as tl

LATENT = 4


class VAE(tl.nn.Module):
    """Encode to the mean and log-variance of a normal, draw from it, decode."""

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        self.encoder = tl.nn.MLP([64, 64, 2 * LATENT], rng=self.rng)
        self.decoder = tl.nn.MLP([LATENT, 64, 64], rng=self.rng)

    def forward(self, x: np.ndarray) -> tuple[tl.Tensor, tl.Tensor, tl.Tensor]:
        """Return the pixels' logits, the mean and the log-variance."""
        code = self.encoder(x)
        mean, log_variance = code[:, :LATENT], code[:, LATENT:]
        noise = self.rng.standard_normal(mean.shape, dtype=np.float32)
        return self.decoder(mean + np.exp(log_variance / 2) * noise), mean, log_variance


def negative_elbo(output: tuple[tl.Tensor, tl.Tensor, tl.Tensor], x: np.ndarray) -> tl.Tensor:
    """Return -log p(x|z) + KL(N(mean, variance) || N(0, 1)) per image; the second is (m^2 + v - log v - 1) / 2 per code."""
    logits, mean, log_variance = output
    reconstruction = tl.losses.binary_cross_entropy_with_logits(logits, x, reduction="sum")
    divergence = 0.5 * np.sum(mean**2 + np.exp(log_variance) - log_variance - 1)
    return (reconstruction + divergence) / len(x)


def main(epochs: int = 5) -> float:
    """Return by how many nats per image the bound has fallen."""
    data = tl.data.load("digits").flat()
    model = VAE(seed=0)
    optimizer = tl.optim.Adam(model.parameters(), lr=3e-3)
    history = tl.fit(model, negative_elbo, data.replace(y=data.x), optimizer=optimizer, epochs=epochs)
    print(f"bound on -log p(x): {history['loss'][0]:.2f} -> {history['loss'][-1]:.2f} nats per image")
    with tl.no_grad():
        drawn = tl.ops.expit(model.decoder(model.rng.standard_normal((4, LATENT), dtype=np.float32))).data.reshape(4, 8, 8)
    for rows in np.clip(drawn * 5, 0, 4).astype(int).transpose(1, 0, 2):
        print("   ".join("".join(" .:*#"[v] for v in row) for row in rows))
    return history["loss"][0] - history["loss"][-1]


if __name__ == "__main__":
    main(epochs=80)
