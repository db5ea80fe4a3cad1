"""The reference: PyTorch's autograd, with its own activations and costs"""

from functools import partial

import torch
from torch.nn import functional

from harness import Gradients, Network

SOURCE = "PyTorch, torch.autograd; pytorch.org/docs/stable/autograd.html"

ACTIVATIONS = {
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "relu": torch.relu,
    "leaky_relu": functional.leaky_relu,
    # functional.softplus is linear above its threshold of 20, and so off by e^-20 there
    "softplus": lambda z: torch.logaddexp(z, torch.zeros_like(z)),
    "identity": lambda z: z,
    "softmax": partial(torch.softmax, dim=-1),
}
# From z^L, where the cost's canonical activation is part of it, and from a^L otherwise.
CANONICAL_COSTS = {
    "half_squared_error": lambda z, t: functional.mse_loss(z, t, reduction="sum") / 2,
    "binary_cross_entropy": partial(functional.binary_cross_entropy_with_logits, reduction="sum"),
    "cross_entropy": partial(functional.cross_entropy, reduction="sum"),
}
COSTS = {
    "half_squared_error": CANONICAL_COSTS["half_squared_error"],
    "binary_cross_entropy": partial(functional.binary_cross_entropy, reduction="sum"),
    "cross_entropy": lambda a, t: -(t * torch.log(a)).sum(),
}


def parameters(network):
    w = [torch.tensor(layer.w, requires_grad=True) for layer in network.layers]
    b = [torch.tensor(layer.b, requires_grad=True) for layer in network.layers]
    return w, b


def backward(network, w, b, x, t):
    """Leave the gradients in the `grad` of the parameters; return the tensors z^l, with theirs."""
    a, t, zs = torch.tensor(x), torch.tensor(t), []
    for layer, w_l, b_l in zip(network.layers, w, b, strict=True):
        z = functional.linear(a, w_l, b_l)
        z.retain_grad()
        zs.append(z)
        a = ACTIVATIONS[layer.activation.name](z)
    if network.is_canonical:
        cost = CANONICAL_COSTS[network.cost.name](zs[-1], t)
    else:
        cost = COSTS[network.cost.name](a, t)
    cost.backward()
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
