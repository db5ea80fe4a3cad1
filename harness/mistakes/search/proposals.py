"""Propose rules that give the subject's numbers for the first quantity that differs.

Everything before that quantity is right, or explained; so it is a function of arrays that are known.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property, partial
from itertools import product

import numpy as np

from harness.mistakes.formulation import AlteredTextbook, formulation
from harness.mistakes.grammar import MISFITS, SLOTS, Measured
from harness.mistakes.grammar.forward import FORWARD
from harness.mistakes.rules import EVERYWHERE, HIDDEN_LAYERS, OUTPUT_LAYER, Rule, Rules, Scope, complexity
from harness.mistakes.search.choices import measured_values, numbered_rule
from harness.mistakes.search.deltas import (
    delta_rules,
    delta_rules_by_gradients,
    limited_rules,
    measured_rules,
    rules_beside_gradients,
)
from harness.mistakes.search.evaluate import Evaluation, in_floats
from harness.mistakes.search.fit import factors_of, is_one, number_of
from harness.mistakes.search.forward import first_values, fitted_number, with_forward
from harness.mistakes.search.gradients import gradient_rules

Key = tuple[str, str | float, str]
BRIEF = 2  # the cost of what is looked for first
MOST_PROPOSALS = 100  # proposals for one quantity
MOST_BESIDE_FORWARD = 1  # the cost of what is wrong in one product beside the forward pass
FEW_LAYERS = 3  # of a network in which a wrong forward pass may be in any layers; in deeper ones it takes long
MOST_MORE = 3  # a proposal costs at most so much more than the cheapest one


@dataclass(frozen=True, eq=False)
class Proposals:
    """Rules that give the first quantity that differs, the simplest first.

    They have no scope yet, but for those of a forward pass that was not returned. `same` are the slots, symbols and
    parts of rules that change nothing there. If they are `brief`, rules that cost more than BRIEF were not looked for.
    """

    found: Evaluation
    rules: Sequence[Rules]
    same: Set[tuple[str, str, str]] = frozenset()
    brief: bool = False

    def allow(self, rules: Rules) -> bool:
        """Whether these rules may be part of an explanation here; any may where a gradient is 0, or none is known."""
        is_known = any(rule.slot != "order" for rules in self.rules for rule in rules)  # that is proposed for each step
        if not is_known or not all(target.any() for target in self.found.targets.values()):
            return True
        if self.brief and complexity(rules) > BRIEF:
            return True
        keys = self._keys(rules)
        return any(keys <= mine for mine in self._own_keys)

    @cached_property
    def _own_keys(self) -> list[frozenset[Key]]:
        return [self._keys(rules) for rules in self.rules]

    def _keys(self, rules: Rules) -> frozenset[Key]:
        """The slot, symbol and part of each rule that matters here. Of a factor the value counts, not the symbol."""
        keys: list[Key] = []
        for rule in rules:
            if (rule.slot, rule.symbol, rule.scope.part) in self.same or self._is_about_what_agrees(rule):
                continue
            what: str | float = rule.symbol
            if "factor" in rule.slot:
                with suppress(*MISFITS):  # backprop has no learning rate
                    what = float(f"{rule.alternative.value(self.found.book, self.found.layer):.6g}")
            if what != 1.0:
                keys.append((rule.slot, what, rule.scope.part))
        return frozenset(keys)

    def _is_about_what_agrees(self, rule: Rule) -> bool:
        of_weights = rule.scope.part == "weights" or rule.slot in ("input used", "arrangement")
        of_biases = rule.scope.part == "biases" or rule.slot == "bias sum"
        names = self.found.names
        return (of_weights and "w" not in names) or (of_biases and "b" not in names)


def propose(found: Evaluation, scopes_of: Callable[[str], Sequence[Scope]]) -> Proposals:
    """The rules that give the first quantity that differs."""
    if not found.book.delta:  # it took one row after the other, each at other weights
        return Proposals(found, ())
    if found.names == {"calls"}:
        rule = Rule("inputs", "changed in place") if found.subject.changed else Rule("second call", "g + g")
        return Proposals(found, [(rule,)])
    if found.names & {"z", "a"}:
        ways = [_forward]
    else:
        ways = [partial(_usual, scopes_of=scopes_of), partial(_with_numbers, scopes_of=scopes_of), _rare]
    rules = list[Rules]()
    with np.errstate(all="ignore"):
        book = in_floats(found)
        while ways and not rules:
            rules = _simplest(ways.pop(0)(book, found))
    if found.subject.function == "step":
        rules += [(Rule("order", one.symbol),) for one in SLOTS["order"].alternatives]
    return Proposals(found, rules, book.same, brief=bool(ways))


def _simplest(proposals: Iterable[Rules]) -> list[Rules]:
    """Without those that are much more complicated than the simplest."""
    ordered = sorted((rules for rules in dict.fromkeys(proposals) if rules), key=complexity)[:MOST_PROPOSALS]
    return [rules for rules in ordered if complexity(rules) <= complexity(ordered[0]) + MOST_MORE]


def _usual(book: AlteredTextbook, found: Evaluation, scopes_of: Callable[[str], Sequence[Scope]]) -> Iterator[Rules]:
    """What is simple and quickly computed: products of a low cost, and other forward passes."""
    if "delta" in found.names:
        yield from delta_rules(book, found, BRIEF)
    else:
        if _is_about_delta(found):
            rules = [*delta_rules_by_gradients(book, found, BRIEF)]
            yield from rules
            if any(rule.slot == "limit of e" for some in rules for rule in some):  # of δ it may be the same here
                yield from limited_rules(book, found)
        yield from gradient_rules(book, found, BRIEF)
    yield from _fitting(_other_forward_passes(book, found, scopes_of), found)


def _with_numbers(
    book: AlteredTextbook, found: Evaluation, scopes_of: Callable[[str], Sequence[Scope]]
) -> Iterator[Rules]:
    """A δ^l or a forward pass with a number that the data show."""
    yield from measured_rules(book, found) if _is_about_delta(found) else ()
    yield from _fitting(_other_forward_passes(book, found, scopes_of, is_measured=True), found)


def _rare(book: AlteredTextbook, found: Evaluation) -> Iterator[Rules]:
    """What costs more, in rules or in time."""
    if "delta" in found.names:
        yield from delta_rules(book, found)
    else:
        if _is_about_delta(found):
            yield from delta_rules_by_gradients(book, found)
            if len(found.names) > 1:
                yield from rules_beside_gradients(book, found)
                yield from limited_rules(book, found)
        yield from gradient_rules(book, found)


def _fitting(passes: Iterable[tuple[Rule, AlteredTextbook]], found: Evaluation) -> Iterator[Rules]:
    """The rules for the forward pass that give the first quantities, or one of both gradients."""
    has_nan = any(np.isnan(target).any() for target in found.targets.values())
    for rule, changed in passes:
        are_right = [
            is_one(float(factors_of(value[None], found.targets[name], found.allowed[name])[0]))
            for name, value in first_values(changed, found).items()
        ]
        if (rule.alternative.shows_as_nan and has_nan) or all(are_right):
            yield (rule,)
        elif any(are_right):  # the other gradient has a mistake of its own
            yield from ((rule, *more) for more in gradient_rules(changed, found, BRIEF))


def _is_about_delta(found: Evaluation) -> bool:
    """Whether δ^l may be wrong: it is not right as it was returned."""
    return "delta" in found.names or ("delta", found.layer) not in found.subject.first


def propose_with_forward(found: Evaluation) -> Proposals:
    """The rules for the first difference, each with one for the forward pass, for where neither is enough alone."""
    with np.errstate(all="ignore"):
        passes = _other_forward_passes(in_floats(found), found, lambda slot: (EVERYWHERE, HIDDEN_LAYERS, OUTPUT_LAYER))
        propose_deltas = delta_rules if "delta" in found.names else delta_rules_by_gradients
        both = list[Rules]()
        for rule, book in passes:
            both += [(rule, *rules) for rules in propose_deltas(book, found, MOST_BESIDE_FORWARD) if rules]
            if "delta" not in found.names:
                both += [(rule, *rules) for rules in gradient_rules(book, found, MOST_BESIDE_FORWARD)]
        return Proposals(found, _simplest(both))


def _other_forward_passes(
    book: AlteredTextbook, found: Evaluation, scopes_of: Callable[[str], Sequence[Scope]], *, is_measured: bool = False
) -> Iterator[tuple[Rule, AlteredTextbook]]:
    """Each rule for the forward pass, up to δ^L, if the first differences are at the output and z was not returned.

    If `is_measured`, those with a number, which gives the first values.
    """
    is_all = "delta" in found.names or ("w" in found.names and ("b" in found.names or not book.scale.has_biases))
    if found.layer < book.last or ("z", found.layer) in found.subject.first or not is_all:
        return
    for slot in FORWARD:
        most = 2 if book.last <= FEW_LAYERS else 1
        alike = _alike(book, (scope for scope in scopes_of(slot) if scope.restrictions <= most))
        for one, scopes in product(() if is_measured else SLOTS[slot].alternatives, alike):
            changed = with_forward(book, Rule(slot, one.symbol, scopes[0]))
            yield from ((Rule(slot, one.symbol, scope), changed) for scope in scopes if changed is not None)
        for numbered, scopes in product(SLOTS[slot].measured if is_measured else (), alike):
            fitted = fitted_number(book, found, partial(_numbered, slot, numbered, scopes[0]))
            if fitted is not None:
                rule, changed = fitted
                yield from ((replace(rule, scope=scope), changed) for scope in scopes)


def _alike(book: AlteredTextbook, scopes: Iterable[Scope]) -> list[list[Scope]]:
    """The scopes, those together that cover the same layers of this network; without those that cover none."""
    found: dict[tuple[bool, ...], list[Scope]] = {}
    for scope in scopes:
        found.setdefault(tuple(scope.covers(book, l) for l in range(1, book.last + 1)), []).append(scope)
    return [some for mask, some in found.items() if any(mask)]


def _numbered(slot: str, one: Measured, scope: Scope, c: float) -> Rule:
    return replace(numbered_rule(slot, one, c), scope=scope)


def _forward(book: AlteredTextbook, found: Evaluation) -> Iterator[Rules]:
    """The rules that give z^l or a^l."""
    l, name = found.layer, next(iter(found.names))
    for slot in ("activation",) if name == "a" else ("data", "bias", "weights", "layer input"):
        target, allowed = found.targets[name], found.allowed[name]
        for numbered, base, term in measured_values(book, slot, l, l):
            c = number_of(base, term, target, allowed)
            if c is not None:
                yield (numbered_rule(slot, numbered, c),)
        for one in SLOTS[slot].alternatives:
            rule = Rule(slot, one.symbol)
            changed = formulation((*book.rules, rule))(book.inputs, None, book.scale)
            changed.z, changed.a = book.z, {**book.a, 0: changed.a[0]}
            try:
                value = changed.output(l) if name == "a" else changed.weighted_input(l)
            except MISFITS:
                continue
            if value.shape == target.shape and (
                one.shows_as_nan or is_one(float(factors_of(value[None], target, allowed)[0]))
            ):
                yield (rule,)
