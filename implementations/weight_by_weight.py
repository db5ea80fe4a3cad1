"""What backprop avoids: each derivative separately, as a sum over all paths to the output"""

from itertools import pairwise, product
from math import prod

import numpy as np

from harness import Gradients, Network, Unsupported

SOURCE = "Michael Nielsen, chapter 2, 'In what sense is backpropagation a fast algorithm?' and 'The big picture'"
MOST_PATHS = 20_000  # a sample; each costs about a microsecond for every layer it crosses


def count_paths(network):
    widths = [len(layer.b) for layer in network.layers]
    return sum(layer.w.size * prod(widths[l + 1 :]) for l, layer in enumerate(network.layers))


def sum_by_halves(terms):
    """Pairwise summation, because a sum of this many terms in turn would have more roundings than backprop."""
    middle = len(terms) // 2
    return terms[0] if middle == 0 else sum_by_halves(terms[:middle]) + sum_by_halves(terms[middle:])


def sum_over_paths(network, slopes, output_delta, l, j):
    """∂C/∂z_j^l of one sample: a sum over all paths, with one neuron in each later layer. A term is the product of the
    derivatives along the path, ∂z_q^{m+1}/∂z_p^m = w^{m+1}[q, p] f'(z_p^m), and of δ^L at its end."""
    later = [range(len(layer.b)) for layer in network.layers[l + 1 :]]
    terms = []
    for path in product([j], *later):
        term = output_delta[path[-1]]
        for m, (p, q) in enumerate(pairwise(path), start=l):
            term = term * network.layers[m + 1].w[q, p] * slopes[m][p]  # BP2, for one path
        terms.append(term)
    return sum_by_halves(terms)


def backprop(network: Network, x, t) -> Gradients:
    if (paths := count_paths(network)) > MOST_PATHS:
        raise Unsupported(f"{paths:,} paths a sample, the limit is {MOST_PATHS:,}")
    w = [np.zeros_like(layer.w) for layer in network.layers]
    b = [np.zeros_like(layer.b) for layer in network.layers]
    for x_row, t_row in zip(x, t, strict=True):
        a, slopes = [x_row], []
        for layer in network.layers:
            z = layer.w @ a[-1] + layer.b
            a.append(layer.activation.f(z))
            slopes.append(None if layer.activation.slope is None else layer.activation.slope(z))
        if network.is_canonical:
            output_delta = a[-1] - t_row  # BP1
        else:
            output_delta = network.cost.gradient(a[-1], t_row) * slopes[-1]  # BP1
        for l in range(len(network.layers)):
            for j in range(len(b[l])):
                b[l][j] += sum_over_paths(network, slopes, output_delta, l, j)  # BP3
                for k in range(w[l].shape[1]):
                    w[l][j, k] += sum_over_paths(network, slopes, output_delta, l, j) * a[l][k]  # BP4
    return Gradients(w, b)
