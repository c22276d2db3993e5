"""Values as they are typed after ``--at``: read from the syntax tree, so that nothing typed there is ever run."""

import ast
import math
import operator
from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np

__all__ = ["NotReadError", "read"]

NAMES: Final[Mapping[str, Any]] = {
    "inf": math.inf, "nan": math.nan, "pi": math.pi, "e": math.e, "tau": math.tau,
    "float": float, "int": int, "bool": bool, "float16": np.float16, "float32": np.float32, "float64": np.float64, "int64": np.int64,
}  # fmt: skip
"""Numbers and dtypes that have a name, alone or behind ``np.`` and ``math.``."""
MAKERS: Final[Mapping[str, Callable[..., Any]]] = {
    name: getattr(np, name)
    for name in (
        "arange", "array", "asarray", "diag", "exp", "eye", "full", "geomspace", "identity", "linspace", "log", "logspace", "ones", "sqrt",
        "zeros",
    )
}  # fmt: skip
"""Functions of NumPy's that make an array, or a number, of numbers."""
SIGNS: Final[Mapping[type, Callable[[Any], Any]]] = {ast.UAdd: operator.pos, ast.USub: operator.neg}
SUMS: Final[Mapping[type, Callable[[Any, Any], Any]]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Pow: lambda a, b: _power(a, b),
}


def _power(a: Any, b: Any) -> Any:
    """Return a power; whole numbers stay whole where they are small, because ``9**9**9`` would never end."""
    if isinstance(a, np.ndarray) or isinstance(b, np.ndarray):
        return np.power(a, b)
    small = isinstance(a, int) and isinstance(b, int) and abs(a) < 2**64 and 0 <= b <= 64
    return a**b if small else math.pow(a, b)


class NotReadError(ValueError):
    """The text is no value."""


def read(text: str) -> Any:
    """Return the value that a text stands for.

    Numbers, truth values, text, lists, tuples and dicts of them, sums and powers of numbers and arrays, `pi` and its like,
    and calls such as ``np.zeros(3)``.

    Raises:
        NotReadError: it is none of these, or cannot be computed.

    >>> read("[1/3, 2]"), read("2 * pi"), read("np.linspace(0, 1, 3)").tolist()
    ([0.3333333333333333, 2], 6.283185307179586, [0.0, 0.5, 1.0])
    """
    try:
        with np.errstate(all="ignore"):
            return _value(ast.parse(text.strip(), mode="eval").body)
    except NotReadError:
        raise
    except (SyntaxError, RecursionError):
        raise NotReadError(text) from None
    except (ArithmeticError, TypeError, ValueError, MemoryError) as error:
        message = f"{text}, which fails: {error}"
        raise NotReadError(message) from None


def _value(node: ast.expr) -> Any:
    match node:
        case ast.Constant(value=value) if not isinstance(value, bytes | complex | type(...)):
            return value
        case ast.List() | ast.Tuple() | ast.Dict():
            return _collection(node)
        case ast.UnaryOp(op=op, operand=part) if type(op) in SIGNS:
            return SIGNS[type(op)](_number(part))
        case ast.BinOp(left=left, op=op, right=right) if type(op) in SUMS:
            return SUMS[type(op)](_number(left), _number(right))
        case ast.Call(func=function, args=args, keywords=keywords) if _name(function) in MAKERS:
            return MAKERS[_name(function)](*map(_value, args), **{k.arg: _value(k.value) for k in keywords if k.arg})
        case ast.Name() | ast.Attribute() if _name(node) in NAMES:
            return NAMES[_name(node)]
    raise NotReadError(ast.unparse(node))


def _collection(node: ast.List | ast.Tuple | ast.Dict) -> Any:
    if isinstance(node, ast.Dict):
        return {_value(k): _value(v) for k, v in zip(node.keys, node.values, strict=True) if k is not None}
    parts = [_value(part) for part in node.elts]
    return parts if isinstance(node, ast.List) else tuple(parts)


def _name(node: ast.expr) -> str:
    """Return a name, alone or of NumPy's or of the module math."""
    match node:
        case ast.Name(id=name) | ast.Attribute(value=ast.Name(id="np" | "numpy" | "math"), attr=name):
            return name
    return ""


def _number(node: ast.expr) -> Any:
    """Return a number or an array; a list is neither, as ``2 * [1]`` is not twice its entries."""
    value = _value(node)
    if isinstance(value, str | list | tuple | dict | type) or value is None:
        raise NotReadError(ast.unparse(node))
    return value
