"""What modules hold, save, load, show and count."""

import copy

import numpy as np
import pytest

import tinygrad_loss as tl
from tinygrad_loss import errors, nn


def two_layers(seed=0):
    return nn.Sequential(nn.Linear(3, 4, rng=seed), nn.ReLU(), nn.Residual(nn.Linear(4, 4, rng=seed)))


def test_parameters_are_named_by_their_path():
    model = two_layers()
    names = ["0.weight", "0.bias", "2.inside.weight", "2.inside.bias"]
    assert [name for name, _ in model.named_parameters()] == names
    assert [p.name for p in model.parameters()] == names
    assert all(p.is_leaf and p.requires_grad and p.dtype == np.float32 for p in model.parameters())


def test_a_shared_parameter_is_given_once_and_saved_under_both_paths():
    model = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
    model[1].weight = model[0].weight
    assert len(list(model.parameters())) == 3
    assert list(model.state_dict()) == ["0.weight", "0.bias", "1.weight", "1.bias"]


def test_a_buffer_is_saved_but_not_learnt():
    class Counter(nn.Module):
        def __init__(self):
            self.register_buffer("seen", np.zeros(()))

    model = nn.Sequential(Counter())
    assert list(model.parameters()) == []
    assert list(model.state_dict()) == ["0.seen"]
    model.load_state_dict({"0.seen": np.array(3.0)})
    assert model[0].seen == 3.0


def test_a_loaded_state_gives_the_same_answers_bit_for_bit(rng):
    x = rng.normal(size=(5, 3)).astype(np.float32)
    a, b = two_layers(1), two_layers(2)
    assert not np.array_equal(a(x).data, b(x).data)
    b.load_state_dict(a.state_dict())
    np.testing.assert_array_equal(a(x).data, b(x).data)


def test_the_state_is_a_copy():
    model = nn.Linear(2, 1)
    model.state_dict()["weight"][:] = 7.0
    assert not (model.weight.data == 7.0).any()


@pytest.mark.parametrize(
    ("state", "message"),
    [
        (
            {"weight": np.zeros((1, 2))},
            "load_state_dict: the paths of the state must be those of Linear, got missing 'bias'. "
            "Use instead: model.load_state_dict(state, strict=False) to load what fits",
        ),
        (
            {"weight": np.zeros((1, 2)), "bias": np.zeros(1), "more": np.zeros(1)},
            "load_state_dict: the paths of the state must be those of Linear, got unexpected 'more'. "
            "Use instead: model.load_state_dict(state, strict=False) to load what fits",
        ),
        (
            {"weight": np.zeros((2, 1)), "bias": np.zeros(1)},
            "load_state_dict: 'weight' of Linear must have shape (1, 2), got (2, 1). Use instead: the same layer sizes as in the model that was saved",
        ),
        (
            {"weight": np.ones((1, 2)), "bias": ["a"]},
            "load_state_dict: 'bias' of Linear must hold real numbers, got dtype <U1. Type instead: np.asarray(x, float)",
        ),
        (
            [1.0, 2.0],
            "load_state_dict: it takes arrays by path, got list. Type instead: model.load_state_dict(other.state_dict())",
        ),
    ],
)
def test_a_state_that_does_not_fit_changes_nothing(state, message):
    model = nn.Linear(2, 1)
    before = model.state_dict()
    with pytest.raises(errors.StateError) as raised:
        model.load_state_dict(state)
    assert str(raised.value) == message
    assert all(np.array_equal(value, before[name]) for name, value in model.state_dict().items())


def test_what_fits_is_loaded_without_strictness_and_the_rest_is_told():
    model = nn.Linear(2, 1)
    left = model.load_state_dict({"bias": [3.0], "more": [1.0]}, False)
    assert model.bias.tolist() == [3.0]
    assert left == (["weight"], ["more"])
    assert repr(left) == "Loaded(missing_keys=['weight'], unexpected_keys=['more'])"
    assert repr(model.load_state_dict(model.state_dict())) == "<all keys matched>"


def test_a_buffer_that_is_not_persistent_is_no_part_of_the_state():
    model = nn.Module()
    model.register_buffer("positions", np.arange(3.0), persistent=False)
    model.register_buffer("seen", np.zeros(()))
    assert list(model.state_dict()) == ["seen"]
    assert [name for name, _ in model.named_buffers()] == ["positions", "seen"]
    model.load_state_dict({"seen": 2.0})
    assert model.float32().positions.dtype == np.float32


