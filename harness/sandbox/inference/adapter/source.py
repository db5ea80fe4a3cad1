"""The adapter of a file: the source that a person would have written, and what it does in words."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from harness.sandbox.answers import printable
from harness.sandbox.inference.adapter.importing import ImportPath
from harness.sandbox.inference.adapter.names import names_in, own_name, python_literal
from harness.sandbox.inference.adapter.refusals import AdapterScope, refusal_lines
from harness.sandbox.inference.adapter.render import functions_source, made_source, refusal_source, unit_source
from harness.sandbox.inference.choose import Candidate, ChosenPlans
from harness.sandbox.inference.fit import CLOSE, RATE

_MEANS = {"sum": "mean", "mean over outputs": "mean over rows and outputs"}  # what a mean over the rows makes of them
_KEPT = ("REDUCTION", "HALF", "SIGN", "SUBGRADIENT", "LEARNING_RATE", "DTYPE")  # if the file declares them


def constants_of(choice: ChosenPlans) -> dict[str, object]:
    """What the adapter declares: the formula, and the one constant that was fitted."""
    formula = choice.formula
    found: dict[str, object] = {
        "ACTIVATIONS": tuple(dict.fromkeys([formula.hidden, formula.output])),
        "COST": formula.cost,
    }
    if not choice.first.plan.has_biases:
        found["BIAS"] = "none"
    both = [one for one in (choice.backprop, choice.step) if one is not None]
    told = [one for one in both if one.fit.share > 0]
    if (reduction := _reduction(choice, told)) != "sum":
        found["REDUCTION"] = reduction
    for one in both:
        found |= _constants_of_plan(one, formula.cost) if one in told else {}
    if choice.step is not None and not choice.step.plan.uses_learning_rate:
        found.setdefault("LEARNING_RATE", 1.0)  # nothing fits, and no rate is in sight
    return found | {name: value for name, value in choice.declared.items() if name in _KEPT}


def _reduction(choice: ChosenPlans, told: Sequence[Candidate]) -> str:
    """The reduction of the cost: that of a batch, since the adapter itself sums or averages single rows."""
    if choice.divides_gradients:
        return "mean"
    batches = [one for one in told if not one.plan.feed.is_row]
    reductions = [one.fit.reduction for one in (*batches, *told)]
    reduction = reductions[0] if reductions else "sum"
    return _MEANS.get(reduction, reduction) if choice.is_mean else reduction


def _constants_of_plan(one: Candidate, cost: str) -> Iterator[tuple[str, object]]:
    """The sign, the ½ and the learning rate."""
    is_step, constant = one.plan.reading.function == "step", one.fit.constant
    if not is_step and constant < 0:
        yield "SIGN", "negative"
    if is_step and not one.plan.uses_learning_rate:
        if constant > 0:
            yield "LEARNING_RATE", _without_rounding(constant)
        return
    factor = abs(constant) / (RATE if is_step else 1.0)
    if cost == "half_squared_error" and abs(factor - 2) <= 2 * CLOSE:
        yield "HALF", False


def _without_rounding(number: float) -> float:
    """The number without the digits that rounding has put there: the shortest one that is as near as double precision,
    or else single precision, allows."""
    for digits, near in ((10, 2.0**-40), (6, 2.0**-18)):
        for one in (float(f"{number:.{n}g}") for n in range(1, digits + 1)):
            if abs(one - number) <= near * abs(number):
                return one
    return number


def adapter_source(
    file: str, where: ImportPath, choice: ChosenPlans, scope: AdapterScope, names: Collection[str]
) -> str:
    """The adapter as a complete file. `file` is the name of the file that it drives, `where` how it is imported, and
    `names` are those in it."""
    plan, constants = choice.first.plan, constants_of(choice)
    parts = [one.plan for one in (choice.backprop, choice.step) if one is not None]
    refusal = refusal_source(refusal_lines(choice.formula, parts, scope))
    is_row = choice.backprop is not None and choice.backprop.plan.feed.is_row
    is_mean = choice.divides_gradients or (is_row and constants.get("REDUCTION") in _MEANS.values())
    functions = [functions_source(one, refuses=bool(refusal), is_mean=is_mean) for one in parts]
    shown = printable(file).replace("\\", "\\\\").replace('"', '\\"')
    used = names_in([plan.make, *(line for one in parts for line in one.driver.lines)])
    texts = [
        f'"""An adapter for {shown}: how it is fed and read. Nothing in it computes a gradient."""',
        "\n".join(where.lines({name for name in names if own_name(name) in used - {"np"}})),
        "\n".join(f"{name} = {_literal(value)}" for name, value in constants.items()),
        *(f"\n{text}" for text in (refusal, unit_source(plan.weights, choice.first.pinned)) if text),
        f"\n{made_source(plan.make, plan.settings, plan.weights, plan.biases)}",
        *(f"\n{text}" for text in functions),
    ]
    return "\n\n".join(texts) + "\n"


def _literal(value: object) -> str:
    """A string, number or tuple of strings in Python, with double quotes."""
    if isinstance(value, tuple):
        return f"({', '.join(map(_literal, value))}{',' if len(value) == 1 else ''})"
    return python_literal(value)
