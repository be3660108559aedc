"""The options of a diagram: values, gradients, the backward pass, folding, the dark page."""

from __future__ import annotations

import ast
import re
import sys
from html import unescape
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers.graphs import net, plain
from helpers.leaves import random_leaf
from helpers.processes import python

import tinygraph as tg
import tinygraph.show.draw as draw_module
from tinygraph.show.annotate import summary
from tinygraph.show.diagram import Diagram, Node


def nodes(loss: tg.Tensor, **options: Any) -> dict[str, Node]:
    return {node.title: node for node in plain(loss, **options).nodes}


def arrows(d: Diagram, kind: str) -> set[tuple[str, str]]:
    return {(edge.tail.title, edge.head.title) for edge in d.edges if edge.kind == kind}


def boxes(loss: tg.Tensor, **options: Any) -> list[str]:
    return [box.title for box in plain(loss, **options).boxes]


# --- values and gradients


@pytest.mark.parametrize(
    ("array", "lines"),
    [
        (np.array(0.5), ["0.5"]),
        (np.array([1, 2]), ["[1 2]"]),
        (np.array([True]), ["[ True]"]),
        (np.array([[1.0, -2.5], [0.25, 10]]), ["[ 1.   -2.5 ]", "[ 0.25 10.  ]"]),
        (np.zeros((2, 1, 2)), ["[0. 0.]", "[0. 0.]"]),
        (np.arange(9), ["min 0, max 8", "mean 4, norm 14.28"]),  # a row too long to write out
        (np.arange(25.0).reshape(5, 5), ["min 0, max 24", "mean 12, norm 70"]),
        (np.r_[np.nan, np.inf, 3.0, np.full(7, 4.0)], ["min 3, max 4", "mean 3.875, norm 11"]),
        (np.full(30, np.nan), []),
        (np.full(100, -1.5e308), ["min -1.5e+308, max -1.5e+308", "mean -1.5e+308, norm inf"]),
        (np.full(100, 1e200), ["min 1e+200, max 1e+200", "mean 1e+200, norm 1e+201"]),
        (np.full(100, 1e-200), ["min 1e-200, max 1e-200", "mean 1e-200, norm 1e-199"]),
        (np.full(100, 6e4, np.float16), ["min 6e+04, max 6e+04", "mean 6e+04, norm 6e+05"]),
    ],
)
def test_small_arrays_are_written_out_and_large_ones_summarised(array: Any, lines: list[str]) -> None:
    assert summary(array) == lines


@pytest.mark.parametrize("shape", [(0,), (3, 0), (2, 0, 2)])
def test_an_empty_array_can_be_drawn(shape: tuple[int, ...]) -> None:
    x = random_leaf(*shape, name="x")
    y = (x * 2).sum()
    y.backward()
    assert tg.draw(y, values=True, backward=True).source


def test_each_result_has_its_values_once() -> None:
    drawn = nodes(net(2, 3, 1), values=True)
    assert drawn["Z2"].notes[0].lines == summary(drawn["Z2"].value.data)
    assert drawn["log_loss"].notes  # it has no name, and so no node for its result
    assert not drawn["linear"].notes
    assert not any(node.notes for node in nodes(net(2, 3, 1)).values())


def test_gradients_are_shown_after_backward() -> None:
    cost = net(2, 3, 1)
    assert not any(node.notes for node in nodes(cost).values())
    cost.tape()[1].retain_grad()
    cost.backward()
    drawn = nodes(cost)
    assert [title for title, node in drawn.items() if node.notes] == ["W1", "b1", "A1", "W2", "b2"]
    W1 = drawn["W1"]
    assert W1.notes[0].number == pytest.approx(np.linalg.norm(W1.value.grad))
    assert f"|dW1| {np.linalg.norm(W1.value.grad):.4g}" in tg.draw(cost).source
    assert nodes(cost, values=True)["W1"].notes[1].lines == ["dW1 =", *summary(W1.value.grad)]
    assert not nodes(cost, gradients=False)["W1"].notes


