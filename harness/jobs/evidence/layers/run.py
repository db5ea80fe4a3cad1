"""What the report on layers shows: every layer by each formulation, and every mistake before each check."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from harness.jobs.evidence.layers.formulations import Computed, by_numpy, by_torch
from harness.jobs.evidence.layers.usual_checks import USUAL_CHECKS, Backward
from harness.layers.cases import LayerCase, draw
from harness.layers.definition import Definition, LayerMistake
from harness.layers.standards import TracedCase
from harness.layers.verdicts.changes import is_in
from harness.layers.verdicts.compare import is_near, ratios
from harness.layers.verdicts.explain import explain
from harness.model.contract import Array

SEED = 1
FOUND, PASSED, UNUSABLE = "found", "passed", "unusable"
LAYER_FORMULATIONS: Mapping[str, tuple[str, Callable[[LayerCase], Computed]]] = {
    "numpy": ("float64", by_numpy),
    "PyTorch": ("float64", lambda case: by_torch(case, "float64")),
    "PyTorch, float32": ("float32", lambda case: by_torch(case, "float32")),
}


@dataclass(frozen=True)
class Agreement:
    """One layer by one formulation: the largest error / bound over its cases, and how many numbers were compared."""

    layer: str
    formulation: str
    worst: float
    numbers: int


@dataclass(frozen=True)
class Killed:
    """One mistake: in how many of the layer's cases it is seen, what the checker says of it, and what each usual check
    makes of those cases: FOUND, PASSED, or UNUSABLE if it rejects the right formulation in each of them."""

    layer: str
    mistake: LayerMistake
    seen: int
    of: int
    said: str
    is_named: bool
    usual: Mapping[str, str]


def agreements(layer: Definition) -> Iterator[Agreement]:
    """The layer by each formulation that has it."""
    for name, (dtype, compute) in LAYER_FORMULATIONS.items():
        if name != "numpy" and layer.reference is None:
            continue
        worst, numbers = 0.0, 0
        for case_name in layer.cases:
            case = draw(layer, case_name, SEED).rounded_to(dtype)
            standards = TracedCase(case, dtype).standards()
            for key, array in compute(case).items():
                worst = max(worst, float(ratios(array, standards[key]).max(initial=0.0)))
                numbers += array.size
        yield Agreement(layer.name, name, worst, numbers)


def killed(layer: Definition, mistake: LayerMistake) -> Killed:
    """One mistake before the checker, and before the usual checks; under the convention in which it can be seen."""
    tried = (_killed_under(variant, mistake) for variant in (layer, *map(layer.under, layer.conventions)))
    found = []
    for one in tried:
        found.append(one)
        if one.is_named:
            return one
    return found[0]


def _killed_under(layer: Definition, mistake: LayerMistake) -> Killed:
    traced = {name: TracedCase(draw(layer, name, SEED)) for name in layer.cases}
    values = {name: by_numpy(one.case, mistake) for name, one in traced.items()}
    right = {name: one.standards() for name, one in traced.items()}
    seen = [name for name in values if not all(is_near(values[name][key], right[name][key]) for key in values[name])]
    names = (*layer.results, *layer.gradients)
    wrong = [key for key in names if not all(is_near(values[name][key], right[name][key]) for name in values)]
    said = explain(layer, wrong, values, traced)
    return Killed(
        layer.name,
        mistake,
        len(seen),
        len(layer.cases),
        "; ".join(dict.fromkeys(one.sentence for one in said)),
        any(one.mistake == mistake for one in said),
        _usual_verdicts(layer, mistake, [traced[name].case for name in seen]),
    )


def _usual_verdicts(layer: Definition, mistake: LayerMistake, cases: Sequence[LayerCase]) -> dict[str, str]:
    """What each usual check makes of a mistake, in the cases that show it and in which it passes the right one."""
    if not layer.differentiable or is_in(layer.forward, mistake):  # these checks look at gradients alone
        return {}
    right, wrong = _planted(layer), _planted(layer, mistake)
    found = {}
    for name, check in USUAL_CHECKS.items():
        usable = [case for case in cases if check(case, right)]
        passed = all(check(case, wrong) for case in usable)
        found[name] = (PASSED if passed else FOUND) if usable else UNUSABLE
    return found


def _planted(layer: Definition, mistake: LayerMistake | None = None) -> Backward:
    def backward(case: LayerCase) -> tuple[Array, ...]:
        found = by_numpy(case, mistake)
        return tuple(found[name] for name in layer.gradients)

    return backward


def rejected_in_float32(layer: Definition) -> dict[str, int]:
    """In how many of the layer's cases each usual check rejects the right formulation, in float32.

    In float64 that depends on the processor: a difference quotient of a small gradient is rounding.
    """
    cases = [_case_in_float32(draw(layer, name, SEED)) for name in layer.cases]
    return {name: sum(not check(case, _planted(layer)) for case in cases) for name, check in USUAL_CHECKS.items()}


def _case_in_float32(case: LayerCase) -> LayerCase:
    arguments = {
        name: array.astype(np.float32) if array.dtype.kind == "f" else array for name, array in case.arguments.items()
    }
    return replace(case, arguments=arguments, upstream=tuple(one.astype(np.float32) for one in case.upstream))


@dataclass(frozen=True)
class LayerFound:
    """A layer with everything that the report shows of it. rejected: for each usual check, in how many cases it
    rejects the right formulation in float32; empty for what has no gradient."""

    layer: Definition
    agreements: tuple[Agreement, ...]
    mistakes: tuple[Killed, ...]
    rejected: Mapping[str, int]

    @property
    def is_sound(self) -> bool:
        """Whether each right formulation is within its bounds, and each mistake is named."""
        return all(one.worst <= 1 for one in self.agreements) and all(one.is_named for one in self.mistakes)


def found_of(layer: Definition) -> LayerFound:
    """Everything that the report shows of a layer."""
    return LayerFound(
        layer,
        tuple(agreements(layer)),
        tuple(killed(layer, mistake) for mistake in layer.mistakes),
        rejected_in_float32(layer) if layer.differentiable else {},
    )
