"""Mistakes about what is sent back through the weights, and through which."""

from __future__ import annotations

from harness.mistakes.entry import Mistake
from harness.model.contract import Numbers
from harness.truth.bounds.rounded_array import pinv


class BackwardMistake(Mistake):
    """A mistake about what is sent back through the weights."""

    order = 20


class InverseWhereTransposeBelongs(BackwardMistake):
    """To go back, divide by the weights: the delta is sent back through the inverse of W, or its pseudoinverse. It is
    the transpose that carries it, and the two are equal only if every nonzero singular value of W is 1."""

    order = 2
    equation = "BP2"
    right = "δ^l = (δ^{l+1} W^{l+1}) ⊙ f'(z^l)"
    wrong = "δ^l = (δ^{l+1} pinv(W^{l+1})ᵀ) ⊙ f'(z^l)"
    sources = ("an intuition that readers of backpropagation articles ask about",)

    def sent_back(self, l: int) -> Numbers:
        return self.delta[l + 1] @ pinv(self.weights_back(l + 1)).T


class WrongLayersWeights(BackwardMistake):
    """The delta of layer l is computed with that layer's own weights, not with those of the next: off by one."""

    equation = "BP2"
    right = "δ^l = (δ^{l+1} W^{l+1}) ⊙ f'(z^l)"
    wrong = "δ^l = (δ^{l+1} W^l) ⊙ f'(z^l)"

    def sent_back(self, l: int) -> Numbers:
        return self.delta[l + 1] @ self.weights_back(l)


class TransposeMissingInBackward(BackwardMistake):
    """W stands where its transpose belongs when the delta goes back; it runs only where W is square."""

    equation = "BP2"
    right = "δ^l = (W^{l+1})ᵀ δ^{l+1} ⊙ f'(z^l), in columns"
    wrong = "δ^l = W^{l+1} δ^{l+1} ⊙ f'(z^l), in columns"
    sources = ("https://github.com/hunkim/DeepLearningZeroToAll/issues/25",)

    def sent_back(self, l: int) -> Numbers:
        return self.delta[l + 1] @ self.weights_back(l + 1).T


class NeuronValuesPropagated(BackwardMistake):
    """The values of the next layer's neurons are sent back, not their deltas."""

    equation = "BP2"
    right = "δ_j = f'(z_j) Σ_k w_kj δ_k"
    wrong = "δ_j = f'(z_j) Σ_k w_kj a_k"

    def sent_back(self, l: int) -> Numbers:
        return self.a[l + 1] @ self.weights_back(l + 1)


class ErrorSplitByWeightShare(BackwardMistake):
    """The error is divided among the units in proportion to their weights, with no derivative: blame, not backprop."""

    equation = "BP2"
    right = "e_j = Σ_k w_kj δ_k"
    wrong = "e_j = Σ_k (w_kj / Σ_i |w_ki|) e_k"

    def sent_back(self, l: int) -> Numbers:
        error = self.scaled(self.output_error()) if l + 1 == self.last else self.sent_back(l + 1)
        w = self.weights_back(l + 1)
        return error @ (w / abs(w).sum(axis=1, keepdims=True))


class UpdatedWeightsUsedToPropagate(BackwardMistake):
    """A layer's weights are updated before the delta is sent back through them."""

    equation = "BP2"
    right = "δ^l = (δ^{l+1} W_old) ⊙ f'(z^l)"
    wrong = "δ^l = (δ^{l+1} (W_old − η (δ^{l+1})ᵀ a^l)) ⊙ f'(z^l)"
    sources = (
        "https://github.com/CodingTrain/Toy-Neural-Network-JS/issues/72",
        "https://github.com/joelgrus/data-science-from-scratch/issues/31",
        "https://github.com/kim-marcel/basic_neural_network/issues/7",
    )

    def weights_back(self, l: int) -> Numbers:
        w = super().weights_back(l)
        return w if self.learning_rate is None else w - self.learning_rate * self.weight_gradient(l)
