"""Inference configures, it never judges: whatever is wrong in a class is still wrong when the class is driven."""

from __future__ import annotations

import ast

import pytest
from support.checking import SUBMISSIONS
from support.running import shared

from harness.cases.case import make_case
from harness.judging.examine import convention_of
from harness.judging.judge import CaseTruth, Trial, judge_case
from harness.judging.verdict import VERDICTS
from harness.sandbox.inference.infer import Inference, NotInferred
from harness.sandbox.pool import Pool
from harness.sandbox.requests import Limits, Submission, contract_request
from harness.sandbox.sources.find import IMPLEMENTATIONS_FOLDER

AROUND = (SUBMISSIONS / "around" / "perceptron.py").read_text(encoding="utf-8")
WRONG = sorted((SUBMISSIONS / "wrong").glob("*.py"))
CASES = (
    make_case("iris", (4, 5, 3), "sigmoid", 8),
    make_case("iris", (4, 5, 3), "sigmoid", 1),
    make_case("random", (5, 7, 4, 6, 2), "sigmoid", 8),
    make_case("random", (4, 4, 4, 4), "sigmoid", 4),
    make_case("iris", (4, 3), "sigmoid", 8),
    make_case("breast_cancer", (30, 8, 1), "sigmoid", 8),
)
FOUND = ("wrong", "inaccurate", "failed")
# Files whose mistake these networks do not have, and why.
NOT_OF_SIGMOIDS = {
    "derivative_of_another_activation_functional": "tanh and softplus have the derivative of another function",
    "relu_gate_missing_cached_scores": "it concerns relu",
    "sigma_prime_with_cross_entropy_columns_book": "it concerns the cross-entropy",
    "softmax_ce_times_p_one_minus_p_tensors": "it concerns softmax",
    "tanh_prime_of_output_layer_objects": "it concerns tanh",
}
NOT_A_MISTAKE_HERE = {
    "inputs_mutated_in_place": "step changes the network that it is given, as the method of a class must",
    "mean_where_sum_is_stated_columns": "the mean is a convention, and the class states nothing",
    "penalty_missing_loss_and_grads": "the penalty that it states is missing, and the class states none",
    "online_updates_inside_batch_epoch_loop": "one step for each row is what an online class does; batches are refused",
}
EXCEPTIONS = {**NOT_OF_SIGMOIDS, **NOT_A_MISTAKE_HERE}


def wrapped(folder, source, name):
    path = folder / f"{name}.py"
    path.write_text(f"{source}\n\n{AROUND}", encoding="utf-8")
    return path


def adapter_of(path):
    """The adapter; None if inference says that it cannot drive the file."""
    try:
        with Inference(shared(), path) as inference:
            return inference.adapter("Perceptron(widths)")
    except NotInferred:
        return None


def verdicts_of(path):
    """The verdict on each case that ran, under what the file declares."""
    submission, found = Submission(path.stem, (str(path),), Limits(60.0, 600.0)), []
    functions = tuple(one for one in ("backprop", "step") if f"def {one}(" in path.read_text(encoding="utf-8"))
    with Pool(shared(), 1) as pool:
        requests = []
        for case in CASES:
            inputs = case.build(1)
            requests.append(contract_request((case, inputs), functions, inputs, case.learning_rate))
        pool.add(submission, requests)
        for request in pool.outcomes():
            case, inputs = request.key
            convention, fault = convention_of(submission.declared)
            assert fault is None
            found.append(judge_case(Trial(CaseTruth.of(case, inputs), request.answers), convention).verdict)
    return found


def result_of(path, folder):
    """The worst verdict; `asks` if a person must choose, `refuses` if the file cannot be driven."""
    adapter = adapter_of(path)
    if adapter is None:
        return "refuses"
    if adapter.question:
        return "asks"
    driven = folder / f"{path.stem}_adapter.py"
    driven.write_text(adapter.source, encoding="utf-8")
    return min(verdicts_of(driven), key=VERDICTS.index)


def defines(path):
    names = {
        node.name for node in ast.parse(path.read_text(encoding="utf-8")).body if isinstance(node, ast.FunctionDef)
    }
    return names & {"backprop", "step"}


def test_every_file_with_a_mistake_is_tried():
    assert len(WRONG) >= 50
    assert [path.stem for path in WRONG if not defines(path)] == []
    assert {path.stem for path in WRONG} >= EXCEPTIONS.keys()


@pytest.mark.usefixtures("known_truths")
def test_no_mistake_is_explained_away(tmp_path):
    found = {
        path.stem: result_of(wrapped(tmp_path, path.read_text(encoding="utf-8"), path.stem), tmp_path) for path in WRONG
    }
    counts = {result: sum(one == result for one in found.values()) for result in dict.fromkeys(found.values())}
    print(f"{len(found)} files with a mistake: {counts}")
    explained_away = {name for name, result in found.items() if result not in (*FOUND, "asks", "refuses")}
    assert explained_away == EXCEPTIONS.keys()
    assert sum(result in FOUND for result in found.values()) >= len(found) / 2


@pytest.mark.usefixtures("known_truths")
@pytest.mark.parametrize("name", ["row_matrices", "column_vectors", "neuron_loop"])
def test_a_right_file_in_the_same_class_agrees(tmp_path, name):
    path = IMPLEMENTATIONS_FOLDER / f"{name}.py"
    assert result_of(wrapped(tmp_path, path.read_text(encoding="utf-8"), name), tmp_path) == "agrees"
