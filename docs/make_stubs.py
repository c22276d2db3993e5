"""Write the stubs that type checkers and editors read, from the declarations: python docs/make_stubs.py.

A loss is an object, an op a closure, and the methods of a tensor are put on its class by the ops: a checker sees neither their
parameters nor their results. The declarations know both. Each becomes overloads that say "any tensor in, a tensor out; arrays in, an array out".
"""

import ast
import functools
import inspect
import re
import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import Any

import tinygrad_loss
from tinygrad_loss import losses, nn, ops
from tinygrad_loss.engine.kind import Kind
from tinygrad_loss.engine.tensor import Tensor
from tinygrad_loss.engine.values import AUGMENTED
from tinygrad_loss.spelling.table import METHODS

PACKAGE = Path(tinygrad_loss.__file__).parent
HEAD = """\
# Made by docs/make_stubs.py. Do not edit it by hand.
# mypy: disable-error-code="misc, override, overload-overlap, overload-cannot-match"
"""
ONE, PLAIN, EITHER, ARRAY = "Tensor", "ArrayLike", "ArrayLike | Tensor", "np.ndarray"
KNOWN = {
    **dict.fromkeys(("Any", "Literal", "NoReturn", "Self", "overload"), "typing"),
    **dict.fromkeys(("Callable", "Iterable", "Iterator", "Mapping", "Sequence"), "collections.abc"),
    **dict.fromkeys(("ArrayLike", "DTypeLike"), "numpy.typing"),
    "Tensor": "tinygrad_loss.engine.tensor",
    "Kind": "tinygrad_loss.engine.kind",
    "Loss": "tinygrad_loss.losses.loss",
    "LossModule": "tinygrad_loss.nn.loss",
}
"""Where the names come from that stubs are written in."""
OF_SPELLINGS = {
    **dict.fromkeys(("numel", "nelement", "dim", "ndimension"), "Count"),
    **dict.fromkeys(("is_floating_point", "equal", "allclose"), "Truth"),
    **dict.fromkeys(("split", "chunk", "unbind"), "tuple[Tensor, ...]"),
    **dict.fromkeys(("topk", "cummax", "cummin", "slogdet"), "tuple[Tensor, Tensor]"),
}
"""What methods in PyTorch's spelling return that is no tensor."""
SHARED = {"reduction": "str", "sample_weight": f"{EITHER} | None", "where": f"{EITHER} | None"}
"""What every loss takes."""


@dataclass(frozen=True)
class Parameter:
    """One parameter: an array where ``array`` says so, whose type differs from overload to overload."""

    name: str
    type: str
    default: str = ""
    array: bool = False
    by_name: bool = False
    star: str = ""

    def __str__(self) -> str:
        return f"{self.star}{self.name}: {self.type}" + (f" = {self.default}" if self.default else "")

    def typed(self, array: str) -> "Parameter":
        """Return it with ``array`` as the type of an array."""
        return replace(self, type=with_arrays(self.type, array), array=False) if self.array else self


def with_arrays(annotation: str, array: str) -> str:
    """Return an annotation with ``array`` in place of "any kind of array"."""
    return re.sub(r"\bArray\b", array, annotation)


