"""A size at which the formulations are measured, and who is measured there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks.processes import ROOT
from benchmarks.races import Contender, Race
from benchmarks.spec import AUTOGRAD, JAX, PRODUCTS, TORCH, Spec, parameters, products
from harness.sandbox.processes.server import processors

GRADIENT, STEP, EPOCH = "gradient", "step", "epoch"
WIDTHS, BATCHES, DEPTHS = (8, 32, 128, 512, 2048), (1, 32, 512), (1, 2, 4, 8, 16)
HIDDEN = ("relu", "tanh", "sigmoid", "softplus")
ROWS = 1024  # of an epoch
PRACTICAL = "batched_matrices"
# Those that compute with matrices, of which one may not be there; they are measured everywhere.
FAST = ("row_matrices", PRACTICAL, "matrices")
LIBRARIES = (TORCH, JAX, AUTOGRAD)
# One pass forward for every parameter, or two.
BY_PARAMETER = frozenset({"finite_differences", "complex_step", "dual_numbers"})
LIMIT, SLOW_LIMIT = 20.0, 3.0  # seconds of one call


@dataclass(frozen=True)
class Place:
    """One size: `what` of a network of `depth` layers, all of this width."""

    what: str = GRADIENT
    width: int = 128
    batch: int = 32
    dtype: str = "float64"
    depth: int = 3
    hidden: str = "relu"

    @property
    def name(self) -> str:
        """That of its race."""
        return f"{self.what}, {self.depth} layers of {self.width} {self.hidden}, {self.batch} rows, {self.dtype}"

    @property
    def widths(self) -> tuple[int, ...]:
        return (self.width,) * (self.depth + 1)

    def race(self) -> Race:
        series = f"{self.what}, {self.depth} {self.hidden}, {self.batch} rows, {self.dtype}"  # over the widths
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
        rows = ROWS if self.what == EPOCH else 0
        spec = Spec(self.what, name, self.widths, self.batch, self.dtype, f"{self.hidden} identity", rows)
        passes = parameters(self.widths) if name in BY_PARAMETER else 1
        work = float(products(self.widths, rows or self.batch) * passes)
        return spec.contender(name, processors(), LIMIT if name in (PRODUCTS, *FAST, *LIBRARIES) else SLOW_LIMIT, work)


def formulations() -> list[str]:
    return sorted(path.stem for path in (ROOT / "implementations").glob("*.py"))
