"""Workers for implementations: what is asked is answered, with arrays or a reason, and no implementation can stop it.

A worker that dies, hangs, takes too much memory or sends what is no answer costs the function that it was at; another
takes its place. Where the process that starts workers was killed or stopped, what was being done is tried again, one
request alone at a time, and the one that is at work when it happens again has failed.
"""

from __future__ import annotations

import selectors
import time
from collections import deque
from collections.abc import Iterator, Sequence

from harness.sandbox.answers import Refusal
from harness.sandbox.job import Job
from harness.sandbox.processes.server import Server
from harness.sandbox.requests import KILLED, MAX_FAULTS, Request, Submission

SLICE = 0.05  # seconds between two looks at the clock
MAX_IDLE = 16  # processes that are kept for requests that may come yet


class Pool:
    """At most `jobs` workers at a time, each for one submission; use it in a `with`. Requests may be added while
    answers are taken."""

    def __init__(self, server: Server, jobs: int) -> None:
        self._server, self._jobs = server, jobs
        self._submissions: dict[Submission, None] = {}  # those with requests, in the order in which they came
        self._busy: list[Job] = []
        self._idle: list[Job] = []  # the longest idle first
        self._suspects: deque[tuple[Submission, Request]] = deque()  # were being done when the server was lost
        self._losses = 0  # of the server, since the last answer
        self._done: list[Request] = []
        self._selector = selectors.DefaultSelector()
        self._looked = time.monotonic()

    def __enter__(self) -> Pool:
        return self

    def __exit__(self, *_: object) -> None:
        for job in (*self._busy, *self._idle):
            job.worker.kill()
        for job in (*self._busy, *self._idle):
            job.end()
        self._selector.close()

    def add(self, submission: Submission, requests: Sequence[Request]) -> None:
        """Requests to be answered in turn."""
        submission.queue.extend(requests)
        self._submissions[submission] = None

    def outcomes(self) -> Iterator[Request]:
        """The requests with their answers as they come, until nothing is left to do."""
        while True:
            yield from self.poll(SLICE)
            if not (self._busy or self._submissions or self._suspects or self._done):
                return

    def poll(self, seconds: float = 0.0) -> list[Request]:
        """Do what can be done, waiting so long at most; the requests that are through."""
        if self._server.is_lost:
            self._recover()
        self._assign()
        if self._busy and not self._done:
            self._listen(seconds)
        done, self._done = self._done, []
        return done

    def _listen(self, seconds: float) -> None:
        """Hear the workers. What is there at once may have come at any time since the last look."""
        arrival = self._looked
        ready = self._selector.select(0)
        if not ready:
            soonest = min(job.deadline for job in self._busy) - time.monotonic()
            ready = self._selector.select(max(0.0, min(seconds, soonest)))
            arrival = time.monotonic()
        for job in dict.fromkeys(key.data for key, _ in ready):
            self._done += job.hear(arrival)
        self._looked = time.monotonic()
        for job in self._busy:
            if not job.is_over and self._looked >= job.deadline:
                self._done += job.look_at_clock()
        if self._done:
            self._losses = 0
        for job in [*self._busy, *self._idle]:
            if job.is_over:
                self._drop(job)
            else:
                self._watch(job)

    def _drop(self, job: Job) -> None:
        """Its worker is over: what it has not done is done by another."""
        for fd in job.worker.fds:
            self._selector.unregister(fd)
        (self._idle if job in self._idle else self._busy).remove(job)
        if job.requests:
            job.submission.queue.extendleft(reversed(job.requests))
            self._submissions = {job.submission: None, **self._submissions}

    def _watch(self, job: Job) -> None:
        """Look for room to send on where there is more to send."""
        events = selectors.EVENT_READ | (selectors.EVENT_WRITE if job.worker.has_unsent else 0)
        if self._selector.get_key(job.worker.fds[0]).events != events:
            self._selector.modify(job.worker.fds[0], events, job)

    def _recover(self) -> None:
        """Another server in place of one that was lost, and its workers with it. The requests that they were at are to
        be done alone, or are to blame."""
        self._losses += 1
        for job in [*self._busy, *self._idle]:
            job.end()
            if job.requests:
                self._suspect(job.submission, job.requests.popleft())
            self._drop(job)
        self._server.recover()

    def _suspect(self, submission: Submission, request: Request) -> None:
        if request.is_alone:
            request.refuse(Refusal("failed", f"it {KILLED}", "crash"))
            submission.count(KILLED)
        elif self._losses > MAX_FAULTS:
            request.refuse(Refusal("failed", f"not run: something {KILLED}, again and again", "not run"))
        else:
            self._suspects.append((submission, request))
            return
        self._losses = 0
        self._done.append(request)

    def _assign(self) -> None:
        """Give every worker what it has room for, and a worker to every submission that there is a job for."""
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
        at_work = {job.submission for job in self._busy}
        # One worker for each: what an implementation answers may depend on what it was asked before.
        for submission in [one for one in self._submissions if one not in at_work]:
            if len(self._busy) < self._jobs and not self._server.is_lost and self._has_requests(submission):
                self._fill(self._employed(submission))
        while len(self._idle) > MAX_IDLE:
            self._idle[0].end()
            self._drop(self._idle[0])

    def _try_suspect(self) -> None:
        """Have one done while no other is, and no worker at rest, in which a thread may go on."""
        if self._busy:
            return
        for job in [*self._idle]:
            job.end()
            self._drop(job)
        submission, request = self._suspects.popleft()
        submission.queue.appendleft(request)
        if self._has_requests(submission):
            self._send(self._employed(submission), is_alone=True)

    def _has_requests(self, submission: Submission) -> bool:
        """Whether there is anything to ask of it, without what is not to be run."""
        queue = submission.queue
        while queue and (refusal := submission.refusal(queue[0])) is not None:
            queue[0].refuse(refusal)
            self._done.append(queue.popleft())
        if not queue:
            self._submissions.pop(submission, None)
        return bool(queue)

    def _employed(self, submission: Submission) -> Job:
        """A worker of this submission that was at rest, or a new one."""
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
