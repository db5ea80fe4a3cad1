"""The text that a check prints."""

from __future__ import annotations

import re
import textwrap
from collections import Counter, defaultdict
from typing import TYPE_CHECKING

import numpy as np

from harness.jobs.check.run import CheckResult
from harness.judging.judge import QUANTITY_ORDER, QUANTITY_SYMBOLS, UNDECLARED_CONVENTION, Outcome, standard_of
from harness.judging.ratios import meaning_of
from harness.sandbox.answers import printable

if TYPE_CHECKING:
    from harness.mistakes.diagnose import Diagnosis

LINE_WIDTH = 100
MAX_LISTED = 3  # failures, notes, refusals or printed lines that are shown
LARGEST_RATIO = 1e16  # above it no digit is right
MAX_ENTRIES = 8  # numbers of a quantity that are shown


def report_text(check: CheckResult, rerun: str) -> str:
    """The whole result, the verdict first. `rerun` is the command that shows a failing case, or empty."""
    parts = [_headline(check), _support_text(check), _error_table(check), _location_text(check), _ratios_text(check)]
    parts += [
        _mistakes_text(check),
        _conventions_text(check),
        _failures_text(check),
        _notes_text(check),
        _refusals_text(check),
    ]
    parts.append(_printed_text(check))
    if len(check.outcomes) == 1:
        parts.append(_numbers_text(check.outcomes[0], check))
    elif rerun:
        has_numbers = any(one.out_of_bounds for one in check.outcomes)
        purpose = "see the numbers of the first failing case" if has_numbers else "run the first failing case alone"
        parts.append(f"To {purpose}:\n  {rerun}")
    return "\n\n".join(part for part in parts if part)


def _headline(check: CheckResult) -> str:
    counts = ", ".join(f"{count} {verdict.replace('agrees', 'agree')}" for verdict, count in check.by_verdict.items())
    of = len(check.outcomes)
    return (
        f"{printable(check.path.name)}: {check.verdict.upper()}{_extent(check)}\n"
        f"{check.ran} of {of} cases ran ({counts or 'nothing else'}), with inputs from seed {check.seed}, in "
        f"{check.seconds:.2f} s."
    )


def _extent(check: CheckResult) -> str:
    """What the verdict is about, if that is not everything: a file that refuses what it gets wrong agrees, too."""
    if check.verdict == "unsupported":
        reason, *others = check.refused
        also = f" (and {len(others)} other reasons)" if others else ""
        return f": it refuses all {len(check.outcomes)} cases: {printable(reason)}{also}"
    if not check.verdict.startswith("agrees") or (check.ran == len(check.outcomes) and not _limits(check)):
        return ""
    if check.support is None:
        return f" in {check.ran} of {len(check.outcomes)} cases"
    agreeing = sum(count for verdict, count in check.by_verdict.items() if verdict.startswith("agrees"))
    seen = f"{agreeing} of {check.ran} cases"
    return f" on what it supports: {', '.join(filter(None, [_limits(check), seen]))}"


def _limits(check: CheckResult) -> str:
    return check.support.headline() if check.support is not None and check.ran else ""


def _support_text(check: CheckResult) -> str:
    """What the file supports, and what was not tried."""
    return _wrap_lines(check.support.sentences()) if check.support is not None and check.ran else ""


