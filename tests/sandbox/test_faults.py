"""Implementations that break the contract: each becomes `failed` rows with its reason, and the run goes on."""

from __future__ import annotations

from textwrap import dedent

import pytest
from support.running import CASE, RIGHT, compared, run, run_all, table_of, write

from harness.cases.case import make_case
from harness.jobs.compare.run import select

OWN_MEMORY = """g = right(n, x, t)
    if not kept: kept.append(g.w[0])
    kept[0] += 1  # the caller's first answer changes with the second
    return Gradients([kept[0], g.w[1]], g.b)
"""
FAULTS = {
    "shape": (
        "g = right(n, x, t); return Gradients([w.T for w in g.w], g.b)",
        "w of layer 1 has shape (3, 4), expected (4, 3)",
    ),
    "count": ("g = right(n, x, t); return Gradients(g.w[1:], g.b)", "w is 1 entries, expected a list of 2"),
    "bare array": ("return Gradients(np.zeros(3), [0, 0])", "w is ndarray, expected a list of 2"),
    "ragged": ("g = right(n, x, t); return Gradients([[[1], [1, 2]], g.w[1]], g.b)", "w of layer 1 is ragged"),
    "delta shape": (
        "g = right(n, x, t); return Gradients(g.w, g.b, g.delta[::-1])",
        "delta of layer 1 has shape (5, 2)",
    ),
    "nan": ("g = right(n, x, t); g.b[1][1] = np.nan; return g", "b of layer 2 holds nan at [1]"),
    "infinity": ("g = right(n, x, t); g.w[0][2, 1] = np.inf; return g", "w of layer 1 holds inf at [2, 1]"),
    "complex": (
        "g = right(n, x, t); return Gradients([w + 0j for w in g.w], g.b)",
        "complex128 values, expected real numbers",
    ),
    "words": ("g = right(n, x, t); return Gradients([['a'] * 3, 'b'], g.b)", "values, expected real numbers"),
    "none": ("return None", "backprop returned None, expected harness.Gradients"),
    "exception": ("return [][0]", "IndexError: list index out of range (exception.py, line 18)"),
    "sys.exit": ("raise SystemExit(3)", "SystemExit: 3"),
    "changed weights": ("g = right(n, x, t); n.layers[1].w[0, 0] += 1; return g", "it changed its input: w of layer 2"),
    "changed x": ("g = right(n, x, t); x *= 2; return g", "it changed its input: x"),
    "random": (
        "g = right(n, x, t); g.b[0][0] += np.random.random(); return g",
        "two calls with the same inputs differ in b",
    ),
    "own memory": (OWN_MEMORY, "two calls with the same inputs differ in w of layer 1"),
    "crash": ("import os; os._exit(7)", "the process ended: exit code 7"),
    "segmentation fault": (
        "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)",
        "the process ended: killed by SIGSEGV",
    ),
    "endless loop": ("while True: pass", "no answer within 1 s"),
    "mute exception": (
        "class Mute(Exception):\n        def __str__(self): raise ValueError\n    raise Mute",
        "Mute: a message that raises ValueError (mute exception.py, line",
    ),
    "base exception": ("raise KeyboardInterrupt", "KeyboardInterrupt: no message"),
    "long message": ("raise ValueError('word ' * 10**5)", "word …"),
}
STEPS = {
    "step none": ("return None", "step returned None, expected harness.Network"),
    "step shape": (
        "return n.with_parameters([l.w.T for l in n.layers], [l.b for l in n.layers])",
        "shape (3, 4), expected",
    ),
    "step nan": ("return n.with_parameters([l.w * np.nan for l in n.layers], [l.b for l in n.layers])", "holds nan"),
    "step in place": ("n.layers[0].w[:] -= 1; return n", "it changed its input: w of layer 1"),
    "step activation": (
        "from dataclasses import replace as put\n"
        "    mine = lambda l: put(l, activation=put(l.activation, slope=np.cos))\n"
        "    return Network(tuple(map(mine, n.layers)), n.cost)",
        "step returned a network with other activations or another cost",
    ),
}
FILES = {
    "import error": ("import no_such_module", "ModuleNotFoundError: No module named 'no_such_module'"),
    "syntax error": ("def backprop(:", "SyntaxError"),
    "no functions": ("x = 1", "the file defines neither backprop"),
    "exit on import": ("raise SystemExit", "SystemExit"),
}


