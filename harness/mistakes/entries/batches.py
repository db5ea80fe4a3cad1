"""Mistakes about sums, means and the samples of a batch."""

from __future__ import annotations

from harness.mistakes.entries import Mistake
from harness.mistakes.rules import HIDDEN_LAYERS, OUTPUT_LAYER, Rule


class BatchMistake(Mistake):
    """A mistake about sums, means and the samples of a batch, or about storage."""

    order = 40


class MeanWhereSumIsStated(BatchMistake):
    """The gradient is divided by the number of rows once more than the cost is."""

    rules = (Rule("gradient factor", "1/n"),)
    also = (
        (Rule("gradient factor", "n"),),
        (Rule("delta factor", "1/n", OUTPUT_LAYER),),
        (Rule("delta factor", "n", OUTPUT_LAYER),),
    )
    sources = ("https://github.com/hunkim/DeepLearningZeroToAll/issues/173",)


class LossMeanOverOutputsGradientNot(BatchMistake):
    """The cost averages over the outputs and the gradient does not, or the other way round."""

    rules = (Rule("delta factor", "1/m", OUTPUT_LAYER),)
    also = (
        (Rule("delta factor", "m", OUTPUT_LAYER),),
        (Rule("gradient factor", "1/m"),),
        (Rule("gradient factor", "m"),),
    )
    sources = ("https://github.com/scikit-learn/scikit-learn/issues/8349",)


class DividedByNAtEveryLayer(BatchMistake):
    """The 1/n of the mean is put into the delta at every layer, where once is enough."""

    rules = (Rule("delta factor", "1/n"),)
    also = ((Rule("delta factor", "1/n", HIDDEN_LAYERS),),)
    sources = ("https://github.com/SkalskiP/ILearnDeepLearning.py/issues/29",)


class GradientAssignedNotAccumulated(BatchMistake):
    """`=` is used in place of `+=`, so only the last sample of the batch counts."""

    rules = (Rule("rows", "the last row"),)
    sources = (
        "https://github.com/karpathy/nn-zero-to-hero/issues/52",
        "https://github.com/PaddlePaddle/Paddle/issues/1805",
    )


class GradientsNotZeroed(BatchMistake):
    """The accumulators are never reset: the second call returns the sum of both."""

    rules = (Rule("second call", "g + g"),)
    sources = ("https://github.com/karpathy/micrograd/issues/53",)


class OnlineUpdatesInsideBatch(BatchMistake):
    """The weights are updated after each sample of a batch."""

    rules = (Rule("order", "for one row after the other"),)


class InputsMutated(BatchMistake):
    """The caller's arrays are changed in place, through an alias.

    The first call is right, the next one uses other weights.
    """

    rules = (Rule("inputs", "changed in place"),)


class Float32Inside(BatchMistake):
    """It computes in float32, or returns float32, although float64 goes in.

    The formula is right: seven digits are correct.
    """

    dtype = computes_in = "float32"


class Float16Stored(BatchMistake):
    """The gradient or the step is computed correctly, and then stored in float16.

    Three digits are left; numbers smaller than 6e-8 become 0 or nearly 0, numbers larger than 65504 become infinite.
    Scale the loss, or keep float32.
    """

    sources = ("https://arxiv.org/abs/1710.03740", "https://docs.pytorch.org/docs/stable/amp.html#gradient-scaling")
    dtype = "float16"
    computes_in = "float32"  # or better
