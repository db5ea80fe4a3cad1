"""Mistakes about f': fed with the wrong argument, of the wrong function, or left out."""

from __future__ import annotations

from harness.mistakes.entries import Mistake
from harness.mistakes.rules import HIDDEN_LAYERS, NOT_LINEAR, OUTPUT_LAYER, Rule, Scope


class SlopeMistake(Mistake):
    """A mistake about f'."""

    order = 10


class SigmaPrimeOfActivation(SlopeMistake):
    """The derivative is applied to the activation a, not to z: the sigmoid is taken twice."""

    rules = (Rule("slope", "f'(a^l)"),)
    sources = ("https://github.com/dwhitena/gophernet/issues/6",)


class TanhPrimeOfOutput(SlopeMistake):
    """tanh' is evaluated at the output, as if that were z; other activations are right."""

    rules = (Rule("slope", "f'(a^l)", Scope(activation="tanh")),)
    sources = ("https://github.com/davidrmiller/neural2d/issues/40",)


class OutputFormFedZ(SlopeMistake):
    """The form of the derivative that takes the output, y(1 − y) or 1 − y², is fed with z."""

    rules = (Rule("slope", "g(z^l)"),)
    sources = ("https://github.com/kyle8998/Sudo-Productivity/issues/3",)


class NoSigmaPrimeAtOutput(SlopeMistake):
    """f' of the output layer is left out with the squared error: that is the delta of the cross-entropy."""

    rules = (Rule("slope", "1", OUTPUT_LAYER),)
    sources = (
        "https://github.com/Bot-Academy/NeuralNetworkFromScratch/pull/3",
        "https://github.com/jiexunsee/Neural-Network-from-Scratch/issues/1",
    )


class SigmaPrimeMissingInErrorSentBack(SlopeMistake):
    """The raw error, not the delta, is sent back through the weights; each layer's own update has its f'."""

    rules = (Rule("source", "e^{l+1}"),)
    sources = ("https://github.com/makeyourownneuralnetwork/makeyourownneuralnetwork/issues/64",)


class SigmaPrimeMissingInHidden(SlopeMistake):
    """The derivative of the hidden units is left out."""

    rules = (Rule("slope", "1", HIDDEN_LAYERS),)
    sources = ("https://github.com/ujjwalkarn/Machine-Learning-Tutorials/pull/16",)


class ReluGateMissing(SlopeMistake):
    """The gate of relu, 1 where z > 0 and else 0, is missing on the way back through the hidden layers."""

    rules = (Rule("slope", "1", Scope("hidden layers", "relu")),)


class DerivativeOfAnotherActivation(SlopeMistake):
    """The derivative of the sigmoid, a(1 − a), is used whatever the activation is."""

    rules = (Rule("slope", "a^l (1 − a^l)"),)
    also = ((Rule("slope", "a^l (1 − a^l)"), Rule("extra slope", "a^l (1 − a^l)")),)
    sources = ("https://github.com/codeplea/genann/issues/31",)


class DerivativeReturnsTheFunction(SlopeMistake):
    """The function that should return the derivative returns the activation itself."""

    rules = (Rule("slope", "f(z^l)", Scope(activation=NOT_LINEAR)),)
    sources = ("https://github.com/andersbll/nnet/issues/4",)
