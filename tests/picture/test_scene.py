"""What a picture is made of: which boxes, which edges, and what they say."""

import numpy as np
import pytest

import tinygrad_loss as tl
from tinygrad_loss.ops.blocks import BLOCK
from tinygrad_loss.picture.lines import Line, lines_of
from tinygrad_loss.picture.scene import scene_of


def titled(scene, title):
    return next(box for box in scene.boxes if box.title == title)


def test_roles_are_told_apart():
    w = tl.tensor([1.0, 2.0], requires_grad=True, name="w")
    x = tl.tensor([3.0, 4.0], name="x")
    y = np.sum(np.where(x > 3.5, w, 2.0))
    roles = {box.title or box.value: box.role for box in tl.draw(y).scene.boxes}
    assert roles == {"w": "parameter", "[false, true]": "input", "2": "constant", "where": "op", "sum": "op"}


def test_a_comparison_of_parameters_is_an_op_without_gradient():
    x = tl.tensor([3.0, 4.0], requires_grad=True, name="x")
    box = titled(tl.draw(np.sum(np.where(x > 3.5, x, 0.0))).scene, "greater")
    assert (box.role, box.value, box.gradient) == ("truth", "[false, true]", None)


def test_a_box_says_type_value_and_gradient():
    x = tl.tensor(np.array([1.0, 2.0], np.float32), requires_grad=True, name="x")
    box = titled(tl.draw(np.sum(x * x)).scene, "x")
    assert (box.type, box.value, box.gradient) == ("(2,) float32", "[1, 2]", "[2, 4]")


def test_a_big_array_is_summed_up():
    x = tl.tensor(np.arange(101.0), requires_grad=True, name="x")
    box = titled(tl.draw(np.mean(x)).scene, "x")
    assert (box.value, box.gradient) == ("0 … 100, mean 50", "all 0.009901")


def test_complex_numbers_are_summed_up_by_their_modulus():
    x = tl.tensor(np.zeros(32), requires_grad=True)
    box = titled(tl.draw(np.sum(np.abs(np.fft.rfft(x + 1.0)) ** 2)).scene, "rfft")
    assert box.value.startswith("modulus 0 \N{HORIZONTAL ELLIPSIS} 32, mean")


def test_every_interior_node_has_its_gradient():
    x = tl.tensor(3.0, requires_grad=True)
    scene = tl.draw(np.exp(x * 2.0) + 1.0).scene
    # d/dz exp(z) at z = 6, and twice that for x.
    assert titled(scene, "multiply").gradient == f"{np.exp(6.0):.5g}"
    assert titled(scene, "x").gradient == f"{2 * np.exp(6.0):.5g}"


def test_gradient_is_said_of_leaves_and_arriving_of_ops():
    x = tl.tensor(2.0, requires_grad=True, name="x")
    picture = tl.draw(np.abs(x - 2.0))
    said = {box.title: [line for line in lines_of(box) if line.kind == "pair"] for box in picture.scene.boxes}
    assert said["x"] == [Line("pair", "value", "2"), Line("pair", "gradient", "undefined")]
    assert said["absolute"] == [Line("pair", "value", "0"), Line("pair", "arriving", "1")]
    assert "gradient, arriving: the slope of the result" in picture.dot


def test_names_are_the_callers_where_none_were_given():
    weight = tl.tensor([1.0, 2.0], requires_grad=True)
    data = np.array([3.0, 4.0])
    error = weight - data
    scene = tl.draw(np.sum(error**2)).scene
    assert titled(scene, "weight").role == "parameter"
    assert titled(scene, "data").role == "input"
    assert titled(scene, "subtract").name == "error"


def test_a_function_is_drawn_with_its_own_argument_names():
    scene = tl.draw(lambda slope, data: np.sum(slope * data), 2.0, np.array([1.0, 2.0])).scene
    assert [box.title for box in scene.boxes] == ["slope", "data", "multiply", "sum"]


