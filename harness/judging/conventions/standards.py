"""Standards under a convention: the truth and the bounds of another cost, of a fixed rate, without biases."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from harness.model.contract import Array, Inputs
from harness.model.costs import CostScale
from harness.sandbox.answers import ArrayKey
from harness.truth.bounds.float_format import FloatFormat
from harness.truth.enclosures.enclosure import Enclosure

if TYPE_CHECKING:
    from harness.truth.certify import Standard


def old_parameters(inputs: Inputs, l: int) -> Array:
    """[W^l, b^l] of layer l, [n_l, n_{l-1} + 1], in float64."""
    layer = inputs.network.layers[l - 1]
    return np.column_stack([layer.w, layer.b]).astype(np.float64)


def scaled_standards(
    standards: Mapping[ArrayKey, Standard], inputs: Inputs, scale: CostScale, fmt: FloatFormat
) -> dict[ArrayKey, Standard]:
    """The standards of a cost times a factor, divided by a divisor.

    A factor adds at most two roundings to each δ^L, wherever it is applied. Every bound covers at least two roundings,
    because BP1 alone has as many; so twice the scaled bound is a bound. It is widened by the underflow threshold, since
    underflow before a division is not divided, and an update's bound by roundings at the size of the old weights, one
    for each row, since these are not scaled.
    """
    ratio, scaled = 2 * scale.factor / scale.divisor, dict(standards)
    for (name, l), standard in standards.items():
        bound = ratio * standard.bound + fmt.tiny
        if name == "update":
            bound += (len(inputs.x) + 3) * fmt.u * np.abs(old_parameters(inputs, l))
        truth = standard.truth if scale.factor == 1 else standard.truth.scaled(scale.factor)
        truth = truth if scale.divisor == 1 else truth.divided(scale.divisor)
        changes = standard.changes.scaled(scale.factor / scale.divisor)
        scaled[name, l] = replace(standard, truth=truth, bound=bound, changes=changes)
    return scaled


def penalised_standards(
    standards: Mapping[ArrayKey, Standard], inputs: Inputs, learning_rate: float, scale: CostScale, fmt: FloatFormat
) -> dict[ArrayKey, Standard]:
    """The standards of a cost with a penalty; `learning_rate` is that of the updates.

    Forming λ w takes at most five roundings: λ in the dtype, two factors, the product, and one more for another order.
    Where it is added before the rows are, each of them rounds a sum that contains it; where it is added to their sum,
    that is rounded once more. A step may also multiply w by 1 − η λ, with two roundings at the size of w. Twice these
    is a bound.
    """
    found = dict(standards)
    for (name, l), standard in standards.items():
        decayed = old_parameters(inputs, l)
        if not scale.penalises_biases:
            decayed[:, -1] = 0.0
        parts = {"w": decayed[:, :-1], "b": decayed[:, -1], "update": decayed}
        if name in parts and parts[name].any():
            w = parts[name]
            eta = learning_rate if name == "update" else 1.0
            penalty = Enclosure.from_floats(w).scaled(scale.penalty).divided(scale.penalty_divisor).scaled(eta)
            total, size = standard.truth.midpoint + penalty.midpoint, np.abs(penalty.high)
            roundings = (len(inputs.x) + 5) * size + np.abs(total.high) + standard.bound
            if name == "update":
                roundings += 2 * (np.abs(w) + size)
            error = 2 * fmt.u * roundings + 8 * max(1.0, eta) * fmt.tiny
            bound = standard.bound + np.where(w == 0, 0.0, error + fmt.overflow_error(roundings))
            truth = Enclosure.from_operation(total, standard.truth.radius + penalty.radius)
            found[name, l] = replace(
                standard, truth=truth, bound=bound, undecidable=standard.undecidable | ~np.isfinite(bound)
            )
    return found


def standards_of_moves(
    standards: Mapping[ArrayKey, Standard], learning_rate: float, fmt: FloatFormat
) -> dict[ArrayKey, Standard]:
    """The standards for code that may read its gradients from an update: (old − new) / η.

    The update's bound covers old − new. The division and the conversion of η add two roundings.
    """
    found = dict(standards)
    for (name, l), standard in standards.items():
        if name in ("w", "b"):
            update = standards["update", l].bound
            moved = (update[:, :-1] if name == "w" else update[:, -1]) / learning_rate
            moved += 3 * fmt.u * (np.abs(standard.truth.high) + moved) + fmt.tiny
            bound = np.maximum(standard.bound, moved)
            found[name, l] = replace(standard, bound=bound, undecidable=standard.undecidable | ~np.isfinite(bound))
    return found


def without_bias_gradients(standards: Mapping[ArrayKey, Standard], fmt: FloatFormat) -> dict[ArrayKey, Standard]:
    """The standards of a network without biases: their gradients and their updates are 0, but for an underflow."""
    found = dict(standards)
    for (name, l), standard in standards.items():
        if name in ("b", "update"):
            is_bias = np.ones(standard.bound.shape, dtype=bool)
            if name == "update":
                is_bias[:, :-1] = False
            found[name, l] = _zero_where(is_bias, standard, fmt)
    return found


def _zero_where(entries: Array, standard: Standard, fmt: FloatFormat) -> Standard:
    truth = standard.truth
    parts = [np.where(entries, 0.0, part) for part in (truth.high, truth.low, truth.radius)]
    bound = np.where(entries, fmt.tiny, standard.bound)
    undecidable, changes = standard.undecidable & ~entries, standard.changes.without(entries)
    return replace(standard, truth=Enclosure(*parts), bound=bound, undecidable=undecidable, changes=changes)
