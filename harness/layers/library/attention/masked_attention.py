"""Scaled dot-product attention with a mask[T, S], 1 where a query sees a key: out = softmax(q kᵀ / √d where mask) v."""

from typing import Any

import numpy as np

from harness.layers.definition import Argument, Definition, LayerMistake
from harness.layers.operations import without_derivative


def forward(q: Any, k: Any, v: Any, mask: Any) -> Any:
    scores = np.einsum("ntd,nsd->nts", q, k) / float(np.sqrt(q.shape[2]))
    seen = mask
    e = np.exp(scores - without_derivative(np.max(scores, axis=2, keepdims=True))) * seen
    p = e / e.sum(axis=2, keepdims=True)
    return np.einsum("nts,nse->nte", p, v)


def backward(dout: Any, q: Any, k: Any, v: Any, mask: Any) -> Any:
    root = float(np.sqrt(q.shape[2]))
    s = np.einsum("ntd,nsd->nts", q, k) / root
    e = np.exp(s - np.max(s, axis=2, keepdims=True)) * mask
    p = e / e.sum(axis=2, keepdims=True)
    dv = np.einsum("nts,nte->nse", p, dout)
    dp = np.einsum("nte,nse->nts", dout, v)
    dscores = p * (dp - (dp * p).sum(axis=2, keepdims=True))
    dz = dscores / root
    dq = np.einsum("nts,nsd->ntd", dz, k)
    dk = np.einsum("nts,ntd->nsd", dz, q)
    return dq, dk, dv


def reference(torch: Any, q: Any, k: Any, v: Any, mask: Any) -> Any:
    return torch.nn.functional.scaled_dot_product_attention(q, k, v, attn_mask=mask > 0)


LAYER = Definition(
    "masked attention",
    ("attention", "maskedattention", "scaleddotproductattention", "dotproductattention", "sdpa", "attn"),
    forward,
    backward,
    {
        "q": Argument("N T d", names=("Q", "query", "queries")),
        "k": Argument("N S d", names=("K", "key", "keys")),
        "v": Argument("N S e", names=("V", "value", "values")),
        "mask": Argument("T S", kind="causal", differentiable=False, names=("attn_mask", "attention_mask")),
    },
    {
        "sizes differ": {"N": 2, "T": 4, "S": 3, "d": 5, "e": 2},
        "queries, keys and values alike": {"N": 2, "T": 3, "S": 3, "d": 3, "e": 3},
        "one row": {"N": 1, "T": 3, "S": 4, "d": 2, "e": 3},
    },
    "Vaswani et al., NeurIPS 2017",
    reference=reference,
    mistakes=(
        LayerMistake("mask_missing", "seen = mask", "seen = 1.0", "the mask is left out"),
        LayerMistake(
            "masked_after_softmax",
            "p = e / e.sum(axis=2, keepdims=True)\n    return",
            "e = np.exp(scores - without_derivative(np.max(scores, axis=2, keepdims=True)))"
            "\n    p = e / e.sum(axis=2, keepdims=True) * seen\n    return",
            "the mask is applied after the softmax, whose weights then do not sum to 1",
        ),
        LayerMistake("scale_missing_back", "dz = dscores / root", "dz = dscores", "1/√d is left out on the way back"),
        LayerMistake(
            "diagonal_only",
            "dscores = p * (dp - (dp * p).sum(axis=2, keepdims=True))",
            "dscores = p * (1 - p) * dp",
            "only the diagonal p(1 − p) of the softmax's derivative is taken",
        ),
        LayerMistake(
            "sum_missing",
            "dscores = p * (dp - (dp * p).sum(axis=2, keepdims=True))",
            "dscores = p * dp",
            "the sum Σ p dp of the softmax's derivative is left out",
        ),
    ),
)
