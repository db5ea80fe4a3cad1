"""What a file supports: which networks and data it answered, and which it refused."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from harness.cases.case import HIDDEN_ACTIVATIONS, Case
from harness.judging.judge import Outcome

if TYPE_CHECKING:
    from harness.cases.fitted import Kind

PropertyValues: TypeAlias = "dict[str, set[Any]]"
ENOUGH_CASES = 20  # with fewer, the first line says so
PROPERTIES = ("hidden", "output", "layers", "rows", "outputs", "dtype")
SQUARED_ERROR = "half_squared_error"
_COST_NAMES = {"binary_cross_entropy": "the binary cross-entropy", "cross_entropy": "cross-entropy"}
_DATA_WORDS = {
    ("rows", "one"): "one row at a time",
    ("rows", "several"): "batches",
    ("outputs", "one"): "a single output",
    ("outputs", "several"): "several outputs",
    ("dtype", "float32"): "float32",
    ("dtype", "float64"): "float64",
}


@dataclass(frozen=True)
class Support:
    """The values of each property of networks and data: `supported` if a case with it ran, `refused` if a case was
    refused that differs in nothing else from what is supported, and otherwise `untried`, because no such case was
    asked for.

    The properties: `hidden`, the activation of a hidden layer; `output`, the output activation with its cost; `layers`,
    their number; `rows` and `outputs`, "one" or "several"; `dtype`.
    """

    supported: PropertyValues
    refused: PropertyValues
    untried: PropertyValues

    @classmethod
    def of(cls, ran: Iterable[Case], refused: Iterable[Case]) -> Support:
        """What is supported if these cases ran, and these were refused."""
        supported: PropertyValues = {name: set() for name in PROPERTIES}
        alone: PropertyValues = {name: set() for name in PROPERTIES}
        other: PropertyValues = {name: set() for name in PROPERTIES}
        for case in ran:
            for name, values in _case_values(case).items():
                supported[name] |= values
        for case in refused:
            missing = _missing(case, supported)
            for name, value in missing:
                (alone if len(missing) == 1 else other)[name].add(value)
        return cls(supported, alone, {name: other[name] - alone[name] for name in PROPERTIES})

    def untried_in(self, case: Case) -> tuple[str, Any] | None:
        """The property and its value that a case would be a trial of: all that it has but one untried value is
        supported."""
        missing = _missing(case, self.supported)
        return missing[0] if len(missing) == 1 and missing[0][1] in self.untried[missing[0][0]] else None

    def lacks(self, kind: Kind) -> int:
        """How many properties of a kind were supported in no case; hidden layers where there were none are one."""
        hidden = self.supported["hidden"]
        return (
            (bool(kind.hidden and hidden) and kind.hidden not in hidden)
            + ((kind.output, kind.cost) not in self.supported["output"])
            + (kind.layers not in self.supported["layers"])
            + (("one" if kind.has_one_row else "several") not in self.supported["rows"])
            + (("one" if kind.has_one_output else "several") not in self.supported["outputs"])
        )

    def headline(self) -> str:
        """What was seen, in a few words, where that is not everything."""
        shown = self._limited()
        if shown["layers"] == {1} and len(shown["output"]) == 1:
            [(activation, cost)] = shown["output"]
            layer = f"one {_display_name(activation)} layer" + (
                f" with {_COST_NAMES[cost]}" if cost != SQUARED_ERROR else ""
            )
            return ", ".join([layer, *_property_words({**shown, "output": set(), "layers": set()})])
        return ", ".join(_property_words(shown))

    def _limited(self) -> PropertyValues:
        """What is supported of the properties of which not everything is."""
        limited = {name for name in PROPERTIES if self.refused[name] or self.untried[name]}
        return {name: self.supported[name] if name in limited else set() for name in PROPERTIES}

    def as_data(self) -> dict[str, Any]:
        """The same for JSON."""
        return {
            name: {key: _json_values(values[key]) for key in PROPERTIES}
            for name, values in (("supported", self.supported), ("refused", self.refused), ("untried", self.untried))
        }

    def sentences(self) -> list[str]:
        """What it supports, what it refuses, and what was not tried either; nothing if all was supported."""
        refused, untried = (", ".join(_property_words(values)) for values in (self.refused, self.untried))
        if not (refused or untried):
            return []
        shown = {**self._limited(), "hidden": self.supported["hidden"], "output": self.supported["output"]}
        found = [f"It supports: {', '.join(_property_words(shown))}."]
        found += [f"Not tried, because it refuses them: {refused}."] if refused else []
        return found + ([f"Not tried{' either' if refused else ''}: {untried}."] if untried else [])


def refusal_reason(outcome: Outcome) -> str:
    """Why a case was refused: the file's own reason, if it has one, before that of a function that it lacks."""
    reasons = [one.detail for name, one in outcome.refusals.items() if one.verdict == "unsupported"]
    return next((one for one in reasons if not one.startswith("offers no ")), reasons[0] if reasons else "")


