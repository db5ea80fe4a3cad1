"""What an adapter does, in words: how the network is made, where its parameters are, how it is driven and read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from harness.sandbox.inference.adapter.arrangements import arrangement
from harness.sandbox.inference.adapter.plan import Family, Plan
from harness.sandbox.inference.adapter.refusals import AdapterScope
from harness.sandbox.inference.adapter.source import constants_of
from harness.sandbox.inference.choose import Candidate, ChosenPlans

COST_WORDS = {
    "half_squared_error": "half the squared error",
    "binary_cross_entropy": "the binary cross-entropy",
    "cross_entropy": "the cross-entropy",
}


def describe(choice: ChosenPlans, scope: AdapterScope, unchecked: Sequence[str]) -> Iterator[str]:
    """One sentence a line."""
    plan, formula, constants = choice.first.plan, choice.formula, constants_of(choice)
    yield f"made by: {plan.make}" + "".join(f"; {one}" for one in plan.settings)
    yield f"weights: {_place(plan.weights)}" + (f"; biases: {_place(plan.biases)}" if plan.biases is not None else "")
    if not plan.has_biases:
        yield "it has no biases"
    if arrangement(plan.weights.arrangement).has_bias_unit:
        yield f"the bias units of hidden layers have the input {choice.first.pinned}, so that their activation is 1"
    for one in (choice.backprop, choice.step):
        if one is not None:
            yield from _driven(one, is_divided=choice.divides_gradients and one is choice.backprop)
    if unchecked:
        yield f"not checked: {', '.join(unchecked)}, which does not follow from these formulas"
    if scope.single_unit_error:
        yield f"not tried with hidden layers of one unit, where it fails: {scope.single_unit_error}"
    names = [formula.hidden, formula.output]
    layers = "sigmoid layers" if names == ["sigmoid", "sigmoid"] else f"{names[0]} hidden layers, {names[1]} outputs"
    numbers = [
        f"{name} = {value!r}" for name, value in constants.items() if name not in ("ACTIVATIONS", "COST", "BIAS")
    ]
    yield "; ".join([f"{layers}; {COST_WORDS[formula.cost]}", *numbers])


def _driven(one: Candidate, *, is_divided: bool) -> Iterator[str]:
    plan: Plan = one.plan
    calls = ", then ".join(line.removeprefix("returned = ").removeprefix("output = ") for line in plan.lines)
    reading = plan.reading
    if reading.where == "moved":
        read = "read from how the weights moved"
    else:
        of = "weights" if reading.function == "step" else "gradients"
        read = f"{of} read from what it returned" if reading.where == "returned" else f"{of} read beside the weights"
        read += f": {_place(reading.weights)}" + (f", {_place(reading.biases)}" if reading.biases is not None else "")
    divided = "; divided by the number of rows, as its step does" if is_divided else ""
    yield f"{reading.function}: {calls}; {plan.feed.words}; {read}{divided}"


def _place(family: Family) -> str:
    text = family.head + "".join(f"[…]{tail}" for tail in family.tails)
    return f"{text}, {arrangement(family.arrangement).words}"
