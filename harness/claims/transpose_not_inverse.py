"""BP2 sends the delta back through the transpose of W, not through its inverse."""

from __future__ import annotations

import random
from fractions import Fraction

import numpy as np

from harness.cases import gradient_cases
from harness.claims.claim import Claim, Evidence, Statement, Table
from harness.claims.tools import distance, exponent, figure, functions, is_right, layers, true_deltas
from harness.contract import Array, Inputs
from harness.exact import draw, opaque_inputs
from harness.mistakes.backward import InverseWhereTransposeBelongs
from harness.pictures import Line, Panel, Picture
from harness.prove import ARCHITECTURES, differences, evaluate
from harness.textbook import Textbook

SHAPES = {"square, 4 to 4": (4, 4), "tall, 4 to 6": (4, 6), "wide, 6 to 4": (6, 4)}


def experiment() -> Evidence:
    equal, numbers = _index_by_index()
    errors = _errors()
    penrose, only_ones = _partial_isometries()
    picture, slopes = _interpolated()
    singular, exists = _without_inverse()
    values = sorted(error for error, _ in errors.values())
    caption = (
        "How far δ^1 is from the truth with the pseudoinverse, relative to its size, on each float64 case with hidden "
        f"layers: {figure(values[0])} at least, {figure(float(np.median(values)))} in the median, {figure(values[-1])} "
        "at most, where the weights are very small."
    )
    by_case = Table(caption, ["case", "relative error"], [[name, figure(error)] for name, (error, _) in errors.items()])
    return Evidence(
        (
            Statement(
                "Index by index (`component_sums`) and as matrices (`row_matrices`, `column_vectors`) BP2 is the same, "
                f"exactly: {numbers:,} pairs of integers are equal.",
                equal,
            ),
            Statement(
                f"Division by the weights is wrong on all {len(errors)} networks.",
                not any(right for _, right in errors.values()),
            ),
            Statement(
                "Wᵀ is the pseudoinverse of W exactly where every nonzero singular value of W is 1, and not where one "
                "is not.",
                only_ones,
            ),
            Statement(
                "Near there the error is proportional to their distance from 1: fitted exponents "
                f"{', '.join(f'{one:.2f}' for one in slopes)}.",
                all(round(one, 1) == 1 for one in slopes),
            ),
            Statement(
                "Where W has no inverse, because it is singular or not square, the gradient exists and PyTorch has it.",
                exists,
            ),
        ),
        (by_case, penrose, picture, singular),
    )


def _index_by_index() -> tuple[bool, int]:
    """Exact integers and opaque activations, on every architecture with a hidden layer."""
    forms = [functions(name) for name in ("component_sums", "row_matrices", "column_vectors")]
    equal, numbers = True, 0
    for architecture in ARCHITECTURES:
        if len(architecture.widths) > 2:
            source = random.Random(architecture.name)
            inputs, rate = opaque_inputs(architecture, source), draw(source)
            first, *others = (evaluate(form, inputs, rate) for form in forms)
            for other in others:
                unequal, count = differences(first, other)
                equal, numbers = equal and not unequal, numbers + count
    return equal, numbers


def _errors() -> dict[str, tuple[float, bool]]:
    """For each case the relative error of δ^1, and whether rounding explains what is given."""
    found = {}
    for case in gradient_cases():
        if len(case.widths) > 2 and case.dtype == "float64":
            inputs = case.build()
            wrong = InverseWhereTransposeBelongs(inputs)
            gradients = wrong.gradients()
            found[case.id] = distance([wrong.delta[1]], true_deltas(inputs)[:1]), is_right(gradients, inputs)
    return found


def _partial_isometries() -> tuple[Table, bool]:
    """Penrose's four conditions, of which the pseudoinverse is the only solution, for P = Wᵀ in fractions."""
    half, rotation = Fraction(1, 2), _fractions([[3, -4], [4, 3]]) / 5
    tall = _fractions([[1, 1], [1, -1], [1, 1], [1, -1]]) * half
    direction = _fractions([[3], [4]]) / 5
    matrices = {
        "a rotation, square": (rotation, True),
        "orthonormal columns, 4 × 2, tall": (tall, True),
        "orthonormal rows, 2 × 4, wide": (tall.T, True),
        "a projection, of rank 1: singular": (direction @ direction.T, True),
        "twice a rotation": (2 * rotation, False),
        "a shear": (_fractions([[1, 1], [0, 1]]), False),
        "singular values 1 and ½": (_fractions([[1, 0], [0, 1]]) * [[1, 1], [1, half]], False),
    }
    rows, right = [], True
    for name, (w, isometry) in matrices.items():
        p = w.T
        holds = [
            np.array_equal(*pair) for pair in ((w @ p @ w, w), (p @ w @ p, p), ((w @ p).T, w @ p), ((p @ w).T, p @ w))
        ]
        values = np.linalg.svd(w.astype(float), compute_uv=False)
        right &= all(holds) == isometry
        rows.append(
            [
                name,
                ", ".join(f"{abs(round(value, 9)):.3g}" for value in values),
                f"{sum(holds)} of 4",
                "yes" if all(holds) else "no",
            ]
        )
    caption = "Is the transpose the pseudoinverse? Penrose's four conditions (1955) for Wᵀ, in fractions."
    return Table(caption, ["W", "singular values", "conditions that hold", "Wᵀ = W⁺"], rows), right


