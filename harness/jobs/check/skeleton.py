"""The skeleton of an implementation: it runs, and one line is left to complete."""

from __future__ import annotations

import keyword
import sys
from pathlib import Path

from harness.errors import UnusableInput

SKELETON = '''"""{title}"""

import numpy as np

SOURCE = "where this formulation is taught"

# If your gradient is that of another cost, or has another layout, declare it (CONTRIBUTING.md lists all constants):
# REDUCTION = "mean"      # over the rows; or "mean over outputs", "mean over rows and outputs"
# HALF = False            # the squared error without the 1/2
# SIGN = "negative"       # backprop returns minus the gradient
# LAYOUT = "in, out"      # the returned w are [n_(l-1), n_l]
# BIAS = "first row"      # the bias is a row of these w (and b is []); or "none": the network has no biases
# L2 = 0.1                # the cost has the penalty 0.1/2 * sum(w**2), and its gradient is in that of w
# TARGETS = "labels"      # t is [n]: the class of each row
# LEARNING_RATE = 1.0     # step has this rate, whatever it is given
# If your code is for some networks only, or computes in float32, declare it:
# ACTIVATIONS = "sigmoid" # or several names, as ("tanh", "softmax")
# COST = "binary_cross_entropy"
# DTYPE = "float32"


def backprop(network, x, t):
    """x is [n, n_0] and t is [n, n_L], one sample a row; layer.w is [n_l, n_(l-1)] and layer.b is [n_l].

    Refuse what your code does not cover: raise NotImplementedError("why").
    """
    layers = network.layers

    # Forward: z = a W^T + b, a = f(z).
    a, z = [x], []
    for layer in layers:
        z.append(a[-1] @ layer.w.T + layer.b)
        a.append(layer.activation.f(z[-1]))

    # BP1: for softmax with cross-entropy and sigmoid with binary cross-entropy (the canonical pairs) it is a - t.
    delta = a[-1] - t
    if not network.is_canonical:
        delta = delta * layers[-1].activation.slope(z[-1])
    deltas = [delta]

    # BP2: from the last hidden layer to the first.
    for l in range(len(layers) - 2, -1, -1):
        back = deltas[0] @ layers[l + 1].w
        deltas.insert(0, back)  # TODO: a factor is missing here; layers[l].activation.slope(z[l]) will help

    # BP4 and BP3: sums over the rows.
    w = [d.T @ inputs for d, inputs in zip(deltas, a, strict=False)]
    b = [np.sum(d, axis=0) for d in deltas]
    return {{"w": w, "b": b, "delta": deltas, "z": z, "a": a[1:]}}  # one array per layer; delta, z and a are optional


def step(network, x, t, learning_rate):
    """One step of gradient descent: new weights and biases; do not change the given network."""
    gradients = backprop(network, x, t)
    return {{
        "w": [layer.w - learning_rate * g for layer, g in zip(network.layers, gradients["w"], strict=True)],
        "b": [layer.b - learning_rate * g for layer, g in zip(network.layers, gradients["b"], strict=True)],
    }}
'''


def write_skeleton(name: str) -> Path:
    """Write the skeleton to `name`, a path, or to `name`.py; its path.

    Raises UnusableInput if the name is no module's name or in use, the file exists, or its folder does not.
    """
    path = Path(name if name.endswith(".py") else f"{name}.py")
    if not path.stem.isidentifier() or keyword.iskeyword(path.stem):
        raise UnusableInput(f"{name}: expected letters, digits and _, as in the name of a module; choose another name")
    if path.stem in sys.stdlib_module_names or path.stem in ("numpy", "torch", "flint", "harness", "implementations"):
        raise UnusableInput(f"{name}: expected an unused name, found that of a Python module; choose another name")
    if path.exists():
        raise UnusableInput(f"{path}: expected no file there, found one; choose another name, or move the file")
    if not path.absolute().parent.is_dir():
        raise UnusableInput(f"{path}: expected the folder {path.parent}, found none; create it first")
    path.write_text(SKELETON.format(title=path.stem.replace("_", " ")), encoding="utf-8")
    return path
