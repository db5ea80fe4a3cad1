"""The benchmarks: their arithmetic is right, they time what they claim to, and a failure affects one result only.

No time is asserted anywhere.
"""

from __future__ import annotations

import json
import signal
import sys

import psutil
import pytest
from support.commands import PATIENCE, ROOT, below, completed, started, until

from benchmarks import __main__ as command
from benchmarks.contenders.spec import PRACTICAL, Spec
from benchmarks.report.goals import Goal, JudgedGoal
from benchmarks.report.page import write_benchmarks
from benchmarks.runner import store
from benchmarks.runner.figures import Spread, as_number, as_time, in_bytes, in_seconds, ratio, spread
from benchmarks.runner.fits import extrapolated, fitted_exponent, growth_exponent
from benchmarks.runner.measure import run
from benchmarks.runner.races import Contender, Race, RaceOutcome, Result
from benchmarks.sections import all_sections

WIDTHS = (4, 3, 5, 2)
SECTION_FILES = set((ROOT / "benchmarks" / "sections").glob("[!_]*.py"))
MACHINE = {
    "date": "2001-02-03",
    "machine": "abacus",
    "model": "beads",
    "processors": 2,
    "memory": 2**34,
    "python": "3.11.0",
    "numpy": "2.0.0",
    "kernel": "Fingers",
    "libraries": {"torch": "2.6.0", "jax": ""},
}


def python(name, code, **others):
    return Contender(name, (sys.executable, "-c", code), **others)


def test_a_fit_recovers_the_exponent():
    assert fitted_exponent([(x, 3 * x**2.5) for x in (2, 5, 11, 40)]) == pytest.approx(2.5)
    # Three rounds that grow with exponents 1, 2 and 3, above a size at which constant costs dominate.
    rounds = [[0.7, 0.7, 0.7], *([x, x**2, x**3] for x in (10.0, 20.0, 80.0))]
    found = growth_exponent([1, 10, 20, 80], rounds)
    assert (found.low, found.median, found.high) == pytest.approx((1, 2, 3))
    assert growth_exponent([1, 2], [[1], [2]]) is None
    assert extrapolated([(1, 2), (2, 8), (4, 32)], 10) == pytest.approx(200)
    assert extrapolated([(1, 2)], 10) is None


def test_ratios_are_taken_within_rounds():
    """The median of the ratios, which a slow round does not change; the ratio of the medians would differ."""
    one, other = Result((2.0, 20.0, 6.0)), Result((1.0, 10.0, 1.0))
    assert ratio(one, other) == Spread(2.0, 2.0, 6.0)
    assert ratio(one, Result(reason="it failed")) is None
    assert spread([3.0, 1.0, 2.0]) == Spread(2.0, 1.0, 3.0)


def test_values_are_written_with_three_digits_and_a_unit():
    assert as_number(Spread(1234.5, 0.01234, 98765)) == "1,230 (0.0123–98,800)"
    assert as_time(Spread(0.0125, 0.012, 0.1)) == "12.5 (12.0–100) ms"
    assert [in_seconds(one) for one in (2e-9, 0.5, 90, 7200)] == ["2.00 ns", "500 ms", "1.50 min", "2.00 h"]
    assert in_bytes(3 * 2**20) == "3.00 MiB"
    assert as_number(None, "no such thing") == "no such thing"


@pytest.mark.parametrize(
    ("limit", "at_least", "measured", "verdict"),
    [
        (3, False, 3.0, "met"),
        (4, False, 5.0, "missed by 25.0%"),
        (4, False, 12.0, "missed by a factor of 3.0"),
        (4, True, 5.0, "met"),
        (4, True, 3.0, "missed by 25.0%"),
        (4, True, 1.0, "missed by a factor of 4.0"),
    ],
)
def test_a_goal_is_met_or_missed_by_so_much(limit, at_least, measured, verdict):
    assert JudgedGoal(Goal("it", limit, at_least), spread([measured])).verdict == verdict