def _error_table(check: CheckResult) -> str:
    """The table of the worst error ratios, by layer from the output backwards."""
    worst = {(one["quantity"], one["below_output"]): one["worst"] for one in check.worst_errors()}
    if not worst:
        return ""
    quantities = [name for name in QUANTITY_ORDER if any(name == quantity for quantity, _ in worst)]
    rows = [["layer", *(QUANTITY_SYMBOLS[name].removeprefix("the ") for name in quantities)]]
    for below in sorted({below for _, below in worst}):
        rows.append([f"L-{below}" if below else "L", *(_ratio_text(worst, (name, below)) for name in quantities)])
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = ["  " + "  ".join(f"{cell:<{w}}" for cell, w in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "Worst error / rounding bound (<= 1 is correct):\n" + "\n".join(lines)


def _ratio_text(worst: dict[tuple[str, int], float | None], key: tuple[str, int]) -> str:
    if key not in worst:
        return "–"
    value = worst[key]
    return "> 1e16" if value is None or value > LARGEST_RATIO else "<= 1" if value <= 1 else f"{value:.1e}"


def _location_text(check: CheckResult) -> str:
    if not any(outcome.out_of_bounds for outcome in check.outcomes):
        return ""
    from harness.jobs.check.location import first_divergence  # most checks pass and need neither
    from harness.judging.forward import FORWARD, follows_from_forward

    divergence = first_divergence(check.outcomes)
    if divergence is None:
        return ""
    quantity = QUANTITY_SYMBOLS[divergence.quantity].replace("the", "The")
    lines = [
        f"Where: the first error is in {divergence.symbol}, in case {divergence.case}. "
        f"{quantity} has errors {divergence.layers}."
    ]
    if divergence.quantity in FORWARD and follows_from_forward(check.outcomes, check.found):
        lines.append(
            "The backward pass is right for these z and a: the errors after them follow from the forward pass."
        )
    if divergence.common:
        lines.append(f"What the failing cases have in common: {divergence.common}.")
    if "other than sigmoid" in divergence.common:
        lines.append("If your code is only for sigmoid, refuse the rest: raise NotImplementedError('sigmoid only').")
    return _wrap_lines(lines)


def _ratios_text(check: CheckResult) -> str:
    """The quantities that are the truth times one number, where no mistake of the catalogue explains them."""
    if not check.ratios:
        return ""
    lines = ["Exact ratios, yours / true, within rounding in every case (n rows, m outputs, η the learning rate):"]
    for one in check.ratios:
        place = f"L-{one.layer}" if one.from_output and one.layer else "L" if one.from_output else str(one.layer)
        lines.append(f"  {QUANTITY_SYMBOLS[one.quantity].removeprefix('the ')} of layer {place}: {one.factor}")
    meanings = dict.fromkeys(filter(None, (meaning_of(one.factor) for one in check.ratios)))
    return "\n".join([*lines, *(f"  {meaning}." for meaning in meanings)])


def _mistakes_text(check: CheckResult) -> str:
    if check.diagnoses:
        return "\n\n".join(_mistake_text(diagnosis, check) for diagnosis in check.diagnoses)
    causes = {outcome.cause for outcome in check.outcomes if outcome.out_of_bounds}
    if "wrong" in causes:
        return "The mistake: not in the catalogue."
    reasons = dict.fromkeys(outcome.reason for outcome in check.outcomes if outcome.out_of_bounds)
    said = "The formula is right, but the arithmetic is inaccurate: " if "inaccurate" in causes else "Not decided: "
    return "\n".join(f"{said}{reason}." for reason in reasons)


def _mistake_text(diagnosis: Diagnosis, check: CheckResult) -> str:
    intended = check.verdict == UNDECLARED_CONVENTION
    lines = [f"{'If this is not intended, the mistake' if intended else 'The mistake'}: {diagnosis.name}"]
    if diagnosis.where:
        lines[0] += f", in {diagnosis.where} only"
    if diagnosis.function:
        other = "step" if diagnosis.function == "backprop" else "backprop"
        lines.append(f"  Only {diagnosis.function} has it, and computes gradients of its own; {other} is right.")
    if len(check.outcomes) == 1:
        lines.append("  Several mistakes may fit a single case; a check of all cases distinguishes them.")
    if diagnosis.convention_changes:
        declared = ", ".join(f"{name} = {value!r}" for name, value in diagnosis.convention_changes.items())
        lines.append(f"  The file also follows another convention; to declare it: {declared}")
    for mistake in diagnosis.mistakes:
        name = f"{mistake.known_as()}: " if len(diagnosis.mistakes) > 1 else ""
        lines += textwrap.wrap(
            f"{name}{mistake.sentence()}",
            LINE_WIDTH,
            initial_indent="  ",
            subsequent_indent="  ",
            break_long_words=False,
        )
        lines += [
            f"    {mistake.equation}, right:  {mistake.right}",
            f"    {' ' * len(mistake.equation)}  wrong:  {mistake.wrong}",
        ]
        lines += [f"    {source}" for source in mistake.sources]
    lines.append(f"  It matches your output, within rounding, in {_matching_cases(diagnosis, check)}.")
    return "\n".join(lines)


def _matching_cases(diagnosis: Diagnosis, check: CheckResult) -> str:
    """The cases that the mistake reproduces, and those of which it has to."""
    failing = sum(bool(outcome.out_of_bounds or outcome.faults) for outcome in check.outcomes)
    which = "failing cases" if diagnosis.of == failing else "cases with numbers that differ"
    if diagnosis.reproduces == diagnosis.of:
        return f"all {diagnosis.of} {which}" if diagnosis.of > 1 else f"the only one of the {which}"
    return f"{diagnosis.reproduces} of {diagnosis.of} {which}; in the others rounding hides it, or it is not finite"


def _conventions_text(check: CheckResult) -> str:
    undeclared = check.found.differences_from(check.declared)
    if not undeclared:
        return ""
    lines = ["The output follows another convention. If this is intended, declare it in the file:"]
    lines += [f"  {name} = {value!r}" for name, value in undeclared.items()]
    if "SIGN" in undeclared and not any(("update", 1) in outcome.judgements for outcome in check.outcomes):
        lines.append("With this sign, a step must add the gradient to descend.")
    return "\n".join(lines)


def _failures_text(check: CheckResult) -> str:
    """Each reason once, with the number of its cases, and the first traceback. Reasons that differ only in numbers are
    one."""
    found: dict[str, list[str]] = defaultdict(list)
    first: dict[str, str] = {}
    for outcome in check.outcomes:
        for (kind, detail), functions in _failure_reasons(outcome).items():
            message = f"{kind}: {f'{functions[0]}: ' if len(functions) == 1 else ''}{detail}"
            alike = re.sub(r"\d+", "#", message)
            first.setdefault(alike, message)
            found[alike].append(outcome.trial.case.id)
    if not found:
        return ""
    lines = ["Failed:"]
    for alike, ids in list(found.items())[:MAX_LISTED]:
        more = f" and {len(ids) - 1} more" if len(ids) > 1 else ""
        lines += textwrap.wrap(
            f"{first[alike]} [{ids[0]}{more}]", LINE_WIDTH, initial_indent="  ", subsequent_indent="    "
        )
    if len(found) > MAX_LISTED:
        lines.append(f"  and {len(found) - MAX_LISTED} other reasons; --json FILE writes all of them")
    shown = next((r.traceback for one in check.outcomes for r in one.faults.values() if r.traceback), "")
    return "\n".join(lines) + (f"\n\n{textwrap.indent(shown, '    ')}" if shown else "")


def _failure_reasons(outcome: Outcome) -> dict[tuple[str, str], list[str]]:
    """The failed functions by (kind, detail); a failure of the whole file is a single reason."""
    reasons: dict[tuple[str, str], list[str]] = defaultdict(list)
    for function, refusal in outcome.faults.items():
        reasons[refusal.kind, refusal.detail].append(function)
    return reasons


def _notes_text(check: CheckResult) -> str:
    """What else was observed, each note once."""
    return _remarks_text("Notes:", Counter(outcome.note for outcome in check.outcomes if outcome.note))


def _refusals_text(check: CheckResult) -> str:
    """Why the file refused cases, or one of its functions for a case, each reason once."""
    counts = Counter(check.refused)
    for outcome in check.outcomes:
        if outcome.verdict != "unsupported":
            refused = {name: one.detail for name, one in outcome.refusals.items() if one.verdict == "unsupported"}
            # A function that the file does not offer refuses nothing.
            counts.update(f"{name}: {why}" for name, why in refused.items() if why != f"offers no {name}")
    return _remarks_text("Refused cases:", counts)


def _remarks_text(title: str, counts: Counter[str]) -> str:
    """The most frequent remarks under a title, each with its number of cases; empty if there are none."""
    lines = [f"{remark} [{count} case{'s' if count > 1 else ''}]" for remark, count in counts.most_common(MAX_LISTED)]
    filled = [textwrap.fill(line, LINE_WIDTH, initial_indent="  ") for line in lines]
    return "\n".join([title, *filled]) if filled else ""


def _printed_text(check: CheckResult) -> str:
    if not check.printed:
        return ""
    first = check.output.splitlines()[:MAX_LISTED]
    shown = "\n".join(f"  | {printable(line[: LINE_WIDTH - 4])}" for line in first)
    return f"The file printed {check.printed:,} bytes; the first lines:\n{shown}"


def _numbers_text(outcome: Outcome, check: CheckResult) -> str:
    """The submission's numbers next to the true ones: the worst entries of quantities out of bounds, or if there are
    none the worst entry of each quantity."""
    keys = outcome.out_of_bounds or list(outcome.judgements)
    lines = []
    for quantity, layer in keys:
        value = outcome.quantities[quantity, layer]
        standard = standard_of((quantity, layer), value, outcome.trial, check.found)
        error = np.abs(standard.error(value))
        allowed = standard.bound + standard.truth.radius
        worst = np.argsort(-(error / allowed), axis=None)[: MAX_ENTRIES if outcome.out_of_bounds else 1]
        name = QUANTITY_SYMBOLS[quantity].removeprefix("the ")
        which = f"the {len(worst)} largest errors" if len(worst) > 1 else "the largest error"
        lines.append(f"{name} of layer {layer}, {value.size} entries, {which} relative to the bound:")
        lines.append(f"  {'entry':<10}{'yours':>26}{'true':>26}{'error':>12}{'bound':>12}")
        for flat in worst:
            entry = tuple(int(i) for i in np.unravel_index(flat, value.shape))
            lines.append(
                f"  {list(entry)!s:<10}{value[entry]:>26.17g}{standard.truth.high[entry]:>26.17g}"
                f"{error[entry]:>12.1e}{allowed[entry]:>12.1e}"
            )
    return "\n".join(lines)


def _wrap_lines(lines: list[str]) -> str:
    return "\n".join(textwrap.fill(line, LINE_WIDTH, subsequent_indent="  ", break_on_hyphens=False) for line in lines)
