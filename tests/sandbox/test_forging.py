"""Messages that an untrusted file writes into its channel fail its own case only."""

from __future__ import annotations

import psutil
import pytest
from support.asking import FIRST, RIGHT, SECOND, answered, misbehaving, submission

from harness.sandbox.requests import Limits

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
def test_a_forged_answer_fails_its_own_case_only(server, tmp_path, name):
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
        ("struct.pack('!IQ', 100, 100) + b'{'", "no answer within 1 s"),
        ("struct.pack('!IQ', 100, 3 * 2**30) + bytes(2**20)", "it sent a malformed message: a message of 3,221,"),
        ("bytes(range(1, 256)) * 2**12", "it sent a malformed message: a message of"),
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
