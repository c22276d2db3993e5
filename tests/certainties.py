"""What is said of an array program with certainty, against the truth; and what one way of asking says against another."""

import itertools
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

import tinygrad_loss as tl
from array_programs import Program, random_array_program
from limits import AmbiguousError, Truth, in_hull, more_limits, more_second_limits, second_limits, slope, truth_of

UNDEFINED, UNDECIDED = tl.errors.UndefinedGradientWarning, tl.errors.UndecidedGradientWarning


@dataclass
class Said:
    """Entries said to be certain, from one way of asking."""

    values: np.ndarray
    certain: np.ndarray


@dataclass
class Findings:
    """What was wrong although certain, and how much was certain.

    Attributes:
        wrong: one sentence each.
        counts: how many verdicts were proved, and how many were not.
    """

    wrong: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)


def findings(seed: int, *, small: bool = False, second: bool = False) -> Findings:
    """Compare all that is said of a random program with the truth; of a small one, the verdict and the gradients."""
    program = random_array_program(seed, small=small)
    found = Findings()
    try:
        truth = truth_of(program)
    except AmbiguousError:
        found.counts["floats make other ties"] += 1
        return found
    asked = {
        "verdict": lambda: _verdict(program, truth, found.counts),
        "grad": lambda: _policies(program, truth, found.counts),
        "directions": lambda: () if small else _along(program, truth, seed),
        "ordinary point": lambda: () if small else _ordinary(program, seed, found.counts),
        "second": lambda: _second(program, truth, found.counts) if second else (),
    }
    for name, ask in asked.items():
        try:
            found.wrong += [f"{name}: {w}" for w in ask()]
        except Exception as error:  # noqa: BLE001  whatever it is, it is a fault
            found.wrong.append(f"{name}: {type(error).__name__}: {error}")
    return found


def _flat(parts: Any) -> np.ndarray:
    return np.concatenate([np.ravel(np.asarray(p, float)) for p in (parts if isinstance(parts, tuple) else (parts,))])


def quietly(ask: Callable[[], Any]) -> tuple[Any, list[Any]]:
    """Return an answer and the warnings that came with it."""
    with warnings.catch_warnings(record=True) as caught, np.errstate(all="ignore"):
        warnings.simplefilter("always")
        answer = ask()
    return answer, [w for w in caught if issubclass(w.category, tl.errors.UnprovedGradientWarning | UNDEFINED)]


def _near(a: float, b: float, tolerance: float) -> bool:
    return a == b or abs(a - b) <= tolerance


def wrong_entries(said: Said, truth: Truth, tolerance: float, program: Program) -> Iterator[str]:
    """Yield the certain entries that are not true."""
    for i in np.flatnonzero(said.certain):
        value, limits = said.values[i], truth.limits[:, i]
        agreed = all(_near(v, limits[0], tolerance) for v in limits)
        if truth.gradient is not None:
            if not _near(value, truth.gradient[i], tolerance):
                yield f"entry {i} is {truth.gradient[i]:g}, said {value:g}"
        elif np.isnan(value):
            if agreed and not truth.jumps and not _thin(truth, tolerance) and np.isfinite(limits[0]):
                every = np.concatenate([truth.all_limits, more_limits(program)])[:, i]
                if all(_near(v, limits[0], tolerance) for v in every):
                    yield f"entry {i} is {limits[0]:g}, said nan"
        elif not all(_near(v, value, tolerance) for v in truth.all_limits[:, i]):
            yield f"entry {i} has limits {sorted(set(np.round(truth.all_limits[:, i], 6).tolist()))[:6]}, said {value:g}"


def _thin(truth: Truth, tolerance: float) -> bool:
    """Whether all limits of gradients agree where there is none: on a thin set of directions the function is another."""
    return bool(np.all(np.abs(truth.all_limits - truth.all_limits[0]) <= tolerance))


