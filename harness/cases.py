"""The cases: small networks on shared data, as values with stable ids such as `iris-4-5-3-sigmoid-batch8`.

The id is made of what the case is made of, and names it wherever it is met. To name cases needs no numbers, and imports
none; harness.drawing has those.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from numbers import Integral
from pathlib import Path

from harness.errors import UnknownName, UnusableInput

TYPE_CHECKING = False  # see harness
if TYPE_CHECKING:
    from typing import Any

    from harness.contract import Inputs

EPOCHS = 20  # of a training case, as article 2 has them
# The quantities that each function of the contract gives; "train" is `step`, repeated. z and a are asked of nobody.
QUANTITIES = {"backprop": ("delta", "w", "b"), "step": ("update",), "train": ("epoch1", f"epoch{EPOCHS}")}

# Those of harness.activations and the dtypes of harness.arithmetic, by name. A softmax has no slope to go back through.
HIDDEN = ("sigmoid", "tanh", "relu", "leaky_relu", "softplus", "identity")
OUTPUTS = (*HIDDEN, "softmax")
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
        from harness.drawing import drawn  # numbers are for who runs a case, not for who names it

        return drawn(self, seed)


def make(
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
    _check(case)
    return case


def _check(case: Case) -> None:
    if len(case.widths) < 2 or not all(map(_counts, case.widths)):
        raise UnusableInput(f"widths {case.widths}: expected two whole numbers or more, each at least 1, as (4, 5, 3)")
    if not _counts(case.batch):
        raise UnusableInput(f"batch {case.batch}: expected a whole number of rows, at least 1")
    hidden = [("hidden activation", name, HIDDEN) for name in case.hidden.split() or [""] if len(case.widths) > 2]
    of_all = (
        ("output activation", case.output, OUTPUTS),
        ("dtype", case.dtype, DTYPES),
        ("flag", case.flag, ("", *FLAGS)),
    )
    for kind, name, known in (*hidden, *of_all):
        if name not in known:
            raise UnknownName(kind, str(name), filter(None, known))


def _counts(number: object) -> bool:
    return isinstance(number, Integral) and int(number) >= 1


def _real_cases() -> Iterator[Case]:
    one_layer = [
        ("xor", (2, 1), "sigmoid", 4),
        ("ten_rows", (2, 2), "sigmoid", 10),
        ("iris", (4, 3), "sigmoid", 1),
        ("iris", (4, 3), "sigmoid", 8),
        ("wine", (13, 3), "tanh", 8),
        ("breast_cancer", (30, 1), "sigmoid", 8),
        ("digits", (64, 10), "sigmoid", 8),
        ("diabetes", (10, 1), "identity", 8),
    ]
    hidden_layers = [
        ("xor", (2, 3, 1), "sigmoid", 4),
        ("ten_rows", (2, 2, 2), "sigmoid", 1),
        ("ten_rows", (2, 4, 2), "tanh sigmoid", 10),
        ("iris", (4, 5, 3), "sigmoid", 1),
        ("iris", (4, 5, 3), "sigmoid", 8),
        ("iris", (4, 6, 5, 3), "sigmoid", 8),
        ("wine", (13, 6, 3), "sigmoid", 8),
        ("wine", (13, 8, 6, 3), "tanh", 8),
        ("breast_cancer", (30, 8, 1), "sigmoid", 8),
        ("digits", (64, 16, 10), "sigmoid", 8),
        ("digits", (64, 12, 8, 10), "tanh sigmoid", 4),
        ("diabetes", (10, 6, 1), "sigmoid identity", 8),
        ("diabetes", (10, 7, 4, 1), "softplus identity", 8),
        ("iris", (4, 7, 3), "relu softmax", 8),
        ("wine", (13, 9, 5, 3), "leaky_relu softmax", 8),
        ("digits", (64, 12, 10), "relu softmax", 8),
    ]
    for dataset, widths, activations, batch in one_layer + hidden_layers:
        yield make(dataset, widths, activations, batch)
    yield make("xor", (2, 4, 1), "tanh sigmoid", 4, bce=True)
    yield make("breast_cancer", (30, 6, 1), "relu sigmoid", 8, bce=True)
    yield make("iris", (4, 5, 3), "sigmoid", 150)


def _random_cases() -> Iterator[Case]:
    yield make("random", (5, 7, 4, 6, 2), "sigmoid", 8)  # three hidden layers, then four, of unequal widths
    yield make("random", (3, 5, 4, 6, 5, 2), "tanh", 4)
    yield make("random", (4, 4, 4, 4), "sigmoid", 4)  # equal widths: a missing transpose still runs
    yield make("random", (4, 4, 4, 4, 4, 4), "softplus identity", 4)
    yield make("random", (4, 6, 5, 7, 3), "tanh softplus sigmoid identity", 8)  # a slope of another layer shows
    yield make("random", (6, 5, 3), "leaky_relu identity", 8)
    yield make("random", (6, 8, 4), "softplus sigmoid", 8, bce=True)
    yield make("random", (5, 6, 4), "identity", 8)
    yield make("random", (7, 5, 6, 4), "tanh softmax", 1)
    yield make("random", (9, 4), "softmax", 8)
    yield make("random", (7, 4), "softplus", 8)
    yield make("random", (6, 3), "sigmoid", 8, flag="saturated")
    yield make("random", (8, 10, 5), "tanh sigmoid", 64)
    yield make("random", (5, 6, 4, 3), "sigmoid", 8, flag="saturated")
    yield make("random", (5, 6, 4), "tanh", 8, flag="saturated")
    yield make("random", (5, 6, 4), "tanh softmax", 8, flag="saturated")
    yield make("random", (5, 6, 4), "tanh softmax", 8, flag="large")
    # Two more, so that a softmax that overflows is seen by three: no mistake rests on fewer.
    yield make("random", (4, 7, 5, 3), "sigmoid softmax", 8, flag="large")
    yield make("random", (9, 4), "softmax", 8, flag="large")
    yield make("random", (5, 6, 4), "relu sigmoid", 8, bce=True, flag="large")
    yield make("random", (5, 8, 6, 3), "relu identity", 8, flag="dead")
    yield make("random", (5, 6, 4, 3), "sigmoid", 8, flag="small")
    yield make("random", (5, 6, 4, 3), "tanh identity", 8, flag="bias")
    yield make("random", (4, 6, 3), "sigmoid", 8, dtype="float32")
    yield make("random", (5, 7, 4, 2), "tanh", 8, dtype="float32")
    yield make("random", (6, 8, 4), "relu softmax", 8, dtype="float32")
    yield make("iris", (4, 3), "sigmoid", 8, dtype="float32")
    yield make("wine", (13, 6, 3), "sigmoid", 8, dtype="float32")


def _training_cases() -> Iterator[Case]:
    networks = [
        ("xor", (2, 3, 1), "sigmoid", 4, 0.5),
        ("ten_rows", (2, 2, 2), "sigmoid", 10, 0.5),
        ("iris", (4, 5, 3), "sigmoid", 100, 0.5),
        ("wine", (13, 6, 3), "sigmoid", 100, 0.5),
        ("breast_cancer", (30, 5, 1), "sigmoid", 100, 0.5),
        ("digits", (64, 10, 10), "sigmoid", 100, 0.5),
        ("diabetes", (10, 5, 1), "sigmoid identity", 100, 0.02),
        ("iris", (4, 3), "sigmoid", 100, 0.5),
        ("wine", (13, 3), "sigmoid", 100, 0.5),
        ("breast_cancer", (30, 1), "sigmoid", 100, 0.5),
        ("digits", (64, 10), "sigmoid", 100, 0.5),
        ("diabetes", (10, 1), "identity", 100, 0.02),
    ]
    for dataset, widths, activations, rows, learning_rate in networks:
        yield make(dataset, widths, activations, rows, learning_rate=learning_rate, online=True)


def standard_cases() -> tuple[Case, ...]:
    """Every case of the battery, in the order in which reports show them."""
    return (*_real_cases(), *_random_cases(), *_training_cases())


def gradient_cases() -> tuple[Case, ...]:
    """The battery of a check: the standard cases that ask for a gradient and a step."""
    return tuple(case for case in standard_cases() if not case.online)


def functions_of(case: Case) -> tuple[str, ...]:
    """The functions of the contract that a case asks for."""
    return ("train",) if case.online else ("backprop", "step")


def csv_cases(path: str) -> tuple[Case, ...]:
    """Cases over a CSV file: without and with a hidden layer, one row and eight, and 20 online epochs."""
    from harness import datasets

    data = datasets.load(path)
    inputs, outputs = data.x.shape[1], data.t.shape[1]
    output = "sigmoid" if set(data.t.ravel().tolist()) <= {0.0, 1.0} else "identity"
    activations = "sigmoid" if output == "sigmoid" else "sigmoid identity"
    deep, rows = (inputs, 5, outputs), len(data.x)
    return (
        make(path, (inputs, outputs), output, min(8, rows)),
        make(path, deep, activations, 1),
        make(path, deep, activations, min(8, rows)),
        make(path, (inputs, 6, 4, outputs), f"tanh {output}", min(8, rows)),
        make(path, deep, activations, min(100, rows), learning_rate=0.5 if output == "sigmoid" else 0.02, online=True),
    )
