"""Make docs/explore_backward.png: the page of tg.explore as it steps backward, a moving picture.

    python tools/moving_picture.py --write    # needs chromium, and the extras browser and examples

It steps through the real page of docs/drawing.md's first net in a headless browser, and joins the
screenshots.
"""

from __future__ import annotations

import argparse
import io
import shutil
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from playwright.sync_api import sync_playwright

import tinygraph as tg

OUT = Path(__file__).resolve().parents[1] / "docs" / "explore_backward.png"
SIZE = {"width": 800, "height": 560}  # the width of a README, so that nothing is scaled
COLOURS, MILLISECONDS = 96, 1500  # of a frame


def write_page(path: Path) -> None:
    """The page of a net of two layers after backward()."""
    rng = np.random.default_rng(0)
    X = tg.Tensor(rng.standard_normal((2, 3)), name="X")
    Y = tg.Tensor(rng.integers(0, 2, (1, 3)).astype(float), name="Y")
    cost = tg.cross_entropy(tg.MLP([2, 3, 1], rng=1)(X), Y)
    cost.name = "cost"
    tg.explore(cost, path)


def frames(page: Any) -> list[Image.Image]:
    """A screenshot of the last forward step and of each step back."""
    last = int(page.locator("#slider").get_attribute("max") or 0)
    taken = []
    for step in range(last + 1):
        if "BACKWARD" in page.locator("#panel").inner_text().upper().split():
            taken.append(page.screenshot())
        elif step:
            taken = [page.screenshot()]
        page.keyboard.press("ArrowRight")
    return [Image.open(io.BytesIO(data)).convert("RGB") for data in taken]


def joined(pictures: list[Image.Image]) -> bytes:
    """One animated PNG, in the colours of all frames."""
    sheet = Image.new("RGB", (pictures[0].width, sum(picture.height for picture in pictures)))
    for k, picture in enumerate(pictures):
        sheet.paste(picture, (0, k * picture.height))
    palette = sheet.quantize(COLOURS, dither=Image.Dither.NONE)
    first, *rest = (picture.quantize(palette=palette, dither=Image.Dither.NONE) for picture in pictures)
    times = [MILLISECONDS] * len(rest) + [3 * MILLISECONDS]
    out = io.BytesIO()
    first.save(out, "PNG", save_all=True, append_images=rest, duration=times, loop=0, optimize=True)
    return out.getvalue()


def moving_picture() -> bytes:
    """The picture's bytes."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as play:
        write_page(Path(folder) / "graph.html")
        browser = play.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport=SIZE, color_scheme="light", reduced_motion="reduce")  # type: ignore[arg-type]
        page.goto((Path(folder) / "graph.html").as_uri())
        pictures = frames(page)
        browser.close()
    return joined(pictures)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--write", action="store_true", help=f"into docs/{OUT.name}")
    made = moving_picture()
    print(f"{len(made):,} bytes")
    if parser.parse_args().write:
        OUT.write_bytes(made)
