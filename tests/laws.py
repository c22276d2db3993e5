"""The laws that every op obeys, each a function that raises where an op breaks it.

They are functions, not tests, because the mutation tests ask them about ops with a planted mistake.
"""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

import tinygrad_loss as tl
from table import ROWS, Row, Sample
from table.row import as_array
from tinygrad_loss.calculus.differences import central, one_sided
from tinygrad_loss.engine.op import Op

TINY = 1e-12


def movable(op: Op, inputs: list[Any]) -> list[int]:
    """Return the positions of the inputs in which the op has a derivative."""
    count = len(op.vjps)
    return [
        i
        for i, x in enumerate(inputs)
        if i < count and op.vjps[i] is not None and getattr(x, "dtype", None) is not None and x.dtype.kind == "f"
    ]


def pairing(a: Any, b: Any) -> float:
    """Return what a cotangent says of a step: Re(sum a b), without a conjugate."""
    return float(np.real(np.sum(a * b)))


def noise(rng: np.random.Generator, like: Any) -> Any:
    """Return random numbers of the shape and kind of an array."""
    shape, dtype = np.shape(like), np.asarray(like).dtype
    drawn = rng.standard_normal(shape)
    if dtype.kind == "c":
        drawn = drawn + 1j * rng.standard_normal(shape)
    return np.asarray(drawn).astype(dtype)[()]


def tries(op: Op, rng: np.random.Generator, dtype: Any = np.float64) -> Iterator[tuple[list[Any], dict[str, Any]]]:
    """Yield the inputs and static arguments on which the table tries an op; scalars as the engine holds them."""
    for sample in ROWS[op.name].tries(op):
        yield [x[()] if isinstance(x, np.ndarray) and x.ndim == 0 else x for x in sample.draw(op, rng, dtype)], sample.static


def known_value(op: Op, row: Row) -> None:
    """The value and slopes at the known point are the known ones."""
    inputs = row.point()
    with np.errstate(all="ignore"):
        y = op.forward(*inputs, **row.static)
        np.testing.assert_allclose(y, row.value, rtol=4e-15, atol=4e-15, strict=False)
        assert op.kind == "predicate" or len(row.slopes) == len(inputs), f"{op.name}: one slope per input, None where it has none"
        for i, slope in enumerate(row.slopes):
            if slope is not None:
                g = np.ones_like(y)
                np.testing.assert_allclose(op.vjps[i](g, y, *inputs, **row.static), slope, rtol=4e-15, atol=4e-15)
    if row.curvature is not None:
        rest = inputs[1:]
        with tl.at_kinks("convention"):
            second = tl.grad(tl.grad(lambda x: op.call(x, *rest, **row.static)))(inputs[0])
        np.testing.assert_allclose(second, row.curvature, rtol=4e-15, atol=4e-15)


def adjoint(op: Op, rng: np.random.Generator) -> None:
    """<g, J v> = <J' g, v>: both modes are the same linear map."""
    for inputs, static in tries(op, rng):
        y = op.forward(*inputs, **static)
        moved = movable(op, inputs)
        v = [noise(rng, x) if i in moved else None for i, x in enumerate(inputs)]
        g = noise(rng, y)
        jv = op.jvp(v, y, *inputs, **static)
        assert np.shape(jv) == np.shape(y), f"{op.name}: a tangent has shape {np.shape(jv)}, its value {np.shape(y)}"
        forward = pairing(g, jv)
        terms = []
        for i in moved:
            pulled = op.vjps[i](g, y, *inputs, **static)
            assert np.shape(pulled) == np.shape(inputs[i]), (
                f"{op.name}: cotangent {i} has shape {np.shape(pulled)}, its input {np.shape(inputs[i])}"
            )
            terms.append(pairing(pulled, v[i]))
        size = np.linalg.norm(np.ravel(g)) * np.linalg.norm(np.ravel(jv)) + sum(map(abs, terms))
        assert abs(forward - sum(terms)) <= TINY * max(size, 1.0), f"{op.name}: <g, Jv> = {forward}, <J'g, v> = {sum(terms)}"


def differences(op: Op, rng: np.random.Generator) -> None:
    """The forward mode is what central differences, extrapolated to step 0, say."""
    for inputs, static in tries(op, rng):
        moved = movable(op, inputs)
        v = [noise(rng, x) if i in moved else None for i, x in enumerate(inputs)]

        def along(t: float, inputs: list[Any] = inputs, v: list[Any] = v, static: dict[str, Any] = static) -> Any:
            y = op.forward(*[x if d is None else x + t * d for x, d in zip(inputs, v, strict=True)], **static)
            return np.stack([np.real(y), np.imag(y)])

        y = op.forward(*inputs, **static)
        jv = op.jvp(v, y, *inputs, **static)
        agree(np.stack([np.real(jv), np.imag(jv)]), central(along, first=2.0**-9), op.name)


