"""The diagram: its content, source and pictures, and a machine without `dot`."""

import io
import os
import re
import runpy
import sys
import sysconfig
from html import unescape

import numpy as np
import pytest
from helpers.graphs import scoped_net
from helpers.paths import ROOT
from helpers.processes import python

import tinygraph as tg
import tinygraph.show.draw as draw_module
from tinygraph.graph.recorded import Recorded
from tinygraph.show.diagram import Diagram, Node
from tinygraph.show.diagram import diagram as of_graph

KINDS = {"parameter", "data", "constant", "op", "result"}
DIMS = (4, 3, 2, 1)
RED = {"backward", "gradient"}


def chain(length):
    x = tg.Tensor(np.ones(3), requires_grad=True, name="x")
    for _ in range(length):
        x = tg.sin(x)
    return x


def doublings(length):
    x = tg.Tensor(np.zeros(3), requires_grad=True, name="x")
    for _ in range(length):
        x = x + x
    return x


def by_title(tensor: tg.Tensor) -> dict[str, Node]:
    return {node.title: node for node in diagram(tensor).nodes}


def arrows(tensor):
    return [(edge.tail.title, edge.head.title) for edge in diagram(tensor).edges]


@tg.explicit_names()
def diagram(tensor: tg.Tensor) -> Diagram:
    return of_graph(Recorded(tensor))


def texts(svg):
    """The texts of a picture, as a reader sees them."""
    return [unescape(text) for text in re.findall(r"<text[^>]*>(.*?)</text>", svg.replace("&#160;", " "))]


@pytest.fixture
def no_dot(monkeypatch, tmp_path):
    """A machine without any `dot`, also without that of graphviz-pure."""
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    monkeypatch.setattr(sysconfig, "get_path", lambda name: str(tmp_path / "nothing"))


@pytest.fixture
def pure_alone(monkeypatch, tmp_path):
    """A machine with only graphviz-pure's `dot`, next to the interpreter and not on PATH."""
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))


def dot_that(script, folder, monkeypatch):
    """Put this shell script on PATH as `dot`."""
    folder.mkdir()
    command = folder / "dot"
    command.write_text(f"#!/bin/sh\n{script}\n")
    command.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")


# --- nodes


def test_kinds_names_shapes_and_dtypes():
    W = tg.Tensor(np.ones((2, 3), np.float32), requires_grad=True, name="W")
    X = tg.Tensor(np.ones((3, 4), np.float32), name="X")
    Z = 2 * (W @ X)
    Z.name = "Z"
    nodes = by_title(Z)
    assert {title: (node.kind, node.details) for title, node in nodes.items()} == {
        "W": ("parameter", ["(2, 3)", "float32"]),
        "X": ("data", ["(3, 4)", "float32"]),
        "matmul": ("op", ["t1 = W @ X", "(2, 4)", "float32"]),
        "2": ("constant", []),
        "multiply": ("op", ["2 * t1"]),
        "Z": ("result", ["(2, 4)", "float32"]),
    }
    assert arrows(Z) == [("W", "matmul"), ("X", "matmul"), ("2", "multiply"), ("matmul", "multiply"), ("multiply", "Z")]
    assert nodes["W"].value is W
    assert nodes["Z"].value is Z


def test_kinds_differ_in_colour_and_in_shape():
    draw = draw_module
    assert set(draw.SHAPES) == KINDS | RED | {"folded", "failed", "alarm"}
    looks = [(style["shape"], style["style"]) for style in draw.SHAPES.values()]
    assert len({*looks}) == len(looks)
    for theme in (draw.LIGHT, draw.DARK):
        fills = {draw.COLOURS[look][theme].split()[0] for look in draw.SHAPES}
        assert len(fills) == len(draw.SHAPES)


def test_tensors_without_a_name_have_the_names_of_explain():
    x = tg.Tensor([1.0, 2.0], requires_grad=True)
    y = x * np.ones(2) + np.float64(0.25)
    assert list(by_title(y)) == ["p1", "x1", "multiply", "0.25", "add", "y"]


@pytest.mark.parametrize(
    ("number", "shown"), [(2, "2"), (0.5, "0.5"), (1 / 3, "0.333333"), (True, "True"), (1e-30, "1e-30")]
)
def test_a_number_is_drawn_at_each_use(number, shown):
    x = tg.Tensor([1.0, 2.0], requires_grad=True)
    titles = [node.title for node in diagram(x * number * number).nodes]
    assert titles.count(shown) == 2


