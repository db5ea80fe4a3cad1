"""One sample at a time, in nested lists; the gradient is assigned, so the last sample overwrites the others"""

from harness import Gradients, Unsupported

MISTAKE = "gradient_assigned_not_accumulated"


def zeros_like(rows):
    return [[0.0 for _ in row] for row in rows]


def forward(network, values):
    states = [values]
    totals = []
    for layer in network.layers:
        net = []
        for weights, bias in zip(layer.w.tolist(), layer.b.tolist(), strict=True):
            net.append(bias + sum(w * v for w, v in zip(weights, states[-1], strict=True)))
        totals.append(net)
        states.append([layer.activation.f(n) for n in net])
    return states, totals


def deltas_of(network, states, totals, target):
    top = network.layers[-1].activation
    if network.is_canonical:
        rows = [[o - y for o, y in zip(states[-1], target, strict=True)]]
    else:
        rows = [
            [network.cost.gradient(o, y) * top.slope(n) for o, y, n in zip(states[-1], target, totals[-1], strict=True)]
        ]
    for l in range(len(network.layers) - 2, -1, -1):
        columns = zip(*network.layers[l + 1].w.tolist(), strict=True)
        errors = [sum(w * d for w, d in zip(column, rows[0], strict=True)) for column in columns]
        slope = network.layers[l].activation.slope
        rows.insert(0, [e * slope(n) for e, n in zip(errors, totals[l], strict=True)])
    return rows


def backprop(network, x, t):
    if network.layers[-1].activation.name == "softmax":
        raise Unsupported("one neuron after the other: no softmax")
    grad_w = [zeros_like(layer.w) for layer in network.layers]
    grad_b = [[0.0] * len(layer.b) for layer in network.layers]
    for sample, target in zip(x.tolist(), t.tolist(), strict=True):
        states, totals = forward(network, sample)
        for l, delta in enumerate(deltas_of(network, states, totals, target)):
            for j, d in enumerate(delta):
                grad_b[l][j] = d
                for k, value in enumerate(states[l]):
                    grad_w[l][j][k] = d * value
    return Gradients(w=grad_w, b=grad_b)
