"""Try what the classes and functions of a file do, in its own process: which plans give arrays of the right shapes.

Whether the numbers are right is not known here.
"""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import product
from types import FrameType, ModuleType
from typing import Any, TypeAlias

from harness.model.contract import Inputs
from harness.sandbox.inference.adapter.arrangements import arrangement
from harness.sandbox.inference.adapter.feeds import FEEDS, Feed
from harness.sandbox.inference.adapter.names import adapter_names, names_in, renamed
from harness.sandbox.inference.adapter.plan import Driver, Plan, Reading, lines_of
from harness.sandbox.inference.adapter.render import drive_source, made_source, unit_source
from harness.sandbox.inference.exploring.drivers import drivers_of
from harness.sandbox.inference.exploring.families import Found, families_in
from harness.sandbox.inference.exploring.makers import makers_in, with_names
from harness.sandbox.inference.exploring.readings import (
    Outputs,
    Parameters,
    distance,
    outputs_in,
    readings_of,
    values_in,
)
from harness.sandbox.inference.exploring.resizing import resized
from harness.sandbox.inference.exploring.roles import role_of
from harness.sandbox.inference.probes import random_inputs

PROBE_WIDTHS = ((7, 5, 3), (9, 7, 5, 3), (7, 5, 1), (5, 3), (5, 1))  # all different in each network, also with 1 added
PROBE_ROWS = 4
ATTEMPT_SECONDS = 0.5  # of one attempt
MOST_PLANS = 60
MOST_VARIANTS = 4  # of the places of the parameters
PINNED = {"sigmoid": "40.0", "tanh": "20.0", "relu": "1.0"}  # f(z) is 1 in float64
_DATA_NAMES = frozenset({"x", "t"})
Namespace: TypeAlias = "dict[str, Any]"


@dataclass(frozen=True)
class Explored:
    """A plan that runs, and what may be the outputs of the network, each flat, row by row."""

    plan: Plan
    outputs: Outputs


class TooSlow(BaseException):
    """An attempt took more than ATTEMPT_SECONDS; code that catches every Exception does not catch it."""


def explore(module: ModuleType, make: str) -> tuple[list[Explored], str]:
    """The plans that run, and if there is none, the reason why what was tried last did not.

    `make` is an expression for the network, or empty if it is to be found.
    """
    found, reasons = list[Explored](), ["no class or function in it makes a network from a list of sizes"]
    most = 0  # layers of a network that was made: a part of it must not stand for the whole
    for widths in PROBE_WIDTHS:
        if len(widths) < most:
            break
        for expression in [renamed(make)] if make else makers_in(module):
            try:
                attempt = _Attempt(module, expression, widths)
            except TooSlow:
                reasons.append(f"{expression} took more than {ATTEMPT_SECONDS} s")
            except BaseException as error:
                reasons.append(f"{expression} raised {type(error).__name__}: {error}")
            else:
                plans = list(attempt.plans())
                found += plans
                most = max(most, len(widths) if attempt.has_network else 0)
                reasons.insert(0 if attempt.has_network else len(reasons), attempt.reason)
        if found:
            break
    return found[:MOST_PLANS], reasons[0] if most else reasons[-1]


