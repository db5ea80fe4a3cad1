"""Run an implementation on exact numbers, in its own process; see harness.jobs.prove.proofs."""

from __future__ import annotations

import random
import time
from fractions import Fraction

import numpy as np

from harness.jobs.prove.evaluate import NotExact, Values, degree, evaluate
from harness.model.exact import Architecture, canonical_inputs, draw_integer, opaque_inputs, rational_inputs
from harness.sandbox.answers import REFUSALS, Answer, Arrays, Refusal, reason_of
from harness.sandbox.host import call
from harness.sandbox.sources.functions import Functions
from harness.sandbox.wire.lines import Message

EXACT_RUNS = 3  # two trials with random integers, and one with fractions
_QUANTITIES = ("w", "b", "delta", "new w", "new b")
EXACT_NAMES = ("degree", *(f"{run} {quantity}" for run in range(EXACT_RUNS) for quantity in _QUANTITIES))


class ExactHost(call.ImplementationHost):
    """An imported implementation that computes with exact numbers."""

    def call(self, function: str, message: Message) -> Answer:
        start = time.perf_counter()
        architecture = Architecture(tuple(message["widths"]), message["rows"])
        try:
            found = run_exactly(self._functions, architecture, message["seed"])
            return Answer(found, seconds=time.perf_counter() - start)
        except REFUSALS as error:
            return Answer(refusal=Refusal("unsupported", reason_of(error)))
        except NotExact as reason:
            return Answer(refusal=Refusal("failed", str(reason)))


def run_exactly(functions: Functions, architecture: Architecture, seed: int) -> Arrays:
    """What it gives in two trials with random integers, and in one with fractions, and the degree; the numbers follow
    from the seed. Raises REFUSALS and NotExact."""
    source = random.Random(f"{seed} {architecture.name}")
    trials = opaque_inputs(architecture, source), canonical_inputs(architecture, source)
    rational, learning_rate = rational_inputs(architecture, source), draw_integer(source)
    runs = [evaluate(functions, inputs, learning_rate) for inputs in trials]
    runs.append(evaluate(functions, rational, Fraction(1, 3)))
    found = {(f"{run} {name}", l): array for run, values in enumerate(runs) for (name, l), array in values.items()}
    return {**found, ("degree", 1): np.array(degree(functions, architecture), dtype=object)}


def parted(found: Arrays) -> list[Values]:
    """The values of each run."""
    runs: list[Values] = [{} for _ in range(EXACT_RUNS)]
    for (name, l), array in found.items():
        run, _, quantity = name.partition(" ")
        if quantity:
            runs[int(run)][quantity, l] = array
    return runs
