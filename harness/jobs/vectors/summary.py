"""What is printed when code is judged by vectors."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from harness.jobs.vectors.answers import COST_OF_VECTORS, OF_ARRAYS, JudgedVector, undeclared_convention

SHOWN_FAILURES = 5


def vectors_summary(name: str, found: Sequence[JudgedVector]) -> str:
    """The counts of all tests and of each file, the first failures, the convention that the failing tests follow, and
    the reasons for refusing tests."""
    parts = (_by_file, _failures, _convention, _refusals)
    return "\n".join([f"{name}: {_counts(found)}", *(line for part in parts for line in part(found))])


def _counts(found: Sequence[JudgedVector]) -> str:
    verdicts = Counter(one.verdict for one in found)
    ran, refused = verdicts["passes"] + verdicts["fails"], verdicts["unsupported"]
    given, within, undecided = (
        sum(getattr(one.result, part) for one in found) for part in ("given", "within", "undecided")
    )
    if not ran:
        return f"all {refused} tests are unsupported"
    tests = f"{verdicts['passes']} of {ran} tests pass" + (f", {refused} are unsupported" if refused else "")
    without = f", {undecided:,} have no bound" if undecided else ""
    entries = sum(one.vector.entries for one in found)
    return f"{tests}; {within:,} of {given:,} entries are within their bounds{without} (of {entries:,} in the files)"


def _by_file(found: Sequence[JudgedVector]) -> Iterator[str]:
    for file in dict.fromkeys(one.vector.file for one in found):
        yield f"  {file}: {_counts([one for one in found if one.vector.file == file])}"


def _failures(found: Sequence[JudgedVector]) -> Iterator[str]:
    failing = [one for one in found if one.verdict == "fails"]
    for one in failing[:SHOWN_FAILURES]:
        result = one.result
        yield f"  fails: {one.vector.id}: {result.problem or f'{len(result.out)} entries are out of bounds'}"
        for first in result.out[:1]:
            where = f"{first.quantity} of layer {first.layer}, entry {list(first.index)}"
            yield f"    {where}: got {first.given!r}, expected {first.value!r} ± {first.bound:.3g}"
    if len(failing) > SHOWN_FAILURES:
        yield f"  and {len(failing) - SHOWN_FAILURES} more that fail"


def _convention(found: Sequence[JudgedVector]) -> Iterator[str]:
    """Why tests fail that would agree under another convention."""
    constants, agreeing = undeclared_convention(found)
    if constants:
        shown = ", ".join(f"{name} = {value!r}" for name, value in constants.items())
        failing = sum(one.verdict == "fails" for one in found)
        yield f"  the reason: the numbers follow another convention, {shown}: {agreeing} of {failing} agree under it;"
        if constants.keys() <= set(OF_ARRAYS):
            yield "    declare it in the file, or return the default"
        else:
            yield f"    {COST_OF_VECTORS}; `check` judges code under its own convention"


def _refusals(found: Sequence[JudgedVector]) -> Iterator[str]:
    for reason, count in Counter(one.refused for one in found if one.refused).most_common():
        yield f"  unsupported in {count} tests: {reason}"
