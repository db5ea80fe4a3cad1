"""A comparison while it runs: rows come to the file as they are judged, in memory is no more than is worked on, and
whatever ends the run leaves what is done."""

from __future__ import annotations

import csv
import math
import os
import random
import signal
import sys
from textwrap import dedent

import psutil
import pytest
from support.commands import PATIENCE, below, harness, started, until
from support.running import compared, shared

from harness.cases.case import make_case
from harness.jobs.compare import schedule
from harness.jobs.compare.pairs import Pairs
from harness.jobs.compare.rows import Row
from harness.jobs.compare.run import Selection, select
from harness.jobs.compare.schedule import MOST_CASES, MOST_NUMBERS, Schedule, blocks
from harness.jobs.compare.table import RESULT_COLUMNS, ResultTable
from harness.model.errors import UnusableInput
from harness.reporting.profile import Clock
from harness.sandbox.pool import Pool
from harness.sandbox.requests import Limits
from harness.sandbox.sources.find import Implementation, find_implementations

CASES = tuple(make_case("random", (2 + n % 3, 3, 2), "sigmoid", 1 + n) for n in range(30))
TWO = find_implementations(["batched_matrices", "row_matrices"])


class Shuffled(Pool):
    """A pool whose answers come in any order; it looks around before each."""

    def __init__(self, seed, look):
        super().__init__(shared(), 2)
        self.random, self.look = random.Random(seed), look

    def outcomes(self):
        while found := [*super().outcomes()]:
            self.random.shuffle(found)
            for one in found:
                self.look()
                yield one


def scheduled(seed, cases=CASES, look=lambda _: None):
    """The rows and pairs of a schedule in this process."""
    names = [one.name for one in TWO]
    table, pairs = ResultTable(names, [case.id for case in cases]), Pairs(names, cases)
    with Shuffled(seed, lambda: look(plan)) as pool:
        plan = Schedule(TWO, cases, pool, Limits(20.0, math.inf), Clock())
        count = sum(1 for _ in plan.results(table, pairs))
    assert count == len(TWO) * len(cases)
    return [*table], [*pairs]


def read(path):
    """The rows of a file, as they are there."""
    with path.open(encoding="utf-8", newline="") as file:
        return [*csv.DictReader(file)]


def timeless(rows):
    return [row._replace(seconds=0.0) for row in rows]


def test_no_more_is_open_than_a_block_of_cases_however_many_there_are(monkeypatch):
    monkeypatch.setattr(schedule, "MOST_CASES", 4)
    seen = []

    def look(plan):
        opened = plan._open.values()
        seen.append((len(opened), sum(len(one.given) for one in opened), sum(one.truth is not None for one in opened)))

    scheduled(0, look=look)
    opened, results, truths = map(max, zip(*seen, strict=True))
    print(f"at most {opened} cases, {results} results and {truths} truths at a time")
    assert opened == 4
    assert results <= 4 * len(TWO)
    assert 1 < truths <= 4


def test_rows_and_pairs_are_the_same_in_whatever_order_results_come(monkeypatch):
    monkeypatch.setattr(schedule, "MOST_CASES", 7)
    first = scheduled(1)
    assert [(row.implementation, row.case) for row in first[0][::8]] == [
        (one.name, case.id) for one in TWO for case in CASES
    ]
    for seed in (2, 3):
        rows, pairs = scheduled(seed)
        assert timeless(rows) == timeless(first[0])
        assert pairs == first[1]


def test_worker_processes_give_the_same_rows():
    today = compared(Selection(TWO, CASES, complete=False))
    assert timeless(today.rows) == timeless(scheduled(4)[0])


def test_blocks_keep_the_order_and_a_large_case_is_alone():
    large = make_case("random", (3000, 3000), "sigmoid", 1)
    assert 2 * large.parameters > MOST_NUMBERS
    cases = [*CASES, large, *CASES, *CASES, *CASES]
    parts = [*blocks(cases, 1)]
    assert [case for part in parts for case in part] == cases
    assert max(map(len, parts)) <= MOST_CASES
    assert [large] in parts


