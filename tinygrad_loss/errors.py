"""Every exception and warning, and the builders that word their messages.

A message says: the op, the rule that was broken, what came instead, and the line to type, or what else to use.
Each class also is the builtin exception that a caller would expect to catch.
"""

import sys
import warnings
from collections.abc import Callable, Container, Iterable, Mapping
from opcode import opmap
from types import FrameType, ModuleType
from typing import Any, NoReturn

import numpy as np
from numpy.linalg import LinAlgError

from tinygrad_loss.remedies import remedy

__all__ = [
    "ArgumentError",
    "CutPathError",
    "DTypeError",
    "DomainError",
    "DrawingError",
    "LostGraphError",
    "MatrixError",
    "MissingPackageError",
    "NoMaximumError",
    "NoRuleError",
    "NonFiniteError",
    "NothingKeptWarning",
    "ProvenanceWarning",
    "OutOfReachError",
    "ReadOnlyError",
    "SaveError",
    "ShapeError",
    "StaleGraphError",
    "StateError",
    "TinygradLossError",
    "UndecidedGradientWarning",
    "UndefinedGradientError",
    "UndefinedGradientWarning",
    "UnprovedGradientWarning",
    "WrongDerivativeError",
    "remedy",
]


class TinygradLossError(Exception):
    """The base of every exception that this package raises on purpose."""


class ShapeError(TinygradLossError, ValueError):
    """Shapes do not fit the op."""


class DTypeError(TinygradLossError, TypeError):
    """The dtype cannot take part: complex, object, text, or an integer that should have a gradient."""


class DomainError(TinygradLossError, ValueError):
    """A value lies where the function is not defined: a probability of 1.2, a class index of 10 among 10."""


class MatrixError(TinygradLossError, LinAlgError):
    """A matrix has no inverse, no Cholesky factor, or is no matrix at all."""


class NoRuleError(TinygradLossError, TypeError):
    """The function has no derivative rule here, so using it would lose the gradient."""


class LostGraphError(TinygradLossError, TypeError):
    """The operation would turn a tensor that requires grad into a plain constant."""


class NoMaximumError(TinygradLossError, ValueError):
    """The likelihood has no maximum: it is unbounded, or keeps rising towards the edge of the parameters."""


class CutPathError(TinygradLossError, RuntimeError):
    """Nothing that requires grad leads to the tensor, so there is nothing to differentiate."""


class MissingPackageError(TinygradLossError, ImportError):
    """An optional package or data set is not installed."""


class StaleGraphError(TinygradLossError, RuntimeError):
    """A leaf was given new values after the graph was recorded, so its derivative would be a mixture."""


class NonFiniteError(TinygradLossError, ArithmeticError):
    """A value or a derivative became nan or inf."""


class StateError(TinygradLossError, ValueError):
    """A saved state does not fit the object that shall take it over."""


class SaveError(TinygradLossError, OSError):
    """A file could not be written whole; what was there before is untouched."""


class ArgumentError(TinygradLossError, TypeError):
    """An argument is of the wrong kind, or two arguments contradict each other."""


class DrawingError(TinygradLossError, RuntimeError):
    """No program that is installed could draw the picture."""


class WrongDerivativeError(TinygradLossError, ArithmeticError):
    """The declared derivative of a user's own op is not the derivative of its forward."""


class UndefinedGradientError(TinygradLossError, ArithmeticError):
    """The function has no gradient at this point, and the policy is ``"raise"``."""


class OutOfReachError(TinygradLossError, ValueError):
    """The function does something that its record does not show, so nothing true can be said about it."""


class ReadOnlyError(TinygradLossError, ValueError):
    """The values of a tensor are written into, which no graph that used them would notice."""


class UndefinedGradientWarning(RuntimeWarning):
    """The function has no gradient at this point: the entries concerned are nan."""


class UnprovedGradientWarning(RuntimeWarning):
    """Every probe agreed on this gradient, but nothing proves that it exists."""


class UndecidedGradientWarning(UnprovedGradientWarning):
    """Whether the gradient exists could not be decided: the entries concerned are nan."""


class ProvenanceWarning(UserWarning):
    """What an argument was computed from does not fit what the function expects of it."""


class NothingKeptWarning(RuntimeWarning):
    """Every entry of a mean is masked, ignored or of weight zero: the mean is nan."""


