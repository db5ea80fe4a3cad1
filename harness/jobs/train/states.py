"""The weights of a network on their way, as plain arrays: what is kept of a run, and all that it needs to go on.

A state has one array a layer, the weights with the bias as last column, [n_l, n_{l-1} + 1]. Runs that are trained side
by side have a first axis more, and so have exact weights, whose array is a sum of PARTS floats.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
from flint import arb, arb_mat, ctx

from harness.model.contract import Array, Network
from harness.truth.gradient import TRAINING_PRECISION

State: TypeAlias = tuple[Array, ...]

# Floats whose sum is a number of the truth, without loss: 53 bits each.
PARTS = -(-TRAINING_PRECISION // 53)


def of_network(network: Network) -> State:
    """The weights of a network whose arrays are [..., n_l, n_{l-1}] and [..., n_l]."""
    return tuple(np.concatenate([layer.w, layer.b[..., None]], axis=-1) for layer in network.layers)


def network_of(network: Network, state: State) -> Network:
    """The network with these weights, each array its own and in the order of C: BLAS may round otherwise where the
    layout differs, and a run that goes on from a file must round as one that was never stopped."""
    return network.with_parameters(w=[s[..., :-1].copy() for s in state], b=[s[..., -1].copy() for s in state])


def of_balls(weights: Sequence[arb_mat]) -> State:
    """Exact midpoints as sums of floats, [PARTS, n_l, n_{l-1} + 1], the largest first."""
    return tuple(
        np.array([_parts(entry) for entry in w.entries()]).T.reshape(PARTS, w.nrows(), w.ncols()) for w in weights
    )


def balls_of(state: State) -> list[arb_mat]:
    """The midpoints that `of_balls` took apart."""
    before, ctx.prec = ctx.prec, TRAINING_PRECISION
    try:
        flat = [parts.reshape(PARTS, -1).T.tolist() for parts in state]
        sums = [[sum(map(arb, entry[:0:-1]), arb(0)) + entry[0] for entry in entries] for entries in flat]
        shapes = [parts.shape for parts in state]
        return [arb_mat(rows, columns, one) for (_, rows, columns), one in zip(shapes, sums, strict=True)]
    finally:
        ctx.prec = before


def _parts(entry: arb) -> list[float]:
    before, ctx.prec = ctx.prec, TRAINING_PRECISION
    try:
        parts = []
        for _ in range(PARTS):
            parts.append(float(entry))
            entry = entry - parts[-1]
        return parts
    finally:
        ctx.prec = before


def state_distance(state: State, exact: State) -> Array:
    """The 2-norm of the error of all weights together, relative to that of the exact ones; for runs side by side, one
    distance each. The second float of the truth counts: the rounding of the first is as large as what is measured."""
    errors = [((one - true[0]) - true[1]) ** 2 for one, true in zip(state, exact, strict=True)]
    size = np.sqrt(sum((true[0] ** 2).sum() for true in exact))
    return np.asarray(np.sqrt(sum(error.sum(axis=(-2, -1)) for error in errors)) / size)


def as_exact(state: State) -> State:
    """A state of floats in the form of exact ones, for distances from it."""
    return tuple(np.stack([layer, np.zeros_like(layer)]) for layer in state)
