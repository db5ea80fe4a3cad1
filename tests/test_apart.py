"""Foreign code kept apart: whatever it does is an answer with a reason, and the next case runs in a fresh process."""

from __future__ import annotations

import os
import time
from pathlib import Path

import numpy as np
import psutil
import pytest
from running import RIGHT as BODY

from harness.cases.case import make
from harness.judging.conventions import OURS
from harness.judging.judge import CaseTruth, Trial, judge_case
from harness.sandbox.pool import Pool
from harness.sandbox.processes.server import Server
from harness.sandbox.requests import Limits, Submission, ask

ROOT = Path(__file__).resolve().parent.parent
FIRST = make("random", (3, 2), "sigmoid", 5)  # here the files misbehave
SECOND = make("random", (3, 4, 2), "sigmoid", 5)  # and here they do not
RIGHT = f"import os, sys, time, random, subprocess\n{BODY}"
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
        "it takes more than 0.5 GiB of resident memory",
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
    "crash on import": ("import os; os._exit(1)", "while it was imported: the process ended: exit code 1"),
}


class Asked:
    """A file that is asked about one case after the other."""

    def __init__(self, server, path, limits):
        self.pool, self.submission = Pool(server, 1), Submission("submission", path, limits)
        self.output = self.submission.output

    def __enter__(self):
        return self

    def __exit__(self, *arguments):
        self.pool.__exit__(*arguments)

    def answers(self, functions, inputs, learning_rate):
        self.pool.add(self.submission, [ask(None, functions, inputs, learning_rate)])
        [request] = self.pool.outcomes()
        return request.answers


def submission(server, folder, text, limits=Limits(seconds=4.0, total=20.0, memory=2**29)):  # noqa: B008
    path = folder / "submission.py"
    path.write_text(text, encoding="utf-8")
    return Asked(server, path, limits)


def misbehaving(body):
    return f"{RIGHT}\ndef backprop(n, x, t):\n    if len(n.layers) > 1: return right(n, x, t)\n    {body}\n"


def answered(one, case):
    return one.answers(("backprop",), case.build(1), case.learning_rate)["backprop"]


def judged(one, case):
    """What backprop gives on a case, against the truth."""
    inputs = case.build(1)
    answers = one.answers(("backprop",), inputs, case.learning_rate)
    return judge_case(Trial(CaseTruth.of(case, inputs), answers), OURS)


@pytest.mark.parametrize("name", FAULTS)
def test_each_fault_has_its_reason_and_the_next_case_runs(server, tmp_path, name):
    body, kind, detail = FAULTS[name]
    limits = Limits(seconds=30.0 if "torch" in body else 4.0, total=60.0, memory=2**29)  # torch may be slow to load
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


def test_a_flood_is_cut_and_never_mixed_with_answers(server, tmp_path):
    flood = "print('x' * 10**6); sys.stderr.write('y' * 10**6); os.write(1, b'z' * 10**6); return right(n, x, t)"
    with submission(server, tmp_path, misbehaving(flood)) as one:
        answer = answered(one, FIRST)
        output = one.output
    assert answer.refusal is None
    assert output.bytes == 2 * (3 * 10**6 + 1)  # each function is called twice
    assert len(output.kept) == 10_000


def test_one_functions_death_leaves_the_others_answer(server, tmp_path):
    text = misbehaving("return right(n, x, t)") + "\ndef step(n, x, t, eta): os._exit(3)\n"
    with submission(server, tmp_path, text) as one:
        answers = one.answers(("backprop", "step"), FIRST.build(1), 0.3)
    assert answers["backprop"].refusal is None
    assert answers["step"].refusal.kind == "crash"


def test_a_second_function_meets_no_traces_of_the_first(server, tmp_path):
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


def test_all_cases_have_a_limit_together_and_what_is_left_is_not_run(server, tmp_path):
    limits = Limits(seconds=0.4, total=1.0)
    start = time.monotonic()
    with submission(server, tmp_path, misbehaving("while True: pass"), limits) as one:
        kinds = [answered(one, FIRST).refusal.kind for _ in range(20)]
    assert time.monotonic() - start < 10
    assert kinds[0] == "timeout"
    assert kinds[-1] == "not run"
    assert kinds.count("not run") >= 16


def test_nothing_of_the_truth_is_there(server, tmp_path):
    """The worker has neither the truth, nor the name of the case, nor a way to either in its memory."""
    ours = "sorted(m for m in sys.modules if m.split('.')[0] in ('harness', 'flint'))"
    look = f"print({ours}, sys.argv); return right(n, x, t)"
    with submission(server, tmp_path, misbehaving(look)) as one:
        answered(one, FIRST)
        said = one.output.kept.decode()
    assert "harness.model.contract" in said
    for name in (
        *(f"harness.{name}" for name in ("truth", "balls", "certify", "cases", "mistakes")),
        "flint",
        FIRST.id,
    ):
        assert name not in said