@pytest.mark.parametrize(
    ("call", "formula"),
    [
        (lambda x: 1 - x, "1 - x"),
        (lambda x: x / (1 + x), "x / t1"),
        (lambda x: x**2, "x ** 2"),
        (lambda x: x.sum(axis=0), "x.sum(axis=0)"),
        (lambda x: x.max(axis=(0, 1), keepdims=True), "x.max(axis=(0, 1), keepdims=True)"),
        (lambda x: x.mean(), "np.mean(x)"),
        (lambda x: x + x, "x + x"),
        (lambda x: tg.where(x > 0, x, 0.0), "np.where(x1, x, 0.0)"),
        (lambda x: x[0, ::-1], "x[0, ::-1]"),
        (lambda x: x[:1], "x[:1]"),
        (lambda x: tg.einsum("ij->ji", x), "np.einsum('ij->ji', x)"),
        (lambda x: tg.linear(x, np.ones((3, 1)), 0.5), "x @ x1 + 0.5"),
    ],
)
def test_an_op_shows_its_formula(call, formula):
    y = call(tg.Tensor(np.ones((2, 3)), requires_grad=True, name="x"))
    assert diagram(y).nodes[-2].details == [formula]


def test_a_tensor_used_twice_is_drawn_once():
    Y = np.ones(3)
    x = tg.Tensor(np.ones(3), requires_grad=True, name="x")
    y = x * Y
    z = (y - Y) * (y * x)
    assert [node.title for node in diagram(z).nodes].count("x1") == 1  # one array, made a leaf twice
    assert len(diagram(z).nodes) == 7
    assert arrows(x * x).count(("x", "multiply")) == 2


def test_leaves_and_results_that_were_not_recorded_are_one_node():
    x = tg.Tensor([1.0, 2.0], requires_grad=True, name="x")
    with tg.no_grad():
        y = x * 2
    for leaf, kind in [(x, "parameter"), (y, "data"), (tg.Tensor(3.0), "constant"), (x > 1, "data")]:
        assert [node.kind for node in diagram(leaf).nodes] == [kind]
        assert " -> " not in tg.draw(leaf).source


def test_ops_of_users_are_drawn_like_the_others():
    cube = tg.op("cube", lambda x: x**3, lambda g, y, x: g * 3 * x**2)
    assert arrows(cube(tg.Tensor(2.0, requires_grad=True, name="x"))) == [("x", "cube"), ("cube", "cost")]


def test_the_same_picture_before_and_after_backward():
    cost = scoped_net(*DIMS)
    before = tg.draw(cost).source
    cost.backward()
    assert tg.draw(cost, gradients=False).source == before
    assert tg.draw(cost).source != before


def test_a_gradient_with_a_graph_is_drawn():
    x = tg.Tensor(2.0, requires_grad=True, name="x")
    (x**3).backward(create_graph=True)
    assert ("x", "power") in arrows(x.grad)


# --- boxes


def test_scopes_are_titled_boxes_that_nest():
    drawn = diagram(scoped_net(*DIMS))
    assert [(box.title, box.box.title if box.box else None) for box in drawn.boxes] == [
        ("cost", None),
        ("layer 1: LINEAR -> RELU", "cost"),
        ("layer 2: LINEAR -> RELU", "cost"),
        ("layer 3: LINEAR -> SIGMOID", "cost"),
    ]
    places = {node.title: node.box and node.box.title for node in drawn.nodes}
    assert places["W1"] == places["Z1"] == places["A1"] == "layer 1: LINEAR -> RELU"
    assert places["1"] == places["negative"] == "cost"
    assert places["X"] is places["Y"] is None


def test_two_scopes_of_one_name_are_two_boxes():
    x = tg.Tensor(1.0, requires_grad=True)
    for _ in range(2):
        with tg.scope("step"):
            x = tg.sin(x)
    assert [box.title for box in diagram(x).boxes] == ["step", "step"]


def test_a_parameter_is_in_the_innermost_box_around_its_uses():
    W, b = (tg.Tensor(1.0, requires_grad=True, name=name) for name in "Wb")
    y = tg.Tensor(1.0)
    with tg.scope("net"):
        for k in range(2):
            with tg.scope(f"step {k}"):
                y = y * W + (b if k else 0)
    places = {node.title: node.box and node.box.title for node in diagram(y + W * W).nodes}
    assert places["W"] == "net"
    assert places["b"] == "step 1"