def test_a_gradient_that_is_a_tensor_is_shown() -> None:
    x = random_leaf(3, name="x")
    (x**3).sum().backward(create_graph=True)
    assert nodes((x * 2).sum(), values=True)["x"].notes[1].lines == ["dx =", *summary(x.grad.data)]


@pytest.mark.parametrize("dark", [False, True])
def test_numbers_that_are_not_finite_stand_out(dark: bool) -> None:
    x = tg.Tensor([-1.0, 0.0, 1.0], requires_grad=True, name="x")
    with np.errstate(all="ignore"):
        y = tg.log(x)
        y.name = "y"
        y.sum().backward()
        x.grad = np.array([1.0, np.nan, np.inf])
        drawn = nodes(y, values=True)
        source = tg.draw(y, values=True, dark=dark).source
    assert drawn["y"].alarm == "1 NaN and 1 inf of 3"
    assert drawn["x"].alarm == "dx: 1 NaN and 1 inf of 3"
    assert source.count("shape=octagon") == 2
    assert "octagon" not in tg.draw(y, gradients=False).source


def test_a_frame_counts_its_parameters() -> None:
    with tg.scope("outermost"), tg.scope("outer"):
        cost = net(2, 3, 1)
    outermost, outer, first, second = plain(cost).boxes
    assert [(box.ops, box.parameters, box.bytes) for box in (first, second)] == [(2, 9, 72), (2, 4, 32)]
    for box in (outer, outermost):
        assert (box.ops, box.parameters, box.bytes) == (6, 13, 104)
    assert "9 parameters, 72 bytes" in tg.draw(cost).source
    wide = plain(net(300, 20, 1)).boxes[0]
    assert draw_module.draw(net(300, 20, 1)).source.count("6,020 parameters, 47.03 KiB") == 1
    assert wide.bytes == 6020 * 8


# --- the backward pass


def test_the_backward_pass_of_the_lessons_net() -> None:
    drawn = plain(net(2, 3, 1), backward=True)
    assert [node.title for node in drawn.nodes if node.kind == "gradient"] == [
        *("dcost", "dA2", "dZ2", "dA1", "dZ1", "dW2", "db2", "dW1", "db1")
    ]
    assert arrows(drawn, "backward") == {
        *{("dcost", "mean backward"), ("mean backward", "log_loss backward"), ("log_loss backward", "dA2")},
        *{("dA2", "sigmoid backward"), ("sigmoid backward", "dZ2"), ("dZ2", "linear backward")},
        *{("linear backward", name) for name in ("dW2", "db2", "dA1", "dW1", "db1")},
        *{("dA1", "relu backward"), ("relu backward", "dZ1"), ("dZ1", "linear backward")},
    }
    assert arrows(drawn, "taken") == {
        *{("A2", "log_loss backward"), ("Y", "log_loss backward"), ("A2", "sigmoid backward")},
        *{("A1", "linear backward"), ("W2", "linear backward"), ("A1", "relu backward"), ("X", "linear backward")},
    }
    assert ("W1", "linear backward") not in arrows(drawn, "taken")  # X requires no gradient
    formulas = [line for node in drawn.nodes if node.kind == "backward" for line in node.details]
    assert {"dW2 = dZ2 @ A1.T", "dA1 = W2.T @ dZ2", "dZ1 = dA1 * (A1 > 0)"} <= set(formulas)
    places = {node.title: node.box.title for node in drawn.nodes if node.kind == "gradient" and node.box}
    assert places["dA1"] == places["dW1"] == "layer 1: LINEAR -> RELU, backward"


def test_the_backward_pass_does_not_change_the_forward_part() -> None:
    alone, both = plain(net(2, 3, 1)), plain(net(2, 3, 1), backward=True)
    assert arrows(both, "forward") == arrows(alone, "forward")
    assert [n.title for n in both.nodes if n.kind not in ("backward", "gradient")] == [n.title for n in alone.nodes]


