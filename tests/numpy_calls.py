"""Calls of NumPy functions, each of one array: what is NumPy's in value is also right in its derivative."""

import numpy as np

rng = np.random.default_rng(0)
X = rng.standard_normal((2, 3, 4))
MASK = rng.uniform(size=(2, 3, 4)) < 0.6
MASK[0] = MASK[:, 0] = MASK[..., 0] = True
HOLED = np.where(rng.uniform(size=X.shape) < 0.3, np.nan, X)
HOLED[0], HOLED[:, 0], HOLED[..., 0] = X[0], X[:, 0], X[..., 0]
W = rng.uniform(0.5, 2.0, X.shape)
ROW = rng.uniform(0.5, 2.0, 4)

METHODS = {
    "sum": lambda x: x.sum(axis=(0, 1), keepdims=True),
    "sum_positional": lambda x: x.sum(1),
    "prod": lambda x: x.prod(axis=-1),
    "mean": lambda x: x.mean(0),
    "max": lambda x: x.max(axis=(0, 2)),
    "min": lambda x: x.min(1, keepdims=True),
    "std": lambda x: x.std(axis=0, ddof=1),
    "var": lambda x: x.var(-1),
    "cumsum": lambda x: x.cumsum(axis=1),
    "cumprod": lambda x: x.cumprod(),
    "argmax": lambda x: x.argmax(axis=1),
    "argsort": lambda x: x.argsort(axis=0),
    "add.reduce": np.add.reduce,
    "add.reduce_axes": lambda x: np.add.reduce(x, axis=(0, 2), keepdims=True),
    "multiply.reduce": lambda x: np.multiply.reduce(x, axis=-1),
    "maximum.reduce": np.maximum.reduce,
    "minimum.reduce": lambda x: np.minimum.reduce(x, axis=None),
    "logaddexp.reduce": np.logaddexp.reduce,
    "logaddexp.reduce_initial": lambda x: np.logaddexp.reduce(x, axis=1, keepdims=True, initial=0.0),
    "add.accumulate": np.add.accumulate,
    "multiply.accumulate": lambda x: np.multiply.accumulate(x, 1),
    "maximum.accumulate": lambda x: np.maximum.accumulate(x, axis=-1),
    "minimum.accumulate": np.minimum.accumulate,
    "logaddexp.accumulate": lambda x: np.logaddexp.accumulate(x, axis=1),
    "multiply.outer": lambda x: np.multiply.outer(x, ROW),
    "subtract.outer": lambda x: np.subtract.outer(ROW, x),
}

RUNNING = {
    "cumsum": np.cumsum,
    "cumsum_axis": lambda x: np.cumsum(x, axis=-1),
    "cumprod": np.cumprod,
    "cumprod_axis": lambda x: np.cumprod(x, 1),
    "nancumsum": lambda x: np.nancumsum(x, axis=2),
    "nancumprod": np.nancumprod,
    "diff": np.diff,
    "diff_twice": lambda x: np.diff(x, 2, 1),
    "diff_none": lambda x: np.diff(x, 0),
    "diff_edges": lambda x: np.diff(x, prepend=0.0, append=np.ones((2, 3, 2)), axis=-1),
    "diff_too_often": lambda x: np.diff(x, n=4, axis=0),
    "ediff1d": lambda x: np.ediff1d(x, to_end=[1.0, 2.0], to_begin=0.5),
    "gradient": lambda x: np.gradient(x[0, 0], ROW.cumsum()),
    "gradient_axes": lambda x: tuple(np.gradient(x, 0.5, 2.0, axis=(1, 2))),
    "gradient_edges": lambda x: np.gradient(x, axis=1, edge_order=2),
    "gradient_all": lambda x: tuple(np.gradient(x)),
    "bincount": lambda x: np.bincount([0, 3, 3, 1], x[0, 0], minlength=6),
    "amax": lambda x: np.amax(x, axis=0),
    "amin": np.amin,
    "around": lambda x: np.around(x, 1),
    "isin": lambda x: np.isin(x, X[0]),
    "isposinf": lambda x: np.isposinf(np.where(x > 0, np.inf, x)),
    "trapezoid": np.trapezoid,
    "trapezoid_x": lambda x: np.trapezoid(x, ROW, axis=-1),
    "trapezoid_dx": lambda x: np.trapezoid(x, dx=0.5, axis=0),
    "trapezoid_xs": lambda x: np.trapezoid(x, W, axis=1),
    "count_nonzero": lambda x: np.count_nonzero(x > 0, axis=1),
}
if hasattr(np, "cumulative_sum"):
    RUNNING["cumulative_sum"] = lambda x: np.cumulative_sum(x, axis=1, include_initial=True)
    RUNNING["cumulative_prod"] = lambda x: np.cumulative_prod(x, axis=0, include_initial=True)

