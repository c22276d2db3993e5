"""What the hints say can be typed: every name in every table of hints exists, and the lines for users of autograd, JAX and SciPy give the answer."""

import re
from itertools import chain

import numpy as np
import pytest

import tinygrad_loss as tl
from tinygrad_loss import nn, remedies
from tinygrad_loss.data import _ELSEWHERE as OF_DATA
from tinygrad_loss.distributions.elsewhere import OF_THE_ROOM as OF_DISTRIBUTIONS
from tinygrad_loss.engine.cut import INSTEAD as OF_CUTS
from tinygrad_loss.losses.synonyms import SYNONYMS
from tinygrad_loss.nn import functional as F  # noqa: N812  how the lines write it
from tinygrad_loss.ops.elsewhere import OF_THE_ROOM as OF_OPS
from tinygrad_loss.ops.refusals import IN_PLACE, INSTEAD
from tinygrad_loss.ops.scipy_functions import counterparts
from tinygrad_loss.ops.torch_functions import OTHERWISE
from tinygrad_loss.optim.elsewhere import OF_THE_ROOM as OF_OPTIM
from tinygrad_loss.spelling import names, table
from tinygrad_loss.training import _ELSEWHERE as OF_TRAINING

SAID = {
    "the front door": names.NAMES,
    "modules": table.OF_MODULES,
    "nn": table.OF_THE_ROOM,
    "functional": table.OF_FUNCTIONAL,
    "methods": {row.call: row.here for row in table.METHODS},
    "unlike methods": table.DIFFERENT,
    "ops": OF_OPS,
    "optim": OF_OPTIM,
    "distributions": OF_DISTRIBUTIONS,
    "data": OF_DATA,
    "training": OF_TRAINING,
    "cut paths": OF_CUTS,
    "NumPy": INSTEAD,
    "NumPy in place": {str(function): line for function, (_, line) in IN_PLACE.items()},
    "PyTorch": OTHERWISE,
    "SciPy": counterparts(),
    "losses": {name: f"tl.losses.{loss}" for name, loss in SYNONYMS.items()},
}
ROOMS = {"np": np, "tl": tl, "nn": nn, "F": F}


@pytest.mark.parametrize("where", SAID)
def test_every_name_that_a_hint_says_exists(where):
    lost = []
    for asked, line in SAID[where].items():
        for name in re.findall(r"\b(?:np|tl|nn|F)(?:\.[A-Za-z_]\w*)+", line):
            found = ROOMS[name.partition(".")[0]]
            for part in name.split(".")[1:]:
                found = getattr(found, part, None)
            if found is None:
                lost.append((asked, name))
    assert lost == []


X, V = np.array([0.3, 0.8, 0.5]), np.array([1.0, -2.0, 0.5])
CUBE = 6.0 * X * V  # the Hessian of the sum of cubes, times V
ANSWERS = {
    # names of autograd's, JAX's and PyTorch's: what the line gives for f(x) = sum(x ** 3), or for each entry's cube
    **dict.fromkeys(("elementwise_grad", "egrad", "derivative", "deriv"), ("each", "{}(x)", 3.0 * X**2)),
    **dict.fromkeys(("hessian_vector_product", "make_hvp"), ("total", "{}", CUBE)),
    **dict.fromkeys(("jacfwd", "jacrev"), ("each", "{}(x)", np.diag(3.0 * X**2))),
    **dict.fromkeys(("vector_jacobian_product", "make_vjp"), ("each", "pullback(v)", 3.0 * X**2 * V)),
    **dict.fromkeys(("jacobian_vector_product", "make_jvp", "linearize"), ("each", "dy", 3.0 * X**2 * V)),
    **dict.fromkeys(("grad_and_value", "multigrad_dict"), ("total", "{}(x)[1]", 3.0 * X**2)),
    **dict.fromkeys(("check_grads", "checkgrad", "test_util"), ("each", "bool({})", True)),
    "stop_gradient": ("each", "{}.numpy()", X),
    "flatten": ("each", "{}.numpy()", X),
    **dict.fromkeys(("vmap", "pmap"), ("each", "{}.numpy()", X**3)),
    "autograd": ("total", "{}(x)", 3.0 * X**2),
    "is_tensor": ("each", "{}", True),
    "DoubleTensor": ("each", "{}.dtype == np.float64", True),
    "FloatTensor": ("each", "{}.dtype == np.float32", True),
    "LongTensor": ("each", "{}.dtype == np.float64", True),
    **dict.fromkeys(("Variable", "Value", "as_tensor", "from_numpy", "asarray"), ("each", "{}.requires_grad", True)),
    "rsqrt": ("each", "{}.numpy()", 1 / np.sqrt(X)),
    "numel": ("each", "{}", 3),
}
F_OF = {"each": lambda x: x**3, "total": lambda x: np.sum(x**3)}


