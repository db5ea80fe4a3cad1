"""One case whose inputs are varied, to see on what the wrong numbers depend."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from harness.cases.case import Case
from harness.judging.causes.again import facts
from harness.judging.causes.again.runs import Rerun, Rerunner
from harness.judging.causes.again.sentences import Findings
from harness.judging.causes.again.variations import (
    SCALES,
    ArrayName,
    activations,
    array_names,
    with_array_changed,
    with_row_changed,
    with_rows,
    with_scaled_error,
    with_units_in_order,
    with_weights_changed_unseen,
)
from harness.model.contract import Array, Inputs
from harness.sandbox.answers import ArrayKey

MAX_ROWS = 24  # that are changed one at a time


class VariedCase:
    """A case on which a submission is wrong. `keys` are its wrong quantities in the order of computation.

    If a gradient is wrong, `step` is not looked at, because its errors follow.
    """

    def __init__(self, runner: Rerunner, case: Case, inputs: Inputs) -> None:
        self._runner, self._case, self._inputs = runner, case, inputs
        self._functions: tuple[str, ...] = ("backprop", "step")
        [self._base] = self._vary(inputs)
        wrong = self._base.outcome.out_of_bounds
        gradients = [key for key in wrong if key[0] != "update"]
        self.keys: list[ArrayKey] = gradients or wrong
        self._functions = ("backprop",) if gradients else ("step",)

    def _vary(self, *inputs: Inputs) -> list[Rerun]:
        """The runs on these inputs."""
        return self._runner.run([(self._case, one) for one in inputs], self._functions)

    def add_all(self, found: Findings) -> None:
        """Add all that can be found; with as few rows as show an error, if one row does not."""
        if not self.keys:
            return
        n = len(self._inputs.x)
        enough = self._most_right_rows(n)
        found.enough_rows, found.case = enough, self._case.id
        if 1 < enough < n - 1:
            few = VariedCase(self._runner, self._case, with_rows(self._inputs, range(enough + 1)))
        else:
            few = self
        few.add_arrays(found)
        few.add_small_changes(found)
        few.add_orders(found)
        few.add_rows(found, n)
        few.add_sizes(found)
        if enough == 0:
            VariedCase(self._runner, self._case, with_rows(self._inputs, [0])).add_unseen_weights(found)

    def _most_right_rows(self, n: int) -> int:
        """With how many of the first rows alone the case is right, if it is wrong with one more; 0 if with none."""
        right, wrong = 0, n
        while wrong - right > 1:
            middle = 1 if right == 0 else (right + wrong) // 2
            [run] = self._vary(with_rows(self._inputs, range(middle)))
            if run.is_right:
                right = middle
            elif right == 0:
                return 0
            else:
                wrong = middle
        return right

    def add_arrays(self, found: Findings) -> None:
        """Change one input array at a time."""
        by_name = self._by_name(is_tiny=False)
        found.add_independences(facts.independences(self._base, by_name, self.keys))
        found.add_error_independences(facts.error_independences(self._base, by_name, self.keys))

    def add_small_changes(self, found: Findings) -> None:
        """Change one input array at a time, by very little."""
        found.unmoved = facts.unmoved_by_small_changes(self._base, self._by_name(is_tiny=True), self.keys)

    def _by_name(self, *, is_tiny: bool) -> dict[ArrayName, Rerun]:
        has_biases = self._runner.convention.bias != "none"
        names = [one for one in array_names(self._inputs, has_biases=has_biases) if not is_tiny or one.symbol != "t"]
        runs = self._vary(*(with_array_changed(self._inputs, name, is_tiny=is_tiny) for name in names))
        return dict(zip(names, runs, strict=True))

    def add_unseen_weights(self, found: Findings) -> None:
        """Change the weights of each layer so that the forward pass stays the same."""
        below = [self._inputs.x.shape[1], *(len(layer.b) for layer in self._inputs.network.layers)]
        layers = [l for l in range(1, len(below)) if below[l - 1] > len(self._inputs.x)]
        if not found.is_forward_right:  # then the backward pass cannot be seen alone
            return
        a = activations(self._runner.convention.inputs(self._inputs))
        layers = [l for l in layers if np.isfinite(a[l - 1]).all()]
        runs = self._vary(*(with_weights_changed_unseen(self._inputs, l, a[l - 1]) for l in layers))
        by_name = {ArrayName("W", l): run for l, run in zip(layers, runs, strict=True)}
        found.unseen = facts.independences(self._base, by_name, self.keys)
        for name, run in by_name.items():
            later = [key for key in self.keys if key[1] >= name.layer]  # only δ and gradients below it depend on it
            keys = facts.dependent_unlike_truth(self._base, run, later)
            found.add("depend", f"on {name} in the backward pass, where it does not belong", keys)

    def add_orders(self, found: Findings) -> None:
        """Change the order of the rows, of the inputs, of the hidden units, and of the outputs."""
        last = len(self._inputs.network.layers)
        sizes = [self._inputs.x.shape[1], *(len(layer.b) for layer in self._inputs.network.layers)]
        orders = {l: np.roll(np.arange(size), 1) for l, size in enumerate(sizes) if size > 1}
        rows: Array = np.roll(np.arange(len(self._inputs.x)), 1)
        variations = [with_units_in_order(self._inputs, l, order) for l, order in orders.items()]
        by_rows, *runs = self._vary(with_rows(self._inputs, rows), *variations)
        keys = facts.different_by_row_order(self._base, by_rows, rows, self.keys)
        found.add("depend", "on the order of the rows", keys)
        for (l, order), run in zip(orders.items(), runs, strict=True):
            what = "inputs" if l == 0 else "outputs" if l == last else f"units of layer {l}"
            keys = facts.different_by_unit_order(self._base, run, l, order, self.keys)
            found.add("depend", f"on the order of the {what}", keys)
        by_order: dict[tuple[int, ...], list[ArrayKey]] = {}
        for key in self.keys:
            if units := facts.units_in_another_order(self._base, key):
                by_order.setdefault(units, []).append(key)
        for units, keys in by_order.items():
            found.add("have", f"the right units in another order: {', '.join(map(str, units))}", keys)

    def add_rows(self, found: Findings, of: int) -> None:
        """Change one row at a time; the case has `of` rows in all."""
        n = len(self._inputs.x)
        if n < 2:
            return
        rows = [*range(n)] if n <= MAX_ROWS else [*range(MAX_ROWS - 8), *range(n - 8, n)]
        runs = dict(zip(rows, self._vary(*(with_row_changed(self._inputs, row) for row in rows)), strict=True))
        found.add("have", "rows that depend on other rows", facts.dependent_on_other_rows(self._base, runs, self.keys))
        for key in self.keys:
            if key[0] not in facts.BY_ROW:
                found.add_unused_rows(key, *facts.unused_rows(self._base, runs, key), n, of)
        halves = self._vary(*(with_rows(self._inputs, half) for half in (range(n // 2), range(n // 2, n))))
        found.not_additive = facts.not_additive(self._base, halves, self.keys)

    def add_sizes(self, found: Findings) -> None:
        """Change the error at the output, and the learning rate of a step."""
        scales = [scale for scale in SCALES if scale < 1 or self._case.cost == "half_squared_error"]
        a = activations(self._runner.convention.inputs(self._inputs))[len(self._inputs.network.layers)]
        runs = self._vary(*(with_scaled_error(self._inputs, scale, a) for scale in scales))
        for scale, run in zip(scales, runs, strict=True):
            if run.is_right:
                found.right_at = scale
            keys = facts.not_proportional(self._base, run, scale, self.keys)
            found.not_proportional += [key for key in keys if key not in found.not_proportional]
        if self._functions == ("step",) and self._runner.convention.learning_rate is None:
            halved = replace(self._case, learning_rate=self._case.learning_rate / 2)
            [run] = self._runner.run([(halved, self._inputs)], self._functions)
            rate = ArrayName("η")
            same = facts.independences(self._base, {rate: run}, self.keys)
            found.add_independences(same)
            moving = [key for key in self.keys if not same.get((key, rate))]
            found.add("be", "not proportional to η", facts.not_proportional(self._base, run, 0.5, moving))
