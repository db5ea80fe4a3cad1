"""The main job: every implementation on every case, as one tidy table and one of pairs."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from harness.cases import datasets
from harness.cases.case import Case
from harness.cases.selection import select_matching, split_names
from harness.cases.standard import csv_cases, standard_cases
from harness.jobs.compare.pairs import PairRow, Pairs
from harness.jobs.compare.report.tally import Tally
from harness.jobs.compare.rows import Row
from harness.jobs.compare.schedule import Answered, Schedule
from harness.jobs.compare.table import ResultTable
from harness.jobs.distributed.here import HERE, Machines
from harness.model.errors import UnusableInput
from harness.reporting.profile import Clock
from harness.sandbox.requests import Limits
from harness.sandbox.sources.find import Implementation, available_implementations, find_implementations

if TYPE_CHECKING:
    from harness.sandbox.processes.server import Server


@dataclass(frozen=True)
class Selection:
    """What to run: implementations and cases, and whether that is all there is. `target` says what the last column of
    the user's table was taken for, if there is one."""

    implementations: tuple[Implementation, ...]
    cases: tuple[Case, ...]
    complete: bool
    target: str = ""


@dataclass(frozen=True, eq=False)
class Comparison:
    """The rows of one run in the order of the selection, those of pairs, and where its time went (seconds inside the
    implementations, and in all). The rows are read anew, from the disk, whenever they are gone through. `kept_sources`
    has, for each implementation whose rows are of an earlier run, the digest of its source then, or an empty text."""

    selection: Selection
    rows: Iterable[Row]
    pairs: Iterable[PairRow]
    inside: float
    elapsed: float
    jobs: int
    kept_sources: Mapping[str, str] = field(default_factory=dict)

    @property
    def share(self) -> float:
        """The share of the workers' time that was spent inside the implementations, 0 to 1."""
        return self.inside / (self.elapsed * self.jobs)

    @cached_property
    def tally(self) -> Tally:
        """What the reports count."""
        return Tally.of_rows(self.selection.implementations, self.selection.cases, self.rows)


def select(
    only: str | None = None, case: str | None = None, data: str | None = None, target: str | None = None
) -> Selection:
    """Implementations from comma-separated names or paths, cases from comma-separated ids or patterns.

    None means all. `data` is the path of a CSV file to use instead of the standard cases, and `target` what its last
    column holds, of TARGETS. Raises UnknownName, or UnusableInput if nothing is named or a path is not a file.
    """
    implementations = find_implementations(split_names(only)) if only is not None else available_implementations()
    if data is not None and not data.lower().endswith(".csv"):
        raise UnusableInput(
            f"--data {data}: expected a path ending in .csv; the bundled data are in the standard cases"
        )
    if data is None and target is not None:
        raise UnusableInput(f"--target {target}: expected --data FILE.csv with it, found none; add it")
    battery = csv_cases(data, target or "") if data is not None else standard_cases()
    taken = datasets.load_dataset(data, target or "").target if data is not None else ""
    return Selection(
        implementations, select_matching(battery, case), complete=only is case is data is None, target=taken
    )


def compare(
    selection: Selection,
    server: Server,
    jobs: int,
    limits: Limits,
    progress: Callable[[Answered, int, int], None],
    *,
    seed: int | None = None,
    path: Path | None = None,
    clock: Clock | None = None,
    where: Machines = HERE,
) -> Comparison:
    """Run the selection in `jobs` processes, which `server` forks, or on other machines, within the limits of each
    implementation, on the inputs of the reports or, with a seed, on others; `progress` is told each answer as it comes,
    how many there will be, and how many of them from each implementation.

    The rows are written to `path` as they come, or to a file without a name. The clock counts the phases.
    """
    start, clock = time.perf_counter(), clock or Clock()
    names = [implementation.name for implementation in selection.implementations]
    rows = ResultTable(names, [case.id for case in selection.cases], path)
    pairs = Pairs(names, selection.cases)
    total = len(names) * len(selection.cases)
    jobs = min(jobs, total)
    with where.pool(server, jobs, selection.implementations) as pool:
        schedule = Schedule(selection.implementations, selection.cases, pool, limits, clock, seed)
        for answered in schedule.results(rows, pairs):
            progress(answered, total, len(selection.cases))
    return Comparison(selection, rows, pairs, schedule.inside, time.perf_counter() - start, jobs)
