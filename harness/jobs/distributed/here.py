"""The work in this process: task after task, with one fork server of the sandbox for all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol, TypeVar

from harness.sandbox.processes.server import Server

Common = TypeVar("Common")
Task = TypeVar("Task")
Result = TypeVar("Result")

_server: Server | None = None


def server_here() -> Server:
    """The fork server of this process, started at its first use. It is closed where the work ends; if this process is
    killed, it ends by itself."""
    global _server
    if _server is None:
        _server = Server()
    return _server


def close_server_here() -> None:
    """Close the fork server of this process, if there is one."""
    global _server
    if _server is not None:
        _server.close()
        _server = None


@dataclass(frozen=True)
class Lost:
    """In place of a result: the process that did the task was killed, again and again, and why that is believed."""

    reason: str


class Machines(Protocol):
    """Where tasks are done."""

    def results(
        self, function: Callable[[Common, Task], Result], tasks: Iterable[tuple[str, Task]], shared: Common
    ) -> Iterator[tuple[str, Result | Lost]]:
        """Yield each key with `function(shared, task)`, in any order, as the results come.

        `tasks` are pairs of a key, each once, and a task. They may be lazy: a few for each process are taken ahead. The
        function is one of a module, and each process does one task at a time; it may use server_here(). `shared` is
        sent to each process once. Tasks of a process that is killed are done again in another one. An exception of the
        function is raised here.
        """


class Here:
    """This process does the work, one task after the other."""

    def results(
        self, function: Callable[[Common, Task], Result], tasks: Iterable[tuple[str, Task]], shared: Common
    ) -> Iterator[tuple[str, Result | Lost]]:
        for key, task in tasks:
            yield key, function(shared, task)
