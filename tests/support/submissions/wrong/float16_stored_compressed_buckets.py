"""Every layer's gradients go into a bucket, which is sent to the other workers in half the bytes"""

import numpy as np

from harness import Gradients, Network

MISTAKE = "float16_stored"


def compressed(bucket):
    return np.frombuffer(bucket.astype(np.float16).tobytes(), dtype=np.float16)


def buckets(network, x, t):
    """[∂C/∂W | ∂C/∂b] of each layer, as one row of numbers, the output layer first."""
    tape = [x]
    for layer in network.layers:
        tape.append(layer.activation.f(tape[-1] @ layer.w.T + layer.b))
    signal = tape.pop() - t
    if not network.is_canonical:
        signal = network.cost.gradient(signal + t, t) * slope_of(network.layers[-1], tape[-1])
    for number in reversed(range(len(network.layers))):
        inputs = tape.pop()
        yield np.concatenate([(signal.T @ inputs).ravel(), signal.sum(axis=0)])
        if number:
            signal = (signal @ network.layers[number].w) * slope_of(network.layers[number - 1], tape[-1])


def slope_of(layer, inputs):
    return layer.activation.slope(inputs @ layer.w.T + layer.b)


def received(network, x, t):
    """The buckets, unpacked at the other end."""
    sent = [compressed(bucket) for bucket in buckets(network, x, t)][::-1]
    sizes = [layer.w.size for layer in network.layers]
    w = [one[:size].reshape(layer.w.shape) for one, size, layer in zip(sent, sizes, network.layers, strict=True)]
    return w, [one[size:] for one, size in zip(sent, sizes, strict=True)]


def backprop(network: Network, x, t) -> Gradients:
    return Gradients(*received(network, x, t))


def step(network: Network, x, t, learning_rate) -> Network:
    w, b = received(network, x, t)
    return network.with_parameters(
        w=[layer.w - learning_rate * dw for layer, dw in zip(network.layers, w, strict=True)],
        b=[layer.b - learning_rate * db for layer, db in zip(network.layers, b, strict=True)],
    )
