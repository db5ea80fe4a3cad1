"""The array module and memoryviews: gradients are added up in flat buffers"""

from array import array

import numpy as np

from harness import Gradients, Network


def backprop(network: Network, x, t) -> Gradients:
    shapes = [layer.w.shape for layer in network.layers]
    buffers = [array("d", bytes(8 * (rows + 1) * columns)) for columns, rows in shapes]
    for sample, target in zip(x, t, strict=True):
        a, z = [sample], []
        for layer in network.layers:
            z.append(layer.w @ a[-1] + layer.b)
            a.append(layer.activation.f(z[-1]))
        d = a[-1] - target if network.is_canonical else (a[-1] - target) * network.layers[-1].activation.slope(z[-1])
        for l in range(len(shapes) - 1, -1, -1):
            view = memoryview(buffers[l])
            terms = np.outer(d, np.append(a[l], 1)).ravel().tolist()
            for place, term in enumerate(terms):
                view[place] += term
            d = (d @ network.layers[l].w) * network.layers[l - 1].activation.slope(z[l - 1]) if l else d
    joined = [np.frombuffer(one).reshape(len(layer.b), -1) for one, layer in zip(buffers, network.layers, strict=True)]
    return Gradients([one[:, :-1] for one in joined], [one[:, -1] for one in joined])
