"""The text that a check prints."""

from __future__ import annotations

import numpy as np

from harness.jobs.check.run import CheckResult
from harness.jobs.check.support import ENOUGH_CASES, answered_by_function
from harness.jobs.check.text.causes import (
    LINE_WIDTH,
    cause_text,
    conventions_text,
    dependences_text,
    location_text,
    ratios_text,
    wrap_lines,
)
from harness.jobs.check.text.failures import MAX_LISTED, failures_text, notes_text, refusals_text
from harness.jobs.check.text.mistakes import diagnoses_text
from harness.judging.judge import QUANTITY_ORDER, QUANTITY_SYMBOLS, Outcome, standard_of
from harness.sandbox.answers import printable
from harness.sandbox.inference.driving.written import driven_text

LARGEST_RATIO = 1e16  # above it no digit is right
_WITHIN, _NOTHING = "<= 1", "–"  # an error ratio, and none
MAX_ENTRIES = 8  # numbers of a quantity that are shown


def report_text(check: CheckResult, rerun: str, *, is_coloured: bool = False) -> str:
    """The whole result, the verdict first. `rerun` is the command that shows a failing case, or empty.

    What differs between the formulas is in brackets, or in colours of a terminal if the text `is_coloured`.
    """
    return "\n\n".join(report_parts(check, rerun, is_coloured=is_coloured).values())


def report_parts(check: CheckResult, rerun: str, *, is_coloured: bool) -> dict[str, str]:
    """The parts of the text by their names, without those that are empty."""
    parts = {
        "headline": verdict_lines(check),
        "driven": driven_text(check.driven),
        "program": _program_text(check),
        "support": _support_text(check),
        "errors": _error_table(check),
        "location": location_text(check),
        "ratios": ratios_text(check),
        "causes": diagnoses_text(check, is_coloured=is_coloured) if check.diagnoses else cause_text(check),
        "dependences": dependences_text(check),
        "conventions": conventions_text(check),
        "failures": failures_text(check),
        "notes": notes_text(check),
        "refusals": refusals_text(check),
        "printed": _printed_text(check),
        "numbers": _numbers_text(check.outcomes[0], check) if len(check.outcomes) == 1 else "",
        "rerun": _rerun_text(check, rerun) if len(check.outcomes) > 1 and rerun else "",
    }
    return {name: text for name, text in parts.items() if text}


def _program_text(check: CheckResult) -> str:
    """The language of a program, and the sentences about it."""
    language = [f"Language: {check.language}."] if check.is_program and check.language else []
    return wrap_lines([*language, *map(printable, check.notes)])


def _rerun_text(check: CheckResult, rerun: str) -> str:
    has_numbers = any(one.out_of_bounds for one in check.outcomes)
    purpose = "see the numbers of the first failing case" if has_numbers else "run the first failing case alone"
    return f"To {purpose}:\n  {rerun}"


def verdict_lines(check: CheckResult) -> str:
    """The verdict, and how many cases ran."""
    counts = ", ".join(f"{count} {verdict.replace('agrees', 'agree')}" for verdict, count in check.by_verdict.items())
    of = len(check.outcomes)
    return (
        f"{printable(check.title)}: {check.verdict.upper()}{_extent(check)}\n"
        f"{check.ran} of {of} cases ran ({counts or 'nothing else'}), with inputs from seed {check.seed}, in "
        f"{check.seconds:.2f} s."
    )


def _extent(check: CheckResult) -> str:
    """What the verdict is about, if that is not everything: a file that refuses what it gets wrong agrees, too."""
    if check.verdict == "unsupported":
        reason, *others = check.refused
        also = f" (and {len(others)} other reason{'s' if len(others) > 1 else ''})" if others else ""
        return f": it refuses all {len(check.outcomes)} cases: {printable(reason)}{also}"
    if not check.verdict.startswith("agrees"):
        return ""
    seen, limits, of = f"{check.ran} of {check.ran} cases", _limits(check), len(check.outcomes)
    if check.support is not None and check.ran < ENOUGH_CASES:
        extent = f", but only {check.ran} cases ran, fewer than {ENOUGH_CASES}"
        extent += f": {limits}" if limits else ""
    elif limits:
        extent = f" on what it supports: {limits}, {seen}"
    else:
        extent = "" if check.ran == of else f" in {check.ran} of {of} cases"
    return extent + _unchecked_function(check)


def _unchecked_function(check: CheckResult) -> str:
    """Which function of the file refused cases that another one answered: the verdict is not about it there."""
    answered = answered_by_function(check.outcomes)
    few = [name for name, cases in answered.items() if cases < max(answered.values())]
    parts = [
        f"; {name} ran in {answered[name]} of these cases"
        if answered[name]
        else f"; {name} refused every case: only {next(one for one in answered if one != name)} was checked"
        for name in few
    ]
    parts += [f"; {line}" for line in check.driven if line.startswith("not checked: ")]
    return "".join(map(printable, parts))


def _limits(check: CheckResult) -> str:
    return check.support.headline() if check.support is not None and check.ran else ""


def _support_text(check: CheckResult) -> str:
    """What the file supports, and what was not tried."""
    return wrap_lines(check.support.sentences()) if check.support is not None and check.ran else ""


def error_rows(check: CheckResult) -> list[list[str]]:
    """The worst error ratios: a row of heads, and one for each layer, from the output backwards."""
    worst = {(one["quantity"], one["below_output"]): one["worst"] for one in check.worst_errors()}
    quantities = [name for name in QUANTITY_ORDER if any(name == quantity for quantity, _ in worst)]
    rows = [["layer", *(QUANTITY_SYMBOLS[name].removeprefix("the ") for name in quantities)]]
    for below in sorted({below for _, below in worst}):
        rows.append([f"L-{below}" if below else "L", *(_ratio_text(worst, (name, below)) for name in quantities)])
    return rows


def _error_table(check: CheckResult) -> str:
    """The table of the worst error ratios."""
    rows = error_rows(check)
    (_, *names), *layers = rows
    if not layers:
        return ""
    if all(cell in (_WITHIN, _NOTHING) for _, *cells in layers for cell in cells):
        return f"Worst error / rounding bound (<= 1 is correct): <= 1 in every layer, for {', '.join(names)}."
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = ["  " + "  ".join(f"{cell:<{w}}" for cell, w in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "Worst error / rounding bound (<= 1 is correct):\n" + "\n".join(lines)


def _ratio_text(worst: dict[tuple[str, int], float | None], key: tuple[str, int]) -> str:
    if key not in worst:
        return _NOTHING
    value = worst[key]
    return "> 1e16" if value is None or value > LARGEST_RATIO else _WITHIN if value <= 1 else f"{value:.1e}"


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
