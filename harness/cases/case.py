"""A case: a small network with its data, described by a value with a stable id such as `iris-4-5-3-sigmoid-batch8`.

The id lists the properties of the case and is its name in every command and report. This module does not import NumPy,
so that listing cases is fast; harness.cases.inputs draws the numbers.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from numbers import Integral
from pathlib import Path

from harness.model.errors import UnknownName, UnusableInput

TYPE_CHECKING = False  # see harness
if TYPE_CHECKING:
    from typing import Any

    from harness.model.contract import Inputs

TRAINING_EPOCHS = 20  # of a training case, as in article 2
# The quantities that each function of the contract must return; "train" is `step`, repeated. z and a are optional.
QUANTITIES_BY_FUNCTION = {
    "backprop": ("delta", "w", "b"),
    "step": ("update",),
    "train": ("epoch1", f"epoch{TRAINING_EPOCHS}"),
}

# The names in harness.model.activations. Softmax has no slope, so it cannot be a hidden activation.
HIDDEN_ACTIVATIONS = ("sigmoid", "tanh", "relu", "leaky_relu", "softplus", "identity")
OUTPUT_ACTIVATIONS = (*HIDDEN_ACTIVATIONS, "softmax")
DTYPES = ("float64", "float32")
TARGETS = ("classes", "numbers")  # what the last column of a CSV file may hold

# The purpose of each flag.
FLAGS = {
    "saturated": "weights 12 times larger: many units sit where f is flat, and f' is tiny",
    "dead": "every other hidden unit has a bias of -50: a relu there is off for every row, its gradient exactly 0",
    "large": "weights of the output layer 10000 times larger: exp overflows where the largest logit is not subtracted",
    "small": "weights 100 times smaller: gradients vanish layer by layer, an absolute tolerance sees nothing",
    "bias": "biases ten times larger than the weights: a lost or misplaced bias shows",
    "flat": "every other unit has a bias from 20 to 40: sigmoid' and softplus - z lie between 1e-9 and 1e-18 there",
    "kink": "biases of 0, and every fourth row of x is 0: relu meets its kink at exactly 0",
    "soft": "targets that are probabilities, not classes",
    "classes": "targets that are classes, a 1 and zeros in each row, for code that takes labels",
}


@dataclass(frozen=True)
class Case:
    """A network with its data.

    widths: n_0..n_L. hidden: the activation of the hidden layers, or one name for each, separated by spaces and
    repeated in turn. batch: the number of rows. online: TRAINING_EPOCHS epochs of training with one row for each step,
    in place of one gradient and one step with all rows. flag: a key of FLAGS, or empty. target: what the last column
    of a CSV file is taken for, of TARGETS; empty for what it looks like.
    """

    dataset: str
    widths: tuple[int, ...]
    hidden: str
    output: str
    cost: str
    batch: int
    learning_rate: float
    dtype: str = "float64"
    online: bool = False
    flag: str = ""
    target: str = ""

    @cached_property
    def id(self) -> str:
        """The stable name, without defaults and without the learning rate, which the rest determines."""
        parts = [
            Path(self.dataset).stem,
            *map(str, self.widths),
            *self.activations,
            "bce" if self.cost == "binary_cross_entropy" else "",
            self.flag,
            f"online{self.batch}" if self.online else f"batch{self.batch}",
            "" if self.dtype == "float64" else self.dtype,
        ]
        return "-".join(part for part in parts if part)

    @property
    def activations(self) -> tuple[str, ...]:
        """The activations, each once: those of the hidden layers, then that of the output."""
        return tuple(dict.fromkeys([*self.hidden.split(), self.output] if len(self.widths) > 2 else [self.output]))

    @property
    def parameters(self) -> int:
        """The number of weights and biases."""
        return sum((fan_in + 1) * fan_out for fan_in, fan_out in pairwise(self.widths))

    @property
    def is_real(self) -> bool:
        """Whether the data come from a dataset and are not drawn at random."""
        return self.dataset != "random"

    def build(self, seed: int | None = None) -> Inputs:
        """A new network, x [batch, n_0] and t [batch, n_L], in the dtype of the case.

        Each seed gives different weights and rows, and so does None. Raises UnusableInput if the widths do not match
        the dataset, and UnknownName or BadTable for a dataset that cannot be loaded.
        """
        from harness.cases.inputs import draw_inputs  # imports NumPy, which naming a case does not need

        return draw_inputs(self, seed)


def make_case(
    dataset: str,
    widths: tuple[int, ...],
    activations: str = "sigmoid",
    batch: int = 8,
    *,
    bce: bool = False,
    **others: Any,
) -> Case:
    """A case whose `activations` are "hidden output", or one name for both; "tanh relu sigmoid" has two hidden ones.

    The cost follows from the output: cross-entropy for softmax, binary cross-entropy if `bce`, else half the squared
    error. Raises UnknownName or UnusableInput for values that do not describe a network.
    """
    hidden, output = activations.rsplit(" ", 1) if " " in activations else (activations, activations)
    # Two different rates, neither of them 1, so that a step that ignores its learning rate is detected.
    others.setdefault("learning_rate", 0.3 if dataset == "random" else 0.5)
    cost = "cross_entropy" if output == "softmax" else "binary_cross_entropy" if bce else "half_squared_error"
    case = Case(dataset, widths, hidden, output, cost, batch, **others)
    _validate_case(case)
    return case


def _validate_case(case: Case) -> None:
    if len(case.widths) < 2 or not all(map(_is_positive_integer, case.widths)):
        raise UnusableInput(f"widths {case.widths}: expected two whole numbers or more, each at least 1, as (4, 5, 3)")
    if not _is_positive_integer(case.batch):
        raise UnusableInput(f"batch {case.batch}: expected a whole number of rows, at least 1")
    hidden = [
        ("hidden activation", name, HIDDEN_ACTIVATIONS) for name in case.hidden.split() or [""] if len(case.widths) > 2
    ]
    of_all = (
        ("output activation", case.output, OUTPUT_ACTIVATIONS),
        ("dtype", case.dtype, DTYPES),
        ("flag", case.flag, ("", *FLAGS)),
    )
    for kind, name, known in (*hidden, *of_all):
        if name not in known:
            raise UnknownName(kind, str(name), filter(None, known))


def _is_positive_integer(number: object) -> bool:
    return isinstance(number, Integral) and int(number) >= 1


def in_float32(cases: Iterable[Case]) -> tuple[Case, ...]:
    """The same cases in float32, each once."""
    return tuple(dict.fromkeys(replace(case, dtype="float32") for case in cases))


def required_functions(case: Case) -> tuple[str, ...]:
    """The functions of the contract that a case calls."""
    return ("train",) if case.online else ("backprop", "step")
