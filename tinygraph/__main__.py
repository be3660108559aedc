"""The command line: `tinygraph draw script.py:loss -o graph.svg`; --help lists all commands."""

from __future__ import annotations

import argparse
import os
import shlex
import sys
from contextlib import redirect_stdout
from typing import Any

from . import MLP, RenderError, Tensor, __version__, explain, explore, load, memory, save_diagram
from .compiler.compile import Compiled
from .files import check_output, read_entries, short
from .graph.variables import ids, take_names
from .nn.model import TABLE
from .show.draw import DIRECTIONS
from .show.draw import FORMATS as PICTURES
from .show.explain import FORMATS
from .tape import toposort
from .train.cells import listed
from .train.options import Parser, said

PROGRAM = "python -m tinygraph" if sys.argv[0] == __file__ else "tinygraph"


def main(argv: list[str] | None = None) -> int:
    """Run one command: 0 if it succeeds, 1 if the script fails, 2 after a message on stderr."""
    argv = (sys.argv[1:] if argv is None else argv) or ["--help"]
    try:
        if argv[0] in ("train", "predict"):
            from .train import command  # which takes a while

            return int(getattr(command, argv[0])(argv[1:]))
        options = _parser().parse_args(argv)
        options.others = [word for word in argv[1:] if word != options.what]
        print(options.run(options))
        sys.stdout.flush()
    except BrokenPipeError:  # `tinygraph tape ... | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (OSError, ValueError, TypeError, ImportError, RenderError) as error:
        print(f"tinygraph {options.command}: {said(error)}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    verbatim = argparse.RawDescriptionHelpFormatter
    about = "Look at the graphs that a script records; train a net on a table."
    parser = Parser(PROGRAM, description=about, formatter_class=verbatim)
    parser.add_argument("--version", action="version", version=f"tinygraph {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")
    examples = []

    def command(name: str, run: Any, what: str, example: str, takes: str = "script.py:loss") -> argparse.ArgumentParser:
        examples.append(f"  {PROGRAM} {name} {example}")
        added = commands.add_parser(name, help=what, epilog=f"example:\n{examples[-1]}", formatter_class=verbatim)
        added.description = f"{what[0].upper()}{what[1:]}."
        about = "a script, and the name that it gives a Tensor; without a name, the names are listed"
        added.add_argument("what", metavar=takes, help=about if takes == "script.py:loss" else "a saved network")
        added.set_defaults(run=run)
        return added

    def file(added: argparse.ArgumentParser, path: str, *endings: str) -> None:
        added.add_argument("-o", "--output", default=path, metavar="FILE", help=f"the file to write (default: {path})")
        added.set_defaults(endings=endings)

    drawing = command("draw", _draw, "draw the graph as .svg, .png, .pdf or .dot", "train.py:loss -o loss.png --values")
    file(drawing, "graph.svg", *(f".{kind}" for kind in PICTURES))
    drawing.add_argument("--direction", choices=DIRECTIONS, help="the direction of the arrows")
    drawing.add_argument("--values", action="store_true", help="show small arrays whole, large ones as statistics")
    drawing.add_argument("--backward", action="store_true", help="draw the backward pass too")
    drawing.add_argument("--depth", type=int, metavar="N", help="show layers deeper than N as one box")
    drawing.add_argument("--no-fold", action="store_true", help="show each of many equal layers, not one for all")
    drawing.add_argument("--dark", action="store_true", help="draw light on a dark page")
    page = command("explore", _explore, "write a page to step through", "train.py:loss -o loss.html")
    file(page, "graph.html", ".html", ".htm")
    words = command("explain", _explain, "write out the forward pass and the chain rule", "train.py:loss --numbers")
    words.add_argument("--format", choices=FORMATS, default="text")
    words.add_argument("--numbers", action="store_true", help="show values too")
    command("tape", _tape, "print the ops in the order of recording, as a table", "train.py:loss")
    command("memory", _memory, "print the bytes that each op holds, and what needs them", "train.py:loss")
    command("train", None, "train a net on a table", "table.csv --label species")  # these two have their own parsers
    command("predict", None, "answer the rows of a table by a trained net", "out/model.npz rows.csv -o answers.csv")
    command("info", _info, "print the layers, shapes and counts of a network", "out/model.npz", takes="model.npz")
    parser.epilog = "\n".join([f"examples ({PROGRAM} COMMAND --help tells more):", *examples])
    return parser


def _draw(options: Any) -> str:
    chosen = {name: getattr(options, name) for name in ("direction", "values", "backward", "depth", "dark")}
    if options.depth is not None and options.depth < 1:
        raise ValueError(f"--depth takes a whole number from 1, got {options.depth}")
    name, found = _found(options)
    save_diagram(found, options.output, fold=not options.no_fold, **chosen)
    return f"wrote {options.output}, a picture of the graph of {name}"


def _explore(options: Any) -> str:
    name, found = _found(options)
    explore(found, options.output)
    return f"wrote {options.output}, a page that steps through the graph of {name}: open it in a browser"


def _explain(options: Any) -> str:
    return str(explain(_found(options)[1], format=options.format, numbers=options.numbers))


def _tape(options: Any) -> str:
    found = _found(options)[1]
    if not isinstance(found, Tensor):
        raise TypeError("a compiled function has no tape: its step.code, step.source and step.report() tell of it")
    return str(found.tape())


def _memory(options: Any) -> str:
    return str(memory(_found(options)[1]))


def _info(options: Any) -> str:
    if TABLE not in read_entries(options.what):
        return f"{options.what}: {MLP.load(options.what)!r}"
    model = load(options.what)
    columns = [x.name + f" ({listed(x.categories)})" * bool(x.categories) for x in model.columns.columns]
    lines = [f"{options.what}: {model.net!r}", f"label {short(model.target.name)!r}: {model.target.task}"]
    lines[1] += f": {short(listed(model.classes), 300)}" if model.classes else ""
    return "\n".join([*lines, f"{len(columns)} columns: {short(', '.join(columns), 1000)}"])


def _found(options: Any) -> tuple[str, Any]:
    """The Tensor that `script.py:name` names, with its name. What can go wrong is checked first."""
    what = options.what
    path, _, name = (what, "", "") if os.path.exists(what) else what.rpartition(":")
    if not path:
        raise ValueError(f"takes script.py:name, such as train.py:loss; got {what!r}, and there is no such file")
    if not os.path.isfile(path) or path.endswith((".ipynb", ".npz", ".csv")):
        raise ValueError(f"{path} is not a Python script" if os.path.exists(path) else f"there is no file {path}")
    if hasattr(options, "output"):
        check_output(options.output, options.endings, path)
    found = _run(path)
    known = {key: value for key, value in found.items() if isinstance(value, (Tensor, Compiled))}
    draws = options.command == "draw"
    made = [key for key, x in known.items() if (x.op if isinstance(x, Tensor) else draws and x._latest)]
    if not name and len(made) == 1:
        name = made[0]
        print(f"tinygraph {options.command}: no name was given; takes {name}, the only one", file=sys.stderr)
    if name in known:
        thing = known[name]
        if isinstance(thing, Tensor):
            with open(path, "rb") as script:
                code = compile(script.read(), path, "exec")
            take_names(toposort(thing) or [thing], (ids(found), [code]))
        return name, thing
    if not name and made:
        lines = [f"no name was given; {path} makes these, so type one of"]
        for key in reversed(made):
            shape = getattr(known[key], "shape", "a compiled function")
            lines.append(f"  {PROGRAM} {options.command} {shlex.join([f'{path}:{key}', *options.others])}  # {shape}")
        raise ValueError("\n".join(lines))
    got = f"{name} of {path} is not a Tensor: its type is {type(found.get(name)).__name__}"
    if name not in found:
        got = f"{path} makes no {name}" if name else f"{path} names no result of an op at its top level"
    raise ValueError(f"{got}; {f'its Tensors are {listed(known)}' if known else 'the script makes no Tensors'}")


def _run(path: str) -> dict[str, Any]:
    """The names of a script that has run, printing to stderr. An error in it ends the command."""
    import runpy

    given, sys.argv = sys.argv, [path]
    sys.path.insert(0, os.path.dirname(os.path.abspath(path)))
    try:
        with redirect_stdout(sys.stderr):
            return runpy.run_path(path, run_name="__main__")
    except SystemExit as error:
        raise ValueError(f"{path} ended itself with {error.code!r}, before its names could be read") from error
    except Exception as error:  # told as Python does, from the script's first line on
        place = error.__traceback__
        while place and place.tb_frame.f_code.co_filename != path:
            place = place.tb_next
        sys.excepthook(type(error), error.with_traceback(place), place)
        raise SystemExit(1) from None
    finally:
        sys.argv = given
        sys.path.pop(0)


if __name__ == "__main__":
    sys.exit(main())
