"""Calls of somebody's code end in time, and it is said how far they came."""

from __future__ import annotations

import signal
import time
from contextlib import suppress
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.sandbox.inference.hosting import running
from harness.sandbox.inference.hosting.running import Progress, TooSlow, progress_of, time_limit

SECONDS = 0.05
MUCH_LATER = 5.0  # seconds; far more than a limit, on any machine


def endless():
    while True:
        pass


def catching_everything():
    for _ in range(3):  # whoever catches it is stopped again
        with suppress(BaseException):
            endless()
    raise RuntimeError("it went on three times")


def sleeping():
    time.sleep(60.0)


def in_finally():
    try:
        endless()
    finally:
        sleeping()


@pytest.mark.parametrize("code", [endless, sleeping, in_finally])
def test_code_that_does_not_end_is_stopped(code, monkeypatch):
    monkeypatch.setattr(running, "WAITING_SECONDS", 4 * SECONDS)
    start = time.monotonic()
    with pytest.raises(TooSlow), time_limit(SECONDS):
        code()
    assert time.monotonic() - start < MUCH_LATER


def test_code_that_catches_everything_is_stopped_again_and_again():
    start = time.monotonic()
    with pytest.raises(RuntimeError, match="three times"), time_limit(SECONDS):
        catching_everything()
    assert time.monotonic() - start < MUCH_LATER


def test_code_that_catches_every_exception_does_not_catch_this():
    def code():
        try:
            endless()
        except Exception:
            return

    with pytest.raises(TooSlow), time_limit(SECONDS):
        code()


@pytest.mark.parametrize("end", ["returns", "raises"])
def test_the_limit_ends_with_the_block(end):
    with suppress(ValueError), time_limit(SECONDS):
        if end == "raises":
            raise ValueError("wrong")
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
    time.sleep(2 * SECONDS)  # nothing is raised


def progress_in(text, calls):
    """The progress of these calls in a file of this text, when they raise."""
    module = ModuleType("network")
    module.__file__ = "/folder/network.py"
    exec(compile(text, module.__file__, "exec"), vars(module))
    body = "\n".join(f"    {line}" for line in calls)
    exec(f"def drive(net):\n{body}", vars(module))
    try:
        vars(module)["drive"](vars(module)["net"])
    except BaseException as error:
        return progress_of(error, module, calls)
    raise AssertionError("nothing was raised")


CLASS = """
class Net:
    def early(self, x):
        raise ValueError("early")

    def late(self, x):
        a = x
        b = a
        raise ValueError(b)

    def inner(self, x):
        return self.late(x)

    def right(self, x):
        return x

def function(net, x):
    return net.late(x)

net = Net()
"""


def test_what_was_raised_is_said_with_the_call_and_the_line():
    found = progress_in(CLASS, ["output = net.right(1)", "returned = net.late(2)"])
    line = CLASS.splitlines().index("        raise ValueError(b)") + 1
    assert found.raised == f"net.late(2) raises ValueError: 2 (network.py, line {line})"
    assert (found.is_method, found.call) == (True, 2)


def test_what_came_further_is_greater():
    early, late = (progress_in(CLASS, [f"returned = net.{name}(1)"]) for name in ("early", "late"))
    second = progress_in(CLASS, ["output = net.right(1)", "returned = net.early(1)"])
    function = progress_in(CLASS, ["output = net.right(1)", "returned = function(net, 1)"])
    nothing = progress_in(CLASS, ["returned = net.missing(1)"])
    assert nothing == Progress()
    assert nothing < function < early < late < second


def test_a_wrong_argument_of_a_call_is_no_progress():
    """Nothing of the file has run then."""
    assert progress_in(CLASS, ["returned = net.late()"]) == Progress()


@given(
    st.lists(st.builds(Progress, st.booleans(), st.integers(0, 3), st.integers(0, 9), st.text(max_size=3)), min_size=1)
)
def test_the_message_has_no_part_in_the_order(some):
    furthest = max(some)
    assert all(one <= furthest for one in some)
    assert furthest == Progress(furthest.is_method, furthest.call, furthest.lines)


def test_an_error_whose_message_raises_is_said():
    text = "class Bad(Exception):\n    def __str__(self): raise ValueError\n"
    text += "class Net:\n    def train(self): raise Bad\nnet = Net()\n"
    assert "a message that raises ValueError" in progress_in(text, ["returned = net.train()"]).raised
