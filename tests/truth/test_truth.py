"""The truth, compared with methods that share no code with it.

They are numerical differentiation by mpmath with 60 digits, the published figures, the complex step, and fractions.
"""

from __future__ import annotations

from fractions import Fraction

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from support.networks import inputs, random_inputs
from support.published import figures_of, rounds_to
from support.running import functions_of

from harness.cases.standard import standard_cases
from harness.jobs.claims.experiments.published.groups import PUBLISHED
from harness.jobs.claims.experiments.published.recomputed import sigmoid_network
from harness.model.contract import Gradients, Inputs, Unsupported
from harness.sandbox.sources.find import find_implementations
from harness.truth.certify import DECISIVE_RADIUS, certify, error_over_bound
from harness.truth.gradient import enclose_in_balls, train, truth_attempts

mp = mpmath.mp.clone()
mp.dps = 60
MP_ACTIVATIONS = {
    "sigmoid": lambda z: 1 / (1 + mp.exp(-z)),
    "tanh": mp.tanh,
    "relu": lambda z: z if z > 0 else mp.mpf(0),
    "leaky_relu": lambda z: z if z > 0 else z * mp.mpf(0.01),
    "softplus": lambda z: mp.log(1 + mp.exp(z)),
    "identity": lambda z: z,
}


def mp_cost(given, parameters):
    """C by plain sums in mpmath, from lists of rows [w..., b] for each layer."""
    total = mp.mpf(0)
    for row, target in zip(given.x.tolist(), given.t.tolist(), strict=True):
        a = [mp.mpf(v) for v in row]
        for layer, neurons in zip(given.network.layers, parameters, strict=True):
            z = [mp.fdot(neuron[:-1], a) + neuron[-1] for neuron in neurons]
            if layer.activation.name == "softmax":
                e = [mp.exp(v) for v in z]
                a = [v / mp.fsum(e) for v in e]
            else:
                a = [MP_ACTIVATIONS[layer.activation.name](v) for v in z]
        for value, goal in zip(a, target, strict=True):
            if given.network.cost.name == "half_squared_error":
                total += (value - mp.mpf(goal)) ** 2 / 2
            elif given.network.cost.name == "cross_entropy":
                total -= mp.mpf(goal) * mp.log(value)
            else:
                total -= mp.mpf(goal) * mp.log(value) + (1 - mp.mpf(goal)) * mp.log(1 - value)
    return total


def mp_gradient(given):
    """∂C/∂(W, b) by central differences at 60 digits: h = 1e-20 leaves 40 digits of truncation and 40 of rounding."""
    parameters = [
        [[mp.mpf(v) for v in (*w, b)] for w, b in zip(layer.w.tolist(), layer.b.tolist(), strict=True)]
        for layer in given.network.layers
    ]
    h = mp.mpf(10) ** -20
    gradients = []
    for neurons in parameters:
        rows = []
        for neuron in neurons:
            row = []
            for k, value in enumerate(neuron):
                neuron[k] = value + h
                above = mp_cost(given, parameters)
                neuron[k] = value - h
                below = mp_cost(given, parameters)
                neuron[k] = value
                row.append((above - below) / (2 * h))
            rows.append(row)
        gradients.append(rows)
    return gradients


@settings(max_examples=30)
@given(given_inputs=inputs(max_hidden_layers=3, max_width=3, max_batch=2))
def test_encloses_the_gradient_of_mpmath_at_60_digits(given_inputs):
    if given_inputs.network.layers[-1].activation.name == "softmax":
        t = np.eye(given_inputs.t.shape[1])[np.zeros(len(given_inputs.t), dtype=int)]
        given_inputs = Inputs(given_inputs.network, given_inputs.x, t)
    truth = enclose_in_balls(given_inputs, 128)
    for enclosure, exact in zip(truth.parameters, mp_gradient(given_inputs), strict=True):
        for index in np.ndindex(enclosure.high.shape):
            value = exact[index[0]][index[1]]
            error = abs(value - mp.mpf(enclosure.high[index]) - mp.mpf(enclosure.low[index]))
            # The difference quotient is accurate to about 35 digits, relative to C.
            assert error <= enclosure.radius[index] + mp.mpf(10) ** -33 * (1 + abs(value)), index
            assert enclosure.radius[index] <= 1e-26 * (1 + abs(enclosure.high[index]))


@pytest.mark.parametrize("example", PUBLISHED["examples"], ids=lambda e: e["id"])
def test_agrees_with_the_published_figures_to_every_printed_digit(example):
    network = sigmoid_network(example["w"], example["b"], example["cost"])
    checked = 0
    for row in example["rows"]:
        truth = enclose_in_balls(Inputs(network, np.array(row["x"]), np.array(row["t"])), 128)
        gradients = Gradients(
            w=[p.high[:, :-1] for p in truth.parameters],
            b=[p.high[:, -1] for p in truth.parameters],
            delta=[d.high for d in truth.delta],
        )
        figures = figures_of(gradients, None, None)
        for name, printed in row["values"].items():
            array, _, place = name.partition("[")
            if array in figures and place:
                checked += 1
                assert rounds_to(figures[array][tuple(map(int, place[:-1].split(",")))], printed), name
    print(f"{checked} printed figures")
    assert checked >= 3


