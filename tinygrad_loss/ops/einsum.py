"""``np.einsum`` for any subscripts; its derivative is another ``einsum``."""

from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from tinygrad_loss import errors, mismatch
from tinygrad_loss.engine.declare import custom, door
from tinygrad_loss.engine.kind import no_out
from tinygrad_loss.engine.op import Array, Rule
from tinygrad_loss.ops.properties import operand

__all__ = ["einsum"]

LETTERS: Final = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
WORTH_A_PLAN: Final = 20_000
"""From this many multiplications on, finding an order and using BLAS pays."""


# ---- the op: several operands, no letter twice in one, none that stands in one operand alone -------------------------------


def _contract(*x: Array, spec: str) -> Array:
    terms = spec.partition("->")[0].split(",")
    lengths = {letter: n for term, v in zip(terms, x, strict=True) for letter, n in zip(term, v.shape, strict=True)}
    work = 1
    for n in lengths.values():
        work *= n
    return np.einsum(spec, *x, optimize=work > WORTH_A_PLAN)


def _pull(i: int, g: Array, _y: Array, *x: Array, spec: str) -> Array:
    inputs, _, output = spec.partition("->")
    terms = inputs.split(",")
    others = [k for k in range(len(x)) if k != i]
    return einsum_(g, *[x[k] for k in others], spec=",".join([output, *[terms[k] for k in others]]) + "->" + terms[i])


def _push(dx: Sequence[Array | None], _y: Array, *x: Array, spec: str) -> Array:
    total = None
    for i, d in enumerate(dx):
        if d is not None:
            term = einsum_(*x[:i], d, *x[i + 1 :], spec=spec)
            total = term if total is None else total + term
    return total


einsum_: Rule = custom("einsum", _contract, _pull, _push, doc=r"\sum over the letters that the result lacks")


# ---- what people call -----------------------------------------------------------------------------------------------------


@door(np.einsum)
def einsum(*operands: Any, out: None = None, optimize: Any = False, **options: Any) -> Array:
    r"""Return the sum of products that the subscripts say: ``np.einsum("ij,jk->ik", a, b)`` is $\sum_j a_{ij} b_{jk}$.

    Args:
        *operands: subscripts and arrays, or arrays each with its list of axis numbers; repeated letters, ``...`` and no ``->`` work as in NumPy.
        out: refused.
        optimize: ignored; the order of products is found when it pays.
        **options: refused.

    >>> import numpy as np, tinygrad_loss as tl
    >>> tl.grad(lambda x: np.einsum("ii->", x))(np.ones((2, 2)))
    array([[1., 0.],
           [0., 1.]])
    """
    del optimize
    no_out(out, "np.einsum")
    if any(value is not None for value in options.values()):
        name = next(iter(options))
        raise errors.NoRuleError(errors.say("np.einsum", "this option has no rule", f"{name}=", "np.einsum(subscripts, *operands)"))
    terms, output, arrays = _read(operands)
    lengths = _lengths(terms, arrays)
    reduced = [_reduce(i, terms, output, x, lengths) for i, x in enumerate(arrays)]
    if len(reduced) == 1:
        ((term, x),) = reduced
        return np.transpose(x, tuple(term.index(letter) for letter in output)) if term != output else x
    names = dict(zip(dict.fromkeys("".join(term for term, _ in reduced)), LETTERS, strict=False))
    spec = ",".join("".join(names[c] for c in term) for term, _ in reduced) + "->" + "".join(names[c] for c in output)
    return einsum_(*[x for _, x in reduced], spec=spec)


@door(np.einsum_path)
def einsum_path(*operands: Any, **options: Any) -> Any:
    """Return NumPy's plan for ``einsum`` of operands of these shapes."""
    return np.einsum_path(*[np.broadcast_to(0.0, x.shape) if hasattr(x, "shape") else x for x in operands], **options)


def _fail(rule: str, got: str) -> errors.ShapeError:
    return errors.ShapeError(errors.say("np.einsum", rule, got, 'np.einsum("ij,jk->ik", a, b)'))