def _verdict(program: Program, truth: Truth, counts: Counter[str]) -> Iterator[str]:
    verdict, _ = quietly(lambda: tl.differentiability(program, program.args if program.split else program.args[0]))
    tolerance = truth.tolerance(program.single)
    records = [e for part in (verdict.entries if program.split else (verdict.entries,)) for e in part.values()]
    values = np.full(len(records), np.nan) if verdict.gradient is None else _flat(verdict.gradient)
    said = Said(values, np.array([e.proved for e in records]))
    counts[f"{_kind(truth)}, {'proved' if verdict.proved else 'not proved'}"] += 1
    counts["undecided"] += verdict.kind == "undecided"
    yield from wrong_entries(said, truth, tolerance, program)
    if verdict.proved != all(e.proved for e in records):
        yield "proved is not that of every entry"
    if verdict.proved and (verdict.kind == "smooth") != (truth.gradient is not None):
        yield f"said {verdict.kind}, is {_kind(truth)}"
    if verdict.proved and (verdict.kind == "discontinuous") != truth.jumps:
        yield f"said {verdict.kind}, is {_kind(truth)}"
    slopes = {tuple(d): s for d, s in truth.slopes}
    for i, e in enumerate(records):
        unit = np.eye(len(records))[i]
        for name, claimed, true in (("left", e.left, -slopes[tuple(-unit)]), ("right", e.right, slopes[tuple(unit)])):
            if e.proved and claimed is not None and not np.isnan(claimed) and not truth.jumps and not _near(claimed, true, tolerance):
                yield f"{name} of entry {i} is {true:g}, said {claimed:g}"


def _kind(truth: Truth) -> str:
    return "discontinuous" if truth.jumps else "smooth" if truth.gradient is not None else "kink"


def _gradient(program: Program) -> Any:
    return tl.grad(program, tuple(range(len(program.args))))(*program.args)


def _policies(program: Program, truth: Truth, counts: Counter[str]) -> Iterator[str]:
    tolerance = truth.tolerance(program.single)
    gradient, warned = quietly(lambda: _gradient(program))
    with tl.at_kinks("subgradient"):
        mean, doubts = quietly(lambda: _flat(_gradient(program)))
    with tl.at_kinks("convention"):
        _, spoken = quietly(lambda: _gradient(program))
    values = _flat(gradient)
    numbers = not warned or all(issubclass(w.category, UNDEFINED) for w in warned)
    nans = bool(warned) and not any(issubclass(w.category, UNDECIDED) for w in warned)
    certain = np.where(np.isnan(values), nans, numbers)
    counts["a number or nan without doubt" if np.all(certain) else "with doubt"] += 1
    yield from wrong_entries(Said(values, certain), truth, tolerance, program)
    if np.any(np.isnan(values)) and not warned:
        yield "nan without a warning"
    if spoken:
        yield "the convention warns"
    finite = bool(np.all(np.isfinite(truth.all_limits))) and not truth.jumps
    if finite and not doubts and not _is_mean(program, truth, mean, tolerance):
        yield f"subgradient {mean} is outside the hull of the limits {np.unique(np.round(truth.limits, 6), axis=0).tolist()[:6]}"
    try:
        with tl.at_kinks("raise"):
            quietly(lambda: _gradient(program))
        if np.any(np.isnan(values)):
            yield "raise does not raise"
    except tl.errors.UndefinedGradientError:
        if not np.any(np.isnan(values)):
            yield "raise raises"


def _is_mean(program: Program, truth: Truth, mean: np.ndarray, tolerance: float) -> bool:
    if not np.all(np.isfinite(mean)):
        return False
    if truth.gradient is not None and np.all(np.abs(mean - truth.gradient) <= tolerance):
        return True
    if in_hull(mean, truth.all_limits, tolerance):
        return True
    return any(in_hull(mean, np.concatenate([truth.all_limits, more_limits(program, count)]), tolerance) for count in (80, 1500))


