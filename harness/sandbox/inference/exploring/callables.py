"""The methods and functions of a file, and calls of them with an argument for each parameter."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from itertools import product
from types import ModuleType
from typing import Any

from harness.sandbox.inference.adapter.names import own_name
from harness.sandbox.inference.exploring.roles import CALLABLES, is_bias_name, is_parameter_name, roles_of, words_of

DATA_ROLES = frozenset({"inputs", "targets", "pairs"})
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
}
_SET_IF_OPTIONAL = ("inputs", "targets", "learning rate", "epochs", "off", "rows", "false")
_EITHER_SIGN = frozenset({"error", "errors", "delta"})  # some call the output minus the target so, some its negative


@dataclass(frozen=True, eq=False)
class Callee:
    """A function, or a method of the network. `target` is its expression, `returns` the names of the variables that it
    returns, and `takes_net` says that a parameter without a role may be the network."""

    name: str
    target: str
    function: Callable[..., Any]
    takes_net: bool
    is_method: bool

    @property
    def words(self) -> frozenset[str]:
        """The words of its name."""
        return frozenset(words_of(self.name))

    @property
    def returns(self) -> tuple[str, ...]:
        """The names of the variables that it returns, or nothing."""
        return returned_names(self.function)


@dataclass(frozen=True)
class Call:
    """A call as a Python expression, with `{x}`, `{t}` and `{pairs}` for the data, and the roles of its arguments."""

    callee: Callee
    text: str
    roles: frozenset[str]

    @property
    def data(self) -> frozenset[str]:
        """Which data it is given."""
        return self.roles & DATA_ROLES


def callees_in(module: ModuleType, net: Any) -> Iterator[Callee]:
    """The methods of the network, and the functions of the file."""
    is_object = not isinstance(net, (dict, list, tuple))
    for name, method in _methods_of(net) if is_object else ():
        if not name.startswith("__") or name == "__call__":
            yield Callee(name, "net" if name == "__call__" else f"net.{name}", method, takes_net=False, is_method=True)
    for name, function in own_callables(module):
        if inspect.isfunction(function):
            yield Callee(name, own_name(name), function, takes_net=not is_object, is_method=False)


def _methods_of(net: Any) -> Iterator[tuple[str, Any]]:
    """The methods of an object, and the functions in its attributes, by name; no property is computed."""
    names = {name for kind in type(net).__mro__ for name in vars(kind)} | {*getattr(net, "__dict__", ())}
    for name in sorted(name for name in names if isinstance(name, str) and name.isidentifier()):
        found = inspect.getattr_static(net, name, None)
        if inspect.isroutine(found) or (callable(found) and not inspect.isclass(found)):
            yield name, getattr(net, name)


def own_callables(module: ModuleType) -> list[tuple[str, Any]]:
    """The classes and functions that the file itself defines, by name: the last first, as a file builds up to them."""
    found = [
        (name, value)
        for name, value in vars(module).items()
        if (inspect.isclass(value) or inspect.isfunction(value)) and value.__module__ == module.__name__
    ]
    return found[::-1]


def parameters_of(called: Callable[..., Any]) -> dict[str, inspect.Parameter]:
    """The parameters, without `self` and those of any number, by name; empty if there is no signature."""
    try:
        parameters = inspect.signature(called).parameters.values()
    except (TypeError, ValueError):
        return {}
    kinds = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return {one.name: one for one in parameters if one.kind not in kinds}


def arguments_in(make: str, names: Mapping[str, Any]) -> dict[str, str]:
    """The arguments of a call that makes a network, as expressions by the names of its parameters: `architecture`."""
    with suppress(SyntaxError, TypeError, ValueError, KeyError):
        call = ast.parse(make, mode="eval").body
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name):
            arguments = {one.arg: one.value for one in call.keywords if one.arg is not None}
            bound = inspect.signature(names[call.func.id]).bind(*call.args, **arguments).arguments
            return {name: ast.unparse(value) for name, value in bound.items() if isinstance(value, ast.expr)}
    return {}


def returned_names(function: Callable[..., Any]) -> tuple[str, ...]:
    """The names of the variables in the last `return` of a function, or nothing: `return w1, b1, w2, b2`."""
    with suppress(OSError, TypeError, SyntaxError):
        tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
        returned = [node.value for node in ast.walk(tree) if isinstance(node, ast.Return) and node.value is not None]
        if returned:
            value = returned[-1]
            parts = value.elts if isinstance(value, ast.Tuple) else [value]
            names = [_variable(one) for one in parts]
            return tuple(names) if all(names) else ()
    return ()


def _variable(node: ast.expr) -> str:
    if isinstance(node, ast.Name):
        return node.id
    return node.attr if isinstance(node, ast.Attribute) else ""


def calls_of(callee: Callee, held: Mapping[str, Any], known: Mapping[str, str]) -> list[Call]:
    """The calls with an argument for each parameter that needs one; none if a parameter has no role.

    `held` are the names of arrays in the dictionary `net`. `known` maps the names and the roles of what earlier calls
    returned to their expressions.
    """
    parameters = parameters_of(callee.function)
    roles = roles_of(parameters)
    roles = {name: "" if name in known and role == "network" else role for name, role in roles.items()}
    required = [name for name, one in parameters.items() if one.default is inspect.Parameter.empty]
    if callee.is_method and callee.words & CALLABLES["forward"] and len(required) == 1:
        roles[required[0]] = "inputs"  # whatever its name is
    given: list[list[str]] = []
    found, by_name = set[str](), False
    for name, parameter in parameters.items():
        is_optional = parameter.default is not inspect.Parameter.empty
        by_name = by_name or parameter.kind is inspect.Parameter.KEYWORD_ONLY
        role, texts = _argument(name, roles[name], held, known)
        if is_optional and (role not in _SET_IF_OPTIONAL or (role == "off" and not parameter.default)):
            by_name = True
            continue
        if not role:
            if not callee.takes_net or "network" in found or "network" in roles.values():
                return []
            role, texts = "network", ["net"]
        given.append([f"{name}={text}" if by_name else text for text in texts])
        found |= {role, *(["targets"] if "{t}" in texts[0] else [])}
    return [Call(callee, f"{callee.target}({', '.join(texts)})", frozenset(found)) for texts in product(*given)]


def _argument(name: str, role: str, held: Mapping[str, Any], known: Mapping[str, str]) -> tuple[str, list[str]]:
    """The role of a parameter and the expressions that may be its argument; empty if it has none."""
    if name in held:
        return "held", [f'net["{name}"]']
    if role in _ARGUMENTS:
        return role, [_ARGUMENTS[role]]
    if name in known:
        return "known", [known[name]]
    if role in known:
        return "known", [known[role]]
    if role == "output gradient" and "outputs" in known:
        difference = f"{known['outputs']} - {{t}}"
        other = [f"{{t}} - {known['outputs']}"] if _EITHER_SIGN.intersection(words_of(name)) else []
        return role, [difference, *other]
    if is_parameter_name(name):
        digits = name.lstrip("".join(set(name) - set("0123456789")))
        like = [key for key in held if is_bias_name(key) == is_bias_name(name) and key.endswith(digits)]
        if len(like) == 1:
            return "held", [f'net["{like[0]}"]']
    return "", []
