"""The command `peers`."""

from __future__ import annotations

import argparse

from harness.jobs import Command, Finished
from harness.reporting.files import REPORTS, check_output_folder, files_of


def _arguments(_: argparse.ArgumentParser) -> None:
    """It has none."""


def _run(_: argparse.Namespace) -> Finished:
    from harness.jobs.evidence.mistakes.peers.growth import growths
    from harness.jobs.evidence.mistakes.peers.sensitivity import examine_all, finding_line, sensitivity_document
    from harness.reporting.markdown import write_report

    check_output_folder(REPORTS, files_of("sensitivity"))
    findings = []
    for finding in examine_all():
        findings.append(finding)
        print(finding_line(finding), flush=True)
    write_report(REPORTS, "sensitivity", "peers", sensitivity_document(findings, list(growths())))
    print(f"Report: {REPORTS / 'sensitivity.md'}")
    return Finished(0, REPORTS)


COMMANDS = (Command("peers", "try other gradient checkers on the same gradients", _arguments, _run),)
