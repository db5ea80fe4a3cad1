"""The formulations: time and memory of a gradient, a step and an epoch, compared with the matrix products alone and
with other libraries."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from statistics import median

from benchmarks.contenders.grid import (
    BATCHES,
    DEPTHS,
    EPOCH,
    EPOCH_ROWS,
    FAST,
    HIDDEN_ACTIVATIONS,
    LIBRARIES,
    NETWORK_WIDTHS,
    STEP,
    Place,
    formulations,
)
from benchmarks.contenders.spec import PRACTICAL, PRODUCTS, TORCH, multiply_adds, parameter_count
from benchmarks.report.compared import SizeAxis, compared, contender_names, lines_over, reason_once
from benchmarks.report.goals import Goal, JudgedGoal
from benchmarks.report.section import Outcomes, ReportSection, ResultTable, first_reason, result_of
from benchmarks.runner.figures import DASH, as_number, in_bytes, ratio, significant
from benchmarks.runner.fits import growth_exponent
from benchmarks.runner.races import Race, Result
from harness.reporting.figures import Panel, Picture

TORCH_WIDTH = 128  # from this width on, PyTorch should not be faster
LARGEST_PLACE = Place(width=2048, batch=512)
BYTES_OF = {"float32": 4, "float64": 8}


def _width_axis(batch: int, dtype: str) -> SizeAxis:
    return SizeAxis([Place(width=width, batch=batch, dtype=dtype) for width in NETWORK_WIDTHS], "width", NETWORK_WIDTHS)


ALL_FORMULATIONS, LARGE_BATCH = _width_axis(32, "float64"), _width_axis(512, "float64")
WIDTH_AXES = [
    ALL_FORMULATIONS,
    _width_axis(1, "float64"),
    LARGE_BATCH,
    _width_axis(32, "float32"),
    _width_axis(512, "float32"),
]
DEPTH_AXIS = SizeAxis([Place(depth=depth) for depth in DEPTHS], "number of layers", DEPTHS)
ACTIVATION_AXIS = SizeAxis(
    [Place(width=512, hidden=one) for one in HIDDEN_ACTIVATIONS],
    "activation",
    range(1, len(HIDDEN_ACTIVATIONS) + 1),
    HIDDEN_ACTIVATIONS,
)
STEP_AXIS = SizeAxis([Place(STEP, width=width) for width in (8, 128, 2048)], "width", (8, 128, 2048))
EPOCH_AXIS = SizeAxis([Place(EPOCH, batch=batch) for batch in BATCHES], "rows of a batch", BATCHES)


def races(_: Path) -> list[Race]:
    """A race for each size; a size that stands on several axes is measured once."""
    axes = (*WIDTH_AXES, DEPTH_AXIS, ACTIVATION_AXIS, STEP_AXIS, EPOCH_AXIS)
    return [place.race() for place in dict.fromkeys(place for axis in axes for place in axis.places)]


def goals(outcomes: Outcomes) -> list[JudgedGoal]:
    """Goals for the practical formulation: the ratio to the matrix products, and the largest ratio to PyTorch."""

    def pair(place: Place, other: str) -> tuple[Result, Result]:
        return result_of(outcomes, place.name, PRACTICAL), result_of(outcomes, place.name, other)

    of_products = pair(LARGEST_PLACE, PRODUCTS)
    what = f"{PRACTICAL} / matrix products, {LARGEST_PLACE.width} × {LARGEST_PLACE.batch}"
    places = [place for axis in WIDTH_AXES for place in axis.places if place.width >= TORCH_WIDTH]
    found = [(place, times) for place in places if (times := ratio(*pair(place, TORCH)))]
    worst = f"{PRACTICAL} / PyTorch, the largest ratio from width {TORCH_WIDTH} on"
    if found:
        place, times = max(found, key=lambda one: one[1].median)
        of_torch = JudgedGoal(Goal(f"{worst} ({place.width} × {place.batch}, {place.dtype})", 1), times)
    else:
        reason = first_reason(*(one for place in places for one in pair(place, TORCH)))
        of_torch = JudgedGoal(Goal(worst, 1), None, reason)
    return [JudgedGoal(Goal(what, 1.08), ratio(*of_products), first_reason(*of_products)), of_torch]


def tables(outcomes: Outcomes) -> list[ResultTable]:
    """Tables by width, depth, activation and batch, and of the memory and the growth."""
    if not outcomes:
        return []
    by_depth = (
        "Is the ratio the same in deeper networks? One gradient of 32 rows; layers of width 128, by their number."
    )
    by_activation = "How much time does the activation take? One gradient of 32 rows, three layers of width 512."
    steps = "How long does it take with the update of the weights? One step of 32 rows, three layers, by width."
    epochs = (
        f"How much time do larger batches save? One epoch of {EPOCH_ROWS} rows, three layers of width 128, by the "
        f"number of rows of a batch."
    )
    return [
        *(_gradients(outcomes, axis) for axis in WIDTH_AXES),
        _per_multiply_add(outcomes, ALL_FORMULATIONS),
        compared(outcomes, DEPTH_AXIS, "By depth", by_depth, PRODUCTS, "bench-depth"),
        compared(outcomes, ACTIVATION_AXIS, "By activation", by_activation, PRODUCTS, "bench-activation"),
        compared(outcomes, STEP_AXIS, "One step", steps, PRACTICAL, "bench-step"),
        compared(outcomes, EPOCH_AXIS, "One epoch", epochs, PRACTICAL, "bench-epoch"),
        _memory(outcomes, LARGE_BATCH),
        _growth(outcomes),
    ]


def _gradients(outcomes: Outcomes, axis: SizeAxis) -> ResultTable:
    place = axis.places[0]
    rows = "1 row" if place.batch == 1 else f"{place.batch} rows"
    question = (
        "How close is each formulation to the matrix products alone, which are the limit with numpy's BLAS? Three "
        "layers, relu in the hidden layers, by width."
    )
    picture = f"bench-gradient-{place.batch}-{place.dtype}"
    return compared(outcomes, axis, f"One gradient: {rows}, {place.dtype}", question, PRODUCTS, picture)


def _per_multiply_add(outcomes: Outcomes, axis: SizeAxis) -> ResultTable:
    """Nanoseconds for each multiplication with addition that backprop needs."""

    def each(place: Place, one: Result) -> float:
        return 1e9 * median(one.seconds) / multiply_adds(place.widths, place.batch)

    rows = []
    for name in contender_names(outcomes, axis):
        found = [(place, result_of(outcomes, place.name, name)) for place in axis.places]
        cells = [significant(each(place, one)) if one.seconds else one.reason for place, one in found]
        rows.append([name, *reason_once(cells)])
    last = result_of(outcomes, axis.places[-1].name, PRACTICAL)
    least = significant(each(axis.places[-1], last)) if last.seconds else ""
    return ResultTable(
        "Time for each multiplication with addition",
        "How many nanoseconds does a gradient of 32 rows in float64 take for each multiplication with addition? Only "
        "those that backprop needs are counted, also for formulations that compute more.",
        ["nanoseconds", *axis.columns],
        rows,
        f"At width {axis.columns[-1]}, {PRACTICAL} takes {least} ns for each." if least else "",
        Picture(
            "bench-per-product",
            "Nanoseconds for each multiplication with addition, against the width. A line falls where constant costs "
            "are divided among more multiplications, and rises where a formulation computes more than backprop needs.",
            "width",
            "nanoseconds",
            (Panel("", lines_over(outcomes, axis, each, [PRODUCTS, *formulations()])),),
            log="xy",
        ),
    )


def _memory(outcomes: Outcomes, axis: SizeAxis) -> ResultTable:
    def of_network(place: Place, one: Result) -> float:
        return one.added / (BYTES_OF[place.dtype] * parameter_count(place.widths))

    def cell(place: Place, one: Result) -> str:
        return f"{in_bytes(one.added)} ({significant(of_network(place, one))})" if one.seconds else one.reason or DASH

    shown = SizeAxis(axis.places[-2:], axis.label, axis.at[-2:])  # at smaller widths, other memory dominates
    rows = [
        [name, *reason_once([cell(place, result_of(outcomes, place.name, name)) for place in shown.places])]
        for name in contender_names(outcomes, shown)
    ]
    lines = lines_over(outcomes, axis, of_network, (*FAST, *LIBRARIES))
    last = result_of(outcomes, shown.places[-1].name, PRACTICAL)
    times = significant(of_network(shown.places[-1], last))
    answer = f"At width {shown.columns[-1]}, {PRACTICAL} adds {times} times the memory of the network."
    return ResultTable(
        "Memory of one gradient",
        f"How much does a gradient of {shown.places[0].batch} rows in float64 add to the peak memory of the process, "
        f"and what is the ratio to the memory of the network? The result, which is as large as the network, is "
        f"included.",
        ["memory added (ratio to the network)", *shown.columns],
        rows,
        answer if last.seconds else "",
        Picture(
            "bench-memory",
            "Memory that a gradient adds to its process / memory of the network, against the width.",
            axis.label,
            "memory added / memory of the network",
            (Panel("", lines),),
            log="xy",
        ),
    )


def _growth(outcomes: Outcomes) -> ResultTable:
    """The exponents over the largest sizes of each axis."""
    batch_axis = SizeAxis([Place(width=2048, batch=batch) for batch in BATCHES], "rows", BATCHES)
    axes = {
        "width, 32 rows": ALL_FORMULATIONS,
        "width, 512 rows": LARGE_BATCH,
        "rows, width 2048": batch_axis,
        f"layers, width {DEPTH_AXIS.places[0].width}": DEPTH_AXIS,
    }

    def exponent(name: str, axis: SizeAxis) -> str:
        found = [(at, result_of(outcomes, p.name, name).seconds) for at, p in zip(axis.at, axis.places, strict=True)]
        measured = [(at, rounds) for at, rounds in found if rounds]
        return as_number(growth_exponent([at for at, _ in measured], [rounds for _, rounds in measured]))

    names = contender_names(outcomes, ALL_FORMULATIONS)
    rows = [[name, *(exponent(name, axis) for axis in axes.values())] for name in names]
    return ResultTable(
        "Growth of the time",
        "With which exponent does the time of a gradient grow? Fitted in each round by least squares on the logarithms "
        "of the three largest sizes. The number of multiplications alone grows with exponent 2 in the width, and 1 in "
        "rows and layers.",
        ["exponent", *axes],
        [row for row in rows if set(row[1:]) != {DASH}],
        _steepest(rows),
    )


def _steepest(rows: Sequence[Sequence[str]]) -> str:
    found = [(float(row[1].split()[0]), row[0]) for row in rows if row[1] != DASH]
    if not found:
        return ""
    exponent, name = max(found)
    return f"{name} grows fastest with the width, with exponent {significant(exponent)}."


SECTION = ReportSection(
    "formulations",
    30,
    "The formulations",
    "The same gradients, computed in the ways that the articles teach: how long does each take, and how close is it to "
    "the speed of the machine? Each contender may use all processors. For PyTorch, JAX and autograd, parameters and "
    "data are converted to the library's arrays before the clock starts, and JAX has compiled.",
    races,
    tables,
    goals,
)
