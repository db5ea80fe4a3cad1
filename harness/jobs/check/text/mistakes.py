"""The text about mistakes: the formulas that were computed, beside the right ones, and their names."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from harness.jobs.check.run import CheckResult
from harness.jobs.check.text.causes import LINE_WIDTH
from harness.judging.judge import UNDECLARED_CONVENTION

if TYPE_CHECKING:
    from harness.mistakes import Mistake
    from harness.mistakes.diagnose import Diagnosis
    from harness.mistakes.render import Formula

_IN_BRACKETS = ("[", "]"), ("[", "]")
_IN_COLOUR = ("\x1b[1;31m", "\x1b[0m"), ("\x1b[1;32m", "\x1b[0m")  # bold red for yours, bold green for the right form
NAMELESS = "a formula without a name in the catalogue"


def diagnoses_text(check: CheckResult, *, is_coloured: bool) -> str:
    """The explanations of a check, each with its formulas."""
    texts = [_diagnosis_text(diagnosis, check, is_coloured) for diagnosis in check.diagnoses]
    if len(texts) > 1:
        texts.insert(0, f"{len(texts)} explanations are equally simple, and no case that ran tells them apart:")
    return "\n\n".join(texts)


def _diagnosis_text(diagnosis: Diagnosis, check: CheckResult, is_coloured: bool) -> str:
    from harness.jobs.check.text.formulas import formulas_in  # a check that passes needs none

    lines = [_naming_line(diagnosis, is_intended=check.verdict == UNDECLARED_CONVENTION)]
    if diagnosis.function:
        other = "step" if diagnosis.function == "backprop" else "backprop"
        lines.append(f"  Only {diagnosis.function} has it; {other} is right.")
    if len(check.outcomes) == 1:
        lines.append("  Several formulas may fit a single case; a check of all cases distinguishes them.")
    if diagnosis.apart:
        lines.append(f"  The case {diagnosis.apart}, which did not run, would tell it from the first explanation.")
    if diagnosis.convention_changes:
        declared = ", ".join(f"{name} = {value!r}" for name, value in diagnosis.convention_changes.items())
        lines.append(f"  The file also follows another convention; to declare it: {declared}")
    left = list(diagnosis.mistakes)
    for number, step in enumerate(_steps(formulas_in(diagnosis, check))):
        if number:
            lines.append("  Then, given that:")
        lines += _formula_lines(step, check, is_coloured)
        for mistake in [one for one in left if _is_of(one, step)]:
            left.remove(mistake)
            lines += _mistake_lines(mistake, has_name=len(diagnosis.mistakes) > 1)
    for mistake in left:
        lines += _mistake_lines(mistake, has_name=len(diagnosis.mistakes) > 1)
    fresh = f", and in {diagnosis.fresh} fresh ones" if diagnosis.fresh else ""
    matches = f"It matches your output, within rounding, in {_matching_cases(diagnosis, check)}{fresh}."
    lines.append(textwrap.fill(matches, LINE_WIDTH, initial_indent="  ", subsequent_indent="  "))
    return "\n".join(lines)


def _naming_line(diagnosis: Diagnosis, *, is_intended: bool) -> str:
    """The names of the mistakes, if there are any, and the layers if they are not all."""
    if not diagnosis.mistakes:
        line = "The formula, which has no name in the catalogue"
    else:
        more = f", and {NAMELESS}" if diagnosis.nameless else ""
        line = f"The mistake: {diagnosis.name}{more}"
    if is_intended:
        line = f"If this is not intended, {line[0].lower()}{line[1:]}"
    line = f"{line}, in {diagnosis.where} only" if diagnosis.where else line
    return line if diagnosis.mistakes else f"{line}:"


def _steps(formulas: Sequence[Formula]) -> list[list[Formula]]:
    """The formulas in groups that share a rule: each group is explained given those before it."""
    steps: list[list[Formula]] = []
    for formula in formulas:
        if steps and any(formula.rules & one.rules for one in steps[-1]):
            steps[-1].append(formula)
        else:
            steps.append([formula])
    return steps


def _is_of(mistake: type[Mistake], step: Sequence[Formula]) -> bool:
    """Whether these formulas are those of a mistake."""
    shown = {(rule.slot, rule.symbol) for formula in step for rule in formula.rules}
    return any((rule.slot, rule.symbol) in shown for rules in (mistake.rules, *mistake.also) for rule in rules)


def _formula_lines(step: Sequence[Formula], check: CheckResult, is_coloured: bool) -> Iterator[str]:
    from harness.jobs.check.source_line import line_of
    from harness.mistakes.render import marked, plain

    of_yours, of_right = _IN_COLOUR if is_coloured else _IN_BRACKETS
    widths = [len(plain(one.right) if is_coloured else marked(one.right)) for one in step]
    for one, width in zip(step, widths, strict=True):
        tag = ", ".join(part for part in (one.equation, one.where) if part)
        yield f"    yours:  {marked(one.yours, *of_yours)}"
        yield f"    right:  {marked(one.right, *of_right)}{' ' * (max(widths) - width + 6)}{tag}"
        if one.meaning:
            yield f"            ({one.meaning})"
        line = line_of(one, check.path)
        if line:
            yield f"    line {line[0]}:  {textwrap.shorten(line[1], LINE_WIDTH - 16)}"


def _mistake_lines(mistake: type[Mistake], *, has_name: bool) -> list[str]:
    sentence = f"{mistake.known_as()}: {mistake.sentence()}" if has_name else mistake.sentence()
    lines = textwrap.wrap(sentence, LINE_WIDTH, initial_indent="  ", subsequent_indent="  ", break_long_words=False)
    return [*lines, *(f"    {source}" for source in mistake.sources)]


def _matching_cases(diagnosis: Diagnosis, check: CheckResult) -> str:
    """The cases that the formula reproduces, and those of which it has to."""
    failing = sum(bool(outcome.out_of_bounds or outcome.faults) for outcome in check.outcomes)
    which = "failing cases" if diagnosis.of == failing else "cases with numbers that differ"
    if diagnosis.left_out:
        which = f"failing cases with finite numbers (NaN in {diagnosis.left_out} more is not explained)"
    if diagnosis.reproduces == diagnosis.of:
        return f"all {diagnosis.of} {which}" if diagnosis.of > 1 else f"the only one of the {which}"
    return f"{diagnosis.reproduces} of {diagnosis.of} {which}; in the others rounding hides it, or it is not finite"
