"""The weights of the current layer or of the next: one network traced through both articles."""

from __future__ import annotations

import random

import numpy as np

from harness.jobs.claims.claim import Claim, ClaimTable, Evidence, Statement
from harness.jobs.claims.tools import functions, matrix, module
from harness.mistakes.entries.backward import WrongLayersWeights
from harness.model.contract import Array, Inputs, Network
from harness.model.exact import Architecture, small_inputs
from harness.model.textbook import Textbook


def experiment() -> Evidence:
    inputs = small_inputs(Architecture((2, 2, 2), 1), random.Random(5))
    names, same = _names(inputs.network)
    products, deltas_equal = _products(inputs)
    wrong = _off_by_one(inputs)
    both = [functions(name).backprop for name in ("row_matrices", "neuron_loop")]
    one, other = (_flat_deltas(backprop(inputs.network, inputs.x, inputs.t)) for backprop in both if backprop)
    return Evidence(
        (
            Statement(
                "Each weight has the same value under its name in article 1, in article 2 and in the book.", same
            ),
            Statement("The products that make each hidden delta are the same numbers in both articles.", deltas_equal),
            Statement(
                "So are the deltas and gradients that the two formulations compute, exactly (in integers).",
                np.array_equal(one, other),
            ),
            Statement(
                "W^l in place of W^{l+1}, the slip that the names invite, gives other deltas.", wrong is not None
            ),
        ),
        (names, products, *([wrong] if wrong else [])),
    )


def _flat_deltas(gradients: object) -> Array:
    parts = [getattr(gradients, name) for name in ("delta", "w", "b")]
    return np.concatenate([np.ravel(np.array(array, dtype=object)) for part in parts for array in part])


def _article_1(network: Network) -> list[Array]:
    """The weights as article 1's formulation holds them."""
    anything = (
        np.zeros((1, network.layers[0].w.shape[1]), dtype=int),
        np.zeros((1, len(network.layers[-1].b)), dtype=int),
    )
    weights, *_ = module("row_matrices").gradients(network, *anything)
    return list(weights)


def _names(network: Network) -> tuple[ClaimTable, bool]:
    """Every weight by its name in each article, looked up in that article's own data structure."""
    W = _article_1(network)
    layers = module("neuron_loop").initialize_network(network)
    rows, same = [], True
    for l, layer in enumerate(network.layers):
        inputs = layer.w.shape[1]
        for k in range(layer.w.shape[0]):
            for j in range(inputs + 1):
                # article 1's matrix l leaves layer l, counted from the input; article 2 stores a weight where it ends.
                one, other = W[l][j, k], layers[l][k]["weights"][j]
                own = layer.b[k] if j == inputs else layer.w[k, j]
                same &= one == other == own
                book = f"b^{l + 1}_{k + 1}" if j == inputs else f"w^{l + 1}_{k + 1}{j + 1}"
                place = "the bias of" if j == inputs else f"unit {j + 1} of layer {l} to"
                rows.append(
                    [
                        f"{place} unit {k + 1} of layer {l + 1}",
                        f"`W[{l}][{j}, {k}]`",
                        f"`network[{l}][{k}]['weights'][{j}]`",
                        book,
                        str(own),
                    ]
                )
    headers = [
        "the weight from",
        "article 1 (Szabo)",
        "article 2 (Brownlee)",
        "the book (Nielsen), layers from 0",
        "value",
    ]
    caption = (
        "One weight, three names, with indices from 0 in code. Article 1 numbers a matrix by the layer that it leaves "
        "and puts the unit that it leaves first; article 2 stores a weight with the neuron that it enters. Both mean "
        "the same wire. (Nielsen counts the input as layer 1, so his w^{l+1} is w^l here.)"
    )
    return ClaimTable(caption, headers, rows), same


def _products(inputs: Inputs) -> tuple[ClaimTable, bool]:
    """The terms of Σ_k w_kj δ_k for each hidden unit j, read from both data structures."""
    network = inputs.network
    neuron_loop = module("neuron_loop")
    layers, activations = neuron_loop.initialize_network(network), [layer.activation for layer in network.layers]
    neuron_loop.forward_propagate(layers, activations, inputs.x[0].tolist())
    neuron_loop.backward_propagate_error(layers, activations, inputs.t[0].tolist())
    W = _article_1(network)[1]
    gradients = module("row_matrices").backprop(network, inputs.x, inputs.t)
    rows, equal = [], True
    for j, neuron in enumerate(layers[0]):
        one = [(W[j, k], gradients.delta[1][0, k]) for k in range(W.shape[1])]
        other = [(after["weights"][j], after["delta"]) for after in layers[1]]
        total = sum(w * delta for w, delta in one)
        equal &= one == other and total == gradients.delta[0][0, j] == neuron["delta"]
        written = " + ".join(f"({w})({delta})" for w, delta in one)
        rows.append(
            [
                f"unit {j + 1}",
                f"`(delta @ W[1].T)[{j}]`",
                f"`sum(n['weights'][{j}] * n['delta'] for n in network[1])`",
                f"{written} = {total}",
            ]
        )
    caption = (
        "What goes back to each hidden unit, before f' (which is 1 here), from outputs with δ^2 = "
        f"{matrix(gradients.delta[1])}: a row of W[1] in article 1, one weight of every next neuron in article 2."
    )
    return ClaimTable(caption, ["hidden unit", "article 1", "article 2", "both"], rows), equal


def _off_by_one(inputs: Inputs) -> ClaimTable | None:
    """The table of the deltas with each layer's weights, or None where they are the same."""
    right, wrong = Textbook(inputs), WrongLayersWeights(inputs)
    for book in (right, wrong):
        book.gradients()
    if np.array_equal(right.delta[1], wrong.delta[1]):
        return None
    rows = [
        ["W^2, of the next layer: right", str(right.delta[1][0].tolist())],
        ["W^1, of the layer itself: wrong", str(wrong.delta[1][0].tolist())],
    ]
    return ClaimTable(
        "δ^1 with the weights that leave the layer, and with those that enter it.", ["through", "δ^1"], rows
    )


CLAIM = Claim(
    position=5,
    name="current-or-next-layer",
    question="Does a hidden delta need the weights of the current layer, or those of the next?",
    answer=(
        "Those between the two, and both articles use them. They are named by the layer that they leave in one and "
        "stored with the neuron that they enter in the other; the numbers are the same."
    ),
    source=(
        "Szabo, Neural networks in Python, 2013 (article 1: the weights of the current layer); Brownlee, How to Code a "
        "Neural Network with Backpropagation, 2016 (article 2: the weights of the next layer's neurons)."
    ),
    method=(
        "A network of one-digit integers with f(z) = z is put into the data structure of each article by that "
        "article's own formulation; every weight is looked up under its name, and the hidden deltas are traced term "
        "by term."
    ),
    limits=(
        "The slip is not always an error: where layers are equally wide the wrong matrix fits, and where a layer has "
        "one unit numpy may broadcast it. In article 1 as published the last row of W[1] belongs to an extra unit, "
        "not to a bias (see the-bias-trick)."
    ),
    experiment=experiment,
)
