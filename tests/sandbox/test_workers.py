"""Worker processes: a crash, a hang or too much memory fails only the request that caused it."""

from __future__ import annotations

import pytest
from support.commands import ROOT, harness, is_running
from support.running import CASE, RIGHT, compared, run, run_all, shared, table_of, write

from harness.cases.case import make_case
from harness.jobs.compare.run import Selection, select
from harness.sandbox import job
from harness.sandbox.pool import Pool
from harness.sandbox.requests import Limits, Submission, contract_request


def test_a_process_that_ends_after_its_answer_fails_nothing(tmp_path):
    dying = "import os, threading; threading.Timer(0.001, os._exit, (0,)).start(); return right(n, x, t)"
    late = write(tmp_path, "late", f"{RIGHT}\ndef backprop(n, x, t):\n    {dying}\n")
    right = write(tmp_path, "right", RIGHT + "\ndef backprop(n, x, t): return right(n, x, t)\n")
    results = run_all([(late, CASE)] * 6 + [(right, CASE)] * 2, 1)
    assert len(results) == 8
    assert not any(result.has_failed for result in results if result.implementation == "right")


def test_no_implementation_sees_traces_of_another(tmp_path):
    """One that spoils numpy for itself spoils it for no other, though one worker runs both."""
    spoiling = "np.exp = np.tanh; return right(n, x, t)"
    files = [
        write(tmp_path, "spoiler", f"{RIGHT}\ndef backprop(n, x, t):\n    {spoiling}\n"),
        write(tmp_path, "victim", RIGHT + "\ndef backprop(n, x, t): return right(n, x, t)\n"),
    ]
    selection = select(",".join(str(f.path) for f in files), "random-4-4-4-4-sigmoid*")
    table = table_of(compared(selection, 1))
    assert not (table[table["implementation"] == "spoiler"]["verdict"] == "agrees").any()
    assert set(table[table["implementation"] == "victim"]["verdict"]) == {"agrees", "unsupported"}


def test_an_implementation_that_hangs_repeatedly_is_given_up(tmp_path):
    hanging = write(tmp_path, "hanging", "import time\ndef backprop(n, x, t): time.sleep(600)\n")
    right = write(tmp_path, "right", RIGHT + "\ndef backprop(n, x, t): return right(n, x, t)\n")
    results = run_all([(hanging, CASE)] * 30 + [(right, CASE)] * 2, 2, {"hanging": 0.5})
    reasons = [result.refusals["backprop"].detail for result in results if result.implementation == "hanging"]
    assert len(reasons) == 30
    assert 3 <= reasons.count("no answer within 0.5 s") <= 6
    assert reasons.count("not run: 3 earlier requests gave no answer in time") >= 24
    assert sum(not result.has_failed for result in results) == 2


def test_a_crash_fails_one_of_the_requests_that_were_sent_ahead(tmp_path):
    cases = [make_case("random", (3, 4, 2), "sigmoid", rows) for rows in range(1, 31)]
    body = "if len(x) in (7, 8, 20): __import__('os')._exit(5)\n    return right(n, x, t)"
    sometimes = write(tmp_path, "sometimes", f"{RIGHT}\ndef backprop(n, x, t):\n    {body}\n")
    results = run_all([(sometimes, case) for case in cases], 1)
    assert sorted(result.case for result in results) == sorted(case.id for case in cases)
    failed = {result.case for result in results if "backprop" in result.refusals}
    assert failed == {cases[rows - 1].id for rows in (7, 8, 20)}


def test_a_request_is_answered_once_if_the_implementation_forks(tmp_path):
    forking = write(
        tmp_path, "forking", f"{RIGHT}\ndef backprop(n, x, t):\n    import os; os.fork(); return right(n, x, t)\n"
    )
    right = write(tmp_path, "right", RIGHT + "\ndef backprop(n, x, t): return right(n, x, t)\n")
    results = run_all([(forking, CASE), (right, CASE), (right, CASE)], 1)
    assert [result.implementation for result in results] == ["forking", "right", "right"]
    assert not any(result.has_failed for result in results)


