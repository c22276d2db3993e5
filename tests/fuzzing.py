"""Random calls of everything public: good arguments, and one or two of them of a wrong kind, shape or dtype.

Accepted is a value, which is NumPy's or SciPy's where they have the function, an error of ours that ends with what to type, or the error
that NumPy raises for the same call on arrays. A command ends with a status of its own, and prints what can be shown.
"""

import contextlib
import functools
import inspect
import io
import random
import tempfile
import time
import traceback
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import scipy.special

import hostile
import tinygrad_loss as tl
from tinygrad_loss.cli.main import main

PACKAGE = str(Path(tl.__file__).parent)
SLOW = 5.0
"""No call may take longer, in seconds of this process."""
DTYPES = ["f2", "f4", "f8", np.longdouble, "i1", "i8", "u1", "?", "c16", "O", "U3", "M8[s]"]
SHAPES = [(), (1,), (3,), (0,), (2, 3), (3, 2), (0, 3), (2, 3, 4), (1, 2, 3, 4), (2, 1, 4, 4), (1, 2, 2, 2, 2), (2, 2, 3, 3, 3)]
NUMPY = [
    "abs", "add", "argmax", "argsort", "average", "clip", "concatenate", "convolve", "cross", "cumsum", "delete", "diagonal", "diff", "divide",
    "dot", "einsum", "exp", "expand_dims", "flip", "gradient", "insert", "interp", "linalg.cholesky", "linalg.det", "linalg.inv",
    "linalg.norm", "linalg.solve", "linalg.svd", "log", "matmul", "max", "maximum", "mean", "median", "moveaxis", "nan_to_num", "outer", "pad",
    "partition", "percentile", "power", "prod", "ptp", "quantile", "ravel", "repeat", "reshape", "roll", "rot90", "searchsorted", "sort",
    "split", "squeeze", "stack", "std", "sum", "swapaxes", "take", "take_along_axis", "tensordot", "tile", "trace", "transpose", "trapezoid",
    "tril", "unwrap", "vander", "var", "where",
]  # fmt: skip
LEFT_OUT = {
    "op",
    "Module",
    "Tensor",
    "Facts",
    "load",
    "register_kl",
    "picture",
    "Distribution",
    "Optimizer",
    "Schedule",
    "Loss",
    "loss",
}
"""What takes code, trains for long, reads files, or is a base to build upon."""


@dataclass(frozen=True)
class Found:
    """A call and what is wrong with its end."""

    seed: int
    call: str
    fault: str
    place: str

    def __str__(self) -> str:
        return f"{self.seed}: {self.call} -> {self.fault} ({self.place})"


def squares(x: Any) -> Any:
    return np.sum(x * x)


class MisbehavedError(AssertionError):
    """What a command did that none may."""


MINE = """
import numpy as np
def f(x): return np.sum(np.abs(x))
def g(x, y=1.0): return np.log(x) * y
def h(): return 1.0
def broken(x): return x.no_such_name
def text(x): return "text"
number = 3
"""


@functools.cache
def folder() -> tempfile.TemporaryDirectory[str]:
    """Return a folder with functions of a user's, and files that are none."""
    made = tempfile.TemporaryDirectory()
    Path(made.name, "mine.py").write_text(MINE)
    Path(made.name, "bad.py").write_text("def f(x:\n")
    Path(made.name, "model.safetensors").write_bytes(hostile.safetensors({"a": 1}))
    return made


def command(name: str) -> Callable[..., None]:
    """Return a command as a function of the words after its name."""

    def run(word: Any, *, option: Any = (), another: Any = ()) -> None:
        words = [str(w) for given in (word, option, another) for w in (given if isinstance(given, list | tuple) else [given])]
        out, complaint = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(complaint):
            try:
                status = main([name, *words])
            except SystemExit as end:  # of the parser
                status = end.code
        said = out.getvalue() + complaint.getvalue()
        if status not in {0, 1, 2} or (status == 1 and name not in {"check", "ops", "losses"}) or "a fault of its own" in said:
            message = f"status {status}: {said[-300:]}"
            raise MisbehavedError(message)
        if not said.replace("\n", "").isprintable():
            message = f"letters that cannot be shown: {said[-300:]!r}"
            raise MisbehavedError(message)

    return run


