"""The bias as a column of ones, and the extra hidden unit of article 1 as it is published."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np

from harness.cases import datasets
from harness.jobs.claims.claim import Claim, ClaimTable, Evidence, Statement
from harness.jobs.claims.tools import functions, is_right
from harness.model.activations import ACTIVATIONS
from harness.model.contract import Array, Gradients, Inputs, Layer, Network
from harness.model.costs import COSTS
from harness.model.exact import Architecture, opaque_inputs
from harness.model.textbook import Textbook
from harness.reporting.figures import Band, Line, Panel, Picture

WIDTHS = {"ten_rows": (2, 2, 2), "iris": (4, 5, 3), "digits": (64, 16, 8, 10)}
BIAS_EPOCHS = 20
SIGMOID = ACTIVATIONS["sigmoid"]


def experiment() -> Evidence:
    folded, numbers = _folded()
    rows, counts, right, copied_right = [], [], True, False
    neuron_loop = functions("neuron_loop").backprop
    assert neuron_loop is not None
    for name, widths in WIDTHS.items():
        x, t = datasets.load_dataset(name).rows(8)
        weights = as_published(widths, np.random.default_rng(len(x[0])))
        published, copied = (is_right_for_published(weights, x, t, slope) for slope in (from_output, as_copied))
        own = with_extra_unit(widths, x, t)
        correct = is_right(neuron_loop(own.network, own.x, own.t), own)
        right &= published and correct
        copied_right |= copied
        own_sizes = [layer.w.size + layer.b.size for layer in own.network.layers]
        counts.append((sum(w.size for w in weights), sum(own_sizes)))
        rows.append(
            [
                f"{name}, {'-'.join(map(str, widths))}",
                ", ".join(f"{n} × {m}" for n, m in (w.shape for w in weights)),
                ", ".join(f"{m} × ({n} + 1)" for m, n in (layer.w.shape for layer in own.network.layers)),
                *map(str, counts[-1]),
                *("right" if one else "wrong" for one in (published, copied, correct)),
            ]
        )
    headers = [
        "network",
        *("article 1 as published", "article 2", "parameters of 1", "of 2"),
        *("gradient of 1", "with σ' of the output", "gradient of 2"),
    ]
    caption = (
        "The same widths, two networks: the matrices of each, with the row of biases or the bias of each neuron, how "
        "many parameters that makes, and whether rounding explains how far the backprop of each is from the truth "
        "for that network."
    )
    counted = ClaimTable(caption, headers, rows)
    picture, moves = _extra_unit()
    return Evidence(
        (
            Statement(
                "A column of ones beside the samples and the bias as one more row of Wᵀ make the same network and "
                f"the same gradient, exactly: {numbers} integers.",
                folded,
            ),
            Statement(
                "Article 1 as published has more parameters than article 2 for the same widths.",
                all(published > own for published, own in counts),
            ),
            Statement(
                "Its extra hidden unit is no constant: its output differs from row to row, and moves in training.",
                moves,
            ),
            Statement("The backprop of each is right for its own network, with the slope o(1 − o).", right),
            Statement(
                "With σ' applied to the output, as in the copies of article 1's code that circulate, it is not.",
                not copied_right,
            ),
        ),
        (counted, picture),
    )


def _folded() -> tuple[bool, int]:
    """[x, 1] [W, b]ᵀ against x Wᵀ + b, and δᵀ [x, 1] against BP4 and BP3 beside each other, in integers."""
    inputs = opaque_inputs(Architecture((3, 4), 5), random.Random(1))
    [layer], book = inputs.network.layers, Textbook(inputs)
    gradients = book.gradients()
    ones = np.hstack([inputs.x, np.ones((5, 1), dtype=int).astype(object)])
    z = ones @ np.column_stack([layer.w, layer.b]).T
    both = book.delta[1].T @ ones
    beside = np.column_stack([gradients.w[0], gradients.b[0]])
    return np.array_equal(z, book.z[1]) and np.array_equal(both, beside), z.size + both.size


def as_published(widths: Sequence[int], random: np.random.Generator) -> list[Array]:
    """Article 1's weight matrices, inputs × outputs: one more row and, but for the last, one more column each, evenly
    from −¼ to ¼."""
    columns = [*(n + 1 for n in widths[1:-1]), widths[-1]]
    return [random.uniform(-0.25, 0.25, (n + 1, m)) for n, m in zip(widths[:-1], columns, strict=True)]


def forward(weights: Sequence[Array], x: Array) -> list[Array]:
    """Article 1's activations: a one beside the inputs, and the sigmoid of everything after it."""
    a = [np.hstack([x, np.ones((len(x), 1))])]
    for w in weights:
        a.append(SIGMOID.f(a[-1] @ w))
    return a


def from_output(o: Array) -> Array:
    """f' of a sigmoid unit by its output."""
    return np.asarray(o * (1 - o))


