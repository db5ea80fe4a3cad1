"""Conventions: in what a right gradient may differ from ours, and how a file declares that it does.

    REDUCTION = "sum"       or "mean" (over the rows), "mean over outputs", "mean over rows and outputs": what C is
    HALF = True             or False: the squared error without the ½
    SIGN = "positive"       or "negative": backprop returns −∂C/∂w, as for an update that adds
    LAYOUT = "out, in"      or "in, out": how the returned w is laid out
    BIAS = "apart"          or "first row", "last row" (of w as "in, out"), "first column", "last column" (of w as
                            "out, in"): where in the returned w the bias is; b is then empty

The first value of each is ours. The network that is given, and that `step` returns, is always ours too; `step` descends
whatever the sign that backprop returns, by η times the gradient of the declared cost.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from harness.model.contract import Array, Inputs
from harness.model.costs import UNSCALED, CostScale
from harness.sandbox.answers import Arrays, Fault, weights_of
from harness.truth.bounds.float_format import float_format

if TYPE_CHECKING:
    from harness.truth.certify import Standard
from harness.sandbox.answers import Answer, Refusal, check_finite, check_shapes

VALUES: dict[str, tuple[Any, ...]] = {
    "reduction": ("sum", "mean", "mean over outputs", "mean over rows and outputs"),
    "half": (True, False),
    "sign": ("positive", "negative"),
    "layout": ("out, in", "in, out"),
    "bias": ("apart", "first row", "last row", "first column", "last column"),
}


@dataclass(frozen=True)
class Convention:
    """What a file declares, or what its numbers turn out to follow."""

    reduction: str = "sum"
    half: bool = True
    sign: str = "positive"
    layout: str = "out, in"
    bias: str = "apart"

    @classmethod
    def declared(cls, constants: Mapping[str, Any]) -> Convention:
        """From the constants of a file, by their names in capitals. Raises Fault for a value that is none."""
        for name, value in constants.items():
            allowed = VALUES[name.lower()]
            if not any(value is one or (isinstance(one, str) and value == one) for one in allowed):
                expected = ", ".join(map(repr, allowed))
                raise Fault("declaration", f"{name} = {value!r} in the file: expected one of {expected}")
        convention = cls(**{name.lower(): value for name, value in constants.items()})
        if convention.bias.endswith("row") != (convention.layout == "in, out") and convention.bias != "apart":
            layout = "in, out" if convention.bias.endswith("row") else "out, in"
            raise Fault("declaration", f"BIAS = {convention.bias!r} in the file needs LAYOUT = {layout!r}")
        return convention

    def beyond(self, other: Convention) -> dict[str, Any]:
        """What differs from another convention, as constants to declare."""
        names = [field.name for field in fields(self)]
        return {name.upper(): mine for name in names if (mine := getattr(self, name)) != getattr(other, name)}

    def scale(self, inputs: Inputs) -> CostScale:
        """What the sum of our costs is multiplied and divided by."""
        rows = len(inputs.x) if self.reduction in ("mean", "mean over rows and outputs") else 1
        outputs = inputs.t.shape[1] if "outputs" in self.reduction else 1
        whole = not self.half and inputs.network.cost.name == "half_squared_error"
        return CostScale(2.0 if whole else 1.0, rows * outputs)

    def arranged(self, arrays: Arrays, inputs: Inputs) -> dict[tuple[str, int], Array]:
        """What backprop returned, laid out and with the sign as ours is."""
        ours = dict(arrays)
        for l in range(1, len(inputs.network.layers) + 1):
            w = arrays["w", l]
            if self.layout == "in, out" and w.ndim == 2:
                w = w.T
            if self.bias != "apart" and ("b", l) in arrays:
                raise Fault("count", f"b has entries, expected none: BIAS = {self.bias!r} in the file says it is in w")
            if self.bias != "apart" and w.ndim == 2 and w.shape[1] > 1:
                first = self.bias.startswith("first")
                ours["b", l] = w[:, 0] if first else w[:, -1]
                w = w[:, 1:] if first else w[:, :-1]
            ours["w", l] = w
        if self.sign == "negative":
            signed = ("w", "b", "delta")
            ours = {(name, l): -array if name in signed else array for (name, l), array in ours.items()}
        return ours

    def standards(
        self, standards: Mapping[tuple[str, int], Standard], inputs: Inputs
    ) -> Mapping[tuple[str, int], Standard]:
        """The standards of the declared cost.

        A factor costs each δ^L two roundings at most, wherever it is applied, and every bound has room for two: BP1
        alone is allowed as many. So a bound twice as wide holds; what underflows before a division is not divided; and
        the roundings at the size of the old weights, of which an update's bound has one for each row, are not scaled.
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
            scaled[name, l] = replace(standard, truth=truth, bound=bound)
        return scaled


OURS = Convention()


def scalings(declared: Convention) -> list[Convention]:
    """The declared convention and those that differ from it in the cost or the sign, the nearest first."""
    found = [
        replace(declared, reduction=reduction, half=half, sign=sign)
        for reduction in VALUES["reduction"]
        for half in VALUES["half"]
        for sign in VALUES["sign"]
    ]
    return sorted(found, key=lambda one: len(one.beyond(declared)))


def layouts(declared: Convention) -> list[Convention]:
    """The declared convention and those that differ from it in the layout or the place of the bias."""
    places = [("out, in", bias) for bias in ("apart", "first column", "last column")]
    places += [("in, out", bias) for bias in ("apart", "first row", "last row")]
    found = [replace(declared, layout=layout, bias=bias) for layout, bias in places]
    return sorted(found, key=lambda one: len(one.beyond(declared)))


def fits(convention: Convention, arrays: Arrays, inputs: Inputs) -> bool:
    """Whether what backprop returned has the shapes of the convention."""
    if convention.bias != "apart" and ("b", 1) in arrays:
        return False
    arranged = convention.arranged(arrays, inputs)
    return all(
        arranged["w", l].shape == layer.w.shape and ("b", l) in arranged and arranged["b", l].shape == layer.b.shape
        for l, layer in enumerate(inputs.network.layers, start=1)
    )


Quantities = dict[tuple[str, int], Array]


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
        check_shapes(arrays, {(name, l): both[l] for name in {name for name, _ in arrays} for l in both})
        return dict(arrays)
    if function == "step":
        after = weights_of(arrays, inputs)
        return {("update", l): np.column_stack([layer.w, layer.b]) - after[l] for l, layer in layers}
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
