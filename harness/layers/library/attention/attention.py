"""Scaled dot-product attention: out = softmax(q kᵀ / √d) v, for q[N, T, d], k[N, S, d], v[N, S, e].

With `causal`, position t sees the positions up to t alone.
"""

from typing import Any

import numpy as np

from harness.layers.definition import Argument, Definition, LayerMistake
from harness.layers.operations import without_derivative


def forward(q: Any, k: Any, v: Any, causal: bool) -> Any:
    steps, positions = q.shape[1], k.shape[1]
    seen = np.tril(np.ones((steps, positions))) if causal else np.ones((steps, positions))
    root_d = float(np.sqrt(q.shape[2]))
    scores = np.einsum("ntd,nsd->nts", q, k) / root_d
    e = np.exp(scores - without_derivative(np.max(scores, axis=2, keepdims=True))) * seen
    p = e / e.sum(axis=2, keepdims=True)
    return np.einsum("nts,nse->nte", p, v)


def backward(dout: Any, q: Any, k: Any, v: Any, causal: bool) -> Any:
    steps, positions = q.shape[1], k.shape[1]
    seen = np.tril(np.ones((steps, positions))) if causal else np.ones((steps, positions))
    root = float(np.sqrt(q.shape[2]))
    s = np.einsum("ntd,nsd->nts", q, k) / root
    e = np.exp(s - np.max(s, axis=2, keepdims=True)) * seen
    p = e / e.sum(axis=2, keepdims=True)
    dv = np.einsum("nts,nte->nse", p, dout)
    dp = np.einsum("nte,nse->nts", dout, v)
    dscores = p * (dp - (dp * p).sum(axis=2, keepdims=True))
    dz = dscores / root
    dq = np.einsum("nts,nsd->ntd", dz, k)
    dk = np.einsum("nts,ntd->nsd", dz, q)
    return dq, dk, dv


def reference(torch: Any, q: Any, k: Any, v: Any, causal: bool) -> Any:
    return torch.nn.functional.scaled_dot_product_attention(q, k, v, is_causal=causal)


_ATTENTION_DS = "dscores = p * (dp - (dp * p).sum(axis=2, keepdims=True))"

LAYER = Definition(
    "attention",
    ("attention", "scaleddotproductattention", "dotproductattention", "sdpa", "attn"),
    forward,
    backward,
    {
        "q": Argument("N T d", names=("Q", "query", "queries")),
        "k": Argument("N S d", names=("K", "key", "keys")),
        "v": Argument("N S e", names=("V", "value", "values")),
    },
    {
        "sizes differ": {"N": 2, "T": 3, "S": 4, "d": 5, "e": 2},
        "one row, one query": {"N": 1, "T": 1, "S": 3, "d": 2, "e": 4},
        "queries, keys and values alike": {"N": 2, "T": 3, "S": 3, "d": 3, "e": 3},
        "causal": {"N": 2, "T": 4, "S": 4, "d": 3, "e": 5, "causal": True},
        "causal, one row": {"N": 1, "T": 3, "S": 3, "d": 2, "e": 3, "causal": True},
    },
    "Vaswani et al., NeurIPS 2017",
    options={"causal": False},
    option_names={"causal": ("is_causal",)},
    reference=reference,
    mistakes=(
        LayerMistake("scale_missing_back", "dz = dscores / root", "dz = dscores", "1/√d is left out on the way back"),
        LayerMistake(
            "scale_missing_in_weights",
            ' s = np.einsum("ntd,nsd->nts", q, k) / root',
            ' s = np.einsum("ntd,nsd->nts", q, k)',
            "1/√d is left out of the softmax on the way back",
        ),
        LayerMistake("scale_squared", "dz = dscores / root", "dz = dscores / root**2", "1/d stands in place of 1/√d"),
        LayerMistake(
            "diagonal_only",
            _ATTENTION_DS,
            "dscores = p * (1 - p) * dp",
            "only the diagonal p(1 − p) of the softmax's derivative is taken",
        ),
        LayerMistake(
            "sum_missing", _ATTENTION_DS, "dscores = p * dp", "the sum Σ p dp of the softmax's derivative is left out"
        ),
        LayerMistake(
            "sum_of_dp",
            _ATTENTION_DS,
            "dscores = p * (dp - dp.sum(axis=2, keepdims=True))",
            "p is left out of the sum Σ p dp of the softmax's derivative",
        ),
        LayerMistake("softmax_skipped", _ATTENTION_DS, "dscores = dp", "the softmax's derivative is left out"),
        LayerMistake(
            "sum_over_queries",
            _ATTENTION_DS,
            _ATTENTION_DS.replace("axis=2", "axis=1"),
            "the sum Σ p dp is taken over the queries, not over the keys",
        ),
        LayerMistake(
            "scores_for_weights",
            'dv = np.einsum("nts,nte->nse", p, dout)',
            'dv = np.einsum("nts,nte->nse", s, dout)',
            "the scores stand in place of the softmax in dv",
        ),
        LayerMistake(
            "causal_missing",
            "- without_derivative(np.max(scores, axis=2, keepdims=True))) * seen",
            "- without_derivative(np.max(scores, axis=2, keepdims=True)))",
            "the causal mask is left out",
        ),
        LayerMistake(
            "masked_to_zero",
            'scores = np.einsum("ntd,nsd->nts", q, k) / root_d',
            'scores, seen = np.einsum("ntd,nsd->nts", q, k) / root_d * seen, 1.0',
            "the mask sets scores to 0, which still get weight; right is −∞",
        ),
        LayerMistake("scale_missing", "q, k) / root_d", "q, k)", "1/√d is left out"),
        LayerMistake(
            "scale_by_d", "root_d = float(np.sqrt(q.shape[2]))", "root_d = float(q.shape[2])", "1/d in place of 1/√d"
        ),
        LayerMistake(
            "softmax_over_queries",
            "p = e / e.sum(axis=2, keepdims=True)\n    return",
            "p = e / e.sum(axis=1, keepdims=True)\n    return",
            "the softmax is taken over the queries, not over the keys",
        ),
    ),
)
