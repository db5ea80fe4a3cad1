"""The calls of somebody's functions and methods that may compute gradients or move the weights."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from harness.sandbox.inference.adapter.names import own_name
from harness.sandbox.inference.adapter.plan import Driver
from harness.sandbox.inference.exploring.makers import own_callables, parameters_of
from harness.sandbox.inference.exploring.roles import CALLABLES, roles_of, words_of

_ARGUMENTS = {
    "learning rate": "learning_rate",
    "epochs": "1",
    "off": "0.0",
    "rows": "len(x)",
    "false": "False",
    "network": "net",
    "outputs count": "t.shape[1]",
    "inputs": "{x}",
    "targets": "{t}",
    "pairs": "{pairs}",
    "outputs": "output",
    "output gradient": "output - {t}",
}
_SET_IF_OPTIONAL = ("inputs", "targets", "learning rate", "epochs", "off", "rows", "false")
# A graph of single numbers has no cost of its own.
_LOSS_OF_GRAPH = (
    "outputs = output if isinstance(output, list) else [output]",
    "errors = [one + -float(target) for one, target in zip(outputs, {t})]",
    "returned = errors[0] * errors[0] * 0.5",
    "for one in errors[1:]: returned = returned + one * one * 0.5",
    "returned.backward()",
)


@dataclass(frozen=True)
class Call:
    """A call as a Python expression, with `{x}`, `{t}` and `{pairs}` for the data, and the roles of its arguments."""

    name: str
    text: str
    roles: frozenset[str]

    @property
    def words(self) -> frozenset[str]:
        """The words of its name."""
        return frozenset(words_of(self.name))


def drivers_of(module: ModuleType, net: Any) -> list[Driver]:
    """The calls to try on a network that the file has made, the likeliest first."""
    calls = list(_driving_calls(module, net))
    data = {"inputs", "targets", "pairs"}
    forward = [one for one in calls if one.words & CALLABLES["forward"] and one.roles & data == {"inputs"}]
    update = [
        one
        for one in calls
        if one.words & CALLABLES["updating"] and not one.roles & {*data, "output gradient", "outputs"}
    ]
    found: list[Driver] = []
    for one in calls:
        if not one.words & (CALLABLES["backward"] | CALLABLES["training"]):
            continue
        before = [f"output = {f.text}" for f in forward[:2]]
        needs_forward = "inputs" not in one.roles or one.roles & {"outputs", "output gradient"}
        if "pairs" in one.roles:
            found.append(Driver((f"returned = {one.text}",), has_pairs=True))
        elif {"inputs", "targets"} <= one.roles and not needs_forward:
            starts: list[tuple[str, ...]] = [(), *((line,) for line in before)]
            found += [Driver((*start, f"returned = {one.text}"), has_pairs=False) for start in starts]
        elif one.words & CALLABLES["backward"] or one.roles & {"targets", "output gradient"}:
            found += [Driver((line, f"returned = {one.text}"), has_pairs=False) for line in before]
    found += [
        Driver((*one.lines, f"returned = {then.text}"), one.has_pairs)
        for one in found
        for then in update[:2]
        if f"returned = {then.text}" != one.lines[-1]
    ]
    found += [
        Driver((f"returned = {one.text}", "returned.backward()"), has_pairs=False)
        for one in calls
        if one.words & CALLABLES["loss"] and {"inputs", "targets"} <= one.roles
    ]
    found += [Driver((f"output = {one.text}", *_LOSS_OF_GRAPH), has_pairs=False) for one in forward[:2]]
    return list(dict.fromkeys(found))


def _driving_calls(module: ModuleType, net: Any) -> Iterator[Call]:
    """The methods of the network, and the functions of the file that take it."""
    held = net if isinstance(net, dict) else {}
    methods = [] if isinstance(net, (dict, list, tuple)) else inspect.getmembers(net, callable)
    for name, method in methods:
        if (not name.startswith("__") or name == "__call__") and not inspect.isclass(method):
            target = "net" if name == "__call__" else f"net.{name}"
            if (call := _call(name, target, method, {})) is not None:
                yield call
    for name, function in own_callables(module):
        if inspect.isfunction(function):
            call = _call(name, own_name(name), function, held, takes_net=isinstance(net, (dict, list, tuple)))
            if call is not None and ("network" in call.roles or "held" in call.roles):
                yield call


def _call(
    name: str, target: str, called: Callable[..., Any], held: Mapping[str, Any], *, takes_net: bool = False
) -> Call | None:
    """The call with an argument for each parameter that needs one; None if a parameter has no role.

    If `takes_net`, one that has no role is for the network.
    """
    parameters = parameters_of(called)
    roles = roles_of(parameters)
    arguments, found, by_name = [], set[str](), False
    for one, parameter in parameters.items():
        is_optional = parameter.default is not inspect.Parameter.empty
        role = "held" if one in held else roles[one]
        if is_optional and (role not in _SET_IF_OPTIONAL or (role == "off" and not parameter.default)):
            by_name = True
            continue
        if not role and not (takes_net and "network" not in roles.values() and "network" not in found):
            return None
        role = role or "network"
        value = f'net["{one}"]' if role == "held" else _ARGUMENTS[role]
        arguments.append(f"{one}={value}" if by_name else value)
        found.add(role)
    return Call(name, f"{target}({', '.join(arguments)})", frozenset(found))
