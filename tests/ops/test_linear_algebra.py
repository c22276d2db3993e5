"""Linear algebra is NumPy's in value, and its derivative is what differences say; whole error messages; closed forms."""

import itertools
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import tinygrad_loss as tl
from tinygrad_loss import errors
from tinygrad_loss.calculus.differences import central

FEW = settings(max_examples=15, deadline=None)


def drawn(*shape):
    """Return numbers that are far from any symmetry, with well separated singular values."""
    x = np.cos(np.arange(np.prod(shape, dtype=int)) * 1.7 + 0.3).reshape(shape)
    if len(shape) > 1:
        x = x + 3.0 * np.eye(shape[-2], shape[-1]) * np.arange(1.0, shape[-1] + 1.0)
    return x


def symmetric(*shape):
    x = drawn(*shape)
    return x @ np.swapaxes(x, -1, -2) + np.eye(shape[-1])


def plain(y):
    return [np.asarray(part.data if isinstance(part, tl.Tensor) else part) for part in (y if isinstance(y, tuple | list) else [y])]


def assert_as_numpys(f, *x):
    """Assert value, type and dtype of ``f`` of tensors, and that its gradient is what differences along random directions say."""
    wanted, leaves = f(*x), [tl.tensor(v, requires_grad=True) for v in x]
    got = f(*leaves)
    assert type(got) is type(wanted) or isinstance(got, tl.Tensor)
    for a, b in zip(plain(got), plain(wanted), strict=True):
        assert a.dtype == b.dtype
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-12)
    weights = [np.sin(np.arange(b.size) + 1.0).reshape(b.shape) for b in plain(wanted)]

    def loss(*v):
        y = f(*v)
        return sum((np.sum(w * part) for w, part in zip(weights, y if isinstance(y, tuple | list) else [y], strict=True)), 0.0)

    loss(*leaves).backward()
    for k, leaf in enumerate(leaves):
        if not leaf.size:
            assert leaf.grad.shape == leaf.shape
            continue
        v = np.cos(np.arange(leaf.size) * 0.7).reshape(leaf.shape)
        if f in SYMMETRIC:
            v = v + np.swapaxes(v, -1, -2)
        estimate = central(lambda t, k=k, v=v: loss(*[y + t * v if i == k else y for i, y in enumerate(x)]), first=2.0**-10)
        assert abs(np.sum(leaf.grad * v) - estimate.value) <= 10 * estimate.error + 1e-8 * max(1.0, abs(estimate.value))


# ---- products -------------------------------------------------------------------------------------------------------------

