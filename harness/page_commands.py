"""The command `report`: the page that shows every report, from what is there."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from harness.errors import UnusableInput

REPORTS = Path(__file__).resolve().parent.parent / "reports"


def run_report(options: argparse.Namespace) -> int:
    folder = options.reports or REPORTS
    if not folder.is_dir():
        raise UnusableInput(f"{folder}: expected a folder with reports, found none; `nox -s compare` makes them")
    return 0 if write_page_of(folder) else 1


def write_page_of(folder: Path) -> bool:
    """Write index.html from the reports of a folder, say so, and a line for each that is damaged. Whether none is."""
    from harness.answers import printable
    from harness.errors import BadFile
    from harness.page.build import write

    damages: list[BadFile] = []
    print(f"Page: {write(folder, damages.append)}")
    for error in damages:
        print(f"error: {printable(str(error))}", file=sys.stderr)
    return not damages
