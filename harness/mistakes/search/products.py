"""The products that may be δ^l: what is sent back through which matrix, the slope and the operator."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import product

import numpy as np

from harness.mistakes.formulation import AlteredTextbook
from harness.mistakes.grammar import SLOTS
from harness.mistakes.rules import Rule, Rules
from harness.mistakes.search.choices import Choice, choices, now, stacked
from harness.mistakes.search.gradients import LAST_OF, PART_OF, gradient, with_delta
from harness.model.contract import Array

MOST_COST = 4  # the cost of the alternatives in one product
MAX_NUMBERS = 4_000_000  # in all products: of a large layer only the simplest ones are tried
MOST_BY_ONE = 2  # the cost, where each product takes long
MOST_BESIDE_OPERATOR = 1  # the same, beside another operator
OF_BACK = ("f'(e^l)", "e^l", "(1 − (e^l)²)")  # slopes that are taken of what is sent back


@dataclass(frozen=True, eq=False)
class Products:
    """All N products for δ^l.

    pairs [N, 3]: the indices of what is sent back, of the slope and of the operator, -1 for the right one; costs [N];
    values [N, n, n_l]: δ^l.
    """

    backs: list[Choice]
    slopes: list[Choice]
    pairs: Array
    costs: Array
    values: Array

    def up_to(self, cost: int) -> Products:
        """The products up to a cost."""
        kept = self.costs <= cost
        return replace(self, pairs=self.pairs[kept], costs=self.costs[kept], values=self.values[kept])

    def rules(self, i: int) -> Rules:
        """The rules of one product."""
        back, slope, operator = self.pairs[i].tolist()
        rules: Rules = self.backs[back].rules + self.slopes[slope].rules
        return rules if operator < 0 else (*rules, Rule("operator", SLOTS["operator"].alternatives[operator].symbol))


def delta_products(book: AlteredTextbook, l: int, most: int = MOST_COST) -> Products:
    """All products for δ^l whose alternatives cost at most so much."""
    shape = (book.rows, len(book.layer(l).b))
    backs = [
        one
        for one in backs_of(book, l)
        if one.cost <= most and one.value.shape == shape and np.isfinite(one.value).all()
    ]
    slot = slope_slot(book, l)
    kept = book.back[l]
    book.back[l] = backs[0].value if backs else np.zeros(shape)
    slopes = [
        one
        for one in choices(book, slot, l, lambda: book.slope(l))
        if np.shape(one.value) in ((), shape) and np.isfinite(one.value).all()
    ]
    costs = np.add.outer([one.cost for one in backs], [one.cost for one in slopes]).astype(int)
    pairs = np.argwhere(costs <= most) if costs.size else np.zeros((0, 2), int)
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
    return Products(backs, slopes, pairs, costs, values * now(book, "delta factor", l))


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
    backs = [
        Choice(source.rules + matrix.rules, source.cost + matrix.cost, source.value @ matrix.value)
        for source, matrix in product(sources, matrices)
        if source.cost + matrix.cost < MOST_COST and source.value.shape[1] == matrix.value.shape[0]
    ]
    current = book.chosen("limit of e", l)
    if current is not None:
        return [replace(one, value=current.value(book, l, one.value)) for one in backs]
    right, limits = book.sent_back(l), SLOTS["limit of e"].alternatives
    return [*backs, *(Choice((Rule("limit of e", one.symbol),), one.cost, one.value(book, l, right)) for one in limits)]


def gradients_of(book: AlteredTextbook, name: str, l: int, products: Products) -> Array:
    """∂C/∂W^l or ∂C/∂b^l for each product, [N, n_l, n_{l-1}] or [N, n_l]."""
    part = PART_OF[name]
    if is_by_one(book, name, l):
        return _one_by_one(book, name, l, products)
    some = choices(book, "rows", l, lambda: slice(None), part)[0].value
    factor = now(book, "gradient factor", l, part)
    if name == "b":
        return np.asarray(products.values[:, some].sum(axis=1) * factor)
    inputs = choices(book, "input used", l, lambda: book.a[l - 1])[0].value
    return np.asarray(np.matmul(products.values[:, some].transpose(0, 2, 1), inputs[some]) * factor)


def is_by_one(book: AlteredTextbook, name: str, l: int) -> bool:
    """Whether the gradient is not a plain product, so that it must be computed for one δ^l after the other."""
    is_none = name == "b" and not book.scale.has_biases
    return is_none or bool(book.chosen("delta used", l, PART_OF[name]) or book.chosen(LAST_OF[name], l))


def _one_by_one(book: AlteredTextbook, name: str, l: int, products: Products) -> Array:
    found = []
    for i, delta in enumerate(products.values):
        with with_delta(book, l, delta, products.backs[products.pairs[i][0]].value):
            found.append(gradient(book, name, l))
    return np.array(found)
