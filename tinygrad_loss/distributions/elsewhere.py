"""What to type for distributions that are made of those in ``tl.distributions``, or go by another name there."""

from typing import Final

__all__ = ["OF_A_FAMILY", "OF_THE_ROOM"]

OF_THE_ROOM: Final = {
    "Gaussian": "type tl.distributions.Normal(loc, scale)",
    "Chi2": "type tl.distributions.Gamma(df / 2, 0.5)",
    "Erlang": "type tl.distributions.Gamma(k, rate)",
    "Rayleigh": "type tl.distributions.Weibull(np.sqrt(2.0) * scale, 2.0)",
    "Pareto": "type tl.distributions.TransformedDistribution(tl.distributions.Exponential(alpha), "
    "[tl.distributions.ExpTransform(), tl.distributions.AffineTransform(0.0, scale)])",
    "InverseGamma": "type tl.distributions.TransformedDistribution(tl.distributions.Gamma(concentration, rate), "
    "tl.distributions.PowerTransform(-1.0))",
    **dict.fromkeys(
        ("LogitNormal", "LogisticNormal"),
        "type tl.distributions.TransformedDistribution(tl.distributions.Normal(loc, scale), tl.distributions.SigmoidTransform())",
    ),
    **dict.fromkeys(("T", "Student"), "type tl.distributions.StudentT(df, loc, scale)"),
    "OneHotCategorical": "type tl.distributions.Categorical(probs), whose values are class indices",
    **dict.fromkeys(("kl", "kl_div"), "type tl.distributions.kl_divergence(p, q)"),
    "transforms": "type tl.distributions.ExpTransform(), AffineTransform(loc, scale), ...",
}
"""By name in ``tl.distributions``."""

OF_A_FAMILY: Final = {
    **dict.fromkeys(("icdf", "ppf", "quantile"), "np.quantile(d.sample(100_000), q)"),
    "isf": "np.quantile(d.sample(100_000), 1.0 - q)",
    **dict.fromkeys(("pdf", "pmf"), "d.prob(value)"),
    **dict.fromkeys(("logpdf", "logpmf", "log_likelihood"), "d.log_prob(value)"),
    "logcdf": "np.log(d.cdf(value))",
    **dict.fromkeys(("sf", "survival_function"), "1.0 - d.cdf(value)"),
    "logsf": "np.log1p(-d.cdf(value))",
    "rvs": "d.sample(size)",
    "var": "d.variance",
    "std": "d.stddev",
}
"""By name of a distribution's method or attribute, where d is the distribution."""
