"""What a contender that stays computes, as a value that goes through its command line."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise

from benchmarks.races import Contender

# What a formulation is measured beside, as benchmarks.frameworks has it; that loads numpy, and this does not.
PRODUCTS, TORCH, JAX, AUTOGRAD = "matrix products", "PyTorch", "JAX, jit", "autograd"


@dataclass(frozen=True)
class Spec:
    """`what` of `name`: `gradient`, `step` or `epoch` of a formulation or a framework; see benchmarks.kernels for the
    others. `widths` runs from layer 0 to layer L; an epoch takes `rows` rows, `batch` at a time."""

    what: str
    name: str
    widths: tuple[int, ...]
    batch: int
    dtype: str = "float64"
    activations: str = "relu identity"
    rows: int = 0

    @staticmethod
    def from_json(text: str) -> Spec:
        data = json.loads(text)
        return Spec(**{**data, "widths": tuple(data["widths"])})

    def contender(self, name: str, threads: int, seconds: float, work: float) -> Contender:
        """The process that computes it."""
        command = (sys.executable, "-m", "benchmarks.kernel", json.dumps(asdict(self)), str(seconds))
        return Contender(name, command, True, threads, seconds, work)


def parameters(widths: Sequence[int]) -> int:
    """Weights and biases of a network of these widths."""
    return sum((fan_in + 1) * fan_out for fan_in, fan_out in pairwise(widths))


def products(widths: Sequence[int], batch: int) -> int:
    """Multiplications with additions in a backprop: for each weight and row, in z, in δ but to the input, in ∂C/∂W."""
    of_layers = [fan_in * fan_out * batch for fan_in, fan_out in pairwise(widths)]
    return 3 * sum(of_layers) - of_layers[0]
