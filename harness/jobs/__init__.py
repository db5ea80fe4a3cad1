"""What each command does, one folder a command, and the arguments that several commands share.

`command.py` of a folder, or of one in it, holds `COMMANDS`. A new folder with such a file is a new command; nothing
else needs an edit.
"""

from __future__ import annotations

import argparse
import math
import os
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path

from harness.model.errors import UnusableInput

MAX_SECONDS = 86_400  # a day
MAX_SEED_DIGITS = 100
DRIVEN_PATHS = "a path without backprop or step"
_CHECK_VARIABLE = "GRADPROOF_COMMAND"  # environment variable that the noxfile sets to the command that runs a check


class Finished:
    """How a command ended: its exit status, the folder to which it wrote reports, and what it could not write."""

    def __init__(self, status: int, reports: Path | None = None, problem: str = "") -> None:
        self.status, self.reports, self.problem = status, reports, problem


class Command:
    """A command: its name, one line for the help, the function that adds its arguments to a parser, and the function
    that runs it and may raise UnusableInput. If it `takes_program`, what follows `--` is `options.program`, a list."""

    def __init__(
        self,
        name: str,
        summary: str,
        arguments: Callable[[argparse.ArgumentParser], None],
        run: Callable[[argparse.Namespace], Finished],
        *,
        takes_program: bool = False,
    ) -> None:
        self.name, self.summary, self.arguments, self.run = name, summary, arguments, run
        self.takes_program = takes_program


def commands(name: str = "") -> Iterator[Command]:
    """Every command, by name; of a name that is also a folder here, those of this folder, so that it starts at once."""
    here = Path(__file__).parent
    folders = {path.parent.name: path.parent.relative_to(here) for path in sorted(here.glob("**/command.py"))}
    found = (
        command
        for folder in ([folders[name]] if name in folders else folders.values())
        for command in import_module(".".join((__name__, *folder.parts, "command"))).COMMANDS
    )
    return iter(sorted(found, key=lambda command: command.name))


def program_name() -> str:
    """The command that started this program."""
    return "gradproof" if os.path.basename(sys.argv[0]) == "gradproof" else "python -m harness"


def check_command() -> str:
    """The command that runs a check."""
    return os.environ.get(_CHECK_VARIABLE, f"{program_name()} check")


def add_selection(parser: argparse.ArgumentParser) -> None:
    """Add --only, which selects implementations."""
    names = "comma-separated implementations: names, or paths of source files in Python or another language"
    parser.add_argument("--only", metavar="NAMES", help=names)


def add_driving(parser: argparse.ArgumentParser, what: str) -> None:
    """Add --make and --cost, which say how `what`, which was not written for the contract, is driven."""
    make = f"how {what} makes a network, in its names and `widths`, such as 'Network(widths)' (default: tried)"
    parser.add_argument("--make", default="", metavar="EXPR", help=make)
    parser.add_argument("--cost", default="", metavar="NAME", help="the cost of that network (default: found)")


def add_reports(parser: argparse.ArgumentParser) -> None:
    """Add --reports, the folder for reports."""
    where = "folder for reports (default: reports/, if nothing is selected)"
    parser.add_argument("--reports", type=folder_argument, metavar="FOLDER", help=where)


def add_jobs(parser: argparse.ArgumentParser) -> None:
    """Add --jobs, the number of worker processes."""
    workers = "number of worker processes (default: one for each processor)"
    parser.add_argument("--jobs", type=count_argument, metavar="N", help=workers)


def add_limits(parser: argparse.ArgumentParser, of: str, default: float) -> None:
    """Add --seconds, the time limit of one thing, and --memory, the limit of a worker process."""
    add, limit = parser.add_argument, f"time limit of {of} (default: {default:g})"
    add("--seconds", type=seconds_argument, default=default, metavar="S", help=limit)
    memory = "limit of resident memory in GiB (default: 2)"
    add("--memory", type=memory_argument, default=2.0, metavar="GIB", help=memory)


def add_walls(parser: argparse.ArgumentParser, default: str = "auto") -> None:
    """Add --walls, which says whether each worker has namespaces of its own."""
    ways = "auto: where bubblewrap makes them; on: always, or it is an error; off: none"
    walls = f"no network for code, nothing to write, no other processes to see; {ways} (default: {default})"
    parser.add_argument("--walls", choices=("auto", "on", "off"), default=default, help=walls)


def check_json_file(path: Path, *inputs: Path) -> None:
    """Raise UnusableInput, before anything is computed, where the file of --json could not be written, or would replace
    source code or one of the `inputs` of the command."""
    from harness.sandbox.sources.find import source_suffixes

    folder = path.absolute().parent
    if path.is_dir():
        problem = "expected the name of a file, found a folder; name a file in it"
    elif not folder.is_dir():
        problem = "expected a file in a folder that exists, found no such folder; create it or name another"
    elif path.suffix in source_suffixes():
        problem = "expected a file for data, found the name of code; name another, such as x.json"
    elif os.path.realpath(path) in map(os.path.realpath, inputs):
        problem = "expected a new file, found one that the command reads; name another, such as x.json"
    elif not os.access(path if path.exists() else folder, os.W_OK):
        problem = "expected a file that may be written, found that it may not; name another"
    else:
        return
    raise UnusableInput(f"--json {path}: {problem}")


def folder_argument(text: str) -> Path:
    """The path of a folder, which need not exist."""
    if not text:
        raise argparse.ArgumentTypeError("expected a folder, found nothing")
    return Path(text)


def seed_argument(text: str) -> int:
    """An integer of at least 0."""
    if not text.isdecimal() or len(text) > MAX_SEED_DIGITS:
        raise argparse.ArgumentTypeError(f"expected an integer >= 0, found {text[:MAX_SEED_DIGITS]!r}")
    return int(text)


def count_argument(text: str) -> int:
    """An integer of at least 1."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"expected an integer >= 1, found {text!r}")
    return int(text)


def memory_argument(text: str) -> float:
    """An amount of memory in GiB, at least 0.1."""
    if not 0.1 <= (value := _parse_float(text)) <= 1e6:
        raise argparse.ArgumentTypeError(f"expected a size in GiB, at least 0.1, found {text!r}")
    return value


def seconds_argument(text: str) -> float:
    """A time in seconds, more than 0 and at most a day."""
    if not 0 < (value := _parse_float(text)) <= MAX_SECONDS:
        raise argparse.ArgumentTypeError(f"expected seconds, more than 0 and at most {MAX_SECONDS}, found {text!r}")
    return value


def _parse_float(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan
