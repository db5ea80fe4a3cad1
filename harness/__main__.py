"""The command line: `python -m harness`, which the nox sessions call."""

from __future__ import annotations

import _signal  # type: ignore[import-not-found] # there at once, before anything is loaded

if __name__ == "__main__" and _signal.getsignal(_signal.SIGINT) is _signal.default_int_handler:
    _signal.signal(_signal.SIGINT, _signal.SIG_DFL)  # nothing is to be tidied yet, and no traceback to be shown

from harness import ending

if __name__ == "__main__":
    ending.listen()

import argparse
import io
import math
import os
import sys
from importlib import import_module

from harness.errors import UnusableInput, unwritable

TYPE_CHECKING = False  # see harness
if TYPE_CHECKING:
    from pathlib import Path
    from types import ModuleType

A_DAY = 86_400  # seconds
MOST_DIGITS = 100


def main(arguments: list[str] | None = None) -> int:
    """Run one command. Exit status: 0 all is well, 1 something is wrong or failed, 2 unusable arguments."""
    while (fd := os.open(os.devnull, os.O_RDWR)) <= 2:  # what is opened next must not stand for a closed stream
        pass
    os.close(fd)
    sys.stdout, sys.stderr = (one or open(os.devnull, "w") for one in (sys.stdout, sys.stderr))  # noqa: SIM115
    options = _parser().parse_args(arguments)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a δ on a terminal that has none costs a character, not the run
    try:
        status: int = getattr(_module_of(options.command), f"run_{options.command}")(options)
        sys.stdout.flush()  # what cannot be written is said, too
    except UnusableInput as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        if isinstance(error, BrokenPipeError):
            # Who reads the output has seen enough; the interpreter must not complain of it at exit.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return 1
        print(f"error: {unwritable(error, 'output')}", file=sys.stderr)
        return 2
    return status


