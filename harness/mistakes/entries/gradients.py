"""Mistakes in the step from deltas to gradients: BP3 and BP4."""

from __future__ import annotations

import numpy as np

from harness.mistakes.entry import Mistake
from harness.model.contract import Numbers


class GradientMistake(Mistake):
    """A mistake in the step from deltas to gradients."""

    order = 30


class OutputsWhereInputsBelong(GradientMistake):
    """The layer's outputs stand where its inputs belong.

    The product has the right shape only by accident, where a layer has as many inputs as outputs. Step 12 of "15 Steps"
    is printed so.
    """

    order = 1
    equation = "BP4"
    right = "∂C/∂W^l = (δ^l)ᵀ a^{l-1}"
    wrong = "∂C/∂W^l = (δ^l)ᵀ a^l"
    sources = ("https://code-spot.co.za/2009/10/08/15-steps-to-implemented-a-neural-net",)

    def weight_gradient(self, l: int) -> Numbers:
        return self.delta[l].T @ self.a[l]


class WeightedSumsWhereOutputsBelong(GradientMistake):
    """A weight's gradient takes the weighted sum that went into the neuron below, not the output that left it.

    The first layer is right, because its inputs are both.
    """

    equation = "BP4"
    right = "∂C/∂W^l = (δ^l)ᵀ a^{l-1}"
    wrong = "∂C/∂W^l = (δ^l)ᵀ z^{l-1}"
    sources = ("https://stackoverflow.com/questions/22054877",)

    def weight_gradient(self, l: int) -> Numbers:
        return super().weight_gradient(l) if l == 1 else self.delta[l].T @ self.z[l - 1]


class WeightGradientTransposed(GradientMistake):
    """The weight gradient is transposed, and forced into the shape of W where that is not square."""

    equation = "BP4"
    right = "∂C/∂W^l = (δ^l)ᵀ a^{l-1}"
    wrong = "∂C/∂W^l = (a^{l-1})ᵀ δ^l, reshaped"
    sources = ("https://github.com/iamtrask/Grokking-Deep-Learning/pull/22",)

    def weight_gradient(self, l: int) -> Numbers:
        return (self.a[l - 1].T @ self.delta[l]).reshape(self.layer(l).w.shape)


class InputFactorMissing(GradientMistake):
    """The delta is added to every incoming weight without the input that the weight carries."""

    equation = "BP4"
    right = "∂C/∂w_jk = Σ_rows δ_j a_k"
    wrong = "∂C/∂w_jk = Σ_rows δ_j"
    sources = ("https://stackoverflow.com/questions/12558517",)

    def weight_gradient(self, l: int) -> Numbers:
        return self.delta[l].T @ np.ones(self.a[l - 1].shape, dtype=int)


class LastIncomingWeightNeverUpdated(GradientMistake):
    """range(len(inputs) − 1) drops the last incoming weight of every layer that hidden units feed.

    The −1 is right only where the inputs end with a class label.
    """

    equation = "BP4"
    right = "for j in range(len(inputs))"
    wrong = "for j in range(len(inputs) − 1)"

    def weight_gradient(self, l: int) -> Numbers:
        w = super().weight_gradient(l)
        return w if l == 1 else w * (np.arange(w.shape[1]) < w.shape[1] - 1)


class FirstLayerNeverUpdated(GradientMistake):
    """Only the output layer is trained: the gradients of the hidden layers are computed and lost."""

    equation = "BP3, BP4"
    right = "a gradient for every layer"
    wrong = "0 for every hidden layer"

    def weight_gradient(self, l: int) -> Numbers:
        return super().weight_gradient(l) * int(l == self.last)

    def bias_gradient(self, l: int) -> Numbers:
        return super().bias_gradient(l) * int(l == self.last)


class BiasNeverUpdated(GradientMistake):
    """The biases have no gradient at all."""

    equation = "BP3"
    right = "∂C/∂b^l = Σ_rows δ^l"
    wrong = "∂C/∂b^l = 0"
    sources = ("https://github.com/mattm/simple-neural-network/issues/5",)

    def bias_gradient(self, l: int) -> Numbers:
        return super().bias_gradient(l) * 0


class BiasNotAnInput(GradientMistake):
    """The 1 that the bias multiplies is left out of the concatenated input when the gradient is formed.

    So the row of the biases gets no gradient: these are the numbers of bias_never_updated, for another reason.
    """

    order = 3
    equation = "BP3"
    right = "∂C/∂[W, b] = δᵀ [a, 1]"
    wrong = "∂C/∂[W, b] = δᵀ [a, 0]"
    sources = ("https://code-spot.co.za/2009/10/08/15-steps-to-implemented-a-neural-net",)

    def bias_gradient(self, l: int) -> Numbers:
        return super().bias_gradient(l) * 0


class BiasMissingInForward(GradientMistake):
    """The forward pass forgets the bias; everything after it is right for the network without biases."""

    equation = "z"
    right = "z^l = a^{l-1} (W^l)ᵀ + b^l"
    wrong = "z^l = a^{l-1} (W^l)ᵀ"

    def weighted_input(self, l: int) -> Numbers:
        return self.a[l - 1] @ self.layer(l).w.T


class BiasScalarSum(GradientMistake):
    """The bias gradient is summed over the units too (np.sum without an axis), and broadcast."""

    equation = "BP3"
    right = "db = delta.sum(axis=0)"
    wrong = "db = delta.sum()"
    sources = ("https://github.com/rasbt/stat453-deep-learning-ss21/issues/5",)

    def bias_gradient(self, l: int) -> Numbers:
        return self.delta[l].sum() * np.ones(self.layer(l).b.shape, dtype=int)


class BiasMeanWeightsSum(GradientMistake):
    """The bias gradient is averaged over the batch while the weight gradient is summed."""

    equation = "BP3"
    right = "both sums, or both means"
    wrong = "dW = δᵀ a,  db = mean of δ over the rows"
    sources = (
        "https://github.com/kvfrans/notes/issues/5",
        "https://github.com/deeplearning4j/deeplearning4j/pull/364",
    )

    def bias_gradient(self, l: int) -> Numbers:
        return super().bias_gradient(l) / self.rows


class BiasFirstSampleOnly(GradientMistake):
    """The bias gradient is that of the first row of the batch."""

    equation = "BP3"
    right = "db = Σ_n δ_n"
    wrong = "db = δ_0"

    def bias_gradient(self, l: int) -> Numbers:
        return self.delta[l][0]


class BiasSignFlipped(GradientMistake):
    """The habit of thresholds, z = W x − θ: the bias gets the gradient of a threshold, with the opposite sign."""

    equation = "BP3"
    right = "∂C/∂b = +Σ_rows δ"
    wrong = "∂C/∂b = −Σ_rows δ"

    def bias_gradient(self, l: int) -> Numbers:
        return -super().bias_gradient(l)
