"""What an adapter refuses: the networks and data that the code is not for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from harness.sandbox.inference.adapter.plan import FittedFormula, Plan

_LABELS = "t.shape[1] < 2 or ((t != 0) & (t != 1)).any() or (t.sum(axis=1) != 1).any()"


@dataclass(frozen=True)
class AdapterScope:
    """What an adapter is for: these numbers of layers, and all greater ones if `is_any_deeper`; a single row, a single
    output, or any number of them; and what it raises where a hidden layer has one unit."""

    layers: tuple[int, ...]
    is_any_deeper: bool
    is_single_row: bool
    is_single_output: bool
    single_unit_error: str


def refusal_lines(formula: FittedFormula, plans: Sequence[Plan], scope: AdapterScope) -> list[str]:
    """The body of the function that refuses a case; empty if nothing is refused."""
    checks = [*_checks(formula, plans, scope)]
    uses_names = any("names" in condition for condition, _ in checks)
    body = ["names = [layer.activation.name for layer in network.layers]"] if uses_names else []
    for condition, words in checks:
        body += [f"if {condition}:", f'    raise NotImplementedError("{words}")']
    return body


def _checks(formula: FittedFormula, plans: Sequence[Plan], scope: AdapterScope) -> Iterator[tuple[str, str]]:
    """Conditions in which a case is refused, and the reason."""
    if formula.hidden != formula.output and scope.layers != (1,):
        expected = f'["{formula.hidden}"] * (len(names) - 1) + ["{formula.output}"]'
        yield f"names != {expected}", f"{formula.hidden} hidden layers and {formula.output} outputs only"
    if not scope.is_any_deeper:
        yield f"len(names) not in {scope.layers!r}", f"{_depth_words(scope.layers)} only"
    elif scope.layers[0] > 1:
        yield f"len(names) < {scope.layers[0]}", f"{scope.layers[0]} layers or more only"
    if scope.is_single_row:
        yield "len(x) > 1", "one row at a time only"
    if any(plan.feed.takes_labels for plan in plans):
        yield _LABELS, "class labels only"
    if scope.single_unit_error:
        yield "any(len(layer.b) == 1 for layer in network.layers[:-1])", "hidden layers of two units or more only"
    if scope.is_single_output or any(plan.feed.has_single_output for plan in plans):
        yield "t.shape[1] > 1", "a single output only"


def _depth_words(layers: Sequence[int]) -> str:
    if tuple(layers) == (2,):
        return "one hidden layer"
    return f"{' or '.join(map(str, layers))} layer{'s' if tuple(layers) != (1,) else ''}"
