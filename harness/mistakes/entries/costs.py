"""Mistakes about the cost and the output that goes with it."""

from __future__ import annotations

from harness.mistakes.entry import Mistake
from harness.model.contract import Numbers
from harness.truth.bounds.rounded_array import exp_in_dtype


class CostMistake(Mistake):
    """A mistake about the cost and the output that goes with it."""

    order = 50


class SignError(CostMistake):
    """t − a is used with the update rule for a − t, so the cost increases."""

    equation = "BP1"
    right = "δ^L = (a − t) ⊙ f'(z^L) with −=, or (t − a) ⊙ f'(z^L) with +="
    wrong = "δ^L = (t − a) ⊙ f'(z^L) with −="
    sources = ("https://github.com/Yorko/mlcourse.ai/issues/640", "https://github.com/pytorch/pytorch/issues/1871")
    is_scaling = True

    def output_delta(self) -> Numbers:
        return -super().output_delta()


class SoftmaxJacobianMissing(CostMistake):
    """The softmax passes the gradient of its output back unchanged, as if it were the identity: −t/p.

    Its Jacobian, diag(p) − p pᵀ, is left out.
    """

    equation = "BP1"
    right = "δ^L = (diag(p) − p pᵀ) (−t/p) = p − t"
    wrong = "δ^L = −t/p"
    sources = ("https://github.com/pjreddie/darknet/pull/96",)

    def output_delta(self) -> Numbers:
        if self.layer(self.last).activation.name != "softmax":
            return super().output_delta()
        return -(self.t / self.a[self.last])


class SoftmaxDiagonalJacobian(CostMistake):
    """Only the diagonal p(1 − p) of the softmax's Jacobian is used, with ∂C/∂p = −t/p."""

    equation = "BP1"
    right = "δ^L = p − t"
    wrong = "δ^L = −t/p ⊙ p(1 − p) = −t(1 − p)"
    sources = (
        "https://github.com/deeplearning4j/libnd4j/issues/440",
        "https://github.com/SebLague/Neural-Network-Experiments/pull/5",
    )

    def output_delta(self) -> Numbers:
        if self.layer(self.last).activation.name != "softmax":
            return super().output_delta()
        p = self.a[self.last]
        return -(self.t / p) * (p - p * p)


class SoftmaxCeTimesPOneMinusP(CostMistake):
    """An extra p(1 − p) after p − t, which is the whole delta of softmax with cross-entropy."""

    equation = "BP1"
    right = "δ^L = p − t"
    wrong = "δ^L = (p − t) ⊙ p(1 − p)"

    def output_delta(self) -> Numbers:
        delta, p = super().output_delta(), self.a[self.last]
        return delta * (p - p * p) if self.layer(self.last).activation.name == "softmax" else delta


class SigmaPrimeWithCrossEntropy(CostMistake):
    """σ' is kept at the output although the cost is the binary cross-entropy, in which it cancels."""

    equation = "BP1"
    right = "δ^L = a − t"
    wrong = "δ^L = (a − t) ⊙ a(1 − a)"
    sources = ("https://github.com/parasdahal/tinyml/issues/1",)

    def output_delta(self) -> Numbers:
        delta = super().output_delta()
        return delta * self.slope(self.last) if self.network.cost.name == "binary_cross_entropy" else delta


class SoftmaxOverflow(CostMistake):
    """The softmax does not subtract the largest z: it is NaN above 709, in float32 above 88."""

    equation = "a"
    right = "exp(z − max z) / Σ exp(z − max z)"
    wrong = "exp(z) / Σ exp(z)"
    sources = (
        "https://github.com/githubharald/CTCWordBeamSearch/pull/19",
        "https://github.com/FlorianMuellerklein/Machine-Learning/issues/2",
    )
    nan_is_evidence = True

    def output(self, l: int) -> Numbers:
        if self.layer(l).activation.name != "softmax":
            return super().output(l)
        e = exp_in_dtype(self.z[l])
        return e / e.sum(axis=1, keepdims=True)
