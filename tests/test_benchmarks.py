"""The benchmarks: their sums are right, they time what they say they do, and what fails costs a cell.

No time is asserted anywhere.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time

import psutil
import pytest
from test_house import FILES, ROOT, imports

from benchmarks import report, store
from benchmarks.figures import Figure, figure, in_bytes, in_seconds, plain, ratio, timed
from benchmarks.fits import exponent, growth, predicted
from benchmarks.goals import Goal, Judged
from benchmarks.grid import PRACTICAL
from benchmarks.measure import run
from benchmarks.races import Contender, Outcome, Race, Result
from benchmarks.sections import SECTIONS
from benchmarks.spec import Spec

WIDTHS = (4, 3, 5, 2)
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
    assert exponent([(x, 3 * x**2.5) for x in (2, 5, 11, 40)]) == pytest.approx(2.5)
    # Three rounds that grow to the powers 1, 2 and 3, above a size at which only the start of a process is seen.
    rounds = [[0.7, 0.7, 0.7], *([x, x**2, x**3] for x in (10.0, 20.0, 80.0))]
    found = growth([1, 10, 20, 80], rounds)
    assert (found.low, found.median, found.high) == pytest.approx((1, 2, 3))
    assert growth([1, 2], [[1], [2]]) is None
    assert predicted([(1, 2), (2, 8), (4, 32)], 10) == pytest.approx(200)
    assert predicted([(1, 2)], 10) is None


def test_a_ratio_is_that_of_its_round():
    """Where the machine was slow in one round, the ratio of the medians is another than the median of the ratios."""
    one, other = Result((2.0, 20.0, 6.0)), Result((1.0, 10.0, 1.0))
    assert ratio(one, other) == Figure(2.0, 2.0, 6.0)
    assert ratio(one, Result(reason="it failed")) is None
    assert figure([3.0, 1.0, 2.0]) == Figure(2.0, 1.0, 3.0)


def test_figures_are_written_with_three_digits_and_a_unit():
    assert plain(Figure(1234.5, 0.01234, 98765)) == "1,230 (0.0123–98,800)"
    assert timed(Figure(0.0125, 0.012, 0.1)) == "12.5 (12.0–100) ms"
    assert [in_seconds(one) for one in (2e-9, 0.5, 90, 7200)] == ["2.00 ns", "500 ms", "1.50 min", "2.00 h"]
    assert in_bytes(3 * 2**20) == "3.00 MiB"
    assert plain(None, "no such thing") == "no such thing"


@pytest.mark.parametrize(
    ("limit", "at_least", "measured", "verdict"),
    [
        (3, False, 3.0, "met"),
        (4, False, 5.0, "missed by 25.0%"),
        (4, False, 12.0, "missed: over by a factor of 3.0"),
        (4, True, 5.0, "met"),
        (4, True, 3.0, "missed by 25.0%"),
        (4, True, 1.0, "missed: falls short by a factor of 4.0"),
    ],
)
def test_a_goal_is_met_or_missed_by_so_much(limit, at_least, measured, verdict):
    assert Judged(Goal("it", limit, at_least), figure([measured])).verdict == verdict


def test_what_fails_costs_its_own_cell():
    """Of whole processes, of one that stays, and of one that does not end; the others run on."""
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


def test_what_would_take_too_long_is_left_out():
    """By the power through what was measured; and what has failed at one size is not tried at the next."""

    def race(work):
        last = python("grows", f"import time; time.sleep({min(work, 1)})", seconds=50.0, work=work)
        return Race(f"{work}", (last, python("fails", "raise ValueError('as ever')", work=work)), "growing")

    outcomes = list(run([race(0.2), race(1.0), race(1e9)], rounds=1))
    assert [bool(one.of("grows").seconds) for one in outcomes] == [True, True, False]
    assert "predicted" in outcomes[-1].of("grows").reason
    assert [one.of("fails").reason for one in outcomes] == ["ValueError: as ever"] * 3


def synthetic(section, folder):
    """An outcome for every race: seconds that grow with the place in the race, and one contender that failed."""
    for race in section.races(folder):
        results = {}
        for place, one in enumerate(race.contenders, start=1):
            seconds = tuple(place * (1 + round_ / 10) for round_ in range(5))
            results[one.name] = Result(seconds, 2**24 * place, 2**20, 2**23, 0.5, one.work, "none")
        if len(results) > 4:
            results[race.contenders[-1].name] = Result(reason="it | failed <b>")
        yield Outcome(race.name, race.series, race.size, results)


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.name)
def test_a_page_is_made_of_what_is_kept(section, tmp_path):
    outcomes = list(synthetic(section, tmp_path))
    store.save(section.name, MACHINE, outcomes, tmp_path)
    kept = store.load(section.name, tmp_path)
    assert kept.outcomes == tuple(outcomes)
    assert dict(kept.machine) == MACHINE
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures" / "bench-of-old.svg").write_text("", encoding="utf-8")
    report.write({section: kept}, tmp_path)
    page = (tmp_path / "benchmarks.md").read_text(encoding="utf-8")
    assert "Measured on 2001-02-03: abacus, beads, 2 processors, 16 GiB" in page
    assert "jax not there" in page
    tables = section.tables({one.name: one for one in outcomes})
    assert tables
    for table in tables:
        assert f"### {table.title}\n" in page
        assert {len(row) for row in table.rows} == {len(table.headers)}
        assert table.shown is None or (tmp_path / "pictures" / f"{table.shown.name}.svg").is_file()
    assert ("it \\| failed &lt;b>" in page) == any(one.reason for each in outcomes for one in each.results.values())
    names = [table.shown.name for table in tables if table.shown]
    assert len(names) == len(set(names))
    shown = [*names, *(["bench-goals"] if section.goals({}) else [])]
    assert {path.stem for path in (tmp_path / "pictures").glob("*")} == set(shown)
    # A part of the races is enough for a page as well, and none of them for no tables.
    report.write({section: store.Measured(MACHINE, kept.outcomes[:1])}, tmp_path)
    assert section.tables({}) == []
    assert {judged.verdict for judged in section.goals({})} <= {"not measured"}


def test_the_figures_of_the_job_are_those_that_are_kept(tmp_path):
    """A check of 0.25 s beside 0.1 s and 5 s is 2.5 times the one, and the other 20 times it."""
    results = {"import numpy": 0.1, "check": 0.25, "central differences": 0.5, "torch gradcheck": 5.0}
    outcome = Outcome("check, small", "", {}, {name: Result((s,) * 5, peak=2**20) for name, s in results.items()})
    [job] = [section for section in SECTIONS if section.name == "job"]
    first, second = job.goals({outcome.name: outcome})[:2]
    assert (first.found.median, first.verdict) == (pytest.approx(2.5), "met")
    assert (second.found.median, second.verdict) == (pytest.approx(20), "met")
    report.write({job: store.Measured(MACHINE, (outcome,))}, tmp_path)
    page = (tmp_path / "benchmarks.md").read_text(encoding="utf-8")
    assert "2.50 (2.50–2.50) ×" in page
    assert "Of 9 goals 2 are met, 0 missed, and 7 not measured." in page
    assert "What a check does takes 2.00 (2.00–2.00) times as long with central differences, and 20.0 (" in page


@pytest.mark.parametrize(("arguments", "said"), [("check --seed 1", "2 of 2 cases ran"), ("compare --only", "2 cases")])
def test_a_battery_stands_in_for_the_cases_of_a_command(arguments, said):
    battery = json.dumps([[(3, 2), "tanh identity", 4], "xor-2-1-sigmoid-batch4"])
    command = [sys.executable, "-m", "benchmarks.battery", battery, *arguments.split(), PRACTICAL]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert said in done.stdout


def test_a_section_that_is_none_is_one_line_and_status_2():
    done = subprocess.run([sys.executable, "-m", "benchmarks", "truht"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stdout == ""
    [line] = done.stderr.splitlines()
    assert line.startswith("error: unknown section 'truht': did you mean 'truth'?")


def test_what_is_kept_but_cannot_be_read_is_one_line(tmp_path):
    path = tmp_path / store.FOLDER / "job.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({"machine": {}}), encoding="utf-8")
    with pytest.raises(store.UnusableInput, match="remove it, and measure job again"):
        store.load("job", tmp_path)
    assert store.load("truth", tmp_path) is None


def test_ctrl_c_ends_the_contenders():
    command = [sys.executable, "-m", "benchmarks", "truth"]
    bench = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert bench.stdout.readline().startswith("truth of 50 parameters")
        until = time.monotonic() + 60
        while not (below := psutil.Process(bench.pid).children(recursive=True)) and time.monotonic() < until:
            time.sleep(0.01)
        bench.send_signal(signal.SIGINT)
        _, errors = bench.communicate(timeout=60)
    finally:
        bench.kill()
    assert bench.returncode == 130
    assert errors.startswith("interrupted")
    assert len(errors.splitlines()) == 1
    assert below
    assert not psutil.wait_procs(below, timeout=10)[1]


def test_the_harness_knows_nothing_of_the_benchmarks():
    for path in FILES:
        assert not [name for name in imports(path) if name.split(".")[0] == "benchmarks"], path
