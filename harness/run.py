"""Run one implementation on one case, and hold what it gives against the contract."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from harness.answers import Answer, Arrays, Fault, Refusal, ask, changed_inputs, describe, of_network
from harness.cases import EPOCHS, Case
from harness.contract import Array, Inputs, Unsupported
from harness.conventions import OURS, Convention
from harness.discover import Functions, Implementation
from harness.surroundings import snapshot

# The quantities that each function of the contract gives; "train" is `step`, repeated.
QUANTITIES = {"backprop": ("delta", "w", "b"), "step": ("update",), "train": ("epoch1", f"epoch{EPOCHS}")}


@dataclass(frozen=True, eq=False)
class Result:
    """What one implementation gave on one case.

    `quantities` maps (quantity, layer) to float64 arrays: delta and where they are given z and a [n, n_l],
    w [n_l, n_{l-1}], b [n_l]; update and the epochs [n_l, n_{l-1} + 1], the bias last; the update is the displacement
    old − new. `refusals` maps a function to the reason for which it gave nothing. `seconds` is the time inside the
    file. `convention` is the one that it declares.
    """

    implementation: str
    case: str
    quantities: Arrays = field(default_factory=dict)
    refusals: Mapping[str, Refusal] = field(default_factory=dict)
    seconds: float = 0.0
    convention: Convention = OURS

    @property
    def has_failed(self) -> bool:
        """Whether any function failed (refusing is no failure)."""
        return any(refusal.verdict == "failed" for refusal in self.refusals.values())


def functions_of(case: Case) -> tuple[str, ...]:
    """The functions of the contract that a case asks for."""
    return ("train",) if case.online else ("backprop", "step")


def run_case(
    implementation: Implementation,
    functions: Functions,
    case: Case,
    inputs: Inputs,
    before: Mapping[str, Any] | None = None,
) -> Result:
    """Ask for what the case asks for, in this process; report what it gives or why not. `before` are the surroundings,
    where they are known."""
    quantities: dict[tuple[str, int], Array] = {}
    refusals: dict[str, Refusal] = {}
    seconds, convention = 0.0, OURS
    try:
        convention = Convention.declared(functions.declared)
    except Fault as fault:
        reason = describe(fault, implementation.path)
        return Result(implementation.name, case.id, {}, dict.fromkeys(functions_of(case), reason))
    for function in functions_of(case):
        if function == "train":
            given, refusal, spent = _trained(functions, implementation, case, inputs)
        else:
            before = before or snapshot()
            answer = ask(function, functions, implementation.path, inputs, case.learning_rate, before)
            if answer.refusal is not None:
                before = None  # it may have changed them before it gave up
            given, refusal = settled(function, answer, inputs, convention)
            spent = answer.seconds
        quantities |= given
        seconds += spent
        if refusal is not None:
            refusals[function] = refusal
    return Result(implementation.name, case.id, quantities, refusals, seconds, convention)


def settled(
    function: str, answer: Answer, inputs: Inputs, convention: Convention
) -> tuple[dict[tuple[str, int], Array], Refusal | None]:
    """The quantities of an answer in our layout, or the reason why there are none."""
    if answer.refusal is not None:
        return {}, answer.refusal
    try:
        quantities = quantities_of(function, answer.arrays, inputs, convention)
        check_finite(answer.arrays, " after the step" if function == "step" else "")
        return quantities, None
    except Fault as fault:
        return {}, Refusal("failed", fault.detail, fault.kind)


def quantities_of(
    function: str, arrays: Arrays, inputs: Inputs, convention: Convention
) -> dict[tuple[str, int], Array]:
    """What `backprop` or `step` returned, as quantities. Raises Fault for a shape or a count."""
    n, layers = len(inputs.x), list(enumerate(inputs.network.layers, start=1))
    if function == "step":
        after = weights_of(arrays, inputs)
        return {("update", l): np.column_stack([layer.w, layer.b]) - after[l] for l, layer in layers}
    ours = convention.arranged(arrays, inputs)
    if ("b", 1) not in ours:
        raise Fault("count", f"b is empty, expected a list of {len(layers)}, or BIAS to say where in w it is")
    _check(ours, {("w", l): layer.w.shape for l, layer in layers})
    _check(ours, {("b", l): layer.b.shape for l, layer in layers})
    for name in ("delta", "z", "a"):
        _check(ours, {(name, l): (n, *layer.b.shape) for l, layer in layers if (name, l) in ours})
    return ours


def _check(arrays: Arrays, shapes: Mapping[tuple[str, int], tuple[int, ...]], when: str = "") -> None:
    """Raises the Fault of the first array that is not of its shape."""
    for (name, layer), shape in shapes.items():
        array = arrays[name, layer]
        if array.shape != shape:
            hint = "; drop the last axis" if array.shape == (*shape, 1) else ""
            raise Fault("shape", f"{name}{when} of layer {layer} has shape {array.shape}, expected {shape}{hint}")


def check_finite(arrays: Arrays, when: str = "") -> None:
    """Raises the Fault of the first array that holds a NaN or an infinity."""
    for (name, layer), array in arrays.items():
        if not np.isfinite(array).all():
            first = tuple(int(i) for i in np.argwhere(~np.isfinite(array))[0])
            raise Fault("values", f"{name}{when} of layer {layer} holds {array[first]} at {list(first)}")


def _trained(
    functions: Functions, implementation: Implementation, case: Case, inputs: Inputs
) -> tuple[dict[tuple[str, int], Array], Refusal | None, float]:
    """The weights after the first and the last epoch of single-row steps, or why there are none; and the seconds."""
    start = time.perf_counter()
    measured: dict[tuple[str, int], Array] = {}
    try:
        if functions.step is None:
            raise Unsupported("offers no step")
        given = inputs.copy()
        network, rows = given.network, [(given.x[i : i + 1], given.t[i : i + 1]) for i in range(len(given.x))]
        for epoch in range(1, EPOCHS + 1):
            for x, t in rows:
                network = functions.step(network, x, t, case.learning_rate)
            arrays = of_network(network, inputs)
            check_finite(arrays, " after the step")
            weights = weights_of(arrays, inputs)
            if epoch in (1, EPOCHS):
                measured |= {(f"epoch{epoch}", layer): array for layer, array in weights.items()}
        if changed := changed_inputs(given, inputs):
            raise Fault("inputs", f"it changed its input: {changed[0]}")
    except BaseException as error:  # whatever it raises, even an exit, is its own failure
        return {}, describe(error, implementation.path), time.perf_counter() - start
    return measured, None, time.perf_counter() - start


def weights_of(arrays: Arrays, inputs: Inputs) -> dict[int, Array]:
    """For each layer of a network that `step` returned the weights with the bias as last column, [n_l, n_{l-1} + 1]."""
    layers = list(enumerate(inputs.network.layers, start=1))
    _check(arrays, {("w", l): layer.w.shape for l, layer in layers}, " after the step")
    _check(arrays, {("b", l): layer.b.shape for l, layer in layers}, " after the step")
    return {l: np.column_stack([arrays["w", l], arrays["b", l]]) for l, _ in layers}
