"""The command `claims`: answer all or some of the readers' questions."""

from __future__ import annotations

import argparse
import textwrap
import time

from harness.jobs import Command, Finished, add_reports
from harness.model.errors import UnknownName
from harness.reporting.files import REPORTS

TYPE_CHECKING = False  # see harness
if TYPE_CHECKING:
    from harness.jobs.claims.claim import Claim, Evidence

WIDTH = 100


def _arguments(parser: argparse.ArgumentParser) -> None:
    named = "of claims, as in reports/claims.md (default: all)"
    parser.add_argument("names", nargs="*", metavar="NAME", help=named)
    add_reports(parser)


def _run(options: argparse.Namespace) -> Finished:
    from harness.jobs.claims.catalogue import all_claims, answered
    from harness.jobs.claims.report import POINTS_TABLE, verdict, write_claims
    from harness.reporting.files import PICTURES, check_output_folder, files_of

    known = {claim.name: claim for claim in all_claims()}
    names = [name for text in options.names for name in text.split(",")]
    for name in names:
        if name not in known:
            raise UnknownName("claim", name, known)
    folder = options.reports or (None if names else REPORTS)
    if folder is not None:
        check_output_folder(folder, files_of("claims"), (POINTS_TABLE, PICTURES))
    found = {}
    for claim in [known[name] for name in dict.fromkeys(names)] or all_claims():
        start = time.perf_counter()
        found[claim] = answered(claim)
        if names:
            _show(claim, found[claim])
        else:
            seconds = time.perf_counter() - start
            print(f"{claim.name}: {verdict(found[claim])}, {seconds:.1f} s".replace("*", ""), flush=True)
    if folder is None:
        print("No report for a selection; --reports FOLDER writes one, with the pictures.")
    else:
        write_claims(found, folder)
        print(f"Report: {folder / 'claims.md'}")
    return Finished(0 if all(evidence.holds for evidence in found.values()) else 1, folder)


def _show(claim: Claim, evidence: Evidence) -> None:
    """Print all of a claim; of a picture, its caption."""
    from tabulate import tabulate

    from harness.jobs.claims.claim import ClaimTable
    from harness.jobs.claims.report import LONG_TABLE, STATEMENT_MARKS, verdict

    print(f"{claim.question}\n")
    _wrapped(f"{'' if evidence.holds else 'The experiment does not confirm this: '}{claim.answer}")
    print(f"\n{claim.name}: {verdict(evidence)}".replace("*", ""))
    for statement in evidence.statements:
        _wrapped(f"{STATEMENT_MARKS[statement.holds]} {statement.text}", "  ")
    print()
    _wrapped(f"Method: {claim.method}")
    _wrapped(f"Source of the question: {claim.source}")
    for exhibit in evidence.exhibits:
        print()
        if isinstance(exhibit, ClaimTable):
            _wrapped(exhibit.caption)
            print(tabulate(exhibit.rows[:LONG_TABLE], exhibit.headers, tablefmt="simple", disable_numparse=True))
            if len(exhibit.rows) > LONG_TABLE:
                print(f"and {len(exhibit.rows) - LONG_TABLE} more rows, in the report")
        else:
            _wrapped(f"Picture {exhibit.name}.svg: {exhibit.caption}")
    print()
    _wrapped(f"Limits: {claim.limits}\n")
    print()


def _wrapped(text: str, indent: str = "") -> None:
    print(textwrap.fill(text, WIDTH, subsequent_indent=indent))


COMMANDS = (Command("claims", "answer the articles' questions by experiments", _arguments, _run),)
