"""What a notebook shows: small tables of plain text, without a style of their own but for the alignment."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

__all__ = ["grid", "of_tensor", "sheet"]

LEFT = ' style="text-align:left"'


def sheet(title: str, rows: Mapping[str, Any] | Iterable[tuple[str, Any]]) -> str:
    """Return a table of what is known about one thing: a name and a text in each row; empty texts are left out."""
    pairs = rows.items() if isinstance(rows, Mapping) else rows
    body = "".join(f"<tr><th{LEFT}>{_escaped(name)}</th><td{LEFT}>{_cell(text)}</td></tr>" for name, text in pairs if str(text) != "")
    return f"<div><b>{_escaped(title)}</b><table>{body}</table></div>"


def grid(title: str, headers: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """Return a table of many things of one kind, one in each row."""
    head = "".join(f"<th{LEFT}>{_escaped(header)}</th>" for header in headers)
    body = "".join(f"<tr>{''.join(f'<td{LEFT}>{_cell(text)}</td>' for text in row)}</tr>" for row in rows)
    return f"<div><b>{_escaped(title)}</b><table><tr>{head}</tr>{body}</table></div>"


def of_tensor(x: Any) -> str:
    """Return a tensor's name, values, dtype, origin and gradient."""
    origin = f"computed by {x.op.name}" if x.op is not None else "a leaf that requires grad" if x.requires_grad else "a constant"
    return sheet(
        f"tensor {x.name}" if x.name else "tensor",
        {
            "values": _values(x.value),
            "shape": str(x.shape),
            "dtype": str(x.dtype),
            "origin": origin,
            "gradient": "" if x.grad is None else _values(x.grad),
        },
    )


def _values(array: Any) -> str:
    return np.array2string(np.asarray(array), separator=", ") if isinstance(array, np.ndarray | np.generic) else repr(array)


def _cell(text: Any) -> str:
    """Write a cell; what has several lines, as a matrix has, keeps them."""
    written = _escaped(str(text))
    return f'<pre style="margin:0">{written}</pre>' if "\n" in written else written


def _escaped(text: str) -> str:
    """Write a text so that nothing in it is markup; the standard library's module for it would load a table of entities."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
