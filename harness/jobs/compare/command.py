"""The commands `compare`, `diff` and `list`. Nothing heavy is imported before it is needed."""

from __future__ import annotations

import argparse
import gc
import math
import os
import sys
from dataclasses import replace
from pathlib import Path

from harness.cases.case import TARGETS
from harness.jobs import (
    DRIVEN_PATHS,
    Command,
    Finished,
    add_driving,
    add_jobs,
    add_limits,
    add_reports,
    add_selection,
    add_walls,
    check_json_file,
    seed_argument,
)
from harness.jobs.distributed.machines import add_machines, machines
from harness.model.errors import UnusableInput, unwritable
from harness.reporting.files import REPORTS
from harness.sandbox.processes import ending

TYPE_CHECKING = False  # see harness
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from harness.jobs.compare.changes import Change
    from harness.jobs.compare.report.kept import Kept
    from harness.jobs.compare.run import Comparison, Selection
    from harness.reporting.profile import Clock
    from harness.sandbox.processes.server import Server

LISTED = 30  # changes of one kind
PARTIAL = "partial.csv"  # the rows of a comparison while it runs


def _arguments(parser: argparse.ArgumentParser) -> None:
    add_selection(parser)
    add_driving(parser, DRIVEN_PATHS)
    add = parser.add_argument
    add("--case", metavar="IDS", help="cases, comma-separated: ids, or patterns such as 'iris*'")
    add("--data", metavar="FILE.csv", help="cases over this table instead; its last column is the target")
    add("--target", choices=TARGETS, help="what the last column of --data holds (default: what it looks like)")
    add_reports(parser)
    add("--seed", type=seed_argument, metavar="N", help="draw the inputs anew from it (default: those of the reports)")
    add_jobs(parser)
    add_machines(parser)
    add_limits(parser, "one implementation on one case", 60.0)
    add_walls(parser)
    add("--json", type=Path, metavar="FILE", help="also write all rows of the tables, as data")
    add("--profile", action="store_true", help="also print where the time went")


def _run(options: argparse.Namespace) -> Finished:
    from harness.reporting.profile import Clock
    from harness.sandbox.processes.server import ONE_THREAD, Server
    from harness.sandbox.processes.walls import walls_for

    clock = Clock()
    gc.set_threshold(100_000)  # for the workers too: a short run would spend a tenth of its time on looking for garbage
    os.environ.update(ONE_THREAD)  # before numpy is loaded: the workers are forks of this process
    with clock.phase("import"):
        server = Server(by_fork=True, walls=walls_for(options.walls))  # nothing of the truth is here yet
    with server:
        return _run_comparison(options, server, clock)


def _run_comparison(options: argparse.Namespace, server: Server, clock: Clock) -> Finished:
    with clock.phase("import"):
        from harness.jobs.compare.report.kept import Kept, with_kept
        from harness.jobs.compare.report.terminal import comparison_display, print_comparison, print_not_run
        from harness.jobs.compare.run import compare, select
        from harness.reporting.files import check_output_folder
        from harness.reporting.profile import table
        from harness.sandbox.inference.driving.adapters import Adapters
        from harness.sandbox.inference.driving.written import driven_texts
        from harness.sandbox.processes.server import processors
        from harness.sandbox.requests import Limits

    selection = select(options.only, options.case, options.data, options.target)
    if selection.target:
        print(selection.target)
    folder = options.reports or (REPORTS if selection.complete and options.seed is None else None)
    if folder is not None:
        check_output_folder(folder, ("README.md", "data/compare.json"))
    if options.json is not None:
        check_json_file(options.json, *map(Path, filter(None, [options.data])))
    path = folder / "data" / PARTIAL if folder is not None else None
    limits = Limits(options.seconds, math.inf, options.memory * 2**30)
    jobs = options.jobs or processors()
    with machines(options) as where, Adapters(server, limits) as adapters:
        with clock.phase("inference"):
            driven = adapters.drive_all(selection.implementations, options.make, options.cost)
        selection = replace(selection, implementations=driven)
        print(driven_texts(driven), end="", flush=True)
        if path is not None:
            ending.keep(f"what is done is kept in {path}")
        # Other inputs have other results, and a part of the battery is not what the reports are of.
        is_whole = selection.complete and options.seed is None
        kept = _kept(selection, folder) if folder is not None and is_whole else Kept()
        to_run = kept.to_run(selection)
        shown = comparison_display()
        ending.at_end(shown.close)
        try:
            comparison = compare(
                to_run, server, jobs, limits, shown.show, seed=options.seed, path=path, clock=clock, where=where
            )
        finally:
            shown.close()
    with clock.phase("reports"):
        print_comparison(comparison)
        print_not_run(selection, kept)
        of_all = with_kept(comparison, selection, kept)
        problem = unreported = _reported(of_all, folder) if folder is not None else ""
        if folder is None:
            print("No reports for a selection; --reports FOLDER writes them there.")
        if path is not None and problem:
            problem += f"; all rows are kept in {path}"
        if options.json is not None:
            from harness.jobs.compare.report.exports import write_json

            unwritten = _problem(options.json, lambda: write_json(comparison, options.json))
            print(f"No results: {options.json}" if unwritten else f"Results: {options.json}")
            problem = "; ".join(filter(None, [problem, unwritten]))
        if path is not None and not unreported:
            path.unlink(missing_ok=True)
    if options.profile:
        print(f"\n{table(clock)}")
    written = None if unreported else folder
    return Finished(1 if comparison.tally.bad else 0, written, problem)