def test_agrees_with_the_complex_step_on_every_case_that_it_can_run():
    [complex_step] = find_implementations(["complex_step"])
    ran = refused = 0
    standard = [case for case in standard_cases() if not case.online and case.dtype == "float64"]
    cases = [case for case in standard if case.flag != "kink"]  # there it differentiates to one side
    for case in cases:
        given_inputs = case.build()
        try:
            gradients = functions_of(complex_step).backprop(given_inputs.network, given_inputs.x, given_inputs.t)
        except Unsupported:  # an output has rounded to 0 or 1
            assert case.flag == "large"
            refused += 1
            continue
        ran += 1
        for enclosure, w, b in zip(
            enclose_in_balls(given_inputs, 128).parameters, gradients.w, gradients.b, strict=True
        ):
            size = np.abs(enclosure.high).max()
            assert np.abs(np.column_stack([w, b]) - enclosure.high).max() <= 1e-13 * size, case.id
    print(f"{ran} of {len(cases)} cases")
    assert refused <= 4
    assert ran == len(cases) - refused


def test_two_precisions_enclose_the_same_number():
    for seed in range(20):
        given_inputs = random_inputs([4, 5, 3], "tanh", "sigmoid", "half_squared_error", 3, seed)
        for rough, fine in zip(
            enclose_in_balls(given_inputs, 64).parameters, enclose_in_balls(given_inputs, 256).parameters, strict=True
        ):
            gap = np.abs((rough.high - fine.high) + (rough.low - fine.low))
            assert (gap <= (rough.radius + fine.radius) * (1 + 1e-12)).all()


def test_saturated_units_and_huge_logits_are_decidable():
    scale = 500.0
    for output, cost in (("softmax", "cross_entropy"), ("sigmoid", "binary_cross_entropy")):
        given_inputs = random_inputs([4, 5, 3], "tanh", output, cost, 3, seed=5)
        last = given_inputs.network.layers[-1]
        network = given_inputs.network.with_parameters(
            [given_inputs.network.layers[0].w, last.w * scale], [given_inputs.network.layers[0].b, last.b]
        )
        huge = Inputs(network, given_inputs.x, np.eye(3))
        assert not any(s.undecidable.any() for s in certify(huge, 0.5, "float64").values())


def test_precision_rises_until_every_entry_is_decided():
    """For weighted inputs of ±600, 1 − tanh² is 10^-521 times its terms: 128 bits are not enough, more bits are."""
    given_inputs = random_inputs([3, 4, 2], "tanh", "identity", "half_squared_error", 2, seed=3)
    network = given_inputs.network
    wide = network.with_parameters(
        [network.layers[0].w * 40, network.layers[1].w], [layer.b for layer in network.layers]
    )
    standards = certify(Inputs(wide, given_inputs.x, given_inputs.t), 0.5, "float64")
    for standard in standards.values():
        assert (standard.truth.radius <= DECISIVE_RADIUS * standard.bound).all()
        assert not standard.undecidable.any()


def test_an_exact_zero_follows_pytorch_and_near_zero_both_slopes_are_allowed():
    relu = random_inputs([2, 3, 2], "relu", "identity", "half_squared_error", 2, seed=1)
    first, last = relu.network.layers
    at_zero = Inputs(relu.network.with_parameters([first.w * 0, last.w], [first.b * 0, last.b]), relu.x, relu.t)
    standards = certify(at_zero, 0.5, "float64")
    assert not standards["delta", 1].undecidable.any()
    assert (standards["delta", 1].truth.high == 0).all()
    assert (standards["delta", 1].changes.width == 0).all()

    # w·x + b is 2^-60 times its terms, so rounding decides the side of the kink.
    w, b = np.array([[1.0, 1.0]] * 3), np.array([-3.0 + 2.0**-51] * 3)
    near = Inputs(relu.network.with_parameters([w, last.w], [b, last.b]), np.array([[1.0, 2.0 - 2.0**-51]]), relu.t[:1])
    standards = certify(near, 0.5, "float64")
    delta = last.b - near.t  # the output of the first layer is 0
    for slope in (0, 1):
        assert (error_over_bound(slope * delta @ last.w, standards["delta", 1]) <= 1).all()
        assert (error_over_bound(np.outer(slope * delta @ last.w, near.x), standards["w", 1]) <= 1).all()
    assert (error_over_bound(2 * delta @ last.w, standards["delta", 1]) > 1).all()
    assert (standards["delta", 2].changes.width == 0).all()


def test_a_cost_without_its_output_activation_has_no_truth():
    given_inputs = random_inputs([2, 2], "tanh", "tanh", "binary_cross_entropy", 1, seed=1)
    with pytest.raises(ValueError, match="the truth has cross-entropy with softmax, binary with sigmoid"):
        next(truth_attempts(given_inputs))


def test_training_is_the_delta_rule_in_exact_fractions():
    """A linear network is trained in fractions; the weights of `train` are the same, rounded."""
    given_inputs = random_inputs([2, 1], "identity", "identity", "half_squared_error", 3, seed=4)
    eta = Fraction(0.25)
    [layer] = given_inputs.network.layers
    w, b = [Fraction(v) for v in layer.w[0]], Fraction(layer.b[0])
    for _ in range(4):
        for x_row, t_row in zip(given_inputs.x, given_inputs.t, strict=True):
            x = [Fraction(v) for v in x_row]
            delta = sum(wi * xi for wi, xi in zip(w, x, strict=True)) + b - Fraction(t_row[0])
            w = [wi - eta * delta * xi for wi, xi in zip(w, x, strict=True)]
            b -= eta * delta
    trained = train(given_inputs, 0.25, 4)
    assert trained["epoch4", 1].tolist() == [[float(w[0]), float(w[1]), float(b)]]
