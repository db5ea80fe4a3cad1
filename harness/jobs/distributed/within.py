"""A call that must come to an end."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from threading import Thread
from typing import TypeVar

Returned = TypeVar("Returned")


def within(seconds: float, do: Callable[[], Returned]) -> Returned:
    """What it returns or raises; TimeoutError after so many seconds, while it goes on in a thread of its own."""
    future = Future[Returned]()

    def run() -> None:
        try:
            future.set_result(do())
        except BaseException as error:
            future.set_exception(error)

    Thread(target=run, daemon=True).start()
    return future.result(seconds)
