"""Why an implementation departs from the truth: its arithmetic, or its formula. Decided by evidence, not by size.

An error is arithmetic if it shrinks with the working precision, or if it is irregular: rounding depends on the last
bits of the inputs, so that inputs moved by a little have quite other errors, while what a wrong formula leaves is as
smooth as the formula. An error that stays in float64 what it is in float32, and moves with the inputs, is the formula.
What is stored in float16 may be neither, and is known by its numbers (harness.half). Where there is no evidence of
arithmetic, what rounding cannot explain is wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from harness.judging.conventions import OURS, Convention
from harness.judging.float16 import is_truth_stored
from harness.model.contract import Array, Inputs
from harness.truth.certify import Standard, certify, certify_forward, error_over_bound

Quantities = Mapping[tuple[str, int], Array]
Standards = Mapping[tuple[str, int], Standard]
# From float32 to float64 the unit roundoff shrinks by 2^29; an error of arithmetic follows with at least a quarter of
# those bits (central differences: two thirds), one of the formula not at all.
SHRINKS = 2.0**-7
# How far inputs are moved, relative to each: a thousand times float32's last bit, then the grain of a table of values.
MOVES = (2.0**-14, 2.0**-10)
DRAWS = 3
# The errors of rounding change by about their own size, those of a formula by about the size of the move.
IRREGULAR = 1 / 2
SMOOTH = 1 / 16


@dataclass(frozen=True)
class Evidence:
    """The verdict, `inaccurate`, `wrong` or `failed`, and what it rests on in one line."""

    verdict: str
    reason: str


STORED = Evidence("inaccurate", "its numbers are the true ones, stored in float16")
UNANSWERED = Evidence("wrong", "it did not answer for inputs nearby: there is no evidence that it is the arithmetic")
DEPENDS = Evidence("failed", "its answer depends on what ran before: by itself, this case agrees")


@dataclass(frozen=True, eq=False)
class _Run:
    """For every quantity: the values and their standard, the signed errors, the bounds, and where errors are beyond."""

    values: Quantities
    standards: Standards
    errors: dict[tuple[str, int], Array]
    bounds: dict[tuple[str, int], Array]
    beyond: dict[tuple[str, int], Array]

    @property
    def departs(self) -> bool:
        return any(part.any() for part in self.beyond.values())

    def answers(self, base: _Run) -> bool:
        """Whether it has all the numbers that another has."""
        return self.errors.keys() >= base.errors.keys()


def weigh(
    inputs: Inputs,
    learning_rate: float,
    dtype: str,
    convention: Convention = OURS,
    known: Standards | None = None,
    *,
    forward: bool = False,
) -> Generator[Inputs, Quantities, Evidence]:
    """The evidence on a case that departs from the truth. It yields inputs, and is sent the quantities that the
    implementation gives for them, in another process than its first run. `known` are the standards of the inputs, if
    they are there; `forward` is for z and a alone."""

    def standards_of(given: Inputs, precision: str) -> Standards:
        if forward:
            return certify_forward(given, precision)
        return convention.standards(certify(given, learning_rate, precision), given)

    def measure(given: Inputs, precision: str) -> Generator[Inputs, Quantities, _Run]:
        values = yield given
        try:
            return _measured(values, standards_of(given, precision))
        except ValueError:  # there is no truth, as for numbers that have become infinite
            return _measured({}, {})

    own = standards_of(inputs, dtype) if known is None else known
    base = _measured((yield inputs), own)
    if not base.errors:
        return Evidence("wrong", "asked again it gave no numbers, and there is no evidence that it is the arithmetic")
    if not base.departs:
        return DEPENDS
    if is_truth_stored(base.values, base.standards, lambda: standards_of(inputs, "float32"), inputs, learning_rate):
        return STORED
    other = "float32" if dtype == "float64" else "float64"
    with np.errstate(over="ignore"):
        cast = inputs.astype(other)
    shrinks, changes = False, []
    if all(np.isfinite(array).all() for array in cast.arrays()):
        precise = yield from measure(cast, other)
        single, double = (base, precise) if dtype == "float32" else (precise, base)
        shrinks = precise.answers(base) and single.departs and _shrinks(single, double)
    if not shrinks:
        changes = yield from _changed(base, inputs, lambda moved: measure(moved, dtype))
    last = _measured((yield inputs), own)
    if last.answers(base) and not last.departs:
        return DEPENDS
    if shrinks:
        return Evidence("inaccurate", "its error shrinks with the working precision")
    if any(change is None for change in changes):
        return UNANSWERED
    if _is_irregular(changes) and not _is_gross(base, changes, standards_of(inputs, "float32")):
        return Evidence("inaccurate", "its error changes altogether when the inputs move by a little")
    return Evidence("wrong", "its error stays at every precision and is smooth in the inputs: it is the formula")


def _changed(
    base: _Run, inputs: Inputs, measure: Callable[[Inputs], Generator[Inputs, Quantities, _Run]]
) -> Generator[Inputs, Quantities, list[Array | None]]:
    """How the errors change with the inputs, in draws of every size of move; where none is irregular in its first draw,
    in that alone. None for a draw that was not answered."""
    changes: list[Array | None] = []
    for draw in range(DRAWS):
        for number, move in enumerate(MOVES):
            run = yield from measure(_moved(inputs, move, np.random.default_rng([number, draw])))
            changes.append(_changes(base, run) if run.answers(base) else None)
        if any(change is None for change in changes) or not _is_irregular(changes):
            break
    return changes


def _is_irregular(changes: Sequence[Array | None]) -> bool:
    """Whether in all draws of some size of move the errors have become others."""
    of_moves = [changes[number :: len(MOVES)] for number in range(len(MOVES))]
    return any(all(one is not None and np.median(one) > IRREGULAR for one in some) for some in of_moves if some)


def _is_gross(base: _Run, changes: Sequence[Array | None], coarse: Standards) -> bool:
    """Whether among irregular errors one is smooth, and more than float32 explains: a wrong formula in coarse
    arithmetic."""
    smooth = (np.array(changes) < SMOOTH).all(axis=0)
    beyond = [(key, there) for key, there in base.beyond.items() if there.any()]
    gross = np.concatenate([(np.abs(base.errors[key]) > coarse[key].bound)[there] for key, there in beyond])
    return bool((smooth & gross).any())


def _measured(given: Quantities, standards: Standards) -> _Run:
    values = {key: value for key, value in given.items() if key in standards}
    return _Run(
        values,
        standards,
        errors={k: (v - standards[k].truth.high) - standards[k].truth.low for k, v in values.items()},
        bounds={k: standards[k].bound for k in values},
        beyond={k: ~(error_over_bound(v, standards[k]) <= 1) for k, v in values.items()},
    )


def _shrinks(single: _Run, double: _Run) -> bool:
    """Whether every error beyond rounding in float64 is small beside that entry's error, or bound, in float32."""
    return all(
        (np.abs(double.errors[key]) <= SHRINKS * np.maximum(np.abs(single.errors[key]), single.bounds[key]))[
            there
        ].all()
        for key, there in double.beyond.items()
        if key in single.errors
    )