def test_parts_are_found_by_their_path():
    model = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3))
    assert model.get_submodule("1") is model[1]
    assert model.get_submodule("") is model
    assert model.get_parameter("0.weight") is model[0].weight
    assert model.get_buffer("1.running_mean") is model[1].running_mean
    with pytest.raises(AttributeError) as raised:
        model.get_parameter("0.wieght")
    assert str(raised.value) == "'Sequential' has no parameter '0.wieght'; the nearest is '0.weight'"


def test_own_parameters_come_without_those_inside():
    model = nn.Module()
    model.register_parameter("scale", nn.Parameter(np.ones(2)))
    model.add_module("inside", nn.Linear(2, 2))
    assert [name for name, _ in model.named_parameters(recurse=False)] == ["scale"]
    assert [name for name, _ in model.named_parameters("model")] == ["model.scale", "model.inside.weight", "model.inside.bias"]
    assert len(list(model.buffers(recurse=False))) == 0


@pytest.mark.parametrize(
    ("held", "message"),
    [
        ([nn.Linear(1, 1)], "a list as layers. Type instead: self.layers = nn.ModuleList(layers)"),
        ((nn.parameter([1.0]),), "a tuple as layers. Type instead: self.layers = nn.ModuleList(layers)"),
        ({"a": nn.Linear(1, 1)}, "a dict as layers. Type instead: self.layers = nn.ModuleDict(layers)"),
    ],
)
def test_weights_in_a_plain_container_would_never_be_found(held, message):
    model = nn.Module()
    with pytest.raises(errors.ArgumentError) as raised:
        model.layers = held
    rule = "what has weights must be an attribute or in a container of modules, or its weights would never be found"
    assert str(raised.value) == f"Module: {rule}, got {message}"


def test_names_of_torch_that_are_not_here_say_what_to_type():
    with pytest.raises(AttributeError) as raised:
        nn.Linear(1, 1).to("cpu")
    told = "arrays live in main memory: leave it out (model.astype(np.float64) changes the dtype)"
    assert str(raised.value) == f"'Linear' object has no attribute 'to'; {told}"
    with pytest.raises(AttributeError) as raised:
        nn.ReflectionPad1d(1)
    told = "type nn.Sequential(lambda x: tl.ops.pad(x, (1, 1), mode='reflect'))"
    assert str(raised.value) == f"module 'tinygrad_loss.nn' has no attribute 'ReflectionPad1d'; {told}"
    with pytest.raises(AttributeError) as raised:
        nn.Lineer(1, 1)
    assert str(raised.value) == "module 'tinygrad_loss.nn' has no attribute 'Lineer'; the nearest is 'Linear'"


def test_a_loaded_value_keeps_the_dtype_of_the_model():
    model = nn.Linear(2, 1)
    model.load_state_dict({"weight": np.ones((1, 2)), "bias": np.zeros(1)})
    assert model.weight.dtype == np.float32


def test_train_and_eval_reach_every_module():
    model = nn.Sequential(nn.Dropout(), nn.Residual(nn.Dropout()))
    assert not any(m.training for m in model.eval().modules())
    assert all(m.training for m in model.train().modules())


def test_apply_calls_children_first():
    seen = []
    two_layers().apply(lambda m: seen.append(type(m).__name__))
    assert seen == ["Linear", "ReLU", "Linear", "Residual", "Sequential"]


def test_gradients_are_forgotten_and_parameters_frozen(rng):
    model = nn.Linear(2, 1)
    x = rng.normal(size=(3, 2)).astype(np.float32)
    np.sum(model(x)).backward()
    assert model.weight.grad is not None
    model.zero_grad()
    assert model.weight.grad is None
    model.requires_grad_(False)
    assert not model(x).requires_grad


def test_dtype_is_changed_everywhere():
    model = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2)).float64()
    assert {p.dtype for p in model.parameters()} == {np.dtype(np.float64)}
    assert model[1].running_mean.dtype == np.float64
    assert model[1].num_batches_tracked.dtype == np.int64
    with pytest.raises(errors.DTypeError) as raised:
        model.astype(np.int64)
    assert str(raised.value) == "Module.astype: parameters have a floating dtype, got dtype int64. Type instead: model.astype(np.float32)"


def test_repr_is_readable():
    assert repr(two_layers()) == (
        "Sequential(\n"
        "  (0): Linear(in_features=3, out_features=4, bias=True)\n"
        "  (1): ReLU()\n"
        "  (2): Residual(\n"
        "    (inside): Linear(in_features=4, out_features=4, bias=True)\n"
        "  )\n"
        ")"
    )


