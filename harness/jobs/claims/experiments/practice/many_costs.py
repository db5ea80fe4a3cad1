"""What computing each derivative separately costs, in multiplications that are counted while they are done."""

from __future__ import annotations

import timeit
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from fractions import Fraction
from functools import partial
from itertools import pairwise
from statistics import median
from typing import Any

import numpy as np

from harness.jobs.claims.claim import Claim, ClaimTable, Evidence, Statement
from harness.jobs.claims.counting import Counting
from harness.jobs.claims.tools import exponent, functions, layers, output
from harness.model.contract import Inputs, Layer, Network, Unsupported
from harness.reporting.figures import Line, Panel, Picture

FORMULATIONS = {
    "matrices": "backprop",
    "dual_numbers": "dual numbers",
    "finite_differences": "central differences",
    "weight_by_weight": "weight by weight",
}
WIDE = (4, 6, 8, 10, 12, 14, 16)  # all widths of a network, with two hidden layers
DEEP = (1, 2, 3, 4, 5, 6)  # hidden layers
NARROW = 3  # the width of the deep networks
ROUNDS = 5
SPAN = 2e-3  # seconds
COUNTED_NAMES = ("forward", *FORMULATIONS)
TIMED = "The time of one gradient, as a multiple of that of the forward pass, on the machine that made this page"
MultiplicationCounts = dict[str, int]  # multiplications by formulation, where it runs


def experiment() -> Evidence:
    wide = {n: _counted((n, n, n, n)) for n in WIDE}
    deep = {n: _counted((NARROW,) * (n + 2)) for n in DEEP}
    of_width, of_depth = ({name: _polynomial(counts, name) for name in COUNTED_NAMES} for counts in (wide, deep))
    degrees = [{name: found and found[0] for name, found in one.items()} for one in (of_width, of_depth)]
    constants = [_ratio(one["matrices"], one["forward"]) for one in (of_width, of_depth)]
    paths = [deep[n + 1]["weight_by_weight"] / deep[n]["weight_by_weight"] for n in DEEP[:-1]]
    return Evidence(
        (
            Statement(
                "Backprop costs a constant times the forward pass. The multiplications of both are polynomials of "
                f"degree {degrees[0]['forward']} in the width and of degree {degrees[1]['forward']} in the depth, "
                f"and the ratio tends to {constants[0]} = {float(constants[0]):.2f} with the width, and at width "
                f"{NARROW} to {constants[1]} = {float(constants[1]):.2f} with the depth.",
                all(one["matrices"] == one["forward"] is not None for one in degrees),
            ),
            Statement(
                "Dual numbers and central differences do a forward pass or two for every parameter: polynomials of "
                "degree 4 in the width and 2 in the depth.",
                all([one[name] for one in degrees] == [4, 2] for name in ("dual_numbers", "finite_differences")),
            ),
            Statement(
                "Over every path, weight by weight, no polynomial in the depth fits, and each further layer "
                f"multiplies the work by more than the width, {NARROW}: by "
                f"{', '.join(f'{one:.2f}' for one in paths)}.",
                degrees[1]["weight_by_weight"] is None and min(paths) > NARROW,
            ),
        ),
        (
            _picture(wide, deep),
            _growth(wide, deep),
            _cost_table("Multiplications and divisions of one gradient, by width n (n-n-n-n), one row.", "n", wide),
            _cost_table(f"The same for different numbers of hidden layers, of width {NARROW}.", "hidden layers", deep),
            _timed("n", {n: (n, n, n, n) for n in WIDE}),
            _timed("hidden layers", {n: (NARROW,) * (n + 2) for n in DEEP}),
        ),
    )


def _polynomial(counts: Mapping[int, MultiplicationCounts], name: str) -> tuple[int, int] | None:
    """The degree and the last difference that is not 0 of counts at equal steps, if they are a polynomial: then the
    differences of one order are all equal, and there are at least three of them to tell."""
    differences = [one[name] for one in counts.values() if name in one]
    for degree in range(len(differences) - 2):
        if len(set(differences)) == 1:
            return degree, differences[0]
        differences = [after - before for before, after in pairwise(differences)]
    return None


def _ratio(one: tuple[int, int] | None, other: tuple[int, int] | None) -> Fraction:
    """What the ratio of two polynomials of one degree tends to: that of their last differences."""
    return Fraction(one[1], other[1]) if one and other else Fraction(0)


def _counted_network(widths: Sequence[int], kind: type[np.ndarray[Any, Any]]) -> Inputs:
    """A sigmoid network with one row, of arrays of this kind."""
    source = np.random.default_rng(len(widths))
    made = layers(widths, ["sigmoid"] * (len(widths) - 1), source)
    arrays = [Layer(one.w.view(kind), one.b.view(kind), one.activation) for one in made.layers]
    x, t = source.uniform(-1, 1, (1, widths[0])).view(kind), source.uniform(0, 1, (1, widths[-1])).view(kind)
    return Inputs(Network(tuple(arrays), made.cost), x, t)


def _runs(inputs: Inputs) -> dict[str, Callable[[], object]]:
    """The forward pass and a gradient by every formulation."""
    network, x, t = inputs.network, inputs.x, inputs.t
    found: dict[str, Callable[[], object]] = {"forward": lambda: output(network, x)}
    for name in FORMULATIONS:
        backprop = functions(name).backprop
        assert backprop is not None
        found[name] = partial(backprop, network, x, t)
    return found


