"""Matrix products over the whole batch, optimised for speed: results are written into preallocated memory"""

from math import prod

import numpy as np

from harness import Gradients, Network

SOURCE = "NumPy manual, numpy.matmul, parameter out; numpy.org/doc/stable/reference/generated/numpy.matmul.html"

BLOCK = 16384  # numbers; so many stay in the processor's cache, with all that f makes of them on the way


def allocate(dtype, *shape_lists):
    """For each list of shapes, a list of uninitialised arrays. They share one allocation, which the process can reuse
    in the next call; the memory of many small allocations goes back to the system, which must clear it again."""
    memory = np.empty(sum(prod(shape) for shapes in shape_lists for shape in shapes), dtype)
    arrays = []
    for shapes in shape_lists:
        arrays.append([])
        for shape in shapes:
            arrays[-1].append(memory[: prod(shape)].reshape(shape))
            memory = memory[prod(shape) :]
    return arrays


def blocks(*arrays):
    """Views of the same rows of all arrays, block by block."""
    rows = BLOCK // arrays[0].shape[1] + 1
    for start in range(0, len(arrays[0]), rows):
        yield [array[start : start + rows] for array in arrays]


def backprop(network: Network, x, t) -> Gradients:
    layers = network.layers
    outputs = [(len(x), len(layer.b)) for layer in layers]
    a, delta, w = allocate(x.dtype, outputs, outputs, [layer.w.shape for layer in layers])
    a = [x, *a]

    for l, layer in enumerate(layers):
        np.matmul(a[l], layer.w.T, out=a[l + 1])
        for [z] in blocks(a[l + 1]):
            z += layer.b
            z[:] = layer.activation.f(z)  # from here on z holds a

    if network.is_canonical:
        np.subtract(a[-1], t, out=delta[-1])  # BP1
    else:
        for d, o, target in blocks(delta[-1], a[-1], t):
            d[:] = network.cost.gradient(o, target) * layers[-1].activation.slope_from_output(o)  # BP1
    for l in range(len(layers) - 2, -1, -1):
        np.matmul(delta[l + 1], layers[l + 1].w, out=delta[l])
        for d, o in blocks(delta[l], a[l + 1]):
            d *= layers[l].activation.slope_from_output(o)  # BP2

    product = np.matmul if len(x) > 1 else np.multiply  # of one sample, δᵀ a is an outer product
    for d, inputs, gradient in zip(delta, a[:-1], w, strict=True):
        product(d.T, inputs, out=gradient)  # BP4
    return Gradients(w=w, b=[d.sum(axis=0) for d in delta], delta=delta)  # BP3


def step(network: Network, x, t, learning_rate) -> Network:
    gradients = backprop(network, x, t)
    for layer, w, b in zip(network.layers, gradients.w, gradients.b, strict=True):
        for new, old in (*blocks(w, layer.w), (b, layer.b)):
            new *= learning_rate
            np.subtract(old, new, out=new)  # rule: the new weights overwrite the gradient
    return network.with_parameters(gradients.w, gradients.b)
