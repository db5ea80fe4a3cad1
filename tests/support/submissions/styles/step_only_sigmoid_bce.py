"""A step alone, for sigmoids with the cross-entropy"""


def step(network, x, t, learning_rate):
    names = {layer.activation.name for layer in network.layers}
    if names != {"sigmoid"} or network.cost.name != "binary_cross_entropy":
        raise NotImplementedError("sigmoid and cross-entropy only")
    w, b, a = [layer.w for layer in network.layers], [layer.b for layer in network.layers], [x]
    for layer in network.layers:
        a.append(layer.activation.f(a[-1] @ layer.w.T + layer.b))
    d, new_w, new_b = a[-1] - t, [*w], [*b]
    for l in range(len(w) - 1, -1, -1):
        new_w[l] = w[l] - learning_rate * (d.T @ a[l])
        new_b[l] = b[l] - learning_rate * d.sum(axis=0)
        d = (d @ w[l]) * a[l] * (1 - a[l])
    return new_w, new_b