@pytest.mark.parametrize("name", ANSWERS)
def test_the_line_gives_the_answer(name):
    kind, asked, answer = ANSWERS[name]
    line = re.split(r", which|, whose|;| on the whole|, or |, an op", names.NAMES[name].removeprefix("type "))[0]
    letters = {"np": np, "tl": tl, "f": F_OF[kind], "v": V, "array": X, "data": X}
    letters["x"] = tl.tensor(X, requires_grad=True) if ".numpy()" in asked or "isinstance" in line else X
    if " = " in line:
        exec(line, letters)  # noqa: S102  the line that the hint says
        line = ""
    np.testing.assert_allclose(eval(asked.format(line), letters), answer, rtol=1e-12)  # noqa: S307


def test_an_op_of_ones_own_as_the_hint_for_a_primitive_says():
    cube = tl.op("cube of the hint", lambda x: x**3, lambda _y, x: 3.0 * x**2)
    np.testing.assert_allclose(tl.grad(lambda x: np.sum(cube(x)))(X), 3.0 * X**2)


def test_what_autograd_and_jax_call_functions_is_asked():
    others = {"primitive", "extend", "custom_vjp", "custom_jvp", "defvjp", "numpy", "scipy"}
    assert set(names.OF_AUTOGRAD) - others <= set(ANSWERS)


NEW = [row for row in table.METHODS if row.does is None and re.fullmatch(r"[xm]\.(bfloat16|byte|char|is_\w+|element_size|b?addb?[mc]\w+|svd|qr|dist|vdot|cov"
       r"|corrcoef|polygamma|aminmax|argwhere|tensor_split|kthvalue|quantile|unique|stride|cross|logdet)(\(.*)?", row.call)]  # fmt: skip


@pytest.mark.parametrize("row", NEW, ids=lambda row: row.call)
def test_the_line_for_a_method_can_be_typed(row):
    x = tl.tensor([[0.3, 0.8, 0.5], [0.2, 0.4, 0.9]], requires_grad=True)
    m = tl.tensor(np.eye(3) + 0.1, requires_grad=True)
    eval(row.here.partition(", where")[0], {"np": np, "tl": tl, "x": x, "y": x + 1.0, "m": m, "n": 2, "dim": 1})  # noqa: S307


def test_functions_of_pytorchs_that_write_in_place():
    x = np.array([-1.0, 0.5])
    for name, line in table.OF_FUNCTIONAL.items():
        if name.endswith("_"):
            exec(line.removeprefix("type "), {"F": F, "x": x, "threshold": 0.1, "value": 2.0})  # noqa: S102  the line that the hint says
    said = set(chain.from_iterable(re.findall(r"F\.(\w+)", line) for line in table.OF_FUNCTIONAL.values()))
    assert {"threshold", "relu", "interpolate"} <= said


HINTS = {**table.OF_FUNCTIONAL, **table.OF_THE_ROOM, **{f"m.{name}": line for name, line in table.OF_MODULES.items()}, **names.NAMES}
REMARK = re.compile(r", (?:which|whose|and give|an op of) .*|; .*|: (?:NumPy|SciPy)'s .*| on the whole batch")
"""What a hint adds to its lines."""


OF_THEIR_OWN = {
    # what stands in a hint, and what names are there, if not those of `a_users_names`
    "mbedding(": {"x": np.zeros((2, 2), int)},
    "interpolate": {"x": np.ones((1, 2, 4))},
    "X, y": {"y": np.ones((2, 2), np.float32)},
    "rng": {"p": np.array([0.4, 0.6])},
}


def a_users_names():
    """Return the names that hints speak of, as a user may have given them."""
    sizes = dict.fromkeys(("words", "features", "channels", "in_features", "out_features", "in_channels", "out_channels", "kernel_size"), 2)
    more = dict.fromkeys(("embed_dim", "num_heads", "heads", "groups", "size", "n", "axis", "low", "mean", "std"), 1)
    x, a = np.linspace(0.1, 0.9, 4).reshape(2, 2), tl.tensor(np.eye(2), requires_grad=True)
    model = nn.Linear(2, 2, rng=0)
    return {
        **ROOMS, **sizes, **more, "x": tl.tensor(x), "y": np.sum(a), "a": a, "b": a, "v": x, "f": F_OF["total"], "model": model, "array": x,
        "index": np.zeros((2, 2), int), "mask": x > 0.5, "high": 3, "shape": (2, 2), "weight": x, "q": a, "k": a, "threshold": 0.5,
        "value": 1.0, "p": 0.5, "modules": [nn.ReLU()], "name": "weights", "self": model, "data": [1, 2], "X": x.astype(np.float32), "forward": np.sin, "path": "w",
        "derivative": lambda y, x: np.cos(x), "loss": tl.losses.mse_loss, "sequences": [[1.0], [1.0, 2.0]],
    }  # fmt: skip


@pytest.mark.parametrize("asked", [name for name, line in HINTS.items() if line.startswith("type ")])
def test_what_a_hint_says_to_type_runs(asked, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    given = a_users_names()
    tl.training.checkpoint.save("w", given["model"].state_dict())
    for part, names_there in OF_THEIR_OWN.items():
        given.update(names_there if part in HINTS[asked] else {})
    for line in re.split(r", (?:or|then) ", REMARK.sub("", HINTS[asked].removeprefix("type "))):
        code = f"{line} pass" if line.endswith(":") else line
        assert remedies.remedy(code).startswith("Type")
        exec(code, given)  # noqa: S102  the line that the hint says
