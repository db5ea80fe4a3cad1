"""reports/mutants.md: the share of the mutants that the check sees, and why each of the others is none of its concern.

The reasons are written by hand, in survivors.toml; they are found by the line before and after, which may move.
"""

from __future__ import annotations

import re
import textwrap
import tomllib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

from harness.jobs.mutants.run import Fate
from harness.reporting import markdown

SURVIVORS = Path(__file__).resolve().parent / "survivors.toml"

_TOKEN = re.compile(r"\w+|\s+|[!=<>]=|\*\*|//|<<|>>|.")

Key = tuple[str, str, str]  # implementation, the line before, the line after


@dataclass(frozen=True)
class Reason:
    """Why a mutant may survive: `equivalent` if it is right for every network, otherwise it is merely accepted."""

    equivalent: bool
    why: str


def reasons(path: Path = SURVIVORS) -> dict[Key, Reason]:
    """The reason of every survivor that has one. Raises ValueError for a change that is not two lines, and where one
    is explained twice."""
    found: dict[Key, Reason] = {}
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


def key_of(fate: Fate) -> Key:
    return fate.implementation, fate.mutant.before, fate.mutant.after


def unexplained(fates: Sequence[Fate], known: Mapping[Key, Reason]) -> list[Fate]:
    """The survivors for which there is no reason."""
    return [fate for fate in fates if not fate.killed and key_of(fate) not in known]


def outdated(fates: Sequence[Fate], known: Mapping[Key, Reason]) -> list[Key]:
    """The reasons for which there is no survivor, in the files that were mutated."""
    survivors, names = {key_of(fate) for fate in fates if not fate.killed}, {fate.implementation for fate in fates}
    return [key for key in known if key[0] in names and key not in survivors]


def render(fates: Sequence[Fate], known: Mapping[Key, Reason], seed: int) -> str:
    """The page in Markdown."""
    names = dict.fromkeys(fate.implementation for fate in fates)
    rows = [_row(name, [fate for fate in fates if fate.implementation == name], known) for name in names]
    families = Counter(fate.mutant.operator.split("_")[0] for fate in fates)
    parts = [
        markdown.made("mutants"),
        "# Mutants: what the check sees of one change in right code\n",
        f"""\
Each implementation is changed in one place by the operators of cosmic-ray, and `python -m harness check` judges the
changed file as it would judge anyone's, with inputs from seed {seed}. A mutant is *killed* if its verdict is worse than
that of the file as it stands (agrees; for finite_differences, inaccurate), or if it gives fewer of the arrays that are
judged: it *failed* (it raised, hung, gave what is not finite or has another shape), its numbers *depart*, or it
*refuses* what the file computes. No test of the project takes part. Of the survivors, *equivalent* ones are right for
every network, so that nothing could tell them from the file.
""",
        markdown.table(
            [*rows, _row("all", fates, known)],
            [
                "implementation",
                "mutants",
                "failed",
                "depart",
                "refuse",
                "survived",
                "equivalent",
                "killed",
                "of others",
            ],
        ),
        """\
*Killed*: the share of all mutants. *Of others*: the share of those that are not equivalent. Counted are all mutants of
all operators that need no argument, each program once. Strings, annotations, names, calls and `@` are not mutated.
""",
        markdown.table([[name, f"{count:,}"] for name, count in families.most_common()], ["operator", "mutants"]),
    ]
    if missing := unexplained(fates, known):
        parts += ["## Unexplained\n", _changes(missing)]
    parts.append("## The survivors, explained\n")
    for reason in dict.fromkeys(known.values()):
        explained = [fate for fate in fates if not fate.killed and known.get(key_of(fate)) == reason]
        if explained:
            kind = "Equivalent" if reason.equivalent else "Accepted"
            why = textwrap.fill(f"**{kind}** ({len(explained)}): {reason.why}", 120)
            parts.append(f"{why}\n\n{_changes(explained)}")
    return "\n".join(parts)


def summary(fates: Sequence[Fate]) -> str:
    """How many are killed, in a few words."""
    killed = sum(bool(fate.killed) for fate in fates)
    return f"{killed} of {len(fates)} mutants killed"


def _row(name: str, fates: Sequence[Fate], known: Mapping[Key, Reason]) -> list[str]:
    how = Counter(fate.killed for fate in fates)
    killed = len(fates) - how[""]
    equivalent = sum(not fate.killed and key_of(fate) in known and known[key_of(fate)].equivalent for fate in fates)
    counts = [len(fates), *(how[kind] for kind in ("failed", "departs", "refuses", "")), equivalent]
    shares = [_percent(killed, len(fates)), _percent(killed, len(fates) - equivalent)]
    return [name, *(f"{count:,}" for count in counts), *shares]


def _percent(part: int, whole: int) -> str:
    """Rounded down, so that 100 % are all."""
    return f"{1000 * part // whole / 10:.1f} %" if whole else "–"


def _changes(fates: Sequence[Fate]) -> str:
    rows = [
        [
            f"{one.implementation}.py:{one.mutant.line}",
            one.mutant.operator,
            one_line(one.mutant.before, one.mutant.after),
        ]
        for one in fates
    ]
    return markdown.table(rows, ["where", "operator", "change"])


def one_line(before: str, after: str) -> str:
    """Both lines in one, as code: what they share, and between ⟦ and ⟧ what the one and the other have there."""
    old, new = (_TOKEN.findall(line) for line in (before, after))
    shared = len(list(takewhile(lambda pair: pair[0] == pair[1], zip(old, new, strict=False))))
    rest = list(zip(reversed(old[shared:]), reversed(new[shared:]), strict=False))
    same = len(list(takewhile(lambda pair: pair[0] == pair[1], rest)))
    one, other = ("".join(line[shared : len(line) - same]) for line in (old, new))
    changed = f"⟦{one.strip()} → {other.strip()}⟧" if one and other else f"⟦{one or 'nothing'} → {other or 'nothing'}⟧"
    end = "".join(old[len(old) - same :])
    return "`" + f"{''.join(old[:shared])}{changed}{end}".replace("|", "\\|") + "`"
