"""Views of a training, shared by the terminal and the report."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from harness.jobs.train.courses import Course
from harness.jobs.train.judged import EXPLAINED, NOT_EXPLAINED, Judged, Verdict
from harness.jobs.train.runners import PLANTED
from harness.reporting.grid import NOTHING

if TYPE_CHECKING:
    import pandas as pd

SHOWN_EPOCHS = (1, 10, 100)  # epochs that are shown, and the last
NOT_TRAINED = ["runner", "verdict", "reason", "courses"]


def kinds(courses: Sequence[Course]) -> dict[str, list[Course]]:
    """The courses by what they have in common."""
    groups: dict[str, list[Course]] = {}
    for course in courses:
        groups.setdefault(course.kind, []).append(course)
    return groups


def marks(course: Course) -> list[int]:
    """The epochs of a course that are shown."""
    return sorted({*(mark for mark in SHOWN_EPOCHS if mark < course.epochs), course.epochs})


def marks_in_words(course: Course) -> str:
    *first, last = map(str, marks(course))
    return f"{', '.join(first)} and {last}" if first else last


def digits_by_runner(judged: Judged, courses: Sequence[Course]) -> pd.DataFrame:
    """Runner × dataset: the correct digits of the weights after the epochs that are shown, and the verdict where it is
    not that rounding explains them."""

    def cell(course: Course, verdict: Verdict, rows: pd.DataFrame) -> str:
        shown = rows[(rows["quantity"] == "weights") & rows["epoch"].isin(marks(course))]
        digits = " ".join(map(str, shown["digits"]))
        if verdict.verdict == EXPLAINED:
            return digits
        return NOTHING if verdict.verdict == "unsupported" else f"{digits} {verdict.verdict}".strip()

    return _by_runner(judged, courses, cell)


def learned_alike(judged: Judged, courses: Sequence[Course]) -> list[list[str]]:
    """The cost per row and the rows classified right after the last epoch, dataset by dataset; one row for all runners
    that have come to the same, with their names first."""

    def cell(course: Course, verdict: Verdict, rows: pd.DataFrame) -> str:
        last = rows[(rows["quantity"] == "loss") & (rows["epoch"] == course.epochs)]
        if last.empty:
            return NOTHING
        return f"{last['loss'].iloc[0]:.6f}, {last['right'].iloc[0]} of {course.rows}"

    alike: dict[tuple[str, ...], list[str]] = {}
    for runner, *cells in _by_runner(judged, courses, cell).itertuples(name=None):
        alike.setdefault(tuple(cells), []).append(runner)
    return [[", ".join(runners), *cells] for cells, runners in alike.items()]


def _by_runner(judged: Judged, courses: Sequence[Course], cell: Callable[..., str]) -> pd.DataFrame:
    """A frame of cells, one row for each runner that has trained on any of these courses."""
    import pandas as pd

    ids = {course.id: course for course in courses}
    cells: dict[str, dict[str, str]] = {}
    for verdict in (one for one in judged.verdicts if one.course in ids):
        course = ids[verdict.course]
        table = judged.table
        rows = table[(table["course"] == verdict.course) & (table["runner"] == verdict.runner)]
        cells.setdefault(verdict.runner, {})[course.dataset] = cell(course, verdict, rows)
    trained = {name: row for name, row in cells.items() if set(row.values()) != {NOTHING}}
    frame = pd.DataFrame.from_dict(trained, orient="index", columns=list(dict.fromkeys(c.dataset for c in courses)))
    return frame.rename_axis("runner")


def not_trained(judged: Judged) -> list[list[str]]:
    """Runner, verdict, reason and number of courses, for whatever did not come to the end."""
    reasons = Counter(
        (one.runner, one.verdict, one.detail)
        for one in judged.verdicts
        if one.verdict not in (EXPLAINED, NOT_EXPLAINED)
    )
    return [[*reason, str(count)] for reason, count in reasons.items()]


def answer(judged: Judged) -> list[str]:
    """The results, in sentences."""
    right = [one for one in judged.verdicts if not one.is_control and one.verdict != "unsupported"]
    refused = sum(one.verdict == "unsupported" for one in judged.verdicts)
    explained = [one for one in right if one.verdict == EXPLAINED]
    lines = [
        f"{len(explained)} of {len(right)} runs are explained by rounding after every recorded epoch: "
        f"{_count('runner', len({one.runner for one in right}))}, "
        f"{_count('course', len(judged.selection.courses))}"
        + (
            f"; {refused} of {refused + len(right)} pairs of a runner and a course were refused, each with a reason."
            if refused
            else "."
        )
    ]
    if explained:
        lines.append(f"Their largest distance is below {_up(max(o.error_ratio for o in explained))} of the limit.")
        lines.append(_fewest(judged.table, explained))
    lines += [f"{one.course}, {one.runner}: {one.verdict}: {one.detail}" for one in right if one not in explained]
    controls = [one for one in judged.verdicts if one.is_control]
    caught = [one for one in controls if one.verdict == NOT_EXPLAINED]
    sentence = "The planted mistake, a relative 1e-6 in one bias gradient, is not explained in"
    lines.append(f"{sentence} {len(caught)} of {_count('course', len(controls))}.")
    if caught:
        power = math.floor(math.log10(min(one.error_ratio for one in caught) / PLANTED))
        lines.append(f"In each of these even a mistake of 1e-{power} would be seen.")
    return lines


def is_well(judged: Judged) -> bool:
    """Whether any run was trained, and every one is explained but those that must not be, and none of those."""
    wanted = {True: {NOT_EXPLAINED}, False: {EXPLAINED, "unsupported"}}
    trained = any(one.verdict == EXPLAINED for one in judged.verdicts)
    return trained and all(one.verdict in wanted[one.is_control] for one in judged.verdicts)


def _fewest(table: pd.DataFrame, explained: Sequence[Verdict]) -> str:
    import pandas as pd

    runs = pd.MultiIndex.from_frame(table[["course", "runner"]])
    mine = runs.isin([(one.course, one.runner) for one in explained])
    rows = table[mine & (table["quantity"] == "weights")]
    shared = [digits for digits in rows["reference"] if digits != ""]
    others = f", and at least {min(shared)} with PyTorch's" if shared else ""
    return f"Their weights have at least {rows['digits'].min()} digits in common with the truth{others}."


def _count(what: str, count: int) -> str:
    return f"{count} {what}{'s' if count != 1 else ''}"


def _up(share: float) -> str:
    """A share of the limit, rounded up to a tenth: finer figures change with the machine."""
    return f"{math.ceil(share * 10) / 10:g}"
