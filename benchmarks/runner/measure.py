"""Runs races: contenders take turns, round by round, so that a slow phase of the machine affects all of them."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from statistics import median

from benchmarks.runner.figures import in_seconds
from benchmarks.runner.fits import extrapolated
from benchmarks.runner.processes import Failed, RestartedProcess, SelfTimingProcess
from benchmarks.runner.races import Contender, Race, RaceOutcome, Result

ROUND_COUNT = 5
PAUSE = 0.05  # seconds between turns: the threads of a pool keep a processor busy for some 20 ms before they sleep


def run(races: Sequence[Race], rounds: int = ROUND_COUNT) -> Iterator[RaceOutcome]:
    """The outcome of each race, in their order.

    A contender that fails, or that would take too long, has a result with a reason; the others are measured.
    """
    done: list[RaceOutcome] = []
    for race in races:
        too_long = {one.name: reason for one in race.contenders if (reason := _too_long(one, race, done))}
        results = _take_turns([one for one in race.contenders if one.name not in too_long], rounds)
        results |= {name: Result(reason=reason) for name, reason in too_long.items()}
        in_order = {one.name: results[one.name] for one in race.contenders}
        done.append(RaceOutcome(race.name, race.series, race.size, in_order))
        yield done[-1]


def _too_long(contender: Contender, race: Race, done: Sequence[RaceOutcome]) -> str:
    """Why a contender is left out, by its results in earlier races of the series; empty if it is not left out."""
    earlier = [outcome.of(contender.name) for outcome in done if race.series and outcome.series == race.series]
    points = [(one.work, median(one.seconds) * one.share) for one in earlier if one.seconds and one.work]
    seconds = extrapolated(points, contender.work)
    if seconds is not None and seconds > contender.seconds:
        return f"left out: {in_seconds(seconds)} predicted"
    return earlier[-1].reason if earlier else ""  # what fails at one size is not tried at the next


def _take_turns(contenders: Sequence[Contender], rounds: int) -> dict[str, Result]:
    running: dict[str, RestartedProcess | SelfTimingProcess] = {}
    seconds: dict[str, list[float]] = {one.name: [] for one in contenders}
    reasons: dict[str, str] = {}
    try:
        for one in contenders:
            try:
                running[one.name] = (SelfTimingProcess if one.stays else RestartedProcess)(one)
            except Failed as failed:
                reasons[one.name] = str(failed)
        for _ in range(rounds):
            for name in [one for one in running if one not in reasons]:
                time.sleep(PAUSE)
                try:
                    seconds[name].append(running[name].turn())
                except Failed as failed:
                    reasons[name] = str(failed)
    except BaseException:  # Ctrl-C, for example, which the contenders do not receive
        for process in running.values():
            process.stop()
        raise
    finally:
        for process in running.values():
            process.end()
    return {
        one.name: Result(reason=reasons[one.name])
        if one.name in reasons
        else replace(running[one.name].result, seconds=tuple(seconds[one.name]))
        for one in contenders
    }
