"""Read vector files and judge answers by them, with nothing but the files: no NumPy, and no code of the truth.

It shows what a reader in another language does. All numbers are read from their hexadecimal forms, as doubles.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.model.errors import BadFile, UnusableInput

READABLE_VERSION = 1
READABLE_DTYPES = ("float64", "float32")
EXPECTED_NAMES = ("w", "b", "delta", "new_w", "new_b")
# By the name of a quantity, one list of numbers a layer, in row-major order.
Answers = Mapping[str, Sequence[Sequence[float]]]


@dataclass(frozen=True)
class OutOfBounds:
    """An entry that is out of bounds: its quantity, layer and index, what was given, the true value and the bound."""

    quantity: str
    layer: int
    index: tuple[int, ...]
    given: float
    value: float
    bound: float


@dataclass(frozen=True)
class VectorResult:
    """The entries of a test that were given, those within their bounds, and those without a verdict; and the entries
    that are out of bounds. `problem` says what else is wrong with the answers; empty if nothing is."""

    given: int = 0
    within: int = 0
    undecided: int = 0
    out: tuple[OutOfBounds, ...] = ()
    problem: str = ""

    @property
    def passes(self) -> bool:
        """Whether something was given, and nothing of it is wrong."""
        return self.given > 0 and not self.out and not self.problem


class Vector:
    """One test of a vector file, with the name of its file and the dtype of its inputs."""

    def __init__(self, file: str, dtype: str, data: Mapping[str, Any]) -> None:
        self.file, self.dtype, self.data = file, dtype, data

    @property
    def id(self) -> str:
        return str(self.data["id"])

    @property
    def cost(self) -> str:
        return str(self.data["network"]["cost"])

    @property
    def learning_rate(self) -> float:
        return float.fromhex(self.data["learning_rate_hex"])

    @property
    def activations(self) -> tuple[str, ...]:
        """Those of its layers, each once."""
        return tuple(dict.fromkeys(str(layer["activation"]) for layer in self.data["network"]["layers"]))

    @property
    def entries(self) -> int:
        """The number of entries of all quantities."""
        return sum(len(array["data_hex"]) for name in EXPECTED_NAMES for array in self.data["expected"][name])

    def judge(self, answers: Answers) -> VectorResult:
        """Compare the quantities that are given with the true values; quantities that are not given are not judged."""
        given = within = undecided = 0
        out = list[OutOfBounds]()
        for name, layers in answers.items():
            expected = self.data["expected"][name]
            if problem := _shape_problem(name, layers, expected):
                return VectorResult(problem=problem)
            for l, (array, numbers) in enumerate(zip(expected, layers, strict=True), start=1):
                found, open_entries = _judge_array(array, numbers)
                given, undecided = given + len(numbers), undecided + open_entries
                within += len(numbers) - open_entries - len(found)
                out += (OutOfBounds(name, l, *one) for one in found)
        return VectorResult(given, within, undecided, tuple(out))


def _shape_problem(name: str, layers: Sequence[Sequence[float]], expected: Sequence[Mapping[str, Any]]) -> str:
    if len(layers) != len(expected):
        return f"{name} has {len(layers)} arrays, expected one for each of {len(expected)} layers"
    for l, (numbers, array) in enumerate(zip(layers, expected, strict=True), start=1):
        if len(numbers) != len(array["data_hex"]):
            return f"{name} of layer {l} has {len(numbers)} numbers, expected the shape {array['shape']}"
    return ""


def _judge_array(
    array: Mapping[str, Any], numbers: Sequence[float]
) -> tuple[list[tuple[tuple[int, ...], float, float, float]], int]:
    """The entries out of bounds (index, given, true value, bound), and the number of entries without a bound."""
    out, without = list[tuple[tuple[int, ...], float, float, float]](), 0
    changes = {one["entry"]: one for one in array["undecided"]}
    for i, got in enumerate(numbers):
        change = changes.get(i, {})
        if array["bound_hex"][i] is None:
            without += 1
            continue
        value, tail, bound = (float.fromhex(array[part][i]) for part in ("data_hex", "tail_hex", "bound_hex"))
        lowest, highest = (float.fromhex(change.get(end, "0x0p+0")) for end in ("from_hex", "to_hex"))
        if not lowest - bound <= (got - value) - tail <= highest + bound:  # false for NaN
            out.append((_index(i, array["shape"]), got, value, bound))
    return out, without


def _index(entry: int, shape: Sequence[int]) -> tuple[int, ...]:
    """The index of an entry in row-major order."""
    return divmod(entry, shape[1]) if len(shape) == 2 else (entry,)


def read_vectors(place: Path) -> list[Vector]:
    """The tests of a vector file, or of all vector files in a folder.

    Raises BadFile for a file that is no vector file of a version that this reader knows, and UnusableInput if there
    is none.
    """
    files = sorted(place.glob("*.json")) if place.is_dir() else [place]
    found = [one for path in files if path.name != "schema.json" for one in _tests_in(path)]
    if not found:
        raise UnusableInput(f"{place}: expected vector files, found none; write some with `vectors --out {place}`")
    return found


def _tests_in(path: Path) -> Iterator[Vector]:
    data = json_in(path)
    version = data.get("schemaVersion") if isinstance(data, dict) else None
    if version != READABLE_VERSION:
        found = "none" if version is None else repr(version)
        raise BadFile(str(path), f"expected a vector file of schemaVersion {READABLE_VERSION}, found {found}")
    try:
        tests = [Vector(path.name, data["dtype"], test) for group in data["testGroups"] for test in group["tests"]]
        for vector in tests:
            _read_through(vector)
    except (AttributeError, ArithmeticError, LookupError, TypeError, ValueError) as error:
        raise bad_vector_file(str(path), error) from None
    yield from tests


def _read_through(vector: Vector) -> None:
    """Read all that tests are judged by: what is missing or malformed raises an exception now, and not later."""
    if vector.dtype not in READABLE_DTYPES:
        raise ValueError(f"the dtype {vector.dtype!r}, not {' or '.join(READABLE_DTYPES)}")
    _ = vector.id, vector.cost, vector.learning_rate, vector.activations
    arrays = {name: vector.data["expected"][name] for name in EXPECTED_NAMES}
    vector.judge({name: [[*map(float.fromhex, one["data_hex"])] for one in some] for name, some in arrays.items()})


def bad_vector_file(file: str, error: Exception, where: str = "") -> BadFile:
    """The error for a vector file that is not as its schema describes; `error` says what went wrong when reading."""
    found = f"no {error}" if isinstance(error, KeyError) else str(error)
    return BadFile(file, f"expected what schema.json describes, found {found}; write it anew", where)


def json_in(path: Path) -> Any:
    """The content of a JSON file. Raises BadFile, and UnusableInput if there is no such file."""
    try:
        return json.loads(path.read_bytes())  # a mark of the byte order may come first
    except OSError as error:
        raise UnusableInput(f"{path}: expected a file of JSON, found: {error.strerror}; check the path") from None
    except (ValueError, RecursionError) as error:
        raise BadFile(str(path), f"expected JSON, found: {error}") from None