def test_the_passes_have_different_colours() -> None:
    source = tg.draw(net(2, 3, 1), backward=True).source
    for kind, fill in [("op", "#5b3a8c"), ("backward", "#c22f1f")]:  # purple and red, as in the lesson's Figure 3
        lines = [line for line in source.splitlines() if f"class={kind} " in line and "->" not in line.split("[")[0]]
        assert lines
        assert all(f'fillcolor="{fill}"' in line for line in lines)
    dashed = [line for line in source.splitlines() if "style=dashed" in line]
    assert len(dashed) == 7
    assert all("class=taken" in line for line in dashed)


def test_drawing_the_backward_pass_changes_nothing() -> None:
    cost = net(3, 4, 1, backward=True)
    tensors = [*cost.tape(), *(x for t in cost.tape() for x in t.inputs if isinstance(x, tg.Tensor))]

    def state() -> list[Any]:
        return [
            (
                x.name,
                x.op,
                x.order,
                x.scope,
                x._requires_grad,
                id(x._grad),
                x._data.tobytes(),
                np.asarray(x._grad).tobytes(),
            )
            for x in tensors
        ]

    before = state()
    tg.draw(cost, backward=True, values=True)
    assert state() == before


def test_the_shown_gradients_are_those_of_backward() -> None:
    cost = net(2, 3, 1)
    drawn = nodes(cost, backward=True, values=True)
    cost.backward()
    for name in ("W1", "b1", "W2", "b2"):
        assert drawn[f"d{name}"].notes[0].lines == summary(drawn[name].value.grad)
    assert drawn["dcost"].notes[0].lines == ["1"]


def test_a_frozen_parameter_gets_no_gradient() -> None:
    W, x = random_leaf(2, 2, name="W", grad=False), random_leaf(2, name="x")
    drawn = plain((W @ x).sum(), backward=True)
    assert "dW" not in [node.title for node in drawn.nodes]
    assert arrows(drawn, "taken") == {("W", "matmul backward")}


def test_a_tensor_used_twice_gets_both_gradients() -> None:
    x = random_leaf(3, name="x")
    y = tg.sin(x) * x
    drawn = plain(y.sum(), backward=True)
    assert {tail for tail, head in arrows(drawn, "backward") if head == "dx"} == {"sin backward", "multiply backward"}
    assert arrows(plain((x * x).sum(), backward=True), "taken") == {("x", "multiply backward")}


def test_rules_of_users_are_drawn_also_those_for_arrays_only() -> None:
    half = tg.op("half", lambda x: x / 2, lambda g, y, x: np.multiply(np.asarray(g), 0.5))
    picky = tg.op("picky", lambda x, y: x * y, lambda g, z, x, y: g * y if np.all(y == y) else g, None)
    x, y = random_leaf(3, name="x"), random_leaf(3, name="y", grad=False)
    drawn = plain(picky(half(x), y).sum(), backward=True)
    assert ("half backward", "dx") in arrows(drawn, "backward")
    assert ("y", "picky backward") in arrows(drawn, "taken")


def test_a_single_leaf_and_a_graph_without_gradients() -> None:
    assert [node.title for node in plain(random_leaf(2, name="x"), backward=True).nodes] == ["x", "dx"]
    with pytest.raises(ValueError, match=r"backward=True\) on tensor Y of shape \(2,\), which depends on no tensor"):
        tg.draw(random_leaf(2, name="Y", grad=False), backward=True)


