"""How far right code may be from the truth through rounding: a bound for every entry.

Running error analysis of the four equations with absolute values propagated (Higham, "Accuracy and Stability of
Numerical Algorithms", 2nd ed., SIAM 2002, chapters 2 to 4). E_v denotes a bound on the error of the computed v. What
is assumed of the code, for the unit roundoff u of the dtype that it works in:

- sums are taken in any order, with or without fused multiply-adds. Whatever the order, a partial sum lies between the
  sum of the negative terms and that of the positive ones, so it is at most (Σ|terms| + |Σ terms|) / 2, and each of the
  n − 1 additions errs by at most u times that: about half of the usual γ_n Σ|terms|, γ_n = nu / (1 − nu);
- exp, log1p, tanh and the like are within FUNCTION_ULPS units in the last place, and the activations are evaluated
  without cancellation (1 / (1 + e^{-z}), and softmax by differences of logits);
- f' is computed from z or from the output, o(1 − o), 1 − o² or 1 − e^{-o}, whichever is less accurate;
- underflow may flush to zero; overflow of exp may give 0 for what is below the smallest normal number;
- no fast-math: no reassociation of a subtraction with a sum, no reciprocal in place of a division.

Formulations that move sums across layers (over paths, in forward mode) are bounded by these as long as no term takes
part in more additions than it does here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from harness.contract import Array, Inputs
from harness.truth import Truth

FUNCTION_ULPS = 4  # numpy's own stated limit for its vectorised functions; libraries usually stay below 1
OUTWARD = 1 + 2.0**-20  # covers the rounding of the float64 operations by which the bounds are computed


@dataclass(frozen=True, eq=False)
class Bounds:
    """For l = 1..L bounds on the error of z^l, a^l and δ^l [n, n_l], of ∂C/∂W^l beside ∂C/∂b^l [n_l, n_{l-1} + 1],
    and of the displacement of both in one step; and where a weighted input lies so near a kink of relu that rounding
    alone chooses the branch (True in `unclear_delta` and `unclear_parameters` for all that depends on it)."""

    z: tuple[Array, ...]
    a: tuple[Array, ...]
    delta: tuple[Array, ...]
    parameters: tuple[Array, ...]
    update: tuple[Array, ...]
    unclear_delta: tuple[Array, ...]
    unclear_parameters: tuple[Array, ...]


@dataclass(frozen=True)
class Arithmetic:
    """A dtype's name, its unit roundoff u, and the smallest normal number, which an underflow may cost."""

    dtype: str
    u: float
    tiny: float

    def gamma(self, n: int) -> float:
        """γ_n. Raises ValueError where n u is 1 or more and no bound exists."""
        if n * self.u >= 1:
            raise ValueError(f"a sum of {n} terms has no rounding bound at unit roundoff {self.u:g}")
        return n * self.u / (1 - n * self.u)

    def sum_error(self, n: int, sizes: Array, total: Array) -> Array:
        """The error of a sum of n products, from Σ|products| and |Σ products|: n roundings of products, each once,
        and n − 1 of partial sums."""
        return self.gamma(2) * sizes + self.gamma(n) * (sizes + total) / 2


def arithmetic(dtype: str) -> Arithmetic:
    """That of `float32` or `float64`."""
    info = np.finfo(dtype)
    return Arithmetic(dtype, float(info.eps) / 2, float(info.tiny))


