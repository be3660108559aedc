"""Where things are: the project, which need not hold tinygraph/ (see .ci/run), and its folders."""

from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
ROOT = TESTS.parent
EXAMPLES = ROOT / "examples"
TOOLS = ROOT / "tools"