def test_a_failure_affects_one_result_only():
    """A failing process, a failing self-timing process and one that does not end; the others are measured."""
    spec = Spec("gradient", "fifteen_steps", WIDTHS, 2)
    contenders = (
        python("raises", "raise ValueError('no luck')"),
        python("lasts", "import time; time.sleep(60)", seconds=0.3),
        spec.contender("refuses", 1, 10.0, 1.0),
        Spec("gradient", PRACTICAL, WIDTHS, 2).contender("is slow", 1, 1e-9, 1.0),
        Contender("dies", (sys.executable, "-c", "import os; os.abort()"), stays=True),
        python("works", "print('one'); print('two')"),
    )
    [outcome] = run([Race("all", contenders)], rounds=2)
    reasons = {name: one.reason for name, one in outcome.results.items()}
    assert reasons["raises"] == "ValueError: no luck"
    assert reasons["lasts"] == "ended after 0.3 s"
    assert "one layer only" in reasons["refuses"]
    assert reasons["is slow"].startswith("left out: one call takes")
    assert "crashed" in reasons["dies"]
    assert reasons["works"] == ""
    assert len(outcome.of("works").seconds) == 2
    assert outcome.of("works").said == "two"
    assert not any(outcome.of(name).seconds for name in reasons if name != "works")


def test_a_contender_that_would_take_too_long_is_left_out():
    """By the power law through the measured sizes. A contender that failed at one size is not tried at the next."""

    def race(work):
        last = python("grows", f"import time; time.sleep({min(work, 1)})", seconds=50.0, work=work)
        return Race(f"{work}", (last, python("fails", "raise ValueError('as ever')", work=work)), "growing")

    outcomes = list(run([race(0.01), race(1.0), race(1e9)], rounds=1))
    assert [bool(one.of("grows").seconds) for one in outcomes] == [True, True, False]
    assert "predicted" in outcomes[-1].of("grows").reason
    assert [one.of("fails").reason for one in outcomes] == ["ValueError: as ever"] * 3


def synthetic(section, folder):
    """An outcome for every race: the seconds grow with the position in the race, and one contender failed."""
    for race in section.races(folder):
        results = {}
        for place, one in enumerate(race.contenders, start=1):
            seconds = tuple(place * (1 + round_ / 10) for round_ in range(5))
            results[one.name] = Result(seconds, 2**24 * place, 2**20, 2**23, 0.5, one.work, "none")
        if len(results) > 4:
            results[race.contenders[-1].name] = Result(reason="it | failed <b>")
        yield RaceOutcome(race.name, race.series, race.size, results)


@pytest.mark.parametrize("section", all_sections(), ids=lambda section: section.name)
def test_a_page_is_made_from_saved_results(section, tmp_path):
    outcomes = list(synthetic(section, tmp_path))
    store.save_results(section.name, MACHINE, outcomes, tmp_path)
    saved = store.load_results(section.name, tmp_path)
    assert saved.outcomes == tuple(outcomes)
    assert dict(saved.machine) == MACHINE
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures" / "bench-of-old.svg").write_text("", encoding="utf-8")
    write_benchmarks({section: saved}, tmp_path)
    text = (tmp_path / "benchmarks.md").read_text(encoding="utf-8")
    assert "Measured on 2001-02-03: abacus, beads, 2 processors, 16 GiB" in text
    assert "jax not installed" in text
    tables = section.tables({one.name: one for one in outcomes})
    assert tables
    for table in tables:
        assert f"### {table.title}\n" in text
        assert {len(row) for row in table.rows} == {len(table.headers)}
        assert table.shown is None or (tmp_path / "pictures" / f"{table.shown.name}.svg").is_file()
    text_failed = any(one.reason for each in outcomes for one in each.results.values())
    assert ("it \\| failed \\<b>" in text) == text_failed
    names = [table.shown.name for table in tables if table.shown]
    assert len(names) == len(set(names))
    shown = [*names, *(["bench-goals"] if section.goals({}) else [])]
    assert {path.stem for path in (tmp_path / "pictures").glob("*")} == set(shown)
    # A page can be made from a part of the races; without races there are no tables.
    write_benchmarks({section: store.SavedResults(MACHINE, saved.outcomes[:1])}, tmp_path)
    assert section.tables({}) == []
    assert {judged.verdict for judged in section.goals({})} <= {"not measured"}


