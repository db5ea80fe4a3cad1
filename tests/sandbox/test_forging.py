"""Messages that an untrusted file writes into its channel fail its own case only."""

from __future__ import annotations

import psutil
import pytest
from support.asking import FIRST, RIGHT, SECOND, answered, misbehaving, submission

from harness.sandbox.requests import Limits

TWO = {"shape": [2], "dtype": "float64", "bytes": 16}
FORGED = {
    "verdict": {"refusal": ["agrees", "", "", ""]},
    "kind": {"refusal": ["failed", "x", "no such kind", ""]},
    "nothing": {},
    "names": {"arrays": {"q": [TWO]}},
    "layers": {"arrays": {"w": [TWO] * 9}},
    "seconds": {"seconds": 10**400},
    "changed": {"changed": {"a": [1]}},
    "exact numbers": {"arrays": {"w": [{"shape": [1], "exact": ["1/1"]}], "b": [{"shape": [1], "exact": ["1/1"]}]}},
    "a number without end": {"arrays": {"w": [{"shape": [1], "exact": ["f" * 10**6 + "/3"]}]}},
    "no number": {"arrays": {"w": [{"shape": [1], "exact": ["1/0"]}]}},
    "another's": {"id": "00", "refusal": ["failed", "said by another", "", ""]},
    "an array as id": {"id": TWO},
    "another function's": {"function": "step", "refusal": ["failed", "x", "", ""]},
}
# The file finds its channel, and in the frames of its caller which answer is waited for.
FORGE = """
import json
def asked():
    frame = sys._getframe()
    while "functions" not in frame.f_locals.get("message", ()): frame = frame.f_back
    return frame.f_locals["message"]["id"]
def send(message):
    for fd in range(3, 20):
        if os.path.exists(f"/proc/self/fd/{fd}") and "socket" in os.readlink(f"/proc/self/fd/{fd}"):
            os.write(fd, message)
def forge(**changes):
    message = {"id": asked(), "function": "backprop", "arrays": {}, "again": {}, "changed": [], "seconds": 0,
               "stale": False, "refusal": None} | changes
    text = json.dumps(message)
    send(text.encode() + b"\\n" + bytes(16 * text.count("bytes")))
"""


@pytest.mark.parametrize("name", FORGED)
def test_a_forged_answer_fails_its_own_case_only(server, tmp_path, name):
    text = FORGE + misbehaving(f"inf = float('inf'); forge(**{FORGED[name]!r}); return right(n, x, t)")
    with submission(server, tmp_path, text) as one:
        refusal = answered(one, FIRST).refusal
        after = [answered(one, SECOND) for _ in range(3)]
    assert (refusal.verdict, refusal.kind) == ("failed", "crash")
    assert refusal.detail.startswith("it sent a malformed message: ")
    assert all(answer.refusal is None for answer in after)


def test_an_array_in_place_of_an_answer_fails_its_own_case_only(server, tmp_path):
    text = FORGE + misbehaving(f"send(json.dumps({TWO!r}).encode() + b'\\n' + bytes(16)); return right(n, x, t)")
    with submission(server, tmp_path, text) as one:
        assert answered(one, FIRST).refusal.detail == "it sent a malformed message: an array, expected an object"
        assert answered(one, SECOND).refusal is None


def test_a_forged_answer_without_a_layer_is_a_failure(server, tmp_path):
    arrays = {"w": [TWO], "b": [TWO]}
    text = FORGE + f"{RIGHT}\ndef backprop(n, x, t):\n    forge(arrays={arrays!r}); return right(n, x, t)\n"
    with submission(server, tmp_path, text) as one:
        assert answered(one, SECOND).refusal.kind == "crash"


def test_an_answer_sent_in_advance_fails_no_other_case(server, tmp_path):
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
        ("b'{'", "no answer within 1 s"),
        (
            """b'{"x": {"shape": [1], "bytes": %d}}\\n' % (3 * 2**30) + bytes(2**20)""",
            "it sent a malformed message: a message with 3,221,225,472 bytes of numbers",
        ),
        ("bytes(range(1, 256)) * 2**12", "it sent a malformed message: no JSON"),
    ],
)
def test_time_and_memory_are_limited_while_a_message_is_read(server, tmp_path, message, said):
    """What is announced is not believed, and what does not end is not waited for."""
    text = FORGE + misbehaving(f"send({message}); time.sleep(600)")
    before = psutil.Process().memory_info().rss
    with submission(server, tmp_path, text, Limits(seconds=1.0, total=60.0)) as one:
        assert answered(one, FIRST).refusal.detail.startswith(said)
        assert answered(one, SECOND).refusal is None
    assert psutil.Process().memory_info().rss - before < 2**28