def test_a_summary_counts_what_can_be_counted_by_hand():
    model = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(4 * 6 * 6, 10))
    table = model.summary(np.zeros((2, 1, 8, 8), np.float32))
    assert table.parameters == (9 + 1) * 4 + 144 * 10 + 10
    assert table.parameter_bytes == 4 * table.parameters
    assert table.multiply_adds == 2 * (4 * 36 * 9 + 144 * 10)
    assert [row.shape for row in table.rows] == [(2, 4, 6, 6), (2, 4, 6, 6), (2, 144), (2, 10), (2, 10)]
    assert table.output_bytes == 4 * 2 * (144 * 3 + 10)
    text = str(table)
    assert "0 (Conv2d)" in text
    assert text.splitlines()[-1] == "1,490 parameters (5.82 KiB), 3.453 KiB of outputs, 5,472 multiply-adds"


def test_a_summary_leaves_the_model_as_it_was():
    model = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2))
    model.summary(np.zeros((3, 2), np.float32))
    assert model.training
    assert model[1].num_batches_tracked == 0


@pytest.mark.parametrize(("given", "size"), [(((2, 1, 8, 8),), "(2, 1, 8, 8)"), ((2, 3), "(2, 3)"), ((4,), "(4,)")])
def test_a_summary_of_a_shape_says_how_to_make_the_batch(given, size):
    with pytest.raises(errors.ArgumentError) as error:
        nn.Linear(8, 2).summary(*given)
    got = ", ".join(map(str, given))
    assert str(error.value) == (
        f"summary: the inputs are arrays, not their shape, got {got}. Type instead: model.summary(np.zeros({size}, np.float32))"
    )


def test_copies_share_nothing(rng):
    model = two_layers()
    other = copy.deepcopy(model)
    other[0].weight.assign(other[0].weight.value + 1)
    assert not np.array_equal(model[0].weight.data, other[0].weight.data)


def test_containers(rng):
    layers = nn.ModuleList([nn.Linear(2, 2)])
    layers.append(nn.Linear(2, 3))
    assert [m.out_features for m in layers] == [2, 3]
    assert layers[-1].out_features == 3
    heads = nn.ModuleDict({"a": nn.Linear(2, 1), "b": nn.Linear(2, 5)})
    assert list(heads) == ["a", "b"]
    assert heads["b"].out_features == 5
    assert [name for name, _ in heads.named_parameters()] == ["a.weight", "a.bias", "b.weight", "b.bias"]
    model = nn.Sequential({"first": nn.Linear(2, 2), "second": nn.Tanh()})
    assert [name for name, _ in model.named_children()] == ["first", "second"]
    assert len(two_layers()[:2]) == 2


def kinds(container):
    return [type(m).__name__ for m in container]


def test_a_list_of_modules_is_a_list():
    layers = nn.ModuleList([nn.Linear(2, 2)]).insert(0, nn.Tanh()).append(nn.ReLU())
    assert kinds(layers) == ["Tanh", "Linear", "ReLU"]
    assert list(layers.state_dict()) == ["1.weight", "1.bias"]
    layers[2] = nn.Identity()
    assert type(layers.pop(0)).__name__ == "Tanh"
    assert kinds(layers) == ["Linear", "Identity"]
    del layers[0]
    assert kinds(layers + [nn.ReLU()]) == ["Identity", "ReLU"]  # noqa: RUF005  its own addition
    part = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1))[:2]
    assert part(np.ones((1, 2), np.float32)).shape == (1, 3)
    assert kinds(nn.Sequential({"first": nn.ReLU()}).append(nn.Tanh())) == ["ReLU", "Tanh"]


def test_a_dict_of_modules_is_a_dict():
    heads = nn.ModuleDict({"a": nn.ReLU()})
    heads.update({"b": nn.Tanh()})
    assert list(heads.keys()) == ["a", "b"]
    assert kinds(heads.values()) == ["ReLU", "Tanh"]
    assert "b" in heads
    assert "pop" not in heads
    assert type(heads.pop("a")).__name__ == "ReLU"
    del heads["b"]
    assert len(heads) == 0


@pytest.mark.parametrize("name", ["train", "items", "", "a.b"])
def test_a_module_may_not_take_the_place_of_a_method(name):
    with pytest.raises(errors.ArgumentError) as raised:
        nn.ModuleDict({name: nn.ReLU()})
    rule = "a name must not be that of a method of ModuleDict, nor empty, nor have a dot in it"
    assert str(raised.value) == f"ModuleDict: {rule}, got {name!r}. Type instead: {name.replace('.', '_') + '_'!r}"


