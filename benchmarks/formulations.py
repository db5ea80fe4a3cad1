"""The formulations: what a gradient, a step and an epoch take, beside the matrix products and other libraries."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from statistics import median

from benchmarks.compared import Row, compared, names, over, told
from benchmarks.figures import NONE, in_bytes, plain, ratio, significant
from benchmarks.fits import growth
from benchmarks.goals import Goal, Judged
from benchmarks.grid import (
    BATCHES,
    DEPTHS,
    EPOCH,
    FAST,
    HIDDEN,
    LIBRARIES,
    PRACTICAL,
    ROWS,
    STEP,
    WIDTHS,
    Place,
    formulations,
)
from benchmarks.races import Race, Result
from benchmarks.section import Outcomes, Section, Table, result, why
from benchmarks.spec import PRODUCTS, TORCH, parameters, products
from harness.reporting.figures import Panel, Picture

FROM = 128  # the width from which PyTorch should not be faster
LARGEST = Place(width=2048, batch=512)
FLOAT = {"float32": 4, "float64": 8}  # bytes


def _by_width(batch: int, dtype: str) -> Row:
    return Row([Place(width=width, batch=batch, dtype=dtype) for width in WIDTHS], "width", WIDTHS)


# Every formulation is in the first.
GRADIENTS = [
    _by_width(b, t) for t, b in (("float64", 32), ("float64", 1), ("float64", 512), ("float32", 32), ("float32", 512))
]
BY_DEPTH = Row([Place(depth=depth) for depth in DEPTHS], "number of layers", DEPTHS)
BY_HIDDEN = Row([Place(width=512, hidden=one) for one in HIDDEN], "activation", range(1, len(HIDDEN) + 1), HIDDEN)
STEPS = Row([Place(STEP, width=width) for width in (8, 128, 2048)], "width", (8, 128, 2048))
EPOCHS = Row([Place(EPOCH, batch=batch) for batch in BATCHES], "rows of a batch", BATCHES)


def races(_: Path) -> list[Race]:
    every = [place for row in (*GRADIENTS, BY_DEPTH, BY_HIDDEN, STEPS, EPOCHS) for place in row.places]
    return [place.race() for place in dict.fromkeys(every)]


def goals(outcomes: Outcomes) -> list[Judged]:
    def pair(place: Place, other: str) -> tuple[Result, Result]:
        return result(outcomes, place.name, PRACTICAL), result(outcomes, place.name, other)

    limit = pair(LARGEST, PRODUCTS)
    what = f"{PRACTICAL} at {LARGEST.width} × {LARGEST.batch}, times the matrix products"
    beside = [(place, *pair(place, TORCH)) for row in GRADIENTS for place in row.places if place.width >= FROM]
    found = [(place, times) for place, one, torch in beside if (times := ratio(one, torch))]
    worst = f"{PRACTICAL} times PyTorch, from width {FROM} up, at its worst"
    if found:
        place, times = max(found, key=lambda one: one[1].median)
        of_torch = Judged(Goal(f"{worst} ({place.width} × {place.batch}, {place.dtype})", 1), times)
    else:
        of_torch = Judged(Goal(worst, 1), None, why(*(one for _, *two in beside for one in two)))
    return [Judged(Goal(what, 1.08), ratio(*limit), why(*limit)), of_torch]


def tables(outcomes: Outcomes) -> list[Table]:
    if not outcomes:
        return []
    by_depth = (
        "Does it stay so in deeper networks? One gradient of 32 rows; the columns count the layers, of width 128."
    )
    by_hidden = "What does the activation cost beside the products? One gradient of 32 rows, three layers of width 512."
    steps = "And with the update of the weights? One step of 32 rows, three layers; the columns are widths."
    epochs = f"What do larger batches save? One epoch of {ROWS} rows, three layers of width 128, by rows of a batch."
    return [
        *(_gradients(outcomes, row) for row in GRADIENTS),
        _per_product(outcomes, GRADIENTS[0]),
        compared(outcomes, BY_DEPTH, "By depth", by_depth, PRODUCTS, "bench-depth"),
        compared(outcomes, BY_HIDDEN, "By activation", by_hidden, PRODUCTS, "bench-activation"),
        compared(outcomes, STEPS, "One step", steps, PRACTICAL, "bench-step"),
        compared(outcomes, EPOCHS, "One epoch", epochs, PRACTICAL, "bench-epoch"),
        _memory(outcomes, GRADIENTS[2]),
        _growth(outcomes),
    ]


def _gradients(outcomes: Outcomes, row: Row) -> Table:
    place = row.places[0]
    rows = "1 row" if place.batch == 1 else f"{place.batch} rows"
    asks = (
        "How near does each formulation come to the matrix products alone, which are the limit with numpy's BLAS? "
        "Three layers, relu within; the columns are widths."
    )
    picture = f"bench-gradient-{place.batch}-{place.dtype}"
    return compared(outcomes, row, f"One gradient: {rows}, {place.dtype}", asks, PRODUCTS, picture)


def _per_product(outcomes: Outcomes, row: Row) -> Table:
    """Nanoseconds for each multiplication with its addition that backprop needs."""

    def each(place: Place, one: Result) -> float:
        return 1e9 * median(one.seconds) / products(place.widths, place.batch)

    rows = []
    for name in names(outcomes, row):
        found = [(place, result(outcomes, place.name, name)) for place in row.places]
        cells = [significant(each(place, one)) if one.seconds else one.reason for place, one in found]
        rows.append([name, *told(cells)])
    last = result(outcomes, row.places[-1].name, PRACTICAL)
    least = significant(each(row.places[-1], last)) if last.seconds else ""
    return Table(
        "For each multiplication and addition",
        "What does one multiplication with its addition take, in nanoseconds, in the gradient of 32 rows in float64? "
        "All formulations are counted by the products that backprop needs, also those that compute more.",
        ["nanoseconds", *row.columns],
        rows,
        f"At width {row.columns[-1]}, {PRACTICAL} takes {least} ns for each." if least else "",
        Picture(
            "bench-per-product",
            "Nanoseconds for each multiplication and addition over the width. A line that falls has work to share "
            "among more of them; one that rises computes more than backprop needs.",
            "width",
            "nanoseconds",
            (Panel("", over(outcomes, row, each, [PRODUCTS, *formulations()])),),
            log="xy",
        ),
    )


def _memory(outcomes: Outcomes, row: Row) -> Table:
    def times(place: Place, one: Result) -> float:
        return one.added / (FLOAT[place.dtype] * parameters(place.widths))

    def cell(place: Place, one: Result) -> str:
        return f"{in_bytes(one.added)} ({significant(times(place, one))})" if one.seconds else one.reason or NONE

    shown = Row(row.places[-2:], row.axis, row.at[-2:])  # below, it is lost in that of the process
    rows = [
        [name, *told([cell(place, result(outcomes, place.name, name)) for place in shown.places])]
        for name in names(outcomes, shown)
    ]
    lines = over(outcomes, row, times, (*FAST, *LIBRARIES))
    last = result(outcomes, shown.places[-1].name, PRACTICAL)
    most = significant(times(shown.places[-1], last))
    said = f"At width {shown.columns[-1]}, {PRACTICAL} adds {most} times the network's."
    return Table(
        "Memory of one gradient",
        f"What does a gradient of {shown.places[0].batch} rows in float64 add to the memory of the process, at its "
        f"peak, and how many times the network's own is that? The result, as large as the network, is part of it.",
        ["memory added (times the network)", *shown.columns],
        rows,
        said if last.seconds else "",
        Picture(
            "bench-memory",
            "The memory that a gradient adds to its process, in units of the network's own, over the width.",
            row.axis,
            "times the network's memory",
            (Panel("", lines),),
            log="xy",
        ),
    )


def _growth(outcomes: Outcomes) -> Table:
    """Exponents over the largest sizes of each row."""
    at_batches = Row([Place(width=2048, batch=batch) for batch in BATCHES], "rows", BATCHES)
    measured = {
        "width, 32 rows": GRADIENTS[0],
        "width, 512 rows": GRADIENTS[2],
        "rows, width 2048": at_batches,
        f"layers, width {BY_DEPTH.places[0].width}": BY_DEPTH,
    }

    def power(name: str, row: Row) -> str:
        found = [(at, result(outcomes, p.name, name).seconds) for at, p in zip(row.at, row.places, strict=True)]
        there = [(at, rounds) for at, rounds in found if rounds]
        return plain(growth([at for at, _ in there], [rounds for _, rounds in there]))

    rows = [[name, *(power(name, row) for row in measured.values())] for name in names(outcomes, GRADIENTS[0])]
    return Table(
        "How they grow",
        "To which power of the size does the time of a gradient grow? Fitted by least squares on the logarithms of the "
        "three largest sizes measured, in every round; the products alone grow as the square of the width, and in "
        "proportion to rows and layers.",
        ["exponent", *measured],
        [row for row in rows if set(row[1:]) != {NONE}],
        _steepest(rows),
    )


def _steepest(rows: Sequence[Sequence[str]]) -> str:
    found = [(float(row[1].split()[0]), row[0]) for row in rows if row[1] != NONE]
    if not found:
        return ""
    power, name = max(found)
    return f"{name} grows fastest with the width, to the power {significant(power)}."


SECTION = Section(
    "formulations",
    "The formulations",
    "The same gradients, computed in the ways that the articles teach: what does each take, and how near is it to what "
    "the machine can do? All processors for each. PyTorch, JAX and autograd have parameters and data of their own kind "
    "before the clock starts, and JAX has compiled.",
    races,
    tables,
    goals,
)
