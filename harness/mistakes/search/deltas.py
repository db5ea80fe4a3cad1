"""Propose the rules that give δ^l, returned or judged by the gradients."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import chain, product
from typing import Any

import numpy as np

from harness.mistakes.formulation import AlteredTextbook
from harness.mistakes.grammar import MISFITS, SLOTS, Measured
from harness.mistakes.rules import Rule, Rules, complexity
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
from harness.mistakes.search.fit import factors_of, is_one, is_within, limit_of, number_of
from harness.mistakes.search.gradients import (
    LAST_OF,
    MOST_WITH_LIMIT,
    PART_OF,
    data_targets,
    gradient,
    merged,
    rules_given,
    with_delta,
)
from harness.mistakes.search.products import (
    MOST_BY_ONE,
    MOST_COST,
    Products,
    backs_of,
    delta_products,
    gradients_of,
    is_by_one,
    slope_slot,
)
from harness.model.contract import Array

MOST_JOINTLY = 2  # the cost of the alternatives in one product, where what is made of δ^l is wrong too
MOST_BESIDE = 1  # the cost of what is sent back, beside a slope with a number
MOST_WAYS = 24  # ways to write the factors of one explanation
TRIED_ALONE = 3  # products that give one of the two gradients
TRIED = 6  # products and alternatives that are looked at, if a δ^l and what is made of it are both wrong


def delta_rules(book: AlteredTextbook, found: Evaluation, most: int = MOST_COST) -> Iterator[Rules]:
    """The rules for a δ^l which the subject returned, with alternatives of at most this cost."""
    products = delta_products(book, found.layer, most)
    factors = factors_of(products.values, found.targets["delta"], found.allowed["delta"])
    for i in np.flatnonzero(~np.isnan(factors)).tolist():
        rules, c = products.rules(i), float(factors[i])
        if c or not rules:
            yield from (rules + more for more in factor_choices(book, "delta factor", c, found.layer))
    target = found.targets["delta"]
    largest = limit_of(target)
    if largest is not None and book.chosen("delta limit", found.layer) is None:
        some, rule = products.up_to(MOST_WITH_LIMIT), limit_rule("delta limit", largest)
        fitting = is_within(np.clip(some.values, -largest, largest), target, found.allowed["delta"])
        yield from ((*some.rules(i), rule) for i in np.flatnonzero(fitting).tolist())


def delta_rules_by_gradients(book: AlteredTextbook, found: Evaluation, most: int = MOST_COST) -> Iterator[Rules]:
    """The rules for a δ^l which the subject did not return, judged by both of its gradients, or else by one of them.

    A gradient that is 0 whatever δ^l is, says nothing about it.
    """
    l, products = found.layer, delta_products(book, found.layer, most)
    is_linear = not any(is_by_one(book, name, l) for name in ("w", "b"))
    products = products if is_linear else products.up_to(MOST_BY_ONE)
    of_w, of_b = _factors(book, found, products)
    with np.errstate(invalid="ignore"):
        quotients = of_b / of_w if is_linear else abs(of_b / of_w)  # of |δ| a sign is lost
        fitting = np.flatnonzero(is_one(quotients) & (of_w != 0)).tolist()
    for i in fitting:
        for more in factor_choices(book, "delta factor", float(of_w[i]), l):
            yield products.rules(i) + more
    of_one = np.flatnonzero(is_one(abs(of_w)) | is_one(abs(of_b))).tolist()
    for i in [] if fitting else of_one[:TRIED_ALONE]:  # the other gradient has a mistake of its own
        back = products.backs[products.pairs[i, 0]].value
        c = float(np.sign(of_w[i] if is_one(abs(of_w[i])) else of_b[i]))
        for more in rules_given(book, found, products.values[i] * c, back):
            yield from (products.rules(i) + signs + more for signs in factor_choices(book, "delta factor", c, l))


def _factors(book: AlteredTextbook, found: Evaluation, products: Products) -> tuple[Array, Array]:
    """The factors for which the products give ∂C/∂W^l and ∂C/∂b^l, or NaN; without biases, the same for both."""
    l, targets = found.layer, data_targets(book, found)
    of_w = factors_of(gradients_of(book, "w", l, products), targets["w"], found.allowed["w"])
    if "b" not in targets:
        return of_w, of_w
    of_b = factors_of(gradients_of(book, "b", l, products), targets["b"], found.allowed["b"])
    says_nothing = not targets["b"].any() and not gradient(book, "b", l).any()
    return of_w, of_w if says_nothing else of_b


def limited_rules(book: AlteredTextbook, found: Evaluation) -> Iterator[Rules]:
    """The rules for a δ^l that is clipped at a usual number."""
    l, targets = found.layer, data_targets(book, found)
    products = delta_products(book, l, MOST_WITH_LIMIT)
    for one in SLOTS["delta limit"].alternatives if book.chosen("delta limit", l) is None else ():
        some = replace(products, values=one.value(book, l, products.values))
        each = (is_within(gradients_of(book, name, l, some), targets[name], found.allowed[name]) for name in targets)
        for i in np.flatnonzero(np.logical_and.reduce([*each])).tolist():
            yield (*products.rules(i), Rule("delta limit", one.symbol))


def rules_beside_gradients(book: AlteredTextbook, found: Evaluation) -> Iterator[Rules]:
    """The rules for a δ^l and for what is made of it in one gradient or in both, each by one alternative."""
    l, targets = found.layer, data_targets(book, found)
    products = delta_products(book, l, MOST_JOINTLY)
    fits: dict[str, dict[int, list[tuple[Rules, float]]]] = {}
    for name, plain in zip(("w", "b"), _factors(book, found, products), strict=True):
        if name not in targets:  # there are no biases
            fits[name] = fits["w"]
            continue
        fits[name] = {}
        others = _alternative_factors(book, name, l, products, targets[name], found.allowed[name])
        stacks = chain([((), plain)], others)
        for rules, factors in stacks:
            for i in np.flatnonzero(~np.isnan(factors) & (factors != 0)).tolist():
                fits[name].setdefault(i, []).append((rules, float(factors[i])))

    def cheapest(i: int) -> int:
        return int(products.costs[i]) + sum(min(complexity(rules) for rules, _ in each[i]) for each in fits.values())

    shared = sorted(fits["w"].keys() & fits["b"].keys(), key=cheapest)
    for i in shared[:TRIED]:
        for (of_w, c_w), (of_b, c_b) in product(fits["w"][i][:TRIED], fits["b"][i][:TRIED]):
            for c in dict.fromkeys((c_w, c_b, 1.0)):
                each = (
                    factor_choices(book, "delta factor", c, l),
                    factor_choices(book, "gradient factor", c_w / c, l, "weights"),
                    factor_choices(book, "gradient factor", c_b / c, l, "biases"),
                )
                in_order = sorted(product(*each), key=lambda some: complexity([*chain.from_iterable(some)]))
                for common, last_w, last_b in in_order[:MOST_WAYS]:
                    yield products.rules(i) + common + merged(of_b + last_b, of_w + last_w)


def _alternative_factors(
    book: AlteredTextbook, name: str, l: int, products: Products, target: Array, allowed: Array
) -> Iterator[tuple[Rules, Array]]:
    """For one alternative in a gradient, the factor of each product, or NaN."""
    part = PART_OF[name]
    backs = np.array([products.backs[i].value for i in products.pairs[:, 0]])
    with with_delta(book, l, products.values, backs):
        used = choices(book, "delta used", l, lambda: products.values, part)
    rows = choices(book, "rows", l, lambda: slice(None), part)
    inputs = choices(book, "input used", l, lambda: book.a[l - 1]) if name == "w" else [Choice((), 0, np.zeros(0))]
    lasts = SLOTS[LAST_OF[name]]
    for one, some, given in product(used, rows, inputs):
        rules = one.rules + some.rules + given.rules
        if len(rules) > 1 or one.value.shape[-2:] != products.values.shape[-2:]:
            continue
        deltas = np.broadcast_to(one.value, products.values.shape)[:, some.value]
        value = deltas.sum(axis=1) if name == "b" else np.matmul(deltas.transpose(0, 2, 1), given.value[some.value])
        value = value * now(book, "gradient factor", l, part)
        if rules and value.shape[1:] == target.shape:
            yield rules, factors_of(value, target, allowed)
        for last in () if rules else lasts.alternatives:
            try:
                each = [last.value(book, l, array) for array in (value if name == "w" else deltas)]
            except MISFITS:
                continue
            if each and np.shape(each[0]) == target.shape:
                yield (Rule(lasts.name, last.symbol),), factors_of(np.array(each), target, allowed)


def measured_rules(book: AlteredTextbook, found: Evaluation) -> Iterator[Rules]:
    """The rules for a δ^l, one of which has a number; by the gradients if δ^l was not returned."""
    targets = found.targets if "delta" in found.names else data_targets(book, found)
    for rules, slot, one, back, base, term in _measured_deltas(book, found.layer):
        numbers = set[Any]()
        for name in found.names:
            first, last = (_made_of(book, found.layer, name, delta, back) for delta in (base, base + term))
            numbers.add(number_of(first, last - first, targets[name], found.allowed[name]))
        numbers.discard(None)  # that gradient has a mistake of its own
        for c in numbers if len(numbers) == 1 else ():
            rule = numbered_rule(slot, one, c)
            if "delta" in found.names:
                yield (*rules, rule)
            else:
                yield from ((*rules, rule, *more) for more in rules_given(book, found, base + term * c, back))


def _measured_deltas(book: AlteredTextbook, l: int) -> Iterator[tuple[Rules, str, Measured, Array, Array, Array]]:
    """The rules beside, the slot and the alternative with a number, what is sent back, and δ^l as a base and a term."""
    factor, shape = now(book, "delta factor", l), (book.rows, len(book.layer(l).b))
    if l == book.last:
        for one, base, term in measured_values(book, "error", l, l):
            back = book.scaled(base)
            yield (), "error", one, back, back * book.slope(l) * factor, book.scaled(term) * book.slope(l) * factor
    slot = slope_slot(book, l)
    for back in backs_of(book, l) if slot == "slope" else ():
        if back.cost <= MOST_BESIDE and back.value.shape == shape:
            for one, base, term in measured_values(book, slot, l, l):
                yield back.rules, slot, one, back.value, back.value * base * factor, back.value * term * factor


def _made_of(book: AlteredTextbook, l: int, name: str, delta: Array, back: Array) -> Array:
    """δ^l itself, or the gradient that is made of it."""
    if name == "delta":
        return delta
    with with_delta(book, l, delta, back):
        return gradient(book, name, l)
