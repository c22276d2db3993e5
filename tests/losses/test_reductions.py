"""What every loss has in common: reductions, weights, masks, dtypes, gradients, arguments."""

import functools
import inspect
import warnings

import numpy as np
import pytest

import tinygrad_loss as tl
from losses.catalogue import ALL, COUPLED, ROWS, by_name, draw, moved
from tinygrad_loss.losses.formula import plain

every_loss = pytest.mark.parametrize("loss", ALL, **by_name)


def test_the_catalogue_is_complete():
    torch_names = [
        "l1_loss",
        "mse_loss",
        "huber_loss",
        "smooth_l1_loss",
        "binary_cross_entropy",
        "binary_cross_entropy_with_logits",
        "nll_loss",
        "cross_entropy",
        "gaussian_nll_loss",
        "poisson_nll_loss",
        "kl_div",
        "margin_ranking_loss",
        "hinge_embedding_loss",
        "multilabel_margin_loss",
        "soft_margin_loss",
        "multilabel_soft_margin_loss",
        "cosine_embedding_loss",
        "multi_margin_loss",
        "triplet_margin_loss",
        "triplet_margin_with_distance_loss",
        "ctc_loss",
        "linear_cross_entropy",
    ]
    assert set(torch_names) <= set(tl.losses.LOSSES)
    assert all(getattr(tl.losses, name) is loss for name, loss in tl.losses.LOSSES.items())


@every_loss
def test_reductions_agree_with_the_terms(loss, rng):
    arrays = draw(loss, rng)
    terms = loss(*arrays, reduction="none")
    assert terms.shape[0] == ROWS
    np.testing.assert_allclose(loss(*arrays, reduction="sum"), terms.sum(), rtol=1e-12)
    np.testing.assert_allclose(loss(*arrays, reduction="batchmean"), terms.sum() / ROWS, rtol=1e-12)
    if loss.mean_of is None:
        np.testing.assert_allclose(loss(*arrays), terms.mean(), rtol=1e-12)


def test_what_a_mask_leaves_out_may_lie_outside_a_domain():
    z, y, keep = np.array([2.0, -1.0]), np.array([1.0, -3.0]), np.array([True, False])
    for loss, arrays in {
        tl.losses.bregman_loss: (z, y),
        tl.losses.censored_exponential_nll_loss: (z, y, np.ones(2)),
        tl.losses.censored_weibull_nll_loss: (z, y, np.ones(2)),
    }.items():
        x = tl.tensor(z, requires_grad=True)
        value = loss(x, *arrays[1:], where=keep)
        value.backward()
        alone, slope = tl.value_and_grad(lambda x, loss=loss, arrays=arrays: loss(x, *(a[:1] for a in arrays[1:])))(z[:1])
        assert value.item() == alone
        np.testing.assert_array_equal(x.grad, [slope[0], 0.0])


@pytest.mark.parametrize("ties", ["breslow", "efron"])
@pytest.mark.parametrize("out", range(4))
def test_a_masked_subject_stays_among_those_at_risk(ties, out):
    """What a mask leaves out of Cox's loss is a term; whose time is not known, too, is at risk of nothing."""
    z, time, event, keep = (
        np.array([0.3, -1.0, 2.0, 0.5]),
        np.array([2.0, 3.0, 3.0, 4.0]),
        np.array([1.0, 1.0, 1.0, 0.0]),
        np.arange(4) != out,
    )
    cox = functools.partial(tl.losses.cox_loss, reduction="none", ties=ties)
    np.testing.assert_array_equal(cox(z, time, event, where=keep), np.where(keep, cox(z, time, event), 0.0))
    unknown = cox(z, np.where(keep, time, np.nan), np.where(keep, event, 0.0), where=keep)
    np.testing.assert_allclose(unknown[keep], cox(z[keep], time[keep], event[keep]), rtol=1e-14)


@every_loss
def test_a_weighted_mean_divides_by_the_weights(loss, rng):
    arrays, w = draw(loss, rng), rng.uniform(0.5, 2.0, ROWS)
    terms = loss(*arrays, reduction="none")
    np.testing.assert_allclose(loss(*arrays, reduction="none", sample_weight=w), terms * w, rtol=1e-12)
    if loss.mean_of is None:
        np.testing.assert_allclose(loss(*arrays, sample_weight=w), (terms * w).sum() / w.sum(), rtol=1e-12)


@every_loss
def test_what_is_masked_does_not_count(loss, rng):
    arrays, keep = draw(loss, rng), np.array([True, False, True, True, False, True])
    terms = loss(*arrays, reduction="none")
    np.testing.assert_array_equal(loss(*arrays, reduction="none", where=keep), np.where(keep, terms, 0.0))
    if loss.mean_of is None:
        np.testing.assert_allclose(loss(*arrays, where=keep), terms[keep].mean(), rtol=1e-12)
    x = tl.tensor(arrays[0], requires_grad=True)
    with tl.at_kinks("convention"):
        np.sum(loss(x, *arrays[1:], where=keep)).backward()
    if loss.__name__ not in COUPLED:
        assert not np.any(x.grad[~keep])


