"""The loop does what a hand-written loop does, says what goes wrong, and can be stopped and resumed anywhere."""

import itertools
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import tinygrad_loss as tl
from tinygrad_loss import errors
from tinygrad_loss.training import checkpoint, evaluate, metrics, predict


def blobs(n=90, dtype=np.float32):
    rng = np.random.default_rng(0)
    y = np.arange(n) % 3
    x = rng.standard_normal((n, 4)) + 2.0 * np.eye(4)[y]
    return tl.data.Dataset(x.astype(dtype), y, classes="abc")


def model(seed=0):
    rng = np.random.default_rng(seed)
    return tl.nn.Sequential(tl.nn.Linear(4, 8, rng=rng), np.tanh, tl.nn.Linear(8, 3, rng=rng))


def weights(m):
    return {path: value.copy() for path, value in m.state_dict().items()}


def assert_same(a, b):
    for path in a:
        np.testing.assert_array_equal(a[path], b[path], strict=True)


def test_it_is_the_loop_one_would_write():
    data, ours, theirs = blobs(), model(), model()
    optimizer = tl.optim.SGD(theirs.parameters(), lr=0.1, momentum=0.9)
    loader = tl.data.DataLoader(data, 16, shuffle=True, rng=7)
    for _ in range(3):
        for x, y in loader:
            optimizer.zero_grad()
            tl.losses.cross_entropy(theirs(x), y).backward()
            optimizer.step()
    history = tl.fit(
        ours, tl.losses.cross_entropy, data, optimizer=lambda p: tl.optim.SGD(p, lr=0.1, momentum=0.9), epochs=3, batch_size=16, rng=7
    )
    assert_same(weights(ours), weights(theirs))
    assert history.columns == ["epoch", "loss", "accuracy", "grad_norm", "undefined", "lr", "seconds"]
    assert history["epoch"] == [1, 2, 3]
    assert history["accuracy"][-1] > 0.7


class Coder(tl.nn.Module):
    """Returns a pair: what it rebuilt, and the code that it rebuilt it from."""

    def __init__(self):
        self.narrow, self.wide = tl.nn.Linear(4, 2, rng=0), tl.nn.Linear(2, 4, rng=1)

    def forward(self, x):
        code = self.narrow(x)
        return self.wide(code), code


def rebuilt(output, target):
    return tl.losses.mse_loss(output[0], target) + 0.1 * np.mean(output[1] ** 2)


def test_a_model_may_return_several_outputs():
    x = blobs().x
    history = tl.fit(
        Coder(), rebuilt, (x, x), epochs=3, batch_size=16, rng=0, metrics={"error": lambda output, y: float(np.mean((output[0] - y) ** 2))}
    )
    assert history["error"][-1] < history["error"][0]
    assert history["error"][0] < history["loss"][0]
    broken = np.full_like(x, 1e30)
    with pytest.raises(errors.NonFiniteError, match=r"the loss of a finite output"), np.errstate(over="ignore"):
        tl.fit(Coder(), rebuilt, (broken, broken), epochs=1)


def test_prefetching_and_loaders_change_nothing():
    data, ends = blobs(), []
    for options in ({"prefetch": 0}, {"prefetch": 3}):
        m = model()
        tl.fit(m, tl.losses.cross_entropy, data, epochs=2, rng=1, **options)
        ends.append(weights(m))
    m = model()
    tl.fit(m, tl.losses.cross_entropy, tl.data.DataLoader(data, 32, shuffle=True, rng=1), epochs=2)
    assert_same(ends[0], ends[1])
    assert_same(ends[0], weights(m))
    m = model()
    tl.fit(m, tl.losses.cross_entropy, (data.x, data.y), epochs=2, rng=1, validation=(data.x, data.y))
    assert_same(ends[0], weights(m))


