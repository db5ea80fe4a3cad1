"""The reference: PyTorch's autograd, with its own activations and costs"""

from functools import partial

import torch
from torch.nn import functional

from harness import Gradients, Network, Unsupported

SOURCE = "PyTorch, torch.autograd; pytorch.org/docs/stable/autograd.html"

ACTIVATIONS = {
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "relu": torch.relu,
    "leaky_relu": functional.leaky_relu,
    # functional.softplus is linear above its threshold of 20, with an error of up to e^-20
    "softplus": lambda z: torch.logaddexp(z, torch.zeros_like(z)),
    "identity": lambda z: z,
    "softmax": partial(torch.softmax, dim=-1),
}
# The cross-entropies take z^L, because they include the output activation.
COSTS = {
    "half_squared_error": lambda a, t: functional.mse_loss(a, t, reduction="sum") / 2,
    "binary_cross_entropy": partial(functional.binary_cross_entropy_with_logits, reduction="sum"),
    "cross_entropy": partial(functional.cross_entropy, reduction="sum"),
}


def parameters(network):
    w = [torch.tensor(layer.w, requires_grad=True) for layer in network.layers]
    b = [torch.tensor(layer.b, requires_grad=True) for layer in network.layers]
    return w, b


def backward(network, w, b, x, t):
    """Store the gradients in the `grad` of the parameters, and return the tensors z^l, with theirs."""
    a, t, zs = torch.tensor(x), torch.tensor(t), []
    for layer, w_l, b_l in zip(network.layers, w, b, strict=True):
        z = functional.linear(a, w_l, b_l)
        z.retain_grad()
        zs.append(z)
        a = ACTIVATIONS[layer.activation.name](z)
    if not network.is_canonical and network.cost.name != "half_squared_error":
        raise Unsupported("PyTorch's cross-entropies include their output activation")
    COSTS[network.cost.name](zs[-1] if network.is_canonical else a, t).backward()
    return zs


def backprop(network: Network, x, t) -> Gradients:
    w, b = parameters(network)
    zs = backward(network, w, b, x, t)
    return Gradients(*([tensor.grad.numpy() for tensor in tensors] for tensors in (w, b, zs)))


def step(network: Network, x, t, learning_rate) -> Network:
    w, b = parameters(network)
    backward(network, w, b, x, t)
    torch.optim.SGD([*w, *b], lr=learning_rate).step()
    return network.with_parameters(*([tensor.detach().numpy() for tensor in tensors] for tensors in (w, b)))
