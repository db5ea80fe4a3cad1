"""Subclasses of torch.autograd.Function: called through `apply` with float64 tensors, and PyTorch's backward pass."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from typing import Any

from harness.layers.definition import Definition
from harness.layers.finding.classes.parameters import Given, given_by
from harness.layers.finding.classes.ways import fixed_options, is_matrix, refused, stated
from harness.layers.finding.named import layer_named
from harness.layers.finding.plan import CallStep, LayerCall, Unmatched
from harness.layers.finding.scan import ClassFound, Signature, Source

_BASES = ("Function", "torch.autograd.Function", "autograd.Function", "InplaceFunction")


def is_autograd_function(found: ClassFound) -> bool:
    """Whether a class is a function of PyTorch's autograd."""
    return bool(set(found.bases) & set(_BASES)) and {"forward", "backward"} <= set(found.methods)


def autograd_plans(source: Source) -> Iterator[LayerCall]:
    """A plan for each function of PyTorch's autograd that is known, with its other ways to be called."""
    for found in filter(is_autograd_function, source.classes.values()):
        layer = layer_named(found.name, "layer", "loss")
        if layer:
            try:
                calls = list(_autograd_ways(layer, found))
            except Unmatched as unmatched:
                yield refused(layer, found, unmatched)
            else:
                yield replace(calls[0], others=tuple(calls[1:]))


def _autograd_ways(layer: Definition, found: ClassFound) -> Iterator[LayerCall]:
    """The function with matrices of weights as they are, then transposed; with each usual value of what it fixes."""
    forward = found.methods["forward"]
    # With `setup_context`, the forward pass has no context.
    skip = 0 if "setup_context" in found.methods else 1
    needed = tuple(name for name in forward.required if name in forward.parameters[skip:])
    data = given_by(Signature("forward", forward.parameters[skip:], needed, forward.line), layer, list(layer.arguments))
    missing = [name for name in layer.arguments if name not in data.arrays]
    if missing:
        raise Unmatched(f"no {', '.join(missing)}")
    matrices = [name for name in list(layer.arguments)[1:] if is_matrix(layer, name) and layer.kind == "layer"]
    for fixed, is_turned in product(fixed_options(layer, data.options), [False, True][: 1 + bool(matrices)]):
        turned = matrices if is_turned else []
        variant = replace(layer, options={**layer.options, **fixed})
        yield _call(variant, found, data, fixed, turned)


def _call(layer: Definition, found: ClassFound, data: Given, fixed: dict[str, Any], turned: list[str]) -> LayerCall:
    steps: list[CallStep] = []
    for name in data.arrays:
        array = f"{name}.T" if name in turned else name
        steps.append(((f"{name}_",), f"tensor_of({array}, {name in layer.differentiable})"))
    given = [f"{value}_" if value in layer.arguments else value for value in data.values.values()]
    steps.append((layer.results, f"{found.name}.apply({', '.join(given)})"))
    upstream = ", ".join(f"d{name}" if layer.kind == "layer" else "1.0" for name in layer.results)
    steps.append(((), f"backward_of_tensors([{', '.join(layer.results)}], [{upstream}])"))
    for name in layer.differentiable:
        steps.append(((f"d{name}",), f"matrix_turned({name}_.grad)" if name in turned else f"{name}_.grad"))
    results = (*layer.results, *layer.gradients)
    return LayerCall(layer, found.name, found.line, tuple(steps), results, fixed, convention=stated(fixed, turned))
