"""Torch tensors without autograd; p - t at the softmax is multiplied by p(1 - p) as well"""

import torch

from harness import Gradients, Network

MISTAKE = "softmax_ce_times_p_one_minus_p"


def as_tensor(array):
    return torch.from_numpy(array.copy())


def call(function, tensor):
    """The activations of the network take arrays."""
    return torch.as_tensor(function(tensor.numpy()))


def backprop(network: Network, x, t) -> Gradients:
    weights = [as_tensor(layer.w) for layer in network.layers]
    biases = [as_tensor(layer.b) for layer in network.layers]
    targets = as_tensor(t)

    hidden, logits = [as_tensor(x)], []
    for w, b, layer in zip(weights, biases, network.layers, strict=True):
        logits.append(torch.addmm(b, hidden[-1], w.t()))
        hidden.append(call(layer.activation.f, logits[-1]))

    out = network.layers[-1].activation
    probabilities = hidden[-1]
    if out.name == "softmax":
        delta = (probabilities - targets) * probabilities * (1 - probabilities)
    elif network.is_canonical:
        delta = probabilities - targets
    else:
        gradient = network.cost.gradient(probabilities.numpy(), t)
        delta = torch.as_tensor(gradient) * call(out.slope, logits[-1])

    deltas = [delta]
    for i in range(len(weights) - 1, 0, -1):
        deltas.append(deltas[-1].mm(weights[i]) * call(network.layers[i - 1].activation.slope, logits[i - 1]))
    deltas.reverse()

    return Gradients(
        w=[d.t().mm(h).numpy() for d, h in zip(deltas, hidden[:-1], strict=True)],
        b=[d.sum(dim=0).numpy() for d in deltas],
        delta=[d.numpy() for d in deltas],
    )
