"""Find the adapter for a file: which calls compute its gradients, how they are fed and read, and by which formula."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from harness.model.contract import Inputs
from harness.sandbox.answers import Answer
from harness.sandbox.inference.adapter.arrangements import arrangement
from harness.sandbox.inference.adapter.describe import COST_WORDS, describe
from harness.sandbox.inference.adapter.importing import ImportPath
from harness.sandbox.inference.adapter.plan import FittedFormula, Plan, plan_from
from harness.sandbox.inference.adapter.source import adapter_source
from harness.sandbox.inference.choose import Candidate, ChosenPlans, choose, unchecked_calls
from harness.sandbox.inference.costs import cost_values_from, shown_cost
from harness.sandbox.inference.fit import CLOSE, FORMULAS, RATE, Fit, Probe, best_fits
from harness.sandbox.inference.probes import PINNED, PROBE_ROWS, PROBE_WIDTHS
from harness.sandbox.inference.scoping import scope_of_plans
from harness.sandbox.inference.trials import Trials
from harness.sandbox.processes.server import Server
from harness.sandbox.requests import Limits

MALFORMED = (ArithmeticError, LookupError, MemoryError, RecursionError, SyntaxError, TypeError, ValueError)
MOST_PLANS = 240  # that its process may send
_OF_LOGITS = (("softmax", "cross_entropy"), ("sigmoid", "binary_cross_entropy"))


class NotInferred(Exception):
    """The file cannot be driven as it stands; the message says why in one line.

    `stage` is "import" if the file could not be imported, "make" if no network was made, and "drive" if nothing that
    was called computed gradients or moved weights.
    """

    def __init__(self, reason: str, stage: str) -> None:
        self.stage = stage
        super().__init__(reason)


@dataclass(frozen=True, eq=False)
class Adapter:
    """How a file that was not written for the contract is fed and read: the source of the adapter, and in words.

    `question` is what a person must decide, in one sentence, if its cost is not clear; or empty.
    """

    source: str
    words: tuple[str, ...]
    question: str


class Inference:
    """The exploration of one file in a process of its own; use it in a `with`."""

    def __init__(self, server: Server, path: Path, limits: Limits = Limits()) -> None:  # noqa: B008
        self._file, self._trials, self._refused = path.name, Trials(server, path, limits), ""

    def __enter__(self) -> Inference:
        return self

    def __exit__(self, *arguments: object) -> None:
        self._trials.__exit__(*arguments)

    def adapter(self, make: str = "", cost: str = "") -> Adapter:
        """The adapter for the file.

        `make` is an expression for a network, in the names of the file and `widths`, and `cost` the name of its cost;
        what is empty is found. Raises NotInferred if nothing is found that drives the file.
        """
        try:
            answer, data = self._trials.explored(make)
            if answer.refusal is not None:
                raise NotInferred(answer.refusal.detail, "import" if answer.refusal.kind == "import" else "drive")
            return self._adapter(data, cost)
        except MALFORMED as error:  # of what its process has sent
            raise NotInferred(f"its process sent a malformed message: {type(error).__name__}", "drive") from error

    def _adapter(self, data: Any, cost: str) -> Adapter:
        plans = [(plan_from(text), outputs) for text, outputs in data["plans"][:MOST_PLANS]]
        if any(plan.widths not in PROBE_WIDTHS for plan, _ in plans):
            raise ValueError("other sizes than those that were asked for")
        shown: dict[object, dict[tuple[float, ...], None]] = defaultdict(dict)
        for plan, outputs in plans:
            shown[plan.parameters].update(dict.fromkeys(map(tuple, outputs)))
        candidates = list[Candidate]()
        for settings in dict.fromkeys(plan.settings for plan, _ in plans):
            own = [plan for plan, _ in plans if plan.settings == settings]
            candidates += [one for plan in own for one in self._fitted(plan, shown[plan.parameters])]
            if any(one.fit.share == 1 for one in candidates):  # then these settings are right
                break
        if not candidates:
            raise NotInferred(self._refused or str(data["reason"]), "drive" if plans else str(data["stage"]))
        if not any(one.fit.share for one in candidates) and not any(one.has_known_output for one in candidates):
            raise NotInferred("its numbers fit none of the activations and costs that are known", "drive")
        choice = self._repeatable(candidates)
        own_cost = shown_cost(choice.formula, [cost_values_from(one) for one in data["costs"]])
        question = "" if cost else _question(choice.formula, own_cost)
        choice = replace(choice, formula=replace(choice.formula, cost=cost or choice.formula.cost))
        choice = replace(choice, is_mean=self._takes_mean(choice))
        where = ImportPath(str(data["import"]["module"]), tuple(map(str, data["import"]["folders"])))
        names = list(map(str, data["names"]))
        choice = replace(choice, declared=dict(data["declared"]))
        scope = scope_of_plans(self._trials, choice)
        source = adapter_source(self._file, where, choice, scope, names)
        return Adapter(source, tuple(describe(choice, scope, unchecked_calls(candidates, choice))), question)

    def _repeatable(self, candidates: list[Candidate]) -> ChosenPlans:
        """The best candidates that give the same numbers each time. Raises NotInferred if none does."""
        while candidates:
            choice = choose(candidates)
            random = []
            for one in (choice.backprop, choice.step):
                if one is not None:
                    probe = self._trials.probe(one.plan.widths, one.rows[0], has_biases=one.plan.has_biases)
                    random += [] if self._trials.repeats(one, probe.inputs) else [one]
            if not random:
                return choice
            candidates = [one for one in candidates if one not in random]
        raise NotInferred(
            "each call draws random numbers, so that its numbers cannot be compared with anything", "drive"
        )

    def _fitted(self, plan: Plan, outputs: Iterable[Sequence[float]]) -> list[Candidate]:
        """The plan with the formulas that fit it best, for each input of a bias unit; nothing if it fails."""
        pins = dict.fromkeys(PINNED.values()) if arrangement(plan.weights.arrangement).has_bias_unit else ("",)
        shown = self._shown_by(plan, outputs)
        possible = [*shown, *_with_softmax_in_cost(shown)] or FORMULAS
        found = []
        for pinned in pins:
            probes = self._probes_of(plan)
            answers = self._trials.answers(plan, pinned, [probe.inputs for probe in probes])
            if (refusal := answers[0].refusal) is not None:
                self._refused = self._refused or f"{plan.call}: {refusal.detail}"
            elif self._is_what_is_returned(plan, pinned):
                tried = [pair for pair in zip(probes, answers, strict=True) if pair[1].refusal is None]
                fits = self._fits(plan, [probe for probe, _ in tried], [one for _, one in tried], possible)
                rows = tuple(len(probe.inputs.x) for probe, _ in tried)
                is_exact = all(one.again is None for _, one in tried)
                found.append(Candidate(plan, pinned, fits, is_exact, rows, bool(shown)))
        return found

    def _probes_of(self, plan: Plan) -> list[Probe]:
        """The networks on which a plan is tried: a batch, if it can take one, a single row, and another number of
        outputs, which tells means over the outputs."""
        has_batch, own = not (plan.reading.function == "step" and plan.feed.is_row), plan.widths
        sizes = [(own, PROBE_ROWS)] if has_batch else []
        sizes.append((own, 1))
        if own[-1] > 1:
            sizes.append(((*own[:-1], own[-1] - 1), PROBE_ROWS if has_batch else 1))
        return [self._trials.probe(widths, rows, has_biases=plan.has_biases) for widths, rows in sizes]

    @staticmethod
    def _fits(
        plan: Plan, probes: Sequence[Probe], answers: Sequence[Answer], possible: Iterable[FittedFormula]
    ) -> tuple[Fit, ...]:
        is_step, has_rate = plan.reading.function == "step", plan.uses_learning_rate
        arrays = [one.arrays for one in answers]
        return tuple(best_fits(probes, arrays, is_step=is_step, has_rate=has_rate, possible=possible))

    def _is_what_is_returned(self, plan: Plan, pinned: str) -> bool:
        """Whether arrays that were returned may be gradients, or moved parameters, as the plan takes them for.

        If x is 0, no step moves the weights of the first layer, whatever its formula.
        """
        if plan.reading.where != "returned":
            return True
        inputs = self._trials.probe(plan.widths, 1, has_biases=plan.has_biases).inputs
        [answer] = self._trials.answers(plan, pinned, [Inputs(inputs.network, inputs.x * 0, inputs.t)])
        if answer.refusal is not None:
            return True
        given, own = inputs.network.layers[0].w, answer.arrays["w", 1]
        is_kept = bool(np.abs(own - given).max() <= CLOSE * np.abs(given).max())
        return is_kept == (plan.reading.function == "step")

    def _takes_mean(self, choice: ChosenPlans) -> bool:
        """Whether the step takes the mean over the rows of what the other plan gives for each row."""
        backprop, step = choice.backprop, choice.step
        if backprop is None or step is None or not backprop.plan.feed.is_row or step.plan.feed.is_row:
            return False
        inputs = self._trials.probe(backprop.plan.widths, PROBE_ROWS, has_biases=backprop.plan.has_biases).inputs
        sums, moved = self._trials.run(backprop, inputs), self._trials.run(step, inputs)
        if sums.refusal is not None or moved.refusal is not None:
            return False
        pairs = [
            (RATE * sums.arrays["w", l] / PROBE_ROWS, layer.w - moved.arrays["w", l])
            for l, layer in enumerate(inputs.network.layers, start=1)
        ]
        return all(np.abs(mean - change).max() <= CLOSE * np.abs(mean).max() for mean, change in pairs)

    def _shown_by(self, plan: Plan, outputs: Iterable[Sequence[float]]) -> list[FittedFormula]:
        """The formulas whose outputs the code has computed, for all rows or for the first one."""
        true = self._trials.probe(plan.widths, PROBE_ROWS, has_biases=plan.has_biases).outputs
        found = set[int]()
        for one in outputs:
            first = true[:, : len(one)]
            found |= set(np.flatnonzero((np.abs(first - one) <= CLOSE * np.abs(first).max()).all(axis=1)))
        return [formula for at, formula in enumerate(FORMULAS) if at in found]


def _with_softmax_in_cost(shown: Iterable[FittedFormula]) -> list[FittedFormula]:
    """The formulas of code whose cost applies the output activation itself: what it computes are the logits."""
    hidden = dict.fromkeys(one.hidden for one in shown if one.output == "identity")
    return [one for one in FORMULAS if one.hidden in hidden and (one.output, one.cost) in _OF_LOGITS]


def _question(formula: FittedFormula, own_cost: str) -> str:
    """What a person must decide: a factor σ' at a sigmoid output is the only difference between two costs."""
    if formula.output != "sigmoid" or formula.cost == own_cost:
        return ""
    squared, binary = COST_WORDS["half_squared_error"], COST_WORDS["binary_cross_entropy"]
    if formula.cost == "half_squared_error":
        contrary = f"its gradients are those of {squared}, but the cost that it computes is {binary}"
        return contrary if own_cost else ""
    readings = f"two readings fit its gradients: {binary}, or {squared} without σ' at the output"
    return readings + (f"; the cost that it computes is {squared}" if own_cost else "")