def test_draw_changes_no_gradient_and_no_graph():
    x = tl.tensor([1.0, 2.0], requires_grad=True)
    y = np.sum(x * x)
    node = y.node
    tl.draw(y).svg  # noqa: B018  the property draws
    assert x.grad is None
    assert y.node == node
    y.backward()
    before = x.grad.copy()
    tl.draw(y)
    np.testing.assert_array_equal(x.grad, before)


def test_a_repeated_operand_says_so_on_its_edge():
    x = tl.tensor(np.ones((2, 3)), requires_grad=True)
    b = tl.tensor(np.ones(3), requires_grad=True)
    scene = tl.draw(np.sum(x + b)).scene
    assert [edge.label for edge in scene.edges] == ["", "(3,) repeated", ""]


def test_equal_parts_are_drawn_once():
    h = tl.tensor([0.1, 0.2], requires_grad=True, name="h")
    w = tl.tensor(np.eye(2), requires_grad=True, name="w")
    state = h
    for _ in range(50):
        state = np.tanh(w @ state)
    scene = tl.draw(np.sum(state)).scene
    assert [(box.title, box.count) for box in scene.boxes] == [("w", 1), ("h", 1), ("matmul", 50), ("tanh", 50), ("sum", 1)]
    assert [edge.again for edge in scene.edges] == [False, False, False, True, False]
    assert [count for _, count in scene.parts] == [50]


def test_folding_gathers_the_parameters_of_equal_layers():
    weights = [tl.tensor(np.eye(2) * i, requires_grad=True, name=f"w{i}") for i in range(1, 5)]
    y = tl.tensor([[1.0, 2.0]])
    for w in weights:
        y = np.tanh(y @ w)
    scene = tl.draw(np.sum(y), fold=True).scene
    box = next(box for box in scene.boxes if box.role == "parameter")
    assert (box.title, box.count) == ("w1 … w4", 4)


def test_parts_wired_otherwise_are_not_folded():
    x = tl.tensor(1.0, requires_grad=True)
    same = crossed = x
    for i in range(30):
        same = np.tanh(same)
        crossed = crossed * x if i % 2 else crossed * crossed
    assert max(box.count for box in tl.draw(same).scene.boxes) == 30
    assert max(box.count for box in tl.draw(crossed).scene.boxes if box.title == "multiply") < 30


def test_a_huge_graph_shows_what_is_near_the_result():
    x = tl.tensor(1.0, requires_grad=True, name="x")
    y = x
    for i in range(500):
        y = y + 1.0 if (i * i) % 7 in {1, 2} else np.sin(y)
    scene = tl.draw(y, fold=False, max_nodes=10).scene
    assert sum(box.role == "op" for box in scene.boxes) == 10
    assert titled(scene, "490 more ops").role == "hidden"
    assert titled(scene, "x").role == "parameter"


def test_a_deep_graph_needs_no_recursion():
    x = tl.tensor(1.0, requires_grad=True)
    y = x
    for _ in range(100_000):
        y = y + 1.0
    boxes = tl.draw(y).scene.boxes
    assert [(box.title or box.value, box.count) for box in boxes] == [("x", 1), ("1", 1), ("add", 100_000)]


def test_keys_are_the_same_in_every_run():
    def once():
        x = tl.tensor([1.0, 2.0], requires_grad=True, name="x")
        return tl.draw(np.sum(np.exp(x) * x)).dot

    assert once() == once()


def test_a_result_of_several_entries_says_whose_slope_it_shows():
    x = tl.tensor([1.0, 2.0], requires_grad=True)
    picture = tl.draw(x * 3.0)
    assert picture.scene.of_sum
    assert "the slope of the sum of the result" in picture.dot


def test_a_graph_without_gradient_is_drawn_too():
    scene = scene_of(tl.tensor([1.0, 2.0], name="x"))
    assert [(box.title, box.role, box.gradient) for box in scene.boxes] == [("x", "input", None)]