def say(where: str, rule: str, got: str, instead: str) -> str:
    """Word one message: the op, the rule that was broken, what came, what to type or to use instead."""
    return f"{where}: {rule}, got {got}. {remedy(instead)}"


def of_dtype(where: str, rule: str, array: Any, instead: str, name: str = "x") -> DTypeError | ShapeError:
    """Return the error for an array of a dtype that cannot take part; rows of unlike lengths have none that can."""
    if has_unlike_rows(array):
        return unlike_rows(where)
    got = f"dtype {array.dtype}"
    if array.dtype.kind in "US" and not _spells_numbers(array):
        got, instead = f"text (dtype {array.dtype})", f"np.unique({name}, return_inverse=True)[1]  # numbers the texts"
    elif array.dtype.kind == "O":
        if array.ndim == 0:
            got, instead = type(array[()]).__name__, f"{name} = np.zeros(3)  # an array of numbers"
        elif any(isinstance(entry, str) for entry in array.flat):
            got, instead = f"texts among numbers (dtype {array.dtype})", f"np.unique(np.asarray({name}, dtype=str), return_inverse=True)[1]"
    return DTypeError(say(where, rule, got, instead))


def _spells_numbers(texts: Any) -> bool:
    try:
        texts.astype(np.float64)
    except ValueError:
        return False
    return True


def unlike_rows(where: str) -> ShapeError:
    """Return the error for rows of unlike lengths, of which no array of numbers can be made."""
    rule = "every row must be as long as the others"
    return ShapeError(say(where, rule, "rows of unlike lengths", "x, lengths = tl.nn.pad_sequences(rows)"))


def has_unlike_rows(array: Any) -> bool:
    """Whether an array of objects holds rows of unlike lengths, of which no array of numbers can be made."""
    if not isinstance(array, np.ndarray) or array.dtype != object:
        return False
    return (
        len(
            {len(row) for row in array.flat if isinstance(row, list | tuple) or (not isinstance(row, type) and getattr(row, "shape", None))}
        )
        > 1
    )


def similar(name: str, known: Iterable[str]) -> str | None:
    """Return the known name that differs from ``name`` by no more than a slip: one of its letters, or two of twelve and more.

    Capitals and underscores do not count. A name of one or two letters has no slips, and another first letter is another word.
    Of two that are equally near it is the longer: letters are left out more often than added.
    """
    word = plain(name)
    allowed = 0 if len(word) < 3 else 1 if len(word) < 12 else 2
    near = {k: plain(k) for k in known}
    ranked = [(slips(word, other), -len(other), k) for k, other in near.items() if abs(len(word) - len(other)) <= allowed]
    distance, _, found = min(ranked, key=lambda r: r[:2], default=(allowed + 1, 0, None))
    return found if distance <= allowed else None


def plain(name: str) -> str:
    """Return a name without what people forget: capitals, underscores and hyphens."""
    return name.lower().replace("_", "").replace("-", "")


def slips(a: str, b: str) -> int:
    """Return how many letters must be left out, added, changed or swapped with their neighbour; a changed first letter counts two.

    Source: Damerau 1964, Communications of the ACM 7, 171-176 (no letter is moved twice).
    """
    before: list[int] = []
    row = list(range(len(b) + 1))
    for i, letter in enumerate(a):
        above, before, row = before, row, [i + 1]
        for k, other in enumerate(b):
            changed = before[k] + (letter != other) * (1 + (i == k == 0))
            row.append(min(before[k + 1] + 1, row[k] + 1, changed))
            if i and k and letter == b[k - 1] and other == a[i - 1]:
                row[-1] = min(row[-1], above[k - 1] + 1)
    return row[-1]


def nearest(name: str, known: Iterable[str]) -> str:
    """Return the known name that is `similar`, or one that begins so, or the first of them, which is an example of one."""
    known = list(known)
    begun = (k for k in known if name and plain(k).startswith(plain(name)))
    return similar(name, known) or next(begun, known[0])


def offered(namespace: Mapping[str, object], rooms: Iterable[str] = ()) -> list[str]:
    """Return the names that a room offers: none that is private, and no module but the rooms inside it."""
    return sorted(name for name, x in namespace.items() if not name.startswith("_") and (not isinstance(x, ModuleType) or name in rooms))


