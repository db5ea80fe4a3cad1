"""Other gradient checkers, as functions with one signature: is this gradient of this network right?

Each is used at its defaults, in the way that its documentation shows; what a tool leaves to its user is said here.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from typing import Any

import numpy as np

from harness.judging.verdict import judge_array
from harness.model.contract import Array, Gradients, Inputs
from harness.truth.certify import certify

Check = Callable[[Inputs, Gradients], bool]


def gradproof(inputs: Inputs, gradient: Gradients) -> bool:
    """Every entry within its own rounding bound of the certified truth."""
    standards = certify(inputs, 0.5, "float64")
    arrays = [(("w", l), w) for l, w in enumerate(gradient.w, 1)] + [(("b", l), b) for l, b in enumerate(gradient.b, 1)]
    return all(judge_array(np.asarray(array), standards[key]).verdict == "agrees" for key, array in arrays)


def gradcheck(inputs: Inputs, gradient: Gradients, *, fast: bool = False) -> bool:
    """torch.autograd.gradcheck: eps = 1e-6, atol = 1e-5, rtol = 1e-3; `fast` compares random projections."""
    import torch

    functional = torch.nn.functional
    functions: dict[str, Any] = {
        "sigmoid": torch.sigmoid,
        "tanh": torch.tanh,
        "relu": torch.relu,
        "leaky_relu": functional.leaky_relu,
        "softplus": functional.softplus,
        "identity": lambda z: z,
        "softmax": lambda z: z,  # part of its cost, below
    }
    layers = inputs.network.layers
    x, t = torch.tensor(inputs.x), torch.tensor(inputs.t)
    given = [torch.tensor(array) for pair in zip(gradient.w, gradient.b, strict=True) for array in pair]

    class Planted(torch.autograd.Function):
        @staticmethod
        def forward(context: Any, *parameters: Any) -> Any:
            a = x
            for layer, w, b in zip(layers, parameters[0::2], parameters[1::2], strict=True):
                z = a @ w.T + b
                a = functions[layer.activation.name](z)
            if inputs.network.cost.name == "cross_entropy":
                return -(t * torch.log_softmax(a, dim=1)).sum()
            if inputs.network.cost.name == "binary_cross_entropy":
                return functional.binary_cross_entropy_with_logits(z, t, reduction="sum")
            return ((a - t) ** 2).sum() / 2

        @staticmethod
        def backward(context: Any, upstream: Any) -> Any:
            return tuple(upstream * one for one in given)

    parameters = [torch.tensor(p, requires_grad=True) for layer in layers for p in (layer.w, layer.b)]
    return bool(torch.autograd.gradcheck(Planted.apply, parameters, raise_exception=False, fast_mode=fast))


def gradcheck_fast(inputs: Inputs, gradient: Gradients) -> bool:
    """torch.autograd.gradcheck with fast_mode=True."""
    return gradcheck(inputs, gradient, fast=True)


def scipy_check_grad(inputs: Inputs, gradient: Gradients) -> bool:
    """scipy.optimize.check_grad: forward differences, the norm of the difference; it has no threshold, 1e-6 is
    what its users write."""
    from scipy.optimize import check_grad

    error = check_grad(lambda p: _cost(inputs, p), lambda p: _flat(gradient.w, gradient.b), _parameters(inputs))
    return bool(error <= 1e-6)


def central_differences(inputs: Inputs, gradient: Gradients) -> bool:
    """The usual loop, as in the assignments of CS231n: h = 1e-5, |difference| / max(1e-8, |x| + |y|) at most 1e-4."""
    point, given, h = _parameters(inputs), _flat(gradient.w, gradient.b), 1e-5
    worst = 0.0
    for k in range(point.size):
        p = point[k]
        point[k] = p + h
        above = _cost(inputs, point)
        point[k] = p - h
        below = _cost(inputs, point)
        point[k] = p
        numeric = (above - below) / (2 * h)
        worst = max(worst, abs(numeric - given[k]) / max(abs(numeric) + abs(given[k]), 1e-8))
    return bool(worst <= 1e-4)


def jax_check_grads(inputs: Inputs, gradient: Gradients) -> bool:
    """jax.test_util.check_grads: reverse mode, first order, in jax's default float32."""
    import jax
    from jax.test_util import check_grads

    names = [layer.activation.name for layer in inputs.network.layers]
    functions = {
        "sigmoid": jax.nn.sigmoid,
        "tanh": jax.numpy.tanh,
        "relu": jax.nn.relu,
        "identity": lambda z: z,
        "softmax": jax.nn.softmax,
    }

    def cost(*parameters: Any) -> Any:
        a = inputs.x
        for name, w, b in zip(names, parameters[0::2], parameters[1::2], strict=True):
            a = functions[name](a @ w.T + b)
        if inputs.network.cost.name == "cross_entropy":
            return -(inputs.t * jax.numpy.log(a)).sum()
        return ((a - inputs.t) ** 2).sum() / 2

    planted = jax.custom_vjp(cost)
    given = tuple(jax.numpy.asarray(one) for pair in zip(gradient.w, gradient.b, strict=True) for one in pair)
    planted.defvjp(lambda *p: (cost(*p), None), lambda _, upstream: tuple(upstream * one for one in given))
    parameters = [p for layer in inputs.network.layers for p in (layer.w, layer.b)]
    try:
        check_grads(planted, [jax.numpy.asarray(p) for p in parameters], order=1, modes=["rev"])
    except AssertionError:
        return False
    return True


