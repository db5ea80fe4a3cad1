"""The datasets: loading by name, scaling and one-hot targets."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

import numpy as np

from harness.model.contract import Array
from harness.model.errors import UnknownName

DATA = Path(__file__).resolve().parent / "data"
_STARTED_IN = os.getcwd()


@dataclass(frozen=True, eq=False)
class Dataset:
    """Features x [rows, n_0] and targets t [rows, n_L], float64, in the order of the source.

    Features are standardised (mean 0, variance 1), except in `xor` and `ten_rows`, whose published results are for raw
    numbers. Class targets are one-hot, or one output of 0 or 1 with `one_output`; numeric targets are standardised.
    `target` says in a sentence what the last column of a CSV file was taken for.
    """

    name: str
    x: Array
    t: Array
    source: str
    target: str = ""

    def rows(self, count: int, random: np.random.Generator | None = None) -> tuple[Array, Array]:
        """x and t of `count` rows, or of all rows if there are fewer.

        They are drawn by `random`, or without it evenly spaced, because the dataset may be sorted by class.
        """
        count = min(count, len(self.x))
        if random is not None:
            chosen = random.permutation(len(self.x))[:count]
        else:
            chosen = np.linspace(0, len(self.x) - 1, count).astype(int)
        return self.x[chosen], self.t[chosen]


def standardise(values: Array) -> Array:
    """[n, k] -> [n, k]: each column scaled to mean 0 and variance 1; a constant column becomes zeros."""
    largest = np.abs(values).max(axis=0)
    scaled = values / np.where(largest == 0, 1, largest)  # so that no square overflows
    centred = np.where(np.ptp(scaled, axis=0) == 0, 0.0, scaled - scaled.mean(axis=0))
    deviation = centred.std(axis=0)
    return np.asarray(centred / np.where(deviation == 0, 1, deviation))


def one_hot(classes: Array, count: int) -> Array:
    """[n] class indices 0..count-1 -> [n, count], with a 1 in the column of the class."""
    return np.asarray(np.eye(count)[classes.astype(int)])


def _xor_dataset() -> Dataset:
    x = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    return Dataset("xor", x, np.array([[0.0], [1.0], [1.0], [0.0]]), "exclusive or, the four rows")


def _ten_rows_dataset() -> Dataset:
    table = np.array(
        [
            [2.7810836, 2.550537003, 0],
            [1.465489372, 2.362125076, 0],
            [3.396561688, 4.400293529, 0],
            [1.38807019, 1.850220317, 0],
            [3.06407232, 3.005305973, 0],
            [7.627531214, 2.759262235, 1],
            [5.332441248, 2.088626775, 1],
            [6.922596716, 1.77106367, 1],
            [8.675418651, -0.242068655, 1],
            [7.673756466, 3.508563011, 1],
        ]
    )
    source = "Brownlee, machinelearningmastery.com/implement-backpropagation-algorithm-scratch-python, 2016"
    return Dataset("ten_rows", table[:, :2], one_hot(table[:, 2], 2), source)


def _bundled_dataset(name: str, *, one_output: bool = False) -> Dataset:
    x, target = np.load(DATA / f"{name}.npy").astype(float), np.load(DATA / f"{name}_target.npy")
    if target.dtype.kind == "f":
        t = standardise(target.reshape(-1, 1))
    elif one_output:
        t = target.reshape(-1, 1).astype(float)
    else:
        t = one_hot(target, int(target.max()) + 1)
    return Dataset(name, standardise(x), t, f"sklearn.datasets.load_{name}")


def dataset_from_csv(path: str, target: str = "") -> Dataset:
    """The dataset in a CSV file, named after the file; `target` as in Case. Raises BadTable (see
    harness.cases.csv_table)."""
    from harness.cases.csv_table import read_csv

    table = read_csv(path, target)
    values = table.target
    t = one_hot(values, len(table.classes)) if table.classes else standardise(values.reshape(-1, 1))
    return Dataset(Path(path).stem, standardise(table.features), t, path, table.taken)


_LOADERS: dict[str, Callable[[], Dataset]] = {
    "xor": _xor_dataset,
    "ten_rows": _ten_rows_dataset,
    "iris": partial(_bundled_dataset, "iris"),
    "wine": partial(_bundled_dataset, "wine"),
    "breast_cancer": partial(_bundled_dataset, "breast_cancer", one_output=True),
    "digits": partial(_bundled_dataset, "digits"),
    "diabetes": partial(_bundled_dataset, "diabetes"),
}
DATASET_NAMES = tuple(_LOADERS)


@cache
def load_dataset(name: str, target: str = "") -> Dataset:
    """The dataset with this name, or in the CSV file with this path and with this `target`, as in Case.

    Raises UnknownName or BadTable.
    """
    if name.lower().endswith(".csv"):
        # A worker runs in a folder of its own, but a relative path refers to the folder where the harness was started.
        path = os.path.join(_STARTED_IN, name)
        return dataset_from_csv(path if os.path.exists(path) and not os.path.exists(name) else name, target)
    if name not in _LOADERS:
        raise UnknownName("dataset", name, [*DATASET_NAMES, "a path ending in .csv"])
    return _LOADERS[name]()
