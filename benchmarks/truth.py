"""The truth with its bound, beside the float64 gradient of the same network and a central-difference check of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.figures import NONE, figure, in_bytes, plain, ratio, seconds, significant, timed
from benchmarks.fits import growth
from benchmarks.goals import Goal, Judged
from benchmarks.races import Outcome, Race, Result
from benchmarks.section import Outcomes, Section, Table, result, why
from benchmarks.spec import Spec, parameters, products
from harness.reporting.figures import Line, Panel, Picture
from harness.sandbox.processes.server import processors

GRADIENT, TRUTH, LOOP = "float64 gradient", "truth", "central differences"
CERTIFIED = "truth and bound"
WHATS = {GRADIENT: "gradient", TRUTH: "truth", CERTIFIED: "certify", LOOP: "differences"}
ACTIVATIONS = "tanh identity"
# Of about 50, 1 000, 10 000, ... parameters, and of 16 million.
NETWORKS = ((4, 4, 6), *((width,) * 4 for width in (18, 57, 182, 577, 1825, 2309)))
ROWS, OTHER_ROWS = 32, (1, 512)
AT_OTHER_ROWS = (NETWORKS[2], NETWORKS[4])
MILLION, MOST = NETWORKS[4], NETWORKS[6]
LIMIT = 10.0  # seconds of one call
FLOAT = 8  # bytes
MILLIONS = 1e6


def races(_: Path) -> list[Race]:
    sizes = [(widths, rows) for rows in (ROWS, *OTHER_ROWS) for widths in (NETWORKS if rows == ROWS else AT_OTHER_ROWS)]
    return [_race(widths, rows) for widths, rows in sizes]


def _race(widths: tuple[int, ...], rows: int) -> Race:
    work = float(products(widths, rows))
    contenders = tuple(
        Spec(what, "batched_matrices", widths, rows, "float64", ACTIVATIONS).contender(name, processors(), LIMIT, work)
        for name, what in WHATS.items()
    )
    return Race(
        _name(widths, rows), contenders, f"truth, {rows} rows", {"parameters": parameters(widths), "rows": rows}
    )


def _name(widths: Sequence[int], rows: int) -> str:
    return f"truth of {parameters(widths):,} parameters, {rows} rows"


def memory(one: Result, count: float) -> float:
    """What the computation added, in units of the network's own memory."""
    return one.added / (FLOAT * count)


def goals(outcomes: Outcomes) -> list[Judged]:
    def held(widths: Sequence[int], name: str) -> tuple[str, Result]:
        found = result(outcomes, _name(widths, ROWS), name)
        return f"the {name} of {parameters(widths):,} parameters × {ROWS} rows", found

    (of_million, million), (of_most, most) = held(MILLION, TRUTH), held(MOST, TRUTH)
    gradient = result(outcomes, _name(MILLION, ROWS), GRADIENT)
    in_memory = [
        Judged(
            Goal(f"memory of {what}, times the network's", 12),
            figure([memory(one, parameters(widths))]) if one.seconds else None,
            why(one),
        )
        for widths in (MILLION, MOST)
        for what, one in (held(widths, CERTIFIED),)
    ]
    return [
        Judged(Goal(of_million, 0.1, is_time=True), seconds(million), why(million)),
        Judged(Goal(f"{of_million}, times the float64 gradient", 30), ratio(million, gradient), why(million, gradient)),
        Judged(Goal(of_most, 4, is_time=True), seconds(most), why(most)),
        *in_memory,
    ]


def tables(outcomes: Outcomes) -> list[Table]:
    if not outcomes:
        return []
    found = sorted(outcomes.values(), key=lambda one: (one.size["parameters"], one.size["rows"]))
    headers = [
        *("parameters", "rows", GRADIENT, TRUTH, "times the gradient", CERTIFIED, LOOP, "times truth and bound"),
        *("memory that these add", "times the network"),
    ]
    return [
        Table(
            "By parameters and rows",
            "What does certainty cost? The truth, and with it the bound of every entry, beside the plain gradient by "
            "batched_matrices in float64, and a check by central differences; of large networks 16 quotients are "
            "computed, and the rest is extrapolated from them. Fully connected, tanh within and no activation at the "
            "end; all processors for each.",
            headers,
            [_row(one) for one in found],
            " ".join(_answers(found)),
            _picture(found),
        )
    ]


def _row(outcome: Outcome) -> list[str]:
    gradient, truth, certified, loop = (outcome.of(name) for name in WHATS)
    count = outcome.size["parameters"]
    return [
        f"{count:,.0f}",
        f"{outcome.size['rows']:.0f}",
        timed(seconds(gradient), gradient.reason),
        timed(seconds(truth), truth.reason),
        plain(ratio(truth, gradient)),
        timed(seconds(certified), certified.reason),
        timed(seconds(loop), loop.reason) + ("" if loop.share == 1 else " *"),
        plain(ratio(loop, certified)),
        in_bytes(certified.added) if certified.seconds else NONE,
        significant(memory(certified, count)) if certified.seconds else NONE,
    ]


def _answers(found: Sequence[Outcome]) -> Iterator[str]:
    usual = [one for one in found if one.size["rows"] == ROWS]
    both = [(one, times) for one in usual if (times := ratio(one.of(TRUTH), one.of(GRADIENT)))]
    if both:
        largest, times = both[-1]
        yield (
            f"At {largest.size['parameters']:,.0f} parameters and {ROWS} rows the truth takes {plain(times)} times the "
            f"float64 gradient."
        )
    powers = []
    for name in WHATS:
        measured = [(one.size["parameters"], one.of(name).seconds) for one in usual if one.of(name).seconds]
        if power := growth([size for size, _ in measured], [rounds for _, rounds in measured]):
            powers.append(f"{plain(power)} for {name}")
    if powers:
        yield f"At the three largest sizes time grows as the parameters to the power {', '.join(powers)}."
    if any(one.of(LOOP).share < 1 for one in found):
        yield "An asterisk marks what is extrapolated."


def _picture(found: Sequence[Outcome]) -> Picture:
    def panel(rows: float) -> Panel:
        of_rows = [one for one in found if one.size["rows"] == rows]
        lines = []
        for name in WHATS:
            points = [
                (one.size["parameters"] / MILLIONS, timing.median)
                for one in of_rows
                if (timing := seconds(one.of(name))) is not None
            ]
            lines.append(Line(name, [x for x, _ in points], [y for _, y in points]))
        return Panel(f"{rows:.0f} rows" if rows > 1 else "1 row", tuple(line for line in lines if line.x))

    panels = tuple(panel(rows) for rows in sorted({one.size["rows"] for one in found}))
    return Picture(
        "bench-truth",
        "The truth, alone and with its bound, the float64 gradient, and a check by central differences, over the "
        "parameters. Where two lines are parallel, one is a multiple of the other.",
        "millions of parameters",
        "seconds",
        tuple(panel for panel in panels if panel.lines),
        log="xy",
    )


SECTION = Section(
    "truth",
    "The truth of large networks",
    "A verdict needs the true gradient and a bound for every entry. How far up is that affordable?",
    races,
    tables,
    goals,
)