def assert_close(inputs: Inputs, gradient: Gradients) -> bool:
    """torch.testing.assert_close at its defaults, rtol = atol = 1e-7 for float64, with the true gradient."""
    import torch

    try:
        torch.testing.assert_close(torch.tensor(_flat(gradient.w, gradient.b)), torch.tensor(_true(inputs)))
    except AssertionError:
        return False
    return True


def cosine(inputs: Inputs, gradient: Gradients) -> bool:
    """The cosine of the angle with the true gradient, at least 0.99."""
    given, true = _flat(gradient.w, gradient.b), _true(inputs)
    return bool(given @ true >= 0.99 * np.linalg.norm(given) * np.linalg.norm(true))


def norm_ratio(inputs: Inputs, gradient: Gradients) -> bool:
    """The norm within a hundredth of that of the true gradient."""
    norm = np.linalg.norm(_true(inputs))
    return bool(abs(np.linalg.norm(_flat(gradient.w, gradient.b)) - norm) <= 0.01 * norm)


def _true(inputs: Inputs) -> Array:
    """The true gradient, rounded to float64."""
    standards = certify(inputs, 0.5, "float64")
    layers = range(1, len(inputs.network.layers) + 1)
    return _flat(*([standards[name, l].truth.high for l in layers] for name in ("w", "b")))


def _flat(w: Any, b: Any) -> Array:
    return np.concatenate([np.ravel(one) for pair in zip(w, b, strict=True) for one in pair])


def _parameters(inputs: Inputs) -> Array:
    layers = inputs.network.layers
    return _flat([layer.w for layer in layers], [layer.b for layer in layers])


def _cost(inputs: Inputs, flat: Array) -> float:
    """C at parameters laid out as w^1, b^1, w^2, ..."""
    a, start = inputs.x, 0
    for layer in inputs.network.layers:
        w = flat[start : start + layer.w.size].reshape(layer.w.shape)
        b = flat[start + layer.w.size : start + layer.w.size + layer.b.size]
        start += layer.w.size + layer.b.size
        a = layer.activation.f(a @ w.T + b)
    return float(inputs.network.cost.value(a, inputs.t))


CHECKS: dict[str, Check] = {
    "gradproof": gradproof,
    "torch gradcheck, slow": gradcheck,
    "torch gradcheck, fast": gradcheck_fast,
    "scipy check_grad, 1e-6": scipy_check_grad,
    "central differences, 1e-4": central_differences,
    **({"jax check_grads, float32": jax_check_grads} if importlib.util.find_spec("jax") else {}),
}
# What people write who have a right gradient to compare with.
COMPARISONS: dict[str, Check] = {
    "torch assert_close": assert_close,
    "cosine ≥ 0.99": cosine,
    "norm within 1 %": norm_ratio,
}