class _Attempt:
    """The attempts with one expression that makes a network. Creating it raises whatever the expression raises."""

    def __init__(self, module: ModuleType, make: str, widths: Sequence[int]) -> None:
        self._module, self._make, self._widths = module, with_names(module, make), widths
        self.reason = f"{make} holds no arrays of the shapes of weights between layers of {list(widths)} units"
        given = random_inputs(widths, PROBE_ROWS)
        names = {"widths": list(widths), "learning_rate": 0.1, "x": given.x, "t": given.t}
        with time_limit():
            net = eval(self._make, {**adapter_names(module), **names})
        self._settings = tuple(_setting_lines(net))
        self._drivers = drivers_of(module, net, has_data=not _DATA_NAMES.isdisjoint(names_in([make])))
        self._parameters = _likely_parameters(net, widths)
        if not self._parameters and "widths" not in make:
            self._parameters = resized(net, widths)
        if self._parameters:
            self.reason = f"no function or method of {make} computes arrays of the shapes of its weights"

    @property
    def has_network(self) -> bool:
        """Whether the file itself has made something with the weights of every layer."""
        return bool(self._parameters) and not self._make.startswith("dict(")

    def plans(self) -> Iterator[Explored]:
        """The plans that run and give arrays of the right shapes."""
        for weights, biases in self._parameters:
            has_biases = biases is not None or bool(arrangement(weights.arrangement).b)
            inputs = random_inputs(self._widths, PROBE_ROWS, has_biases=has_biases)
            namespace = {**adapter_names(self._module), "network": inputs.network}
            sources = (
                unit_source(weights, PINNED["sigmoid"]),
                made_source(self._make, self._settings, weights, biases),
            )
            exec("\n\n".join(sources), namespace)
            for driver, feed in self._ways():
                readings, outputs = self._run(namespace, inputs, driver, feed, (weights, biases))
                for reading in readings:
                    widths = tuple(self._widths)
                    plan = Plan(self._make, self._settings, weights, biases, driver, feed, widths, reading)
                    yield Explored(plan, outputs)

    def _ways(self) -> list[tuple[Driver, Feed]]:
        """The calls with each way to give them the data, each once."""
        found: dict[tuple[str, ...], tuple[Driver, Feed]] = {}
        for driver, feed in product(self._drivers, FEEDS):
            if bool(feed.pairs) == driver.has_pairs and (not feed.has_single_output or self._widths[-1] == 1):
                found.setdefault(lines_of(driver, feed), (driver, feed))
        return list(found.values())

    def _run(
        self, namespace: Namespace, inputs: Inputs, driver: Driver, feed: Feed, parameters: Parameters
    ) -> tuple[list[Reading], Outputs]:
        """Each place where gradients or moved parameters may be, and what may be outputs; nothing if a call fails."""
        x, t = inputs.x.copy(), inputs.t.copy()
        try:
            with time_limit():
                exec(drive_source(lines_of(driver, feed)), namespace)
                net = namespace["made"](inputs.network, x, t, 0.1)
                before = values_in(net, self._widths)
                local = namespace["drive"](net, x, t, x[0], t[0], 0.1)
                returned, output = local["returned"], local.get("output")
                after = families_in(net, "net", self._widths)
                given = families_in(returned, "returned", self._widths) if returned is not net else ([], [])
                outputs = outputs_in([output, returned, net], 1 if feed.is_row else PROBE_ROWS, self._widths[-1])
        except BaseException:  # whatever the code raises, or TooSlow: it is not driven so
            return [], ()
        return readings_of(parameters, before, after, given), outputs


@contextlib.contextmanager
def time_limit(seconds: float = ATTEMPT_SECONDS) -> Iterator[None]:
    """Raise TooSlow in what runs in this block after so many seconds, and again until it ends."""

    def stop(_: int, __: FrameType | None) -> None:
        raise TooSlow

    signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def _setting_lines(net: Any) -> Iterator[str]:
    """Assignments that switch off momentum and penalties, and give the learning rate, in attributes of an object."""
    for name, value in {**vars(type(net)), **getattr(net, "__dict__", {})}.items():
        role, is_number = role_of(name), isinstance(value, (int, float)) and not isinstance(value, bool)
        if is_number and role == "learning rate":
            yield f"net.{name} = learning_rate"
        elif isinstance(value, float) and role == "off" and value:
            yield f"net.{name} = 0.0"


def _likely_parameters(net: Any, widths: Sequence[int]) -> list[Parameters]:
    """Where the parameters may be, the likeliest first."""
    weights, biases = families_in(net, "net", widths)
    found: list[Parameters] = []
    for one in sorted(weights, key=_unlikeliness):
        if one.looks_changeable and found:
            break
        if arrangement(one.family.arrangement).b:
            found.append((one.family, None))
            continue
        likely = [b for b in biases if not b.looks_changeable]
        nearest = min(likely, key=partial(distance, one), default=None)
        found.append((one.family, nearest.family if nearest is not None else None))
    return found[:MOST_VARIANTS]


def _unlikeliness(found: Found) -> tuple[bool, bool, bool]:
    is_zero = all(not value.any() for value in found.values)
    return found.looks_changeable, is_zero, "bias unit" in found.family.arrangement
