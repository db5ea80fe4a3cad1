"""reports/mutants.md: the share of the mutants that the check sees, and why each of the others may survive.

The reasons are written by hand, in survivors.toml; they are found by the line before and after, which may move.
"""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

from harness.jobs.evidence.mutants.run import Fate
from harness.reporting.document import Block, Bullets, Chapter, DataTable, Document, Paragraph

SURVIVORS = Path(__file__).resolve().parent / "survivors.toml"

_TOKEN = re.compile(r"\w+|\s+|[!=<>]=|\*\*|//|<<|>>|.")

MutantKey = tuple[str, str, str]  # implementation, the line before, the line after


@dataclass(frozen=True)
class Reason:
    """Why a mutant may survive: `equivalent` if it is right for every network, otherwise it is merely accepted."""

    equivalent: bool
    why: str


def known_reasons(path: Path = SURVIVORS) -> dict[MutantKey, Reason]:
    """The reason of every survivor that has one. Raises ValueError for a change that is not two lines, and where one
    is explained twice."""
    found: dict[MutantKey, Reason] = {}
    for entry in tomllib.loads(path.read_text(encoding="utf-8"))["survivors"]:
        reason = Reason(entry["equivalent"], " ".join(entry["why"].split()))
        for name, changes in entry["changes"].items():
            lines = changes.strip().splitlines()
            for before, after in zip(lines[::2], lines[1::2], strict=True):
                key = name, before.removeprefix("- "), after.removeprefix("+ ")
                if (before[:2], after[:2]) != ("- ", "+ ") or key in found:
                    raise ValueError(f"{path.name}, {name}: expected a new change, as - and + lines, found {before}")
                found[key] = reason
    return found


def key_of(fate: Fate) -> MutantKey:
    return fate.implementation, fate.mutant.before, fate.mutant.after


def unexplained(fates: Sequence[Fate], known: Mapping[MutantKey, Reason]) -> list[Fate]:
    """The survivors for which there is no reason."""
    return [fate for fate in fates if not fate.killed and key_of(fate) not in known]


def outdated(fates: Sequence[Fate], known: Mapping[MutantKey, Reason]) -> list[MutantKey]:
    """The reasons for which there is no survivor, in the files that were mutated."""
    survivors, names = {key_of(fate) for fate in fates if not fate.killed}, {fate.implementation for fate in fates}
    return [key for key in known if key[0] in names and key not in survivors]


def mutants_document(fates: Sequence[Fate], known: Mapping[MutantKey, Reason], seed: int) -> Document:
    """The report; `known` has the reasons."""
    missing = unexplained(fates, known)
    return Document(
        "Mutants: does the check see one change in correct code?",
        (
            Paragraph(
                "The operators of cosmic-ray change each implementation in one place. `python -m harness check` judges "
                f"the changed file as it would judge any file, on inputs from seed {seed}. No test of the project "
                "takes part."
            ),
            Bullets(
                (
                    "A mutant is *killed* if its verdict is worse than that of the original file (agrees; for "
                    "finite_differences inaccurate), or if it returns fewer of the arrays that are judged.",
                    "It *failed* if it raised an error, did not end, or returned values that are not finite or have "
                    "another shape. It *differs* if its numbers are out of bounds. It *refuses* if it does not return "
                    "what the original file computes.",
                    "Of the survivors, *equivalent* mutants are correct for every network, so no check could tell them "
                    "from the original file.",
                )
            ),
            _totals(fates, known),
            Paragraph(
                "*Killed*: the share of all mutants. *Of others*: the share of those that are not equivalent. All "
                "mutants of all operators that need no argument count, each program once. Strings, annotations, names, "
                "calls and `@` are not mutated."
            ),
            _operators(fates),
            *([Chapter("Unexplained", (_changes(missing),))] if missing else []),
            Chapter("The survivors, explained", tuple(_explained(fates, known))),
        ),
    )


def _totals(fates: Sequence[Fate], known: Mapping[MutantKey, Reason]) -> DataTable:
    names = dict.fromkeys(fate.implementation for fate in fates)
    rows = [_fate_row(name, [fate for fate in fates if fate.implementation == name], known) for name in names]
    heads = ["implementation", "mutants", "failed", "differs", "refuses", "survived", "equivalent", "killed"]
    return DataTable.of([*heads, "of others"], [*rows, _fate_row("all", fates, known)])


def _operators(fates: Sequence[Fate]) -> DataTable:
    families = Counter(fate.mutant.operator.split("_")[0] for fate in fates)
    return DataTable.of(["operator", "mutants"], [[name, f"{count:,}"] for name, count in families.most_common()])


def _explained(fates: Sequence[Fate], known: Mapping[MutantKey, Reason]) -> Iterator[Block]:
    for reason in dict.fromkeys(known.values()):
        survivors = [fate for fate in fates if not fate.killed and known.get(key_of(fate)) == reason]
        if survivors:
            kind = "Equivalent" if reason.equivalent else "Accepted"
            yield Paragraph(f"**{kind}** ({len(survivors)}): {reason.why}")
            yield _changes(survivors)


def killed_line(fates: Sequence[Fate]) -> str:
    """How many mutants are killed, in a few words."""
    killed = sum(bool(fate.killed) for fate in fates)
    return f"{killed} of {len(fates)} mutants killed"


def _fate_row(name: str, fates: Sequence[Fate], known: Mapping[MutantKey, Reason]) -> list[str]:
    how = Counter(fate.killed for fate in fates)
    killed = len(fates) - how[""]
    equivalent = sum(not fate.killed and key_of(fate) in known and known[key_of(fate)].equivalent for fate in fates)
    counts = [len(fates), *(how[kind] for kind in ("failed", "out of bounds", "refuses", "")), equivalent]
    shares = [_percent(killed, len(fates)), _percent(killed, len(fates) - equivalent)]
    return [name, *(f"{count:,}" for count in counts), *shares]


def _percent(part: int, whole: int) -> str:
    """Rounded down, so that 100 % are all."""
    return f"{1000 * part // whole / 10:.1f} %" if whole else "–"


def _changes(fates: Sequence[Fate]) -> DataTable:
    rows = [
        [
            f"{one.implementation}.py:{one.mutant.line}",
            one.mutant.operator,
            one_line(one.mutant.before, one.mutant.after),
        ]
        for one in fates
    ]
    return DataTable.of(["where", "operator", "change"], rows)


def one_line(before: str, after: str) -> str:
    """Both lines in one, as code: what they share, and between ⟦ and ⟧ what the one and the other have there."""
    old, new = (_TOKEN.findall(line) for line in (before, after))
    shared = len(list(takewhile(lambda pair: pair[0] == pair[1], zip(old, new, strict=False))))
    rest = list(zip(reversed(old[shared:]), reversed(new[shared:]), strict=False))
    same = len(list(takewhile(lambda pair: pair[0] == pair[1], rest)))
    one, other = ("".join(line[shared : len(line) - same]) for line in (old, new))
    middle = f"⟦{one.strip()} → {other.strip()}⟧" if one and other else f"⟦{one or 'nothing'} → {other or 'nothing'}⟧"
    end = "".join(old[len(old) - same :])
    return f"`{''.join(old[:shared])}{middle}{end}`"
