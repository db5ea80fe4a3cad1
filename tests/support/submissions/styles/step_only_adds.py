"""A step alone: target − output, and +="""

from harness import Network


def step(network: Network, x, t, learning_rate) -> Network:
    layers, a, z = network.layers, [x], []
    for layer in layers:
        z.append(a[-1] @ layer.w.T + layer.b)
        a.append(layer.activation.f(z[-1]))
    error, w, b = t - a[-1], [layer.w for layer in layers], [layer.b for layer in layers]
    for l in range(len(layers) - 1, -1, -1):
        last = l == len(layers) - 1
        adjustment = error if last and network.is_canonical else error * layers[l].activation.slope(z[l])
        error = adjustment @ w[l]
        w[l] = w[l] + learning_rate * adjustment.T @ a[l]
        b[l] = b[l] + learning_rate * adjustment.sum(axis=0)
    return network.with_parameters(w, b)