def test_undefined_gradients_are_counted_and_trained_through():
    data = tl.data.Dataset(np.zeros((4, 1)), np.zeros((4, 1)))
    m = tl.nn.Linear(1, 1, rng=0).astype(np.float64)
    m.load_state_dict({"weight": [[1.0]], "bias": [0.0]})
    history = tl.fit(m, tl.losses.l1_loss, data, optimizer=lambda p: tl.optim.SGD(p, lr=0.1), epochs=2, batch_size=4)
    # |0 w + b - 0| at b = 0: the slope of the bias does not exist, the weight's is 0
    assert history["undefined"] == [1, 1]
    np.testing.assert_array_equal(m.bias.data, [0.0])


def test_seconds_are_those_of_each_epoch(monkeypatch):
    ticks = itertools.count()
    monkeypatch.setattr(time, "perf_counter", lambda: float(next(ticks)))
    history = tl.fit(model(), tl.losses.cross_entropy, blobs(), epochs=4, batch_size=30)
    assert history["seconds"] == [3.0] * 4  # a look at the clock before the epoch, and one after each of its three steps


def test_seconds_of_an_interrupted_epoch_go_on(monkeypatch, tmp_path):
    ticks, steps = itertools.count(), []
    monkeypatch.setattr(time, "perf_counter", lambda: float(next(ticks)))

    def interrupted(output, y):
        steps.append(1)
        if len(steps) == 5:
            signal.raise_signal(signal.SIGINT)
        return tl.losses.cross_entropy(output, y)

    options = {"epochs": 3, "batch_size": 30, "checkpoint": tmp_path / "run.safetensors", "resume": True}
    with pytest.raises(KeyboardInterrupt):
        tl.fit(model(), interrupted, blobs(), **options)
    assert tl.fit(model(), tl.losses.cross_entropy, blobs(), **options)["seconds"] == [3.0] * 3


def test_validation_is_measured_on_all_outputs():
    data = blobs()
    train, held = data.take(slice(60)), data.take(slice(60, 90))
    m = model()
    history = tl.fit(m, tl.losses.cross_entropy, train, epochs=2, validation=held)
    assert history["val_accuracy"][-1] == np.mean(predict(m, held.x).argmax(1) == held.y)
    whole = tl.losses.cross_entropy(m(held.x), held.y).item()
    assert evaluate(m, tl.losses.cross_entropy, held, batch_size=7)["loss"] == pytest.approx(whole, rel=1e-5)
    assert history["val_loss"][-1] == pytest.approx(whole, rel=1e-5)


def test_patience_ends_and_the_best_weights_are_kept():
    data = blobs()
    seen = []
    history = tl.fit(
        model(1), tl.losses.cross_entropy, data, epochs=50, validation=data, patience=1, keep_best=True,
        optimizer=lambda p: tl.optim.SGD(p, lr=30.0), clip_norm=1.0, callbacks=[lambda run: seen.append((run.epoch, weights(run.model)))],
    )  # fmt: skip
    best = int(np.argmin(history["val_loss"]))
    assert len(history) == best + 3 < 50
    again = model(1)
    tl.fit(
        again, tl.losses.cross_entropy, data, epochs=best + 1, validation=data, optimizer=lambda p: tl.optim.SGD(p, lr=30.0), clip_norm=1.0
    )
    assert_same(weights(again), seen[best][1])


def test_a_callback_can_stop_it_and_schedules_step():
    m = model()
    optimizer = tl.optim.SGD(m.parameters(), lr=1.0)
    history = tl.fit(
        m, tl.losses.cross_entropy, blobs(), optimizer=optimizer, epochs=9, schedule=tl.optim.ExponentialLR(optimizer, 0.5),
        callbacks=[lambda run: run.epoch == 3],
    )  # fmt: skip
    assert history["lr"] == [1.0, 0.5, 0.25]
    optimizer = tl.optim.SGD(m.parameters(), lr=1.0)
    cycle = tl.optim.LinearLR(optimizer, 0.1, total_iters=100)
    tl.fit(m, tl.losses.cross_entropy, blobs(), optimizer=optimizer, epochs=2, schedule=cycle, schedule_per="batch")
    assert cycle.last_epoch == 6


