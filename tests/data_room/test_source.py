"""What a loader takes: columns, rows, and objects that make rows; and copies, whatever it took."""

import numpy as np
import pytest

import tinygrad_loss as tl
from tinygrad_loss import errors
from tinygrad_loss.data import DataLoader, Dataset, TensorDataset, flip, noise, shift

X, Y = np.arange(10.0).reshape(5, 2), np.arange(5)


class Squares(Dataset):
    """As PyTorch's: a class of one's own, without arrays and without ``super().__init__``."""

    def __init__(self, n):
        self.n = n

    def __len__(self):
        return self.n

    def __getitem__(self, i):
        assert type(i) is int
        return np.array([i, i + 1.0]), i * i


class Begun(Squares):
    def __init__(self, n):
        super(Squares, self).__init__()
        self.n = n


class Bare(Dataset):
    """Without any constructor."""

    def __len__(self):
        return 5

    def __getitem__(self, i):
        return {"x": X[i], "y": Y[i]}


class Stranger:
    """Not even a Dataset."""

    def __len__(self):
        return 5

    def __getitem__(self, i):
        return X[i], Y[i], [i, i]


class Half(Dataset):
    """With arrays, and rows of its own making."""

    def __getitem__(self, i):
        return self.x[i] / 2, self.y[i]


def pairs():
    return list(zip(X, Y, strict=True))


SOURCES = {
    # what is given, and the one batch of all its rows
    "a data set": (lambda: Dataset(X, Y), (X, Y)),
    "two columns": (lambda: (X, Y), (X, Y)),
    "lists as columns": (lambda: (X.tolist(), Y.tolist()), (X, Y)),
    "three columns": (lambda: (X, Y, -X), (X, Y, -X)),
    "tensors as columns": (lambda: (tl.tensor(X), tl.tensor(Y)), (X, Y)),
    "a TensorDataset": (lambda: TensorDataset(X, Y, X + 1), (X, Y, X + 1)),
    "a TensorDataset of one": (lambda: TensorDataset(X), (X,)),
    "a dict of columns": (lambda: {"x": X, "y": Y}, {"x": X, "y": Y}),
    "a list of pairs": (pairs, (X, Y)),
    "a list of lists": (lambda: [[x, y] for x, y in pairs()], (X, Y)),
    "a list of dicts": (lambda: [{"x": x, "y": y} for x, y in pairs()], {"x": X, "y": Y}),
    "a list of arrays": (lambda: list(X), X),
    "a list of numbers": (lambda: [3, 1, 2], np.array([3, 1, 2])),
    "rows of one's own": (lambda: Squares(4), (np.array([[0, 1], [1, 2], [2, 3], [3, 4.0]]), np.array([0, 1, 4, 9]))),
    "rows after super().__init__()": (lambda: Begun(2), (np.array([[0, 1], [1, 2.0]]), np.array([0, 1]))),
    "rows that are dicts": (Bare, {"x": X, "y": Y}),
    "rows of a stranger": (Stranger, (X, Y, np.stack([Y, Y], 1))),
    "rows made of arrays": (lambda: Half(X, Y), (X / 2, Y)),
}
of_each_source = pytest.mark.parametrize("name", SOURCES)


def arrays(batch):
    return list(batch.values()) if isinstance(batch, dict) else list(batch) if isinstance(batch, tuple) else [batch]


