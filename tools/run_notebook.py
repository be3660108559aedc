"""Run notebooks, each in a fresh kernel, and store their results in them; stops at the first error.

    python tools/run_notebook.py examples/lesson.ipynb
    python tools/run_notebook.py --check examples/*.ipynb

With --check nothing is written, and results that differ from the stored ones are an error. Kinds
and texts of outputs are compared, without digits and roundings, which differ a little from machine
to machine. It needs the extra `notebook`.
"""

from __future__ import annotations

import argparse
import importlib
import os
import re
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
ROUNDING = re.compile(r"to (the last digit|\S+ of the largest number.*)|\d+")
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def _module(name: str) -> Any:
    """A module of the extra, imported by name, because its types are missing without the extra."""
    try:
        return importlib.import_module(name)
    except ImportError:
        sys.exit(f'there is no {name} here: pip install ".[notebook]"')


def executed(path: Path) -> Any:
    """The notebook at `path` with new results, and without traces of this machine."""
    os.environ["PYTHONPATH"] = str(ROOT)  # this checkout's tinygraph, not an installed one
    notebook = _module("nbformat").read(path, as_version=4)
    for cell in notebook.cells:
        cell.metadata = {}
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    folder = {"metadata": {"path": str(path.parent)}}
    options = {"kernel_name": "python3", "timeout": 60, "record_timing": False, "coalesce_streams": True}
    _module("nbclient").NotebookClient(notebook, resources=folder, **options).execute()
    notebook.metadata = METADATA
    return notebook


def shown(notebook: Any) -> list[Any]:
    """The kinds and texts of each cell's outputs, without parts that differ between machines."""
    return [
        [(sorted(x.get("data", {})), ROUNDING.sub("0", _text(x))) for x in cell.get("outputs", [])]
        for cell in notebook.cells
    ]


def _text(output: Any) -> str:
    return str(output.get("text") or output.get("data", {}).get("text/plain", ""))


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("notebook", type=Path, nargs="+")
    parser.add_argument("--check", action="store_true", help="compare with the stored results, and write nothing")
    arguments = parser.parse_args()
    for path in arguments.notebook:
        notebook = executed(path)
        if not arguments.check:
            _module("nbformat").write(notebook, path)
            continue
        stored = shown(_module("nbformat").read(path, as_version=4))
        for k, (old, new) in enumerate(zip(stored, shown(notebook), strict=True)):
            if old != new:
                print(f"{path}, cell {k}: stored\n{old}\nand now\n{new}", file=sys.stderr)
                return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
