"""What is read from a file before it runs: whether it offers the contract, and what prevents that it is driven."""

from __future__ import annotations

import ast

import pytest
from support.checking import SUBMISSIONS
from support.running import shared

from harness.model.errors import UnusableInput
from harness.sandbox.inference.driving import contract, obstacles, scripts
from harness.sandbox.inference.driving.adapters import Adapters
from harness.sandbox.requests import Limits
from harness.sandbox.sources.find import Implementation, python_implementations

WRITTEN_FOR_IT = [
    path
    for folder in ("right", "styles", "wrong", "unknown", "verdicts", "reported")
    for path in (SUBMISSIONS / folder).glob("*.py")
]


def written(folder, text, name="network"):
    path = folder / f"{name}.py"
    path.write_text(text, encoding="utf-8")
    return path


def offers(path):
    return contract.offers_contract(contract.parsed(path), path.parent)


def refusal_of(path):
    """Why a file cannot be driven."""
    with pytest.raises(UnusableInput) as caught, Adapters(shared(), Limits()) as adapters:
        adapters.drive(Implementation(path.stem, path))
    return str(caught.value)


def test_everything_that_is_written_for_the_contract_offers_it():
    paths = [*WRITTEN_FOR_IT, *(one.path for one in python_implementations())]
    assert len(paths) >= 200
    assert [path.stem for path in paths if not offers(path)] == []


def test_no_network_as_it_stands_offers_it():
    paths = [*(SUBMISSIONS / "as_they_stand").glob("*.py")]
    assert len(paths) >= 20
    assert [path.stem for path in paths if offers(path)] == []


@pytest.mark.parametrize(
    ("text", "is_offered"),
    [
        ("def backprop(network, x, t): pass", True),
        ("def backprop(n, x, t, debug=False): pass", True),
        ("def backprop(*given): pass", True),
        ("def backprop(n, x, t, *, debug=False): pass", True),
        ("def backprop(n, x, t, *, debug): pass", False),
        ("def backprop(x, y): pass", False),
        ("def backprop(x, y, w1, w2): pass", False),
        ("def step(n, x, t, rate): pass", True),
        ("def step(n, x, t): pass", True),
        ("def step(z): pass", False),
        ("@traced\ndef backprop(x): pass", True),
        ("class Net:\n    def backprop(self, x, t): pass", False),
        ("def f():\n    def backprop(n, x, t): pass", False),
        ("try:\n    import a\nexcept ImportError:\n    def backprop(n, x, t): pass", True),
        ("if 1:\n    backprop = make()", True),
        ("backprop, step = make()", True),
        ("backprop: object = 1", True),
        ("def backprop(n, x, t): pass\ndel backprop", False),
        ("from nets import gradients as backprop", True),
        ("import nets.backprop", False),
        ("from numpy import *", False),
        ("from neighbour import *", True),
        ("from .neighbour import *", True),
        ("from network import *", False),
        ("globals()['backprop'] = 1", True),
        ("exec('def step(n, x, t, r): pass')", True),
        ("def __getattr__(name): pass", True),
        ("x = 1", False),
    ],
)
def test_whether_a_file_offers_the_contract(tmp_path, text, is_offered):
    written(tmp_path, "def backprop(network, x, t): pass", "neighbour")
    assert offers(written(tmp_path, text)) == is_offered


def test_an_own_function_that_the_contract_cannot_call_is_named(tmp_path):
    told = refusal_of(written(tmp_path, "def backprop(x):\n    return x\n"))
    assert told.startswith("network.py: its backprop takes 1 argument, expected backprop(network, x, t); cannot be")


@pytest.mark.parametrize(
    ("line", "is_old"),
    [
        ('print "x"', True),
        ("if 1: print x", True),
        ('exec "x = 1"', True),
        ('raise ValueError, "x"', True),
        ("try:\n    pass\nexcept ValueError, e:\n    pass", True),
        ("x = `y`", True),
        ("if x <> y: pass", True),
        ("x = 0777", True),
        ("x = 10L", True),
        ("if 1:\n        x = 1\n\ty = 2\n        print x", True),
        ("x = = 1", False),
        ("def f(:", False),
        ("print(x", False),
    ],
)
def test_a_file_for_python_2_is_known_by_its_line(tmp_path, line, is_old):
    path = written(tmp_path, f"y = 1\n{line}\n")
    with pytest.raises(SyntaxError) as caught:
        contract.parsed(path)
    problem = obstacles.python_2_syntax(path, caught.value)
    assert (problem is not None) == is_old
    if problem is not None:
        assert problem.where in ("line 2", "line 4", "line 5")
        assert problem.problem.startswith("this is Python 2 (`")


