"""What the cases that fail have in common and the others do not have."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations, pairwise

from harness.cases.case import Case

_FLAG_FEATURES = {
    "saturated": "saturated units",
    "dead": "relu units that are off for every row",
    "large": "very large logits",
    "small": "very small weights",
    "bias": "biases much larger than the weights",
}
_COST_FEATURES = {
    "half_squared_error": "the squared error",
    "binary_cross_entropy": "the binary cross-entropy",
    "cross_entropy": "softmax with cross-entropy",
}


def case_features(case: Case) -> list[str]:
    """What a case has, in words, the most telling first."""
    layers, hidden, units = list(pairwise(case.widths)), len(case.widths) > 2, case.hidden.split()
    found = {
        "a hidden layer": hidden,
        "hidden units that are not linear": hidden and set(units) != {"identity"},
        "no hidden layer": not hidden,
        "two hidden layers or more": len(case.widths) > 3,
        "more than one row": case.batch > 1,
        "a single row": case.batch == 1,
        "more than one output": case.widths[-1] > 1,
        "a layer with as many inputs as outputs": any(n == m for n, m in layers),
        "layers of unequal width": any(n != m for n, m in layers),
        "float32": case.dtype == "float32",
        **{f"{name} hidden units": hidden for name in units},
        "hidden layers of different activations": hidden and len(set(units)) > 1,
        f"{case.output} outputs": True,
        "a hidden activation other than sigmoid": hidden and set(units) != {"sigmoid"},
        "an output other than sigmoid": case.output != "sigmoid",
        "an activation other than sigmoid": case.output != "sigmoid" or (hidden and set(units) != {"sigmoid"}),
        _COST_FEATURES[case.cost]: True,
        "a cross-entropy": case.cost != "half_squared_error",
        **({_FLAG_FEATURES[case.flag]: True} if case.flag else {}),
    }
    return [name for name, has in found.items() if has]


def common_features(failing: Sequence[Case], passing: Sequence[Case]) -> str:
    """The feature, or the two, that all failing cases and no passing ones have; or else one that all failing ones have
    and few of the others. Empty where there is nothing to say."""
    if not failing or not passing:
        return ""
    of_each = [case_features(case) for case in failing]
    of_all = [name for name in of_each[0] if all(name in other for other in of_each)]
    others = [frozenset(case_features(case)) for case in passing]
    for count in (1, 2):
        for chosen in combinations(of_all, count):
            if not any(other.issuperset(chosen) for other in others):
                return " and ".join(chosen)
    if not of_all:
        return ""
    rarest = min(of_all, key=lambda name: sum(name in other for other in others))
    passing_too = sum(rarest in other for other in others)
    # What half of the passing cases have as well tells nothing.
    return f"{rarest} (so have {passing_too} of the {len(others)} that pass)" if 2 * passing_too < len(others) else ""
