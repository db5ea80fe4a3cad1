"""The command `vectors`."""

from __future__ import annotations

import argparse
from pathlib import Path

from harness.jobs import Command, Finished, folder_argument, seed_argument
from harness.model.errors import UnusableInput
from harness.reporting.files import REPORTS

VECTORS = REPORTS.parent / "vectors"


def _arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--out", type=folder_argument, metavar="FOLDER", help="write vectors to here, not to the committed ones")
    add("--case", metavar="IDS", help="with --out: comma-separated ids or patterns (default: the committed ones)")
    add("--seed", type=seed_argument, metavar="N", help="with --out: seed of the inputs (default: as committed)")
    judged = "judge an implementation, a name or a source file, or the answers in a .json file; write nothing"
    add("--judge", metavar="FILE", help=judged)
    where = f"with --judge: a vector file, or a folder of them (default: {VECTORS.name}/)"
    add("--vectors", type=Path, metavar="PLACE", help=where)


def _run(options: argparse.Namespace) -> Finished:
    _check_together(options)
    return _judge(options) if options.judge is not None else _write(options)


def _check_together(options: argparse.Namespace) -> None:
    """Raise UnusableInput for arguments that do not fit together."""
    for name, needed in (("case", "out"), ("seed", "out"), ("vectors", "judge")):
        if getattr(options, name) is not None and getattr(options, needed) is None:
            raise UnusableInput(f"--{name}: expected --{needed} with it, found none; add --{needed}")
    if options.judge is not None and options.out is not None:
        raise UnusableInput("--judge: expected no --out with it, found both; write the vectors first")


def _write(options: argparse.Namespace) -> Finished:
    from harness.cases.fitted import select_cases
    from harness.jobs.vectors.build import chosen_cases, vectors_of
    from harness.jobs.vectors.files import check_vector_folder, write_vectors

    folder = VECTORS if options.out is None else options.out
    check_vector_folder(folder)
    cases = chosen_cases() if options.case is None else select_cases(options.case)
    files = vectors_of(cases, options.seed)
    write_vectors(folder, files)
    for name, data in files.items():
        counts = f"{data['numberOfTests']} tests, {data['numberOfEntries']:,} entries"
        print(f"{folder / name}: {counts}, {data['numberOfUndecided']} of them undecided")
    return Finished(0)


def _judge(options: argparse.Namespace) -> Finished:
    from harness.jobs.vectors.answers import judge_file, run_on_vectors
    from harness.jobs.vectors.reader import read_vectors
    from harness.jobs.vectors.summary import vectors_summary
    from harness.sandbox.greeting import greeted
    from harness.sandbox.processes.server import Server
    from harness.sandbox.requests import Limits
    from harness.sandbox.sources.course import stages_of
    from harness.sandbox.sources.find import find_implementations

    vectors = read_vectors(VECTORS if options.vectors is None else options.vectors)
    name = Path(options.judge).name
    if options.judge.endswith(".json"):
        found = judge_file(Path(options.judge), vectors)
    else:
        [implementation] = find_implementations([options.judge])
        with Server() as server:
            # The vectors have no penalty, so that the course's file gets none.
            [started] = greeted(server, stages_of(implementation)[:1], Limits())
            found = run_on_vectors(server, started, vectors, Limits())
        name = ", ".join(filter(None, [name, started.about]))
    print(vectors_summary(name, found))
    verdicts = {one.verdict for one in found}
    return Finished(0 if "passes" in verdicts and "fails" not in verdicts else 1)


COMMANDS = (Command("vectors", "write test vectors for any language, or judge code by them", _arguments, _run),)