def test_a_table_is_read_in_order_while_it_is_written(tmp_path):
    path = tmp_path / "data" / "partial.csv"
    table = ResultTable(["a", "b"], ["one", "two"], path)
    rows = {
        (name, case): [Row(name, case, "w", layer, "[0]", 0.1, 1e-300, 2.0, 3, 4, "wrong", 0.5, detail)]
        for name, case, layer, detail in [
            ("b", "two", 1, 'a "quoted", text\nin two lines'),
            ("a", "two", 2, ""),
            ("b", "one", 3, "π"),
        ]
    }
    for (name, case), of_case in rows.items():
        table.append(name, case, of_case)
        assert len(read(path)) == len([*table])
    assert [*table] == [row for key in sorted(rows) for row in rows[key]]
    assert [*table] == [*table]


SLOW = """
import time
from harness import Gradients
def backprop(network, x, t):
    time.sleep(0.05)
    return Gradients([l.w for l in network.layers], [l.b for l in network.layers])
"""


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGKILL, signal.SIGTERM])
def test_what_ends_a_run_leaves_its_rows_and_the_old_table(tmp_path, sent):
    (tmp_path / "slow.py").write_text(SLOW, encoding="utf-8")
    reports = tmp_path / "reports"
    reports.mkdir()
    (reports / "results.csv").write_text("old", encoding="utf-8")
    names, cases = f"batched_matrices,{tmp_path / 'slow.py'}", "xor*batch*,iris*batch*,wine*batch*,random*"
    command = [sys.executable, "-m", "harness", "compare", "--only", names, "--case", cases, "--reports", str(reports)]
    partial = reports / "data" / "partial.csv"

    def has_rows_of_both():
        found = partial.read_bytes() if partial.is_file() else b""
        return b'\n"slow"' in found and b'\n"batched_matrices"' in found

    with started(command) as process:
        until(has_rows_of_both)
        children = below(process)
        process.send_signal(sent)
        _, errors = process.communicate(timeout=PATIENCE)
    assert children
    assert process.returncode == {signal.SIGINT: 130, signal.SIGTERM: 143, signal.SIGKILL: -9}[sent]
    assert errors == (f"interrupted; what is done is kept in {partial}\n" if sent == signal.SIGINT else "")
    assert not psutil.wait_procs(children, timeout=PATIENCE)[1]
    assert (reports / "results.csv").read_text(encoding="utf-8") == "old"
    assert partial.read_bytes().endswith(b"\n")
    rows = read(partial)
    assert list(rows[0]) == RESULT_COLUMNS
    assert {row["implementation"] for row in rows} == {"batched_matrices", "slow"}
    assert all(None not in row.values() for row in rows)


@pytest.mark.parametrize("named", [True, False])
def test_a_full_disk_is_said_in_a_line_and_leaves_whole_rows(tmp_path, monkeypatch, named):
    table = ResultTable(["one"], ["a", "b"], tmp_path / "partial.csv" if named else None)
    table.append("one", "a", [Row("one", "a", "w", 1)])

    class Full:
        """A file on a disk that has room for ten bytes."""

        def __init__(self, file):
            self.file, self.left = file, 10

        def write(self, data):
            count = self.file.write(data[: self.left])
            self.left -= count
            return count or os.write(os.open("/dev/full", os.O_WRONLY), data)

        def __getattr__(self, name):
            return getattr(self.file, name)

    monkeypatch.setattr(table, "_file", Full(table._file))
    where = "partial.csv" if named else "the folder of temporary files"
    with pytest.raises(UnusableInput, match=f"{where}: expected room for the rows .* No space left on device"):
        table.append("one", "b", [Row("one", "b", "w", 1)])
    assert [row.case for row in table] == ["a"]
    if named:
        assert [row["case"] for row in read(tmp_path / "partial.csv")] == ["a"]


