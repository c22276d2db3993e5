"""`tl.gradcheck`: what is right passes, what is wrong is named, and a kink is not taken for a gradient."""

import numpy as np
import pytest

import tinygrad_loss as tl


@pytest.mark.parametrize("x", [0.3, -4.0, np.array([1e-3, 1.0, 1e3]), np.linspace(0.1, 2.0, 6).reshape(2, 3)])
def test_a_right_gradient_passes(x):
    report = tl.gradcheck(lambda x: np.exp(-x * x / 9.0) * x, x)
    assert report
    assert report.checked == np.size(x) ** 2
    assert report.failures == ()


def test_several_arguments_in_nested_containers():
    def f(parameters, x):
        return np.tanh(x @ parameters["w"]) + parameters["b"][0]

    rng = np.random.default_rng(0)
    report = tl.gradcheck(f, {"w": rng.standard_normal((3, 2)), "b": [0.5]}, rng.standard_normal((4, 3)))
    assert report
    assert report.checked == 8 * (6 + 1 + 12)


def test_a_wrong_gradient_is_named_with_its_entry():
    def forgets_a_factor(x):
        return x * x.detach()

    report = tl.gradcheck(forgets_a_factor, np.array([1.0, 3.0]))
    assert not report
    assert [(e.index, e.output, e.why) for e in report.failures] == [((1,), (1,), "wrong"), ((0,), (0,), "wrong")]
    worst = report.failures[0]
    assert worst.analytic == 3.0
    assert worst.numeric == pytest.approx(6.0, abs=10 * worst.error)
    assert worst.error < 1e-9
    assert str(report).splitlines()[:2] == [
        "gradcheck: 4 derivatives, 2 wrong; the worst:",
        f"  argument 0[1] of result [1]: analytic 3, numeric 6 +- {worst.error:.1g}: wrong",
    ]
    assert len(str(report).splitlines()) == 4


def test_a_slightly_wrong_gradient_is_noticed():
    assert not tl.gradcheck(lambda x: x + 1e-7 * np.exp(x.detach()), 1.0)


def test_a_kink_is_no_gradient_though_the_central_difference_is_zero():
    # torch.autograd.gradcheck (2.13.0) passes abs at 0: its rule and its central difference are both 0.
    for policy in ("nan", "convention"):
        with tl.at_kinks(policy):
            report = tl.gradcheck(np.abs, 0.0)
        assert [e.why for e in report.failures] == ["kink"]
        assert (report.failures[0].left, report.failures[0].right) == pytest.approx((-1.0, 1.0), abs=1e-12)
    assert str(report).endswith("at a kink, left slope -1, right slope 1")


def test_a_jump_has_no_slope_on_its_side():
    with tl.at_kinks("convention"):
        (entry,) = tl.gradcheck(np.floor, 2.0).failures
    assert (entry.why, entry.left) == ("kink", float("inf"))


def test_single_precision_is_compared_with_differences_in_double():
    assert tl.gradcheck(lambda x: 1e3 * np.exp(x), np.float32([0.5, 3.0, -2.0]))


def test_a_rule_that_only_rounding_spoils_is_called_precision():
    def cancels(x):
        return (x + 1e4) ** 2 - x * x - 2e4 * x  # constant, but not in float32

    report = tl.gradcheck(cancels, np.float32([0.3]))
    assert [e.why for e in report.failures] in ([], ["precision"])
    assert tl.gradcheck(cancels, np.array([0.3]))

    def steep(x):
        return np.exp(1e4 * (x - 0.3))  # the argument of exp is off by 1e4 roundings in float32

    assert [e.why for e in tl.gradcheck(steep, np.float32([0.3001])).failures] == ["precision"]


def test_values_too_noisy_to_tell_are_called_precision():
    report = tl.gradcheck(lambda x: (x.detach() * 1e6).astype(np.float32) + 0.0 * x, np.array([1.2345]))
    assert [e.why for e in report.failures] == ["wrong"]  # the true slope, 1e6, stands far above the noise
    report = tl.gradcheck(lambda x: (1e6 + x.detach() * 1e-3).astype(np.float32) + 0.0 * x, np.array([1.2345]))
    assert report.failures == ()  # a slope below the noise cannot be told from 0


@pytest.mark.parametrize("whole", [3, [1, 2], np.array([1, 2]), np.array([[1], [2]], np.uint8), np.int32(3), tl.tensor([1, 2])])
def test_whole_numbers_are_cast_as_tl_grad_casts_them(whole):
    report = tl.gradcheck(lambda x: np.sum(np.stack(x) ** 2) if isinstance(x, list) else np.sum(x**2), whole)
    assert report
    assert report.checked == np.size(getattr(whole, "value", whole))


@pytest.mark.parametrize(
    ("f", "x", "dtype"),
    [
        (lambda x, i: x[i], (np.array([1.0]), np.array([0])), "int64"),
        (lambda x, i: x[i], (np.array([1.0]), tl.tensor([0])), "int64"),
        (lambda z, y: tl.losses.cross_entropy(z, y), (np.eye(2), np.array([0, 1], np.int32)), "int32"),
        (lambda x, mask: x[mask], (np.array([1.0]), np.array([True])), "bool"),
        (lambda x: x, ("a",), "<U1"),
    ],
    ids=["index", "a tensor of indices", "labels", "mask", "text"],
)
def test_an_argument_that_is_not_floating_says_where_it_belongs(f, x, dtype):
    with pytest.raises(tl.errors.DTypeError) as raised:
        tl.gradcheck(f, *x)
    assert str(raised.value) == (
        f"tl.gradcheck: only floating numbers have a derivative, got an argument of dtype {dtype}. "
        "Use instead: tl.gradcheck(lambda x: f(x, labels), x), with what is not floating inside f"
    )


