"""Rows of the ops with which ``calculus/functional.py`` marks its variables and its results."""

from table.row import Row, table

DEFINITION = "by definition"

ROWS = table(
    Row(name="argument", at=(2.0,), value=2.0, slopes=(1.0,), curvature=0.0, source=DEFINITION),
    Row(name="alias", at=(2.0,), value=2.0, slopes=(1.0,), curvature=0.0, source=DEFINITION),
    Row(name="steady", at=(2.0, 3.0), value=2.0, slopes=(None, 0.0), source=DEFINITION),
)