@pytest.mark.parametrize("cut", [1, 2, 3])
def test_a_run_goes_on_bit_for_bit(cut, tmp_path):
    path = tmp_path / "run.safetensors"

    def part(epochs, m, **options):
        optimizer = tl.optim.Adam(m.parameters(), lr=0.01, amsgrad=True)
        schedule = tl.optim.CosineAnnealingLR(optimizer, T_max=5)
        noise = lambda x, rng: tl.data.noise(x, rng, 0.1)  # noqa: E731
        return tl.fit(
            m, tl.losses.cross_entropy, blobs(), optimizer=optimizer, schedule=schedule, epochs=epochs, augment=noise, keep_best=True, **options
        )  # fmt: skip

    whole, first, second = model(), model(), model(seed=9)
    expected = part(5, whole)
    part(cut, first, checkpoint=path)
    history = part(5, second, checkpoint=path, resume=True)
    assert_same(weights(whole), weights(second))
    for name in ("epoch", "loss", "accuracy", "grad_norm", "lr"):
        assert history[name] == expected[name]
    assert len(part(5, model(3), checkpoint=path, resume=True)) == 5


def test_an_interrupt_within_an_epoch_loses_no_step(tmp_path):
    path = tmp_path / "run.safetensors"
    steps = []

    def part(m, loss, **options):
        return tl.fit(m, loss, blobs(), epochs=3, batch_size=10, checkpoint=path, rng=3, **options)

    def interrupted(output, y):
        steps.append(1)
        if len(steps) == 13:
            signal.raise_signal(signal.SIGINT)
        return tl.losses.cross_entropy(output, y)

    whole, cut, rest = model(), model(), model(5)
    part(whole, tl.losses.cross_entropy)
    with pytest.raises(KeyboardInterrupt):
        part(cut, interrupted)
    saved = checkpoint.load(path)
    assert (saved["epoch"], saved["batch"]) == (1, 4)
    part(rest, tl.losses.cross_entropy, resume=True)
    assert_same(weights(whole), weights(rest))
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


KILLS = int(os.environ.get("TINYGRAD_LOSS_KILLS", "2"))
"""How often a training is killed, at random moments."""
KILLED_EPOCHS = 20 * (KILLS + 1)
SCRIPT = """
import sys
import numpy as np
sys.path.insert(0, sys.argv[2])
from test_fit import blobs, model, KILLED_EPOCHS
import tinygrad_loss as tl
m = model()
say = lambda run: print(run.epoch, flush=True)
tl.fit(m, tl.losses.cross_entropy, blobs(), epochs=KILLED_EPOCHS, checkpoint=sys.argv[1], resume=True, callbacks=[say])
np.savez(sys.argv[1] + ".npz", **m.state_dict())
"""


def test_kill_minus_nine_at_any_moment(tmp_path):
    """A training that ends before its last kill is compared, too, and begun again."""
    whole = model()
    tl.fit(whole, tl.losses.cross_entropy, blobs(), epochs=KILLED_EPOCHS)
    path = tmp_path / "run.safetensors"
    command = [sys.executable, "-c", SCRIPT, str(path), str(Path(__file__).parent)]
    rng, killed = np.random.default_rng(0), 0
    while killed < KILLS:
        with subprocess.Popen(command, stdout=subprocess.PIPE) as process:  # noqa: S603  our own interpreter
            process.stdout.readline()
            time.sleep(rng.uniform(0.0, 0.03))
            process.kill()
        killed += process.returncode == -signal.SIGKILL
        if process.returncode == 0:
            assert_same(weights(whole), dict(np.load(f"{path}.npz")))
            path.unlink()
        else:
            assert process.returncode == -signal.SIGKILL
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)  # noqa: S603
    assert_same(weights(whole), dict(np.load(f"{path}.npz")))


