"""The commands `check` and `new`. Nothing heavy is imported before it is needed."""

from __future__ import annotations

import argparse
import gc
import os
from pathlib import Path
from typing import TYPE_CHECKING

from harness.errors import UnusableInput
from harness.jobs import Command, Finished
from harness.jobs.options import add_limits, check_command, seconds, seed

if TYPE_CHECKING:
    from harness.jobs.check.run import Check
    from harness.reporting.profile import Clock
    from harness.sandbox.processes.server import Server


def _arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("file", metavar="FILE", help="a path ending in .py, or the name of an implementation")
    add("--case", metavar="IDS", help="cases, comma-separated: ids or patterns; one id shows its numbers")
    add("--seed", type=seed, metavar="N", help="of the inputs, to repeat a run (default: a fresh one)")
    add("--json", type=Path, metavar="FILE", help="also write what was found, as data")
    add_limits(parser, "one case", 10.0)
    add("--total-seconds", type=seconds, default=60.0, metavar="S", help="time limit of all cases (default: 60)")
    add("--profile", action="store_true", help="also print where the time went")


def _run(options: argparse.Namespace) -> Finished:
    gc.set_threshold(100_000)  # a process of half a second, a tenth of which would be spent on looking for garbage
    from harness.reporting.profile import Clock, table

    clock = Clock()
    with clock.phase("import"):
        from harness.sandbox.processes.server import ONE_THREAD, Server

        os.environ.update(ONE_THREAD)
        small = Server(by_fork=True)  # nothing of the truth is here yet
    with small as server:
        status = _check_file(options, server, clock)
    if options.profile:
        print(f"\n{table(clock)}")
    return Finished(status)


def _check_file(options: argparse.Namespace, server: Server, clock: Clock) -> int:
    with clock.phase("import"):
        from harness.cases.standard import gradient_cases
        from harness.sandbox.loading import find
        from harness.sandbox.requests import Limits

    [implementation] = find([options.file])
    path, cases = implementation.path, gradient_cases()
    if options.case is not None:
        from harness.cases.selection import select_matching

        cases = select_matching(cases, options.case)
    if options.json is not None:
        _check_writable(options.json, path)
    limits = Limits(options.seconds, options.total_seconds, options.memory * 2**30)
    drawn = int.from_bytes(os.urandom(4), "big") if options.seed is None else options.seed
    with clock.phase("import"):
        from harness.jobs.check.run import Checking
    with clock.phase("cases"):
        checking = Checking(server, path, cases, drawn, limits)
    with checking:
        with clock.phase("import"):  # what it is judged by is loaded while it computes
            from harness.jobs.check.text import text
            from harness.judging.judge import first_failing
        found = checking.concluded(clock)
    with clock.phase("reports"):
        again = _again(options.file, first_failing(found.outcomes), found.seed)
        print(text(found, again))
        if options.json is not None:
            _write(options.json, found, again)
    return 0 if found.verdict == "agrees" else 1


def _write(path: Path, found: Check, again: str) -> None:
    import json

    from harness.jobs.check.as_json import as_data

    path.write_text(json.dumps(as_data(found, again), indent=1, allow_nan=False) + "\n", encoding="utf-8")


def _again(file: str, case: str, seed: int) -> str:
    """The command that shows the numbers of a case; empty where there is none to show."""
    if not case:
        return ""
    import shlex

    return f"{check_command()} {shlex.quote(file)} --case {case} --seed {seed}"


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


def _arguments_of_new(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help="its name, or a path to it")


def _run_new(options: argparse.Namespace) -> Finished:
    from harness.jobs.check.skeleton import write

    path = write(options.name)
    called = check_command()
    print(
        f"Wrote {path}. It runs, and is wrong: fill in the line marked TODO. To see what is wrong:\n  {called} {path}"
    )
    return Finished(0)


COMMANDS = (
    Command("check", "is this file's backprop right? if not, where, and what is the mistake", _arguments, _run),
    Command("new", "write the skeleton of an implementation, to be filled in", _arguments_of_new, _run_new),
)