def answered_by_function(outcomes: Iterable[Outcome]) -> dict[str, int]:
    """The number of cases that each function of the file answered, if need be by an error; 0 if it refused all."""
    answered: dict[str, int] = {}
    for outcome in outcomes:
        for function in outcome.trial.answers:
            refusal = outcome.refusals.get(function)
            if refusal is None or refusal.detail != f"offers no {function}":
                is_refused = refusal is not None and refusal.verdict == "unsupported"
                answered[function] = answered.get(function, 0) + (not is_refused)
    return answered


def _case_values(case: Case) -> PropertyValues:
    """The properties of a case."""
    return {
        "hidden": set(case.hidden.split()) if len(case.widths) > 2 else set(),
        "output": {(case.output, case.cost)},
        "layers": {len(case.widths) - 1},
        "rows": {"one" if case.batch == 1 else "several"},
        "outputs": {"one" if case.widths[-1] == 1 else "several"},
        "dtype": {case.dtype},
    }


def _missing(case: Case, supported: PropertyValues) -> list[tuple[str, Any]]:
    """The properties of a case that are not supported.

    Of code for one layer, the hidden layers say nothing more; of code for softmax, the number of its outputs does not.
    """
    ignored = [] if supported["hidden"] else ["hidden"]
    if {cost for _, cost in supported["output"]} == {"cross_entropy"}:
        ignored.append("outputs")
    found = _case_values(case).items()
    return [(name, one) for name, values in found for one in values - supported[name] if name not in ignored]


def _json_values(values: set[Any]) -> list[Any]:
    return [{"activation": one[0], "cost": one[1]} if isinstance(one, tuple) else one for one in sorted(values)]


def _property_words(values: PropertyValues) -> list[str]:
    """The values in words, without properties that have none."""
    found: list[str] = []
    for name in PROPERTIES:
        shown = sorted(values[name])
        if not shown:
            continue
        if name == "hidden":
            every = len(shown) == len(HIDDEN_ACTIVATIONS)
            found.append("all hidden layers" if every else f"{_listed(map(_display_name, shown))} hidden layers")
        elif name == "output":
            found += _output_words(shown)
        elif name == "layers":
            found.append(_layer_words(shown))
        else:
            found += [_DATA_WORDS[name, one] for one in shown]
    return found


def _display_name(activation: str) -> str:
    return "linear" if activation == "identity" else activation


def _listed(words: Iterable[str]) -> str:
    *others, last = list(words)
    return f"{', '.join(others)} and {last}" if others else last


def _output_words(pairs: list[tuple[str, str]]) -> list[str]:
    """The outputs by their cost; the squared error alone where every activation is supported with it."""
    squared = [_display_name(output) for output, cost in pairs if cost == SQUARED_ERROR]
    found = []
    if len(squared) == len(HIDDEN_ACTIVATIONS):
        found.append("the squared error")
    elif squared:
        found.append(f"{_listed(squared)} outputs with the squared error")
    return found + [f"{output} outputs with {_COST_NAMES[cost]}" for output, cost in pairs if cost != SQUARED_ERROR]


def _layer_words(counts: list[int]) -> str:
    if counts == [1]:
        return "one layer"
    if counts == [2]:
        return "exactly one hidden layer"
    is_range = counts == list(range(1, len(counts) + 1))
    return f"up to {len(counts)} layers" if is_range else f"{_listed(map(str, counts))} layers"
