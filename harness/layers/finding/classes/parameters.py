"""The parameters of a constructor or a forward pass: which arguments, options and sizes of a layer they stand for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from harness.layers.definition import Definition
from harness.layers.finding.named import argument_names, plain_name
from harness.layers.finding.plan import Unmatched, option_named
from harness.layers.finding.scan import Signature

_IN = {"infeatures", "inputsize", "inputdim", "nin", "indim", "fanin", "numinputs", "ninputs", "inchannels"}
_IN |= {
    "inputdimension",
    "insize",
    "inputfeatures",
    "inputs",
    "numembeddings",
    "unitsin",
    "vocabsize",
    "dimin",
    "infeature",
    "inc",
}
_OUT = {"outfeatures", "outputsize", "outputdim", "nout", "outdim", "fanout", "numoutputs", "noutputs", "outchannels"}
_OUT |= {
    "units",
    "unitsout",
    "nunits",
    "nneurons",
    "neurons",
    "outsize",
    "outputfeatures",
    "embeddingdim",
    "numneurons",
    "outc",
}
_OUT |= {"numfilters", "nfilters", "filters", "dimout", "outputdimension", "outfeature", "outputs"}
_HIDDEN_SIZES = {"hiddensize", "hiddendim", "nhidden", "hidden", "h"}
_FEATURES = {"numfeatures", "features", "dim", "normalizedshape", "dmodel", "nfeatures", "size", "d", "numchannels"}
_KERNEL = {"kernelsize", "filtersize", "k", "kernel", "ksize"}


@dataclass(frozen=True)
class Given:
    """What is given to each parameter: an argument's name or another expression; and the options among them."""

    values: Mapping[str, str]
    arrays: tuple[str, ...] = ()
    options: frozenset[str] = frozenset()


def given_by(signature: Signature | None, layer: Definition, inputs: Sequence[str] = ()) -> Given:
    """What the parameters stand for. One that has no known name is the first of the `inputs` that is left.

    Raises Unmatched for a required parameter that stands for nothing of the layer.
    """
    values: dict[str, str] = {}
    names = {one: name for name, argument in layer.arguments.items() for one in argument_names(name, argument)}
    for parameter in signature.parameters if signature else ():
        name, option = _argument_of(parameter, names, layer), option_named(parameter, layer)
        size = "" if inputs else _size(parameter, layer)
        if size and parameter not in layer.arguments:
            values[parameter] = size
        elif name and name not in values.values():
            values[parameter] = name
        elif option:
            values[parameter] = option
        elif signature and parameter in signature.required:
            left = [one for one in inputs if one not in values.values()]
            if not left:
                raise Unmatched(parameter)
            values[parameter] = left[0]
    arrays = tuple(value for value in values.values() if value in layer.arguments)
    return Given(values, arrays, frozenset(value for value in values.values() if value in layer.options))


def _argument_of(parameter: str, names: Mapping[str, str], layer: Definition) -> str:
    """The argument that a parameter stands for: by its exact name, or by its plain one."""
    return parameter if parameter in layer.arguments else names.get(plain_name(parameter), "")


def _size(parameter: str, layer: Definition) -> str:
    """The expression for a parameter that is a size, such as the number of inputs; empty if it is none."""
    short, axes = plain_name(parameter), {name: one.shape.split() for name, one in layer.arguments.items()}
    weights = [name for name in list(axes)[1:] if len(axes[name]) in (2, 4)]
    vectors = [name for name in list(axes)[1:] if len(axes[name]) == 1]
    is_convolution = bool(weights) and len(axes[weights[0]]) == 4
    if weights and short in _IN:
        return f"{weights[0]}.shape[{int(is_convolution)}]"
    if weights and short in _OUT:
        return f"{weights[0]}.shape[{int(not is_convolution)}]"
    if weights and short in _HIDDEN_SIZES:
        return f"{weights[-1]}.shape[0]"
    if is_convolution and short in _KERNEL:
        return f"{weights[0]}.shape[2]"
    return f"{vectors[0]}.shape[0]" if vectors and short in _FEATURES else ""
