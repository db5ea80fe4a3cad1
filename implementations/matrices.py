"""Matrix products over the whole batch: the textbook recursion, for every activation and cost"""

from harness import Gradients, Network

SOURCE = "Wikipedia, Backpropagation, section on matrix multiplication; en.wikipedia.org/wiki/Backpropagation"


def backprop(network: Network, x, t) -> Gradients:
    layers = network.layers
    a, z = [x], []
    for layer in layers:
        z.append(a[-1] @ layer.w.T + layer.b)
        a.append(layer.activation.f(z[-1]))

    delta = [None] * len(layers)
    if network.is_canonical:
        delta[-1] = a[-1] - t  # BP1
    else:
        delta[-1] = network.cost.gradient(a[-1], t) * layers[-1].activation.slope(z[-1])  # BP1
    for l in range(len(layers) - 2, -1, -1):
        delta[l] = layers[l].activation.slope(z[l]) * (delta[l + 1] @ layers[l + 1].w)  # BP2

    return Gradients(
        w=[d.T @ inputs for d, inputs in zip(delta, a[:-1], strict=True)],  # BP4
        b=[d.sum(axis=0) for d in delta],  # BP3
        delta=delta,
    )


def step(network: Network, x, t, learning_rate) -> Network:
    gradients = backprop(network, x, t)
    return network.with_parameters(
        w=[layer.w - learning_rate * g for layer, g in zip(network.layers, gradients.w, strict=True)],  # rule
        b=[layer.b - learning_rate * g for layer, g in zip(network.layers, gradients.b, strict=True)],
    )
