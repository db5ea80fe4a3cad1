"""What a submission may try to get a mark without computing a gradient: docs/grading.md lists what is closed."""

from __future__ import annotations

import pytest
from made_class.styles import written

from harness.jobs.distributed.here import close_here
from harness.jobs.grade.assignment.assignment import Asked, Assignment, Networks
from harness.jobs.grade.marking.judge import ClassWide, HandedIn, judge_submission
from harness.jobs.grade.marking.walled import WalledServer
from harness.sandbox.processes.walls import problem

ASKED = tuple(Asked(what, what, "", 10) for what in ("delta", "w", "b", "update"))
SIGMOIDS = Networks(activations=("sigmoid",), costs=("half_squared_error",))
RIGHT = written("matrix", "right")


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    path = tmp_path_factory.mktemp("assignment") / "a.toml"
    forbid = ("torch", "sklearn", "autograd", "jax")
    assignment = Assignment(path, "Exercise", 7, ASKED, SIGMOIDS, forbid=forbid)
    yield ClassWide.of(assignment, WalledServer("auto", (str(path.parent),), forbid), has_walls=False)
    close_here()


def mark(shared, text):
    record = judge_submission(shared, HandedIn("ada", {"net.py": text.encode()})).record
    return record, {part.name: part.points for part in record.parts}


def test_right_code_gets_all_points(shared):
    assert mark(shared, RIGHT)[1] == dict.fromkeys(("delta", "w", "b", "update"), 10)


FORBIDDEN = {
    "by name": "import torch\n",
    "within a function": "def f():\n    from sklearn.neural_network import MLPRegressor\n",
    "renamed": "from torch import autograd as numpy\n",
}


@pytest.mark.parametrize("text", FORBIDDEN.values(), ids=FORBIDDEN)
def test_a_forbidden_import_is_found_before_anything_runs(shared, text):
    record, points = mark(shared, text + RIGHT)
    assert record.status == "forbidden"
    assert set(points.values()) == {0.0}


UNSEEN = {
    "by text": "torch = __import__('tor' + 'ch')\ntorch.tensor\n",
    "by importlib": "import importlib\nimportlib.import_module('sk' + 'learn.neural_network')\n",
    "by a path": "import sys, glob\nassert [p for p in sys.path if glob.glob(p + '/torch/__init__.py')]\n",
    "in another process": (
        "import subprocess, sys\ncode = 'import tor' 'ch; tor' 'ch.tensor'\n"
        "subprocess.run([sys.executable, '-c', code], check=True)\n"
    ),
    "the checker itself": "import importlib.util, sys\nassert importlib.util.find_spec('har' + 'ness').origin\n",
    "the checker in memory": (
        "import gc, types\nfound = [o for o in gc.get_objects() if isinstance(o, type) and o.__name__ == 'Textbook']\n"
        "assert found\n"
    ),
    "the truth in memory": (
        "import gc\nfound = [o for o in gc.get_objects() if type(o).__name__ in ('CaseTruth', 'Standard', 'Truths')]\n"
        "assert found\n"
    ),
}


@pytest.mark.skipif(bool(problem()), reason=f"only walls close this: {problem()}")
@pytest.mark.parametrize("text", UNSEEN.values(), ids=UNSEEN)
def test_what_no_statement_says_is_not_there(shared, text):
    record, points = mark(shared, text + RIGHT)
    assert (record.verdict, set(points.values())) == ("failed", {0.0}), record.sentence


def test_refusing_what_it_gets_wrong_costs_these_cases(shared):
    text = RIGHT.replace(
        "    a = [x]", "    if len(network.layers) > 1:\n        raise NotImplementedError\n    a = [x]"
    )
    record, points = mark(shared, text)
    assert 0 < record.ran < record.of
    assert points == pytest.approx(dict.fromkeys(points, 10 * record.ran / record.of))


def test_a_declared_scope_costs_the_cases_outside_of_it(shared):
    record, points = mark(shared, f'ACTIVATIONS = "tanh"\n{RIGHT}')
    assert record.ran == 0
    assert set(points.values()) == {0.0}


def test_a_declared_precision_is_judged_in_it_and_loses_digits(shared):
    single = "".join(f"{name} = np.float32\n" for name in ("f32",)) + RIGHT
    record, points = mark(shared, f'import numpy as np\nDTYPE = "float32"\n{single}')
    assert record.loses_digits
    assert points == dict.fromkeys(("delta", "w", "b", "update"), 10)


def test_a_network_without_biases_gets_no_points_for_them(shared):
    text = RIGHT.replace(" + layer.b", "").replace("delta[l].sum(axis=0)", "np.zeros_like(network.layers[l].b)")
    record, points = mark(shared, f'BIAS = "none"\n{text}')
    assert points["b"] == 0.0
    assert "BIAS = 'none'" in record.conventions


BACKPROP = """import zlib
import numpy as np
def noise(a, x):
    return np.random.default_rng(zlib.crc32(x.tobytes())).normal(size=a.shape)
def backprop(network, x, t):
    return {{"w": [{w} for l in network.layers], "b": [{b} for l in network.layers]}}
"""
STEP = """
def step(network, x, t, learning_rate):
    return {{"w": [{w} for l in network.layers], "b": [{b} for l in network.layers]}}
"""
REFUSE_NEAR = """    near = [one for one in seen if one.shape == x.shape and np.abs(one - x).max() < 0.01]
    if any((one != x).any() for one in near):
        raise ValueError("seen before, nearly")
    seen.append(x.copy())
"""
WITH_DELTA = """
without = backprop
def backprop(network, x, t):
    return {{**without(network, x, t), "delta": [{delta} for l in network.layers]}}
"""
NOTHING = {
    "zeros": BACKPROP.format(w="np.zeros_like(l.w)", b="np.zeros_like(l.b)"),
    "zeros with δ": BACKPROP.format(w="np.zeros_like(l.w)", b="np.zeros_like(l.b)")
    + WITH_DELTA.format(delta="np.zeros((len(x), len(l.b)))"),
    "a step that stays": STEP.format(w="l.w.copy()", b="l.b.copy()"),
    "a step by η": STEP.format(w="l.w - learning_rate", b="l.b - learning_rate"),
    "random numbers": BACKPROP.format(w="noise(l.w, x)", b="noise(l.b, x)"),
    "the weights": BACKPROP.format(w="0.3 * l.w", b="0.3 * l.b"),
    "the weights, where nobody looks again": "seen = []\n"
    + BACKPROP.format(w="0.3 * l.w", b="0.3 * l.b")
    .replace("    return", f"{REFUSE_NEAR}    return", 2)
    .replace(f"{REFUSE_NEAR}    return np", "    return np"),
}


@pytest.mark.parametrize("text", NOTHING.values(), ids=NOTHING)
def test_what_computes_no_gradient_gets_no_points(shared, text):
    record, points = mark(shared, text)
    assert {points[part] for part in ("delta", "w", "b")} == {0.0}, (record.verdict, points)
    # A step along −η g is the rule, whatever g is.
    assert points["update"] == (10 if "l.w - learning_rate" in text else 0)


NOISY = """r = np.random.default_rng(int(1e6 * abs(x).sum()))
    dw, db = ([one * (1 + 0.3 * r.normal(size=one.shape)) for one in part] for part in (dw, db))
    return"""


def test_digits_that_no_arithmetic_loses_get_no_points(shared):
    start, _, end = RIGHT.partition("    return {")
    record, points = mark(shared, f"{start}    {NOISY} {{{end}")
    assert (points["w"], points["b"]) == (0.0, 0.0), record.verdict
