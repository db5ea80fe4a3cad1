"""Find out for which networks and data a file is: by trying others than those with which it was found."""

from __future__ import annotations

import numpy as np

from harness.model.contract import Inputs
from harness.sandbox.inference.adapter.refusals import AdapterScope
from harness.sandbox.inference.choose import Candidate, ChosenPlans
from harness.sandbox.inference.fit import CLOSE
from harness.sandbox.inference.probes import PROBE_ROWS
from harness.sandbox.inference.trials import Trials

TRIED_DEPTHS = (1, 2, 3, 4)  # numbers of layers
_INPUTS, _HIDDEN, _OUTPUTS = 13, (11, 9, 7), 3  # sizes of these networks


def scope_of_plans(trials: Trials, choice: ChosenPlans) -> AdapterScope:
    """What the code is for: numbers of layers and of outputs that it can make and compute, batches or single rows."""
    plans = [one for one in (choice.backprop, choice.step) if one is not None]
    first, own = choice.first, choice.first.plan.widths
    depths = {len(own) - 1}
    if all(one.plan.is_general for one in plans):
        depths |= {n for n in TRIED_DEPTHS if _is_supported(trials, first, (_INPUTS, *(*_HIDDEN, own[-1])[-n:]))}
    return AdapterScope(
        layers=tuple(sorted(depths)),
        is_any_deeper=TRIED_DEPTHS[-1] in depths,
        is_single_row=any(one.plan.reading.function == "step" and _is_online(trials, one) for one in plans),
        is_single_output=own[-1] == 1 and not _is_supported(trials, first, (*own[:-1], _OUTPUTS)),
        single_unit_error=_error_with_single_units(trials, first),
    )


def _is_supported(trials: Trials, candidate: Candidate, widths: tuple[int, ...]) -> bool:
    """Whether the code is for networks of other sizes: it can make them, and runs if they have no more layers than the
    one with which it was found. What it then computes is for the check to say."""
    inputs = trials.probe(widths, 1, has_biases=candidate.plan.has_biases).inputs
    if len(widths) > len(candidate.plan.widths):
        return trials.makes(candidate, inputs)
    return trials.run(candidate, inputs).refusal is None


def _error_with_single_units(trials: Trials, candidate: Candidate) -> str:
    """What the code raises if its hidden layers have one unit each; empty if it raises nothing."""
    own = candidate.plan.widths
    inputs = trials.probe((own[0], *(1 for _ in own[1:-1]), own[-1]), 1, has_biases=candidate.plan.has_biases).inputs
    refusal = trials.run(candidate, inputs).refusal
    return refusal.detail if refusal is not None and refusal.kind == "exception" else ""


def _is_online(trials: Trials, candidate: Candidate) -> bool:
    """Whether the code takes one step for each row of a batch, in turn."""
    plan = candidate.plan
    if plan.feed.is_row or not candidate.is_online:
        return plan.feed.is_row
    inputs = trials.probe(plan.widths, PROBE_ROWS, has_biases=plan.has_biases).inputs
    whole, network = trials.run(candidate, inputs), inputs.network
    layers = range(1, len(network.layers) + 1)
    for row in range(PROBE_ROWS):
        answer = trials.run(candidate, Inputs(network, inputs.x[row : row + 1], inputs.t[row : row + 1]))
        if answer.refusal is not None:
            return False
        biases = [answer.arrays.get(("b", l), network.layers[l - 1].b) for l in layers]
        network = network.with_parameters([answer.arrays["w", l] for l in layers], biases)
    after = {(name, l): getattr(network.layers[l - 1], name) for l in layers for name in ("w", "b")}
    return whole.refusal is None and all(
        np.abs(after[key] - array).max() <= CLOSE * np.abs(array).max() for key, array in whole.arrays.items()
    )
