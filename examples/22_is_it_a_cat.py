"""Is it a cat? One in ten is: three losses for rare positives, their AUC and calibration, and the mistakes on one sheet."""

import numpy as np

import tinygrad_loss as tl
from tinygrad_loss.picture.figure import figure
from tinygrad_loss.training import metrics, predict
from tinygrad_loss.training.encoders import ENCODERS


def plain(score: tl.Tensor, is_cat: np.ndarray) -> tl.Tensor:
    """Return the binary cross-entropy."""
    return tl.losses.binary_cross_entropy_with_logits(score[:, 0], is_cat.astype(np.float32))


def weighted(score: tl.Tensor, is_cat: np.ndarray) -> tl.Tensor:
    """Return it with each cat counted nine times, as rare as it is."""
    return tl.losses.binary_cross_entropy_with_logits(score[:, 0], is_cat.astype(np.float32), pos_weight=np.float32(9))


def focal(score: tl.Tensor, is_cat: np.ndarray) -> tl.Tensor:
    """Return it with easy examples made small: (1 - p)^2 times each term, p the probability of what is true (Lin et al. 2017)."""
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


def main(encoder: str = "mlp", epochs: int = 1, rows: int = 800) -> float:
    """Return the best area under the ROC curve of the three."""
    train, test = tl.data.load("cats").split()
    train = train.take(slice(rows))
    best = 0.0
    for loss in (plain, weighted, focal):
        model = ENCODERS[encoder].make((28, 28), 1, np.random.default_rng(0))
        tl.fit(model, loss, train, optimizer=lambda p: tl.optim.AdamW(p, lr=1e-3), epochs=epochs, metrics={})
        score = predict(model, test.x)
        auc, gap = metrics.auc(score, test.y), metrics.calibration_error(score, test.y)
        found = (score[:, 0] > 0)[test.y == 1].mean()
        print(f"{loss.__name__:9} AUC {auc:.4f}, calibration error {gap:.3f}, cats found {found:.0%}")
        if auc > best:
            best, p = auc, metrics.probabilities(score)[:, 1]
    wrong = np.argsort(-np.abs(p - test.y))[:16]
    sheet(test.x[wrong], [f"{'cat' if test.y[i] else 'no cat'}: p = {p[i]:.2f}" for i in wrong], "is_it_a_cat.png")
    return best


if __name__ == "__main__":
    main("cnn", epochs=6, rows=8000)
