"""What the workers do: run an implementation on a case, certify a case, weigh the evidence on a departure."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache

from harness.answers import Refusal, describe
from harness.cases import EPOCHS, Case
from harness.certify import Standard, certify
from harness.contract import Array, Inputs
from harness.conventions import Convention
from harness.discover import Functions, Implementation, load
from harness.evidence import Evidence, weigh
from harness.run import Result, functions_of, run_case
from harness.timings import Clock
from harness.truth import train

# The seconds that loading took in this process, until a case carries them.
_loading: dict[Implementation, float] = {}


@cache
def loaded(implementation: Implementation) -> Functions | Refusal:
    """Its functions, or what went wrong; once in a process."""
    start = time.perf_counter()
    try:
        return load(implementation)
    except BaseException as error:
        return describe(error, implementation.path)
    finally:
        _loading[implementation] = time.perf_counter() - start


@dataclass(frozen=True, eq=False)
class WithImplementation:
    """What is done with one implementation, in a process that has loaded it."""

    implementation: Implementation

    @property
    def owner(self) -> str:
        return self.implementation.name

    def prepare(self) -> None:
        loaded(self.implementation)


@dataclass(frozen=True, eq=False)
class OnCase(WithImplementation):
    """What is done with one implementation on one case."""

    case: Case
    inputs: Inputs


class Run(OnCase):
    """Run it; the outcome is a Result."""

    def execute(self) -> Result:
        functions = loaded(self.implementation)
        if isinstance(functions, Refusal):
            return self.failed(functions.detail)
        result = run_case(self.implementation, functions, self.case, self.inputs)
        return replace(result, seconds=result.seconds + _loading.pop(self.implementation, 0.0))

    def failed(self, detail: str) -> Result:
        refusals = {function: Refusal("failed", detail) for function in functions_of(self.case)}
        return Result(self.implementation.name, self.case.id, refusals=refusals)


@dataclass(frozen=True, eq=False)
class Certificate:
    """What right code gives on a case: a standard for every quantity of a gradient case, the weights of the true
    training for a training case; nothing, and why, where there is no truth."""

    case: str
    standards: Mapping[tuple[str, int], Standard]
    trained: Mapping[tuple[str, int], Array]
    reason: str = ""
    seconds: Mapping[str, float] = field(default_factory=dict)  # by phase


@dataclass(frozen=True, eq=False)
class Certify:
    """The truth of one case; the outcome is a Certificate."""

    case: Case
    inputs: Inputs
    owner = "the truth"

    def prepare(self) -> None:
        """Nothing to load."""

    def execute(self) -> Certificate:
        case, clock = self.case, Clock()
        try:
            if case.online:
                with clock.phase("truth"):
                    trained = train(self.inputs, case.learning_rate, EPOCHS)
                return Certificate(case.id, {}, trained, seconds=clock.here)
            standards = certify(self.inputs, case.learning_rate, case.dtype, clock)
            return Certificate(case.id, standards, {}, seconds=clock.here)
        except ValueError as error:
            return self.failed(str(error))

    def failed(self, detail: str) -> Certificate:
        return Certificate(self.case.id, {}, {}, detail)


@dataclass(frozen=True)
class Finding:
    """The evidence on one implementation that departs from the truth on one case."""

    implementation: str
    case: str
    evidence: Evidence
    seconds: float


class Weigh(OnCase):
    """Find whether a departure is of arithmetic or of the formula; the outcome is a Finding."""

    def execute(self) -> Finding:
        functions, inside = loaded(self.implementation), 0.0
        assert isinstance(functions, Functions), "what departs has run"

        def run(inputs: Inputs) -> Mapping[tuple[str, int], Array]:
            nonlocal inside
            result = run_case(self.implementation, functions, self.case, inputs)
            inside += result.seconds
            return result.quantities

        convention = Convention.declared(functions.declared)
        evidence = weigh(run, self.inputs, self.case.learning_rate, self.case.dtype, convention)
        return Finding(self.implementation.name, self.case.id, evidence, inside)

    def failed(self, detail: str) -> Finding:
        evidence = Evidence("wrong", f"no evidence that it is arithmetic: {detail}")
        return Finding(self.implementation.name, self.case.id, evidence, 0.0)
