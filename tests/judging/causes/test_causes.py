"""The cause of errors: wrong formulas of any size are shown to be wrong, coarse arithmetic in any part never is."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from support.running import cause_of, cause_of_suspect

from harness.cases.selection import select_matching
from harness.cases.standard import gradient_cases
from harness.judging.causes.find_causes import DEPENDS_ON_HISTORY, NO_ANSWER
from harness.judging.causes.measurements import Suspect
from harness.mistakes import CATALOGUE
from harness.mistakes.reproduce import call_quantities
from harness.model.costs import UNSCALED
from harness.model.textbook import Textbook

pytestmark = pytest.mark.usefixtures("known_truths")
CASES = select_matching(
    gradient_cases(),
    "iris-4-5-3-sigmoid-batch8,random-5-6-4-tanh-softmax-saturated-batch8,random-5-7-4-6-2-sigmoid-batch8,"
    "digits-64-12-10-relu-softmax-batch8,random-5-6-4-3-sigmoid-small-batch8,random-6-8-4-softplus-sigmoid-bce-batch8",
)
FORMULAS = sorted(name for name, entry in CATALOGUE.items() if entry.dtype is None)
PARTS = ("weighted_input", "output", "slope", "sent_back", "hidden_delta", "weight_gradient", "bias_gradient")


def run_of(formulation, eta):
    """What an implementation with this formulation returns, for any inputs."""

    def run(inputs):
        found = {}
        with np.errstate(all="ignore"):
            for function in ("backprop", "step"):
                found |= call_quantities(formulation, function, inputs, eta, UNSCALED)[0]
        return {key: value.astype(float) for key, value in found.items() if key[0] not in ("z", "a")}

    return run


def narrowed(part, dtype):
    """The textbook with the result of one part rounded to a narrower dtype."""

    def method(self, l):
        return getattr(Textbook, part)(self, l).astype(dtype).astype(np.float64)

    return type("Narrowed", (Textbook,), {part: method})


@pytest.mark.parametrize("part", PARTS)
def test_coarse_arithmetic_in_a_part_is_never_wrong(part, pytestconfig):
    found: Counter[str] = Counter()
    for number, case in enumerate(CASES):
        for seed in (1, 2, 3) if pytestconfig.getoption("all_seeds") else (1 + number % 3,):
            run = run_of(narrowed(part, "float32"), case.learning_rate)
            found[cause_of(run, case.build(seed), case.learning_rate, case.dtype).verdict] += 1
    found.pop("failed", None)  # the part is not used, or the rounding is within the bounds
    assert found["wrong"] == 0, found
    assert found["inaccurate"] >= 0.8 * found.total() > 0, found


def test_every_mistake_is_shown_to_be_one():
    """On every case on which its numbers are finite and out of bounds."""
    found: Counter[str] = Counter()
    others = []
    for name in FORMULAS:
        for case in CASES:
            run = run_of(CATALOGUE[name], case.learning_rate)
            try:
                cause = cause_of(run, case.build(1), case.learning_rate, case.dtype)
            except (ValueError, IndexError, KeyError):  # it does not run on this network
                continue
            if cause != DEPENDS_ON_HISTORY:  # there it changes nothing
                found[cause.verdict] += 1
                if cause.verdict != "wrong":
                    others.append((name, case.id, cause.verdict))
    assert found["inaccurate"] == 0, others
    assert found["wrong"] >= 100
    assert found["cannot tell"] <= 0.05 * found.total(), others


@pytest.mark.parametrize("size", [1e-3, 1e-6, 1e-9, 1e-11])
def test_a_small_factor_is_wrong_and_not_inaccurate(size):
    """Errors far below the roundings of float32 are judged as those above them."""

    class Scaled(Textbook):
        def weight_gradient(self, l):
            return super().weight_gradient(l) * (1 + size)

    for case in CASES[:3]:
        run = run_of(Scaled, case.learning_rate)
        assert cause_of(run, case.build(1), case.learning_rate, case.dtype).verdict == "wrong"


def test_code_that_answers_no_other_inputs_is_not_decided():
    case = CASES[0]
    inputs = case.build(1)
    wrong = run_of(CATALOGUE["sigma_prime_missing_in_hidden"], case.learning_rate)

    def run(given):
        return wrong(given) if np.array_equal(given.x, inputs.x) else {}

    assert cause_of(run, inputs, case.learning_rate, case.dtype) == NO_ANSWER


class OnlyHere(Suspect):
    """A suspect on whose other inputs the bounds are infinite, as next to an overflow."""

    def standards_of(self, inputs, dtype):
        found = super().standards_of(inputs, dtype)
        if np.array_equal(inputs.x, self.inputs.x):
            return found
        return {key: replace(one, undecidable=np.ones_like(one.undecidable)) for key, one in found.items()}


def test_lines_that_cannot_be_judged_are_no_evidence():
    """Otherwise such a case would be inaccurate, and overrule what other cases show."""
    case = CASES[0]
    inputs = case.build(1)
    suspect = OnlyHere.of(inputs, case.learning_rate, case.dtype)
    run = run_of(CATALOGUE["sigma_prime_missing_in_hidden"], case.learning_rate)
    assert cause_of_suspect(suspect, run) == NO_ANSWER
