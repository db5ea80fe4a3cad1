"""The true gradient with its rounding bound, compared with the float64 gradient and a central-difference check."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.contenders.spec import PRACTICAL, TANH_IDENTITY, Spec, multiply_adds, parameter_count
from benchmarks.report.goals import Goal, JudgedGoal
from benchmarks.report.section import Outcomes, ReportSection, ResultTable, first_reason, result_of
from benchmarks.runner.figures import DASH, as_number, as_time, in_bytes, ratio, significant, spread, time_of
from benchmarks.runner.fits import growth_exponent
from benchmarks.runner.races import Race, RaceOutcome, Result
from harness.reporting.figures import Line, Panel, Picture
from harness.sandbox.processes.server import processors

FLOAT64_GRADIENT, TRUE_GRADIENT, DIFFERENCE_QUOTIENTS = "float64 gradient", "truth", "central differences"
WITH_BOUND = "truth and bound"
COMPUTATIONS = {
    FLOAT64_GRADIENT: "gradient",
    TRUE_GRADIENT: "truth",
    WITH_BOUND: "certify",
    DIFFERENCE_QUOTIENTS: "differences",
}
# About 50, 1 000, 10 000, ... parameters, and 16 million.
NETWORKS = ((4, 4, 6), *((width,) * 4 for width in (18, 57, 182, 577, 1825, 2309)))
USUAL_ROWS, OTHER_ROWS = 32, (1, 512)
AT_OTHER_ROWS = (NETWORKS[2], NETWORKS[4])
MILLION, SIXTEEN_MILLION = NETWORKS[4], NETWORKS[6]
TRUTH_CALL_SECONDS = 10.0  # the limit of one call
FLOAT64_BYTES = 8
MILLIONS = 1e6


def races(_: Path) -> list[Race]:
    """A race for each network and number of rows."""
    sizes = [(widths, USUAL_ROWS) for widths in NETWORKS]
    sizes += [(widths, rows) for rows in OTHER_ROWS for widths in AT_OTHER_ROWS]
    return [_race(widths, rows) for widths, rows in sizes]


def _race(widths: tuple[int, ...], rows: int) -> Race:
    work = float(multiply_adds(widths, rows))
    contenders = tuple(
        Spec(what, PRACTICAL, widths, rows, "float64", TANH_IDENTITY).contender(
            name, processors(), TRUTH_CALL_SECONDS, work
        )
        for name, what in COMPUTATIONS.items()
    )
    size = {"parameters": parameter_count(widths), "rows": rows}
    return Race(_race_name(widths, rows), contenders, f"truth, {rows} rows", size)


def _race_name(widths: Sequence[int], rows: int) -> str:
    return f"truth of {parameter_count(widths):,} parameters, {rows} rows"


def _relative_memory(one: Result, parameters: float) -> float:
    """The memory that the computation added / the memory of the network."""
    return one.added / (FLOAT64_BYTES * parameters)


def goals(outcomes: Outcomes) -> list[JudgedGoal]:
    """Goals for the time of the truth, and for the memory of truth and bound."""

    def measured(widths: Sequence[int], name: str) -> tuple[str, Result]:
        found = result_of(outcomes, _race_name(widths, USUAL_ROWS), name)
        return f"{name} of {parameter_count(widths):,} parameters × {USUAL_ROWS} rows", found

    (of_million, million), (of_most, most) = measured(MILLION, TRUE_GRADIENT), measured(SIXTEEN_MILLION, TRUE_GRADIENT)
    gradient = result_of(outcomes, _race_name(MILLION, USUAL_ROWS), FLOAT64_GRADIENT)
    in_memory = [
        JudgedGoal(
            Goal(f"memory of {what} / memory of the network", 12),
            spread([_relative_memory(one, parameter_count(widths))]) if one.seconds else None,
            first_reason(one),
        )
        for widths in (MILLION, SIXTEEN_MILLION)
        for what, one in (measured(widths, WITH_BOUND),)
    ]
    of_gradient = Goal(f"{of_million} / {FLOAT64_GRADIENT}", 30)
    return [
        JudgedGoal(Goal(of_million, 0.1, is_time=True), time_of(million), first_reason(million)),
        JudgedGoal(of_gradient, ratio(million, gradient), first_reason(million, gradient)),
        JudgedGoal(Goal(of_most, 4, is_time=True), time_of(most), first_reason(most)),
        *in_memory,
    ]


def tables(outcomes: Outcomes) -> list[ResultTable]:
    """One table of all sizes."""
    if not outcomes:
        return []
    found = sorted(outcomes.values(), key=lambda one: (one.size["parameters"], one.size["rows"]))
    headers = [
        *("parameters", "rows", FLOAT64_GRADIENT, TRUE_GRADIENT, "truth / gradient", WITH_BOUND, DIFFERENCE_QUOTIENTS),
        *("differences / truth and bound", "memory of truth and bound", "ratio to the network"),
    ]
    return [
        ResultTable(
            "By parameters and rows",
            f"How long does the true gradient take, and how long with the rounding bound of every entry? Compared with "
            f"the float64 gradient by {PRACTICAL} and with a check by central differences. For large networks, 16 "
            f"difference quotients are computed, and the time is extrapolated from them. Fully connected networks, "
            f"tanh in the hidden layers, no activation in the last; each contender may use all processors.",
            headers,
            [_network_row(one) for one in found],
            " ".join(_truth_in_words(found)),
            _picture(found),
        )
    ]


def _network_row(outcome: RaceOutcome) -> list[str]:
    gradient, truth, with_bound, differences = (outcome.of(name) for name in COMPUTATIONS)
    parameters = outcome.size["parameters"]
    return [
        f"{parameters:,.0f}",
        f"{outcome.size['rows']:.0f}",
        as_time(time_of(gradient), gradient.reason),
        as_time(time_of(truth), truth.reason),
        as_number(ratio(truth, gradient)),
        as_time(time_of(with_bound), with_bound.reason),
        as_time(time_of(differences), differences.reason) + ("" if differences.share == 1 else " *"),
        as_number(ratio(differences, with_bound)),
        in_bytes(with_bound.added) if with_bound.seconds else DASH,
        significant(_relative_memory(with_bound, parameters)) if with_bound.seconds else DASH,
    ]


def _truth_in_words(found: Sequence[RaceOutcome]) -> Iterator[str]:
    usual = [one for one in found if one.size["rows"] == USUAL_ROWS]
    both = [(one, times) for one in usual if (times := ratio(one.of(TRUE_GRADIENT), one.of(FLOAT64_GRADIENT)))]
    if both:
        largest, times = both[-1]
        yield (
            f"At {largest.size['parameters']:,.0f} parameters and {USUAL_ROWS} rows the truth takes {as_number(times)} "
            f"times as long as the float64 gradient."
        )
    exponents = []
    for name in COMPUTATIONS:
        measured = [(one.size["parameters"], one.of(name).seconds) for one in usual if one.of(name).seconds]
        if exponent := growth_exponent([size for size, _ in measured], [rounds for _, rounds in measured]):
            exponents.append(f"{as_number(exponent)} for {name}")
    if exponents:
        yield (
            f"Over the three largest sizes, the time is proportional to a power of the parameters; the exponent is "
            f"{', '.join(exponents)}."
        )
    if any(one.of(DIFFERENCE_QUOTIENTS).share < 1 for one in found):
        yield "An asterisk marks extrapolated times."


def _picture(found: Sequence[RaceOutcome]) -> Picture:
    def panel(rows: float) -> Panel:
        of_rows = [one for one in found if one.size["rows"] == rows]
        lines = []
        for name in COMPUTATIONS:
            points = [
                (one.size["parameters"] / MILLIONS, seconds.median)
                for one in of_rows
                if (seconds := time_of(one.of(name))) is not None
            ]
            lines.append(Line(name, [x for x, _ in points], [y for _, y in points]))
        return Panel(f"{rows:.0f} rows" if rows > 1 else "1 row", tuple(line for line in lines if line.x))

    panels = tuple(panel(rows) for rows in sorted({one.size["rows"] for one in found}))
    return Picture(
        "bench-truth",
        "Seconds of the truth, of truth and bound, of the float64 gradient, and of a check by central differences, "
        "against the number of parameters. Parallel lines differ by a constant factor.",
        "millions of parameters",
        "seconds",
        tuple(panel for panel in panels if panel.lines),
        log="xy",
    )


SECTION = ReportSection(
    "truth",
    20,
    "The truth of large networks",
    "A verdict needs the true gradient and a rounding bound for every entry. Up to which size is that affordable?",
    races,
    tables,
    goals,
)
