"""The certified truth: the gradient of the exact mathematical function at the given floats, and its training."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial

import numpy as np
from flint import arb, arb_mat, ctx

from harness.model.contract import Array, Inputs
from harness.truth.enclosures import ball_backprop, enclosure_backprop
from harness.truth.enclosures.enclosure import Enclosure, Truth

# Training multiplies an early error at every step; these bits outlast thousands of steps.
TRAINING_PRECISION = 192
# Bits of the balls, each tried in turn; the last is enough for weights that cancel to one part in 2^900.
PRECISIONS = (128, 256, 512, 1024)
LARGE = 7_000  # parameters times rows, and four more for reading the gradients, from which slices are faster than balls


def attempts(inputs: Inputs) -> Iterator[Callable[[], Truth]]:
    """Ever closer enclosures of everything that backprop computes. Cost of each: parameters × rows.

    Raises ValueError for a cost whose output activation it is not defined with, or targets that it is not; and for
    numbers that are not finite.
    """
    _check_finite(inputs)
    _check_defined(inputs)
    if is_large(inputs):
        yield partial(enclosure_backprop.backprop, inputs)
    for precision in PRECISIONS:
        yield partial(enclose, inputs, precision)


def is_large(inputs: Inputs) -> bool:
    """Whether slices are tried before balls."""
    rows = len(inputs.x)
    return inputs.work // rows * (rows + 4) >= LARGE


def _check_finite(inputs: Inputs) -> None:
    names = [f"{name} of layer {l}" for l in range(1, len(inputs.network.layers) + 1) for name in ("w", "b")]
    for name, array in zip([*names, "x", "t"], inputs.arrays(), strict=True):
        finite = np.isfinite(array)
        if not finite.all():
            place = np.unravel_index(int(finite.argmin()), array.shape)
            index = [int(i) for i in place]
            raise ValueError(f"{name} holds {array[place]} at {index}: there is a truth for finite numbers only")


def _check_defined(inputs: Inputs) -> None:
    output, cost = inputs.network.layers[-1].activation.name, inputs.network.cost.name
    if (cost == "cross_entropy") != (output == "softmax") or (cost == "binary_cross_entropy" and output != "sigmoid"):
        raise ValueError(f"{cost} after {output}: the truth has cross-entropy with softmax, binary with sigmoid")
    # δ^L = a − t is the derivative of the cross-entropy only where each row of t sums to 1, but for its rounding.
    slack = inputs.t.shape[1] * 2.0**-24
    if output == "softmax" and not (np.abs(inputs.t.sum(axis=1, dtype=np.float64) - 1) <= slack).all():
        raise ValueError("a row of targets does not sum to 1, as those of a cross-entropy must")


def enclose(inputs: Inputs, precision: int) -> Truth:
    """Balls around everything that backprop computes, with so many bits."""
    network, rows, layers = inputs.network, len(inputs.x), len(inputs.network.layers)
    with ctx.workprec(precision):
        exact = ball_backprop.backprop(
            network, ball_backprop.parameters(network), ball_backprop.matrix(inputs.x), ball_backprop.matrix(inputs.t)
        )
        parts = [(entries, rows) for entries in (*exact.z, *exact.a, *exact.delta)]
        parts += [(gradient.entries(), gradient.nrows()) for gradient in ball_backprop.gradients(exact)]
        found = Enclosure.of_balls(parts)
    z, a, delta, gradients = (tuple(found[start : start + layers]) for start in range(0, 4 * layers, layers))
    return Truth(z, (Enclosure.exactly(inputs.x), *a), delta, gradients)


def train(inputs: Inputs, learning_rate: float, epochs: int) -> dict[tuple[str, int], Array]:
    """The weights after the first and the last epoch of online steps, the bias last, [n_l, n_{l-1} + 1].

    Rounded to float64 from a computation whose own rounding plays no part. Keys are ("epoch1", l) and ("epochN", l).
    """
    first = advance(inputs, ball_backprop.parameters(inputs.network), learning_rate, 1, 1)
    last = advance(inputs, first, learning_rate, 1, epochs - 1)
    measured = {"epoch1": first, f"epoch{epochs}": last}
    return {(epoch, l): _floats(w) for epoch, weights in measured.items() for l, w in enumerate(weights, start=1)}


def advance(inputs: Inputs, weights: Sequence[arb_mat], learning_rate: float, batch: int, epochs: int) -> list[arb_mat]:
    """The weights [n_l, n_{l-1} + 1] after so many more epochs, from these; one step for every `batch` rows in their
    order, of which the last may be fewer.

    Midpoints only, of TRAINING_PRECISION bits: an enclosure would widen with every step. What a step does is the same
    however the epochs are divided among calls.
    """
    with ctx.workprec(TRAINING_PRECISION):
        eta, firsts = arb(learning_rate), range(0, len(inputs.x), batch)
        batches = [
            (ball_backprop.matrix(inputs.x[i : i + batch]), ball_backprop.matrix(inputs.t[i : i + batch]))
            for i in firsts
        ]
        weights = list(weights)
        for _ in range(epochs):
            for x, t in batches:
                gradients = ball_backprop.gradients(ball_backprop.backprop(inputs.network, weights, x, t))
                weights = [(w - gradient * eta).mid() for w, gradient in zip(weights, gradients, strict=True)]
        return weights


def _floats(matrix: arb_mat) -> Array:
    return np.array(list(map(float, matrix.entries()))).reshape(matrix.nrows(), matrix.ncols())