PRODUCTS = {
    "dot": (np.dot, [((3,), (3,)), ((2, 3), (3,)), ((2, 3), (3, 4)), ((), (2, 3)), ((2, 3), (4, 3, 2)), ((3,), (4, 3, 2))]),
    "vdot": (np.vdot, [((3,), (3,)), ((2, 3), (2, 3))]),
    "inner": (np.inner, [((3,), (3,)), ((2, 3), (4, 3)), ((), (3,)), ((2, 2, 3), (3,))]),
    "outer": (np.outer, [((2,), (3,)), ((2, 2), (3,))]),
    "linalg.outer": (np.linalg.outer, [((2,), (3,))]),
    "kron": (np.kron, [((2,), (3,)), ((2, 3), (3, 2)), ((2,), (2, 3)), ((), (3,))]),
    "cross": (np.cross, [((3,), (3,)), ((2, 3), (3,)), ((2, 3), (2, 3))]),
    "cross, other axes": (lambda a, b: np.cross(a, b, axisa=0, axisb=-1, axisc=0), [((3, 2), (2, 3))]),
    "linalg.cross": (np.linalg.cross, [((2, 3), (2, 3))]),
    "tensordot": (lambda a, b: np.tensordot(a, b, 1), [((2, 3), (3, 4)), ((3,), (3,))]),
    "tensordot, no axes": (lambda a, b: np.tensordot(a, b, 0), [((2,), (3, 2))]),
    "tensordot, pairs": (lambda a, b: np.tensordot(a, b, ((0, -1), (2, 0))), [((2, 3, 4), (4, 3, 2))]),
    "vecdot": (np.vecdot, [((2, 3), (3,)), ((4, 2, 3), (2, 3))]),
    "linalg.vecdot": (lambda a, b: np.linalg.vecdot(a, b, axis=0), [((3, 2), (3, 2))]),
    "matmul": (np.matmul, [((2, 3), (3, 2)), ((4, 1, 2, 3), (5, 3, 2)), ((0, 3), (3, 2)), ((2, 0), (0, 3)), ((0, 2, 3), (3,))]),
    "linalg.matmul": (np.linalg.matmul, [((2, 3), (3, 2))]),
    "add.outer": (np.add.outer, [((2,), (3, 2))]),
    "multiply.outer": (np.multiply.outer, [((2, 2), (3,))]),
    "multi_dot": (lambda a, b: np.linalg.multi_dot([a, b, a, b]), [((2, 5), (5, 2))]),
    "multi_dot of vectors": (lambda a, b: np.linalg.multi_dot([a, b, a]), [((3,), (3, 3))]),
    "convolve": (np.convolve, [((5,), (3,)), ((2,), (4,))]),
    "polyval": (np.polyval, [((3,), (4,)), ((2,), ())]),
}
if hasattr(np, "matvec"):
    PRODUCTS["matvec"] = (np.matvec, [((2, 3), (3,)), ((4, 2, 3), (4, 3))])
    PRODUCTS["vecmat"] = (np.vecmat, [((2,), (2, 3)), ((4, 2), (4, 2, 3))])


@pytest.mark.parametrize(("f", "shapes"), [pytest.param(f, s, id=f"{name} {s}") for name, (f, all_) in PRODUCTS.items() for s in all_])
def test_a_product(f, shapes):
    assert_as_numpys(f, *[drawn(*s) for s in shapes])
    first, second = (drawn(*s) for s in shapes)
    y = f(tl.tensor(first, requires_grad=True), second)  # a constant stays one
    y.backward(np.ones(y.shape))


FITTING = {
    name: getattr(np, name)
    for name in ("dot", "vdot", "inner", "outer", "kron", "vecdot", "matmul", "matvec", "vecmat", "multiply")
    if hasattr(np, name)
} | {f"linalg.{name}": getattr(np.linalg, name) for name in ("outer", "vecdot", "matmul")}
SHAPES = [(), (1,), (2,), (3,), (2, 3), (3, 3), (3, 1), (2, 3, 3)]


@pytest.mark.parametrize("name", FITTING)
def test_a_product_takes_the_shapes_that_numpy_takes_and_refuses_the_others_in_a_sentence(name):
    f = FITTING[name]
    for first, second in itertools.product(SHAPES, SHAPES):
        a, b = drawn(*first), drawn(*second)
        try:
            wanted = f(a, b)
        except ValueError:
            for given in ((leaf(*first), b), (a, leaf(*second))):
                with pytest.raises(
                    errors.ShapeError, match=rf"^(np\.)?({name.rpartition('.')[2]}|matmul|tensordot|linalg.outer): .*(Type|Use) instead: "
                ):
                    f(*given)
        else:
            np.testing.assert_allclose(f(tl.tensor(a, requires_grad=True), b).numpy(), wanted, rtol=1e-13, atol=1e-15)


@pytest.mark.parametrize("name", ["vdot", "vecdot", "matvec", "vecmat", "matmul"])
def test_the_line_for_a_product_that_does_not_fit_can_be_typed(name):
    f = FITTING.get(name, np.matmul)
    for first, second in (((), ()), ((), (3,)), ((2, 3), ()), ((3,), (2,)), ((3,), (3,))):
        a, b = leaf(*first), leaf(*second)
        try:
            f(a, b)
        except errors.ShapeError as error:
            line = str(error).partition("Type instead: ")[2].partition(", which")[0]
            if line != "np.swapaxes(x, -1, -2)":  # which is typed of the matrix; here no transpose fits
                eval(line, {"np": np, "a": a, "b": b}).sum().backward()  # noqa: S307  the line that the message says


