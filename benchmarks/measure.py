"""Races: contenders take turns, round by round, so that a slow stretch of the machine hits all of them."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from statistics import median

from benchmarks.figures import in_seconds
from benchmarks.fits import predicted
from benchmarks.processes import Anew, Failed, Staying
from benchmarks.races import Contender, Outcome, Race, Result

ROUNDS = 5
PAUSE = 0.05  # seconds between turns: a pool of threads spins for some 20 ms before it sleeps


def run(races: Sequence[Race], rounds: int = ROUNDS) -> Iterator[Outcome]:
    """The outcome of each race, in their order. What fails, or would take too long, costs its own result."""
    done: list[Outcome] = []
    for race in races:
        too_long = {one.name: why for one in race.contenders if (why := _too_long(one, race, done))}
        results = _raced([one for one in race.contenders if one.name not in too_long], rounds)
        results |= {name: Result(reason=why) for name, why in too_long.items()}
        in_order = {one.name: results[one.name] for one in race.contenders}
        done.append(Outcome(race.name, race.series, race.size, in_order))
        yield done[-1]


def _too_long(contender: Contender, race: Race, done: Sequence[Outcome]) -> str:
    """Why it is left out, by what it took in earlier races of the series; empty where it is not."""
    earlier = [outcome.of(contender.name) for outcome in done if race.series and outcome.series == race.series]
    points = [(one.work, median(one.seconds) * one.share) for one in earlier if one.seconds and one.work]
    seconds = predicted(points, contender.work)
    if seconds is not None and seconds > contender.seconds:
        return f"left out: {in_seconds(seconds)} predicted"
    return earlier[-1].reason if earlier else ""  # what fails at one size is not tried at the next


def _raced(contenders: Sequence[Contender], rounds: int) -> dict[str, Result]:
    running: dict[str, Anew | Staying] = {}
    seconds: dict[str, list[float]] = {one.name: [] for one in contenders}
    reasons: dict[str, str] = {}
    try:
        for one in contenders:
            try:
                running[one.name] = (Staying if one.stays else Anew)(one)
            except Failed as failed:
                reasons[one.name] = str(failed)
        for _ in range(rounds):
            for name in [one for one in running if one not in reasons]:
                time.sleep(PAUSE)
                try:
                    seconds[name].append(running[name].turn())
                except Failed as failed:
                    reasons[name] = str(failed)
    except BaseException:  # such as Ctrl-C, of which they have not heard
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