def word(draw: random.Random, kind: str) -> Any:
    """Return a word of a command line."""
    if kind == "word":
        functions = [
            f"{folder().name}/{file}.py:{name}" for file in ("mine", "bad", "none") for name in ("f", "g", "h", "broken", "text", "number")
        ]
        return draw.choice(
            [
                *functions[:6],
                *functions,
                "mse_loss",
                "cross_entropy",
                "np.abs",
                "huber",
                "relu",
                f"{folder().name}/model.safetensors",
                folder().name,
            ]
        )
    value = draw.choice(
        ["0", "1.0", "-1e-3", "[1.0, 0.0]", "nan", "np.zeros(3)", "pi/2", "1e400", "x", "[[1, 2], [3]]", *hostile.NAMES.values()]
    )
    return [
        draw.choice(["--at", "--at", "--order", "--policy", "--input", "--target", "--delta", "--data", "--rows", "--html", "--lang"]),
        value,
    ]


def fit(
    model: Any, loss: Any, dataset: Any, *, batch_size: Any = 2, validation: Any = None, clip_norm: Any = None, patience: Any = None,
    keep_best: Any = False, schedule_per: Any = "epoch", metrics: Any = None, rng: Any = 0,
) -> Any:  # fmt: skip
    """Train for one epoch, and write nothing."""
    return tl.fit(
        model, loss, dataset, epochs=1, batch_size=batch_size, validation=validation, clip_norm=clip_norm, patience=patience,
        keep_best=keep_best, schedule_per=schedule_per, metrics=metrics, rng=rng, progress=False,
    )  # fmt: skip


@functools.cache
def targets() -> dict[str, Callable[..., Any]]:
    """Return everything public that can be called, by its name."""
    found = {f"tl.{name}": getattr(tl, name) for name in ("tensor", "at_kinks", "grad", "value_and_grad", "jacobian", "hessian")}
    found |= {f"tl.{name}": getattr(tl, name) for name in ("jvp", "vjp", "hvp", "directional", "differentiability")}
    for room in ("ops", "losses", "nn", "nn.init", "optim", "data", "distributions"):
        holder = of(tl, room)
        for name in dir(holder):
            thing = getattr(holder, name)
            public = callable(thing) and not inspect.ismodule(thing) and name[0] != "_" and name not in LEFT_OUT and not name.isupper()
            if public and getattr(thing, "__module__", "").startswith("tinygrad_loss"):
                found[f"tl.{room}.{name}"] = thing
    found |= {"tl.draw": tl.draw, "tl.gradcheck": tl.gradcheck, "tl.fit": fit}
    found |= {f"command {name}": command(name) for name in ("check", "draw", "ops", "losses", "show", "predict")}
    found |= {f"tl.training.{name}": getattr(tl.training, name) for name in ("predict", "evaluate")}
    return found | {f"np.{name}": of(np, name) for name in NUMPY}


def of(holder: Any, path: str) -> Any:
    for name in path.split("."):
        holder = getattr(holder, name)
    return holder


def array(draw: random.Random, shape: tuple[int, ...] | None = None, dtype: Any = None) -> np.ndarray:
    """Return an array of numbers between 0 and 3."""
    shape = draw.choice(SHAPES) if shape is None else shape
    numbers = np.array([draw.choice([0.25, 0.5, 0.75, 1.0, 2.0, 0.1, 0.9]) for _ in range(int(np.prod(shape)))]).reshape(shape)
    return numbers.astype(draw.choice(DTYPES) if dtype is None else dtype)


def junk(draw: random.Random) -> Any:
    """Return something of any kind."""
    plain: list[Any] = [
        None, True, False, 0, 1, -1, 2, 3, 10**18, 2.5, -0.5, float("nan"), float("inf"), 1j, "mean", "none", "", "sum", b"x", [], [1.0, 2.0],
        [[1.0], [2.0, 3.0]], (), (2,), (1, 2), {}, {"a": 1}, {1.0}, squares, np.float32, object, ..., slice(2), range(3), np.float64(0.5),
    ]  # fmt: skip
    kind = draw.random()
    if kind < 0.45:
        return draw.choice(plain)
    if kind < 0.8:
        return array(draw)
    return tensor(draw, array(draw, dtype=draw.choice(["f2", "f4", "f8", "i8", "?"])))


