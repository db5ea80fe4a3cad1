"""Mistakes in the step from deltas to gradients: BP3 and BP4."""

from __future__ import annotations

from harness.mistakes.entries import Mistake
from harness.mistakes.rules import BIASES, HIDDEN_LAYERS, Rule, Scope


class GradientMistake(Mistake):
    """A mistake in the step from deltas to gradients."""

    order = 30


class OutputsWhereInputsBelong(GradientMistake):
    """The layer's outputs stand where its inputs belong.

    The product has the right shape only by accident, where a layer has as many inputs as outputs. Step 12 of "15 Steps"
    is printed so.
    """

    order = 1
    rules = (Rule("input used", "a^l"),)
    sources = ("https://code-spot.co.za/2009/10/08/15-steps-to-implemented-a-neural-net",)


class WeightedSumsWhereOutputsBelong(GradientMistake):
    """A weight's gradient takes the weighted sum that went into the neuron below, not the output that left it.

    The first layer is right, because its inputs are both.
    """

    rules = (Rule("input used", "z^{l-1}"),)
    sources = ("https://stackoverflow.com/questions/22054877",)


class WeightGradientTransposed(GradientMistake):
    """The weight gradient is transposed, and forced into the shape of W where that is not square."""

    rules = (Rule("arrangement", "reshape((·)ᵀ)"),)
    sources = ("https://github.com/iamtrask/Grokking-Deep-Learning/pull/22",)


class InputFactorMissing(GradientMistake):
    """The delta is added to every incoming weight without the input that the weight carries."""

    rules = (Rule("input used", "ones"),)
    sources = ("https://stackoverflow.com/questions/12558517",)


class LastIncomingWeightNeverUpdated(GradientMistake):
    """range(len(inputs) − 1) drops the last incoming weight of every layer that hidden units feed.

    The −1 is right only where the inputs end with a class label.
    """

    rules = (Rule("input used", "(a^{l-1} without its last unit)", Scope("all layers but the first")),)


class FirstLayerNeverUpdated(GradientMistake):
    """Only the output layer is trained: the gradients of the hidden layers are computed and lost."""

    rules = (Rule("gradient factor", "0", HIDDEN_LAYERS),)


class BiasNeverUpdated(GradientMistake):
    """The biases have no gradient at all."""

    rules = (Rule("gradient factor", "0", BIASES),)
    sources = ("https://github.com/mattm/simple-neural-network/issues/5",)


class BiasNotAnInput(GradientMistake):
    """The 1 that the bias multiplies is left out of the concatenated input when the gradient is formed.

    So the row of the biases gets no gradient: these are the numbers of bias_never_updated, for another reason.
    """

    order = 3
    rules = (Rule("gradient factor", "0", BIASES),)
    sources = ("https://code-spot.co.za/2009/10/08/15-steps-to-implemented-a-neural-net",)


class BiasMissingInForward(GradientMistake):
    """The forward pass forgets the bias; everything after it is right for the network without biases."""

    rules = (Rule("bias", "0"),)


class BiasScalarSum(GradientMistake):
    """The bias gradient is summed over the units too (np.sum without an axis), and broadcast."""

    rules = (Rule("bias sum", "Σ_rows Σ_units ·"),)
    sources = ("https://github.com/rasbt/stat453-deep-learning-ss21/issues/5",)


class BiasMeanWeightsSum(GradientMistake):
    """The bias gradient is averaged over the batch while the weight gradient is summed."""

    rules = (Rule("gradient factor", "1/n", BIASES),)
    sources = (
        "https://github.com/kvfrans/notes/issues/5",
        "https://github.com/deeplearning4j/deeplearning4j/pull/364",
    )


class BiasFirstSampleOnly(GradientMistake):
    """The bias gradient is that of the first row of the batch."""

    rules = (Rule("rows", "the first row", BIASES),)


class BiasSignFlipped(GradientMistake):
    """The gradient of the biases has the other sign, as that of a threshold θ in z = W x − θ would have it."""

    rules = (Rule("gradient factor", "−1", BIASES),)
