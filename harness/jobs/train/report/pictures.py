"""The pictures of a training, drawn from its table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from harness.jobs.train.courses import Course
from harness.jobs.train.judged import Judged
from harness.jobs.train.report.views import kinds
from harness.jobs.train.runners import PLANTED_MISTAKE, ScikitLearn
from harness.reporting.figures import Band, Line, Panel, Picture
from harness.sandbox.sources.find import REFERENCE

if TYPE_CHECKING:
    import pandas as pd

MOST_DRAWN = 17.0  # digits: more than a float64 has, so that the band has an upper edge
WORST = "the worst of all formulations"
# Runners that have a line of their own.
_SHOWN = {REFERENCE: "PyTorch", PLANTED_MISTAKE.name: "planted mistake", ScikitLearn.name: "scikit-learn"}
AGREEMENT = {
    "one hidden layer, online": "training-hidden-online",
    "one hidden layer, in batches": "training-hidden-batches",
    "one layer, online": "training-single-online",
    "one layer, in batches": "training-single-batches",
}


def pictures(judged: Judged) -> dict[str, Picture]:
    """For each kind of course the agreement with the truth; and as `loss`, what has been learned."""
    groups = kinds(judged.selection.courses)
    found = {kind: _agreement(judged, kind, courses) for kind, courses in groups.items()}
    return found | {"loss": _loss_panels(judged)}


def _agreement(judged: Judged, kind: str, courses: Sequence[Course]) -> Picture:
    caption = (
        f"Digits in common with the truth after each epoch; {kind}. Grey: what rounding explains. A correct run stays "
        "in the grey band, however long it trains. The planted mistake, a relative 1e-6 in one bias gradient, is never "
        f"in it. If all digits agree, the picture shows {MOST_DRAWN:.0f}."
    )
    panels = [
        Panel(f"{course.dataset}, {quantity}", *_course_lines(judged.table, course, quantity))
        for course in courses
        for quantity in ("weights", "loss")
    ]
    return Picture(AGREEMENT[kind], caption, "epoch", "digits of agreement", tuple(panels), log="x")


def _course_lines(table: pd.DataFrame, course: Course, quantity: str) -> tuple[tuple[Line, ...], tuple[Band, ...]]:
    rows = table[(table["course"] == course.id) & (table["quantity"] == quantity)]
    lines = []
    formulations = rows[~rows["runner"].isin(_SHOWN.keys() - {REFERENCE})]
    if not formulations.empty:
        worst = formulations.groupby("epoch")["error"].max()
        lines.append(Line(WORST, worst.index.to_list(), _digit_panels(worst)))
    for runner, label in _SHOWN.items():
        mine = rows[rows["runner"] == runner]
        if not mine.empty:
            lines.append(Line(label, mine["epoch"].to_list(), _digit_panels(mine["error"])))
    limits = rows.groupby("epoch")["limit"].first()
    epochs = limits.index.to_list()
    band = Band("explained by rounding", epochs, _digit_panels(limits), [MOST_DRAWN] * len(epochs))
    return tuple(lines), (band,) if epochs else ()


def _digit_panels(errors: pd.Series[float]) -> list[float]:
    """-log10 of errors; no more than a float64 has, where there is none."""
    return [min(MOST_DRAWN, -float(np.log10(error))) if error > 0 else MOST_DRAWN for error in errors]


def _loss_panels(judged: Judged) -> Picture:
    caption = (
        "The cost per row after each epoch, as the first formulation of the table computes it. The lines of all others "
        "lie on these: the pictures above show how many digits they have in common."
    )
    courses = judged.selection.courses
    panels = [
        Panel(name, tuple(_learning(judged.table, [course for course in courses if course.dataset == name])))
        for name in dict.fromkeys(course.dataset for course in courses)
    ]
    return Picture("training-loss", caption, "epoch", "cost per row", tuple(panels), log="xy")


def _learning(table: pd.DataFrame, courses: Sequence[Course]) -> Iterator[Line]:
    for course in courses:
        rows = table[(table["course"] == course.id) & (table["quantity"] == "loss")]
        if not rows.empty:
            mine = rows[rows["runner"] == rows["runner"].iloc[0]]
            yield Line(course.kind, mine["epoch"].to_list(), mine["loss"].to_list())
