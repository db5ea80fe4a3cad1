"""Backprop as students write it, with a slot for each equation: the right text, and wrong ones that are planted."""

from __future__ import annotations

# The part of the assignment that each slot is about.
PARTS = {
    "z": "forward pass",
    "out": "δ, output layer",
    "hidden": "δ, hidden layers",
    "w": "∂C/∂W",
    "b": "∂C/∂b",
    "rule": "update",
}

_MATRIX = '''"""Rows times matrices, by {name}."""
import numpy as np


def backprop(network, x, t):
    a = [x]
    for layer in network.layers:
        z = {z}
        a.append(1 / (1 + np.exp(-z)))
    last = len(network.layers) - 1
    delta = [None] * (last + 1)
    delta[last] = {out}
    for l in range(last - 1, -1, -1):
        e = delta[l + 1] @ network.layers[l + 1].w
        y = a[l + 1]
        delta[l] = {hidden}
    dw, db = [], []
    for l in range(last + 1):
        dw.append({w})
        db.append({b})
    return {returned}


def step(network, x, t, learning_rate):
    g = backprop(network, x, t)
    new = {{"w": [], "b": []}}
    for l, layer in enumerate(network.layers):
        for key, old in (("w", layer.w), ("b", layer.b)):
            new[key].append({rule})
    return new
'''

_LOOPS = """# one sample after the other, by {name}
import numpy as np


def sigmoid(z):
    return 1.0 / (1.0 + np.exp(-z))


def backprop(network, x, t):
    n = len(network.layers)
    dw = [np.zeros_like(layer.w) for layer in network.layers]
    db = [np.zeros_like(layer.b) for layer in network.layers]
    for row, target in zip(x, t):
        a = [row]
        for layer in network.layers:
            a.append(sigmoid({z}))
        y = a[-1]
        d = {out}
        for l in range(n - 1, -1, -1):
            dw[l] += {w}
            db[l] += {b}
            if l > 0:
                e, y = network.layers[l].w.T @ d, a[l]
                d = {hidden}
    return {{"w": dw, "b": db}}


def step(network, x, t, learning_rate):
    g = backprop(network, x, t)
    new = {{"w": [], "b": []}}
    for l, layer in enumerate(network.layers):
        for key, old in (("w", layer.w), ("b", layer.b)):
            new[key].append({rule})
    return new
"""

_RULES = {
    "right": "old - learning_rate * g[key][l]",
    "ascends": "old + learning_rate * g[key][l]",
    "half a step": "old - 0.5 * learning_rate * g[key][l]",
}
_HIDDEN = {
    "right": "e * y * (1 - y)",
    "without its slope": "e",
    "slope of tanh": "e * (1 - y * y)",
    "half a slope": "e * y",
}
SLOTS_OF_STYLES = {
    "matrix": {
        "z": {"right": "a[-1] @ layer.w.T + layer.b", "without the bias": "a[-1] @ layer.w.T"},
        "out": {
            "right": "(a[-1] - t) * a[-1] * (1 - a[-1])",
            "without its slope": "(a[-1] - t)",
            "slope twice": "(a[-1] - t) * (a[-1] * (1 - a[-1])) ** 2",
        },
        "hidden": _HIDDEN,
        "w": {
            "right": "delta[l].T @ a[l]",
            "other sign": "-(delta[l].T @ a[l])",
            "nine tenths": "0.9 * (delta[l].T @ a[l])",
        },
        "b": {
            "right": "delta[l].sum(axis=0)",
            "the first row": "delta[l][0]",
            "other sign": "-delta[l].sum(axis=0)",
        },
        "rule": _RULES,
    },
    "loops": {
        "z": {"right": "layer.w @ a[-1] + layer.b", "without the bias": "layer.w @ a[-1]"},
        "out": {"right": "(y - target) * y * (1 - y)", "without its slope": "y - target"},
        "hidden": _HIDDEN,
        "w": {"right": "np.outer(d, a[l])", "other sign": "-np.outer(d, a[l])", "triple": "3 * np.outer(d, a[l])"},
        "b": {"right": "d", "other sign": "-d", "a third": "d / 3"},
        "rule": _RULES,
    },
}
SHOWN = '{"w": dw, "b": db, "delta": delta}'
NOT_SHOWN = '{"w": dw, "b": db}'
_TEXTS = {"matrix": _MATRIX, "loops": _LOOPS}


def written(style: str, name: str, returned: str = SHOWN, **chosen: str) -> str:
    """A submission in a style; `chosen` names what stands in a slot, or is the text that stands there."""
    slots = {
        slot: texts[chosen[slot]] if chosen.get(slot) in texts else chosen.get(slot, texts["right"])
        for slot, texts in SLOTS_OF_STYLES[style].items()
    }
    return _TEXTS[style].format(name=name, returned=returned, **slots)