def _along(program: Program, truth: Truth, seed: int) -> Iterator[str]:
    if truth.jumps:
        return
    tolerance = truth.tolerance(program.single)
    d = np.round(4 * np.random.default_rng(seed).standard_normal(program.x.size)) / 4
    ahead, back = slope(program, d), -slope(program, -d)
    if not np.isfinite(ahead) or not np.isfinite(back):
        return
    tolerance *= 1 + float(np.sum(np.abs(d)))
    dtype = program.args[0].dtype
    parts = tuple(p.astype(dtype) for p in (np.split(d, [program.split]) if program.split else [d]))
    one, _ = quietly(lambda: tl.directional(program, program.args, parts))
    (_, tangent), warned = quietly(lambda: tl.jvp(program, program.args, parts))
    pulled, pulled_warned = quietly(lambda: _flat(tl.vjp(program, *program.args)[1](dtype.type(1))))
    gradient, gradient_warned = quietly(lambda: _flat(_gradient(program)))
    if not np.isnan(one) and not _near(float(one), ahead, tolerance):
        yield f"directional along {d} is {ahead:g}, said {one:g}"
    if not warned and not (_near(float(tangent), ahead, tolerance) and _near(ahead, back, tolerance)):
        yield f"jvp along {d} is {back:g} and {ahead:g}, said {tangent:g}"
    if warned and np.isnan(tangent) and _near(ahead, back, tolerance) and not any(issubclass(w.category, UNDECIDED) for w in warned):
        yield f"jvp along {d} is {ahead:g}, said nan"
    if not np.array_equal(pulled, gradient, equal_nan=True):
        yield f"vjp {pulled} {[w.category for w in pulled_warned]} and grad {gradient} {[w.category for w in gradient_warned]}"


def _ordinary(program: Program, seed: int, counts: Counter[str]) -> Iterator[str]:
    """At a random point that is not dyadic nothing ties, so nothing warns."""
    rng = np.random.default_rng([seed, 3])
    moved = Program(program.tree, program.x + 0.3 * rng.standard_normal(program.x.size), program.split)
    try:
        truth = truth_of(moved)
    except AmbiguousError:
        return
    if truth.gradient is None or np.any(np.abs(truth.gradient) > 1e6):
        return
    values, warned = quietly(lambda: _flat(_gradient(moved)))
    counts["ordinary points"] += 1
    if any(issubclass(w.category, UNDEFINED) for w in warned):
        yield f"{warned[0].message}"
    elif warned:
        counts["ordinary points, warned of"] += 1
    elif not np.allclose(values, truth.gradient, rtol=1e-6, atol=1e-7 * (1 + np.max(np.abs(truth.gradient)))):
        yield f"gradient {truth.gradient}, said {values}"


def _one_number(quotients: list[float]) -> bool:
    first = quotients[0]
    return bool(np.isfinite(first)) and all(_near(q, first, 1e-6 * (1 + abs(first))) for q in quotients)


def _second(program: Program, truth: Truth, counts: Counter[str]) -> Iterator[str]:
    """Compare the Hessian with mixed quotients, and with products."""
    if truth.jumps or not np.all(np.isfinite(truth.limits)) or program.x.size > 3 or program.single or program.split:
        return
    x = program.args[0]
    matrix, warned = quietly(lambda: np.asarray(tl.hessian(program)(x)))
    undecided = any(issubclass(w.category, UNDECIDED) for w in warned)
    for i, j in itertools.product(range(x.size), repeat=2):
        quotients, value = second_limits(program, i, j), matrix[i, j]
        agreed = _one_number(quotients)
        if np.isnan(value) and agreed and warned and not undecided and _one_number(quotients + more_second_limits(program, i, j)):
            yield f"entry {i}, {j} is {quotients[0]:g}, said nan"
        elif not np.isnan(value) and not warned and not (agreed and _near(value, quotients[0], 1e-6 * (1 + abs(value)))):
            yield f"entry {i}, {j} is {sorted(set(np.round(quotients, 5).tolist()))[:4]}, said {value:g}"
    counts["second order, with doubt" if warned and (undecided or not np.isnan(matrix).any()) else "second order, without doubt"] += 1
    for i in range(x.size):
        product, _ = quietly(lambda i=i: np.asarray(tl.hvp(program, x, np.eye(x.size)[i])))  # type: ignore[misc]
        if not np.allclose(product, matrix[:, i], rtol=1e-9, atol=1e-9, equal_nan=True):
            yield f"hvp along entry {i} {product}, hessian {matrix[:, i]}"
