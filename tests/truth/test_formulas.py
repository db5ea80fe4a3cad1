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


def tanh_by_two_exponentials(z):
    up, down = np.exp(np.clip(z, -40, 40)), np.exp(-np.clip(z, -40, 40))
    return (up - down) / (up + down)


def tanh_by_reciprocal(z):
    e = np.exp(np.clip(z, -40, 40))
    return (e - 1 / e) / (e + 1 / e)


def tanh_by_expm1(z):
    m = np.expm1(2 * np.minimum(z, 40))
    return m / (m + 2)


def exp(z):
    """e^z up to 80, so that it does not overflow float32."""
    return np.exp(np.minimum(z, 80))


FORMULAS = {
    "sigmoid": {
        "1 / (1 + exp(-z))": lambda z: 1 / (1 + np.exp(-z)),
        "exp(z) / (1 + exp(z))": lambda z: exp(z) / (1 + exp(z)),
        "by the sign of z": piecewise_sigmoid,
        "scipy.special.expit": expit,
        "exp(-logaddexp(0, -z))": lambda z: np.exp(-np.logaddexp(z.dtype.type(0), -z)),
        "exp(-softplus(-z))": sigmoid_by_log,
        "(1 + tanh(z / 2)) / 2": lambda z: (1 + np.tanh(z / 2)) / 2,
        "0.5 tanh(0.5 z) + 0.5": lambda z: 0.5 * np.tanh(0.5 * z) + 0.5,
        "1 - 1 / (1 + exp(z))": lambda z: 1 - 1 / (1 + exp(z)),
    },
    "tanh": {
        "np.tanh": np.tanh,
        "(exp(z) - exp(-z)) / (exp(z) + exp(-z))": tanh_by_two_exponentials,
        "(e - 1 / e) / (e + 1 / e)": tanh_by_reciprocal,
        "1 - 2 / (1 + exp(2 z))": lambda z: 1 - 2 / (1 + exp(2 * z)),
        "(exp(2 z) - 1) / (exp(2 z) + 1)": lambda z: (exp(2 * z) - 1) / (exp(2 * z) + 1),
        "(1 - exp(-2 z)) / (1 + exp(-2 z))": lambda z: (1 - exp(-2 * z)) / (1 + exp(-2 * z)),
        "2 sigmoid(2 z) - 1": lambda z: 2 / (1 + exp(-2 * z)) - 1,
        "2 expit(2 z) - 1": lambda z: 2 * expit(2 * z) - 1,
        "expm1(2 z) / (expm1(2 z) + 2)": tanh_by_expm1,
    },
    "softplus": {
        "logaddexp(0, z)": lambda z: np.logaddexp(z.dtype.type(0), z),
        "log1p(exp(z))": lambda z: np.log1p(exp(z)) + np.maximum(z - 80, 0),
        "max(z, 0) + log1p(exp(-|z|))": lambda z: np.maximum(z, 0) + np.log1p(np.exp(-np.abs(z))),
        "log(1 + exp(z))": lambda z: np.log(1 + exp(z)),
    },
}
SLOPES_FROM_OUTPUT = {
    "sigmoid": {"o (1 - o)": lambda o: o * (1 - o), "o - o**2": lambda o: o - o**2},
    "tanh": {"1 - o**2": lambda o: 1 - o**2, "(1 - o) (1 + o)": lambda o: (1 - o) * (1 + o)},
    "softplus": {"1 - exp(-o)": lambda o: 1 - np.exp(-o)},
}
EVERY_FORMULA = [(name, formula) for name, formulas in FORMULAS.items() for formula in formulas]
# Values and slopes, in ball arithmetic.
EXACT = {
    "sigmoid": (lambda z: 1 / (1 + (-z).exp()), lambda z: 1 / (2 * (z / 2).cosh()) ** 2),
    "tanh": (lambda z: z.tanh(), lambda z: 1 / z.cosh() ** 2),
    "softplus": (lambda z: z.exp().log1p(), lambda z: 1 / (1 + (-z).exp())),
}


def points(dtype):
    """Numbers of both signs, of every size up to 80."""
    random = np.random.default_rng(11)
    sizes = np.concatenate([random.uniform(0, 80, 1500), random.uniform(0, 4, 1500), 10 ** random.uniform(-9, 1, 500)])
    return (sizes * random.choice([-1, 1], sizes.shape)).astype(dtype)[None]


def errors_of(name, z, dtype):
    """The errors of the activation named so, where z has no error."""
    return ERROR_RULES[name](
        z.astype(float), ACTIVATIONS[name].f(z.astype(float)), np.zeros(z.shape), float_format(dtype)
    )


def largest_ratio(values, z, exact, bound):
    """The largest error of the values relative to the bound."""
    assert values.dtype == z.dtype
    with ctx.workprec(300):
        pairs = zip(values.ravel().tolist(), z.ravel().tolist(), strict=True)
        errors = [float(abs(arb(value) - exact(arb(argument)))) for value, argument in pairs]
    return (np.reshape(errors, z.shape) / bound).max()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("name", "formula"), EVERY_FORMULA)
def test_every_formula_is_within_its_bound(name, formula, dtype):
    z = points(dtype)
    value, _ = EXACT[name]
    assert largest_ratio(FORMULAS[name][formula](z), z, value, errors_of(name, z, dtype).local_error) <= 1


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("name", "formula"), EVERY_FORMULA)
def test_a_slope_from_the_output_of_every_formula_is_within_its_bound(name, formula, dtype):
    z, (_, slope) = points(dtype), EXACT[name]
    output, bound = FORMULAS[name][formula](z), errors_of(name, z, dtype).local_slope_error
    for written, from_output in SLOPES_FROM_OUTPUT[name].items():
        assert largest_ratio(from_output(output), z, slope, bound) <= 1, written


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(
    ("name", "z", "most"), [("sigmoid", -30.0, 2.1), ("tanh", 1e-9, 9.0), ("softplus", -30.0, 1.1)]
)
def test_an_error_of_more_than_a_few_roundings_is_seen_where_the_output_is_near_0(name, z, most, dtype):
    errors = errors_of(name, np.array([[z]]), dtype)
    assert errors.local_error.max() < most * float_format(dtype).u


@pytest.mark.parametrize("name", ["identity", "relu", "leaky_relu", "tanh"])
def test_an_output_of_exactly_0_has_no_error(name):
    assert errors_of(name, np.zeros((1, 1)), "float64").local_error == 0


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