@FEW
@given(n=st.integers(1, 5), m=st.integers(1, 5), mode=st.sampled_from(["full", "same", "valid"]))
def test_convolve_and_correlate_are_numpys(n, m, mode):
    a, v = drawn(n), drawn(m)
    for f in (np.convolve, np.correlate):
        np.testing.assert_allclose(f(tl.tensor(a), v, mode).data, f(a, v, mode), rtol=1e-14, atol=1e-14)


EINSUMS = [
    ("i->", (3,)), ("ij->ji", (2, 3)), ("ij->j", (2, 3)), ("ii->", (3, 3)), ("ii->i", (3, 3)), ("iji->j", (3, 2, 3)),
    ("ij,jk->ik", (2, 3), (3, 4)), ("ij,jk", (2, 3), (3, 4)), ("ij,jk,kl->il", (2, 3), (3, 2), (2, 2)), ("ba", (2, 3)),
    ("...ij,...jk->...ik", (5, 2, 3), (3, 2)), ("...i,...i", (2, 3), (1, 3)), ("i...->...", (3, 2, 2)), ("...ii->...i", (2, 3, 3)),
    ("ij,ij->ij", (1, 3), (2, 3)), ("i,j->ij", (2,), (3,)), ("ij,k->i", (2, 3), (4,)), ("iij,jk->ik", (2, 2, 3), (3, 2)),
    (",ij->ji", (), (2, 3)), ("...,...->...", (2, 3), (3,)), ("aab,b,cc->ac", (2, 2, 3), (3,), (2, 2)), ("ij,ij,ij->", (2, 2), (2, 2), (2, 2)),
    ("abc,cd->", (2, 3, 4), (4, 2)), ("i,i,i->i", (3,), (3,), (3,)), (" i j , j k -> i k ", (2, 3), (3, 4)), ("ij,jk->ik", (30, 40), (40, 30)),
]  # fmt: skip


@pytest.mark.parametrize(("subscripts", "shapes"), [(s, shapes) for s, *shapes in EINSUMS], ids=str)
def test_einsum(subscripts, shapes):
    assert_as_numpys(lambda *x: np.einsum(subscripts, *x), *[drawn(*s) for s in shapes])


def test_einsum_with_lists_of_axes():
    assert_as_numpys(lambda a, b: np.einsum(a, [0, 1], b, [1, 2], [2, 0]), drawn(2, 3), drawn(3, 2))
    assert_as_numpys(lambda a, b: np.einsum(a, [Ellipsis, 1], b, [1, 2]), drawn(2, 3), drawn(3, 2))
    assert np.einsum_path("ij,jk,kl->il", *[tl.tensor(drawn(2, 2))] * 3)[0][0] == "einsum_path"


@FEW
@given(data=st.data())
def test_einsum_of_random_subscripts(data):
    lengths = {"a": 2, "b": 3, "c": 1, "d": 2}
    terms = data.draw(st.lists(st.text("abcd", min_size=1, max_size=3), min_size=1, max_size=3))
    known = sorted(set("".join(terms)))
    output = "".join(data.draw(st.lists(st.sampled_from(known), unique=True)))
    assert_as_numpys(lambda *x: np.einsum(",".join(terms) + "->" + output, *x), *[drawn(*[lengths[c] for c in t]) for t in terms])


# ---- systems and determinants ---------------------------------------------------------------------------------------------

