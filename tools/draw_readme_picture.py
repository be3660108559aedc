"""Draw the pictures of README.md and docs/*.md again: `python tools/draw_readme_picture.py`.

A picture docs/NAME.svg is the file NAME.svg that the code of its page writes.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import shutil
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def pictures(page: Path) -> list[str]:
    """The names of the .svg files that a page shows."""
    return re.findall(r"^!\[.*\]\((?:docs/)?(\w+\.svg)\)$", page.read_text(encoding="utf-8"), re.MULTILINE)


def run(page: Path) -> None:
    """Run the Python code of a page, which writes its files into the current folder."""
    names: dict[str, Any] = {}
    for code in re.findall(r"^```python\n(.*?)^```", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE):
        with contextlib.redirect_stdout(io.StringIO()):
            exec(compile(code, "example.py", "exec"), names)


if __name__ == "__main__":
    for page in filter(pictures, PAGES):
        with tempfile.TemporaryDirectory() as folder:
            os.chdir(folder)
            run(page)
            for name in pictures(page):
                shutil.copyfile(name, ROOT / "docs" / name)
            os.chdir(ROOT)
