"""What a self-timing contender computes, as a value that can be passed on a command line."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise

from benchmarks.runner.races import Contender

# What a formulation is compared with. They stand here because benchmarks.contenders.frameworks loads numpy.
PRODUCTS, TORCH, JAX, AUTOGRAD = "matrix products", "PyTorch", "JAX, jit", "autograd"
PRACTICAL = "batched_matrices"  # the formulation that one would use; it is correct
TANH_IDENTITY = "tanh identity"  # tanh in the hidden layers, no activation in the last


@dataclass(frozen=True)
class Spec:
    """What is computed, and by what: `gradient`, `step` or `epoch` of a formulation or a framework.

    benchmarks.contenders.computations lists the other values of `what`. `widths` are those of layers 0 to L. An epoch
    takes `rows` rows in batches of `batch` rows.
    """

    what: str
    name: str
    widths: tuple[int, ...]
    batch: int
    dtype: str = "float64"
    activations: str = "relu identity"
    rows: int = 0

    @staticmethod
    def from_json(text: str) -> Spec:
        """The inverse of what `contender` writes. Raises ValueError, KeyError or TypeError for other text."""
        data = json.loads(text)
        return Spec(**{**data, "widths": tuple(data["widths"])})

    def contender(self, name: str, threads: int, seconds: float, work: float) -> Contender:
        """The process that computes it."""
        command = (sys.executable, "-m", "benchmarks.contenders.timer", json.dumps(asdict(self)), str(seconds))
        return Contender(name, command, True, threads, seconds, work)


def parameter_count(widths: Sequence[int]) -> int:
    """The number of weights and biases of a network of these widths."""
    return sum((fan_in + 1) * fan_out for fan_in, fan_out in pairwise(widths))


def multiply_adds(widths: Sequence[int], batch: int) -> int:
    """The multiplications with addition of a backprop: one for each weight and row in z, in δ (not for the input), and
    in ∂C/∂W."""
    of_layers = [fan_in * fan_out * batch for fan_in, fan_out in pairwise(widths)]
    return 3 * sum(of_layers) - of_layers[0]
