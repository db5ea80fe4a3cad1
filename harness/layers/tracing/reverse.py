"""Reverse mode: the gradient of traced results, exact and with the bounds of right code.

The algorithm is that of Linnainmaa (1970), with the adjoints as `Bounded` numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from harness.layers.tracing.bounded import Bounded
from harness.layers.tracing.traced import Traced
from harness.model.contract import Array

# What an operand gets of the adjoint of a result: called with the result and the position of the operand.
PassOn = Callable[[Traced, int, Bounded], Bounded | None]


def derivative(result: Traced, position: int, adjoint: Bounded) -> Bounded:
    """What the chain rule passes on."""
    return result.operands[position][1](adjoint)


def gradients(
    results: Sequence[Traced], upstream: Sequence[Array], inputs: Sequence[Traced], passed: PassOn = derivative
) -> list[Bounded]:
    """∂(Σ upstream · results)/∂input for each input, in its shape, or what becomes of it where `passed` is wrong."""
    adjoints: dict[int, Bounded] = {}

    def add(traced: Traced, adjoint: Bounded) -> None:
        known = adjoints.get(traced.number)
        adjoints[traced.number] = adjoint if known is None else known + adjoint

    for result, given in zip(results, upstream, strict=True):
        add(result, Bounded.of(np.broadcast_to(given, result.shape)))
    for traced in reversed(list(operations(results))):
        adjoint = adjoints.get(traced.number)
        if adjoint is None:
            continue
        for position, (operand, _) in enumerate(traced.operands):
            part = passed(traced, position, adjoint)
            if part is not None:
                add(operand, part)
    return [adjoints.get(one.number) or Bounded.of(np.zeros(one.shape)) for one in inputs]


def operations(results: Sequence[Traced]) -> Iterator[Traced]:
    """Everything that the results were computed from, and they, in the order of computation."""
    found: dict[int, Traced] = {}
    waiting = list(results)
    while waiting:
        traced = waiting.pop()
        if traced.number not in found:
            found[traced.number] = traced
            waiting += [operand for operand, _ in traced.operands]
    return iter(sorted(found.values(), key=lambda one: one.number))