SQUARE = [(3, 3), (1, 1), (2, 3, 3), (2, 1, 2, 2), (0, 0), (0, 3, 3), (2, 0, 0)]
SQUARE_FUNCTIONS = {
    "inv": np.linalg.inv,
    "det": np.linalg.det,
    "slogdet": np.linalg.slogdet,
    "matrix_power 0": lambda a: np.linalg.matrix_power(a, 0) + 0 * a,
    "matrix_power 5": lambda a: np.linalg.matrix_power(a, 5),
    "matrix_power -2": lambda a: np.linalg.matrix_power(a, -2),
    "pinv": np.linalg.pinv,
}


@pytest.mark.parametrize("shape", SQUARE, ids=str)
@pytest.mark.parametrize("f", SQUARE_FUNCTIONS.values(), ids=SQUARE_FUNCTIONS)
def test_a_function_of_square_matrices(f, shape):
    assert_as_numpys(f, drawn(*shape))


@pytest.mark.parametrize(
    "shapes",
    [
        ((3, 3), (3,)),
        ((3, 3), (3, 2)),
        ((2, 3, 3), (3, 2)),
        ((3, 3), (2, 3, 1)),
        ((2, 1, 3, 3), (4, 3, 2)),
        ((2, 2, 2), (2,)),
        ((0, 0), (0, 2)),
    ],
    ids=str,
)
def test_solve(shapes):
    assert_as_numpys(np.linalg.solve, *[drawn(*s) for s in shapes])


@pytest.mark.parametrize("upper", [False, True])
@pytest.mark.parametrize("left", [False, True])
@pytest.mark.parametrize("unit", [False, True])
def test_solve_triangular_looks_at_one_triangle(upper, left, unit):
    a, b = drawn(2, 3, 3), drawn(3, 2) if left else drawn(2, 3)
    matrix = np.triu(a) if upper else np.tril(a)
    if unit:
        matrix = matrix - matrix * np.eye(3) + np.eye(3)
    x = tl.ops.solve_triangular(a, b, upper=upper, left=left, unitriangular=unit)
    np.testing.assert_allclose(matrix @ x if left else x @ matrix, np.broadcast_to(b, x.shape), rtol=1e-12, atol=1e-12)
    assert_as_numpys(lambda a, b: tl.ops.solve_triangular(a, b, upper=upper, left=left, unitriangular=unit), a, b)
    gradient = tl.grad(lambda a: np.sum(tl.ops.solve_triangular(a, b, upper=upper, left=left, unitriangular=unit)))(a)
    assert not np.any(np.tril(gradient, -1) if upper else np.triu(gradient, 1))


def test_the_determinant_of_a_singular_matrix_has_its_cofactors_as_gradient():
    a = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0]])
    cofactors = np.array([[-3.0, 6.0, -3.0], [6.0, -12.0, 6.0], [-3.0, 6.0, -3.0]])
    np.testing.assert_allclose(tl.grad(np.linalg.det)(a), cofactors, rtol=1e-13, atol=1e-12)
    np.testing.assert_allclose(tl.grad(np.linalg.det)(np.zeros((2, 2))), np.zeros((2, 2)), atol=0)


# ---- decompositions -------------------------------------------------------------------------------------------------------

DECOMPOSITIONS = {
    "eigh": np.linalg.eigh,
    "eigh, upper": lambda a: np.linalg.eigh(a, "U"),
    "eigvalsh": np.linalg.eigvalsh,
    "cholesky": np.linalg.cholesky,
    "cholesky, upper": lambda a: np.linalg.cholesky(a, upper=True),
    "pinv, hermitian": lambda a: np.linalg.pinv(a, hermitian=True),
}
SYMMETRIC = set(DECOMPOSITIONS.values())


@pytest.mark.parametrize("shape", [(3, 3), (1, 1), (2, 3, 3), (0, 0), (0, 2, 2)], ids=str)
@pytest.mark.parametrize("f", DECOMPOSITIONS.values(), ids=DECOMPOSITIONS)
def test_a_function_of_symmetric_matrices(f, shape):
    a = symmetric(*shape)
    assert_as_numpys(f, a)
    gradient = tl.grad(lambda a: sum(np.sum(p * p * p) for p in plain_parts(f(a))))(a)
    np.testing.assert_array_equal(gradient, np.swapaxes(gradient, -1, -2))