@pytest.mark.parametrize(
    ("thing", "args", "message"),
    [
        (
            3.0,
            (),
            (
                "tl.draw: what is drawn must be a tensor, got a float. "
                "Use instead: tl.draw(f, x), or x = tl.tensor(x, requires_grad=True), then tl.draw(f(x))"
            ),
        ),
        (
            lambda x: 3.0,
            (2.0,),
            (
                "tl.draw: what is drawn must be a tensor, got a float. "
                "Use instead: tl.draw(f, x) with an f that returns what NumPy made of x, without float(), .item() or .numpy()"
            ),
        ),
        (tl.tensor(1.0), (2.0,), "tl.draw: arguments follow a function, got a Tensor and 1 more. Type instead: tl.draw(y)"),
    ],
)
def test_what_cannot_be_drawn(thing, args, message):
    with pytest.raises(tl.errors.ArgumentError) as error:
        tl.draw(thing, *args)
    assert str(error.value) == message


def test_an_undefined_op_is_marked_with_its_two_slopes():
    x = tl.tensor(2.0, requires_grad=True, name="x")
    scene = tl.draw(np.abs(x - 2.0)).scene
    box = titled(scene, "absolute")
    assert (box.state, box.note) == ("undefined", "kink\nslope \N{MINUS SIGN}1 on the left, +1 on the right")
    assert titled(scene, "x").gradient == titled(scene, "subtract").gradient == "undefined"


def test_the_square_is_clean():
    x = tl.tensor(2.0, requires_grad=True, name="x")
    scene = tl.draw((x - 2.0) ** 2).scene
    assert {box.state for box in scene.boxes} == {"plain"}
    assert titled(scene, "x").gradient == "0"


def test_kinks_that_cancel_are_told_from_those_that_do_not():
    def f(x, y):
        return np.abs(x) + tl.ops.relu(y) - tl.ops.relu(-y)

    boxes = tl.draw(f, 0.0, 0.0).scene.boxes
    assert [(b.title, b.state) for b in boxes if b.state != "plain"] == [
        ("absolute", "undefined"),
        ("relu", "cancels"),
        ("relu", "cancels"),
    ]
    assert [(b.title, b.gradient) for b in boxes if b.role == "parameter"] == [("x", "undefined"), ("y", "1")]


def test_a_kink_that_no_gradient_reaches_is_not_marked():
    x = tl.tensor(0.0, requires_grad=True)
    assert {box.state for box in tl.draw(x * np.abs(x)).scene.boxes} == {"plain"}


def test_only_the_entries_that_tie_are_undefined():
    scene = tl.draw(lambda x: np.max(x), np.array([1.0, 3.0, 3.0, 2.0])).scene
    assert titled(scene, "x").gradient == "[0, undefined, undefined, 0]"
    scene = tl.draw(lambda x: np.sum(np.abs(x)), np.array([1.0, 0.0, -3.0])).scene
    assert titled(scene, "absolute").note.startswith("kink in 1 of 3 entries\n")
    assert titled(scene, "x").gradient == "[1, undefined, \N{MINUS SIGN}1]"


def test_a_tied_comparison_is_marked():
    scene = tl.draw(lambda x: np.where(x > 0, 2 * x, x), 0.0).scene
    assert (titled(scene, "greater").state, titled(scene, "greater").note) == ("undefined", "tie: both sides are equal")


def test_nothing_comes_through_a_branch_that_was_not_chosen():
    with np.errstate(divide="ignore"):
        scene = tl.draw(lambda x: np.where(x > 1.0, np.log(x), x), 0.0).scene
    assert titled(scene, "x").gradient == "1"
    assert titled(scene, "log").gradient == "0"


@pytest.mark.parametrize("n", [5, BLOCK + 1])
def test_a_loss_of_many_entries_is_drawn_in_the_steps_of_one_of_few(n):
    target = np.arange(n) + 1.0
    values = np.arange(n) + 2.0
    values[3] = target[3]
    x = tl.tensor(values, requires_grad=True, name="x")
    loss = tl.losses.l1_loss(x, target)
    loss.name = "cost"
    scene = tl.draw(loss).scene
    assert [box.title for box in scene.boxes if box.role == "op"][:2] == ["subtract", "absolute"]
    assert titled(scene, "absolute").state == "undefined"
    assert [box.name for box in scene.boxes if box.result] == ["cost"]
    assert "undefined" in titled(scene, "x").gradient
