"""What `mkdocs build` does beyond MkDocs: pages from outside docs/, links to the source, patterns in the nav, a check.

mkdocs.yml names this file. The pages stay plain Markdown whose links work in the repository.
"""

from __future__ import annotations

import json
import posixpath
import re
from pathlib import Path
from typing import Any

from mkdocs.exceptions import PluginError
from mkdocs.plugins import event_priority
from mkdocs.structure.files import File

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
# Files outside docs/ that are pages of the site
PAGES = {
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "SECURITY.md": "security.md",
    "README.md": "index.md",
}


def on_config(config: Any) -> None:
    """Replace each pattern of the nav by the pages that match it."""
    config.nav = [item for entry in config.nav for item in expanded(entry)]


def expanded(entry: Any) -> list[Any]:
    """The entries of the nav that `entry` stands for."""
    title, value = next(iter(entry.items())) if isinstance(entry, dict) else (None, entry)
    if isinstance(value, list):
        return [{title: [item for child in value for item in expanded(child)]}]
    found = sorted(path.relative_to(DOCS).as_posix() for path in DOCS.glob(value))
    if "*" not in value:  # a page that is missing fails as a broken link
        return [entry] if found or value in PAGES.values() else []
    index = posixpath.join(posixpath.dirname(value), "index.md")
    pages: list[Any] = grouped(index, found) if index in found and "/" in index else found
    return [{title: pages}] if title and pages else pages


def grouped(index: str, pages: list[str]) -> list[Any]:
    """The pages of a folder under the headings of its index that link them, each under the first; then the others."""
    left, groups = dict.fromkeys(page for page in pages if page != index), []
    for section in re.split(r"^## ", (DOCS / index).read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
        linked = [posixpath.join(posixpath.dirname(index), page) for page in re.findall(r"\]\(([^)#]+)", section)]
        group = [page for page in dict.fromkeys(linked) if page in left]
        left = {page: None for page in left if page not in group}
        groups += [{section.partition("\n")[0]: group}] if group else []
    return [*groups, *left]


def on_files(files: Any, config: Any) -> None:
    """Add the pages from outside docs/."""
    for source, page in PAGES.items():
        if not files.get_file_from_path(page):
            text = (ROOT / source).read_text(encoding="utf-8")
            files.append(File.generated(config, page, content=text))


def on_page_markdown(markdown: str, page: Any, config: Any, files: Any) -> str:
    """Point links that leave docs/ to the page, to the repository's address, or nowhere."""
    at = {target: source for source, target in PAGES.items() if target != "index.md"}
    source = at.get(page.file.src_uri, "docs/" + page.file.src_uri)

    def link(match: re.Match[str]) -> str:
        text, target, anchor = match.groups("")
        path = posixpath.normpath(posixpath.join(posixpath.dirname(source), target))
        if path.startswith("docs/"):
            path = path.removeprefix("docs/")
        elif path in PAGES:
            path = PAGES[path]
        else:
            return f"[{text}]({config.repo_url}/blob/main/{path}{anchor})" if config.repo_url else text
        return f"[{text}]({posixpath.relpath(path, posixpath.dirname(page.file.src_uri) or '.')}{anchor})"

    # not in code; a link's text may be on two lines
    parts = re.split(r"(^```.*?^```|`[^`\n]+`(?!\]))", markdown, flags=re.DOTALL | re.MULTILINE)
    inside = r"\[((?:[^\[\]]|\[[^\[\]]*\])*)\]\(([^)#:\s]+)(#[^)\s]*)?\)"
    return "".join(part if k % 2 else re.sub(inside, link, part) for k, part in enumerate(parts))


@event_priority(-100)  # type: ignore[untyped-decorator, unused-ignore]  # after the search has written its index
def on_post_build(config: Any) -> None:
    """Raise an error if the search misses a page, or a page loads something from another address."""
    site = Path(config.site_dir)
    index = json.loads((site / "search" / "search_index.json").read_text(encoding="utf-8"))
    found = {entry["location"].partition("#")[0] for entry in index["docs"]}
    for path in site.rglob("*.html"):
        page = path.relative_to(site).as_posix()
        if page not in found | {"404.html"}:
            raise PluginError(f"the search does not find {page}")
        loaded = re.search(
            r"<(?:script|img|iframe|link rel=.stylesheet.)[^>]*https?:[^>]*>", path.read_text(encoding="utf-8")
        )
        if loaded:
            raise PluginError(f"{page} needs the network: {loaded[0]}")
