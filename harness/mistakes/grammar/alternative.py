"""A slot of an equation, and what may stand there in place of what is right."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from harness.model.contract import Numbers
from harness.model.textbook import Textbook

COST_OF_MEASURED = 3  # more than any alternative that has no number of its own


MISFITS = (ValueError, IndexError, KeyError, ArithmeticError)  # what an alternative raises that has no value there


class Undefined(ValueError):
    """Raised by an alternative that has no value there, such as the slope of a layer that does not exist."""


def rate_of(book: Textbook) -> float:
    """The learning rate of a step. Raises Undefined in backprop, which has none."""
    if book.learning_rate is None:
        raise Undefined("backprop has no learning rate")
    return book.learning_rate


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


def short_text(c: float) -> str:
    """A number as text; as 1/c if that is shorter."""
    if not c:
        return "0"
    text, inverse = f"{c:.12g}", f"1/{1 / c:.12g}"
    return (inverse if len(inverse) < len(text) else text).replace("-", "−")


@dataclass(frozen=True)
class Measured:
    """Alternatives with a number c that the data show: what is `base`, and c times `term`.

    In the symbol `{c}` stands for the number, and `{signed}` for the number as the last term of a sum. Both functions
    are like the value of an alternative.
    """

    symbol: str
    base: Callable[..., Numbers]
    term: Callable[..., Numbers]

    def with_number(self, c: float) -> Alternative:
        """The alternative with this number."""
        text = short_text(abs(c))
        text = f"({text})" if "/" in text else text
        symbol = self.symbol.format(c=f"(−{text})" if c < 0 else text, signed=f"− {text}" if c < 0 else f"+ {text}")
        return Alternative(symbol, lambda *given: self.base(*given) + self.term(*given) * c, COST_OF_MEASURED)


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
    measured: tuple[Measured, ...] = ()
    parts: bool = False

    @cached_property
    def by_symbol(self) -> dict[str, Alternative]:
        """The alternatives by their symbols."""
        return {one.symbol: one for one in self.alternatives}
