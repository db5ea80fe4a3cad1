"""`python -m benchmarks [SECTION ...]`, which `nox -s bench` calls: measure, save the results, write the report."""

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

from benchmarks.report.page import REPORT_NAME, write_benchmarks
from benchmarks.report.section import ReportSection
from benchmarks.runner import store
from benchmarks.runner.figures import in_seconds, time_of
from benchmarks.runner.measure import run
from benchmarks.runner.processes import REPOSITORY
from benchmarks.runner.races import RaceOutcome
from benchmarks.sections import all_sections
from harness.jobs.page.command import write_page_of
from harness.model.errors import UnknownName, UnusableInput
from harness.reporting.files import REPORTS


def main(arguments: list[str] | None = None) -> int:
    """Exit status: 0 done, 2 unusable arguments, 130 after Ctrl-C."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description="measure time and memory, and write reports/benchmarks.md"
    )
    parser.add_argument(
        "names",
        nargs="*",
        metavar="SECTION",
        help=f"what to measure: {', '.join(section.name for section in all_sections())}; all if none is named",
    )
    parser.add_argument(
        "--report-only", action="store_true", help="write the report from the saved results, and measure nothing"
    )
    options = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))  # so that contenders and files are removed
    try:
        sections = selected_sections(options.names)
        for section in [] if options.report_only else sections:
            _measure(section)
        _write_report()
    except UnusableInput as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("interrupted; the results of the sections measured before are saved", file=sys.stderr)
        return 130
    return 0


def selected_sections(names: Sequence[str]) -> list[ReportSection]:
    """The sections of these names, or all if none is named. Raises UnknownName."""
    known = {section.name: section for section in all_sections()}
    for name in names:
        if name not in known:
            raise UnknownName("section", name, known)
    return [known[name] for name in dict.fromkeys(names)] or list(known.values())


def _measure(section: ReportSection) -> None:
    start = time.perf_counter()
    machine = json.loads(subprocess.check_output([sys.executable, "-m", "benchmarks.runner.machine"], cwd=REPOSITORY))
    outcomes = []
    with tempfile.TemporaryDirectory(prefix="gradproof-bench-") as folder:
        for outcome in run(section.races(Path(folder))):
            outcomes.append(outcome)
            print(_outcome_line(outcome), flush=True)
    store.save_results(section.name, machine, outcomes, REPORTS)
    print(f"{section.name}: {in_seconds(time.perf_counter() - start)}", flush=True)


def _outcome_line(outcome: RaceOutcome) -> str:
    found = ((name, time_of(one), one.reason) for name, one in outcome.results.items())
    return f"{outcome.name}: " + "; ".join(
        f"{name} {in_seconds(seconds.median) if seconds else reason}" for name, seconds, reason in found
    )


def _write_report() -> None:
    saved = {section: found for section in all_sections() if (found := store.load_results(section.name, REPORTS))}
    write_benchmarks(saved, REPORTS)
    print(f"Report: {REPORTS / f'{REPORT_NAME}.md'}")
    write_page_of(REPORTS)


if __name__ == "__main__":
    sys.exit(main())
