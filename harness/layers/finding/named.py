"""Which layer, argument or gradient a name in a file stands for."""

from __future__ import annotations

from collections.abc import Iterable

from harness.layers.definition import Argument, Definition
from harness.layers.library import known_layers

_AROUND = ("layer", "activation", "optimizer", "optimiser", "function", "numpy", "my", "fn", "op")
_LABEL_NAMES = ("y", "t", "target", "targets", "labels", "label", "ytrue", "yhat_true")


def plain_name(name: str) -> str:
    """A name in lower case, without underscores and dots."""
    return name.lower().replace("_", "").replace(".", "")


def layer_named(name: str, *kinds: str) -> Definition | None:
    """The layer of one of these kinds that a function or a class is called after."""
    return next(iter(layers_named(name, *kinds)), None)


def layers_named(name: str, *kinds: str) -> list[Definition]:
    """Every layer of one of these kinds that a function or a class may be called after."""
    for short in _without_affixes(plain_name(name)):
        found = [layer for layer in known_layers().values() if layer.kind in kinds and short in layer.names]
        if found:
            return found
    return []


def _without_affixes(short: str) -> Iterable[str]:
    """A name as it is, then without words such as `layer` before or after it."""
    yield short
    for word in _AROUND:
        if short != word and (short.startswith(word) or short.endswith(word)):
            yield from _without_affixes(short.removeprefix(word).removesuffix(word))


def argument_names(name: str, argument: Argument) -> set[str]:
    """The plain names of an argument."""
    more = _LABEL_NAMES if argument.kind == "labels" else ()
    return {plain_name(one) for one in (name, *argument.names, *more)}


def gradient_names(name: str, argument: Argument) -> set[str]:
    """The plain names that files give the gradient of an argument, such as dW, dL_dW, grad_w and weight.grad."""
    found = set()
    for one in argument_names(name, argument):
        found |= {f"d{one}", f"dld{one}", f"grad{one}", f"{one}grad", f"{one}gradient", f"gradient{one}", f"d{one}s"}
    return found
