"""What right code gives on a case: the truth and the bounds, once for all implementations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from harness.cases import EPOCHS, Case
from harness.certify import Standard, certify, certify_forward
from harness.contract import Array, Inputs
from harness.judgements import Part, parts
from harness.timings import Clock


@dataclass(frozen=True, eq=False)
class CaseTruth:
    """A case with its inputs, and a standard for every quantity of a gradient case, or the weights of the true training
    for a training case; nothing, and why, where there is no truth."""

    case: Case
    inputs: Inputs
    standards: Mapping[tuple[str, int], Standard] = field(default_factory=dict)
    trained: Mapping[tuple[str, int], Array] = field(default_factory=dict)
    reason: str = ""

    @classmethod
    def of(cls, case: Case, inputs: Inputs, clock: Clock | None = None) -> CaseTruth:
        """That of a case. The clock counts the phases `truth` and `bound`."""
        clock = clock or Clock()
        try:
            if case.online:
                from harness.truth import train  # a check trains nothing

                with clock.phase("truth"):
                    return cls(case, inputs, trained=train(inputs, case.learning_rate, EPOCHS))
            return cls(case, inputs, certify(inputs, case.learning_rate, case.dtype, clock))
        except ValueError as error:
            return cls(case, inputs, reason=str(error))

    @cached_property
    def parts(self) -> Sequence[Part]:
        """The standards, laid end to end."""
        return parts(self.standards)

    @cached_property
    def forward(self) -> Mapping[tuple[str, int], Standard]:
        """The standards of z and a, which few implementations show."""
        return certify_forward(self.inputs, self.case.dtype)
