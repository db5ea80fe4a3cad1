"""harness.testing: the cases are tests with names, refusals are skipped, and expected failures must fail."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.cases.standard import gradient_cases
from harness.model.errors import UnknownName, UnusableInput
from harness.testing import parametrize_with_cases

ROOT = Path(__file__).resolve().parents[2]
NETWORKS = ROOT / "tests" / "support" / "submissions" / "as_they_stand"
pytest_plugins = ["pytester"]
IDS = [case.id for case in gradient_cases()]
# row_matrices has the squared error only.
RUN = sum(case.cost == "half_squared_error" for case in gradient_cases())


def run(pytester, file, expected, *options, more=""):
    pytester.makepyfile(
        f"""
        import sys
        sys.path.insert(0, {str(ROOT)!r})
        from harness.testing import parametrize_with_cases

        @parametrize_with_cases({str(file)!r}, expected_failures={expected!r}{more})
        def test_backprop(case):
            case()
        """
    )
    return pytester.runpytest_subprocess("-p", "no:cacheprovider", "-rA", *options)


def test_every_case_is_a_test_with_a_name(pytester):
    result = run(pytester, ROOT / "implementations" / "row_matrices.py", {})
    result.assert_outcomes(passed=RUN, skipped=len(IDS) - RUN)
    result.stdout.fnmatch_lines(["PASSED *::test_backprop[[]row_matrices[[]iris-4-5-3-sigmoid-batch8[]][]]"])
    assert "the article has the squared error only" in result.stdout.str()


def test_a_failure_shows_the_check_and_an_expected_one_is_xfailed(pytester):
    file = ROOT / "tests" / "support" / "submissions" / "wrong" / "sigma_prime_with_cross_entropy_columns_book.py"
    seen = [name for name in IDS if "-bce-" in name]
    result = run(pytester, file, {seen[0]: "known"})
    outcomes = result.parseoutcomes()
    assert outcomes["xfailed"] == 1
    assert outcomes["failed"] == len(seen) - 1
    assert "The mistake: sigma_prime_with_cross_entropy" in result.stdout.str()
    assert "1 of 1 cases ran (1 wrong), with inputs from seed" in result.stdout.str()


def test_code_that_was_not_written_for_the_contract_is_driven(pytester):
    path = NETWORKS / "sequential_sgd.py"
    make = "Sequential(*map(Dense, widths, widths[1:]))"
    result = run(pytester, path, {}, more=f", make={make!r}, cost=''")
    outcomes = result.parseoutcomes()
    assert outcomes["passed"] + outcomes["skipped"] == len(IDS)
    assert outcomes["passed"] > 5
    result.stdout.fnmatch_lines(["PASSED *::test_backprop[[]sequential_sgd[[]xor-2-3-1-sigmoid-batch4[]][]]"])


def test_what_cannot_be_driven_fails_every_test_with_one_line(pytester):
    result = run(pytester, NETWORKS / "sequential_sgd.py", {}, more=", make='Sequential('")
    result.assert_outcomes(failed=len(IDS))
    assert result.stdout.str().count("--make 'Sequential(': expected an expression") >= len(IDS)
    assert "Traceback" not in result.stdout.str()


def test_an_expected_failure_that_passes_is_a_failure(pytester):
    result = run(pytester, ROOT / "implementations" / "row_matrices.py", {"iris-4-5-3-sigmoid-batch8": "not so"})
    result.assert_outcomes(passed=RUN - 1, failed=1, skipped=len(IDS) - RUN)
    assert "[XPASS(strict)] not so" in result.stdout.str()


def test_unusable_input_is_reported_during_collection():
    with pytest.raises(UnusableInput, match="expected an implementation's file"):
        parametrize_with_cases("no_such_file.py")
    with pytest.raises(UnknownName, match="unknown case 'iris-9'"):
        parametrize_with_cases(ROOT / "implementations" / "row_matrices.py", {"iris-9": "?"})
