"""Samples as rows; every hidden delta is damped a little before it is used"""

from harness import Gradients, Network

MISTAKE = None

DAMPING = 0.9


def backprop(network: Network, x, t) -> Gradients:
    layers = list(network.layers)
    signals, potentials = [x], []
    for layer in layers:
        potentials.append(signals[-1] @ layer.w.T + layer.b)
        signals.append(layer.activation.f(potentials[-1]))

    if network.is_canonical:
        delta = signals[-1] - t
    else:
        delta = network.cost.gradient(signals[-1], t) * layers[-1].activation.slope(potentials[-1])
    deltas = [delta]
    for l in range(len(layers) - 2, -1, -1):
        delta = DAMPING * (delta @ layers[l + 1].w) * layers[l].activation.slope(potentials[l])
        deltas.append(delta)
    deltas.reverse()
    return Gradients(
        w=[d.T @ s for d, s in zip(deltas, signals[:-1], strict=True)],
        b=[d.sum(axis=0) for d in deltas],
        delta=deltas,
    )
