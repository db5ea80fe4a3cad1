"""Limit a mistake to some layers, with the textbook in the others."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from harness.mistakes.entry import Mistake
from harness.model.textbook import Textbook

# The textbook's methods that compute something of one layer.
_LAYER_METHODS = (
    *("weighted_input", "output", "slope", "weights_back", "sent_back"),
    *("hidden_delta", "bias_gradient", "weight_gradient", "weight_penalty", "bias_penalty"),
)
Scope = Callable[[Textbook, int], bool]
_LAYER_KINDS: dict[str, Scope] = {
    "": lambda book, l: True,
    "hidden layers": lambda book, l: l < book.last,
    "the output layer": lambda book, l: l == book.last,
    "the last hidden layer": lambda book, l: l == book.last - 1,
    "the first layer": lambda book, l: l == 1,
    "all layers but the first": lambda book, l: l > 1,
}
_ACTIVATIONS = ("sigmoid", "tanh", "relu", "leaky_relu", "softplus", "identity")


def scoped(mistake: type[Mistake]) -> Iterator[tuple[str, type[Mistake]]]:
    """The mistake limited to each kind of layer, with a description; empty for one that concerns no single layer."""
    methods = [name for name in _LAYER_METHODS if name in vars(mistake)]
    if not methods:
        return
    for kind, scope in _LAYER_KINDS.items():
        if kind:
            yield kind, _limited(mistake, methods, scope)
        for activation in _ACTIVATIONS:
            description = f"{kind or 'layers'} with {activation}"
            yield description, _limited(mistake, methods, _with_activation(scope, activation))


def _with_activation(scope: Scope, activation: str) -> Scope:
    return lambda book, l: scope(book, l) and book.layer(l).activation.name == activation


def _limited(mistake: type[Mistake], methods: list[str], covers: Scope) -> type[Mistake]:
    def choosing(name: str) -> Callable[[Textbook, int], Any]:
        return lambda self, l: getattr(mistake if covers(self, l) else Textbook, name)(self, l)

    return type(mistake.__name__, (mistake,), {name: choosing(name) for name in methods})
