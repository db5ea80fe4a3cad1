"""The calls of somebody's functions and methods that may compute gradients or move the weights."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import ModuleType
from typing import Any

from harness.sandbox.inference.adapter.names import adapter_names, names_in
from harness.sandbox.inference.adapter.plan import Driver
from harness.sandbox.inference.exploring.callables import Call, Callee, arguments_in, callees_in, calls_of
from harness.sandbox.inference.exploring.roles import CALLABLES, NUMERICAL, role_of

MOST_DRIVERS = 60
_DATA_NAMES = frozenset({"x", "t"})
MOST_FORWARD, MOST_COSTS = 3, 12
# A graph of single numbers has no cost of its own.
_LOSS_OF_GRAPH = (
    "outputs = output if isinstance(output, list) else [output]",
    "errors = [one + -float(target) for one, target in zip(outputs, {t})]",
    "returned = errors[0] * errors[0] * 0.5",
    "for one in errors[1:]: returned = returned + one * one * 0.5",
    "returned.backward()",
)


class DrivingCalls:
    """The calls that have to do with a network that the file has made, by the expression `make`."""

    def __init__(self, module: ModuleType, net: Any, make: str) -> None:
        self._held = net if isinstance(net, dict) else {}
        self._callees = [*callees_in(module, net)]
        has_data = not _DATA_NAMES.isdisjoint(names_in([make]))
        self._needed = set[str]() if has_data else {"inputs", "targets"}
        self._given = arguments_in(make, adapter_names(module))

    def drivers(self) -> list[Driver]:
        """The calls to try, the likeliest first."""
        return list(dict.fromkeys(self._drivers()))[:MOST_DRIVERS]

    def costs(self) -> list[Driver]:
        """The calls that may compute the cost of the network."""
        return list(dict.fromkeys(self._costs()))[:MOST_COSTS]

    def _drivers(self) -> Iterator[Driver]:
        """Calls of the backward pass or of training, without and with one of the forward pass before them."""
        for lines, given, known in self._starts():
            for one in self._complete(("backward", "training"), given, known):
                yield from self._with_update((*lines, f"returned = {one.text}"), one, known)
            if lines:
                yield Driver((*lines, *_LOSS_OF_GRAPH), has_pairs=False)

    def _costs(self) -> Iterator[Driver]:
        for lines, given, known in self._starts():
            for one in self._complete(("loss",), given, known):
                yield Driver((*lines, f"returned = {one.text}"), "pairs" in one.roles)

    def _starts(self) -> Iterator[tuple[tuple[str, ...], frozenset[str], dict[str, str]]]:
        """Nothing, and each call of the forward pass: its line, the data that it is given, and what it returns."""
        yield (), frozenset(), self._given
        forward = [one for one in self._of_kind("forward", self._given) if one.data == self._needed - {"targets"}]
        for one in forward[:MOST_FORWARD]:
            yield (f"output = {one.text}",), one.data, {**self._given, **_results(one.callee, "output")}

    def _complete(self, kinds: Sequence[str], given: frozenset[str], known: Mapping[str, str]) -> Iterator[Call]:
        """The calls of these kinds that are given all data, but for those given before."""
        for kind in kinds:
            for one in self._of_kind(kind, known):
                if "pairs" in one.roles or one.data | given == self._needed:
                    yield one

    def _of_kind(self, kind: str, known: Mapping[str, str]) -> list[Call]:
        callees = [one for one in self._callees if one.words & CALLABLES[kind] and not one.words & NUMERICAL]
        calls = [call for one in callees for call in calls_of(one, self._held, known)]
        return [one for one in calls if one.callee.is_method or one.roles & {"network", "held", "known"}]

    def _with_update(self, lines: tuple[str, ...], one: Call, known: Mapping[str, str]) -> Iterator[Driver]:
        """The calls, and the calls with an update of the weights after them."""
        has_pairs = "pairs" in one.roles
        yield Driver(lines, has_pairs)
        if one.callee.words & CALLABLES["loss"]:
            yield Driver((*lines, "returned.backward()"), has_pairs)
        results = {**known, **_results(one.callee, "returned"), "output gradient": "returned"}
        for update in self._of_kind("updating", results):
            if not update.data and update.callee is not one.callee:
                yield Driver((*lines, f"returned = {update.text}"), has_pairs)


def _results(callee: Callee, variable: str) -> dict[str, str]:
    """What a call returns, by the names and the roles of the variables in its `return`."""
    names = callee.returns
    found = {"outputs": variable} if variable == "output" else {}
    if len(names) == 1:
        return {**found, names[0]: variable}
    by_name = {name: f"{variable}[{at}]" for at, name in enumerate(names)}
    if by_name and found:  # the output among others is called so, or comes first
        outputs = [name for name in names if role_of(name) == "outputs"]
        found["outputs"] = by_name[outputs[0] if outputs else names[0]]
    return {**found, **by_name}
