"""Classes of layers with forward and backward, which keep what they need; a last one for the cost"""

from harness import Gradients, Network


class Dense:
    def __init__(self, w, b):
        self.w, self.b = w, b

    def forward(self, x):
        self.x = x
        return x @ self.w.T + self.b

    def backward(self, upstream):
        self.dw, self.db = upstream.T @ self.x, upstream.sum(axis=0)
        return upstream @ self.w


class Activation:
    def __init__(self, function):
        self.function = function

    def forward(self, z):
        self.z = z
        return self.function.f(z)

    def backward(self, upstream):
        return upstream * self.function.slope(self.z)


class OutputWithCost(Activation):
    """The canonical output, whose derivative cancels that of the cost."""

    def backward(self, upstream):
        return upstream


def backprop(network: Network, x, t) -> Gradients:
    layers = []
    for layer in network.layers:
        layers += [Dense(layer.w, layer.b), Activation(layer.activation)]
    if network.is_canonical:
        layers[-1] = OutputWithCost(network.layers[-1].activation)
    for layer in layers:
        x = layer.forward(x)
    gradient = x - t
    for layer in reversed(layers):
        gradient = layer.backward(gradient)
    return Gradients([layer.dw for layer in layers[::2]], [layer.db for layer in layers[::2]])


def step(network: Network, x, t, learning_rate) -> Network:
    g = backprop(network, x, t)
    w = [layer.w - learning_rate * d for layer, d in zip(network.layers, g.w, strict=True)]
    b = [layer.b - learning_rate * d for layer, d in zip(network.layers, g.b, strict=True)]
    return network.with_parameters(w, b)
