"""The text about errors: where they are, exact ratios, their cause, and the convention."""

from __future__ import annotations

import json
import textwrap

from harness.jobs.check.run import CheckResult
from harness.judging.hints.ratios import meanings_of
from harness.judging.judge import FORWARD_QUANTITIES, QUANTITY_SYMBOLS

LINE_WIDTH = 100


def location_text(check: CheckResult) -> str:
    """Where the first error is, in which layers, and what the failing cases have in common."""
    if not any(outcome.out_of_bounds for outcome in check.outcomes):
        return ""
    from harness.jobs.check.location import first_divergence  # most checks pass and need neither
    from harness.judging.hints.forward import follows_from_forward
    from harness.judging.hints.sigmoid_only import is_for_sigmoid_only

    divergence = first_divergence(check.outcomes)
    if divergence is None:
        return ""
    lines = [f"Where: the first error is in {divergence.symbol}, in case {divergence.case}."]
    if not any(diagnosis.rules for diagnosis in check.diagnoses):  # formulas say in which layers
        quantity = QUANTITY_SYMBOLS[divergence.quantity].replace("the", "The")
        lines[0] += f" {quantity} has errors {divergence.layers}."
    if divergence.quantity in FORWARD_QUANTITIES and follows_from_forward(check.outcomes, check.found):
        lines.append(
            "The backward pass is right for these z and a: the errors after them follow from the forward pass."
        )
    if divergence.common:
        lines.append(f"What the failing cases have in common: {divergence.common}.")
    if is_for_sigmoid_only(check.outcomes, check.found):
        lines.append(
            "Its numbers are those of sigmoids in every layer. If your code is only for sigmoid, refuse the rest: "
            "raise NotImplementedError('sigmoid only')."
        )
    return wrap_lines(lines)


def ratios_text(check: CheckResult) -> str:
    """The quantities that are the truth times one number, where no mistake of the catalogue explains them."""
    if not check.ratios:
        return ""
    layers: dict[tuple[str, str], list[str]] = {}
    for one in sorted(check.ratios, key=lambda one: len(one.factors)):
        place = f"L-{one.layer}" if one.from_output and one.layer else "L" if one.from_output else str(one.layer)
        known = (factor for quantity, factor in layers if quantity == one.quantity and factor in one.factors)
        factor = next(known, " or ".join(one.factors))
        layers.setdefault((one.quantity, factor), []).append(place)
    lines = ["Exact ratios, yours / true, within rounding in every failing case (n rows, m outputs, η the rate):"]
    for (quantity, factor), places in layers.items():
        of = f"layer{'s' if len(places) > 1 else ''} {', '.join(sorted(places))}"
        lines.append(f"  {QUANTITY_SYMBOLS[quantity].removeprefix('the ')} of {of}: {factor}")
    lines += [f"  {meaning}." for meaning in meanings_of([*layers])]
    return wrap_lines(lines, indent="    ")


def dependences_text(check: CheckResult) -> str:
    """What the wrong numbers depend on, where no formula explains them."""
    if not check.dependences:
        return ""
    heading = (
        "What the wrong numbers depend on in one or two small cases, found by running the file again with one thing "
        "changed at a time:"
    )
    return wrap_lines([heading, *(f"  {one}" for one in check.dependences)], indent="    ")


def cause_text(check: CheckResult) -> str:
    """The cause of the errors, where no mistake explains them."""
    # Numbers within their bounds may be inaccurate too. A failure is shown elsewhere.
    shown = [one for one in check.outcomes if one.out_of_bounds or one.verdict == "inaccurate"]
    shown = [one for one in shown if one.cause != "failed"]
    causes, reasons = {one.cause for one in shown}, dict.fromkeys(one.reason for one in shown)
    if "wrong" in causes:
        beside = ", but for the exact ratios above" if check.ratios else ""
        return f"The formula: not found{beside}."
    said = "The formula is right, but the arithmetic is inaccurate: " if "inaccurate" in causes else "Not decided: "
    return wrap_lines([f"{said}{reason}." for reason in reasons])


def conventions_text(check: CheckResult) -> str:
    """The convention that the file follows and does not declare."""
    undeclared = check.found.differences_from(check.declared)
    if not undeclared:
        return ""
    # Inaccurate numbers, or undecided ones, are no mistake.
    is_wrong = any(outcome.out_of_bounds and outcome.cause == "wrong" for outcome in check.outcomes)
    beside = "Beside the mistake, the" if is_wrong else "The"
    place = 'the "declares" of its hello' if check.is_program else "the file"
    lines = [f"{beside} output follows another convention. If this is intended, declare it in {place}:"]
    lines += [
        f"  {json.dumps({name: one})}" if check.is_program else f"  {name} = {one!r}"
        for name, one in undeclared.items()
    ]
    if "SUBGRADIENT" in undeclared:
        lines.append(
            "It differs only where z is exactly at a kink of relu: any slope between the two is a subgradient."
        )
    if "SIGN" in undeclared and not any(("update", 1) in outcome.judgements for outcome in check.outcomes):
        lines.append("With this sign, a step must add the gradient to descend.")
    return "\n".join(lines)


def wrap_lines(lines: list[str], indent: str = "  ") -> str:
    """The lines, each filled to LINE_WIDTH, its continuation indented."""
    filled = (textwrap.fill(line, LINE_WIDTH, subsequent_indent=indent, break_on_hyphens=False) for line in lines)
    return "\n".join(filled)
