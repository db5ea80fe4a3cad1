"""Where the time of a command goes: the seconds of its phases, for `--profile`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from time import perf_counter


class Clock:
    """Runs from when it is made. Phases follow one another, and are not put into one another: no second counts twice.

    `here` holds the seconds of each phase in this process, `elsewhere` those that other processes report of theirs,
    which ran beside it.
    """

    def __init__(self) -> None:
        self._start = perf_counter()
        self.here: dict[str, float] = defaultdict(float)
        self.elsewhere: dict[str, float] = defaultdict(float)

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """What is inside belongs to the phase, also where it raises."""
        start = perf_counter()
        try:
            yield
        finally:
            self.here[name] += perf_counter() - start

    def whole(self) -> float:
        """Seconds since it was made."""
        return perf_counter() - self._start


def table(clock: Clock) -> str:
    """What a person reads: each phase with its seconds, in the order in which they began, and what is left of the
    whole."""
    whole = clock.whole()
    parts = [f"Where the time went, in seconds of {whole:.3f}:", *_phase_lines(clock.here)]
    parts += _phase_lines({"the rest": whole - sum(clock.here.values())})
    if clock.elsewhere:
        parts += ["Beside it, in other processes:", *_phase_lines(clock.elsewhere)]
    return "\n".join(parts)


def _phase_lines(seconds: Mapping[str, float]) -> list[str]:
    return [f"  {name:<16}{spent:>9.3f}" for name, spent in seconds.items()]
