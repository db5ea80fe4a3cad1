"""The table of a training: how far each run is from the truth after each recorded epoch, and whether rounding
explains it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from harness.jobs.train.courses import Course, learned
from harness.jobs.train.follow import Followed, TrainingSelection
from harness.jobs.train.runners import PERTURBED, PLANTED_MISTAKE, TRUTH
from harness.jobs.train.spread import limit
from harness.jobs.train.states import State, as_exact, network_of, state_distance
from harness.jobs.train.store import Run
from harness.judging.verdict import digits
from harness.model.contract import Inputs
from harness.sandbox.answers import Refusal
from harness.sandbox.sources.find import REFERENCE

if TYPE_CHECKING:
    import pandas as pd

EXPLAINED, NOT_EXPLAINED = "explained by rounding", "not explained"
# One row for each course, runner, recorded epoch and quantity (weights, loss). `error` is the distance from the truth,
# `limit` what rounding explains of it, `digits` and `reference` the whole digits in common with the truth and with
# PyTorch; `loss` is the cost per row and `right` the rows that are classified right. A loss has no verdict.
TRAINING_COLUMNS = [
    *("course", "runner", "epoch", "quantity", "error", "limit", "digits", "reference", "verdict", "loss", "right"),
]


@dataclass(frozen=True)
class Verdict:
    """What became of one run: explained by rounding after every recorded epoch, not explained, failed, unsupported, or
    cannot tell where the truth or the perturbed runs are missing. `error_ratio` is its largest distance in units of the
    limit; `detail` says after which epoch it is first above it, or why there is no more."""

    course: str
    runner: str
    verdict: str
    error_ratio: float
    detail: str

    @property
    def is_control(self) -> bool:
        """Whether this run must not be explained."""
        return self.runner == PLANTED_MISTAKE.name


@dataclass(frozen=True, eq=False)
class Judged:
    """The table of a training, and one verdict for each course and runner but those that the others are judged by."""

    selection: TrainingSelection
    table: pd.DataFrame
    verdicts: tuple[Verdict, ...]


@dataclass(frozen=True, eq=False)
class _Standard:
    """What the runs of a course are held against after one recorded epoch; PyTorch's state where it has come so far."""

    truth: State
    loss: float
    limit: float
    loss_limit: float
    reference: State | None


def judge(followed: Followed) -> Judged:
    """Hold every run against the truth; where that is missing, nothing can be told."""
    import pandas as pd

    judged = [run for run in followed.runs.values() if run.runner not in (TRUTH, PERTURBED)]
    standards = {course.id: [*_standards(followed, course)] for course in followed.selection.courses}
    rows = {run.key: [*_judged_rows(run, standards[run.course.id])] for run in judged}
    table = pd.DataFrame([row for of_run in rows.values() for row in of_run], columns=TRAINING_COLUMNS)
    verdicts = (_verdict(run, rows[run.key], followed.stopped.get(run.key)) for run in judged)
    return Judged(followed.selection, table, tuple(verdicts))


def _standards(followed: Followed, course: Course) -> Iterator[_Standard]:
    true, around = (followed.runs[course.id, one.name] for one in (TRUTH, PERTURBED))
    reference = followed.runs.get((course.id, REFERENCE))
    for k, (exact, side_by_side) in enumerate(zip(true.states, around.states, strict=False)):
        loss = _loss_rows(true.inputs, tuple(parts[0] for parts in exact))
        runs = range(len(side_by_side[0]))
        losses = [_loss_rows(true.inputs, tuple(layer[one] for layer in side_by_side)) for one in runs]
        yield _Standard(
            truth=exact,
            loss=loss,
            limit=limit(state_distance(side_by_side, exact)),
            loss_limit=limit(np.array([_relative(one, loss) for one in losses])),
            reference=reference.states[k] if reference is not None and k < len(reference.states) else None,
        )


def _judged_rows(run: Run, standards: Sequence[_Standard]) -> Iterator[dict[str, Any]]:
    judgeable = zip(run.course.recorded, run.states, standards, strict=False)
    for epoch, state, standard in judgeable:
        loss, right = learned(network_of(run.inputs.network, state), run.inputs)
        other = standard.reference
        errors = {
            "weights": (
                float(state_distance(state, standard.truth)),
                standard.limit,
                None if other is None else float(state_distance(state, as_exact(other))),
            ),
            "loss": (
                _relative(loss, standard.loss),
                standard.loss_limit,
                None if other is None else _relative(loss, _loss_rows(run.inputs, other)),
            ),
        }
        for quantity, (error, largest, from_reference) in errors.items():
            explained = EXPLAINED if error <= largest else NOT_EXPLAINED  # a NaN is not
            yield {
                "course": run.course.id,
                "runner": run.runner.name,
                "epoch": epoch,
                "quantity": quantity,
                "error": error,
                "limit": largest,
                "digits": digits(error, "float64"),
                "reference": "" if from_reference is None else digits(from_reference, "float64"),
                "verdict": explained if quantity == "weights" else "",
                "loss": loss,
                "right": right,
            }


def _verdict(run: Run, rows: Sequence[dict[str, Any]], refusal: Refusal | None) -> Verdict:
    weights = [row for row in rows if row["quantity"] == "weights"]
    # A NaN is the worst of all, and max would pass over it.
    error_ratio = max((row["error"] / row["limit"] for row in weights), key=lambda e: (e != e, e), default=math.nan)
    for row in weights:
        if row["verdict"] == NOT_EXPLAINED:
            detail = f"{row['error'] / row['limit']:.2g} times the limit after epoch {row['epoch']}"
            return Verdict(*run.key, NOT_EXPLAINED, error_ratio, detail)
    if refusal is not None:
        where = f"stopped after epoch {run.epoch}: " if run.epoch else ""
        return Verdict(*run.key, refusal.verdict, error_ratio, where + refusal.detail)
    if len(weights) < len(run.course.recorded):
        return Verdict(*run.key, "cannot tell", error_ratio, "the truth or the perturbed runs have stopped")
    return Verdict(*run.key, EXPLAINED, error_ratio, "")


def _loss_rows(inputs: Inputs, state: State) -> float:
    return learned(network_of(inputs.network, state), inputs)[0]


def _relative(one: float, other: float) -> float:
    return abs(one - other) / other
