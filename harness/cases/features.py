"""Features that the failing cases have in common and the passing cases do not have."""

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
    "flat": "units with z above 20",
    "kink": "units with z exactly 0",
    "soft": "targets that are probabilities",
    "classes": "targets that are classes",
}
_COST_FEATURES = {
    "half_squared_error": "the squared error",
    "binary_cross_entropy": "the binary cross-entropy",
    "cross_entropy": "softmax with cross-entropy",
}


def case_features(case: Case) -> list[str]:
    """The features of a case in words, the most informative first."""
    layers, hidden, units = list(pairwise(case.widths)), len(case.widths) > 2, case.hidden.split()
    found = {
        "a hidden layer": hidden,
        "hidden units that are not linear": hidden and set(units) != {"identity"},
        "no hidden layer": not hidden,
        "two hidden layers or more": len(case.widths) > 3,
        "more than one row": case.batch > 1,
        "a single row": case.batch == 1,
        "more than one output": case.widths[-1] > 1,
        "a single output": case.widths[-1] == 1,
        "a single input": case.widths[0] == 1,
        "a hidden layer of one unit": 1 in case.widths[1:-1],
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
    """One or two features that all failing cases and no passing case have, joined by "and".

    If there are none, the feature of all failing cases that the fewest passing cases have; empty if at least half of
    the passing cases have it, or if there are no failing or no passing cases.
    """
    if not failing or not passing:
        return ""
    failing_features = [case_features(case) for case in failing]
    shared = [name for name in failing_features[0] if all(name in features for features in failing_features)]
    passing_features = [frozenset(case_features(case)) for case in passing]
    for count in (1, 2):
        for names in combinations(shared, count):
            if not any(features.issuperset(names) for features in passing_features):
                return " and ".join(names)
    if not shared:
        return ""
    rarest = min(shared, key=lambda name: sum(name in features for features in passing_features))
    count = sum(rarest in features for features in passing_features)
    if 2 * count >= len(passing):
        return ""
    return f"{rarest} (so have {count} of the {len(passing)} that pass)"
