"""A mistake in some layers only: the textbook elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from harness.mistakes.entry import Mistake
from harness.model.textbook import Textbook

# The methods of the textbook that say what happens in one layer.
_LAYER_METHODS = (
    *("weighted_input", "output", "slope", "weights_back", "sent_back"),
    *("hidden_delta", "bias_gradient", "weight_gradient"),
)
Scope = Callable[[Textbook, int], bool]
_LAYER_KINDS: dict[str, Scope] = {
    "": lambda book, l: True,
    "hidden layers": lambda book, l: l < book.last,
    "the output layer": lambda book, l: l == book.last,
    "the first layer": lambda book, l: l == 1,
    "all layers but the first": lambda book, l: l > 1,
}
_ACTIVATIONS = ("sigmoid", "tanh", "relu", "leaky_relu", "softplus", "identity")


def scoped(mistake: type[Mistake]) -> Iterator[tuple[str, type[Mistake]]]:
    """The mistake in each kind of layer only, with the words for it; nothing for one that is about no single layer."""
    methods = [name for name in _LAYER_METHODS if name in vars(mistake)]
    if not methods:
        return
    for place, there in _LAYER_KINDS.items():
        if place:
            yield place, _limited(mistake, methods, there)
        for activation in _ACTIVATIONS:
            words = f"{place or 'layers'} with {activation}"
            yield words, _limited(mistake, methods, _with_activation(there, activation))


def _with_activation(there: Scope, activation: str) -> Scope:
    return lambda book, l: there(book, l) and book.layer(l).activation.name == activation


def _limited(mistake: type[Mistake], methods: list[str], covers: Scope) -> type[Mistake]:
    def choosing(name: str) -> Callable[[Textbook, int], Any]:
        return lambda self, l: getattr(mistake if covers(self, l) else Textbook, name)(self, l)

    return type(mistake.__name__, (mistake,), {name: choosing(name) for name in methods})
