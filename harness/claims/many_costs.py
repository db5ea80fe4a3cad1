"""What computing each derivative separately costs, in multiplications that are counted while they are done."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

import numpy as np

from harness.claims.claim import Claim, Evidence, Statement, Table
from harness.claims.counting import Counting
from harness.claims.tools import exponent, functions, layers, output
from harness.contract import Inputs, Layer, Network, Unsupported
from harness.pictures import Line, Panel, Picture

FORMULATIONS = {
    "batched_matrices": "backprop",
    "dual_numbers": "dual numbers",
    "finite_differences": "central differences",
    "weight_by_weight": "weight by weight",
}
WIDE = (2, 4, 6, 8, 10, 16, 24)  # all widths of a network, with two hidden layers
DEEP = (1, 2, 3, 4, 5, 6)  # hidden layers
NARROW = 3  # the width of the deep networks
MOST = (
    5  # Baur and Strassen, "The complexity of partial derivatives", 1983: a gradient costs at most 5 times its function
)
REPEATS = 5
TIMED = "The time of one gradient, as a multiple of that of the forward pass, on the machine that made this page"
Counts = dict[str, int]  # multiplications by formulation, where it runs


def experiment() -> Evidence:
    wide = {n: _counted((n, n, n, n)) for n in WIDE}
    deep = {n: _counted((NARROW,) * (n + 2)) for n in DEEP}
    powers = {name: _power({n: found[name] for n, found in wide.items() if name in found}) for name in FORMULATIONS}
    # Layers, not hidden layers, are what the work of a pass is proportional to.
    by_depth = {name: _power({n + 1: found[name] for n, found in deep.items()}) for name in FORMULATIONS}
    per_layer = deep[DEEP[-1]]["weight_by_weight"] / deep[DEEP[-2]]["weight_by_weight"]
    constants = [found["batched_matrices"] / found["forward"] for found in (*wide.values(), *deep.values())]
    constant = wide[WIDE[-1]]["batched_matrices"] / wide[WIDE[-1]]["forward"]
    return Evidence(
        (
            Statement(
                f"Backprop costs a constant times the forward pass: {constant:.2f} times its multiplications at width "
                f"{WIDE[-1]}, and at most {max(constants):.2f} times on any of these networks.",
                max(constants) <= MOST,
            ),
            Statement(
                "With the width n its multiplications grow like n², as the weights do; those of dual numbers and of "
                "central differences like n⁴, a pass for every weight.",
                [round(powers[name]) for name in FORMULATIONS][:3] == [2, 4, 4],
            ),
            Statement(
                "With the depth they grow in proportion to it, and those of the other two like its square.",
                [round(by_depth[name]) for name in FORMULATIONS][:3] == [1, 2, 2],
            ),
            Statement(
                "Weight by weight, over every path, each further layer multiplies the work by more than its width: "
                f"{per_layer:.1f} times at width {NARROW}.",
                per_layer > NARROW,
            ),
        ),
        (
            _picture(wide, deep),
            _growth(powers, by_depth),
            _table("Multiplications and divisions of one gradient, by width n (n-n-n-n), one row.", "n", wide),
            _table(f"The same by hidden layers, of width {NARROW}.", "hidden layers", deep),
            _timed("n", {n: (n, n, n, n) for n in WIDE}),
            _timed("hidden layers", {n: (NARROW,) * (n + 2) for n in DEEP}),
        ),
    )


def _power(counts: Mapping[int, float]) -> float:
    """The fitted exponent at the largest sizes, where the highest power shows."""
    sizes = [*counts][-3:]
    return exponent(sizes, [counts[n] for n in sizes])


def _network(widths: Sequence[int], kind: type[np.ndarray[Any, Any]]) -> Inputs:
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


def _counted(widths: Sequence[int]) -> Counts:
    found: Counts = {}
    for name, run in _runs(_network(widths, Counting)).items():
        before = Counting.done
        try:
            run()
        except Unsupported:  # more paths than anyone would follow
            continue
        found[name] = Counting.done - before
    return found


def _timed(head: str, networks: dict[int, tuple[int, ...]]) -> Table:
    """The least of some runs, as a multiple of the forward pass."""
    seconds: dict[str, dict[int, float]] = {name: {} for name in FORMULATIONS}
    for n, widths in networks.items():
        forward, *others = _runs(_network(widths, np.ndarray)).items()
        unit = _seconds(forward[1])
        for name, run in others:
            with suppress(Unsupported):
                seconds[name][n] = _seconds(run) / unit
    rows = [[str(n), *(f"{times[n]:.0f}" if n in times else "–" for times in seconds.values())] for n in networks]
    rows.append(["growth", *(f"^{_power(times):.1f}" for times in seconds.values())])
    return Table(f"{TIMED}, by {head}.", [head, *FORMULATIONS.values()], rows)


def _seconds(run: Callable[[], object]) -> float:
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return min(times)


def _table(caption: str, head: str, counts: dict[int, Counts]) -> Table:
    names = ("forward", *FORMULATIONS)
    rows = [[str(n), *(f"{found[name]:,}" if name in found else "–" for name in names)] for n, found in counts.items()]
    return Table(caption, [head, "forward pass", *FORMULATIONS.values()], rows)


def _growth(powers: dict[str, float], by_depth: dict[str, float]) -> Table:
    rows = []
    for name, title in FORMULATIONS.items():
        depth = "exponential" if name == "weight_by_weight" else f"{by_depth[name]:.1f}"
        rows.append([title, f"{powers[name]:.1f}", depth])
    caption = "Fitted exponents: the work grows like the width, and the number of layers, to this power."
    return Table(caption, ["", "width", "layers"], rows)


def _line(label: str, name: str, counts: dict[int, Counts]) -> Line:
    done = {n: found[name] for n, found in counts.items() if name in found}
    return Line(label, [*done], [*done.values()])


def _picture(wide: dict[int, Counts], deep: dict[int, Counts]) -> Picture:
    titles = {"forward": "forward pass", **FORMULATIONS}
    panels = [
        Panel(
            title,
            tuple(_line(label, name, counts) for name, label in titles.items()),
        )
        for title, counts in (("width n, two hidden layers", wide), (f"hidden layers, of width {NARROW}", deep))
    ]
    caption = (
        "Multiplications for one gradient. Backprop runs along the forward pass, a constant above it; the others, "
        "which compute each derivative separately, leave it at once. Following every path is no worse than "
        "differences in two hidden layers, and hopeless in six."
    )
    return Picture(
        "one-backprop-many-costs", caption, "width n, or hidden layers", "multiplications", tuple(panels), "y"
    )


CLAIM = Claim(
    name="one-backprop-many-costs",
    question="Computing each ∂C/∂w separately is said to be inefficient. How inefficient?",
    answer=(
        "A gradient by backprop costs about three times a forward pass, whatever the size. One derivative at a time "
        "costs a forward pass or two for *every* weight, and along paths it grows exponentially with the depth."
    ),
    source="Nielsen, chapter 2, In what sense is backpropagation a fast algorithm?",
    method=(
        "Four formulations run on arrays that count every multiplication and division as it is done, products inside "
        "of matrix products too; sums, and exp, are not counted."
    ),
    limits=(
        "Counts are not times: for small networks the calls cost more than the arithmetic, and forward mode can "
        "carry many derivatives at once. For one weight, or for many outputs and few weights, forward mode is the "
        "cheaper one."
    ),
    experiment=experiment,
)