def agree(said: Any, estimate: Any, what: str) -> None:
    """A derivative lies within ten error bars of the estimate, which must not be vague itself."""
    scale = np.max(np.abs(estimate.value), initial=1.0)
    vague = np.max(estimate.error, initial=0.0)
    assert vague <= 1e-5 * scale, f"{what}: differences decide nothing here, error bar {vague}"
    gap = np.abs(said - estimate.value)
    assert np.all(gap <= 10.0 * estimate.error + 1e-10 * scale), (
        f"{what}: said {said}, differences {estimate.value} within {estimate.error}"
    )


def tie(op: Op, row: Row) -> None:
    """The declared tie holds at the tied point, and no longer one ulp beside it, or as many as the row says."""
    assert row.tied is not None, f"{op.name}: its row must give a tied point, tied=(...)"
    inputs, static = [as_array(x) for x in row.tied], row.tied_static or row.static
    with np.errstate(all="ignore"):
        assert np.any(op.facts.tie(op.forward(*inputs, **static), *inputs, **static)), f"{op.name}: no tie at {row.tied}"
        for side in (-1, 1):
            moved = list(inputs)
            moved[row.beside] = by_ulps(inputs[row.beside], side * row.ulps)
            y = op.forward(*moved, **static)
            assert not np.any(op.facts.tie(y, *moved, **static)), f"{op.name}: still a tie {row.ulps} ulp beside {row.tied}"


def by_ulps(x: Any, ulps: int) -> Any:
    """Move the first entry of an array by so many floats, up or down."""
    moved = np.array(x)
    for _ in range(abs(ulps)):
        moved.flat[0] = np.nextafter(moved.flat[0], ulps * np.inf)
    return moved[()]


def nature(op: Op, row: Row) -> None:
    """What an op declares of its tie is what its values do there: slopes, a jump, or a slope without bound."""
    inputs, static = [as_array(x) for x in row.tied], row.tied_static or row.static

    def beside(t: float) -> Any:
        moved = list(inputs)
        moved[row.beside] = np.array(inputs[row.beside])
        moved[row.beside].flat[0] += t
        moved[row.beside] = moved[row.beside][()]
        return np.asarray(op.forward(*moved, **static), np.float64)

    with np.errstate(all="ignore"):
        left, right = one_sided(beside, -1), one_sided(beside, 1)
        if op.facts.nature == "kink":
            for side in (left, right):
                assert np.all((side.error < 1e-6) & ~side.diverges), f"{op.name}: a kink has two finite slopes"
            declared = op.facts.slopes or (left.value, right.value)
            np.testing.assert_allclose(left.value, declared[0], atol=1e-9, err_msg=f"{op.name}: left slope")
            np.testing.assert_allclose(right.value, declared[1], atol=1e-9, err_msg=f"{op.name}: right slope")
            assert not np.allclose(left.value, right.value), f"{op.name}: a kink whose slopes are equal"
        elif op.facts.nature == "jump":
            values = np.stack([beside(-1e-9), beside(0.0), beside(1e-9)])
            assert np.any(np.ptp(values, axis=0) > 1e-3), f"{op.name}: a jump that does not jump"
        else:
            lost = [~np.isfinite(side.value) | side.diverges for side in (left, right)]
            assert np.any(lost[0] | lost[1]), f"{op.name}: an infinite slope that is finite"


def branch(op: Op, row: Row) -> None:
    """Beside a branch point the op grows with the declared power of the distance."""
    inputs, static = [as_array(x) for x in row.tied], row.tied_static or row.static
    found = []
    with np.errstate(all="ignore"):
        there = op.forward(*inputs, **static)
        for side in (-1.0, 1.0):
            sizes = []
            for h in (1e-6, 1e-9):
                moved = list(inputs)
                moved[row.beside] = inputs[row.beside] + side * h
                y = op.forward(*moved, **static)
                sizes.append(np.abs(y - there) if np.all(np.isfinite(there)) else np.abs(y))
            if np.all(np.isfinite(sizes)):
                found.append(float(np.log(sizes[0] / sizes[1]) / np.log(1e3)))
    assert found, f"{op.name}: no side of {row.tied} is finite"
    assert np.allclose(found, op.facts.exponent, atol=0.01), f"{op.name}: exponent {op.facts.exponent} declared, {found} found"


def limits(op: Op, row: Row) -> None:
    """The declared limits are the values just beside the jump."""
    inputs, static = [as_array(x) for x in row.tied], row.tied_static or row.static
    for side in (-1, 1):
        moved = [x + side * 1e-9 if i == row.beside else x for i, x in enumerate(inputs)]
        np.testing.assert_allclose(op.facts.limit(*inputs, side), op.forward(*moved, **static), atol=1e-6, err_msg=f"{op.name}: limit")