def no_name(module: str, name: str, known: Iterable[str], elsewhere: Mapping[str, str] | None = None) -> AttributeError | ImportError:
    """Return the error for a name that a module does not have: what to type if it is known elsewhere, else a similar one of its names.

    In ``from module import name`` it is an ImportError, because Python drops the text of any AttributeError there.

    Args:
        module: its full name.
        name: what was asked for.
        known: the names that it offers.
        elsewhere: what to say of names that are known elsewhere.
    """
    public = {plain(k): k for k in known if not k.startswith("_")}
    said = elsewhere or {}
    hint = said.get(name)
    if hint is None and plain(name) not in public:
        hint = {plain(k): line for k, line in said.items()}.get(plain(name))
    if hint is None:
        found = similar(name, public.values())
        hint = f"the nearest is {found!r}" if found else f"dir({module.replace('tinygrad_loss', 'tl', 1)}) lists the names that it has"
    if _imports_from():
        return ImportError(f"cannot import name {name!r} from {module!r}; {hint}", name=module)
    return AttributeError(f"module {module!r} has no attribute {name!r}; {hint}")


def _imports_from() -> bool:
    """Whether the user's line that runs is ``from module import name``, at the moment when Python asks the module for the name."""
    frame = caller_frame()
    return 0 <= frame.f_lasti < len(frame.f_code.co_code) and frame.f_code.co_code[frame.f_lasti] == opmap["IMPORT_FROM"]


def of_numpy(name: str) -> dict[str, str]:
    """Return what to say of a name that NumPy has, in itself or in one of its parts; nothing where it has none."""
    for part, where in ((np, "np"), (np.linalg, "np.linalg"), (np.fft, "np.fft")):
        if not name.startswith("_") and name in dir(part):
            return {name: f"type {where}.{name}"}
    return {}


class Uncalled(ModuleType):
    """A module that may bear the name of a function: a call of it is answered like a name that its room does not have."""

    def __call__(self, *_given: object, **_named: object) -> NoReturn:
        where, _, name = self.__name__.rpartition(".")
        room = vars(sys.modules[where])
        inside = [k for k in vars(self).get("__all__", ()) if callable(room.get(k)) and room[k] is vars(self).get(k)]
        said = str(no_name_of(where, name)).partition("; ")[2]
        if said.startswith("dir(") and inside:
            short = where.replace("tinygrad_loss", "tl", 1)
            said = f"type {', '.join(f'{short}.{k}' for k in inside[:3])}"
        raise ArgumentError(f"module {self.__name__!r} is not callable; {said}")


def no_name_of(room: str, name: str) -> AttributeError | ImportError:
    """Return the error that a room raises for a name that it does not have."""
    try:
        sys.modules[room].__getattr__(name)
    except (AttributeError, ImportError) as error:
        return error
    raise AssertionError(name)


def refuse_calls(room: str, but: Container[str] = ()) -> None:
    """Let the modules of a room say what to type when called, ``but`` those that are rooms too, or are asked for names at every step."""
    for path, module in list(sys.modules.items()):
        where, _, name = path.rpartition(".")
        if where == room and name not in but and type(module) is ModuleType:
            module.__class__ = Uncalled  # Python looks up the names in a module of a class of its own a little more slowly


def unknown_name(where: str, what: str, name: object, known: Iterable[str], synonyms: Mapping[str, str] | None = None) -> DomainError:
    """Return the error for a name that is not among the known ones; ``synonyms`` are other names, as `plain` writes them."""
    known = list(known)
    listed = ", ".join(map(repr, known))
    instead = (synonyms or {}).get(plain(str(name))) or nearest(str(name), known)
    return DomainError(say(where, f"{what} must be one of {listed}", repr(name), repr(instead)))


def missing(where: str, what: str, command: str) -> MissingPackageError:
    """Return the error for something optional that is not installed, with the one command that installs it."""
    return MissingPackageError(f"{where}: needs {what}, which is not installed here. Type: {command}")


def shapes(where: str, rule: str, got: Iterable[tuple[int, ...]], instead: str, differ: str = "") -> ShapeError:
    """Return the error for shapes that do not fit; ``differ`` says which lengths differ, as `mismatch` words it."""
    came = " and ".join(map(str, got))
    return ShapeError(say(where, rule, f"{came} ({differ})" if differ else came, instead))


def misfits(
    where: str, rule: str, named: Mapping[str, tuple[int, ...]], instead: str, differ: Callable[[Mapping[str, tuple[int, ...]]], str]
) -> ShapeError:
    """Return the error for shapes, by name, that do not fit each other; ``differ`` words which lengths do not, as `mismatch.unequal`."""
    return shapes(where, rule, named.values(), instead, differ(named))


