"""Untrusted code in a subprocess: every fault is a failed answer with a reason, and the next case still runs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from support.asking import FIRST, GENEROUS, SECOND, answered, judged, misbehaving, submission
from support.commands import is_running

from harness.sandbox.requests import Limits

# The body of backprop on the first case, the kind of failure, and what is said.
FAULTS = {
    "exception": ("return [][0]", "exception", "IndexError: list index out of range (submission.py, line "),
    "exit": ("sys.exit(3)", "exit", "SystemExit: 3"),
    "interrupt": ("raise KeyboardInterrupt", "exception", "KeyboardInterrupt"),
    "hard exit": ("os._exit(7)", "crash", "the process ended: exit code 7"),
    "segmentation fault": ("import signal; os.kill(os.getpid(), signal.SIGSEGV)", "crash", "killed by SIGSEGV"),
    "endless loop": ("while True: pass", "timeout", "no answer within"),
    "endless memory": (
        "while True: kept.append(np.ones(2**21))",
        "memory",
        "it uses more than 0.5 GiB of resident memory",
    ),
    "refuses the second time": (
        "kept.append(1)\n    if len(kept) == 2: raise NotImplementedError('tired')\n    return right(n, x, t)",
        "two calls",
        "it refused what it had answered before: tired",
    ),
    "none": ("return None", "type", "backprop returned None, expected harness.Gradients"),
    "a list": ("g = right(n, x, t); return [g.w, g.b]", "type", "backprop returned list"),
    "count": ("g = right(n, x, t); return Gradients(g.w * 2, g.b)", "count", "w is 2 entries, expected a list of 1"),
    "no bias": ("g = right(n, x, t); return Gradients(g.w, [])", "count", "b is empty, expected a list of 1"),
    "shape": (
        "g = right(n, x, t); return Gradients(g.w, [b[:1] for b in g.b])",
        "shape",
        "b of layer 1 has shape (1,)",
    ),
    "complex": ("g = right(n, x, t); return Gradients([w + 0j for w in g.w], g.b)", "numbers", "complex128 values"),
    "words": ("g = right(n, x, t); return Gradients(g.w, [np.array(['a', 'b'])])", "numbers", "expected real numbers"),
    "nan": ("g = right(n, x, t); g.b[0][1] = np.nan; return g", "values", "b of layer 1 holds nan at [1]"),
    "changed inputs": ("x *= 2; return right(n, x, t)", "inputs", "it changed its input: x"),
    "two calls": (
        "kept.append(0); g = right(n, x, t); g.b[0] += len(kept); return g",
        "two calls",
        "differ in b of layer 1",
    ),
    "numpy's errors": (
        "np.seterr(all='raise'); return right(n, x, t)",
        "global state",
        "it changed numpy's error state",
    ),
    "print options": (
        "np.set_printoptions(precision=3); return right(n, x, t)",
        "global state",
        "numpy's print options",
    ),
    "folder": ("os.chdir('/'); return right(n, x, t)", "global state", "the working folder"),
    "torch's defaults": (
        "import torch; torch.set_default_dtype(torch.float64); return right(n, x, t)",
        "global state",
        "torch's default dtype",
    ),
    "files": ("open('left.txt', 'w').write('x'); return right(n, x, t)", "files", "it left files behind: left.txt"),
    "child": ("subprocess.Popen(['sleep', '600']); return right(n, x, t)", "processes", "it left a process running"),
    "a signal without a name": ("os.kill(os.getpid(), 40)", "crash", "the process ended: killed by signal 40"),
    "daemon": (
        "subprocess.run(['sh', '-c', 'setsid sleep 600 >/dev/null 2>&1 &']); return right(n, x, t)",
        "processes",
        "it left a process running",
    ),
    "fork": ("os.fork() or time.sleep(600); return right(n, x, t)", "processes", "it left a process running"),
    "garbage": (
        "[os.write(fd, b'x' * 100) for fd in range(3, 30) if os.path.exists(f'/proc/self/fd/{fd}') and "
        "'socket' in os.readlink(f'/proc/self/fd/{fd}')]; return right(n, x, t)",
        "crash",
        "it sent a malformed message",
    ),
}
IMPORTS = {
    "import error": ("import no_such_module", "ModuleNotFoundError: No module named 'no_such_module'"),
    "syntax error": ("def backprop(:", "SyntaxError"),
    "no functions": ("x = 1", "the file defines neither backprop"),
    "exit on import": ("raise SystemExit", "SystemExit"),
    "crash on import": ("import os; os._exit(1)", "during its import: the process ended: exit code 1"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_each_fault_has_its_reason_and_the_next_case_still_runs(server, tmp_path, name):
    body, kind, detail = FAULTS[name]
    limits = replace(GENEROUS, seconds=1.0) if kind == "timeout" else GENEROUS
    with submission(server, tmp_path, misbehaving(body), limits) as one:
        first, second = (judged(one, case) for case in (FIRST, SECOND))
    [refusal] = first.refusals.values()
    assert refusal.verdict == "failed"
    assert refusal.kind == kind
    assert detail in refusal.detail
    assert "\n" not in refusal.detail
    assert not second.refusals
    assert {quantity for quantity, _ in second.quantities} == {"delta", "w", "b"}


@pytest.mark.parametrize("name", IMPORTS)
def test_what_cannot_be_imported_says_why(server, tmp_path, name):
    text, detail = IMPORTS[name]
    with submission(server, tmp_path, text) as one:
        refusals = [answered(one, case).refusal for case in (FIRST, SECOND)]
    assert all(detail in refusal.detail for refusal in refusals)


def test_the_traceback_begins_in_the_submission(server, tmp_path):
    with submission(server, tmp_path, misbehaving("return right(n, x, t[:, :1, 0])")) as one:
        shown = answered(one, FIRST).refusal.traceback
    assert shown.startswith(f'  File "{tmp_path}/submission.py"')
    assert "call.py" not in shown
    assert "IndexError" in shown.splitlines()[-1]


def test_long_output_is_cut_and_never_mixed_with_answers(server, tmp_path):
    flood = "print('x' * 10**6); sys.stderr.write('y' * 10**6); os.write(1, b'z' * 10**6); return right(n, x, t)"
    with submission(server, tmp_path, misbehaving(flood)) as one:
        answer = answered(one, FIRST)
        output = one.output
    assert answer.refusal is None
    assert output.bytes == 2 * (3 * 10**6 + 1)  # each function is called twice
    assert len(output.kept) == 10_000


def test_if_one_function_ends_the_process_the_other_is_still_answered(server, tmp_path):
    text = misbehaving("return right(n, x, t)") + "\ndef step(n, x, t, eta): os._exit(3)\n"
    with submission(server, tmp_path, text) as one:
        answers = one.answers(("backprop", "step"), FIRST.build(1), 0.3)
    assert answers["backprop"].refusal is None
    assert answers["step"].refusal.kind == "crash"


def test_a_second_function_sees_no_traces_of_the_first(server, tmp_path):
    """backprop leaves a counter behind; step begins at zero again, in a fresh process."""
    counting = "kept.append(0); g = right(n, x, t); g.b[0] += len(kept); return g"
    step = """
