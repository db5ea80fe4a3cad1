"""Standards under a convention: the truth and the rounding bounds of a scaled cost, and of a network without biases."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from harness.model.contract import Array, Inputs
from harness.model.costs import CostScale
from harness.sandbox.answers import ArrayKey
from harness.truth.bounds.float_format import FloatFormat

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
        truth = standard.truth.scaled(scale.factor).divided(scale.divisor)
        scaled[name, l] = replace(standard, truth=truth, bound=bound)
    return scaled


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
    return replace(standard, truth=type(truth)(*parts), bound=bound, undecidable=standard.undecidable & ~entries)
