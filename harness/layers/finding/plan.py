"""How a layer of a file is called: a short script, and what its results are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from harness.layers.cases import LayerCase
from harness.layers.definition import Definition
from harness.layers.finding.scan import Signature

CallStep = tuple[tuple[str, ...], str]  # names, and the expression whose value they are bound to


@dataclass(frozen=True, eq=False)
class LayerCall:
    """A layer of a file, and the steps that call it, in the names of the file and of the layer's arguments.

    title: its names in the file. line: where it is defined. fixed: options that the file does not take, with the only
    value that can be checked. refusal: why it cannot be called, if so. not_written: what the file lacks for it, if so.
    convention: what this way to call it supposes. others: other ways, of which the results of the forward pass show the
    right one. is_supposed: whether it is taken for the layer by the names of a class, which may mean something else.
    """

    layer: Definition
    title: str
    line: int
    steps: tuple[CallStep, ...]
    results: tuple[str, ...]
    fixed: Mapping[str, Any] = field(default_factory=dict)
    refusal: str = ""
    not_written: str = ""
    convention: str = ""
    others: tuple[LayerCall, ...] = ()
    is_supposed: bool = False

    def takes(self, case: LayerCase) -> bool:
        """Whether the file can be given the options of a case."""
        return all(case.options[name] == value for name, value in self.fixed.items())

    @property
    def forward_only(self) -> LayerCall:
        """The steps as far as the results of the forward pass, and those only."""
        results = tuple(name for name in self.results if name in self.layer.results)
        last = max((n for n, (names, _) in enumerate(self.steps) if set(names) & set(results)), default=-1)
        return replace(self, steps=self.steps[: last + 1], results=results)

    def script(self) -> str:
        """The steps as Python."""
        return "\n".join(f"{', '.join(names)} = {expression}".removeprefix(" = ") for names, expression in self.steps)


class Unmatched(Exception):
    """A parameter of a file's function that the layer does not have."""


def call_arguments(layer: Definition, signature: Signature) -> tuple[str, tuple[str, ...], dict[str, Any]]:
    """The arguments of a call, which array arguments it takes, in their order, and the options it does not take.

    Raises Unmatched for a parameter that stands for nothing of the layer.
    """
    written, arrays, taken, by_name = [], [], set(), False
    for parameter in signature.parameters:
        array, option = argument_named(parameter, layer.arguments), option_named(parameter, layer)
        if array:
            arrays.append(array)
            expression = array
        elif parameter in layer.dictionaries:
            taken |= {value for value in layer.dictionaries[parameter].values() if value in layer.options}
            expression = dictionary_literal(layer, parameter)
        elif option:
            taken.add(option)
            expression = option
            by_name = True
        elif parameter in signature.required:
            raise Unmatched(parameter)
        else:
            by_name = True  # what follows it cannot be given by its place
            continue
        written.append(f"{parameter}={expression}" if by_name else expression)
    fixed = {name: default for name, default in layer.options.items() if name not in taken}
    missing = [
        name
        for name, argument in layer.arguments.items()
        if name not in arrays and not argument.observed and not _in_dictionary(name, layer, written)
    ]
    if missing:
        raise Unmatched(f"no {', '.join(missing)}")
    return ", ".join(written), tuple(arrays), fixed


def argument_named(parameter: str, arguments: Mapping[str, Any]) -> str:
    """The argument that a parameter stands for, by its own names; else empty."""
    for name, argument in arguments.items():
        if parameter == name or parameter in argument.names:
            return name
    return ""


def option_named(parameter: str, layer: Definition) -> str:
    """The option that a parameter stands for; else empty."""
    names = {name: (name, *layer.option_names.get(name, ())) for name in layer.options}
    return next((name for name, same in names.items() if parameter in same), "")


def dictionary_literal(layer: Definition, parameter: str) -> str:
    """The dictionary that a parameter such as conv_param is given, as Python."""
    entries = layer.dictionaries[parameter]
    return "{" + ", ".join(f"{key!r}: {dictionary_entry(value)}" for key, value in entries.items()) + "}"


def dictionary_entry(value: Any) -> str:
    """The value of a dictionary's entry: ("=", constant), or the name of an option or an argument."""
    return repr(value[1]) if isinstance(value, tuple) else str(value)


def _in_dictionary(name: str, layer: Definition, written: list[str]) -> bool:
    return any(name in entries.values() for entries in layer.dictionaries.values()) and any(
        "{" in one for one in written
    )
