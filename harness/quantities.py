"""What an answer gives, as quantities in our layout and sign; or the reason why it gives none."""

from __future__ import annotations

import numpy as np

from harness.answers import Answer, Arrays, Fault, Refusal, check_finite, check_shapes
from harness.cases import EPOCHS, Case
from harness.contract import Array, Inputs
from harness.conventions import Convention

# The quantities that each function of the contract gives; "train" is `step`, repeated. z and a are asked of nobody.
QUANTITIES = {"backprop": ("delta", "w", "b"), "step": ("update",), "train": ("epoch1", f"epoch{EPOCHS}")}

Quantities = dict[tuple[str, int], Array]


def functions_of(case: Case) -> tuple[str, ...]:
    """The functions of the contract that a case asks for."""
    return ("train",) if case.online else ("backprop", "step")


def settled(function: str, answer: Answer, inputs: Inputs, convention: Convention) -> tuple[Quantities, Refusal | None]:
    """The quantities of an answer in our layout, or the reason why there are none.

    (quantity, layer) maps to float64 arrays: delta and where they are given z and a [n, n_l], w [n_l, n_{l-1}], b
    [n_l]; update and the epochs [n_l, n_{l-1} + 1], the bias last; the update is the displacement old − new.
    """
    if answer.refusal is not None:
        return {}, answer.refusal
    try:
        quantities = quantities_of(function, answer.arrays, inputs, convention)
        check_finite(answer.arrays, "" if function == "backprop" else " after the step")
        return quantities, None
    except Fault as fault:
        return {}, fault.refusal


def quantities_of(function: str, arrays: Arrays, inputs: Inputs, convention: Convention) -> Quantities:
    """What a function returned, as quantities. Raises Fault for a shape or a count."""
    n, layers = len(inputs.x), list(enumerate(inputs.network.layers, start=1))
    both = {l: (len(layer.b), layer.w.shape[1] + 1) for l, layer in layers}
    if function == "train":
        check_shapes(arrays, {(name, l): both[l] for name, l in arrays})
        return dict(arrays)
    if function == "step":
        check_shapes(arrays, {("w", l): layer.w.shape for l, layer in layers}, " after the step")
        check_shapes(arrays, {("b", l): layer.b.shape for l, layer in layers}, " after the step")
        pairs = ((l, layer, np.column_stack([arrays["w", l], arrays["b", l]])) for l, layer in layers)
        return {("update", l): np.column_stack([layer.w, layer.b]) - after for l, layer, after in pairs}
    if missing := [l for l, _ in layers if ("w", l) not in arrays]:
        raise Fault("count", f"w of layer {missing[0]} is missing, expected an array")
    ours = convention.arranged(arrays, inputs)
    if ("b", 1) not in ours:
        raise Fault("count", f"b is empty, expected a list of {len(layers)}, or BIAS to say where in w it is")
    check_shapes(ours, {("w", l): layer.w.shape for l, layer in layers})
    check_shapes(ours, {("b", l): layer.b.shape for l, layer in layers})
    for name in ("delta", "z", "a"):
        check_shapes(ours, {(name, l): (n, *layer.b.shape) for l, layer in layers if (name, l) in ours})
    return ours
