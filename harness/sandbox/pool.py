"""A pool of worker processes that answers every request, with arrays or with the reason for a failure.

If a worker dies, hangs, takes too much memory or sends a malformed message, only the function that it was computing
fails, and a new worker takes over. If an implementation kills or stops the fork server, the interrupted requests are
tried again, one at a time with no other running; a request that is running when it happens again has failed.
"""

from __future__ import annotations

import selectors
import time
from collections import deque
from collections.abc import Iterator, Sequence

from harness.sandbox.answers import Refusal
from harness.sandbox.job import Job
from harness.sandbox.processes.server import Server
from harness.sandbox.requests import KILLED_SERVER, MAX_FAULTS, Request, Submission

DEADLINE_CHECK_SECONDS = 0.05  # seconds between two checks of the deadlines
MAX_IDLE = 16  # idle workers that are kept for later requests


class Pool:
    """At most `jobs` busy workers at a time, each for one submission; use it in a `with`.

    Requests may be added while answers are read.
    """

    def __init__(self, server: Server, jobs: int) -> None:
        self._server, self._jobs = server, jobs
        self._submissions: dict[Submission, None] = {}  # those with waiting requests, in order of arrival
        self._busy: list[Job] = []
        self._idle: list[Job] = []  # the longest idle first
        self._suspects: deque[tuple[Submission, Request]] = deque()  # were running when the fork server was lost
        self._losses = 0  # of the fork server, since the last answer
        self._done: list[Request] = []
        self._selector = selectors.DefaultSelector()
        self._last_poll = time.monotonic()

    def __enter__(self) -> Pool:
        return self

    def __exit__(self, *_: object) -> None:
        for job in (*self._busy, *self._idle):
            job.worker.kill()
        for job in (*self._busy, *self._idle):
            job.end()
        self._selector.close()

    def add(self, submission: Submission, requests: Sequence[Request]) -> None:
        """Queue requests for a submission."""
        submission.queue.extend(requests)
        self._submissions[submission] = None

    def outcomes(self) -> Iterator[Request]:
        """Yield each request when all of its functions are answered, until no request is left."""
        while True:
            yield from self.poll(DEADLINE_CHECK_SECONDS)
            if not (self._busy or self._submissions or self._suspects or self._done):
                return

    def poll(self, seconds: float = 0.0) -> list[Request]:
        """Start and read workers, waiting for `seconds` at most; the requests that are now answered."""
        if self._server.is_lost:
            self._recover()
        self._assign()
        if self._busy and not self._done:
            self._listen(seconds)
        done, self._done = self._done, []
        return done

    def _listen(self, seconds: float) -> None:
        """Read from the workers. Data that is ready at once may have arrived at any time since the last poll."""
        arrival = self._last_poll
        ready = self._selector.select(0)
        if not ready:
            soonest = min(job.deadline for job in self._busy) - time.monotonic()
            ready = self._selector.select(max(0.0, min(seconds, soonest)))
            arrival = time.monotonic()
        for job in dict.fromkeys(key.data for key, _ in ready):
            self._done += job.read(arrival)
        self._last_poll = time.monotonic()
        for job in self._busy:
            if not job.is_over and self._last_poll >= job.deadline:
                self._done += job.enforce_deadline()
        if self._done:
            self._losses = 0
        for job in [*self._busy, *self._idle]:
            if job.is_over:
                self._drop(job)
            else:
                self._watch(job)

    def _drop(self, job: Job) -> None:
        """Remove an ended worker; its open requests go back to the front of the queue."""
        for fd in job.worker.fds:
            self._selector.unregister(fd)
        (self._idle if job in self._idle else self._busy).remove(job)
        if job.requests:
            job.submission.queue.extendleft(reversed(job.requests))
            self._submissions = {job.submission: None, **self._submissions}

    def _watch(self, job: Job) -> None:
        """Wait for the channel to become writable while there is unsent data."""
        events = selectors.EVENT_READ | (selectors.EVENT_WRITE if job.worker.has_unsent else 0)
        if self._selector.get_key(job.worker.fds[0]).events != events:
            self._selector.modify(job.worker.fds[0], events, job)

    def _recover(self) -> None:
        """Replace the fork server and all workers after a loss. The requests that were running become suspects."""
        self._losses += 1
        for job in [*self._busy, *self._idle]:
            job.end()
            if job.requests:
                self._suspect(job.submission, job.requests.popleft())
            self._drop(job)
        self._server.recover()

    def _suspect(self, submission: Submission, request: Request) -> None:
        """Queue a request to be tried alone; refuse it if it already was, or if losses keep happening."""
        if request.is_alone:
            request.refuse(Refusal("failed", f"it {KILLED_SERVER}", "crash"))
            submission.count(KILLED_SERVER)
        elif self._losses > MAX_FAULTS:
            request.refuse(Refusal("failed", f"not run: something {KILLED_SERVER}, again and again", "not run"))
        else:
            self._suspects.append((submission, request))
            return
        self._losses = 0
        self._done.append(request)

    def _assign(self) -> None:
        """Send each busy worker further requests, and give waiting submissions a worker while there is room."""
        for job in [*self._busy]:
            if not self._suspects:
                self._fill(job)
            if not job.requests:
                self._busy.remove(job)
                self._idle.append(job)
        if any(job.requests[0].is_alone for job in self._busy):
            return
        if self._suspects:
            self._try_suspect()
            return
        served = {job.submission for job in self._busy}
        # One worker for each submission: its answers may depend on earlier requests.
        for submission in [one for one in self._submissions if one not in served]:
            if len(self._busy) < self._jobs and not self._server.is_lost and self._has_requests(submission):
                self._fill(self._job_for(submission))
        while len(self._idle) > MAX_IDLE:
            self._idle[0].end()
            self._drop(self._idle[0])

    def _try_suspect(self) -> None:
        """Run one suspect with no other worker alive: a thread in an idle worker may be what kills the server."""
        if self._busy:
            return
        for job in [*self._idle]:
            job.end()
            self._drop(job)
        if self._server.is_lost:  # an idle worker has killed it; the suspect must not be blamed for that
            return
        submission, request = self._suspects.popleft()
        submission.queue.appendleft(request)
        if self._has_requests(submission):
            self._send(self._job_for(submission), is_alone=True)

    def _has_requests(self, submission: Submission) -> bool:
        """Whether the submission has a request to run; those that must not run are refused on the way."""
        queue = submission.queue
        while queue and (refusal := submission.refusal(queue[0])) is not None:
            queue[0].refuse(refusal)
            self._done.append(queue.popleft())
        if not queue:
            self._submissions.pop(submission, None)
        return bool(queue)

    def _job_for(self, submission: Submission) -> Job:
        """An idle worker of this submission, or a new one; it is busy from now on."""
        job = next((one for one in self._idle if one.submission is submission), None)
        if job is not None:
            self._idle.remove(job)
        else:
            job = Job(self._server, submission)
            for fd in job.worker.fds:
                self._selector.register(fd, selectors.EVENT_READ, job)
        self._busy.append(job)
        return job

    def _fill(self, job: Job) -> None:
        while job.has_room and self._has_requests(job.submission):
            self._send(job, is_alone=False)

    def _send(self, job: Job, *, is_alone: bool) -> None:
        request = job.submission.queue.popleft()
        request.is_alone = is_alone
        job.send(request)
        self._watch(job)
