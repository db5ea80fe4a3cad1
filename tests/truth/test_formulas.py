"""The bounds of activations cover every usual formula in the dtype, compared with exact values by ball arithmetic."""

from __future__ import annotations

import numpy as np
import pytest
from flint import arb, ctx
from scipy.special import expit, log_softmax, logsumexp

from harness.model.activations import ACTIVATIONS
from harness.truth.bounds.activation_errors import ERROR_RULES
from harness.truth.bounds.float_format import float_format

DTYPES = ["float32", "float64"]


def piecewise_sigmoid(z):
    e = np.exp(-np.abs(z))
    return np.where(z > 0, 1 / (1 + e), e / (1 + e))


def sigmoid_by_log(z):
    return np.exp(-(np.maximum(-z, 0) + np.log1p(np.exp(-np.abs(z)))))


SIGMOIDS = {
    "1 / (1 + exp(-z))": lambda z: 1 / (1 + np.exp(-z)),
    "exp(z) / (1 + exp(z))": lambda z: np.exp(np.minimum(z, 80)) / (1 + np.exp(np.minimum(z, 80))),
    "by the sign of z": piecewise_sigmoid,
    "scipy.special.expit": expit,
    "exp(-logaddexp(0, -z))": lambda z: np.exp(-np.logaddexp(z.dtype.type(0), -z)),
    "exp(-softplus(-z))": sigmoid_by_log,
}
SOFTPLUSES = {
    "logaddexp(0, z)": lambda z: np.logaddexp(z.dtype.type(0), z),
    "log1p(exp(z))": lambda z: np.log1p(np.exp(np.minimum(z, 80))) + np.maximum(z - 80, 0),
    "max(z, 0) + log1p(exp(-|z|))": lambda z: np.maximum(z, 0) + np.log1p(np.exp(-np.abs(z))),
}
# Formulas with a cancellation, and the smallest |a| for which it loses at most one bit.
CANCELLING = {
    "(1 + tanh(z / 2)) / 2": ("sigmoid", lambda z: (1 + np.tanh(z / 2)) / 2, 0.25),
    "(exp(z) - exp(-z)) / (exp(z) + exp(-z))": (
        "tanh",
        lambda z: (np.exp(z) - np.exp(-z)) / (np.exp(z) + np.exp(-z)),
        0.5,
    ),
    "1 - 2 / (1 + exp(2 z))": ("tanh", lambda z: 1 - 2 / (1 + np.exp(2 * z)), 0.5),
    "(exp(2 z) - 1) / (exp(2 z) + 1)": ("tanh", lambda z: (np.exp(2 * z) - 1) / (np.exp(2 * z) + 1), 0.5),
    "2 sigmoid(2 z) - 1": ("tanh", lambda z: 2 / (1 + np.exp(-2 * z)) - 1, 0.5),
    "log(1 + exp(z))": ("softplus", lambda z: np.log(1 + np.exp(z)), 0.5),
}
STABLE = [("sigmoid", name, f) for name, f in SIGMOIDS.items()] + [("softplus", n, f) for n, f in SOFTPLUSES.items()]
STABLE.append(("tanh", "np.tanh", np.tanh))

EXACT = {
    "sigmoid": lambda z: 1 / (1 + (-z).exp()),
    "tanh": lambda z: z.tanh(),
    "softplus": lambda z: z.exp().log1p(),
}


def points(dtype, largest=80.0):
    """Numbers of both signs, of every size up to `largest`."""
    random = np.random.default_rng(11)
    sizes = np.concatenate(
        [random.uniform(0, largest, 1500), random.uniform(0, 4, 1500), 10 ** random.uniform(-9, 1, 500)]
    )
    return (sizes * random.choice([-1, 1], sizes.shape)).astype(dtype)[None]


