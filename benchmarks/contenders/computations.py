"""The computations that are timed: each is prepared for a network, and then called again and again."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.contenders import frameworks
from benchmarks.contenders.battery import cases_from, small_case_ids
from benchmarks.contenders.frameworks import Call
from benchmarks.contenders.spec import Spec
from harness.cases.case import make_case
from harness.model.contract import Array, Inputs

# Networks with more parameters than this get only a few difference quotients, and the time is extrapolated.
MOST_QUOTIENTS, FEW_QUOTIENTS = 2000, 16

GradientMaker = Callable[[Inputs], Call]  # the call gives ∂C/∂W^1, ∂C/∂W^2, ... and ∂C/∂b^1, ...
StepMaker = Callable[[Inputs], Callable[[Array, Array], Any]]  # the call takes rows x and t


def network_inputs(spec: Spec) -> Inputs:
    """The network and its data, the same for every contender; for an epoch, all its rows."""
    rows = spec.rows or spec.batch
    return make_case("random", spec.widths, spec.activations, rows, dtype=spec.dtype).build()


def call_of(spec: Spec) -> tuple[Call, float]:
    """What to call, and the share of the whole work that one call does. Raises ValueError for an unknown `what`."""
    if spec.what == "calls":
        return _calls(spec.name), 1.0
    inputs = network_inputs(spec)
    if spec.what == "gradient":
        return gradient_of(spec.name)(inputs), 1.0
    if spec.what == "step":
        step = step_of(spec.name)(inputs)
        return lambda: step(inputs.x, inputs.t), 1.0
    if spec.what == "epoch":
        return _epoch(step_of(spec.name)(inputs), inputs, spec.batch), 1.0
    if spec.what == "truth":
        from harness.truth.gradient import truth_attempts

        return next(truth_attempts(inputs)), 1.0
    if spec.what == "certify":
        from harness.truth.certify import certify

        return lambda: certify(inputs, 0.5, spec.dtype), 1.0
    if spec.what == "differences":
        return _differences(inputs)
    raise ValueError(f"expected the name of a computation, found {spec.what!r}")


def gradient_of(name: str) -> GradientMaker:
    """The gradient by a framework or a formulation, or the matrix products alone."""
    if name in frameworks.FRAMEWORK_GRADIENTS:
        return frameworks.FRAMEWORK_GRADIENTS[name]
    module = importlib.import_module(f"implementations.{name}")

    def prepared(inputs: Inputs) -> Call:
        def call() -> tuple[Any, Any]:
            gradients = module.backprop(inputs.network, inputs.x, inputs.t)
            return gradients.w, gradients.b

        return call

    return prepared


def step_of(name: str) -> StepMaker:
    """One step of training; the next call continues from it."""
    if name in frameworks.FRAMEWORK_STEPS:
        return frameworks.FRAMEWORK_STEPS[name]
    module = importlib.import_module(f"implementations.{name}")

    def prepared(inputs: Inputs) -> Callable[[Array, Array], Any]:
        network = inputs.network

        def call(x: Array, t: Array) -> None:
            nonlocal network
            network = module.step(network, x, t, frameworks.LEARNING_RATE)

        return call

    return prepared


def _epoch(step: Callable[[Array, Array], Any], inputs: Inputs, batch: int) -> Call:
    def call() -> None:
        for first in range(0, len(inputs.x), batch):
            step(inputs.x[first : first + batch], inputs.t[first : first + batch])

    return call


def _calls(name: str) -> Call:
    """The calls of a comparison on the small cases: gradient and step of each, both twice."""
    module = importlib.import_module(f"implementations.{name}")
    built = [(case.build(), case.learning_rate) for case in cases_from(small_case_ids())]

    def call() -> None:
        for inputs, learning_rate in built:
            for _ in range(2):
                module.backprop(inputs.network, inputs.x, inputs.t)
                module.step(inputs.network, inputs.x, inputs.t, learning_rate)

    return call


def _differences(inputs: Inputs) -> tuple[Call, float]:
    """The central-difference loop of CS231n: two costs for every parameter, or for the first FEW_QUOTIENTS."""
    layers = inputs.network.layers
    arrays = [array.ravel() for layer in layers for array in (layer.w, layer.b)]  # views of the network's own arrays
    total = sum(array.size for array in arrays)
    count = total if total <= MOST_QUOTIENTS else FEW_QUOTIENTS
    places = [(array, k) for array in arrays for k in range(min(array.size, count))][:count]
    h = 1e-5

    def cost() -> float:
        a = inputs.x
        for layer in layers:
            a = layer.activation.f(a @ layer.w.T + layer.b)
        return float(inputs.network.cost.value(a, inputs.t))

    def call() -> list[float]:
        quotients = []
        for array, k in places:
            p = array[k]
            array[k] = p + h
            above = cost()
            array[k] = p - h
            quotients.append((above - cost()) / (2 * h))
            array[k] = p
        return quotients

    assert all(np.shares_memory(array, whole) for array, whole in zip(arrays[::2], (l.w for l in layers), strict=True))
    return call, len(places) / total
