"""What a function of the contract returned, in any of its forms, as arrays.

`backprop` may return `Gradients`, a mapping with the keys w, b and perhaps delta, z, a, or a tuple (w, b) or
(w, b, delta); `step` a `Network`, a mapping with the keys w and b, or a tuple (w, b). Each of w, b, ... is a list or a
tuple with one array a layer. Here alone these forms are told apart, for every command.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

from harness.model.contract import Array, Gradients, Inputs, Network
from harness.sandbox.answers import Fault

LONGEST_KEY = 40  # characters of a key that are shown
Arrays = dict[tuple[str, int], Array]
Convert = Callable[[str, Any], Array]


class _Form(NamedTuple):
    """What a function may return: the names that it must give, those that it may give, and how many of them make a
    tuple at the most; the contract's own type is `own`."""

    function: str
    own: str
    needed: tuple[str, ...]
    more: tuple[str, ...] = ()
    longest: int = 2

    @property
    def keys(self) -> str:
        more = f" (and {', '.join(self.more)} if it has them)" if self.more else ""
        return f"the keys {' and '.join(self.needed)}{more}"

    @property
    def tuples(self) -> str:
        names = (*self.needed, *self.more)
        lengths = range(len(self.needed), self.longest + 1)
        return " or ".join(f"({', '.join(names[:length])})" for length in lengths)


BACKPROP = _Form("backprop", "harness.Gradients(w, b, delta)", ("w", "b"), ("delta", "z", "a"), longest=3)
STEP = _Form("step", "harness.Network(layers, cost)", ("w", "b"))


def floats(name: str, value: Any) -> Array:
    """A fresh float64 copy of an array of real numbers; `name` says whose. Raises Fault for anything else."""
    if np.any(getattr(value, "mask", False)) and type(value).__module__.startswith("numpy.ma"):
        raise Fault("numbers", f"{name} has masked entries, expected a number for each")
    try:
        array = np.array(value)
    except ValueError:
        raise Fault("shape", f"{name} is ragged, expected an array") from None
    if array.dtype.kind not in "fiu":
        raise Fault("numbers", f"{name} holds {array.dtype.name} values, expected real numbers")
    return array.astype(np.float64)


def of_gradients(returned: Any, inputs: Inputs, convert: Convert = floats) -> Arrays:
    """What `backprop` returned: w, and where they are given b, delta, z and a, by layer, each array as `convert` makes
    it. Raises Fault where it has none of the forms, or not one array a layer."""
    if isinstance(returned, Gradients):
        parts: Mapping[str, Any] = vars(returned)
    else:
        parts = _named(returned, BACKPROP)
    layers = len(inputs.network.layers)
    arrays = dict(_listed("w", parts["w"], layers, convert))
    for name in ("b", "delta", "z", "a"):
        values = parts.get(name)
        if values is not None and not (name == "b" and isinstance(values, (list, tuple)) and not values):
            arrays |= _listed(name, values, layers, convert)
    return arrays


def of_network(returned: Any, inputs: Inputs, convert: Convert = floats) -> Arrays:
    """The w and b after a step that `step` returned, by layer. Raises as of_gradients does, and where a network has
    other activations or another cost than that of the inputs."""
    w, b = _parameters(returned, inputs.network)
    layers = len(inputs.network.layers)
    return {
        **dict(_listed("w after the step", w, layers, convert)),
        **dict(_listed("b after the step", b, layers, convert)),
    }


def network_of(returned: Any, before: Network) -> Network:
    """What the next step is given: the network that `step` returned, or the one before with the w and b that it
    returned. Raises as of_network does."""
    if isinstance(returned, Network):
        return returned
    parts, layers = _named(returned, STEP), len(before.layers)
    w, b = (
        [array for _, array in _listed(f"{name} after the step", parts[name], layers, _array)] for name in STEP.needed
    )
    return before.with_parameters(w, b)


def _array(name: str, value: Any) -> Array:
    """In the dtype that it has: what a step computes with is its own affair."""
    if isinstance(value, np.ndarray):
        return value
    try:
        return np.asarray(value)
    except ValueError:
        raise Fault("shape", f"{name} is ragged, expected an array") from None


def _parameters(returned: Any, before: Network) -> tuple[Any, Any]:
    """What stands for w and b in it; neither is looked at."""
    if not isinstance(returned, Network):
        parts = _named(returned, STEP)
        return parts["w"], parts["b"]
    kept = [layer.activation for layer in returned.layers] == [layer.activation for layer in before.layers]
    if not kept or returned.cost != before.cost:
        raise Fault("type", "step returned a network with other activations or another cost")
    return [layer.w for layer in returned.layers], [layer.b for layer in returned.layers]


def _named(returned: Any, form: _Form) -> Mapping[str, Any]:
    """The parts of a mapping or a tuple, by their names."""
    if isinstance(returned, tuple) and hasattr(returned, "_asdict"):  # named, so that its order says nothing
        returned = returned._asdict()
    if isinstance(returned, Mapping):
        return _checked(dict(returned), form)
    if not isinstance(returned, tuple):
        expected = f"{form.own}, a mapping with {form.keys}, or a tuple {form.tuples}"
        raise Fault("type", f"{form.function} returned {_kind(returned)}, expected {expected}")
    if not len(form.needed) <= len(returned) <= form.longest:
        raise Fault("type", f"{form.function} returned a tuple of {len(returned)}, expected {form.tuples}")
    return dict(zip((*form.needed, *form.more), returned, strict=False))


def _checked(parts: Mapping[Any, Any], form: _Form) -> Mapping[str, Any]:
    known = (*form.needed, *form.more)
    unknown = [key for key in parts if not (isinstance(key, str) and key in known)]
    missing = [name for name in form.needed if name not in parts]
    if not unknown and not missing:
        return parts
    without = f"without {' and '.join(map(_shown, missing))}" if missing else ""
    found = (
        f"with the unknown key{'s' if len(unknown) > 1 else ''} {', '.join(map(_shown, unknown))}" if unknown else ""
    )
    said = " and ".join(filter(None, [without, found]))
    raise Fault("type", f"{form.function} returned a mapping {said}, expected {form.keys}")


def _shown(key: Any) -> str:
    return repr(key)[:LONGEST_KEY]


def _kind(value: Any) -> str:
    return "None" if value is None else type(value).__name__


def _listed(name: str, values: Any, layers: int, convert: Convert) -> Iterator[tuple[tuple[str, int], Array]]:
    """One array a layer, or the Fault that says which is none."""
    if not isinstance(values, (list, tuple)) or len(values) != layers:
        found = f"{len(values)} entries" if isinstance(values, (list, tuple)) else _kind(values)
        raise Fault("count", f"{name} is {found}, expected a list of {layers}: one array a layer")
    for layer, value in enumerate(values, start=1):
        yield (name.split()[0], layer), convert(f"{name} of layer {layer}", value)
