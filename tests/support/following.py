"""Files that follow a convention, whether they declare it or not."""

from __future__ import annotations

# The textbook, in the convention of the constants in C.
BOOK = """
import numpy as np
from harness import Gradients

def forward(network, x):
    a, z = [x], []
    for layer in network.layers:
        z.append(a[-1] @ layer.w.T + (0 if C.get("BIAS") == "none" else layer.b))
        a.append(layer.activation.f(z[-1]))
    return a, z

def scale(cost, x, t):
    reduction = C.get("REDUCTION", "sum")
    if isinstance(reduction, dict):
        reduction = reduction.get(cost, "sum")
    return 1 / {"sum": 1, "mean": len(x), "mean over outputs": t.shape[1]}.get(reduction, t.size)

def gradients(network, x, t):
    if C.get("TARGETS") == "labels":
        outputs = len(network.layers[-1].w)
        t = np.eye(outputs)[t] if outputs > 1 else t[:, None]
    a, z = forward(network, x)
    last = network.layers[-1]
    error = a[-1] - t if network.is_canonical else network.cost.gradient(a[-1], t)
    delta = [error if network.is_canonical else error * last.activation.slope(z[-1])]
    for l in range(len(z) - 2, -1, -1):
        delta.insert(0, (delta[0] @ network.layers[l + 1].w) * network.layers[l].activation.slope(z[l]))
    delta = [d * scale(network.cost.name, x, t) for d in delta]
    w = [d.T @ i for d, i in zip(delta, a)]
    b = [d.sum(0) for d in delta]
    if C.get("BIAS") == "none":
        b = [0 * one for one in b]
    penalty = C.get("L2", 0) * (1 if C.get("L2_HALF", True) else 2)
    penalty *= scale(network.cost.name, x, t) if C.get("L2_DIVIDED") else 1
    w = [one + penalty * layer.w for one, layer in zip(w, network.layers)]
    if C.get("L2_BIASES"):
        b = [one + penalty * layer.b for one, layer in zip(b, network.layers)]
    return w, b, delta, z, a[1:]

def backprop(network, x, t):
    return Gradients(*gradients(network, x, t))

def step(network, x, t, eta):
    eta = C.get("LEARNING_RATE") or eta
    w, b, *_ = gradients(network, x, t)
    pairs = list(zip(network.layers, w, b))
    return network.with_parameters([l.w - eta * g for l, g, _ in pairs], [l.b - eta * g for l, _, g in pairs])
"""
ONE = "iris-4-5-3-sigmoid-batch8"


def written(folder, constants, declared, more=""):
    """A file that follows these constants, and declares those."""
    path = folder / "follows.py"
    lines = "".join(f"{name} = {value!r}\n" for name, value in declared.items())
    path.write_text(f"{lines}C = {constants!r}\n{BOOK}{more}", encoding="utf-8")
    return path
