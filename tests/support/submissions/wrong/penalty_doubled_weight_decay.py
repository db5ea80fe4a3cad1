"""A step that shrinks the weights first; it shrinks them by 2λ, although the penalty is λ/2 Σ w²"""

MISTAKE = "penalty_doubled"
L2 = 0.05


def signals(network, x):
    yield x
    for layer in network.layers:
        x = layer.activation.f(x @ layer.w.T + layer.b)
        yield x


def step(network, x, t, learning_rate):
    inputs = list(signals(network, x))
    output, layers = inputs.pop(), list(network.layers)
    error = output - t
    if not network.is_canonical:
        last = layers[-1]
        error = network.cost.gradient(output, t) * last.activation.slope(inputs[-1] @ last.w.T + last.b)
    shrink = 1 - 2 * learning_rate * L2
    weights, biases = [], []
    while layers:
        layer, given = layers.pop(), inputs.pop()
        weights.insert(0, shrink * layer.w - learning_rate * (error.T @ given))
        biases.insert(0, layer.b - learning_rate * error.sum(axis=0))
        if layers:
            below = layers[-1]
            error = (error @ layer.w) * below.activation.slope(inputs[-1] @ below.w.T + below.b)
    return weights, biases
