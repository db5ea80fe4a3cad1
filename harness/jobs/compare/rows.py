"""The rows of a comparison: one for each measured array, made of an outcome."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from harness.cases.case import QUANTITIES_BY_FUNCTION
from harness.judging.judge import UNDECLARED_CONVENTION, Outcome, Trial
from harness.judging.verdict import Judgement, digits, max_norm_distance, relative_to
from harness.sandbox.answers import printable


class Row(NamedTuple):
    """One measured array, or with layer 0 a refused quantity; see Judgement for what was measured."""

    implementation: str
    case: str
    quantity: str
    layer: int
    entry: str = ""
    error: float | None = None
    bound: float | None = None
    error_ratio: float | None = None
    entries: int | None = None
    digits: int | None = None
    verdict: str = ""
    seconds: float = 0.0
    detail: str = ""


def rows_of(implementation: str, outcome: Outcome) -> Iterator[Row]:
    """One row a measured array, and one a refused quantity with layer 0."""
    trial = outcome.trial
    case, trained = trial.case, trial.truth.trained
    seconds = sum(answer.seconds for answer in trial.answers.values())
    start = Row(implementation, case.id, "", 0, seconds=seconds)
    for key, array in outcome.quantities.items():
        row = start._replace(quantity=key[0], layer=key[1], entries=array.size)
        if key in outcome.judgements:
            yield _judged(row, outcome.judgements[key], outcome)
        elif key in trained:
            # Weights after many steps are shown in digits and not judged: rounding grows with the steps.
            yield row._replace(digits=digits(max_norm_distance(array, trained[key]), case.dtype))
        else:
            yield row._replace(verdict="cannot tell", detail=trial.truth.reason)
    for function, refusal in outcome.refusals.items():
        given = {name for name, _ in outcome.quantities}
        for quantity in QUANTITIES_BY_FUNCTION[function]:
            if quantity not in given:
                yield start._replace(quantity=quantity, verdict=refusal.verdict, detail=printable(refusal.detail))


def _judged(row: Row, judgement: Judgement, outcome: Outcome) -> Row:
    unclear, verdict, detail = judgement.undecidable, judgement.verdict, outcome.note
    if verdict in ("", "inaccurate"):
        verdict, detail = outcome.cause, outcome.reason
    elif unclear:
        detail = f"{unclear} entries cannot be decided: within rounding of a kink, or no finite bound"
    elif outcome.verdict == UNDECLARED_CONVENTION:
        verdict = UNDECLARED_CONVENTION
    relative = (
        max(judgement.relative, _room(outcome.trial, row.layer)) if row.quantity == "update" else judgement.relative
    )
    return row._replace(
        entry=str(list(judgement.entry)),
        error=judgement.error,
        bound=judgement.bound,
        error_ratio=judgement.error_ratio,
        digits=digits(relative, outcome.trial.case.dtype),
        verdict=verdict,
        detail=detail,
    )


def _room(trial: Trial, layer: int) -> float:
    """What storing the new weights may cost a displacement, relative to the largest: half a unit in their last place.
    Digits beyond it depend on which way a weight was rounded, and are not counted."""
    of, moved = trial.inputs.network.layers[layer - 1], np.abs(trial.standards["update", layer].truth.high).max()
    largest = max(np.abs(of.w).max(), np.abs(of.b).max()) + moved
    return relative_to(float(np.spacing(largest.astype(trial.case.dtype))) / 2, float(moved))
