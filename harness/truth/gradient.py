"""The exact gradient at the given floats, enclosed, and the exact course of training."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial

import numpy as np
from flint import arb, arb_mat, ctx

from harness.model.contract import Array, Inputs
from harness.truth.enclosures.ball_backprop import backprop_in_balls, ball_matrix, ball_parameters, gradients_in_balls
from harness.truth.enclosures.enclosure import Enclosure, Truth
from harness.truth.enclosures.enclosure_backprop import backprop_in_enclosures

# Bits of the numbers in training, where every step multiplies earlier errors: enough for thousands of steps.
TRAINING_PRECISION = 192
# Bits of the balls, tried in turn. The last is enough for weights that cancel to one part in 2^900.
PRECISIONS = (128, 256, 512, 1024)
# Slices are faster than balls from this value of parameters × (rows + 4); the 4 is for converting the gradients.
SLICING_THRESHOLD = 7_000


def truth_attempts(inputs: Inputs) -> Iterator[Callable[[], Truth]]:
    """Functions that enclose everything that backprop computes, each to more bits. Cost of each: parameters × rows.

    Raises ValueError for a cost whose output activation or targets it is not defined with, and for numbers that are
    not finite.
    """
    _check_finite(inputs)
    _check_defined(inputs)
    if uses_slicing(inputs):
        yield partial(backprop_in_enclosures, inputs)
    for precision in PRECISIONS:
        yield partial(enclose_in_balls, inputs, precision)


def uses_slicing(inputs: Inputs) -> bool:
    """Whether error-free slices are tried before ball arithmetic."""
    rows = len(inputs.x)
    return inputs.work // rows * (rows + 4) >= SLICING_THRESHOLD


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
    # δ^L = a − t is the derivative of the cross-entropy only if each row of t sums to 1, up to rounding.
    slack = inputs.t.shape[1] * 2.0**-24
    if output == "softmax" and not (np.abs(inputs.t.sum(axis=1, dtype=np.float64) - 1) <= slack).all():
        raise ValueError("a row of targets does not sum to 1, as those of a cross-entropy must")


def enclose_in_balls(inputs: Inputs, precision: int) -> Truth:
    """Everything that backprop computes, by ball arithmetic with `precision` bits."""
    network, rows, layers = inputs.network, len(inputs.x), len(inputs.network.layers)
    with ctx.workprec(precision):
        exact = backprop_in_balls(network, ball_parameters(network), ball_matrix(inputs.x), ball_matrix(inputs.t))
        parts = [(entries, rows) for entries in (*exact.z, *exact.a, *exact.delta)]
        parts += [(gradient.entries(), gradient.nrows()) for gradient in gradients_in_balls(exact)]
        found = Enclosure.from_balls(parts)
    z, a, delta, gradients = (tuple(found[start : start + layers]) for start in range(0, 4 * layers, layers))
    return Truth(z, (Enclosure.from_floats(inputs.x), *a), delta, gradients)


def train(inputs: Inputs, learning_rate: float, epochs: int) -> dict[tuple[str, int], Array]:
    """[W^l, b^l] after the first and the last epoch of online training, [n_l, n_{l-1} + 1], rounded to float64.

    The keys are ("epoch1", l) and (f"epoch{epochs}", l). The computation has TRAINING_PRECISION bits, so its own
    rounding is negligible.
    """
    first = advance(inputs, ball_parameters(inputs.network), learning_rate, 1, 1)
    last = advance(inputs, first, learning_rate, 1, epochs - 1)
    measured = {"epoch1": first, f"epoch{epochs}": last}
    return {
        (epoch, l): _midpoints_as_float64(w)
        for epoch, weights in measured.items()
        for l, w in enumerate(weights, start=1)
    }


def advance(inputs: Inputs, weights: Sequence[arb_mat], learning_rate: float, batch: int, epochs: int) -> list[arb_mat]:
    """The weights [n_l, n_{l-1} + 1] after `epochs` more epochs of gradient descent.

    A step takes `batch` rows in the order of the data; the last step of an epoch may take fewer. The weights are
    midpoints of TRAINING_PRECISION bits without radii, because radii would grow with every step. Two calls of k and m
    epochs give the same weights as one call of k + m epochs.
    """
    with ctx.workprec(TRAINING_PRECISION):
        eta = arb(learning_rate)
        batches = [(ball_matrix(x), ball_matrix(t)) for x, t in inputs.batches(batch)]
        weights = list(weights)
        for _ in range(epochs):
            for x, t in batches:
                gradients = gradients_in_balls(backprop_in_balls(inputs.network, weights, x, t))
                weights = [(w - gradient * eta).mid() for w, gradient in zip(weights, gradients, strict=True)]
        return weights


def _midpoints_as_float64(matrix: arb_mat) -> Array:
    return np.array(list(map(float, matrix.entries()))).reshape(matrix.nrows(), matrix.ncols())
