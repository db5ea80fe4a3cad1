"""The commands `check` and `new`. Nothing heavy is imported before it is needed."""

from __future__ import annotations

import argparse
import gc
import os
from typing import TYPE_CHECKING

from harness.errors import UnusableInput

if TYPE_CHECKING:
    from pathlib import Path

    from harness.check import Check
    from harness.server import Server
    from harness.timings import Clock

COMMAND = "GRADPROOF_COMMAND"  # how a person calls the check, where that is not as a module: set by the noxfile


def run_check(options: argparse.Namespace) -> int:
    gc.set_threshold(100_000)  # a process of half a second, a tenth of which would be spent on looking for garbage
    from harness.timings import Clock, table

    clock = Clock()
    with clock.phase("import"):
        from harness.server import ONE_THREAD, Server

        os.environ.update(ONE_THREAD)
        small = Server(by_fork=True)  # nothing of the truth is here yet
    with small as server:
        status = _check(options, server, clock)
    if options.profile:
        print(f"\n{table(clock)}")
    return status


def _check(options: argparse.Namespace, server: Server, clock: Clock) -> int:
    with clock.phase("import"):
        from harness.cases import gradient_cases
        from harness.discover import find
        from harness.requests import Limits

    [implementation] = find([options.file])
    path, cases = implementation.path, gradient_cases()
    if options.case is not None:
        from harness.selection import chosen

        cases = chosen(cases, options.case)
    if options.json is not None:
        _check_writable(options.json, path)
    limits = Limits(options.seconds, options.total_seconds, options.memory * 2**30)
    seed = int.from_bytes(os.urandom(4), "big") if options.seed is None else options.seed
    with clock.phase("import"):
        from harness.check import Checking
    with clock.phase("cases"):
        checking = Checking(server, path, cases, seed, limits)
    with checking:
        with clock.phase("import"):  # what it is judged by is loaded while it computes
            from harness.judging import first_failing
            from harness.show_check import text
        found = checking.concluded(clock)
    with clock.phase("reports"):
        again = _again(options.file, first_failing(found.outcomes), found.seed)
        print(text(found, again))
        if options.json is not None:
            _write(options.json, found, again)
    return 0 if found.verdict == "agrees" else 1


def _write(path: Path, found: Check, again: str) -> None:
    import json

    from harness.check_json import as_data

    path.write_text(json.dumps(as_data(found, again), indent=1, allow_nan=False) + "\n", encoding="utf-8")


def _again(file: str, case: str, seed: int) -> str:
    """The command that shows the numbers of a case; empty where there is none to show."""
    if not case:
        return ""
    import shlex

    return f"{os.environ.get(COMMAND, 'python -m harness check')} {shlex.quote(file)} --case {case} --seed {seed}"


def _check_writable(path: Path, source: Path) -> None:
    """Before anything is computed. Raises UnusableInput."""
    folder = path.absolute().parent
    if path.is_dir() or not folder.is_dir() or not os.access(folder, os.W_OK):
        raise UnusableInput(
            f"--json {path}: expected a file in a folder that can be written, found none; make it first"
        )
    if path.resolve() == source.resolve() or path.suffix == ".py":
        raise UnusableInput(
            f"--json {path}: expected a file for data, found a program's name; choose another, as x.json"
        )


def run_new(options: argparse.Namespace) -> int:
    from harness.skeleton import write

    path = write(options.name)
    called = os.environ.get(COMMAND, "python -m harness check")
    print(
        f"Wrote {path}. It runs, and is wrong: fill in the line marked TODO. To see what is wrong:\n  {called} {path}"
    )
    return 0
