"""Formulas as text: the equations that some rules change, as a submission computes them and as they should be."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from harness.judging.conventions import DEFAULT_CONVENTION, Convention
from harness.mistakes.render.differences import EXAMPLE_ROWS, SmallExample
from harness.mistakes.render.equations import Equation, equations_of
from harness.mistakes.render.form import Form, Place, Token
from harness.mistakes.rules import Rule
from harness.model.activations import ACTIVATIONS
from harness.model.contract import Inputs, Layer, Network
from harness.model.costs import COSTS
from harness.model.textbook import Textbook

_ORDER = ("data", "z", "a", "BP1", "BP2", "BP3", "BP4", "rule", "calls")
# What the symbols of a formula are, each with the pattern that finds it.
_SYMBOL_MEANINGS = (
    (r"(?<![a-z])e\^", "e is δ before its f'"),
    (r"g\(z", "g is f' as a function of the output: f'(z) = g(a)"),
    (r"ones", "ones: an array of ones"),
    (r"J \(", "J is the Jacobian of softmax, diag(a) − a aᵀ"),
    (r"‖", "‖·‖ is the square root of the sum of the squares of all entries"),
    (r"[)}]²", "² is of each entry"),
    (r"\((1/n )?Σ_rows a", "Σ_rows is the same row for each sample"),
    (r"^exp\(", "f subtracts the largest z first, so that exp cannot overflow"),
    (r"b_1\^", "b_1 is the first entry of b"),
    (r"\bg\b(?!\()", "g is a gradient"),
)
_FACTOR_MEANINGS = (
    (r"(?<![a-z])n(?![a-z_])", "n rows"),
    (r"(?<![a-z])m(?![a-z])", "m outputs"),
    (r"n_\{?([^}]+)\}?", r"\g<0> units in layer \1"),
    (r"(?<![_{])L", "L layers"),
    (r"(?<![_{])l", "l the number of the layer"),
    (r"η", "η the learning rate"),
)


@dataclass(frozen=True)
class Formula:
    """An equation that `rules` change: the two forms, in which layers if not in all, and what its symbols mean.

    `symbol` is the quantity that it computes, such as "δ^1".
    """

    equation: str
    symbol: str
    yours: tuple[Token, ...]
    right: tuple[Token, ...]
    where: str
    meaning: str
    rules: frozenset[Rule]


def plain(tokens: Iterable[Token]) -> str:
    """The text without marks."""
    return "".join(token.text for token in tokens)


def marked(tokens: Iterable[Token], before: str = "[", after: str = "]") -> str:
    """The text with marks around what differs, not around the spaces there. No symbol has square brackets itself."""
    parts = []
    for differs, group in groupby(tokens, key=lambda token: token.differs):
        text = plain(group)
        bare = text.strip()
        parts.append(text.replace(bare, f"{before}{bare}{after}", 1) if differs and bare else text)
    return "".join(parts)


@dataclass(frozen=True)
class _Change:
    """An equation at the first place where it differs, and the rules that are used in it."""

    equation: Equation
    used: frozenset[Rule]
    place: Place

    @property
    def key(self) -> tuple[str, str, frozenset[Rule]]:
        """What is said once."""
        return self.equation.tag, self.equation.quantity, self.used

    def forms(self) -> tuple[tuple[Token, ...], tuple[Token, ...]]:
        """The form with the rules, and the right one."""
        symbols = {rule.slot: rule.symbol for rule in self.used}
        left = Token(self.place.numbered(self.equation.left))
        yours, right = (self.equation.written(Form(self.place, symbols, is_right)) for is_right in (False, True))
        return (left, *yours), (left, *right)

    @property
    def is_visible(self) -> bool:
        """Whether the texts differ."""
        yours, right = self.forms()
        return plain(yours) != plain(right)


def formulas_of(
    rules: Sequence[Rule], networks: Iterable[Network] = (), convention: Convention = DEFAULT_CONVENTION
) -> list[Formula]:
    """The equations that the rules change, in the order of computation.

    Each is that of the first layer of the `networks` where its numbers differ; the layers are named by letters if no
    network is given, or if it differs in none of them.
    """
    changes: dict[tuple[str, str, frozenset[Rule]], _Change] = {}
    for network in _distinct(networks):
        examples = [SmallExample(network, rules, convention, rows) for rows in EXAMPLE_ROWS]
        for one in _changes_in(rules, network, convention):
            if (
                one.key not in changes
                and one.is_visible
                and any(example.differs(one.equation.quantity, one.place.l, one.used) for example in examples)
            ):
                changes[one.key] = one
    missing = [rule for rule in rules if not any(rule in one.used for one in changes.values())]
    for network in _any_networks() if missing else ():
        if len(network.layers[0].b) == 1 and all(any(rule in one.used for one in changes.values()) for rule in missing):
            break  # one unit is special
        for one in _changes_in(missing, network, convention, is_general=True):
            if one.key not in changes and one.is_visible:
                changes[one.key] = one
    in_order = sorted(changes.values(), key=lambda one: _ORDER.index(one.equation.tag))
    return [_formula(one, in_order) for one in in_order]


def _changes_in(
    rules: Iterable[Rule], network: Network, convention: Convention, *, is_general: bool = False
) -> Iterator[_Change]:
    """The equations of a network that have one of the rules."""
    book = Textbook(Inputs(network, np.empty((0, 0)), np.empty((0, 0))))
    for equation, l in equations_of(network):
        chosen: dict[str, Rule] = {}
        for rule in rules:
            if rule.slot in equation.slots and rule.scope.covers(book, l, equation.part):
                chosen.setdefault(rule.slot, rule)
        if chosen:
            yield _Change(equation, frozenset(chosen.values()), Place(network, l, convention, is_general))


def _formula(one: _Change, others: Iterable[_Change]) -> Formula:
    (left, *_), _ = yours, right = one.forms()
    is_rest = any(one.key[:2] == other.key[:2] and one.used < other.used for other in others)
    return Formula(
        equation=one.equation.tag,
        symbol=left.text.removesuffix(" = ").removesuffix(" ← "),
        yours=yours,
        right=right,
        where="in the other layers" if is_rest else _scopes_in_words(one.equation, one.used),
        meaning=_meaning_of(one.used, yours, one.place),
        rules=one.used,
    )


def _scopes_in_words(equation: Equation, used: Iterable[Rule]) -> str:
    """The layers in words, if they are not all that the equation is for."""
    found = []
    for rule in used:
        scope = rule.scope
        if (equation.tag, scope.in_words()) not in (("BP1", "the output layer"), ("BP2", "hidden layers")):
            words = scope.in_words().replace("hidden layers", "the hidden layers").replace("the the", "the")
            found.append(words.removeprefix("in "))
    phrases = [f"in {words} only" for words in dict.fromkeys(found) if words]
    return " and ".join(sorted(phrases))


def _meaning_of(used: Iterable[Rule], yours: Iterable[Token], place: Place) -> str:
    """What the symbols mean that the rules bring in."""
    text = "".join(token.text for token in yours if token.differs)
    factors = " ".join(rule.symbol for rule in used if rule.slot.endswith("factor") or rule.slot == "penalty")
    found = [meaning for pattern, meaning in _SYMBOL_MEANINGS if re.search(pattern, text)]
    if "f'(z" in text and place.network.layers[place.l - 1].activation.name == "softmax":
        found.append("f' of softmax is here the diagonal a (1 − a) of its Jacobian")
    matches = [(re.search(pattern, place.numbered(factors)), meaning) for pattern, meaning in _FACTOR_MEANINGS]
    of_factors = ", ".join(match.expand(meaning) for match, meaning in matches if match)
    return "; ".join([*found, *([of_factors] if of_factors else [])])


def _distinct(networks: Iterable[Network]) -> list[Network]:
    """The networks without those whose layers and cost are of the same kinds as those of another, one unit or several.

    Those with hidden layers come first, so that BP1 and BP2 are more often those of one network.
    """
    kinds: dict[tuple[object, ...], Network] = {}
    for network in networks:
        layers = ((layer.activation.name, *(size == 1 for size in layer.w.shape)) for layer in network.layers)
        kinds.setdefault((network.cost.name, *layers), network)
    return sorted(kinds.values(), key=lambda network: len(network.layers) == 1)


def _any_networks() -> list[Network]:
    """Networks of five layers with each activation and each cost, those whose f' does not cancel first.

    Those with one unit in every layer come last.
    """
    cross_entropy = COSTS["cross_entropy"]
    found = [
        Network(tuple(Layer(np.empty((width, width)), np.empty(width), one) for one in (*[hidden] * 4, output)), cost)
        for width in (2, 1)
        for cost in COSTS.values()
        for hidden in ACTIVATIONS.values()
        for output in ACTIVATIONS.values()
        if hidden.slope is not None and (output.slope is None) == (cost is cross_entropy)
    ]
    return sorted(found, key=lambda network: (len(network.layers[0].b) == 1, network.is_canonical))
