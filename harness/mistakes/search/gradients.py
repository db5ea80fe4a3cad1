"""Propose the rules that give the gradients of a layer from its δ^l: BP3, BP4 and the penalty."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import chain, product

import numpy as np

from harness.mistakes.formulation import AlteredTextbook
from harness.mistakes.grammar import MISFITS, SLOTS
from harness.mistakes.grammar.alternative import rate_of
from harness.mistakes.rules import Rule, Rules, Scope, complexity
from harness.mistakes.search.choices import (
    Choice,
    choices,
    factor_choices,
    limit_rule,
    measured_values,
    now,
    numbered_rule,
)
from harness.mistakes.search.evaluate import Evaluation
from harness.mistakes.search.fit import factors_of, is_within, limit_of, number_of
from harness.model.contract import Array

MOST_GRADIENT_COST = 3  # the cost of the alternatives in one product
KEPT = 12  # of the rules for one of the two gradients, if both differ
MOST_WITH_LIMIT = 1  # the cost of the alternatives in a product that is clipped
MOST_FITS = 40  # products that are looked at
PART_OF = {"w": "weights", "b": "biases"}
LAST_OF = {"w": "arrangement", "b": "bias sum"}  # the last slot of each gradient


def gradient(book: AlteredTextbook, name: str, l: int) -> Array:
    """∂C/∂W^l or ∂C/∂b^l without the penalty."""
    if name == "w":
        return np.asarray(book.weight_gradient(l))
    return np.asarray(book.bias_gradient(l) if book.scale.has_biases else book.layer(l).b * 0)


def data_targets(book: AlteredTextbook, found: Evaluation) -> dict[str, Array]:
    """The subject's gradients of the layer, without the penalty."""
    if not book.scale.penalty:
        return dict(found.targets)
    return {name: target - _own_penalty(book, name, found.layer) for name, target in found.targets.items()}


def _own_penalty(book: AlteredTextbook, name: str, l: int) -> Array:
    return np.asarray(book.weight_penalty(l) if name == "w" else book.bias_penalty(l))


def gradient_rules(book: AlteredTextbook, found: Evaluation, most: int = MOST_GRADIENT_COST) -> list[Rules]:
    """The rules that give the gradients of the layer from the δ^l of the book, with alternatives up to this cost."""
    targets, options = data_targets(book, found), list[list[tuple[Rules, int]]]()
    for name in ("b", "w"):
        if name not in targets:  # there are no biases
            options.append([((), 0)])
            continue
        its, allowed = gradient(book, name, found.layer), found.allowed[name]
        if (np.abs(its - targets[name]) <= 2 * allowed).all():
            options.append([((), 0)])
        else:
            fits = [*_fits(book, found, name, targets[name], most), *_other_penalties(book, found, name, its)]
            fits += [*_other_steps(book, found, name, its), *_added_numbers(book, found, name, its, targets[name])]
            options.append(sorted(fits, key=lambda one: one[1])[: KEPT if len(found.names) > 1 else None])
    return [merged(b, w) for (b, _), (w, _) in product(*options)]


@contextmanager
def with_delta(book: AlteredTextbook, l: int, delta: Array, back: Array) -> Iterator[None]:
    """The book with this δ^l, and this e^l, for a while."""
    kept = book.delta[l], book.back[l]
    book.delta[l], book.back[l] = delta, back
    try:
        yield
    finally:
        book.delta[l], book.back[l] = kept


def rules_given(book: AlteredTextbook, found: Evaluation, delta: Array, back: Array) -> list[Rules]:
    """The rules that give the gradients of the layer from this δ^l, and from what reaches it before the slope."""
    with with_delta(book, found.layer, delta, back):
        return gradient_rules(book, found)


def _fits(book: AlteredTextbook, found: Evaluation, name: str, target: Array, most: int) -> Iterator[tuple[Rules, int]]:
    make = _weight_products if name == "w" else _bias_products
    products = sorted(make(book, found.layer, most), key=lambda one: one.cost)
    fitting = [one for one in products if one.value.shape == target.shape and np.isfinite(one.value).all()]
    if not fitting:
        return
    factors = factors_of(np.array([one.value for one in fitting]), target, found.allowed[name])
    slots = ("gradient factor", "step factor") if found.subject.function == "step" else ("gradient factor",)
    fits = [(one, c) for one, c in zip(fitting, factors.tolist(), strict=True) if c or (c == 0 and not one.rules)]
    for one, c in [(one, c) for one, c in fits if not np.isnan(c)][:MOST_FITS]:
        each = (factor_choices(book, slot, c, found.layer, PART_OF[name]) for slot in slots)
        for more in chain.from_iterable(each):
            yield one.rules + more, one.cost + sum(rule.cost for rule in more)
    c, slot, part = limit_of(target), "gradient limit", PART_OF[name]
    if c is not None and book.chosen(slot, found.layer, part) is None:
        some = [one for one in fitting if one.cost <= MOST_WITH_LIMIT]
        clipped = np.clip(np.array([one.value for one in some]), -c, c)
        rule = limit_rule(slot, c, part)
        for i in np.flatnonzero(is_within(clipped, target, found.allowed[name])).tolist():
            yield (*some[i].rules, rule), some[i].cost + rule.cost