def faulty(folder, name):
    body, _ = FAULTS[name]
    return write(folder, name, f"{RIGHT}\ndef backprop(n, x, t):\n    {body}\n")


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """All of them in one run, with a right one at the end that must come through."""
    folder = tmp_path_factory.mktemp("faults")
    files = [write(folder, name, text) for name, (text, _) in FILES.items()]
    steps = [
        write(folder, name, f"{RIGHT}\ndef step(n, x, t, eta):\n    {body}\n") for name, (body, _) in STEPS.items()
    ]
    right = write(folder, "right", RIGHT + "\ndef backprop(n, x, t): return right(n, x, t)\n")
    return run([*(faulty(folder, name) for name in FAULTS), *files, *steps, right], CASE, {"endless loop": 1.0})


@pytest.mark.parametrize("name", [*FAULTS, *FILES])
def test_each_fault_is_a_failed_row_with_its_reason(results, name):
    _, reason = (FAULTS | FILES)[name]
    refusal = results[name].refusals["backprop"]
    assert refusal.verdict == "failed"
    assert reason in refusal.detail
    assert "\n" not in refusal.detail
    assert not results[name].quantities


@pytest.mark.parametrize("name", STEPS)
def test_each_faulty_step_is_a_failed_row_with_its_reason(results, name):
    refusal = results[name].refusals["step"]
    assert refusal.verdict == "failed"
    assert STEPS[name][1] in refusal.detail
    assert not results[name].quantities


def test_training_that_goes_wrong_fails_with_its_reason(tmp_path):
    """The same faults while training, where `step` is called again and again."""
    case = make_case("random", (3, 2), "sigmoid", 4, online=True)
    bodies = {
        "training nan": (
            "return n.with_parameters([l.w * 1e200 for l in n.layers], [l.b for l in n.layers])",
            "inf at [0, 0]",
        ),
        "training changes x": ("x *= 2; return n", "it changed its input: x"),
    }
    files = [
        write(tmp_path, name, f"{RIGHT}\ndef step(n, x, t, eta):\n    {body}\n") for name, (body, _) in bodies.items()
    ]
    results = run_all([(file, case) for file in files], 1)
    for result in results:
        assert bodies[result.implementation][1] in result.refusals["train"].detail


def test_the_other_implementations_still_run(results):
    assert len(results) == len(FAULTS) + len(FILES) + len(STEPS) + 1
    assert {quantity for quantity, _ in results["right"].quantities} == {"delta", "w", "b"}
    assert results["right"].refusals["step"].detail == "offers no step"


def test_a_refusal_is_unsupported_not_failed(tmp_path):
    refusing = write(tmp_path, "refusing", RIGHT + "\ndef backprop(n, x, t): raise Unsupported('not today')\n")
    refusal = run([refusing], CASE)["refusing"].refusals["backprop"]
    assert (refusal.verdict, refusal.detail) == ("unsupported", "not today")


def test_a_file_with_only_step_is_judged_by_its_update(tmp_path):
    text = """
        import numpy as np
        from harness import Network
        def step(network, x, t, learning_rate):
            return network.with_parameters([l.w - 0.25 for l in network.layers], [l.b + 0.5 for l in network.layers])
        """
    result = run([write(tmp_path, "steps", dedent(text))], CASE)["steps"]
    assert {quantity for quantity, _ in result.quantities} == {"update"}
    update = result.quantities["update", 1]
    assert update.shape == (4, 4)
    assert update[:, :-1] == pytest.approx(0.25)
    assert update[:, -1] == pytest.approx(-0.5)


def test_a_wrong_and_a_failing_file_leave_their_rows_in_the_table(tmp_path):
    wrong = write(
        tmp_path, "wrong", RIGHT + "\ndef backprop(n, x, t):\n    g = right(n, x, t); g.w[0][0, 0] *= -1; return g\n"
    )
    nan = faulty(tmp_path, "nan")
    selection = select(f"{wrong.path},{nan.path},row_matrices", "random-4-4-4-4-sigmoid*")
    table = table_of(compared(selection))
    w1 = table[(table["implementation"] == "wrong") & (table["quantity"] == "w") & (table["layer"] == 1)]
    assert list(w1["verdict"]) == ["wrong"]
    failed = table[(table["implementation"] == "nan") & (table["verdict"] == "failed")]
    assert set(failed["quantity"]) == {"delta", "w", "b"}
    assert set(table[table["implementation"] == "row_matrices"]["verdict"]) == {"agrees"}