def tensor(draw: random.Random, x: np.ndarray) -> Any:
    return tl.tensor(x, requires_grad=x.dtype.kind == "f" and draw.random() < 0.7)


SIZES = {"in_features", "out_features", "in_channels", "out_channels", "input_size", "hidden_size", "num_features", "num_channels", "dim"}


def good(draw: random.Random, name: str, parameter: inspect.Parameter, shape: tuple[int, ...]) -> Any:  # noqa: C901, PLR0911, PLR0912  a table of names
    """Return what an argument of this name usually is."""
    if name in {"params", "parameters"}:
        return [tl.tensor([1.0, 2.0], requires_grad=True)]
    if name == "optimizer":
        return tl.optim.SGD([tl.tensor([1.0, 2.0], requires_grad=True)], lr=0.1)
    if name in {"f", "fun", "lr_lambda", "closure"}:
        return squares if name != "lr_lambda" else (lambda epoch: 0.5**epoch)
    if name == "model":
        return tl.nn.Linear(3, 2)
    if name == "loss":
        return draw.choice([tl.losses.mse_loss, tl.losses.huber_loss, tl.losses.l1_loss])
    if name in {"dataset", "validation"}:
        return array(draw, (5, 3), "f4"), array(draw, (5, 2), "f4")
    if name == "y":
        return draw.choice([squares, tensor(draw, array(draw, shape, "f8")) * 2.0])
    if name in {"word", "option", "another"}:
        return word(draw, name)
    if name in {"rng", "seed"}:
        return np.random.default_rng(0)
    if name in {"axis", "dim", "argnums"}:
        return draw.choice([0, -1, None])
    if parameter.default is not inspect.Parameter.empty and draw.random() < 0.6:
        return parameter.default
    if name.endswith(("size", "stride", "channels", "features", "groups", "num_layers", "heads", "num_classes", "dim", "d_model", "nhead")):
        return draw.choice([1, 2, 3, 4])
    if name in {"target", "labels", "index", "indices"} and draw.random() < 0.5:
        return array(draw, shape[:1], "i8") % 2
    x = array(draw, shape, draw.choice(["f4", "f8"]))
    return tensor(draw, x) if draw.random() < 0.6 else x


def arguments(draw: random.Random, target: Callable[..., Any], wrong: float) -> tuple[list[Any], dict[str, Any]]:
    """Return arguments of one call, each replaced by anything with probability ``wrong``."""
    shape = draw.choice(SHAPES)
    given: list[Any] = []
    named: dict[str, Any] = {}
    try:
        parameters = list(inspect.signature(target).parameters.values())
    except (TypeError, ValueError):
        parameters = [inspect.Parameter(f"x{i}", inspect.Parameter.POSITIONAL_ONLY) for i in range(getattr(target, "nin", 2))]
    for p in parameters:
        if p.kind is p.VAR_KEYWORD or p.name in {"out", "where", "signature"}:
            continue
        value = junk(draw) if draw.random() < wrong else good(draw, p.name, p, shape)
        needed = p.default is p.empty
        if p.kind in {p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD} and needed:
            given.append(value)
        elif p.kind is p.VAR_POSITIONAL:
            given += [value] * draw.choice([0, 1, 2])
        elif (needed or draw.random() < 0.35) and p.kind is not p.POSITIONAL_ONLY:
            named[p.name] = value
    return given, named


