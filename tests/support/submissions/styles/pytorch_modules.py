"""PyTorch's modules and a new optimiser for each step: SGD with momentum 0"""

import torch

from harness import Network

F = {"sigmoid": torch.nn.Sigmoid, "tanh": torch.nn.Tanh, "relu": torch.nn.ReLU, "identity": torch.nn.Identity}


def module(network, dtype):
    parts = []
    for layer in network.layers:
        if layer.activation.name not in F:
            raise NotImplementedError("sigmoid, tanh, relu and identity only")
        linear = torch.nn.Linear(layer.w.shape[1], len(layer.b), dtype=dtype)
        with torch.no_grad():
            linear.weight.copy_(torch.from_numpy(layer.w))
            linear.bias.copy_(torch.from_numpy(layer.b))
        parts += [linear, F[layer.activation.name]()]
    return torch.nn.Sequential(*parts)


def step(network: Network, x, t, learning_rate) -> Network:
    inputs, targets = torch.from_numpy(x), torch.from_numpy(t)
    net = module(network, inputs.dtype)
    if network.cost.name == "binary_cross_entropy":
        net, cost = net[:-1], torch.nn.BCEWithLogitsLoss(reduction="sum")
    else:
        cost = torch.nn.MSELoss(reduction="sum")
    optimiser = torch.optim.SGD(net.parameters(), lr=learning_rate, momentum=0.0)
    loss = cost(net(inputs), targets)
    (loss if network.cost.name == "binary_cross_entropy" else loss / 2).backward()
    optimiser.step()
    linear = [part for part in net if isinstance(part, torch.nn.Linear)]
    w, b = [one.weight.detach().numpy() for one in linear], [one.bias.detach().numpy() for one in linear]
    return network.with_parameters(w, b)
