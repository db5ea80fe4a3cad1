"""Find the adapter for a file: which calls compute its gradients, how they are fed and read, and by which formula."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from harness.model.contract import Inputs
from harness.sandbox.answers import Answer
from harness.sandbox.inference.adapter.arrangements import arrangement
from harness.sandbox.inference.adapter.describe import describe
from harness.sandbox.inference.adapter.importing import ImportPath
from harness.sandbox.inference.adapter.plan import FittedFormula, Plan, plan_from, plan_text
from harness.sandbox.inference.adapter.refusals import AdapterScope
from harness.sandbox.inference.adapter.source import adapter_source
from harness.sandbox.inference.choose import Candidate, ChosenPlans, choose
from harness.sandbox.inference.costs import cost_values_from, shown_cost
from harness.sandbox.inference.fit import CLOSE, FORMULAS, RATE, Probe, best_fits
from harness.sandbox.inference.probes import PINNED, PROBE_ROWS, random_inputs
from harness.sandbox.pool import Pool
from harness.sandbox.processes.server import Server
from harness.sandbox.requests import Limits, Request, Submission, contract_request

TRIED_DEPTHS = (1, 2, 3, 4)  # numbers of layers that are tried
_INPUTS, _HIDDEN, _OUTPUTS = 13, (11, 9, 7), 3  # sizes of these networks
_HOST = "harness.sandbox.inference.host:InferenceHost"


class NotInferred(Exception):
    """The file cannot be driven as it stands; the message says why in one line.

    `kind` is "import" if the file could not be imported.
    """

    def __init__(self, reason: str, kind: str = "") -> None:
        self.kind = kind
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
        self._pool = Pool(server, 1)
        self._submission = Submission(path.stem, path.resolve(), limits, _HOST)
        self._probes: dict[tuple[tuple[int, ...], int, bool], Probe] = {}

    def __enter__(self) -> Inference:
        return self

    def __exit__(self, *arguments: object) -> None:
        self._pool.__exit__(*arguments)

    def adapter(self, make: str = "", cost: str = "") -> Adapter:
        """The adapter for the file.

        `make` is an expression for a network, in the names of the file and `widths`, and `cost` the name of its cost;
        what is empty is found. Raises NotInferred if nothing is found that drives the file.
        """
        answer = self._ask([Request(0, ("explore",), {"make": make}, [], {"explore": ["text"]}, 1)])[0]
        if answer.refusal is not None:
            raise NotInferred(answer.refusal.detail, answer.refusal.kind)
        data = json.loads(answer.arrays["text", 1].astype(np.uint8).tobytes())
        plans = [(plan_from(text), outputs) for text, outputs in data["plans"]]
        shown: dict[object, dict[tuple[float, ...], None]] = defaultdict(dict)
        for plan, outputs in plans:
            shown[plan.parameters].update(dict.fromkeys(map(tuple, outputs)))
        candidates = [one for plan, _ in plans for one in self._fitted(plan, shown[plan.parameters])]
        if not candidates:
            raise NotInferred(str(data["reason"]))
        choice = choose(candidates)
        own_cost = shown_cost(choice.formula, [cost_values_from(one) for one in data["costs"]])
        question = "" if cost else _question(choice.formula, own_cost)
        choice = replace(choice, formula=replace(choice.formula, cost=cost or choice.formula.cost))
        scope = self._scope(choice)
        where = ImportPath(str(data["import"]["module"]), tuple(map(str, data["import"]["folders"])))
        source = adapter_source(self._submission.target.name, where, choice, scope, list(map(str, data["names"])))
        return Adapter(source, tuple(describe(choice)), question)

    def _fitted(self, plan: Plan, outputs: Iterable[Sequence[float]]) -> list[Candidate]:
        """The plan with the formulas that fit it best, for each input of a bias unit; nothing if it fails."""
        is_step = plan.reading.function == "step"
        rows = (1,) if is_step and plan.feed.is_row else (PROBE_ROWS, 1)
        probes = [self._probe(plan.widths, n, plan.has_biases) for n in rows]
        pins = dict.fromkeys(PINNED.values()) if arrangement(plan.weights.arrangement).has_bias_unit else ("",)
        possible = self._shown_by(plan, outputs) or FORMULAS
        found = []
        for pinned in pins:
            answers = self._ask([self._request(plan, pinned, probe.inputs) for probe in probes])
            if any(one.refusal is not None for one in answers) or not self._is_what_is_returned(plan, pinned):
                continue
            arrays = [one.arrays for one in answers]
            has_rate = plan.uses_learning_rate
            fits = best_fits(probes, arrays, is_step=is_step, has_rate=has_rate, possible=possible)
            found.append(Candidate(plan, pinned, tuple(fits), all(one.again is None for one in answers)))
        return found

    def _is_what_is_returned(self, plan: Plan, pinned: str) -> bool:
        """Whether arrays that were returned may be gradients, or moved parameters, as the plan takes them for.

        If x is 0, no step moves the weights of the first layer, whatever its formula.
        """
        if plan.reading.where != "returned":
            return True
        inputs = self._probe(plan.widths, 1, plan.has_biases).inputs
        answer = self._ask([self._request(plan, pinned, Inputs(inputs.network, inputs.x * 0, inputs.t))])[0]
        if answer.refusal is not None:
            return True
        given, own = inputs.network.layers[0].w, answer.arrays["w", 1]
        is_kept = bool(np.abs(own - given).max() <= CLOSE * np.abs(given).max())
        return is_kept == (plan.reading.function == "step")

    def _shown_by(self, plan: Plan, outputs: Iterable[Sequence[float]]) -> list[FittedFormula]:
        """The formulas whose outputs the code has computed, for all rows or for the first one."""
        true = self._probe(plan.widths, PROBE_ROWS, plan.has_biases).outputs
        found = set[int]()
        for one in outputs:
            first = true[:, : len(one)]
            found |= set(np.flatnonzero((np.abs(first - one) <= CLOSE * np.abs(first).max()).all(axis=1)))
        return [formula for at, formula in enumerate(FORMULAS) if at in found]

    def _scope(self, choice: ChosenPlans) -> AdapterScope:
        """What the code is for: the numbers of layers and of outputs that it can make and compute, single rows."""
        plans = [one for one in (choice.backprop, choice.step) if one is not None]
        first, own = choice.first, choice.first.plan.widths
        depths = {len(own) - 1}
        if all(one.plan.is_general for one in plans):
            depths |= {n for n in TRIED_DEPTHS if self._is_computed(first, (_INPUTS, *(*_HIDDEN, own[-1])[-n:]))}
        return AdapterScope(
            layers=tuple(sorted(depths)),
            is_any_deeper=TRIED_DEPTHS[-1] in depths,
            is_single_row=any(one.plan.reading.function == "step" and self._is_online(one) for one in plans),
            is_single_output=own[-1] == 1 and not self._is_computed(first, (*own[:-1], _OUTPUTS)),
            refuses_single_units=not self._is_computed(first, (own[0], *(1 for _ in own[1:-1]), own[-1])),
        )

    def _is_computed(self, candidate: Candidate, widths: tuple[int, ...]) -> bool:
        """Whether the code computes something for a network of other sizes, from its parameters alone.

        In a network with fewer layers than it was found with, what the code leaves out may go unnoticed, so there the
        numbers must fit as well, if they did.
        """
        probe = self._probe(widths, 1, candidate.plan.has_biases)
        answer = self._run(candidate, probe.inputs)
        if answer.refusal is not None:
            return False
        if len(widths) >= len(candidate.plan.widths) or candidate.fit.share < 1:
            return True
        formulas = {fit.formula for fit in candidate.fits}
        is_step, has_rate = candidate.plan.reading.function == "step", candidate.plan.uses_learning_rate
        [fit, *_] = best_fits([probe], [answer.arrays], is_step=is_step, has_rate=has_rate, possible=formulas)
        return fit.share == 1

    def _is_online(self, candidate: Candidate) -> bool:
        """Whether the code takes one step for each row of a batch, in turn."""
        if candidate.plan.feed.is_row:
            return True
        if not candidate.is_online:
            return False
        plan = candidate.plan
        inputs = self._probe(plan.widths, PROBE_ROWS, plan.has_biases).inputs
        whole, network = self._run(candidate, inputs), inputs.network
        layers = range(1, len(network.layers) + 1)
        for row in range(PROBE_ROWS):
            answer = self._run(candidate, Inputs(network, inputs.x[row : row + 1], inputs.t[row : row + 1]))
            if answer.refusal is not None:
                return False
            biases = [answer.arrays.get(("b", l), network.layers[l - 1].b) for l in layers]
            network = network.with_parameters([answer.arrays["w", l] for l in layers], biases)
        moved = {("w", l): network.layers[l - 1].w for l in layers}
        return whole.refusal is None and all(
            np.abs(array - whole.arrays[key]).max() <= CLOSE * np.abs(array).max() for key, array in moved.items()
        )

    def _probe(self, widths: tuple[int, ...], rows: int, has_biases: bool) -> Probe:
        key = widths, rows, has_biases
        if key not in self._probes:
            self._probes[key] = Probe(random_inputs(widths, rows, has_biases=has_biases), has_biases)
        return self._probes[key]

    def _run(self, candidate: Candidate, inputs: Inputs) -> Answer:
        return self._ask([self._request(candidate.plan, candidate.pinned, inputs)])[0]

    def _request(self, plan: Plan, pinned: str, inputs: Inputs) -> Request:
        request = contract_request(0, (plan.reading.function,), inputs, RATE)
        request.header = {**request.header, "plan": plan_text(plan), "pinned": pinned}
        return request

    def _ask(self, requests: Sequence[Request]) -> list[Answer]:
        """The answers to requests with one function each, in their order."""
        self._pool.add(self._submission, requests)
        for _ in self._pool.outcomes():
            pass
        return [request.answers[request.functions[0]] for request in requests]


def _question(formula: FittedFormula, own_cost: str) -> str:
    """What a person must decide: a factor σ' at a sigmoid output is the only difference between two costs."""
    if formula.output != "sigmoid" or formula.cost == own_cost:
        return ""
    if formula.cost == "half_squared_error" and not own_cost:
        return ""
    words = {"half_squared_error": "half the squared error", "binary_cross_entropy": "the binary cross-entropy", "": ""}
    if formula.cost == "half_squared_error":
        return f"its gradients are those of {words[formula.cost]}, but the cost that it computes is {words[own_cost]}"
    readings = (
        f"two readings fit its gradients: {words[formula.cost]}, or half the squared error without σ' at the output"
    )
    return readings + (f"; the cost that it computes is {words[own_cost]}" if own_cost else "")
