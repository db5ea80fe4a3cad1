"""BP2 sends the delta back through the transpose of W, not through its inverse."""

from __future__ import annotations

import random
from fractions import Fraction

import numpy as np
from flint import fmpq, fmpq_mat, fmpq_poly, fmpq_series

from harness.cases.standard import gradient_cases
from harness.jobs.claims.claim import Claim, ClaimTable, Evidence, Statement
from harness.jobs.claims.tools import exponent, figure, functions, is_right, layers, relative_distance, true_deltas
from harness.jobs.prove.evaluate import differences, evaluate
from harness.jobs.prove.proofs import ARCHITECTURES
from harness.mistakes.entries.backward import InverseWhereTransposeBelongs
from harness.model.contract import Array, Inputs
from harness.model.exact import draw_integer, opaque_inputs
from harness.model.textbook import Textbook
from harness.reporting.figures import Line, Panel, Picture

ONE_PLUS_X = fmpq_series([1, 1])
SHAPES = {"square, 4 to 4": (4, 4), "tall, 4 to 6": (4, 6), "wide, 6 to 4": (6, 4)}


def experiment() -> Evidence:
    equal, numbers = _index_by_index()
    errors = _inverse_errors()
    penrose, only_ones, isometries = _penrose()
    picture, slopes = _interpolated()
    singular, exists = _without_inverse()
    values = sorted(error for error, _ in errors.values())
    caption = (
        "How far δ^1 is from the truth with the pseudoinverse, relative to its size, on each float64 case with "
        f"hidden layers: {figure(values[0])} at least, {figure(float(np.median(values)))} in the median, "
        f"{figure(values[-1])} at most, where the weights are tiny and their pseudoinverse is huge."
    )
    by_case = ClaimTable(
        caption, ["case", "relative error"], [[name, figure(error)] for name, (error, _) in errors.items()]
    )
    return Evidence(
        (
            Statement(
                "Index by index (`component_sums`) and as matrices (`row_matrices`, `column_vectors`) BP2 is the same, "
                f"exactly: {numbers:,} pairs of integers are equal.",
                equal,
            ),
            Statement(
                f"Division by the weights is wrong on all {len(errors)} networks, beyond rounding.",
                not any(right for _, right in errors.values()),
            ),
            Statement(
                "Of these matrices the transpose is the pseudoinverse exactly where every nonzero singular value is "
                "1 (in fractions; the singular values from the characteristic polynomial of WᵀW).",
                only_ones,
            ),
            Statement(
                "With such a W, square, tall, wide or singular, division by the weights gives the right gradient.",
                isometries,
            ),
            Statement(
                "A singular value 1 + x comes back as 1/(1 + x) = 1 + x − 2x + …: the error is of first order in "
                f"its distance from 1 (fitted exponents below: {', '.join(f'{one:.2f}' for one in slopes)}).",
                (1 / ONE_PLUS_X - ONE_PLUS_X).coeffs()[:2] == [0, -2],
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
            inputs, rate = opaque_inputs(architecture, source), draw_integer(source)
            first, *others = (evaluate(form, inputs, rate) for form in forms)
            for other in others:
                unequal, count = differences(first, other)
                equal, numbers = equal and not unequal, numbers + count
    return equal, numbers


def _inverse_errors() -> dict[str, tuple[float, bool]]:
    """For each case the relative error of δ^1, and whether rounding explains what is given."""
    found = {}
    for case in gradient_cases():
        if len(case.widths) > 2 and case.dtype == "float64":
            inputs = case.build()
            wrong = InverseWhereTransposeBelongs(inputs)
            gradients = wrong.gradients()
            found[case.id] = relative_distance([wrong.delta[1]], true_deltas(inputs)[:1]), is_right(gradients, inputs)
    return found


def _penrose() -> tuple[ClaimTable, bool, bool]:
    """For some matrices in fractions: are the nonzero singular values 1, is the transpose the pseudoinverse (Penrose,
    "A generalized inverse for matrices", 1955: four conditions, of which two hold for every transpose), and is the
    mistake right with them."""
    half, rotation = Fraction(1, 2), _fractions([[3, -4], [4, 3]]) / 5
    tall = _fractions([[1, 1], [1, -1], [1, 1], [1, -1]]) * half
    direction = _fractions([[3], [4]]) / 5
    matrices = {
        "a rotation, square": rotation,
        "orthonormal columns, 4 × 2, tall": tall,
        "orthonormal rows, 2 × 4, wide": tall.T,
        "a projection, of rank 1: singular": direction @ direction.T,
        "twice a rotation": 2 * rotation,
        "a shear": _fractions([[1, 1], [0, 1]]),
        "singular values 1 and ½": _fractions([[1, 0], [0, 1]]) * [[1, 1], [1, half]],
    }
    rows, only_ones, right = [], True, True
    for name, w in matrices.items():
        p, ones = w.T, _singular_values_are_ones(w)
        is_inverse = np.array_equal(w @ p @ w, w) and np.array_equal(p @ w @ p, p)
        only_ones &= is_inverse == ones
        if ones:
            inputs = _behind(w.astype(float))
            right &= is_right(InverseWhereTransposeBelongs(inputs).gradients(), inputs)
        values = np.linalg.svd(w.astype(float), compute_uv=False)
        shown = ", ".join(f"{abs(round(value, 9)):.3g}" for value in values)
        rows.append([name, shown, *("yes" if one else "no" for one in (ones, is_inverse))])
    headers = ["W", "singular values", "all that are not 0 are 1", "Wᵀ is its pseudoinverse"]
    caption = "Is the transpose the pseudoinverse? W Wᵀ W = W and Wᵀ W Wᵀ = Wᵀ, in fractions."
    return ClaimTable(caption, headers, rows), only_ones, right


def _singular_values_are_ones(w: Array) -> bool:
    """Whether WᵀW has the eigenvalues 0 and 1 alone: its characteristic polynomial is x^k (x − 1)^r, exactly."""
    gram, n = w.T @ w, w.shape[1]
    entries = [fmpq(value.numerator, value.denominator) for value in gram.flat]
    found, x = fmpq_mat(n, n, entries).charpoly(), fmpq_poly([0, 1])
    return any(found == x ** (n - r) * (x - 1) ** r for r in range(n + 1))


def _behind(w: Array) -> Inputs:
    """A sigmoid network with W^2 = w, and eight rows."""
    outputs, hidden = w.shape
    source = np.random.default_rng(hidden)
    network = layers((3, hidden, outputs), ["sigmoid", "sigmoid"], source)
    network = network.with_parameters(w=[network.layers[0].w, w], b=[one.b for one in network.layers])
    return Inputs(network, source.uniform(-1, 1, (8, 3)), source.uniform(0, 1, (8, outputs)))


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
        "from 1: a straight line of slope 1, for every shape. At distance 0 it is right, as the "
        "table says."
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
    u, _, vt = np.linalg.svd(np.random.default_rng(outputs).uniform(-1, 1, (outputs, hidden)), full_matrices=False)
    inputs = _behind((u * (1 + s * np.linspace(-1, 1, u.shape[1]))) @ vt)
    wrong, right = InverseWhereTransposeBelongs(inputs), Textbook(inputs)
    for book in (wrong, right):
        book.gradients()
    return relative_distance([wrong.delta[1]], [right.delta[1]])


def _without_inverse() -> tuple[ClaimTable, bool]:
    backprop = functions("torch_autograd").backprop
    assert backprop is not None
    rows, exists = [], True
    for name, w in {"singular": np.ones((2, 2)), "not square": np.array([[1.0, 2.0], [3.0, -1.0], [0.5, 1.0]])}.items():
        inputs = _behind(w)
        try:
            np.linalg.inv(w)
            inverse = "exists"
        except np.linalg.LinAlgError as error:
            inverse = f"none: {error}"
        gradients = backprop(inputs.network, inputs.x, inputs.t)
        found, right = gradients.delta, true_deltas(inputs)
        assert found is not None, "PyTorch keeps its deltas"
        exists &= inverse != "exists" and is_right(gradients, inputs)
        rows.append([name, inverse, *(", ".join(map(figure, one[0][0])) for one in (found, right))])
    headers = ["W^2", "its inverse", "δ^1 of PyTorch", "δ^1, the truth"]
    return ClaimTable("δ^1 of the first row, behind a W^2 that has no inverse.", headers, rows), exists


CLAIM = Claim(
    position=3,
    name="transpose-not-inverse",
    question="To go back through a layer, should one divide by its weights?",
    answer=(
        "No. Backprop does not undo the forward pass; it asks how much the cost moves when an input does. Through a "
        "weight of 2 a nudge of the input arrives doubled, so δ goes back *times* 2; dividing would halve it. In "
        "general δ^l = ((W^{l+1})ᵀ δ^{l+1}) ⊙ f', and index by index: δ_j^l = Σ_k (∂C/∂z_k^{l+1}) "
        "(∂z_k^{l+1}/∂z_j^l) = Σ_k δ_k^{l+1} w_kj f'(z_j^l). The sum runs over the *first* index of w, and that is "
        "the transpose. The two agree for every δ only where each singular value σ of W that is not 0 has σ = 1/σ: "
        "with W = U Σ Vᵀ, the transpose is V Σ Uᵀ and the pseudoinverse V Σ⁺ Uᵀ."
    ),
    source="the question on BP2 of Nielsen's chapter 2, why the transpose of the weight matrix.",
    method=(
        "The indexed form and the matrix form run on exact integers; f and f' are any numbers, one of each for every "
        "z ([as in the proofs](proof.md)). The catalogue's entry `inverse_where_transpose_belongs`, with the "
        "pseudoinverse so that it always runs, is held against the truth; then W is given singular values that move "
        "away from 1."
    ),
    limits=(
        "For orthogonal W, and for any W whose nonzero singular values are 1, both are the same; a network that "
        "starts with orthogonal weights hides the mistake until its first step."
    ),
    experiment=experiment,
)
