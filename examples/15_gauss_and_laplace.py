"""The squared error is a Gaussian in disguise, the absolute error a Laplace: one outlier shows which you believed."""

import numpy as np

import tinygrad_loss as tl
from tinygrad_loss.distributions import Laplace, Normal
from tinygrad_loss.picture.figure import figure
from tinygrad_loss.picture.palette import LIGHT

DATA = np.array([4.6, 4.8, 4.9, 5.0, 5.1, 5.3, 5.4, 12.9])  # the last is a slip of the pen


def main() -> float:
    """Return by how many units the outlier moved the Gaussian's centre beyond the Laplace's."""
    data = DATA
    for noise, loss in ((Normal, tl.losses.mse_loss), (Laplace, tl.losses.l1_loss)):
        without, fitted = noise.fit(data[:-1]), noise.fit(data)
        centre = np.full_like(data, fitted.loc)
        factor = 2 if noise is Normal else 1
        agrees = np.ptp(noise(centre, 1.0).nll(data) * factor - loss(centre, data, reduction="none")) < 1e-12
        print(f"{noise.__name__:8} centre {float(without.loc):.3f} without the outlier, {float(fitted.loc):.3f} with it;", end=" ")
        print(f"AIC {fitted.fitted.aic:.2f}; its nll is {loss.__name__} / {factor} and a constant: {agrees}")

    gauss, laplace = Normal.fit(data), Laplace.fit(data)
    print(f"the data are {np.exp((gauss.fitted.aic - laplace.fitted.aic) / 2):.0f} times as likely under the Laplace")
    pulls = [tl.grad(lambda m, noise=noise: noise(m, 1.0).nll(12.9))(5.05) for noise in (Normal, Laplace)]
    print(f"because the outlier pulls with {abs(float(pulls[0])):.2f} there, and with {abs(float(pulls[1])):.0f} here, as every value does")
    picture().savefig("gauss_and_laplace.png", dpi=110)
    return float(gauss.loc - laplace.loc)


def picture(narrow=False):
    """Draw the densities of both, fitted to the same data."""
    y = np.linspace(0.0, 14.0, 500)
    drawn = figure(3.3, 3.4) if narrow else figure(6.6, 3.6)
    axes = drawn.subplots()
    for noise, colour, rule in ((Normal, LIGHT["blue"], "mean"), (Laplace, LIGHT["green"], "median")):
        fitted = noise.fit(DATA)
        axes.plot(y, fitted.prob(y), color=colour, label=f"{noise.__name__}: centre {float(fitted.loc):.2f}, the {rule}")
        axes.plot([fitted.loc, fitted.loc], [0.0, fitted.prob(fitted.loc)], color=colour, linestyle=":")
    axes.plot(DATA, np.full_like(DATA, 0.012), "o", color=LIGHT["vermilion"], markersize=7, label="the data")
    axes.set(xlabel="y", ylabel="density of the fitted noise", title="one outlier, two noise models", ylim=(0, 0.75))
    axes.legend(frameon=False, handlelength=1.2)
    return drawn


if __name__ == "__main__":
    main()
