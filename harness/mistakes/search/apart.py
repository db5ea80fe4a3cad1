"""Tell two explanations apart: a network on which their numbers differ."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from harness.cases.standard import gradient_cases
from harness.judging.conventions import DEFAULT_CONVENTION, Convention
from harness.mistakes.formulation import formulation
from harness.mistakes.grammar import MISFITS
from harness.mistakes.reproduce import call_quantities
from harness.mistakes.rules import Rules
from harness.mistakes.subject import Subject
from harness.model.contract import Inputs
from harness.sandbox.answers import ArrayKey
from harness.truth.bounds.rounded_array import rounded_inputs


@dataclass(frozen=True)
class Kinds:
    """What some code is for: names of activations and of costs; and what it returns: its functions and quantities."""

    activations: frozenset[str]
    costs: frozenset[str]
    functions: frozenset[str]
    names: frozenset[str]

    @classmethod
    def of(cls, subjects: Iterable[Subject]) -> Kinds:
        """The kinds that occur in some subjects."""
        found = [*subjects]
        networks = [one.inputs.network for one in found]
        activations = {layer.activation.name for network in networks for layer in network.layers}
        names = {name for one in found for name, _ in one.first}
        costs = {network.cost.name for network in networks}
        return cls(frozenset(activations), frozenset(costs), frozenset(one.function for one in found), frozenset(names))


def case_apart(
    one: Rules, other: Rules, convention: Convention = DEFAULT_CONVENTION, kinds: Kinds | None = None
) -> str | None:
    """The id of the first standard case on which the numbers of two explanations differ by more than rounding.

    Only what is of these kinds counts, if any are given. None if there is none: then the two are one formula.
    """
    for case_id, inputs, rate in _networks(kinds):
        for function in ("backprop", "step") if kinds is None else sorted(kinds.functions):
            if _differ(one, other, function, inputs, rate, convention, kinds):
                return case_id
    return None


def _networks(kinds: Kinds | None) -> Iterator[tuple[str, Inputs, float]]:
    for case in gradient_cases():
        is_kind = kinds is None or ({*case.activations} <= kinds.activations and case.cost in kinds.costs)
        if case.dtype == "float64" and is_kind:
            yield case.id, case.build(), case.learning_rate


def _differ(
    one: Rules, other: Rules, function: str, inputs: Inputs, rate: float, convention: Convention, kinds: Kinds | None
) -> bool:
    results: list[dict[ArrayKey, Any] | None] = []
    with np.errstate(all="ignore"):
        for rules in (one, other):
            try:
                kind, exact = formulation(rules), rounded_inputs(convention.inputs(inputs), "float64")
                results.append(
                    call_quantities(kind, function, exact, convention.rate(rate), convention.scale(inputs))[0]
                )
            except MISFITS:
                results.append(None)
        first, second = results
        if first is None or second is None:  # code without a value there tells nothing
            return False
        return any(
            (np.abs(first[key].value - second[key].value) > 2 * (first[key].error + second[key].error)).any()
            for key in first
            if kinds is None or key[0] in kinds.names
        )
