"""How a command ends when it is told to, by Ctrl-C or by a signal: what it has open is closed, a line says so, and the
process is over. No exception is raised for it, which any code that happens to run could swallow or show."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from collections.abc import Callable, Iterator

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_closing: list[Callable[[], object]] = []
_kept = ""


def at_end(close: Callable[[], object]) -> None:
    """Have something closed, the last first, where the command is ended by a signal."""
    _closing.append(close)


def forget(close: Callable[[], object]) -> None:
    """It is closed."""
    with contextlib.suppress(ValueError):
        _closing.remove(close)


def keep(what: str) -> None:
    """What to say of the work that is kept, where the command is interrupted from now on."""
    global _kept
    _kept = what


def listen() -> None:
    """From now on Ctrl-C ends this process with status 130, and SIGTERM and SIGHUP with 128 plus their numbers."""
    for number in SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:  # as for what runs on after its terminal is closed
            signal.signal(number, _end)


@contextlib.contextmanager
def deferred() -> Iterator[None]:
    """A signal that comes meanwhile counts at the end: what is made here is then known to be open."""
    signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)


def _end(number: int, _: object) -> None:
    for other in SIGNALS:
        signal.signal(other, signal.SIG_IGN)
    for close in reversed([*_closing]):
        with contextlib.suppress(Exception):
            close()
    with contextlib.suppress(Exception):
        sys.stdout.flush()
    if number == signal.SIGINT:
        said = "; ".join(filter(None, ["interrupted", _kept]))
        with contextlib.suppress(OSError):
            os.write(2, f"{said}\n".encode(errors="replace"))
    os._exit(128 + number)
