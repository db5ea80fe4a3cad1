"""Recursion: a layer calls the rest of the network, and gets back what its output has to change"""


def learn(layers, a, t, canonical):
    """The gradients of these layers, and ∂C/∂a of what goes in."""
    layer, *rest = layers
    z = a @ layer.w.T + layer.b
    out = layer.activation.f(z)
    if rest:
        gradients, error = learn(rest, out, t, canonical)
    else:
        gradients, error = [], out - t
    delta = error if canonical and not rest else error * layer.activation.slope(z)
    return [(delta.T @ a, delta.sum(axis=0), delta), *gradients], delta @ layer.w


def backprop(network, x, t):
    gradients, _ = learn(network.layers, x, t, network.is_canonical)
    return dict(zip(("w", "b", "delta"), map(list, zip(*gradients, strict=True)), strict=True))


def step(network, x, t, learning_rate):
    g = backprop(network, x, t)
    w = [layer.w - learning_rate * d for layer, d in zip(network.layers, g["w"], strict=True)]
    return w, [layer.b - learning_rate * d for layer, d in zip(network.layers, g["b"], strict=True)]
