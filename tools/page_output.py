"""Write below each block of Python in pages what it prints: `python tools/page_output.py docs/lesson.md ...`.

The tests compare the two. Read the difference before you commit it: it may be a mistake of the
code.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]


def with_output(text: str) -> str:
    """The text of a page, its code run in the current folder."""
    names: dict[str, Any] = {}

    def ran(block: re.Match[str]) -> str:
        with contextlib.redirect_stdout(printed := io.StringIO()):
            exec(compile(block[1], "example.py", "exec"), names)
        said = printed.getvalue()
        return f"```python\n{block[1]}```\n" + (f"\n```text\n{said}```\n" if said else "")

    return re.sub(r"^```python\n(.*?)^```\n(?:\n```text\n.*?^```\n)?", ran, text, flags=re.DOTALL | re.MULTILINE)


if __name__ == "__main__":
    for page in [Path(name).resolve() for name in sys.argv[1:]]:
        with tempfile.TemporaryDirectory() as folder:
            shutil.copytree(ROOT / "examples" / "data", Path(folder) / "examples" / "data")
            os.chdir(folder)
            sys.path.insert(0, folder)  # for modules that a page writes and imports
            page.write_text(with_output(page.read_text(encoding="utf-8")), encoding="utf-8")
            os.chdir(ROOT)
