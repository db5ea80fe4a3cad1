"""Convert the return value of a function of the contract to arrays, whatever form it has.

`backprop` may return `Gradients`, a mapping with the keys w, b and optionally delta, z, a, or a tuple (w, b) or
(w, b, delta); `step` a `Network`, a mapping with the keys w and b, or a tuple (w, b). Each of w, b, ... is a list or a
tuple with one array per layer. b may be left out if the file declares that there are no biases (`lacks_b`). Every
command uses these functions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

from harness.model.contract import Array, Gradients, Inputs, Network
from harness.sandbox.answers import ArrayKey, Fault

LONGEST_KEY = 40  # characters of an unknown key that a message quotes
ReturnedArrays = dict[ArrayKey, Array]
Convert = Callable[[str, Any], Array]


class _Form(NamedTuple):
    """What a function may return: the `needed` names, optional names in `more`, the length of the `longest` tuple, and
    the contract's `own` type."""

    function: str
    own: str
    needed: tuple[str, ...]
    more: tuple[str, ...] = ()
    longest: int = 2

    @property
    def keys(self) -> str:
        more = f" (and optionally {', '.join(self.more)})" if self.more else ""
        return f"the keys {' and '.join(self.needed)}{more}"

    @property
    def tuples(self) -> str:
        names = (*self.needed, *self.more)
        lengths = range(len(self.needed), self.longest + 1)
        return " or ".join(f"({', '.join(names[:length])})" for length in lengths)

    def with_optional_b(self) -> _Form:
        """The same form, where b may be left out."""
        return self._replace(needed=("w",), more=("b", *self.more))


BACKPROP_FORM = _Form("backprop", "harness.Gradients(w, b, delta)", ("w", "b"), ("delta", "z", "a"), longest=3)
STEP_FORM = _Form("step", "harness.Network(layers, cost)", ("w", "b"))


def float64_copy(name: str, value: Any) -> Array:
    """A float64 copy of an array of real numbers; messages call it `name`. Raises Fault for anything else."""
    if np.any(getattr(value, "mask", False)) and type(value).__module__.startswith("numpy.ma"):
        raise Fault("numbers", f"{name} has masked entries, expected a number for each")
    try:
        array = np.array(value)
    except ValueError:
        raise Fault("shape", f"{name} is ragged, expected an array") from None
    if array.dtype.kind not in "fiu":
        raise Fault("numbers", f"{name} holds {array.dtype.name} values, expected real numbers")
    return array.astype(np.float64)


def gradient_arrays(
    returned: Any, inputs: Inputs, convert: Convert = float64_copy, *, lacks_b: bool = False
) -> ReturnedArrays:
    """The arrays that `backprop` returned, by (name, layer): w, and optionally b, delta, z and a.

    `convert` makes each array. Raises Fault if the value has no known form, or not one array per layer.
    """
    if isinstance(returned, Gradients):
        parts: Mapping[str, Any] = vars(returned)
    else:
        parts = _parts_by_name(returned, BACKPROP_FORM.with_optional_b() if lacks_b else BACKPROP_FORM)
    layers = len(inputs.network.layers)
    arrays = dict(_layer_arrays("w", parts["w"], layers, convert))
    for name in ("b", "delta", "z", "a"):
        values = parts.get(name)
        if values is not None and not (name == "b" and isinstance(values, (list, tuple)) and not values):
            arrays |= _layer_arrays(name, values, layers, convert)
    return arrays


def network_arrays(
    returned: Any, inputs: Inputs, convert: Convert = float64_copy, *, lacks_b: bool = False
) -> ReturnedArrays:
    """The new w and b that `step` returned, by (name, layer); a b that is left out is that of the inputs.

    Raises Fault as `gradient_arrays` does, and if a network has other activations or another cost than the inputs'.
    """
    w, b = _weights_and_biases(returned, inputs.network, lacks_b)
    layers = len(inputs.network.layers)
    return {
        **dict(_layer_arrays("w after the step", w, layers, convert)),
        **dict(_layer_arrays("b after the step", b, layers, convert)),
    }