def test_what_it_starts_ends_with_it(server, tmp_path):
    note = tmp_path / "pids"
    start = "p = subprocess.Popen(['sleep', '600'])"
    body = f"{start}; open({str(note)!r}, 'a').write(f'{{os.getpid()}} {{p.pid}} '); p.wait()"
    with submission(server, tmp_path, misbehaving(body), Limits(seconds=0.5, total=5.0)) as one:
        answered(one, FIRST)
    for pid in note.read_text().split():
        assert not _runs(int(pid))


def test_the_working_folder_is_gone_afterwards(server, tmp_path):
    with submission(server, tmp_path, misbehaving("print(os.getcwd()); return right(n, x, t)")) as one:
        answered(one, FIRST)
        folder = Path(one.output.kept.decode().splitlines()[0])
        assert folder.is_dir()
    assert not folder.exists()
    assert folder != Path.cwd()


def _runs(pid):
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return stat.rsplit(")", 1)[1].split()[0] != "Z" and os.getpid() != pid


def test_loading_is_not_on_the_clock_of_a_case(server, tmp_path):
    text = "import time; time.sleep(1.0)\n" + misbehaving("return right(n, x, t)")
    with submission(server, tmp_path, text, Limits(seconds=0.5, total=5.0)) as one:
        assert answered(one, FIRST).refusal is None


def test_what_had_no_time_left_is_not_blamed(server, tmp_path):
    text = misbehaving("while True: pass") + "\ndef step(n, x, t, eta): return n\n"
    with submission(server, tmp_path, text, Limits(seconds=0.5, total=5.0)) as one:
        answers = one.answers(("backprop", "step"), FIRST.build(1), 0.3)
    assert answers["backprop"].refusal.detail == "no answer within 0.5 s"
    assert answers["step"].refusal.kind == "not run"


def test_memory_is_watched_while_it_prints(server, tmp_path):
    body = "while True:\n        print('x' * 1000); kept.append(np.ones(2**18))"
    with submission(server, tmp_path, misbehaving(body), Limits(seconds=10.0, total=20.0, memory=2**28)) as one:
        assert answered(one, FIRST).refusal.kind == "memory"


def test_a_link_in_place_of_the_working_folder_leads_nowhere(server, tmp_path):
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "file").write_text("kept")
    body = f"d = os.getcwd(); os.rmdir(d); os.symlink({str(precious)!r}, d); os.chdir(d); return right(n, x, t)"
    with submission(server, tmp_path, misbehaving(f"kept or kept.append(0) or None\n    {body}")) as one:
        answered(one, FIRST)
    assert (precious / "file").read_text() == "kept"


def test_closing_the_channel_and_going_on_is_ended(server, tmp_path):
    close = "[os.close(f) for f in range(3, 20) if os.path.exists(f'/proc/self/fd/{f}')]"
    start = time.monotonic()
    with submission(server, tmp_path, misbehaving(f"{close}; time.sleep(600)")) as one:
        assert answered(one, FIRST).refusal.kind == "crash"
        assert answered(one, SECOND).refusal is None
    assert time.monotonic() - start < 20


FORGED = {
    "verdict": {"refusal": ["agrees", "", "", ""]},
    "kind": {"refusal": ["failed", "x", "no such kind", ""]},
    "nothing": {},
    "keys": {"keys": [["q", 1]]},
    "layers": {"keys": [["w", 9]]},
    "infinite layer": {"keys": [["w", float("inf")]]},
    "seconds": {"seconds": 10**400},
    "changed": {"changed": {"a": [1]}},
    "exact numbers": {"keys": [["w", 1], ["b", 1]], "arrays": [["exact", [1], ["1/1"]]] * 2},
    "a number without end": {"keys": [["w", 1]], "arrays": [["exact", [1], ["f" * 10**6 + "/3"]]]},
    "no number": {"keys": [["w", 1]], "arrays": [["exact", [1], ["1/0"]]]},
    "another's": {"id": "00", "refusal": ["failed", "said by another", "", ""]},
    "another function's": {"function": "step", "refusal": ["failed", "x", "", ""]},
}
# The file finds its channel, and in the frames of its caller which answer is waited for.
FORGE = """
import json, struct
def asked():
    frame = sys._getframe()
    while "functions" not in frame.f_locals.get("header", ()): frame = frame.f_back
    return frame.f_locals["header"]["id"]
def send(message):
    for fd in range(3, 20):
        if os.path.exists(f"/proc/self/fd/{fd}") and "socket" in os.readlink(f"/proc/self/fd/{fd}"):
            os.write(fd, message)
def forge(**header):
    header = {"id": asked(), "function": "backprop", "keys": [], "again": [], "changed": [], "seconds": 0,
              "stale": False, "refusal": None, "arrays": [["<f8", [2]]] * len(header.get("keys", []))} | header
    head, body = json.dumps(header).encode(), bytes(16 * len(header["arrays"]))
    send(struct.pack("!IQ", len(head), len(body)) + head + body)
"""