def _counted(widths: Sequence[int]) -> MultiplicationCounts:
    found: MultiplicationCounts = {}
    for name, run in _runs(_counted_network(widths, Counting)).items():
        before = Counting.done
        try:
            run()
        except Unsupported:  # more paths than anyone would follow
            continue
        found[name] = Counting.done - before
    return found


def _timed(head: str, networks: dict[int, tuple[int, ...]]) -> ClaimTable:
    """The median time of rounds in which all take turns, as a multiple of that of the forward pass."""
    rows, multiples = [], {name: dict[int, float]() for name in FORMULATIONS}
    for n, widths in networks.items():
        seconds: dict[str, list[float]] = {}
        for name, run in [*_runs(_counted_network(widths, np.ndarray)).items()] * ROUNDS:
            with suppress(Unsupported):
                seconds[name] = [*seconds.get(name, []), _seconds(run)]
        medians = {name: median(times) for name, times in seconds.items()}
        shown = (f"{medians[name] / medians['forward']:.0f}" if name in medians else "–" for name in FORMULATIONS)
        rows.append([str(n), *shown])
        for name in FORMULATIONS.keys() & medians.keys():
            multiples[name][n] = medians[name] / medians["forward"]
    rows.append(["fitted exponent", *(f"{_fitted_power(times):.1f}" for times in multiples.values())])
    return ClaimTable(f"{TIMED}, by {head}.", [head, *FORMULATIONS.values()], rows)


def _seconds(run: Callable[[], object]) -> float:
    """One run, measured over as many as take some milliseconds."""
    timer = timeit.Timer(run)
    number = max(1, round(SPAN / timer.timeit(1)))
    return timer.timeit(number) / number


def _cost_table(caption: str, head: str, counts: dict[int, MultiplicationCounts]) -> ClaimTable:
    rows = [
        [str(n), *(f"{found[name]:,}" if name in found else "–" for name in COUNTED_NAMES)]
        for n, found in counts.items()
    ]
    return ClaimTable(caption, [head, "forward pass", *FORMULATIONS.values()], rows)


def _growth(wide: dict[int, MultiplicationCounts], deep: dict[int, MultiplicationCounts]) -> ClaimTable:
    rows = []
    for name, title in {"forward": "forward pass", **FORMULATIONS}.items():
        row = [title]
        for counts in (wide, {n + 1: one for n, one in deep.items()}):  # the work is in the layers, hidden or not
            done = {n: one[name] for n, one in counts.items() if name in one}
            found = _polynomial(counts, name)
            row.append(f"degree {found[0]}" if found else f"no polynomial of degree {len(done) - 3} or less")
            row.append(f"{_fitted_power(done):.2f}")
        rows.append(row)
    caption = (
        "How the counts grow: the degree of the polynomial that they are, exactly, and the exponent that fits best "
        "at the three largest sizes."
    )
    return ClaimTable(caption, ["", "with the width", "fitted", "with the layers", "fitted"], rows)


def _fitted_power(counts: Mapping[int, float]) -> float:
    """The fitted exponent at the largest sizes, where the highest power shows."""
    sizes = [*counts][-3:]
    return exponent(sizes, [counts[n] for n in sizes])


def _line(label: str, name: str, counts: dict[int, MultiplicationCounts]) -> Line:
    done = {n: found[name] for n, found in counts.items() if name in found}
    return Line(label, [*done], [*done.values()])


def _picture(wide: dict[int, MultiplicationCounts], deep: dict[int, MultiplicationCounts]) -> Picture:
    titles = {"forward": "forward pass", **FORMULATIONS}
    width, depth = (tuple(_line(label, name, counts) for name, label in titles.items()) for counts in (wide, deep))
    caption = (
        "Multiplications for one gradient. Backprop runs along the forward pass, a constant above it; what computes "
        "each derivative separately is steeper in the width and in the depth. Following every path is a straight "
        "line on the right, where the depth is not on a logarithmic scale: exponential."
    )
    panels = (
        Panel("two hidden layers", width, x="width n", log="xy"),
        Panel(f"width {NARROW}", depth, x="hidden layers", log="y"),
    )
    return Picture("one-backprop-many-costs", caption, "", "multiplications", panels)


CLAIM = Claim(
    position=9,
    name="one-backprop-many-costs",
    question="Computing each ∂C/∂w separately is said to be inefficient. How inefficient?",
    answer=(
        "A gradient by backprop costs about three times a forward pass, whatever the size. One derivative at a time "
        "costs a forward pass or two for *every* weight, and along paths it grows exponentially with the depth."
    ),
    source="Nielsen, chapter 2, In what sense is backpropagation a fast algorithm?",
    method=(
        "Four formulations run on arrays that count every multiplication and division as it is done, products inside "
        "of matrix products too; sums, and exp, are not counted. A dash means more than 20,000 paths."
    ),
    limits=(
        "Counts are not times: for small networks the calls cost more than the arithmetic, and forward mode can "
        "carry many derivatives at once. For few weights and many outputs, forward mode is the cheaper one. That a "
        "gradient costs at most a small multiple of its function holds in general: Baur and Strassen, The complexity "
        "of partial derivatives, 1983."
    ),
    experiment=experiment,
)
