"""`python -m benchmarks [SECTION ...]`, which `nox -s bench` calls: measure, keep the figures, write the report."""

from __future__ import annotations

import argparse
import json
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks import store
from benchmarks.figures import in_seconds, seconds
from benchmarks.measure import run
from benchmarks.processes import ROOT
from benchmarks.races import Outcome
from benchmarks.section import Section
from benchmarks.sections import SECTIONS
from harness.errors import UnknownName, UnusableInput

REPORTS = ROOT / "reports"


def main(arguments: list[str] | None = None) -> int:
    """Exit status: 0 measured, 2 unusable arguments, 130 after Ctrl-C."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="what a check costs, side by side")
    parser.add_argument(
        "names",
        nargs="*",
        metavar="SECTION",
        help=f"{', '.join(s.name for s in SECTIONS)}; all of them where none is named",
    )
    options = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))  # as after any error: nothing is left
    try:
        for section in chosen(options.names):
            _measure(section)
        _write()
    except UnusableInput as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("interrupted; the sections that were measured before are kept, for the next report", file=sys.stderr)
        return 130
    return 0


def chosen(names: Sequence[str]) -> list[Section]:
    """The sections of these names, all for none. Raises UnknownName."""
    known = {section.name: section for section in SECTIONS}
    for name in names:
        if name not in known:
            raise UnknownName("section", name, known)
    return [known[name] for name in dict.fromkeys(names)] or list(SECTIONS)


def _measure(section: Section) -> None:
    start = time.perf_counter()
    on = json.loads(subprocess.check_output([sys.executable, "-m", "benchmarks.machine"], cwd=ROOT))
    outcomes = []
    with tempfile.TemporaryDirectory(prefix="gradproof-bench-") as folder:
        for outcome in run(section.races(Path(folder))):
            outcomes.append(outcome)
            print(_told(outcome), flush=True)
    store.save(section.name, on, outcomes, REPORTS)
    print(f"{section.name}: {in_seconds(time.perf_counter() - start)}", flush=True)


def _told(outcome: Outcome) -> str:
    """An outcome in a line."""
    found = ((name, seconds(one), one.reason) for name, one in outcome.results.items())
    return f"{outcome.name}: " + "; ".join(
        f"{name} {in_seconds(timing.median) if timing else reason}" for name, timing, reason in found
    )


def _write() -> None:
    """The report, which loads matplotlib: after all is measured."""
    from benchmarks.report import PAGE, write
    from harness.jobs.page.command import write_page_of

    kept = {section: found for section in SECTIONS if (found := store.load(section.name, REPORTS))}
    write(kept, REPORTS)
    print(f"Report: {REPORTS / PAGE}")
    write_page_of(REPORTS)


if __name__ == "__main__":
    sys.exit(main())
