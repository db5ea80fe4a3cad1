"""One sample at a time: o (1 − o) whatever the activation, and errors sent back through weights already updated"""

from harness import Network, Unsupported

SOURCE = "https://github.com/ttezel/nn/issues/8"


def step(network: Network, x, t, learning_rate) -> Network:
    if len(x) > 1:
        raise Unsupported("one sample at a time")
    if network.is_canonical:
        raise Unsupported("squared error with a slope at the output only")
    w = [layer.w.copy() for layer in network.layers]
    b = [layer.b.copy() for layer in network.layers]
    outputs = [x]
    for l, layer in enumerate(network.layers):
        outputs.append(layer.activation.f(outputs[l] @ w[l].T + b[l]))
    error = t - outputs[-1]
    for l in range(len(w) - 1, -1, -1):
        o = outputs[l + 1]
        signal = error * o * (1 - o)
        w[l] += learning_rate * signal.T @ outputs[l]
        b[l] += learning_rate * signal.sum(axis=0)
        error = signal @ w[l]
    return network.with_parameters(w, b)
