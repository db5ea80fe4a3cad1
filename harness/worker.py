"""One worker process, seen from the harness: started, given tasks, listened to and ended. Its other side is
harness.forker."""

from __future__ import annotations

import contextlib
import math
import os
import socket
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol

from harness.answers import LONGEST_MESSAGE
from harness.channel import Channel, packed
from harness.parse import printable
from harness.process import SLICE, resident, too_much
from harness.serve import kill_group
from harness.server import Server

LOADING = 60.0  # seconds that a task may take to prepare, as to load PyTorch on a busy machine
QUICK = 0.02  # seconds; after a task that took less, the next ones are sent ahead
AHEAD = 16  # tasks that a worker has before it, at most
FIRST_LOOK = 0.5  # seconds before its memory is looked at: short runs need not load what looks
KEPT_COMPLAINTS = 4096  # bytes, the last ones
ROOM = 2**15  # bytes that may wait in its channel: beyond, it and the harness could wait for each other


class Task(Protocol):
    """Something to do in a worker; it is sent there and its outcome is sent back, both as pickles."""

    @property
    def owner(self) -> str:
        """Tasks of one owner are best done by one worker, which has then loaded what they need."""

    def prepare(self) -> None:
        """Load what it needs; this is not on the clock of the task."""

    def execute(self) -> Any:
        """Do it, and return the outcome; or, as a generator, yield several, each of which is sent when it is there."""

    def failed(self, detail: str) -> Any:
        """The last outcome where it raised, where the worker died, or where it ran out of time."""


@dataclass(eq=False)
class Waiting:
    """A task on its way: the limit of one outcome in seconds and of its process in bytes, when it was added, how large
    it is as a message, and whether no other is done beside it."""

    task: Task
    seconds: float
    memory: float = math.inf
    since: float = field(default_factory=time.monotonic)
    size: int = 0
    is_alone: bool = False


class Worker:
    """A process for one owner: no task meets another owner's traces. `tasks` are those that it has before it, the first
    of which it is at; `loading` is the time that the first took to prepare."""

    def __init__(self, server: Server, owner: str) -> None:
        self.owner, self.tasks, self.loading = owner, deque[Waiting](), 0.0
        self.is_over = self.has_timed_out = self.has_answered = False  # the last: in part, the task that it is at
        self._memory, self._look = math.inf, time.monotonic() + FIRST_LOOK
        self._server, self.is_loaded, self._quick = server, False, False
        ours, theirs = socket.socketpair()
        for end in (ours, theirs):
            end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 8 * ROOM)  # some systems give less than ROOM
        self._complaints, self._theirs = os.pipe()  # both stay open here, so that it never comes to an end
        os.set_blocking(self._complaints, False)
        self._said = b""
        with theirs:
            self._pid: int | None = server.command({"fork": True}, [theirs.fileno(), self._theirs])
        ours.settimeout(LOADING)  # a message that has begun and does not end
        self.channel, self.fds = Channel(ours), (ours.fileno(), self._complaints)

    @property
    def has_room(self) -> bool:
        """Whether another task may be sent: where those before it are quick, so that it need not be waited for."""
        waiting = len(self.tasks)
        return not waiting or (self._quick and waiting < AHEAD and sum(one.size for one in self.tasks) < ROOM)

    def send(self, waiting: Waiting) -> bool:
        """Give it a task; whether it could be given."""
        if self._pid is None:  # nobody could start it
            self.end()
            return False
        message = packed(waiting.task)
        if self.tasks and len(message) > ROOM:
            return False
        try:
            self.channel.send(message)
        except OSError:  # it died after its last answer
            if not self.tasks:
                self.end()
            return False
        waiting.size, self._memory = len(message), waiting.memory
        self.tasks.append(waiting)
        if len(self.tasks) == 1:
            self._begin()
        return True

    def _begin(self) -> None:
        self._begun = time.monotonic()
        self.deadline = self._begun + (self.tasks[0].seconds if self.is_loaded else LOADING)

    def poll(self) -> Iterator[Any]:
        """The outcomes that have come since the last look; it may have ended then, see `is_over`."""
        if self.is_over:
            return
        self._listen()
        try:
            while self.tasks and self.channel.has_news():
                outcomes, ended = self.channel.receive()
                self._hear(ended=ended, answered=bool(outcomes))
                yield from outcomes
            if self.tasks and time.monotonic() >= self.deadline:
                self.has_timed_out, self.has_answered = True, False
                self.end()
                current = self.tasks.popleft()
                where, limit = ("", current.seconds) if self.is_loaded else ("while it was loaded: ", LOADING)
                yield current.task.failed(f"{where}no answer within {limit:g} s")
            elif self.tasks and self.is_too_large():
                self.has_answered = False
                self.end()
                yield self.tasks.popleft().task.failed(too_much(self._memory))
        except Exception:  # it is gone, or what it sends is spoilt: that may raise anything
            code = self._server.command({"wait": self._pid}, [])
            self._listen()
            self.end()
            if not self._server.is_lost:  # with which every worker ends
                yield self.tasks.popleft().task.failed(f"the process ended with exit code {code}{self._last_words}")

    def _listen(self) -> None:
        """Take what it has written to its standard error, so that it never waits: libraries say there why they end."""
        with contextlib.suppress(BlockingIOError):
            self._said = (self._said + os.read(self._complaints, 2**16))[-KEPT_COMPLAINTS:]

    @property
    def _last_words(self) -> str:
        lines = self._said.decode(errors="replace").split("\n")
        last = next((line.strip() for line in reversed(lines) if line.strip()), "")
        return f", after the words: {printable(last[:LONGEST_MESSAGE])}" if last else ""

    def _hear(self, *, ended: bool, answered: bool) -> None:
        now = time.monotonic()
        if not self.is_loaded:
            self.is_loaded, self.loading = True, now - self._begun
        self.deadline = now + self.tasks[0].seconds  # it is loaded, or has another outcome to give
        self.has_answered = answered and not ended
        if ended:
            self._listen()  # to what belongs to the task that is over
            self._quick, self._said = now - self._begun < QUICK, b""
            self.tasks.popleft()
            if self.tasks:
                self._begin()

    def is_too_large(self) -> bool:
        """Whether it takes more memory than its tasks may, at a look now and then."""
        if self._pid is None or self._memory == math.inf or time.monotonic() < self._look:
            return False
        self._look = time.monotonic() + SLICE
        return resident(self._pid) > self._memory

    def end(self) -> None:
        """End the process and, where the system can, all that it has started."""
        if self.is_over:
            return
        self.is_over = True
        if self._pid is not None:
            self._server.command({"end": self._pid}, [])
            if self._server.is_lost:  # it may have seen to it that it does not end with its parent
                kill_group(self._pid)
        self.channel.close()
        os.close(self._complaints)
        os.close(self._theirs)
