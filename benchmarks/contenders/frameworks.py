"""What formulations are compared with: the matrix products alone, and automatic differentiation by libraries.

A gradient gives ∂C/∂W^1, ... and ∂C/∂b^1, ... of half the squared error; parameters and data are converted to the
library's arrays beforehand. A step is one step of plain gradient descent on rows that are numpy arrays.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.contenders.spec import AUTOGRAD, JAX, PRODUCTS, TORCH
from harness.model.contract import Array, Inputs

# So small that the weights hardly change, however many steps are taken.
LEARNING_RATE = 2.0**-40
Call = Callable[[], Any]


def matrix_products(inputs: Inputs) -> Call:
    """The matrix products of the forward pass, BP2 and BP4, written into existing arrays; no gradient is computed.

    No formulation that computes these products by the same BLAS can be faster.
    """
    weights = [layer.w for layer in inputs.network.layers]
    random = np.random.default_rng(1)
    a = [random.standard_normal((len(inputs.x), w.shape[1])).astype(inputs.x.dtype) for w in weights]
    delta = [random.standard_normal((len(inputs.x), w.shape[0])).astype(inputs.x.dtype) for w in weights]
    z, back, gradients = ([np.empty_like(one) for one in of] for of in (delta, a, weights))

    def call() -> None:
        for l, w in enumerate(weights):
            np.matmul(a[l], w.T, out=z[l])
        for l in range(len(weights) - 1, -1, -1):
            if l:
                np.matmul(delta[l], weights[l], out=back[l])
            np.matmul(delta[l].T, a[l], out=gradients[l])

    return call


def torch_gradient(inputs: Inputs) -> Call:
    import torch

    names, parameters = _names(inputs), [torch.tensor(p, requires_grad=True) for p in _parameters(inputs)]
    x, t = torch.from_numpy(inputs.x), torch.from_numpy(inputs.t)

    def call() -> tuple[Any, Any]:
        found = torch.autograd.grad(_torch_cost(names, parameters, x, t), parameters)
        return found[0::2], found[1::2]

    return call


def torch_step(inputs: Inputs) -> Callable[[Array, Array], Any]:
    import torch

    names, parameters = _names(inputs), [torch.tensor(p, requires_grad=True) for p in _parameters(inputs)]
    descent = torch.optim.SGD(parameters, lr=LEARNING_RATE)

    def call(x: Array, t: Array) -> None:
        descent.zero_grad()
        _torch_cost(names, parameters, torch.from_numpy(x), torch.from_numpy(t)).backward()
        descent.step()

    return call


def _torch_cost(names: list[str], parameters: list[Any], x: Any, t: Any) -> Any:
    import torch

    functional = torch.nn.functional
    functions: dict[str, Any] = {
        "sigmoid": torch.sigmoid,
        "tanh": torch.tanh,
        "relu": torch.relu,
        "softplus": functional.softplus,
        "identity": lambda z: z,
    }
    a = x
    for name, w, b in zip(names, parameters[0::2], parameters[1::2], strict=True):
        a = functions[name](functional.linear(a, w, b))
    return functional.mse_loss(a, t, reduction="sum") / 2


def jax_gradient(inputs: Inputs) -> Call:
    jax = _jax()
    gradient = jax.jit(jax.grad(_cost(jax.numpy, _names(inputs))))
    parameters, x, t = (
        [jax.numpy.asarray(p) for p in _parameters(inputs)],
        *map(jax.numpy.asarray, (inputs.x, inputs.t)),
    )

    def call() -> tuple[Any, Any]:
        found = jax.block_until_ready(gradient(parameters, x, t))
        return found[0::2], found[1::2]

    return call


def jax_step(inputs: Inputs) -> Callable[[Array, Array], Any]:
    jax = _jax()
    gradient = jax.grad(_cost(jax.numpy, _names(inputs)))

    @jax.jit  # type: ignore[untyped-decorator]
    def moved(parameters: Any, x: Any, t: Any) -> Any:
        return [p - LEARNING_RATE * g for p, g in zip(parameters, gradient(parameters, x, t), strict=True)]

    parameters = [jax.numpy.asarray(p) for p in _parameters(inputs)]

    def call(x: Array, t: Array) -> None:
        nonlocal parameters
        parameters = jax.block_until_ready(moved(parameters, x, t))

    return call


def _jax() -> Any:
    import jax

    jax.config.update("jax_enable_x64", True)
    return jax


def autograd_gradient(inputs: Inputs) -> Call:
    import autograd

    gradient = autograd.grad(_cost(autograd.numpy, _names(inputs)))
    parameters = _parameters(inputs)

    def call() -> tuple[Any, Any]:
        found = gradient(parameters, inputs.x, inputs.t)
        return found[0::2], found[1::2]

    return call


def autograd_step(inputs: Inputs) -> Callable[[Array, Array], Any]:
    import autograd

    gradient = autograd.grad(_cost(autograd.numpy, _names(inputs)))
    parameters = _parameters(inputs)

    def call(x: Array, t: Array) -> None:
        nonlocal parameters
        parameters = [p - LEARNING_RATE * g for p, g in zip(parameters, gradient(parameters, x, t), strict=True)]

    return call


def _cost(module: Any, names: list[str]) -> Callable[[Any, Any, Any], Any]:
    """The cost as a function of parameters w^1, b^1, w^2, ..., x and t, by a module with numpy's functions."""
    functions: dict[str, Any] = {
        "sigmoid": lambda z: 1 / (1 + module.exp(-z)),
        "tanh": module.tanh,
        "relu": lambda z: module.maximum(z, 0),
        "softplus": lambda z: module.logaddexp(z, 0),
        "identity": lambda z: z,
    }

    def cost(parameters: Any, x: Any, t: Any) -> Any:
        a = x
        for name, w, b in zip(names, parameters[0::2], parameters[1::2], strict=True):
            a = functions[name](module.dot(a, w.T) + b)
        return module.sum((a - t) ** 2) / 2

    return cost


def _names(inputs: Inputs) -> list[str]:
    return [layer.activation.name for layer in inputs.network.layers]


def _parameters(inputs: Inputs) -> list[Array]:
    return [array for layer in inputs.network.layers for array in (layer.w, layer.b)]


FRAMEWORK_GRADIENTS = {PRODUCTS: matrix_products, TORCH: torch_gradient, JAX: jax_gradient, AUTOGRAD: autograd_gradient}
FRAMEWORK_STEPS = {TORCH: torch_step, JAX: jax_step, AUTOGRAD: autograd_step}