def test_a_compiled_step_is_drawn_with_its_backward_pass() -> None:
    mlp = tg.MLP([3, 4, 1], rng=0)
    step = tg.compile(lambda X, Y: tg.cross_entropy(mlp(X), Y), optimizer=tg.optim.SGD(mlp.parameters, 0.1))
    step(np.ones((3, 8)), np.ones((1, 8)))
    drawn = plain(step, backward=True, values=True)
    kinds = {node.title: node.kind for node in drawn.nodes}
    assert kinds["dW1"] == kinds["new W1"] == "gradient"
    assert kinds["Z1"] == "result"
    assert ("dZ2", "sum") in arrows(drawn, "backward")
    assert ("A1", "greater") in arrows(drawn, "taken")
    assert {node.title: node for node in drawn.nodes}["b2"].notes[0].lines == summary(mlp.parameters["b2"].data)
    assert tg.draw(step).source == tg.draw(step, backward=True).source


def test_a_compiled_function_without_an_optimizer_has_no_backward_pass_to_draw() -> None:
    double = tg.compile(lambda x: x * 2)
    double(np.ones(2))
    assert "multiply" in tg.draw(double).source
    with pytest.raises(ValueError, match=r"backward=True\) takes a Tensor or a compiled training step"):
        tg.draw(double, backward=True)


# --- folding


def layers(count: int, layer: Any = lambda h, W, k: tg.tanh(W @ h), title: str = "layer {}") -> tg.Tensor:
    h = random_leaf(3, 2, name="X", grad=False)
    for k in range(1, count + 1):
        with tg.scope(title.format(k)):
            h = layer(h, random_leaf(3, 3, name=f"W{k}"), k)
            h.name = f"h{k}"
    return h.sum()


def test_a_net_of_fifty_layers_is_drawn_as_three() -> None:
    cost = net(64, *[32] * 49, 1, backward=True)
    drawn = plain(cost)
    assert [(box.title, box.ops, box.parameters) for box in drawn.boxes] == [
        ("layer 1: LINEAR -> RELU", 2, 32 * 65),
        ("layers 2 to 49: LINEAR -> RELU, x 48", 96, 48 * 32 * 33),
        ("layer 50: LINEAR -> SIGMOID", 2, 33),
    ]
    titles = {node.title for node in drawn.nodes}
    assert {"X", "W1", "Z1", "A1", "W[l]", "b[l]", "Z[l]", "A[l]", "W50", "A50", "cost"} <= titles
    assert not {"W2", "W49", "W25"} & titles
    assert "W[l] @ A[l-1] + b[l]" in [line for node in drawn.nodes for line in node.details]
    assert {("A1", "linear"), ("W[l]", "linear"), ("linear", "Z[l]"), ("A[l]", "linear")} <= arrows(drawn, "forward")
    assert ("A[l]", "A[l]") not in arrows(drawn, "forward")
    assert len(drawn.edges) == len(plain(net(64, 32, 32, 1)).edges)  # one layer between the first and the last
    norms = [np.linalg.norm(t.inputs[0].grad) for t in cost.tape() if str(t.op) == "linear"]
    W = next(node for node in drawn.nodes if node.title == "W[l]")
    assert W.notes[0].lines == [f"|dW[l]| {norms[1]:.3g} … {norms[48]:.3g}"]
    assert len(plain(cost, fold=False).boxes) == 50


def test_the_backward_pass_folds_too() -> None:
    drawn = plain(net(64, *[32] * 49, 1), backward=True)
    assert [box.title for box in drawn.boxes if box.backward_of] == [
        *("layer 50: LINEAR -> SIGMOID, backward", "layers 2 to 49: LINEAR -> RELU, backward, x 48"),
        "layer 1: LINEAR -> RELU, backward",
    ]
    small = plain(net(64, 32, 32, 1), backward=True)
    for kind in ("forward", "backward", "taken"):
        assert len(arrows(drawn, kind)) == len(arrows(small, kind))
    assert ("A[l]", "relu backward") in arrows(drawn, "taken")
    assert "dA[l-1] = W[l].T @ dZ[l]" in [line for node in drawn.nodes for line in node.details]


OP, NAMESAKE = (tg.op("mine", lambda x: x * 2, lambda g, y, x: g * 2) for _ in range(2))