# --- the source


@pytest.mark.parametrize("direction", ["LR", "RL", "TB", "BT"])
def test_each_direction_is_passed_to_dot(direction):
    assert f"rankdir={direction}" in tg.draw(chain(1), direction=direction).source


def test_what_would_be_too_wide_for_a_column_is_drawn_downwards():
    x = tg.Tensor(1.0, requires_grad=True, name="x")
    assert "rankdir=LR" in tg.draw(x * 2 * 3).source
    assert "rankdir=TB" in tg.draw(x * 2 * 3 * 4).source
    assert "rankdir=TB" in tg.draw(x * 2, backward=True).source
    assert "rankdir=LR" in tg.draw(x * 2, backward=True, direction="LR").source


@pytest.mark.parametrize("direction", ["lr", "left", "", 1])
def test_an_unknown_direction_is_refused(direction, tmp_path):
    with pytest.raises(ValueError, match=f"one of LR, RL, TB, BT; got {direction!r}"):
        tg.draw(chain(1), direction=direction)
    with pytest.raises(ValueError, match="one of LR"):
        tg.save_diagram(chain(1), tmp_path / "graph.dot", direction=direction)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("other", [1.0, np.ones(3), [tg.Tensor(1.0)], None])
def test_only_a_tensor_is_drawn(other):
    with pytest.raises(TypeError, match=f"takes a Tensor, got {type(other).__name__}"):
        tg.draw(other)


def test_the_same_graph_gives_the_same_bytes():
    sources = {tg.draw(scoped_net(*DIMS)).source for _ in range(3)}
    code = f"""if True:
        import tinygraph as tg
        from helpers.graphs import scoped_net
        print(tg.draw(scoped_net(*{DIMS})).source, end="")
    """
    assert sources == {python(code, PYTHONHASHSEED="7").stdout}


@pytest.mark.parametrize("graph", [chain, doublings])
def test_drawing_takes_linear_time_in_the_size_of_the_graph(graph):
    def calls(length):
        loss, count = graph(length), 0

        def note(*event):
            nonlocal count
            count += 1

        sys.setprofile(note)
        try:
            tg.draw(loss)
        finally:
            sys.setprofile(None)
        return count

    tg.draw(graph(1))  # the imports
    at = [calls(length) for length in (150, 300, 450)]
    assert at[2] - at[1] == pytest.approx(at[1] - at[0], rel=0.02)


def test_a_chain_beyond_the_recursion_limit_is_drawn():
    length = 5 * sys.getrecursionlimit()
    assert tg.draw(chain(length)).source.count(" -> ") == length + 1


# --- pictures

AWKWARD = ['a "quoted" name', "back\\slash \\N \\G \\l \\", "<b>bold?</b> & &amp;", "{x|y}", "->", "größe 漢字", " "]


@pytest.mark.parametrize("name", AWKWARD)
def test_any_name_is_shown_unchanged(name, tmp_path):
    x = tg.Tensor([1.0], requires_grad=True, name=name)
    with tg.scope(name):
        y = tg.op(name, lambda x: x + 1, lambda g, y, x: g)(x)
    y.name = name
    tg.save_diagram(y, tmp_path / "graph.svg")
    shown = texts((tmp_path / "graph.svg").read_text(encoding="utf-8"))
    assert shown.count(name) == 3
    assert shown.count(f"{name}_2") == 1  # the second tensor of this name; formulas call the op by name_1


def test_control_characters_are_spelt_out_and_long_names_shortened(tmp_path):
    x = tg.Tensor([1.0], requires_grad=True, name="two\nlines\t\0\x1b\ud800")
    y = x + 1
    y.name = "n" * 1000
    tg.save_diagram(y, tmp_path / "graph.svg")
    shown = texts((tmp_path / "graph.svg").read_text(encoding="utf-8"))
    assert r"two\nlines\t\x00\x1b\ud800" in shown
    assert "n" * 39 + "…" in shown


