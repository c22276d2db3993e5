"""NumPy functions that have no rule on purpose, each with the way out; a generated table in the docs lists them."""

from typing import Any, Final

import numpy as np

from tinygrad_loss import errors
from tinygrad_loss.engine.declare import door
from tinygrad_loss.engine.op import open_door

__all__ = ["INSTEAD"]

IN_PLACE: Final = {
    np.copyto: ("np.copyto(a, x)", "np.where(mask, x, a), or np.broadcast_to(x, a.shape) rather than np.full_like(a, x)"),
    np.put: ("np.put(a, index, x)", "np.where(mask, x, a), or tl.ops.scatter_add(a, 0, index, x - a[index])"),
    np.place: ("np.place(a, mask, x)", "np.where(mask, x, a)"),
    np.putmask: ("np.putmask(a, mask, x)", "np.where(mask, x, a)"),
    np.put_along_axis: (
        "np.put_along_axis(a, index, x, axis)",
        "tl.ops.scatter_add(a, axis, index, x - np.take_along_axis(a, index, axis))",
    ),
    np.fill_diagonal: ("np.fill_diagonal(a, x)", "np.where(np.eye(n, dtype=bool), x, a)"),
}
"""Functions that write into their first argument."""

INSTEAD: Final = {
    "np.linalg.eig": "np.linalg.eigh(a) for a symmetric matrix; eigenvalues of others may be complex",
    "np.linalg.eigvals": "np.linalg.eigvalsh(a) for a symmetric matrix; eigenvalues of others may be complex",
    "np.linalg.lstsq": "np.linalg.pinv(a) @ b, or np.linalg.solve(a.T @ a, a.T @ b) when the columns are independent",
    "np.linalg.tensorinv": "np.linalg.inv(np.reshape(a, (n, n))), reshaped back",
    "np.linalg.tensorsolve": "np.linalg.solve(np.reshape(a, (n, n)), np.ravel(b)), reshaped back",
    "np.unwrap": "x + 2 * np.pi * np.round((x_before - x) / (2 * np.pi)), with the jumps counted once on x.numpy()",
    "np.poly": "np.polyval(coefficients, x), or np.prod(x - roots)",
    "np.polyfit": "np.linalg.pinv(np.vander(x, degree + 1)) @ y",
    "np.roots": "a loss in the roots themselves: np.prod(x - roots)",
    "np.apply_along_axis": "np.stack([f(row) for row in x])",
    "np.apply_over_axes": "np.sum(x, axis=(0, 1), keepdims=True)",
    "np.histogram": "a sum of smooth bumps: np.sum(tl.ops.expit((x[:, None] - edges) / width), axis=0); counts are step functions",
    "np.histogram2d": "a sum of smooth bumps, as for np.histogram; counts are step functions",
    "np.histogramdd": "a sum of smooth bumps, as for np.histogram; counts are step functions",
    "np.histogram_bin_edges": "np.linspace(low, high, n + 1) of numbers",
    "np.frompyfunc": "tl.op(name, ...), an op of your own with its derivative",
    "np.add.at": "tl.ops.scatter_add(a, axis, index, x)",
    "np.add.reduceat": "np.stack([np.sum(x[i:j]) for i, j in pairs])",
    "np.nextafter": "np.nextafter(x.numpy(), y); neighbours of floats have no slope",
    "np.spacing": "np.spacing(x.numpy()); distances of floats have no slope",
    "np.sort_complex": "np.sort(x)",
    "np.unique": "np.sort(x), whose values have a gradient",
    "np.unique_all": "np.sort(x), whose values have a gradient",
    "np.unique_counts": "np.sort(x), whose values have a gradient",
    "np.unique_inverse": "np.sort(x), whose values have a gradient",
    "np.unique_values": "np.sort(x), whose values have a gradient",
    "np.union1d": "np.concatenate([a, b]), whose values have a gradient",
    "np.intersect1d": "a[np.isin(a.numpy(), b)], whose values have a gradient",
    "np.setdiff1d": "a[~np.isin(a.numpy(), b)], whose values have a gradient",
    "np.setxor1d": "np.concatenate([a, b]), indexed by a mask of a.numpy() and b.numpy()",
    "np.modf": "np.trunc(x) and x - np.trunc(x)",
    "np.divmod": "np.floor_divide(a, b) and np.remainder(a, b)",
    "np.ldexp": "x * np.exp2(n)",
    "np.polyder": "p[:-1] * np.arange(len(p) - 1, 0, -1)",
    "np.polyint": "np.concatenate([p / np.arange(len(p), 0, -1), [0.0]])",
    "np.polymul": "np.convolve(p, q)",
    "np.polyadd": "np.pad(p, (n - len(p), 0)) + q",
    "np.polysub": "np.pad(p, (n - len(p), 0)) - q",
    "np.real_if_close": "np.real(z)",
    "np.lexsort": "np.argsort(x), whose result indexes x",
    "np.trim_zeros": "x[start:end], with the positions found on x.numpy()",
    "np.linspace": "a + (b - a) * np.linspace(0.0, 1.0, n)",
    "np.logspace": "10 ** (a + (b - a) * np.linspace(0.0, 1.0, n))",
    "np.geomspace": "np.exp(np.log(a) + np.log(b / a) * np.linspace(0.0, 1.0, n))",
    "np.frexp": "np.log2(np.abs(x)) for the exponent",
    "np.array2string": "str(x)",
    "np.save": "np.save(file, x.numpy())",
    "np.savetxt": "np.savetxt(file, x.numpy())",
    "np.savez": "np.savez(file, x=x.numpy())",
    "np.savez_compressed": "np.savez_compressed(file, x=x.numpy())",
}
"""What to type instead of a function that has no rule."""


def _refuse(what: str, instead: str) -> Any:
    def refused(*args: Any, **kwargs: Any) -> Any:
        del args, kwargs
        raise errors.LostGraphError(errors.say(what, "arrays are never written in place", "a tensor", instead))

    refused.__name__ = "refused"
    return refused


for _function, (_call, _instead) in IN_PLACE.items():
    door(_function)(_refuse(_call, _instead))
    open_door(("instead", f"np.{_function.__name__}"), lambda text=_instead: text)
for _name, _text in INSTEAD.items():
    open_door(("instead", _name), lambda text=_text: text)