def single(name: str) -> tg.Tensor:
    return tg.Tensor(np.ones((3, 3), np.float32), requires_grad=True, name=name)


def join(h: tg.Tensor, as_usual: bool) -> tg.Tensor:
    a = tg.sin(h)
    b = tg.sin(a)
    return b * (a if as_usual else b) + a


ALIKE = ["layer 1", "layers 2 to 5, x 4", "layer 6"]


@pytest.mark.parametrize(
    ("layer", "shown"),
    [
        (lambda h, W, k: tg.tanh(W @ h), ALIKE),
        (lambda h, W, k: tg.tanh(W @ h) if k != 4 else tg.relu(W @ h), None),  # another op
        (lambda h, W, k: tg.tanh(W @ h) if k != 4 else tg.tanh(W @ h) * 2, None),  # one more op
        (lambda h, W, k: tg.leaky_relu(h, slope=0.1) * W.sum(), ALIKE),
        (lambda h, W, k: tg.leaky_relu(h, slope=0.1 if k != 4 else 0.2) * W.sum(), None),  # an option
        (lambda h, W, k: W @ h * (2 if k != 4 else 3), None),  # a number
        (lambda h, W, k: (random_leaf(3, 3, name="W") if k != 4 else single("W")) @ h, None),  # a dtype
        (lambda h, W, k: (OP if k != 4 else NAMESAKE)(W @ h), None),
        (lambda h, W, k: W @ h - h if k != 4 else h - W @ h, None),  # order
        (lambda h, W, k: join(tg.tanh(W @ h), k != 4), None),  # wiring
        (lambda h, W, k: h + random_leaf(3, 2, name=f"x{k}", grad=False) * W.sum(), ALIKE),  # its own data
    ],
)
def test_only_alike_layers_fold(layer: Any, shown: list[str] | None) -> None:
    loss = layers(6, layer)
    assert boxes(loss) == (shown or [f"layer {k}" for k in range(1, 7)])


def test_layers_with_other_wiring_between_them_do_not_fold() -> None:
    u, v = random_leaf(2, name="u"), random_leaf(2, name="v")
    for k in range(1, 7):
        with tg.scope(f"layer {k}"):
            u, v = (tg.sin(u), tg.sin(v)) if k != 4 else (tg.sin(v), tg.sin(u))
    assert boxes((u * v).sum()) == [f"layer {k}" for k in range(1, 7)]


def test_layers_of_other_shapes_do_not_fold() -> None:
    assert boxes(net(9, 8, 8, 8, 8, 7, 7, 7, 7, 1)) == [
        *("layer 1: LINEAR -> RELU", "layers 2 to 4: LINEAR -> RELU, x 3", "layer 5: LINEAR -> RELU"),
        *("layers 6 to 8: LINEAR -> RELU, x 3", "layer 9: LINEAR -> SIGMOID"),
    ]
    assert len(boxes(net(9, 8, 8, 8, 1))) == 4  # two layers are not folded


def test_a_layer_with_another_reader_is_shown() -> None:
    taps = []

    def layer(h: Any, W: Any, k: int) -> Any:
        y = tg.tanh(W @ h)
        taps.extend([y.sum()] if k == 5 else [])
        return y

    assert boxes(layers(9, layer) + taps[0]) == [
        *("layer 1", "layers 2 to 4, x 3", "layer 5", "layers 6 to 8, x 3", "layer 9")
    ]


def test_a_shared_parameter_stays_one_and_the_data_of_steps_fold() -> None:
    W = random_leaf(3, 3, name="W")
    h: Any = random_leaf(3, 2, name="h0", grad=False)
    with tg.scope("net"):
        for k in range(1, 8):
            with tg.scope(f"step {k}"):
                h = tg.tanh(W @ h + tg.Tensor(np.ones((3, 2)), name=f"x{k}"))
    drawn = plain(h.sum())
    assert [box.title for box in drawn.boxes] == ["net", "step 1", "steps 2 to 6, x 5", "step 7"]
    assert [node.title for node in drawn.nodes if node.kind in ("parameter", "data")] == ["W", "h0", "x1", "x[l]", "x7"]
    assert drawn.boxes[0].parameters == 9


