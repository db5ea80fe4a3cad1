"""The formulas of a diagnosis, as they are in the networks of a check."""

from __future__ import annotations

from dataclasses import replace

from harness.jobs.check.location import first_divergence
from harness.jobs.check.run import CheckResult
from harness.judging.judge import UNDECLARED_CONVENTION
from harness.mistakes.diagnose import Diagnosis
from harness.mistakes.render import Formula, formulas_of


def formulas_in(diagnosis: Diagnosis, check: CheckResult) -> list[Formula]:
    """The equations that the submission computes otherwise, with the layers of a case that shows it."""
    failing = [one for one in check.outcomes if one.out_of_bounds or one.faults] or check.outcomes
    divergence = first_divergence(check.outcomes)
    first = divergence.case if divergence else ""
    in_order = sorted(failing, key=lambda one: one.trial.case.id != first)
    found, declared = check.found, check.declared
    # An undeclared convention that is not intended is a mistake: the formulas are those of the declared one.
    is_undeclared = check.verdict == UNDECLARED_CONVENTION
    convention = replace(declared, layout=found.layout, bias=found.bias) if is_undeclared else found
    return formulas_of(diagnosis.rules, (one.trial.inputs.network for one in in_order), convention)
