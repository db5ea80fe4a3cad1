"""Propose the rules that give δ^l: the products of what is sent back, through which matrix, and which slope."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import chain, product

import numpy as np

from harness.mistakes.formulation import AlteredTextbook
from harness.mistakes.grammar import MISFITS, SLOTS
from harness.mistakes.rules import Rule, Rules, complexity
from harness.mistakes.search.choices import Choice, choices, factor_choices, now, stacked
from harness.mistakes.search.evaluate import Evaluation
from harness.mistakes.search.fit import factors_of, is_one
from harness.mistakes.search.gradients import LAST_OF, PART_OF, data_targets, gradient, merged
from harness.model.contract import Array

MOST_COST = 4  # the cost of the alternatives in one product
MAX_NUMBERS = 4_000_000  # in all products: of a large layer only the simplest ones are tried
MOST_BESIDE_OPERATOR = 1  # the same, beside another operator
MOST_JOINTLY = 2  # the same, where what is made of δ^l is wrong too
OF_BACK = ("f'(e^l)", "e^l")  # slopes that are taken of what is sent back
MOST_WAYS = 24  # ways to write the factors of one explanation
TRIED = 6  # products and alternatives that are looked at, if a δ^l and what is made of it are both wrong


@dataclass(frozen=True, eq=False)
class _Products:
    """All N products for δ^l.

    pairs [N, 3]: the indices of what is sent back, of the slope and of the operator, -1 for the right one; costs [N];
    values [N, n, n_l]: δ^l.
    """

    backs: list[Choice]
    slopes: list[Choice]
    pairs: Array
    costs: Array
    values: Array

    def up_to(self, cost: int) -> _Products:
        """The products up to a cost."""
        kept = self.costs <= cost
        return replace(self, pairs=self.pairs[kept], costs=self.costs[kept], values=self.values[kept])

    def rules(self, i: int) -> Rules:
        """The rules of one product."""
        back, slope, operator = self.pairs[i].tolist()
        rules: Rules = self.backs[back].rules + self.slopes[slope].rules
        return rules if operator < 0 else (*rules, Rule("operator", SLOTS["operator"].alternatives[operator].symbol))


def delta_rules(book: AlteredTextbook, found: Evaluation) -> Iterator[Rules]:
    """The rules for a δ^l which the subject returned."""
    products = _delta_products(book, found.layer)
    factors = factors_of(products.values, found.targets["delta"], found.allowed["delta"])
    for i in np.flatnonzero(~np.isnan(factors)).tolist():
        rules, c = products.rules(i), float(factors[i])
        if c or not rules:
            yield from (rules + more for more in factor_choices(book, "delta factor", c, found.layer))


def delta_rules_by_gradients(book: AlteredTextbook, found: Evaluation) -> Iterator[Rules]:
    """The rules for a δ^l which the subject did not return, judged by its gradients.

    A gradient that is 0 whatever δ^l is, says nothing about it.
    """
    l, targets, products = found.layer, data_targets(book, found), _delta_products(book, found.layer)
    of_w = factors_of(_gradients(book, "w", l, products), targets["w"], found.allowed["w"])
    of_b = factors_of(_gradients(book, "b", l, products), targets["b"], found.allowed["b"])
    if not targets["b"].any() and not gradient(book, "b", l).any():
        of_b = of_w
    with np.errstate(invalid="ignore"):
        fitting = np.flatnonzero(is_one(of_b / of_w) & (of_w != 0)).tolist()
    for i in fitting:
        for more in factor_choices(book, "delta factor", float(of_w[i]), l):
            yield products.rules(i) + more
    if not fitting:
        kept = products.costs <= MOST_JOINTLY
        yield from _joint_rules(book, found, products.up_to(MOST_JOINTLY), {"w": of_w[kept], "b": of_b[kept]})


def _joint_rules(
    book: AlteredTextbook, found: Evaluation, products: _Products, plain: dict[str, Array]
) -> Iterator[Rules]:
    """The rules for a δ^l and for what is made of it in one gradient or in both, each by one alternative."""
    l, targets = found.layer, data_targets(book, found)
    fits: dict[str, dict[int, list[tuple[Rules, float]]]] = {}
    for name in ("w", "b"):
        fits[name] = {}
        stacks = chain(
            [((), plain[name])], _alternative_factors(book, name, l, products, targets[name], found.allowed[name])
        )
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
    book: AlteredTextbook, name: str, l: int, products: _Products, target: Array, allowed: Array
) -> Iterator[tuple[Rules, Array]]:
    """For one alternative in a gradient, the factor of each product, or NaN."""
    part = PART_OF[name]
    kept, backs = (book.delta[l], book.back[l]), np.array([products.backs[i].value for i in products.pairs[:, 0]])
    book.delta[l], book.back[l] = products.values, backs
    used = choices(book, "delta used", l, lambda: products.values, part)
    book.delta[l], book.back[l] = kept
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


def _delta_products(book: AlteredTextbook, l: int) -> _Products:
    shape = (book.rows, len(book.layer(l).b))
    backs = [one for one in backs_of(book, l) if one.value.shape == shape and np.isfinite(one.value).all()]
    slot = slope_slot(book, l)
    kept = book.back[l]
    book.back[l] = backs[0].value if backs else np.zeros(shape)
    slopes = [
        one
        for one in choices(book, slot, l, lambda: book.slope(l))
        if np.shape(one.value) in ((), shape) and np.isfinite(one.value).all()
    ]
    costs = np.add.outer([one.cost for one in backs], [one.cost for one in slopes]).astype(int)
    pairs = np.argwhere(costs <= MOST_COST) if costs.size else np.zeros((0, 2), int)
    in_order = np.argsort(costs[pairs[:, 0], pairs[:, 1]], kind="stable")
    pairs = pairs[np.sort(in_order[: MAX_NUMBERS // max(shape[0] * shape[1], 1)])]
    of_backs, of_slopes = (stacked([one.value for one in some], shape) for some in (backs, slopes))
    values = of_backs[pairs[:, 0]] * of_slopes[pairs[:, 1]]
    for j, slope in enumerate(slopes):
        if slope.rules and slope.rules[0].symbol in OF_BACK:
            for i in np.flatnonzero(pairs[:, 1] == j):
                book.back[l] = backs[pairs[i, 0]].value
                values[i] = book.back[l] * slope.rules[0].alternative.value(book, l)
    book.back[l] = kept
    costs = costs[pairs[:, 0], pairs[:, 1]]
    pairs = np.column_stack([pairs, np.full(len(pairs), -1)])
    if slot == "slope":
        pairs, costs, values = _with_operators(book, l, pairs, costs, values, of_backs, of_slopes)
    return _Products(backs, slopes, pairs, costs, values * now(book, "delta factor", l))


def _with_operators(
    book: AlteredTextbook, l: int, pairs: Array, costs: Array, values: Array, of_backs: Array, of_slopes: Array
) -> tuple[Array, Array, Array]:
    """The pairs, costs and values, with those of other operators, for pairs up to MOST_BESIDE_OPERATOR."""
    current = book.chosen("operator", l)
    if current is not None:
        return pairs, costs, current.value(book, l, of_backs[pairs[:, 0]], of_slopes[pairs[:, 1]])
    some = pairs[costs <= MOST_BESIDE_OPERATOR]
    all_pairs, all_costs, all_values = [pairs], [costs], [values]
    for i, one in enumerate(SLOTS["operator"].alternatives):
        all_pairs.append(np.column_stack([some[:, :2], np.full(len(some), i)]))
        all_costs.append(costs[costs <= MOST_BESIDE_OPERATOR] + one.cost)
        all_values.append(one.value(book, l, of_backs[some[:, 0]], of_slopes[some[:, 1]]))
    return np.concatenate(all_pairs), np.concatenate(all_costs), np.concatenate(all_values)


def slope_slot(book: AlteredTextbook, l: int) -> str:
    """The slot of f' in layer l."""
    return "extra slope" if l == book.last and book.network.is_canonical else "slope"


