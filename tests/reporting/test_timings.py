"""Where the time goes: phases that add up, and the commands that print them."""

from __future__ import annotations

import re
import time

import pytest
from support.commands import harness
from support.running import shared

from harness.cases.case import make_case
from harness.jobs.check.run import CheckRun
from harness.reporting.profile import Clock, table
from harness.sandbox.requests import Limits
from harness.sandbox.sources.find import find_implementations
from harness.truth.certify import certify

LINE = re.compile(r"^  (\S.*?) +(\d+\.\d{3})$")


def printed(output):
    """The seconds in all, and those of each phase here and elsewhere, from what a command prints last."""
    head, *lines = output[output.index("Where the time went") :].splitlines()
    [whole] = re.findall(r"of (\d+\.\d{3}):$", head)
    end = next((i for i, line in enumerate(lines) if line.startswith("Beside it")), len(lines))
    here, elsewhere = (dict(LINE.match(line).groups() for line in part) for part in (lines[:end], lines[end + 1 :]))
    return float(whole), *({k: float(v) for k, v in part.items()} for part in (here, elsewhere))


def test_a_phase_lasts_as_long_as_what_is_inside_and_counts_again_when_it_comes_again():
    clock = Clock()
    for seconds in (0.02, 0.03):
        with clock.phase("sleep"):
            time.sleep(seconds)
    with pytest.raises(ZeroDivisionError), clock.phase("raises"):
        1 / 0  # noqa: B018
    assert [*clock.here] == ["sleep", "raises"]
    assert 0.05 <= clock.here["sleep"] <= clock.whole()
    assert 0 < sum(clock.here.values()) <= clock.whole()


def test_the_table_says_what_is_left_of_the_whole():
    clock = Clock()
    with clock.phase("sleep"):
        time.sleep(0.02)
    time.sleep(0.01)
    clock.elsewhere["work"] += 1.5
    whole, here, elsewhere = printed(table(clock))
    assert [*here] == ["sleep", "the rest"]
    assert here["sleep"] >= 0.02
    assert here["the rest"] >= 0.009
    assert sum(here.values()) == pytest.approx(whole, abs=0.002)  # three digits of each are printed
    assert elsewhere == {"work": 1.5}


def test_the_truth_and_the_bound_are_counted_where_they_are_computed():
    clock, case = Clock(), make_case("random", (4, 5, 3), "tanh sigmoid", 8)
    certify(case.build(), 0.5, "float64", clock)
    assert [*clock.here] == ["truth", "bound"]
    assert all(seconds > 0 for seconds in clock.here.values())
    assert sum(clock.here.values()) <= clock.whole()


@pytest.mark.parametrize(
    ("arguments", "phases", "beside"),
    [
        (
            ["check", "row_matrices", "--case", "xor*"],
            ["import", "inference", "cases", "truth", "bound", "implementations", "verdicts", "reports", "the rest"],
            ["implementations"],
        ),
        (
            ["compare", "--only", "row_matrices", "--case", "xor-2-3*"],
            ["import", "inference", "cases", "truth", "verdicts", "bound", "reports", "the rest"],
            ["implementations"],
        ),
    ],
)
def test_profile_says_where_the_time_went(arguments, phases, beside):
    done = harness(*arguments, "--profile")
    assert done.returncode == 0, done.stderr
    whole, here, elsewhere = printed(done.stdout)
    assert [*here] == phases
    assert sorted(elsewhere) == sorted(beside)
    assert sum(here.values()) == pytest.approx(whole, abs=0.0005 * (len(here) + 1))
    assert all(seconds >= 0 for seconds in here.values())
    assert here["import"] > 0
    assert "Where the time went" not in harness(*arguments).stdout


def test_the_time_inside_an_implementation_is_counted():
    clock, [one] = Clock(), find_implementations(["row_matrices"])
    with CheckRun(shared(), one, [make_case("random", (4, 5, 3), "sigmoid", 8)], 1, Limits()) as run:
        run.result(clock)
    assert 0 < clock.elsewhere["implementations"] < clock.whole()
