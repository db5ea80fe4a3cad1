"""A plan: how to make somebody's network, set its parameters, feed it, and read what it computes."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from typing import Any

from harness.sandbox.inference.adapter.arrangements import arrangement
from harness.sandbox.inference.adapter.feeds import Feed
from harness.sandbox.inference.adapter.names import names_in


@dataclass(frozen=True)
class FittedFormula:
    """The activations of the hidden layers and of the output, and the cost."""

    hidden: str
    output: str
    cost: str


@dataclass(frozen=True)
class Family:
    """One array a layer, as Python expressions.

    `head` reaches the array of the layer with the number `l`, from 0, or the list of items that hold its parts; `tails`
    lead from an item of a list to what it holds, once for each list. `leaf` is what stands at the end: "array",
    "integers" (an array of them), "list" or "number". `arrangement` is its name in `arrangements`. `is_general` says
    that the head holds for any number of layers. `heads`, if there are any, are to be assigned to, one a layer: the
    arrays that the code made are of other sizes, or of integers.
    """

    head: str
    tails: tuple[str, ...]
    leaf: str
    arrangement: str
    is_general: bool
    heads: tuple[str, ...] = ()

    @property
    def place(self) -> tuple[object, ...]:
        """Where the arrays are, whatever their arrangement."""
        return self.head, self.tails


@dataclass(frozen=True)
class Driver:
    """Calls in order. The last one is the value `returned`. `has_pairs` says how the data are given."""

    lines: tuple[str, ...]
    has_pairs: bool


@dataclass(frozen=True)
class Reading:
    """Where the gradients are found after the calls.

    `function` is "backprop" if the arrays are gradients, and "step" if they are the moved weights and biases. `where`
    says it in words: "returned", "beside the weights", "moved". `biases` is None if they are in the arrays of the
    weights, or nowhere.
    """

    function: str
    where: str
    weights: Family
    biases: Family | None


@dataclass(frozen=True)
class Plan:
    """How to compute the gradients, or one step, with somebody's code.

    `make` is an expression in the names of the file and `widths`; `settings` are assignments to attributes of what was
    made, such as a learning rate. `weights` and `biases` are where the parameters are set. `widths` are those of the
    network on which it ran.
    """

    make: str
    settings: tuple[str, ...]
    weights: Family
    biases: Family | None
    driver: Driver
    feed: Feed
    widths: tuple[int, ...]
    reading: Reading

    @property
    def parameters(self) -> tuple[object, ...]:
        """What two plans must share to be in one adapter: how the network is made and its parameters are set."""
        return self.make, self.settings, self.weights, self.biases

    @property
    def has_biases(self) -> bool:
        """Whether the network has biases."""
        return hold_biases(self.weights, self.biases)

    @property
    def lines(self) -> tuple[str, ...]:
        """The calls, with the data in them."""
        return lines_of(self.driver, self.feed)

    @property
    def call(self) -> str:
        """The last of the calls."""
        return self.lines[-1].removeprefix("returned = ")

    @property
    def called(self) -> str:
        """What is called last, without its arguments."""
        return self.call.partition("(")[0]

    @property
    def is_general(self) -> bool:
        """Whether its expressions hold for any number of layers."""
        families = (self.weights, self.biases, self.reading.weights, self.reading.biases)
        return not self.has_fixed_depth and all(one is None or one.is_general for one in families)

    @property
    def uses_learning_rate(self) -> bool:
        """Whether the learning rate is given to the code."""
        used = names_in([self.make, *self.lines, *(line.partition("=")[2].strip() for line in self.settings)])
        return "learning_rate" in used

    @property
    def has_fixed_depth(self) -> bool:
        """Whether the expression that makes the network has a size for each of its layers."""
        return re.search(r"widths\[[1-9]\d*\]", self.make) is not None


def hold_biases(weights: Family, biases: Family | None) -> bool:
    """Whether a network whose parameters are in these places has biases: apart, or in the arrays of the weights."""
    return biases is not None or bool(arrangement(weights.arrangement).b)


def lines_of(driver: Driver, feed: Feed) -> tuple[str, ...]:
    """The calls of a driver, with the data in them."""
    values = {"{x}": feed.x, "{t}": feed.t, "{pairs}": feed.pairs}
    return tuple(re.sub("|".join(values), lambda found: values[found[0]], line) for line in driver.lines)


def plan_text(plan: Plan) -> str:
    """The plan as JSON."""
    return json.dumps(asdict(plan))


def plan_from(text: str) -> Plan:
    """The plan from JSON. Raises ValueError, KeyError or TypeError for any other text."""
    data = json.loads(text)
    return Plan(
        str(data["make"]),
        tuple(map(str, data["settings"])),
        _family_from(data["weights"]),
        _optional(data["biases"]),
        Driver(tuple(map(str, data["driver"]["lines"])), bool(data["driver"]["has_pairs"])),
        Feed(**data["feed"]),
        tuple(map(int, data["widths"])),
        _reading_from(data["reading"]),
    )


def _reading_from(data: Any) -> Reading:
    weights, biases = _family_from(data["weights"]), _optional(data["biases"])
    return Reading(str(data["function"]), str(data["where"]), weights, biases)


def _optional(data: Any) -> Family | None:
    return None if data is None else _family_from(data)


def _family_from(data: Any) -> Family:
    return Family(
        str(data["head"]),
        tuple(map(str, data["tails"])),
        str(data["leaf"]),
        str(data["arrangement"]),
        bool(data["is_general"]),
        tuple(map(str, data["heads"])),
    )
