"""Index notation with einsum; the output delta is a - t, whatever the cost and the activation"""

import numpy as np

from harness import Gradients, Network, Unsupported

MISTAKE = "no_sigma_prime_at_output"


def backprop(network: Network, x, t) -> Gradients:
    if network.cost.name != "half_squared_error" and not network.is_canonical:
        raise Unsupported("squared error, or a cost with its own output activation")

    # s: sample, j: neuron of this layer, k: neuron of the layer below
    a, z = [x], []
    for layer in network.layers:
        z.append(np.einsum("jk,sk->sj", layer.w, a[-1]) + layer.b)
        a.append(layer.activation.f(z[-1]))

    delta = a[-1] - t
    deltas = [delta]
    for l in range(len(network.layers) - 1, 0, -1):
        slope = network.layers[l - 1].activation.slope(z[l - 1])
        delta = np.einsum("sj,jk,sk->sk", delta, network.layers[l].w, slope)
        deltas.append(delta)
    deltas.reverse()

    return Gradients(
        w=[np.einsum("sj,sk->jk", d, inputs) for d, inputs in zip(deltas, a[:-1], strict=True)],
        b=[np.einsum("sj->j", d) for d in deltas],
        delta=deltas,
    )
