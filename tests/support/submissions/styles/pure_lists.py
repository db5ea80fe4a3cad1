"""Lists and the math module: no array but what goes in; one sample after the other"""

import math


def sigmoid(z):
    return 1 / (1 + math.exp(-z)) if z >= 0 else math.exp(z) / (1 + math.exp(z))


def sample_gradients(w, b, x, t, dw, db):
    a = [x]
    for weights, biases in zip(w, b, strict=True):
        sums = [sum(p * q for p, q in zip(row, a[-1], strict=True)) for row in weights]
        a.append([sigmoid(one + bias) for one, bias in zip(sums, biases, strict=True)])
    d = [(y - target) * y * (1 - y) for y, target in zip(a[-1], t, strict=True)]
    for l in range(len(w) - 1, -1, -1):
        for j in range(len(d)):
            db[l][j] += d[j]
            for k in range(len(a[l])):
                dw[l][j][k] += d[j] * a[l][k]
        back = [sum(d[j] * w[l][j][k] for j in range(len(d))) for k in range(len(a[l]))]
        d = [e * y * (1 - y) for e, y in zip(back, a[l], strict=True)]


def backprop(network, x, t):
    if {layer.activation.name for layer in network.layers} != {"sigmoid"} or network.cost.name != "half_squared_error":
        raise NotImplementedError("sigmoid and squared error only")
    w, b = [layer.w.tolist() for layer in network.layers], [layer.b.tolist() for layer in network.layers]
    dw, db = [[[0.0] * len(row) for row in m] for m in w], [[0.0] * len(v) for v in b]
    for sample, target in zip(x.tolist(), t.tolist(), strict=True):
        sample_gradients(w, b, sample, target, dw, db)
    return dw, db