@pytest.mark.parametrize("stop", [5, 6, 13, 17])
@pytest.mark.parametrize("augment", [None, lambda x, rng: tl.data.noise(x, rng, 0.1)], ids=["plain", "augmented"])
def test_one_generator_for_everything_goes_on_bit_for_bit(stop, augment, tmp_path):
    def part(path, stop=0):
        rng, steps = np.random.default_rng(3), []
        m = tl.nn.Sequential(tl.nn.Linear(4, 8, rng=rng), tl.nn.Dropout(0.5, rng=rng), tl.nn.Linear(8, 3, rng=rng))

        def loss(output, y):
            steps.append(1)
            if len(steps) == stop:
                signal.raise_signal(signal.SIGINT)
            return tl.losses.cross_entropy(output, y)

        tl.fit(m, loss, blobs(), epochs=3, batch_size=16, rng=rng, augment=augment, checkpoint=path, resume=True)
        return weights(m)

    with pytest.raises(KeyboardInterrupt):
        part(tmp_path / "cut", stop)
    assert_same(part(tmp_path / "whole"), part(tmp_path / "cut"))


def test_lbfgs_trains_and_resumes(tmp_path):
    def part(m, epochs):
        return tl.fit(
            m, tl.losses.cross_entropy, blobs(), epochs=epochs, batch_size=90, checkpoint=tmp_path / "run", resume=True,
            optimizer=lambda p: tl.optim.LBFGS(p, lr=0.1, max_iter=4),
        )  # fmt: skip

    whole, first, second = model(), model(), model(4)
    history = part(whole, 6)
    assert history["loss"][-1] < 0.5 * history["loss"][0]
    (tmp_path / "run").unlink()
    part(first, 2)
    part(second, 6)
    assert_same(weights(whole), weights(second))


def test_a_metric_counts_the_batches_that_have_it():
    data = blobs()
    two = data.take(data.y < 2)

    def share_of_ones(output, y):
        if (y == 0).all():
            raise errors.DomainError("no ones")
        return float(y.mean())

    ordered = two.take(np.argsort(two.y))
    history = tl.fit(model(), tl.losses.cross_entropy, tl.data.DataLoader(ordered, 20), epochs=1, metrics={"ones": share_of_ones})
    # 30 zeros, then 30 ones, in batches of 20: the first has no ones, the others have a half and all
    assert history["ones"] == [0.75]

    def auc(output, y):
        return metrics.auc(output[:, 1], y)

    with pytest.raises(errors.DomainError, match="both classes must be present"):
        tl.fit(model(), tl.losses.cross_entropy, data.take(data.y == 0), epochs=1, metrics={"auc": auc})


def test_a_checkpoint_of_another_run_is_refused(tmp_path):
    path = tmp_path / "run"
    tl.fit(model(), tl.losses.cross_entropy, blobs(), epochs=1, checkpoint=path)
    with pytest.raises(errors.StateError) as error:
        tl.fit(model(), tl.losses.cross_entropy, blobs(), epochs=1, batch_size=8, checkpoint=path, resume=True)
    assert str(error.value) == (
        f"tl.fit(resume=True) from {path}: the run must go on with {{'rows': 90, 'batch_size': 32, 'optimizer': 'Adam'}}, "
        "got {'rows': 90, 'batch_size': 8, 'optimizer': 'Adam'}. Use instead: resume=False to start anew"
    )
    checkpoint.save(path, {"a": 1})
    whole = {"settings": {"rows": 90, "batch_size": 32, "optimizer": "Adam"}, "model": model().state_dict()}
    checkpoint.save(tmp_path / "part", whole)
    with pytest.raises(errors.StateError, match=r"the checkpoint must be whole, got KeyError\('optimizer'\)"):
        tl.fit(model(), tl.losses.cross_entropy, blobs(), epochs=1, checkpoint=tmp_path / "part", resume=True)
    with pytest.raises(errors.StateError, match="the file must be the checkpoint of a run"):
        tl.fit(model(), tl.losses.cross_entropy, blobs(), epochs=1, checkpoint=path, resume=True)


