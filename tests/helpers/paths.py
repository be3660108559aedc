"""The paths of the project, which need not contain tinygraph/ (see .ci/run), and its folders."""

from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
ROOT = TESTS.parent
EXAMPLES = ROOT / "examples"
TOOLS = ROOT / "tools"
