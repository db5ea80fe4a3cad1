"""Conventions: how a correct gradient may differ from the default, and how a file declares it.

    REDUCTION = "sum"       or "mean" (over the rows), "mean over outputs", "mean over rows and outputs": what C is; or
                            a dictionary with one for each cost, such as {"cross_entropy": "mean"}; the rest are sums
    HALF = True             or False: the squared error without the ½
    SIGN = "positive"       or "negative": backprop returns −∂C/∂w, for an update that adds
    LAYOUT = "out, in"      or "in, out": the axes of the returned w
    BIAS = "apart"          or "first row", "last row" (of w as "in, out"), "first column", "last column" (of w as
                            "out, in"): where in the returned w the bias is; b is then empty.
                            "none": the network has no biases: the given ones are not used and not changed; the
                            returned b is empty, left out or 0
    L2 = 0                  or λ: C has the penalty λ/2 Σ w², whose gradient λ w is part of that of w, not of delta
    L2_HALF = True          or False: the penalty is λ Σ w²
    L2_BIASES = False       or True: the biases are penalised like w
    L2_DIVIDED = False      or True: the penalty is divided by what REDUCTION divides by, such as λ/2n Σ w² for a mean
    TARGETS = "values"      or "labels": t is [n], the class of each row from 0, or 0 and 1 for a single output; cases
                            with other targets are unsupported
    LEARNING_RATE = None    or a positive number: `step` has this rate, whatever it is given, and need not take one;
                            backprop may read its gradients from how the weights move: (old − new) / LEARNING_RATE
    SUBGRADIENT = "left"    or "any": where z is exactly at the kink of relu or leaky_relu, f' is the slope on the left,
                            as in PyTorch, or any number between the two slopes

The first value of each is the default. The networks that the functions receive and that `step` returns always have the
default layout. `step` descends, whatever sign backprop returns, by η times the gradient of the declared cost.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from harness.judging.conventions.declarations import Reduction, is_bias_in_w, read_declarations, reduction_by_cost
from harness.judging.conventions.standards import (
    penalised_standards,
    scaled_standards,
    standards_of_moves,
    without_bias_gradients,
)
from harness.model.contract import Array, Inputs
from harness.model.costs import COSTS, CostScale
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


@dataclass(frozen=True)
class Convention:
    """The convention that a file declares, or the one that its numbers follow."""

    reduction: Reduction = "sum"
    half: bool = True
    sign: str = "positive"
    layout: str = "out, in"
    bias: str = "apart"
    l2: float = 0
    l2_half: bool = True
    l2_biases: bool = False
    l2_divided: bool = False
    targets: str = "values"
    learning_rate: float | None = None
    subgradient: str = "left"

    @classmethod
    def declared(cls, constants: Mapping[str, Any]) -> Convention:
        """The convention that the constants of a file declare, by their names in capitals. Raises Fault."""
        return cls(**read_declarations(constants))

    def differences_from(self, other: Convention) -> dict[str, Any]:
        """The constants to declare for what differs from another convention, as values that repr() can write."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {
            name.upper(): dict(mine) if isinstance(mine, tuple) else mine
            for name, mine in values.items()
            if mine != getattr(other, name)
        }

    def reduction_of(self, cost: str) -> str:
        """The reduction of a cost."""
        return self.reduction if isinstance(self.reduction, str) else dict(self.reduction).get(cost, "sum")

    def with_reduction(self, cost: str, reduction: str) -> Convention:
        """The same convention with another reduction of one cost."""
        return replace(self, reduction=reduction_by_cost({**{c: self.reduction_of(c) for c in COSTS}, cost: reduction}))

    def inputs(self, inputs: Inputs) -> Inputs:
        """The inputs that the code computes with: those given, with biases of 0 if the network has none."""
        if self.bias != "none":
            return inputs
        layers = inputs.network.layers
        network = inputs.network.with_parameters([l.w for l in layers], [np.zeros_like(l.b) for l in layers])
        return Inputs(network, inputs.x, inputs.t)

    def rate(self, learning_rate: float) -> float:
        """The learning rate of a step that is given this one."""
        return learning_rate if self.learning_rate is None else self.learning_rate

    def scale(self, inputs: Inputs) -> CostScale:
        """How the declared cost differs from the default one."""
        cost = inputs.network.cost.name
        reduction = self.reduction_of(cost)
        rows = len(inputs.x) if reduction in ("mean", "mean over rows and outputs") else 1
        outputs = inputs.t.shape[1] if "outputs" in reduction else 1
        whole = not self.half and cost == "half_squared_error"
        return CostScale(
            factor=2.0 if whole else 1.0,
            divisor=rows * outputs,
            has_biases=self.bias != "none",
            penalty=self.l2 if self.l2_half else 2 * self.l2,
            penalty_divisor=rows * outputs if self.l2_divided else 1,
            penalises_biases=self.l2_biases,
        )

    def arranged(self, arrays: Arrays, inputs: Inputs) -> dict[ArrayKey, Array]:
        """The arrays that backprop returned, converted to the default layout and sign.

        Raises Fault if b is not empty although BIAS says that it is in w.
        """
        arranged = dict(arrays)
        for l in range(1, len(inputs.network.layers) + 1):
            w = arrays["w", l]
            if self.layout == "in, out" and w.ndim == 2:
                w = w.T
            if is_bias_in_w(self.bias) and ("b", l) in arrays:
                message = f"b has entries, expected none: the file declares BIAS = {self.bias!r}, in w"
                raise Fault("count", message)
            if is_bias_in_w(self.bias) and w.ndim == 2 and w.shape[1] > 1:
                first = self.bias.startswith("first")
                arranged["b", l] = w[:, 0] if first else w[:, -1]
                w = w[:, 1:] if first else w[:, :-1]
            arranged["w", l] = w
        if self.sign == "negative":
            signed = ("w", "b", "delta")
            arranged = {(name, l): -array if name in signed else array for (name, l), array in arranged.items()}
        return arranged

    def standards(
        self, standards: Mapping[ArrayKey, Standard], inputs: Inputs, learning_rate: float, dtype: str
    ) -> Mapping[ArrayKey, Standard]:
        """The standards of the declared cost and network, for code that works in `dtype`.

        `standards` are the default ones for `self.inputs(inputs)` and `self.rate(learning_rate)`. With a fixed rate,
        those of w and b need that of the update.
        """
        scale, fmt = self.scale(inputs), float_format(dtype)
        if (scale.factor, scale.divisor) != (1.0, 1):
            standards = scaled_standards(standards, inputs, scale, fmt)
        if scale.penalty:
            standards = penalised_standards(standards, inputs, self.rate(learning_rate), scale, fmt)
        if self.learning_rate is not None:
            standards = standards_of_moves(standards, self.learning_rate, fmt)
        return standards if scale.has_biases else without_bias_gradients(standards, fmt)


DEFAULT_CONVENTION = Convention()


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
        updates = {("update", l): np.column_stack([layer.w, layer.b]) - after[l] for l, layer in layers}
        if convention.bias == "none":
            for l, _ in layers:  # a new bias of 0 stands for none
                updates["update", l][:, -1][after[l][:, -1] == 0] = 0.0
        return updates
    if missing := [l for l, _ in layers if ("w", l) not in arrays]:
        raise Fault("count", f"w of layer {missing[0]} is missing, expected an array")
    arranged = convention.arranged(arrays, inputs)
    if ("b", 1) not in arranged and convention.bias != "none":
        message = f"b is empty, expected a list of {len(layers)}, or a declaration of BIAS, for a bias in w"
        raise Fault("count", message)
    check_shapes(arranged, {("w", l): layer.w.shape for l, layer in layers})
    if ("b", 1) in arranged:
        check_shapes(arranged, {("b", l): layer.b.shape for l, layer in layers})
    for name in ("delta", "z", "a"):
        check_shapes(arranged, {(name, l): (n, *layer.b.shape) for l, layer in layers if (name, l) in arranged})
    return arranged