def test_an_invalid_file_is_left_to_the_check(tmp_path):
    path = written(tmp_path, "def backprop(n, x, t:\n")
    with Adapters(shared(), Limits()) as adapters:
        assert adapters.drive(Implementation("network", path)) == Implementation("network", path)


def test_a_function_of_python_2_is_named_where_nothing_drives_the_file(tmp_path):
    text = "class Net:\n    def __init__(self, sizes):\n        self.w = [0 for i in xrange(3)]\n"
    assert refusal_of(written(tmp_path, text)).startswith("network.py, line 3: this is Python 2 (`xrange`); it needs")
    bound = "try:\n    xrange\nexcept NameError:\n    xrange = range\n"
    assert obstacles.python_2_names(written(tmp_path, text), ast.parse(bound + text)) is None


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("import cPickle, gzip", "cPickle is pickle today; change the line"),
        ("from itertools import izip", "izip is zip, which is built in today; change the line"),
        ("import no_such_module", "no_such_module is not installed; install it (pip install no_such_module)"),
        ("import numpy.no_such", "the numpy that is installed has no numpy.no_such; change the line, or install"),
        ("from numpy import no_such", "the numpy that is installed has no no_such; change the line, or install"),
    ],
)  # fmt: skip
def test_a_missing_import_is_told_with_its_line(tmp_path, line, told):
    found = refusal_of(written(tmp_path, f"import math\n\n{line}\n\nclass Net: pass\n"))
    assert found.startswith(f"network.py, line 3: `{line}` fails: {told}")


def test_another_failure_of_the_import_is_told_as_it_is(tmp_path):
    found = refusal_of(written(tmp_path, "rows = open('no/data.csv').read()\nclass Net: pass\n"))
    assert found.startswith("network.py: its import fails: FileNotFoundError: ")
    assert "(network.py, line 1); put what need not run under" in found


STEP = "l = f(X @ w)\n    w += X.T @ (y - l)\n"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (f"w = 1\nfor i in range(9):\n    {STEP}", 2),
        (f"w = 1\nwhile True:\n    {STEP}", 2),
        ("w = [1]\nfor i in range(9):\n    w[0] = w[0] - 1\n", 2),
        ("w = 1\nwith open('x') as f:\n    for i in f:\n        w = w - 1\n", 3),
        ("if __name__ == '__main__':\n    w = 1\n    for i in range(9):\n        w = w - 1\n", None),
        ("rows = []\nfor i in range(9):\n    print(i)\n", None),
        ("def train(w):\n    for i in range(9):\n        w = w - 1\n", None),
    ],
)
def test_the_loop_that_trains_is_found(text, line):
    loop = scripts.training_loop(ast.parse(text))
    assert (loop and loop.lineno) == line


def test_a_script_is_told_to_become_a_function_and_a_class_to_leave_out_the_loop(tmp_path):
    text = f"import numpy as np\nX, y = 1, 2\nrate = 3\nw = 4\nfor i in range(9):\n    {STEP}print(w)\n"
    told = refusal_of(written(tmp_path, text))
    assert told == (
        "network.py, line 5: it trains when it is imported, in the loop that starts here; put lines 6-7, one step, "
        "into a function `def train(X, y, w): … return w`"
    )
    endless = "class Net: pass\nw = 1\nwhile True:\n    w = w + 1\n"
    path = written(tmp_path, endless)
    with pytest.raises(UnusableInput) as caught, Adapters(shared(), Limits(total=1.0)) as adapters:
        adapters.drive(Implementation("network", path))
    assert str(caught.value) == (
        "network.py, line 3: its import does not end (no answer within 1 s), in the loop that starts here; put lines "
        '3-4 under `if __name__ == "__main__":`'
    )
