"""The docs as a site: built strictly and without a network; the search of a page opened from disk finds its pages."""

import shutil
import subprocess
import sys

import pytest
from helpers.paths import ROOT

pytestmark = pytest.mark.extra


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    pytest.importorskip("mkdocs")
    site = tmp_path_factory.mktemp("site")
    offline = ["unshare", "-rn"]
    if not shutil.which("unshare") or subprocess.run([*offline, "true"], capture_output=True).returncode:
        offline = []  # this system lets nobody cut off the network
    # with --quiet, --strict counts no warning
    command = [*offline, sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(site)]
    built = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert built.returncode == 0, built.stdout + built.stderr
    return site


def test_each_page_is_built_and_links_lead_from_page_to_page(site):
    pages = [path.relative_to(ROOT / "docs").with_suffix(".html") for path in (ROOT / "docs").rglob("*.md")]
    assert [page for page in pages if not (site / page).exists()] == []
    assert 'href="limits.html#where-a-gradient-ends"' in (site / "promises.html").read_text(encoding="utf-8")
    assert 'href="promises.html"' in (site / "index.html").read_text(encoding="utf-8")
    assert "examples/fit_curve.py" in (site / "index.html").read_text(encoding="utf-8")
    assert "../examples" not in (site / "index.html").read_text(encoding="utf-8")


def test_the_search_of_a_page_opened_from_disk_finds_an_answer(site):
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if chromium is None:
        return  # .ci/run says that no browser is here
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page()
        asked = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto((site / "index.html").as_uri())
        page.fill("input.md-search__input", "early stopping")
        page.wait_for_selector('.md-search-result__item a[href*="own_loop.html"]', state="attached")
        assert [url for url in asked if not url.startswith(("file:", "data:", "about:", "blob:"))] == []
        browser.close()
