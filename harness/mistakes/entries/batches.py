"""Mistakes about sums, means and the samples of a batch."""

from __future__ import annotations

from harness.mistakes.entry import Mistake
from harness.model.contract import Inputs, Network, Numbers


class BatchMistake(Mistake):
    """A mistake about sums, means and the samples of a batch, or about storage."""

    order = 40


class MeanWhereSumIsStated(BatchMistake):
    """The gradient is divided by the number of rows although the cost is their sum, or the other way round."""

    equation = "BP3, BP4"
    right = "Σ_rows"
    wrong = "Σ_rows / n"
    sources = ("https://github.com/hunkim/DeepLearningZeroToAll/issues/173",)
    is_scaling = True

    def weight_gradient(self, l: int) -> Numbers:
        return self._otherwise(super().weight_gradient(l))

    def bias_gradient(self, l: int) -> Numbers:
        return self._otherwise(super().bias_gradient(l))

    def _otherwise(self, gradient: Numbers) -> Numbers:
        is_mean = self.scale.divisor in (self.rows, self.rows * self.t.shape[1]) and self.scale.divisor > 1
        return gradient * self.rows if is_mean else gradient / self.rows


class LossMeanOverOutputsGradientNot(BatchMistake):
    """The cost averages over the outputs and the gradient does not, or the other way round."""

    equation = "BP1"
    right = "one normalisation for the cost and its gradient"
    wrong = "one of them is divided by the number of outputs"
    sources = ("https://github.com/scikit-learn/scikit-learn/issues/8349",)
    is_scaling = True

    def output_delta(self) -> Numbers:
        outputs = self.t.shape[1]
        is_mean = self.scale.divisor in (outputs, self.rows * outputs) and self.scale.divisor > 1
        return super().output_delta() * outputs if is_mean else super().output_delta() / outputs


class DividedByNAtEveryLayer(BatchMistake):
    """The 1/n of the mean is put into the delta at every layer, where once is enough."""

    equation = "BP2"
    right = "1/n once, in δ^L or in the gradients"
    wrong = "δ^l /= n at each layer"
    sources = ("https://github.com/SkalskiP/ILearnDeepLearning.py/issues/29",)

    def output_delta(self) -> Numbers:
        # Where the mean is declared, the output layer has its 1/n already.
        delta = super().output_delta()
        return delta / self.rows if self.scale.divisor == 1 else delta

    def hidden_delta(self, l: int) -> Numbers:
        return super().hidden_delta(l) / self.rows


class GradientAssignedNotAccumulated(BatchMistake):
    """`=` stands for `+=`: only the last sample of the batch counts."""

    equation = "BP3, BP4"
    right = "grad += that of the sample"
    wrong = "grad = that of the sample"
    sources = (
        "https://github.com/karpathy/nn-zero-to-hero/issues/52",
        "https://github.com/PaddlePaddle/Paddle/issues/1805",
    )

    def weight_gradient(self, l: int) -> Numbers:
        return self.delta[l][-1:].T @ self.a[l - 1][-1:]

    def bias_gradient(self, l: int) -> Numbers:
        return self.delta[l][-1]


class GradientsNotZeroed(BatchMistake):
    """The accumulators are never reset: the second call returns the sum of both."""

    equation = "BP3, BP4"
    right = "zero the gradients before each backward pass"
    wrong = "never zeroed"
    sources = ("https://github.com/karpathy/micrograd/issues/53",)

    def second_call(self, gradient: Numbers) -> Numbers:
        return gradient + gradient


class OnlineUpdatesInsideBatch(BatchMistake):
    """The weights change after each sample of what is called a batch."""

    equation = "rule"
    right = "all samples at the same weights"
    wrong = "sample k at weights that the samples before it have moved"

    def step(self, call: int = 1) -> Network:
        network = self.network
        for row in range(self.rows):
            inputs = Inputs(network, self.a[0][row : row + 1], self.t[row : row + 1])
            one = type(self)(inputs, self.learning_rate, self.scale)
            network = super(OnlineUpdatesInsideBatch, one).step(call)
        return network


class InputsMutated(BatchMistake):
    """The caller's arrays are changed on the way: an update in place, through an alias. The first call is right, the
    next is at other weights."""

    equation = "rule"
    right = "copy first, or make new arrays"
    wrong = "an operation in place on the caller's array, as W −= η ∂C/∂W or x /= 2"

    def changes_inputs(self) -> bool:
        return True


class Float32Inside(BatchMistake):
    """It computes in float32, or returns float32, although float64 goes in. No slip of the formula: seven digits are
    right."""

    equation = "arithmetic"
    right = "float64 throughout"
    wrong = "float32 inside"
    dtype = computes_in = "float32"


class Float16Stored(BatchMistake):
    """It computes the gradient, or the step, right, and stores it in float16: three digits are left, what is smaller
    than 6e-8 is 0 or nearly so, and what is larger than 65504 is infinite. Scale the loss, or keep float32."""

    equation = "arithmetic"
    right = "gradients and weights in the dtype that goes in"
    wrong = "the same, rounded to float16"
    sources = ("https://arxiv.org/abs/1710.03740", "https://docs.pytorch.org/docs/stable/amp.html#gradient-scaling")
    dtype = "float16"
    computes_in = "float32"  # or better
