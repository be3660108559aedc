"""Python in a process of its own, with the imports of the tests."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

from helpers.paths import ROOT, TESTS

PATH = os.pathsep.join([str(ROOT), str(TESTS)])


def python(code: str, *argv: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run `python -c code argv...` to its end, and check that it succeeded."""
    return subprocess.run(
        [sys.executable, "-c", code, *argv],
        env={**os.environ, "PYTHONPATH": PATH, **variables},
        capture_output=True,
        text=True,
        check=True,
    )


def start(*argv: str, **options: Any) -> subprocess.Popen[str]:
    """Start `python argv...` with its warnings as errors and its output unbuffered."""
    return subprocess.Popen(
        [sys.executable, "-u", *argv],
        env={**os.environ, "PYTHONPATH": PATH, "PYTHONWARNINGS": "error"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,
    )
