"""Changes at one place of a derivative: a value taken as a constant, a derivative left out, a wrong sign."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from harness.layers.tracing.bounded import Bounded
from harness.layers.tracing.reverse import PassOn, operations
from harness.layers.tracing.traced import Pull, Slope, Traced
from harness.layers.verdicts.slopes import WRONG_SLOPES, with_slope

Use = tuple[str, str, int, int, str]  # operand's label, expression, offset, position of the operand, its kind


@dataclass(frozen=True, eq=False)
class Edit:
    """A change wherever `applies` says; `change` gives what an edge passes on, in place of pull(adjoint)."""

    sentence: str
    applies: Callable[[Use], bool]
    change: Callable[[Pull, Bounded], Bounded | None]

    def passed(self, inputs: Mapping[int, str]) -> PassOn:
        """What operands get of the adjoints, with this change."""

        def passed(result: Traced, position: int, adjoint: Bounded) -> Bounded | None:
            pull = result.operands[position][1]
            return self.change(pull, adjoint) if self.applies(use_of(result, position, inputs)) else pull(adjoint)

        return passed


def last_uses(results: Sequence[Traced]) -> PassOn:
    """What operands get where the gradient of each use replaces that of the use before, in place of being added."""
    last: dict[int, tuple[int, int]] = {}
    for result in operations(results):  # a backward pass visits them in the other order
        for position, (operand, _) in enumerate(result.operands):
            if last.get(operand.number, (result.number, 0))[0] == result.number:
                last[operand.number] = result.number, position

    def passed(result: Traced, position: int, adjoint: Bounded) -> Bounded | None:
        operand, pull = result.operands[position]
        return pull(adjoint) if last[operand.number] == (result.number, position) else None

    return passed


def use_of(result: Traced, position: int, inputs: Mapping[int, str]) -> Use:
    """Where in the source an operand is used; the same in every round of a loop."""
    operand, pull = result.operands[position]
    origin = result.origin
    label = inputs.get(operand.number) or (operand.origin.label if operand.origin else "")
    assert origin is not None
    return label, origin.label, origin.offset, position, pull.name if isinstance(pull, Slope) else pull.__qualname__


def edited(results: Sequence[Traced], inputs: Mapping[int, str]) -> Iterator[Edit]:
    """Every change at one place, those that people make most first."""
    uses = {}
    for result in operations(results):
        for position, (operand, _) in enumerate(result.operands):
            if operand.operands or operand.number in inputs:  # not a constant
                uses[use_of(result, position, inputs)] = result
    named = dict.fromkeys(place[0] for place, result in uses.items() if place[0].isidentifier())
    for name in named:
        yield Edit(f"{name} is taken as a constant", partial(_has_label, name), _dropped)
    for sentence, of_one, change in (
        ("what `{0}` gets through `{1}` is left out", "the derivative of `{1}` is left out", _dropped),
        (
            "what `{0}` gets through `{1}` has the wrong sign",
            "the derivative of `{1}` has the wrong sign",
            _negated,
        ),
        (
            "the derivative of `{1}` with respect to `{0}` is taken as 1",
            "a factor is left out of the derivative of `{1}`",
            _passed,
        ),
    ):
        for place in uses:  # the parts of a mean are operations of one name
            yield Edit((of_one if place[0] == place[1] else sentence).format(*place), place.__eq__, change)
    for function, slopes in WRONG_SLOPES.items():
        places = [place for place in uses if place[-1] == function]
        for said, slope in slopes.items():
            for place in places:
                yield Edit(f"in `{place[1]}`, the slope of {said}", place.__eq__, partial(with_slope, slope))
            if len(places) > 1:
                yield Edit(f"the slope of {said}", partial(_is_slope_of, function), partial(with_slope, slope))


def _is_slope_of(function: str, place: Use) -> bool:
    return place[-1] == function


def _has_label(name: str, place: Use) -> bool:
    return place[0] == name


def _dropped(_pull: Pull, _adjoint: Bounded) -> None:
    return None


def _negated(pull: Pull, adjoint: Bounded) -> Bounded:
    return -pull(adjoint)


def _passed(pull: Pull, adjoint: Bounded) -> Bounded:
    passed = pull(adjoint)
    return adjoint if adjoint.shape == passed.shape else passed
