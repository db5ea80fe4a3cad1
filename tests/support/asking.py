"""Requests to a file that misbehaves on one case and is right on another."""

from __future__ import annotations

import os
from dataclasses import replace

import psutil
import pytest
from support.commands import until
from support.running import RIGHT as BODY

from harness.cases.case import make_case
from harness.judging.conventions import DEFAULT_CONVENTION
from harness.judging.judge import CaseTruth, Trial, judge_case
from harness.sandbox.pool import Pool
from harness.sandbox.processes.walls import problem, walls_for
from harness.sandbox.requests import Limits, Submission, contract_request
from harness.sandbox.sources.find import Implementation, implementation_at

FIRST = make_case("random", (3, 2), "sigmoid", 5)  # here the files misbehave
SECOND = make_case("random", (3, 4, 2), "sigmoid", 5)  # and here they do not
RIGHT = f"import os, sys, time, random, subprocess\n{BODY}"
MEBIBYTE = 2**20
NEEDS_WALLS = pytest.mark.skipif(bool(problem()), reason=f"there are no walls here: {problem()}")
GENEROUS = Limits(seconds=60.0, total=120.0, memory=2**29)  # nothing that should answer meets them, on any machine


class Asked:
    """A file, or a program, that is asked about one case after the other."""

    def __init__(self, server, implementation, limits):
        self.pool, self.submission = Pool(server, 1), Submission.of(implementation, limits)
        self.output = self.submission.output

    def __enter__(self):
        return self

    def __exit__(self, *arguments):
        self.pool.__exit__(*arguments)

    def answers(self, functions, inputs, learning_rate):
        self.pool.add(self.submission, [contract_request(None, functions, inputs, learning_rate)])
        [request] = self.pool.outcomes()
        return request.answers


def submission(server, folder, text, limits=GENEROUS):
    """A file of this text, to be asked."""
    path = folder / "submission.py"
    path.write_text(text, encoding="utf-8")
    return Asked(server, Implementation("submission", path), limits)


def misbehaving(body):
    """The text of a file that does this on the first case, and is right on the second."""
    return f"{RIGHT}\ndef backprop(n, x, t):\n    if len(n.layers) > 1: return right(n, x, t)\n    {body}\n"


def answered(one, case):
    """What backprop answers on a case."""
    return one.answers(("backprop",), case.build(1), case.learning_rate)["backprop"]


def judged(one, case):
    """What backprop gives on a case, against the truth."""
    inputs = case.build(1)
    answers = one.answers(("backprop",), inputs, case.learning_rate)
    return judge_case(Trial(CaseTruth.of(case, inputs), answers), DEFAULT_CONVENTION)


def small_walls(**limits):
    """Walls that hide what the commands hide, and where a limit is reached soon."""
    return replace(walls_for("on"), **{"size": 8 * MEBIBYTE, "processes": 40} | limits)


def written(folder, name, text):
    """A file of this text in a folder, which it may create."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def asked(server, path, limits=GENEROUS):
    """A file, or a program, to be asked."""
    return Asked(server, implementation_at(path), limits)


def inside(server):
    """The processes of a server's workers: all below its guardian but the fork server."""
    try:
        return [one for one in psutil.Process(server.pid).children(recursive=True) if one.ppid() != server.pid]
    except psutil.NoSuchProcess:
        return []


def is_clean(server):
    """Whether no worker, none of its processes and no folder is left."""
    return not inside(server) and not os.listdir(server.home)


def assert_clean(server):
    """Wait for that."""
    until(lambda: is_clean(server))
