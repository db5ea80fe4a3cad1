"""The command `report`: the page that shows every report, from what is there."""

from __future__ import annotations

import argparse
from pathlib import Path

from harness.errors import UnusableInput

REPORTS = Path(__file__).resolve().parent.parent / "reports"


def run_report(options: argparse.Namespace) -> int:
    folder = options.reports or REPORTS
    if not folder.is_dir():
        raise UnusableInput(f"{folder}: expected a folder with reports, found none; `nox -s compare` makes them")
    write_page_of(folder)
    return 0


def write_page_of(folder: Path) -> None:
    """Write index.html from the reports of a folder, and say so."""
    from harness.page.build import write

    print(f"Page: {write(folder)}")
