"""`Tensor`: an array that remembers how it was computed."""

# mypy: disable-error-code="override"
# To checkers a tensor is a scalar of NumPy's as well (see docs/types.md), whose properties it has with types of its own.

from __future__ import annotations

from collections.abc import Iterator
from inspect import getattr_static
from operator import index
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from tinygrad_loss import errors, mismatch
from tinygrad_loss.context import DEPARTED
from tinygrad_loss.engine import html
from tinygrad_loss.engine.casting import exactly, real
from tinygrad_loss.engine.found import Found
from tinygrad_loss.engine.kind import Kind, instead_of
from tinygrad_loss.engine.masked import asker, masked, refuse_masked
from tinygrad_loss.engine.op import Array, Op
from tinygrad_loss.engine.scipy_call import scipy_call
from tinygrad_loss.engine.values import AUGMENTED, are_current, in_place, values_of

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, DTypeLike

    from tinygrad_loss.engine.methods import Methods  # a stub: what the ops put on the class
else:
    Methods = Kind

__all__ = ["Tensor", "is_constant", "tensor"]

TRACED: Final = 1
"""Bit of `Tensor.track`: the value came from something recorded, so a replay must compute it again."""
NEEDS_GRAD: Final = 2
"""Bit of `Tensor.track`: a gradient flows through."""
LEAF: Final = TRACED | NEEDS_GRAD
RETAINED: Final = 4
"""Bit of `Tensor.track`: a result whose gradient ``backward`` keeps; no result inherits it."""


INTERNAL: Final = frozenset(
    "apply assign choose departed first guard inputs line move node op partition report second sort stamp static steady track value version".split()  # noqa: SIM905
)
"""Attributes of a tensor that the engine works with, or that refuse to write in place: completion does not offer them."""


