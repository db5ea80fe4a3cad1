"""The answers that are judged by vectors: of an implementation, which runs in the sandbox, or from a file."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from harness.cases.case import Case
from harness.cases.fitted import select_cases
from harness.jobs.vectors.reader import EXPECTED_NAMES, Answers, Vector, VectorResult, bad_vector_file, json_in
from harness.judging.conventions import DEFAULT_CONVENTION, Convention, quantities_of
from harness.judging.examine import convention_of
from harness.judging.find_convention import find_convention
from harness.judging.judge import CaseTruth, Trial, judge_case
from harness.model.activations import ACTIVATIONS
from harness.model.contract import Array, Inputs, Layer, Network
from harness.model.costs import COSTS, UNSCALED
from harness.model.errors import BadFile, UnusableInput
from harness.sandbox.answers import Answer, Arrays, Fault
from harness.sandbox.pool import Pool
from harness.sandbox.processes.server import Server
from harness.sandbox.requests import Limits, Submission, contract_request
from harness.sandbox.sources.find import Implementation

CALLED = ("backprop", "step")
OF_ARRAYS = ("SIGN", "LAYOUT", "TARGETS", "SUBGRADIENT")  # they change no true value
COST_OF_VECTORS = "the vectors are for the summed cost, with ½, without a penalty, with biases, and for any rate"


@dataclass(frozen=True)
class JudgedVector:
    """A test with the result of its answers, which are those to `declared`; `refused` is why there are none, if the
    test is not supported."""

    vector: Vector
    result: VectorResult
    refused: str = ""
    answers: Mapping[str, Answer] = field(default_factory=dict, compare=False)
    declared: Convention = DEFAULT_CONVENTION

    @property
    def verdict(self) -> str:
        """`passes`, `fails` or `unsupported`."""
        return "unsupported" if self.refused else "passes" if self.result.passes else "fails"


def _unsupported(vector: Vector, reason: str) -> JudgedVector:
    return JudgedVector(vector, VectorResult(), reason)


def vector_inputs(vector: Vector) -> Inputs:
    """The network, x and t of a test. Raises BadFile."""
    try:
        return _inputs_in(vector.data, vector.dtype)
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        raise bad_vector_file(vector.file, error, vector.id) from None


def _inputs_in(data: Mapping[str, Any], dtype: str) -> Inputs:
    layers = (
        Layer(_array(one["w"], dtype), _array(one["b"], dtype), ACTIVATIONS[one["activation"]])
        for one in data["network"]["layers"]
    )
    network = Network(tuple(layers), COSTS[data["network"]["cost"]])
    return Inputs(network, _array(data["x"], dtype), _array(data["t"], dtype))


def _array(data: Mapping[str, Any], dtype: str) -> Array:
    return np.array([*map(float.fromhex, data["data_hex"])], dtype).reshape(data["shape"])


def run_on_vectors(
    server: Server, implementation: Implementation, vectors: Sequence[Vector], limits: Limits
) -> list[JudgedVector]:
    """Run an implementation on every test, in the sandbox, and judge its answers, in the order of the tests."""
    submission, found = Submission.of(implementation, limits), dict[Vector, JudgedVector]()
    with Pool(server, 1) as pool:
        for vector in vectors:
            request = contract_request(vector, CALLED, vector_inputs(vector), vector.learning_rate)
            request.excluded = submission.scope.refusal(vector.activations, vector.cost, vector.dtype)
            pool.add(submission, [request])
        for request in pool.outcomes():
            found[request.key] = judged_vector(request.key, request.answers, submission.declared)
    return [found[vector] for vector in vectors]


def judged_vector(vector: Vector, answers: Mapping[str, Answer], constants: Mapping[str, Any]) -> JudgedVector:
    """Judge what the functions answered, in a file that declares these constants; what is refused is not judged."""
    convention, fault = convention_of(constants)
    inputs = vector_inputs(vector)
    if fault is not None:
        return JudgedVector(vector, VectorResult(problem=fault.detail))
    refusals = [one.refusal for one in answers.values() if one.refusal is not None]
    refused = [one.detail for one in refusals if one.verdict == "unsupported"]
    if len(refused) == len(answers):
        return _unsupported(vector, refused[0])
    if convention.scale(inputs) != UNSCALED or convention.learning_rate is not None:
        declared = convention.differences_from(DEFAULT_CONVENTION).items()
        of_cost = ", ".join(f"{name} = {value!r}" for name, value in declared if name not in OF_ARRAYS)
        return _unsupported(vector, f"it declares {of_cost}, and {COST_OF_VECTORS}")
    results = [VectorResult(problem=one.detail) for one in refusals if one.verdict != "unsupported"]
    for function, answer in answers.items():
        if answer.refusal is None:
            calls = (answer.arrays, *([answer.again] if answer.again is not None else []))
            # A function is called twice: the worse answer counts.
            judgements = (_judged_call(vector, function, arrays, inputs, convention) for arrays in calls)
            results.append(max(judgements, key=lambda one: (bool(one.problem), len(one.out))))
    return JudgedVector(vector, joined(results), answers=answers, declared=convention)


def _judged_call(vector: Vector, function: str, arrays: Arrays, inputs: Inputs, convention: Convention) -> VectorResult:
    try:
        quantities = quantities_of(function, arrays, inputs, convention)
    except Fault as fault:
        return VectorResult(problem=fault.detail)
    is_step, layers = function == "step", range(1, len(inputs.network.layers) + 1)
    found = {(f"new_{name}", l): array for (name, l), array in arrays.items()} if is_step else quantities
    names = [name for name in EXPECTED_NAMES if (name, 1) in found]
    return vector.judge({name: [found[name, l].ravel().tolist() for l in layers] for name in names})


def undeclared_convention(found: Sequence[JudgedVector]) -> tuple[dict[str, Any], int]:
    """The constants of the convention that the numbers of failing tests follow, as a check finds it, and how many of
    these tests agree under it; nothing if there is no such convention."""
    trials: dict[str, list[Trial]] = {"fails": [], "passes": []}
    for one in found:
        if one.answers and one.verdict in trials and (case := _case_of(one.vector)) is not None:
            truth = CaseTruth.of(case, vector_inputs(one.vector), any_subgradient=True)
            trials[one.verdict].append(Trial(truth, one.answers))
    if not trials["fails"]:
        return {}, 0
    declared = next(one.declared for one in found if one.verdict == "fails")
    other = find_convention(declared, trials["fails"], trials["passes"])
    agreeing = sum(judge_case(trial, other).verdict == "agrees" for trial in trials["fails"])
    return (other.differences_from(declared), agreeing) if agreeing else ({}, 0)


def _case_of(vector: Vector) -> Case | None:
    """The case of a test; None for one whose id is not known."""
    try:
        known = {case.id: case for case in select_cases(vector.id)}  # an id of others may be a pattern
    except UnusableInput:
        return None
    case = known.get(vector.id)
    return case and replace(case, learning_rate=vector.learning_rate, dtype=vector.dtype)


def joined(results: Sequence[VectorResult]) -> VectorResult:
    """The results of several functions as one."""
    return VectorResult(
        sum(one.given for one in results),
        sum(one.within for one in results),
        sum(one.undecided for one in results),
        tuple(found for one in results for found in one.out),
        "; ".join(filter(None, (one.problem for one in results))),
    )


def judge_file(path: Path, vectors: Sequence[Vector]) -> list[JudgedVector]:
    """Judge the answers in a JSON file: for the id of each test {"w": [...], "b": [...], ...}, one array a layer, or
    {"unsupported": "why"}; a test that is not there is unsupported.

    An array is a list of numbers in row-major order, or a list of such lists; a number may be a string, such as "NaN"
    or "0x1.8p+1". It is judged as the double that it reads as. Raises BadFile for anything else.
    """
    data, known = json_in(path), {vector.id for vector in vectors}
    if not isinstance(data, dict) or not data.keys() & known:
        raise BadFile(str(path), 'expected {"ID OF A TEST": {"w": [ARRAY, ...], ...}, ...}, found no id of a test')
    return [_judged_in_file(path, vector, data.get(vector.id, {"unsupported": "no answer"})) for vector in vectors]


def _judged_in_file(path: Path, vector: Vector, given: Any) -> JudgedVector:
    if isinstance(given, dict) and "unsupported" in given:
        return _unsupported(vector, str(given["unsupported"]) or "no reason given")
    if not isinstance(given, dict) or not given or not given.keys() <= set(EXPECTED_NAMES):
        names = ", ".join(EXPECTED_NAMES)
        raise BadFile(str(path), f'expected some of {names}; add one, or "unsupported": "why"', vector.id)
    try:
        answers: Answers = {name: [[*_numbers_of(array)] for array in layers] for name, layers in given.items()}
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        problem = f"expected a list with one array of numbers a layer, found: {error}"
        raise BadFile(str(path), problem, vector.id) from None
    result = vector.judge(answers)
    return JudgedVector(vector, result, answers={} if result.problem else _as_returned(vector, answers))


def _as_returned(vector: Vector, given: Answers) -> dict[str, Answer]:
    """The answers of a file as those of functions that return w and b."""
    arrays = dict[str, dict[int, Array]]()
    for name, layers in given.items():
        shapes = (part["shape"] for part in vector.data["expected"][name])
        shaped = (np.array(one).reshape(shape) for one, shape in zip(layers, shapes, strict=True))
        arrays[name] = dict(enumerate(shaped, start=1))
    names = {"backprop": {"w": "w", "b": "b", "delta": "delta"}, "step": {"new_w": "w", "new_b": "b"}}
    return {
        function: Answer({(short, l): one for name, short in of.items() for l, one in arrays.get(name, {}).items()})
        for function, of in names.items()
        if {"w", "b"} <= {of[name] for name in arrays if name in of}
    }


def _numbers_of(array: Any) -> Iterator[float]:
    """The numbers of an array, in row-major order. Raises TypeError or ValueError for what is none."""
    if isinstance(array, list):
        for one in array:
            yield from _numbers_of(one)
    elif isinstance(array, str):
        yield float.fromhex(array) if "0x" in array.lower() else float(array)  # NaN and Infinity too
    elif isinstance(array, (int, float)) and not isinstance(array, bool):
        yield float(array)
    else:
        raise TypeError(json.dumps(array)[:40])
