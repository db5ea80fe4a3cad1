"""Classes with forward and backward, as courses and books have them: how an object is made, given its weights, called.

Weights come by the constructor, or are put into attributes or entries of lists; gradients are returned, or read from
attributes, or from entries. What cannot be read from the source is left open in other ways to call the class.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

from harness.layers.definition import Definition
from harness.layers.finding.classes.autograd_functions import is_autograd_function
from harness.layers.finding.classes.parameters import Given, given_by
from harness.layers.finding.classes.ways import (
    block_orders,
    fixed_options,
    is_blocked,
    is_matrix,
    refused,
    stated,
    under_conventions,
)
from harness.layers.finding.named import argument_names, gradient_names, layers_named, plain_name
from harness.layers.finding.plan import CallStep, LayerCall, Unmatched
from harness.layers.finding.scan import ClassFound, Signature, Source

_OUTPUT_ATTRIBUTES = ("output", "outputs", "out", "y", "a", "z", "loss")  # of passes that return nothing
_STATE = "h0"  # the argument that classes take by set_state, if they keep it from call to call
_FORWARD_METHODS = ("forward", "__call__", "call")


def class_plans(source: Source) -> Iterator[LayerCall]:
    """A plan for each class with forward and backward that is known, with its other ways to be called."""
    for found in source.classes.values():
        name = next((one for one in _FORWARD_METHODS if one in found.methods), "")
        layers = _layers_of_class(found) if name and "backward" in found.methods else []
        if layers and not is_autograd_function(found):
            yield _class_plan(layers, found, found.methods[name])


def _layers_of_class(found: ClassFound) -> list[Definition]:
    """The layers that a class may be: RNN may be one step, TimeRNN is a sequence."""
    short = plain_name(found.name)
    layers = [layer for name in (short, f"{short}step") for layer in layers_named(name, "layer", "loss")]
    layers += layers_named(short.removeprefix("time"), "layer")
    if not layers and short.startswith("crossentropy") and "softmax" in found.attributes:
        layers = layers_named("softmax_loss", "loss")
    # Classes write the gates of a GRU in too many ways to be compared with one.
    return [layer for layer in dict.fromkeys(layers) if not layer.name.startswith("GRU")]


def _class_plan(layers: Sequence[Definition], found: ClassFound, forward: Signature) -> LayerCall:
    calls: list[LayerCall] = []
    refusals = []
    for layer in layers:
        try:
            calls += _class_ways(layer, found, forward)
        except Unmatched as unmatched:
            refusals.append(refused(layer, found, unmatched))
    return replace(calls[0], others=tuple(calls[1:])) if calls else refusals[0]


def _class_ways(layer: Definition, found: ClassFound, forward: Signature) -> Iterator[LayerCall]:
    """Every way to call a class as a layer, the usual one first. Raises Unmatched."""
    made = given_by(found.methods.get("__init__"), layer)
    data = given_by(forward, layer, [name for name in layer.arguments if name not in made.arrays])
    has_matrices = any(is_matrix(layer, name) for name in layer.arguments if name not in data.arrays)
    has_labels = any(layer.arguments[name].kind == "labels" for name in data.arrays) and layer.kind == "loss"
    open_ = product(*([False, True][: 1 + has] for has in (has_matrices, has_labels)))
    for (is_turned, is_one_hot), (said, variant), blocks in product(
        list(open_), under_conventions(layer), block_orders(layer)
    ):
        for fixed in fixed_options(variant, made.options | data.options):
            shown = replace(variant, options={**variant.options, **fixed})
            way = _Way(
                shown, found, forward, made, data, fixed, said, blocks, is_turned=is_turned, is_one_hot=is_one_hot
            )
            yield way.call()


@dataclass(frozen=True, eq=False)
class _Way:
    """One way to call a class: with matrices of weights as they are or transposed, with labels or one-hot targets."""

    layer: Definition
    found: ClassFound
    forward: Signature
    made: Given
    data: Given
    fixed: Mapping[str, Any]
    said: str
    blocks: str
    is_turned: bool
    is_one_hot: bool

    def call(self) -> LayerCall:
        """The call. Raises Unmatched for an argument that has no place in the class."""
        layer, found = self.layer, self.found
        given = {*self.data.arrays, *(name for name, argument in layer.arguments.items() if argument.observed)}
        inside = [name for name in layer.arguments if name not in given]
        places = {name: self._place(name) for name in inside if name not in self.made.arrays}
        steps: list[CallStep] = [(("layer_",), f"{found.name}({self._constructor()})")]
        for name, place in places.items():
            steps.append(
                (
                    (f"{name}_",),
                    place if name == _STATE else f"placed({place}, {self._given(name)})",
                )
            )
        steps += self._forward_steps()
        written = self._backward_arguments()
        returned = self._returned_slopes()
        steps.append((tuple(returned), f"layer_.backward({written})"))
        slopes = [name for name in layer.arguments if layer.arguments[name].differentiable]
        for name in slopes:
            if f"d{name}" not in returned:
                steps.append(((f"d{name}",), self._slope_inside(name, name in places and name != _STATE)))
            elif self._is_turned(name):
                steps.append(((f"d{name}",), f"matrix_turned(d{name})"))
            if self._has_blocks(name):
                steps.append(((f"d{name}",), f"gates_moved_back(d{name}, {self.blocks!r})"))
        results = (*layer.results, *(f"d{name}" for name in slopes))
        call = LayerCall(layer, found.name, found.line, tuple(steps), results, self.fixed, is_supposed=True)
        return replace(call, convention=self._convention)

    @property
    def _convention(self) -> str:
        more = filter(None, [self.said, "the targets are one-hot rows" if self.is_one_hot else ""])
        return stated(
            self.fixed, [name for name in self.layer.arguments if self._is_turned(name)], *more, blocks=self.blocks
        )

    def _is_turned(self, name: str) -> bool:
        return self.is_turned and name not in self.data.arrays and is_matrix(self.layer, name)

    def _constructor(self) -> str:
        made = self.found.methods.get("__init__")
        keeps = "stateful=True" if made and "stateful" in made.parameters else ""
        return ", ".join(filter(None, [self._written(self.made), keeps]))

    def _given(self, name: str) -> str:
        """The array as the class takes it."""
        if self.is_one_hot and self.layer.arguments[name].kind == "labels":
            return f"label_rows({name}, {self.data.arrays[0]})"
        array = f"gates_moved({name}, {self.blocks!r})" if self._has_blocks(name) else name
        return f"{array}.T" if self._is_turned(name) else array

    def _has_blocks(self, name: str) -> bool:
        return bool(self.blocks) and is_blocked(self.layer, name)

    def _written(self, given: Given) -> str:
        """The arguments of a call."""
        return ", ".join(
            f"{parameter}={self._given(value) if value in self.layer.arguments else value}"
            for parameter, value in given.values.items()
        )

    def _place(self, name: str) -> str:
        """Where an argument is put that the constructor does not take, as arguments of `placed`."""
        names, found = argument_names(name, self.layer.arguments[name]), self.found
        if name == _STATE and "set_state" in found.methods:
            return f"layer_.set_state({name})"
        for attribute in sorted(found.attributes):
            if plain_name(attribute) in names:
                is_held = f"{attribute}.data" in found.attributes  # by a parameter object, as in torch
                return f"layer_.{attribute}, 'data'" if is_held else f"layer_, {attribute!r}"
        if place := self._entry(names, "param") or self._entry(names, "weight"):
            return place
        raise Unmatched(f"the place of its {name}")

    def _entry(self, names: set[str], kind: str) -> str:
        """The list or dictionary of this kind, and the key, of an entry with one of these names."""
        for attribute, entries in self.found.entries.items():
            for entry, key in entries.items():
                if kind in attribute.lower() and plain_name(entry) in names:
                    return f"layer_.{attribute}, {key}"
        return ""

    def _forward_steps(self) -> list[CallStep]:
        results, parts = self.layer.results, self.forward.returned
        called = f"layer_.{self.forward.name}({self._written(self.data)})"
        if not parts:
            outputs = [one for one in self.found.attributes if plain_name(one) in _OUTPUT_ATTRIBUTES]
            held = min(outputs, key=lambda one: _OUTPUT_ATTRIBUTES.index(plain_name(one)), default="")
            read = f"layer_.{held}" if held else "None"
            return [((), called), (results, read)]
        more = [f"more{n}_" for n in range(len(parts) - len(results))]
        return [((*results, *more), called)]

    def _backward_arguments(self) -> str:
        """What the backward pass is given: the upstream gradients, and arguments that it names."""
        signature, layer = self.found.methods["backward"], self.layer
        upstream = [f"d{name}" for name in layer.results] if layer.kind == "layer" else ["1.0"]
        by_name = {one: name for name in layer.arguments for one in argument_names(name, layer.arguments[name])}
        written, waiting = [], list(upstream)
        needed = signature.required or signature.parameters[: len(upstream) if layer.kind == "layer" else 0]
        for parameter in needed:
            name = by_name.get(plain_name(parameter), "")
            if name and len(needed) > len(upstream):
                written.append(f"{parameter}={self._given(name)}")
            elif waiting:
                written.append(f"{parameter}={waiting.pop(0)}")
            else:
                raise Unmatched(f"{parameter} of backward")
        return ", ".join(written)

    def _returned_slopes(self) -> list[str]:
        """The names of what the backward pass returns, as gradients of arguments."""
        parts = self.found.methods["backward"].returned
        data = [name for name in self.data.arrays if self.layer.arguments[name].differentiable]
        others = [name for name in self.layer.differentiable if name not in data]
        if len(parts) <= 1:
            return [f"d{name}" for name in data[: len(parts)]]
        by_name = {
            one: name for name in self.layer.differentiable for one in gradient_names(name, self.layer.arguments[name])
        }
        named: list[str | None] = [by_name.get(plain_name(part.removeprefix("self."))) for part in parts]
        if None in named or len(set(named)) < len(named):
            named = list([*data, *others][: len(parts)])
        return [f"d{name}" for name in named]

    def _slope_inside(self, name: str, is_placed: bool) -> str:
        """The expression for a gradient that is not returned."""
        names, found = gradient_names(name, self.layer.arguments[name]), self.found
        own = argument_names(name, self.layer.arguments[name])
        attribute = next((one for one in sorted(found.attributes) if plain_name(one) in names), "")
        if entry := self._entry(names | own, "grad") or self._same_place(own):
            value = "{}[{}]".format(*entry.split(", "))
        elif attribute:
            value = f"held_numbers(layer_.{attribute})"
        else:
            return "None"
        parameter = f"{name}_" if is_placed else self._given(name)
        return f"matrix_turned({value})" if self._is_turned(name) else f"gradient_of({value}, {parameter}, {name})"

    def _same_place(self, names: set[str]) -> str:
        """The entry of a list of gradients at the place that the argument has in the list of parameters."""
        entry = self._entry(names, "param")
        grads = next((one for one in ("grads", "gradients", "grad") if one in self.found.attributes), "")
        return f"layer_.{grads}, {entry.split(', ')[1]}" if entry and grads else ""