def plain_parts(y):
    return y if isinstance(y, tuple) else [y]


def test_one_triangle_alone_is_read_as_numpy_reads_it():
    a = np.tril(symmetric(3, 3))
    for f in (np.linalg.cholesky, np.linalg.eigvalsh):
        np.testing.assert_allclose(f(tl.tensor(a)).data, f(a), rtol=1e-14)
        assert not np.any(np.triu(tl.grad(lambda a, f=f: np.sum(f(a) ** 2))(a), 1))
    g = tl.grad(lambda a: np.linalg.slogdet(np.linalg.cholesky(a)).logabsdet)(a)
    full = np.linalg.inv(symmetric(3, 3)) / 2  # d log det L = tr(A^-1 dA) / 2, with each lower entry standing twice in A
    np.testing.assert_allclose(g, np.tril(full) + np.tril(full, -1), rtol=1e-10)


RECTANGLES = [(3, 3), (4, 2), (2, 4), (2, 3, 2), (1, 3), (0, 3), (3, 0), (2, 0, 2)]
SINGULAR = {
    "svd": lambda a: np.linalg.svd(a, full_matrices=False),
    "svdvals": np.linalg.svdvals,
    "svd, values alone": lambda a: np.linalg.svd(a, compute_uv=False),
    "qr": np.linalg.qr,
    "qr, r alone": lambda a: np.linalg.qr(a, mode="r"),
    "pinv": np.linalg.pinv,
    "pinv, truncated": lambda a: np.linalg.pinv(a, rcond=1e-3),
}


@pytest.mark.parametrize("shape", RECTANGLES, ids=str)
@pytest.mark.parametrize("f", SINGULAR.values(), ids=SINGULAR)
def test_a_function_of_any_matrices(f, shape):
    assert_as_numpys(f, drawn(*shape))


@pytest.mark.parametrize("shape", [(4, 2), (2, 4), (2, 4, 2)], ids=str)
def test_what_fills_up_the_space_turns_with_the_rest(shape):
    """The projection on the complement of the range is a function of the matrix: 1 - A A+."""
    a, w = drawn(*shape), drawn(max(shape), max(shape))

    def by_svd(a):
        u, s, vh = np.linalg.svd(a)
        rest = u[..., :, s.shape[-1] :] if shape[-2] > shape[-1] else np.swapaxes(vh, -1, -2)[..., :, s.shape[-1] :]
        return np.sum(w * (rest @ np.swapaxes(rest, -1, -2)))

    def by_pinv(a):
        inverse = np.linalg.pinv(a)
        return -np.sum(w * (a @ inverse if shape[-2] > shape[-1] else inverse @ a))

    np.testing.assert_allclose(tl.grad(by_svd)(a), tl.grad(by_pinv)(a), rtol=1e-9, atol=1e-10)
    if shape[-2] > shape[-1]:

        def by_qr(a):
            rest = np.linalg.qr(a, mode="complete").Q[..., shape[-1] :]
            return np.sum(w * (rest @ np.swapaxes(rest, -1, -2)))

        np.testing.assert_allclose(tl.grad(by_qr)(a), tl.grad(by_pinv)(a), rtol=1e-9, atol=1e-10)


def test_sums_of_repeated_values_have_a_gradient_under_the_convention():
    with tl.at_kinks("convention"):
        np.testing.assert_allclose(tl.grad(lambda a: np.sum(np.linalg.eigvalsh(a)))(np.eye(3)), np.eye(3), atol=1e-15)
        np.testing.assert_allclose(tl.grad(lambda a: np.linalg.norm(a, "nuc"))(np.eye(3)), np.eye(3), atol=1e-15)


