"""A slot of an equation, and what may stand there in place of what is right."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from harness.model.contract import Numbers


class Undefined(ValueError):
    """Raised by an alternative that has no value there, such as the slope of a layer that does not exist."""


@dataclass(frozen=True)
class Alternative:
    """What may stand in a slot.

    `symbol` is its text in an equation of layer l. `value` computes it from an AlteredTextbook and l, and in the slots
    that rearrange something also from that. It raises ValueError, IndexError or KeyError if it has no value there.
    `cost` is 1 for what people often write, and 2 for what is rare: of two explanations the cheaper one is simpler.
    One that `shows_as_nan` is right wherever it is finite.
    """

    symbol: str
    value: Callable[..., Numbers]
    cost: int = 1
    shows_as_nan: bool = False


@dataclass(frozen=True)
class Slot:
    """A place in some equations.

    `right` is the text of what belongs there. `parts` is True if the slot occurs both in the gradient of the weights
    and in that of the biases, each of which may be wrong alone.
    """

    name: str
    equations: str
    right: str
    alternatives: tuple[Alternative, ...]
    parts: bool = False

    @cached_property
    def by_symbol(self) -> dict[str, Alternative]:
        """The alternatives by their symbols."""
        return {one.symbol: one for one in self.alternatives}
