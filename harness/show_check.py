"""What a person reads after a check."""

from __future__ import annotations

import textwrap
from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np

from harness.check import Check
from harness.check_json import worst_errors
from harness.judging import CONVENTION, ORDER, Outcome
from harness.where import SYMBOLS, first_divergence

if TYPE_CHECKING:
    from harness.diagnose import Diagnosis

WIDTH = 100
FEW = 3  # kinds of failure that are shown in full
HUGE = 1e16  # nothing of the number is right
ENTRIES = 8  # numbers of a quantity that are shown


def text(check: Check, rerun: str) -> str:
    """All that was found, the verdict first; and the command `rerun`, if there is a failing case to look at."""
    parts = [_head(check), _errors(check), _where(check)]
    parts += [_mistakes(check), _conventions(check), _failures(check), _printed(check)]
    if len(check.outcomes) == 1:
        parts.append(_numbers(check.outcomes[0], check))
    elif rerun:
        parts.append(f"The numbers of the first failing case, beside the true ones:\n  {rerun}")
    return "\n\n".join(part for part in parts if part)


def _head(check: Check) -> str:
    counts = ", ".join(f"{count} {verdict.replace('agrees', 'agree')}" for verdict, count in check.by_verdict.items())
    ran = f"{check.ran} of {len(check.outcomes)} cases ran"
    return (
        f"{check.path.name}: {check.verdict.upper()}\n"
        f"{ran} ({counts or 'nothing else'}), with inputs from seed {check.seed}, in {check.seconds:.2f} s."
    )


def _errors(check: Check) -> str:
    """The table of the worst errors, by layer from the output back."""
    worst = {(one["quantity"], one["below_output"]): one["worst"] for one in worst_errors(check)}
    if not worst:
        return ""
    quantities = [name for name in ORDER if any(name == quantity for quantity, _ in worst)]
    rows = [["layer", *(SYMBOLS[name].removeprefix("the ") for name in quantities)]]
    for below in sorted({below for _, below in worst}):
        rows.append([f"L-{below}" if below else "L", *(_units(worst.get((name, below), 0.0)) for name in quantities)])
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = ["  " + "  ".join(f"{cell:<{w}}" for cell, w in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "Worst error in units of what rounding explains; up to 1 is right:\n" + "\n".join(lines)


def _units(value: float | None) -> str:
    return "<= 1" if value is not None and value <= 1 else f"{value:.1e}" if value and value < HUGE else "> 1e16"


def _where(check: Check) -> str:
    divergence = first_divergence(check.outcomes)
    if divergence is None:
        return ""
    lines = [f"Where: {divergence.symbol} is the first to go wrong, in {divergence.case}: {divergence.layers}."]
    if divergence.common:
        lines.append(f"What the failing cases have in common: {divergence.common}.")
    if "other than sigmoid" in divergence.common:
        lines.append("If your code is for sigmoid alone, refuse the rest: raise harness.Unsupported('sigmoid only').")
    return _wrapped(lines)


def _mistakes(check: Check) -> str:
    if check.diagnoses:
        return "\n\n".join(_mistake(diagnosis, check) for diagnosis in check.diagnoses)
    if any(outcome.departures for outcome in check.outcomes) and check.verdict != "inaccurate":
        return "The mistake: not one that this catalogue knows."
    return ""


def _mistake(diagnosis: Diagnosis, check: Check) -> str:
    intended = check.verdict == CONVENTION
    lines = [f"{'If it was not meant, the mistake' if intended else 'The mistake'}: {diagnosis.name}"]
    if diagnosis.where:
        lines[0] += f", in {diagnosis.where} only"
    for mistake in diagnosis.mistakes:
        name = f"{mistake.known_as()}: " if len(diagnosis.mistakes) > 1 else ""
        lines += textwrap.wrap(
            f"{name}{mistake.sentence()}", WIDTH, initial_indent="  ", subsequent_indent="  ", break_long_words=False
        )
        lines += [
            f"    {mistake.equation}, right:  {mistake.right}",
            f"    {' ' * len(mistake.equation)}  wrong:  {mistake.wrong}",
        ]
        lines += [f"    {source}" for source in mistake.sources]
    lines.append(
        f"  It reproduces your numbers in {diagnosis.reproduces} of {diagnosis.of} cases that depart, to the last "
        "digit that rounding allows."
    )
    return "\n".join(lines)


def _conventions(check: Check) -> str:
    undeclared = check.found.beyond(check.declared)
    if not undeclared:
        return ""
    lines = ["It follows another convention. If you mean it, declare it in the file:"]
    lines += [f"  {name} = {value!r}" for name, value in undeclared.items()]
    if "SIGN" in undeclared:
        lines.append("A step that subtracts this gradient climbs; one that adds it descends.")
    return "\n".join(lines)


def _failures(check: Check) -> str:
    """Each reason once, with its cases counted, and the first traceback."""
    cases: dict[tuple[str, str], list[str]] = defaultdict(list)
    tracebacks = []
    for outcome in check.outcomes:
        for function, refusal in outcome.faults.items():
            cases[refusal.kind, f"{function}: {refusal.detail}"].append(outcome.trial.case.id)
            tracebacks.append(refusal.traceback)
    if not cases:
        return ""
    lines = ["Failed:"]
    for (kind, message), ids in list(cases.items())[:FEW]:
        more = f" and {len(ids) - 1} more" if len(ids) > 1 else ""
        lines += textwrap.wrap(
            f"{kind}: {message} [{ids[0]}{more}]", WIDTH, initial_indent="  ", subsequent_indent="    "
        )
    if len(cases) > FEW:
        lines.append(f"  and {len(cases) - FEW} other reasons; --json FILE has them all")
    first = next(filter(None, tracebacks), "")
    return "\n".join(lines) + (f"\n\n{textwrap.indent(first, '    ')}" if first else "")


def _printed(check: Check) -> str:
    if not check.printed:
        return ""
    first = check.output.splitlines()[:FEW]
    shown = "\n".join(f"  | {line[: WIDTH - 4]}" for line in first)
    return f"It printed {check.printed:,} bytes, which begin so:\n{shown}"


def _numbers(outcome: Outcome, check: Check) -> str:
    """The submission's numbers beside the true ones: those that depart, worst first, or else the worst of all."""
    keys = outcome.departures or list(outcome.judgements)
    standards = check.found.standards(outcome.trial.standards, outcome.trial.inputs)
    lines = []
    for quantity, layer in keys:
        value, standard = outcome.quantities[quantity, layer], standards[quantity, layer]
        error = standard.truth.error(value)
        allowed = standard.bound + standard.truth.radius
        worst = np.argsort(-(error / allowed), axis=None)[: ENTRIES if outcome.departures else 1]
        name = SYMBOLS[quantity].removeprefix("the ")
        lines.append(f"{name} of layer {layer}, {value.size} entries, the {len(worst)} farthest off:")
        lines.append(f"  {'entry':<10}{'yours':>26}{'true':>26}{'error':>12}{'rounding':>12}")
        for flat in worst:
            entry = tuple(int(i) for i in np.unravel_index(flat, value.shape))
            lines.append(
                f"  {list(entry)!s:<10}{value[entry]:>26.17g}{standard.truth.high[entry]:>26.17g}"
                f"{error[entry]:>12.1e}{allowed[entry]:>12.1e}"
            )
    return "\n".join(lines)


def _wrapped(lines: list[str]) -> str:
    return "\n".join(textwrap.fill(line, WIDTH, subsequent_indent="  ", break_on_hyphens=False) for line in lines)
