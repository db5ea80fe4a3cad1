"""The rounding errors of the forward pass of correct code, with their signs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from harness.model.contract import Array, Inputs
from harness.truth.bounds.activation_errors import ERROR_RULES, ActivationErrors
from harness.truth.bounds.affine import AffineForms
from harness.truth.bounds.float_format import OUTWARD, FloatFormat
from harness.truth.bounds.kinks import NEGATIVE_SLOPES, UNCHANGED, Interval, slope_changes
from harness.truth.enclosures.enclosure import Truth


@dataclass(frozen=True, eq=False)
class ForwardErrors:
    """The errors of a^0..a^L and of z^1..z^L, those of each activation, and the possible changes of f' at kinks."""

    a: list[AffineForms]
    z: list[AffineForms]
    activations: list[ActivationErrors]
    kinks: list[Interval]

    def slope_error(self, l: int) -> Array:
        """A bound on the error of f' in layer l + 1, without a change at a kink."""
        return self.activations[l].slope_error(self.z[l].total)


def find_forward_errors(truth: Truth, inputs: Inputs, fmt: FloatFormat, *, any_subgradient: bool) -> ForwardErrors:
    """The errors in the format, from the true values; `any_subgradient` is that of `error_bounds`."""
    a, zs, activations, kinks = [AffineForms.from_magnitudes(np.zeros_like(truth.a[0].high))], [], [], []
    for l, layer in enumerate(inputs.network.layers):
        w, b, z = layer.w.astype(np.float64), np.abs(layer.b.astype(np.float64)), truth.z[l].high
        propagated = a[l].through_weights(w)
        products = (np.abs(truth.a[l].high) + a[l].total) @ np.abs(w).T
        additions, terms = w.shape[1], products + b
        largest = fmt.partial_sum_bound(additions, terms, np.abs(z) + propagated.total)
        local = fmt.u * products + additions * fmt.rounding_error(largest) + (2 * additions + 1) * fmt.tiny
        local += fmt.overflow_error(terms)
        is_zero = _is_sum_of_zeros(terms, truth.a[l].high, a[l].total, w, b)
        local[is_zero] = 0.0
        is_last = layer is inputs.network.layers[-1]
        zs.append(propagated.with_local_error(local) if is_last else propagated.with_noise_symbols(local))
        name = layer.activation.name
        activation = ERROR_RULES[name](z, truth.a[l + 1].high, zs[l].total, fmt)
        activations.append(activation)
        a.append(activation.propagate(zs[l]).with_local_error(activation.local_error))
        kinks.append(UNCHANGED)
        if name in NEGATIVE_SLOPES:
            is_near = np.abs(z) <= OUTWARD * zs[l].total + truth.z[l].radius
            kinks[l] = slope_changes(name, z, is_near if any_subgradient else is_near & ~is_zero, is_zero)
    return ForwardErrors(a, zs, activations, kinks)


def _is_sum_of_zeros(terms: Array, a: Array, e_a: Array, w: Array, b: Array) -> Array:
    """Where all terms of a weighted input are 0, so that it is exactly 0 in every arithmetic; `terms` is their size."""
    is_zero = np.asarray(terms == 0)  # by underflow too
    if is_zero.any():
        nonzero = ((a != 0) | (e_a > 0)).astype(float) @ (w != 0).T
        is_zero &= (nonzero == 0) & (b == 0)
    return is_zero
