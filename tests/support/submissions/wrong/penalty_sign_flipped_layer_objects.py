"""Layers with forward and backward, as in a small library; the decay is subtracted from the gradient"""

MISTAKE = "penalty_sign_flipped"
REDUCTION = "mean"
L2 = 0.1


class Linear:
    def __init__(self, layer, weight_decay):
        self.W, self.b, self.activation, self.weight_decay = layer.w, layer.b, layer.activation, weight_decay

    def fprop(self, values):
        self.last_input = values
        self.last_sums = values @ self.W.T + self.b
        return self.activation.f(self.last_sums)

    def bprop(self, output_grad, n, *, is_activated):
        if is_activated:
            output_grad = output_grad * self.activation.slope(self.last_sums)
        self.dW = output_grad.T @ self.last_input / n - self.weight_decay * self.W
        self.db = output_grad.sum(axis=0) / n
        return output_grad @ self.W


def backprop(network, x, t):
    layers = [Linear(layer, L2) for layer in network.layers]
    values = x
    for layer in layers:
        values = layer.fprop(values)
    grad = values - t if network.is_canonical else network.cost.gradient(values, t)
    for layer in reversed(layers):
        grad = layer.bprop(grad, len(x), is_activated=layer is not layers[-1] or not network.is_canonical)
    return [layer.dW for layer in layers], [layer.db for layer in layers]
