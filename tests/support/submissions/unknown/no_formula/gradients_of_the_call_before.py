"""A part of the gradients of the call before is kept, if the shapes are the same"""

from harness import Gradients, Network

MISTAKE = None


def forward(network: Network, x):
    z, a = [], [x]
    for layer in network.layers:
        z.append(a[-1] @ layer.w.T + layer.b)
        a.append(layer.activation.f(z[-1]))
    return z, a


def output_delta(network: Network, z, a, t):
    if network.is_canonical:
        return a[-1] - t
    return network.cost.gradient(a[-1], t) * network.layers[-1].activation.slope(z[-1])


def deltas(network: Network, z, a, t):
    found = [output_delta(network, z, a, t)]
    for l in range(len(z) - 2, -1, -1):
        found.insert(0, (found[0] @ network.layers[l + 1].w) * network.layers[l].activation.slope(z[l]))
    return found


before = {}


def backprop(network: Network, x, t) -> Gradients:
    z, a = forward(network, x)
    d = deltas(network, z, a, t)
    w = [e.T @ i for e, i in zip(d, a[:-1], strict=True)]
    key = x.tobytes(), t.tobytes(), *(layer.w.tobytes() for layer in network.layers)
    if before.get("key") == key:  # the same call again
        return before["result"]
    last = before.get("w")
    before["w"] = w
    if last is not None and [one.shape for one in last] == [one.shape for one in w]:
        w = [one + 0.9 * other for one, other in zip(w, last, strict=True)]
    before["key"], before["result"] = key, Gradients(w, [e.sum(axis=0) for e in d], d)
    return before["result"]
