"""The command line: `python -m tinygraph draw script.py:loss -o graph.svg`; --help lists all."""

from __future__ import annotations

import argparse
import os
import sys
import traceback
from contextlib import redirect_stdout
from typing import Any

from . import MLP, RenderError, Tensor, __version__, explain, explore, load, memory, save_diagram
from .compiler.compile import Compiled
from .files import read_entries
from .graph.variables import ids, take_names
from .nn.model import TABLE
from .show.draw import DIRECTIONS
from .show.explain import FORMATS
from .tape import toposort


def main(argv: list[str] | None = None) -> int:
    """Run one command: 0 if it succeeds, or 2 after a line on stderr if it fails."""
    argv = sys.argv[1:] if argv is None else argv
    try:
        if argv[:1] in (["train"], ["predict"]):
            from .train import command  # which takes a while

            return int(getattr(command, argv[0])(argv[1:]))
        options = _parser().parse_args(argv)
        text = options.run(options)
        if text is not None:
            print(text)
            sys.stdout.flush()
    except BrokenPipeError:  # `python -m tinygraph tape ... | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (OSError, ValueError, TypeError, ImportError, RenderError) as error:
        print(f"tinygraph {options.command}: {error}", file=sys.stderr)
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m tinygraph", description="Look at the graphs that a script records.")
    parser.add_argument("--version", action="version", version=f"tinygraph {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")

    def command(name: str, run: Any, what: str, takes: str = "script.py:loss") -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=what, description=f"{what[0].upper()}{what[1:]}.")
        about = "a script, and the name that it gives a Tensor" if takes == "script.py:loss" else "a saved network"
        added.add_argument("what", metavar=takes, help=about)
        added.set_defaults(run=run)
        return added

    def picture(added: argparse.ArgumentParser, path: str) -> None:
        added.add_argument("-o", "--output", default=path, metavar="FILE", help=f"the file to write (default: {path})")

    drawing = command("draw", _draw, "draw the graph as .svg, .png, .pdf or .dot")
    picture(drawing, "graph.svg")
    drawing.add_argument("--direction", choices=DIRECTIONS, help="the direction of the arrows")
    drawing.add_argument("--values", action="store_true", help="show small arrays whole, large ones as statistics")
    drawing.add_argument("--backward", action="store_true", help="draw the backward pass too")
    drawing.add_argument("--depth", type=int, metavar="N", help="show layers deeper than N as one box")
    drawing.add_argument("--no-fold", action="store_true", help="show each of many equal layers, not one for all")
    drawing.add_argument("--dark", action="store_true", help="draw light on a dark page")
    picture(command("explore", _explore, "write a page to step through"), "graph.html")
    words = command("explain", _explain, "write out the forward pass and the chain rule")
    words.add_argument("--format", choices=FORMATS, default="text")
    words.add_argument("--numbers", action="store_true", help="show values too")
    commands.add_parser("train", help="train a net on a table")
    commands.add_parser("predict", help="answer the rows of a table by a trained net")
    command("tape", _tape, "print the ops in the order of recording, as a table")
    command("memory", _memory, "print the bytes that each op holds, and what needs them")
    command("info", _info, "print the layers, shapes and counts of a network", takes="model.npz")
    return parser


def _draw(options: Any) -> None:
    chosen = {name: getattr(options, name) for name in ("direction", "values", "backward", "depth", "dark")}
    save_diagram(_found(options.what), options.output, fold=not options.no_fold, **chosen)


def _explore(options: Any) -> None:
    explore(_found(options.what), options.output)


def _explain(options: Any) -> str:
    return str(explain(_found(options.what), format=options.format, numbers=options.numbers))


def _tape(options: Any) -> str:
    found = _found(options.what)
    if not isinstance(found, Tensor):
        raise TypeError("a compiled function has no tape: its step.code, step.source and step.report() tell of it")
    return str(found.tape())


def _memory(options: Any) -> str:
    return str(memory(_found(options.what)))


def _info(options: Any) -> str:
    net = load(options.what).net if TABLE in read_entries(options.what) else MLP.load(options.what)
    return f"{options.what}: {net!r}"


def _found(what: str) -> Any:
    """The Tensor that `script.py:name` names; the script runs, and prints to stderr."""
    import runpy

    path, colon, name = what.rpartition(":")
    if not colon or not path or not name:
        raise ValueError(f"takes script.py:name, such as train.py:loss; got {what!r}")
    if not os.path.isfile(path):
        raise ValueError(f"there is no file {path}")
    given, sys.argv = sys.argv, [path]
    sys.path.insert(0, os.path.dirname(os.path.abspath(path)))
    try:
        with redirect_stdout(sys.stderr):
            found = runpy.run_path(path, run_name="__main__")
    except SystemExit as error:
        raise ValueError(f"{path} ended itself with {error.code!r} before there was a {name}") from error
    except Exception as error:
        raise ValueError(f"{_where(error, path)}: {type(error).__name__}: {error}") from error
    finally:
        sys.argv = given
        sys.path.pop(0)
    known = {key: value for key, value in found.items() if isinstance(value, (Tensor, Compiled))}
    if name in known:
        thing = known[name]
        if isinstance(thing, Tensor):
            with open(path, "rb") as script:
                code = compile(script.read(), path, "exec")
            take_names(toposort(thing) or [thing], (ids(found), [code]))
        return thing
    got = f"is a {type(found[name]).__name__}, not a Tensor" if name in found else "is not there when it has run"
    raise ValueError(f"{name} of {path} {got}; its Tensors: {', '.join(known) or 'none'}")


def _where(error: Exception, path: str) -> str:
    """The last line of the script that led to the error."""
    frames = traceback.extract_tb(error.__traceback__)
    lines = [frame.lineno for frame in frames if os.path.abspath(frame.filename) == os.path.abspath(path)]
    if isinstance(error, SyntaxError):
        lines.append(error.lineno or 0)
    return f"{path}:{lines[-1]}" if lines else path


if __name__ == "__main__":
    sys.exit(main())
