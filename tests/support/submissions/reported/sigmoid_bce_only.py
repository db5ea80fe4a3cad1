"""Sigmoid in every layer with the cross-entropy, as in the Octave course; right, mean over the rows"""

from harness import Gradients, Network, Unsupported

SOURCE = "Andrew Ng, Machine Learning (Coursera), exercise 4"


def backprop(network: Network, x, t) -> Gradients:
    activations = {layer.activation.name for layer in network.layers}
    if activations != {"sigmoid"} or network.cost.name != "binary_cross_entropy":
        raise Unsupported("sigmoid with cross-entropy only")
    a = [x]
    for layer in network.layers:
        a.append(layer.activation.f(a[-1] @ layer.w.T + layer.b))
    d, dw, db = a[-1] - t, [], []
    for l in range(len(network.layers) - 1, -1, -1):
        dw.insert(0, d.T @ a[l] / len(x))
        db.insert(0, d.sum(axis=0) / len(x))
        if l:
            d = (d @ network.layers[l].w) * a[l] * (1 - a[l])
    return Gradients(dw, db)
