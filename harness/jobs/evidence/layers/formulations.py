"""Right formulations of each layer, and those with a mistake, as functions of a case."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from harness.layers.cases import LayerCase, as_tuple
from harness.layers.definition import LayerMistake
from harness.layers.verdicts.changes import changed, is_in
from harness.model.contract import Array

Computed = Mapping[str, Array]  # results and gradients by name, such as out and dx
LayerFormulation = Callable[[LayerCase], Computed]


def by_numpy(case: LayerCase, mistake: LayerMistake | None = None) -> Computed:
    """What the plain formulation of a layer computes, with a mistake in its backward pass or its forward pass."""
    layer = case.layer
    forward, backward = layer.forward, layer.backward
    if mistake and is_in(forward, mistake):
        forward = changed(forward, mistake)
    elif mistake:
        backward = changed(backward, mistake)
    found = dict(zip(layer.results, as_tuple(forward(**case.arguments, **case.options)), strict=True))
    if backward is not None:
        upstream = () if layer.kind == "loss" else case.upstream
        slopes = as_tuple(backward(*upstream, **case.arguments, **case.options))
        found |= zip(layer.gradients, slopes, strict=True)
    return {name: np.asarray(array, dtype=np.float64) for name, array in found.items()}


def by_torch(case: LayerCase, dtype: str) -> Computed:
    """What PyTorch computes in this dtype. The layer must have a reference."""
    import torch

    layer, kind = case.layer, getattr(torch, dtype)
    inputs: dict[str, Any] = {
        name: torch.tensor(array, dtype=kind if array.dtype.kind == "f" else torch.int64)
        for name, array in case.arguments.items()
    }
    for name in layer.differentiable:
        inputs[name].requires_grad_()
    assert layer.reference is not None
    results = as_tuple(layer.reference(torch, **inputs, **case.options))
    found = dict(zip(layer.results, results, strict=True))
    if layer.differentiable:
        torch.autograd.backward(results, [torch.tensor(one, dtype=kind) for one in case.upstream])
        found |= {f"d{name}": inputs[name].grad for name in layer.differentiable}
    return {name: array.detach().numpy().astype(np.float64) for name, array in found.items()}