def bounds(truth: Truth, inputs: Inputs, learning_rate: float, dtype: str) -> Bounds:
    """Bounds for code that works in `dtype`, from the magnitudes of the true values. Cost: a few float64 backprops."""
    machine = arithmetic(dtype)
    layers = inputs.network.layers
    weights = [np.abs(layer.w.astype(np.float64)) for layer in layers]
    biases = [np.abs(layer.b.astype(np.float64)) for layer in layers]
    a = [np.abs(one.high) for one in truth.a]
    e_z, e_a, slopes, e_slopes, kinks = [], [np.zeros_like(a[0])], [], [], []
    for l, layer in enumerate(layers):
        terms = (a[l] + e_a[l]) @ weights[l].T + biases[l]
        moved = e_a[l] @ weights[l].T
        z_l = truth.z[l]
        error = machine.sum_error(weights[l].shape[1], terms, np.abs(z_l) + moved)
        e_z.append(error + moved + machine.tiny)
        rules = RULES[layer.activation.name]
        error, slope, e_slope = rules(z_l, truth.a[l + 1].high, e_z[l], machine)
        e_a.append(error)
        slopes.append(slope)
        e_slopes.append(e_slope)
        kinked = layer.activation.name in ("relu", "leaky_relu")
        # An exact 0 that no rounding can move is no doubt: all its terms are 0.
        kinks.append((np.abs(z_l) <= e_z[l]) & (terms > 0) if kinked else np.zeros_like(z_l, dtype=bool))

    e_delta, unclear = _backward(truth, inputs, machine, weights, e_a, slopes, e_slopes, kinks)
    parameters, update, unclear_parameters = [], [], []
    for l in range(len(layers)):
        d, one = np.abs(truth.delta[l].high), np.ones((len(inputs.x), 1))
        inputs_l, e_inputs = np.hstack([a[l], one]), np.hstack([e_a[l], 0 * one])
        wide = d + e_delta[l]
        moved = e_delta[l].T @ inputs_l + wide.T @ e_inputs
        exact = np.abs(truth.parameters[l].high)
        error = machine.sum_error(len(inputs.x), wide.T @ (inputs_l + e_inputs), exact + moved) + moved + machine.tiny
        parameters.append(error)
        moves = abs(learning_rate) * (exact + error)
        old = np.column_stack([weights[l], biases[l]])
        # The product with η, η itself in the dtype, the subtraction, and that of old − new by the harness.
        update.append(abs(learning_rate) * error + 3 * machine.u * moves + 2 * machine.u * (old + moves) + machine.tiny)
        unclear_parameters.append((unclear[l].astype(float).T @ (inputs_l + e_inputs > 0)) > 0)
    # A relu that is off is exactly 0 and has no error, but a bound of 0 would need a truth without a radius.
    e_outputs = [error + machine.tiny for error in e_a[1:]]
    z, outputs, delta, gradient, move = (
        tuple(OUTWARD * bound for bound in part) for part in (e_z, e_outputs, e_delta, parameters, update)
    )
    return Bounds(z, outputs, delta, gradient, move, tuple(unclear), tuple(unclear_parameters))


def _backward(
    truth: Truth,
    inputs: Inputs,
    machine: Arithmetic,
    weights: list[Array],
    e_a: list[Array],
    slopes: list[Array],
    e_slopes: list[Array],
    kinks: list[Array],
) -> tuple[list[Array], list[Array]]:
    """E_δ^l by BP1 and BP2, and which entries of δ^l hang on a kink."""
    t = inputs.t.astype(np.float64)
    difference = np.abs(truth.a[-1].high - t)
    e_difference = e_a[-1] + machine.u * difference + machine.tiny
    if inputs.network.is_canonical:
        # a − t; or ∇C f' with the factor a(1 − a), which takes four roundings more; or a Σt − t, where Σt is 1 but
        # for rounding.
        sums = machine.gamma(t.shape[1]) * np.abs(truth.a[-1].high)
        e_delta = [e_difference + 4 * machine.u * difference + sums]
        unclear = [np.zeros_like(difference, dtype=bool)]
    else:
        e_last = (difference + e_difference) * e_slopes[-1] + e_difference * slopes[-1]
        e_delta = [e_last + 2 * machine.u * (difference + e_difference) * (slopes[-1] + e_slopes[-1]) + machine.tiny]
        unclear = [kinks[-1]]
    for l in range(len(weights) - 2, -1, -1):
        d, w = np.abs(truth.delta[l + 1].high), weights[l + 1]
        sent_back = np.abs(truth.delta[l + 1].high @ inputs.network.layers[l + 1].w.astype(np.float64))
        terms = (d + e_delta[0]) @ w
        moved = e_delta[0] @ w
        # The slope may be multiplied into every term of the sum, or into the sum: one rounding more of each.
        e_sum = machine.sum_error(w.shape[0], terms, sent_back + moved) + machine.u * terms + moved
        e_delta.insert(0, e_sum * (slopes[l] + e_slopes[l]) + (sent_back + e_sum) * e_slopes[l] + machine.tiny)
        unclear.insert(0, kinks[l] | ((unclear[0].astype(float) @ (w > 0)) > 0))
    return e_delta, unclear


# Each rule gives, from z, a = f(z) and E_z: E_a, |f'(z)| and E_f', the larger of the errors of both slope forms.
Rule = Callable[[Array, Array, Array, Arithmetic], tuple[Array, Array, Array]]


