"""The claims: questions that the articles raise, each with an experiment. A claim is one file below `experiments`."""

from __future__ import annotations

import pkgutil
from functools import cache
from importlib import import_module

from harness.jobs.claims import experiments
from harness.jobs.claims.claim import Claim, Evidence, Statement


@cache
def all_claims() -> tuple[Claim, ...]:
    """The `CLAIM` of every module that has one, in the order of the report."""
    found = pkgutil.walk_packages(experiments.__path__, f"{experiments.__name__}.")
    modules = [import_module(module.name) for module in found if not module.ispkg]
    claims = [module.CLAIM for module in modules if hasattr(module, "CLAIM")]
    return tuple(sorted(claims, key=lambda claim: claim.position))


def answered(claim: Claim) -> Evidence:
    """The evidence of the claim's experiment; an experiment that fails is evidence against it, and the others run."""
    try:
        return claim.experiment()
    except Exception as error:
        failed = Statement(f"The experiment ran to its end, without {type(error).__name__}: {error}", False)
        return Evidence((failed,), ())