def merged(biases: Rules, weights: Rules) -> Rules:
    """The rules of both gradients: what is the same in both is one rule."""
    both = {(one.slot, one.symbol) for one in biases} & {(one.slot, one.symbol) for one in weights}
    both = {one for one in both if SLOTS[one[0]].parts}
    same = [Rule(one.slot, one.symbol, constant=one.constant) for one in biases if (one.slot, one.symbol) in both]
    rest = [one for one in (*biases, *weights) if (one.slot, one.symbol) not in both]
    return (*same, *rest)


def _other_penalties(book: AlteredTextbook, found: Evaluation, name: str, its: Array) -> Iterator[tuple[Rules, int]]:
    """The rules for another penalty, where the rest of the gradient is right."""
    part, layer = PART_OF[name], book.layer(found.layer)
    if not book.scale.penalty or book.chosen("penalty", found.layer, part) is not None:
        return
    p = layer.w if name == "w" else layer.b
    right = _own_penalty(book, name, found.layer)
    for one in SLOTS["penalty"].alternatives:
        with suppress(*MISFITS):
            if (np.abs(its + one.value(book, p, right) - found.targets[name]) <= 2 * found.allowed[name]).all():
                yield (Rule("penalty", one.symbol, Scope(part=part)),), one.cost


def _added_numbers(
    book: AlteredTextbook, found: Evaluation, name: str, its: Array, target: Array
) -> Iterator[tuple[Rules, int]]:
    """The rules that add a number times something to the gradient."""
    slot, factor = LAST_OF[name], now(book, "gradient factor", found.layer, PART_OF[name])
    for one, _, term in measured_values(book, slot, found.layer, found.layer, its):
        c = number_of(its, np.asarray(term * factor), target, found.allowed[name])
        if c is not None:
            rule = numbered_rule(slot, one, c)
            yield (rule,), rule.cost


def _other_steps(book: AlteredTextbook, found: Evaluation, name: str, its: Array) -> Iterator[tuple[Rules, int]]:
    """The rules for another way to make a step of the gradient."""
    part, layer = PART_OF[name], book.layer(found.layer)
    if found.subject.function == "backprop" or book.chosen("step", found.layer, part) is not None:
        return
    p = layer.w if name == "w" else layer.b
    its = its + _own_penalty(book, name, found.layer)
    for one in SLOTS["step"].alternatives:
        moved = (p - one.value(book, p, its)) / book.learning_rate
        if (np.abs(moved - found.targets[name]) <= 2 * found.allowed[name]).all():
            yield (Rule("step", one.symbol, Scope(part=part)),), one.cost
    rate = rate_of(book)
    for numbered, base, term in measured_values(book, "step", found.layer, p, its, part=part):
        c = number_of((p - base) / rate, -term / rate, found.targets[name], found.allowed[name])
        if c is not None:
            rule = numbered_rule("step", numbered, c, part)
            yield (rule,), rule.cost


def _deltas_used(book: AlteredTextbook, l: int, part: str, most: int) -> Iterator[tuple[Choice, Choice]]:
    deltas = choices(book, "delta used", l, lambda: book.delta[l], part)
    rows = choices(book, "rows", l, lambda: slice(None), part)
    yield from ((delta, some) for delta, some in product(deltas, rows) if delta.cost + some.cost <= most)


def _bias_products(book: AlteredTextbook, l: int, most: int) -> Iterator[Choice]:
    factor = now(book, "gradient factor", l, "biases")
    for delta, some in _deltas_used(book, l, "biases", most):
        value, rules, cost = delta.value[some.value], delta.rules + some.rules, delta.cost + some.cost
        current = book.chosen("bias sum", l)
        if current is None:
            yield Choice(rules, cost, value.sum(axis=0) * factor)
        for one in SLOTS["bias sum"].alternatives if current is None else (current,):
            more = (Rule("bias sum", one.symbol),) if current is None else ()
            with suppress(*MISFITS):
                yield Choice(rules + more, cost + complexity(more), one.value(book, l, value) * factor)


def _weight_products(book: AlteredTextbook, l: int, most: int) -> Iterator[Choice]:
    inputs = choices(book, "input used", l, lambda: book.a[l - 1])
    factor, shape = now(book, "gradient factor", l, "weights"), book.layer(l).w.shape
    current = book.chosen("arrangement", l)
    for (delta, some), given in product([*_deltas_used(book, l, "weights", most)], inputs):
        cost = delta.cost + some.cost + given.cost
        if cost > most or (delta.value.shape[1], given.value.shape[1]) != shape:
            continue
        rules = delta.rules + some.rules + given.rules
        value = delta.value[some.value].T @ given.value[some.value] * factor
        if current is None:
            yield Choice(rules, cost, value)
        for one in (current,) if current else SLOTS["arrangement"].alternatives if cost <= 1 else ():
            more = (Rule("arrangement", one.symbol),) if current is None else ()
            with suppress(*MISFITS):
                yield Choice(rules + more, cost + complexity(more), one.value(book, l, value))