def test_two_comparisons_do_not_write_into_one_folder(tmp_path):
    first = ResultTable(["one"], ["case"], tmp_path / "partial.csv")
    first.append("one", "case", [Row("one", "case", "w", 1, detail="a\rline")])
    with pytest.raises(UnusableInput, match="expected no other comparison to write there"):
        ResultTable(["one"], ["case"], tmp_path / "partial.csv")
    assert [row.detail for row in first] == ["a\rline"]


def test_one_that_is_slow_one_that_hangs_and_one_that_crashes_cost_their_own_rows_only(tmp_path):
    faults = {
        "slow": SLOW,
        "hangs": SLOW.replace("0.05", "60"),
        "crashes": SLOW.replace("time.sleep(0.05)", "__import__('os')._exit(3)"),
    }
    for name, text in faults.items():
        (tmp_path / f"{name}.py").write_text(dedent(text), encoding="utf-8")
    others = [Implementation(name, tmp_path / f"{name}.py") for name in faults]
    implementations = (TWO[0], *others, TWO[1])
    cases = CASES[:5]
    rows = [*compared(Selection(implementations, cases, complete=False), 2, 1.0).rows]
    assert [*dict.fromkeys((row.implementation, row.case) for row in rows)] == [
        (one.name, case.id) for one in implementations for case in cases
    ]
    of = {one.name: [row for row in rows if row.implementation == one.name] for one in implementations}
    for one in TWO:
        assert {row.verdict for row in of[one.name]} == {"agrees"}
    assert {row.detail for row in of["crashes"] if row.quantity == "w"} == {"the process ended: exit code 3"}
    late = [row.detail for row in of["hangs"] if row.quantity == "w"]
    assert set(late) == {"no answer within 1 s", "not run: 3 earlier requests gave no answer in time"}
    assert {row.verdict for row in of["slow"] if row.quantity == "w"} == {"wrong"}


def test_the_rows_of_an_answer_are_on_the_disk_when_it_is_told(tmp_path):
    body = "import time; time.sleep(0.02); raise Unsupported('slow')"
    text = f"from harness import Unsupported\ndef backprop(network, x, t):\n    {body}\n"
    (tmp_path / "slow.py").write_text(text, encoding="utf-8")
    path, lines = tmp_path / "partial.csv", []
    selection = Selection((Implementation("slow", tmp_path / "slow.py"),), CASES[:12], complete=False)
    compared(selection, 1, progress=lambda *_: lines.append(path.read_bytes().count(b"\n")), path=path)
    assert lines == [1 + 4 * (n + 1) for n in range(12)]  # the head, and a row for each quantity


def test_an_implementation_is_loaded_once_in_a_worker_and_not_once_a_block(tmp_path, monkeypatch):
    monkeypatch.setattr(schedule, "MOST_CASES", 3)
    others = []
    for name in ("one", "other"):
        note = f"with open({str(tmp_path / 'loaded')!r}, 'a') as file: file.write('{name}\\n')\n"
        (tmp_path / f"{name}.py").write_text(note + SLOW.replace("0.05", "0"), encoding="utf-8")
        others.append(Implementation(name, tmp_path / f"{name}.py"))
    # By its runs, and once more to weigh the evidence.
    compared(Selection(tuple(others), CASES[:12], complete=False), 1)
    assert sorted((tmp_path / "loaded").read_text(encoding="utf-8").split()) == ["one", "one", "other", "other"]


def test_a_run_that_is_through_leaves_no_part_of_a_table(tmp_path):
    done = harness("compare", "--only", "row_matrices", "--case", "xor-2-1*", "--reports", tmp_path)
    assert done.returncode == 0
    assert sorted(path.name for path in (tmp_path / "data").iterdir()) == ["compare.json", "pairs.csv", "results.csv"]
    assert not [*tmp_path.rglob("*.new")]


def test_the_selection_of_all_is_what_it_was():
    """Every standard case is in one block, so that the long ones of all come first."""
    assert len([*blocks(select().cases, 12)]) <= 2
