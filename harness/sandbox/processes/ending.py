"""End a command on Ctrl-C or a signal: close what is open, print one line, and exit.

No exception is raised, because any code that happens to run could catch it or print a traceback.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from collections.abc import Callable, Iterator

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_close_functions: list[Callable[[], object]] = []
_kept_work = ""


def at_end(close: Callable[[], object]) -> None:
    """Register a function to call if a signal ends the command; the last registered is called first."""
    _close_functions.append(close)


def forget(close: Callable[[], object]) -> None:
    """Unregister a function, because what it closes is closed."""
    with contextlib.suppress(ValueError):
        _close_functions.remove(close)


def keep(what: str) -> None:
    """Set what an interrupt prints about the work that is saved."""
    global _kept_work
    _kept_work = what


def listen() -> None:
    """From now on Ctrl-C ends this process with status 130, SIGTERM and SIGHUP with 128 plus their numbers."""
    for number in SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:  # nohup, for example, ignores SIGHUP
            signal.signal(number, _end)


@contextlib.contextmanager
def deferred() -> Iterator[None]:
    """Delay signals until the end of a `with`, so that everything opened inside is registered by then."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)  # a worker of a cluster leaves signals to the command


def _end(number: int, _: object) -> None:
    for other in SIGNALS:
        signal.signal(other, signal.SIG_IGN)
    for close in reversed([*_close_functions]):
        with contextlib.suppress(Exception):
            close()
    with contextlib.suppress(Exception):
        sys.stdout.flush()
    if number == signal.SIGINT:
        line = "; ".join(filter(None, ["interrupted", _kept_work]))
        with contextlib.suppress(OSError):
            os.write(2, f"{line}\n".encode(errors="replace"))
    os._exit(128 + number)