def test_an_error_of_the_function_itself_stays():
    def broken(_x):
        raise KeyError("mine")

    for x in (np.array([1.0]), np.array([1])):
        with pytest.raises(KeyError, match="mine"):
            tl.gradcheck(broken, x)
        with pytest.raises(IndexError, match="out of bounds"):
            tl.gradcheck(lambda x: x[7], x)


def test_a_result_without_gradient_is_an_error_not_a_pass():
    with pytest.raises(tl.errors.CutPathError):
        tl.gradcheck(lambda x: x > 0, 1.0)


NEAR = {
    "log at 1e-12": (np.log, 1e-12),
    "log at 1e-300": (np.log, 1e-300),
    "log at 1e-5": (np.log, 1e-5),
    "a reciprocal at 1e-10": (lambda x: 1.0 / x, 1e-10),
    "a reciprocal at -1e-10": (lambda x: 1.0 / x, -1e-10),
    "sqrt at 1e-10": (np.sqrt, 1e-10),
    "cbrt at -1e-9": (np.cbrt, -1e-9),
    "arcsin beside 1": (np.arcsin, 1.0 - 1e-9),
    "arccos beside -1": (np.arccos, -1.0 + 1e-10),
    "arctanh beside 1": (np.arctanh, 1.0 - 1e-9),
    "arccosh beside 1": (np.arccosh, 1.0 + 1e-9),
    "log1p beside -1": (np.log1p, -1.0 + 1e-9),
    "xlogy(x, x) at 1e-9": (lambda x: tl.ops.xlogy(x, x), 1e-9),
    "relu at 1e-9": (tl.ops.relu, 1e-9),
    "relu at -1e-9": (tl.ops.relu, -1e-9),
    "relu at 1e-30": (tl.ops.relu, 1e-30),
    "an absolute value beside 1": (lambda x: np.abs(x - 1.0), 1.0 + 1e-9),
    "the same, nearer": (lambda x: np.abs(x - 1.0), 1.0 - 1e-12),
    "a step beside its jump": (np.floor, 2.0 - 1e-9),
    "a clip beside its bound": (lambda x: np.clip(x, 0.0, 1.0), 1.0 - 1e-9),
    "a logit beside 1": (tl.ops.logit, 1.0 - 1e-9),
    "gammaln at 1e-9": (tl.ops.gammaln, 1e-9),
    "cross-entropy at p = 1e-9": (lambda p: tl.losses.binary_cross_entropy(p, np.array(1.0)), 1e-9),
    "cross-entropy at 1 - 1e-9": (lambda p: tl.losses.binary_cross_entropy(p, np.array(0.25)), 1.0 - 1e-9),
    "several entries": (lambda x: np.log(x) @ np.array([1.0, -2.0, 3.0]), np.array([1e-12, 1.0, 1e-7])),
}


@pytest.mark.parametrize(("f", "at"), NEAR.values(), ids=NEAR)
def test_beside_a_singular_point_a_right_gradient_passes_and_a_wrong_one_does_not(f, at):
    report = tl.gradcheck(f, at)
    assert report, report
    for entry in report.worst:
        assert entry.error <= 1e-4 * max(1.0, abs(entry.analytic))
    wrong = tl.gradcheck(lambda x: 3.0 * f(x) - 2.0 * (y.detach() if isinstance(y := f(x), tl.Tensor) else y), at)
    assert [e.why for e in wrong.failures] == ["wrong"] * sum(e.analytic != 0 for e in wrong.failures + wrong.worst[len(wrong.failures) :])


def test_at_a_singular_point_itself_the_reason_is_named():
    with tl.at_kinks("convention"):
        for f, at in (
            (np.abs, 0.0),
            (lambda x: 1e5 + np.abs(x), 0.0),
            (lambda x: np.sqrt(np.abs(x)), 0.0),
            (np.floor, 1.0),
            (np.cbrt, 0.0),
        ):
            assert [e.why for e in tl.gradcheck(f, at).failures] == ["kink"]
        for f, at in ((np.sqrt, 0.0), (np.arcsin, 1.0), (np.log, 0.0), (lambda p: tl.losses.binary_cross_entropy(p, np.array(0.5)), 1.0)):
            (entry,) = tl.gradcheck(f, at).failures
            assert entry.why == "edge"
            assert str(entry).endswith(": at the edge of the domain, or too near to it")


def test_a_random_function_is_recognised_by_calling_it_twice():
    rng = np.random.default_rng(0)
    for f in (lambda x: x + 1e-3 * rng.random(), lambda x: tl.ops.dropout(x, 0.5, training=True), tl.nn.Dropout(0.5)):
        with pytest.raises(tl.errors.OutOfReachError, match=r"tl.gradcheck: f must give the same answer when called twice, got ") as raised:
            tl.gradcheck(f, np.ones(20))
        assert str(raised.value).endswith("Use instead: rng = np.random.default_rng(0) inside f")
    assert tl.gradcheck(lambda x: x * np.random.default_rng(0).random(), np.ones(3))
    assert tl.gradcheck(lambda x: np.where(x > 2.0, x, np.nan), np.array([3.0]))


def test_a_random_function_is_never_called_wrong():
    """A mask of three entries is the same in two calls once in eight times."""
    for _ in range(40):
        try:
            report = tl.gradcheck(lambda x: tl.ops.dropout(x, 0.5, training=True), np.ones(3))
        except tl.errors.OutOfReachError as error:
            assert "called twice" in str(error)  # noqa: PT017  some calls agree by chance
        else:
            assert report