class Tensor(Methods):
    """An array that remembers how it was computed; made by `tensor` and by every op on one.

    Its engine-side fields are plain slots, because each op creates one:
    ``value`` (the array of any kind; a scalar may be a NumPy scalar, whose arithmetic is faster), ``track`` (bits `TRACED`, `NEEDS_GRAD`, `RETAINED`),
    ``version`` (how often a leaf was given new values), and how it was computed, which `node` puts together:
    ``op`` (None for a leaf), ``first`` and ``second`` (its inputs; ``second`` is None where there is but one, and ``...`` where ``first``
    is the tuple of all), ``static`` (set beside that tuple only), ``stamp`` (the inputs' versions then, added up).
    So one or two inputs need no tuple, and Python's collector finds one object per op to look at.
    """

    __slots__ = (
        "__weakref__", "_grad", "_line", "_name", "_report",
        "departed", "first", "guard", "op", "second", "stamp", "static", "steady", "track", "value", "version",
    )  # fmt: skip

    value: np.ndarray | Any
    track: int
    version: int
    op: Op | None
    first: Any
    second: Tensor | Any
    static: dict[str, Any] | None
    stamp: int
    guard: list[tuple[np.ndarray, Any]]  # set only beside large constants: see `held`
    steady: bool  # set once it is known whether anything that led here steps beside the point: see `reverse.tied`
    departed: str  # set only where numbers left the record at a tie: see `nonsmooth.departure`

    def __init__(self, *data: Any, **options: Any) -> None:
        del data, options
        raise errors.ArgumentError(errors.say("tl.Tensor(...)", "tensors are made by a function", "the class", "tl.tensor(data)"))

    def __dir__(self) -> list[str]:
        """List what works, without the engine's own fields and what only says a line to type."""
        hidden = INTERNAL | {name for name in dir(Tensor) if hasattr(getattr_static(Tensor, name), "here")}
        return [name for name in object.__dir__(self) if name not in hidden and (name[0] != "_" or name.startswith("__"))]

    # ---- what it looks like -------------------------------------------------------------------------------------

    @property
    def data(self) -> np.ndarray:
        """The values, as a read-only view; ``x.data = new`` and ``x.data -= step`` give a leaf new ones."""
        self._read("x.data", asked=True)
        return values_of(self) if isinstance(self.value, np.ndarray | np.generic) else self.value

    @data.setter
    def data(self, new: ArrayLike) -> None:
        refuse_masked("x.data = new", (new,))
        if not are_current(new, self):
            self.move(np.array(new.value if isinstance(new, Tensor) else new), "x.data = new")

    def move(self, new: Array, where: str) -> None:
        """Give a leaf new values, checked for the one who asks; an array that nobody else holds is not copied."""
        if self.op is not None:
            got = f"the result of {self.op.name}"
            raise errors.StaleGraphError(errors.say(where, "only a leaf can be given new values", got, "y = tl.tensor(new)"))
        refuse_masked(where, (new,))
        array = np.asarray(new.value if isinstance(new, Tensor) else new)
        if array.shape != self.shape:
            instead = "x = tl.tensor(new, requires_grad=True)"
            named = {"new": array.shape, "the leaf": self.shape}
            raise errors.misfits(where, "new values must have the leaf's shape", named, instead, mismatch.unequal)
        if array.dtype != self.dtype:
            array = exactly(where, array, self.dtype) if self.dtype.kind in "biu" else real(where, array, self.dtype)
        self.assign(array[()] if array.ndim == 0 else array)

    def assign(self, value: Array) -> None:
        """Hold ``value`` from now on; graphs recorded before become stale, and say so."""
        self.value = value
        self.version += 1

    @property
    def shape(self) -> tuple[int, ...]:
        """The length of each axis."""
        return self.value.shape

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return self.value.ndim

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type of one element."""
        return self.value.dtype

    @property
    def size(self) -> int:
        """The number of elements."""
        return self.value.size

    @property
    def device(self) -> str:
        """Where the values are, in NumPy's words: in main memory."""
        return "cpu"

    @property
    def requires_grad(self) -> bool:
        """Whether a gradient flows through this tensor."""
        return self.track & NEEDS_GRAD != 0

    @requires_grad.setter
    def requires_grad(self, wanted: bool) -> None:
        where = f"x.requires_grad = {wanted}"
        if self.op is not None:
            got = f"the result of {self.op.name}"
            raise errors.StaleGraphError(errors.say(where, "only a leaf is frozen or freed", got, "x.detach(), or the leaves themselves"))
        if wanted and self.dtype.kind != "f":
            raise errors.DTypeError(
                errors.say(where, "only floating numbers have a gradient", f"dtype {self.dtype}", "x.astype(np.float64)")
            )
        self.track = LEAF if wanted else 0

    @property
    def is_leaf(self) -> bool:
        """Whether it was made by `tensor` rather than by an op."""
        return self.op is None

    @property
    def node(self) -> tuple[Op, tuple[Array, ...], dict[str, Any]]:
        """How a result was computed: ``(op, inputs, static arguments)``; a leaf has an ``op`` of None and no node."""
        return self.op, self.inputs, (self.second is ... and self.static) or {}  # type: ignore[return-value]  # only results are asked

    @property
    def inputs(self) -> tuple[Array, ...]:
        """What the op took; empty for a leaf."""
        if self.op is None:
            return ()
        second = self.second
        return self.first if second is ... else (self.first,) if second is None else (self.first, second)

    @property
    def name(self) -> str | None:
        """The name that pictures and messages use."""
        return getattr(self, "_name", None)

    @name.setter
    def name(self, name: str | None) -> None:
        self._name = name

    @property
    def grad(self) -> np.ndarray | None:
        """The sum of the gradients of all ``backward`` calls so far; None before the first. Assign None to start anew."""
        return getattr(self, "_grad", None)

    @grad.setter
    def grad(self, new: ArrayLike | None) -> None:
        if new is None:
            self._grad = None
            return
        refuse_masked("x.grad = new", (new,))
        array = np.array(new, dtype=self.dtype)
        if array.shape != self.shape:
            rule, named = "a gradient has its tensor's shape", {"new": array.shape, "the tensor": self.shape}
            raise errors.misfits("x.grad = new", rule, named, "x.grad = None", mismatch.unequal)
        self._grad = array

    def zero_grad(self) -> None:
        """Forget the gradient: the same as ``x.grad = None``."""
        self._grad = None

    def retain_grad(self) -> None:
        """Let ``backward`` put the gradient of a result into its ``.grad``, too.

        Raises:
            CutPathError: no gradient flows through.

        >>> import tinygrad_loss as tl
        >>> x = tl.tensor(3.0, requires_grad=True)
        >>> y = 2.0 * x
        >>> y.retain_grad()
        >>> (y * y).backward()
        >>> y.grad
        array(12.)
        """
        if not self.track & NEEDS_GRAD:
            rule, instead = "a leaf that requires grad must have led here", "x = tl.tensor(data, requires_grad=True), then y = f(x)"
            raise errors.CutPathError(errors.say("y.retain_grad()", rule, "a tensor without gradient", instead))
        if self.op is not None:
            self.track |= RETAINED

    @property
    def report(self) -> Found | None:
        """What the last ``backward`` found out about this leaf's gradient: None when it exists."""
        return getattr(self, "_report", None)

    @report.setter
    def report(self, report: object) -> None:
        self._report = report

    @property
    def line(self) -> str | None:
        """The source line that computed it, under `debug`."""
        return getattr(self, "_line", None)

    @line.setter
    def line(self, line: str) -> None:
        self._line = line

    # ---- the ways out of the graph --------------------------------------------------------------------------------

    def item(self) -> float | Any:
        """Return the one element as a Python number: the deliberate way out of the graph."""
        self._read("x.item()", asked=True)
        return self.value.item()

    def numpy(self) -> np.ndarray:
        """Return a copy of the values as an array: the deliberate way out of the graph."""
        self._read("x.numpy()", asked=True)
        return np.array(self.value)

    def tolist(self) -> list[Any] | Any:
        """Return the values as nested Python lists."""
        self._read("x.tolist()", asked=True)
        return self.value.tolist()

    def _leave(self, what: str, instead: str) -> Array:
        if self.track & NEEDS_GRAD:
            name = scipy_call()
            raise errors.lost_graph(name, instead_of(name)) if name else errors.lost_graph(what, instead)
        return self.value

    def _read(self, how: str, *, asked: bool = False) -> None:
        """Notice indices, masks and counts that leave the record; a look that was asked for matters only while a transform runs."""
        if self.track == TRACED and not (asked and DEPARTED.get() is None):
            self._departed(how)

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> np.ndarray:
        who = asker()
        if who.startswith("numpy.ma."):
            raise masked("a function of np.ma")
        if who.startswith("pandas.") and self.track & NEEDS_GRAD:
            raise errors.lost_graph("a function of pandas", "df.to_numpy() in place of df, such as df.to_numpy() @ x")
        value = self._leave(
            "np.asarray(x)",
            "x.numpy() for the numbers, x itself for NumPy's functions, np.stack([...]) to join tensors, "
            "np.where(mask, x, a) to set entries",
        )
        self._read("np.asarray(x)")
        return np.array(value, dtype=dtype) if copy else np.asarray(value, dtype=dtype)

    def __float__(self) -> float:
        number = float(
            self._leave("float(x)", "x.item() for the number, np.exp(x) rather than math.exp(x), np.where(mask, x, a) rather than a[i] = x")
        )
        self._read("float(x)")
        return number

    def __int__(self) -> int:
        number = int(self._leave("int(x)", "x.item() for the number"))
        self._read("int(x)")
        return number

    def __index__(self) -> int:
        number = index(self._leave("x as an index", "x.item() for the number"))
        self._read("x as an index")
        return number

    def __complex__(self) -> complex:
        return complex(self._leave("complex(x)", "x.item() for the number"))

    def __bool__(self) -> bool:
        answer = bool(self.value)
        if self.track == TRACED:
            self._branched()
        return answer

    def __len__(self) -> int:
        if self.ndim == 0:
            message = "len() of a 0-d tensor"
            raise TypeError(message)
        return len(self.value)

    def __iter__(self) -> Iterator[Tensor]:
        if self.ndim == 0:
            message = "iteration over a 0-d tensor"
            raise TypeError(message)
        return (self[i] for i in range(len(self)))

    def __contains__(self, item: object) -> bool:
        return bool(np.any(self == item))

    def __setitem__(self, key: object, new: object) -> None:
        raise errors.LostGraphError(
            errors.say(
                "x[key] = new",
                "a recorded value must not change",
                "an assignment to entries",
                "x = np.where(mask, new, x), or np.concatenate([new, x])",
            )
        )

    def __format__(self, spec: str) -> str:
        return format(self.item() if self.size == 1 and spec else str(self.value), spec)

    def __repr__(self) -> str:
        text = (
            np.array2string(np.asarray(self.value), separator=", ", prefix="tensor(")
            if isinstance(self.value, np.ndarray | np.generic)
            else repr(self.value)
        )
        extra = "" if self.dtype in (np.float64, np.bool_) else f", dtype={self.dtype}"
        if self.op is not None:
            extra += f", op={self.op.name}"
        elif self.requires_grad:
            extra += ", requires_grad=True"
        return f"tensor({text}{extra}{f', name={self.name!r}' if self.name else ''})"

    _repr_html_ = html.of_tensor

    def __copy__(self) -> Tensor:
        return self

    def __deepcopy__(self, memo: dict[int, object]) -> Tensor:
        if self.op is not None:
            raise errors.lost_graph("copy.deepcopy(x) of a result", "x.detach()")
        return tensor(self.value, requires_grad=self.requires_grad, name=self.name)

    def __reduce__(self) -> Any:
        message = (
            "a tensor is not pickled; save x.numpy() with np.save, and a model with tl.training.checkpoint.save(path, model.state_dict())"
        )
        raise TypeError(message)


