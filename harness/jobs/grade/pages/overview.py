"""What a teacher asks of a whole class: how many agree, which mistakes are frequent, who wrote the same formula."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from statistics import mean, median

from harness.jobs.grade.record import JUDGED, Record


@dataclass(frozen=True)
class PartCount:
    """Of how many submissions a part has all points, some or none; the points that they lost, on average, and `of`."""

    name: str
    full: int
    some: int
    none: int
    lost: float
    of: float


@dataclass(frozen=True)
class MarkSummary:
    """The lowest, the middle, the mean and the highest mark."""

    lowest: float
    median: float
    mean: float
    highest: float


@dataclass(frozen=True)
class Alike:
    """Submissions that have something in common, and that in words; the first stands for all of them."""

    name: str
    sentence: str
    records: tuple[Record, ...]


def handed_in(records: Iterable[Record]) -> tuple[Record, ...]:
    """The records of those who handed something in."""
    return tuple(record for record in records if record.status != "missing")


def outcomes(records: Iterable[Record]) -> list[tuple[str, int]]:
    """How many submissions have which outcome, the most frequent first."""
    return _by_frequency(Counter(record.outcome for record in records))


def mark_summary(records: Sequence[Record]) -> MarkSummary | None:
    """Figures of the marks; None if there are none."""
    marks = [record.points for record in records]
    return MarkSummary(min(marks), median(marks), mean(marks), max(marks)) if marks else None


def part_counts(records: Iterable[Record]) -> list[PartCount]:
    """Where points were lost, for each part, over all that was judged."""
    parts = defaultdict(list)
    for record in records:
        for part in record.parts if record.status == JUDGED else ():
            parts[part.name].append(part)
    return [
        PartCount(
            name,
            full=sum(part.points >= part.of for part in found),
            some=sum(0 < part.points < part.of for part in found),
            none=sum(part.points <= 0 < part.of for part in found),
            lost=mean(part.of - part.points for part in found),
            of=found[0].of,
        )
        for name, found in parts.items()
    ]


def mistakes_by_frequency(records: Sequence[Record]) -> list[Alike]:
    """Submissions with the same mistake, the most frequent first; one with several is with each. A mistake without a
    name is known by its sentence."""
    groups: defaultdict[tuple[str, str], list[Record]] = defaultdict(list)
    for record in records:
        for found in dict.fromkeys(record.findings):
            groups[found.name, "" if found.name else found.sentence].append(record)
    sentences = {(one.name, "" if one.name else one.sentence): one.sentence for r in records for one in r.findings}
    alike = [Alike(key[0], sentences[key], tuple(group)) for key, group in groups.items()]
    return sorted(alike, key=lambda one: (-len(one.records), one.name, one.sentence))


def same_formulas(records: Iterable[Record]) -> list[Alike]:
    """Two submissions or more that computed the same wrong formulas, the largest group first."""
    return [one for one in _groups_of(records, lambda record: record.group) if len(one.records) > 1]


def failures(records: Iterable[Record]) -> list[Record]:
    """What was handed in and could not be judged, or failed when it ran."""
    return [one for one in handed_in(records) if one.status != JUDGED or one.verdict in ("failed", "unsupported")]


def _groups_of(records: Iterable[Record], key: Callable[[Record], str]) -> list[Alike]:
    groups = defaultdict(list)
    for record in records:
        if named := key(record):
            groups[named].append(record)
    largest_first = sorted(groups.values(), key=lambda group: (-len(group), group[0].mistake, group[0].student))
    return [Alike(group[0].mistake, _usual_sentence(group), tuple(group)) for group in largest_first]


def _usual_sentence(records: Sequence[Record]) -> str:
    return _by_frequency(Counter(record.sentence for record in records))[0][0]


def _by_frequency(counts: Counter[str]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))
