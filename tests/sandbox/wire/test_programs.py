"""Programs that break the protocol: each costs its own cases, with the reason, and leaves no process."""

from __future__ import annotations

import sys
import time

import numpy as np
import psutil
import pytest
from support.asking import FIRST, SECOND, Asked, answered, judged
from support.commands import PATIENCE, is_running, until

from harness.model.errors import UnusableInput
from harness.sandbox.host.command import few_digits
from harness.sandbox.requests import Limits
from harness.sandbox.sources.find import implementation_at, implementation_of
from harness.sandbox.sources.toolchains import language_named

# It answers with the parameters in place of the gradients: their shapes are right. On a network of one layer it
# misbehaves.
PROGRAM = """
import json, os, signal, sys, time
def say(message, end="\\n"):
    sys.stdout.write((message if isinstance(message, str) else json.dumps(message)) + end)
    sys.stdout.flush()
def one(data, **more): return {{"shape": [2], "dtype": "float64", **more, "data": data}}
open({pids!r}, "a").write(f"{{os.getpid()}}\\n")
hello, echoes = {{"hello": 1, "offers": ["backprop"]}}, 0
{start}
for line in sys.stdin:
    message = json.loads(line)
    if "hello" in message: say(hello)
    elif "echo" in message:
        {echo}
        echoes += 1
        say(message)
    else:
        layers, id = message["network"]["layers"], message["backprop"]
        answer = {{"id": id, "w": [layer["w"] for layer in layers], "b": [layer["b"] for layer in layers]}}
        if len(layers) == 1:
            {answer}
        say(answer)
{end}
"""
QUICK = Limits(seconds=1.0, total=60.0, memory=2**29)
# What a program does on the first case, and the reason that is reported.
ANSWERS = {
    "prints words": ("say('epoch 1')", 'it sent no JSON: "epoch 1" (Expecting value: line 1 column 1 (char 0)); words'),
    "two answers": ("say(answer)", "it answered with the id "),
    "half a line, then silence": (
        "say('half', ''); time.sleep(60)",
        'no answer within 1 s; unfinished line: "half"; a program must',
    ),
    "half a line, then the end": ("say('{\"id\": ', ''); sys.exit()", 'exit code 0; last output: unfinished line: "{'),
    "100 MB on one line": ("for _ in range(100): say('9' * 10**6, '')", "it sent a line of more than 67,"),
    "wrong id": ("answer['id'] = 'other'", "it answered with the id other, expected "),
    "no id": ("del answer['id']", "it answered with the id None, expected "),
    "shape and data differ": ("answer['b'][0] = one([1])", "it sent b of layer 1: 1 numbers for the shape [2]"),
    "nan in other words": (
        "answer['b'][0] = one(['nan', 1])",
        'it sent b of layer 1: data holds "nan", expected a number',
    ),
    "null for NaN": ("answer['b'][0] = one([None, 1])", "it sent b of layer 1: data holds null, expected a number"),
    "bare NaN": ("answer['b'][0] = one([float('nan'), 1])", "it sent NaN is no number in JSON, expected the string"),
    "an array as id": ("answer['id'] = one([1, 2])", "it answered with the id [1. 2.], expected "),
    "an array alone": ("answer = one([1, 2])", "it sent [1. 2.] alone, expected a message with its members"),
    "a missing array": ("del answer['w']", "backprop returned "),
    "bytes are missing": (
        "answer['b'][0] = {'shape': [2], 'bytes': 16}; say(answer); say('half', ''); time.sleep(60)",
        "no answer within 1 s; 4 of 16 bytes of numbers came; a program must",
    ),
    "all bytes are missing": (
        "answer['b'][0] = {'shape': [2], 'bytes': 16}",
        "no answer within 1 s; 0 of 16 bytes of numbers came; a program must",
    ),
    "never answers": ("time.sleep(60)", "no answer within 1 s"),
    "exits in the middle": ("print('no more', file=sys.stderr); os._exit(3)", "exit code 3; last output: no more"),
    "is killed": ("os.kill(os.getpid(), signal.SIGSEGV)", "the process ended: killed by SIGSEGV"),
    "closes its output": ("os.close(1); time.sleep(60)", "no answer within 1 s; its standard output is closed"),
    "ends, while its fork holds its output open": (
        "os.fork() or time.sleep(60); print('no more', file=sys.stderr); os._exit(3)",
        "the process ended: exit code 3; last output: no more",
    ),
    "says what failed": ("answer = {'id': id, 'error': 'no\\nmore'}", "no more"),
    "leaves a file": ("open('left', 'w').close()", "it left files behind: left"),
    "a huge child": (
        "os.fork() or (b'x' * (5 * 2**27), time.sleep(60)); time.sleep(60)",
        "it uses more than 0.5 GiB of resident memory",
    ),
    "forks": ("os.fork() or time.sleep(60)", "it left a process running"),
    "ignores the end of its input and SIGTERM": (
        "signal.signal(signal.SIGTERM, signal.SIG_IGN); os.fork() or time.sleep(60); os._exit(1)",
        "the process ended: exit code 1",
    ),
}
# What it does before its hello, or in the echo, and the reason why no case runs.
STARTS = {
    "prints before the hello": ({"start": "say('Welcome')"}, 'it sent no JSON: "Welcome"'),
    "another version": ({"start": "hello['hello'] = 2"}, "its first line is no hello: expected "),
    "ends at once": ({"start": "sys.exit('no such module')"}, "exit code 1; last output: no such module"),
    "six digits": (
        {"echo": "message['echo']['data'] = [float(f'{float(n):.6g}') for n in message['echo']['data']]"},
        "it prints 6 significant digits: 0.3333333333333333 came back as 0.333333; print 17",
    ),
    "an array as version": ({"start": "hello['hello'] = one([1, 2])"}, "its first line is no hello: expected "),
    "an array as hello": ({"start": "hello = one([1, 2])"}, "it sent [1. 2.] alone, expected a message with"),
    "an array as form": ({"start": "hello['arrays'] = one([1, 2])"}, "its hello asks for arrays as [1. 2.], expected"),
    "an array as offer": ({"start": "hello['offers'] = [one([1, 2])]"}, "its hello offers [array([1., 2.])], expected"),
    "an array as dtype": (
        {"start": "hello['declares'] = {'DTYPE': one([1, 2])}"},
        "its hello declares DTYPE = [1. 2.], expected text, a number, true, false, null, or a list or object of text",
    ),
    "lists in a list": (
        {"start": "hello['declares'] = {'COST': [['cross_entropy']]}"},
        "its hello declares COST = [['cross_entropy']], expected text, a number, ",
    ),
    "an unknown declaration": ({"start": "hello['declares'] = {'HALVES': 1}"}, "its hello declares HALVES, expected"),
}


