"""Every input to every output: the products that layers are made of, fused with their bias."""

from collections.abc import Sequence

import numpy as np

from tinygrad_loss import errors, mismatch
from tinygrad_loss.engine.declare import custom
from tinygrad_loss.engine.op import Array

__all__ = ["bilinear", "linear"]


def _rows(x: Array) -> Array:
    """Join all axes but the last."""
    return x if x.ndim == 2 else x.reshape((-1, x.shape[-1]))


def _column_sums(g: Array) -> Array:
    # A product with ones is up to 14 times faster than NumPy's sum over the first axis, and differentiates itself.
    return np.ones_like(g[:, 0]) @ g


def _linear(x: Array, weight: Array, *bias: Array) -> Array:
    # In one expression, so that NumPy adds the bias into the product in place.
    y = _rows(x) @ weight.T + bias[0] if bias else _rows(x) @ weight.T
    return y.reshape((*x.shape[:-1], weight.shape[0]))


def _linear_vjp(i: int, g: Array, _y: Array, x: Array, weight: Array, *_bias: Array) -> Array:
    if i == 0:
        return (_rows(g) @ weight).reshape(x.shape)
    return _rows(g).T @ _rows(x) if i == 1 else _column_sums(_rows(g))


def _linear_jvp(dx: Sequence[Array | None], y: Array, x: Array, weight: Array, *_bias: Array) -> Array:
    parts = []
    if dx[0] is not None:
        parts.append(linear_(dx[0], weight))
    if dx[1] is not None:
        parts.append(linear_(x, dx[1]))
    if len(dx) > 2 and dx[2] is not None:
        parts.append(np.broadcast_to(dx[2], y.shape))
    return sum(parts[1:], start=parts[0])


linear_ = custom("linear", _linear, _linear_vjp, _linear_jvp, doc=r"x W^\top + b")


def linear(input: Array, weight: Array, bias: Array | None = None) -> Array:  # noqa: A002  PyTorch's name
    r"""Return the affine map $y = x W^\top + b$.

    Args:
        input: ``[..., in_features]``.
        weight: ``[out_features, in_features]``, or ``[in_features]`` for a single output without axis.
        bias: ``[out_features]``, or a number for a single output.

    Returns:
        ``[..., out_features]``.

    Raises:
        ShapeError: the last axes of input and weight differ, or the bias has another length.

    >>> import numpy as np, tinygrad_loss as tl
    >>> tl.ops.linear(np.array([1.0, 2.0]), np.array([[3.0, 4.0]]), np.array([0.5]))
    array([11.5])
    """
    x, w = _array(input), _array(weight)
    if w.ndim not in {1, 2} or not x.ndim or x.shape[-1] != w.shape[-1]:
        raise errors.misfits(
            "linear",
            "input and weight must have equally many features in their last axis",
            {"input": x.shape, "weight": w.shape},
            "weight.T" if w.ndim == 2 and w.shape[0] == x.shape[-1] else f"weight of shape {(*w.shape[:-1], x.shape[-1])}",
            mismatch.along(-1),
        )
    if bias is not None and bias.shape not in {w.shape[:-1], (1,) * (w.ndim - 1)}:
        raise errors.shapes(
            "linear",
            "the bias has one entry per output",
            (bias.shape, w.shape),
            "np.zeros(weight.shape[0])",
            mismatch.unlike(("bias", bias.shape, -1), ("weight", w.shape, 0)),
        )
    if w.ndim == 1:
        y = x @ w
        return y if bias is None else y + bias
    if x.ndim == 1:
        return linear(x[None], w, bias)[0]
    return linear_(x, w) if bias is None else linear_(x, w, bias)


def bilinear(input1: Array, input2: Array, weight: Array, bias: Array | None = None) -> Array:
    r"""Return $y_k = x_1^\top A_k x_2 + b_k$.

    Args:
        input1: ``[..., in1_features]``.
        input2: ``[..., in2_features]``.
        weight: ``[out_features, in1_features, in2_features]``.
        bias: ``[out_features]``.

    Returns:
        ``[..., out_features]``.

    Raises:
        ShapeError: the last axes do not fit the weight, or the others differ.

    >>> import numpy as np, tinygrad_loss as tl
    >>> tl.ops.bilinear(np.array([[1.0, 2.0]]), np.array([[3.0]]), np.ones((1, 2, 1)))
    array([[9.]])
    """
    a, b = _array(input1), _array(input2)
    out, n, m = weight.shape
    if a.shape[-1:] != (n,) or b.shape != (*a.shape[:-1], m):
        differ = mismatch.unlike(("input1", a.shape, -1), ("weight", weight.shape, 1))
        differ = differ or mismatch.unlike(("input2", b.shape, -1), ("weight", weight.shape, 2))
        differ = differ or mismatch.unequal({"input1": a.shape[:-1], "input2": b.shape[:-1]})
        raise errors.shapes(
            "bilinear",
            "the inputs' last axes must fit the weight's last two, and their other axes be equal",
            (a.shape, b.shape, weight.shape),
            "weight of shape (out_features, input1.shape[-1], input2.shape[-1])",
            differ,
        )
    left = (_rows(a) @ np.transpose(weight, (1, 0, 2)).reshape((n, out * m))).reshape((-1, out, m))
    y = (left @ _rows(b)[:, :, None]).reshape((*a.shape[:-1], out))
    return y if bias is None else y + bias


def _array(x: Array) -> Array:
    return x if hasattr(x, "ndim") else np.asarray(x)
