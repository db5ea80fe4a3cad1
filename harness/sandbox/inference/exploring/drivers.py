"""The calls of somebody's functions and methods that may compute gradients or move the weights."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import ModuleType
from typing import Any

from harness.sandbox.inference.adapter.plan import Driver
from harness.sandbox.inference.exploring.callables import Call, Callee, callees_in, calls_of
from harness.sandbox.inference.exploring.roles import CALLABLES, role_of

MOST_DRIVERS = 60
MOST_FORWARD = 3
# A graph of single numbers has no cost of its own.
_LOSS_OF_GRAPH = (
    "outputs = output if isinstance(output, list) else [output]",
    "errors = [one + -float(target) for one, target in zip(outputs, {t})]",
    "returned = errors[0] * errors[0] * 0.5",
    "for one in errors[1:]: returned = returned + one * one * 0.5",
    "returned.backward()",
)


def drivers_of(module: ModuleType, net: Any, *, has_data: bool) -> list[Driver]:
    """The calls to try on a network that the file has made, the likeliest first; `has_data` says that it was made with
    the data."""
    return list(dict.fromkeys(_Calls(module, net, has_data).drivers()))[:MOST_DRIVERS]


class _Calls:
    """The calls that have to do with a network. `needed` are the data that they must be given."""

    def __init__(self, module: ModuleType, net: Any, has_data: bool) -> None:
        self._held = net if isinstance(net, dict) else {}
        self._callees = [*callees_in(module, net)]
        self._needed = set[str]() if has_data else {"inputs", "targets"}

    def drivers(self) -> Iterator[Driver]:
        """Calls of the backward pass or of training, without and with one of the forward pass before them."""
        forward = [one for one in self._of_kind("forward", {}) if one.data == self._needed - {"targets"}]
        for start in (None, *forward[:MOST_FORWARD]):
            known = _results(start.callee, "output") if start is not None else {}
            lines = (f"output = {start.text}",) if start is not None else ()
            given = start.data if start is not None else frozenset()
            for one in (*self._of_kind("backward", known), *self._of_kind("training", known)):
                if "pairs" in one.roles or one.data | given == self._needed:
                    yield from self._with_update((*lines, f"returned = {one.text}"), one, known)
            if start is not None:
                yield Driver((*lines, *_LOSS_OF_GRAPH), has_pairs=False)

    def _of_kind(self, kind: str, known: Mapping[str, str]) -> list[Call]:
        callees = [one for one in self._callees if one.words & CALLABLES[kind]]
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
    for name, text in by_name.items():
        if role_of(name) == "outputs":
            found["outputs"] = text
    return {**found, **by_name}
