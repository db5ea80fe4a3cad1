"""relu layers with softmax, by the scores: probs[range(n), y] −= 1; one-hot targets only"""

import numpy as np


def backprop(network, x, t):
    *hidden, output = [layer.activation.name for layer in network.layers]
    if {*hidden} - {"relu"} or output != "softmax" or not ((t == 0) | (t == 1)).all():
        raise NotImplementedError("relu layers with softmax and one-hot targets only")
    y, a = t.argmax(axis=1), [x]
    for layer in network.layers[:-1]:
        a.append(np.maximum(0, a[-1].dot(layer.w.T) + layer.b))
    scores = a[-1].dot(network.layers[-1].w.T) + network.layers[-1].b
    exp_scores = np.exp(scores - np.max(scores, axis=1, keepdims=True))
    dscores = exp_scores / np.sum(exp_scores, axis=1, keepdims=True)
    dscores[range(len(x)), y] -= 1
    w, b, d = [], [], dscores
    for l in range(len(a) - 1, -1, -1):
        w.insert(0, np.dot(a[l].T, d).T)
        b.insert(0, np.sum(d, axis=0))
        d = np.dot(d, network.layers[l].w)
        d[a[l] <= 0] = 0
    return w, b
