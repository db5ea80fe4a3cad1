"""No false alarm on layers: right formulations on random shapes, every number compared with its bound."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from harness.jobs.evidence.layers.forms import forms_of
from harness.layers.cases import draw_resized
from harness.layers.library import known_layers
from harness.layers.standards import TracedCase
from harness.layers.verdicts.compare import ratios

BLOCK_OF_CASES = 50  # between two reports of progress


@dataclass
class LayerTally:
    """The numbers that each formulation of each layer computed, those out of bounds, and the largest error / bound."""

    entries: Counter[str] = field(default_factory=Counter)
    alarms: Counter[str] = field(default_factory=Counter)
    worst: dict[str, float] = field(default_factory=dict)

    def count(self, name: str, found: np.ndarray) -> None:
        """Count the ratios of one array."""
        self.entries[name] += found.size
        self.alarms[name] += int((found > 1).sum())
        self.worst[name] = max(self.worst.get(name, 0.0), float(found.max(initial=0.0)))


def sound_layers(entries: int, seed: int) -> Iterator[LayerTally]:
    """Try right formulations until so many numbers are compared; the tally so far, now and then."""
    generator, tally, cases = np.random.default_rng([seed, 20]), LayerTally(), 0
    layers = [*known_layers().values()]
    while tally.entries.total() < entries:
        layer = layers[cases % len(layers)]
        name = [*layer.cases][int(generator.integers(len(layer.cases)))]
        case = draw_resized(layer, name, generator)
        for dtype in ("float64", "float32"):
            given = case.rounded_to(dtype)
            standards = TracedCase(given, dtype).standards()
            for form, compute in forms_of(layer, dtype).items():
                for key, array in compute(given).items():
                    tally.count(f"{layer.name}: {form}", ratios(array, standards[key]))
        cases += 1
        if cases % BLOCK_OF_CASES == 0:
            yield tally
    yield tally
