"""Try what the classes and functions of a file do, in its own process: which plans give arrays of the right shapes.

Whether the numbers are right is not known here.
"""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from types import FrameType, ModuleType
from typing import Any, TypeAlias

import numpy as np

from harness.model.contract import Inputs
from harness.sandbox.inference.adapter.arrangements import arrangement
from harness.sandbox.inference.adapter.feeds import FEEDS, Feed
from harness.sandbox.inference.adapter.names import adapter_names, renamed
from harness.sandbox.inference.adapter.plan import Driver, Family, Plan, Reading, lines_of
from harness.sandbox.inference.adapter.render import drive_source, made_source, unit_source
from harness.sandbox.inference.exploring.drivers import drivers_of
from harness.sandbox.inference.exploring.families import Found, families_in
from harness.sandbox.inference.exploring.makers import makers_in, with_names
from harness.sandbox.inference.exploring.places import Path, places_in
from harness.sandbox.inference.exploring.roles import role_of
from harness.sandbox.inference.probes import random_inputs

PROBE_WIDTHS = ((7, 5, 3), (9, 7, 5, 3), (7, 5, 1), (5, 3), (5, 1))  # all different in each network, also with 1 added
PROBE_ROWS = 4
ATTEMPT_SECONDS = 0.5  # of one attempt
MOST_PLANS = 60
MOST_VARIANTS = 4  # of the places of the parameters
MOST_OUTPUTS = 20
MOST_BIASES = 2  # families of biases that are tried beside a family of weights
PINNED = {"sigmoid": "40.0", "tanh": "20.0", "relu": "1.0"}  # f(z) is 1 in float64
Namespace: TypeAlias = "dict[str, Any]"
Outputs: TypeAlias = "tuple[tuple[float, ...], ...]"
Parameters: TypeAlias = "tuple[Family, Family | None]"


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
    has_network = False
    for widths in PROBE_WIDTHS:
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
                has_network = has_network or attempt.has_network
                reasons.insert(0 if attempt.has_network else len(reasons), attempt.reason)
        if found or has_network:  # a part of the network must not stand for the whole
            break
    return found[:MOST_PLANS], reasons[0] if has_network else reasons[-1]


class _Attempt:
    """The attempts with one expression that makes a network. Creating it raises whatever the expression raises."""

    def __init__(self, module: ModuleType, make: str, widths: Sequence[int]) -> None:
        self._module, self._make, self._widths = module, with_names(module, make), widths
        self.reason = f"{make} holds no arrays of the shapes of weights between layers of {list(widths)} units"
        with time_limit():
            net = eval(self._make, {**adapter_names(module), "widths": list(widths), "learning_rate": 0.1})
        self._settings = tuple(_setting_lines(net))
        self._drivers = drivers_of(module, net)
        self._parameters = _likely_parameters(net, widths)
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
            for driver in self._drivers:
                for feed in FEEDS:
                    if bool(feed.pairs) == driver.has_pairs and (not feed.has_single_output or self._widths[-1] == 1):
                        readings, outputs = self._run(namespace, inputs, driver, feed, (weights, biases))
                        for reading in readings:
                            widths = tuple(self._widths)
                            plan = Plan(self._make, self._settings, weights, biases, driver, feed, widths, reading)
                            yield Explored(plan, outputs)

    def _run(
        self, namespace: Namespace, inputs: Inputs, driver: Driver, feed: Feed, parameters: Parameters
    ) -> tuple[list[Reading], Outputs]:
        """Each place where gradients or moved parameters may be, and what may be outputs; nothing if a call fails."""
        x, t = inputs.x.copy(), inputs.t.copy()
        try:
            with time_limit():
                exec(drive_source(lines_of(driver, feed)), namespace)
                net = namespace["made"](inputs.network, 0.1)
                before = _values(net, self._widths)
                local = namespace["drive"](net, x, t, x[0], t[0], 0.1)
                returned, output = local["returned"], local.get("output")
                after = families_in(net, "net", self._widths)
                given = families_in(returned, "returned", self._widths) if returned is not net else ([], [])
                outputs = _outputs([output, returned, net], 1 if feed.is_row else PROBE_ROWS, self._widths[-1])
        except BaseException:  # whatever the code raises, or TooSlow: it is not driven so
            return [], ()
        weights, biases = parameters
        own = {one.place for one in parameters if one is not None}
        is_moved = any(one.family.place in own and _differs(one, before) for some in after for one in some)
        beside = [[one for one in some if one.family.place not in own and _differs(one, before)] for some in after]
        readings = [Reading("step", "moved", weights, biases)] if is_moved else []
        readings += _pairs("backprop", "beside the weights", beside[0], beside[1], has_biases=biases is not None)
        readings += _pairs("backprop", "returned", given[0], given[1], has_biases=biases is not None)
        readings += _pairs("step", "returned", given[0], given[1], has_biases=biases is not None)
        return readings, outputs