def test_parts_in_parallel_fold() -> None:
    X = random_leaf(3, 2, name="X", grad=False)
    heads = []
    for _ in range(4):
        with tg.scope("head"):
            heads.append(random_leaf(3, 3, name="Q") @ X)
    drawn = plain(tg.concatenate(heads).sum(), backward=True)
    assert [box.title for box in drawn.boxes] == ["head, x 4", "head, backward, x 4"]
    assert sum(edge.head.title == "concatenate" for edge in drawn.edges) == 1


def test_runs_within_runs_fold() -> None:
    def block(h: Any, W: Any, k: int) -> Any:
        h = W @ h
        for j in range(6):
            with tg.scope(f"part {j}"):
                h = tg.tanh(h)
        return h * 2

    parts = ["part 0", "parts 1 to 4, x 4", "part 5"]
    assert boxes(layers(5, block, "block {}")) == ["block 1", *parts, "blocks 2 to 4, x 3", *parts, "block 5", *parts]


def test_titles_without_numbers_and_with_several() -> None:
    assert boxes(layers(5, title="layer")) == ["layer", "layer, x 3", "layer"]
    assert boxes(layers(5, title="net 7, layer {}"))[1] == "net 7, layers 2 to 4, x 3"
    assert boxes(layers(5, title="L{}"))[1] == "L2 to 4, x 3"


def test_folding_does_not_hide_nan_and_inf() -> None:
    loss = layers(8)
    tape = list(loss.tape())
    tape[5].data[0, 0] = np.nan  # h3
    tape[7].data[0, 0] = np.inf
    drawn = nodes(loss, values=True)
    assert drawn["h[l]"].alarm == "h3: 1 NaN of 6, and 1 more"
    assert drawn["h1"].alarm == ""


def test_deep_scopes_become_one_node() -> None:
    with tg.scope("outer"):
        cost = net(2, 3, 1)
    assert boxes(cost, depth=3) == boxes(cost, depth=2) == boxes(cost)
    drawn = plain(cost, depth=1, backward=True)
    folded = {node.title: node for node in drawn.nodes if node.kind == "folded"}
    assert [*folded] == ["layer 1: LINEAR -> RELU", "layer 2: LINEAR -> SIGMOID"]
    assert folded["layer 1: LINEAR -> RELU"].details == ["2 ops", "9 parameters, 72 bytes"]
    assert [box.title for box in drawn.boxes] == ["outer", "outer, backward"]
    one, two = folded
    assert {("X", one), (one, two), (two, "log_loss")} <= arrows(drawn, "forward")
    assert (f"{two}, backward", f"{one}, backward") in arrows(drawn, "backward")
    assert {(one, f"{one}, backward"), ("X", f"{one}, backward")} <= arrows(drawn, "taken")
    assert "shape=box3d" in tg.draw(cost, depth=1).source


def test_layers_of_one_node_fold() -> None:
    with tg.scope("net"):
        loss = layers(9)
    assert [node.title for node in plain(loss, depth=1).nodes if node.kind == "folded"] == [
        *("layer 1", "layers 2 to 8, x 7", "layer 9")
    ]


def test_a_deep_node_shows_nan_and_inf_inside() -> None:
    with tg.scope("net"):
        loss = layers(2)
    next(iter(loss.tape())).data[0, 0] = np.nan
    assert nodes(loss, depth=1, values=True)["layer 1"].alarm == "matmul: 1 NaN of 6"


# --- the source

EVERYTHING: dict[str, Any] = {"values": True, "backward": True, "depth": 1, "dark": True, "direction": "TB"}


