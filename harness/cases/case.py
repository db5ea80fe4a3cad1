"""A case: a small network on shared data, as a value with a stable id such as `iris-4-5-3-sigmoid-batch8`.

The id is made of what the case is made of, and names it wherever it is met. To name cases needs no numbers, and imports
none; harness.cases.inputs has those.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from numbers import Integral
from pathlib import Path

from harness.errors import UnknownName, UnusableInput

TYPE_CHECKING = False  # see harness
if TYPE_CHECKING:
    from typing import Any

    from harness.model.contract import Inputs

TRAINING_EPOCHS = 20  # of a training case, as article 2 has them
# The quantities that each function of the contract gives; "train" is `step`, repeated. z and a are asked of nobody.
QUANTITIES_BY_FUNCTION = {
    "backprop": ("delta", "w", "b"),
    "step": ("update",),
    "train": ("epoch1", f"epoch{TRAINING_EPOCHS}"),
}

# The names in harness.model.activations. A softmax has no slope to go back through.
HIDDEN_ACTIVATIONS = ("sigmoid", "tanh", "relu", "leaky_relu", "softplus", "identity")
OUTPUT_ACTIVATIONS = (*HIDDEN_ACTIVATIONS, "softmax")
DTYPES = ("float64", "float32")

# What a flagged case is for: the note is its reason to exist.
FLAGS = {
    "saturated": "weights 12 times larger: many units sit where f is flat, and f' is tiny",
    "dead": "every other hidden unit has a bias of -50: a relu there is off for every row, its gradient exactly 0",
    "large": "weights of the output layer 10000 times larger: exp overflows where the largest logit is not subtracted",
    "small": "weights 100 times smaller: gradients vanish layer by layer, an absolute tolerance sees nothing",
    "bias": "biases ten times larger than the weights: a lost or misplaced bias shows",
}


@dataclass(frozen=True)
class Case:
    """A network with its data. `widths` runs from layer 0 to layer L; `hidden` names the activation of the hidden
    layers, or that of each in turn; `online` asks for EPOCHS passes of training,
    one row a step, in place of one gradient and one step on all rows."""

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

    @cached_property
    def id(self) -> str:
        """The stable name; parts that are as usual are left out, and the learning rate, which follows from the rest."""
        activations = dict.fromkeys([*self.hidden.split(), self.output] if len(self.widths) > 2 else [self.output])
        parts = [
            Path(self.dataset).stem,
            *map(str, self.widths),
            *activations,
            "bce" if self.cost == "binary_cross_entropy" else "",
            self.flag,
            f"online{self.batch}" if self.online else f"batch{self.batch}",
            "" if self.dtype == "float64" else self.dtype,
        ]
        return "-".join(part for part in parts if part)

    @property
    def parameters(self) -> int:
        """How many weights and biases there are."""
        return sum((fan_in + 1) * fan_out for fan_in, fan_out in pairwise(self.widths))

    @property
    def is_real(self) -> bool:
        """Whether the data are real (a table), not drawn at random."""
        return self.dataset != "random"

    def build(self, seed: int | None = None) -> Inputs:
        """The network, x [batch, n_0] and t [batch, n_L], freshly made and all of the case's dtype; with a seed,
        other weights and other rows than without."""
        from harness.cases.inputs import draw_inputs  # numbers are for who runs a case, not for who names it

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
    """A case from "hidden output" activation names (one name serves for both, and each hidden layer may have its own);
    the cost follows from the output. Raises UnknownName or UnusableInput for values that make no network."""
    hidden, output = activations.rsplit(" ", 1) if " " in activations else (activations, activations)
    # Two rates, neither of them 1, so that a step which takes no notice of its own cannot pass.
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


def required_functions(case: Case) -> tuple[str, ...]:
    """The functions of the contract that a case asks for."""
    return ("train",) if case.online else ("backprop", "step")
