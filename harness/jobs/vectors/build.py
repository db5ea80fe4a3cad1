"""Vectors as data: the inputs of each case, and what correct code may answer; harness/jobs/vectors/schema.json
describes it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from harness.cases.case import FLAGS, Case
from harness.jobs.vectors.choice import candidates, chosen, features, file_of
from harness.jobs.vectors.exact_entries import ExactEntry, exact_entries
from harness.jobs.vectors.kills import seen_by_case, visible_mistakes
from harness.jobs.vectors.text import AllDigits
from harness.judging.judge import CaseTruth, Trial
from harness.model.contract import Array, Inputs
from harness.reporting.files import MADE_BY

ALGORITHM = "backpropagation"
SCHEMA_VERSION = 1  # of the format
GENERATOR_VERSION = "1.0"  # a change of the numbers raises the second part
SCHEMA = "schema.json"
Data = dict[str, Any]


def chosen_cases() -> tuple[Case, ...]:
    """The cases of the committed vectors."""
    return chosen(candidates(), seen_by_case(_certified_trials(candidates(), None)))


def vectors_of(cases: Sequence[Case], seed: int | None) -> dict[str, Data]:
    """The files of these cases, by name, on the inputs of the reports or, with a seed, on others."""
    trials = _certified_trials(cases, seed)
    return _files(trials, seen_by_case(trials), seed)


def _certified_trials(cases: Iterable[Case], seed: int | None) -> list[Trial]:
    """The cases with their truth, for code that may take any slope of relu exactly at its kink."""
    return [Trial(CaseTruth.of(case, case.build(seed), any_subgradient=True), {}) for case in cases]


def _files(trials: Sequence[Trial], seen: Mapping[str, Sequence[str]], seed: int | None) -> dict[str, Data]:
    by_file: dict[str, list[Trial]] = {}
    for one in trials:
        by_file.setdefault(file_of(one.case), []).append(one)
    return {name: _file(some, seen, seed) for name, some in by_file.items()}


def _file(trials: Sequence[Trial], seen: Mapping[str, Sequence[str]], seed: int | None) -> Data:
    tests = [_test(one, trials, seen) for one in trials]
    groups: dict[tuple[str, ...], list[Data]] = {}
    for test in tests:
        layers = test["network"]["layers"]
        groups.setdefault(tuple(layer["activation"] for layer in layers), []).append(test)
    known, flags = visible_mistakes(), {flag for test in tests for flag in test["flags"]}
    return {
        MADE_BY: "nox -s vectors",
        "algorithm": ALGORITHM,
        "schema": SCHEMA,
        "schemaVersion": SCHEMA_VERSION,
        "generatorVersion": GENERATOR_VERSION,
        "cost": trials[0].case.cost,
        "dtype": trials[0].case.dtype,
        "seed": seed,
        "numberOfTests": len(tests),
        "numberOfEntries": sum(len(part["data"]) for part in _expected_arrays(tests)),
        "numberOfUndecided": sum(len(part["undecided"]) for part in _expected_arrays(tests)),
        "notes": {
            name: {"equation": entry.equations(), "description": entry.sentence()}
            for name, entry in known.items()
            if name in flags
        },
        "testGroups": [{"activations": [*names], "tests": some} for names, some in groups.items()],
    }


def _expected_arrays(tests: Sequence[Data]) -> Iterable[Data]:
    return (part for test in tests for parts in test["expected"].values() for part in parts)


def _test(one: Trial, others: Sequence[Trial], seen: Mapping[str, Sequence[str]]) -> Data:
    case, inputs = one.case, one.inputs
    rest = [other.case for other in others if other is not one]
    elsewhere = {name for other in rest for name in seen[other.id]}
    return {
        "id": case.id,
        "comment": _comment(case, rest),
        "flags": [*seen[case.id]],
        "only": [name for name in seen[case.id] if name not in elsewhere],
        "network": {
            "cost": case.cost,
            "layers": [
                {"activation": layer.activation.name, "w": _input_array(layer.w), "b": _input_array(layer.b)}
                for layer in inputs.network.layers
            ],
        },
        "x": _input_array(inputs.x),
        "t": _input_array(inputs.t),
        "learning_rate": case.learning_rate,
        "learning_rate_hex": case.learning_rate.hex(),
        "expected": _expected(one.truth, inputs),
    }


def _comment(case: Case, others: Sequence[Case]) -> str:
    """What a case is, and what it is for: its flag, and what no other test of the file has."""
    widths, elsewhere = "-".join(map(str, case.widths)), {name for other in others for name in features(other)}
    rows = "1 row" if case.batch == 1 else f"{case.batch} rows"
    own = [name for name in features(case) if name not in elsewhere and "flag" not in name]
    sentences = [f"Layers of {widths} units, {rows}", *([FLAGS[case.flag]] if case.flag else [])]
    if own:
        sentences.append(f"The only test here with {', '.join(own)}")
    return ". ".join(one[0].upper() + one[1:] for one in sentences) + "."


def _input_array(array: Array) -> Data:
    """An input: exact doubles, in row-major order."""
    numbers = array.astype(np.float64).ravel().tolist()
    return {"shape": [*array.shape], "data": numbers, "data_hex": _hex(numbers)}


def _expected(truth: CaseTruth, inputs: Inputs) -> Data:
    """What correct code answers: a list with one array a layer for each quantity."""
    expected: dict[str, list[Data]] = {name: [] for name in ("w", "b", "delta", "new_w", "new_b")}
    for l, layer in enumerate(inputs.network.layers, start=1):
        for name in ("w", "b", "delta"):
            standard = truth.standards[name, l]
            expected[name].append(_expected_array(exact_entries(standard), standard.bound.shape))
        update, old = truth.standards["update", l], np.column_stack([layer.w, layer.b])
        moved, columns = exact_entries(update, old), old.shape[1]
        biases = moved[columns - 1 :: columns]
        weights = [one for i, one in enumerate(moved) if i % columns < columns - 1]
        expected["new_w"].append(_expected_array(weights, layer.w.shape))
        expected["new_b"].append(_expected_array(biases, layer.b.shape))
    return expected


def _expected_array(entries: Sequence[ExactEntry], shape: Sequence[int]) -> Data:
    values, tails, bounds = ([getattr(one, part) for one in entries] for part in ("value", "tail", "bound"))
    return {
        "shape": [*shape],
        "data": [*map(AllDigits, values)],
        "data_hex": _hex(values),
        "tail": tails,
        "tail_hex": _hex(tails),
        "bound": bounds,
        "bound_hex": _hex(bounds),
        "undecided": [found for i, one in enumerate(entries) for found in _undecided(i, one)],
    }


def _undecided(i: int, entry: ExactEntry) -> Iterable[Data]:
    if entry.bound is None:
        yield {"entry": i, "reason": "no bound"}
    elif entry.is_at_kink:
        ends = {"from": entry.lower, "to": entry.upper}
        yield {"entry": i, "reason": "kink", **ends, **{f"{name}_hex": end.hex() for name, end in ends.items()}}


def _hex(numbers: Iterable[float | None]) -> list[str | None]:
    return [None if number is None else number.hex() for number in numbers]
