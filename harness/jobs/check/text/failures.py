"""The text about cases that failed or were refused, and about what else was observed."""

from __future__ import annotations

import re
import textwrap
from collections import Counter, defaultdict

import numpy as np

from harness.jobs.check.run import CheckResult
from harness.jobs.check.text.causes import LINE_WIDTH
from harness.judging.judge import Outcome

MAX_LISTED = 3  # failures, notes, refusals or printed lines that are shown


def failures_text(check: CheckResult) -> str:
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
        others = len(found) - MAX_LISTED
        lines.append(f"  and {others} other reason{'s' if others > 1 else ''}; --json FILE writes all of them")
    lines += _nan_lines(check)
    shown = next((r.traceback for one in check.outcomes for r in one.faults.values() if r.traceback), "")
    return "\n".join(lines) + (f"\n\n{textwrap.indent(shown, '    ')}" if shown else "")


def _nan_lines(check: CheckResult) -> list[str]:
    """Where NaN comes from, if it comes with very large logits only and no mistake explains it."""
    with_nan = [one for one in check.outcomes if any(fault.kind == "values" for fault in one.faults.values())]
    if check.diagnoses or not with_nan or any(one.trial.case.flag != "large" for one in with_nan):
        return []
    underflow = (
        "a probability underflows to 0, as in -t / a or log(a) at a = 0, before it is multiplied by a. The form a - t "
        "has no such division."
    )
    overflow = (
        "exp(z) overflows, as in e^z / (1 + e^z); in place of it take 1 / (1 + e^-z), or e^(z - max z) in softmax. Or "
    )
    may_overflow = all(_largest_logit(one) > np.log(np.finfo(one.trial.case.dtype).max) for one in with_nan)
    return textwrap.wrap(
        f"Not finite with very large logits only: {overflow if may_overflow else ''}{underflow}",
        LINE_WIDTH,
        initial_indent="  ",
        subsequent_indent="  ",
    )


def _largest_logit(outcome: Outcome) -> float:
    """The largest weighted input of the output layer."""
    a = outcome.trial.inputs.x
    for layer in outcome.trial.inputs.network.layers:
        z = a @ layer.w.T + layer.b
        a = layer.activation.f(z)
    return float(z.max())


def _failure_reasons(outcome: Outcome) -> dict[tuple[str, str], list[str]]:
    """The failed functions by (kind, detail); a failure of the whole file is a single reason."""
    reasons: dict[tuple[str, str], list[str]] = defaultdict(list)
    for function, refusal in outcome.faults.items():
        reasons[refusal.kind, refusal.detail].append(function)
    return reasons


def notes_text(check: CheckResult) -> str:
    """What else was observed, each note once."""
    return _remarks_text("Notes:", Counter(outcome.note for outcome in check.outcomes if outcome.note))


def refusals_text(check: CheckResult) -> str:
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