def nearby(op: Op, rng: np.random.Generator) -> None:
    """What stands in for the op near a point where its own rule fails is the same function."""
    for inputs, static in tries(op, rng):
        wanted = op.forward(*inputs, **static)
        np.testing.assert_allclose(op.facts.near(*inputs, **static), wanted, rtol=1e-9, atol=1e-12, err_msg=f"{op.name}: near")


def second_order(op: Op, rng: np.random.Generator) -> None:
    """The derivative of the gradient is what differences of the gradient say."""
    for inputs, static in tries(op, rng):
        moved = movable(op, inputs)
        weights = noise(rng, op.forward(*inputs, **static))
        v = [noise(rng, inputs[i]) for i in moved]
        gradient = tl.grad(scalar_of(op, inputs, moved, static, weights), tuple(range(len(moved))))

        def slope(*x: Any, gradient: Callable[..., Any] = gradient, v: list[Any] = v) -> Any:
            return sum((np.sum(g * d) for g, d in zip(gradient(*x), v, strict=True)), 0.0)

        at = [inputs[i] for i in moved]

        def along(t: float, gradient: Callable[..., Any] = gradient, at: list[Any] = at, v: list[Any] = v) -> Any:
            return np.concatenate([np.ravel(g) for g in gradient(*[x + t * d for x, d in zip(at, v, strict=True)])])

        with tl.at_kinks("convention"):
            second = tl.grad(slope, tuple(range(len(moved))))(*at)
            agree(np.concatenate([np.ravel(s) for s in second]), central(along, first=2.0**-9), f"{op.name}, second order")


def scalar_of(op: Op, inputs: list[Any], moved: list[int], static: dict[str, Any], weights: Any) -> Callable[..., Any]:
    """Return a function of the moved inputs alone whose value is one number."""

    def scalar(*x: Any) -> Any:
        full = list(inputs)
        for i, value in zip(moved, x, strict=True):
            full[i] = value
        y = op.call(*full, **static)
        return np.sum(np.real(np.conj(weights) * y)) if y.dtype.kind == "c" else np.sum(weights * y)

    return scalar


BROADCASTS = [((2, 3), (3,)), ((2, 1), (1, 3)), ((), (2, 3)), ((4, 2, 3), (2, 1)), ((1,), (3,)), ((0, 3), (1, 3))]


def broadcasting(op: Op, rng: np.random.Generator) -> None:
    """The gradient of an input that was broadcast is the sum over its copies."""
    row = ROWS[op.name]
    arity = len(row.at)
    for shapes in BROADCASTS:
        chosen = (shapes * 2)[:arity]
        inputs = [
            rng.uniform(size=s) < 0.5 if isinstance(x, bool) else x for s, x in zip(chosen, Sample(*chosen).draw(op, rng), strict=True)
        ]
        for i, x in enumerate(row.at):
            if isinstance(x, bool):
                inputs[i] = rng.uniform(size=chosen[i]) < 0.5
        inputs = [x[()] if x.ndim == 0 else x for x in inputs]
        y = op.forward(*inputs, **row.static)
        g = noise(rng, y)
        full = np.broadcast_arrays(*inputs)
        for i in movable(op, inputs):
            pulled = op.vjps[i](g, y, *inputs, **row.static)
            copies = op.vjps[i](g, y, *full, **row.static)
            axes = tuple(range(copies.ndim - inputs[i].ndim))
            summed = copies.sum(axis=axes) if axes else copies
            ones = tuple(k for k, n in enumerate(inputs[i].shape) if n == 1 and summed.shape[k] != 1)
            np.testing.assert_allclose(pulled, summed.sum(axis=ones, keepdims=True) if ones else summed, rtol=1e-12, atol=1e-12)
            assert pulled.shape == inputs[i].shape


def dtype_kept(op: Op, rng: np.random.Generator, dtype: Any) -> None:
    """A floating dtype stays what it is: in the value, in every cotangent and in the tangent."""
    for inputs, static in tries(op, rng, dtype):
        with np.errstate(all="ignore"):
            y = op.forward(*inputs, **static)
            kind = np.asarray(y).dtype.kind
            if kind not in "fc":
                continue
            wanted = np.dtype(dtype) if kind == "f" else np.result_type(dtype, np.complex64)
            assert y.dtype == wanted, f"{op.name}: {dtype} in, {y.dtype} out"
            if op.kind == "predicate":
                continue
            g = noise(rng, y)
            moved = movable(op, inputs)
            for i in moved:
                pulled = op.vjps[i](g, y, *inputs, **static)
                assert np.asarray(pulled).dtype == dtype, f"{op.name}: {dtype} in, cotangent {i} is {np.asarray(pulled).dtype}"
            pushed = op.jvp([noise(rng, x) if i in moved else None for i, x in enumerate(inputs)], y, *inputs, **static)
            assert pushed.dtype == wanted, f"{op.name}: {dtype} in, tangent {pushed.dtype}"
