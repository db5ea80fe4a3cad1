"""The command `mistakes`."""

from __future__ import annotations

import argparse

from harness.jobs import Command, Finished
from harness.reporting.files import REPORTS, check_output_folder, files_of


def _arguments(_: argparse.ArgumentParser) -> None:
    """It has none."""


def _run(_: argparse.Namespace) -> Finished:
    from harness.cases.standard import gradient_cases
    from harness.jobs.check.run import check_submission
    from harness.jobs.evidence.mistakes.kill_matrix import kill_matrix, prepared
    from harness.jobs.evidence.mistakes.report import kill_facts, mistakes_document, usual_checks
    from harness.jobs.evidence.mistakes.single_alternatives import alternatives_facts
    from harness.reporting.markdown import write_report
    from harness.sandbox.processes.server import Server
    from harness.sandbox.sources.find import available_implementations

    check_output_folder(REPORTS, files_of("mistakes"))
    cases = prepared(gradient_cases())
    rows = kill_matrix(cases)
    passed = {}
    for row in rows:
        if not row.entry.convention.l2:
            passed[row.name] = usual_checks(row, cases)
        seen = sum(found == "seen" for found in row.by_case.values())
        print(
            f"{row.name}: seen in {seen} of {len(cases)} cases, called {', '.join(row.named) or 'nothing'}", flush=True
        )
    right = {}
    with Server() as server:
        for one in available_implementations():
            found = check_submission(server, one.path, gradient_cases(), 0)
            right[one.name] = [diagnosis.name for diagnosis in found.diagnoses]
            print(f"{one.name}: {found.verdict}, {found.ran} of {len(cases)} cases ran", flush=True)
    facts = kill_facts(rows, alternatives_facts(cases))
    write_report(REPORTS, "mistakes", "mistakes", mistakes_document(rows, passed, right), **facts)
    print(f"Report: {REPORTS / 'mistakes.md'}")
    named = all(row.name in row.named for row in rows)
    return Finished(0 if named and not any(right.values()) else 1, REPORTS)


COMMANDS = (Command("mistakes", "try the catalogue of mistakes on every case, beside other checks", _arguments, _run),)
