"""Tables and pictures over a row of places: each contender beside a base, place by place."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from statistics import median

from benchmarks.figures import NONE, Figure, plain, ratio, seconds, significant, timed
from benchmarks.grid import FAST, LIBRARIES, PRACTICAL, Place
from benchmarks.races import Result
from benchmarks.section import Outcomes, Table, result, why
from benchmarks.spec import PRODUCTS, TORCH
from harness.reporting.figures import Line, Panel, Picture


@dataclass(frozen=True)
class Row:
    """Places that a table has as columns, with the number that each stands for on the axis of a picture."""

    places: Sequence[Place]
    axis: str
    at: Sequence[float]
    heads: Sequence[str] = ()

    @property
    def columns(self) -> list[str]:
        return list(self.heads) or [f"{number:g}" for number in self.at]


def names(outcomes: Outcomes, row: Row) -> list[str]:
    """Who is in any of the races, in their order."""
    there = [outcomes[place.name] for place in row.places if place.name in outcomes]
    return list(dict.fromkeys(name for outcome in there for name in outcome.results))


def compared(outcomes: Outcomes, row: Row, title: str, asks: str, base: str, picture: str) -> Table:
    """Of each contender how many times the base's seconds, and of the base the seconds."""
    rows = []
    for name in names(outcomes, row):
        pairs = [(result(outcomes, place.name, name), result(outcomes, place.name, base)) for place in row.places]
        if name == base:
            rows.append([f"{base}, seconds", *(timed(seconds(one), one.reason) for one, _ in pairs)])
        else:
            rows.append([name, *told([plain(ratio(one, other), why(one, other)) for one, other in pairs])])
    caption = (
        f"{title}: seconds over the {row.axis}, both scales logarithmic. The steeper a line, the faster it grows; "
        f"where it ends, the next would have taken too long."
    )
    lines = over(outcomes, row, lambda _, one: median(one.seconds), (PRODUCTS, *FAST, *LIBRARIES))
    return Table(
        title,
        asks,
        [f"times {base}", *row.columns],
        rows,
        " ".join(_answers(outcomes, row, base)),
        Picture(picture, caption, row.axis, "seconds", (Panel("", lines),), log="xy"),
    )


def told(cells: Sequence[str]) -> list[str]:
    """The cells, with a reason that all of them share told once."""
    return [cells[0], *[NONE] * (len(cells) - 1)] if len(set(cells)) == 1 and cells[0] != NONE else list(cells)


def over(
    outcomes: Outcomes, row: Row, value: Callable[[Place, Result], float], shown: Sequence[str]
) -> tuple[Line, ...]:
    """A line for each of these contenders: what `value` makes of its result at each place."""
    lines = []
    for name in [one for one in names(outcomes, row) if one in shown]:
        found = [result(outcomes, place.name, name) for place in row.places]
        points = [
            (at, value(place, one)) for at, place, one in zip(row.at, row.places, found, strict=True) if one.seconds
        ]
        if points:
            lines.append(Line(name, [x for x, _ in points], [y for _, y in points]))
    return tuple(lines)


def _answers(outcomes: Outcomes, row: Row, base: str) -> Iterator[str]:
    """Of the practical formulation: how near to the base at the last place, and where PyTorch is faster."""

    def times(place: Place, other: str) -> Figure | None:
        pair: tuple[Result, Result] = (result(outcomes, place.name, PRACTICAL), result(outcomes, place.name, other))
        return ratio(*pair)

    if base != PRACTICAL and (found := times(row.places[-1], base)):
        yield f"At {row.columns[-1]}, {PRACTICAL} takes {plain(found)} times the {base}."
    torch = {column: times(place, TORCH) for column, place in zip(row.columns, row.places, strict=True)}
    slower = [f"{column} ({significant(one.median)} times)" for column, one in torch.items() if one and one.median > 1]
    if slower:
        yield f"{PRACTICAL} is slower than PyTorch at {', '.join(slower)}."
    elif any(torch.values()):
        yield f"{PRACTICAL} is nowhere slower than PyTorch."
