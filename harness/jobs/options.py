"""Arguments that several commands share, and the values that they accept."""

from __future__ import annotations

import argparse
import math
import os
import sys
from pathlib import Path

A_DAY = 86_400  # seconds
_CHECK = "GRADPROOF_COMMAND"  # how a person calls the check through something else, as nox: set by the noxfile
MOST_NUMERALS = 100  # of a seed


def program() -> str:
    """How a person has called this program."""
    return "gradproof" if os.path.basename(sys.argv[0]) == "gradproof" else "python -m harness"


def check_command() -> str:
    """How a person calls a check."""
    return os.environ.get(_CHECK, f"{program()} check")


def add_selection(parser: argparse.ArgumentParser) -> None:
    """--only: the implementations that are meant."""
    parser.add_argument(
        "--only", metavar="NAMES", help="implementations, comma-separated: names, or paths ending in .py"
    )


def add_reports(parser: argparse.ArgumentParser) -> None:
    """--reports: where reports go."""
    where = "where reports go (default: reports/, if nothing is selected)"
    parser.add_argument("--reports", type=folder, metavar="FOLDER", help=where)


def add_jobs(parser: argparse.ArgumentParser) -> None:
    """--jobs: how many worker processes."""
    parser.add_argument("--jobs", type=count, metavar="N", help="worker processes (default: one for each processor)")


def add_limits(parser: argparse.ArgumentParser, of: str, default: float) -> None:
    """--seconds of one thing that is run, and --memory of its process."""
    add = parser.add_argument
    add("--seconds", type=seconds, default=default, metavar="S", help=f"time limit of {of} (default: {default:g})")
    add("--memory", type=gibibytes, default=2.0, metavar="GIB", help="limit of resident memory (default: 2)")


def folder(text: str) -> Path:
    """A folder's path, which need not exist."""
    if not text:
        raise argparse.ArgumentTypeError("expected a folder, found nothing")
    return Path(text)


def seed(text: str) -> int:
    """A whole number from 0."""
    if not text.isdecimal() or len(text) > MOST_NUMERALS:
        raise argparse.ArgumentTypeError(f"expected a whole number from 0, found {text[:MOST_NUMERALS]!r}")
    return int(text)


def count(text: str) -> int:
    """A whole number from 1."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"expected a whole number from 1, found {text!r}")
    return int(text)


def gibibytes(text: str) -> float:
    """An amount of memory, in GiB, from 0.1."""
    if not 0.1 <= (value := _float_or_nan(text)) <= 1e6:
        raise argparse.ArgumentTypeError(f"expected GiB, from 0.1, found {text!r}")
    return value


def seconds(text: str) -> float:
    """A time, in seconds, above 0 and up to a day."""
    if not 0 < (value := _float_or_nan(text)) <= A_DAY:
        raise argparse.ArgumentTypeError(f"expected seconds, above 0 and at most {A_DAY}, found {text!r}")
    return value


def _float_or_nan(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan
