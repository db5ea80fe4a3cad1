"""The cases of a layer: its arguments, drawn from a seed, with an upstream gradient that is never ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import prod
from typing import Any
from zlib import crc32

import numpy as np

from harness.layers.definition import Argument, Definition, Sizes
from harness.model.contract import Array


@dataclass(frozen=True, eq=False)
class LayerCase:
    """The inputs of one case of a layer.

    arguments: the arrays by name, those of labels and indices with whole numbers. options: the numbers and flags.
    upstream: ∂C/∂result for each result of the forward pass, in its shape.
    """

    layer: Definition
    name: str
    arguments: Mapping[str, Array]
    options: Mapping[str, Any]
    upstream: tuple[Array, ...]

    def observed(self, values: Mapping[str, Array]) -> LayerCase:
        """The same case with the arguments that a file has drawn itself, read off what it computed."""
        if self.layer.observe is None:
            return self
        return replace(self, arguments={**self.arguments, **self.layer.observe(self.arguments, self.options, values)})

    def rounded_to(self, dtype: str) -> LayerCase:
        """The same case with inputs that are numbers of a dtype, as float64."""

        def to_dtype(array: Array) -> Array:
            return array if array.dtype.kind != "f" else array.astype(dtype).astype(np.float64)

        arguments = {name: to_dtype(array) for name, array in self.arguments.items()}
        return replace(self, arguments=arguments, upstream=tuple(map(to_dtype, self.upstream)))


def draw(layer: Definition, name: str, seed: int) -> LayerCase:
    """The case of this name, drawn from a seed."""
    generator = np.random.default_rng([seed, crc32(f"{layer.name}/{name}".encode())])
    return _drawn_case(layer, name, layer.cases[name], generator)


def draw_resized(layer: Definition, name: str, generator: np.random.Generator) -> LayerCase:
    """The case of this name with other sizes: any number of rows, and all other sizes times one factor."""
    used = {axis.lstrip("*") for argument in layer.arguments.values() for axis in argument.shape.split()}
    used |= {argument.below for argument in layer.arguments.values()}
    used |= {axis for size in layer.cases[name].values() if isinstance(size, str) for axis in size.split()}
    factor, sizes = int(generator.integers(1, 4)), dict(layer.cases[name])
    for axis in used & sizes.keys() - layer.options.keys():
        size = sizes[axis]
        if not isinstance(size, str):  # which names other sizes
            sizes[axis] = tuple(factor * n for n in size) if isinstance(size, tuple) else factor * size
    if "N" in sizes:
        sizes["N"] = int(generator.integers(2, 9))
    return _drawn_case(layer, name, sizes, generator)


def _drawn_case(layer: Definition, name: str, sizes: Sizes, generator: np.random.Generator) -> LayerCase:
    options = {option: sizes.get(option, default) for option, default in layer.options.items()}
    arguments = {one: _drawn(argument, sizes, generator) for one, argument in layer.arguments.items()}
    results = as_tuple(layer.forward(**arguments, **options))
    upstream = tuple(generator.normal(size=np.shape(result)) for result in results)
    if layer.kind in ("loss", "engine"):
        upstream = tuple(np.ones(np.shape(result)) for result in results)
    return LayerCase(layer, name, arguments, options, upstream)


def as_tuple(value: Any) -> tuple[Any, ...]:
    """A tuple as it is, or one value as a tuple."""
    return value if isinstance(value, tuple) else (value,)


def _drawn(argument: Argument, sizes: Sizes, generator: np.random.Generator) -> Array:
    shape = shape_of(argument.shape, sizes)
    if argument.kind == "labels":
        return np.asarray(generator.integers(0, sizes[argument.below], size=shape))
    if argument.kind == "mask":
        return np.asarray(generator.random(size=shape) < 0.6, dtype=np.float64)
    if argument.kind == "causal":
        return np.tril(np.ones(shape))
    if argument.kind == "probability":
        return np.asarray(generator.uniform(0.05, 0.95, size=shape))
    values = np.asarray(generator.normal(size=shape) * argument.scale)
    if "decimals" in sizes:
        values = np.round(values, sizes["decimals"])
    if argument.kind == "positive":
        values = np.abs(values)
    return np.asarray(values + argument.offset)


def shape_of(axes: str, sizes: Sizes) -> tuple[int, ...]:
    """The shape that names of sizes stand for. `*D` is as many axes as the size D has, `D` their product.

    A size may itself be axes by name, such as "1 C 1 1".
    """
    shape: list[int] = []
    for axis in axes.split():
        size = sizes.get(axis.lstrip("*"), axis)
        if isinstance(size, str) and size != axis:
            size = shape_of(size, sizes)
        several = size if isinstance(size, tuple) else (int(size),)
        shape += several if axis.startswith("*") else [prod(several)]
    return tuple(shape)