def test_processes_started_by_a_request_end_with_it(tmp_path):
    """A child process outlives neither the time limit nor the run."""
    note = tmp_path / "pid"
    start = "import subprocess; p = subprocess.Popen(['sleep', '600'])"
    body = f"{start}; open({str(note)!r}, 'w').write(str(p.pid)); p.wait()"
    run([write(tmp_path, "starts", f"{RIGHT}\ndef backprop(n, x, t):\n    {body}\n")], CASE, {"starts": 1.0})
    assert not is_running(note.read_text())


HOARDING = "kept.append(np.ones(2**24))"  # 128 MiB
FOREVER = f"exec({f'while True: {HOARDING}; time.sleep(0.01)'!r}, globals())"
FORKED = f"os.fork() or {FOREVER}; time.sleep(60)"


@pytest.mark.parametrize("body", [FOREVER, FORKED])
def test_unlimited_memory_use_fails_only_its_own_cases(tmp_path, body):
    """Also in a process that it starts; and where it is at rest a process may keep no more than while it works."""
    greedy = write(
        tmp_path,
        "greedy",
        f"{RIGHT}\nimport os, time\ndef backprop(n, x, t):\n    if len(x) > 4: {body}\n    return right(n, x, t)\n",
    )
    right = write(tmp_path, "right", RIGHT + "\ndef backprop(n, x, t): return right(n, x, t)\n")
    cases = tuple(make_case("random", (3, 4, 2), "sigmoid", rows) for rows in range(3, 7))
    selection = Selection((greedy, right), cases, complete=False)
    rows = [*compared(selection, 2, 20.0, memory=0.7 * 2**30).rows]
    failed = {(row.implementation, row.case, row.detail) for row in rows if row.verdict == "failed"}
    said = "it uses more than 0.7 GiB of resident memory"
    assert failed == {("greedy", case.id, said) for case in cases[2:]}
    judged = {(row.implementation, row.case) for row in rows if row.verdict == "agrees"}
    assert judged == {("right", case.id) for case in cases} | {("greedy", case.id) for case in cases[:2]}


def test_a_thread_in_an_idle_worker_has_a_memory_limit_too(tmp_path):
    start = f"threading.Thread(target=lambda: {FOREVER}, daemon=True).start()"
    resting = write(
        tmp_path,
        "resting",
        f"{RIGHT}\nimport threading, time\ndef backprop(n, x, t):\n    {start}; return right(n, x, t)\n",
    )
    slow = write(tmp_path, "slow", "def backprop(n, x, t): __import__('time').sleep(60)\n")
    limits = Limits(2.0, memory=0.5 * 2**30)
    first, second = (Submission.of(one, limits) for one in (resting, slow))
    with Pool(shared(), 1) as pool:
        for one in (first, second):
            pool.add(one, [contract_request(one.name, ("backprop",), CASE.build(), 0.5)])
        answers = {request.key: request.answers["backprop"] for request in pool.outcomes()}
        assert answers["resting"].refusal.kind in ("processes", "memory")
        assert answers["slow"].refusal.kind == "timeout"
        assert [job.submission.name for job in pool._idle] == []


LOUD = """
    import os, sys
    print("\\x1b]0;mine\\x07" * 2**16)
    os.write(2, b"\\x1b[2Jloud\\n" * 2**16)
    if len(x) > 1: os.write(2, b"free(): \\x1b[31minvalid pointer\\n\\n"), os.abort()
    raise ValueError("\\x1b[2J")
"""


def test_output_is_not_shown_but_for_the_last_line_of_a_crash(tmp_path):
    loud = write(tmp_path, "loud", f"{RIGHT}\ndef backprop(n, x, t):{LOUD}")
    done = harness("compare", "--only", str(loud.path), "--case", "iris-4-5-3-sigmoid-*,xor-2-3-1-sigmoid-batch*")
    assert "\x1b" not in done.stdout + done.stderr
    assert "loud" not in done.stderr
    assert "ended: killed by SIGABRT; last output: free(): \ufffd[31minvalid pointer" in done.stdout


KILLING = "import os, time; time.sleep(0.02); os.kill(os.getppid(), 9); time.sleep(60)"
# It has seen to it that it does not end with its parent.
STAYING = f"import ctypes; ctypes.CDLL(None).prctl(1, 0); note(); {KILLING}"
KILLED = "it killed or stopped the process that starts the workers"


