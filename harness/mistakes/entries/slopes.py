"""Mistakes about f': fed with the wrong argument, of the wrong function, or left out."""

from __future__ import annotations

from harness.mistakes.entry import Mistake
from harness.model.contract import Numbers
from harness.truth.bounds.rounded_array import activation_slope, apply_activation, exp_in_dtype


class SlopeMistake(Mistake):
    """A mistake about f'."""

    order = 10


class SigmaPrimeOfActivation(SlopeMistake):
    """The derivative is applied to the activation a, not to z: the sigmoid is taken twice."""

    equation = "BP1, BP2"
    right = "δ = e ⊙ σ'(z) = e ⊙ a(1 − a)"
    wrong = "δ = e ⊙ σ'(a) = e ⊙ σ(a)(1 − σ(a))"
    sources = ("https://github.com/dwhitena/gophernet/issues/6",)

    def slope(self, l: int) -> Numbers:
        return activation_slope(self.layer(l).activation.name, self.a[l])


class TanhPrimeOfOutput(SlopeMistake):
    """tanh' is evaluated at the output, as if that were z; other activations are right."""

    equation = "BP1, BP2"
    right = "δ = e ⊙ (1 − a²)"
    wrong = "δ = e ⊙ (1 − tanh(a)²)"
    sources = ("https://github.com/davidrmiller/neural2d/issues/40",)

    def slope(self, l: int) -> Numbers:
        is_tanh = self.layer(l).activation.name == "tanh"
        return activation_slope("tanh", self.a[l]) if is_tanh else super().slope(l)


class OutputFormFedZ(SlopeMistake):
    """The form of the derivative that takes the output, y(1 − y) or 1 − y², is fed with z."""

    equation = "BP1, BP2"
    right = "δ = e ⊙ a(1 − a)"
    wrong = "δ = e ⊙ z(1 − z)"
    sources = ("https://github.com/kyle8998/Sudo-Productivity/issues/3",)

    def slope(self, l: int) -> Numbers:
        z, name = self.z[l], self.layer(l).activation.name
        forms = {"sigmoid": lambda: z - z * z, "tanh": lambda: -(z * z) + 1, "softplus": lambda: -exp_in_dtype(-z) + 1}
        return forms[name]() if name in forms else super().slope(l)


class NoSigmaPrimeAtOutput(SlopeMistake):
    """f' of the output layer is left out with the squared error: that is the delta of the cross-entropy."""

    equation = "BP1"
    right = "δ^L = (a − t) ⊙ f'(z^L)"
    wrong = "δ^L = a − t"
    sources = (
        "https://github.com/Bot-Academy/NeuralNetworkFromScratch/pull/3",
        "https://github.com/jiexunsee/Neural-Network-from-Scratch/issues/1",
    )

    def output_delta(self) -> Numbers:
        return self.output_error()


class SigmaPrimeMissingInErrorSentBack(SlopeMistake):
    """The raw error, not the delta, is sent back through the weights; each layer's own update has its f'."""

    equation = "BP2"
    right = "e^l = (e^{l+1} ⊙ f'(z^{l+1})) W^{l+1},  δ^l = e^l ⊙ f'(z^l)"
    wrong = "e^l = e^{l+1} W^{l+1},  δ^l = e^l ⊙ f'(z^l)"
    sources = ("https://github.com/makeyourownneuralnetwork/makeyourownneuralnetwork/issues/64",)

    def sent_back(self, l: int) -> Numbers:
        error = self.scaled(self.output_error()) if l + 1 == self.last else self.sent_back(l + 1)
        return error @ self.weights_back(l + 1)


class SigmaPrimeMissingInHidden(SlopeMistake):
    """The derivative of the hidden units is left out."""

    equation = "BP2"
    right = "δ^l = (δ^{l+1} W^{l+1}) ⊙ f'(z^l)"
    wrong = "δ^l = δ^{l+1} W^{l+1}"
    sources = ("https://github.com/ujjwalkarn/Machine-Learning-Tutorials/pull/16",)

    def hidden_delta(self, l: int) -> Numbers:
        return self.sent_back(l)


class ReluGateMissing(SlopeMistake):
    """The gate of relu, 1 where z > 0 and else 0, is missing on the way back through the hidden layers."""

    equation = "BP2"
    right = "δ^l = (δ^{l+1} W^{l+1}) ⊙ [z^l > 0]"
    wrong = "δ^l = δ^{l+1} W^{l+1}"

    def hidden_delta(self, l: int) -> Numbers:
        return self.sent_back(l) if self.layer(l).activation.name == "relu" else super().hidden_delta(l)


class DerivativeOfAnotherActivation(SlopeMistake):
    """The derivative of the sigmoid, a(1 − a), is used whatever the activation is."""

    equation = "BP1, BP2"
    right = "δ = e ⊙ f'(z), of the layer's own f"
    wrong = "δ = e ⊙ a(1 − a)"
    sources = ("https://github.com/codeplea/genann/issues/31",)

    def slope(self, l: int) -> Numbers:
        return self.a[l] - self.a[l] * self.a[l]


class DerivativeReturnsTheFunction(SlopeMistake):
    """The function that should return the derivative returns the activation itself.

    The identity is excepted: its derivative 1 is rarely written as a function.
    """

    equation = "BP1, BP2"
    right = "f'(z), for tanh 1 − tanh(z)²"
    wrong = "f(z)"
    sources = ("https://github.com/andersbll/nnet/issues/4",)

    def slope(self, l: int) -> Numbers:
        name = self.layer(l).activation.name
        return super().slope(l) if name == "identity" else apply_activation(name, self.z[l])
