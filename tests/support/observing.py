"""Observations of numbers that a test computes itself, and arithmetic in narrow formats made with NumPy alone."""

from __future__ import annotations

from functools import cache

import numpy as np

from harness.cases.standard import gradient_cases
from harness.judging.arithmetic.observation import Observation
from harness.truth.certify import certify, certify_forward


def as_is(array):
    return array


def to_float32(array):
    return array.astype(np.float32).astype(array.dtype)


def to_float16(array):
    return array.astype(np.float16).astype(array.dtype)


def _dropped(array, bits, half):
    patterns = np.ascontiguousarray(array, dtype=np.float32).view(np.uint32) + np.uint32(half)
    return (patterns & np.uint32(2**32 - 2**bits)).view(np.float32).astype(array.dtype)


def to_tf32(array):
    """Ties away from 0, as NVIDIA's conversion rounds."""
    return _dropped(array, 13, 2**12)


def to_tf32_truncated(array):
    return _dropped(array, 13, 0)


def to_bfloat16(array):
    return _dropped(array, 16, 2**15)


def backprop(inputs, *, multiply=np.matmul, forward=as_is, back=as_is, z=as_is, a=as_is, slope=as_is, delta=as_is):
    """The quantities of a right backprop, whose parts pass through these conversions."""
    network, layers = inputs.network, inputs.network.layers
    outputs, zs = [inputs.x], []
    for layer in layers:
        zs.append(z(multiply(forward(outputs[-1]), forward(layer.w.T)) + layer.b))
        outputs.append(a(layer.activation.f(zs[-1])))
    last = outputs[-1] - inputs.t
    if not network.is_canonical:
        last = network.cost.gradient(outputs[-1], inputs.t) * slope(layers[-1].activation.slope(zs[-1]))
    deltas = [delta(last)]
    for l in range(len(layers) - 2, -1, -1):
        sent = multiply(back(deltas[0]), back(layers[l + 1].w))
        deltas.insert(0, delta(sent * slope(layers[l].activation.slope(zs[l]))))
    found = {}
    for l, (one, into) in enumerate(zip(deltas, outputs, strict=False), start=1):
        found["w", l], found["b", l] = multiply(back(one.T), back(into)), one.sum(axis=0)
        found["delta", l] = one
    return found


@cache
def standards_of(case, seed):
    inputs = case.build(seed)
    return inputs, certify(inputs, case.learning_rate, case.dtype) | certify_forward(inputs, case.dtype)


def observed(compute, pattern="", seed=1, names=("w", "b")):
    """What `compute` gives for the inputs of the cases, as far as it is finite."""
    found = []
    for case in gradient_cases():
        if pattern not in case.id:
            continue
        inputs, standards = standards_of(case, seed)
        with np.errstate(all="ignore"):
            values = {key: np.asarray(one, np.float64) for key, one in compute(inputs).items() if key[0] in names}
        if all(np.isfinite(one).all() for one in values.values()):
            found.append(Observation(inputs, case.learning_rate, case.dtype, values, standards))
    return found
