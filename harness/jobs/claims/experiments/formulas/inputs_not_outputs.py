"""The weight gradient is made of the layer's inputs (15 Steps, step 12)."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from harness.cases import datasets
from harness.jobs.claims.claim import Claim, ClaimTable, Evidence, Statement
from harness.jobs.claims.tools import costs, figure, is_right, layers, relative_distance, true_gradients
from harness.mistakes.entries.gradients import OutputsWhereInputsBelong
from harness.model.contract import Array, Inputs, Layer, Network, Numbers
from harness.model.costs import COSTS
from harness.model.exact import IDENTITY
from harness.model.textbook import Textbook
from harness.reporting.figures import Line, Panel, Picture

OUTPUT_STEPS = 300


class BroadcastOutputs(OutputsWhereInputsBelong):
    """What numpy makes of the printed product with a single output: one number, added to every weight."""

    def weight_gradient(self, l: int) -> Numbers:
        return np.broadcast_to(super().weight_gradient(l), self.layer(l).w.shape)


def experiment() -> Evidence:
    shapes, misfits = _shapes()
    wrong, picture, climbs = _where_it_fits()
    single, learns = _single_output()
    coincidence, statements = _where_both_coincide()
    kronecker, products = _kronecker()
    return Evidence(
        (
            Statement("The printed product fits W only where a layer has as many inputs as outputs.", misfits),
            Statement("Where it fits, its gradient is farther from the true one than rounding explains.", wrong),
            Statement(
                f"{OUTPUT_STEPS} steps along it end above the cost at the start, on both data sets; along the right "
                "gradient, below.",
                climbs,
            ),
            Statement(
                "With a single output numpy adds it to all weights without an error, and AND and OR are learned all "
                "the same: the cost falls. That of XOR rises.",
                learns,
            ),
            *statements,
            *products,
        ),
        (shapes, picture, single, coincidence, kronecker),
    )


def _single_layer(x: Array, t: Array, seed: int) -> Inputs:
    network = layers((x.shape[1], t.shape[1]), ["sigmoid"], np.random.default_rng(seed))
    return Inputs(network, x, t)


def _iris(features: int) -> Inputs:
    data = datasets.load_dataset("iris")
    return _single_layer(data.x[:, 4 - features :], data.t, features)


def _xor() -> Inputs:
    """XOR with an output for each of its two answers, so that there are as many outputs as inputs."""
    data = datasets.load_dataset("xor")
    return _single_layer(data.x, np.hstack([data.t, 1 - data.t]), 2)


def _of(name: str) -> Inputs:
    data = datasets.load_dataset(name)
    return _single_layer(*data.rows(8), 1)


def _shapes() -> tuple[ClaimTable, bool]:
    networks = {name: _of(name) for name in ("wine", "digits", "xor", "ten_rows")}
    networks |= {"iris": _iris(4), "iris without its first feature": _iris(3)}
    rows, right = [], True
    for name, inputs in networks.items():
        book = Textbook(Inputs(inputs.network, inputs.x[:8], inputs.t[:8]))
        book.gradients()
        w = np.array(inputs.network.layers[0].w.T)
        x, a, delta = (part[:1] for part in (inputs.x, book.a[1], book.delta[1]))
        printed = np.kron(a.T, delta)
        try:
            happened = "fits" if (w + printed).shape == printed.shape == w.shape else "is broadcast without a word"
        except ValueError:
            happened = "is an error"
        right &= (happened == "fits") == (w.shape[0] == w.shape[1])
        rows.append(
            [name, *(_shape(part) for part in (w, x.T @ delta, printed, np.kron(book.a[1].T, book.delta[1]))), happened]
        )
    headers = ["data", "W", "inputsᵀ δ", "outputsᵀ ⊗ δ", "outputsᵀ ⊗ δ of 8 rows (XOR: 4)", "adding outputsᵀ ⊗ δ to W"]
    return ClaimTable("The shapes, with W as inputs × outputs and one sample, as in the article.", headers, rows), right


def _shape(array: Array) -> str:
    return " × ".join(map(str, array.shape))


def _where_it_fits() -> tuple[bool, Picture, bool]:
    trained = {"iris without its first feature, 3 inputs, 3 outputs": _iris(3), "XOR, 2 inputs, 2 outputs": _xor()}
    differs, climbs, panels = True, True, []
    for name, inputs in trained.items():
        printed = OutputsWhereInputsBelong(inputs).gradients()
        error = relative_distance(printed.w, true_gradients(inputs).w)
        differs &= not is_right(printed, inputs)
        rate = 1 / len(inputs.x)
        lines = {"inputs, as it should be": Textbook, "outputs, as printed": OutputsWhereInputsBelong}
        curves = {label: costs(book, inputs, rate, OUTPUT_STEPS) for label, book in lines.items()}
        right, wrong = curves.values()
        climbs &= wrong[-1] > wrong[0] == right[0] > right[-1]
        drawn = tuple(Line(label, range(OUTPUT_STEPS + 1), curve) for label, curve in curves.items())
        panels.append(Panel(f"{name}\n(gradient off by {error:.0%} at the start)", drawn))
    caption = (
        "What training does with each: one sigmoid layer, the same start, η = 1 / rows. With the inputs the cost "
        "falls; with the outputs it ends above its start. Of XOR, here with one output for yes and one for no, a "
        "single layer can learn only the linear part, ½ everywhere, which costs 1; the printed formula does not get "
        "there."
    )
    return differs, Picture("inputs-not-outputs", caption, "step", "cost", tuple(panels)), climbs


def _single_output() -> tuple[ClaimTable, bool]:
    """One sigmoid unit on the four rows of a logic table."""
    x = datasets.load_dataset("xor").x
    rows, falls = [], {}
    for name, t in {"AND": [0, 0, 0, 1], "OR": [0, 1, 1, 1], "XOR": [0, 1, 1, 0]}.items():
        inputs = _single_layer(x, np.array(t, dtype=float)[:, None], 1)
        right, wrong = (costs(book, inputs, 1.0, OUTPUT_STEPS) for book in (Textbook, BroadcastOutputs))
        falls[name] = wrong[-1] < wrong[0]
        rows.append([name, *map(figure, (right[0], right[-1], wrong[-1]))])
    headers = ["", "cost at the start", "inputs, as it should be", "outputs, broadcast"]
    table = ClaimTable(f"A single output, {OUTPUT_STEPS} steps with η = 1.", headers, rows)
    return table, falls == {"AND": True, "OR": True, "XOR": False}


def _exact_layer(w: Array, x: Array, t: Array) -> Inputs:
    """A linear layer without bias, in fractions."""
    w, x, t = (np.vectorize(Fraction, otypes=[object])(part) for part in (w, x, t))
    layer = Layer(w, np.zeros(len(w), dtype=object), IDENTITY)
    return Inputs(Network((layer,), COSTS["half_squared_error"]), x, t)


def _gap(inputs: Inputs) -> tuple[Fraction, Fraction]:
    """‖δᵀ a − δᵀ x‖² and, for one row, what it must be, ‖δ‖² ‖a − x‖²."""
    book, wrong = Textbook(inputs), OutputsWhereInputsBelong(inputs)
    difference = wrong.gradients().w[0] - book.gradients().w[0]
    delta, apart = book.delta[1], book.a[1] - book.a[0]
    return (difference**2).sum(), (delta**2).sum() * (apart**2).sum()


def _where_both_coincide() -> tuple[ClaimTable, list[Statement]]:
    one, t = np.array([[3, -1, 2]]), np.array([[1, 1, 0]])
    same, w = np.eye(3, dtype=int), np.array([[2, 1, 0], [0, 1, -1], [1, 0, 3]])
    rows, exact = [], True
    for s in (Fraction(0), Fraction(1, 1000), Fraction(1, 10), Fraction(1)):
        found, expected = _gap(_exact_layer(same + s * w, one, t))
        exact &= found == expected and (found == 0) == (s == 0)
        rows.append([str(s), figure(float(expected) ** 0.5), figure(float(found) ** 0.5)])
    at_target, _ = _gap(_exact_layer(w, one, one @ w.T))  # δ = 0
    # Two rows whose deltas are equal and whose a − x are opposite: the sums coincide, the outputs are no inputs.
    two = np.array([[1, 2, -1], [-1, -2, 1]])
    of_inputs, _ = _gap(_exact_layer(same, two, two - 1))
    by_chance, apart = _gap(_exact_layer(2 * same, two, 2 * two - 1))
    headers = ["s", "‖δ‖ ‖outputs − inputs‖", "‖printed − right‖"]
    caption = (
        "One row, a linear layer with W = I + s M: at s = 0 its outputs are its inputs. In fractions, without rounding."
    )
    return ClaimTable(caption, headers, rows), [
        Statement(
            "The two differ by δᵀ (outputs − inputs). For one row that has the size ‖δ‖ ‖outputs − inputs‖, "
            "exactly: they coincide where the outputs equal the inputs, or δ = 0, and nowhere else.",
            exact and at_target == 0,
        ),
        Statement(
            "For a batch, too, equal outputs and inputs suffice; but its sums may also coincide by chance, as for "
            "two rows with equal δ and opposite outputs − inputs.",
            of_inputs == 0 and by_chance == 0 and apart > 0,
        ),
    ]


def _kronecker() -> tuple[ClaimTable, list[Statement]]:
    x, delta = np.array([[1, 2], [3, 4], [5, -6]]), np.array([[7, -8, 9], [1, 0, -1], [2, 3, 4]])
    column, row = x[:1].T, delta[:1]
    one = np.array_equal(np.kron(column, row), column @ row)
    whole, n, m = np.kron(x.T, delta), *delta.shape
    # Entry [i, r, s, k] of the reshaped product is x[s, i] δ[r, k], a sample's delta with each sample's inputs.
    mixed = whole.reshape(x.shape[1], n, n, m)
    own = np.einsum("irrk->ik", mixed)
    summed = sum(np.kron(x[r : r + 1].T, delta[r : r + 1]) for r in range(n))
    rows = [
        ["one row", _shape(column @ row), _shape(np.kron(column, row)), "equal"],
        ["three rows", _shape(x.T @ delta), _shape(whole), "different shapes"],
    ]
    return ClaimTable("Inputsᵀ δ as a matrix product and as a Kronecker product.", ["", "@", "⊗", ""], rows), [
        Statement(
            "For one row the Kronecker product of the column of inputs and the row of deltas is their matrix product.",
            one,
        ),
        Statement("For a batch it is another matrix, of another shape.", whole.shape != (x.T @ delta).shape),
        Statement(
            "It pairs every sample's δ with every sample's inputs. Those that belong together, summed, are inputsᵀ δ; "
            "so is the sum of the Kronecker products of the rows.",
            np.array_equal(own, x.T @ delta) and np.array_equal(summed, x.T @ delta),
        ),
    ]


CLAIM = Claim(
    position=1,
    name="inputs-not-outputs",
    question="Is the weight gradient inputsᵀ δ or outputs ⊗ δ?",
    answer=(
        "It is inputsᵀ δ. A weight's derivative is what the weight multiplies, its input, times the δ of the neuron "
        "that it leads to. The printed product, with ⊗ for Kronecker's, fits W only where a layer has as many inputs "
        "as outputs; there, training along it ended above its start on both data sets."
    ),
    source="Tulleken, 15 Steps to Implement a Neural Net, step 12, 2009: ΔW = η outputsᵀ ⊗ δ.",
    method=(
        "The printed product is formed on real data, and added to W if the shapes allow it; then the catalogue's entry "
        "for the mistake runs beside the textbook: its gradient against the truth, training from the same start, and a "
        "layer made so that its outputs are its inputs."
    ),
    limits=(
        "Where a layer's outputs equal its inputs, both are the same. Where the product is broadcast, no error is "
        "raised, and an easy task may even be learned: that a network learns does not show that its gradient is "
        "right."
    ),
    experiment=experiment,
)
