"""What to type for distributions that are made of those in ``tl.distributions``, or go by another name there."""

from typing import Final

__all__ = ["OF_THE_ROOM"]

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
