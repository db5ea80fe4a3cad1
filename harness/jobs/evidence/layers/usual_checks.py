"""The checks of gradients that people use, on a layer: is this backward pass right?

Each compares a backward pass with central differences of the layer's right forward pass, and with a fixed tolerance.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from harness.layers.cases import LayerCase, as_tuple
from harness.model.contract import Array

# A backward pass: the gradients of a case's differentiable arguments, in their order.
Backward = Callable[[LayerCase], tuple[Array, ...]]
LayerCheck = Callable[[LayerCase, Backward], bool]
COURSE_STEP, COURSE_TOLERANCE = 1e-5, 1e-7  # CS231n, "Gradient checks": h, and the relative error to be happy with


def relative_error(case: LayerCase, backward: Backward) -> bool:
    """max |x − y| / max(1e-8, |x| + |y|) at most 1e-7, with central differences of step 1e-5, as CS231n prints it."""
    for name, slope in zip(case.layer.differentiable, backward(case), strict=True):
        numeric = _central_differences(case, name)
        if np.shape(slope) != numeric.shape:
            return False
        error = np.abs(slope - numeric) / np.maximum(1e-8, np.abs(slope) + np.abs(numeric))
        if not error.max(initial=0.0) <= COURSE_TOLERANCE:
            return False
    return True


def relative_error_of_ones(case: LayerCase, backward: Backward) -> bool:
    """The same of the sum of the results: the upstream is 1 everywhere, γ is 1 and β is 0, as layers begin."""
    start = {
        name: np.full_like(case.arguments[name], value) for name, value in _BEGIN.items() if name in case.arguments
    }
    upstream = tuple(np.ones_like(one) for one in case.upstream)
    return relative_error(replace(case, arguments={**case.arguments, **start}, upstream=upstream), backward)


_BEGIN = {"gamma": 1.0, "beta": 0.0}


def layer_gradcheck(case: LayerCase, backward: Backward) -> bool:
    """torch.autograd.gradcheck at its defaults: eps = 1e-6, atol = 1e-5, rtol = 1e-3, every entry of the Jacobian."""
    import torch

    layer = case.layer

    class Planted(torch.autograd.Function):
        @staticmethod
        def forward(context: Any, *tensors: Any) -> Any:
            context.save_for_backward(*tensors)
            results = tuple(torch.tensor(one) for one in _forward_results(_with_tensors(case, tensors)))
            return results if len(results) > 1 else results[0]

        @staticmethod
        def backward(context: Any, *upstream: Any) -> Any:
            given = _with_tensors(case, context.saved_tensors)
            arrays = tuple(one.numpy() for one in upstream)
            slopes = backward(replace(given, upstream=arrays))
            factor = arrays[0] if layer.kind == "loss" else 1.0
            return tuple(torch.tensor(np.asarray(slope * factor, dtype=np.float64)) for slope in slopes)

    tensors = [torch.tensor(case.arguments[name], requires_grad=True) for name in layer.differentiable]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return bool(torch.autograd.gradcheck(Planted.apply, tensors, raise_exception=False))
        except RuntimeError:  # a gradient of another shape
            return False


USUAL_CHECKS: Mapping[str, LayerCheck] = {
    "gradcheck": layer_gradcheck,
    "relative error, 1e-7": relative_error,
    "relative error, sum of the results, γ = 1": relative_error_of_ones,
}


def _with_tensors(case: LayerCase, tensors: Any) -> LayerCase:
    arrays = {name: one.detach().numpy() for name, one in zip(case.layer.differentiable, tensors, strict=True)}
    return replace(case, arguments={**case.arguments, **arrays})


def _forward_results(case: LayerCase) -> tuple[Array, ...]:
    found = as_tuple(case.layer.forward(**case.arguments, **case.options))
    return tuple(np.asarray(one) for one in found)


def _central_differences(case: LayerCase, name: str) -> Array:
    """∂(Σ upstream · results)/∂argument by central differences, in the dtype of the argument."""
    array = case.arguments[name].copy()
    moved = replace(case, arguments={**case.arguments, name: array})
    slope = np.zeros(array.shape)
    for index in np.ndindex(array.shape):
        before, costs = array[index], []
        for step in (COURSE_STEP, -COURSE_STEP):
            array[index] = before + step
            costs.append(
                sum(float((one * up).sum()) for one, up in zip(_forward_results(moved), case.upstream, strict=True))
            )
        array[index] = before
        slope[index] = (costs[0] - costs[1]) / (2 * COURSE_STEP)
    return slope