def test_outputs_come_in_numpys_named_tuples():
    x = tl.tensor(symmetric(3, 3), requires_grad=True)
    assert type(np.linalg.eigh(x)) is type(np.linalg.eigh(np.eye(2)))
    assert np.linalg.svd(x).S.shape == (3,)
    assert np.linalg.qr(x).R.shape == (3, 3)
    assert np.linalg.slogdet(x).logabsdet.requires_grad


# ---- norms ----------------------------------------------------------------------------------------------------------------

VECTOR_ORDERS = [None, 1, 2, 3, 2.5, -1, -2.5, 0.5, np.inf, -np.inf]
MATRIX_ORDERS = [None, "fro", "nuc", 1, -1, 2, -2, np.inf, -np.inf]


@pytest.mark.parametrize("order", VECTOR_ORDERS)
@pytest.mark.parametrize("keepdims", [False, True])
def test_a_norm_of_vectors(order, keepdims):
    assert_as_numpys(lambda x: np.linalg.norm(x, order, keepdims=keepdims), drawn(5))
    assert_as_numpys(lambda x: np.linalg.norm(x, order, axis=-2, keepdims=keepdims), drawn(2, 3, 2))
    if order is not None:
        assert_as_numpys(lambda x: np.linalg.vector_norm(x, axis=(0, -1), ord=order, keepdims=keepdims), drawn(2, 3, 2))
        assert_as_numpys(lambda x: np.linalg.vector_norm(x, ord=order, keepdims=keepdims), drawn(2, 3))


@pytest.mark.parametrize("order", MATRIX_ORDERS)
@pytest.mark.parametrize("keepdims", [False, True])
def test_a_norm_of_matrices(order, keepdims):
    assert_as_numpys(lambda x: np.linalg.norm(x, order, keepdims=keepdims), drawn(3, 2))
    assert_as_numpys(lambda x: np.linalg.norm(x, order, axis=(2, 0), keepdims=keepdims), drawn(2, 3, 4))
    if order is not None:
        assert_as_numpys(lambda x: np.linalg.matrix_norm(x, ord=order, keepdims=keepdims), drawn(2, 3, 2))


@pytest.mark.parametrize("p", [None, 2, -2, 1, np.inf, "fro"])
def test_the_condition_number(p):
    assert_as_numpys(lambda x: np.linalg.cond(x, p), drawn(3, 3))


def test_a_count_of_entries_is_no_norm_that_has_a_gradient():
    x = tl.tensor([0.0, 2.0, 3.0], requires_grad=True)
    assert np.linalg.norm(x, 0).item() == 2.0
    assert not np.linalg.norm(x, 0).requires_grad
    assert np.linalg.matrix_rank(tl.tensor(np.diag([1.0, 0.0]))).item() == 1


@pytest.mark.parametrize("p", [3.0, 1.5, -2.0])
def test_no_power_overflows(p):
    np.testing.assert_allclose(tl.grad(lambda x: np.linalg.norm(x, p))(np.full(4, 1e200)), np.full(4, 4.0 ** (1 / p - 1)), rtol=1e-12)


@pytest.mark.parametrize("p", [0.0, 1.0, 2.0, 3.0, np.inf])
def test_distances_of_all_pairs(p):
    a, b = drawn(2, 3, 4), np.sin(np.arange(20.0) * 2.9).reshape(5, 4)
    wanted = np.stack([[[np.linalg.norm(x - y, p) for y in b] for x in some] for some in a])
    np.testing.assert_allclose(tl.ops.cdist(tl.tensor(a), b, p).data, wanted, rtol=1e-13)
    if p:
        assert_as_numpys(lambda a, b: tl.ops.cdist(a, b, p), a, b)


# ---- bad input ------------------------------------------------------------------------------------------------------------


def leaf(*shape):
    return tl.tensor(np.ones(shape), requires_grad=True)


