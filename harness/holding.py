"""The results on a case, held against its certificate, in a worker without foreign code."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NamedTuple

from harness.cases import EPOCHS, Case
from harness.contract import Array, Inputs
from harness.judgements import Part, judge_together, parts
from harness.parse import printable
from harness.run import QUANTITIES, Result
from harness.tasks import Ran
from harness.timings import Clock
from harness.verdict import Judgement, digits, distance

if TYPE_CHECKING:
    from harness.certify import Standard

DEPARTS = "departs"  # in place of a verdict, until the evidence is weighed


class Row(NamedTuple):
    """One measured array, or with layer 0 a refused quantity; see harness.verdict.Judgement for what was measured."""

    implementation: str
    case: str
    quantity: str
    layer: int
    entry: str = ""
    error: float | None = None
    bound: float | None = None
    excess: float | None = None
    entries: int | None = None
    digits: int | None = None
    verdict: str = ""
    seconds: float = 0.0
    detail: str = ""


@dataclass(frozen=True, eq=False)
class Certificate:
    """What right code gives on a case: a standard for every quantity of a gradient case, the weights of the true
    training for a training case; nothing, and why, where there is no truth."""

    inputs: Inputs
    standards: Mapping[tuple[str, int], Standard] = field(default_factory=dict)
    parts: Sequence[Part] = ()  # the standards, laid end to end
    trained: Mapping[tuple[str, int], Array] = field(default_factory=dict)
    reason: str = ""


class Certificates:
    """Those of one block of cases, each made once: memory does not grow with the cases."""

    def __init__(self) -> None:
        self.block, self.of_case = -1, dict[str, Certificate]()

    def of(self, case: Case, block: int, clock: Clock) -> Certificate:
        """That of a case; the clock counts what making it takes."""
        if block != self.block:
            self.block, self.of_case = block, {}
        if case.id not in self.of_case:
            self.of_case[case.id] = certificate(case, clock)
        return self.of_case[case.id]


_certificates = Certificates()


def certificate(case: Case, clock: Clock) -> Certificate:
    """The truth of one case. The clock counts the phases `cases`, `truth` and `bound`."""
    from harness.certify import certify  # where it is made, and not where rows are counted
    from harness.truth import train

    with clock.phase("cases"):
        inputs = case.build()
    try:
        if case.online:
            with clock.phase("truth"):
                return Certificate(inputs, trained=train(inputs, case.learning_rate, EPOCHS))
        standards = certify(inputs, case.learning_rate, case.dtype, clock)
        return Certificate(inputs, standards, parts(standards))
    except ValueError as error:
        return Certificate(inputs, reason=str(error))


@dataclass(frozen=True, eq=False)
class Judged:
    """The rows of one implementation on one case, and the seconds of each phase that they took."""

    implementation: str
    case: str
    rows: tuple[Row, ...]
    seconds: Mapping[str, float]

    @property
    def departs(self) -> bool:
        return any(row.verdict == DEPARTS for row in self.rows)


@dataclass(frozen=True, eq=False)
class Judge:
    """Hold a result against the truth; the outcome is a Judged. Cases of one owner share its certificates."""

    owner: str
    case: Case
    block: int
    ran: Ran

    def prepare(self) -> None:
        """Nothing to load."""

    def execute(self) -> Judged:
        clock = Clock()
        found = _certificates.of(self.case, self.block, clock)
        with clock.phase("verdicts"):
            judged = self._held(found)
        return replace(judged, seconds=clock.here)

    def failed(self, detail: str) -> Judged:
        return self._held(Certificate(self.case.build(), reason=detail))

    def _held(self, certificate: Certificate) -> Judged:
        return Judged(self.ran.implementation, self.case.id, tuple(rows(self.case, self.ran.result(), certificate)), {})


def rows(case: Case, result: Result, certificate: Certificate) -> Iterator[Row]:
    """One row a measured array, and one a refused quantity with layer 0."""
    standards = result.convention.standards(certificate.standards, certificate.inputs)
    ours = standards is certificate.standards
    judgements = judge_together(result.quantities, certificate.parts if ours else parts(standards))
    start = Row(result.implementation, case.id, "", 0, seconds=result.seconds)
    for key, array in result.quantities.items():
        if key[0] in ("z", "a"):  # given by few, and judged by a check
            continue
        row = start._replace(quantity=key[0], layer=key[1], entries=array.size)
        if key in judgements:
            yield _judged(row, judgements[key], case.dtype)
        elif key in certificate.trained:
            # Weights after many steps are shown in digits and not judged: rounding grows with the steps.
            yield row._replace(digits=digits(distance(array, certificate.trained[key]), case.dtype))
        else:
            yield row._replace(verdict="cannot tell", detail=certificate.reason)
    for function, refusal in result.refusals.items():
        for quantity in QUANTITIES[function]:
            yield start._replace(quantity=quantity, verdict=refusal.verdict, detail=printable(refusal.detail))


def _judged(row: Row, judgement: Judgement, dtype: str) -> Row:
    unclear = judgement.undecidable
    reason = f"{unclear} entries cannot be decided: within rounding of a kink, or no finite bound"
    return row._replace(
        entry=str(list(judgement.entry)),
        error=judgement.error,
        bound=judgement.bound,
        excess=judgement.excess,
        digits=digits(judgement.relative, dtype),
        verdict=judgement.verdict or DEPARTS,
        detail=reason if unclear else "",
    )
