"""What a notebook and a terminal show of each object by its name alone."""

from __future__ import annotations

import copy
import pickle
import xml.etree.ElementTree as ElementTree
from base64 import b64decode
from typing import Any

import numpy as np
import pytest
from helpers.graphs import net

import tinygraph as tg
import tinygraph.show.draw as draw_module

X, Y = np.ones((3, 8)), np.ones((1, 8))


def page(shown: Any) -> ElementTree.Element:
    """An object's HTML, parsed; this fails unless it is well-formed."""
    html = shown._repr_html_()
    assert "color" not in html  # the theme of the page has the colours
    return ElementTree.fromstring(f"<body>{html}</body>")


def cells(shown: Any) -> list[list[str]]:
    return [["".join(cell.itertext()) for cell in row] for row in page(shown).iter("tr")]


def picture(tensor: tg.Tensor) -> str:
    (image,) = page(tensor).iter("img")
    return b64decode(image.attrib["src"].removeprefix("data:image/svg+xml;base64,")).decode()


def trained_step() -> Any:
    mlp = tg.MLP([3, 4, 1], rng=0)
    step = tg.compile(lambda X, Y: tg.cross_entropy(mlp(X), Y), optimizer=tg.optim.SGD(mlp, learning_rate=0.1))
    step(X, Y)
    return step


def slow_chain(length: int) -> tg.Tensor:
    x = tg.Tensor(1.0, requires_grad=True)
    for _ in range(length):
        x = x * 1.0
    return x


# --- a Tensor


def test_a_tensor_shows_its_text_and_its_graph_folded_below() -> None:
    cost = net(3, 4, 1)
    text, graph = page(cost)
    assert (text.tag, text.text) == ("pre", repr(cost))
    assert text.text is not None
    assert text.text.startswith("Tensor(1.039")
    assert "name='cost', shape=(), dtype=float64" in text.text
    assert (graph.tag, graph.attrib) == ("details", {})  # closed
    assert "".join(graph.itertext()) == "graph of 6 ops"
    assert "<svg" in picture(cost)


def test_a_tensor_without_a_graph_shows_its_text_alone() -> None:
    for t in (tg.Tensor([1.0]), tg.Tensor([1.0], requires_grad=True), tg.Tensor([1.0]) * 2):
        assert t._repr_html_() is None


def test_the_name_of_a_tensor_is_escaped() -> None:
    y = tg.Tensor([1.0], requires_grad=True) * 2
    y.name = "<script>alert(1)</script> &"
    assert page(y)[0].text == repr(y)


def test_a_huge_graph_is_not_drawn_and_the_limit_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tinygraph.show.notebook.draw", lambda *_: pytest.fail("it is drawn"))
    said = page(slow_chain(100_000))
    assert said[1].text == "graph of more than 200 ops: tg.draw(t) draws it"


def test_a_notebook_that_is_not_ipython_gives_no_name_of_its_own() -> None:
    def shown_by_another_notebook(obj: tg.Tensor) -> Any:
        return obj._repr_html_()

    y = tg.Tensor([1.0], requires_grad=True) * 2
    assert shown_by_another_notebook(y)
    assert y.name is None


def test_a_tensor_in_a_trace_shows_no_picture() -> None:
    shown: list[Any] = []
    f = tg.compile(lambda x: shown.append((x * 2)._repr_html_()) or x * 2)
    f(tg.Tensor([1.0], requires_grad=True))
    assert shown == [None] * len(shown)


# --- pictures


def test_pictures_on_one_page_share_no_ids_and_fit_their_column() -> None:
    cost = net(3, 4, 1)
    cost.name = 'a name with id="n1" in it'
    wide = tg.draw(cost, direction="LR")._repr_mimebundle_()["image/svg+xml"]
    for svg, is_wide in ((wide, True), (picture(cost), False)):  # a narrow one is not stretched
        root = ElementTree.fromstring(svg.encode())
        assert [part.attrib["id"] for part in root.iter() if "id" in part.attrib] == []
        assert root.attrib["viewBox"]
        assert (root.attrib["width"] == "100%", "height" not in root.attrib) == (is_wide, is_wide)
        assert root.attrib.get("style", "").startswith("max-width: ") == is_wide
    assert 'id="n1"' in "".join(ElementTree.fromstring(svg.encode()).itertext())
    assert ' id="' in draw_module.render(tg.draw(cost).source, "svg").decode()  # the page of explore needs them


