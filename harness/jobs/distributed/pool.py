"""A pool whose submissions run in the workers of a cluster. Their answers are judged where the pool is."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

from harness.jobs.distributed.here import Lost, here, server_here
from harness.jobs.distributed.luggage import Luggage, Places
from harness.sandbox.answers import Answer, Refusal
from harness.sandbox.pool import DEADLINE_CHECK_SECONDS, Pool
from harness.sandbox.processes import folders
from harness.sandbox.requests import Request, Submission, TimeUsed
from harness.sandbox.worker import MAX_KEPT_OUTPUT, Output

# What is learned of a submission while it runs; the rest is known before, or is shared with others.
LEARNED = ("declared", "scope_said", "language_said", "notes", "loading", "faults", "was_loaded", "unusable")


@dataclass(frozen=True, eq=False)
class FarRequests:
    """Requests to a submission, with all that is known of it; `name` is that of the run and the submission."""

    name: str
    submission: Submission
    requests: Sequence[Request]


@dataclass(frozen=True, eq=False)
class FarAnswers:
    """The requests in the order in which they were answered: their numbers in what was asked, answers and seconds; what
    was learned, what was printed and the seconds used."""

    requests: Sequence[tuple[int, Mapping[str, Answer], float]]
    learned: Mapping[str, Any]
    output: Output
    used: TimeUsed


class Tasks(Protocol):
    """See harness.jobs.distributed.sending.Sending."""

    @property
    def open(self) -> int: ...
    @property
    def room(self) -> int: ...
    def send(self, key: str, task: Any, *, to: str = "") -> object: ...
    def take(self, seconds: float) -> Sequence[tuple[str, Any, str]]: ...


class FarPool(Pool):
    """A pool that sends to workers elsewhere, all requests that wait for a submission at a time, to one worker as long
    as it lives."""

    def __init__(
        self,
        sending: Callable[[Callable[[Luggage, FarRequests], FarAnswers], Luggage], AbstractContextManager[Tasks]],
        luggage: Luggage,
    ) -> None:
        self._sending, self._luggage = sending, luggage
        self._run, self._open = os.urandom(8).hex(), ExitStack()
        self._waiting: dict[Submission, None] = {}  # in order of arrival
        self._asked: dict[str, tuple[Submission, list[Request]]] = {}
        self._names: dict[Submission, str] = {}
        self._workers: dict[Submission, str] = {}  # where they have run before

    def __enter__(self) -> FarPool:
        self._tasks = self._open.enter_context(self._sending(run_there, self._luggage))
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def add(self, submission: Submission, requests: Sequence[Request]) -> None:
        """Queue requests for a submission."""
        submission.queue.extend(requests)
        self._waiting[submission] = None

    def outcomes(self) -> Iterator[Request]:
        """Yield each request when all of its functions are answered, until no request is left."""
        while self._waiting or self._asked:
            yield from self.poll(DEADLINE_CHECK_SECONDS)

    def poll(self, seconds: float = 0.0) -> list[Request]:
        """Send what waits, and wait for `seconds` at most; the requests that are now answered."""
        busy = {submission for submission, _ in self._asked.values()}
        for submission in [one for one in self._waiting if one not in busy][: max(0, self._tasks.room)]:
            self._ask(submission)
        return [request for done in self._tasks.take(seconds) for request in self._answered(*done)]

    def _ask(self, submission: Submission) -> None:
        del self._waiting[submission]
        name = self._names.setdefault(submission, f"{self._run} {len(self._names)}")
        requests = [*submission.queue]
        submission.queue.clear()
        self._asked[name] = submission, requests
        sent = [replace(request, key=number) for number, request in enumerate(requests)]
        asked = FarRequests(name, replace(submission, output=Output(), queue=deque()), sent)
        self._tasks.send(name, asked, to=self._workers.get(submission, ""))

    def _answered(self, name: str, result: FarAnswers | Lost, worker: str) -> list[Request]:
        """The requests, with their answers; and the submission knows what was learned of it."""
        submission, requests = self._asked.pop(name)
        if isinstance(result, Lost):
            for request in requests:
                request.refuse(Refusal("failed", result.reason, "crash"))
            return requests
        self._workers[submission] = worker
        for field, value in result.learned.items():
            setattr(submission, field, value)
        submission.used.seconds += result.used.seconds
        submission.used.is_counted |= result.used.is_counted
        output = submission.output
        output.kept += result.output.kept[: MAX_KEPT_OUTPUT - len(output.kept)]
        output.bytes += result.output.bytes
        done = []
        for number, answers, spent in result.requests:
            request = requests[number]
            request.answers, request.spent = dict(answers), spent
            done.append(request)
        return done


class _Running:
    """What this process runs: the submissions that it has run before stay in their processes."""

    def __init__(self, walls: str) -> None:
        self._open, self._walls = ExitStack(), walls
        self._submissions: dict[str, Submission] = {}
        self._places: dict[str, Places] = {}  # by run

    def __enter__(self) -> _Running:
        self._pool = self._open.enter_context(Pool(server_here(self._walls), 1))
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def places(self, run: str, luggage: Luggage) -> Places:
        """Where the files of a run are, which are unpacked once."""
        if run not in self._places and luggage.folders:
            folder, lock = folders.make_run_folder()
            self._open.callback(folders.remove_tree, folder)
            self._open.callback(os.close, lock)
            self._places[run] = luggage.unpacked(Path(folder))
        return self._places.get(run, Places())

    def run(self, asked: FarRequests, places: Places) -> FarAnswers:
        """Answer the requests in the process that has answered earlier ones of the submission, if it is here."""
        submission = self._submissions.setdefault(asked.name, asked.submission)
        submission.target = tuple(map(places.there, asked.submission.target))
        for field in LEARNED:
            setattr(submission, field, getattr(asked.submission, field))
        before = asked.submission.used.seconds
        submission.used = TimeUsed(before, asked.submission.used.is_counted)
        submission.output.kept, submission.output.bytes = b"", 0
        self._pool.add(submission, asked.requests)
        found = [
            (one.key, {name: _seen_from_there(answer, places) for name, answer in one.answers.items()}, one.spent)
            for one in self._pool.outcomes()
        ]
        learned = {field: getattr(submission, field) for field in LEARNED}
        if submission.unusable is not None:
            learned["unusable"] = _said_there(submission.unusable, places)
        used = TimeUsed(submission.used.seconds - before, submission.used.is_counted)
        return FarAnswers(found, learned, submission.output, used)


def run_there(luggage: Luggage, asked: FarRequests) -> FarAnswers:
    """Run what is asked in this process, in the sandbox."""
    running = here(_Running, luggage.walls)
    return running.run(asked, running.places(asked.name.partition(" ")[0], luggage))


def _seen_from_there(answer: Answer, places: Places) -> Answer:
    return answer if answer.refusal is None else replace(answer, refusal=_said_there(answer.refusal, places))


def _said_there(refusal: Refusal, places: Places) -> Refusal:
    return replace(refusal, detail=places.back(refusal.detail), traceback=places.back(refusal.traceback))
