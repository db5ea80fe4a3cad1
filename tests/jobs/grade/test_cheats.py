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
    yield ClassWide.of(assignment, WalledServer("auto", (str(path.parent),), forbid))
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
    record, points = mark(shared, f'DTYPE = "float32"\n{RIGHT}')
    assert record.ran == 0
    assert set(points.values()) == {0.0}


def test_a_network_without_biases_gets_no_points_for_them(shared):
    text = RIGHT.replace(" + layer.b", "").replace("delta[l].sum(axis=0)", "np.zeros_like(network.layers[l].b)")
    record, points = mark(shared, f'BIAS = "none"\n{text}')
    assert points["b"] == 0.0
    assert "BIAS = 'none'" in record.conventions


def test_zeros_and_random_numbers_get_no_points(shared):
    for value in ("np.zeros_like", "lambda a: np.random.default_rng(0).normal(size=a.shape)"):
        text = f"import numpy as np\nlike = {value}\n"
        text += "def backprop(network, x, t):\n    return {'w': [like(l.w) for l in network.layers], "
        text += "'b': [like(l.b) for l in network.layers]}\n"
        assert set(mark(shared, text)[1].values()) == {0.0}
