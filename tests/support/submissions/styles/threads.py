"""One task for each sample in a pool of threads, their gradients added as they were submitted"""

from concurrent.futures import ThreadPoolExecutor

from harness import Gradients, Network


def sample_gradients(network, x, t):
    layers, a, z = network.layers, [x[None]], []
    for layer in layers:
        z.append(a[-1] @ layer.w.T + layer.b)
        a.append(layer.activation.f(z[-1]))
    d = a[-1] - t if network.is_canonical else (a[-1] - t) * layers[-1].activation.slope(z[-1])
    w, b = [], []
    for l in range(len(layers) - 1, -1, -1):
        w.insert(0, d.T @ a[l])
        b.insert(0, d[0])
        d = (d @ layers[l].w) * layers[l - 1].activation.slope(z[l - 1]) if l else d
    return w, b


def backprop(network: Network, x, t) -> Gradients:
    with ThreadPoolExecutor(2) as pool:
        found = [*pool.map(lambda pair: sample_gradients(network, *pair), zip(x, t, strict=True))]
    w, b = ([sum(layer) for layer in zip(*parts, strict=True)] for parts in zip(*found, strict=True))
    return Gradients(w, b)