def _reported(comparison: Comparison, folder: Path) -> str:
    """Write the reports of a comparison; the problem, if they cannot be written."""
    from harness.jobs.compare.report.pages import write_comparison

    if problem := _problem(folder, lambda: write_comparison(comparison, folder)):
        return problem
    print(f"Reports: {folder / 'README.md'}")
    return ""


def _kept(selection: Selection, folder: Path) -> Kept:
    """The earlier results of what cannot run here."""
    from harness.jobs.compare.report.kept import kept_results
    from harness.sandbox.answers import printable

    return kept_results(selection, folder, lambda error: print(f"error: {printable(str(error))}", file=sys.stderr))


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


def _run_list(_: argparse.Namespace) -> Finished:
    from harness.cases.fitted import fitted_cases, kind_of
    from harness.cases.standard import standard_cases
    from harness.jobs.train.courses import courses
    from harness.sandbox.sources.find import available_implementations

    print("Implementations")
    for implementation in available_implementations():
        print(f"  {implementation.name:<20}{implementation.language:<12}{implementation.title}")
    cases = standard_cases()
    datasets = dict.fromkeys(
        case.dataset for case in cases if case.is_real
    )  # all have cases; importing them takes numpy
    print("\nDatasets\n  " + ", ".join(datasets) + ", and any path ending in .csv")
    print("\nCases")
    for case in cases:
        print(f"  {case.id}")
    added = next(case for case in fitted_cases(kind_of(cases[0])) if case not in cases)
    print(f"  and, for code that supports few of these, more of each kind that it supports, such as {added.id}")
    print("\nCourses")
    for course in courses():
        print(f"  {course.id}")
    return Finished(0)


def _arguments_of_diff(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("old", type=Path, metavar="OLD.csv", help="the table before")
    parser.add_argument("new", type=Path, metavar="NEW.csv", help="the table now")


def _run_diff(options: argparse.Namespace) -> Finished:
    from harness.jobs.compare.changes import changes, read

    found = changes(read(options.old), read(options.new))
    _show_changes("Verdicts that have got worse", found.worse)
    _show_changes("Other verdicts that have changed", found.other)
    _show_changes("Digits", found.digits)
    counts = f"{len(found.worse)} worse, {len(found.other)} other verdicts, {len(found.digits)} digits"
    print(f"{counts} changed, of {found.rows} rows.")
    return Finished(1 if found.worse else 0)


def _show_changes(title: str, listed: Sequence[Change]) -> None:
    if listed:
        print(f"{title}:")
        for one in listed[:LISTED]:
            print(f"  {one.name}: {one.before or 'nothing'} -> {one.now or 'nothing'}")
        if len(listed) > LISTED:
            print(f"  and {len(listed) - LISTED} more")


COMMANDS = (
    Command("compare", "run all implementations on all cases, tabulate how closely they agree", _arguments, _run),
    Command(
        "diff",
        "show what changed between two results.csv; status 1 if a verdict is worse",
        _arguments_of_diff,
        _run_diff,
    ),
    Command("list", "list the implementations, the datasets and the cases", lambda _: None, _run_list),
)
