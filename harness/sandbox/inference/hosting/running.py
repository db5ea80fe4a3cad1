"""Run somebody's code for a limited time, and say how far it came."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from traceback import walk_tb
from types import FrameType, ModuleType

from harness.sandbox.answers import message_of

ATTEMPT_SECONDS, TRIAL_SECONDS, WAITING_SECONDS = 0.5, 1.0, 6.0


class TooSlow(BaseException):
    """An attempt took too long; code that catches every Exception does not catch it."""


@dataclass(frozen=True, order=True)
class Progress:
    """How far some calls came: whether the last one was a method of the network, its number, and the lines of its
    function; and what it raised then."""

    is_method: bool = False
    call: int = 0
    lines: int = 0
    raised: str = field(default="", compare=False)


@contextlib.contextmanager
def time_limit(seconds: float = ATTEMPT_SECONDS) -> Iterator[None]:
    """Raise TooSlow in what runs in this block after so many seconds of the processor, and again until it ends.

    On a busy machine the same code takes as many. If it waits for something, TooSlow comes after WAITING_SECONDS.
    """

    def stop(_: int, __: FrameType | None) -> None:
        raise TooSlow

    process = os.getpid()
    limits = ((signal.SIGPROF, signal.ITIMER_PROF, seconds), (signal.SIGALRM, signal.ITIMER_REAL, WAITING_SECONDS))
    handlers = [signal.signal(number, stop) for number, _, _ in limits]
    try:
        for _, timer, limit in limits:
            signal.setitimer(timer, limit, limit)
        yield
    finally:
        if os.getpid() != process:
            os._exit(0)  # a fork of this process that the code has left running
        with contextlib.suppress(TooSlow):  # which may come now
            _disarm(timer for _, timer, _ in limits)
        _disarm(timer for _, timer, _ in limits)
        for (number, _, _), handler in zip(limits, handlers, strict=True):
            signal.signal(number, handler)


def _disarm(timers: Iterable[int]) -> None:
    for timer in timers:
        signal.setitimer(timer, 0)


def progress_of(error: BaseException, module: ModuleType, calls: Sequence[str]) -> Progress:
    """How far these calls, each a line of the function `drive`, had come in a file when they raised this error; or what
    the function `made` raised before them."""
    frames = [(frame.f_code, number) for frame, number in walk_tb(error.__traceback__)]
    own = [(code, number) for code, number in frames if code.co_filename == module.__file__]
    called = [number for code, number in frames if code.co_name == "drive"]
    if any(code.co_name == "made" for code, _ in frames) and not called:
        raised = f"its parameters cannot be set: {type(error).__name__}: {message_of(error)}"
        return Progress(lines=1, raised=raised)
    if not own or not called:
        return Progress()
    call = called[0] - 2  # the first line is that of the function
    where = f"{Path(own[-1][0].co_filename).name}, line {own[-1][1]}"
    text = calls[call].removeprefix("returned = ").removeprefix("output = ")
    is_slow = isinstance(error, TooSlow)
    what = f"takes more than {ATTEMPT_SECONDS} s" if is_slow else f"raises {type(error).__name__}: {message_of(error)}"
    raised = f"{text} {what} ({where})"
    return Progress(text.startswith("net"), call + 1, own[0][1] - own[0][0].co_firstlineno + 1, raised)