def _changes(base: _Run, moved: _Run) -> Array:
    """The change of every error beyond rounding, relative to that error."""
    return np.concatenate(
        [
            np.abs(moved.errors[key] - base.errors[key])[there] / np.abs(base.errors[key][there])
            for key, there in base.beyond.items()
            if there.any()
        ]
    )


def _moved(inputs: Inputs, move: float, random: np.random.Generator) -> Inputs:
    """Every weight, bias and input moved by up to `move`, relative; with the squared error the targets follow the
    outputs, so that the residual stays what it is and errors of a formula do not change with it."""

    def near(array: Array) -> Array:
        return (array * (1 + move * random.uniform(-1, 1, array.shape))).astype(array.dtype)

    layers = inputs.network.layers
    network = inputs.network.with_parameters(
        w=[near(layer.w) for layer in layers], b=[near(layer.b) for layer in layers]
    )
    moved = Inputs(network, near(inputs.x), inputs.t)
    if network.cost.name != "half_squared_error":
        return moved
    return Inputs(network, moved.x, (inputs.t + (_outputs(moved) - _outputs(inputs))).astype(inputs.t.dtype))


def _outputs(inputs: Inputs) -> Array:
    a = inputs.x
    for layer in inputs.network.layers:
        a = layer.activation.f(a @ layer.w.T + layer.b)
    return a
