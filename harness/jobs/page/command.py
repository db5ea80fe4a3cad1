"""The command `report`: the page that shows every report, from what is there."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from harness.jobs import Command, Finished, folder_argument
from harness.model.errors import UnusableInput
from harness.reporting.files import REPORTS


def _arguments(parser: argparse.ArgumentParser) -> None:
    where = "the folder to read and write (default: reports/)"
    parser.add_argument("--reports", type=folder_argument, metavar="FOLDER", help=where)


def _run(options: argparse.Namespace) -> Finished:
    reports = options.reports or REPORTS
    if not reports.is_dir():
        raise UnusableInput(f"{reports}: expected a folder with reports, found none; `nox -s compare` makes them")
    return Finished(0 if write_page_of(reports) else 1)


def write_page_of(reports: Path) -> bool:
    """Write index.html from the reports of a folder, say so, and a line for each that is damaged. Whether none is."""
    from harness.jobs.page.build import write_index
    from harness.model.errors import BadFile
    from harness.sandbox.answers import printable

    damages: list[BadFile] = []
    print(f"Page: {write_index(reports, damages.append)}")
    for error in damages:
        print(f"error: {printable(str(error))}", file=sys.stderr)
    return not damages


COMMANDS = (Command("report", "write one page that shows every report", _arguments, _run),)