def _outputs(roots: Sequence[Any], rows: int, outputs: int) -> Outputs:
    """What may be the outputs of the network for some rows, each flat, row by row."""
    shapes = {(rows, outputs), (outputs, rows), *([(outputs,)] if rows == 1 else [(rows,)] if outputs == 1 else [])}
    found: dict[tuple[float, ...], None] = {}
    for place in (place for root in roots for place in places_in([root])):
        if place.value.shape in shapes:
            array = place.value.T if place.value.shape == (outputs, rows) else place.value
            found.setdefault(tuple(array.ravel().tolist()))
    return tuple(found)[:MOST_OUTPUTS]


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


def pinned_for(hidden: str) -> str:
    """The input at which an activation is 1, as text, for a bias unit."""
    return PINNED.get(hidden, "1.0")


def _setting_lines(net: Any) -> Iterator[str]:
    """Assignments that switch off momentum and penalties, and give the learning rate, in attributes of an object."""
    for name, value in list(getattr(net, "__dict__", {}).items()):
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
        others = sorted(likely, key=lambda b, one=one: -_similarity(one.paths[0], b.paths[0]))  # type: ignore[misc]
        found.append((one.family, others[0].family if others else None))
    return found[:MOST_VARIANTS]


def _unlikeliness(found: Found) -> tuple[bool, bool, bool]:
    is_zero = all(not value.any() for value in found.values)
    return found.looks_changeable, is_zero, "bias unit" in found.family.arrangement


def _similarity(one: Path, other: Path) -> int:
    """How many steps two paths share from their start."""
    same = [a == b for a, b in zip(one, other, strict=False)]
    return (same.index(False) if False in same else len(same)) * 2 + (len(one) == len(other))


def _values(net: Any, widths: Sequence[int]) -> dict[str, tuple[Any, ...]]:
    return {repr(one.family): one.values for some in families_in(net, "net", widths) for one in some}


def _differs(found: Found, before: dict[str, tuple[Any, ...]]) -> bool:
    old = before.get(repr(found.family))
    return old is None or any(not np.array_equal(a, b) for a, b in zip(old, found.values, strict=True))


def _pairs(
    function: str, where: str, weights: Sequence[Found], biases: Sequence[Found], *, has_biases: bool
) -> list[Reading]:
    """The readings from these families: weights with biases in them, or with biases that are near them."""
    found = []
    for one in weights:
        if arrangement(one.family.arrangement).b:
            found.append(Reading(function, where, one.family, None))
            continue
        if not has_biases:
            found.append(Reading(function, where, one.family, None))
            continue
        near: Callable[[Found], int] = lambda b, one=one: -_similarity(one.paths[0], b.paths[0])  # type: ignore[misc] # noqa: E731
        for other in sorted(biases, key=near)[:MOST_BIASES]:
            found.append(Reading(function, where, one.family, other.family))
    return found
