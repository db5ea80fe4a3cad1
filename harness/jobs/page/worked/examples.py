"""The small networks that are worked through, each with one row of data."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from harness.cases.case import Case, make_case
from harness.jobs.claims.experiments.published.groups import PUBLISHED
from harness.jobs.claims.experiments.published.recomputed import inputs_of
from harness.model.contract import Inputs

PLACES = 2  # of the weights and data that are drawn at random or measured: they are here to be read
_ROUNDED = f"Weights and data are rounded to {PLACES} places, to be read."


@dataclass(frozen=True, eq=False)
class Example:
    """A network with one row of data, x [1, n_0] and t [1, n_L]; `note` says where its numbers come from."""

    id: str
    title: str
    note: str
    inputs: Inputs
    learning_rate: float

    @property
    def widths(self) -> tuple[int, ...]:
        """The neurons of layers 0..L."""
        layers = self.inputs.network.layers
        return (int(layers[0].w.shape[1]), *(len(layer.b) for layer in layers))


def examples() -> tuple[Example, ...]:
    """Every network, in the order in which they are offered."""
    return (
        _published(),
        _standard_case(make_case("xor", (2, 3, 1), "sigmoid", 4), row=1, title="2-3-1, exclusive or"),
        _standard_case(make_case("iris", (4, 3), "sigmoid", 1), row=0, title="4-3, an iris, no hidden layer"),
        _standard_case(
            make_case("random", (3, 2, 2, 1), "tanh sigmoid", 1), row=0, title="3-2-2-1, two hidden layers of tanh"
        ),
    )


def _published() -> Example:
    example = PUBLISHED["examples"][0]
    [row] = example["rows"]
    note = f"The numbers of {example['title']}. The post leaves its biases as they are; here they move, too."
    inputs = inputs_of(example, row["x"], row["t"])
    return Example(example["id"], "2-2-2, Mazur's worked example", note, inputs, example["learning_rate"])


def _standard_case(case: Case, row: int, title: str) -> Example:
    """One row of a case, rounded."""
    built = case.build()
    layers = built.network.layers
    w, b = ([_rounded(getattr(layer, part)) for layer in layers] for part in ("w", "b"))
    one = slice(row, row + 1)
    inputs = Inputs(built.network.with_parameters(w, b), _rounded(built.x[one]), _rounded(built.t[one]))
    note = f"Row {row + 1} of the case {case.id}. {_ROUNDED}"
    return Example(case.id, title, note, inputs, case.learning_rate)


def _rounded(array: np.ndarray) -> np.ndarray:
    return np.round(array, PLACES) + 0.0  # no negative zero