def as_copied(o: Array) -> Array:
    """The derivative in the copies of article 1's code, which is given the output and takes it for z."""
    return from_output(SIGMOID.f(o))


def backward(
    weights: Sequence[Array], x: Array, t: Array, slope: Callable[[Array], Array]
) -> tuple[list[Array], list[Array]]:
    """Article 1's deltas and the gradients of its matrices, the extra units treated as any others."""
    a = forward(weights, x)
    deltas = [(a[-1] - t) * slope(a[-1])]  # BP1
    for l in range(len(weights) - 1, 0, -1):
        deltas.insert(0, (deltas[0] @ weights[l].T) * slope(a[l]))  # BP2
    return deltas, [inputs.T @ delta for inputs, delta in zip(a[:-1], deltas, strict=True)]  # BP4


def is_right_for_published(weights: Sequence[Array], x: Array, t: Array, slope: Callable[[Array], Array]) -> bool:
    """Whether article 1's gradient is that of the network which it really is: the extra units are units of it, and only
    the first layer has biases."""
    first, *others = weights
    layers = [Layer(first[:-1].T.copy(), first[-1].copy(), SIGMOID)]
    layers += [Layer(w.T.copy(), np.zeros(w.shape[1]), SIGMOID) for w in others]
    deltas, (gradient, *rest) = backward(weights, x, t, slope)
    # The biases that the later layers do not have are held at 0; what their gradient would be is no part of it.
    b = [gradient[-1], *(delta.sum(axis=0) for delta in deltas[1:])]
    gradients = Gradients([gradient[:-1].T, *(one.T for one in rest)], b, deltas)
    return is_right(gradients, Inputs(Network(tuple(layers), COSTS["half_squared_error"]), x, t))


def with_extra_unit(widths: Sequence[int], x: Array, t: Array) -> Inputs:
    """Article 2's network: a constant bias for every neuron, from 0 to 1 as all its weights."""
    source = np.random.default_rng(len(widths))
    layers = [Layer(source.uniform(0, 1, (m, n)), source.uniform(0, 1, m), SIGMOID) for n, m in pairwise(widths)]
    return Inputs(Network(tuple(layers), COSTS["half_squared_error"]), x, t)


def _extra_unit() -> tuple[Picture, bool]:
    """The output of the last hidden unit over the rows, while article 1's network learns the ten rows of article 2."""
    data = datasets.load_dataset("ten_rows")
    weights = as_published((2, 2, 2), np.random.default_rng(2))
    low, high, mean = list[float](), list[float](), list[float]()
    for _ in range(BIAS_EPOCHS + 1):
        unit = forward(weights, data.x)[1][:, -1]
        for values, value in ((low, unit.min()), (high, unit.max()), (mean, unit.mean())):
            values.append(float(value))
        for x, t in zip(data.x, data.t, strict=True):
            _, gradients = backward(weights, x[None], t[None], from_output)
            weights = [w - 0.5 * g for w, g in zip(weights, gradients, strict=True)]  # rule
    epochs = range(BIAS_EPOCHS + 1)
    lines = (
        Line("article 1's extra unit, mean over the rows", epochs, mean),
        Line("a bias's input, as in article 2", epochs, [1.0] * (BIAS_EPOCHS + 1)),
    )
    band = Band("article 1's extra unit, from the least to the largest row", epochs, low, high)
    caption = (
        "The hidden unit that article 1 adds as a bias is a sigmoid unit like the others: its output depends on the "
        "row, and changes as it learns. A bias is fed a constant 1."
    )
    varies = all(b > a for a, b in zip(low, high, strict=True)) and len(set(mean)) == len(mean)
    return (
        Picture("the-bias-trick", caption, "epoch", "output of the unit", (Panel("ten_rows, 2-2-2", lines, (band,)),)),
        varies,
    )


CLAIM = Claim(
    position=8,
    name="the-bias-trick",
    question="Is a column of ones the same as a bias, and are the networks of articles 1 and 2 the same?",
    answer=(
        "A column of ones (a row, where samples are columns) that folds the bias into W is exactly the same. Article "
        "1, as published, does something else in its hidden layers: it adds a unit that is computed and trained like "
        "any other. That is another network, with more parameters; backprop is right for it, as article 2's is for "
        "its own."
    ),
    source=(
        "Szabo, Neural networks in Python, 2013 (article 1: weight matrices of n + 1 by m + 1 for hidden layers); "
        "Brownlee, 2016 (article 2: the bias as the last weight of each neuron)."
    ),
    method=(
        "The folding is checked on integers. Then networks of the same widths are built as each article builds them, "
        "their gradients held against the truth for that network, and the extra unit is watched while it learns."
    ),
    limits=(
        "The formulation `row_matrices` here folds a true bias into W at every layer, so that it can be compared "
        "with the others on the same networks; it is article 1's backprop, not its extra unit."
    ),
    experiment=experiment,
)