def next_network(returned: Any, before: Network, *, lacks_b: bool = False) -> Network:
    """The network for the next step: the one that `step` returned, or `before` with the returned w and b.

    Raises Fault if the value has no known form, or not one array per layer.
    """
    if isinstance(returned, Network):
        return returned
    parts, layers = zip("wb", _step_parts(returned, before, lacks_b), strict=True), len(before.layers)
    w, b = (
        [array for _, array in _layer_arrays(f"{name} after the step", values, layers, _as_array)]
        for name, values in parts
    )
    return before.with_parameters(w, b)


def _as_array(name: str, value: Any) -> Array:
    """The value as an array with its own dtype: a step may compute in any dtype."""
    if isinstance(value, np.ndarray):
        return value
    try:
        return np.asarray(value)
    except ValueError:
        raise Fault("shape", f"{name} is ragged, expected an array") from None


def _step_parts(returned: Any, before: Network, lacks_b: bool) -> tuple[Any, Any]:
    """The values for w and b in a mapping or a tuple, not checked."""
    parts = _parts_by_name(returned, STEP_FORM.with_optional_b() if lacks_b else STEP_FORM)
    b = parts.get("b")
    is_left_out = lacks_b and (b is None or (isinstance(b, (list, tuple)) and not b))
    return parts["w"], [layer.b for layer in before.layers] if is_left_out else b


def _weights_and_biases(returned: Any, before: Network, lacks_b: bool) -> tuple[Any, Any]:
    """The values for w and b, not checked."""
    if not isinstance(returned, Network):
        return _step_parts(returned, before, lacks_b)
    kept = [layer.activation for layer in returned.layers] == [layer.activation for layer in before.layers]
    if not kept or returned.cost != before.cost:
        raise Fault("type", "step returned a network with other activations or another cost")
    return [layer.w for layer in returned.layers], [layer.b for layer in returned.layers]


def _parts_by_name(returned: Any, form: _Form) -> Mapping[str, Any]:
    """The parts of a mapping or a tuple, by their names. Raises Fault for anything else."""
    if isinstance(returned, tuple) and hasattr(returned, "_asdict"):  # a named tuple may have any order
        returned = returned._asdict()
    if isinstance(returned, Mapping):
        return _check_keys(dict(returned), form)
    if not isinstance(returned, tuple):
        expected = f"{form.own}, a mapping with {form.keys}, or a tuple {form.tuples}"
        raise Fault("type", f"{form.function} returned {_type_name(returned)}, expected {expected}")
    if not len(form.needed) <= len(returned) <= form.longest:
        raise Fault("type", f"{form.function} returned a tuple of {len(returned)}, expected {form.tuples}")
    return dict(zip((*form.needed, *form.more), returned, strict=False))


def _check_keys(parts: Mapping[Any, Any], form: _Form) -> Mapping[str, Any]:
    known = (*form.needed, *form.more)
    unknown = [key for key in parts if not (isinstance(key, str) and key in known)]
    missing = [name for name in form.needed if name not in parts]
    if not unknown and not missing:
        return parts
    without = f"without {' and '.join(map(_short_repr, missing))}" if missing else ""
    found = (
        f"with the unknown key{'s' if len(unknown) > 1 else ''} {', '.join(map(_short_repr, unknown))}"
        if unknown
        else ""
    )
    problems = " and ".join(filter(None, [without, found]))
    raise Fault("type", f"{form.function} returned a mapping {problems}, expected {form.keys}")


def _short_repr(key: Any) -> str:
    return repr(key)[:LONGEST_KEY]


def _type_name(value: Any) -> str:
    return "None" if value is None else type(value).__name__


def _layer_arrays(name: str, values: Any, layers: int, convert: Convert) -> Iterator[tuple[ArrayKey, Array]]:
    """One array per layer, with its key (name, layer). Raises Fault for a wrong count or what `convert` refuses."""
    if not isinstance(values, (list, tuple)) or len(values) != layers:
        found = f"{len(values)} entries" if isinstance(values, (list, tuple)) else _type_name(values)
        raise Fault("count", f"{name} is {found}, expected a list of {layers}: one array per layer")
    for layer, value in enumerate(values, start=1):
        yield (name.split()[0], layer), convert(f"{name} of layer {layer}", value)
