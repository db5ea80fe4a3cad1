"""Why an implementation departs from the truth: its arithmetic, or its formula. Decided by evidence, not by size.

An error is arithmetic if it shrinks with the working precision, or if it is irregular: rounding depends on the last
bits of the inputs, so that inputs moved by a little have quite other errors, while what a wrong formula leaves is as
smooth as the formula. An error that stays in float64 what it is in float32, and moves with the inputs, is the formula.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from harness.certify import certify, excess
from harness.contract import Array, Inputs

Quantities = Mapping[tuple[str, int], Array]
# From float32 to float64 the unit roundoff shrinks by 2^29; an error of arithmetic follows with at least a quarter of
# those bits (central differences: two thirds), one of the formula not at all.
SHRINKS = 2.0**-7
# How far inputs are moved, relative to each: a thousand times float32's last bit, then the grain of a table of values.
MOVES = (2.0**-14, 2.0**-10)
DRAWS = 3


@dataclass(frozen=True)
class Evidence:
    """The verdict, `inaccurate`, `wrong` or `failed`, and what it rests on in one line."""

    verdict: str
    reason: str


@dataclass(frozen=True, eq=False)
class _Run:
    """The errors of one run, with their signs; the part of them beyond rounding is in `beyond`, 0 elsewhere."""

    errors: dict[tuple[str, int], Array]
    beyond: dict[tuple[str, int], Array]
    relative: float


def weigh(run: Callable[[Inputs], Quantities], inputs: Inputs, learning_rate: float, dtype: str) -> Evidence:
    """The evidence on a run that departs from the truth; `run` gives the quantities of the implementation anew."""
    base = _measure(run, inputs, learning_rate, dtype)
    if not _departs(base):
        return Evidence("failed", "its answer depends on what ran before: by itself, this case agrees")
    other = "float32" if dtype == "float64" else "float64"
    cast = _measure(run, _cast(inputs, other), learning_rate, other)
    single, double = (base, cast) if dtype == "float32" else (cast, base)
    if _departs(single) and _departs(double) and double.relative <= SHRINKS * single.relative:
        return Evidence("inaccurate", "its error shrinks with the working precision")
    random = np.random.default_rng(0)
    for move in MOVES:
        moved = [_measure(run, _moved(inputs, move, random), learning_rate, dtype) for _ in range(DRAWS)]
        if all(_change(base, one) > 0.5 for one in moved):
            return Evidence("inaccurate", "its error changes altogether when the inputs move by a little")
    return Evidence("wrong", "its error stays at every precision and is smooth in the inputs: it is the formula")


def _measure(run: Callable[[Inputs], Quantities], inputs: Inputs, learning_rate: float, dtype: str) -> _Run:
    standards, values = certify(inputs, learning_rate, dtype), run(inputs)
    errors, beyond, relative = {}, {}, 0.0
    for key, value in values.items():
        standard = standards[key]
        errors[key] = (value - standard.truth.high) - standard.truth.low
        beyond[key] = np.where(excess(value, standard) <= 1, 0.0, errors[key])
        scale = np.abs(standard.truth.high).max(initial=0.0)
        if scale > 0:
            relative = max(relative, float(np.abs(beyond[key]).max(initial=0.0) / scale))
    return _Run(errors, beyond, relative)


def _departs(measured: _Run) -> bool:
    return any(np.any(part != 0) for part in measured.beyond.values())


def _change(base: _Run, moved: _Run) -> float:
    """The change of an error beyond rounding, relative to that error: the median over all of them."""
    changes = []
    for key, beyond in base.beyond.items():
        there = beyond != 0
        changes.append(np.abs(moved.errors[key] - beyond)[there] / np.abs(beyond)[there])
    return float(np.median(np.concatenate(changes)))


def _cast(inputs: Inputs, dtype: str) -> Inputs:
    network = inputs.network.with_parameters(
        w=[layer.w.astype(dtype) for layer in inputs.network.layers],
        b=[layer.b.astype(dtype) for layer in inputs.network.layers],
    )
    return Inputs(network, inputs.x.astype(dtype), inputs.t.astype(dtype))


def _moved(inputs: Inputs, move: float, random: np.random.Generator) -> Inputs:
    def near(array: Array) -> Array:
        return (array * (1 + move * random.uniform(-1, 1, array.shape))).astype(array.dtype)

    network = inputs.network.with_parameters(
        w=[near(layer.w) for layer in inputs.network.layers], b=[near(layer.b) for layer in inputs.network.layers]
    )
    # The targets of a cross-entropy stay a distribution.
    t = near(inputs.t) if network.cost.name == "half_squared_error" else inputs.t
    return Inputs(network, near(inputs.x), t)
