"""The main job: every implementation on every case, as one tidy table and one of pairs."""

from __future__ import annotations

import os
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from itertools import combinations
from typing import TYPE_CHECKING, Any

from harness.cases import Case, csv_cases, standard_cases
from harness.discover import REFERENCE, Implementation, available, find
from harness.errors import UnknownName, UnusableInput
from harness.run import QUANTITIES, Inputs, Result
from harness.verdict import digits, distance, verdict
from harness.workers import Task, run_tasks

if TYPE_CHECKING:
    import pandas as pd

# Weights after many steps are shown in digits and not judged: rounding grows with the steps.
NOT_JUDGED = QUANTITIES["train"]


@dataclass(frozen=True)
class Selection:
    """What to run: implementations and cases, and whether that is all there is."""

    implementations: tuple[Implementation, ...]
    cases: tuple[Case, ...]
    complete: bool


@dataclass(frozen=True)
class Comparison:
    """The tables of one run, and where its time went (seconds inside the implementations, and in all)."""

    selection: Selection
    table: pd.DataFrame
    pairs: pd.DataFrame
    inside: float
    elapsed: float
    jobs: int

    @property
    def share(self) -> float:
        """The share of the workers' time that was spent inside the implementations, 0 to 1."""
        return self.inside / (self.elapsed * self.jobs)


def select(only: str = "", case: str = "", data: str = "") -> Selection:
    """Implementations from comma-separated names or paths, cases from comma-separated ids or patterns.

    Empty means all; the reference is always among the implementations. Raises UnknownName.
    """
    implementations = find([*filter(None, only.split(",")), REFERENCE]) if only else available()
    if data and not data.endswith(".csv"):
        raise UnusableInput(
            f"--data {data}: expected a path ending in .csv; the bundled data are in the standard cases"
        )
    battery = csv_cases(data) if data else standard_cases()
    patterns = [pattern for pattern in case.split(",") if pattern]
    for pattern in patterns:
        if not any(fnmatchcase(one.id, pattern) for one in battery):
            raise UnknownName("case", pattern, [one.id for one in battery])
    cases = tuple(one for one in battery if not patterns or any(fnmatchcase(one.id, p) for p in patterns))
    return Selection(implementations, cases, complete=not (only or case or data))


def compare(
    selection: Selection, jobs: int, seconds: float, progress: Callable[[Result, int, int], None]
) -> Comparison:
    """Run the selection in `jobs` processes, `seconds` at most a case; `progress` is told each result as it
    comes, how many there will be, and how many of them from each implementation."""
    start = time.perf_counter()
    inputs = {case.id: Inputs(*case.build()) for case in selection.cases}
    # The long ones first, so that no worker is left alone with one at the end.
    by_work = sorted(selection.cases, key=lambda case: inputs[case.id].work * max(1, case.epochs), reverse=True)
    tasks = [Task(i, case, inputs[case.id]) for i in selection.implementations for case in by_work]
    results: dict[str, dict[str, Result]] = {case.id: {} for case in selection.cases}
    for result in run_tasks(tasks, jobs, seconds):
        results[result.case][result.implementation] = result
        progress(result, len(tasks), len(selection.cases))

    import pandas as pd

    table = pd.DataFrame(_rows(selection, results))
    pairs = pd.DataFrame(_pairs(selection, results))
    inside = sum(result.seconds for of_case in results.values() for result in of_case.values())
    return Comparison(selection, table, pairs, inside, time.perf_counter() - start, jobs)


def default_jobs() -> int:
    """The processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _rows(selection: Selection, results: dict[str, dict[str, Result]]) -> Iterator[dict[str, Any]]:
    """One row a measured array, and one a refused quantity with layer 0, in the selection's order."""
    for implementation in selection.implementations:
        for case in selection.cases:
            result = results[case.id][implementation.name]
            reference = results[case.id][REFERENCE]
            row: dict[str, Any] = {"implementation": implementation.name, "case": case.id, "seconds": result.seconds}
            for (quantity, layer), array in result.quantities.items():
                measured = reference.quantities.get((quantity, layer))
                judged: dict[str, Any] = {"verdict": "cannot tell", "detail": "the reference gave nothing"}
                if measured is not None:
                    error = distance(array, measured)
                    agreeing = digits(error, case.dtype)
                    named = "" if quantity in NOT_JUDGED else verdict(agreeing, case.dtype)
                    judged = {"error": error, "digits": agreeing, "verdict": named, "detail": ""}
                yield row | {"quantity": quantity, "layer": layer} | judged
            for function, refusal in result.refusals.items():
                for quantity in QUANTITIES[function]:
                    yield row | {
                        "quantity": quantity,
                        "layer": 0,
                        "verdict": refusal.verdict,
                        "detail": refusal.detail,
                    }


def _pairs(selection: Selection, results: dict[str, dict[str, Result]]) -> Iterator[dict[str, Any]]:
    """For every two implementations and each case and quantity that both have, the worst distance of a layer."""
    for case in selection.cases:
        for one, other in combinations(selection.implementations, 2):
            mine, theirs = results[case.id][one.name].quantities, results[case.id][other.name].quantities
            worst: dict[str, float] = defaultdict(float)
            for quantity, layer in mine.keys() & theirs.keys():
                worst[quantity] = max(worst[quantity], distance(mine[quantity, layer], theirs[quantity, layer]))
            for quantity, error in worst.items():
                yield {
                    "one": one.name,
                    "other": other.name,
                    "case": case.id,
                    "quantity": quantity,
                    "error": error,
                    "digits": digits(error, case.dtype),
                }