def test_a_small_picture_keeps_its_size() -> None:
    svg = tg.draw(tg.Tensor([1.0], requires_grad=True).sum())._repr_mimebundle_()["image/svg+xml"]
    assert ElementTree.fromstring(svg.encode()).attrib["width"].endswith("pt")


# --- texts


def texts() -> dict[str, Any]:
    step = trained_step()
    found = {"explain": tg.explain(net(3, 4, 1)), "source": step.source, "code": step.code, "report": step.report()}
    return found | {kind: tg.explain(net(2, 1), format=kind) for kind in ("markdown", "latex")}


def test_a_text_is_a_str_that_shows_as_itself() -> None:
    for text in texts().values():
        assert isinstance(text, str)
        plain = str(text)
        assert type(plain) is str
        assert repr(text) == plain == text
        assert hash(text) == hash(plain)
        for other in (pickle.loads(pickle.dumps(text)), copy.deepcopy(text)):
            assert type(other) is str
            assert other == plain


def test_code_is_a_block_of_python_whatever_is_in_it() -> None:
    step = trained_step()
    for text in (step.source, step.code):
        (block,) = page(text)
        assert block.tag == "pre"
        assert "monospace" in block.attrib["style"]
        assert "".join(block.itertext()) == text.rstrip()
        assert text._repr_markdown_() is None
    from tinygraph.show.table import code

    text = "def f(x):  # if <b> & 'c'\n    return x < '</pre>'"
    (block,) = page(code(text))
    assert "".join(block.itertext()) == text
    marked = [(part.text, part.attrib["style"].partition(":")[0]) for part in block]
    assert marked == [("def", "font-weight"), ("# if <b> & 'c'", "opacity"), ("return", "font-weight")]


def test_the_text_of_a_tensor_looks_the_same_with_a_graph() -> None:
    style = page(net(3, 4, 1))[0].attrib["style"]
    for name in ("font-family", "font-size", "line-height"):  # those of a notebook's plain text
        assert f"{name}: var(--jp-code-{name}, " in style


def test_an_explanation_is_typeset() -> None:
    text = tg.explain(net(3, 4, 1))
    markdown = text._repr_markdown_()
    assert markdown.startswith("**given**\n\n$$\n\\begin{align*}\n")
    assert markdown.count("$$") == markdown.count("**")
    assert "\n- $dA^{[2]}$: the lesson's -\\(Y / A2 - " in markdown  # notes stand below, where they wrap
    numbers = tg.explain(net(3, 4, 1), numbers=True)._repr_markdown_()
    assert "\n- $\\mathrm{cost}$: 1.03916\n" in numbers
    assert "rounds to 0 or 1  \n  \\[" in numbers
    assert r"Z^{[1]} &= W^{[1]} \, X + b^{[1]}" in markdown
    assert r"\tag{4}" in markdown
    assert "\n#" not in markdown  # headings would stand in the notebook's table of contents
    for form in ("markdown", "latex"):
        assert tg.explain(net(3, 4, 1), format=form)._repr_markdown_() == markdown


def test_a_report_is_a_table() -> None:
    rows = cells(trained_step().report())
    assert rows[0] == ["ops before and after each pass"]
    assert rows[2] == [
        "algebra",
        "40 -> 39",
        "without 1 broadcast_to\n(x * 1, transposes of transposes and their like)",
    ]
    assert ["memory"] in rows


# --- tables


def test_a_tape_and_memory_are_tables_and_show_as_their_text() -> None:
    cost = net(3, 4, 1)
    for shown in (cost.tape(), tg.memory(cost)):
        assert repr(shown) == str(shown)
        lines = [line.split() for line in str(shown).splitlines()]
        assert [" ".join(row).split() for row in cells(shown)] == lines


