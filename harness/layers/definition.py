"""What a layer is, as data: its passes, its arguments, how files call it, its cases, and its mistakes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

Sizes = Mapping[str, Any]


@dataclass(frozen=True)
class Argument:
    """An array argument of a layer.

    shape: names of sizes, such as "N D"; "" is a number. kind: `real`, with normal entries of this `scale` around
    `offset`; `positive`, their absolute values; `labels`, whole numbers below the size `below`; `mask`, zeros and
    ones; `causal`, ones on and below the diagonal; `probability`, between 0.05 and 0.95. differentiable: whether the
    backward pass returns its gradient. names: what else files call it. observed: the file draws it itself, as the mask
    of dropout, and it is read off the results.
    """

    shape: str
    kind: str = "real"
    differentiable: bool = True
    names: tuple[str, ...] = ()
    scale: float = 1.0
    offset: float = 0.0
    below: str = ""
    observed: bool = False


@dataclass(frozen=True)
class LayerMistake:
    """A mistake that people make, as changed lines of a pass.

    right: a line of the backward pass (or of the forward pass), or several. wrong: what stands there instead. sentence:
    what it does, such as "γ is left out of dx". source: where it was reported, as an address, if it was.
    """

    name: str
    right: str
    wrong: str
    sentence: str
    source: str = ""


@dataclass(frozen=True, eq=False)
class Definition:
    """A layer, a loss or an optimiser.

    name: as reports call it. names: the beginnings of names of functions, and names of classes, that stand for it, in
    lower case without `_`. forward: from arrays to an array or a tuple of arrays. backward: (upstream…, arguments…) ->
    the gradients of the differentiable arguments; None for what has no backward pass; that of a loss takes no upstream.
    cases: the sizes and options of each case, by what it is for; `decimals` rounds its real arrays, so that ties occur.
    has_many_forms: whether people mean other things by its name; then a file with other results is not judged.
    optional: the cases that right code need not take, such as arrays of rank 4; an exception there is no failure.
    step: the name of the layer that is one step of it, for a sequence.
    optional_in_classes: those that a class need not take, such as filters that are not square.
    source: of the mathematics. results: the names of what the forward pass returns. options: numbers and flags that are
    no arrays, with the values that a file has which takes no such option; option_names: what else files call them.
    dictionaries: the entries of a parameter that is a dictionary, such as conv_param: each an option, an argument, or a
    constant as ("=", value). kind: `layer` for pairs; `loss` returns the loss and its gradients at once; `optimiser` is
    called with its state, step after step; `forward` is one more thing that a forward function does, such as test mode,
    without a gradient, passed over in files that do not take its arguments. reference: (torch, arguments…, options…) ->
    the results by PyTorch, from and to tensors, if it has the layer. conventions: what a file may mean as well, as a
    sentence, and the sizes and options that stand for it. updates: the entries that a call sets in a dictionary, as
    {dictionary: {entry: result}}. observe: (arguments, options, what the file computed) -> the observed arguments.
    """

    name: str
    names: tuple[str, ...]
    forward: Callable[..., Any]
    backward: Callable[..., Any] | None
    arguments: Mapping[str, Argument]
    cases: Mapping[str, Sizes]
    source: str
    results: tuple[str, ...] = ("out",)
    options: Mapping[str, Any] = field(default_factory=dict)
    option_names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    dictionaries: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    kind: str = "layer"
    reference: Callable[..., Any] | None = None
    mistakes: Sequence[LayerMistake] = ()
    conventions: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    updates: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    observe: Callable[..., Mapping[str, Any]] | None = None
    optional: tuple[str, ...] = ()
    optional_in_classes: tuple[str, ...] = ()
    step: str = ""
    has_many_forms: bool = False

    def under(self, convention: str) -> Definition:
        """The layer as it is under one of its conventions."""
        values = self.conventions[convention]
        options = {name: values.get(name, default) for name, default in self.options.items()}
        cases = {name: {**sizes, **values} for name, sizes in self.cases.items()}
        return replace(self, options=options, cases=cases, conventions={})

    @property
    def differentiable(self) -> tuple[str, ...]:
        """The names of the arguments that have gradients, in their order."""
        return tuple(name for name, argument in self.arguments.items() if argument.differentiable)

    @property
    def gradients(self) -> tuple[str, ...]:
        """The names of the gradients, such as dx."""
        return tuple(f"d{name}" for name in self.differentiable)
