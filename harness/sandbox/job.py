"""A worker at work on the requests of one implementation: what it sends is read as answers, and whatever else happens
to it is an answer with a reason."""

from __future__ import annotations

import math
import time
from collections import deque

from harness.sandbox.answers import Answer, Refusal, failed
from harness.sandbox.messages import BadMessage, Message, read_answer, read_loading
from harness.sandbox.processes.server import Server
from harness.sandbox.requests import LATE, ROOM, Request, Submission
from harness.sandbox.worker import Worker

LOADING = 30.0  # seconds that a file may take to be imported, as to load PyTorch on a busy machine
MAX_QUEUED = 16  # requests that a worker has before it
QUEUED_BYTES = 2**16


class Job:
    """`requests` are those before the worker, the first of which it is at since `_begun`; `is_over` says that the
    worker is no more, and what is still there must be done by another."""

    def __init__(self, server: Server, submission: Submission) -> None:
        self.submission, self.requests, self.is_over = submission, deque[Request](), False
        self._server, self._is_loaded, self._begun, self._last = server, False, time.monotonic(), ""
        memory = submission.limits.memory
        self.worker = Worker(server, submission.side, str(submission.target), memory, submission.output)

    @property
    def has_room(self) -> bool:
        """Whether another request may be sent ahead, so that it need not be waited for."""
        size = sum(request.size for request in self.requests)
        return not self.requests or (len(self.requests) < MAX_QUEUED and size < QUEUED_BYTES)

    @property
    def deadline(self) -> float:
        """When the request that it is at has run out of time."""
        if not self.requests:
            return math.inf
        submission = self.submission
        left = submission.left(self.requests[0])
        return self._begun + (left if self._is_loaded else min(LOADING, submission.limits.total - submission.spent))

    def send(self, request: Request) -> None:
        """Give it a request."""
        if not self.requests:
            self._begun = time.monotonic()
        self.requests.append(request)
        self.worker.send(request.packed())

    def hear(self, arrival: float) -> list[Request]:
        """Read what has come, at this time at the earliest; the requests that are through."""
        done: list[Request] = []
        self.worker.write()
        try:
            for message in self.worker.messages(max((request.longest for request in self.requests), default=ROOM)):
                self._take(message, arrival, done)
                if self.is_over:
                    return done
        except BadMessage as error:
            return [*done, *self._fail("crash", f"it sent a malformed message: {error}")]
        return [*done, *self._fail()] if self.worker.is_closed else done

    def look_at_clock(self) -> list[Request]:
        """End it where it has run out of time; the requests that are through."""
        if time.monotonic() < self.deadline:
            return []
        submission = self.submission
        limit, rest = submission.limits.seconds, submission.limits.total - submission.spent
        if not self._is_loaded:
            said = f"{min(LOADING, rest):g} s"
        elif rest < limit - self.requests[0].spent:
            said = f"the {submission.limits.total:g} s for all cases"
        else:
            said = f"{limit:g} s"
            submission.count(LATE)
        return self._fail("timeout", f"no answer within {said}")

    def end(self) -> None:
        """End the worker, which is not to blame."""
        self.is_over = True
        self.worker.end()

    def _take(self, message: Message, arrival: float, done: list[Request]) -> None:
        """One message: that it is loaded, or the answer of a function. Raises BadMessage."""
        if not self.requests:
            raise BadMessage("nothing was asked")
        submission, request = self.submission, self.requests[0]
        now = time.monotonic()
        spent, elapsed, self._begun = max(0.0, arrival - self._begun), now - self._begun, now
        if not self._is_loaded:
            declared, seconds = read_loading(message)
            if submission.was_loaded:  # the first time is not on the clock of its cases
                submission.spent += spent
            self._is_loaded = submission.was_loaded = True
            if isinstance(declared, Refusal):
                submission.unusable = declared
                self.end()
            else:
                submission.declared = declared
                submission.loading += min(seconds, elapsed)
            return
        function = request.waiting[0]
        if message[0].get("id") == self._last:  # of the request before: that is to blame, and was answered
            self.end()
            return
        if (message[0].get("id"), message[0].get("function")) != (request.id, function):
            raise BadMessage("an answer to what was not asked")
        names, exact = request.names[function], function == "exact"
        answer = read_answer(message, names, request.layers, exact=exact, elapsed=elapsed)
        done += self._answer(function, answer, spent)
        if answer.is_stale:
            self.end()

    def _answer(self, function: str, answer: Answer, spent: float) -> list[Request]:
        """Note what the first request has got; it, where it is through."""
        request = self.requests[0]
        request.answers[function] = answer
        request.spent += spent
        self.submission.spent += spent
        if request.waiting:
            return []
        self._last = request.id
        return [self.requests.popleft()]

    def _fail(self, kind: str = "", detail: str = "") -> list[Request]:
        """End the worker; what it was at has failed, for this reason or for how its process ended."""
        how, words = self.worker.end()
        if self._server.is_lost:  # then it is not known who is to blame
            return []
        self.is_over = True
        if how == "memory" or not kind:
            kind, detail = how, words
        if not self.requests:
            return []
        if not self._is_loaded:
            self.submission.unusable = Refusal("failed", f"while it was imported: {detail}", "import")
            return []
        return self._answer(self.requests[0].waiting[0], failed(detail, kind), time.monotonic() - self._begun)
