"""Conventions: how a correct gradient may differ from the default, and how a file declares it.

    REDUCTION = "sum"       or "mean" (over the rows), "mean over outputs", "mean over rows and outputs": what C is
    HALF = True             or False: the squared error without the ½
    SIGN = "positive"       or "negative": backprop returns −∂C/∂w, for an update that adds
    LAYOUT = "out, in"      or "in, out": the axes of the returned w
    BIAS = "apart"          or "first row", "last row" (of w as "in, out"), "first column", "last column" (of w as
                            "out, in"): where in the returned w the bias is; b is then empty

The first value of each is the default. The networks that the functions receive and that `step` returns always have the
default layout. `step` descends, whatever sign backprop returns, by η times the gradient of the declared cost.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from harness.model.contract import Array, Inputs
from harness.model.costs import UNSCALED, CostScale
from harness.sandbox.answers import (
    Answer,
    ArrayKey,
    Arrays,
    Fault,
    Refusal,
    check_finite,
    check_shapes,
    weights_of,
)
from harness.truth.bounds.float_format import float_format

if TYPE_CHECKING:
    from harness.truth.certify import Standard
CONVENTION_VALUES: dict[str, tuple[Any, ...]] = {
    "reduction": ("sum", "mean", "mean over outputs", "mean over rows and outputs"),
    "half": (True, False),
    "sign": ("positive", "negative"),
    "layout": ("out, in", "in, out"),
    "bias": ("apart", "first row", "last row", "first column", "last column"),
}


@dataclass(frozen=True)
class Convention:
    """The convention that a file declares, or the one that its numbers follow."""

    reduction: str = "sum"
    half: bool = True
    sign: str = "positive"
    layout: str = "out, in"
    bias: str = "apart"

    @classmethod
    def declared(cls, constants: Mapping[str, Any]) -> Convention:
        """The convention that the constants of a file declare, by their names in capitals.

        Raises Fault for an unknown value, and for a bias in a layout that does not fit.
        """
        for name, value in constants.items():
            allowed = CONVENTION_VALUES[name.lower()]
            if not any(value is one or (isinstance(one, str) and value == one) for one in allowed):
                expected = ", ".join(map(repr, allowed))
                raise Fault("declaration", f"{name} = {value!r} in the file, expected one of {expected}")
        convention = cls(**{name.lower(): value for name, value in constants.items()})
        if convention.bias.endswith("row") != (convention.layout == "in, out") and convention.bias != "apart":
            layout = "in, out" if convention.bias.endswith("row") else "out, in"
            raise Fault("declaration", f"BIAS = {convention.bias!r} in the file needs LAYOUT = {layout!r}")
        return convention

    def differences_from(self, other: Convention) -> dict[str, Any]:
        """The constants to declare for what differs from another convention."""
        names = [field.name for field in fields(self)]
        return {name.upper(): mine for name in names if (mine := getattr(self, name)) != getattr(other, name)}

    def scale(self, inputs: Inputs) -> CostScale:
        """The factor and the divisor of the declared cost, relative to the default one."""
        rows = len(inputs.x) if self.reduction in ("mean", "mean over rows and outputs") else 1
        outputs = inputs.t.shape[1] if "outputs" in self.reduction else 1
        whole = not self.half and inputs.network.cost.name == "half_squared_error"
        return CostScale(2.0 if whole else 1.0, rows * outputs)

    def arranged(self, arrays: Arrays, inputs: Inputs) -> dict[ArrayKey, Array]:
        """The arrays that backprop returned, converted to the default layout and sign.

        Raises Fault if b is not empty although BIAS says that it is in w.
        """
        arranged = dict(arrays)
        for l in range(1, len(inputs.network.layers) + 1):
            w = arrays["w", l]
            if self.layout == "in, out" and w.ndim == 2:
                w = w.T
            if self.bias != "apart" and ("b", l) in arrays:
                message = f"b has entries, expected none: the file declares BIAS = {self.bias!r}, in w"
                raise Fault("count", message)
            if self.bias != "apart" and w.ndim == 2 and w.shape[1] > 1:
                first = self.bias.startswith("first")
                arranged["b", l] = w[:, 0] if first else w[:, -1]
                w = w[:, 1:] if first else w[:, :-1]
            arranged["w", l] = w
        if self.sign == "negative":
            signed = ("w", "b", "delta")
            arranged = {(name, l): -array if name in signed else array for (name, l), array in arranged.items()}
        return arranged

    def standards(self, standards: Mapping[ArrayKey, Standard], inputs: Inputs) -> Mapping[ArrayKey, Standard]:
        """The standards of the declared cost.

        A factor adds at most two roundings to each δ^L, wherever it is applied. Every bound covers at least two
        roundings, because BP1 alone has as many; so twice the scaled bound is a bound. It is widened by the underflow
        threshold, since underflow before a division is not divided, and an update's bound by roundings at the size of
        the old weights, one for each row, since these are not scaled.
        """
        scale = self.scale(inputs)
        if scale == UNSCALED:
            return standards
        ratio, fmt = 2 * scale.factor / scale.divisor, float_format(str(inputs.x.dtype))
        scaled = dict(standards)
        for (name, l), standard in standards.items():
            bound = ratio * standard.bound + fmt.tiny
            if name == "update":
                layer = inputs.network.layers[l - 1]
                old = np.column_stack([layer.w, layer.b]).astype(np.float64)
                bound += (len(inputs.x) + 3) * fmt.u * np.abs(old)
            truth = standard.truth.scaled(scale.factor).divided(scale.divisor)
            changes = standard.changes.scaled(scale.factor / scale.divisor)
            scaled[name, l] = replace(standard, truth=truth, bound=bound, changes=changes)
        return scaled


DEFAULT_CONVENTION = Convention()


def scale_variants(declared: Convention) -> list[Convention]:
    """The declared convention, and those that differ in the cost or the sign, those with fewer differences first."""
    found = [
        replace(declared, reduction=reduction, half=half, sign=sign)
        for reduction in CONVENTION_VALUES["reduction"]
        for half in CONVENTION_VALUES["half"]
        for sign in CONVENTION_VALUES["sign"]
    ]
    return sorted(found, key=lambda one: len(one.differences_from(declared)))


def layout_variants(declared: Convention) -> list[Convention]:
    """The declared convention, and those that differ in the layout or the position of the bias."""
    pairs = [("out, in", bias) for bias in ("apart", "first column", "last column")]
    pairs += [("in, out", bias) for bias in ("apart", "first row", "last row")]
    found = [replace(declared, layout=layout, bias=bias) for layout, bias in pairs]
    return sorted(found, key=lambda one: len(one.differences_from(declared)))


def has_shapes_of(convention: Convention, arrays: Arrays, inputs: Inputs) -> bool:
    """Whether the arrays that backprop returned have the shapes of the convention."""
    if convention.bias != "apart" and ("b", 1) in arrays:
        return False
    arranged = convention.arranged(arrays, inputs)
    return all(
        arranged["w", l].shape == layer.w.shape and ("b", l) in arranged and arranged["b", l].shape == layer.b.shape
        for l, layer in enumerate(inputs.network.layers, start=1)
    )


Quantities = dict[ArrayKey, Array]


def quantities_or_refusal(
    function: str, answer: Answer, inputs: Inputs, convention: Convention
) -> tuple[Quantities, Refusal | None]:
    """The quantities of an answer in the default layout, or the reason why there are none.

    (quantity, layer) maps to float64 arrays: w [n_l, n_{l-1}], b [n_l] and optionally delta, z, a [n, n_l] for
    `backprop`; update [n_l, n_{l-1} + 1] for `step`, old − new parameters with the bias as last column; the parameters
    after each epoch in the same shape for `train`.
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
    """The quantities in the arrays that a function returned. Raises Fault for a wrong shape or count."""
    n, layers = len(inputs.x), list(enumerate(inputs.network.layers, start=1))
    joined = {l: (len(layer.b), layer.w.shape[1] + 1) for l, layer in layers}  # the shape of [W, b]
    if function == "train":
        check_shapes(arrays, {(name, l): joined[l] for name in {name for name, _ in arrays} for l in joined})
        return dict(arrays)
    if function == "step":
        after = weights_of(arrays, inputs)
        return {("update", l): np.column_stack([layer.w, layer.b]) - after[l] for l, layer in layers}
    if missing := [l for l, _ in layers if ("w", l) not in arrays]:
        raise Fault("count", f"w of layer {missing[0]} is missing, expected an array")
    arranged = convention.arranged(arrays, inputs)
    if ("b", 1) not in arranged:
        message = f"b is empty, expected a list of {len(layers)}, or a declaration of BIAS, for a bias in w"
        raise Fault("count", message)
    check_shapes(arranged, {("w", l): layer.w.shape for l, layer in layers})
    check_shapes(arranged, {("b", l): layer.b.shape for l, layer in layers})
    for name in ("delta", "z", "a"):
        check_shapes(arranged, {(name, l): (n, *layer.b.shape) for l, layer in layers if (name, l) in arranged})
    return arranged
