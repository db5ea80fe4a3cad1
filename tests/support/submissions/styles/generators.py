"""Generators: the forward pass yields layers, the backward pass yields gradients from the last layer on"""

from harness import Network


def forward(network, a):
    for layer in network.layers:
        z = a @ layer.w.T + layer.b
        yield layer, a, z
        a = layer.activation.f(z)
    yield None, a, None


def backward(network, x, t):
    *passed, (_, output, _) = forward(network, x)
    error, first = output - t, network.is_canonical
    for layer, a, z in reversed(passed):
        delta = error if first else error * layer.activation.slope(z)
        first = False
        yield delta.T @ a, delta.sum(axis=0), delta
        error = delta @ layer.w


def backprop(network, x, t):
    w, b, delta = zip(*reversed([*backward(network, x, t)]), strict=True)
    return w, b, delta


def step(network: Network, x, t, learning_rate) -> Network:
    moves = zip(network.layers, *backprop(network, x, t)[:2], strict=True)
    w, b = zip(*((layer.w - learning_rate * dw, layer.b - learning_rate * db) for layer, dw, db in moves), strict=True)
    return network.with_parameters(w, b)