def test_known_vectors_are_frozen_on_request(rng):
    table = rng.normal(size=(4, 3))
    fixed, moving = nn.Embedding.from_pretrained(table, padding_idx=0), nn.Embedding.from_pretrained(table, freeze=False)
    np.testing.assert_array_equal(fixed(np.array([2])), table[2:3])
    assert (fixed.weight.requires_grad, moving.weight.requires_grad) == (False, True)
    with pytest.raises(errors.ShapeError) as raised:
        nn.Embedding.from_pretrained([1, 2])
    assert str(raised.value) == (
        "Embedding.from_pretrained: there must be a row of numbers per word, got shape (2,) and dtype int64. Type instead: np.zeros((words, features))"
    )


def test_what_is_frozen_stays_while_the_rest_is_trained(rng):
    model = nn.Sequential(nn.Linear(2, 3, rng=0), nn.Tanh(), nn.Linear(3, 2, rng=1))
    model[0].requires_grad_(False)
    before = model.state_dict()
    data = (rng.normal(size=(20, 2)).astype(np.float32), rng.integers(0, 2, 20))
    tl.fit(model, tl.losses.cross_entropy, data, epochs=2)
    changed = {name for name, value in model.state_dict().items() if not np.array_equal(value, before[name])}
    assert changed == {"2.weight", "2.bias"}
    with pytest.raises(errors.DomainError) as raised:
        tl.optim.SGD(model.parameters())
    assert str(raised.value) == (
        "SGD: a parameter must require grad, got number 0, of shape (3, 2), that does not. "
        "Type instead: [p for p in model.parameters() if p.requires_grad]"
    )


def test_mistakes_in_composition_say_what_to_type():
    with pytest.raises(errors.ArgumentError) as raised:
        nn.Sequential([nn.ReLU()])
    assert str(raised.value) == "Sequential: its parts must be modules or functions, got a list. Type instead: nn.Sequential(*modules)"
    with pytest.raises(errors.ArgumentError) as raised:
        nn.Sequential(nn.ReLU)
    assert str(raised.value) == "Sequential: its parts must be modules or functions, got the class ReLU. Use instead: nn.ReLU(...)"
    with pytest.raises(errors.DomainError) as raised:
        nn.ModuleDict({"head": nn.Tanh()})["haed"]
    assert str(raised.value) == "ModuleDict: name must be one of 'head', got 'haed'. Type instead: 'head'"
    with pytest.raises(errors.ShapeError) as raised:
        nn.Residual(nn.Linear(2, 3))(np.zeros((1, 2), np.float32))
    assert str(raised.value) == (
        "Residual: what is added must have the input's shape, got (1, 3) and (1, 2) (the change has length 3 on axis 1, the input has 2). Use instead: a module whose output has its input's shape"
    )


def test_a_seed_makes_models_equal_bit_for_bit():
    def state(seed):
        rng = np.random.default_rng(seed)
        model = nn.Sequential(
            nn.Conv2d(1, 2, 3, rng=rng), nn.LSTM(3, 4, rng=rng), nn.TransformerEncoderLayer(4, 2, 8, rng=rng), nn.Embedding(5, 2, rng=rng)
        )
        return model.state_dict()

    a, b, other = state(3), state(3), state(4)
    assert all(np.array_equal(a[k], b[k]) for k in a)
    assert not all(np.array_equal(a[k], other[k]) for k in a)


def test_dropout_repeats_from_its_seed_and_keeps_the_mean():
    x = np.ones((200, 200), np.float32)
    a, b = nn.Dropout(0.3, rng=5), nn.Dropout(0.3, rng=5)
    first, second = a(x), a(x)
    np.testing.assert_array_equal(first, b(x))
    assert not np.array_equal(first, second)
    assert abs(first.mean() - 1.0) < 4 * np.sqrt(0.3 / 0.7 / x.size)
    np.testing.assert_array_equal(a.eval()(x), x)


def test_copied_layers_of_a_stack_drop_different_features():
    layer = nn.TransformerEncoderLayer(4, 2, 8, dropout=0.5, rng=0)
    stack = nn.TransformerEncoder(layer, 2)
    x = np.ones((50, 1, 4), np.float32)
    masks = [np.asarray(one.dropout1(x)) for one in stack.layers]
    assert not np.array_equal(*masks)


def test_a_layer_at_its_kink_follows_its_convention_in_silence():
    x = tl.tensor(np.zeros((1, 1, 2, 2)), requires_grad=True)
    y = nn.AdaptiveMaxPool2d(1)(nn.LeakyReLU(0.25)(x)) + nn.MaxPool2d(2)(nn.ReLU()(x))
    np.sum(y).backward()  # a warning would be an error here
    np.testing.assert_array_equal(x.grad, [[[[0.25, 0.0], [0.0, 0.0]]]])
