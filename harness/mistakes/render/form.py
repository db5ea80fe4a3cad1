"""The pieces of an equation as text: tokens, the places of layers, and what stands in a slot."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from harness.judging.conventions import Convention
from harness.mistakes.grammar import SLOTS
from harness.model.contract import Network

_LAYER = re.compile(r"([\^_])(?:\{l([+-]\d)\}|(l)(?![a-z])|(L)(?![a-z]))")


@dataclass(frozen=True)
class Token:
    """A piece of an equation, and whether it differs between the two forms."""

    text: str
    differs: bool = False


Tokens = list[Token]


@dataclass(frozen=True)
class Place:
    """Layer l of a network, and the convention of the file.

    If `is_general`, the layers are named by l and L in place of their numbers, and ∇_a C stands for that of any cost.
    """

    network: Network
    l: int
    convention: Convention
    is_general: bool = False

    @property
    def last(self) -> int:
        """L."""
        return len(self.network.layers)

    def numbered(self, text: str) -> str:
        """The text with the numbers of the layers."""
        return _LAYER.sub(self._number, text)

    def _number(self, found: re.Match[str]) -> str:
        mark, offset, _, is_last = found.groups()
        if not self.is_general:
            return f"{mark}{self.last if is_last else self.l + int(offset or 0)}"
        if self.l < self.last or is_last:
            return found[0]
        return f"{mark}{{L{offset}}}" if offset else f"{mark}L"


@dataclass(frozen=True)
class Form:
    """One of the two forms of an equation. `symbols` has what the rules put in its slots; the right form leaves it out,
    and marks what stands there."""

    place: Place
    symbols: Mapping[str, str]
    is_right: bool

    def symbol(self, slot: str, right: str | None = None) -> str:
        """What stands in the slot."""
        right = SLOTS[slot].right if right is None else right
        return right if self.is_right else self.symbols.get(slot, right)

    def token(self, text: str, *slots: str) -> Token:
        """The text, which differs if one of the slots does."""
        return Token(self.place.numbered(text), any(slot in self.symbols for slot in slots))

    def filled(self, symbol: str, inner: Tokens, *slots: str) -> Tokens:
        """A symbol with `·` filled with what that stands for; all of it differs if what is around it does."""
        if "·" not in symbol:
            return [self.token(symbol, *slots)]
        before, _, after = symbol.partition("·")
        for slot in slots:  # the right form and something added
            right = SLOTS[slot].right
            if symbol.startswith(right) and symbol != right:
                return [*self.filled(right, inner), self.token(symbol.removeprefix(right), slot)]
        if any(self.symbols.get(slot, "").partition("·")[2] for slot in slots):
            return [self.token(before + "".join(one.text for one in inner) + after, *slots)]
        return [self.token(before, *slots), *inner, self.token(after, *slots)]

    def limited(self, slot: str, value: Tokens) -> Tokens:
        """The value, within what clips it."""
        before, _, after = self.symbol(slot).partition("·")
        return [self.token(before, slot), *value, self.token(after, slot)] if before else value

    def times(self, slot: str, value: Tokens, cost_factor: str = "") -> Tokens:
        """The factor in a slot, and the value; nothing of the value is left if the factor is 0."""
        factor = self.symbol(slot, "")
        if self.symbols.get(slot) == "0":
            return [self.token("".join(one.text for one in value) if self.is_right else "0", slot)]
        text = "−" if factor == "−1" else f"{factor} {'· ' if cost_factor else ''}" if factor else ""
        return [self.token(text, slot), *([Token(f"{cost_factor} ")] if cost_factor else []), *value]


def over_reduction(text: str, place: Place) -> str:
    """The text divided by what the declared reduction divides by."""
    reduction = place.convention.reduction_of(place.network.cost.name)
    by = {"sum": "", "mean": "n", "mean over outputs": "m", "mean over rows and outputs": "(n m)"}[reduction]
    return f"{text or '1'}/{by}" if by else text


def as_last_term(text: str) -> str:
    """The text as the last term of a sum."""
    if text in ("", "0"):
        return ""
    return f" − {text[1:]}" if text.startswith("−") else f" + {text}"


def _is_bracketed(text: str) -> bool:
    """Whether one pair of brackets is around all of the text."""
    depth = 0
    for at, letter in enumerate(text):
        depth += (letter == "(") - (letter == ")")
        if not depth:
            return letter == ")" and at == len(text) - 1
    return False


def without_brackets(text: str) -> str:
    """The text without a pair of brackets around all of it."""
    return text[1:-1] if _is_bracketed(text) else text


def transposed(text: str) -> str:
    """The transpose of what the text stands for."""
    is_one = _is_bracketed(text) or re.fullmatch(r"\|[^|]*\|", text)
    return f"{text}ᵀ" if is_one else f"({text})ᵀ"
