"""One row per op: add yours to the file of its room."""

import importlib
import pkgutil

import tinygrad_loss.ops
from table.row import Row, Sample
from tinygrad_loss.engine.op import OPS, Op

__all__ = ["ROWS", "Row", "Sample", "differentiable", "every_op", "with_facts"]

ROWS: dict[str, Row] = {}
for _file in pkgutil.iter_modules(__path__):
    if _file.name != "row":
        ROWS.update(importlib.import_module(f"table.{_file.name}").ROWS)

for _module in pkgutil.walk_packages(tinygrad_loss.ops.__path__, "tinygrad_loss.ops."):
    importlib.import_module(_module.name)  # an op is in the table once its file is imported


def every_op() -> list[Op]:
    """Return each op that has a row; a test of its own asserts that none lacks one."""
    return [op for op in OPS.values() if op.name in ROWS]


def differentiable() -> list[Op]:
    """Return each op that has a derivative."""
    return [op for op in every_op() if op.kind != "predicate"]


def with_facts() -> list[Op]:
    """Return each op that declares where it is not smooth."""
    return [op for op in every_op() if op.facts is not None]
