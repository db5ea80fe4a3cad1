"""Tables and pictures over several sizes: each contender divided by a base, size by size."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from statistics import median

from benchmarks.contenders.grid import FAST, LIBRARIES, Place
from benchmarks.contenders.spec import PRACTICAL, PRODUCTS, TORCH
from benchmarks.report.section import Outcomes, ResultTable, first_reason, result_of
from benchmarks.runner.figures import DASH, Spread, as_number, as_time, ratio, significant, time_of
from benchmarks.runner.races import Result
from harness.reporting.figures import Line, Panel, Picture


@dataclass(frozen=True)
class SizeAxis:
    """The sizes that are the columns of a table, with the number of each on the axis of a picture."""

    places: Sequence[Place]
    label: str
    at: Sequence[float]
    heads: Sequence[str] = ()

    @property
    def columns(self) -> list[str]:
        """The headers of the columns."""
        return list(self.heads) or [f"{number:g}" for number in self.at]


def contender_names(outcomes: Outcomes, axis: SizeAxis) -> list[str]:
    """The contenders of all races on an axis, in their order."""
    there = [outcomes[place.name] for place in axis.places if place.name in outcomes]
    return list(dict.fromkeys(name for outcome in there for name in outcome.results))


def compared(outcomes: Outcomes, axis: SizeAxis, title: str, question: str, base: str, picture: str) -> ResultTable:
    """For the base the seconds, and for each other contender the ratio to the base."""
    rows = []
    for name in contender_names(outcomes, axis):
        pairs = [
            (result_of(outcomes, place.name, name), result_of(outcomes, place.name, base)) for place in axis.places
        ]
        if name == base:
            rows.append([f"{base}, seconds", *(as_time(time_of(one), one.reason) for one, _ in pairs)])
        else:
            rows.append(
                [name, *reason_once([as_number(ratio(one, other), first_reason(one, other)) for one, other in pairs])]
            )
    caption = (
        f"{title}: seconds against {axis.label}, both scales logarithmic. A line ends where the next size would take "
        f"too long."
    )
    lines = lines_over(outcomes, axis, lambda _, one: median(one.seconds), (PRODUCTS, *FAST, *LIBRARIES))
    return ResultTable(
        title,
        question,
        [f"ratio to {base}", *axis.columns],
        rows,
        " ".join(_comparison_in_words(outcomes, axis, base)),
        Picture(picture, caption, axis.label, "seconds", (Panel("", lines),), log="xy"),
    )


def reason_once(cells: Sequence[str]) -> list[str]:
    """The cells; where all hold the same reason, only the first keeps it."""
    return [cells[0], *[DASH] * (len(cells) - 1)] if len(set(cells)) == 1 and cells[0] != DASH else list(cells)


def lines_over(
    outcomes: Outcomes, axis: SizeAxis, value: Callable[[Place, Result], float], shown: Sequence[str]
) -> tuple[Line, ...]:
    """A line for each of these contenders: the `value` of its result at each size."""
    lines = []
    for name in [one for one in contender_names(outcomes, axis) if one in shown]:
        found = [result_of(outcomes, place.name, name) for place in axis.places]
        points = [
            (at, value(place, one)) for at, place, one in zip(axis.at, axis.places, found, strict=True) if one.seconds
        ]
        if points:
            lines.append(Line(name, [x for x, _ in points], [y for _, y in points]))
    return tuple(lines)


def _comparison_in_words(outcomes: Outcomes, axis: SizeAxis, base: str) -> Iterator[str]:
    """The practical formulation's ratio to the base at the last size, and the sizes where PyTorch is faster."""

    def times(place: Place, other: str) -> Spread | None:
        return ratio(result_of(outcomes, place.name, PRACTICAL), result_of(outcomes, place.name, other))

    if base != PRACTICAL and (found := times(axis.places[-1], base)):
        yield f"At {axis.columns[-1]}, {PRACTICAL} takes {as_number(found)} times as long as the {base}."
    torch = {column: times(place, TORCH) for column, place in zip(axis.columns, axis.places, strict=True)}
    slower = [f"{column} ({significant(one.median)} times)" for column, one in torch.items() if one and one.median > 1]
    if slower:
        yield f"{PRACTICAL} is slower than PyTorch at {', '.join(slower)}."
    elif any(torch.values()):
        yield f"{PRACTICAL} is at no size slower than PyTorch."
