"""SciPy's functions that make an array of what they are given, each with its counterpart here.

SciPy's ufuncs take tensors; these cannot, because they are Python functions that begin with ``np.asarray``.
"""

import functools
import re
from collections.abc import Mapping
from typing import Final

from tinygrad_loss.engine.op import open_door
from tinygrad_loss.engine.scipy_call import UNSAID, scipy_axis

__all__ = ["counterparts", "instead_of_scipy"]

EVERY: Final = "axis=tuple(range(np.ndim(x)))"
"""All axes, for ops that ask which where there are several."""
SPECIAL: Final = {
    "logsumexp": f"tl.ops.logsumexp(x, {EVERY})",
    "softmax": f"tl.ops.softmax(x, {EVERY})",
    "log_softmax": f"tl.ops.log_softmax(x, {EVERY})",
    "multigammaln": "tl.ops.multigammaln(a, d)",
    "polygamma": "tl.ops.polygamma(n, x)",
    "factorial": "tl.ops.gamma(n + 1)",
    "comb": "np.exp(-np.log1p(N) - tl.ops.betaln(N - k + 1, k + 1))",
    "perm": "np.exp(tl.ops.gammaln(N + 1) - tl.ops.gammaln(N - k + 1))",
}
LINALG: Final = {
    **{name: f"np.linalg.{name}(a)" for name in ("det", "eigh", "eigvalsh", "inv", "norm", "pinv", "qr", "svd", "svdvals")},
    "cholesky": "np.linalg.cholesky(a).T",
    "expm": "tl.ops.matrix_exp(a)",
    "solve": "np.linalg.solve(a, b)",
    "solve_triangular": "tl.ops.solve_triangular(a, b, upper=True)",
    "lstsq": "np.linalg.pinv(a) @ b",
}
FFT: Final = {
    name: f"np.fft.{name}(x)"
    for name in ("fft", "ifft", "rfft", "irfft", "hfft", "ihfft", "fft2", "ifft2", "rfft2", "irfft2", "fftn", "ifftn", "rfftn", "irfftn")
}
DISTANCE: Final = {
    "cdist": "tl.ops.cdist(XA, XB)",
    "pdist": "tl.ops.pdist(X)",
    "euclidean": "np.linalg.norm(u - v)",
    "sqeuclidean": "np.sum((u - v) ** 2)",
    "cityblock": "np.sum(np.abs(u - v))",
    "chebyshev": "np.max(np.abs(u - v))",
    "minkowski": "np.linalg.norm(u - v, p)",
    "cosine": "1 - u @ v / (np.linalg.norm(u) * np.linalg.norm(v))",
    "correlation": "1 - np.corrcoef(u, v)[0, 1]",
    "braycurtis": "np.sum(np.abs(u - v)) / np.sum(np.abs(u + v))",
    "canberra": "np.sum(np.abs(u - v) / (np.abs(u) + np.abs(v)))",
    "jensenshannon": "np.sqrt(np.sum(tl.ops.rel_entr(p, (p + q) / 2) + tl.ops.rel_entr(q, (p + q) / 2)) / 2)",
}
STATS: Final = {
    "entropy": "np.sum(tl.ops.entr(pk), axis=0)",
    "gmean": "np.exp(np.mean(np.log(a), axis=0))",
    "hmean": "1 / np.mean(1 / a, axis=0)",
    "zscore": "(a - np.mean(a, axis=0, keepdims=True)) / np.std(a, axis=0, keepdims=True)",
    "variation": "np.std(a, axis=0) / np.mean(a, axis=0)",
    "sem": "np.std(a, ddof=1, axis=0) / np.sqrt(np.size(a, axis=0))",
    "skew": "np.mean((a - np.mean(a, axis=0, keepdims=True)) ** 3, axis=0) / np.std(a, axis=0) ** 3",
    "kurtosis": "np.mean((a - np.mean(a, axis=0, keepdims=True)) ** 4, axis=0) / np.var(a, axis=0) ** 2 - 3",
    "iqr": "np.quantile(x, 0.75, axis=None) - np.quantile(x, 0.25, axis=None)",
    "median_abs_deviation": "np.median(np.abs(x - np.median(x, axis=0, keepdims=True)), axis=0)",
    "pearsonr": "np.corrcoef(x, y)[0, 1]",
    "boxcox": "tl.ops.boxcox(x, lmbda)",
}
OTHERS: Final = {
    "scipy.integrate.trapezoid": "np.trapezoid(y, x)",
    "scipy.integrate.quad": "z = np.linspace(a, b, 1001); np.trapezoid(func(z), z)",
    "scipy.interpolate.interp1d": "np.interp(x_new, x, y)",
    "scipy.optimize.minimize": "tl.optim.minimize(fun, x0)",
    **{
        f"scipy.stats.geom.{name}": f"tl.distributions.Geometric(p).{ours}(x - 1)"
        for name, ours in (("pmf", "prob"), ("logpmf", "log_prob"))
    },
    "scipy.stats.norm.logcdf": "tl.ops.log_ndtr((x - loc) / scale)",
    "scipy.stats.norm.ppf": "loc + scale * tl.ops.ndtri(q)",
    "scipy.signal.convolve": "np.convolve(in1, in2)",
    "scipy.signal.fftconvolve": "np.convolve(in1, in2)",
    "scipy.signal.correlate": 'np.correlate(in1, in2, "full")',
}
FAMILIES: Final = {
    # SciPy's distribution: ours, of SciPy's parameters
    "Normal": "Normal(mu, sigma)",
    "Uniform": "Uniform(a, b)",
    "bernoulli": "Bernoulli(p)",
    "beta": "Beta(a, b)",
    "binom": "Binomial(n, p)",
    "cauchy": "Cauchy(loc, scale)",
    "chi2": "Gamma(df / 2, 0.5)",
    "dirichlet": "Dirichlet(alpha)",
    "expon": "Exponential(1 / scale)",
    "gamma": "Gamma(a, 1 / scale)",
    "gumbel_r": "Gumbel(loc, scale)",
    "hypsecant": "HyperbolicSecant(loc, scale)",
    "invgauss": "InverseGaussian(mu * scale, scale)",
    "laplace": "Laplace(loc, scale)",
    "laplace_asymmetric": "AsymmetricLaplace(loc, scale * kappa / (1 + kappa**2), kappa**2 / (1 + kappa**2))",
    "logistic": "Logistic(loc, scale)",
    "lognorm": "LogNormal(np.log(scale), s)",
    "multinomial": "Multinomial(n, p)",
    "multivariate_normal": "MultivariateNormal(mean, cov)",
    "nbinom": "NegativeBinomial(n, 1 - p)",
    "norm": "Normal(loc, scale)",
    "poisson": "Poisson(mu)",
    "rayleigh": "Weibull(np.sqrt(2) * scale, 2.0)",
    "t": "StudentT(df, loc, scale)",
    "uniform": "Uniform(loc, loc + scale)",
    "vonmises": "VonMises(loc, kappa)",
    "weibull_min": "Weibull(scale, c)",
}
ASKED: Final = {
    # what is asked of a distribution: how ours is asked
    **dict.fromkeys(("logpdf", "logpmf"), "{}.log_prob(x)"),
    **dict.fromkeys(("pdf", "pmf"), "{}.prob(x)"),
    "cdf": "{}.cdf(x)",
    "logcdf": "np.log({}.cdf(x))",
    "sf": "1 - {}.cdf(x)",
    "logsf": "np.log1p(-{}.cdf(x))",
    "entropy": "{}.entropy()",
    "mean": "{}.mean",
    "var": "{}.variance",
    "std": "{}.stddev",
    "rvs": "{}.rsample(size, rng)",
}
CDF: Final = ("cdf", "logcdf", "sf", "logsf")
LACKING: Final = {
    # of whole numbers no sample has a derivative; SciPy's spread of an angle is another one
    **dict.fromkeys(("bernoulli", "binom", "nbinom", "poisson"), ("rvs",)),
    **dict.fromkeys(("dirichlet", "multivariate_normal"), CDF),
    "multinomial": (*CDF, "rvs"),
    "vonmises": (*CDF, "rvs", "var", "std"),
}
"""What is not asked of ours, by SciPy's distribution."""


