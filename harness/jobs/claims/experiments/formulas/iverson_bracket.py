"""Where the Iverson bracket comes from in ∂z_a/∂w_ij."""

from __future__ import annotations

import numpy as np

from harness.cases import datasets
from harness.jobs.claims.claim import Claim, ClaimTable, Evidence, Statement
from harness.jobs.claims.tools import layers, matrix
from harness.model.contract import Array


def experiment() -> Evidence:
    rows, equal, contracted, wrong_sum = [], True, True, True
    for name, outputs in {"iris": 3, "wine": 5, "breast_cancer": 8, "digits": 10}.items():
        x = datasets.load_dataset(name).x[0]
        jacobian = _jacobian(x, outputs)
        expected = np.einsum("ia,j->aij", np.eye(outputs), x)
        same = int((jacobian == expected).sum())
        delta = np.random.default_rng(outputs).uniform(-1, 1, outputs)
        equal &= same == jacobian.size
        contracted &= np.array_equal(np.einsum("a,aij->ij", delta, jacobian), np.outer(delta, x))
        # The sum over the inputs instead, with the same δ, leaves one number for all weights of a neuron.
        over_inputs = np.einsum("a,aij->i", delta, jacobian)[:, None]
        wrong_sum &= not np.array_equal(np.broadcast_to(over_inputs, (outputs, len(x))), np.outer(delta, x))
        rows.append(
            [
                name,
                f"{outputs} × {len(x)}",
                " × ".join(map(str, jacobian.shape)),
                f"{jacobian.size:,}",
                f"{np.count_nonzero(jacobian):,}",
                f"{same:,}",
            ]
        )
    headers = ["data", "W", "∂z/∂W, [a, i, j]", "entries", "not 0", "equal to [i = a] x_j"]
    table = ClaimTable(
        "The full Jacobian of z = W x + b with respect to W, by `torch.func.jacrev`, on the first row of the data.",
        headers,
        rows,
    )
    return Evidence(
        (
            Statement("Every entry of the Jacobian equals [i = a] x_j, to the last bit.", equal),
            Statement(
                "Summed over a with the weights δ_a it is δ_i x_j, to the last bit: entry [i, j] of BP4.", contracted
            ),
            Statement(
                "Summed over the inputs j as well it is not: all weights of a neuron would get one and the same "
                "gradient.",
                wrong_sum,
            ),
        ),
        (table, _example()),
    )


def _jacobian(x: Array, outputs: int) -> Array:
    """∂z_a/∂w_ij, [a, i, j], by automatic differentiation."""
    import torch  # slow to import, and needed where the claim is tried

    [layer] = layers((len(x), outputs), ["identity"], np.random.default_rng(len(x))).layers
    w, b, row = (torch.from_numpy(np.ascontiguousarray(part)) for part in (layer.w, layer.b, x))
    return np.asarray(torch.func.jacrev(lambda weights: weights @ row + b)(w))


def _example() -> ClaimTable:
    x, delta = np.array([2.0, 3.0]), np.array([10.0, -1.0, 5.0])
    jacobian = _jacobian(x, 3)
    rows = [[f"∂z_{a + 1}/∂W", matrix(jacobian[a]), f"{delta[a]:g}"] for a in range(3)]
    rows.append(["Σ_a δ_a ∂z_a/∂W", matrix(np.einsum("a,aij->ij", delta, jacobian)), ""])
    return ClaimTable(
        "Two inputs x = (2, 3), three neurons: only row a of ∂z_a/∂W is not 0.",
        ["", "matrix, rows set apart by ;", "δ_a"],
        rows,
    )


CLAIM = Claim(
    position=2,
    name="why-the-iverson-bracket",
    question="Why is ∂z_a/∂w_ij = [i = a] x_j, and where does the sum go?",
    answer=(
        "Weight w_ij enters neuron i and no other, so z_a depends on it only if a = i. The chain rule sums over the "
        "*output* neurons a of the layer; the bracket leaves one term of that sum, δ_i x_j. No sum over the inputs "
        "remains."
    ),
    source=(
        "the question on ∂z/∂w of Nielsen's chapter 2 at math.stackexchange.com: the sum is over the output neurons, "
        "not the inputs."
    ),
    method=(
        "PyTorch takes the full Jacobian of a layer's weighted inputs with respect to its weights, with no formula "
        "of ours; it is compared with the bracket entry by entry, then summed with random δ."
    ),
    limits=(
        "The Jacobian has n_l² n_{l-1} entries, of which n_l n_{l-1} at most are not 0: the bracket is also why "
        "nobody forms it. For a batch there is one such Jacobian for each row, and their sum appears in BP4. Where "
        "weights are shared, as in a convolution, one weight enters many neurons and the sum stays."
    ),
    experiment=experiment,
)
