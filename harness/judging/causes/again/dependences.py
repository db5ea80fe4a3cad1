"""What wrong numbers depend on and what not, found by running the file again with one thing changed at a time.

It is for errors that no formula explains: it tells a person where to look.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

import numpy as np

from harness.judging.causes.again import facts
from harness.judging.causes.again.runs import OutOfTime, Rerun, Rerunner
from harness.judging.causes.again.sentences import Findings, Limit
from harness.judging.causes.again.variations import with_all_changed
from harness.judging.causes.again.varied import VariedCase
from harness.judging.conventions import Convention
from harness.judging.judge import FORWARD_QUANTITIES, QUANTITY_ORDER, Outcome, in_order_of_computation
from harness.sandbox.pool import Pool
from harness.sandbox.requests import Submission


def find_dependences(
    pool: Pool, submission: Submission, outcomes: Sequence[Outcome], convention: Convention
) -> list[str]:
    """Sentences about the wrong numbers in one or two small cases; the file runs in a new process."""
    failing = [one for one in outcomes if one.out_of_bounds]
    # The numbers of a failed one depend on earlier calls.
    failed, wrong = (_chosen([one for one in failing if one.cause == cause]) for cause in ("failed", "wrong"))
    found = Findings()
    if wrong:
        found.limit = _limit(outcomes, convention)
    runner = _runner(pool, submission, outcomes, convention)
    with suppress(OutOfTime):
        for outcome in (*failed[:1], *wrong[:1]):
            if not found.history:
                _add_history(found, runner, outcome, failing)
        if wrong and not found.history:
            found.is_forward_right = all(_has_right_forward_pass(one) for one in wrong)
            first, *others = [VariedCase(runner, one.trial.case, one.trial.inputs) for one in wrong]
            first.add_all(found)
            for one in others:
                one.add_arrays(found)
    return found.sentences()


def _runner(pool: Pool, submission: Submission, outcomes: Sequence[Outcome], convention: Convention) -> Rerunner:
    """The runner of the file in a new process.

    If it has shown numbers that are accurate in float64, the coarsest arithmetic that it may compute in is float32.
    """
    judged = (one.judgements.values() for one in outcomes if one.trial.case.dtype == "float64")
    is_accurate = any(one.verdict == "agrees" and one.bound > 0 for some in judged for one in some)
    longest = min(sum(one.seconds for one in outcome.trial.answers.values()) for outcome in outcomes)
    again = submission.apart("varied")
    return Rerunner(pool, again, convention, "float32" if is_accurate else "coarse", longest)


def _chosen(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """A small case with a hidden layer and several rows, if there is one, and another one of as many layers."""

    def rank(outcome: Outcome) -> tuple[bool, bool, bool, bool, bool, int]:
        case, work = outcome.trial.case, outcome.trial.inputs.work
        is_narrow = min(case.widths) < 2
        return len(case.widths) < 3, case.batch < 3, case.dtype != "float64", bool(case.flag), is_narrow, work

    if not outcomes:
        return []
    first, *others = sorted(outcomes, key=rank)
    case = first.trial.case
    like = [one for one in others if len(one.trial.case.widths) == len(case.widths)]
    unlike = [one for one in like if one.trial.case.activations != case.activations]
    return [first, *(unlike or like)[:1]]


def _has_right_forward_pass(outcome: Outcome) -> bool:
    """Whether its z and a are right, or all that is computed of them first, at the output."""
    last = len(outcome.trial.inputs.network.layers)
    if ("a", last) in outcome.judgements:
        return not any(name in FORWARD_QUANTITIES for name, _ in outcome.out_of_bounds)
    return all(layer < last for _, layer in outcome.out_of_bounds)


def _add_history(found: Findings, runner: Rerunner, outcome: Outcome, failing: Sequence[Outcome]) -> None:
    """Run a case first in its process, then after one with other numbers, then after one of other shapes."""
    case, inputs = outcome.trial.case, outcome.trial.inputs
    other = next((one.trial for one in failing if one.trial.case.widths != case.widths), outcome.trial)
    pairs = [(case, one) for one in (inputs, with_all_changed(inputs), inputs)]
    functions = tuple(name for name in outcome.trial.answers if name not in outcome.refusals) or ("backprop",)
    runs = runner.run([*pairs, (other.case, other.inputs), (case, inputs)], functions)
    first, keys = runs[0], in_order_of_computation(outcome.judgements)
    changed = facts.different(Rerun(outcome, runner.convention, runner.coarse), first, keys)
    for run in runs[2::2]:
        changed += facts.different(first, run, keys)
    if changed:
        found.history = [key for key in keys if key in changed]
        found.is_first_right = first.is_right
        found.repeats = all(
            runs[1].covers(key) and runs[2].covers(key) and (runs[1].value(key) == runs[2].value(key)).all()
            for key in changed
        )


def _limit(outcomes: Sequence[Outcome], convention: Convention) -> Limit | None:
    """The limit of the wrong entries of the quantity that goes wrong first; in all layers, or the hidden ones.

    Of delta only the layers down to the first wrong one count, because the errors of the others may follow from it.
    """
    wrong = [one.out_of_bounds[0] for one in outcomes if one.out_of_bounds]
    first = min((name for name, _ in wrong), key=QUANTITY_ORDER.index)
    at_output = [(first, len(one.trial.inputs.network.layers)) in one.out_of_bounds for one in outcomes]
    for is_hidden in (False,) if any(at_output) else (False, True):  # what is wrong at the output is not of hidden ones
        sizes = []
        for outcome in outcomes:
            run, failing, last = (
                Rerun(outcome, convention, "coarse"),
                outcome.out_of_bounds,
                len(outcome.trial.inputs.network.layers),
            )
            lowest = failing[0][1] if failing and failing[0][0] == first == "delta" else 1
            for key in outcome.judgements:
                if key[0] == first and key[1] >= lowest and (key[1] < last or not is_hidden):
                    truth, room = np.abs(run.truth(key)), run.room(key)
                    is_known = truth > room
                    sizes.append((truth[is_known], (~(np.abs(run.error(key)) <= room))[is_known]))
        found = facts.limit_of_wrong_entries(sizes) if sizes else None
        if found is not None:
            return Limit(first, is_hidden, *found)
    return None
