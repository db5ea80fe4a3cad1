"""The fitted cases: a finite list for each kind, each found again by its id."""

from __future__ import annotations

import numpy as np
import pytest

from harness.cases.case import in_float32
from harness.cases.fitted import (
    CASES_OF_A_KIND,
    CASES_WITH_CLASSES,
    every_fitted_case,
    every_kind,
    fitted_cases,
    kind_of,
    select_cases,
)
from harness.cases.standard import gradient_cases
from harness.model.errors import UnknownName, UnusableInput
from harness.truth.certify import certify

KINDS = tuple(every_kind())
ENOUGH = 20


@pytest.fixture(scope="module")
def universe():
    return every_fitted_case()


def test_every_kind_has_enough_cases_in_each_dtype():
    for kind in KINDS:
        cases = fitted_cases(kind)
        with_classes = 0 if kind.has_one_output or kind.output == "softmax" else CASES_WITH_CLASSES
        assert len({case.id for case in cases}) == len(cases) == CASES_OF_A_KIND + with_classes
        assert {kind_of(case) for case in cases} == {kind}
        assert sum(case.dtype == "float64" for case in cases) >= ENOUGH
        assert {case.dtype for case in cases} == {"float64", "float32"}
        assert len({case.id for case in in_float32(cases)}) >= ENOUGH


def test_the_cases_of_a_kind_differ_in_shapes_data_and_flags():
    for kind in KINDS:
        cases = fitted_cases(kind)
        assert len({case.widths for case in cases}) >= 12
        assert len({case.dataset for case in cases}) >= 3
        assert len({case.flag for case in cases}) >= 4
        assert kind.has_one_row or len({case.batch for case in cases}) >= 4


def test_no_two_cases_share_an_id(universe):
    names = [case.id for case in (*gradient_cases(), *universe)]
    assert len(set(names)) == len(names)


def test_kinds_build_and_have_a_truth(pytestconfig):
    """Every tenth with --all-seeds; else fewer, by a number that no property of the list has as its period."""
    for kind in KINDS[:: 10 if pytestconfig.getoption("all_seeds") else 37]:
        for case in fitted_cases(kind):
            given = case.build(3)
            assert given.x.shape == (case.batch, case.widths[0])
            assert given.x.dtype == np.dtype(case.dtype)
            assert not any(standard.undecidable.all() for standard in certify(given, 0.3, case.dtype).values())


def test_a_fitted_case_is_selected_by_its_id_and_by_a_pattern(universe):
    for case in universe[::997]:
        assert select_cases(case.id) == (case,)
    found = select_cases("iris-*-softplus-tanh-*")
    assert len(found) > 5
    assert all(case.dataset == "iris" and case.output == "tanh" for case in found)


def test_a_pattern_that_matches_standard_cases_selects_only_those():
    standard = gradient_cases()
    assert select_cases("iris*") == tuple(case for case in standard if case.id.startswith("iris"))
    fitted = fitted_cases(KINDS[-1])[0]
    assert select_cases(f"xor-2-1-sigmoid-batch4,{fitted.id}") == (standard[0], fitted)


def test_what_matches_nothing_is_refused_with_the_standard_ids():
    with pytest.raises(UnknownName, match="unknown case 'iris-9': known: breast_cancer-30-1-sigmoid-batch8"):
        select_cases("iris-9")
    with pytest.raises(UnusableInput, match="nothing is selected"):
        select_cases(" ,")