@pytest.mark.parametrize(
    ("body", "most", "details"),
    [
        (KILLING, 6, {KILLED}),
        (STAYING, 6, {KILLED}),
        (KILLING, 0, {KILLED, "not run: 3 earlier requests " + KILLED.removeprefix("it ")}),
        (STAYING, 0, {KILLED, "not run: 3 earlier requests " + KILLED.removeprefix("it ")}),
    ],
)
def test_killing_the_fork_server_fails_only_its_own_cases(tmp_path, body, most, details):
    (tmp_path / "pids").touch()
    note = f"def note(): import os; print(os.getpid(), file=open({str(tmp_path / 'pids')!r}, 'a'))"
    head = f"{RIGHT}\n{note}\ndef backprop(n, x, t):\n    "
    killing = write(tmp_path, "killing", f"{head}if len(x) > {most}: {body}\n    return right(n, x, t)\n")
    slow = write(tmp_path, "slow", f"{head}import time; time.sleep(0.1); return right(n, x, t)\n")
    cases = tuple(make_case("random", (3, 4, 2), "sigmoid", rows) for rows in range(1, 9))
    rows = [*compared(Selection((killing, slow), cases, complete=False), 2, 30.0).rows]
    found = [(row.implementation, row.case, row.verdict) for row in rows if row.quantity == "b" and row.layer < 2]
    expected = [("killing", case.id, "failed" if case.batch > most else "agrees") for case in cases]
    assert found == expected + [("slow", case.id, "agrees") for case in cases]
    said = {row.detail for row in rows if row.verdict == "failed"}
    assert said == details
    assert not any(map(is_running, (tmp_path / "pids").read_text().split()))


def test_a_kill_by_a_thread_in_an_idle_worker_fails_no_other_request(tmp_path):
    """It has answered long before; the task that is tried alone meanwhile is innocent."""
    later = "import os, threading, time; threading.Timer(0.15, os.kill, (os.getppid(), 9)).start(); time.sleep(0.05)"
    answers = write(tmp_path, "answers", f"{RIGHT}\ndef backprop(n, x, t):\n    {later}; return right(n, x, t)\n")
    slow = write(
        tmp_path, "slow", f"{RIGHT}\ndef backprop(n, x, t):\n    import time; time.sleep(0.25); return right(n, x, t)\n"
    )
    cases = tuple(make_case("random", (3, 4, 2), "sigmoid", rows) for rows in range(1, 4))
    results = run_all([(one, case) for case in cases for one in (answers, slow)], 2)
    assert not [result.case for result in results if result.implementation == "slow" and result.has_failed]
    assert len(results) == 2 * len(cases)


def test_each_worker_has_its_own_folder(tmp_path, monkeypatch):
    """What a file deletes or leaves by a relative path is not the person's; that of a table is."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    (tmp_path / "mine.csv").write_text("a,b\n1,0\n2,1\n3,0\n4,1\n", encoding="utf-8")
    body = "import os, shutil; open('left', 'w').close(); shutil.rmtree(os.getcwd()); return right(n, x, t)"
    write(tmp_path, "deletes", f"{RIGHT}\ndef backprop(n, x, t):\n    {body}\n")
    done = harness("compare", "--only", "matrices,deletes.py", "--data", "mine.csv", cwd=tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir() if path.name != "__pycache__") == ["deletes.py", "mine.csv"]
    assert "matrices        13" in done.stdout
    assert done.stderr == ""


def test_a_file_that_hangs_during_its_import_is_given_up_and_delays_no_rows(tmp_path, monkeypatch):
    monkeypatch.setattr(job, "IMPORT_SECONDS", 2.0)
    hanging = write(tmp_path, "hanging", "import time\ntime.sleep(60)\n" + RIGHT)
    right = write(tmp_path, "right", RIGHT + "\ndef backprop(n, x, t): return right(n, x, t)\n")
    cases = tuple(make_case("random", (3, 4, 2), "sigmoid", rows) for rows in (1, 2, 3))
    path, seen = tmp_path / "partial.csv", []

    def look(result, *_):
        seen.append((result.implementation, path.read_text(encoding="utf-8").count('"right"')))

    rows = [*compared(Selection((right, hanging), cases, complete=False), 1, 30.0, progress=look, path=path).rows]
    judged = sum(row.implementation == "right" for row in rows)
    assert [count for name, count in seen if name == "hanging"] == [judged] * len(cases)
    details = {row.detail for row in rows if row.implementation == "hanging"}
    assert details == {"during its import: no answer within 2 s"}
