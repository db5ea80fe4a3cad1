"""The numbers of one step of backprop, each with how it is made of others: all from the textbook, on floats.

Kinds of entries at a neuron: a (in layer 0 that is x), t, b, z, slope (f'), error (∇_a C), back (δ^{l+1} W^{l+1}),
delta, gb (∂C/∂b) and new_b; at a wire: w, gw (∂C/∂w) and new_w.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from harness.jobs.page.worked.examples import Example
from harness.model.contract import Array
from harness.model.textbook import Textbook

SHOWN_DIGITS = 6, 4, 3  # significant: in tables, in the drawing, and there on a phone
WIRES = ("w", "gw", "new_w")


@dataclass(frozen=True, order=True)
class EntryKey:
    """One entry: neuron j of layer l; or the wire to it from neuron k of layer l - 1; counted from 0."""

    kind: str
    l: int
    j: int
    k: int = -1

    @property
    def id(self) -> str:
        parts = [self.kind, self.l, self.j, *([self.k] if self.kind in WIRES else [])]
        return "-".join(map(str, parts))


@dataclass(frozen=True)
class Term:
    """Some entries, multiplied, and the sign before them."""

    sign: str
    factors: tuple[EntryKey, ...]


@dataclass(frozen=True)
class Made:
    """How an entry is made: f(sum) × times; without f or `times` where there is none."""

    sum: tuple[Term, ...]
    times: EntryKey | None = None
    f: str = ""


def number_text(value: float, digits: int = SHOWN_DIGITS[0]) -> str:
    """A number to some significant digits, with a true minus sign and no e."""
    found = format(Decimal(f"{value:.{digits}g}") + 0, "f")  # + 0 takes the sign from a zero
    return found.replace("-", "−")


class Worked:
    """All quantities of an example in one step of the textbook. `values` maps keys to floats."""

    def __init__(self, example: Example) -> None:
        self.example = example
        self.last = len(example.widths) - 1
        book = Textbook(example.inputs, example.learning_rate)
        moved, gradients = book.step(), book.gradients()
        self.values = dict(_entries("a", 0, example.inputs.x[0]))
        for l in range(1, self.last + 1):
            layer, after = book.layer(l), moved.layers[l - 1]
            arrays = {"w": layer.w, "b": layer.b, "z": book.z[l][0], "a": book.a[l][0], "slope": book.slope(l)[0]}
            arrays |= {"delta": book.delta[l][0], "gb": gradients.b[l - 1], "gw": gradients.w[l - 1]}
            arrays |= {"new_b": after.b, "new_w": after.w}
            if l < self.last:
                arrays["back"] = book.sent_back(l)[0]
            else:
                arrays |= {"error": book.output_error()[0], "t": example.inputs.t[0]}
            for kind, array in arrays.items():
                self.values |= _entries(kind, l, array)

    def keys(self, kind: str, l: int) -> list[EntryKey]:
        """The entries of a kind in a layer, in order."""
        return [key for key in self.values if (key.kind, key.l) == (kind, l)]

    def made(self, key: EntryKey) -> Made | None:
        """What an entry is made of; None where it is given."""
        l, j, k = key.l, key.j, key.k
        match key.kind:
            case "z":
                products = [
                    (EntryKey("w", l, j, i), EntryKey("a", l - 1, i)) for i in range(self.example.widths[l - 1])
                ]
                return Made(_sum(*products, (EntryKey("b", l, j),)))
            case "a" if l > 0:
                return Made(_sum((EntryKey("z", l, j),)), f=self.activation(l))
            case "delta" if l == self.last:
                error = Term("", (EntryKey("a", l, j),)), Term("−", (EntryKey("t", l, j),))
                return Made(error, EntryKey("slope", l, j))
            case "delta":
                after = range(self.example.widths[l + 1])
                back = _sum(*((EntryKey("w", l + 1, i, j), EntryKey("delta", l + 1, i)) for i in after))
                return Made(back, EntryKey("slope", l, j))
            case "gb":
                return Made(_sum((EntryKey("delta", l, j),)))
            case "gw":
                return Made(_sum((EntryKey("delta", l, j), EntryKey("a", l - 1, k))))
            case "new_b" | "new_w":
                at_wire = key.kind == "new_w"
                old, gradient = (EntryKey(kind, l, j, k) for kind in (("w", "gw") if at_wire else ("b", "gb")))
                rate = number_text(self.example.learning_rate)
                return Made((Term("", (old,)), Term(f"− {rate} ×", (gradient,))))
        return None

    def activation(self, l: int) -> str:
        """The name of a layer's activation."""
        return self.example.inputs.network.layers[l - 1].activation.name

    def how(self, key: EntryKey) -> str:
        """How an entry is made, in numbers, such as `(0.4)(0.138499) + (0.5)(−0.0380982) = 0.0363503; × 0.241301 =
        0.00877135`; "given" where it is not made."""
        made, value = self.made(key), number_text(self.values[key])
        if made is None:
            return "given"
        if key.kind == "gb":
            return f"δ = {value}"
        total = " ".join(filter(None, (part for term in made.sum for part in (term.sign, self._product(term)))))
        if made.f:
            return f"{made.f}({total}) = {value}"
        if made.times is None:
            return f"{total} = {value}"
        between = EntryKey("error" if key.l == self.last else "back", key.l, key.j)
        return f"{total} = {number_text(self.values[between])}; × {number_text(self.values[made.times])} = {value}"

    def _product(self, term: Term) -> str:
        numbers = [number_text(self.values[key]) for key in term.factors]
        if len(numbers) == 1:
            [number] = numbers
            return f"({number})" if term.sign and number.startswith("−") else number
        return "".join(f"({number})" for number in numbers)


def _entries(kind: str, l: int, array: Array) -> Iterator[tuple[EntryKey, float]]:
    for place in np.ndindex(array.shape):
        yield EntryKey(kind, l, *place), float(array[place])


def _sum(*products: Sequence[EntryKey]) -> tuple[Term, ...]:
    return tuple(Term("+" if number else "", tuple(product)) for number, product in enumerate(products))