def lost_graph(what: str, instead: str) -> LostGraphError:
    """Return the error for an operation that would make a constant out of a tensor that requires grad."""
    return LostGraphError(
        say(what, "it would turn a tensor that requires grad into a constant, and lose its gradient", "such a tensor", instead)
    )


def matrix(name: str, complaint: str, got: Iterable[tuple[int, ...]]) -> MatrixError:
    """Return the error for a matrix that cannot be worked on, from NumPy's complaint about it."""
    shapes_ = " and ".join(f"shape {shape}" for shape in got)
    rules = (
        (
            "ingular",
            "the matrix must have an inverse",
            f"a singular one of {shapes_}",
            "np.linalg.pinv(a), or a + 1e-6 * np.eye(a.shape[-1])",
        ),
        (
            "positive definite",
            "the matrix must be symmetric and positive definite",
            f"one of {shapes_} that is not",
            "a @ np.swapaxes(a, -1, -2) + 1e-6 * np.eye(a.shape[-2])",
        ),
        ("square", "the last two axes must be equally long", shapes_, "np.linalg.pinv(a) or np.linalg.svd(a), which take any matrix"),
        ("two-dimensional", "it works on the last two axes", shapes_, "np.reshape(a, (..., rows, columns))"),
        (
            "converge",
            "the iteration must converge",
            f"{shapes_}, with nan or inf or entries of very different size",
            "np.isfinite(a).all()",
        ),
    )
    rule, came, instead = next((r[1:] for r in rules if r[0] in complaint), (complaint, shapes_, f"help(np.linalg.{name})"))
    return MatrixError(say(f"np.linalg.{name}", rule, came, instead))


def caller_frame() -> FrameType:
    """Return the innermost frame outside this package and NumPy: the user's line. Behind a command there is none, so its own is returned."""
    frame = sys._getframe(1)  # noqa: SLF001  inspect.stack() reads source files, which costs milliseconds
    inside = {__name__.partition(".")[0], "numpy", "contextlib"}
    while frame.f_back is not None and _module(frame).partition(".")[0] in inside and not _of_command(frame):
        frame = frame.f_back
    return frame


def caller_line() -> str:
    """Return the user's line as ``file:number``; nothing where only a command stands behind the call."""
    frame = caller_frame()
    return "" if _of_command(frame) else f"{frame.f_code.co_filename}:{frame.f_lineno}"


def _module(frame: FrameType) -> str:
    return frame.f_globals.get("__name__") or ""


def _of_command(frame: FrameType) -> bool:
    return _module(frame).startswith(f"{__name__.partition('.')[0]}.cli.")


class _OncePer(str):
    """A text that equals every other of the same key, so that Python's own memory of warnings shows one of them per line."""

    __slots__ = ("key",)
    key: object

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _OncePer) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)


def warn_caller(message: str, category: type[Warning], once_per: object = None) -> None:
    """Warn at the user's own line, once there per text, or per ``once_per`` where numbers in the text change."""
    if once_per is not None:
        text = _OncePer(message)
        text.key = once_per
        message = text
    frame = caller_frame()
    registry = frame.f_globals.setdefault("__warningregistry__", {})
    module = frame.f_globals.get("__name__") or "<string>"  # Python shows no warning of a module without a name
    warnings.warn_explicit(message, category, frame.f_code.co_filename, frame.f_lineno, module, registry)


def refuse_nonfinite(where: str, parameter: str, gradient: Any, report: Any) -> NonFiniteError:
    """Return the error for a gradient that no step may use.

    Args:
        where: who refuses it.
        parameter: the name of the parameter, or its number.
        gradient: an array with an entry that is not finite.
        report: what the last ``backward`` found out about it; None where no kink was hit.
    """
    entries = np.asarray(gradient)
    bad = int(entries.size - np.count_nonzero(np.isfinite(entries)))
    kind = "nan" if np.isnan(entries).any() else "inf"
    got = f"{kind} in {bad} of {entries.size} entries of parameter {parameter}; nothing was changed"
    instead = "with tl.debug(): around the loss, which names the first op that overflows"
    if report is None and kind == "nan":  # an inf without a report is an overflow
        instead += '; at a kink, with tl.at_kinks("subgradient"):'
    elif report is not None and report.sites:
        got += f" ({report})"
        instead = report.way_on or instead
    return NonFiniteError(say(where, "every gradient must be finite", got, instead))
