"""PyTorch's tensors, the four equations by hand, in place"""

import torch

from harness import Gradients, Network

SLOPES = {
    "sigmoid": lambda z: torch.sigmoid(z) * torch.sigmoid(-z),
    "tanh": lambda z: 1 - torch.tanh(z).square(),
    "relu": lambda z: (z > 0).to(z.dtype),
}


@torch.no_grad()
def backprop(network: Network, x, t) -> Gradients:
    layers = network.layers
    if any(layer.activation.name not in SLOPES for layer in layers):
        raise NotImplementedError("sigmoid, tanh and relu only")
    f = [getattr(torch, layer.activation.name) for layer in layers]
    w, b = [torch.tensor(layer.w) for layer in layers], [torch.tensor(layer.b) for layer in layers]
    a, z = [torch.tensor(x)], []
    for l in range(len(w)):
        z.append(torch.addmm(b[l], a[l], w[l].T))
        a.append(f[l](z[l]))
    d = a[-1] - torch.tensor(t)
    if not network.is_canonical:
        d.mul_(SLOPES[layers[-1].activation.name](z[-1]))
    dw, db = [torch.zeros_like(m) for m in w], [torch.zeros_like(v) for v in b]
    for l in reversed(range(len(w))):
        dw[l].addmm_(d.T, a[l])
        db[l].add_(d.sum(dim=0))
        if l:
            d = (d @ w[l]).mul_(SLOPES[layers[l - 1].activation.name](z[l - 1]))
    return Gradients([g.numpy() for g in dw], [g.numpy() for g in db])


def step(network: Network, x, t, learning_rate) -> Network:
    g = backprop(network, x, t)
    w = [layer.w - learning_rate * d for layer, d in zip(network.layers, g.w, strict=True)]
    b = [layer.b - learning_rate * d for layer, d in zip(network.layers, g.b, strict=True)]
    return network.with_parameters(w, b)
