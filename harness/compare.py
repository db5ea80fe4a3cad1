"""The main job: every implementation on every case, as one tidy table and one of pairs."""

from __future__ import annotations

import os
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import combinations
from typing import TYPE_CHECKING, Any

from harness.cases import EPOCHS, Case, csv_cases, standard_cases
from harness.contract import Array, Inputs
from harness.discover import Implementation, available, find
from harness.errors import UnusableInput
from harness.evidence import RUNS
from harness.run import QUANTITIES, Result
from harness.selection import chosen, named
from harness.tasks import Certificate, Certify, Finding, Run, Weigh
from harness.verdict import digits, distance, judge
from harness.worker import Task
from harness.workers import run_tasks

if TYPE_CHECKING:
    import pandas as pd

# One row for each implementation, case, quantity and layer; see harness.verdict.Judgement for what was measured.
COLUMNS = [
    *("implementation", "case", "quantity", "layer", "entry", "error", "bound", "excess", "entries", "digits"),
    *("verdict", "seconds", "detail"),
]
PAIR_COLUMNS = ["one", "other", "case", "quantity", "error", "digits"]


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


def select(only: str | None = None, case: str | None = None, data: str | None = None) -> Selection:
    """Implementations from comma-separated names or paths, cases from comma-separated ids or patterns.

    None means all. Raises UnknownName, or UnusableInput where nothing is named or a path is none.
    """
    implementations = find(named(only)) if only is not None else available()
    if data is not None and not data.lower().endswith(".csv"):
        raise UnusableInput(
            f"--data {data}: expected a path ending in .csv; the bundled data are in the standard cases"
        )
    battery = csv_cases(data) if data is not None else standard_cases()
    return Selection(implementations, chosen(battery, case), complete=only is case is data is None)


def compare(
    selection: Selection, jobs: int, seconds: float, progress: Callable[[Result, int, int], None]
) -> Comparison:
    """Run the selection in `jobs` processes, `seconds` at most a case; `progress` is told each result as it
    comes, how many there will be, and how many of them from each implementation."""
    start = time.perf_counter()
    inputs = {case.id: case.build() for case in selection.cases}
    # The long ones first, so that no worker is left alone with one at the end.
    cases = sorted(
        selection.cases, key=lambda case: inputs[case.id].work * (EPOCHS if case.online else 1), reverse=True
    )
    tasks: list[Task] = [Certify(case, inputs[case.id]) for case in cases]
    tasks += [Run(one, case, inputs[case.id]) for one in selection.implementations for case in cases]
    results: dict[tuple[str, str], Result] = {}
    certificates: dict[str, Certificate] = {}
    jobs = min(jobs, len(tasks))
    for outcome in run_tasks(tasks, jobs, seconds):
        if isinstance(outcome, Certificate):
            certificates[outcome.case] = outcome
        else:
            results[outcome.implementation, outcome.case] = outcome
            progress(outcome, len(tasks) - len(cases), len(cases))

    rows = [
        row
        for one in selection.implementations
        for case in selection.cases
        for row in _rows(case, inputs[case.id], results[one.name, case.id], certificates[case.id])
    ]
    findings = _explain(selection, inputs, rows, jobs, seconds)
    for row in rows:
        if row["verdict"] == "departs":
            evidence = findings[row["implementation"], row["case"]].evidence
            row |= {"verdict": evidence.verdict, "detail": evidence.reason}

    import pandas as pd

    inside = sum(one.seconds for one in results.values()) + sum(one.seconds for one in findings.values())
    table = pd.DataFrame(rows, columns=COLUMNS)
    pairs = pd.DataFrame(_pairs(selection, results), columns=PAIR_COLUMNS)
    return Comparison(selection, table, pairs, inside, time.perf_counter() - start, jobs)


def default_jobs() -> int:
    """The processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _explain(
    selection: Selection, inputs: dict[str, Inputs], rows: list[dict[str, Any]], jobs: int, seconds: float
) -> dict[tuple[str, str], Finding]:
    """For every implementation and case with a departure, the evidence on what it is."""
    departed = {(row["implementation"], row["case"]) for row in rows if row["verdict"] == "departs"}
    tasks = [
        Weigh(one, case, inputs[case.id])
        for one in selection.implementations
        for case in selection.cases
        if (one.name, case.id) in departed
    ]
    return {(found.implementation, found.case): found for found in run_tasks(tasks, jobs, RUNS * seconds)}


def _rows(case: Case, inputs: Inputs, result: Result, certificate: Certificate) -> Iterator[dict[str, Any]]:
    """One row a measured array, and one a refused quantity with layer 0."""
    certificate = replace(certificate, standards=result.convention.standards(certificate.standards, inputs))
    row: dict[str, Any] = {"implementation": result.implementation, "case": case.id, "seconds": result.seconds}
    for (quantity, layer), array in result.quantities.items():
        if quantity in ("z", "a"):  # given by few, and judged by a check
            continue
        yield row | {"quantity": quantity, "layer": layer} | _judged(array, (quantity, layer), certificate, case.dtype)
    for function, refusal in result.refusals.items():
        for quantity in QUANTITIES[function]:
            yield row | {"quantity": quantity, "layer": 0, "verdict": refusal.verdict, "detail": refusal.detail}


def _judged(array: Array, key: tuple[str, int], certificate: Certificate, dtype: str) -> dict[str, Any]:
    if key in certificate.trained:
        # Weights after many steps are shown in digits and not judged: rounding grows with the steps.
        error = distance(array, certificate.trained[key])
        return {"entries": array.size, "digits": digits(error, dtype), "verdict": "", "detail": ""}
    if key not in certificate.standards:
        return {"entries": array.size, "verdict": "cannot tell", "detail": certificate.reason}
    judgement = judge(array, certificate.standards[key])
    detail = (
        f"{judgement.undecidable} entries cannot be decided: within rounding of a kink, or no finite bound"
        if judgement.undecidable
        else ""
    )
    return {
        "entry": str(list(judgement.entry)),
        "error": judgement.error,
        "bound": judgement.bound,
        "excess": judgement.excess,
        "entries": judgement.entries,
        "digits": digits(judgement.relative, dtype),
        "verdict": judgement.verdict or "departs",
        "detail": detail,
    }


def _pairs(selection: Selection, results: dict[tuple[str, str], Result]) -> Iterator[dict[str, Any]]:
    """For every two implementations and each case and quantity that both have, the worst distance of a layer."""
    for case in selection.cases:
        for one, other in combinations(selection.implementations, 2):
            mine, theirs = results[one.name, case.id].quantities, results[other.name, case.id].quantities
            worst: dict[str, float] = defaultdict(float)
            for quantity, layer in (key for key in mine if key in theirs):
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
