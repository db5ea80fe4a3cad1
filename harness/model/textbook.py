"""The textbook backprop, with one small method for each equation, for numbers of any type.

With floats it is a formulation like the others. With exact numbers it is the reference of the proofs. With
`RoundedArray` it bounds its own rounding error. A mistake is a subclass that overrides one method (harness.mistakes).
"""

from __future__ import annotations

from harness.model.contract import Gradients, Inputs, Layer, Network, Numbers
from harness.model.costs import UNSCALED, CostScale


class Textbook:
    """BP1 to BP4 and the rule, for one network and its data; layers are numbered 1..last, as in the equations.

    `learning_rate` is None for backprop. Shapes and equations are those of harness.model.contract. The methods raise
    KeyError, IndexError or ValueError if a formulation does not fit the network.
    """

    def __init__(self, inputs: Inputs, learning_rate: float | None = None, scale: CostScale = UNSCALED) -> None:
        self.inputs, self.network, self.t = inputs, inputs.network, inputs.t
        self.learning_rate, self.scale = learning_rate, scale
        self.last, self.rows = len(inputs.network.layers), len(inputs.x)
        self.z: dict[int, Numbers] = {}
        self.a: dict[int, Numbers] = {0: inputs.x}
        self.delta: dict[int, Numbers] = {}

    def layer(self, l: int) -> Layer:
        """Layer l of 1..last. Raises IndexError for other numbers."""
        if not 1 <= l <= self.last:
            raise IndexError(f"there is no layer {l}")
        return self.network.layers[l - 1]

    # Forward.

    def weighted_input(self, l: int) -> Numbers:
        """z^l from a^{l-1}."""
        return self.a[l - 1] @ self.layer(l).w.T + self.layer(l).b

    def output(self, l: int) -> Numbers:
        """a^l from z^l."""
        return self.layer(l).activation.f(self.z[l])

    # Backward.

    def output_error(self) -> Numbers:
        """∇_a C, or δ^L = a^L − t for the canonical link, where f' cancels."""
        if self.network.is_canonical:
            return self.a[self.last] - self.t
        return self.network.cost.gradient(self.a[self.last], self.t)

    def slope(self, l: int) -> Numbers:
        """f'(z^l)."""
        slope = self.layer(l).activation.slope
        if slope is None:
            raise ValueError("softmax has no slope: it occurs only with its own cost")
        return slope(self.z[l])

    def output_delta(self) -> Numbers:
        """BP1."""
        return self.output_error() if self.network.is_canonical else self.output_error() * self.slope(self.last)

    def weights_back(self, l: int) -> Numbers:
        """W^l, as used in the backward pass."""
        return self.layer(l).w

    def sent_back(self, l: int) -> Numbers:
        """δ^{l+1} W^{l+1}, the error at the output of layer l."""
        return self.delta[l + 1] @ self.weights_back(l + 1)

    def hidden_delta(self, l: int) -> Numbers:
        """BP2."""
        return self.sent_back(l) * self.slope(l)

    def bias_gradient(self, l: int) -> Numbers:
        """BP3."""
        return self.delta[l].sum(axis=0)

    def weight_gradient(self, l: int) -> Numbers:
        """BP4."""
        return self.delta[l].T @ self.a[l - 1]

    def take_forward(self, other: Textbook) -> None:
        """Take z and a from another formulation on the same inputs, if this one computes them in the same way."""
        methods = ("weighted_input", "output")
        if all(getattr(type(self), name) is getattr(type(other), name) for name in methods):
            self.z, self.a = {**other.z}, {**other.a}

    # The penalty, under a convention that has one.

    def penalty_gradient(self, parameters: Numbers) -> Numbers:
        """λ p, the gradient of λ/2 Σ p²."""
        return parameters * self.scale.penalty / self.scale.penalty_divisor

    def weight_penalty(self, l: int) -> Numbers:
        """What the penalty adds to ∂C/∂W^l."""
        return self.penalty_gradient(self.layer(l).w)

    def bias_penalty(self, l: int) -> Numbers:
        """What the penalty adds to ∂C/∂b^l."""
        b = self.layer(l).b
        return self.penalty_gradient(b) if self.scale.penalises_biases else b * 0

    # The whole computation, and its side effects.

    @property
    def differs_on_second_call(self) -> bool:
        """Whether a second call with the same inputs may return other gradients."""
        return False

    def second_call(self, gradient: Numbers) -> Numbers:
        """The value that a second call with the same inputs returns for this gradient."""
        return gradient

    def changes_inputs(self) -> bool:
        """Whether the computation changes the arrays of the caller."""
        return False

    def gradients(self, call: int = 1) -> Gradients:
        """The return value of the first or the second call of backprop."""
        layers = range(1, self.last + 1)
        for l in layers:
            if l not in self.z:
                self.z[l] = self.weighted_input(l)
                self.a[l] = self.output(l)
        self.delta[self.last] = self.scaled(self.output_delta())
        for l in range(self.last - 1, 0, -1):
            self.delta[l] = self.hidden_delta(l)
        w = [self.weight_gradient(l) for l in layers]
        b = [self.bias_gradient(l) if self.scale.has_biases else self.layer(l).b * 0 for l in layers]
        if self.scale.penalty:
            w = [gradient + self.weight_penalty(l) for l, gradient in enumerate(w, start=1)]
            b = [gradient + self.bias_penalty(l) for l, gradient in enumerate(b, start=1)]
        for l in layers:
            if w[l - 1].shape != self.layer(l).w.shape or b[l - 1].shape != self.layer(l).b.shape:
                raise ValueError(f"the gradients of layer {l} differ in shape from its parameters")
        if call == 2:
            w, b = [[self.second_call(gradient) for gradient in part] for part in (w, b)]
        forward = [[part[l] for l in layers] for part in (self.delta, self.z, self.a)]
        return Gradients(w, b, *forward)

    def step(self, call: int = 1) -> Network:
        """The rule: the network after one step, with the gradients of the first or the second call."""
        gradient, eta = self.gradients(call), self.learning_rate
        layers = zip(self.network.layers, gradient.w, gradient.b, strict=True)
        moved = [(layer.w - eta * w, layer.b - eta * b) for layer, w, b in layers]
        return self.network.with_parameters(w=[w for w, _ in moved], b=[b for _, b in moved])

    def scaled(self, value: Numbers) -> Numbers:
        """The value times the factor of the cost, divided by its divisor."""
        value = value if self.scale.factor == 1 else value * self.scale.factor
        return value if self.scale.divisor == 1 else value / self.scale.divisor
