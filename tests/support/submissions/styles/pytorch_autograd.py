"""PyTorch's autograd, with the cost written out"""

import torch

from harness import Gradients, Network

F = {
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "relu": torch.relu,
    "leaky_relu": torch.nn.functional.leaky_relu,
    "softplus": lambda z: torch.logaddexp(z, torch.zeros_like(z)),
    "identity": lambda z: z,
}


def cost(name, z, f, t):
    if name == "cross_entropy":
        return -(t * torch.log_softmax(z, dim=1)).sum()
    if name == "binary_cross_entropy":
        return torch.nn.functional.binary_cross_entropy_with_logits(z, t, reduction="sum")
    return ((F[f](z) - t) ** 2).sum() / 2


def backprop(network: Network, x, t) -> Gradients:
    w = [torch.from_numpy(layer.w.copy()).requires_grad_() for layer in network.layers]
    b = [torch.from_numpy(layer.b.copy()).requires_grad_() for layer in network.layers]
    a, names = torch.from_numpy(x), [layer.activation.name for layer in network.layers]
    for weights, bias, f in zip(w[:-1], b[:-1], names[:-1], strict=True):
        a = F[f](torch.nn.functional.linear(a, weights, bias))
    z = torch.nn.functional.linear(a, w[-1], b[-1])
    grads = torch.autograd.grad(cost(network.cost.name, z, names[-1], torch.from_numpy(t)), [*w, *b])
    return Gradients([g.numpy() for g in grads[: len(w)]], [g.numpy() for g in grads[len(w) :]])


def step(network: Network, x, t, learning_rate) -> Network:
    g = backprop(network, x, t)
    w = [layer.w - learning_rate * d for layer, d in zip(network.layers, g.w, strict=True)]
    b = [layer.b - learning_rate * d for layer, d in zip(network.layers, g.b, strict=True)]
    return network.with_parameters(w, b)