def uses(draw: random.Random, made: Any, wrong: float) -> Iterator[tuple[str, Callable[[], Any], list[Any]]]:
    """Yield calls of what a call returned: the forward of a layer, densities of a distribution, a step of an optimiser or schedule."""
    if isinstance(made, tl.nn.Module) or (callable(made) and not isinstance(made, type | tl.Tensor)):
        given = [array(draw, dtype=draw.choice(["f4", "f8", "i8"])) if draw.random() > wrong else junk(draw)]
        yield "(...)", lambda: made(*given), given
    if isinstance(made, tl.distributions.Distribution):
        x = array(draw, dtype="f8") if draw.random() > wrong else junk(draw)
        for name in ("log_prob", "nll", "cdf", "sample", "rsample"):
            if callable(method := getattr(made, name, None)):
                yield f".{name}(...)", lambda method=method: method(x), [x]
        for name in ("mean", "variance", "entropy", "mode", "stddev"):
            yield f".{name}", lambda name=name: value_of(made, name), []
    if isinstance(made, tl.optim.Optimizer):
        state = junk(draw) if draw.random() < 0.5 else {"state": junk(draw), "param_groups": draw.choice([[1], [], junk(draw)])}
        yield ".step()", lambda: made.step(), []
        yield ".load_state_dict(...)", lambda: made.load_state_dict(state), [state]
    if isinstance(made, tl.picture.draw.Picture):
        yield ".svg", lambda: made.svg, []
    if isinstance(made, tl.optim.Schedule):
        yield ".step()", lambda: made.step(), []


def value_of(made: Any, name: str) -> Any:
    value = getattr(made, name)
    return value() if callable(value) else value


def kept(x: Any) -> Any:
    """Return a copy of what a call must not change."""
    if isinstance(x, tl.Tensor):
        return x.detach().numpy().copy()
    if isinstance(x, np.ndarray):
        return x.copy()
    return [kept(v) for v in x] if isinstance(x, list | tuple) else repr(x) if isinstance(x, dict | set) else None


def same(a: Any, b: Any) -> bool:
    if isinstance(a, list):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, np.ndarray):
        return a.tobytes() == b.tobytes() if a.dtype != object else list(a.flat) == list(b.flat)
    return bool(a == b)


def plain(x: Any) -> Any:
    """Return an argument with arrays in place of tensors."""
    if isinstance(x, tl.Tensor):
        return x.detach().numpy()
    return type(x)(map(plain, x)) if isinstance(x, list | tuple) else x


def reference(name: str, target: Callable[..., Any]) -> Callable[..., Any] | None:
    """Return the function of NumPy or SciPy that must give the same numbers."""
    if name.startswith("np."):
        return target
    known = getattr(scipy.special, name.removeprefix("tl.ops."), None) if name.startswith("tl.ops.") else None
    return known if isinstance(known, np.ufunc) else None


def differs(ours: Any, theirs: Any) -> str | None:
    """Return in what a value differs from that of a reference; None where it does not."""
    if isinstance(theirs, list | tuple):
        return next((d for a, b in zip(ours, theirs, strict=True) if (d := differs(a, b))), None)
    a, b = np.asarray(plain(ours)), np.asarray(theirs)
    if a.shape != b.shape:
        return f"shape {a.shape}, not {b.shape}"
    if not all(x.dtype.kind in "biufc" for x in (a, b)):
        return None if a.tolist() == b.tolist() else f"{a!r:.60}, not {b!r:.60}"
    digits = max((np.finfo(x.dtype).eps for x in (a, b) if x.dtype.kind in "fc"), default=0.0)
    with np.errstate(all="ignore"):
        near = np.allclose(a, b, rtol=float(digits) * 64, atol=float(digits) * 64, equal_nan=True)
    return None if near else f"value {a!r:.60}, not {b!r:.60}"


def told(error: BaseException, call: Callable[[], Any], by_numpy: Callable[[], Any] | None) -> str | None:
    """Return where an error came from that says nothing to type; None for one that may be."""
    if isinstance(error, MisbehavedError):
        return "command"
    chain = error
    while chain is not None:
        if isinstance(chain, tl.errors.TinygradLossError) and (" instead: " in str(chain) or "Install" in str(chain)):
            return None
        chain = chain.__cause__  # type: ignore[assignment]
    frames = traceback.extract_tb(error.__traceback__)
    inside = [f for f in frames if f.filename.startswith(PACKAGE)]
    if isinstance(error, MemoryError) or not inside or frames[-1].filename == __file__ or " instead: " in str(error):
        return None
    if (isinstance(error, TypeError) and "ufunc" in str(error)) or any(
        said in str(error) for said in ("numpy boolean", "out of bounds for", "object() takes no arguments")
    ):
        return None  # what a ufunc of NumPy or SciPy says of text, dates and truth values
    if by_numpy is not None:
        try:
            by_numpy()
        except Exception as other:  # noqa: BLE001  whatever NumPy raises
            if isinstance(other, type(error)) or isinstance(error, type(other)):
                return None
    return f"{Path(inside[-1].filename).relative_to(PACKAGE)}:{inside[-1].lineno}"