def error_ratio(name, f, z, dtype):
    """The error of f(z), in the dtype, relative to its bound where z has no error."""
    exact = ACTIVATIONS[name].f(z.astype(float))
    bound = ERROR_RULES[name](z.astype(float), exact, np.zeros(z.shape), float_format(dtype)).local_error
    with np.errstate(over="ignore"):
        values = f(z)
    assert values.dtype == dtype
    with ctx.workprec(200):
        pairs = zip(values.ravel().tolist(), z.ravel().tolist(), strict=True)
        errors = [float(abs(arb(value) - EXACT[name](arb(argument)))) for value, argument in pairs]
    return np.reshape(errors, z.shape) / bound


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("name", "f"), [one[::2] for one in STABLE], ids=[one[1] for one in STABLE])
def test_every_formula_without_cancellation_is_within_its_bound(name, f, dtype):
    assert error_ratio(name, f, points(dtype), dtype).max() <= 1


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("formula", CANCELLING)
def test_a_formula_with_cancellation_is_within_its_bound_where_it_loses_one_bit_and_not_where_it_loses_many(
    formula, dtype
):
    name, f, smallest = CANCELLING[formula]
    z = points(dtype, 20.0)
    ratio, size = error_ratio(name, f, z, dtype), np.abs(ACTIVATIONS[name].f(z.astype(float)))
    assert ratio[size >= smallest].max() <= 1
    assert ratio[size < 1e-3].max() > 100


@pytest.mark.parametrize("dtype", DTYPES)
def test_the_bound_of_a_saturated_sigmoid_is_relative_to_its_value(dtype):
    """An error of one digit in ten thousand is seen in an activation of 1e-13."""
    fmt, z = float_format(dtype), np.array([[-30.0]])
    bound = ERROR_RULES["sigmoid"](z, ACTIVATIONS["sigmoid"].f(z), np.zeros((1, 1)), fmt).local_error
    assert bound[0, 0] < 60 * fmt.u * ACTIVATIONS["sigmoid"].f(z)[0, 0]
    assert bound[0, 0] < 1e-4 * np.exp(-30)


def logsumexp_by_hand(z):
    largest = z.max(axis=1, keepdims=True)
    return largest + np.log(np.exp(z - largest).sum(axis=1, keepdims=True))


SOFTMAXES = {
    "exp(z - max) / sum": ACTIVATIONS["softmax"].f,
    "exp(z - scipy's logsumexp)": lambda z: np.exp(z - logsumexp(z, axis=1, keepdims=True)),
    "exp(z - (max + log sum))": lambda z: np.exp(z - logsumexp_by_hand(z)),
    "exp(z - logaddexp.reduce(z))": lambda z: np.exp(z - np.logaddexp.reduce(z, axis=1, keepdims=True)),
    "exp(log_softmax)": lambda z: np.exp(log_softmax(z, axis=1)),
    "exp(z) / sum": lambda z: np.exp(z) / np.exp(z).sum(axis=1, keepdims=True),
}


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("width", [2, 10])
@pytest.mark.parametrize("formula", SOFTMAXES)
def test_every_formula_of_softmax_is_within_its_bound(formula, width, dtype):
    """For logits of any size, with equal ones, and far from 0 with small differences; without a shift up to 80."""
    random, fmt = np.random.default_rng(12), float_format(dtype)
    sizes = (1.0, 20.0) if formula == "exp(z) / sum" else (1.0, 20.0, 1e3, 1e5)
    for size in sizes:
        spread = random.choice([1.0, size, 1e-3], (120, 1))
        z = (random.uniform(-1, 1, (120, 1)) * size + random.normal(size=(120, width)) * spread).astype(dtype)
        z[::9] = z[::9, :1]
        exact, gap = np.empty(z.shape), z.astype(float)
        values = SOFTMAXES[formula](z)
        errors = np.empty(z.shape)
        with ctx.workprec(400):
            for i, row in enumerate(gap.tolist()):
                exponentials = [(arb(one) - arb(max(row))).exp() for one in row]
                total = sum(exponentials, arb(0))
                for k, e in enumerate(exponentials):
                    exact[i, k] = float(e / total)
                    errors[i, k] = float(abs(arb(float(values[i, k])) - e / total))
        bound = ERROR_RULES["softmax"](gap, exact, np.zeros(z.shape), fmt).local_error
        assert (errors <= bound).all(), size
