"""Layer objects whose backward() updates first, and then sends the error through the new weights"""

from harness import Network

MISTAKE = "updated_weights_used_to_propagate"


class FullyConnected:
    def __init__(self, layer):
        self.weights = layer.w.T.copy()
        self.bias = layer.b.copy()
        self.activation = layer.activation

    def forward(self, inputs):
        self.inputs = inputs
        self.z = inputs @ self.weights + self.bias
        return self.activation.f(self.z)

    def backward(self, error, learning_rate, through_activation=True):
        delta = error * self.activation.slope(self.z) if through_activation else error
        self.weights -= learning_rate * (self.inputs.T @ delta)
        self.bias -= learning_rate * delta.sum(axis=0)
        return delta @ self.weights.T


class Model:
    def __init__(self, network):
        self.network = network
        self.layers = [FullyConnected(layer) for layer in network.layers]

    def fit_batch(self, x, t, learning_rate):
        out = x
        for layer in self.layers:
            out = layer.forward(out)
        canonical = self.network.is_canonical
        error = out - t if canonical else self.network.cost.gradient(out, t)
        for layer in reversed(self.layers):
            last = layer is self.layers[-1]
            error = layer.backward(error, learning_rate, through_activation=not (last and canonical))


def step(network: Network, x, t, learning_rate) -> Network:
    model = Model(network)
    model.fit_batch(x, t, learning_rate)
    return network.with_parameters([layer.weights.T for layer in model.layers], [layer.bias for layer in model.layers])
