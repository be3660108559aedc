"""tg.explore: the content of the page, and the page in a browser, driven by playwright."""

import html
import json
import re
import shutil
from html.parser import HTMLParser

import numpy as np
import pytest

import tinygraph as tg
from tinygraph.show.explore import explore
from tinygraph.show.explore.summary import heat, summary
from tinygraph.show.steps import Steps

ATTACK = "</script><img src=x onerror='window.hacked = 1'>"


def mlp_cost(layer_dims, m, **options):
    rng = np.random.default_rng(0)
    mlp = tg.MLP(layer_dims, rng=rng, **options)
    X = tg.Tensor(rng.normal(size=(layer_dims[0], m)), name="X")
    Y = tg.Tensor((rng.random((layer_dims[-1], m)) > 0.5) * 1.0, name="Y")
    return tg.cross_entropy(mlp(X), Y)


def two_uses():
    """x is used twice by one op and once by another, in nested scopes; log(0) is not finite."""
    x = tg.Tensor([[0.0, -1.0], [1.0, 2.0]], requires_grad=True, name=ATTACK)
    with tg.scope("outer"), tg.scope(f"inner {ATTACK}"), np.errstate(all="ignore"):
        y = x * x + tg.log(x)
    y.name = "y & <b>"
    return (y * 0.5).sum()


@pytest.fixture(scope="module")
def cost():
    cost = mlp_cost([3, 4, 1], 5)
    cost.name = "cost"  # otherwise, the test that runs first names it: by `loss`, a parameter of `show`
    return cost


