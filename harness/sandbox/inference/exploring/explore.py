"""Try what the classes and functions of a file do, in its own process, where the truth is not known."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import ModuleType

from harness.sandbox.answers import message_of
from harness.sandbox.inference.adapter.names import renamed
from harness.sandbox.inference.exploring.attempt import CostValues, Explored, NetworkAttempt
from harness.sandbox.inference.exploring.makers import makers_in
from harness.sandbox.inference.hosting.running import ATTEMPT_SECONDS, TooSlow
from harness.sandbox.inference.probes import PROBE_WIDTHS

MOST_EXPLORED = 120  # plans of a file


@dataclass
class Exploration:
    """What was found: the plans that run, values that may be costs, and if there is no plan, how far it came, "make" or
    "drive", and the reason."""

    plans: list[Explored] = field(default_factory=list)
    costs: list[CostValues] = field(default_factory=list)
    stage: str = "make"
    reason: str = "no class or function in it makes a network from a list of sizes"


def explore(module: ModuleType, make: str) -> Exploration:
    """Explore a file. `make` is an expression for the network, or empty if it is to be found."""
    found = Exploration()
    most = 0  # the sizes of a network that was made: a part of it must not stand for the whole
    for widths in PROBE_WIDTHS:
        if found.plans or len(widths) < most:
            break
        for expression in [renamed(make, vars(module))] if make else makers_in(module):
            has_network = False
            try:
                attempt = NetworkAttempt(module, expression, widths)
            except TooSlow:
                reason = f"{expression} took more than {ATTEMPT_SECONDS} s"
            except BaseException as error:
                reason = f"{expression} raised {type(error).__name__}: {message_of(error)}"
            else:
                found.plans += attempt.plans()
                found.costs += attempt.costs() if found.plans else ()
                has_network, reason = attempt.has_network, attempt.reason
                found.stage = "drive" if has_network else found.stage
            if not most:
                found.reason = reason
            most = max(most, len(widths) if has_network else 0)
    found.plans = found.plans[:MOST_EXPLORED]
    return found
