"""Results as one JSON document, which is then all that stands on the standard output."""

import dataclasses
import json
import math
import sys
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

__all__ = ["HELP", "write"]

HELP = "print one JSON document and nothing else; nan is null, and infinities are the texts inf and -inf"


def write(value: Any) -> None:
    """Write a value as JSON, in a line of its own."""
    sys.stdout.write(json.dumps(_plain(value), allow_nan=False) + "\n")


def _plain(value: Any) -> Any:
    """Return a value in what JSON knows: numbers stay numbers, what has fields becomes a dict, and the rest its text."""
    if isinstance(value, np.ndarray | np.generic):
        value = value.tolist()
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        value = {f.name: getattr(value, f.name) for f in dataclasses.fields(value)}
    if isinstance(value, float) and not math.isfinite(value):
        return None if math.isnan(value) else str(value)
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, Mapping):
        return {str(k): _plain(v) for k, v in value.items()}
    return [_plain(v) for v in value] if isinstance(value, Sequence | set | frozenset) else str(value)