def test_ratios_of_a_check_come_from_the_saved_results(tmp_path):
    """A check of 0.25 s is 2.5 times 0.1 s, and 5 s are 20 times the check."""
    results = {"import numpy": 0.1, "check": 0.25, "central differences": 0.5, "torch gradcheck": 5.0}
    outcome = RaceOutcome("check, small", "", {}, {name: Result((s,) * 5, peak=2**20) for name, s in results.items()})
    [job] = [section for section in all_sections() if section.name == "job"]
    first, second = job.goals({outcome.name: outcome})[:2]
    assert (first.found.median, first.verdict) == (pytest.approx(2.5), "met")
    assert (second.found.median, second.verdict) == (pytest.approx(20), "met")
    write_benchmarks({job: store.SavedResults(MACHINE, (outcome,))}, tmp_path)
    text = (tmp_path / "benchmarks.md").read_text(encoding="utf-8")
    assert "2.50 (2.50–2.50) ×" in text
    assert "Of 9 goals 2 are met, 0 missed, and 7 not measured." in text
    assert "Ratio to `check`: 2.00 (2.00–2.00) for central differences, 20.0 (20.0–20.0) for torch gradcheck." in text


@pytest.mark.parametrize(("arguments", "said"), [("check --seed 1", "2 of 2 cases ran"), ("compare --only", "2 cases")])
def test_a_battery_replaces_the_cases_of_a_command(arguments, said):
    battery = json.dumps([[(3, 2), "tanh identity", 4], "xor-2-1-sigmoid-batch4"])
    command = [sys.executable, "-m", "benchmarks.contenders.battery", battery, *arguments.split(), PRACTICAL]
    done = completed(command)
    assert (done.returncode, done.stderr) == (0, "")
    assert said in done.stdout


def test_an_unknown_section_is_one_line_and_status_2():
    done = completed([sys.executable, "-m", "benchmarks", "truht"])
    assert done.returncode == 2
    assert done.stdout == ""
    [line] = done.stderr.splitlines()
    assert line.startswith("error: unknown section 'truht': did you mean 'truth'?")


def test_unreadable_results_are_reported_in_one_line(tmp_path):
    path = tmp_path / store.RESULTS_FOLDER / "job.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({"machine": {}}), encoding="utf-8")
    with pytest.raises(store.UnusableInput, match="remove the file, and measure job again"):
        store.load_results("job", tmp_path)
    assert store.load_results("truth", tmp_path) is None


def test_ctrl_c_ends_the_contenders():
    with started([sys.executable, "-m", "benchmarks", "truth"]) as bench:
        contenders = until(lambda: below(bench, "benchmarks.contenders.timer"))
        bench.send_signal(signal.SIGINT)
        _, errors = bench.communicate(timeout=PATIENCE)
    assert bench.returncode == 130
    assert errors.startswith("interrupted")
    assert len(errors.splitlines()) == 1
    assert not psutil.wait_procs(contenders, timeout=PATIENCE)[1]


def test_the_report_is_written_from_saved_results_without_measuring(tmp_path, monkeypatch, capsys):
    outcome = RaceOutcome("check, small", "", {}, {"check": Result((0.25,) * 5)})
    store.save_results("job", MACHINE, [outcome], tmp_path)
    monkeypatch.setattr(command, "REPORTS", tmp_path)
    monkeypatch.setattr(command, "run", None)
    monkeypatch.setattr(command.signal, "signal", lambda *_: None)
    assert command.main(["--report-only"]) == 0
    assert f"Report: {tmp_path / 'benchmarks.md'}" in capsys.readouterr().out
    assert "250 (250–250) ms" in (tmp_path / "benchmarks.md").read_text(encoding="utf-8")


def test_each_section_has_the_name_of_its_module_and_a_position_of_its_own():
    found = all_sections()
    assert sorted(section.name for section in found) == sorted(path.stem for path in SECTION_FILES)
    assert len({section.position for section in found}) == len(found)


def test_the_process_that_starts_contenders_has_not_loaded_numpy():
    """The peak memory of a contender would begin with it."""
    text = "import sys, benchmarks.__main__ as m; m.all_sections(); print({'numpy', 'matplotlib'} & {*sys.modules})"
    done = completed([sys.executable, "-c", text])
    assert (done.stdout, done.stderr) == ("set()\n", "")
