"""The command `compare`. Nothing heavy is imported before it is needed."""

from __future__ import annotations

import argparse
import gc
import math
import os
from typing import TYPE_CHECKING

from harness import ending
from harness.errors import UnusableInput, unwritable
from harness.page_commands import REPORTS, write_page_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from harness.compare import Comparison
    from harness.server import Server
    from harness.timings import Clock

PARTIAL = "partial.csv"  # the rows of a comparison while it runs


def run_compare(options: argparse.Namespace) -> int:
    from harness.server import ONE_THREAD, Server
    from harness.timings import Clock

    clock = Clock()
    gc.set_threshold(100_000)  # for the workers too: a short run would spend a tenth of its time on looking for garbage
    os.environ.update(ONE_THREAD)  # before numpy is loaded: the workers are forks of this process
    with clock.phase("import"):
        server = Server(by_fork=True)  # nothing of the truth is here yet
    with server:
        return _compare(options, server, clock)


def _compare(options: argparse.Namespace, server: Server, clock: Clock) -> int:
    with clock.phase("import"):
        from harness.compare import compare, select
        from harness.markdown import check_file, check_folder
        from harness.requests import Limits
        from harness.server import processors
        from harness.terminal import display, print_summary
        from harness.timings import table

    selection = select(options.only, options.case, options.data)
    folder = options.reports or (REPORTS if selection.complete and options.seed is None else None)
    if folder is not None:
        check_folder(folder)
    if options.json is not None:
        check_file(options.json)
    path = folder / "data" / PARTIAL if folder is not None else None
    if path is not None:
        ending.keep(f"what is done is kept in {path}")
    shown = display()
    ending.at_end(shown.close)
    limits = Limits(options.seconds, math.inf, options.memory * 2**30)
    jobs = options.jobs or processors()
    try:
        comparison = compare(selection, server, jobs, limits, shown.show, seed=options.seed, path=path, clock=clock)
    finally:
        shown.close()
    with clock.phase("reports"):
        print_summary(comparison)
        problem = unreported = _reported(comparison, folder) if folder is not None else ""
        if folder is None:
            print("No reports for a selection; --reports FOLDER writes them there.")
        if path is not None and problem:
            problem += f"; all rows are kept in {path}"
        if options.json is not None:
            from harness.exports import write_json

            unwritten = _problem(options.json, lambda: write_json(comparison, options.json))
            print(f"No results: {options.json}" if unwritten else f"Results: {options.json}")
            problem = "; ".join(filter(None, [problem, unwritten]))
        if path is not None and not unreported:
            path.unlink(missing_ok=True)
    if options.profile:
        print(f"\n{table(clock)}")
    if problem:
        raise UnusableInput(problem)
    return 1 if comparison.tally.bad else 0


def _reported(comparison: Comparison, folder: Path) -> str:
    """Write the reports of a comparison and the page; the problem, where they cannot be written."""
    from harness.report import write

    if problem := _problem(folder, lambda: write(comparison, folder)):
        return problem
    print(f"Reports: {folder / 'README.md'}")
    return _problem(folder / "index.html", lambda: write_page_of(folder))


def _problem(path: Path, write: Callable[[], object]) -> str:
    """What is in the way of writing something, which must not keep anything else from being written."""
    try:
        write()
    except UnusableInput as error:
        return str(error)
    except BrokenPipeError:  # of the terminal
        raise
    except OSError as error:
        return unwritable(error, path)
    return ""