def test_empty_names_are_drawn(tmp_path):
    with tg.scope(""):
        y = tg.op("", lambda x: x, lambda g, y, x: g)(tg.Tensor([1.0], requires_grad=True, name=""))
    tg.save_diagram(y, tmp_path / "graph.svg")
    assert "p1" in texts((tmp_path / "graph.svg").read_text(encoding="utf-8"))


@pytest.mark.parametrize("ending", ["svg", "png", "dot", "SVG"])
@pytest.mark.usefixtures("pure_alone")
def test_the_ending_gives_the_format(ending, tmp_path):
    path = tmp_path / f"graph.{ending}"
    tg.save_diagram(scoped_net(*DIMS), str(path))
    start = {"svg": b"<?xml", "png": b"\x89PNG", "dot": b"digraph"}[ending.lower()]
    assert path.read_bytes().startswith(start)
    assert list(tmp_path.iterdir()) == [path]


def test_a_picture_shows_the_net():
    svg = tg.draw(scoped_net(*DIMS))._repr_mimebundle_()["image/svg+xml"]
    assert {"X", "W1", "b1", "Z1", "A1", "(4, 5)", "layer 1", "LINEAR -> RELU", "cost"} <= set(texts(svg))
    assert any(text.endswith(" = 1 - A3") for text in texts(svg))
    assert {f'class="node {kind}"' in svg for kind in KINDS} == {True}


@pytest.mark.parametrize("path", ["graph.jpg", "graph", ".svg", "graph.svg.gz"])
def test_unknown_endings_are_refused(path, tmp_path):
    with pytest.raises(ValueError, match=r"\.svg, \.png, \.dot, and \.pdf if your `dot` can; got .*" + re.escape(path)):
        tg.save_diagram(chain(1), tmp_path / path)
    assert not list(tmp_path.iterdir())


def test_a_path_in_place_of_the_tensor(tmp_path):
    with pytest.raises(TypeError, match=r"the Tensor first, then the path: save_diagram\(cost, 'graph.svg'\)"):
        tg.save_diagram("graph.svg", chain(1))


def test_a_title_keeps_clear_of_the_line_below_it():
    svg = tg.draw(scoped_net(*DIMS))._repr_mimebundle_()["image/svg+xml"]
    node = next(part for part in svg.split("<g ") if ">linear<" in part)
    title, line = (float(y) for y in re.findall(r'<text .*? y="(.*?)"', node)[:2])
    assert line - title >= 12  # points; the line below is 9 high


def test_a_png_has_its_text_in_the_middle_of_each_node():
    image = pytest.importorskip("PIL.Image", reason="NOT TESTED: the text in a png; no pillow")
    source = f"digraph {{ node [fontname={draw_module.FONT} shape=box color=red] n [label=<log_loss backward>] }}"
    pixels = np.asarray(image.open(io.BytesIO(draw_module.render(source, "png"))).convert("RGB")).astype(int)
    ink, frame = ((pixels[..., 0] < 100).any(0).nonzero()[0], (pixels[..., 1] < 100).any(0).nonzero()[0])
    assert ink[0] - frame[0] == pytest.approx(frame[-1] - ink[-1], abs=4)


def test_the_dot_on_path_is_preferred(tmp_path, monkeypatch):
    dot_that('echo "drawn as $1"', tmp_path / "bin", monkeypatch)
    tg.save_diagram(chain(1), tmp_path / "graph.pdf")
    assert (tmp_path / "graph.pdf").read_text() == "drawn as -Tpdf\n"


@pytest.mark.parametrize("script", ['echo "out of ink" >&2; exit 3', "kill -9 $$"])
def test_a_dot_that_fails_leaves_the_old_picture(script, tmp_path, monkeypatch):
    dot_that(script, tmp_path / "bin", monkeypatch)
    path = tmp_path / "graph.svg"
    path.write_text("old")
    with pytest.raises(tg.RenderError, match=r"bin/dot failed: (out of ink|.*SIGKILL)") as error:
        tg.save_diagram(chain(1), path)
    assert str(tmp_path / "graph.dot") in str(error.value)
    assert path.read_text() == "old"
    assert {file.name for file in tmp_path.iterdir()} == {"bin", "graph.dot", "graph.svg"}


def test_a_dot_that_is_not_a_program_is_an_error(tmp_path, monkeypatch):
    dot_that("", tmp_path / "bin", monkeypatch)
    (tmp_path / "bin" / "dot").write_bytes(b"\0")
    with pytest.raises(tg.RenderError, match="bin/dot failed"):
        tg.save_diagram(chain(1), tmp_path / "graph.svg")


