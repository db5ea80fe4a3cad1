"""The cost functions, summed over the rows of the batch and over the outputs.

a and t are [n, n_L]. `value` also accepts a complex a, for the complex step. The targets t of the cross-entropies lie
in [0, 1].
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from harness.model.contract import Cost, Numbers


@dataclass(frozen=True)
class CostScale:
    """How the cost of a convention differs from the sum over the rows.

    factor, divisor: of the sum, such as the number of rows for a mean. Without `has_biases` the network has none: the
    gradients of the biases are 0, and those given are 0 too. penalty, penalty_divisor: the gradient of the penalty is
    penalty / penalty_divisor · w, and that of the biases likewise if `penalises_biases`.
    """

    factor: float = 1.0
    divisor: int = 1
    has_biases: bool = True
    penalty: float = 0.0
    penalty_divisor: int = 1
    penalises_biases: bool = False


UNSCALED = CostScale()


def _half_squared_error(a: Numbers, t: Numbers) -> Numbers:
    return ((a - t) ** 2).sum() / 2


def _half_squared_error_gradient(a: Numbers, t: Numbers) -> Numbers:
    return a - t


def _t_log(t: Numbers, a: Numbers) -> Numbers:
    """t log a: 0 for t = 0 and every a (the limit), and not finite for other t and a = 0."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return t * np.log(np.where(t == 0, 1, a))


def _binary_cross_entropy(a: Numbers, t: Numbers) -> Numbers:
    return -(_t_log(t, a) + _t_log(1 - t, 1 - a)).sum()


def _binary_cross_entropy_gradient(a: Numbers, t: Numbers) -> Numbers:
    return (a - t) / (a * (1 - a))


def _cross_entropy(a: Numbers, t: Numbers) -> Numbers:
    return -_t_log(t, a).sum()


def _cross_entropy_gradient(a: Numbers, t: Numbers) -> Numbers:
    return -t / a


COSTS = {
    cost.name: cost
    for cost in (
        Cost("half_squared_error", "identity", _half_squared_error, _half_squared_error_gradient),
        Cost("binary_cross_entropy", "sigmoid", _binary_cross_entropy, _binary_cross_entropy_gradient),
        Cost("cross_entropy", "softmax", _cross_entropy, _cross_entropy_gradient),
    )
}
