"""The work in this process: task after task, with one fork server of the sandbox for all of them."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from typing import Protocol, TypeVar, cast

from harness.sandbox.pool import Pool
from harness.sandbox.processes.server import Server
from harness.sandbox.processes.walls import walls_for
from harness.sandbox.sources.find import Implementation

Common = TypeVar("Common")
Task = TypeVar("Task")
TaskResult = TypeVar("TaskResult")
Opened = TypeVar("Opened")

_open = ExitStack()
_made: dict[tuple[object, ...], object] = {}


def here(make: Callable[..., AbstractContextManager[Opened]], *arguments: Hashable) -> Opened:
    """What `make` makes of the arguments, opened at its first use and once in this process; closed where the work
    ends."""
    key = make, *arguments
    if key not in _made:
        _made[key] = _open.enter_context(make(*arguments))
    return cast(Opened, _made[key])


def server_here(walls: str = "off") -> Server:
    """The fork server of this process, with walls as harness.sandbox.processes.walls.walls_for makes them; if the
    process is killed, it ends by itself. Raises UnusableInput if there cannot be walls, and must be."""
    return here(_server, walls)


def _server(walls: str) -> Server:
    return Server(walls=walls_for(walls))


def close_here() -> None:
    """Close what is open here, the last first."""
    _made.clear()
    _open.close()


@dataclass(frozen=True)
class Lost:
    """In place of a result: the process that did the task was killed, again and again, and why that is believed."""

    reason: str


class Machines(Protocol):
    """Where tasks are done."""

    def results(
        self, function: Callable[[Common, Task], TaskResult], tasks: Iterable[tuple[str, Task]], shared: Common
    ) -> Iterator[tuple[str, TaskResult | Lost]]:
        """Yield each key with `function(shared, task)`, in any order, as the results come.

        `tasks` are pairs of a key, each once, and a task. They may be lazy: a few for each process are taken ahead. The
        function is one of a module, and each process does one task at a time; it may use server_here(). `shared` is
        sent to each process once. Tasks of a process that is killed are done again in another one. An exception of the
        function is raised here.
        """

    def pool(self, server: Server, jobs: int, implementations: Sequence[Implementation]) -> Pool:
        """A pool for submissions of these implementations: here `jobs` processes that `server` forks, or elsewhere."""


class Here:
    """This process does the work, one task after the other."""

    def results(
        self, function: Callable[[Common, Task], TaskResult], tasks: Iterable[tuple[str, Task]], shared: Common
    ) -> Iterator[tuple[str, TaskResult | Lost]]:
        for key, task in tasks:
            yield key, function(shared, task)

    def pool(self, server: Server, jobs: int, implementations: Sequence[Implementation]) -> Pool:
        return Pool(server, jobs)


HERE = Here()