def asked(server, folder, **parts):
    """A program with these parts, to be asked; and the file with the numbers of its processes."""
    path, pids = folder / "program.py", folder / "pids"
    blank = {"start": "", "echo": "", "answer": "pass", "end": "", "pids": str(pids)}
    path.write_text(PROGRAM.format(**blank | parts), encoding="utf-8")
    return Asked(server, implementation_of([sys.executable, "-S", str(path)]), QUICK), pids


def all_have_ended(pids):
    """Whether no process of the program's sessions runs: of those that have said their number, or are below ours."""
    mine = {process.pid for process in psutil.process_iter(["cmdline"]) if str(pids.parent) in str(process.info)}
    return not any(map(is_running, {*pids.read_text(encoding="utf-8").split(), *mine}))


@pytest.mark.parametrize("name", ANSWERS)
def test_what_a_program_answers_costs_its_own_case(server, tmp_path, name):
    body, reason = ANSWERS[name]
    one, pids = asked(server, tmp_path, answer=body)
    with one:
        refusal = answered(one, FIRST).refusal
        assert refusal.verdict == "failed"
        assert reason in refusal.detail
        assert "\n" not in refusal.detail
        assert answered(one, SECOND).refusal is None
    until(lambda: all_have_ended(pids))


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("answer['w'][0] = one([1, 2])", "w of layer 1 has shape (2,), expected (2, 3)"),
        ("answer['b'][0] = one(['NaN', 1])", "b of layer 1 holds nan at [0]"),
    ],
)
def test_arrays_that_cannot_be_judged_cost_their_own_case(server, tmp_path, body, reason):
    one, pids = asked(server, tmp_path, answer=body)
    with one:
        assert judged(one, FIRST).refusals["backprop"].detail == reason
        assert "backprop" not in judged(one, SECOND).refusals
    until(lambda: all_have_ended(pids))


@pytest.mark.parametrize("name", STARTS)
def test_a_program_that_starts_badly_fails_every_case(server, tmp_path, name):
    parts, reason = STARTS[name]
    one, pids = asked(server, tmp_path, **parts)
    with one:
        for case in (FIRST, SECOND):
            assert reason in answered(one, case).refusal.detail
    assert len(pids.read_text().split()) == 1  # it is not started again
    until(lambda: all_have_ended(pids))


