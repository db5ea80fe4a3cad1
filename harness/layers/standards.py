"""The certified truth of a case of a layer: its results and gradients, with the bounds of right code."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import Any

import numpy as np
from flint import ctx

from harness.layers.cases import LayerCase, as_tuple
from harness.layers.definition import LayerMistake
from harness.layers.tracing.bounded import Bounded, rounding_in
from harness.layers.tracing.reverse import PassOn, derivative, gradients
from harness.layers.tracing.traced import Traced
from harness.layers.verdicts.changes import changed, is_in
from harness.model.contract import Array
from harness.truth.bounds.float_format import OUTWARD, float_format
from harness.truth.certify import DECISIVE_RADIUS, Standard
from harness.truth.enclosures.enclosure import Enclosure

PRECISION = 160  # bits of the balls
NamedStandards = Mapping[str, Standard]


class TracedCase:
    """A case whose forward pass has run on traced arrays, for code that works in `dtype`."""

    def __init__(self, case: LayerCase, dtype: str = "float64", forward: Any = None) -> None:
        self.case, self.dtype = case, dtype
        forward = forward or case.layer.forward
        with self._arithmetic():
            self.inputs = {name: _traced(array) for name, array in case.arguments.items()}
            self.results = [Traced.of(one) for one in as_tuple(forward(**self.inputs, **case.options))]

    def observed(self, values: Mapping[str, Array]) -> TracedCase:
        """The case with the arguments that a file has drawn itself."""
        return self if self.case.layer.observe is None else TracedCase(self.case.observed(values), self.dtype)

    @contextmanager
    def _arithmetic(self) -> Iterator[None]:
        with ctx.workprec(PRECISION), rounding_in(self.dtype), np.errstate(all="ignore"):
            yield

    @property
    def named_inputs(self) -> dict[int, str]:
        """The names of the traced arguments, by their numbers."""
        return {one.number: name for name, one in self.inputs.items() if isinstance(one, Traced)}

    @cached_property
    def right(self) -> NamedStandards:
        """The standards of right code."""
        return self.standards()

    def standards(self, passed: PassOn = derivative, upstream: Sequence[Array] = ()) -> NamedStandards:
        """The standards of the results, by their names, and of the gradients, such as dx, or of wrong ones.

        upstream: what is taken in place of the case's upstream gradients, if anything.
        """
        layer = self.case.layer
        found = {name: result.bounded for name, result in zip(layer.results, self.results, strict=True)}
        if layer.differentiable:
            inputs = [self.inputs[name] for name in layer.differentiable]
            with self._arithmetic():
                slopes = gradients(self.results, upstream or self.case.upstream, inputs, passed)
            found |= zip(layer.gradients, slopes, strict=True)
        return {name: as_standard(bounded) for name, bounded in found.items()}

    def mistaken(self, mistake: LayerMistake) -> NamedStandards:
        """The standards with a mistake in the forward pass, or in the backward pass, which gives the gradients."""
        layer = self.case.layer
        if is_in(layer.forward, mistake):
            return TracedCase(self.case, self.dtype, changed(layer.forward, mistake)).standards()
        upstream = [] if layer.kind in ("loss", "engine") else map(Traced.of, self.case.upstream)
        with self._arithmetic():
            found = as_tuple(changed(layer.backward, mistake)(*upstream, **self.inputs, **self.case.options))
        return {name: as_standard(Traced.of(one).bounded) for name, one in zip(layer.gradients, found, strict=True)}


def _traced(array: Array) -> Any:
    """Whole numbers, such as labels, stay as they are."""
    return Traced.of(array) if array.dtype.kind == "f" else array


def as_standard(bounded: Bounded) -> Standard:
    """The standard of an array of any shape."""
    [enclosure] = Enclosure.from_balls([(list(bounded.exact.flat), 1)])
    truth, bound = enclosure.reshaped(*bounded.shape), OUTWARD * bounded.error + float_format("float64").tiny
    undecidable = ~(truth.radius <= DECISIVE_RADIUS * bound) | ~np.isfinite(bound)
    return Standard(truth, bound, undecidable)
