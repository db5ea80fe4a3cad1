"""The slope of tanh is taken at its output, in the output layer alone; mean over the rows, sample after sample"""

import numpy as np

from harness import Gradients, Network, Unsupported

SOURCE = "https://github.com/benoitfragit/libBrain/issues/78"


def backprop(network: Network, x, t) -> Gradients:
    if network.is_canonical:
        raise Unsupported("squared error with a slope at the output only")
    n, last = len(x), len(network.layers) - 1
    w = [np.zeros_like(layer.w) for layer in network.layers]
    b = [np.zeros_like(layer.b) for layer in network.layers]
    for sample, target in zip(x, t, strict=True):
        out, pre = [sample], []
        for layer in network.layers:
            pre.append(layer.w @ out[-1] + layer.b)
            out.append(layer.activation.f(pre[-1]))
        error = out[-1] - target
        for l in range(last, -1, -1):
            f = network.layers[l].activation
            d = error * f.slope(out[l + 1] if f.name == "tanh" and l == last else pre[l])
            w[l] += d[:, None] * out[l][None, :]
            b[l] += d
            error = network.layers[l].w.T @ d
    return Gradients([one / n for one in w], [one / n for one in b])