def _read(operands: Sequence[Any]) -> tuple[list[str], str, list[Array]]:
    """Return one letter per axis of each operand, the letters of the result, and the operands; ``...`` is spelt out."""
    if isinstance(operands[0], str):
        subscripts, arrays = operands[0].replace(" ", ""), [operand(x) for x in operands[1:]]
    else:
        pairs = len(operands) // 2
        arrays = [operand(x) for x in operands[0 : 2 * pairs : 2]]
        subscripts = ",".join(map(_letters, operands[1 : 2 * pairs : 2]))
        if len(operands) % 2:
            subscripts += "->" + _letters(operands[-1])
    inputs, arrow, output = subscripts.partition("->")
    terms = inputs.split(",")
    if len(terms) != len(arrays):
        raise _fail("there must be one term per operand", f"{len(terms)} terms and {len(arrays)} operands")
    if not set(inputs + output) <= {*LETTERS, ",", "."}:
        raise _fail("subscripts are letters, commas, '...' and '->'", repr(subscripts))
    terms = [_spelt_out(term, x.ndim) for term, x in zip(terms, arrays, strict=True)]
    spread = "".join(sorted({c for term in terms for c in term if c not in LETTERS}, reverse=True))
    if not arrow:
        once = Counter("".join(terms))
        output = spread + "".join(sorted(c for c, n in once.items() if n == 1 and c in LETTERS))
    else:
        if spread and "..." not in output:
            raise _fail("the result must say '...' where an operand has axes under it", repr(subscripts))
        output = output.replace("...", spread)
    if len(set(output)) != len(output) or not set(output) <= set("".join(terms)):
        raise _fail("each letter of the result must stand once there, and in an operand", repr(subscripts))
    return terms, output, arrays


def _letters(axes: Sequence[Any]) -> str:
    return "".join("..." if i is Ellipsis else LETTERS[i] for i in axes)


def _spelt_out(term: str, ndim: int) -> str:
    """Replace ``...`` by one sign per axis, counted from the right as broadcasting does."""
    named = term.replace("...", "")
    extra = ndim - len(named)
    if "." in named or extra < 0 or (extra and "..." not in term):
        raise _fail(f"a term must have a letter for each of {ndim} axes, or '...'", repr(term))
    return term.replace("...", "".join(chr(0x2460 + i) for i in reversed(range(extra))))


def _lengths(terms: list[str], arrays: list[Array]) -> dict[str, int]:
    axes: dict[str, mismatch.Axis] = {}
    for i, (term, x) in enumerate(zip(terms, arrays, strict=True), 1):
        for k, (letter, n) in enumerate(zip(term, x.shape, strict=True)):
            axis = (f"operand {i}", x.shape, k)
            _, shape, first = axes.setdefault(letter, axis)
            if n not in {1, shape[first]} and shape[first] != 1:
                name = letter if letter in LETTERS else "..."
                raise _fail("a letter must mean one length", f"{name!r} for {shape[first]} and {n} ({mismatch.unlike(axes[letter], axis)})")
            axes[letter] = axis if shape[first] == 1 else axes[letter]
    return {letter: shape[k] for letter, (_, shape, k) in axes.items()}


def _reduce(i: int, terms: list[str], output: str, x: Array, lengths: dict[str, int]) -> tuple[str, Array]:
    """Take diagonals of an operand, drop axes that broadcast, and sum over letters that nothing else knows."""
    term = terms[i]
    while len(set(term)) != len(term):
        letter = next(c for c in term if term.count(c) > 1)
        first = term.index(letter)
        second = term.index(letter, first + 1)
        if x.shape[first] != x.shape[second]:
            raise _fail("a letter must mean one length", f"{letter!r} for {x.shape[first]} and {x.shape[second]}")
        x = np.diagonal(x, 0, first, second)
        term = term[:first] + term[first + 1 : second] + term[second + 1 :] + letter
    single = tuple(k for k, c in enumerate(term) if x.shape[k] == 1 and lengths[c] != 1)
    if single:
        x, term = np.squeeze(x, single), "".join(c for k, c in enumerate(term) if k not in single)
    known = output + "".join(terms[:i] + terms[i + 1 :])
    alone = tuple(k for k, c in enumerate(term) if c not in known)
    if alone:
        x, term = np.sum(x, axis=alone), "".join(c for k, c in enumerate(term) if k not in alone)
    return term, x