def test_the_same_graph_gives_the_same_bytes_with_all_options() -> None:
    dims = (9, *[8] * 6, 1)
    code = f"""if True:
        import tinygraph as tg
        from helpers.graphs import net
        print(tg.draw(net(*{dims}, backward=True), **{EVERYTHING}).source, end="")
    """
    sources = {tg.draw(net(*dims, backward=True), **EVERYTHING).source for _ in range(2)}
    for seed in "12":
        sources.add(python(code, PYTHONHASHSEED=seed).stdout)
    assert len(sources) == 1


def test_a_dark_page_differs_only_in_colours() -> None:
    light, dark = (tg.draw(net(2, 3, 1), backward=True, dark=dark).source for dark in (False, True))
    words = [re.sub(r'(color|fillcolor|fontcolor|COLOR|bgcolor)="?[#\w]+"?', "", source) for source in (light, dark)]
    assert words[0] == words[1]
    assert light != dark


def test_titles_stand_away_from_arrows() -> None:
    sideways = tg.draw(net(2, 3, 1), backward=True, direction="LR").source
    assert sideways.count("labeljust=r labelloc=b") == sideways.count("labeljust=r labelloc=t") == 2


CLUSTER = r'class="cluster">.*?<path [^>]*d="([^"]*)"'


@pytest.mark.parametrize("dims", [(2, 3, 1), (4, 5, 5, 3, 1)])
def test_a_backward_pass_can_be_read_in_800_pixels(dims: tuple[int, ...]) -> None:
    svg = draw_module.render(tg.draw(net(*dims, backward=True), backward=True).source, "svg").decode()
    width = float(re.findall(r'<svg width="(\d+)pt"', svg)[0])
    assert {*re.findall('font-size="(.*?)"', svg)} == {"9.00", "12.00"}
    assert 9 * min(96 / 72, 800 / width) > 11  # the height of the smallest letters, in pixels


@pytest.mark.parametrize("options", [{"backward": True}, {"backward": True, "values": True}, {"direction": "TB"}])
@pytest.mark.parametrize("dims", [(2, 3, 1), (4, 5, 5, 3, 1), (6, *[5] * 12, 1)])
def test_no_arrow_crosses_a_title(dims: tuple[int, ...], options: dict[str, Any]) -> None:
    svg = draw_module.render(tg.draw(net(*dims), **options).source, "svg").decode()
    titles = []
    for group in re.findall(r'class="node title">(.*?)</g>', svg, re.DOTALL):
        for x, y, size, text in re.findall(
            r' x="([\d.-]+)" y="([\d.-]+)".*?font-size="([\d.]+)".*?>(.*?)</text>', group
        ):
            width, height = 0.55 * float(size) * len(unescape(text)), float(size)
            titles.append((float(x), float(x) + width, float(y) - height, float(y)))
    tops = [min(map(float, re.findall(r",(-[\d.]+)", path))) for path in re.findall(CLUSTER, svg, re.DOTALL)]
    assert len(tops) >= 2
    assert all(any(0 < low - top < 40 for _, _, _, low in titles) for top in tops)  # it stands at the top of its frame
    for path in re.findall(r'class="edge [^>]*>\s*<title>.*?<path [^>]*d="M([^"]*)"', svg, re.DOTALL):
        points = [tuple(map(float, point.split(","))) for point in re.split("[C ]", path) if point]
        for k in range(0, len(points) - 3, 3):
            for t in np.linspace(0, 1, 50):
                weights = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t**2 * (1 - t), t**3)
                x, y = np.dot(weights, points[k : k + 4])
                assert not any(a < x < b and c < y < d for a, b, c, d in titles)


def test_every_name_of_a_formula_stands_on_a_node() -> None:
    cost = net(2, 3, 1)
    mixed = tg.Tensor([1.0], requires_grad=True, name="my weight")
    for root in (cost, (cost * mixed[0] - 2.0) ** 2):
        drawn = plain(root, backward=True)
        lines = [line for node in drawn.nodes for line in node.details]
        known = {node.title for node in drawn.nodes} | {line.partition(" = ")[0] for line in lines}
        used = {name for line in lines for name in names_in(line)}
        assert {"W1", "dZ2", "m"} <= used <= known, used - known


