"""What can be done with one network of a file: which calls run, and which arrays of the right shapes they give."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from itertools import islice, product
from types import ModuleType
from typing import Any, TypeAlias

from harness.model.contract import Inputs
from harness.sandbox.inference.adapter.arrangements import arrangement
from harness.sandbox.inference.adapter.feeds import FEEDS, Feed
from harness.sandbox.inference.adapter.names import adapter_names
from harness.sandbox.inference.adapter.plan import Driver, Plan, hold_biases, lines_of
from harness.sandbox.inference.adapter.render import drive_source, made_source, unit_source
from harness.sandbox.inference.exploring.drivers import DrivingCalls
from harness.sandbox.inference.exploring.families import Found, bias_numbers, families_in
from harness.sandbox.inference.exploring.makers import with_names
from harness.sandbox.inference.exploring.readings import (
    Outputs,
    Parameters,
    distance,
    number_in,
    outputs_in,
    readings_of,
    values_in,
)
from harness.sandbox.inference.exploring.resizing import resized
from harness.sandbox.inference.exploring.roles import AMBIGUOUS_RATES, role_of, words_of
from harness.sandbox.inference.hosting.running import Progress, TooSlow, progress_of, time_limit
from harness.sandbox.inference.probes import PINNED, PROBE_ROWS, random_inputs, turned

MOST_SLOW = 2  # attempts with the same calls that are too slow
MOST_PLANS_OF_PLACES = 40  # with the same places of the parameters
MOST_VARIANTS = 4  # of the places of the parameters
Namespace: TypeAlias = "dict[str, Any]"


@dataclass(frozen=True)
class Explored:
    """A plan that runs, and what may be the outputs of the network, each flat, row by row."""

    plan: Plan
    outputs: Outputs


@dataclass(frozen=True)
class CostValues:
    """What may be the cost of a network: for a batch, or the first row of it; for `random_inputs`, then `turned`."""

    widths: tuple[int, ...]
    has_biases: bool
    is_row: bool
    values: tuple[float, float]


class NetworkAttempt:
    """The attempts with one expression that makes a network. Creating it raises whatever the expression raises."""

    def __init__(self, module: ModuleType, make: str, widths: Sequence[int]) -> None:
        self._module, self._make, self._widths = module, with_names(module, make), tuple(widths)
        given = random_inputs(widths, PROBE_ROWS)
        names = {"widths": list(widths), "learning_rate": 0.1, "x": given.x, "t": given.t}
        with time_limit():
            net = eval(self._make, {**adapter_names(module), **names})
        self._furthest = Progress()
        self._settings = tuple(_setting_lines(net))
        calls = DrivingCalls(module, net, make)
        self._drivers, self._costs = calls.drivers(), calls.costs()
        self._parameters = _likely_parameters(net, widths)
        if not self._parameters and "widths" not in make:
            self._parameters = resized(net, widths)
        # Biases that cannot be read must not pass for none.
        has_weights_only = bool(self._parameters) and not any(hold_biases(*one) for one in self._parameters)
        self._unread = bias_numbers(net, "net") if has_weights_only else []
        if self._unread:
            self._parameters = []

    @property
    def reason(self) -> str:
        """Why there are no plans: what the call that came furthest raised, if any did."""
        if self._unread:
            expected = "expected arrays with one bias for each unit of a layer"
            return f"{self._make}: {expected}, found the single number {self._unread[0]}"
        if not self._parameters:
            return f"{self._make} holds no arrays of the shapes of weights between layers of {[*self._widths]} units"
        *others, last = self._widths
        if not self._drivers:
            return (
                f"nothing of {self._make} has the name and the arguments of a backward pass or of training, such as "
                "backprop(x, y) or train(x, y, learning_rate)"
            )
        if self._furthest.raised:
            return f"with layers of {', '.join(map(str, others))} and {last} units, {self._furthest.raised}"
        return f"no function or method of {self._make} computes arrays of the shapes of its weights"

    @property
    def has_network(self) -> bool:
        """Whether the file itself has made something with the weights of every layer."""
        return bool(self._parameters or self._unread) and not self._make.startswith("dict(")

    def plans(self) -> list[Explored]:
        """The plans that run and give arrays of the right shapes, with the settings, and without them: a name may mean
        something else, such as `alpha` the slope of a leaky relu."""
        found: list[Explored] = []
        for parameters in self._parameters:
            ways = self._ways(self._drivers)
            for settings in dict.fromkeys([self._settings, ()]):
                plans = list(islice(self._plans(parameters, settings, ways), MOST_PLANS_OF_PLACES))
                ways = list(dict.fromkeys((one.plan.driver, one.plan.feed) for one in plans)) or ways
                found += plans
        return found

    def _plans(
        self, parameters: Parameters, settings: tuple[str, ...], ways: Sequence[tuple[Driver, Feed]]
    ) -> Iterator[Explored]:
        inputs, namespace = self._inputs(parameters), self._namespace(parameters, settings)
        slow = Counter[Driver]()
        for driver, feed in ways:
            if slow[driver] >= MOST_SLOW:
                continue
            try:
                local, before = self._run(namespace, inputs, driver, feed)
                net, returned = local["net"], local["returned"]
                after = families_in(net, "net", self._widths)
                given = families_in(returned, "returned", self._widths) if returned is not net else ([], [])
                rows = 1 if feed.is_row else PROBE_ROWS
                outputs = outputs_in([local.get("output"), returned, net], rows, self._widths[-1])
            except BaseException as error:  # whatever the code raises, or TooSlow: it is not driven so
                slow[driver] += isinstance(error, TooSlow)
                self._furthest = max(self._furthest, progress_of(error, self._module, lines_of(driver, feed)))
                continue
            for reading in readings_of(parameters, before, after, given):
                plan = Plan(self._make, settings, *parameters, driver, feed, self._widths, reading)
                yield Explored(plan, outputs)

    def costs(self) -> Iterator[CostValues]:
        """Values that may be those of the cost."""
        for parameters in self._parameters:
            inputs, namespace = self._inputs(parameters), self._namespace(parameters, self._settings)
            for driver, feed in self._ways(self._costs):
                try:
                    numbers = [
                        number_in(self._run(namespace, one, driver, feed)[0]["returned"])
                        for one in (inputs, turned(inputs))
                    ]
                except BaseException:
                    continue
                first, second = numbers
                if first is not None and second is not None:
                    yield CostValues(self._widths, hold_biases(*parameters), feed.is_row, (first, second))

    def _inputs(self, parameters: Parameters) -> Inputs:
        return random_inputs(self._widths, PROBE_ROWS, has_biases=hold_biases(*parameters))

    def _namespace(self, parameters: Parameters, settings: tuple[str, ...]) -> Namespace:
        """The names of the file, and the function `made`."""
        namespace = {**adapter_names(self._module), "widths": list(self._widths)}
        unit, made = unit_source(parameters[0], PINNED["sigmoid"]), made_source(self._make, settings, *parameters)
        with suppress(SyntaxError, ValueError):  # a name that Python cannot write: then `made` is missing in each call
            exec(f"{unit}\n\n{made}", namespace)
        return namespace

    def _ways(self, drivers: Sequence[Driver]) -> list[tuple[Driver, Feed]]:
        """The calls with each way to give them the data, each once."""
        found: dict[tuple[str, ...], tuple[Driver, Feed]] = {}
        for driver, feed in product(drivers, FEEDS):
            if bool(feed.pairs) == driver.has_pairs and (not feed.has_single_output or self._widths[-1] == 1):
                found.setdefault(lines_of(driver, feed), (driver, feed))
        return list(found.values())

    def _run(
        self, namespace: Namespace, inputs: Inputs, driver: Driver, feed: Feed
    ) -> tuple[Namespace, dict[Any, tuple[Any, ...]]]:
        """The variables after the calls, with the network as `net`, and the numbers that it held before.

        Raises whatever the code raises, and TooSlow.
        """
        x, t = inputs.x.copy(), inputs.t.copy()
        with time_limit():
            exec(drive_source(lines_of(driver, feed)), namespace)
            net = namespace["made"](inputs.network, x, t, 0.1)
            before = values_in(net, self._widths)
            return namespace["drive"](net, x, t, x[0], t[0], 0.1), before


def _setting_lines(net: Any) -> Iterator[str]:
    """Assignments that switch off momentum and penalties, and give the learning rate, in attributes of an object.

    `alpha` and `rate` are names of the learning rate only where nothing else is called so.
    """
    values = {**vars(type(net)), **getattr(net, "__dict__", {})}
    numbers = {
        name: value
        for name, value in values.items()
        if isinstance(name, str) and name.isidentifier() and isinstance(value, (int, float)) and type(value) is not bool
    }
    rates = [name for name in numbers if role_of(name) == "learning rate"]
    clear = [name for name in rates if not AMBIGUOUS_RATES.intersection(words_of(name)) or "learning" in name.lower()]
    yield from (f"net.{name} = learning_rate" for name in clear or rates)
    off = (name for name, value in numbers.items() if role_of(name) == "off" and isinstance(value, float) and value)
    yield from (f"net.{name} = 0.0" for name in off)


def _likely_parameters(net: Any, widths: Sequence[int]) -> list[Parameters]:
    """Where the parameters may be, the likeliest first."""
    weights, biases = families_in(net, "net", widths)
    found: list[Parameters] = []
    for one in sorted(weights, key=_unlikeliness):
        if one.looks_changeable and found:
            break
        apart = [] if arrangement(one.family.arrangement).b else [b for b in biases if not b.overlaps(one)]
        likely = [b for b in apart if not b.looks_changeable]
        nearest = min(likely, key=partial(distance, one), default=None)
        found.append((one.family, nearest.family if nearest is not None else None))
    return found[:MOST_VARIANTS]


def _unlikeliness(found: Found) -> tuple[bool, bool, bool]:
    is_zero = all(not value.any() for value in found.values)
    return found.looks_changeable, is_zero, "bias unit" in found.family.arrangement
