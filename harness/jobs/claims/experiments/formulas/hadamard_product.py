"""Why f' multiplies elementwise, and when it does not."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from harness.cases.case import make_case
from harness.jobs.claims.claim import Claim, ClaimTable, Evidence, Statement
from harness.jobs.claims.tools import figure, is_right, matrix, relative_distance, true_gradients
from harness.mistakes.entries.costs import SoftmaxDiagonalJacobian
from harness.model.contract import Array

if TYPE_CHECKING:
    import torch


def softplus(z: torch.Tensor) -> torch.Tensor:
    from torch.nn.functional import softplus

    return softplus(z)


ELEMENTWISE = {
    "sigmoid": lambda z: z.sigmoid(),
    "tanh": lambda z: z.tanh(),
    "relu": lambda z: z.relu(),
    "softplus": softplus,
}
Z = np.array([-1.5, -0.25, 0.5, 1.25, 2.0])
SENT_BACK = np.array([1.0, -2.0, 0.5, 3.0, -0.25])


def softmax(z: torch.Tensor) -> torch.Tensor:
    return z.softmax(dim=0)


def experiment() -> Evidence:
    import torch  # slow to import, and needed where the claim is tried

    rows, diagonal, elementwise = [], True, True
    for name, f in [*ELEMENTWISE.items(), ("softmax", softmax)]:
        jacobian = np.asarray(torch.func.jacrev(f)(torch.from_numpy(Z)))
        off = np.count_nonzero(jacobian - np.diag(np.diag(jacobian)))
        back, product = SENT_BACK @ jacobian, SENT_BACK * np.diag(jacobian) + 0.0  # no −0
        if f is softmax:
            mixes = bool(jacobian.all())
            softmax_table = _softmax_table(jacobian)
        else:
            diagonal &= off == 0
            elementwise &= np.array_equal(back, product)
        rows.append([name, f"{off} of {len(Z) * (len(Z) - 1)}", matrix(back[None]), matrix(product[None])])
    headers = ["f", "not 0 off the diagonal", "vector times Jacobian", "vector ⊙ diagonal"]
    caption = (
        f"Jacobians ∂a_j/∂z_k at z = {matrix(Z[None])} by `torch.func.jacrev`, and what becomes of "
        f"{matrix(SENT_BACK[None])} sent back through them."
    )
    exact, collapses, wrong_targets = _exactly()
    off_by, right = _diagonal_only()
    return Evidence(
        (
            Statement("The Jacobian of each elementwise f is diagonal: every other entry is exactly 0.", diagonal),
            Statement("So the product with it is the product entry by entry, to the last bit.", elementwise),
            Statement("No entry of softmax's Jacobian is 0.", mixes),
            Statement(
                "Softmax's full Jacobian, diag(p) − p pᵀ, turns the cross-entropy's ∇_a C into p − t, exactly (in "
                "fractions).",
                exact and collapses,
            ),
            Statement(
                "Its diagonal alone does not: for a one-hot target it leaves the right entry there and 0 for all "
                "the others.",
                wrong_targets,
            ),
            Statement("On a real network the diagonal alone is wrong, beyond rounding.", not right),
        ),
        (
            ClaimTable(caption, headers, rows),
            softmax_table,
            ClaimTable(
                "The first layer's gradient on iris (4-7-3, relu, softmax) with the diagonal alone.",
                ["relative error"],
                [[figure(off_by)]],
            ),
        ),
    )


def _softmax_table(jacobian: Array) -> ClaimTable:
    rows = [[f"a_{j + 1}", *(f"{value:+.3f}" for value in row)] for j, row in enumerate(jacobian)]
    caption = "Softmax: every output depends on every z, through the sum in its denominator; rows and columns sum to 0."
    return ClaimTable(caption, ["∂", *(f"z_{k + 1}" for k in range(len(Z)))], rows)


def _exactly() -> tuple[bool, bool, bool]:
    """In fractions, with e^z as any positive numbers: is the Jacobian diag(p) − p pᵀ a quotient rule; does it give
    p − t; and what does its diagonal give?"""
    e = np.array([Fraction(k) for k in (1, 4, 2, 7)], dtype=object)
    total = e.sum()
    p, t = e / total, np.array([Fraction(k) for k in (0, 0, 1, 0)], dtype=object)
    unit = np.array([[Fraction(int(j == k)) for k in range(4)] for j in range(4)], dtype=object)
    # ∂(e_j / Σe)/∂z_k by the quotient rule, with ∂e_j/∂z_k = [j = k] e_j.
    jacobian = (unit * e[:, None] * total - np.outer(e, e)) / total**2
    gradient = -t / p
    diagonal = gradient * np.diag(jacobian)
    hot = t == 1
    return (
        np.array_equal(jacobian, np.diag(p) - np.outer(p, p)),
        np.array_equal(gradient @ jacobian, p - t),
        bool((diagonal[hot] == (p - t)[hot]).all() and (diagonal[~hot] == 0).all() and ((p - t)[~hot] != 0).all()),
    )


def _diagonal_only() -> tuple[float, bool]:
    """The relative error of the first layer's gradient, and whether rounding explains what is given."""
    inputs = make_case("iris", (4, 7, 3), "relu softmax", 8).build()
    gradients = SoftmaxDiagonalJacobian(inputs).gradients()
    return relative_distance(gradients.w[:1], true_gradients(inputs).w[:1]), is_right(gradients, inputs)


CLAIM = Claim(
    position=4,
    name="why-the-hadamard-product",
    question="Why is f'(z) multiplied elementwise (⊙), when the chain rule has a matrix product?",
    answer=(
        "It is a matrix product, with a diagonal matrix: neuron k's activation depends on z_k alone, so ∂a_j/∂z_k = "
        "0 for j ≠ k. Softmax mixes its inputs; there the whole Jacobian is needed, and with the cross-entropy it "
        "collapses to a − t, where the targets sum to 1."
    ),
    source="the questions on the Hadamard product in BP1 and BP2 of Nielsen's chapter 2.",
    method=(
        "PyTorch takes the full Jacobian of each activation, and a vector is sent back through it; the same algebra "
        "for softmax is done in fractions."
    ),
    limits=(
        "Elementwise means that unit k sees z_k and nothing else. Softmax, layer normalisation, maxout and attention "
        "do not, and ⊙ f' is wrong for them, even where f' is the right diagonal."
    ),
    experiment=experiment,
)
