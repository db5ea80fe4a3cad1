"""The certified truth: the gradient of the exact mathematical function at the given floats, and its training."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from operator import sub

import numpy as np
from flint import arb, arb_mat, ctx

from harness import balls
from harness.contract import Array, Inputs
from harness.enclosure import SMALLEST, Enclosure, sum_of_outer_products

# Training multiplies an early error at every step; these bits outlast thousands of steps.
TRAINING_PRECISION = 192
# Up to so many weights the balls of the gradients are faster than arrays, and closer.
FEW = 400


@dataclass(frozen=True, eq=False)
class Truth:
    """What the exact backprop computes: δ^l [n, n_l], and ∂C/∂W^l and ∂C/∂b^l beside each other [n_l, n_{l-1} + 1],
    for l = 1..L; a^0..a^L, [n, n_l]; and z^1..z^L, rounded to float64."""

    z: tuple[Array, ...]
    a: tuple[Enclosure, ...]
    delta: tuple[Enclosure, ...]
    parameters: tuple[Enclosure, ...]


def enclose(inputs: Inputs, precision: int) -> Truth:
    """Balls around everything that backprop computes, with so many bits. Cost: parameters × rows.

    Raises ValueError for a cost whose output activation it is not defined with.
    """
    network, rows, layers = inputs.network, len(inputs.x), len(inputs.network.layers)
    is_small = sum(layer.w.size for layer in network.layers) <= FEW
    before, ctx.prec = ctx.prec, precision
    try:
        exact = balls.backprop(network, balls.parameters(network), balls.matrix(inputs.x), balls.matrix(inputs.t))
        parts = [(entries, rows) for entries in (*exact.a, *exact.delta)]
        if is_small:
            parts += [(gradient.entries(), gradient.nrows()) for gradient in balls.gradients(exact)]
        found = _extract(parts)
    finally:
        ctx.prec = before
    x, zeros = inputs.x.astype(np.float64), np.zeros(inputs.x.shape)
    a, delta, gradients = [Enclosure(x, zeros, zeros), *found[:layers]], found[layers : 2 * layers], found[2 * layers :]
    if not is_small:
        gradients = [sum_of_outer_products(d, _beside_ones(one)) for d, one in zip(delta, a[:-1], strict=True)]
    z = [np.array(list(map(float, entries))).reshape(rows, -1) for entries in exact.z]
    return Truth(tuple(z), tuple(a), tuple(delta), tuple(gradients))


def enclose_inputs(inputs: Inputs, precision: int) -> tuple[Enclosure, ...]:
    """The weighted inputs z^1..z^L alone, [n, n_l]: few formulations show theirs."""
    before, ctx.prec = ctx.prec, precision
    try:
        exact = balls.forward(inputs.network, balls.parameters(inputs.network), balls.matrix(inputs.x))
        return tuple(_extract([(entries, len(inputs.x)) for entries in exact.z]))
    finally:
        ctx.prec = before


def train(inputs: Inputs, learning_rate: float, epochs: int) -> dict[tuple[str, int], Array]:
    """The weights after the first and the last epoch of online steps, the bias last, [n_l, n_{l-1} + 1].

    Rounded to float64 from a computation whose own rounding plays no part. Keys are ("epoch1", l) and ("epochN", l).
    """
    first = advance(inputs, balls.parameters(inputs.network), learning_rate, 1, 1)
    last = advance(inputs, first, learning_rate, 1, epochs - 1)
    measured = {"epoch1": first, f"epoch{epochs}": last}
    return {(epoch, l): _floats(w) for epoch, weights in measured.items() for l, w in enumerate(weights, start=1)}


def advance(inputs: Inputs, weights: Sequence[arb_mat], learning_rate: float, batch: int, epochs: int) -> list[arb_mat]:
    """The weights [n_l, n_{l-1} + 1] after so many more epochs, from these; one step for every `batch` rows in their
    order, of which the last may be fewer.

    Midpoints only, of TRAINING_PRECISION bits: an enclosure would widen with every step. What a step does is the same
    however the epochs are divided among calls.
    """
    before, ctx.prec = ctx.prec, TRAINING_PRECISION
    try:
        eta, firsts = arb(learning_rate), range(0, len(inputs.x), batch)
        batches = [(balls.matrix(inputs.x[i : i + batch]), balls.matrix(inputs.t[i : i + batch])) for i in firsts]
        weights = list(weights)
        for _ in range(epochs):
            for x, t in batches:
                gradients = balls.gradients(balls.backprop(inputs.network, weights, x, t))
                weights = [(w - gradient * eta).mid() for w, gradient in zip(weights, gradients, strict=True)]
        return weights
    finally:
        ctx.prec = before


def _beside_ones(a: Enclosure) -> Enclosure:
    one = np.ones((len(a.high), 1))
    return Enclosure(np.hstack([a.high, one]), np.hstack([a.low, 0 * one]), np.hstack([a.radius, 0 * one]))


def _floats(matrix: arb_mat) -> Array:
    return np.array(list(map(float, matrix.entries()))).reshape(matrix.nrows(), matrix.ncols())


def _extract(parts: Sequence[tuple[list[arb], int]]) -> list[Enclosure]:
    """For balls, row by row, and how many rows they are: midpoints as two floats, and radii that also cover what those
    two leave out. All parts at once, as an array takes longer to make than a few balls to read."""
    entries = [entry for part, _ in parts for entry in part]
    high = list(map(float, entries))
    low = list(map(float, map(sub, entries, high)))
    found = np.array([high, low, list(map(float, map(arb.rad, entries)))])
    found[2] = found[2] * (1 + 2.0**-40) + np.abs(found[1]) * 2.0**-52 + SMALLEST
    enclosures, start = [], 0
    for part, rows in parts:
        enclosures.append(Enclosure(*found[:, start : start + len(part)].reshape(3, rows, -1)))
        start += len(part)
    return enclosures
