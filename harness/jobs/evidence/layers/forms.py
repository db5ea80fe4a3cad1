"""Right formulations of layers: those of every layer, and other algebraic forms of a few."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from harness.jobs.evidence.layers.formulations import Computed, LayerFormulation, by_numpy, by_torch
from harness.layers.cases import LayerCase
from harness.layers.definition import Definition
from harness.model.contract import Array

Slopes = Callable[..., tuple[Array, ...]]  # a backward pass


def forms_of(layer: Definition, dtype: str) -> Mapping[str, LayerFormulation]:
    """The right formulations of a layer by name, each in this dtype."""
    found: dict[str, LayerFormulation] = {f"numpy, {dtype}": partial(_numpy_in, dtype=dtype)}
    if layer.reference is not None:
        found[f"PyTorch, {dtype}"] = partial(by_torch, dtype=dtype)
    for name, backward in OTHER_FORMS.get(layer.name, {}).items():
        found[f"{name}, {dtype}"] = partial(_form_in, backward=backward, dtype=dtype)
    return found


def _cast_to(case: LayerCase, dtype: str) -> LayerCase:
    arrays = {name: one.astype(dtype) if one.dtype.kind == "f" else one for name, one in case.arguments.items()}
    return replace(case, arguments=arrays, upstream=tuple(one.astype(dtype) for one in case.upstream))


def _numpy_in(case: LayerCase, dtype: str) -> Computed:
    return by_numpy(_cast_to(case, dtype))


def _form_in(case: LayerCase, backward: Slopes, dtype: str) -> Computed:
    given = _cast_to(case, dtype)
    slopes = backward(*given.upstream, **given.arguments, **given.options)
    return {name: np.asarray(one, dtype=np.float64) for name, one in zip(given.layer.gradients, slopes, strict=True)}


def _batch_norm_in_steps(dout: Array, x: Array, gamma: Array, beta: Array, eps: Any) -> tuple[Array, ...]:
    """The chain rule through the variance, then the mean."""
    n, eps = len(x), x.dtype.type(eps)
    centred = x - x.mean(axis=0)
    var = (centred**2).mean(axis=0)
    d_hat = dout * gamma
    dvar = (d_hat * centred * x.dtype.type(-0.5) * (var + eps) ** x.dtype.type(-1.5)).sum(axis=0)
    dmean = (-d_hat / np.sqrt(var + eps)).sum(axis=0) + dvar * (-2 * centred).sum(axis=0) / n
    dx = d_hat / np.sqrt(var + eps) + dvar * 2 * centred / n + dmean / n
    return dx, (dout * centred / np.sqrt(var + eps)).sum(axis=0), dout.sum(axis=0)


def _batch_norm_fused(dout: Array, x: Array, gamma: Array, beta: Array, eps: Any) -> tuple[Array, ...]:
    """All in one formula, with the number of rows in front."""
    n, eps = len(x), x.dtype.type(eps)
    inverse = 1 / np.sqrt(x.var(axis=0) + eps)
    x_hat = (x - x.mean(axis=0)) * inverse
    dgamma, dbeta = (dout * x_hat).sum(axis=0), dout.sum(axis=0)
    return gamma * inverse / n * (n * dout - dbeta - x_hat * dgamma), dgamma, dbeta


def _batch_norm_by_jacobian(dout: Array, x: Array, gamma: Array, beta: Array, eps: Any) -> tuple[Array, ...]:
    """The Jacobian of each column, [N, N], times the upstream; the variance as the mean of squares less the square."""
    n, mean = len(x), x.mean(axis=0)
    deviation = np.sqrt((x**2).mean(axis=0) - mean**2 + x.dtype.type(eps))
    x_hat = (x - mean) / deviation
    jacobian = (n * np.eye(n, dtype=x.dtype)[:, :, None] - 1 - x_hat[:, None] * x_hat[None]) / (n * deviation)
    dx = np.einsum("ijd,jd->id", jacobian, dout * gamma)
    return dx, (dout * x_hat).sum(axis=0), dout.sum(axis=0)


def _convolution_in_loops(
    dout: Array, x: Array, w: Array, b: Array, stride: int, pad: int, groups: int
) -> tuple[Array, ...]:
    """Window after window."""
    bordered = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    dx, dw = np.zeros_like(bordered), np.zeros_like(w)
    (channels, height, width), per_group = w.shape[1:], len(w) // groups
    for n, f, i, j in np.ndindex(dout.shape):
        start, top, left = f // per_group * channels, i * stride, j * stride
        place = (n, slice(start, start + channels), slice(top, top + height), slice(left, left + width))
        dx[place] += dout[n, f, i, j] * w[f]
        dw[f] += dout[n, f, i, j] * bordered[place]
    inside = tuple(slice(pad, pad + n) for n in x.shape[2:])
    return dx[(slice(None), slice(None), *inside)], dw, dout.sum(axis=(0, 2, 3))


def _lstm_step_gate_by_gate(
    dnext_h: Array, dnext_c: Array, x: Array, prev_h: Array, prev_c: Array, Wx: Array, Wh: Array, b: Array
) -> tuple[Array, ...]:
    """Each gate with its own weights, and nothing joined."""
    n = prev_h.shape[1]
    gates = [slice(k * n, (k + 1) * n) for k in range(4)]
    z = [x @ Wx[:, one] + prev_h @ Wh[:, one] + b[one] for one in gates]
    i, f, o = (1 / (1 + np.exp(-one)) for one in z[:3])
    g = np.tanh(z[3])
    squashed = np.tanh(f * prev_c + i * g)
    dc = dnext_h * o * (1 - squashed * squashed) + dnext_c
    dz = [dc * g * i * (1 - i), dc * prev_c * f * (1 - f), dnext_h * squashed * o * (1 - o), dc * i * (1 - g * g)]
    dx = sum(one @ Wx[:, gate].T for one, gate in zip(dz, gates, strict=True))
    dh = sum(one @ Wh[:, gate].T for one, gate in zip(dz, gates, strict=True))
    dwx = np.concatenate([x.T @ one for one in dz], axis=1)
    dwh = np.concatenate([prev_h.T @ one for one in dz], axis=1)
    return np.asarray(dx), np.asarray(dh), f * dc, dwx, dwh, np.concatenate([one.sum(axis=0) for one in dz])


def _sigmoid_by_tanh(dout: Array, x: Array) -> tuple[Array, ...]:
    """(1 + tanh(x / 2)) / 2, whose error does not become smaller as the value does."""
    out = (1 + np.tanh(x / 2)) / 2
    return (dout * (out - out * out),)


OTHER_FORMS: Mapping[str, Mapping[str, Slopes]] = {
    "batch norm": {
        "in steps": _batch_norm_in_steps,
        "fused": _batch_norm_fused,
        "by its Jacobian": _batch_norm_by_jacobian,
    },
    "convolution": {"in loops": _convolution_in_loops},
    "LSTM step": {"gate by gate": _lstm_step_gate_by_gate},
    "sigmoid": {"by tanh": _sigmoid_by_tanh},
}