def _module_of(command: str) -> ModuleType:
    """Where a command is. The others are not imported, so that each starts at once."""
    own = {"check": "check_commands", "new": "check_commands", "claims": "claims_commands", "diff": "diff_command"}
    own |= {"compare": "compare_command", "report": "page_commands", "train": "train_commands"}
    return import_module(f"harness.{own.get(command, 'commands')}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m harness", description="gradproof: is your backprop right?")
    subparsers = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    compare = subparsers.add_parser("compare", help="run implementations on cases, tabulate how closely they agree")
    add = compare.add_argument
    add("--only", metavar="NAMES", help="implementations, comma-separated: names, or paths ending in .py")
    add("--case", metavar="IDS", help="cases, comma-separated: ids, or patterns such as 'iris*'")
    add("--data", metavar="FILE.csv", help="cases over this table instead; its last column is the target")
    add(
        "--reports",
        type=_folder,
        metavar="FOLDER",
        help="where reports go (default: reports/, if nothing was selected)",
    )
    add("--seed", type=_natural, metavar="N", help="draw the inputs anew from it (default: those of the reports)")
    add("--jobs", type=_whole, metavar="N", help="worker processes (default: one for each processor)")
    add(
        "--seconds",
        type=_seconds,
        default=60.0,
        metavar="S",
        help="limit of one implementation on one case (default: 60)",
    )
    add(
        "--memory",
        type=_gibibytes,
        default=2.0,
        metavar="GIB",
        help="limit of an implementation's process (default: 2)",
    )
    add("--json", type=_path, metavar="FILE", help="also write all rows of the tables, as data")
    add("--profile", action="store_true", help="also print where the time went")

    prove = subparsers.add_parser("prove", help="prove formulations equal in exact arithmetic, and refute wrong ones")
    prove.add_argument("--only", metavar="NAMES", help="implementations, as for compare")
    prove.add_argument(
        "--seconds", type=_seconds, default=60.0, metavar="S", help="limit of one architecture (default: 60)"
    )
    prove.add_argument("--seed", type=_natural, default=1, metavar="N", help="of the random integers (default: 1)")

    train = subparsers.add_parser("train", help="follow training for hundreds of epochs: does rounding explain it?")
    add = train.add_argument
    add("--only", metavar="NAMES", help="implementations, as for compare")
    add("--course", metavar="IDS", help="courses, comma-separated: ids, or patterns such as 'iris*'")
    add("--epochs", type=_whole, default=300, metavar="N", help="how many (default: 300)")
    add("--fresh", action="store_true", help="take no notice of what is kept from before")
    add("--reports", type=_folder, metavar="FOLDER", help="where reports go, as for compare")
    add("--jobs", type=_whole, metavar="N", help="worker processes (default: one for each processor)")
    add(
        "--seconds",
        type=_seconds,
        default=120.0,
        metavar="S",
        help="limit of one run between two recorded epochs (default: 120)",
    )
    add("--memory", type=_gibibytes, default=2.0, metavar="GIB", help="limit of a run's process (default: 2)")

    sound = subparsers.add_parser("soundness", help="right implementations on random networks: no false alarm")
    sound.add_argument(
        "--entries",
        type=_whole,
        default=20_000_000,
        metavar="N",
        help="entries to compare, at least; it stops at the network that reaches them (default: 20 million)",
    )
    sound.add_argument("--seed", type=_natural, default=0, metavar="N", help="the first trial (default: 0)")
    sound.add_argument("--jobs", type=_whole, metavar="N", help="worker processes (default: one for each processor)")
    sound.add_argument("--json", type=_path, metavar="FILE", help="write the counts and the quantiles here, too")

    subparsers.add_parser("peers", help="what other gradient checkers miss, on the same gradients")

    mutants = subparsers.add_parser("mutants", help="what the check sees of one change in each implementation")
    mutants.add_argument("--only", metavar="NAMES", help="implementations, as for compare")
    mutants.add_argument("--seed", type=_natural, default=1, metavar="N", help="of the inputs (default: 1)")

    check = subparsers.add_parser("check", help="is this file's backprop right? if not, where, and what is the mistake")
    add = check.add_argument
    add("file", metavar="FILE", help="a path ending in .py, or the name of an implementation")
    add("--case", metavar="IDS", help="cases, comma-separated: ids or patterns; one id shows its numbers")
    add("--seed", type=_natural, metavar="N", help="of the inputs, to repeat a run (default: a fresh one)")
    add("--json", type=_path, metavar="FILE", help="also write what was found, as data")
    add("--seconds", type=_seconds, default=10.0, metavar="S", help="limit of one case (default: 10)")
    add("--total-seconds", type=_seconds, default=60.0, metavar="S", help="limit of all cases (default: 60)")
    add("--memory", type=_gibibytes, default=2.0, metavar="GIB", help="limit of resident memory (default: 2)")
    add("--profile", action="store_true", help="also print where the time went")

    subparsers.add_parser("mistakes", help="the catalogue of mistakes: which cases see them, what they are called")

    claims = subparsers.add_parser(
        "claims", help="answer the articles' questions by experiment; writes reports/claims.md"
    )
    claims.add_argument(
        "names", nargs="*", metavar="NAME", help="of claims, as in reports/claims.md; all of them where none is named"
    )
    claims.add_argument(
        "--reports", type=_folder, metavar="FOLDER", help="where the report goes (default: reports/, if none is named)"
    )

    report = subparsers.add_parser("report", help="the page that shows every report; writes reports/index.html")
    report.add_argument(
        "--reports", type=_folder, metavar="FOLDER", help="the folder to read and write (default: reports/)"
    )

    new = subparsers.add_parser("new", help="write the skeleton of an implementation, to be filled in")
    new.add_argument("name", metavar="NAME", help="its name, or a path to it")

    diff = subparsers.add_parser(
        "diff", help="what has changed between two results.csv; status 1 if a verdict is worse"
    )
    diff.add_argument("old", type=_path, metavar="OLD.csv", help="the table before")
    diff.add_argument("new", type=_path, metavar="NEW.csv", help="the table now")

    subparsers.add_parser("list", help="list the implementations, the datasets and the cases")
    return parser


def _folder(text: str) -> Path:
    if not text:
        raise argparse.ArgumentTypeError("expected a folder, found nothing")
    return _path(text)


def _path(text: str) -> Path:
    from pathlib import Path  # help has no need of it

    return Path(text)


def _natural(text: str) -> int:
    if not text.isdecimal() or len(text) > MOST_DIGITS:
        raise argparse.ArgumentTypeError(f"expected a whole number from 0, found {text[:MOST_DIGITS]!r}")
    return int(text)


def _whole(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"expected a whole number from 1, found {text!r}")
    return int(text)


def _gibibytes(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0.1 <= value <= 1e6:
        raise argparse.ArgumentTypeError(f"expected GiB, from 0.1, found {text!r}")
    return value


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 < value <= A_DAY:
        raise argparse.ArgumentTypeError(f"expected seconds, above 0 and at most {A_DAY}, found {text!r}")
    return value


if __name__ == "__main__":
    os._exit(main())  # what is left of the process need not be taken down piece by piece
