"""The courses: what is trained, on which data, with which rule, for how many epochs.

Like a case, a course has an id that says what it is made of, and its start and the order of its rows are drawn from a
generator seeded with the id.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import log10, sqrt

TYPE_CHECKING = False  # see harness
if TYPE_CHECKING:
    import numpy as np

    from harness.model.contract import Inputs, Network

COURSE_EPOCHS = 300
DATASETS = ("iris", "wine", "breast_cancer", "digits")
PER_DECADE = 10  # recorded epochs in each decade: an error that grows like a power is seen at equal distances


@dataclass(frozen=True)
class Course:
    """A network of these widths (layer 0 to L), sigmoid but for the `output`, trained with half the squared error on
    `rows` rows of a dataset, `batch` rows a step, in one order that is the same in every epoch."""

    dataset: str
    widths: tuple[int, ...]
    output: str
    rows: int
    batch: int
    learning_rate: float
    epochs: int = COURSE_EPOCHS

    @property
    def id(self) -> str:
        network = "-".join(map(str, self.widths))
        return f"{self.dataset}-{network}-{'online' if self.batch == 1 else f'batches{self.batch}'}"

    @property
    def kind(self) -> str:
        """What it has in common with the courses on the other datasets."""
        layers = "one hidden layer" if len(self.widths) > 2 else "one layer"
        return f"{layers}, {'online' if self.batch == 1 else 'in batches'}"

    @property
    def recorded(self) -> tuple[int, ...]:
        """The epochs after which the weights are looked at: about evenly spread over the logarithm of the epoch."""
        last = int(PER_DECADE * log10(self.epochs))
        return tuple(sorted({*(round(10 ** (k / PER_DECADE)) for k in range(last + 1)), self.epochs}))

    def random(self, use: str) -> np.random.Generator:
        """A generator of the course's own for one use."""
        import hashlib

        import numpy as np  # to name courses needs no numbers

        digest = hashlib.sha256(f"{self.id} {use}".encode()).digest()
        return np.random.default_rng(int.from_bytes(digest[:8], "big"))

    def build(self) -> Inputs:
        """The network at its start, x [rows, n_0] and t [rows, n_L], shuffled once: a set may be sorted by class, and
        online steps would see one class after the other."""
        from harness.cases import datasets
        from harness.model.activations import ACTIVATIONS
        from harness.model.contract import Inputs, Layer, Network
        from harness.model.costs import COSTS

        x, t = datasets.load_dataset(self.dataset).rows(self.rows)
        order = self.random("order").permutation(len(x))
        random = self.random("start")
        layers: list[Layer] = []
        for fan_in, fan_out in zip(self.widths[:-1], self.widths[1:], strict=True):
            # Variance 1 / fan_in (LeCun) keeps z of the order of 1 at every width.
            w = random.uniform(-1, 1, (fan_out, fan_in)) * sqrt(3 / fan_in)
            name = "sigmoid" if len(layers) < len(self.widths) - 2 else self.output
            layers.append(Layer(w, random.uniform(-0.5, 0.5, fan_out), ACTIVATIONS[name]))
        return Inputs(Network(tuple(layers), COSTS["half_squared_error"]), x[order], t[order])


def learned(network: Network, inputs: Inputs) -> tuple[float, int]:
    """The cost per row, and how many rows are classified as their target says: by the largest output, or where there
    is one output by the side of ½ on which it lies."""
    a = inputs.x
    for layer in network.layers:
        a = layer.activation.f(a @ layer.w.T + layer.b)
    right = (a > 0.5) == (inputs.t > 0.5) if a.shape[1] == 1 else a.argmax(axis=1) == inputs.t.argmax(axis=1)
    return float(network.cost.value(a, inputs.t)) / len(a), int(right.sum())


def courses(epochs: int = COURSE_EPOCHS) -> tuple[Course, ...]:
    """Every course, in the order in which reports show them."""
    return tuple(replace(course, epochs=epochs) for course in _courses())


def _courses() -> Iterator[Course]:
    hidden = {"iris": (4, 5, 3), "wine": (13, 6, 3), "breast_cancer": (30, 4, 1), "digits": (64, 8, 10)}
    # Of the larger tables as many rows as let the formulations in plain loops finish in minutes.
    rows = {"iris": 150, "wine": 178, "breast_cancer": 150, "digits": 100}
    for batch, slow, fast in ((1, 0.03, 0.1), (20, 0.01, 0.1)):
        for name in DATASETS:
            yield Course(name, hidden[name], "identity", rows[name], batch, slow)
        for name in DATASETS:
            yield Course(name, (hidden[name][0], hidden[name][-1]), "sigmoid", rows[name], batch, fast)