def backs_of(book: AlteredTextbook, l: int) -> list[Choice]:
    """What may reach layer l before the slope."""
    return _output_backs(book) if l == book.last else _hidden_backs(book, l)


def _output_backs(book: AlteredTextbook) -> list[Choice]:
    errors = choices(book, "error", book.last, book.output_error)
    return [Choice(one.rules, one.cost, book.scaled(one.value)) for one in errors]


def _hidden_backs(book: AlteredTextbook, l: int) -> list[Choice]:
    sources = choices(book, "source", l, lambda: book.delta[l + 1])
    matrices = choices(book, "matrix", l, lambda: book.layer(l + 1).w)
    return [
        Choice(source.rules + matrix.rules, source.cost + matrix.cost, source.value @ matrix.value)
        for source, matrix in product(sources, matrices)
        if source.cost + matrix.cost < MOST_COST and source.value.shape[1] == matrix.value.shape[0]
    ]


def _gradients(book: AlteredTextbook, name: str, l: int, products: _Products) -> Array:
    """∂C/∂W^l or ∂C/∂b^l for each product, [N, n_l, n_{l-1}] or [N, n_l]."""
    part, last = PART_OF[name], LAST_OF[name]
    if book.chosen("delta used", l, part) or book.chosen(last, l) or (name == "b" and not book.scale.has_biases):
        return _one_by_one(book, name, l, products)
    some = choices(book, "rows", l, lambda: slice(None), part)[0].value
    factor = now(book, "gradient factor", l, part)
    if name == "b":
        return np.asarray(products.values[:, some].sum(axis=1) * factor)
    inputs = choices(book, "input used", l, lambda: book.a[l - 1])[0].value
    return np.asarray(np.matmul(products.values[:, some].transpose(0, 2, 1), inputs[some]) * factor)


def _one_by_one(book: AlteredTextbook, name: str, l: int, products: _Products) -> Array:
    kept, found = (book.delta[l], book.back[l]), []
    for i, delta in enumerate(products.values):
        book.delta[l], book.back[l] = delta, products.backs[products.pairs[i][0]].value
        found.append(gradient(book, name, l))
    book.delta[l], book.back[l] = kept
    return np.array(found)
