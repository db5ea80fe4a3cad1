"""Mutation testing of the check: implementations with one operator, number, comparison or loop changed. Each is a
mutant, and the check should see it.

Cosmic-ray makes the mutants, with all of its operators that need no argument; strings, annotations and comments are
none of theirs. A mutant is a file in a folder of its own, so that nothing of the tree is touched, and no test of the
project takes part: what is tested is the verdict that a person would get.
"""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.cases.case import Case
from harness.cases.standard import gradient_cases
from harness.jobs.check.run import CheckResult, check_submission
from harness.judging.verdict import VERDICTS
from harness.sandbox.processes.server import Server
from harness.sandbox.sources.find import Implementation

# Most mutants fall on a few cases already, one in so many, and the others take the rest of their time.
_SAMPLE = 9


@dataclass(frozen=True)
class Mutant:
    """A file with one change: by which operator, in which line, that line before and after (without its margins;
    nothing after, where the line is gone), and the whole text."""

    operator: str
    line: int
    before: str
    after: str
    text: str


@dataclass(frozen=True)
class Fate:
    """What became of a mutant: `killed` is empty for a survivor; otherwise `failed`, `out of bounds` or `refuses`."""

    implementation: str
    mutant: Mutant
    killed: str


def mutants_of(source: str) -> Iterator[Mutant]:
    """Every mutant of a file, each once; those that say the same as the file, or are no Python, are none."""
    import cosmic_ray.plugins  # only here, so that what was found can be told without it
    from cosmic_ray.ast import ast_nodes, get_ast
    from cosmic_ray.mutating import mutate_code

    tree, seen = get_ast(source), {_meaning(source), ""}
    for name in sorted(cosmic_ray.plugins.operator_names()):
        operator = cosmic_ray.plugins.get_operator(name)
        if operator.arguments():
            continue
        count = sum(len(list(operator().mutation_positions(node))) for node in ast_nodes(tree))
        for occurrence in range(count):
            text = mutate_code(source, operator(), occurrence)
            meaning = _meaning(text)
            if meaning not in seen:
                seen.add(meaning)
                yield Mutant(name.removeprefix("core/"), *_change(source, text), text)


def _meaning(text: str) -> str:
    """The syntax tree in words; empty for what is no Python."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # as of `1 is 2`
            return ast.dump(ast.parse(text))
    except (SyntaxError, ValueError):
        return ""


def _change(source: str, text: str) -> tuple[int, str, str]:
    """The number of the first line that differs, and that line before and after."""
    old, new = source.splitlines(), text.splitlines()
    number = next(n for n, (one, other) in enumerate(zip(old, [*new, ""], strict=False)) if one != other)
    return number + 1, old[number].strip(), new[number].strip() if len(old) == len(new) else ""


def fates(server: Server, implementation: Implementation, seed: int) -> Iterator[Fate]:
    """Check every mutant of an implementation against the verdict on the original; each as it is done."""
    cases = gradient_cases()
    rounds = [(part, check_submission(server, implementation.path, part, seed)) for part in (cases[::_SAMPLE], cases)]
    path = Path(server.folder()) / implementation.path.name
    for mutant in mutants_of(implementation.path.read_text(encoding="utf-8")):
        path.write_text(mutant.text, encoding="utf-8")
        yield Fate(implementation.name, mutant, _killed(server, path, rounds, seed))


def _killed(server: Server, path: Path, rounds: Sequence[tuple[Sequence[Case], CheckResult]], seed: int) -> str:
    """How the mutant is worse than the original, in the first round of cases where it is; empty where in none."""
    for cases, original in rounds:
        found = check_submission(server, path, cases, seed)
        if found.verdict != "unsupported" and VERDICTS.index(found.verdict) < VERDICTS.index(original.verdict):
            return "failed" if found.verdict == "failed" else "out of bounds"
        if _given(found) < _given(original):
            return "refuses"
    return ""


def _given(check: CheckResult) -> int:
    """How many arrays were there to be judged: refusing what was given before is seen in the report."""
    return sum(len(outcome.judgements) for outcome in check.outcomes)