def _of_distributions() -> dict[str, str]:
    """Return the counterpart of each distribution, and of what is asked of it."""
    texts = {}
    for name, ours in FAMILIES.items():
        made = f"tl.distributions.{ours}"
        texts[f"scipy.stats.{name}"] = made
        texts[f"scipy.stats.{name}.fit"] = f"{made.partition('(')[0]}.fit(data.numpy())"
        for method, asked in ASKED.items():
            if method not in LACKING.get(name, ()):
                texts[f"scipy.stats.{name}.{method}"] = asked.format(made)
    return texts


@functools.cache
def counterparts() -> Mapping[str, str]:
    """Return what to type instead of a SciPy function, by its name; made when the first is refused, because that is rare."""
    return {
        **{f"scipy.special.{name}": text for name, text in SPECIAL.items()},
        **{f"scipy.linalg.{name}": text for name, text in LINALG.items()},
        **{f"scipy.fft.{name}": text for name, text in FFT.items()},
        **{f"scipy.spatial.distance.{name}": text for name, text in DISTANCE.items()},
        **{f"scipy.stats.{name}": text for name, text in STATS.items()},
        **_of_distributions(),
        **OTHERS,
    }


def instead_of_scipy(name: str) -> str | None:
    """Return what to type instead of a SciPy function, over the axis that its caller chose, or None where nothing here does the same.

    >>> instead_of_scipy("scipy.stats.norm.logpdf")
    'tl.distributions.Normal(loc, scale).log_prob(x)'
    """
    text = counterparts().get(name)
    if text is None or "axis=" not in text:
        return text
    axis = scipy_axis()
    if axis is UNSAID or (axis is None and EVERY in text):
        return text
    return re.sub(r"axis=(None|0)", f"axis={axis}", text.replace(EVERY, "axis=None"))


open_door(("instead", "scipy"), instead_of_scipy)