WRONG = {
    "no data": (lambda: tl.fit(model(), tl.losses.cross_entropy, [1, 2]),
        "tl.fit: dataset must be a Dataset or a DataLoader, got list. Type instead: tl.data.Dataset(x, y)"),
    "no epochs": (lambda: tl.fit(model(), tl.losses.cross_entropy, blobs(), epochs=0),
        "tl.fit: there must be at least one epoch, got epochs=0. Type instead: epochs=10"),
    "half an epoch": (lambda: tl.fit(model(), tl.losses.cross_entropy, blobs(), epochs=1.5),
        "tl.fit: epochs must be a whole number, got 1.5. Type instead: epochs=10"),
    "no patience": (lambda: tl.fit(model(), tl.losses.cross_entropy, blobs(), patience=-1),
        "tl.fit: patience must be at least 0, got patience=-1. Type instead: patience=10"),
    "a loss by name": (lambda: tl.fit(model(), "cross_entropi", blobs()),
        "tl.fit: loss must be a function of output and target, got 'cross_entropi'. Type instead: tl.losses.cross_entropy"),
    "a loss per row": (lambda: tl.fit(model(), lambda o, y: tl.losses.cross_entropy(o, y, reduction="none"), blobs()),
        'tl.fit: the loss must be one number, got (32,). Type instead: reduction="mean", or np.mean(loss)'),
    "a loss that lost the graph": (lambda: tl.fit(model(), lambda o, y: tl.losses.cross_entropy(o, y).item(), blobs()),
        "tl.fit: the loss must be a tensor that leads back to the model, got float. "
        "Use instead: tl.losses.cross_entropy, without .item() or .numpy()"),
    "an optimiser by name": (lambda: tl.fit(model(), tl.losses.cross_entropy, blobs(), optimizer="sdg"),
        "tl.fit: optimizer must be an optimiser, or make one of parameters, got 'sdg'. Type instead: lambda p: tl.optim.SGD(p, lr=1e-3)"),
    "an optimiser of another model": (
        lambda: tl.fit(model(), tl.losses.cross_entropy, blobs(), optimizer=tl.optim.Adam(model().parameters())),
        "tl.fit: the optimiser must move the model's parameters, got one of other parameters. "
        "Use instead: optimizer=tl.optim.Adam, which is given them"),
    "a schedule of another optimiser": (
        lambda: tl.fit(model(), tl.losses.cross_entropy, blobs(), schedule=tl.optim.StepLR(tl.optim.SGD(model().parameters()), 1)),
        "tl.fit: the schedule must govern the optimiser that trains, got one of another optimiser. "
        "Use instead: schedule=tl.optim.StepLR(optimizer, 10), with optimizer=optimizer"),
    "fewer outputs than classes": (lambda: tl.fit(tl.nn.Linear(4, 2, rng=0), tl.losses.cross_entropy, blobs()),
        "cross_entropy: a class index must lie in 0 to 1, because input has 2 classes, got 2. "
        "Use instead: target - target.min() if classes are counted from 1, or ignore_index=2 to leave it out"),
    "other features than the data's": (lambda: tl.fit(tl.nn.Linear(5, 3, rng=0), tl.losses.cross_entropy, blobs()),
        "Linear: the input's last axis must have 5 features, got (32, 4) (the input has length 4 on axis 1, not 5). Type instead: nn.Linear(4, 3)"),
    "a function for a model": (lambda: tl.fit(np.tanh, tl.losses.cross_entropy, blobs()),
        "tl.fit: model must be a module, got ufunc. Use instead: tl.nn.Sequential(...), which takes functions, too"),
    "a part for validation": (lambda: tl.fit(model(), tl.losses.cross_entropy, blobs(), validation=0.2),
        "tl.fit: validation must be a Dataset, got float. Type instead: tl.data.Dataset(x, y)"),
    "a list of metrics": (lambda: tl.fit(model(), tl.losses.cross_entropy, blobs(), metrics=["accuracy"]),
        'tl.fit: metrics must be functions of outputs and targets by name, got list. Type instead: {"accuracy": tl.training.metrics.accuracy}'),
    "a callback alone": (lambda: tl.fit(model(), tl.losses.cross_entropy, blobs(), callbacks=print),
        "tl.fit: callbacks must be a list of functions, got builtin_function_or_method. Type instead: callbacks=[function]"),
    "augmentation beside a loader": (
        lambda: tl.fit(model(), tl.losses.cross_entropy, tl.data.DataLoader(blobs()), augment=lambda x, rng: x),
        "tl.fit: a loader brings its own settings, got a DataLoader and augment=. Use instead: tl.data.DataLoader(data, augment=...)"),
    "going on from nowhere": (lambda: tl.fit(model(), tl.losses.cross_entropy, blobs(), resume=True),
        'tl.fit: resume=True needs the file to go on from, got none. Type instead: checkpoint="run.safetensors"'),
    "keeping a run nowhere": (lambda: tl.fit(model(), tl.losses.cross_entropy, blobs(), checkpoint="/no/such/run"),
        "tl.fit: the checkpoint's folder must exist, got /no/such. Type instead: import os; os.makedirs('/no/such')"),
    "keeping a run in a folder's place": (lambda: tl.fit(model(), tl.losses.cross_entropy, blobs(), checkpoint=os.curdir),
        "tl.fit: the checkpoint must be a file, got the folder .. Type instead: checkpoint='run.safetensors'"),
    "an unknown rhythm": (lambda: tl.fit(model(), tl.losses.cross_entropy, blobs(), schedule_per="step"),
        "tl.fit: schedule_per must be one of 'epoch', 'batch', got 'step'. Type instead: 'epoch'"),
    "nan in the data": (lambda: tl.fit(model(), tl.losses.cross_entropy, blobs().replace(np.full((90, 4), np.nan, np.float32))),
        "tl.fit, epoch 1, batch 1: the loss must be finite, got nan (the inputs hold nan or inf). "
        "Use instead: np.nan_to_num(x), or leave those rows out"),
    "a rate that explodes": (
        lambda: tl.fit(
            tl.nn.Linear(4, 1, rng=0), tl.losses.mse_loss, tl.data.Dataset(1e3 * np.ones((8, 4), np.float32), np.ones((8, 1), np.float32)),
            optimizer=lambda p: tl.optim.SGD(p, lr=10.0), epochs=50,
        ), None),
    "logarithm of 0": (lambda: tl.fit(model(), lambda out, y: np.sum(np.log(out[:, 0] * 0.0)), blobs()), None),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_what_goes_wrong_is_said(case):
    act, message = WRONG[case]
    with pytest.raises(errors.TinygradLossError) as error, np.errstate(all="ignore"):
        act()
    if message is None:
        assert isinstance(error.value, errors.NonFiniteError)
        assert " instead: " in str(error.value)
    else:
        assert str(error.value) == message


def line(n=64, scale=20.0):
    x = np.random.default_rng(0).normal(scale, scale / 2, (n, 2)).astype(np.float32)
    return tl.data.Dataset(x, x @ np.array([[1.0], [2.0]], np.float32))


def descended(data, lr, loss=tl.losses.mse_loss, **options):
    return tl.fit(tl.nn.Linear(2, 1, rng=0), loss, data, optimizer=lambda p: tl.optim.SGD(p, lr=lr), epochs=200, **options)


@pytest.mark.parametrize("scale", [1.0, 20.0, 1000.0])
def test_a_diverging_fit_says_what_grew_and_what_to_change(scale):
    """The square's curvature is twice the mean square of the inputs: a step of lr = 1 / scale^0.5 is too long for each of these."""
    data, lr = line(scale=scale), 2.0 / np.sqrt(scale)
    with pytest.raises(errors.NonFiniteError) as raised:
        descended(data, lr)
    said = str(raised.value)
    assert re.search(r"the loss grew from \S+ to \S+e\+\d+ in the \d+ steps before\)\. Use instead: ", said)
    assert "logits" not in said
    assert said.endswith(f"lr={lr / 10:.3g}; or clip_norm=1.0")
    assert ("tl.data.standardise(train, test)" in said) == (scale > 1)
    # what it says to type ends the growth
    assert np.isfinite(descended(data, lr, clip_norm=1.0).last["loss"])
    (train,) = tl.data.standardise(data)
    assert descended(train, min(lr, 0.4)).last["loss"] < 1e-3 * scale**2


def test_a_gradient_that_overflows_before_the_loss_is_no_riddle():
    steps = []

    def steeper(output, y):
        steps.append(1)
        return np.mean(output) * np.float32(10.0 ** (9 * len(steps)))

    linear = tl.nn.Linear(1, 1, bias=False, rng=0)
    linear.load_state_dict({"weight": [[1e-6]]})
    data = (np.full((4, 1), 1e4, np.float32), np.zeros((4, 1), np.float32))
    with pytest.raises(errors.NonFiniteError) as raised:  # the fourth loss is 1e34, its slope 1e4 * 1e36
        tl.fit(linear, steeper, data, optimizer=lambda p: tl.optim.SGD(p, lr=1e-42), epochs=9)
    assert str(raised.value) == (
        "tl.fit, epoch 4, batch 1: the gradient must be finite, got one that is not, at a loss of 1e+34 "
        "(the loss grew from 1e+07 to 1e+25 in the 3 steps before). "
        "Use instead: train, test = tl.data.standardise(train, test), as inputs are as large as 1e+04; or lr=1e-43; or clip_norm=1.0"
    )


def test_a_logarithm_of_0_after_good_steps_is_not_called_diverging():
    steps = []

    def loss(output, y):
        steps.append(1)
        return tl.losses.mse_loss(output, y) + (np.sum(np.log(output * 0.0)) if len(steps) > 5 else 0.0)

    with pytest.raises(errors.NonFiniteError, match=r"got -?(inf|nan) \(the loss of a finite output\)\. Use instead: the loss on logits"):
        descended(line(scale=1.0), 0.01, loss)


def test_large_outputs_in_the_first_batch_are_named():
    with pytest.raises(errors.NonFiniteError) as raised:
        descended((np.full((8, 2), 1e30, np.float32), np.ones((8, 1), np.float32)), 0.01)
    assert re.search(r"the loss of a finite output as large as 1\.\d+e\+\d+, whose square overflows", str(raised.value))
    assert "Use instead: train, test = tl.data.standardise(train, test), as inputs are as large as 1e+30; or lr=0.001" in str(raised.value)


def test_a_last_step_that_overflows_is_said():
    data = tl.data.Dataset(np.ones((2, 1), np.float32), np.zeros((2, 1), np.float32))
    with pytest.raises(errors.NonFiniteError) as error:
        tl.fit(tl.nn.Linear(1, 1, rng=0), tl.losses.mse_loss, data, epochs=1, optimizer=lambda p: tl.optim.SGD(p, lr=1e39))
    assert str(error.value) == (
        "tl.fit, epoch 1: parameters must be finite, got nan or inf in weight after the last step. Use instead: a smaller lr, or clip_norm=1.0"
    )


def test_labels_beyond_the_classes_are_refused_by_the_loss():
    data = tl.data.Dataset(np.zeros((4, 4), np.float32), np.array([0, 1, 2, 3]))
    with pytest.raises(errors.DomainError, match="cross_entropy"):
        tl.fit(model(), tl.losses.cross_entropy, data)


def test_a_terminal_sees_a_bar_and_programs_see_nothing(capsys):
    tl.fit(model(), tl.losses.cross_entropy, blobs(), epochs=2)
    assert capsys.readouterr() == ("", "")
    tl.fit(model(), tl.losses.cross_entropy, blobs(), epochs=2, progress=True)