def _sigmoid(z: Array, a: Array, e_z: Array, machine: Arithmetic) -> tuple[Array, Array, Array]:
    f = 2 * FUNCTION_ULPS * machine.u
    e = np.exp(-np.abs(z))
    slope = e / (1 + e) ** 2
    moved = slope * np.exp(e_z) * e_z  # |σ''| ≤ σ', so σ' grows by at most e^{E_z} on the way
    e_a = moved + (f + 2 * machine.u) * a + machine.tiny
    complement = np.where(z > 0, e, 1.0) / (1 + e)  # 1 − a, without the cancellation
    from_output = e_a * (a + complement) + e_a**2 + 3 * machine.u * slope
    from_z = moved + (2 * f + 5 * machine.u) * slope
    return e_a, slope, np.maximum(from_output, from_z) + machine.tiny


def _tanh(z: Array, a: Array, e_z: Array, machine: Arithmetic) -> tuple[Array, Array, Array]:
    f = 2 * FUNCTION_ULPS * machine.u
    e = np.exp(-2 * np.abs(z))
    slope = 4 * e / (1 + e) ** 2
    moved = slope * np.exp(2 * e_z) * e_z  # |tanh''| ≤ 2 tanh'
    e_a = moved + f * np.abs(a) + machine.tiny
    from_output = 2 * np.abs(a) * e_a + e_a**2 + machine.u * (a * a + 2 * slope)
    from_z = 2 * moved + (2 * f + 5 * machine.u) * slope
    return e_a, slope, np.maximum(from_output, from_z) + machine.tiny


def _softplus(z: Array, a: Array, e_z: Array, machine: Arithmetic) -> tuple[Array, Array, Array]:
    f = 2 * FUNCTION_ULPS * machine.u
    e = np.exp(-np.abs(z))
    slope = np.where(z > 0, 1.0, e) / (1 + e)
    moved = slope * np.exp(e_z) * e_z
    e_a = moved + (2 * f + 2 * machine.u) * a + machine.tiny
    from_output = np.exp(-a + e_a) * (e_a + f) + machine.u  # 1 − e^{-a}, with its cancellation
    from_z = moved + (f + 2 * machine.u) * slope
    return e_a, slope, np.maximum(from_output, from_z) + machine.tiny


def _identity(z: Array, a: Array, e_z: Array, machine: Arithmetic) -> tuple[Array, Array, Array]:
    return e_z, np.ones_like(z), np.zeros_like(z)


def _relu(z: Array, a: Array, e_z: Array, machine: Arithmetic) -> tuple[Array, Array, Array]:
    return np.where(z > -e_z, e_z, 0), (z > 0).astype(float), np.zeros_like(z)


def _leaky_relu(z: Array, a: Array, e_z: Array, machine: Arithmetic) -> tuple[Array, Array, Array]:
    slope = np.where(z > 0, 1.0, 0.01)
    reached = np.where(z > -e_z, 1.0, 0.01)
    leak = np.where(z > 0, 0.0, machine.u)  # 0.01 is rounded to the dtype, and multiplied
    return reached * e_z + 2 * leak * np.abs(a) + machine.tiny, slope, leak * slope


def _softmax(z: Array, a: Array, e_z: Array, machine: Arithmetic) -> tuple[Array, Array, Array]:
    f = 2 * FUNCTION_ULPS * machine.u
    below = z.max(axis=1, keepdims=True) - z
    with np.errstate(divide="ignore"):
        surprise = np.where(a > 0, -np.log(np.maximum(a, np.finfo(float).tiny)), below)
    # The relative error of each exponential: that of its argument, also as a log-probability, and its own.
    relative = np.expm1(e_z + 2 * machine.u * (below + surprise) + f * np.log(z.shape[1])) + 2 * f
    e_a = a * (relative + (a * relative).sum(axis=1, keepdims=True)) * (1 + relative.max(axis=1, keepdims=True))
    e_a = e_a + machine.gamma(z.shape[1] + 1) * a + machine.tiny
    return e_a, np.zeros_like(z), np.zeros_like(z)  # never asked for: softmax is met only in BP1, with its cost


RULES: dict[str, Rule] = {
    "softmax": _softmax,
    "sigmoid": _sigmoid,
    "tanh": _tanh,
    "softplus": _softplus,
    "identity": _identity,
    "relu": _relu,
    "leaky_relu": _leaky_relu,
}
