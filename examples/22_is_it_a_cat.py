"""Is it a cat? Three losses answer with a probability: how well they rank, whether to believe them, and the mistakes on one sheet."""

import numpy as np

import tinygrad_loss as tl
from tinygrad_loss.picture.figure import figure
from tinygrad_loss.training import metrics, predict
from tinygrad_loss.training.encoders import ENCODERS


def cross_entropy(score: tl.Tensor, is_cat: np.ndarray) -> tl.Tensor:
    """Return the mean of -log p, p the probability of what is true."""
    return tl.losses.binary_cross_entropy_with_logits(score[:, 0], is_cat.astype(np.float32))


def square(score: tl.Tensor, is_cat: np.ndarray) -> tl.Tensor:
    """Return the mean square of what p lacks to 1: the Brier score."""
    return tl.losses.mse_loss(tl.ops.expit(score[:, 0]), is_cat.astype(np.float32))


def focal(score: tl.Tensor, is_cat: np.ndarray) -> tl.Tensor:
    """Return the cross-entropy with easy examples made small: (1 - p)^2 times each term (Lin et al. 2017)."""
    z = score[:, 0] * (2 * is_cat - 1).astype(np.float32)
    return np.mean((1 - tl.ops.expit(z)) ** 2 * tl.ops.softplus(-z))


def sheet(images: np.ndarray, titles: list[str], path: str) -> None:
    """Draw images side by side."""
    drawn = figure(12, 3.5)
    drawn.suptitle("The surest mistakes: what it is, and the probability p that the model gives a cat")
    for k, (image, title) in enumerate(zip(images, titles, strict=True)):
        axes = drawn.add_subplot(2, 8, k + 1, xticks=[], yticks=[])
        axes.imshow(image, cmap="gray")
        axes.set_title(title, fontsize=9)
    drawn.savefig(path)


def main(encoder: str = "mlp", epochs: int = 2) -> float:
    """Return the best area under the ROC curve of the three."""
    train, test = tl.data.load("cats").split()
    best = 0.0
    for loss in (cross_entropy, square, focal):
        model = ENCODERS[encoder].make((28, 28), 1, np.random.default_rng(0))
        tl.fit(model, loss, train, optimizer=lambda p: tl.optim.AdamW(p, lr=1e-3), epochs=epochs, metrics={})
        score = predict(model, test.x)
        auc, gap = metrics.auc(score, test.y), metrics.calibration_error(score, test.y)
        found = (score[:, 0] > 0)[test.y == 1].mean()
        print(f"{loss.__name__:13} AUC {auc:.4f}, calibration error {gap:.3f}, cats found {found:.0%}")
        if auc > best:
            best, p = auc, metrics.probabilities(score)[:, 1]
    wrong = np.argsort(-np.abs(p - test.y))[:16]
    sheet(test.x[wrong], [f"{'cat' if test.y[i] else 'no cat'}: p = {p[i]:.2f}" for i in wrong], "is_it_a_cat.png")
    return best


if __name__ == "__main__":
    main("cnn", epochs=20)
