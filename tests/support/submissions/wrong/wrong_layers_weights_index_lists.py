"""Lists indexed by layer; the delta of layer l is made with the weights of layer l, one too low"""

from harness import Gradients, Network

MISTAKE = "wrong_layers_weights"


class Backward:
    def __init__(self, network, x, t):
        self.network, self.t = network, t
        self.layers = network.layers
        self.L = len(self.layers)
        self.z = [None] * self.L
        self.a = [None] * self.L
        self.inputs = [None] * self.L
        for l in range(self.L):
            self.inputs[l] = x if l == 0 else self.a[l - 1]
            self.z[l] = self.inputs[l] @ self.layers[l].w.T + self.layers[l].b
            self.a[l] = self.layers[l].activation.f(self.z[l])

    def run(self):
        self.deltas = [None] * self.L
        for l in range(self.L - 1, -1, -1):
            if l == self.L - 1:
                self.deltas[l] = self.output_delta()
            else:
                error = self.deltas[l + 1] @ self.layers[l].w
                self.deltas[l] = error * self.layers[l].activation.slope(self.z[l])
        return self

    def output_delta(self):
        if self.network.is_canonical:
            return self.a[-1] - self.t
        return self.network.cost.gradient(self.a[-1], self.t) * self.layers[-1].activation.slope(self.z[-1])


def backprop(network: Network, x, t) -> Gradients:
    done = Backward(network, x, t).run()
    return Gradients(
        w=[done.deltas[l].T @ done.inputs[l] for l in range(done.L)],
        b=[done.deltas[l].sum(axis=0) for l in range(done.L)],
        delta=done.deltas,
    )


def step(network: Network, x, t, learning_rate) -> Network:
    g = backprop(network, x, t)
    w, b = [], []
    for l, layer in enumerate(network.layers):
        w.append(layer.w - learning_rate * g.w[l])
        b.append(layer.b - learning_rate * g.b[l])
    return network.with_parameters(w, b)