@pytest.mark.parametrize(
    ("echo", "note"),
    [
        (
            "message['echo']['data'] = [0 if n == '-0' else n for n in message['echo']['data']]",
            "It writes -0.0 as 0.0.",
        ),
        (
            "message['echo']['data'] = [None if n == 'NaN' else n for n in message['echo']['data']]",
            "Special numbers in its echo: data holds null, expected a number",
        ),
    ],
)
def test_special_numbers_that_come_back_otherwise_are_a_note(server, tmp_path, echo, note):
    one, _ = asked(server, tmp_path, echo=echo)
    with one:
        assert answered(one, SECOND).refusal is None
        assert [said[: len(note)] for said in one.submission.notes] == [note]


def test_after_the_end_of_the_input_a_program_is_ended(server, tmp_path):
    start = "signal.signal(signal.SIGTERM, signal.SIG_IGN)"
    one, pids = asked(server, tmp_path, start=start, end="time.sleep(60)")
    with one:
        assert answered(one, SECOND).refusal is None
        began = time.monotonic()
    until(lambda: all_have_ended(pids))
    assert time.monotonic() - began < PATIENCE / 4


def test_a_file_that_is_not_executable_is_no_program(tmp_path):
    path = tmp_path / "program"
    path.write_text("#!/bin/sh\n", encoding="utf-8")
    with pytest.raises(
        UnusableInput, match="expected a program after --, found a file that cannot be run; name what runs it, too"
    ):
        implementation_of([str(path)])
    path.chmod(0o755)
    assert implementation_of([str(path)]).command == ("", str(path))


def test_a_program_that_no_system_can_run_fails_every_case(server, tmp_path):
    path = tmp_path / "program"
    path.write_bytes(b"\0\1\2")
    path.chmod(0o755)
    with Asked(server, implementation_of([str(path)]), QUICK) as one:
        assert answered(one, FIRST).refusal.detail == f"{path} cannot be started: Exec format error"


@pytest.mark.skipif(bool(language_named("C").missing), reason="gcc is not here")
def test_the_errors_of_a_compiler_are_the_reason(server, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    path = tmp_path / "program.c"
    path.write_text("int main(void) { return missing; }\n", encoding="utf-8")
    with Asked(server, implementation_at(path), QUICK) as one:
        detail = answered(one, FIRST).refusal.detail
    assert "gcc does not compile it: program.c:1:25: error: 'missing' undeclared" in detail.replace("‘", "'").replace(
        "’", "'"
    )


def test_without_its_toolchain_a_language_is_unsupported(tmp_path, monkeypatch):
    from harness.sandbox.processes.server import Server

    monkeypatch.setenv("PATH", str(tmp_path))
    path = tmp_path / "program.c"
    path.write_text("int main(void) { return 0; }\n", encoding="utf-8")
    with Server() as server, Asked(server, implementation_at(path), QUICK) as one:
        refusal = answered(one, FIRST).refusal
    assert (refusal.verdict, refusal.detail) == ("unsupported", "C needs gcc, which is not here: apt install gcc")


def test_few_digits_are_seen_in_computed_numbers_and_in_no_others():
    numbers = np.random.default_rng(1).standard_normal((5, 5)) / 3
    rounded = np.array([[float(f"{x:.6g}") for x in row] for row in numbers])
    assert few_digits({"w": [rounded]}) == 6
    assert few_digits({"w": [numbers]}) == 0
    assert few_digits({"w": [numbers, rounded]}) == 0
    assert few_digits({"w": [rounded[:3]]}) == 0  # too few numbers to tell
    assert few_digits({"w": [np.arange(100) / 64]}) == 0  # exact binary fractions
    assert few_digits({"w": [numbers.astype(np.float32).astype(float)]}) == 0
    assert few_digits({"w": [np.full((5, 5), np.nan)], "b": 3}) == 0
    assert few_digits({"w": [np.arange(1, 99) * 5e-324]}) == 0  # subnormal numbers


def test_parameters_that_a_step_leaves_have_the_digits_that_they_had():
    weights = np.arange(1, 31).reshape(5, 6) / 100
    rounded = np.array([[float(f"{x:.6g}") for x in row] for row in weights / 7])
    assert few_digits({"w": [weights]}, [weights]) == 0
    assert few_digits({"w": [-weights]}, [weights]) == 0
    assert few_digits({"w": [weights, rounded]}, [weights]) == 6