def names_in(line: str) -> set[str]:
    """The names of values in a line of a node; none if it is no formula."""
    try:
        parts = [*ast.walk(ast.parse(line))]
    except SyntaxError:
        return set()
    functions = {part.func.id for part in parts if isinstance(part, ast.Call) and isinstance(part.func, ast.Name)}
    return {part.id for part in parts if isinstance(part, ast.Name)} - functions - {"np"}


@pytest.mark.parametrize("theme", [0, 1])
def test_text_has_enough_contrast(theme: int) -> None:
    def luminance(colour: str) -> float:
        channels = {"white": (255, 255, 255), "black": (0, 0, 0)}.get(colour) or bytes.fromhex(colour[1:])
        linear = [c / 3294.6 if c <= 10 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in channels]
        return float(np.dot(linear, [0.2126, 0.7152, 0.0722]))

    for look, colours in draw_module.COLOURS.items():
        if look != "page":
            fill, _, text = map(luminance, colours[theme].split())
            assert (max(fill, text) + 0.05) / (min(fill, text) + 0.05) > 4.5, look  # the minimum of WCAG


@pytest.mark.parametrize("option", ["values", "gradients", "backward", "fold", "dark"])
@pytest.mark.parametrize("value", ["yes", 1, None, [True]])
def test_switches_take_true_or_false(option: str, value: Any) -> None:
    with pytest.raises(TypeError, match=rf"draw\({option}=\.\.\.\) takes True or False; got {re.escape(repr(value))}"):
        tg.draw(net(2, 1), **{option: value})


@pytest.mark.parametrize(
    ("depth", "error"), [(0, ValueError), (-1, ValueError), ("1", TypeError), (1.0, TypeError), (True, TypeError)]
)
def test_depth_is_a_whole_number_from_1(depth: Any, error: type[Exception], tmp_path: Path) -> None:
    with pytest.raises(error, match=rf"draw\(depth=\.\.\.\) takes a whole number from 1, or None .*got {depth!r}"):
        tg.draw(net(2, 1), depth=depth)
    with pytest.raises(error):
        tg.save_diagram(net(2, 1), tmp_path / "graph.dot", depth=depth)
    assert not list(tmp_path.iterdir())


def test_save_diagram_takes_the_options_of_draw(tmp_path: Path) -> None:
    cost = net(2, 3, 1, backward=True)
    tg.save_diagram(cost, tmp_path / "graph.dot", **EVERYTHING)
    assert (tmp_path / "graph.dot").read_text(encoding="utf-8") == tg.draw(cost, **EVERYTHING).source
    with pytest.raises(TypeError, match="colour"):
        tg.save_diagram(cost, tmp_path / "other.dot", colour=True)


def test_drawing_takes_linear_time_in_the_number_of_layers() -> None:
    def calls(count: int) -> int:
        loss, events = layers(count), 0

        def note(*event: Any) -> None:
            nonlocal events
            events += 1

        sys.setprofile(note)
        try:
            tg.draw(loss, backward=True)
        finally:
            sys.setprofile(None)
        return events

    tg.draw(layers(5), backward=True)  # the imports
    at = [calls(count) for count in (40, 80, 120)]
    assert at[2] - at[1] == pytest.approx(at[1] - at[0], rel=0.05)


@pytest.mark.parametrize("direction", ["LR", "RL"])
def test_layers_stand_on_one_line(direction: str) -> None:
    svg = draw_module.render(tg.draw(net(3, 4, 4, 4, 1), fold=False, direction=direction).source, "svg").decode()
    heights = re.findall(r"<ellipse [^>]*cy=\"([-\d.]+)\"[^>]*/>\s*<text[^>]*>linear<", svg)
    assert len(heights) == 4
    assert len(set(heights)) == 1
