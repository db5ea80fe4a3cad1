"""Run implementations as every command does, in worker processes, and collect the results."""

from __future__ import annotations

import atexit
import math
from dataclasses import dataclass, field
from functools import cache
from types import MappingProxyType

import pandas as pd
from support.commands import PATIENCE

from harness.cases.case import make_case, required_functions
from harness.jobs.compare.run import Comparison, compare
from harness.jobs.compare.table import RESULT_COLUMNS
from harness.jobs.evidence.soundness.trials import submitted, tallies
from harness.judging.causes.find_causes import find_causes
from harness.judging.causes.measurements import Suspect
from harness.judging.examine import convention_of
from harness.judging.judge import CaseTruth, Trial, judge_case
from harness.sandbox.pool import Pool
from harness.sandbox.processes.server import FILE_MODULES, Server
from harness.sandbox.requests import Limits, Submission, contract_request
from harness.sandbox.sources.find import Implementation
from harness.sandbox.sources.functions import Functions, load_functions
from harness.truth import certify

CASE = make_case("random", (3, 4, 2), "sigmoid", 5)
RIGHT = """
import numpy as np
from harness import Gradients, Layer, Network, Unsupported

kept = []

def right(network, x, t):
    a, z = [x], []
    for layer in network.layers:
        z.append(a[-1] @ layer.w.T + layer.b)
        a.append(layer.activation.f(z[-1]))
    delta = [(a[-1] - t) * network.layers[-1].activation.slope(z[-1])]
    for l in range(len(z) - 2, -1, -1):
        delta.insert(0, (delta[0] @ network.layers[l + 1].w) * network.layers[l].activation.slope(z[l]))
    return Gradients([d.T @ i for d, i in zip(delta, a)], [d.sum(0) for d in delta], delta)
"""
cached_load = cache(load_functions)


# Those whose functions can be called in this process; tests/jobs/check/test_languages.py checks the others.
@cache
def shared() -> Server:
    """One server for the tests of a process. PyTorch and what its optimizers need is loaded: it takes seconds."""
    server = Server((*FILE_MODULES, "torch._dynamo"))
    atexit.register(server.close)
    return server


@dataclass
class Result:
    """What an implementation gave on a case: quantities, and why a function gave none."""

    implementation: str
    case: str
    quantities: dict = field(default_factory=dict)
    refusals: dict = field(default_factory=dict)

    @property
    def has_failed(self):
        return any(refusal.verdict == "failed" for refusal in self.refusals.values())


def run_all(pairs, jobs, limits=MappingProxyType({})):
    """A Result for each pair of an implementation and a case, as they come. `limits` has the seconds of those that are
    to run out of time; nothing else meets a limit, however busy the machine."""
    submissions, found = {}, []
    with Pool(shared(), jobs) as pool:
        for implementation, case in pairs:
            name = implementation.name
            limit = Limits(limits.get(name, PATIENCE), math.inf)
            one = submissions.setdefault(implementation, Submission.of(implementation, limit))
            inputs = case.build()
            epochs = (1, 20) if case.online else ()
            key = one, case, inputs
            pool.add(one, [contract_request(key, required_functions(case), inputs, case.learning_rate, epochs=epochs)])
        for request in pool.outcomes():
            one, case, inputs = request.key
            trial = Trial(CaseTruth.of(case, inputs), request.answers)
            outcome = judge_case(trial, convention_of(one.declared)[0])
            found.append(Result(one.name, case.id, outcome.quantities, outcome.refusals))
    return found


def run(implementations, case, limits=MappingProxyType({})) -> dict[str, Result]:
    """By name."""
    return {one.implementation: one for one in run_all([(each, case) for each in implementations], 2, limits)}


def compared(selection, jobs=2, seconds=60.0, memory=2 * 2**30, progress=lambda *_: None, path=None, seed=None):
    """A comparison of the selection."""
    return compare(selection, shared(), jobs, Limits(seconds, math.inf, memory), progress, path=path, seed=seed)


def write(folder, name, text):
    """An implementation of this name in a folder."""
    path = folder / f"{name}.py"
    path.write_text(text, encoding="utf-8")
    return Implementation(name, path)


def tallied(implementations, numbers):
    """The tallies of these trials of `nox -s soundness`."""
    with Pool(shared(), 2) as pool:
        return tallies(pool, submitted(implementations), numbers)


def cause_of(run, inputs, learning_rate, dtype):
    """The cause of an error on one case, if `run` computes the quantities of an implementation for any inputs."""
    return cause_of_suspect(Suspect.of(inputs, learning_rate, dtype), run)


def cause_of_suspect(suspect, run):
    """The same for a suspect."""
    asking = find_causes([suspect])
    runs = next(asking)
    while True:
        try:
            runs = asking.send([run(one.inputs) for one in runs])
        except StopIteration as found:
            return found.value[0]


def table_of(comparison: Comparison) -> pd.DataFrame:
    """All its rows."""
    return pd.DataFrame(comparison.rows, columns=RESULT_COLUMNS)


def functions_of(implementation: Implementation) -> Functions:
    """Its functions, in this process."""
    return cached_load(implementation)


_standards: dict = {}


def certified(inputs, learning_rate, dtype, clock=None, *, any_subgradient=False):
    """As `certify`, but computed once: the inputs of a seed are the same for every file that is checked."""
    network = inputs.network
    names = *(layer.activation.name for layer in network.layers), network.cost.name
    arrays = (*((array.dtype.str, array.shape, array.tobytes()) for array in inputs.arrays()),)
    key = learning_rate, dtype, any_subgradient, names, arrays
    if key not in _standards:
        _standards[key] = certify.certify(inputs, learning_rate, dtype, clock, any_subgradient=any_subgradient)
    return dict(_standards[key])


class Silent:
    """A display that records its calls."""

    def __init__(self):
        self.began, self.heard, self.failed = [], [], []

    def begin(self, runs):
        self.began = list(runs)

    def reached(self, run, epochs):
        self.heard.append((*run.key, run.epoch, epochs))

    def stopped(self, run):
        self.failed.append(run.key)

    def close(self):
        """Nothing to tidy up."""
