"""The sizes at which formulations are measured, and the contenders at each size."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks.contenders.spec import AUTOGRAD, JAX, PRACTICAL, PRODUCTS, TORCH, Spec, multiply_adds, parameter_count
from benchmarks.runner.processes import REPOSITORY
from benchmarks.runner.races import Contender, Race
from harness.sandbox.processes.server import processors

GRADIENT, STEP, EPOCH = "gradient", "step", "epoch"
NETWORK_WIDTHS, BATCHES, DEPTHS = (8, 32, 128, 512, 2048), (1, 32, 512), (1, 2, 4, 8, 16)
HIDDEN_ACTIVATIONS = ("relu", "tanh", "sigmoid", "softplus")
EPOCH_ROWS = 1024
# Formulations with matrices are measured at every size; `matrices` may be missing.
FAST = ("row_matrices", PRACTICAL, "matrices")
LIBRARIES = (TORCH, JAX, AUTOGRAD)
# Formulations with one or two forward passes for every parameter.
PASS_PER_PARAMETER = frozenset({"finite_differences", "complex_step", "dual_numbers"})
CALL_SECONDS, SLOW_CALL_SECONDS = 20.0, 3.0  # the limits of one call


@dataclass(frozen=True)
class Place:
    """One size: `what` is computed for a network of `depth` layers, each of this width."""

    what: str = GRADIENT
    width: int = 128
    batch: int = 32
    dtype: str = "float64"
    depth: int = 3
    hidden: str = "relu"

    @property
    def name(self) -> str:
        """The name of its race."""
        return f"{self.what}, {self.depth} layers of {self.width} {self.hidden}, {self.batch} rows, {self.dtype}"

    @property
    def widths(self) -> tuple[int, ...]:
        """The widths of layers 0 to L."""
        return (self.width,) * (self.depth + 1)

    def race(self) -> Race:
        """The race between all contenders of this size; the races of a series differ in the width."""
        series = f"{self.what}, {self.depth} {self.hidden}, {self.batch} rows, {self.dtype}"
        return Race(self.name, tuple(self._contenders()), series)

    def _contenders(self) -> Iterator[Contender]:
        every = formulations()
        fast = [name for name in FAST if name in every]
        if self.what == GRADIENT:
            yield self._contender(PRODUCTS)
        yield from map(self._contender, [*fast, *LIBRARIES])
        if (self.batch, self.dtype, self.depth, self.hidden) == (32, "float64", 3, "relu") and self.what == GRADIENT:
            yield from (self._contender(name) for name in every if name not in fast)

    def _contender(self, name: str) -> Contender:
        rows = EPOCH_ROWS if self.what == EPOCH else 0
        spec = Spec(self.what, name, self.widths, self.batch, self.dtype, f"{self.hidden} identity", rows)
        passes = parameter_count(self.widths) if name in PASS_PER_PARAMETER else 1
        work = float(multiply_adds(self.widths, rows or self.batch) * passes)
        limit = CALL_SECONDS if name in (PRODUCTS, *FAST, *LIBRARIES) else SLOW_CALL_SECONDS
        return spec.contender(name, processors(), limit, work)


def formulations() -> list[str]:
    """The names of all implementations."""
    return sorted(path.stem for path in (REPOSITORY / "implementations").glob("*.py"))