class Reader(HTMLParser):
    """All elements that a browser would make."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.attributes, self.data = [], [], {}
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data):
        self.data.setdefault(self.tags[-1] if self.tags else "", []).append(data)


def content(page):
    return json.loads(re.search(r'<script type="application/json" id="content">(.*?)</script>', page.html)[1])


# --- without a browser


def test_a_page_is_one_small_file_without_links(tmp_path, cost):
    page = explore(cost, tmp_path / "graph.html")
    assert (tmp_path / "graph.html").read_text("utf-8") == page.html
    assert len(page.html) < 100_000
    links = [value for name, value in Reader(page.html).attributes if name in ("src", "href", "xlink:href")]
    assert links == []
    assert set(re.findall(r"https?://[^\"'`\s]+", page.html)) <= {
        "http://www.w3.org/2000/svg",
        "http://www.w3.org/1999/xlink",
        "http://www.w3.org/${space}",
    }


def test_fifty_layers_are_under_2_mb():
    page = explore(mlp_cost([32] * 51 + [1], 64))
    assert len(page.html.encode()) < 2_000_000
    assert len(content(page)["boxes"]) == 51  # nothing is folded


def test_steps_are_those_of_explain(cost):
    found = content(explore(cost))["steps"]
    assert [step["formula"] for step in found] == [step.formula for step in Steps(cost)]
    assert [step["kind"] for step in found] == ["forward"] * 6 + ["backward"] * 10


def test_values_and_gradients_are_those_of_backward(cost):
    items = {item["name"]: item for item in content(explore(cost))["items"]}
    leaves = {x.name: x for t in cost.tape() for x in t.inputs if x.requires_grad and x.is_leaf}
    assert all(x.grad is None for x in leaves.values())  # explore() changes none
    cost.backward()
    for name, x in leaves.items():
        np.testing.assert_allclose(np.array(items[name]["value"]["rows"], float), x.data, rtol=1e-3)
        np.testing.assert_allclose(np.array(items[name]["gradient"]["rows"], float), x.grad, rtol=1e-3)
        x.zero_grad()
    assert items["cost"]["gradient"] == {"rows": [["1"]]}
    assert "gradient" not in items["X"]


def test_values_are_the_recorded_ones():
    x = tg.Tensor([1.0, 2.0], requires_grad=True, name="x")
    loss = (x * x).sum()
    x.data = [5.0, 5.0]
    (item,) = [item for item in content(explore(loss))["items"] if item["name"] == "x"]
    assert (item["value"], item["gradient"]) == ({"rows": [["1", "2"]]}, {"rows": [["2", "4"]]})


def test_the_part_of_a_gradient_from_each_use():
    x = tg.Tensor([1.0, 3.0], requires_grad=True, name="x")
    found = content(explore((x * x).sum() + x.sum()))["steps"]
    assert [s["part"]["rows"] for s in found if s.get("part")] == [[["1", "1"]], [["1", "3"]], [["1", "3"]]]


def test_many_entries_without_a_finite_one():
    assert summary(np.full((10, 1000), np.nan)) == {"bins": [], "facts": {"NaN": "10000"}}


@pytest.mark.parametrize(
    ("array", "rows"),
    [
        (np.array(3.0), ["H"]),
        (np.array([-1e300, 1e-300, 0.0, np.inf]), ["hA0?"]),
        (np.array([[True], [False]]), ["H", "0"]),
        (np.zeros((2, 3)), ["000", "000"]),
        (np.full(2, np.nan), ["??"]),
        (np.zeros((0, 3)), []),
        (np.arange(-80.0, 81), ["hgfedcbaABCDEFGH"]),  # 16 of 161 entries
    ],
)
def test_the_letters_of_a_heat_map(array, rows):
    assert heat(array) == rows


def test_names_are_text():
    page = explore(two_uses())
    reader = Reader(page.html)
    assert reader.tags.count("script") == 2
    assert "img" not in reader.tags
    assert "<" not in page.html.split('id="content">')[1].split("</script>")[0]
    found = content(page)
    assert ATTACK in [node["title"] for node in found["nodes"]]
    assert [box["title"] for box in found["boxes"]] == ["outer", f"inner {ATTACK}"]


def test_half_a_surrogate_pair_in_a_name(tmp_path):
    loss = tg.Tensor([1.0], requires_grad=True, name="\ud800\0\n").sum()
    loss.name = "\udfff"
    explore(loss, tmp_path / "graph.html")


def test_a_name_of_the_template_is_text():
    x = tg.Tensor([1.0], requires_grad=True, name="<!--script-->")
    assert explore(x.sum()).html.count('"use strict"') == 1


def test_a_notebook_gets_a_frame(cost):
    page = explore(cost)
    frame = page._repr_html_()
    assert html.unescape(re.search(r'srcdoc="([^"]*)"', frame)[1]) == page.html
    assert "graph.html" not in repr(page)


@pytest.mark.parametrize(
    ("make", "path", "error", "words"),
    [
        (lambda: np.ones(3), None, TypeError, "takes the Tensor that a forward pass gave, got ndarray"),
        (lambda: tg.Tensor(1.0, requires_grad=True), None, ValueError, "no op made it"),
        (lambda: tg.Tensor([1.0]) * 2, None, ValueError, "requires_grad=True"),
        (lambda: tg.Tensor([1.0, 2.0], requires_grad=True) * 2, None, ValueError, r"use its \.sum\(\)"),
        (lambda: tg.Tensor([1.0], requires_grad=True) * 2, "graph.svg", ValueError, r"writes \.html; got 'graph\.svg'"),
    ],
)
def test_errors(make, path, error, words):
    with pytest.raises(error, match=words):
        explore(make(), path)


# --- in a browser


@pytest.fixture(scope="module")
def browser():
    sync_api = pytest.importorskip("playwright.sync_api", reason="NOT TESTED: the page in a browser; no playwright")
    path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if path is None:
        pytest.skip("NOT TESTED: the page in a browser; there is no chromium here")
    quiet = ("background-networking", "component-update", "sync", "gpu")
    with sync_api.sync_playwright() as driver:
        running = driver.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--no-first-run", *(f"--disable-{part}" for part in quiet)]
        )
        yield running
        running.close()


SCREEN = {"viewport": {"width": 1200, "height": 720}, "reduced_motion": "reduce"}


@pytest.fixture(scope="module")
def tabs(browser):
    """One tab for each set of options, because a new one takes more time than a test."""
    opened = {}

    def tab(**options):
        if (key := json.dumps(options, sort_keys=True)) not in opened:
            page = opened[key] = browser.new_context(**SCREEN | options).new_page()
            page.set_default_timeout(5000)
            page.clock.install()
        return opened[key]

    return tab


@pytest.fixture
def show(tabs, tmp_path):
    """Open the page of a loss; until the test ends, it may not log, request or throw anything."""
    opened, said = [], []
    events = {
        "console": lambda message: said.append(message.text),
        "pageerror": lambda error: said.append(str(error)),
        "request": lambda request: request.url.startswith(("file:", "about:")) or said.append(request.url),
    }

    def open_page(loss, frame=False, **options):
        page = tabs(**options)
        for event, note in events.items():
            page.on(event, note)
        opened.append(page)
        path = tmp_path / "graph.html"
        found = explore(loss, path)
        if frame:
            path.write_text(f"<!DOCTYPE html><body>{found._repr_html_()}</body>")
        page.goto(path.as_uri())
        return page

    yield open_page
    for page in opened:
        page.goto("about:blank")  # ends what still runs
        for event, note in events.items():
            page.remove_listener(event, note)
    assert said == []


def formula(page):
    return page.inner_text(".formula code")


def node(page, title, kind):
    """The element of a node in the page."""
    return page.evaluate_handle(
        "([title, kind]) => nodes.find((n) => n.title === title && n.kind === kind).g", [title, kind]
    ).as_element()


def lit(page):
    return page.evaluate("edges.filter((e) => e.g.classList.contains('lit')).map((e) => [e.tail, e.head])")


def test_arrow_keys_walk_forward_then_backward(show, cost):
    page = show(cost)
    assert page.inner_text("#panel h2") == "From data to loss, and back"
    for k, step in enumerate(Steps(cost), 1):
        page.keyboard.press("ArrowRight")
        assert formula(page) == step.formula
        assert page.inner_text(".shapes") == step.shapes
        assert page.inner_text(".pass b").lower() == step.kind
        assert page.inner_text("#where") == f"{k} / 16"
        assert page.input_value("#slider") == str(k)
        assert page.inner_text("#live") == f"Step {k} of 16, {step.kind}: {step.formula}"
    assert page.is_disabled("#next")
    page.keyboard.press("ArrowRight")
    assert page.inner_text("#where") == "16 / 16"
    page.keyboard.press("ArrowLeft")
    assert page.inner_text("#where") == "15 / 16"
    page.keyboard.press("Home")
    assert page.inner_text("#where") == "0 / 16"
    page.keyboard.press("End")
    assert page.inner_text("#where") == "16 / 16"


def test_the_drawing_highlights_the_step(show, cost):
    page = show(cost)
    page.keyboard.press("ArrowRight")
    titles = "nodes.filter((n) => n.g.classList.contains('%s')).map((n) => n.title)"
    assert page.evaluate(titles % "current") == ["linear", "Z1"]
    assert page.evaluate(titles % "todo") == [
        *("relu", "A1", "linear", "Z2", "sigmoid", "A2", "log_loss", "mean", "cost")
    ]
    assert lit(page) == [[0, 3], [1, 3], [2, 3], [3, 4]]
    page.keyboard.press("End")  # dW1 or db1: through the first linear into a parameter
    assert page.evaluate(titles % "todo") == []
    assert page.evaluate(titles % "target") == [list(Steps(cost))[-1].into.name]
    assert len(lit(page)) == 2
    assert page.evaluate(titles % "reached") == page.evaluate(
        "nodes.filter((n) => !'XY'.includes(n.title)).map((n) => n.title)"
    )


def test_the_panel_shows_value_and_gradient(show, cost):
    page = show(cost)
    page.keyboard.press("ArrowRight")
    heads = page.locator("#panel h3")
    assert [text.split("\n")[0] for text in heads.all_inner_texts()] == ["Z1", "dZ1"]
    assert page.locator("#panel .card.value td").count() == 4 * 5
    page.click(".choices button:has-text('W1')")
    assert [text.split("\n")[0] for text in heads.all_inner_texts()] == ["W1", "dW1"]
    assert page.evaluate("document.activeElement.textContent") == "W1"
    shares = page.locator("#panel .card.value td").evaluate_all(
        "tds => tds.map(td => td.style.getPropertyValue('--share'))"
    )
    assert max(map(float, shares)) == 1.0
    page.keyboard.press("End")
    assert heads.first.inner_text().startswith("d")  # in a backward step the gradient stands first


def test_large_arrays_are_histograms_and_nan_stands_out(show):
    x = tg.Tensor(np.r_[np.linspace(-1, 1, 198), 0, 0], requires_grad=True, name="x")
    with np.errstate(all="ignore"):
        page = show(tg.log(x).sum())
    page.keyboard.press("ArrowRight")
    value = page.locator("#panel .card.value")
    assert value.locator("rect").count() == 24
    assert "NaN\n99" in value.inner_text()
    assert value.locator(".odd").count() == 2  # NaN and Inf
    assert "from " in value.locator("svg").get_attribute("aria-label")


def test_slider_and_buttons(show, cost):
    page = show(cost)
    page.evaluate("const s = document.getElementById('slider'); s.value = 9; s.dispatchEvent(new Event('input'))")
    assert formula(page) == list(Steps(cost))[8].formula
    page.focus("#slider")
    page.keyboard.press("ArrowRight")  # the slider's own key: one step, not two
    assert page.inner_text("#where") == "10 / 16"
    for button, where in {"#back": 9, "#next": 10, "#last": 16, "#first": 0}.items():
        page.click(button)
        assert page.inner_text("#where") == f"{where} / 16"


def test_play_and_pause(show, cost):
    page = show(cost)
    page.click("#play")
    assert page.get_attribute("#play", "aria-label") == "Pause"
    page.clock.run_for(2500)
    assert page.inner_text("#where") == "3 / 16"
    page.locator("body").press("Escape")
    page.click("#play")
    page.clock.run_for(5000)
    assert page.inner_text("#where") == "3 / 16"
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("Space")
    page.clock.run_for(60_000)
    assert page.inner_text("#where") == "16 / 16"
    assert page.get_attribute("#play", "aria-label") == "Play"
    page.keyboard.press("Space")  # at the end: from the beginning
    assert page.inner_text("#where") == "1 / 16"


def test_click_goes_to_a_node(show, cost):
    page = show(cost)
    node(page, "A1", "result").click()
    assert formula(page) == "A1 = relu(Z1)"
    node(page, "W2", "parameter").click()  # goes to its use, and the panel shows it
    assert formula(page) == "Z2 = W2 @ A1 + b2"
    assert page.inner_text(".choices [aria-pressed=true]") == "W2"
    page.keyboard.press("End")
    node(page, "W2", "parameter").click()  # in the backward pass: goes to where its gradient is added
    assert formula(page).startswith("dW2 = ")
    node(page, "X", "data").click()  # X has none
    assert formula(page) == "Z1 = W1 @ X + b1"


def test_without_layers_there_are_no_keys_for_them(show, cost):
    help_of = "[...document.querySelectorAll('.keys kbd')].map((key) => key.textContent)"
    assert {"P", "N", "L"} <= set(show(cost).evaluate(help_of))
    x = tg.Tensor([1.0, 3.0], requires_grad=True, name="x")
    page = show((x * x).sum())
    assert not {"P", "N", "L"} & set(page.evaluate(help_of))
    page.keyboard.press("ArrowRight")
    for key in "npl":
        page.keyboard.press(key)
        assert page.inner_text("#where") == "1 / 6"


def test_a_narrow_window_has_its_panel_below_the_drawing(show, cost):
    page = show(cost, viewport={"width": 800, "height": 720})
    panel, pane = (page.locator(part).bounding_box() for part in ("#panel", "#pane"))
    assert pane["width"] == panel["width"] == 800
    assert panel["height"] > 150
    assert pane["y"] + pane["height"] < panel["y"]


def test_search(show, cost):
    page = show(cost)
    page.keyboard.press("/")
    page.keyboard.type("z2")
    assert page.inner_text("#found") == "2 found"
    page.keyboard.press("Enter")
    assert formula(page).startswith("Z2 = ")
    page.fill("#query", "layer 1")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    assert page.inner_text(".pass button").startswith("layer 1")
    page.fill("#query", "nobody")
    assert page.inner_text("#found") == "nothing found"
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    assert page.input_value("#query") == ""
    page.keyboard.press("ArrowRight")  # the page has the keys again


def test_a_layer_closes_and_opens(show, cost):
    page = show(cost)
    sides = "whole[1] - whole[0] + whole[3] - whole[2]"  # the width of a closed layer depends on the fonts
    before = page.evaluate(sides)
    hidden = "nodes.filter((n) => n.g.classList.contains('hidden')).length"
    page.locator(".handle").first.click()
    assert page.evaluate(hidden) in (6, 7)
    assert page.evaluate(sides) <= before
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    assert page.evaluate("boxes.some((b) => b.g.classList.contains('current'))") or page.evaluate(hidden) == 6
    page.click("#layers")
    assert page.evaluate(hidden) == 12
    assert page.evaluate(sides) < before  # their room is free again
    assert page.evaluate(
        "[...document.querySelectorAll('.current:not(.hidden)')].map((g) => g.classList.contains('cluster'))"
    ) == [True]
    assert page.get_attribute(".pass button", "aria-expanded") == "false"
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("l")  # opens the layer of the step
    assert page.get_attribute(".pass button", "aria-expanded") == "true"
    assert 0 < page.evaluate(hidden) < 12
    page.click(".pass button")
    page.fill("#query", "Z1")
    page.keyboard.press("Enter")  # going to a node shows it
    assert node(page, "Z1", "result").is_visible()
    page.click("#layers")
    page.click("#layers")
    assert page.evaluate(hidden) == 0
    assert page.locator(".cluster:is(.current, .reached, .todo, .chosen)").count() == 0  # an open layer is a frame
    assert page.evaluate(sides) == before


def test_a_step_has_its_footnote(show, cost):
    page = show(cost)
    for k, step in enumerate(Steps(cost), 1):
        page.evaluate("k => go(k)", k)
        assert (f"Note: {step.note}." in page.inner_text("body")) == bool(step.note)
        assert "e-2" not in formula(page)
    assert "the slope of the log is kept finite" in page.content()


def test_the_address_holds_the_step(show, cost):
    page = show(cost)

    def arrived(step):
        page.locator("#where", has_text=re.compile(f"^{step} / 16$")).wait_for()
        page.wait_for_url(f"**#step={step}")

    assert "#" not in page.url
    page.keyboard.press("End")
    page.clock.run_for(3000)  # looked at: the back button leads here
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")  # and not to each step on the way
    arrived(1)
    page.reload()
    arrived(1)
    assert formula(page) == "Z1 = W1 @ X + b1"
    page.go_back()
    arrived(16)
    page.go_forward()
    arrived(1)
    page.evaluate("location.hash = '#step=7'")  # as a link does
    arrived(7)
    assert formula(page) == list(Steps(cost))[6].formula


@pytest.mark.parametrize(("hash_", "where"), [("#step=7", 7), ("#step=999", 16), ("#step=-1", 0), ("#other", 0)])
def test_a_link_opens_at_a_step(show, cost, hash_, where):
    page = show(cost)
    url = page.url + hash_
    page.goto("about:blank")
    page.goto(url)
    assert page.inner_text("#where") == f"{where} / 16"
    assert bool(page.locator(".current").count()) == bool(where)


@pytest.mark.parametrize("width", [1280, 800])
@pytest.mark.parametrize("layer_dims", [[3, 4, 1], [12, 16, 8, 4, 1], [4] * 51 + [1]])
def test_no_text_is_smaller_than_11_pixels(show, layer_dims, width):
    """At the beginning, in the first and in the last step; without heat maps, and with both kinds."""
    page = show(mlp_cost(layer_dims, 5), viewport={"width": width, "height": 720})
    smallest = """Math.min(...[...document.querySelectorAll("body *")].filter((e) =>
        e.getBoundingClientRect().width > 1 && [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim()))
        .map((e) => parseFloat(getComputedStyle(e).fontSize) * (e.getScreenCTM ? e.getScreenCTM().a : 1)))"""
    outside = """nodes.flatMap(({ g }) => [...g.querySelectorAll("text")].filter((text) => {
        const [a, b] = [text, g.querySelector(SHAPES)].map((part) => part.getBoundingClientRect());
        return a.width && (a.left < b.left || a.right > b.right);
    }).map((text) => text.textContent))"""
    for heats in ("values", "gradients", "off"):
        for key in ("Home", "ArrowRight", "End", "h"):
            page.keyboard.press(key)
            assert page.evaluate(smallest) >= 11
            assert key != "End" or page.evaluate(outside) == []
        assert page.inner_text("#heat") == f"Heat maps: {heats}"


def test_pan_and_zoom(show, cost):
    page = show(cost, viewport={"width": 2400, "height": 720})  # all is seen
    place = "[view.x, view.y, view.scale]"
    page.keyboard.press("0")  # a wide drawing begins in a size to read
    x, y, scale = page.evaluate(place)
    page.mouse.move(300, 500)
    page.mouse.wheel(0, -300)
    page.wait_for_function("scale => view.scale > scale", arg=scale)
    page.keyboard.press("0")
    assert page.evaluate(place) == [x, y, scale]
    box = node(page, "A1", "result").bounding_box()
    page.mouse.move(box["x"] + 5, box["y"] + 5)  # a drag may begin on a node
    page.mouse.down()
    page.mouse.move(box["x"] + 65, box["y"] + 45, steps=3)
    page.mouse.up()
    assert page.evaluate(place) == pytest.approx([x + 60, y + 40, scale], abs=0.01)
    assert page.inner_text("#where") == "0 / 16"
    page.click("#in")
    page.keyboard.press("-")
    assert page.evaluate("view.scale") == pytest.approx(scale)


def test_keyboard_and_screen_reader(show, cost):
    page = show(cost)
    assert page.evaluate("nodes.every((n) => n.g.getAttribute('role') === 'button' && n.g.getAttribute('aria-label'))")
    assert node(page, "Z1", "result").get_attribute("aria-label") == "result Z1 (4, 5) float64"
    assert page.locator("#pane [tabindex='0']").count() == 1  # the drawing is one stop of the tab key
    page.locator("#pane > svg [tabindex='0']").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    assert formula(page) == "Z1 = W1 @ X + b1"
    page.keyboard.press("ArrowRight")
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "result A1 (4, 5) float64"
    page.keyboard.press("l")  # its layer takes the focus
    page.locator("#pane > svg [tabindex='0']").press("Enter")
    assert page.locator(".handle[aria-expanded=true]").count() == 2
    unnamed = """[...document.querySelectorAll('button, input, [role=region], [role=img], section')].filter((e) =>
        !e.getAttribute('aria-label') && !e.textContent.trim()).length"""
    assert page.evaluate(unnamed) == 0
    assert page.locator("[aria-live=polite]").count() == 1


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_light_and_dark(show, cost, scheme):
    page = show(cost, color_scheme=scheme)
    page.keyboard.press("ArrowRight")
    brightness = """(selector, part) => {
        const [r, g, b] = getComputedStyle(document.querySelector(selector))[part].match(/\\d+/g).map(Number);
        return (r + g + b) / 765;
    }"""
    ink, paper = (page.evaluate(f"({brightness})('body', '{part}')") for part in ("color", "backgroundColor"))
    assert (ink < 0.3 and paper > 0.9) if scheme == "light" else (ink > 0.8 and paper < 0.2)
    fill = page.evaluate(f"({brightness})('.node.data path', 'fill')")
    assert (fill > 0.8) if scheme == "light" else (fill < 0.4)


def test_a_phone(show, cost):
    page = show(cost, viewport={"width": 390, "height": 780}, has_touch=True, is_mobile=True)
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    page.tap("#next")
    assert page.inner_text("#where") == "1 / 16"
    for part in ("#pane", "#controls", ".formula", "#query"):
        box = page.locator(part).bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 390
    assert page.locator(".formula").bounding_box()["y"] < 600
    assert page.locator("#pane").bounding_box()["height"] > 200


def test_names_and_values_are_text_in_the_browser(show):
    page = show(two_uses())
    for _ in Steps(two_uses()):
        page.keyboard.press("ArrowRight")
    page.keyboard.press("/")
    page.keyboard.type("<img")
    page.keyboard.press("Enter")
    assert page.inner_text(".choices [aria-pressed=true]") == ATTACK
    assert page.locator("#panel .odd").count() > 0  # log(0) and log(-1) are seen
    assert page.evaluate("window.hacked") is None
    assert page.locator("img").count() == 0
    page.click("#layers")
    page.click("#layers")


def test_each_part_of_a_gradient_is_shown(show):
    x = tg.Tensor([1.0, 3.0], requires_grad=True, name="x")
    page = show((x * x).sum() + x.sum())
    page.keyboard.press("End")
    assert "part 3 of 3" in page.inner_text("#panel")
    titles = [text.split("\n")[0] for text in page.locator("#panel h3").all_inner_texts()]
    assert titles == ["added to dx", "dx", "x"]


def test_fifty_layers(show):
    page = show(mlp_cost([16] * 50 + [1], 30))
    for key in ("ArrowRight", "End", "ArrowLeft"):
        page.keyboard.press(key)
    page.keyboard.press("/")
    page.keyboard.type("A37")
    page.keyboard.press("Enter")
    assert node(page, "A37", "result").is_visible()
    inside = "(g) => { const a = g.getBoundingClientRect(), b = pane(); return a.left > b.left && a.right < b.right; }"
    assert page.evaluate(inside, node(page, "A37", "result"))
    page.click("#layers")
    assert page.evaluate("nodes.filter((n) => !n.g.classList.contains('hidden')).length") < 10


def test_the_overview_of_fifty_layers(show):
    loss = mlp_cost([4] * 50 + [1], 5)
    page = show(loss)
    assert page.locator("#map .node").count() == page.evaluate("nodes.length")
    edges = """(name) => ((r) => [r.left, r.right])(document.querySelector(`#map .${name}`).getBoundingClientRect())"""
    place = page.locator("#map").bounding_box()
    page.mouse.click(place["x"] + place["width"] / 2, place["y"] + 30)  # a click goes there
    step = page.evaluate("at")
    assert 40 < step < 60  # of 98 operations
    lit = page.locator(".node.current").first.bounding_box()
    assert 0 < lit["x"] < page.evaluate("pane().width")  # and the drawing follows
    for name in ("here", "seen"):  # where the step is, and what is seen
        left, right = page.evaluate(edges, name)
        assert left - 3 < place["x"] + place["width"] / 2 < right + 3
    page.keyboard.press("n")
    page.keyboard.press("n")
    two_on = page.evaluate("at")
    assert two_on - step in (3, 4)  # a layer has two ops
    assert page.evaluate(edges, "here")[0] > place["x"] + place["width"] / 2
    page.keyboard.press("p")
    assert page.evaluate("at") == two_on - 2
    page.click("#layers")
    assert page.locator("#map .node:not(.hidden)").count() < 10
    page.mouse.click(place["x"] + place["width"] / 3, place["y"] + 30)  # a click opens the layer there
    assert page.locator("#map .node:not(.hidden)").count() > 10


def test_no_overview_of_a_drawing_that_is_seen(show, cost):
    page = show(cost, viewport={"width": 2400, "height": 720})
    assert page.locator("#map").is_hidden()
    page.set_viewport_size({"width": 800, "height": 720})
    page.locator("#map").wait_for(state="visible")
    page.set_viewport_size({"width": 2400, "height": 720})
    page.locator("#map").wait_for(state="hidden")


def cells(page, title, kind):
    """The heat map of a node: the classes of its marks, and its text."""
    drawn = node(page, title, kind).query_selector(".cells")
    return drawn and ([part.get_attribute("class") for part in drawn.query_selector_all("path")], drawn.text_content())


def test_heat_maps_of_values_and_gradients(show, cost):
    page = show(cost)
    assert page.locator(".cells").count() == 0  # on demand
    page.keyboard.press("h")
    assert page.inner_text("#heat") == page.inner_text("#live") == "Heat maps: values"
    leaves = {x.name: x for t in cost.tape() for x in t.inputs if x.is_leaf}
    largest = np.abs(leaves["W1"].data).max()
    classes, text = cells(page, "W1", "parameter")
    assert {"plus", "minus"} == set(classes)
    assert float(text.removeprefix("±")) == pytest.approx(largest, rel=0.05)
    assert cells(page, "b1", "parameter")[1] == "0"
    assert cells(page, "cost", "result") == ([], f"{float(cost):.4g}")  # one entry: its number
    assert cells(page, "linear", "op") is None  # Z1 shows it
    page.keyboard.press("ArrowRight")
    assert "Z1" in page.inner_text("#legend")
    assert "entries" not in page.inner_text("#legend")
    page.click("#heat")
    assert page.inner_text("#heat") == "Heat maps: gradients"
    assert cells(page, "X", "data") is None
    assert not node(page, "Z1", "result").query_selector(".cells").is_visible()  # the walk back is not there yet
    page.keyboard.press("End")
    assert node(page, "Z1", "result").query_selector(".cells").is_visible()
    assert node(page, "Z1", "result").query_selector("text").text_content() == "dZ1"
    page.keyboard.press("h")
    assert page.locator(".cells, .warm").count() == 0
    assert node(page, "Z1", "result").query_selector("text").text_content() == "Z1"
    assert page.locator("#legend").is_hidden()


def test_a_heat_map_of_a_large_array_is_sampled_and_says_so(show):
    x = tg.Tensor(np.r_[np.linspace(-1, 1, 198), np.nan, 0], requires_grad=True, name="x")  # NaN is left out
    y = x * np.r_[np.inf, np.ones(199)]
    y.name = "y"
    page = show(y.sum())
    page.keyboard.press("ArrowRight")
    page.keyboard.press("h")
    assert cells(page, "x", "parameter")[1] == "±1 NaN"
    assert "strange" in cells(page, "y", "result")[0]  # the first entry is infinite
    assert "16 of 200 entries" in page.inner_text("#legend")
    assert "NaN or infinite" in page.inner_text("#legend")


def test_inside_a_notebook(show, cost):
    page = show(cost, frame=True)
    frame = page.frames[1]
    frame.click("#next")
    frame.locator("#next").press("ArrowRight")
    assert frame.inner_text("#where") == "2 / 16"
    assert frame.inner_text(".formula code") == "A1 = relu(Z1)"
