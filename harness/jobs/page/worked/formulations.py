"""How each formulation writes the quantities of a network: the names of single entries, and the equations.

The kinds of entries are those of harness.jobs.page.worked.quantities.

Mathematics is written with `^(...)` and `_(...)` for superscripts and subscripts, and code within prose between
backticks. In the templates l is the layer as the harness counts it, and p and n are l - 1 and l + 1, the layers before
and after; m is l + 1 too, the layer's number in Nielsen's book, and mp and mn are his for the layers before and after.
j and k count neurons from 0, J and K from 1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Notation:
    """One formulation's own way of writing. `weights` says which weights a hidden δ needs, in its words; `note` what
    a reader of its file has to know about the names; `is_code` whether the names are expressions of its code."""

    implementation: str
    teacher: str
    is_code: bool
    names: Mapping[str, str]
    equations: Mapping[str, str]
    weights: str
    note: str = ""

    def name(self, kind: str, l: int, j: int, k: int = 0) -> str:
        """The name of one entry: of neuron j of layer l, or of the wire to it from neuron k of layer l - 1."""
        kind = "x" if kind == "a" and l == 0 else kind
        return self.names[kind].format(**_layers(l), j=j, k=k, J=j + 1, K=k + 1)

    def equation(self, kind: str, l: int) -> str:
        """The equation that makes a quantity of layer l."""
        return self.equations[kind].format(**_layers(l))

    def which_weights(self, l: int) -> str:
        """The sentence about the weights that take δ^{l+1} back to hidden layer l."""
        return self.weights.format(**_layers(l))


def _layers(l: int) -> dict[str, int]:
    return {"l": l, "p": l - 1, "n": l + 1, "mp": l, "m": l + 1, "mn": l + 2}


ARTICLE_2 = Notation(
    "neuron_loop",
    "article 2, Brownlee",
    True,
    {
        "x": "row[{j}]",
        "a": "network[{p}][{j}]['output']",
        "t": "expected[{j}]",
        "w": "network[{p}][{j}]['weights'][{k}]",
        "b": "network[{p}][{j}]['weights'][-1]",
        "z": "z",
        "slope": "slope_from_output(network[{p}][{j}]['output'])",
        "delta": "network[{p}][{j}]['delta']",
        "gb": "gradients[{p}][{j}][-1]",
        "gw": "gradients[{p}][{j}][{k}]",
        "new_b": "network[{p}][{j}]['weights'][-1]",
        "new_w": "network[{p}][{j}]['weights'][{k}]",
    },
    {
        "z": "z += neuron['weights'][i] * inputs[i]",
        "a": "neuron['output'] = f(z)",
        "output_delta": "neuron['delta'] = (neuron['output'] - expected[j]) * slope_from_output(neuron['output'])",
        "hidden_delta": "error = sum(n['weights'][j] * n['delta'] for n in network[{l}])\n"
        "network[{p}][j]['delta'] = error * slope_from_output(network[{p}][j]['output'])",
        "gb": "gradients[{p}][j][-1] = network[{p}][j]['delta']",
        "gw": "gradients[{p}][j][i] = network[{p}][j]['delta'] * inputs[i]",
        "new": "neuron['weights'][k] -= learning_rate * gradient[k]",
    },
    "To go back into `network[{p}]` it takes `network[{l}][k]['weights'][j]`, stored with the neurons that they "
    "enter: “the weights of the next layer”.",
    "The article's `network` is called `layers` in this file. An update overwrites a weight, so that the new one "
    "has the same name.",
)
ARTICLE_1 = Notation(
    "row_matrices",
    "article 1, Szabo",
    True,
    {
        "x": "a[0][0, {j}]",
        "a": "a[{l}][0, {j}]",
        "t": "t[0, {j}]",
        "w": "W[{p}][{k}, {j}]",
        "b": "W[{p}][-1, {j}]",
        "z": "(with_ones(a[{p}]) @ W[{p}])[0, {j}]",
        "slope": "slope_from_output(a[{l}])[0, {j}]",
        "delta": "deltas[{p}][0, {j}]",
        "gb": "gradient[{p}][-1, {j}]",
        "gw": "gradient[{p}][{k}, {j}]",
        "new_b": "moved[{p}][-1, {j}]",
        "new_w": "moved[{p}][{k}, {j}]",
    },
    {
        "z": "z = with_ones(a[{p}]) @ W[{p}]",
        "a": "a[{l}] = f(with_ones(a[{p}]) @ W[{p}])",
        "output_delta": "deltas[{p}] = (a[{l}] - t) * slope_from_output(a[{l}])",
        "hidden_delta": "deltas[{p}] = (deltas[{l}] @ W[{l}].T)[:, :-1] * slope_from_output(a[{l}])",
        "gb": "gradient[{p}] = with_ones(a[{p}]).T @ deltas[{p}]",
        "gw": "gradient[{p}] = with_ones(a[{p}]).T @ deltas[{p}]",
        "new": "moved[{p}] = W[{p}] - learning_rate * gradient[{p}]",
    },
    "To go back into layer {l} it takes `W[{l}]`, a matrix that is numbered by the layer that it leaves: “the weights "
    "of the current layer”, transposed.",
    "The article's `W` is called `weights` in this file; the deltas are numbered as after `deltas.reverse()`.",
)
NIELSEN = Notation(
    "column_vectors",
    "Nielsen's book",
    False,
    {
        "x": "x_({J})",
        "a": "a^({m})_({J})",
        "t": "y_({J})",
        "w": "w^({m})_({J}{K})",
        "b": "b^({m})_({J})",
        "z": "z^({m})_({J})",
        "slope": "σ′(z^({m})_({J}))",
        "delta": "δ^({m})_({J})",
        "gb": "∂C/∂b^({m})_({J})",
        "gw": "∂C/∂w^({m})_({J}{K})",
        "new_b": "b′^({m})_({J})",
        "new_w": "w′^({m})_({J}{K})",
    },
    {
        "z": "z^({m}) = w^({m}) a^({mp}) + b^({m})",
        "a": "a^({m}) = σ(z^({m}))",
        "output_delta": "δ^({m}) = ∇_(a)C ⊙ σ′(z^({m}))",
        "hidden_delta": "δ^({m}) = ((w^({mn}))^(T) δ^({mn})) ⊙ σ′(z^({m}))",
        "gb": "∂C/∂b^({m})_(j) = δ^({m})_(j)",
        "gw": "∂C/∂w^({m})_(jk) = a^({mp})_(k) δ^({m})_(j)",
        "new": "w^({m}) → w^({m}) − η ∂C/∂w^({m})",
    },
    "To go back into his layer {m} it takes w^({mn}), transposed, which is numbered by the layer that it enters: the "
    "weights of layer l + 1.",
    "The book counts the input as layer 1, so each of its layers has a number one higher than in the drawing.",
)
INDICES = Notation(
    "component_sums",
    "indices",
    False,
    {
        "x": "x_({J})",
        "a": "a^({l})_({J})",
        "t": "t_({J})",
        "w": "w^({l})_({J}{K})",
        "b": "b^({l})_({J})",
        "z": "z^({l})_({J})",
        "slope": "f′(z^({l})_({J}))",
        "delta": "δ^({l})_({J})",
        "gb": "∂C/∂b^({l})_({J})",
        "gw": "∂C/∂w^({l})_({J}{K})",
        "new_b": "b′^({l})_({J})",
        "new_w": "w′^({l})_({J}{K})",
    },
    {
        "z": "z^({l})_(j) = Σ_(k) w^({l})_(jk) a^({p})_(k) + b^({l})_(j)",
        "a": "a^({l})_(j) = f(z^({l})_(j))",
        "output_delta": "δ^({l})_(j) = ∂C/∂a^({l})_(j) f′(z^({l})_(j))",
        "hidden_delta": "δ^({l})_(j) = Σ_(k) w^({n})_(kj) δ^({n})_(k) f′(z^({l})_(j))",
        "gb": "∂C/∂b^({l})_(j) = δ^({l})_(j)",
        "gw": "∂C/∂w^({l})_(jk) = Σ_(i) δ^({l})_(i) [j = i] a^({p})_(k)",
        "new": "w′^({l})_(jk) = w^({l})_(jk) − η ∂C/∂w^({l})_(jk)",
    },
    "To go back to neuron j of layer {l} it takes w^({n})_(kj) for every k, the weights that go from j to the "
    "neurons k of layer {n}: of the next layer, with the second index fixed.",
    "Layers count from 0 as in the drawing; in the code neurons count from 0, too.",
)
MATRICES = Notation(
    "matrices",
    "the encyclopedias",
    True,
    {
        "x": "a[0][0, {j}]",
        "a": "a[{l}][0, {j}]",
        "t": "t[0, {j}]",
        "w": "layers[{p}].w[{j}, {k}]",
        "b": "layers[{p}].b[{j}]",
        "z": "z[{p}][0, {j}]",
        "slope": "slope(z[{p}])[0, {j}]",
        "delta": "delta[{p}][0, {j}]",
        "gb": "gradients.b[{p}][{j}]",
        "gw": "gradients.w[{p}][{j}, {k}]",
        "new_b": "moved.layers[{p}].b[{j}]",
        "new_w": "moved.layers[{p}].w[{j}, {k}]",
    },
    {
        "z": "z[{p}] = a[{p}] @ layers[{p}].w.T + layers[{p}].b",
        "a": "a[{l}] = f(z[{p}])",
        "output_delta": "delta[{p}] = network.cost.gradient(a[{l}], t) * slope(z[{p}])",
        "hidden_delta": "delta[{p}] = slope(z[{p}]) * (delta[{l}] @ layers[{l}].w)",
        "gb": "gradients.b[{p}] = delta[{p}].sum(axis=0)",
        "gw": "gradients.w[{p}] = delta[{p}].T @ a[{p}]",
        "new": "layers[{p}].w - learning_rate * gradients.w[{p}]",
    },
    "To go back into `layers[{p}]` it takes `layers[{l}].w`, which is kept with the layer that it enters: the weights "
    "of the next layer, with no transpose because samples are rows.",
    "`layers[0]` is the first layer after the input; `a[0]` is the input. What step returns is called `moved` here.",
)
FIFTEEN_STEPS = Notation(
    "fifteen_steps",
    "“15 Steps”, Tulleken",
    True,
    {
        "x": "inputs[0, {j}]",
        "a": "f(net)[0, {j}]",
        "t": "t[0, {j}]",
        "w": "weights[{k}, {j}]",
        "b": "weights[-1, {j}]",
        "z": "net[0, {j}]",
        "slope": "slope(net)[0, {j}]",
        "delta": "-delta[0, {j}]",
        "gb": "-(inputs.T @ delta)[-1, {j}]",
        "gw": "-(inputs.T @ delta)[{k}, {j}]",
        "new_b": "moved[-1, {j}]",
        "new_w": "moved[{k}, {j}]",
    },
    {
        "z": "net = inputs @ weights",
        "a": "f(net)",
        "output_delta": "delta = (t - f(net)) * slope(net)",
        "gb": "change = learning_rate * (inputs.T @ delta)",
        "gw": "change = learning_rate * (inputs.T @ delta)",
        "new": "moved = weights + change",
    },
    "",
    "The article takes target − output, so its `delta` is −δ and the change is added.",
)
NOTATIONS = (ARTICLE_2, ARTICLE_1, NIELSEN, INDICES, MATRICES, FIFTEEN_STEPS)
