"""The one-layer network of "15 Steps", corrected: inputs, not outputs, times delta, and the change is added"""

import numpy as np

from harness import Gradients, Network, Unsupported

SOURCE = (
    "Herman Tulleken, 15 Steps to Implement a Neural Net, "
    "code-spot.co.za/2009/10/08/15-steps-to-implemented-a-neural-net, 2009; step 12 as its asker corrected it"
)


def weight_change(network, x, t, learning_rate):
    """The weights [n_0 + 1, n_1], bias last, their change ΔW = η [x, 1]ᵀ δ, and δ = (t − o) f'(net)."""
    if len(network.layers) != 1:
        raise Unsupported("one layer only: the article's network has no hidden layer")
    if network.cost.name != "half_squared_error":
        raise Unsupported("the article has the squared error only")
    [layer] = network.layers
    weights = np.vstack([layer.w.T, layer.b])
    inputs = np.hstack([x, np.ones((len(x), 1), dtype=x.dtype)])
    net = inputs @ weights
    error = t - layer.activation.f(net)
    delta = error * layer.activation.slope(net)  # BP1, with the opposite sign
    return weights, learning_rate * (inputs.T @ delta), delta  # BP3, BP4


def backprop(network: Network, x, t) -> Gradients:
    _, change, delta = weight_change(network, x, t, learning_rate=1)
    return Gradients(w=[-change[:-1].T], b=[-change[-1]], delta=[-delta])


def step(network: Network, x, t, learning_rate) -> Network:
    weights, change, _ = weight_change(network, x, t, learning_rate)
    moved = weights + change  # rule, with the opposite sign
    return network.with_parameters(w=[moved[:-1].T], b=[moved[-1]])
