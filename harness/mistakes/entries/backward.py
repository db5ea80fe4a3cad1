"""Mistakes about what is sent back through the weights, and through which."""

from __future__ import annotations

from harness.mistakes.entries import Mistake
from harness.mistakes.rules import Rule


class BackwardMistake(Mistake):
    """A mistake about what is sent back through the weights."""

    order = 20


class InverseWhereTransposeBelongs(BackwardMistake):
    """To go back, divide by the weights: the delta is sent back through the inverse of W, or its pseudoinverse.

    It is the transpose that carries it, and the two are equal only if every nonzero singular value of W is 1.
    """

    order = 2
    rules = (Rule("matrix", "pinv(W^{l+1})ᵀ"),)
    sources = ("an intuition that readers of backpropagation articles ask about",)


class WrongLayersWeights(BackwardMistake):
    """The delta of layer l is computed with that layer's own weights, not with those of the next: off by one."""

    rules = (Rule("matrix", "W^l"),)


class TransposeMissingInBackward(BackwardMistake):
    """W stands where its transpose belongs when the delta goes back; it runs only where W is square."""

    rules = (Rule("matrix", "(W^{l+1})ᵀ"),)
    sources = ("https://github.com/hunkim/DeepLearningZeroToAll/issues/25",)


class NeuronValuesPropagated(BackwardMistake):
    """The values of the next layer's neurons are sent back, not their deltas."""

    rules = (Rule("source", "a^{l+1}"),)


class ErrorSplitByWeightShare(BackwardMistake):
    """The error is divided among the units in proportion to their weights, without a derivative."""

    rules = (Rule("source", "e^{l+1}"), Rule("matrix", "(W^{l+1} / Σ_columns |W^{l+1}|)"))


class UpdatedWeightsUsedToPropagate(BackwardMistake):
    """A layer's weights are updated before the delta is sent back through them."""

    rules = (Rule("matrix", "(W^{l+1} − η ∂C/∂W^{l+1})"),)
    sources = (
        "https://github.com/CodingTrain/Toy-Neural-Network-JS/issues/72",
        "https://github.com/joelgrus/data-science-from-scratch/issues/31",
        "https://github.com/kim-marcel/basic_neural_network/issues/7",
    )