@of_each_source
@pytest.mark.parametrize("options", [{}, {"shuffle": True, "rng": 3}, {"prefetch": 2}], ids=["in order", "shuffled", "ahead"])
def test_batches_have_the_form_of_a_row_and_every_row_once(name, options):
    make, whole = SOURCES[name]
    n = len(arrays(whole)[0])
    loader = DataLoader(make(), 2, **options)
    batches = list(loader)
    assert len(batches) == len(loader) == -(-n // 2)
    assert {type(batch) for batch in batches} == {type(whole)}
    if isinstance(whole, dict):
        assert all(list(batch) == list(whole) for batch in batches)
    order = np.random.default_rng(3).permutation(n) if options.get("shuffle") else np.arange(n)
    for k, column in enumerate(arrays(whole)):
        np.testing.assert_array_equal(np.concatenate([arrays(batch)[k] for batch in batches]), column[order])


@of_each_source
@pytest.mark.parametrize("shuffle", [False, True])
@pytest.mark.parametrize("size", [1, 2, 64])
def test_what_is_done_to_a_batch_stays_in_it(name, shuffle, size):
    x, y = X.copy(), Y.copy()
    given = {"a data set": Dataset(x, y), "two columns": (x, y), "a dict of columns": {"x": x, "y": y}}.get(name) or SOURCES[name][0]()
    loader = DataLoader(given, size, shuffle)
    for batch in loader:
        for a in arrays(batch):
            a[...] = -1
    np.testing.assert_array_equal(x, X)
    np.testing.assert_array_equal(y, Y)
    for k, column in enumerate(arrays(SOURCES[name][1])):
        again = np.concatenate([arrays(batch)[k] for batch in loader])
        np.testing.assert_array_equal(np.sort(again, axis=0), np.sort(column, axis=0))


def test_a_batch_of_a_file_does_not_write_into_it(tmp_path):
    np.save(tmp_path / "x.npy", X)
    np.save(tmp_path / "y.npy", Y)
    data = Dataset.mapped(tmp_path / "x.npy", tmp_path / "y.npy")
    for x, _ in DataLoader(data, 2):
        np.divide(x, 10, out=x)
    np.testing.assert_array_equal(np.load(tmp_path / "x.npy"), X)


RULE = "dataset must be a Dataset, columns such as (x, y) or {'x': x}, a list of rows, or an object with __len__ and __getitem__"
REFUSED = {
    "an array": (lambda: X, errors.ArgumentError, f"{RULE}, got ndarray. Type instead: DataLoader((x, y)), or DataLoader(tl.data.TensorDataset(x))"),
    "a tensor": (lambda: tl.tensor(X), errors.ArgumentError,
        f"{RULE}, got Tensor. Type instead: DataLoader((x, y)), or DataLoader(tl.data.TensorDataset(x))"),
    "a generator": (lambda: (x for x in X), errors.ArgumentError, f"{RULE}, got generator. Type instead: DataLoader(list(rows))"),
    "a set": (lambda: {1, 2}, errors.ArgumentError, f"{RULE}, got set. Type instead: DataLoader(list(rows))"),
    "a text": (lambda: "digits", errors.ArgumentError, f"{RULE}, got str. Type instead: tl.data.Dataset(x, y)"),
    "nothing": (lambda: None, errors.ArgumentError, f"{RULE}, got NoneType. Type instead: tl.data.Dataset(x, y)"),
    "a class": (lambda: Squares, errors.ArgumentError, f"{RULE}, got the class Squares. Use instead: Squares(...), the object"),
    "a loader": (lambda: DataLoader((X, Y)), errors.ArgumentError,
        f"{RULE}, got DataLoader. Type instead: DataLoader(loader.dataset, batch_size=32)"),
    "an empty list": (list, errors.DomainError, "there must be at least one example, got 0 rows. Use instead: Dataset(x, y) with rows"),
    "no rows": (lambda: Squares(0), errors.DomainError, "there must be at least one example, got 0 rows. Use instead: Dataset(x, y) with rows"),
    "no columns": (tuple, errors.DomainError, "there must be at least one column, got none. Type instead: tl.data.Dataset(x, y)"),
    "columns of unlike lengths": (lambda: (X, Y, Y[:3]), errors.ShapeError,
        "every column must have one row per example, got (5, 2) and (5,) and (3,) (column 0 has length 5 on axis 0, column 2 has 3). Type instead: TensorDataset(*(column[:3] for column in columns))"),
    "a dict of unlike lengths": (lambda: {"x": X, "y": Y[:3]}, errors.ShapeError,
        "every column must have one row per example, got (5, 2) and (3,) (column 0 has length 5 on axis 0, column 1 has 3). Type instead: TensorDataset(*(column[:3] for column in columns))"),
    "numbers as columns": (lambda: (3.0, 4.0), errors.ShapeError,
        "a column must have one row per example, got (). Use instead: TensorDataset(x, y) with arrays"),
    "two data sets": (lambda: (Dataset(X, Y), Dataset(X, Y)), errors.ArgumentError,
        "a column must be an array, got Dataset. Use instead: DataLoader(train), for each of the parts"),
    "rows of unlike shapes": (lambda: [([1, 2], 0), ([3], 1)], errors.ShapeError,
        "every row must have the shape of the others, got rows of unlike shapes. Type instead: x, lengths = tl.nn.pad_sequences(rows)"),
    "rows of unlike parts": (lambda: [(1, 2), (3,)], errors.ShapeError,
        "every row must have as many parts as the others, got rows of unlike lengths. Use instead: (x, y) for each"),
    "rows of unlike names": (lambda: [{"x": 1}, {"y": 2}], errors.ShapeError,
        "every row must have the same names, got others. Use instead: {'x': x, 'y': y} for each"),
    "rows of objects": (lambda: [(object(), 1)], errors.DTypeError,
        "a row must hold numbers or arrays, got object. Type instead: np.asarray(row, dtype=np.float32)"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_the_rest_is_refused_in_a_sentence(name):
    make, kind, message = REFUSED[name]
    with pytest.raises(kind) as raised:
        DataLoader(make(), 2)
    assert str(raised.value) == f"DataLoader: {message}"


def test_rows_that_only_show_later_are_refused_then():
    class Growing(Squares):
        def __getitem__(self, i):
            return np.zeros(i), 0

    with pytest.raises(errors.ShapeError, match=r"^DataLoader: every row must have the shape of the others"):
        list(DataLoader(Growing(3), 2))


def test_a_data_set_without_a_length_or_without_arrays_says_so():
    class Endless(Dataset):
        def __getitem__(self, i):
            return X[i], Y[i]

    with pytest.raises(errors.ArgumentError) as raised:
        DataLoader(Endless())
    assert str(raised.value) == (
        "Endless: it must define __len__ and __getitem__, got no __len__. Use instead: def __len__(self): return n, in Endless"
    )
    for given, got in (((), "neither"), ((X,), "x only")):
        with pytest.raises(errors.ArgumentError) as raised:
            Dataset(*given)
        assert str(raised.value) == f"Dataset: it needs x and y, got {got}. Type instead: tl.data.Dataset(x, y)"


def test_rows_of_ones_own_are_collected_by_the_line_that_the_message_says():
    data = Squares(4)
    assert repr(data) == "Squares(4 rows)"
    assert "Squares" in data._repr_html_()
    assert [y for _, y in data] == [0, 1, 4, 9]
    with pytest.raises(AttributeError) as raised:
        data.split()
    assert str(raised.value) == (
        "Squares: it makes its rows one at a time, got .x. "
        "Type instead: tl.data.Dataset(*next(iter(tl.data.DataLoader(data, len(data))))), or x and y in Squares.__init__"
    )
    whole = tl.data.Dataset(*next(iter(tl.data.DataLoader(data, len(data)))))
    np.testing.assert_array_equal(whole.y, [0, 1, 4, 9])


@pytest.mark.parametrize(
    ("name", "instead"),
    [
        ("num_workers", "prefetch=2, for a thread that prepares batches"),
        ("generator", "rng=0"),
        ("pin_memory", "DataLoader(...), without pin_memory="),
        ("shufle", "shuffle="),
    ],
)
def test_other_arguments_say_what_to_type(name, instead):
    with pytest.raises(errors.ArgumentError) as raised:
        DataLoader((X, Y), 2, **{name: 1})
    rule = "arguments are dataset, batch_size, shuffle, drop_last, rng, augment, prefetch"
    assert str(raised.value) == f"DataLoader: {rule}, got {name}=. {tl.errors.remedy(instead)}"


@pytest.mark.parametrize("given", [(X, Y), TensorDataset(X, Y), pairs(), Dataset(X, Y)], ids=["columns", "tensors", "rows", "data set"])
def test_augmentation_varies_the_inputs_alone(given):
    for (x, y), (plain, target) in zip(DataLoader(given, 2, rng=0, augment=lambda x, rng: x + 100), DataLoader(given, 2), strict=True):
        np.testing.assert_array_equal(x, plain + 100)
        np.testing.assert_array_equal(y, target)


@pytest.mark.parametrize(
    ("given", "augment", "got"),
    [((X, Y), "noise", "str"), ({"x": X}, noise, "batches that are dicts, which have no first")],
    ids=["a name", "dicts"],
)
def test_augmentation_that_cannot_be_is_refused(given, augment, got):
    with pytest.raises(errors.ArgumentError) as raised:
        DataLoader(given, augment=augment)
    rule = "augment must be a function (x, rng) -> x of the first array of a batch"
    assert str(raised.value) == f"DataLoader: {rule}, got {got}. Use instead: augment=tl.data.noise, and DataLoader((x, y))"


@pytest.mark.parametrize("vary", [shift, flip, noise])
def test_augmentation_takes_a_seed(vary):
    images = np.random.default_rng(0).random((20, 5, 4))
    np.testing.assert_array_equal(vary(images, 7), vary(images, np.random.default_rng(7)))
    assert not np.array_equal(vary(images, 7), vary(images, 8))


FITTED = {
    "a list of pairs": pairs,
    "columns": lambda: (X, Y),
    "a TensorDataset": lambda: TensorDataset(X, Y),
    "rows": lambda: Plain(),
    "a data set": lambda: Dataset(X, Y),
}


class Plain(Dataset):
    def __len__(self):
        return 5

    def __getitem__(self, i):
        return X[i], Y[i]


@pytest.mark.parametrize("name", FITTED)
def test_fit_takes_what_a_loader_takes(name):
    def trained(data, validation):
        model = tl.nn.Linear(2, 5, rng=0).astype(np.float64)
        return tl.fit(model, tl.losses.cross_entropy, data, epochs=2, batch_size=2, validation=validation)

    history, expected = trained(FITTED[name](), FITTED[name]()), trained(Dataset(X, Y), Dataset(X, Y))
    for column in ("loss", "accuracy", "val_loss", "val_accuracy"):
        assert history[column] == expected[column]
    assert trained(DataLoader(FITTED[name](), 2, shuffle=True, rng=0), None)["loss"] == expected["loss"]


@pytest.mark.parametrize(
    "given", [{"x": X, "y": Y}, TensorDataset(X, Y, Y), Stranger(), list(X)], ids=["a dict", "three", "rows", "arrays"]
)
def test_fit_refuses_what_has_no_inputs_and_targets(given):
    model = tl.nn.Linear(2, 5, rng=0).astype(np.float64)
    with pytest.raises(errors.ArgumentError) as raised:
        tl.fit(model, tl.losses.cross_entropy, given)
    assert str(raised.value) == (
        f"tl.fit: dataset must be a Dataset or a DataLoader, got {type(given).__name__}. Type instead: tl.data.Dataset(x, y)"
    )
    with pytest.raises(errors.ArgumentError, match=r"^tl.fit: dataset must be a Dataset or a DataLoader of inputs and targets, got "):
        tl.fit(model, tl.losses.cross_entropy, DataLoader(given))
