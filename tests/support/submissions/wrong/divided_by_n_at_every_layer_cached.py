"""The mean over the batch, with backward functions on caches; every layer divides by n once more"""

from harness import Gradients, Network

REDUCTION = "mean"
MISTAKE = "divided_by_n_at_every_layer"


def linear_forward(A, layer):
    Z = A @ layer.w.T + layer.b
    return layer.activation.f(Z), {"A": A, "Z": Z, "layer": layer}


def linear_backward(dZ, cache):
    """Gradients of one layer, and of what came into it; dZ already holds the 1/n."""
    dW = dZ.T @ cache["A"]
    db = dZ.sum(axis=0)
    dA = dZ @ cache["layer"].w
    return dW, db, dA


def activation_backward(dA, cache):
    n = len(dA)
    return dA * cache["layer"].activation.slope(cache["Z"]) / n


def model_backward(network, AL, Y, caches):
    n = len(Y)
    if network.is_canonical:
        dZ = (AL - Y) / n
    else:
        dZ = network.cost.gradient(AL, Y) / n * network.layers[-1].activation.slope(caches[-1]["Z"])
    dW, db, dA = linear_backward(dZ, caches[-1])
    grads = [(dW, db, dZ)]
    for cache in reversed(caches[:-1]):
        dZ = activation_backward(dA, cache)
        dW, db, dA = linear_backward(dZ, cache)
        grads.append((dW, db, dZ))
    return grads[::-1]


def backprop(network: Network, x, t) -> Gradients:
    A, caches = x, []
    for layer in network.layers:
        A, cache = linear_forward(A, layer)
        caches.append(cache)
    grads = model_backward(network, A, t, caches)
    return Gradients(w=[dW for dW, _, _ in grads], b=[db for _, db, _ in grads], delta=[dZ for _, _, dZ in grads])


def step(network: Network, x, t, learning_rate) -> Network:
    grads = backprop(network, x, t)
    w = [layer.w - learning_rate * dW for layer, dW in zip(network.layers, grads.w, strict=True)]
    b = [layer.b - learning_rate * db for layer, db in zip(network.layers, grads.b, strict=True)]
    return network.with_parameters(w, b)
