"""Layer objects with weights as (inputs, outputs), and gradients of that shape"""

from harness import Gradients, Network

LAYOUT = "in, out"


class Dense:
    def __init__(self, layer):
        self.kernel = layer.w.T
        self.bias = layer.b
        self.activation = layer.activation

    def __call__(self, inputs):
        self.inputs = inputs
        self.linear = inputs @ self.kernel + self.bias
        return self.activation.f(self.linear)

    def backward(self, upstream):
        return self.backward_linear(upstream * self.activation.slope(self.linear))

    def backward_linear(self, delta):
        self.delta = delta
        self.kernel_gradient = self.inputs.T @ delta
        self.bias_gradient = delta.sum(axis=0)
        return delta @ self.kernel.T


class Sequential:
    def __init__(self, network):
        self.network = network
        self.layers = [Dense(layer) for layer in network.layers]

    def train(self, x, t):
        for layer in self.layers:
            x = layer(x)
        *below, last = self.layers
        if self.network.is_canonical:
            upstream = last.backward_linear(x - t)
        else:
            upstream = last.backward(self.network.cost.gradient(x, t))
        for layer in reversed(below):
            upstream = layer.backward(upstream)
        return self.layers


def backprop(network: Network, x, t) -> Gradients:
    layers = Sequential(network).train(x, t)
    return Gradients(
        w=[layer.kernel_gradient for layer in layers],
        b=[layer.bias_gradient for layer in layers],
        delta=[layer.delta for layer in layers],
    )


def step(network: Network, x, t, learning_rate) -> Network:
    layers = Sequential(network).train(x, t)
    kernels = [layer.kernel - learning_rate * layer.kernel_gradient for layer in layers]
    biases = [layer.bias - learning_rate * layer.bias_gradient for layer in layers]
    return network.with_parameters([kernel.T for kernel in kernels], biases)