for _name, (_function, _symbol) in AUGMENTED.items():
    setattr(Tensor, _name, in_place(_function, _symbol))


def tensor(data: ArrayLike | Tensor, *, dtype: DTypeLike | None = None, requires_grad: bool = False, name: str | None = None) -> Tensor:
    """Copy ``data`` into a new tensor.

    Args:
        data: numbers, nested lists of them (float64; whole numbers and truth values stay what they are), or an array, whose dtype is kept.
        dtype: another dtype.
        requires_grad: whether ``backward`` shall compute its gradient; whole numbers become float64 then.
        name: what pictures and messages call it.

    Raises:
        DTypeError: complex, object or text data; or truth values, or an integer ``dtype``, that should require grad.
        ShapeError: rows of unlike lengths.

    >>> import tinygrad_loss as tl
    >>> tl.tensor([1, 2], requires_grad=True, name="x")
    tensor([1., 2.], requires_grad=True, name='x')
    >>> tl.tensor([0, 2, 1])
    tensor([0, 2, 1], dtype=int64)
    """
    if isinstance(data, Tensor):
        if data.op is not None and data.requires_grad:
            raise errors.lost_graph("tl.tensor(x) of a recorded tensor", "x itself, or x.detach() to cut the graph")
        data = data.value
    if isinstance(data, Kind):
        array: Array = data
    else:
        refuse_masked("tl.tensor", (data,))
        array = _read(data, dtype)
        if requires_grad and dtype is None and array.dtype.kind in "iu":
            array = array.astype(np.float64)
        if array.dtype.kind not in "biuf":
            instead = "np.real(data), or np.abs(data)" if array.dtype.kind == "c" else "np.asarray(data, dtype=np.float64)"
            if hasattr(data, "select_dtypes"):  # a table of pandas's
                array, instead = array[:0], 'data.select_dtypes("number")'
            raise errors.of_dtype("tl.tensor", "data must be real numbers or truth values", array, instead, "data")
        if requires_grad and array.dtype.kind != "f":
            raise errors.DTypeError(
                errors.say(
                    "tl.tensor",
                    "only floating numbers have a gradient",
                    f"dtype {array.dtype} with requires_grad=True",
                    "tl.tensor(data, dtype=np.float64, requires_grad=True)",
                )
            )
        if array.ndim == 0:
            array = array[()]
    new = Tensor.__new__(Tensor)
    new.value = array
    new.op = None
    new.track = LEAF if requires_grad else 0
    new.version = 0
    if name is not None:
        new.name = name
    return new


def _read(data: Any, dtype: DTypeLike | None) -> np.ndarray:
    try:
        return np.array(data, dtype=dtype)
    except ValueError as error:
        if "inhomogeneous" in str(error):
            raise errors.unlike_rows("tl.tensor") from None
        raise


def is_constant(x: Any) -> bool:
    """Whether ``x`` is a plain array, or a tensor that no gradient flows through."""
    return isinstance(x, np.ndarray | np.generic) or (type(x) is Tensor and not x.track & NEEDS_GRAD)