@pytest.mark.parametrize("name", FORGED)
def test_a_forged_answer_is_a_failure_of_its_case_and_no_other(server, tmp_path, name):
    text = FORGE + misbehaving(f"inf = float('inf'); forge(**{FORGED[name]!r}); return right(n, x, t)")
    with submission(server, tmp_path, text) as one:
        refusal = answered(one, FIRST).refusal
        after = [answered(one, SECOND) for _ in range(3)]
    assert (refusal.verdict, refusal.kind) == ("failed", "crash")
    assert refusal.detail.startswith("it sent a malformed message: ")
    assert all(answer.refusal is None for answer in after)


def test_a_forged_answer_without_a_layer_is_a_failure(server, tmp_path):
    header = {"keys": [["w", 1], ["b", 1]], "arrays": [["<f8", [2, 3]], ["<f8", [2]]]}
    text = FORGE + f"{RIGHT}\ndef backprop(n, x, t):\n    forge(**{header!r}); return right(n, x, t)\n"
    with submission(server, tmp_path, text.replace("16 * len(header['arrays'])", "64")) as one:
        assert answered(one, SECOND).refusal.kind == "crash"


def test_an_answer_that_comes_ahead_costs_no_other_case(server, tmp_path):
    """It answers for its step before that is asked; the answer to the question itself comes late."""
    ahead = "if len(n.layers) == 1: forge(function='step', refusal=['failed', 'x', '', ''])"
    step = f"\ndef step(n, x, t, eta):\n    {ahead}\n    return n\n"
    text = FORGE + misbehaving("return right(n, x, t)") + step
    with submission(server, tmp_path, text) as one:
        first = one.answers(("step",), FIRST.build(1), 0.3)["step"]
        after = [one.answers(("step",), SECOND.build(1), 0.3)["step"].refusal for _ in range(3)]
    assert first.refusal.detail == "x"
    assert after == [None] * 3


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ("struct.pack('!IQ', 100, 100) + b'{'", "no answer within 1 s"),
        ("struct.pack('!IQ', 100, 3 * 2**30) + bytes(2**20)", "it sent a malformed message: a message of 3,221,"),
        ("bytes(range(1, 256)) * 2**12", "it sent a malformed message: a message of"),
    ],
)
def test_time_and_memory_are_limited_while_a_message_is_read(server, tmp_path, message, said):
    """What is announced is not believed, and what does not end is not waited for."""
    text = FORGE + misbehaving(f"send({message}); time.sleep(600)")
    before, start = psutil.Process().memory_info().rss, time.monotonic()
    with submission(server, tmp_path, text, Limits(seconds=1.0, total=20.0)) as one:
        assert answered(one, FIRST).refusal.detail.startswith(said)
        assert answered(one, SECOND).refusal is None
    assert time.monotonic() - start < 15
    assert psutil.Process().memory_info().rss - before < 2**28


FOLDERS = {
    "removed": "import shutil; shutil.rmtree(os.getcwd()); return right(n, x, t)",
    "the one above removed": "import shutil; shutil.rmtree(os.path.dirname(os.getcwd())); return right(n, x, t)",
    "all of the run removed": "import shutil; shutil.rmtree(os.path.dirname(os.path.dirname(os.getcwd())))",
    "all of the run a file": "import shutil; d = os.path.dirname(os.path.dirname(os.getcwd())); shutil.rmtree(d); "
    "open(d, 'w').close()",
    "the next one taken": "d = os.getcwd(); n = int(d.split('/')[-2]) + 1; "
    "os.makedirs(os.path.join(os.path.dirname(os.path.dirname(d)), str(n), 'work')); os.chdir('/'); "
    "return right(n, x, t)",
}


@pytest.mark.parametrize("name", FOLDERS)
def test_what_becomes_of_its_folder_costs_one_case(tmp_path, name):
    with Server() as own, submission(own, tmp_path, misbehaving(FOLDERS[name])) as one:
        assert answered(one, FIRST).refusal is not None
        assert [answered(one, SECOND).refusal for _ in range(2)] == [None, None]
    assert not os.path.lexists(own.home)


