"""The skeleton of an implementation in any language: it runs, and one line is left to complete."""

from __future__ import annotations

import keyword
import re
import sys
from pathlib import Path

from harness.model.errors import UnknownName, UnusableInput
from harness.sandbox.sources.find import IMPLEMENTATIONS_FOLDER, PYTHON, source_suffixes
from harness.sandbox.sources.toolchains import Language, language_of, languages

_NAME = "python"  # in place of the key of another language

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


def write_skeleton(name: str, language: str = "") -> Path:
    """Write the skeleton to `name`, a path with or without the suffix of its language; its path.

    Without a `language` the suffix decides; without either it is Python. Raises UnusableInput if the language is not
    known, the name is not possible in it or in use, the file exists, or its folder does not.
    """
    other = _language_for(name, language)
    suffixes = (PYTHON,) if other is None else other.suffixes
    path = Path(name if name.endswith(suffixes) else f"{name}{suffixes[0]}")
    text = _python_text(name, path.stem) if other is None else _renamed_formulation(name, path.stem, other)
    if path.exists():
        raise UnusableInput(f"{path}: expected no file there, found one; choose another name, or move the file")
    if not path.absolute().parent.is_dir():
        raise UnusableInput(f"{path}: expected the folder {path.parent}, found none; create it first")
    path.write_text(text, encoding="utf-8")
    return path


def _language_for(name: str, given: str) -> Language | None:
    """The language of the new file, None for Python."""
    known = {key: one for one in languages() for key in (one.key, one.name.lower())}
    if given and given.lower() not in (*known, _NAME):
        raise UnknownName("language", given, [*(one.key for one in languages()), _NAME])
    language = known.get(given.lower()) if given else language_of(Path(name))
    suffix, all_suffixes = Path(name).suffix, source_suffixes()
    if not given and suffix and suffix not in all_suffixes:
        raise UnusableInput(
            f"{name}: expected a name that ends in {', '.join(all_suffixes)}, found {suffix}; rename it"
        )
    shown, expected = (language.name, language.suffixes) if language else ("Python", (PYTHON,))
    if suffix in all_suffixes and suffix not in expected:
        raise UnusableInput(
            f"{name}: expected a name that ends in {expected[0]}, as of {shown}, found {suffix}; rename it"
        )
    return language


def _python_text(name: str, stem: str) -> str:
    if not stem.isidentifier() or keyword.iskeyword(stem):
        raise UnusableInput(f"{name}: expected letters, digits and _, as in the name of a module; choose another name")
    if stem in sys.stdlib_module_names or stem in ("numpy", "torch", "flint", "harness", "implementations"):
        raise UnusableInput(f"{name}: expected an unused name, found that of a Python module; choose another name")
    return SKELETON.format(title=_title_of(stem))


def _renamed_formulation(name: str, stem: str, language: Language) -> str:
    """The text of a formulation in another language, under another name and with one line made wrong."""
    skeleton = language.skeleton
    text = (IMPLEMENTATIONS_FOLDER / skeleton.of).read_text(encoding="utf-8")
    if not re.fullmatch(r"[\w-]+", stem, re.ASCII):
        raise UnusableInput(f"{name}: expected letters, digits, _ and -, as in my_net; choose another name")
    if skeleton.reserved:  # the file has the name of a class
        if not stem.isidentifier():
            found = f"as in the name of a class of {language.name}"
            raise UnusableInput(f"{name}: expected letters, digits and _, {found}; choose another name")
        if stem in skeleton.reserved or stem in re.findall(r"\b[A-Z]\w*", text):
            found = f"found a word of {language.name} or of the skeleton"
            raise UnusableInput(f"{name}: expected an unused name, {found}; choose another name")
    title, source, rest = text.replace(skeleton.right, skeleton.wrong).split("\n", 2)
    mark = title.partition(" ")[0]
    head = f"{mark} {_title_of(stem)}\n{source.replace('SOURCE:', 'SOURCE: after', 1)}\n"
    return head + rest.replace(Path(skeleton.of).stem, stem)


def _title_of(stem: str) -> str:
    return stem.replace("_", " ")
