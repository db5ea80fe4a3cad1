"""A worker and the requests that were sent to it.

What the worker sends is read as answers; if it crashes, hangs or breaks the protocol, that becomes a failed answer.
"""

from __future__ import annotations

import math
import time
from collections import deque

from harness.sandbox.answers import Answer, Refusal, failed
from harness.sandbox.host.progress import COMPILED, COMPILING
from harness.sandbox.processes.server import Server
from harness.sandbox.requests import COMMAND_HOST, SPARE_BYTES, TIMED_OUT, Request, Submission
from harness.sandbox.wire.lines import BadMessage, Message
from harness.sandbox.wire.messages import read_answer, read_loading
from harness.sandbox.worker import Worker

IMPORT_SECONDS = 30.0  # time limit of importing a file; PyTorch takes seconds on a busy machine
COMPILE_SECONDS = 60.0  # time limit of compiling a program, which is not in the time of its start
MAX_QUEUED = 16  # requests that are sent to a worker ahead of its answers
MAX_QUEUED_BYTES = 2**16  # and the bytes of their arrays


class Job:
    """A worker of one submission and its open `requests`; the worker computes the first one.

    `is_over` says that the worker has ended; another worker must answer the remaining requests.
    """

    def __init__(self, server: Server, submission: Submission) -> None:
        self.submission, self.requests, self.is_over = submission, deque[Request](), False
        self._server, self._is_loaded, self._begun, self._last = server, False, time.monotonic(), ""
        self._compiling_since, self._compiled = math.inf, 0.0
        self._came = ""  # of an answer that is not complete
        memory = submission.limits.memory
        self.worker = Worker(server, submission.host, submission.target, memory, submission.output)

    @property
    def has_room(self) -> bool:
        """Whether another request may be sent ahead, so that the worker never waits for one."""
        size = sum(request.size for request in self.requests)
        return not self.requests or (len(self.requests) < MAX_QUEUED and size < MAX_QUEUED_BYTES)

    @property
    def deadline(self) -> float:
        """The time, by time.monotonic(), when the current request times out; infinite if there is none."""
        if not self.requests:
            return math.inf
        submission = self.submission
        if self._is_loaded:
            return self._begun + submission.left(self.requests[0])
        if self._is_compiling:
            return self._compiling_since + min(COMPILE_SECONDS, submission.rest)
        return self._begun + self._compiled + min(IMPORT_SECONDS, submission.rest)

    @property
    def _is_compiling(self) -> bool:
        return self._compiling_since < math.inf

    def send(self, request: Request) -> None:
        """Send it a request."""
        if not self.requests:
            self._begun = time.monotonic()
        self.requests.append(request)
        self.worker.send(request.packed())

    def read(self, arrival: float) -> list[Request]:
        """Read what has arrived, at time `arrival` at the earliest; the requests that are now answered."""
        done: list[Request] = []
        self.worker.write()
        try:
            for message in self.worker.messages(
                max((request.longest for request in self.requests), default=SPARE_BYTES)
            ):
                self._accept(message, arrival, done)
                if self.is_over:
                    return done
        except BadMessage as error:
            return [*done, *self._fail("crash", f"it sent a malformed message: {error}")]
        return [*done, *self._fail()] if self.worker.is_closed else done

    def enforce_deadline(self) -> list[Request]:
        """End the worker if its current request has timed out; the requests that are now answered."""
        if time.monotonic() < self.deadline:
            return []
        submission = self.submission
        limit, rest = submission.limits.seconds, submission.rest
        if self._is_compiling:
            return self._fail("timeout", f"compiling it took longer than {min(COMPILE_SECONDS, rest):g} s")
        if not self._is_loaded:
            allowed = f"{min(IMPORT_SECONDS, rest):g} s"
        elif rest < limit - self.requests[0].spent:
            allowed = f"the {submission.limits.total:g} s for all cases"
        else:
            allowed = f"{limit:g} s"
            submission.count(TIMED_OUT)
        came = f"; {self._came}" if self._came else ""
        return self._fail("timeout", f"no answer within {allowed}{came}{submission.silence_hint}")

    def end(self) -> None:
        """End the worker without a failure."""
        self.is_over = True
        self.worker.end()

    def _accept(self, message: Message, arrival: float, done: list[Request]) -> None:
        """Handle one message: the file is imported, or a function has answered. Raises BadMessage."""
        if not self.requests:
            raise BadMessage("a message without a request")
        if not isinstance(message, dict):
            raise BadMessage("an array, expected an object")
        submission, request = self.submission, self.requests[0]
        if submission.host == COMMAND_HOST and isinstance(message.get("progress"), str):
            self._note(message["progress"])
            return
        now = time.monotonic()
        spent, elapsed, self._begun = max(0.0, arrival - self._begun), now - self._begun, now
        if not self._is_loaded:
            loading = read_loading(message)
            if submission.used.is_counted:
                submission.used.seconds += spent
            self._is_loaded = submission.was_loaded = submission.used.is_counted = True
            submission.declared, submission.scope_said = loading.declared, loading.scope
            submission.notes, submission.language_said = loading.notes, loading.language
            submission.unusable = loading.refusal
            if loading.refusal is not None:
                self.end()
            else:
                submission.loading += min(loading.seconds, elapsed)
            return
        function = request.waiting[0]
        answered = [message.get(name) for name in ("id", "function")]
        if not all(isinstance(name, str) for name in answered):
            raise BadMessage("an answer without the id and the function of a request")
        if answered[0] == self._last:  # a second answer to the previous request; the current one is not at fault
            self.end()
            return
        if answered != [request.id, function]:
            raise BadMessage("an answer to another request")
        names, exact = request.names[function], function == "exact"
        answer = read_answer(message, names, request.layers, exact=exact, elapsed=elapsed)
        done += self._answer(function, answer, spent)
        if answer.is_stale:
            self.end()

    def _note(self, progress: str) -> None:
        """Note what the process of a program waits for."""
        now = time.monotonic()
        if progress == COMPILING:
            self._compiling_since = now
        elif progress == COMPILED:
            self._compiled += now - self._compiling_since
            self._compiling_since = math.inf
        else:
            self._came = progress

    def _answer(self, function: str, answer: Answer, spent: float) -> list[Request]:
        """Store an answer to the current request; the request in a list if it is now complete."""
        request = self.requests[0]
        request.answers[function] = answer
        request.spent += spent
        self.submission.used.seconds += spent
        if request.waiting:
            return []
        self._last = request.id
        return [self.requests.popleft()]

    def _fail(self, kind: str = "", detail: str = "") -> list[Request]:
        """End the worker; the current function has failed, for this reason or for how its process ended."""
        exit_kind, exit_detail = self.worker.end()
        if self._server.is_lost:  # then the cause is unknown
            return []
        self.is_over = True
        if exit_kind in ("memory", "processes") or not kind:
            kind, detail = exit_kind, exit_detail
        if not self.requests:
            return []
        if not self._is_loaded:
            self.submission.unusable = Refusal("failed", f"{self.submission.start}: {detail}", "import")
            return []
        return self._answer(self.requests[0].waiting[0], failed(detail, kind), time.monotonic() - self._begun)
