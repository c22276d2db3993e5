"""What is made from distributions, and functions of them, refuse in messages that are known to their last letter."""

import numpy as np
import pytest

import tinygrad_loss as tl
from messages import without_lengths
from tinygrad_loss import distributions as D  # noqa: N812  the mathematical letter for a distribution

E = tl.errors

PAIR = D.Normal(np.zeros(2), 1.0)
MIXTURE = D.Mixture(D.Categorical(probs=[0.5, 0.5]), PAIR)
JOINT = D.Independent(D.Exponential(np.ones(2)), 1)
POSITIVE = D.TransformedDistribution(D.Normal(0.0, 1.0), D.ExpTransform())
BY_SAMPLING = "y = d.sample(shape, rng); np.mean(f(y) * d.log_prob(y)).backward()"
NUMBER = "np.asarray(value, dtype=np.float64)"
NO_PARAMETERS = (
    "it is made from other distributions, and has no parameters of its own",
    "a fit of the whole",
    "the fit of its parts, on the data they explain",
)
NAN = "with tl.debug(): around what computed {}, which names the op that made it nan"

COMPOSED = {
    "Mixture": (
        (lambda: D.Mixture(PAIR, PAIR), E.ArgumentError, ("", "mixture_distribution must be a Categorical", "Normal", "mixture_distribution=Categorical(probs=[0.5, 0.5])")),
        (
            lambda: D.Mixture(D.Categorical(probs=[0.5, 0.5]), D.Normal), E.ArgumentError,
            ("", "component_distribution must be a distribution", "Normal", "component_distribution=Normal(np.zeros(k), np.ones(k))"),
        ),
        (
            lambda: D.Mixture(D.Categorical(probs=[0.5, 0.5]), D.Normal(np.zeros(3), 1.0)), E.ShapeError,
            ("", "the components' last batch axis must have one entry for each weight", "(3,) and (2,)",
             "Mixture(Categorical(probs=np.ones(k) / k), Normal(np.zeros(k), np.ones(k)))"),
        ),
        (lambda: D.Mixture(PAIR, componet_distribution=PAIR), E.ArgumentError,
         ("", "arguments are mixture_distribution, component_distribution, validate_args", "componet_distribution=", "component_distribution=")),
        (lambda: MIXTURE.log_prob(np.nan), E.DomainError, (".log_prob", "value must be a real number", "nan", "value[~np.isnan(value)]")),
        (lambda: MIXTURE.log_prob("a"), E.DTypeError, (".log_prob", "value must be real numbers", "str of dtype <U1", NUMBER)),
        (lambda: MIXTURE.sample(-1), E.DomainError, (".sample", "shape must be whole numbers, at least 0", "-1", "d.sample(1)")),
        (MIXTURE.rsample, E.NoRuleError, (".rsample", "which component a value comes from jumps when a weight moves", "a call", BY_SAMPLING)),
        (lambda: D.Mixture.fit([1.0, 2.0, 3.0]), E.NoMaximumError,
         (".fit", "the likelihood of a mixture grows without bound when one component shrinks around one value", "a free scale for each component",
          "Mixture.fit(data, scale=1.0), or shared_scale=True for one scale of all components of a Normal")),
        (lambda: D.Mixture.fit([1.0, 2.0], components=3, scale=1.0), E.NoMaximumError,
         (".fit", "there must be more different values than components", "2 values and 3 components", "Mixture.fit(data, components=1)")),
        (lambda: D.Mixture.fit([1.0], components=0), E.DomainError,
         (".fit", "it takes one or more components of a family of numbers, and shares the scale of Normal ones",
          "components=0, Normal, shared_scale=False", "Mixture.fit(data, components=2, shared_scale=True)")),
    ),
    "Independent": (
        (lambda: D.Independent(3, 1), E.ArgumentError, ("", "base_distribution must be a distribution", "int", "base_distribution=Normal(0.0, 1.0)")),
        (lambda: D.Independent(PAIR, 2), E.DomainError,
         ("", "reinterpreted_batch_ndims must be from 0 to 1, the batch axes of the base", "2", "Independent(base, 1)")),
        (lambda: JOINT.log_prob([1.0, -1.0]), E.DomainError,
         (".log_prob", "value must be in every entry at least 0", "[ 1., -1.]",
          "Independent(base_distribution=base_distribution, reinterpreted_batch_ndims=reinterpreted_batch_ndims, validate_args=False), for which it is -inf there")),
        (lambda: JOINT.log_prob([1.0, np.nan]), E.DomainError,
         (".log_prob", "value must be in every entry at least 0", "[ 1., nan]", "value[~np.isnan(value).any(axis=-1)]")),
        (lambda: JOINT.log_prob(np.ones(3)), E.ShapeError,
         (".log_prob", "a value must broadcast against batch () and event (2,)", "(3,)", "a value of shape (..., 2)")),
        (lambda: JOINT.log_prob("a"), E.DTypeError, (".log_prob", "value must be real numbers", "str of dtype <U1", NUMBER)),
        (lambda: JOINT.sample(-1), E.DomainError, (".sample", "shape must be whole numbers, at least 0", "-1", "d.sample(1)")),
        (lambda: JOINT.cdf([1.0, 1.0]), E.NoRuleError,
         (".cdf", "it has no closed form", "a call", "np.mean(np.all(d.sample(100_000, rng) <= value, axis=-1))")),
        (lambda: JOINT.fit([[1.0, 2.0]]), E.NoRuleError, (".fit", *NO_PARAMETERS)),
    ),
    "TransformedDistribution": (
        (lambda: D.TransformedDistribution(D.Normal, D.ExpTransform()), E.ArgumentError,
         ("", "base_distribution must be a distribution", "Normal", "base_distribution=Normal(0.0, 1.0)")),
        (lambda: D.TransformedDistribution(D.Dirichlet([1.0, 1.0]), D.ExpTransform()), E.ShapeError,
         ("", "the base must be a distribution of single numbers", "(2,)", "Independent(TransformedDistribution(base, transforms), 1)")),
        (lambda: D.TransformedDistribution(D.Normal(0.0, 1.0), np.exp), E.ArgumentError,
         ("", "transforms must be one or more Transforms", "ufunc", "ExpTransform()")),
        (lambda: D.TransformedDistribution(D.Normal(0.0, 1.0), []), E.ArgumentError,
         ("", "transforms must be one or more Transforms", "none", "ExpTransform()")),
        (lambda: D.TransformedDistribution(D.Normal(0.0, 1.0), D.PowerTransform(2.0)), E.DomainError,
         ("", "the base of PowerTransform must be positive", "Normal, whose values are a real number",
          "TransformedDistribution(base_distribution, [ExpTransform(), PowerTransform(...)])")),
        (lambda: POSITIVE.log_prob(-1.0), E.DomainError,
         (".log_prob", "value must be positive", "-1.0",
          "TransformedDistribution(base_distribution=base_distribution, transforms=transforms, validate_args=False), for which it is -inf there")),
        (lambda: POSITIVE.log_prob(np.nan), E.DomainError, (".log_prob", "value must be positive", "nan", "value[~np.isnan(value)]")),
        (lambda: POSITIVE.log_prob("a"), E.DTypeError, (".log_prob", "value must be real numbers", "str of dtype <U1", NUMBER)),
        (lambda: POSITIVE.sample(-1), E.DomainError, (".sample", "shape must be whole numbers, at least 0", "-1", "d.sample(1)")),
        (POSITIVE.entropy, E.NoRuleError, (".entropy", "it has no closed form", "a call", "np.mean(d.nll(d.sample(100_000, rng)))")),
        (lambda: POSITIVE.fit([1.0]), E.NoRuleError, (".fit", *NO_PARAMETERS)),
    ),
    "AffineTransform": (
        (lambda: D.AffineTransform(0.0, 0.0), E.DomainError, ("", "scale must be a number other than 0", "0.0", "scale=1.0")),
        (lambda: D.AffineTransform(np.nan, 1.0), E.DomainError, ("", "loc must be a real number", "nan", NAN.format("loc"))),
        (lambda: D.AffineTransform("a", 1.0), E.DTypeError, ("", "loc must be real numbers", "str of dtype <U1", "np.asarray(loc, dtype=np.float64)")),
    ),
    "PowerTransform": (
        (lambda: D.PowerTransform(0.0), E.DomainError, ("", "exponent must be a number other than 0", "0.0", "exponent=2.0")),
    ),
    "kl_divergence": (
        (lambda: D.kl_divergence(PAIR, D.Normal), E.ArgumentError, ("", "q must be a distribution", "Normal", "q=Normal(0.0, 1.0)")),
        (lambda: D.kl_divergence(PAIR, D.Dirichlet([1.0, 1.0])), E.ShapeError,
         ("", "both must be of values of one shape", "() and (2,)", "q of event shape ()")),
        (lambda: D.kl_divergence(PAIR, D.Normal(np.zeros(3), 1.0)), E.ShapeError,
         ("", "batches must broadcast together", "(2,) and (3,)", "q of batch shape (2,)")),
        (lambda: D.kl_divergence(D.Categorical(probs=[0.5, 0.5]), D.Categorical(probs=[0.5, 0.25, 0.25])), E.ShapeError,
         ("", "both must be of the same classes", "2 and 3 classes", "q of 2 classes")),
        (lambda: D.kl_divergence(D.Binomial(2, 0.5), D.Binomial(3, 0.5)), E.DomainError,
         ("", "both must have the same total_count for a closed form", "2.0 and 3.0", "Binomial(p.total_count, probs=...)")),
        (lambda: D.kl_divergence(D.Logistic(0.0, 1.0), D.Laplace(0.0, 1.0), samples=1), E.DomainError,
         ("", "without a closed form it takes 2 samples or more, for its standard error", "samples=1", "samples=100000")),
        (lambda: D.kl_divergence(D.Poisson(tl.tensor(1.0, requires_grad=True)), D.Geometric(0.5), rng=0), E.NoRuleError,
         ("", "the estimate has no derivative in the parameters of p, because a whole number jumps when a parameter moves, so its derivative is 0 almost everywhere",
          "Poisson", "parameters of p as arrays, or a pair with a closed form")),
    ),
}  # fmt: skip
"""What is made from distributions, and functions of them: the call, the error, and where, the rule, what came, the line."""
CALLS = [
    pytest.param(name, *row, id=f"{name}{row[2][0]}, {row[2][1][:40]}, {i}")
    for name, rows in COMPOSED.items()
    for i, row in enumerate(rows)
]


@pytest.mark.parametrize(("name", "call", "raised", "what"), CALLS)
def test_what_is_made_from_others_refuses_with_its_whole_message(name, call, raised, what):
    where, rule, got, instead = what
    with pytest.raises(raised) as caught:
        call()
    assert without_lengths(str(caught.value)) == f"{name}{where}: {rule}, got {got}. {tl.errors.remedy(instead)}"


def test_everything_of_the_room_is_in_a_table():
    families = set(D.FAMILIES)
    classes = {name for name, x in vars(D).items() if isinstance(x, type) and not name.startswith("_")}
    bases = {"Distribution", "Transform", "Fit", "Estimate", "Regression"}
    without_settings = {"ExpTransform", "SigmoidTransform", "TanhTransform"}
    assert classes - bases - without_settings - {"MixtureSameFamily"} == families | (set(COMPOSED) - {"kl_divergence"})