def step(n, x, t, eta):
    return n.with_parameters([l.w for l in n.layers], [l.b - len(kept) for l in n.layers])
"""
    with submission(server, tmp_path, misbehaving(counting) + step) as one:
        given = FIRST.build(1)
        answers = one.answers(("backprop", "step"), given, 0.3)
    assert answers["backprop"].again is not None
    assert answers["backprop"].is_stale
    assert np.array_equal(answers["step"].arrays["b", 1], given.network.layers[0].b)


def test_the_total_time_is_limited_and_remaining_cases_are_not_run(server, tmp_path):
    limits = Limits(seconds=0.4, total=1.0)
    with submission(server, tmp_path, misbehaving("time.sleep(600)"), limits) as one:
        kinds = [answered(one, FIRST).refusal.kind for _ in range(20)]
    assert kinds[0] == "timeout"
    assert kinds[-1] == "not run"
    assert kinds.count("not run") >= 16


def test_processes_that_it_starts_end_with_it(server, tmp_path):
    note = tmp_path / "pids"
    start = "p = subprocess.Popen(['sleep', '600'])"
    body = f"{start}; open({str(note)!r}, 'a').write(f'{{os.getpid()}} {{p.pid}} '); p.wait()"
    with submission(server, tmp_path, misbehaving(body), Limits(seconds=1.0, total=60.0)) as one:
        answered(one, FIRST)
    for pid in note.read_text().split():
        assert not is_running(pid)


def test_the_import_does_not_count_as_time_of_a_case(server, tmp_path):
    text = "import time; time.sleep(1.5)\n" + misbehaving("return right(n, x, t)")
    with submission(server, tmp_path, text, Limits(seconds=1.0, total=60.0)) as one:
        assert answered(one, FIRST).refusal is None


def test_a_case_without_remaining_time_has_not_failed_by_itself(server, tmp_path):
    text = misbehaving("time.sleep(600)") + "\ndef step(n, x, t, eta): return n\n"
    with submission(server, tmp_path, text, Limits(seconds=0.5, total=60.0)) as one:
        answers = one.answers(("backprop", "step"), FIRST.build(1), 0.3)
    assert answers["backprop"].refusal.detail == "no answer within 0.5 s"
    assert answers["step"].refusal.kind == "not run"


def test_memory_is_limited_while_it_prints(server, tmp_path):
    body = "while True:\n        print('x' * 1000); kept.append(np.ones(2**18))"
    with submission(server, tmp_path, misbehaving(body), replace(GENEROUS, memory=2**28)) as one:
        assert answered(one, FIRST).refusal.kind == "memory"


def test_a_worker_that_closes_its_channel_and_continues_is_killed(server, tmp_path):
    close = "[os.close(f) for f in range(3, 20) if os.path.exists(f'/proc/self/fd/{f}')]"
    with submission(server, tmp_path, misbehaving(f"{close}; time.sleep(600)")) as one:
        assert answered(one, FIRST).refusal.kind == "crash"
        assert answered(one, SECOND).refusal is None


def test_control_characters_are_not_printed(server, tmp_path):
    body = "raise ValueError('\\x1b[2J\\udcff\\nclear')"
    with submission(server, tmp_path, misbehaving(body)) as one:
        refusal = answered(one, FIRST).refusal
    assert "\x1b" not in refusal.detail + refusal.traceback
    (refusal.detail + refusal.traceback).encode()
