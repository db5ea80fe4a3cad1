"""How the errors that are surely seen grow with the size of the network: by the bounds alone, and by recognition."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from harness.judging.arithmetic.formats import BFLOAT16, TF32, TF32_TRUNCATED, NarrowFormat
from harness.judging.arithmetic.named import named_arithmetic
from harness.judging.arithmetic.observation import Observation
from harness.judging.arithmetic.parts import MAIN_SCOPES, narrowed, quantities
from harness.judging.arithmetic.recognise import FALSE_ALARM_RISK
from harness.model.activations import ACTIVATIONS
from harness.model.contract import Inputs, Layer, Network
from harness.model.costs import COSTS, UNSCALED
from harness.model.textbook import Textbook
from harness.reporting.document import Chapter, DataTable, Paragraph
from harness.truth.certify import Standard, certify

# Widths and rows, from networks of which every digit is seen to those of a graphics processor.
GROWING = (((64, 64, 10), 32), ((256, 256, 10), 128), ((784, 256, 128, 10), 256), ((1024, 1024, 1024, 10), 512))
NARROW_PRODUCTS = {"TF32": TF32, "TF32, truncated": TF32_TRUNCATED, "bfloat16": BFLOAT16}
ETA = 0.1


@dataclass(frozen=True)
class Growth:
    """One network: the smallest relative error of the median gradient of layer 1 that is out of bounds, the seconds of
    the truth and the bounds, and for each arithmetic of the products its largest error / bound, the name that was found
    and the seconds of the recognition."""

    widths: tuple[int, ...]
    rows: int
    smallest: float
    certify_seconds: float
    seen: dict[str, tuple[float, str, float]]


def growing_inputs(widths: tuple[int, ...], rows: int) -> Inputs:
    """A tanh network with softmax, in float32."""
    random, layers = np.random.default_rng(widths), []
    for l, (fan_in, fan_out) in enumerate(pairwise(widths), start=1):
        w = random.normal(size=(fan_out, fan_in)) / np.sqrt(fan_in)
        activation = ACTIVATIONS["softmax" if l == len(widths) - 1 else "tanh"]
        layers.append(Layer(w.astype("float32"), np.zeros(fan_out, "float32"), activation))
    x = random.normal(size=(rows, widths[0])).astype("float32")
    t = np.eye(widths[-1], dtype="float32")[random.integers(widths[-1], size=rows)]
    return Inputs(Network(tuple(layers), COSTS["cross_entropy"]), x, t)


def growths() -> Iterator[Growth]:
    """Each network as it is done."""
    for widths, rows in GROWING:
        inputs = growing_inputs(widths, rows)
        start = time.perf_counter()
        standards = certify(inputs, ETA, "float32")
        seconds = time.perf_counter() - start
        weights = standards["w", 1]
        seen = {name: _recognised(inputs, standards, narrow) for name, narrow in NARROW_PRODUCTS.items()}
        seen["float32"] = _recognised(inputs, standards, None)
        smallest = 2 * np.median(weights.bound) / np.median(np.abs(weights.truth.high))
        yield Growth(widths, rows, float(smallest), seconds, seen)


def _recognised(
    inputs: Inputs, standards: dict[tuple[str, int], Standard], narrow: NarrowFormat | None
) -> tuple[float, str, float]:
    """Code in float32 whose products take their factors in a narrow format."""
    formulation = Textbook if narrow is None else narrowed(narrow, MAIN_SCOPES[0][1])
    found = quantities(formulation, inputs, ETA, UNSCALED, {"w", "b"})
    values = {key: np.asarray(array, np.float64) for key, array in found.items()}
    one = Observation(inputs, ETA, "float32", values, standards)
    start = time.perf_counter()
    named = named_arithmetic([one])
    return one.largest_ratio, "" if named is None else named.name, time.perf_counter() - start


def growth_chapter(found: list[Growth]) -> Chapter:
    """The chapter of the report."""
    text = (
        "The bound on the rounding error of a gradient grows faster with the size than rounding errors do. So in large "
        "float32 networks, products with factors of 11 or 8 significant bits are within all bounds. They are "
        f"recognised: emulating them reproduces the errors, which has a probability below "
        f"{FALSE_ALARM_RISK:.0e} for other errors. "
        "*One gradient*: the smallest relative error of a gradient of median size in layer 1 that is out of bounds. "
        "*By the bounds*: whether some gradient is out of bounds."
    )
    return Chapter("Large networks", (Paragraph(text), _growth_table(found)))


def _growth_table(found: list[Growth]) -> DataTable:
    rows = [
        [
            f"{'-'.join(map(str, one.widths))}, {one.rows} rows",
            f"{one.smallest:.0e}",
            f"{one.certify_seconds:.1f}",
            name,
            f"{ratio:.1e}",
            "out of bounds" if ratio > 1 else "not seen",
            named or "not named",
            f"{seconds:.1f}",
        ]
        for one in found
        for name, (ratio, named, seconds) in one.seen.items()
    ]
    header = ["network", "one gradient", "seconds of the truth", "products in", "largest error / bound"]
    return DataTable.of([*header, "by the bounds", "recognised as", "seconds"], rows)