def test_the_random_state_is_put_back(server, tmp_path):
    """A network that draws its first weights is right; and its two calls draw different ones."""
    body = "print(np.random.rand(), random.random()); np.random.seed(5); return right(n, x, t)"
    with submission(server, tmp_path, misbehaving(body)) as one:
        assert [answered(one, FIRST).refusal for _ in range(2)] == [None, None]
        lines = one.output.kept.decode().splitlines()
    assert lines[0] == lines[2] != lines[1] == lines[3]


def test_what_runs_since_it_was_loaded_is_not_left_behind(server, tmp_path):
    start = "import threading\nthreading.Thread(target=time.sleep, args=(600,), daemon=True).start()\n"
    text = f"import time, subprocess\n{start}subprocess.Popen(['sleep', '600'])\n{misbehaving('return right(n, x, t)')}"
    with submission(server, tmp_path, text) as one:
        assert answered(one, FIRST).refusal is None


def test_a_pool_of_processes_that_is_closed_again_is_right(server, tmp_path):
    """Python keeps a process of its own for those that it has started."""
    body = "import multiprocessing as m\n    with m.get_context('spawn').Pool(1) as p: assert p.map(abs, [-1]) == [1]\n"
    text = misbehaving(f"{body}    p.join(); return right(n, x, t)")
    with submission(server, tmp_path, text, Limits(seconds=30.0, total=60.0)) as one:
        assert answered(one, FIRST).refusal is None


OUT_OF_REACH = {
    "an implementation": "from implementations.matrices import backprop",
    "the truth": "from harness.certify import certify",
    "what reads the answers": "import harness.call",
    "the tests": "import tests.checking",
    "the benchmarks": "import benchmarks.contenders.checkers",
}


@pytest.mark.parametrize("name", OUT_OF_REACH)
def test_the_answers_are_out_of_reach(server, tmp_path, name):
    for folder in (tmp_path, ROOT):
        path = folder / f"reaches_for_the_answers_{os.getpid()}.py"
        path.write_text(f"{OUT_OF_REACH[name]}\nbackprop = print\n", encoding="utf-8")
        try:
            with Asked(server, path, Limits(4.0, 20.0)) as one:
                refusal = answered(one, FIRST).refusal
        finally:
            path.unlink()
        assert refusal.detail.startswith("ModuleNotFoundError: ")
        assert refusal.kind == "import"


@pytest.mark.parametrize("line", ["import beside", "from . import beside", "from .beside import kept as kept_there"])
def test_a_file_may_import_its_neighbours(server, tmp_path, line):
    (tmp_path / "beside.py").write_text("kept = []\n", encoding="utf-8")
    with submission(server, tmp_path, f"{line}\n{misbehaving('return right(n, x, t)')}") as one:
        assert answered(one, FIRST).refusal is None


@pytest.mark.parametrize("sent", ["SIGKILL", "SIGSTOP"])
@pytest.mark.parametrize("above", [1, 2])
def test_where_what_starts_workers_is_killed_or_stopped_the_later_cases_run(tmp_path, sent, above):
    """And nothing outlives it: what has been left behind ends, too. The second above is the guardian of the first."""
    note = tmp_path / "daemon"
    daemon = f"""
import signal
def daemon():
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            open({str(note)!r}, 'a').write(f'{{os.getpid()}} ')
            os.closerange(0, 64)
            time.sleep(600)
        os._exit(0)
    os.wait()
    while not os.path.exists({str(note)!r}): time.sleep(0.001)
def above(pid):
    return int(open(f'/proc/{{pid}}/stat').read().rpartition(')')[2].split()[1])
"""
    server_of = "os.getppid()" if above == 1 else "above(os.getppid())"
    body = f"daemon(); os.kill({server_of}, signal.{sent}); time.sleep(30)"
    limits = Limits(seconds=3.0, total=60.0)
    with Server() as own, submission(own, tmp_path, daemon + misbehaving(body), limits) as one:
        refusal = answered(one, FIRST).refusal
        after = [answered(one, SECOND).refusal for _ in range(3)]
    assert after == [None] * 3
    killed = refusal.detail == "it killed or stopped the process that starts the workers"
    # A guardian that is stopped guards no more, but everything else goes on.
    assert killed or (sent == "SIGSTOP" and above == 2 and refusal.detail == "no answer within 3 s")
    if above == 1:
        assert not any(_runs(int(pid)) for pid in note.read_text().split())


def test_what_a_terminal_would_obey_is_not_passed_on(server, tmp_path):
    body = "raise ValueError('\\x1b[2J\\udcff\\nclear')"
    with submission(server, tmp_path, misbehaving(body)) as one:
        refusal = answered(one, FIRST).refusal
    assert "\x1b" not in refusal.detail + refusal.traceback
    (refusal.detail + refusal.traceback).encode()
