"""Every family refuses every kind of bad input that it can be given, in a message that is known to its last letter.

What applies to a family follows from its parameters, its support and its methods; each kind has one wording rule.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import tinygrad_loss as tl
from families import CASES
from messages import without_lengths
from tinygrad_loss import distributions as D  # noqa: N812  the mathematical letter for a distribution

E = tl.errors


@dataclass(frozen=True)
class Bad:
    """One bad call, and all that is said about it."""

    call: Any
    raised: type
    message: str


def said(where: str, rule: str, got: str, instead: str) -> str:
    return f"{where}: {rule}, got {got}. {tl.errors.remedy(instead)}"


def written(case, **changed: str) -> str:
    """Return the constructor as a person types it, with some arguments changed."""
    return f"{case.family.__name__}({', '.join(f'{key}={changed.get(key, key)}' for key in case.given)})"


def shown(x) -> str:
    """Return a number or a vector as messages show it."""
    x = np.asarray(x)
    return repr(x.item()) if x.ndim == 0 else np.array2string(x, separator=", ").replace("\n", "")


def last_is(x, value) -> np.ndarray:
    x = np.array(x, float)
    x.flat[-1] = value
    return x[()]


KINDS = {}


def kind(rule):
    KINDS[rule.__name__.replace("_", " ")] = rule
    return rule


# ---- parameters -----------------------------------------------------------------------------------------------------------------

OUTSIDE = {
    "positive": (-1.0, "np.exp({})"),
    "at least 0": (-1.0, "np.exp({})"),
    "between 0 and 1": (1.2, "tl.ops.expit({})"),
    "at least 0, below 1": (1.0, "tl.ops.expit({})"),
    "strictly between 0 and 1": (1.0, "tl.ops.expit({})"),
    "above 0, at most 1": (0.0, "tl.ops.expit({})"),
    "a whole number, at least 0": (2.5, "np.round(np.abs({}))"),
    "probabilities that sum to 1": ([0.5, 0.25, 0.5], "tl.ops.softmax({}, axis=-1)"),
    "a vector of positive numbers": ([1.0, -1.0, 2.0], "np.exp({})"),
    "lower-triangular with a positive diagonal": ([[1.0, 2.0], [0.0, 1.0]], "np.linalg.cholesky({0} @ {0}.T)"),
}
"""For each rule a parameter that breaks it, and the line that mends it; any number but nan is real."""
REAL = {"a real number", "a vector of real numbers"}


@kind
def parameter_outside_its_constraint(case) -> Iterator[Bad]:
    for key in case.given:
        rule = case.family.parameters[key].rule
        if rule in REAL:
            continue
        bad, mended = OUTSIDE[rule]
        given = {**case.given, key: bad}
        line = written(case, **{key: mended.format(key)})
        yield Bad(
            lambda given=given: case.family(**given),
            E.DomainError,
            said(str(case.family.__name__), f"{key} must be {rule}", shown(bad), line),
        )
    if case.family is D.Uniform:
        line = "Uniform(high, low)"
        yield Bad(lambda: D.Uniform(1.0, 0.0), E.DomainError, said("Uniform", "low must be below high", "low=1.0 and high=0.0", line))


@kind
def parameter_that_is_nan(case) -> Iterator[Bad]:
    for key, value in case.given.items():
        bad, rule = last_is(value, np.nan), f"{key} must be {case.family.parameters[key].rule}"
        line = f"with tl.debug(): around what computed {key}, which names the op that made it nan"
        yield Bad(
            lambda key=key, bad=bad: case.family(**{**case.given, key: bad}),
            E.DomainError,
            said(case.family.__name__, rule, shown(bad), line),
        )


@kind
def parameter_that_is_no_number(case) -> Iterator[Bad]:
    for key, value in case.given.items():
        for dtype, line in (
            (complex, f"np.real({key})"),
            (object, f"np.asarray({key}, dtype=np.float64)"),
            (str, f"np.asarray({key}, dtype=np.float64)"),
        ):
            bad = np.array(value).astype(dtype)
            got = f"ndarray of dtype {bad.dtype}"
            message = said(case.family.__name__, f"{key} must be real numbers", got, line)
            yield Bad(lambda key=key, bad=bad: case.family(**{**case.given, key: bad}), E.DTypeError, message)


@kind
def parameters_that_do_not_broadcast(case) -> Iterator[Bad]:
    keys = list(case.given)
    if len(keys) < 2:
        return
    if case.family is D.Multinomial:
        rule = "total_count must be one number for the whole batch"
        yield Bad(
            lambda: D.Multinomial([1, 2], [0.5, 0.5]),
            E.ShapeError,
            said("Multinomial", rule, "(2,)", "one Multinomial for each total_count"),
        )
        return
    given = {key: np.broadcast_to(np.array(value, float), (i + 2, *np.shape(value))) for i, (key, value) in enumerate(case.given.items())}
    events = {key: ", :" * np.ndim(value) for key, value in case.given.items()}
    line = written(case, **{key: f"{key}[...{', None' * after}{events[key]}]" for after, key in enumerate(reversed(keys)) if after})
    shapes = " and ".join(f"({i + 2},)" for i in range(len(keys)))
    yield Bad(lambda: case.family(**given), E.ShapeError, said(case.family.__name__, "parameters must broadcast together", shapes, line))


@kind
def another_argument(case) -> Iterator[Bad]:
    name = {"Normal": "scal", "Categorical": "logit"}.get(case.family.__name__, "validate_arg")
    known = "validate_args" if name == "validate_arg" else {"scal": "scale", "logit": "logits"}[name]
    arguments = {D.MultivariateNormal: ["loc", "covariance_matrix", "precision_matrix", "scale_tril"]}.get(
        case.family, list(case.family.parameters)
    )
    rule = f"arguments are {', '.join([*arguments, 'validate_args'])}"
    yield Bad(lambda: case.family(**case.given, **{name: 1}), E.ArgumentError, said(case.family.__name__, rule, f"{name}=", f"{known}="))


# ---- values ---------------------------------------------------------------------------------------------------------------------

BEYOND = {
    "positive": 0.0,
    "at least 0": -1.0,
    "between 0 and 1": 1.5,
    "between its low and its high": 99.0,
    "0 or 1": 0.5,
    "a whole number, at least 0": 0.5,
    "a whole number from 0 to total_count": 99.0,
    "a class index from 0 to 2": 3.0,
    "a vector of counts that sums to total_count": [1.0, 1.0, 1.0],
    "probabilities that sum to 1": [0.5, 0.25, 0.5],
}
"""For each support a value beyond it."""


@kind
def value_outside_the_support(case) -> Iterator[Bad]:
    rule = case.d.support.rule
    if rule in REAL:
        return
    line = f"{written(case)[:-1]}, validate_args=False), for which it is -inf there"
    message = said(f"{case.family.__name__}.log_prob", f"value must be {rule}", shown(BEYOND[rule]), line)
    for method in ("log_prob", "nll", "prob"):
        yield Bad(lambda method=method: getattr(case.d, method)(BEYOND[rule]), E.DomainError, message)


@kind
def value_that_is_nan(case) -> Iterator[Bad]:
    bad = last_is(case.values[0], np.nan)
    line = "value[~np.isnan(value).any(axis=-1)]" if case.event else "value[~np.isnan(value)]"
    message = said(f"{case.family.__name__}.log_prob", f"value must be {case.d.support.rule}", shown(bad), line)
    yield Bad(lambda: case.d.log_prob(bad), E.DomainError, message)


@kind
def value_that_is_no_number(case) -> Iterator[Bad]:
    for dtype, line in (
        (complex, "np.real(value)"),
        (object, "np.asarray(value, dtype=np.float64)"),
        (str, "np.asarray(value, dtype=np.float64)"),
    ):
        bad = np.array(case.values[0]).astype(dtype)
        got = f"ndarray of dtype {bad.dtype}"
        yield Bad(
            lambda bad=bad: case.d.log_prob(bad),
            E.DTypeError,
            said(f"{case.family.__name__}.log_prob", "value must be real numbers", got, line),
        )


@kind
def value_of_another_shape(case) -> Iterator[Bad]:
    keys = [key for key in case.given if not (case.family is D.Multinomial and key == "total_count")]
    two = case.family(**{key: np.stack([value] * 2) if key in keys else value for key, value in case.given.items()})
    event = np.shape(case.values[0])
    rule = f"a value must broadcast against batch (2,) and event {event}"
    line = (
        f"a value of shape (..., {', '.join(map(str, (2, *event)))})"
        if event
        else "log_prob(value[..., None]) to meet each parameter of a batch"
    )
    bad = np.stack([case.values[0]] * 3)
    yield Bad(lambda: two.log_prob(bad), E.ShapeError, said(f"{case.family.__name__}.log_prob", rule, f"{bad.shape}", line))
    if event:
        rule = f"a value must broadcast against batch () and event {event}"
        longer = np.append(case.values[0], 0.0)
        line = f"a value of shape (..., {event[0]})"
        yield Bad(lambda: case.d.log_prob(longer), E.ShapeError, said(f"{case.family.__name__}.log_prob", rule, f"{longer.shape}", line))


@kind
def what_has_no_closed_form(case) -> Iterator[Bad]:
    name = case.family.__name__
    if case.d.no_rsample:
        line = "y = d.sample(shape, rng); np.mean(f(y) * d.log_prob(y)).backward()"
        yield Bad(case.d.rsample, E.NoRuleError, said(f"{name}.rsample", case.d.no_rsample, "a call", line))
    if case.event or case.family is D.VonMises:
        below = "d.sample(100_000, rng) <= value"
        line = f"np.mean(np.all({below}, axis=-1))" if case.event else f"np.mean({below})"
        yield Bad(lambda: case.d.cdf(case.values[0]), E.NoRuleError, said(f"{name}.cdf", case.d.no_cdf, "a call", line))


@kind
def samples_of_no_shape(case) -> Iterator[Bad]:
    for shape in (-1, (2, -3), 1.5, "a"):
        for method in ("sample", "rsample") if case.d.has_rsample else ("sample",):
            message = said(f"{case.family.__name__}.{method}", "shape must be whole numbers, at least 0", repr(shape), f"d.{method}(1)")
            yield Bad(lambda method=method, shape=shape: getattr(case.d, method)(shape), E.DomainError, message)


# ---- data -----------------------------------------------------------------------------------------------------------------------

SUPPORT_OF_DATA = {
    "a class index from 0 to 2": "a whole number, at least 0",
    "a vector of counts that sums to total_count": "a vector of counts",
}
"""What a fit does not know yet of the support."""


def fits(case):
    """Return the fit of the family, with what it must be told."""
    fixed = {key: case.given[key] for key in case.fixed}
    return lambda data, *weights, **more: case.family.fit(data, *weights, **fixed, **more)


def finite(case) -> str:
    rule = case.d.support.rule
    return "every value must be finite" if rule == "a real number" else f"every value must be finite and {SUPPORT_OF_DATA.get(rule, rule)}"


@kind
def no_data(case) -> Iterator[Bad]:
    name, shape = case.family.__name__, (0, *np.shape(case.values[0]))
    message = said(f"{name}.fit", "data must not be empty", f"shape {shape}", f"{name}.fit(data), with at least one value")
    yield Bad(lambda: fits(case)(np.zeros(shape)), E.DomainError, message)


@kind
def data_outside_the_support(case) -> Iterator[Bad]:
    name, rule = case.family.__name__, case.d.support.rule
    values = [last_is(case.values[0], np.nan), last_is(case.values[0], np.inf)]
    values += [] if rule in REAL or case.family is D.Uniform else [last_is(case.values[0], -1.0)]
    for bad in values:
        data = np.stack([np.array(case.values[0], float), bad, np.array(case.values[1], float)])
        at = shown(data[1])  # arrays are shown in one format for all their entries
        message = said(f"{name}.fit", finite(case), f"{at} at [1]", f"{name}.fit(data[valid]), without such values")
        yield Bad(lambda data=data: fits(case)(data), E.DomainError, message)


@kind
def data_that_are_no_numbers(case) -> Iterator[Bad]:
    for dtype, line in (
        (complex, "np.real(data)"),
        (object, "np.asarray(data, dtype=np.float64)"),
        (str, "np.asarray(data, dtype=np.float64)"),
    ):
        bad = np.array(case.values).astype(dtype)
        message = said(f"{case.family.__name__}.fit", "data must be real numbers", f"ndarray of dtype {bad.dtype}", line)
        yield Bad(lambda bad=bad: fits(case)(bad), E.DTypeError, message)


@kind
def weights_that_cannot_be(case) -> Iterator[Bad]:
    where, data = f"{case.family.__name__}.fit", np.array(case.values, float)
    n = len(data)
    rule = "weights must be finite, at least 0 and not all 0"
    for w, got in ((-np.ones(n), "-1.0 at [0]"), (np.zeros(n), "0.0 at [0]"), (last_is(np.ones(n), np.nan), f"nan at [{n - 1}]")):
        line = f"{where}(data, np.abs(weights))" if w.any() else f"{where}(data)"
        yield Bad(lambda w=w: fits(case)(data, w), E.DomainError, said(where, rule, got, line))
    message = said(where, "there must be one weight for each value", f"(7,) and ({n},)", f"{where}(data, np.ones(len(data)))")
    yield Bad(lambda: fits(case)(data, np.ones(7)), E.ShapeError, message)
    message = said(where, "weights must be real numbers", "ndarray of dtype <U1", "np.asarray(weights, dtype=np.float64)")
    yield Bad(lambda: fits(case)(data, np.full(n, "a")), E.DTypeError, message)


@kind
def what_a_fit_cannot_be_told(case) -> Iterator[Bad]:
    where, data = f"{case.family.__name__}.fit", np.array(case.values, float)
    known = list(case.family.parameters)
    message = said(where, f"a fixed parameter must be one of {', '.join(map(repr, known))}", repr(known[0] + "x"), repr(known[0]))
    yield Bad(lambda: case.family.fit(data, **{known[0] + "x": 1.0}), E.DomainError, message)
    for key in case.given:
        constraint = case.family.parameters[key]
        if constraint.event_ndim == 0:
            line = f"with tl.debug(): around what computed {key}, which names the op that made it nan"
            message = said(where, f"{key} must be {constraint.rule}", "nan", line)
            yield Bad(lambda key=key: case.family.fit(data, **{key: np.nan}), E.DomainError, message)
            message = said(where, f"{key} must be one number for all data", "(2,)", f"{key}={key}[0], for the data of one fit")
            yield Bad(lambda key=key: case.family.fit(data, **{key: np.ones(2)}), E.ShapeError, message)


UNBOUNDED = "the likelihood grows without bound as {} shrinks around one value"
OF_SCALE = (UNBOUNDED.format("scale"), "all values equal", "{}.fit(data, scale=1.0), or other data")
OF_CONCENTRATION = (UNBOUNDED.format("1 / concentration"), "all values equal", "{}.fit(data, concentration=1.0), or other data")
NO_MAXIMUM = {
    **dict.fromkeys(("Normal", "Laplace", "Logistic", "HyperbolicSecant", "Gumbel", "AsymmetricLaplace", "LogNormal"), ([2.0] * 3, OF_SCALE)),
    "Cauchy": ([2.0] * 3, (OF_SCALE[0], "1 of the weight at 2, at least 0.5", OF_SCALE[2])),
    "StudentT": ([2.0] * 3, (OF_SCALE[0], "1 of the weight at 2, at least 0.818", OF_SCALE[2])),
    **dict.fromkeys(("Gamma", "Weibull", "InverseGaussian"), ([2.0] * 3, OF_CONCENTRATION)),
    "Beta": ([0.5] * 3, (OF_CONCENTRATION[0], OF_CONCENTRATION[1], "{}.fit(data, concentration1=1.0), or other data")),
    "Uniform": ([2.0] * 3, (UNBOUNDED.format("high - low"), "all values equal", "{}.fit(data, low=data.min() - 1.0), or other data")),
    "VonMises": (
        [2.0] * 3,
        (
            "the likelihood is greatest at the edge of concentration: 0 without a mean direction, infinity when all angles are equal",
            "a mean vector of length 1",
            "VonMises.fit(angles, concentration=1.0), or other data",
        ),
    ),
    "NegativeBinomial": (
        [2.0] * 3,
        (
            "the likelihood rises towards total_count = inf, a Poisson, unless the variance exceeds the mean",
            "variance 0 and mean 2",
            "Poisson.fit(data)",
        ),
    ),
    "Dirichlet": (
        [[0.2, 0.5, 0.3]] * 3,
        ("the likelihood grows without bound with concentration around one value", "all rows equal", "other data"),
    ),
    "MultivariateNormal": (
        [[0.0, 1.0]] * 3,
        (
            "the likelihood grows without bound when the values lie in a plane: there the covariance is singular",
            "3 values in 2 dimensions, of rank 0",
            "more values than dimensions, or fewer dimensions",
        ),
    ),
    "Exponential": ([0.0] * 3, ("the likelihood grows without bound with rate when all values are 0", "only zeros", "other data")),
}  # fmt: skip
"""Data without a maximum of the likelihood, and what is said: the rule, what came, the line."""
ALWAYS_A_MAXIMUM = {
    "Bernoulli": "a share of heads, 0 and 1 included",
    "Binomial": "a share of heads, 0 and 1 included",
    "Geometric": "1 / (1 + mean), 1 included",
    "Poisson": "the mean, 0 included",
    "Categorical": "the shares of the classes, 0 and 1 included",
    "Multinomial": "the shares of the classes, 0 and 1 included",
}
"""Families whose likelihood has a maximum for all data, and where it is."""


@kind
def data_without_a_maximum(case) -> Iterator[Bad]:
    if case.family.__name__ in ALWAYS_A_MAXIMUM:
        return
    data, (rule, got, line) = NO_MAXIMUM[case.family.__name__]
    where = f"{case.family.__name__}.fit"
    yield Bad(lambda: fits(case)(data), E.NoMaximumError, said(where, rule, got, line.format(case.family.__name__)))


NOT_OF = {
    "parameter outside its constraint": (
        lambda case: case.family is not D.Uniform and all(case.family.parameters[key].rule in REAL for key in case.given),
        "any number is a log-odds or a location",
    ),
    "parameters that do not broadcast": (lambda case: len(case.given) < 2, "it has one parameter"),
    "value outside the support": (lambda case: case.d.support.rule in REAL, "every number is a value"),
    "what has no closed form": (
        lambda case: case.d.has_rsample and not case.event and case.family is not D.VonMises,
        "it has a cdf, and samples that can be differentiated",
    ),
    "data without a maximum": (lambda case: case.family.__name__ in ALWAYS_A_MAXIMUM, "see ALWAYS_A_MAXIMUM"),
}
"""Which kinds do not apply to which families, and why; all others apply to all."""
CELLS = [pytest.param(case, of, id=f"{case}, {of}") for case in CASES for of in KINDS if of not in NOT_OF or not NOT_OF[of][0](case)]


@pytest.mark.parametrize(("case", "of"), CELLS)
def test_refused_with_its_whole_message(case, of):
    bads = list(KINDS[of](case))
    assert bads, f"{case} has no case of {of}, and no reason in NOT_OF"
    for bad in bads:
        with pytest.raises(bad.raised) as caught:
            bad.call()
        assert without_lengths(str(caught.value)) == bad.message


def test_every_family_is_in_the_table():
    assert {case.family.__name__ for case in CASES} == set(D.FAMILIES)


@pytest.mark.parametrize("of", NOT_OF)
def test_what_is_said_not_to_apply_does_not(of):
    applies, reason = NOT_OF[of]
    assert reason
    assert not [str(case) for case in CASES if applies(case) and list(KINDS[of](case))]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_line_to_type_works(case):
    """For parameters: each line is typed with the parameter at fault, and makes a member."""
    for of in ("parameter outside its constraint", "parameter that is no number", "parameters that do not broadcast"):
        for bad in KINDS[of](case):
            line = bad.message.partition("Type instead: ")[2]
            given = bad.call.__defaults__
            names = {**vars(D), "np": np, "tl": tl}
            if of == "parameter outside its constraint" and given:
                names.update({key: np.array(value, float) for key, value in given[0].items()})
                eval(line, names)  # noqa: S307  the lines of this package
            elif of == "parameters that do not broadcast" and line.startswith(case.family.__name__):
                for i, (key, value) in enumerate(case.given.items()):
                    names[key] = np.broadcast_to(np.array(value, float), (i + 2, *np.shape(value)))
                assert len(eval(line, names).batch_shape) == len(case.given)  # noqa: S307
            elif of == "parameter that is no number":
                key, x = given
                case.family(**{**case.given, key: eval(line, {**names, key: x})})  # noqa: S307


@pytest.mark.parametrize("name", ALWAYS_A_MAXIMUM)
def test_the_maximum_may_lie_at_an_edge(name):
    data = {"Multinomial": [[3.0, 0.0], [3.0, 0.0]]}.get(name, [0.0, 0.0, 0.0])
    fixed = {"total_count": 3} if name in {"Binomial", "Multinomial"} else {}
    found = getattr(D, name).fit(data, **fixed)
    assert found.fitted.log_likelihood == 0.0
    if name != "Categorical":  # of one class: it has no other
        with pytest.raises(E.NoMaximumError, match=re.escape("an estimate at the edge of its range has no curvature")):
            found.standard_errors  # noqa: B018
