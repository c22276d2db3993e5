"""What to type for functions that people look for in ``tl.ops``, and that NumPy or SciPy has."""

from typing import Final

from tinygrad_loss.errors import of_numpy

__all__ = ["instead_of"]

OF_THE_ROOM: Final = {
    "cat": "type np.concatenate([a, b])",
    "gather": "type np.take_along_axis(x, index, axis)",
    "index_select": "type np.take(x, index, axis)",
    "masked_fill": "type np.where(mask, value, x)",
    "rsqrt": "type 1 / np.sqrt(x)",
    "square_root": "type np.sqrt(x)",
    "clamp": "type np.clip(x, low, high)",
    **dict.fromkeys(("mm", "bmm", "mv", "baddbmm"), "type a @ b"),
    "mul": "type a * b",
    "sub": "type a - b",
    "div": "type a / b",
    "neg": "type -x",
    "view": "type np.reshape(x, shape)",
    "permute": "type np.transpose(x, axes)",
    "unsqueeze": "type np.expand_dims(x, axis)",
    "chunk": "type np.array_split(x, n, axis)",
    **dict.fromkeys(("grid_sample", "affine_grid"), "type tl.ops.interpolate(x, size), which samples a regular grid"),
    **dict.fromkeys(("swish", "SiLU"), "type tl.ops.silu(x)"),
    **dict.fromkeys(("logistic", "Sigmoid"), "type tl.ops.expit(x)"),
    "crelu": "type np.concatenate([tl.ops.relu(x), tl.ops.relu(-x)], axis=-1)",
    "cholesky": "type np.linalg.cholesky(x)",
    "norm": "type np.linalg.norm(x)",
    "distance": "type tl.ops.pairwise_distance(a, b), or tl.ops.cdist(a, b) for all pairs",
    "pooling": "type tl.ops.max_pool2d(x, 2) or tl.ops.avg_pool2d(x, 2)",
    "convolution": "type tl.ops.conv2d(x, weight)",
    "attention": "type tl.ops.scaled_dot_product_attention(query, key, value)",
    "sorting": "type np.sort(x)",
    "solving": "type np.linalg.solve(a, b)",
    "determinants": "type np.linalg.det(x)",
    "fourier": "type np.fft.fft(x)",
}
"""By name in ``tl.ops``."""


def instead_of(name: str) -> dict[str, str]:
    """Return what to say of a name that ``tl.ops`` does not have."""
    return OF_THE_ROOM if name in OF_THE_ROOM else of_numpy(name)