STATISTICS = {
    "average_weights": lambda x: np.average(x, weights=W),
    "average_axis": lambda x: np.average(x, axis=-1, weights=ROW, keepdims=True),
    "average_axes": lambda x: np.average(x, axis=(2, 0), weights=W[:, 0].T),
    "average_returned": lambda x: np.average(x, axis=1, weights=W, returned=True),
    "average_plain_returned": lambda x: np.average(x, axis=1, returned=True),
    "cov": lambda x: np.cov(x[0]),
    "cov_columns": lambda x: np.cov(x[0], rowvar=False, bias=True),
    "cov_two": lambda x: np.cov(x[0, 0], x[1, 0], ddof=0),
    "cov_one": lambda x: np.cov(x[0, 0]),
    "cov_fweights": lambda x: np.cov(x[0], fweights=[1, 2, 3, 1]),
    "cov_aweights": lambda x: np.cov(x[0], aweights=ROW),
    "cov_weights": lambda x: np.cov(x[0], fweights=[1, 2, 3, 1], aweights=ROW, ddof=0),
    "corrcoef": lambda x: np.corrcoef(x[0]),
    "corrcoef_two": lambda x: np.corrcoef(x[0, 0], x[1, 0]),
    "corrcoef_one": lambda x: np.corrcoef(x[0, 0]),
    "interp": lambda x: np.interp(x, [-1.0, 0.0, 0.5], [3.0, 1.0, 2.0]),
    "interp_sides": lambda x: np.interp(x, [-1.0, 0.0, 0.5], [3.0, 1.0, 2.0], left=-9.0, right=9.0),
    "interp_heights": lambda x: np.interp(np.array([-3.0, 0.1, 0.5, 2.0]), [-1.0, 0.0, 0.5, 2.0], x[0, 0]),
    "interp_points": lambda x: np.interp([0.1, 0.7], np.cumsum(np.exp(x[0, 0])), ROW),
    "nan_to_num": np.nan_to_num,
    "nan_to_num_given": lambda x: np.nan_to_num(np.where(x > 0, np.inf * x, np.nan), nan=1.0, posinf=2.0, neginf=3.0),
    "isclose": lambda x: np.isclose(x, X),
    "allclose": lambda x: np.allclose(x, X + 1e-3, atol=1e-2),
    "array_equal": lambda x: np.array_equal(x, X),
    "array_equal_shapes": lambda x: np.array_equal(x, X[0]),
    "array_equal_nan": lambda x: np.array_equal(np.where(x > 0, np.nan, x), np.where(X > 0, np.nan, X), equal_nan=True),
    "array_equiv": lambda x: np.array_equiv(x, X[None]),
    "array_equiv_shapes": lambda x: np.array_equiv(x, X[:, :2]),
}

ORDERS = {
    "sort": np.sort,
    "sort_axis": lambda x: np.sort(x, axis=0),
    "sort_flat": lambda x: np.sort(x, axis=None, kind="stable"),
    "argsort": np.argsort,
    "argsort_flat": lambda x: np.argsort(x, axis=None),
    "argsort_stable": lambda x: np.argsort(x, axis=1, stable=True),
    "partition": lambda x: np.sort(np.partition(x, 2, axis=-1)[..., :2]),
    "partition_kth": lambda x: np.partition(x, (1, -1), axis=1)[:, [1, -1]],
    "partition_flat": lambda x: np.partition(x, 5, axis=None)[5],
    "argpartition": lambda x: np.argpartition(x, 1, axis=1)[:, 1],
    "searchsorted": lambda x: np.searchsorted([-1.0, 0.0, 1.0], x, side="right"),
    "searchsorted_in": lambda x: np.searchsorted(x[0, 0], 0.1, sorter=np.argsort(X[0, 0])),
    "digitize": lambda x: np.digitize(x, [-1.0, 0.0, 1.0], right=True),
    "digitize_down": lambda x: np.digitize(x, [1.0, 0.0, -1.0]),
    "median_nan": lambda x: np.median(np.where(x > 1.0, np.nan, x), axis=1),
    "quantile_nan": lambda x: np.quantile(np.where(x > 1.0, np.nan, x), [0.2, 0.9], axis=0),
    "quantile_kept": lambda x: np.quantile(x, [[0.2, 0.9]], axis=(0, 2), keepdims=True),
    "nanmedian": lambda x: np.nanmedian(x, axis=1),
    "nanquantile": lambda x: np.nanquantile(x, [0.0, 0.3, 1.0], axis=(0, 2), keepdims=True),
    "nanpercentile": lambda x: np.nanpercentile(x, 30, method="hazen"),
    "percentile": lambda x: np.percentile(x, [0, 33, 100]),
    "percentile_axis": lambda x: np.percentile(x, 75, axis=-1, keepdims=True),
}