@every_loss
def test_nothing_kept_is_nan_and_says_so(loss, rng):
    arrays = draw(loss, rng)
    with pytest.warns(tl.errors.NothingKeptWarning, match="at least one entry with a weight"):
        value = loss(*arrays, where=np.zeros(ROWS, bool))
    assert np.isnan(value)


@every_loss
def test_the_dtype_is_kept_in_value_and_gradient(loss, rng):
    arrays = [a.astype(np.float32) if a.dtype == np.float64 else a for a in draw(loss, rng)]
    for reduction in tl.losses.REDUCTIONS:
        x = tl.tensor(arrays[0], requires_grad=True)
        value = loss(x, *arrays[1:], reduction=reduction)
        assert value.dtype == np.float32
        with tl.at_kinks("convention"):
            np.sum(value).backward()
        assert x.grad.dtype == np.float32


@pytest.mark.smoke
@every_loss
def test_the_gradient_is_what_differences_say(loss, rng):
    arrays, at = draw(loss, rng, 2), moved(loss)

    def of_predictions(*x):
        return loss(*x, *arrays[len(at) :], reduction="sum")

    report = tl.gradcheck(of_predictions, *arrays[: len(at)])
    assert report, report


@every_loss
def test_the_reduced_op_has_the_gradient_of_the_sum_of_its_terms(loss, rng):
    arrays = draw(loss, rng)
    with tl.at_kinks("convention"):
        at_once = tl.grad(lambda x: loss(x, *arrays[1:], reduction="sum"))(arrays[0])
        by_terms = tl.grad(lambda x: np.sum(loss(x, *arrays[1:], reduction="none")))(arrays[0])
    np.testing.assert_allclose(at_once, by_terms, rtol=1e-12, atol=1e-13)


@every_loss
def test_second_derivatives_are_differences_of_first_ones(loss, rng):
    arrays = draw(loss, rng)

    def total(x):
        return loss(x, *arrays[1:], reduction="sum")

    v, h = rng.standard_normal(arrays[0].shape) * 0.1, 1e-5
    with tl.at_kinks("convention"):
        second = tl.hvp(total, arrays[0], v)
        slope = tl.grad(total)
        around = (slope(arrays[0] + h * v) - slope(arrays[0] - h * v)) / (2 * h)
    np.testing.assert_allclose(second, around, rtol=1e-5, atol=1e-6)


@every_loss
def test_arguments_go_by_position_and_by_name(loss, rng):
    arrays = draw(loss, rng)
    by_keyword = loss(**dict(zip(loss.arrays, arrays, strict=True)), reduction="sum")
    np.testing.assert_array_equal(by_keyword, loss(*arrays, reduction="sum"))
    assert [p.name for p in inspect.signature(loss).parameters.values()][: loss.arity] == list(loss.arrays)
    if "reduction" in loss.order:
        filled = [{**loss.defaults, "reduction": "sum"}[name] for name in loss.order[: loss.order.index("reduction") + 1]]
        np.testing.assert_array_equal(loss(*arrays, *filled), by_keyword)


@every_loss
def test_an_unknown_argument_names_the_nearest(loss, rng):
    with pytest.raises(TypeError, match=r"reductoin=\. Type instead: reduction="):
        loss(*draw(loss, rng), reductoin="sum")


@every_loss
def test_an_unknown_reduction_names_the_known_ones(loss, rng):
    with pytest.raises(tl.errors.DomainError, match=r"reduction must be one of 'none', 'mean', 'sum', 'batchmean', got 'average'"):
        loss(*draw(loss, rng), reduction="average")


@every_loss
def test_repr_prints_the_denominator(loss):
    assert repr(loss) == f"<loss {loss.__name__}: {plain(loss.facts.formula)}; reduction='mean' divides by {loss.divides_by}>"


@every_loss
def test_arrays_in_arrays_out_and_no_warning(loss, rng):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert not isinstance(loss(*draw(loss, rng)), tl.Tensor)


SIZES = {"AdaptiveLogSoftmaxWithLoss": (8, 20, [5, 10]), "LinearCrossEntropyLoss": (3, 2)}


@pytest.mark.parametrize("name", sorted(name for name in vars(tl.nn) if name.endswith("Loss")))
def test_a_loss_and_its_module_print_what_a_mean_divides_by(name):
    module = getattr(tl.nn, name)(*SIZES.get(name, ()))
    assert "mean divides by the " in repr(module)
    assert "mean' divides by the " in repr(getattr(module, "loss", tl.losses.linear_cross_entropy))
