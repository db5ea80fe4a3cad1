"""Mistakes about the cost and the output that goes with it."""

from __future__ import annotations

from harness.mistakes.entries import Mistake
from harness.mistakes.rules import OUTPUT_LAYER, SOFTMAX, Rule, Scope


class CostMistake(Mistake):
    """A mistake about the cost and the output that goes with it."""

    order = 50


class SignError(CostMistake):
    """t − a is used with the update rule for a − t, so the cost increases."""

    rules = (Rule("delta factor", "−1", OUTPUT_LAYER),)
    also = ((Rule("gradient factor", "−1"),), (Rule("step factor", "−1"),))
    sources = ("https://github.com/Yorko/mlcourse.ai/issues/640", "https://github.com/pytorch/pytorch/issues/1871")


class SoftmaxJacobianMissing(CostMistake):
    """The softmax passes the gradient of its output back unchanged, as if it were the identity: −t/p.

    Its Jacobian, diag(p) − p pᵀ, is left out.
    """

    rules = (Rule("error", "(−t / a^l)", SOFTMAX),)
    sources = ("https://github.com/pjreddie/darknet/pull/96",)


class SoftmaxDiagonalJacobian(CostMistake):
    """Only the diagonal p(1 − p) of the softmax's Jacobian is used, with ∂C/∂p = −t/p."""

    rules = (Rule("error", "(−t / a^l)", SOFTMAX), Rule("extra slope", "f'(z^l)", SOFTMAX))
    also = ((Rule("error", "∇_a C"), Rule("extra slope", "f'(z^l)")),)
    sources = (
        "https://github.com/deeplearning4j/libnd4j/issues/440",
        "https://github.com/SebLague/Neural-Network-Experiments/pull/5",
    )


class SoftmaxCeTimesPOneMinusP(CostMistake):
    """An extra p(1 − p) after p − t, which is the whole delta of softmax with cross-entropy."""

    rules = (Rule("extra slope", "f'(z^l)", SOFTMAX),)


class SigmaPrimeWithCrossEntropy(CostMistake):
    """σ' is kept at the output although the cost is the binary cross-entropy, in which it cancels."""

    rules = (Rule("extra slope", "f'(z^l)", Scope(activation="sigmoid")),)
    sources = ("https://github.com/parasdahal/tinyml/issues/1",)


class SoftmaxOverflow(CostMistake):
    """The softmax does not subtract the largest z: it is NaN above 709, in float32 above 88."""

    rules = (Rule("activation", "exp(z^l) / Σ exp(z^l)"),)
    sources = (
        "https://github.com/githubharald/CTCWordBeamSearch/pull/19",
        "https://github.com/FlorianMuellerklein/Machine-Learning/issues/2",
    )
