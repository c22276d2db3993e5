"""A function written with PyTorch: its calls record nothing here, so it is recognised, and the NumPy line is said."""

import dis
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any

from tinygrad_loss import errors
from tinygrad_loss.engine.op import DOORS

__all__ = ["refused", "refusing_torch", "torch_name"]

PYTORCH = "torch"
OURS = __name__.partition(".")[0]


def torch_name(function: Any) -> str:
    """Return a function of PyTorch's as its users write it: ``torch.linalg_norm`` is ``torch.linalg.norm``."""
    name = getattr(function, "__name__", str(function))
    module = getattr(function, "__module__", None) or PYTORCH
    if not module.startswith(f"{PYTORCH}._C"):
        return f"{module}.{name}"
    room = module.rpartition("._")[2]
    if room == "nn":
        return f"{PYTORCH}.nn.functional.{name}"
    return f"{PYTORCH}.{room}.{name.removeprefix(f'{room}_')}" if name.startswith(f"{room}_") else f"{PYTORCH}.{name}"


def refused(name: str) -> errors.NoRuleError:
    """Return the error for a function of PyTorch's that met a tensor."""
    rule = "this is written with PyTorch, whose calls are not recorded here"
    return errors.NoRuleError(errors.say(name, rule, "a Tensor of tinygrad_loss", DOORS["instead", PYTORCH](name)))


@contextmanager
def refusing_torch() -> Iterator[None]:
    """Refuse a function that fails in a call of PyTorch's; most are refused by the tensor itself, but not those that want an array."""
    try:
        yield
    except (TypeError, ValueError, RuntimeError, AttributeError) as error:
        known = isinstance(error, errors.TinygradLossError) and not isinstance(error, errors.LostGraphError)
        name = None if known else _called_in(error.__traceback__)
        if name is None:
            raise
        raise refused(name) from None


def _called_in(trace: TracebackType | None) -> str | None:
    """Return the function of PyTorch's that the innermost line of the user's names."""
    name = None
    while trace is not None:
        if (trace.tb_frame.f_globals.get("__name__") or "").partition(".")[0] not in {OURS, PYTORCH}:
            name = next(_named_by(trace), None)
        trace = trace.tb_next
    return name


def _named_by(trace: TracebackType) -> Iterator[str]:
    """Yield the functions of PyTorch's that a line of source names."""
    here: dict[str, Any] = {**trace.tb_frame.f_globals, **trace.tb_frame.f_locals}
    found: Any = None
    for step in dis.get_instructions(trace.tb_frame.f_code):
        if step.positions is None or step.positions.lineno != trace.tb_lineno:
            continue
        if step.opname.startswith(("LOAD_GLOBAL", "LOAD_NAME", "LOAD_FAST", "LOAD_DEREF")):
            found = here.get(step.argval) if isinstance(step.argval, str) else None
        elif step.opname in {"LOAD_ATTR", "LOAD_METHOD"} and found is not None:
            found = getattr(found, step.argval, None)
        else:
            continue
        if callable(found) and _of_torch(found):
            yield torch_name(found)


def _of_torch(found: Any) -> bool:
    module = getattr(found, "__module__", None) or getattr(type(getattr(found, "__self__", None)), "__module__", "")
    return PYTORCH in sys.modules and str(module).partition(".")[0] == PYTORCH
