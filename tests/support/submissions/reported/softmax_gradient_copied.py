"""The backward pass of softmax copies the gradient of its output to its input, without the Jacobian"""

from harness import Gradients, Network, Unsupported

SOURCE = "https://github.com/pjreddie/darknet/pull/96"


def backprop(network: Network, x, t) -> Gradients:
    if network.layers[-1].activation.name != "softmax":
        raise Unsupported("softmax output only")
    a, z = [x], []
    for layer in network.layers:
        z.append(a[-1] @ layer.w.T + layer.b)
        a.append(layer.activation.f(z[-1]))
    p = a[-1]
    d = -t / p
    dw, db = [], []
    for l in range(len(z) - 1, -1, -1):
        dw.insert(0, d.T @ a[l])
        db.insert(0, d.sum(axis=0))
        if l:
            d = (d @ network.layers[l].w) * network.layers[l - 1].activation.slope(z[l - 1])
    return Gradients(dw, db)