def test_a_long_table_shows_its_ends_by_name_alone_and_all_of_it_by_print() -> None:
    tape = slow_chain(1000).tape()
    assert len(str(tape).splitlines()) == 1001
    lines = repr(tape).splitlines()
    assert len(lines) == 61
    assert [line.split()[:2] for line in (lines[1], lines[-1])] == [["1", "t1"], ["1000", "cost"]]
    assert next(line for line in lines if "…" in line).endswith("941 more rows: print() shows them")
    assert len(cells(tape)) == 61


def test_a_huge_table_shows_its_size_alone() -> None:
    tape = slow_chain(10_001).tape()
    assert repr(tape) == "<Tape of 10,001: print() shows them>"
    assert tape._repr_html_() is None


def test_a_tape_after_backward_says_why_no_result_has_a_gradient() -> None:
    cost = net(3, 4, 1)
    assert "retain_grad" not in str(cost.tape())
    cost.backward()
    assert str(cost.tape()).splitlines()[-1].endswith("it keeps that of a result t after t.retain_grad()")
    assert repr(cost.tape()) == str(cost.tape())
    assert "retain_grad()" in "".join(page(cost.tape()).itertext())
    kept = net(3, 4, 1)
    kept.retain_grad()
    kept.backward()
    assert "retain_grad" not in str(kept.tape())


def test_names_in_tables_are_escaped() -> None:
    x = tg.Tensor([1.0], requires_grad=True, name="<b>x</b> & y")
    y = (x * x).sum()
    assert cells(tg.memory(y))[1][0] == x.name
    found = tg.compare({"<i>": np.ones(2)}, {"<i>": np.zeros(2)})
    assert cells(found)[1][0] == "<i>"

    class Own(tg.Model):
        def __init__(self) -> None:
            self.parts = {"<u>": tg.Tensor([1.0], requires_grad=True)}

        def __str__(self) -> str:
            return "<Own>"

    assert cells(Own())[1][0] == "parts.<u>"
    assert "".join(page(Own()).itertext()).startswith("<Own>")


def test_a_comparison_is_a_table_of_what_differs() -> None:
    mine, theirs = {"W": np.ones(3), "b": np.ones(2)}, {"W": 3 * np.ones(3), "b": np.ones(2)}
    found = tg.compare(mine, theirs)
    head, (name, what, cause) = cells(found)
    assert head == ["entry", "difference", "cause"]
    assert (name, what[:12]) == ("W", "3 of 3 numbe")
    assert cause in repr(found)
    assert tg.compare(mine, mine)._repr_html_() is None  # one line


def test_a_model_is_a_table() -> None:
    mlp = tg.MLP([3, 4, 1])
    assert cells(mlp)[:2] == [["name", "shape", "dtype", "entries"], ["W1", "(4, 3)", "float64", "12"]]
    said = [part.text for part in page(mlp).iter("div")]
    assert said == ["MLP([3, 4, 1], dtype=float64)", "21 entries, 21 of them trained, 168 bytes"]


def test_a_compiled_function_is_a_table_of_its_signatures() -> None:
    @tg.compile
    def double(x: Any) -> Any:
        return x * 2

    above = "double: a function from tg.compile"
    assert repr(double) == f"{above}\n  not called yet: its first call compiles it"
    double(np.ones(3))
    double(np.ones((4, 2)))
    rows = [["x (4, 2) float64", "1 op", "0 bytes of buffers"], ["x (3,) float64", "1 op", "0 bytes of buffers"]]
    assert repr(double) == "\n  ".join([above, *map(", ".join, rows)])
    assert cells(double) == [["arguments", "program", "memory"], *rows]
    assert "a training step with SGD(learning_rate=0.1" in repr(trained_step())


# --- IPython


def test_ipython_shows_the_same() -> None:
    formatters = pytest.importorskip("IPython.core.formatters")
    cost, step = net(3, 4, 1), trained_step()
    shown = [
        cost,
        step,
        tg.MLP([3, 1]),
        cost.tape(),
        tg.memory(cost),
        tg.compare({"a": 1}, {"a": 2}),
        *texts().values(),
    ]
    for x in shown:
        data, _ = formatters.DisplayFormatter().format(x)
        assert data["text/plain"] == repr(x).rstrip("\n") or data["text/plain"] == repr(x)
        assert len(data.keys() & {"text/html", "text/markdown"}) == 1
