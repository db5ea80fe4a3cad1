"""Start a program once before it is asked for anything, to learn what it declares."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from harness.sandbox.pool import Pool
from harness.sandbox.processes.server import Server
from harness.sandbox.requests import Limits, Request, Submission
from harness.sandbox.sources.find import Implementation
from harness.sandbox.wire.messages import HELLO


def stages_of_check(implementation: Implementation, server: Server, limits: Limits) -> tuple[Implementation, ...]:
    """The ways to run a file that are checked one after the other, as long as they agree; a program is greeted."""
    if not implementation.command:
        return (implementation,)
    from harness.sandbox.sources.course import stages_of  # few files are exercises of a course

    return greeted(server, stages_of(implementation), limits)


def greeted(
    server: Server, implementations: Iterable[Implementation], limits: Limits, jobs: int = 1
) -> tuple[Implementation, ...]:
    """The implementations, each program with the scope that it declares; `jobs` programs are started at a time.

    One that does not start has its refusal.
    """
    submissions = {one: Submission.of(one, limits) for one in implementations}
    with Pool(server, jobs) as pool:
        for one, submission in submissions.items():
            if one.command:
                pool.add(submission, [Request(one, (HELLO,), {}, {HELLO: (HELLO,)}, 1)])
        for _ in pool.outcomes():
            pass
    return tuple(replace(one, declares=_scope(given), refusal=given.unusable) for one, given in submissions.items())


def _scope(submission: Submission) -> tuple[tuple[str, object], ...]:
    """The scope that it declares, as values that have a hash."""
    return tuple(
        (name, tuple(value) if isinstance(value, list) else value) for name, value in submission.scope_said.items()
    )
