"""Mistakes in the gradient of an L2 penalty, for files that declare one (L2).

The formulas are those of the penalty λ/2 Σ w². In some layers alone they are "the penalty of one layer twice" and the
like.
"""

from __future__ import annotations

from typing import ClassVar

from harness.judging.conventions import Convention
from harness.mistakes.entries import Mistake
from harness.mistakes.rules import BIASES, Rule


class PenaltyMistake(Mistake):
    """A mistake in the gradient of the penalty."""

    order = 120
    convention: ClassVar[Convention] = Convention(l2=0.1)


class PenaltyMissing(PenaltyMistake):
    """The penalty is in the cost and not in the gradient."""

    rules = (Rule("penalty", "0"),)
    sources = ("https://github.com/Artelnics/opennn/issues/241",)


class PenaltyOfBiasesMissing(PenaltyMistake):
    """The penalty in the cost has the biases, the gradient has that of the weights alone."""

    rules = (Rule("penalty", "0", BIASES),)
    sources = ("https://github.com/Burton2000/CS231n-2017/issues/9",)
    convention = Convention(l2=0.1, l2_biases=True)


class PenaltyDoubled(PenaltyMistake):
    """The gradient of the penalty has a 2, although the ½ of the penalty cancels it."""

    rules = (Rule("penalty", "2 ·"),)
    sources = (
        "https://github.com/cs231n/cs231n.github.io/issues/89",
        "https://github.com/titu1994/DenseNet/issues/57",
        "https://github.com/lightaime/cs231n/pull/2",
    )


class PenaltyHalved(PenaltyMistake):
    """The gradient of the penalty lacks the 2, although the penalty has no ½."""

    rules = (Rule("penalty", "1/2 ·"),)
    sources = ("https://github.com/jingtinghuang/CS231n-Spring-2017/issues/3",)


class PenaltySignFlipped(PenaltyMistake):
    """The penalty is subtracted from the gradient, so that a step makes the weights larger."""

    rules = (Rule("penalty", "−·"),)
    sources = (
        "https://github.com/chainer/chainer/issues/261",
        "https://github.com/andersbll/deeppy/issues/17",
        "https://github.com/andersbll/nnet/issues/4",
    )


class PenaltyOnBiases(PenaltyMistake):
    """The biases are penalised too, although the penalty is that of the weights."""

    rules = (Rule("penalty", "λ p", BIASES),)
    sources = (
        "https://github.com/rasmusbergpalm/DeepLearnToolbox/issues/32",
        "https://github.com/nyu-dl/dl4mt-tutorial/issues/66",
    )


class PenaltyOfOnesOnBiases(PenaltyMistake):
    """The column of the biases is replaced by ones, where zeros belong, before the penalty is added."""

    rules = (Rule("penalty", "λ ones", BIASES),)
    sources = ("https://github.com/JWarmenhoven/Coursera-Machine-Learning/issues/3",)


class PenaltyOnceARow(PenaltyMistake):
    """The penalty is added for every row of the batch, or is not divided by their number where it should be."""

    rules = (Rule("penalty", "n ·"),)


class PenaltyDividedByRows(PenaltyMistake):
    """The penalty is divided by the number of rows, although the penalty of the declared cost is not."""

    rules = (Rule("penalty", "1/n ·"),)
    sources = (
        "https://github.com/scikit-learn/scikit-learn/issues/6780",
        "https://github.com/scikit-learn/scikit-learn/issues/10477",
    )
