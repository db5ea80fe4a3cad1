"""What the workers do with an implementation: run it on a case, weigh the evidence on a departure."""

from __future__ import annotations

import pickle
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any

from harness.answers import Refusal, describe
from harness.cases import Case
from harness.contract import Array, Inputs
from harness.conventions import Convention
from harness.discover import Functions, Implementation, load
from harness.run import Result, functions_of, run_case
from harness.surroundings import snapshot

if TYPE_CHECKING:
    from harness.evidence import Evidence

# The seconds that loading took in this process, until a case carries them.
_loading: dict[Implementation, float] = {}
# What this process shared with the implementation before its last case, where it is known to have stayed so.
_surroundings: list[Mapping[str, Any]] = []


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


@dataclass(frozen=True)
class WithImplementation:
    """What is done with one implementation, in a process that has loaded it."""

    implementation: Implementation

    @property
    def owner(self) -> str:
        return self.implementation.name

    def prepare(self) -> None:
        loaded(self.implementation)


@dataclass(frozen=True)
class OnCase(WithImplementation):
    """What is done with one implementation on one case, whose inputs are made where they are needed."""

    case: Case


@dataclass(frozen=True, eq=False)
class Ran:
    """A result that is passed on as it came: the harness, which judges nothing itself, does not unpack its arrays."""

    implementation: str
    case: str
    seconds: float
    has_failed: bool
    packed: bytes

    @classmethod
    def of(cls, result: Result) -> Ran:
        packed = pickle.dumps(result, protocol=pickle.HIGHEST_PROTOCOL)
        return cls(result.implementation, result.case, result.seconds, result.has_failed, packed)

    def result(self) -> Result:
        found: Result = pickle.loads(self.packed)
        return found


class Run(OnCase):
    """Run it; the outcome is a Ran."""

    def execute(self) -> Ran:
        functions = loaded(self.implementation)
        if isinstance(functions, Refusal):
            return self.failed(functions.detail)
        before = _surroundings.pop() if _surroundings else snapshot()
        result = run_case(self.implementation, functions, self.case, self.case.build(), before)
        if not self.case.online and not result.refusals:
            _surroundings.append(before)  # it was seen to have left them as they were
        return Ran.of(replace(result, seconds=result.seconds + _loading.pop(self.implementation, 0.0)))

    def failed(self, detail: str) -> Ran:
        refusals = {function: Refusal("failed", detail) for function in functions_of(self.case)}
        return Ran.of(Result(self.implementation.name, self.case.id, refusals=refusals))


@dataclass(frozen=True)
class Finding:
    """The evidence on one implementation that departs from the truth on one case."""

    implementation: str
    case: str
    evidence: Evidence
    seconds: float


class Weigh(OnCase):
    """Find whether a departure is of arithmetic or of the formula; the outcome is a Finding."""

    @property
    def owner(self) -> str:
        """Another than that of its runs: a process that has no traces of them, which may be what departs."""
        return f"{super().owner}, weighed"

    def execute(self) -> Finding:
        from harness.evidence import weigh  # with all that the truth needs, which few implementations call for

        functions, inside = loaded(self.implementation), 0.0
        assert isinstance(functions, Functions), "what departs has run"

        def run(inputs: Inputs) -> Mapping[tuple[str, int], Array]:
            nonlocal inside
            result = run_case(self.implementation, functions, self.case, inputs)
            inside += result.seconds
            return result.quantities

        case, convention = self.case, Convention.declared(functions.declared)
        evidence = weigh(run, case.build(), case.learning_rate, case.dtype, convention)
        return Finding(self.implementation.name, case.id, evidence, inside)

    def failed(self, detail: str) -> Finding:
        from harness.evidence import Evidence

        evidence = Evidence("wrong", f"no evidence that it is arithmetic: {detail}")
        return Finding(self.implementation.name, self.case.id, evidence, 0.0)
