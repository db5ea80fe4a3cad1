"""Drawing the network and the data of a case.

The random generator is seeded with the id of the case. So a case does not depend on other cases, on their order, or on
global random state.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np

from harness.cases import datasets
from harness.model.activations import ACTIVATIONS
from harness.model.contract import Array, Inputs, Layer, Network
from harness.model.costs import COSTS
from harness.model.errors import UnusableInput

if TYPE_CHECKING:
    from harness.cases.case import Case

_WEIGHT_SCALE = {"saturated": 12.0, "small": 1e-2}
_BIAS_SCALE = {"bias": 10.0}


def draw_inputs(case: Case, seed: int | None) -> Inputs:
    """The inputs of a case, as described in `Case.build`."""
    name = case.id if seed is None else f"{case.id} {seed}"
    random = np.random.default_rng(int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big"))
    network = _draw_network(case, random)
    if case.is_real:
        x, t = datasets.load_dataset(case.dataset, case.target).rows(case.batch, None if seed is None else random)
        if (x.shape[1], t.shape[1]) != (case.widths[0], case.widths[-1]):
            fitting = f"{x.shape[1]} at the start and {t.shape[1]} at the end"
            raise UnusableInput(f"widths {case.widths} on {case.dataset}: expected {fitting}")
    else:
        x, t = random.uniform(-1, 1, (case.batch, case.widths[0])), _draw_targets(case, random)
    if case.flag == "kink":
        x = np.where(np.arange(len(x))[:, None] % 4 == 0, 0.0, x)
    return Inputs(network, x.astype(case.dtype), t.astype(case.dtype))


def _draw_network(case: Case, random: np.random.Generator) -> Network:
    layers = []
    last, hidden = len(case.widths) - 2, case.hidden.split()
    for number, (fan_in, fan_out) in enumerate(zip(case.widths[:-1], case.widths[1:], strict=True)):
        # Variance 1 / fan_in (LeCun et al., "Efficient BackProp", 1998): z is of order 1 at every width.
        w = random.uniform(-1, 1, (fan_out, fan_in)) * np.sqrt(3 / fan_in) * _WEIGHT_SCALE.get(case.flag, 1.0)
        b = random.uniform(-0.5, 0.5, fan_out) * _BIAS_SCALE.get(case.flag, 1.0)
        if case.flag == "large" and number == last:
            w *= 10_000
        if case.flag == "dead" and number < last:
            b[::2] = -50
        if case.flag == "flat":
            b[::2] = np.linspace(20, 40, len(b[::2]))
        if case.flag == "kink":
            b[:] = 0
        activation = ACTIVATIONS[case.output if number == last else hidden[number % len(hidden)]]
        layers.append(Layer(w.astype(case.dtype), b.astype(case.dtype), activation))
    return Network(tuple(layers), COSTS[case.cost])


def _draw_targets(case: Case, random: np.random.Generator) -> Array:
    outputs = case.widths[-1]
    if case.flag == "soft":
        shares = random.uniform(0, 1, (case.batch, outputs))
        return np.asarray(shares / shares.sum(axis=1, keepdims=True))
    if case.output == "softmax" or case.flag == "classes":
        return datasets.one_hot(random.integers(outputs, size=case.batch), outputs)
    return random.uniform(0, 1, (case.batch, outputs))
