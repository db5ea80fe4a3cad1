"""What the harness waits for: a program that answers early or slowly, and a compiler; and what it reports of it."""

from __future__ import annotations

import sys
import time

import pytest
from support.asking import GENEROUS, SECOND, Asked, answered

from harness.cases.case import make_case
from harness.cases.standard import gradient_cases
from harness.jobs.check.run import check_submission
from harness.sandbox.requests import Limits
from harness.sandbox.sources.find import implementation_at, implementation_of

# It refuses a network of one layer before it has read the bytes of its arrays, and then reads them. To others it
# answers zeros.
EARLY = """
import json, re, sys
def say(message, body=b""):
    sys.stdout.buffer.write(json.dumps(message).encode() + b"\\n" + body)
    sys.stdout.buffer.flush()
for line in sys.stdin.buffer:
    message = json.loads(line)
    layers, id = message.get("network", {}).get("layers", []), message.get("backprop")
    if len(layers) == 1: say({"id": id, "unsupported": "too few layers"})
    body = sys.stdin.buffer.read(sum(map(int, re.findall(rb'"bytes": (\\d+)', line))))
    if "hello" in message: say({"hello": 1, "offers": ["backprop"], "arrays": "bytes"})
    elif "echo" in message: say(message, body)
    elif len(layers) > 1:
        w, b = ([layer[name] for layer in layers] for name in "wb")
        say({"id": id, "w": w, "b": b}, bytes(sum(one["bytes"] for one in w + b)))
"""
# It gives the parameters as gradients, one part of each answer after the other.
SLOW = """
import json, os, subprocess, sys, time
{start}
def say(message, seconds=0):
    text = json.dumps(message) + "\\n"
    for i in range(8):
        sys.stdout.write(text[i * len(text) // 8:(i + 1) * len(text) // 8])
        sys.stdout.flush()
        time.sleep(seconds / 8)
for line in sys.stdin:
    message = json.loads(line)
    if "hello" in message: say({{"hello": 1, "offers": ["backprop"]}})
    elif "echo" in message: say(message)
    else:
        layers = message["network"]["layers"]
        say({{"id": message["backprop"], **{{name: [layer[name] for layer in layers] for name in "wb"}}}}, {seconds})
"""
TOTAL_SECONDS = 3.0


def program(folder, text):
    """A program in Python with this text."""
    path = folder / "program.py"
    path.write_text(text, encoding="utf-8")
    return implementation_of([sys.executable, "-S", str(path)])


def test_a_program_that_answers_before_it_has_read_all_is_sent_the_rest(server, tmp_path):
    large = make_case("random", (600, 200), "sigmoid", 5)  # more bytes than a pipe holds
    with Asked(server, program(tmp_path, EARLY), GENEROUS) as one:
        refusals = [answered(one, case).refusal for case in (large, SECOND, large, SECOND)]
    assert [one and one.detail for one in refusals] == ["too few layers", None] * 2


def test_the_limit_of_time_for_all_cases_holds_for_a_slow_program(server, tmp_path):
    slow, began = program(tmp_path, SLOW.format(start="", seconds=0.2)), time.monotonic()
    found = check_submission(server, slow, gradient_cases(), 1, limits=Limits(1.0, TOTAL_SECONDS))
    assert found.verdict == "failed"
    assert 0 < found.ran < len(found.outcomes)
    assert time.monotonic() - began < 1.8 * TOTAL_SECONDS  # in which it starts twice, too


def test_a_process_that_has_left_a_program_before_its_hello_is_a_note(server, tmp_path):
    start = "subprocess.Popen(['sh', '-c', 'sleep 60 & :']).wait()"
    with Asked(server, program(tmp_path, SLOW.format(start=start, seconds=0)), GENEROUS) as one:
        assert answered(one, SECOND).refusal is None
        assert one.submission.notes == (
            "A process that it started before its hello runs on its own; it is ended with the program.",
        )
    (tmp_path / "child").mkdir()
    start = "subprocess.Popen(['sleep', '60'])"
    with Asked(server, program(tmp_path / "child", SLOW.format(start=start, seconds=0)), GENEROUS) as one:
        assert answered(one, SECOND).refusal is None
        assert one.submission.notes == ()


def compiled(folder, monkeypatch, seconds):
    """A program in C, whose compiler takes so many seconds and makes a program that says nothing."""
    gcc = folder / "gcc"
    gcc.write_text(
        f'#!/bin/sh\ncase "$*" in\n*" -o "*) sleep {seconds};;\n*) exit;;\nesac\n'
        f'while [ "$1" != -o ]; do shift; done\nprintf \'#!/bin/sh\\nsleep 60\\n\' > "$2"; chmod +x "$2"\n',
        encoding="utf-8",
    )
    gcc.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder), prepend=":")
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
    (folder / "net.c").write_text("int main(void) { return 0; }\n", encoding="utf-8")
    return implementation_at(folder / "net.c")


@pytest.mark.parametrize(
    ("seconds", "message"),
    [
        (60, "at its start: compiling it took longer than 1 s"),
        (0.8, "at its start: no answer within 1 s; a program must read a line at a time, "),
    ],
)
def test_compiling_has_a_limit_of_its_own(tmp_path, monkeypatch, seconds, message):
    from harness.sandbox.processes.server import Server

    one = compiled(tmp_path, monkeypatch, seconds)
    with Server() as server, Asked(server, one, Limits(total=1.0)) as asked:
        began = time.monotonic()
        assert answered(asked, SECOND).refusal.detail.startswith(message)
        assert (time.monotonic() - began > 1.7) == (seconds < 1)