@functools.cache
def definition(function: Callable[..., Any]) -> ast.FunctionDef:
    """Return a function as it is written, where ``Array`` is still a name."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(inspect.unwrap(function))))
    return next(node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


def parameters(function: Callable[..., Any]) -> list[Parameter]:
    """Return the parameters of a function."""
    a = definition(function).args
    missing = [None] * (len(a.args) - len(a.defaults))
    found = [_parameter(arg, default) for arg, default in zip(a.args, [*missing, *a.defaults], strict=True)]
    found += [_parameter(a.vararg, None, star="*")] if a.vararg else []
    found += [_parameter(arg, default, by_name=True) for arg, default in zip(a.kwonlyargs, a.kw_defaults, strict=True)]
    return found + ([_parameter(a.kwarg, None, star="**")] if a.kwarg else [])


def _parameter(arg: ast.arg, default: ast.expr | None, *, star: str = "", by_name: bool = False) -> Parameter:
    kind = ast.unparse(arg.annotation).strip("'") if arg.annotation else "Any"
    value = "" if default is None else ast.unparse(default) if isinstance(default, ast.Constant | ast.UnaryOp | ast.Tuple) else "..."
    array = kind in ("Array", "Array | None")
    kind = "Array | None" if array and value == "None" else kind
    return Parameter(arg.arg, kind if array else with_arrays(kind, EITHER), value, array=array, star=star, by_name=by_name)


def result(function: Callable[..., Any]) -> str:
    """Return what a function is annotated to return."""
    returns = definition(function).returns
    text = ast.unparse(returns) if returns else "Any"
    return "Array" if text == "Any" else text


# ---- writing ------------------------------------------------------------------------------------------------------------


def signature(name: str, params: Iterable[Parameter], returns: str) -> str:
    """Write one signature."""
    written, named = [], False
    for p in params:
        if p.by_name and not named and "*" not in "".join(written):
            written.append("*")
        named = named or p.by_name or p.star == "*"
        written.append(str(p))
    return f"def {name}({', '.join(written)}) -> {returns}: ..."


def by_name(params: Sequence[Parameter], name: str, kind: str) -> list[Parameter]:
    """Return the parameters with ``name`` required, of type ``kind``, and given by name as all other options are then."""
    return [
        replace(p, type=kind, default="", by_name=True, array=False) if p.name == name else replace(p, by_name=p.by_name or bool(p.default))
        for p in params
    ]


def overloads(name: str, params: Sequence[Parameter], returns: str) -> Iterator[str]:
    """Write the signatures of a function: a tensor among the arrays makes the result a tensor."""
    if not re.search(r"\bArray\b", returns):
        yield signature(name, [p.typed(EITHER) for p in params], returns)
        return
    if any(p.name == "return_indices" and p.default for p in params):
        indexed = by_name(params, "return_indices", "Literal[True]")
        yield from overloads(name, indexed, "tuple[Array, np.ndarray]")
    for this in (p for p in params if p.array):
        tensor = by_name(params, this.name, ONE) if this.default else [p.typed(ONE) if p is this else p for p in params]
        yield signature(name, [p.typed(EITHER) for p in tensor], with_arrays(returns, ONE))
    yield signature(name, [p.typed(PLAIN) for p in params], with_arrays(returns, ARRAY))


def stacked(lines: Iterable[str], indent: str = "") -> str:
    """Write signatures under each other, as overloads if there are several."""
    found = list(dict.fromkeys(lines))
    mark = f"{indent}@overload\n" if len(found) > 1 else ""
    return "".join(f"{mark}{indent}{line}\n" for line in found)


def with_imports(text: str, spaces: Iterable[Mapping[str, Any]] = ()) -> str:
    """Return the text of a stub under the imports that it needs; a name that is not known is looked up where it was used."""
    needed: dict[str, set[str]] = {}
    bare = re.sub(r"'[^'\n]*'|\"[^\"\n]*\"", "", text)
    used = set(re.findall(r"(?<![.\w])[A-Z]\w+|overload", bare))
    own = set(re.findall(r"^(?:class |def )?(\w+)", text, re.MULTILINE)) | set(re.findall(r"import \w+ as (\w+)", text))
    for name in sorted(used - own - {"None", "True", "False"}):
        module = KNOWN.get(name) or next((s["__name__"] for s in spaces if name in s), None)
        if module is None:
            raise NameError(f"where does {name} come from?")
        needed.setdefault(module, set()).add(name)
    lines = [f"from {module} import {', '.join(sorted(names))}" for module, names in sorted(needed.items())]
    return f"{HEAD}\n{'import numpy as np' if 'np.' in text else ''}\n" + "\n".join(lines) + f"\n\n{text}"


def public(room: ModuleType) -> Iterator[tuple[str, Any]]:
    """Yield what a room offers, by name."""
    return ((name, getattr(room, name)) for name in sorted(vars(room)) if not name.startswith("_"))


def imported(room: ModuleType, names: Iterable[str]) -> str:
    """Return the import lines of the room itself for some of its names."""
    tree = ast.parse(inspect.getsource(room))
    found = [node for node in tree.body if isinstance(node, ast.ImportFrom) and node.names[0].asname in set(names)]
    return "".join(f"{ast.unparse(node)}\n" for node in found)


# ---- the stubs --------------------------------------------------------------------------------------------------------


def ops_stub() -> str:
    """Return the stub of ``tl.ops``."""
    known = dict(public(ops))
    functions = {name: f for name, f in known.items() if callable(f) and not isinstance(f, ModuleType)}
    text = imported(ops, known.keys() - functions.keys()) + "\n"
    text += "".join(stacked(overloads(name, parameters(f), result(f))) for name, f in functions.items())
    return with_imports(text, [inspect.unwrap(f).__globals__ for f in functions.values()])


def of_loss(name: str, loss: losses.Loss) -> str:
    """Return the class of one loss, whose call has the parameters that the loss declares."""
    written = {p.name: p for p in parameters(loss.terms)}
    params = [Parameter("self", "")]
    for p in inspect.signature(loss).parameters.values():
        kind = SHARED.get(p.name) or written[p.name].type
        default = "" if p.default is p.empty else repr(p.default) if isinstance(p.default, int | float | str | None) else "..."
        array = p.name in loss.arrays
        kind = "Array" if array else with_arrays(kind, EITHER)
        params.append(Parameter(p.name, kind, default, array=array, by_name=p.kind is p.KEYWORD_ONLY))
    *tensors, _ = overloads("__call__", params, "Array")
    plain = [p.typed(PLAIN) for p in params]
    each = signature("__call__", by_name(plain, "reduction", 'Literal["none"]'), ARRAY)
    lines = stacked((*tensors, each, signature("__call__", plain, "np.floating[Any]")), "    ").replace("(self: ", "(self")
    return f"class _{name}(Loss):\n{lines}\n{name}: _{name}\n\n"


def losses_stub() -> str:
    """Return the stub of ``tl.losses``."""
    known = dict(public(losses))
    declared = {name: x for name, x in known.items() if isinstance(x, losses.Loss)}
    text = imported(losses, known.keys() - declared.keys()) + "\n" + "".join(of_loss(name, x) for name, x in declared.items())
    return with_imports(text, [x.terms.__globals__ for x in declared.values()])


def of_module(name: str, module: type[nn.LossModule]) -> str:
    """Return the class form of a loss: it takes the options when it is made, the arrays when it is called."""
    call = inspect.signature(module.loss).parameters
    written = {p.name: p for p in parameters(module.loss.terms)}
    made = [Parameter("self", "")]
    for option, value in module.defaults().items():
        kind = SHARED.get(option) or with_arrays(written[option].type, EITHER)
        made.append(Parameter(option, kind, repr(value) if isinstance(value, int | float | str | None) else "..."))
    called = [Parameter("self", "")] + [
        Parameter(
            p.name,
            SHARED.get(p.name, "Array"),
            "" if p.default is p.empty else "None",
            p.name in module.loss.arrays,
            p.default is not p.empty,
        )
        for p in call.values()
        if p.name in (*module.loss.arrays, "sample_weight", "where")
    ]
    *tensors, _ = overloads("__call__", called, "Array")
    plain = signature("__call__", [p.typed(PLAIN) for p in called], f"{ARRAY} | np.floating[Any]")
    text = f"    {signature('__init__', made, 'None')}\n" + stacked((*tensors, plain), "    ")
    return f"class {name}(LossModule):\n" + text.replace("(self: ", "(self") + "\n"


def loss_modules_stub() -> str:
    """Return the stub of the losses of ``tl.nn`` that are made from those of ``tl.losses``."""
    made = {name: x for name, x in public(nn) if isinstance(x, type) and x.__bases__ == (nn.LossModule,) and "__init__" not in vars(x)}
    return with_imports("".join(of_module(name, x) for name, x in made.items()))


def methods_stub() -> str:
    """Return the stub of the methods that ops give to tensors.

    To NumPy's stubs a tensor is a scalar of NumPy's: of an array they say that ``np.exp(x)`` is an array, of a scalar that they do not know.
    """
    text = "Count = int\nTruth = bool\n\nclass Spelled:\n"  # a class whose methods are called int and bool cannot name these types
    for row in sorted((row for row in METHODS if row.does is not None), key=lambda row: row.name):
        text += f"    def {row.name}(self, *given: Any, **named: Any) -> {OF_SPELLINGS.get(row.name, ONE)}: ...\n"
    text += '\nclass Methods(Spelled, Kind, np.generic):\n    """What the ops give to a tensor, and NumPy to an array."""\n\n'
    text += "    def __new__(cls) -> Self: ...\n"
    for name in ("T", "mT", "real", "imag"):
        text += f"    @property\n    def {name}(self) -> Tensor: ...\n"
    installed = {**vars(Kind), **vars(Tensor)}
    for name, f in sorted(installed.items()):
        if name in AUGMENTED or not inspect.isfunction(f) or f.__qualname__.split(".")[0] in ("Kind", "Tensor"):
            continue
        if f.__name__ == "<lambda>":  # an operator with its operands exchanged
            rest, returns = [Parameter("other", EITHER)], ONE
        else:
            (first, *rest), returns = parameters(f), with_arrays(result(f), ONE)
            if first.star:  # an op of any number of inputs: as a method it has the tensor, and a reduction's options
                rest = [Parameter("axis", "Any", "None"), Parameter("keepdims", "bool", "False", by_name=True)]
        if name in ("__eq__", "__ne__"):
            rest = [Parameter("other", "object")]
        text += f"    {signature(name, [Parameter('self', ''), *[p.typed(EITHER) for p in rest]], returns)}\n".replace("(self: ", "(self")
    return with_imports(text)


STUBS = {
    "ops/__init__.pyi": ops_stub,
    "losses/__init__.pyi": losses_stub,
    "engine/methods.pyi": methods_stub,
    "nn/loss_modules.pyi": loss_modules_stub,
}

if __name__ == "__main__":
    for name, stub in STUBS.items():
        (PACKAGE / name).write_text(stub(), encoding="utf-8")