def _fractions(rows: list[list[int]]) -> Array:
    return np.array([[Fraction(value) for value in row] for row in rows], dtype=object)


def _interpolated() -> tuple[Picture, list[float]]:
    distances = [10.0**-k for k in np.arange(6, 0.2, -0.25)]
    lines = tuple(
        Line(name, distances, [_error_at(hidden, outputs, s) for s in distances])
        for name, (hidden, outputs) in SHAPES.items()
    )
    caption = (
        "Error of δ^1 when the delta goes back through the pseudoinverse, against the distance of W's singular values "
        "from 1: a straight line of slope 1, for every shape. Only at distance 0 is division by the weights the right "
        "way back."
    )
    picture = Picture(
        "transpose-not-inverse",
        caption,
        "largest |singular value − 1|",
        "relative error of δ^1",
        (Panel("", lines),),
        "xy",
    )
    return picture, [exponent(line.x[:8], line.y[:8]) for line in lines]


def _error_at(hidden: int, outputs: int, s: float) -> float:
    """The error with W^2 of singular values from 1 − s to 1 + s."""
    source = np.random.default_rng(hidden)
    network = layers((3, hidden, outputs), ["sigmoid", "sigmoid"], source)
    inputs = Inputs(network, source.uniform(-1, 1, (8, 3)), source.uniform(0, 1, (8, outputs)))
    u, _, vt = np.linalg.svd(network.layers[1].w, full_matrices=False)
    w = (u * (1 + s * np.linspace(-1, 1, u.shape[1]))) @ vt
    moved = Inputs(
        network.with_parameters(w=[network.layers[0].w, w], b=[one.b for one in network.layers]), inputs.x, inputs.t
    )
    wrong, right = InverseWhereTransposeBelongs(moved), Textbook(moved)
    for book in (wrong, right):
        book.gradients()
    return distance([wrong.delta[1]], [right.delta[1]])


def _without_inverse() -> tuple[Table, bool]:
    source, torch_backprop = np.random.default_rng(3), functions("torch_autograd").backprop
    assert torch_backprop is not None
    rows, exists = [], True
    for name, w in {"singular": np.ones((2, 2)), "not square": np.array([[1.0, 2.0], [3.0, -1.0], [0.5, 1.0]])}.items():
        network = layers((2, 2, len(w)), ["sigmoid", "sigmoid"], source)
        network = network.with_parameters(w=[network.layers[0].w, w], b=[one.b for one in network.layers])
        inputs = Inputs(network, source.uniform(-1, 1, (1, 2)), source.uniform(0, 1, (1, len(w))))
        try:
            np.linalg.inv(w)
            inverse = "exists"
        except np.linalg.LinAlgError as error:
            inverse = f"none: {error}"
        gradients = torch_backprop(network, inputs.x, inputs.t)
        found, right = gradients.delta, true_deltas(inputs)
        assert found is not None, "PyTorch keeps its deltas"
        exists &= inverse != "exists" and is_right(gradients, inputs)
        rows.append(
            [
                name,
                inverse,
                ", ".join(figure(value) for value in np.ravel(found[0])),
                ", ".join(figure(value) for value in np.ravel(right[0])),
            ]
        )
    return (
        Table(
            "δ^1 behind a W^2 that has no inverse.", ["W^2", "its inverse", "δ^1 of PyTorch", "δ^1, the truth"], rows
        ),
        exists,
    )


CLAIM = Claim(
    name="transpose-not-inverse",
    question="To go back through a layer, should one not divide by its weights?",
    answer=(
        "No: δ^l = ((W^{l+1})ᵀ δ^{l+1}) ⊙ f'. Backprop does not undo the forward pass, it asks how much each output "
        "moves when an input does, and that is what the weights say. The inverse agrees only where every nonzero "
        "singular value of W is 1."
    ),
    source="the question on BP2 of Nielsen's chapter 2, why the transpose of the weight matrix.",
    method=(
        "The indexed form and the matrix form run on exact integers with opaque activations. The catalogue's entry "
        "`inverse_where_transpose_belongs`, with the pseudoinverse so that it always runs, is held against the "
        "truth; then W is given singular values that move away from 1."
    ),
    limits=(
        "For orthogonal W, and for any W whose nonzero singular values are 1, both are the same; a network that "
        "starts with orthogonal weights hides the mistake until its first step."
    ),
    experiment=experiment,
)
