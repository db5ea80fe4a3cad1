"""One hidden layer, each line written out; sigmoid and squared error"""

from harness import Gradients, Network, Unsupported


def backprop(network: Network, x, t) -> Gradients:
    names = [layer.activation.name for layer in network.layers]
    if names != ["sigmoid", "sigmoid"] or network.cost.name != "half_squared_error":
        raise Unsupported("one hidden layer, sigmoid and squared error")
    hidden, output = network.layers
    h = hidden.activation.f(x @ hidden.w.T + hidden.b)
    y = output.activation.f(h @ output.w.T + output.b)
    d_output = (y - t) * y * (1 - y)
    d_hidden = (d_output @ output.w) * h * (1 - h)
    delta = [d_hidden, d_output]
    return Gradients([d_hidden.T @ x, d_output.T @ h], [d.sum(axis=0) for d in delta], delta)
