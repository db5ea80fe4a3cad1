"""Other conventions that the answers of a file may follow, and what speaks for one of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from harness.judging.conventions import Convention
from harness.judging.conventions.declarations import CONVENTION_VALUES, is_bias_in_w
from harness.model.contract import Inputs
from harness.sandbox.answers import Answer, Arrays


def scale_variants(declared: Convention) -> list[Convention]:
    """The declared convention, and those that differ in the cost, the sign, or in that the learning rate is not fixed.

    Those with fewer differences come first.
    """
    found = [
        replace(declared, reduction=reduction, half=half, sign=sign, learning_rate=rate)
        for reduction in dict.fromkeys([declared.reduction, *CONVENTION_VALUES["reduction"]])
        for half in CONVENTION_VALUES["half"]
        for sign in CONVENTION_VALUES["sign"]
        for rate in dict.fromkeys([declared.learning_rate, None])
    ]
    return sorted(found, key=lambda one: len(one.differences_from(declared)))


def layout_variants(declared: Convention) -> list[Convention]:
    """The declared convention, and those that differ in the layout or the position of the bias."""
    pairs = [("out, in", bias) for bias in ("apart", "first column", "last column")]
    pairs += [("in, out", bias) for bias in ("apart", "first row", "last row")]
    if declared.bias == "none":
        pairs += [(layout, "none") for layout in CONVENTION_VALUES["layout"]]
    found = [replace(declared, layout=layout, bias=bias) for layout, bias in pairs]
    return sorted(found, key=lambda one: len(one.differences_from(declared)))


def has_shapes_of(convention: Convention, arrays: Arrays, inputs: Inputs) -> bool:
    """Whether the arrays that backprop returned have the shapes of the convention."""
    if is_bias_in_w(convention.bias) and ("b", 1) in arrays:
        return False
    arranged = convention.arranged(arrays, inputs)
    if convention.bias == "none" and ("b", 1) not in arranged:
        arranged |= {("b", l): layer.b for l, layer in enumerate(inputs.network.layers, start=1)}
    return all(
        arranged["w", l].shape == layer.w.shape and ("b", l) in arranged and arranged["b", l].shape == layer.b.shape
        for l, layer in enumerate(inputs.network.layers, start=1)
    )


def has_no_bias_gradient(answers: Mapping[str, Answer], inputs: Inputs) -> bool:
    """Whether the answers of `backprop` and `step` are those of a network without biases, in one case.

    That is, every gradient of a bias is empty or exactly 0, and no step moves a bias. It is true if nothing was
    returned: only all cases together are evidence.
    """
    for function, answer in answers.items():
        for l, layer in enumerate(inputs.network.layers, start=1):
            b = answer.arrays.get(("b", l))
            if b is not None and b.any() and not (function == "step" and np.array_equal(b, layer.b)):
                return False
    return True


def has_weight_gradient(answers: Mapping[str, Answer], inputs: Inputs) -> bool:
    """Whether `backprop` returned a gradient of a weight that is not 0, or `step` moved a weight."""
    for function, answer in answers.items():
        for l, layer in enumerate(inputs.network.layers, start=1):
            w = answer.arrays.get(("w", l))
            if w is not None and w.any() and not (function == "step" and np.array_equal(w, layer.w)):
                return True
    return False
