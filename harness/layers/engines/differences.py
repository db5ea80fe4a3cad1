"""Central differences of a function of two numbers, by either argument, as minitorch's autodiff.py asks for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.layers.definition import Argument, Definition, LayerMistake, Sizes
from harness.layers.engines.expression import SOURCE

FUNCTION = "lambda x, y: x * x * y + y"
_DIFFERENCE_ARGUMENTS = {
    "x": Argument("", differentiable=False, scale=0.5, offset=1.5),
    "y": Argument("", differentiable=False, scale=0.5, offset=-2.0),
}


def difference_by_first(x: Any, y: Any) -> Any:
    above, below, span = x + 0.001, x - 0.001, 0.002
    rise = (above * above * y + y) - (below * below * y + y)
    return rise / span


def difference_by_second(x: Any, y: Any) -> Any:
    above, below, span = y + 0.001, y - 0.001, 0.002
    rise = (x * x * above + above) - (x * x * below + below)
    return rise / span


_NOT_HALVED = LayerMistake(
    "not_halved", ", 0.002", ", 0.001", "the difference is divided by ε, but its points are 2 ε apart"
)
_ONE_SIDE = LayerMistake("one_side", " - 0.001", " - 0.0", "one point is the argument itself, and 2 ε is the divisor")
_BY_FIRST = LayerMistake(
    "first_argument",
    "y + 0.001, y - 0.001, 0.002\n    rise = (x * x * above + above) - (x * x * below + below)",
    "x + 0.001, x - 0.001, 0.002\n    rise = (above * above * y + y) - (below * below * y + y)",
    "the difference is taken by the first argument",
)


_FORWARD_DIFFERENCE = LayerMistake(
    "forward_difference", "x - 0.001, 0.002", "x, 0.001", "it is a forward difference: f(x + ε) - f(x), over ε"
)


def _difference_definition(name: str, forward: Any, *mistakes: LayerMistake) -> Definition:
    cases: Mapping[str, Sizes] = {"numbers 1": {}, "numbers 2": {}}
    all_mistakes = (_NOT_HALVED, _ONE_SIDE, *mistakes)
    return Definition(
        name, (), forward, None, _DIFFERENCE_ARGUMENTS, cases, SOURCE, kind="engine", mistakes=all_mistakes
    )


DIFFERENCES = (
    _difference_definition("central difference by x", difference_by_first, _FORWARD_DIFFERENCE),
    _difference_definition("central difference by y", difference_by_second, _BY_FIRST),
)
