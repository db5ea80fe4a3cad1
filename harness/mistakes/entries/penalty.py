"""Mistakes in the gradient of an L2 penalty, for files that declare one (L2).

The formulas are those of the penalty λ/2 Σ w². In some layers alone they are "the penalty of one layer twice" and the
like.
"""

from __future__ import annotations

from typing import ClassVar

from harness.judging.conventions import Convention
from harness.mistakes.entry import Mistake
from harness.model.contract import Numbers


class PenaltyMistake(Mistake):
    """A mistake in the gradient of the penalty."""

    order = 120
    convention: ClassVar[Convention] = Convention(l2=0.1)


class PenaltyMissing(PenaltyMistake):
    """The penalty is in the cost and not in the gradient."""

    equation = "BP4"
    right = "∂C/∂W^l = (δ^l)ᵀ a^{l-1} + λ W^l"
    wrong = "∂C/∂W^l = (δ^l)ᵀ a^{l-1}"
    sources = ("https://github.com/Artelnics/opennn/issues/241",)

    def weight_penalty(self, l: int) -> Numbers:
        return super().weight_penalty(l) * 0

    def bias_penalty(self, l: int) -> Numbers:
        return super().bias_penalty(l) * 0


class PenaltyOfBiasesMissing(PenaltyMistake):
    """The penalty in the cost has the biases, the gradient has that of the weights alone."""

    equation = "BP3"
    right = "∂C/∂b^l = Σ_rows δ^l + λ b^l"
    wrong = "∂C/∂b^l = Σ_rows δ^l"
    sources = ("https://github.com/Burton2000/CS231n-2017/issues/9",)
    convention = Convention(l2=0.1, l2_biases=True)

    def bias_penalty(self, l: int) -> Numbers:
        return super().bias_penalty(l) * 0


class PenaltyDoubled(PenaltyMistake):
    """The gradient of the penalty has a 2, although the ½ of the penalty cancels it."""

    equation = "BP4"
    right = "for λ/2 Σ w²: + λ W^l"
    wrong = "for λ/2 Σ w²: + 2λ W^l"
    sources = (
        "https://github.com/cs231n/cs231n.github.io/issues/89",
        "https://github.com/titu1994/DenseNet/issues/57",
        "https://github.com/lightaime/cs231n/pull/2",
    )

    def weight_penalty(self, l: int) -> Numbers:
        return super().weight_penalty(l) * 2

    def bias_penalty(self, l: int) -> Numbers:
        return super().bias_penalty(l) * 2


class PenaltyHalved(PenaltyMistake):
    """The gradient of the penalty lacks the 2, although the penalty has no ½."""

    equation = "BP4"
    right = "for λ Σ w²: + 2λ W^l"
    wrong = "for λ Σ w²: + λ W^l"
    sources = ("https://github.com/jingtinghuang/CS231n-Spring-2017/issues/3",)

    def weight_penalty(self, l: int) -> Numbers:
        return super().weight_penalty(l) / 2

    def bias_penalty(self, l: int) -> Numbers:
        return super().bias_penalty(l) / 2


class PenaltySignFlipped(PenaltyMistake):
    """The penalty is subtracted from the gradient, so that a step makes the weights larger."""

    equation = "BP4"
    right = "∂C/∂W^l = (δ^l)ᵀ a^{l-1} + λ W^l"
    wrong = "∂C/∂W^l = (δ^l)ᵀ a^{l-1} − λ W^l"
    sources = (
        "https://github.com/chainer/chainer/issues/261",
        "https://github.com/andersbll/deeppy/issues/17",
        "https://github.com/andersbll/nnet/issues/4",
    )

    def weight_penalty(self, l: int) -> Numbers:
        return -super().weight_penalty(l)

    def bias_penalty(self, l: int) -> Numbers:
        return -super().bias_penalty(l)


class PenaltyOnBiases(PenaltyMistake):
    """The biases are penalised too, although the penalty is that of the weights."""

    equation = "BP3"
    right = "∂C/∂b^l = Σ_rows δ^l"
    wrong = "∂C/∂b^l = Σ_rows δ^l + λ b^l"
    sources = (
        "https://github.com/rasmusbergpalm/DeepLearnToolbox/issues/32",
        "https://github.com/nyu-dl/dl4mt-tutorial/issues/66",
    )

    def bias_penalty(self, l: int) -> Numbers:
        return self.penalty_gradient(self.layer(l).b)


class PenaltyOfOnesOnBiases(PenaltyMistake):
    """The column of the biases is replaced by ones, where zeros belong, before the penalty is added."""

    equation = "BP3"
    right = "[W, b] ← [W, 0] in the penalty"
    wrong = "[W, b] ← [W, 1] in the penalty"
    sources = ("https://github.com/JWarmenhoven/Coursera-Machine-Learning/issues/3",)

    def bias_penalty(self, l: int) -> Numbers:
        return self.penalty_gradient(self.layer(l).b * 0 + 1)


class PenaltyOnceARow(PenaltyMistake):
    """The penalty is added for every row of the batch, or is not divided by their number where it should be."""

    equation = "BP4"
    right = "Σ_rows δ a + λ W^l"
    wrong = "Σ_rows (δ a + λ W^l)"

    def weight_penalty(self, l: int) -> Numbers:
        return super().weight_penalty(l) * self.rows

    def bias_penalty(self, l: int) -> Numbers:
        return super().bias_penalty(l) * self.rows


class PenaltyDividedByRows(PenaltyMistake):
    """The penalty is divided by the number of rows, although the penalty of the declared cost is not."""

    equation = "BP4"
    right = "+ λ W^l"
    wrong = "+ λ/n W^l"
    sources = (
        "https://github.com/scikit-learn/scikit-learn/issues/6780",
        "https://github.com/scikit-learn/scikit-learn/issues/10477",
    )

    def weight_penalty(self, l: int) -> Numbers:
        return super().weight_penalty(l) / self.rows

    def bias_penalty(self, l: int) -> Numbers:
        return super().bias_penalty(l) / self.rows
