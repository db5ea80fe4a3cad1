"""Expressions that may make a network of given sizes with the classes and functions of a file."""

from __future__ import annotations

import ast
import contextlib
import inspect
from collections.abc import Callable, Iterator, Sequence
from types import ModuleType
from typing import Any

from harness.sandbox.inference.adapter.names import adapter_names, own_name
from harness.sandbox.inference.exploring.callables import own_callables, parameters_of, returned_names
from harness.sandbox.inference.exploring.roles import (
    CALLABLES,
    SIZE_LISTS,
    is_bias_name,
    is_parameter_name,
    role_of,
    roles_of,
    words_of,
)

# For the parameters that are sizes: the arguments to try, by the number of parameters.
_SIZES = {
    1: ("widths",),
    2: ("widths[0], widths[1:]", "widths[0], widths[1]", "widths[0], widths[-1]"),
    3: ("widths[0], widths[1], widths[2]", "widths[0], widths[1:-1], widths[-1]"),
    4: ("widths[0], widths[1], widths[2], widths[3]",),
}
_COUNTING = frozenset({"size", "sizes", "num", "n", "nodes", "units", "dim", "count", "number", "layer"})
_VALUES = {
    "learning rate": "learning_rate",
    "epochs": "1",
    "off": "0",
    "rows": "1",
    "false": "False",
}


def makers_in(module: ModuleType) -> list[str]:
    """Expressions in `widths` that may make a network, the likeliest first."""
    ranked: list[tuple[int, str]] = []
    for name, value in own_callables(module):
        words = set(words_of(name))
        is_class = inspect.isclass(value)
        if is_class and issubclass(value, BaseException):
            continue
        if is_class:
            ranked += [
                (0 if words & CALLABLES["network"] else 2, text) for text in _making_calls(own_name(name), value)
            ]
        elif words & CALLABLES["making"]:
            ranked += [(1, text) for text in _making_calls(own_name(name), value)]
        else:
            ranked += [(3, text) for text in _holders(value)]
    ranked.sort(key=lambda one: one[0])  # stable
    return [text for _, text in ranked]


def _making_calls(name: str, called: Callable[..., Any]) -> Iterator[str]:
    """The calls of a class or a function, with sizes for what may be sizes."""
    parameters = parameters_of(called)
    required = [one for one, parameter in parameters.items() if parameter.default is inspect.Parameter.empty]
    by_position = [one for one in required if parameters[one].kind is not inspect.Parameter.KEYWORD_ONLY]
    roles = roles_of(parameters)
    data = {roles[one] for one in required if not _COUNTING.intersection(words_of(one))}
    if {"inputs", "targets"} <= data:  # they are given when it is made
        texts = {**_VALUES, "inputs": "x", "targets": "t"}
        if all(roles[one] in texts for one in required):
            given = [texts[roles[one]] if one in by_position else f"{one}={texts[roles[one]]}" for one in required]
            yield f"{name}({', '.join(given)})"
        return
    sizes = [one for one in required if role_of(one) not in _VALUES]
    if not parameters and _takes_any_number(called):
        yield f"{name}(*widths)"
    if not sizes and not inspect.isclass(called) and not parameters:
        yield f"{name}()"
        return
    if not sizes:
        defaults = {one: parameter.default for one, parameter in parameters.items() if one not in required}
        sizes = [one for one, value in defaults.items() if _is_size(one, value)]
    others = [f"{one}={_VALUES[role_of(one)]}" for one in required if one not in sizes]
    others += [
        f"{one}=0"
        for one, parameter in parameters.items()
        if one not in required and role_of(one) == "off" and isinstance(parameter.default, float) and parameter.default
    ]
    choices = _SIZES.get(len(sizes), ("",) if not sizes else ())
    for choice in choices:
        yield f"{name}({', '.join(filter(None, [_arguments_of_sizes(choice, sizes, by_position), *others]))})"


def _takes_any_number(called: Callable[..., Any]) -> bool:
    """Whether the sizes may be given one by one: `def __init__(self, *sizes)`."""
    with contextlib.suppress(TypeError, ValueError):
        return any(one.kind is one.VAR_POSITIONAL for one in inspect.signature(called).parameters.values())
    return False


def with_names(module: ModuleType, make: str) -> str:
    """The expression, as a dictionary if it calls a function that returns variables: `return w1, b1, w2, b2`."""
    with contextlib.suppress(SyntaxError, LookupError):
        call = ast.parse(make, mode="eval").body
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name):
            function = adapter_names(module)[call.func.id]
            names = returned_names(function) if inspect.isfunction(function) else ()
            if len(names) > 1:
                listed = ", ".join(f'"{name}"' for name in names)
                return f"dict(zip(({listed}), {make}))"
    return make


def _arguments_of_sizes(choice: str, sizes: Sequence[str], by_position: Sequence[str]) -> str:
    """The arguments by position if they come first, or else by name."""
    if list(sizes) == list(by_position[: len(sizes)]):
        return choice
    values = choice.split(", ")
    return ", ".join(f"{name}={value}" for name, value in zip(sizes, values, strict=False))


def _is_size(name: str, default: object) -> bool:
    if isinstance(default, bool):
        return False
    is_list = isinstance(default, (list, tuple)) and all(isinstance(one, int) for one in default) and bool(default)
    is_number = isinstance(default, int) and role_of(name) not in _VALUES and "seed" not in name
    return name in SIZE_LISTS or is_list or is_number


def _holders(function: Callable[..., Any]) -> Iterator[str]:
    """Dictionaries with the weights and biases that a function takes as arguments, in the usual layouts."""
    names = list(parameters_of(function))
    roles = roles_of(names)
    held = [name for name in names if is_parameter_name(name) and roles[name] in ("", "epochs")]
    weights, biases = ([one for one in held if is_bias_name(one) == is_bias] for is_bias in (False, True))
    if not weights or (biases and len(biases) != len(weights)):
        return
    for biases_shape in ("{n},", "1, {n}", "{n}, 1") if biases else ("",):
        for is_in_out in (True, False):
            entries = []
            for l, name in enumerate(weights):
                fan_in, fan_out = f"widths[{l}]", f"widths[{l + 1}]"
                shape = f"{fan_in}, {fan_out}" if is_in_out else f"{fan_out}, {fan_in}"
                entries.append(f"{name}=np.zeros(({shape}))")
            for l, name in enumerate(biases):
                entries.append(f"{name}=np.zeros(({biases_shape.format(n=f'widths[{l + 1}]')}))")
            yield f"dict({', '.join(entries)})"