def ambient() -> tuple[Any, ...]:
    return (tl.context.RECORDING.get(), tl.context.AT_KINKS.get(), tuple(np.geterr().items()))


def tried(seed: int, name: str, target: Callable[..., Any]) -> Iterator[Found]:
    """Make one random call, and those of what it returned; yield what is wrong."""
    draw = random.Random(seed)  # noqa: S311  no secret
    wrong = draw.choice([0.0, 0.15, 0.4])
    given, named = arguments(draw, target, wrong)
    worded = f"{name}({', '.join([*map(shown, given), *(f'{k}={shown(v)}' for k, v in named.items())])})"
    same_as = reference(name, target)
    by_numpy = (lambda: same_as(*map(plain, given), **{k: plain(v) for k, v in named.items()})) if same_as else None
    change = name.rpartition(".")[2].endswith("_")  # the functions of nn.init and the clipping of gradients
    made, faults = attempt(seed, worded, lambda: target(*given, **named), [] if change else [*given, *named.values()], by_numpy)
    yield from faults
    if isinstance(made, Exception) or made is None:
        return
    if by_numpy is not None:
        yield from (Found(seed, worded, difference, "value") for difference in other_value(made, by_numpy))
    for use, call, read in uses(draw, made, wrong):
        yield from attempt(seed, f"{worded}{use.replace('...', ', '.join(map(shown, read)))}", call, read, None)[1]


def other_value(made: Any, by_numpy: Callable[[], Any]) -> Iterator[str]:
    """Yield in what a value differs from that of NumPy or SciPy, where they have one."""
    with warnings.catch_warnings(), np.errstate(all="ignore"), contextlib.suppress(Exception):
        warnings.simplefilter("ignore")
        difference = differs(made, by_numpy())
        if difference:
            yield difference


def attempt(
    seed: int, worded: str, call: Callable[[], Any], read: list[Any], by_numpy: Callable[[], Any] | None
) -> tuple[Any, list[Found]]:
    """Make a call; return its value or error, and what is wrong with it."""
    before, around, start = kept(read), ambient(), time.process_time()
    made: Any = None
    found = []
    np.random.seed(0)  # noqa: NPY002  the state of the global generator is watched, not used
    drawn = np.random.get_state()[2]  # type: ignore[index]  # noqa: NPY002
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            made = call()
        except Exception as error:  # noqa: BLE001  any kind is judged
            made = error
            place = told(error, call, by_numpy)
            if place is not None:
                found.append(Found(seed, worded, f"{type(error).__name__}: {str(error)[:100]}", place))
    if time.process_time() - start > SLOW:
        found.append(Found(seed, worded, f"took more than {SLOW} s", "slow"))
    if not same(before, kept(read)):
        found.append(Found(seed, worded, "an argument was changed", "changed"))
    if ambient() != around:
        found.append(Found(seed, worded, "a choice of the caller was changed", "ambient"))
    if np.random.get_state()[2] != drawn:  # type: ignore[index]  # noqa: NPY002
        found.append(Found(seed, worded, "NumPy's global generator was used", "random"))
    return made, found


def shown(x: Any) -> str:
    if isinstance(x, np.ndarray):
        return f"{x.dtype}{list(x.shape)}"
    if isinstance(x, tl.Tensor):
        return f"tensor {x.dtype}{list(x.shape)}"
    return f"[{', '.join(map(shown, x))}]" if isinstance(x, list) else getattr(x, "__name__", repr(x))[:40]


def fuzz(first: int, calls: int) -> Iterator[Found]:
    """Yield what is wrong with calls number ``first`` and the ones after it."""
    everything = list(targets().items())
    for seed in range(first, first + calls):
        yield from tried(seed, *everything[seed % len(everything)])