@pytest.mark.usefixtures("pure_alone")
def test_graphviz_pure_cannot_write_pdf(tmp_path):
    with pytest.raises(tg.RenderError, match="graphviz-pure writes no pdf: save as") as error:
        tg.save_diagram(chain(1), tmp_path / "graph.pdf")
    assert str(tmp_path / "graph.dot") in str(error.value)
    assert [file.name for file in tmp_path.iterdir()] == ["graph.dot"]


@pytest.mark.usefixtures("no_dot")
def test_without_any_dot_the_source_is_saved(tmp_path):
    path = tmp_path / "graph.svg"
    path.write_text("old")
    cost = scoped_net(*DIMS)
    with pytest.raises(tg.RenderError, match=r'pip install "\.\[render\]"') as error:
        tg.save_diagram(cost, path)
    assert str(tmp_path / "graph.dot") in str(error.value)
    assert (tmp_path / "graph.dot").read_text(encoding="utf-8") == tg.draw(cost).source
    assert path.read_text() == "old"
    tg.save_diagram(cost, tmp_path / "other.dot")  # needs no dot


def test_a_missing_folder_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError, match="missing"):
        tg.save_diagram(chain(1), tmp_path / "missing" / "graph.svg")


# --- in a notebook


@pytest.mark.usefixtures("no_dot")
def test_a_notebook_shows_text_without_a_dot():
    assert scoped_net(*DIMS)._repr_html_() is None


# --- the pictures of README.md and docs/

TOOL = runpy.run_path(str(ROOT / "tools" / "draw_readme_picture.py"))


@pytest.mark.parametrize(
    "page", [page.relative_to(ROOT).as_posix() for page in TOOL["PAGES"] if TOOL["pictures"](page)]
)
def test_the_code_of_a_page_draws_its_pictures(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    TOOL["run"](ROOT / page)
    for name in TOOL["pictures"](ROOT / page):
        drawn = texts((tmp_path / name).read_text(encoding="utf-8"))
        committed = texts((ROOT / "docs" / name).read_text(encoding="utf-8"))
        # the last digit of a product may differ from one BLAS to another
        assert [*map(rounded, sorted(committed))] == [*map(rounded, sorted(drawn))], (
            f"{name}: run tools/draw_readme_picture.py"
        )


def rounded(text):
    return re.sub(r"-?\d+\.\d+(e-?\d+)?", lambda number: f"{float(number[0]):.1g}", text)


def test_importing_tinygraph_does_not_load_the_drawing():
    # NumPy 1.26 itself loads subprocess
    code = "import numpy, sys; before = set(sys.modules); import tinygraph; "
    code += "print({'graphviz', 'subprocess', 'tinygraph.show.diagram'} & (set(sys.modules) - before))"
    assert python(code).stdout == "set()\n"


def test_a_notebook_shows_a_drawing_by_any_dot(monkeypatch):
    picture = tg.draw(tg.Tensor([1.0], requires_grad=True, name="x").sum())
    assert picture._repr_mimebundle_()["image/svg+xml"].count("<svg") == 1
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr("sysconfig.get_path", lambda name: "")
    shown = picture._repr_mimebundle_(include=None, exclude=None)
    assert shown["text/plain"].startswith("there is no `dot` here to draw with")
    assert picture.source in shown["text/plain"]


def test_a_tensor_used_a_hundred_times_is_drawn_quickly(tmp_path):
    x = tg.Tensor(1.0, requires_grad=True, name="x")
    y = x
    for _ in range(100):
        y = y + x
    assert "nslimit" in tg.draw(y).source
    tg.save_diagram(y, tmp_path / "long.svg")
    assert "nslimit" not in tg.draw(x + x).source


def test_a_dot_that_does_not_end_is_an_error(tmp_path, monkeypatch):
    dot = tmp_path / "dot"
    dot.write_text("#!/bin/sh\nexec sleep 60\n")
    dot.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr(draw_module, "PATIENCE", 0.1)
    with pytest.raises(tg.RenderError, match=r"found no places for the nodes in 0\.1 seconds; draw a part"):
        tg.save_diagram(tg.Tensor([1.0], requires_grad=True).sum(), tmp_path / "graph.svg")
