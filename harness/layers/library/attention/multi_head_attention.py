"""Multi-head self-attention: q, k, v = x Wq, x Wk, x Wv in `heads` parts; the parts' outputs, side by side, times Wo.

x has the shape [N, T, D], each weight [D, D]; each head has D / heads columns. With `causal`, position t sees the
positions up to t alone.
"""

from typing import Any

import numpy as np

from harness.layers.definition import Argument, Definition, LayerMistake
from harness.layers.operations import without_derivative


def _heads_split(x: Any, heads: int) -> Any:
    """[N, T, D] -> [N, heads, T, D / heads]."""
    return x.reshape(*x.shape[:2], heads, -1).transpose(0, 2, 1, 3)


def _heads_joined(x: Any) -> Any:
    """[N, heads, T, d] -> [N, T, heads d]."""
    return x.transpose(0, 2, 1, 3).reshape(len(x), x.shape[2], -1)


def forward(x: Any, Wq: Any, Wk: Any, Wv: Any, Wo: Any, heads: int, causal: bool) -> Any:
    q, k, v = _heads_split(x @ Wq, heads), _heads_split(x @ Wk, heads), _heads_split(x @ Wv, heads)
    seen = np.tril(np.ones((x.shape[1], x.shape[1]))) if causal else np.ones((x.shape[1], x.shape[1]))
    width = q.shape[3]
    scores = np.einsum("nhtd,nhsd->nhts", q, k) / float(np.sqrt(width))
    e = np.exp(scores - without_derivative(np.max(scores, axis=3, keepdims=True))) * seen
    p = e / e.sum(axis=3, keepdims=True)
    joined = _heads_joined(np.einsum("nhts,nhsd->nhtd", p, v))
    return joined @ Wo


def backward(dout: Any, x: Any, Wq: Any, Wk: Any, Wv: Any, Wo: Any, heads: int, causal: bool) -> Any:
    q, k, v = _heads_split(x @ Wq, heads), _heads_split(x @ Wk, heads), _heads_split(x @ Wv, heads)
    seen = np.tril(np.ones((x.shape[1], x.shape[1]))) if causal else np.ones((x.shape[1], x.shape[1]))
    root = float(np.sqrt(q.shape[3]))
    s = np.einsum("nhtd,nhsd->nhts", q, k) / root
    e = np.exp(s - np.max(s, axis=3, keepdims=True)) * seen
    p = e / e.sum(axis=3, keepdims=True)
    context = _heads_joined(np.einsum("nhts,nhsd->nhtd", p, v))
    dWo = np.einsum("nti,ntj->ij", context, dout)
    given = _heads_split(dout @ Wo.T, heads)
    dv = _heads_joined(np.einsum("nhts,nhtd->nhsd", p, given))
    dp = np.einsum("nhtd,nhsd->nhts", given, v)
    dscores = p * (dp - (dp * p).sum(axis=3, keepdims=True))
    dz = dscores / root
    dq = _heads_joined(np.einsum("nhts,nhsd->nhtd", dz, k))
    dk = _heads_joined(np.einsum("nhts,nhtd->nhsd", dz, q))
    dWq, dWk, dWv = (np.einsum("nti,ntj->ij", x, one) for one in (dq, dk, dv))
    dx = dq @ Wq.T + dk @ Wk.T + dv @ Wv.T
    return dx, dWq, dWk, dWv, dWo


def reference(torch: Any, x: Any, Wq: Any, Wk: Any, Wv: Any, Wo: Any, heads: int, causal: bool) -> Any:
    unseen = torch.triu(torch.ones(x.shape[1], x.shape[1], dtype=torch.bool), diagonal=1) if causal else None
    rows = x.transpose(0, 1)  # PyTorch has the steps first
    weights = torch.cat([Wq.T, Wk.T, Wv.T])
    out, _ = torch.nn.functional.multi_head_attention_forward(
        rows, rows, rows, x.shape[2], heads, weights, None, None, None, False, 0.0, Wo.T, None, attn_mask=unseen
    )
    return out.transpose(0, 1)


_HEADS_DS = "dscores = p * (dp - (dp * p).sum(axis=3, keepdims=True))"
_HEADS_DX = "dx = dq @ Wq.T + dk @ Wk.T + dv @ Wv.T"

