"""The command `mutants`."""

from __future__ import annotations

import argparse

from harness.jobs import Command, Finished, add_selection, seed_argument
from harness.model.errors import UnusableInput
from harness.reporting.files import REPORTS, check_output_folder, files_of


def _arguments(parser: argparse.ArgumentParser) -> None:
    add_selection(parser)
    parser.add_argument("--seed", type=seed_argument, default=1, metavar="N", help="of the inputs (default: 1)")


def _run(options: argparse.Namespace) -> Finished:
    from importlib.util import find_spec

    if options.only is None:
        check_output_folder(REPORTS, files_of("mutants"))
    from harness.jobs.compare.run import select
    from harness.reporting.markdown import write_report
    from harness.sandbox.processes.server import Server

    if find_spec("cosmic_ray") is None:
        raise UnusableInput("mutants: expected the package cosmic-ray, found none; `nox -s mutants` installs it")
    from harness.jobs.evidence.mutants.report import killed_line, known_reasons, mutants_document, outdated, unexplained
    from harness.jobs.evidence.mutants.run import fates

    known, found = known_reasons(), []
    with Server() as server:
        for implementation in select(options.only).implementations:
            mine = list(fates(server, implementation, options.seed))
            print(f"{implementation.name}: {killed_line(mine)}", flush=True)
            found += mine
    for fate in unexplained(found, known):
        print(f"unexplained: {fate.implementation}.py, line {fate.mutant.line}, {fate.mutant.operator}:")
        print(f"- {fate.mutant.before}\n+ {fate.mutant.after}")
    for name, before, after in outdated(found, known):
        print(f"explained, but no survivor: {name}.py:\n- {before}\n+ {after}")
    if options.only is not None:
        print("No report for a selection.")
    else:
        write_report(REPORTS, "mutants", "mutants", mutants_document(found, known, options.seed))
        print(f"Report: {REPORTS / 'mutants.md'}")
    return Finished(1 if unexplained(found, known) or outdated(found, known) else 0)


COMMANDS = (Command("mutants", "change one operator or number in correct code: is it noticed?", _arguments, _run),)
