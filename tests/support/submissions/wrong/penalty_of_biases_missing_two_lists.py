"""A loss that penalises weights and biases, which are two lists; the gradient of the biases forgets it"""

MISTAKE = "penalty_of_biases_missing"
L2 = 0.03
L2_HALF = False
L2_BIASES = True


def regularised(data_gradients, parameters):
    return [gradient + 2 * L2 * p for gradient, p in zip(data_gradients, parameters, strict=True)]


def data_gradients(network, x, t):
    outputs, slopes = [x], []
    for layer in network.layers:
        z = outputs[-1] @ layer.w.T + layer.b
        outputs.append(layer.activation.f(z))
        slopes.append(None if layer.activation.slope is None else layer.activation.slope(z))
    error = outputs[-1] - t
    if not network.is_canonical:
        error = network.cost.gradient(outputs[-1], t) * slopes[-1]
    for_w, for_b = [], []
    for l, layer in reversed(list(enumerate(network.layers))):
        for_w.append(error.T @ outputs[l])
        for_b.append(error.sum(axis=0))
        error = (error @ layer.w) * slopes[l - 1] if l else None
    return for_w[::-1], for_b[::-1]


def backprop(network, x, t):
    for_w, for_b = data_gradients(network, x, t)
    weights = [layer.w for layer in network.layers]
    return regularised(for_w, weights), for_b