LAYER = Definition(
    "multi-head attention",
    ("multiheadattention", "multiheadselfattention", "mha", "multihead", "selfattention"),
    forward,
    backward,
    {
        "x": Argument("N T D", names=("X", "input", "inputs")),
        "Wq": Argument("D D", names=("W_q", "WQ", "W_Q", "wq", "w_q"), scale=0.5),
        "Wk": Argument("D D", names=("W_k", "WK", "W_K", "wk", "w_k"), scale=0.5),
        "Wv": Argument("D D", names=("W_v", "WV", "W_V", "wv", "w_v"), scale=0.5),
        "Wo": Argument("D D", names=("W_o", "WO", "W_O", "wo", "w_o"), scale=0.5),
    },
    {
        "two heads": {"N": 2, "T": 3, "D": 4, "heads": 2},
        "three heads, one row": {"N": 1, "T": 4, "D": 6, "heads": 3},
        "one head": {"N": 2, "T": 3, "D": 3},
        "two heads, causal": {"N": 2, "T": 4, "D": 4, "heads": 2, "causal": True},
        "one head, causal": {"N": 2, "T": 3, "D": 2, "causal": True},
    },
    "Vaswani et al., NeurIPS 2017",
    options={"heads": 1, "causal": False},
    option_names={"heads": ("num_heads", "n_heads", "n_head", "nhead", "h", "H"), "causal": ("is_causal",)},
    reference=reference,
    mistakes=(
        LayerMistake("scale_missing_back", "dz = dscores / root", "dz = dscores", "1/√d is left out on the way back"),
        LayerMistake(
            "diagonal_only",
            _HEADS_DS,
            "dscores = p * (1 - p) * dp",
            "only the diagonal p(1 − p) of the softmax's derivative is taken",
        ),
        LayerMistake(
            "sum_missing", _HEADS_DS, "dscores = p * dp", "the sum Σ p dp of the softmax's derivative is left out"
        ),
        LayerMistake("softmax_skipped", _HEADS_DS, "dscores = dp", "the softmax's derivative is left out"),
        LayerMistake(
            "query_only", _HEADS_DX, "dx = dq @ Wq.T", "only the part through q is taken, not those through k and v"
        ),
        LayerMistake("key_missing", _HEADS_DX, "dx = dq @ Wq.T + dv @ Wv.T", "the part through k is left out"),
        LayerMistake("value_missing", _HEADS_DX, "dx = dq @ Wq.T + dk @ Wk.T", "the part through v is left out"),
        LayerMistake(
            "not_transposed", _HEADS_DX, "dx = dq @ Wq + dk @ Wk + dv @ Wv", "Wq, Wk and Wv are not transposed"
        ),
        LayerMistake(
            "output_not_transposed",
            "_heads_split(dout @ Wo.T, heads)",
            "_heads_split(dout @ Wo, heads)",
            "Wo is not transposed",
        ),
        LayerMistake(
            "output_missing", "_heads_split(dout @ Wo.T, heads)", "_heads_split(dout, heads)", "Wo is left out"
        ),
        LayerMistake(
            "width_of_all_heads", "width = q.shape[3]", "width = x.shape[2]", "D stands in place of D / heads under √"
        ),
        LayerMistake(
            "width_of_all_heads_back",
            "dz = dscores / root",
            "dz = dscores / float(np.sqrt(x.shape[2]))",
            "D stands in place of D / heads under √ on the way back",
        ),
        LayerMistake(
            "heads_mixed_back",
            "given = _heads_split(dout @ Wo.T, heads)",
            "given = (dout @ Wo.T).reshape(*q.shape)",
            "heads and steps are mixed up on the way back (reshape without transpose)",
        ),
        LayerMistake(
            "heads_mixed",
            'joined = _heads_joined(np.einsum("nhts,nhsd->nhtd", p, v))',
            'joined = np.einsum("nhts,nhsd->nhtd", p, v).reshape(*x.shape)',
            "heads and steps are mixed up (reshape without transpose)",
        ),
        LayerMistake(
            "causal_missing",
            "- without_derivative(np.max(scores, axis=3, keepdims=True))) * seen",
            "- without_derivative(np.max(scores, axis=3, keepdims=True)))",
            "the causal mask is left out",
        ),
    ),
)
