"""The standard cases: which networks are among them, and mistakes that few networks show, with every seed."""

from __future__ import annotations

import numpy as np
import pytest

from harness.cases.case import HIDDEN_ACTIVATIONS, OUTPUT_ACTIVATIONS
from harness.cases.standard import gradient_cases
from harness.jobs.evidence.mistakes.kill_matrix import answers
from harness.judging.conventions import DEFAULT_CONVENTION
from harness.judging.judge import CaseTruth, Trial, judge_case
from harness.model.textbook import Textbook

CASES = gradient_cases()
SEEDS = range(0, 21, 4)


class SlopesClipped(Textbook):
    """Slopes of sigmoid are at least 1e-10."""

    def slope(self, l):
        slope = super().slope(l)
        return np.maximum(slope, 1e-10) if self.layer(l).activation.name == "sigmoid" else slope


class SoftplusOfLargeZ(Textbook):
    """Softplus is z above 20."""

    def output(self, l):
        a = super().output(l)
        return np.where(self.z[l] > 20, self.z[l], a) if self.layer(l).activation.name == "softplus" else a


class TinyGradientsAreZero(Textbook):
    """Entries of the gradient below 1e-12 are 0."""

    def weight_gradient(self, l):
        gradient = super().weight_gradient(l)
        return np.where(np.abs(gradient) < 1e-12, 0, gradient)


class TargetsAreClasses(Textbook):
    """Softmax takes its targets for classes."""

    def output_error(self):
        if self.network.cost.name != "cross_entropy":
            return super().output_error()
        return self.a[self.last] - np.eye(self.t.shape[1])[self.t.argmax(axis=1)]


class OneHiddenUnitIsAVector(Textbook):
    """The error of a single hidden unit is summed over the rows."""

    def hidden_delta(self, l):
        delta = super().hidden_delta(l)
        return np.full_like(delta, delta.sum()) if delta.shape[1] == 1 else delta


@pytest.mark.parametrize(
    ("mistake", "flags"),
    [
        (SlopesClipped, {"flat"}),
        (SoftplusOfLargeZ, {"flat"}),
        (TinyGradientsAreZero, {"small"}),
        (TargetsAreClasses, {"soft"}),
        (OneHiddenUnitIsAVector, {""}),
    ],
)
def test_a_mistake_that_few_networks_show_is_seen_with_every_seed(mistake, flags):
    showing = [case for case in CASES if case.flag in flags and (case.flag or 1 in case.widths[1:-1])]
    for seed in SEEDS:
        trials = [Trial(CaseTruth.of(case, case.build(seed)), {}) for case in showing]
        judged = [judge_case(Trial(one.truth, answers(mistake, one)), DEFAULT_CONVENTION) for one in trials]
        assert any(outcome.out_of_bounds for outcome in judged), seed
        right = [judge_case(Trial(one.truth, answers(Textbook, one)), DEFAULT_CONVENTION) for one in trials]
        assert not any(outcome.out_of_bounds or outcome.faults for outcome in right), seed


def test_the_networks_that_people_write_are_among_the_cases():
    networks = {(len(case.widths) > 2 and case.hidden, case.output, case.cost) for case in CASES if not case.flag}
    assert networks >= {
        (False, "sigmoid", "binary_cross_entropy"),  # logistic regression
        ("sigmoid", "sigmoid", "binary_cross_entropy"),
        ("sigmoid", "sigmoid", "half_squared_error"),
        ("tanh", "tanh", "half_squared_error"),
        ("relu", "identity", "half_squared_error"),
        *((hidden, "softmax", "cross_entropy") for hidden in ("relu", "sigmoid", "tanh")),
    }
    assert {case.output for case in CASES} == set(OUTPUT_ACTIVATIONS)
    assert {name for case in CASES if len(case.widths) > 2 for name in case.hidden.split()} == set(HIDDEN_ACTIVATIONS)


def test_the_shapes_that_code_gets_wrong_are_among_the_cases():
    assert {len(case.widths) - 1 for case in CASES} >= {1, 2, 3, 4, 5, 8}
    for count, of in ((1, "one row"), (2, "rows")):
        assert {case.cost for case in CASES if min(case.batch, 2) == count} == {
            "half_squared_error",
            "binary_cross_entropy",
            "cross_entropy",
        }, of
    assert any(case.widths[0] == case.widths[-1] == case.batch == 1 for case in CASES)
    assert any(case.widths[1] == case.widths[2] != case.widths[0] for case in CASES if len(case.widths) > 3)


@pytest.mark.parametrize("case", [case for case in CASES if case.flag == "soft"], ids=lambda case: case.id)
def test_soft_targets_sum_to_1(case):
    for seed in SEEDS:
        sums = case.build(seed).t.astype(float).sum(axis=1)
        assert np.abs(sums - 1).max() <= case.widths[-1] * 2.0 ** (-54 if case.dtype == "float64" else -25)


@pytest.mark.parametrize("case", [case for case in CASES if case.flag == "kink"], ids=lambda case: case.id)
def test_a_kink_is_met_exactly(case):
    given = case.build(1)
    first = given.network.layers[0]
    assert (given.x @ first.w.T + first.b == 0).any(axis=1).sum() == -(-case.batch // 4)