MESSAGES = [
    (
        "a singular system",
        lambda: np.linalg.solve(leaf(2, 2), np.ones(2)),
        errors.MatrixError,
        "np.linalg.solve: the matrix must have an inverse, got a singular one of shape (2, 2) and shape (2, 1). "
        "Type instead: np.linalg.pinv(a), or a + 1e-6 * np.eye(a.shape[-1])",
    ),
    (
        "an inverse of a rectangle",
        lambda: np.linalg.inv(leaf(2, 3)),
        errors.MatrixError,
        "np.linalg.inv: the last two axes must be equally long, got shape (2, 3). "
        "Use instead: np.linalg.pinv(a) or np.linalg.svd(a), which take any matrix",
    ),
    (
        "a determinant of a vector",
        lambda: np.linalg.det(leaf(3)),
        errors.MatrixError,
        "np.linalg.det: it works on the last two axes, got shape (3,). Use instead: np.reshape(a, (..., rows, columns))",
    ),
    (
        "a Cholesky factor of a matrix that is not positive",
        lambda: np.linalg.cholesky(-1.0 * leaf(2, 2)),
        errors.MatrixError,
        "np.linalg.cholesky: the matrix must be symmetric and positive definite, got one of shape (2, 2) that is not. "
        "Type instead: a @ np.swapaxes(a, -1, -2) + 1e-6 * np.eye(a.shape[-2])",
    ),
    (
        "eigenvalues of a rectangle",
        lambda: np.linalg.eigh(leaf(2, 3)),
        errors.MatrixError,
        "np.linalg.eigh: the last two axes must be equally long, got shape (2, 3). "
        "Use instead: np.linalg.pinv(a) or np.linalg.svd(a), which take any matrix",
    ),
    (
        "an unknown triangle",
        lambda: np.linalg.eigh(leaf(2, 2), "M"),
        errors.DomainError,
        "np.linalg.eigh: UPLO must be one of 'L', 'U', got 'M'. Type instead: 'L'",
    ),
    (
        "an unknown mode",
        lambda: np.linalg.qr(leaf(2, 2), mode="raw"),
        errors.DomainError,
        "np.linalg.qr: mode must be one of 'reduced', 'complete', 'r', got 'raw'. Type instead: 'reduced'",
    ),
    (
        "a complex matrix",
        lambda: np.linalg.svd(1j * leaf(2, 2)),
        errors.DTypeError,
        "np.linalg.svd: the matrix must be real, got dtype complex128. Type instead: np.linalg.svd(np.real(a))",
    ),
    (
        "eigenvalues of any matrix",
        lambda: np.linalg.eig(leaf(2, 2)),
        errors.NoRuleError,
        "np.linalg.eig: it has no derivative rule here, got a Tensor. "
        "Use instead: np.linalg.eigh(a) for a symmetric matrix; eigenvalues of others may be complex",
    ),
    (
        "least squares",
        lambda: np.linalg.lstsq(leaf(3, 2), np.ones(3)),
        errors.NoRuleError,
        "np.linalg.lstsq: it has no derivative rule here, got a Tensor. "
        "Use instead: np.linalg.pinv(a) @ b, or np.linalg.solve(a.T @ a, a.T @ b) when the columns are independent",
    ),
    (
        "an unknown norm of matrices",
        lambda: np.linalg.norm(leaf(2, 2), "max"),
        errors.DomainError,
        "np.linalg.norm: the order of a matrix norm must be one of 'fro', 'nuc', '2', '-2', '1', '-1', 'inf', '-inf', got 'max'. "
        "Type instead: 'fro'",
    ),
    (
        "an order without axes",
        lambda: np.linalg.norm(leaf(2, 2, 2), 1),
        errors.ShapeError,
        "np.linalg.norm: with ord= and without axis= it takes a vector or a matrix, got (2, 2, 2). Type instead: axis=-1",
    ),
    (
        "a tensordot that does not fit",
        lambda: np.tensordot(leaf(2, 3), leaf(2, 3), 1),
        errors.ShapeError,
        "np.tensordot: axes (1,) of the first must be as long as axes (0,) of the second, got (2, 3) and (2, 3) (operand 1 has length 3 on axis 1, operand 2 has 2 on axis 0). Type instead: np.tensordot(a, b, 0)",
    ),
    (
        "vectors of the plane",
        lambda: np.cross(leaf(2), leaf(2)),
        errors.ShapeError,
        "np.cross: vectors must have length 3, got (2,) and (2,) (operand 1 has length 2 on axis 0, not 3). Type instead: a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0]",
    ),
    (
        "a letter with two lengths",
        lambda: np.einsum("ij,jk", leaf(2, 3), leaf(2, 3)),
        errors.ShapeError,
        "np.einsum: a letter must mean one length, got 'j' for 3 and 2 (operand 1 has length 3 on axis 1, operand 2 has 2 on axis 0). Type instead: np.einsum(\"ij,jk->ik\", a, b)",
    ),
    (
        "too few terms",
        lambda: np.einsum("ij->i", leaf(2, 3), leaf(2, 3)),
        errors.ShapeError,
        'np.einsum: there must be one term per operand, got 1 terms and 2 operands. Type instead: np.einsum("ij,jk->ik", a, b)',
    ),
    (
        "too few letters",
        lambda: np.einsum("i->i", leaf(2, 3)),
        errors.ShapeError,
        "np.einsum: a term must have a letter for each of 2 axes, or '...', got 'i'. Type instead: np.einsum(\"ij,jk->ik\", a, b)",
    ),
    (
        "a letter out of nowhere",
        lambda: np.einsum("ij->k", leaf(2, 3)),
        errors.ShapeError,
        "np.einsum: each letter of the result must stand once there, and in an operand, got 'ij->k'. "
        'Type instead: np.einsum("ij,jk->ik", a, b)',
    ),
    (
        "convolution of matrices",
        lambda: np.convolve(leaf(2, 2), np.ones(2)),
        errors.ShapeError,
        "np.convolve: it takes two sequences that are not empty, got (2, 2) and (2,). Type instead: tl.ops.conv1d, or tl.ops.conv2d",
    ),
    (
        "help of NumPy's own",
        lambda: np.linalg.solve(leaf(3, 3), leaf()),
        errors.ShapeError,
        "solve: solve: Input operand 1 does not have enough dimensions (has 0, gufunc core with signature (m,m),(m,n)->(m,n) requires 2), "
        "got (3, 3) and (). Type instead: help(np.linalg.solve)",
    ),
    (
        "points of two spaces",
        lambda: tl.ops.cdist(leaf(2, 3), leaf(2, 2)),
        errors.ShapeError,
        "tl.ops.cdist: points must have equally many coordinates, got (2, 3) and (2, 2) (x1 has length 3 on axis 1, x2 has 2). Use instead: x2 of shape (2, 3)",
    ),
]


@pytest.mark.parametrize(("call", "error", "message"), [m[1:] for m in MESSAGES], ids=[m[0] for m in MESSAGES])
def test_the_whole_message(call, error, message):
    with pytest.raises(error, match=f"^{re.escape(message)}$"):
        call()


def test_a_singular_matrix_is_also_numpys_own_error():
    with pytest.raises(np.linalg.LinAlgError):
        np.linalg.inv(leaf(2, 2))


@FEW
@given(shapes=hnp.mutually_broadcastable_shapes(signature="(a,b),(b,c)->(a,c)", max_dims=2, max_side=3))
def test_matmul_of_random_shapes(shapes):
    a, b = (drawn(*s) for s in shapes.input_shapes)
    assert_as_numpys(np.matmul, a, b)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_norm_of_the_largest_float(dtype):
    """Rounding makes its binary logarithm one too large."""
    largest = np.finfo(dtype).max
    for x in (np.array([1.0, largest], dtype), np.array([-largest], dtype)):
        leaf = tl.tensor(x, requires_grad=True)
        y = tl.ops.norm2(leaf)
        y.backward()
        assert y.item() == largest
        np.testing.assert_allclose(leaf.grad, x / largest, rtol=1e-6)
