"""Correct numbers that were stored in float16 are inaccurate, wherever they are stored; wrong numbers stay wrong."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from support.checking import checked, names
from support.networks import inputs
from support.running import cause_of

from harness.cases.standard import gradient_cases
from harness.jobs.check.text import report_text
from harness.judging.arithmetic.formats import FLOAT16
from harness.judging.arithmetic.observation import observed
from harness.judging.arithmetic.storage import storage_costs, stored_format
from harness.judging.conventions import DEFAULT_CONVENTION
from harness.mistakes import CATALOGUE
from harness.mistakes.reproduce import call_quantities
from harness.model.costs import CostScale
from harness.model.textbook import Textbook
from harness.truth.certify import certify, error_over_bound

WRONG = sorted(name for name, entry in CATALOGUE.items() if entry.dtype is None and not entry.convention.l2)


def half(array):
    with np.errstate(over="ignore"):
        return array.astype(np.float16)


def test_half_ulp_is_half_the_distance_to_the_next_number():
    every = np.arange(2**15 - 2**10, dtype=np.uint16).view(np.float16)
    gaps = np.diff(every.astype(float))
    assert (FLOAT16.half_ulp(every[:-1].astype(float)) == gaps / 2).all()
    assert FLOAT16.half_ulp(np.array([-65504.0, -1.0, 0.0])).tolist() == [16, 2.0**-11, 2.0**-25]


@given(st.floats(-65519, 65519), st.floats(-6e-5, 6e-5))
def test_storing_adds_at_most_half_an_ulp(number, small):
    numbers = np.array([number, small])
    stored = half(numbers).astype(float)
    assert (np.abs(stored - numbers) <= FLOAT16.half_ulp(stored)).all()
    assert FLOAT16.holds(stored)


RIGHT = """
import numpy as np
from harness import Gradients
def right(network, x, t):
    a, z, layers = [x], [], network.layers
    for layer in layers:
        z.append(a[-1] @ layer.w.T + layer.b)
        a.append(layer.activation.f(z[-1]))
    error = a[-1] - t if network.is_canonical else network.cost.gradient(a[-1], t)
    delta = [error if network.is_canonical else error * layers[-1].activation.slope(z[-1])]
    for l in range(len(layers) - 2, -1, -1):
        delta.insert(0, (delta[0] @ layers[l + 1].w) * layers[l].activation.slope(z[l]))
    return Gradients([d.T @ i for d, i in zip(delta, a)], [d.sum(0) for d in delta], delta, z, a[1:])
def half(arrays):
    return [array.astype(np.float16) for array in arrays]
def moved(network, g, eta):
    pairs = list(zip(network.layers, g.w, g.b))
    return [l.w - eta * w for l, w, _ in pairs], [l.b - eta * b for l, _, b in pairs]
"""
STORED = {
    "gradients": "def backprop(n, x, t):\n g = right(n, x, t)\n return Gradients(half(g.w), half(g.b))",
    "weights' alone": "def backprop(n, x, t):\n g = right(n, x, t)\n return Gradients(half(g.w), g.b)",
    "deltas, z and a": """
def backprop(n, x, t):
    g = right(n, x, t)
    return Gradients(g.w, g.b, half(g.delta), half(g.z), half(g.a))""",
    "after float32": """
def backprop(n, x, t):
    n = n.with_parameters([l.w.astype("f") for l in n.layers], [l.b.astype("f") for l in n.layers])
    g = right(n, x.astype("f"), t.astype("f"))
    return Gradients(half(g.w), half(g.b))""",
    "new weights": """
def step(n, x, t, eta):
    w, b = moved(n, right(n, x, t), eta)
    return n.with_parameters(half(w), b)""",
    "the gradients of a step": """
def step(n, x, t, eta):
    g = right(n, x, t)
    return n.with_parameters(*moved(n, Gradients(half(g.w), half(g.b)), eta))""",
}


@pytest.mark.usefixtures("known_truths")
@pytest.mark.parametrize("what", STORED)
def test_correct_numbers_stored_in_float16_are_inaccurate_for_any_seed(server, tmp_path, what):
    path = tmp_path / "stored.py"
    path.write_text(RIGHT + STORED[what], encoding="utf-8")
    for seed in (1, 2):
        found = checked(server, path, seed)
        assert found.verdict == "inaccurate"
        assert names(found) == ["float16_stored"]
        assert "stored in float16" in report_text(found, "")


SPOILED = {
    "off by a thousandth": """
def backprop(n, x, t):
    g = right(n, x, t)
    return Gradients(half([w * 1.001 for w in g.w]), half(g.b))""",
    "the other sign": """
def backprop(n, x, t):
    g = right(n, x, t)
    return Gradients(half(g.w), half([-b for b in g.b]))""",
    "twice the step": """
def step(n, x, t, eta):
    w, b = moved(n, right(n, x, t), 2 * eta)
    return n.with_parameters(half(w), half(b))""",
}


@pytest.mark.usefixtures("known_truths")
@pytest.mark.parametrize("what", SPOILED)
def test_a_wrong_formula_stored_in_float16_is_wrong(server, tmp_path, what):
    path = tmp_path / "spoiled.py"
    path.write_text(RIGHT + SPOILED[what], encoding="utf-8")
    found = checked(server, path)
    # The noise of float16 may leave a small factor undecided, but never makes it a right formula.
    assert found.by_verdict.keys() <= {"wrong", "cannot tell"}
    assert "float16_stored" not in names(found)


def quantities(formulation, function, given_inputs, eta, *, stored):
    """What it gives in float16, or where a step is asked for, by gradients in float16."""
    with np.errstate(all="ignore"):
        found, _ = call_quantities(formulation, "backprop", given_inputs, eta, CostScale())
        if function == "backprop":
            return {key: (half(array) if stored else array).astype(float) for key, array in found.items()}
        old = given_inputs.network.layers
        new = {
            ("update", l): np.column_stack([layer.w - eta * half(found["w", l]), layer.b - eta * half(found["b", l])])
            for l, layer in enumerate(old, start=1)
        }
        if stored:
            new = {key: half(array).astype(float) for key, array in new.items()}
        return {key: np.column_stack([old[key[1] - 1].w, old[key[1] - 1].b]) - array for key, array in new.items()}


@settings(max_examples=60)
@given(given_inputs=inputs(), eta=st.sampled_from([0.5, 0.3, 0.02, 1e-3]), stored=st.booleans())
def test_storing_never_adds_more_than_the_computed_cost(given_inputs, eta, stored):
    """Whichever numbers of a step are stored, the product with the rate in float16 among them."""
    standards = certify(given_inputs, eta, "float64")
    for function in ("backprop", "step"):
        values = quantities(Textbook, function, given_inputs, eta, stored=stored or function == "backprop")
        values = {key: array for key, array in values.items() if key in standards}
        beyond = {key: ~(error_over_bound(array, standards[key]) <= 1) for key, array in values.items()}
        costs = storage_costs(values, beyond, given_inputs, eta)
        for key, departs in beyond.items():
            error = standards[key].truth.error(values[key]) - standards[key].bound - standards[key].truth.radius
            assert (error <= costs[key])[departs].all(), key


def test_no_mistake_hides_behind_float16():
    """A number that is ten units from what the truth would be in float16 has another cause, for the cause too."""
    tried = 0

    @settings(max_examples=100, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])
    @given(name=st.sampled_from(WRONG), given_inputs=inputs(), function=st.sampled_from(["backprop", "step"]))
    def is_no_storing(name, given_inputs, function):
        nonlocal tried
        standards = certify(given_inputs, 0.3, "float64")
        try:
            wrong = quantities(CATALOGUE[name], function, given_inputs, 0.3, stored=True)
        except (ValueError, IndexError, KeyError):
            assume(False)
        right = quantities(Textbook, function, given_inputs, 0.3, stored=True)
        size = 0 if function == "backprop" else 4  # of weights, with the other: what is stored is old − wrong
        units = {key: FLOAT16.half_ulp(np.abs(array) + size) for key, array in right.items() if key in standards}
        assume(any((np.abs(wrong[key] - right[key]) > 20 * unit).any() for key, unit in units.items()))
        values = {key: array for key, array in wrong.items() if key in standards and np.isfinite(array).all()}
        tried += 1
        observations = observed(values, standards, given_inputs, 0.3, "float64", DEFAULT_CONVENTION)
        assert stored_format(observations) is None

    is_no_storing()
    assert tried >= 25


def test_the_cause_alone_is_inaccurate_in_every_case():
    """As for a comparison, which names no mistakes, and also where z and a are shown."""
    for case in gradient_cases():
        cause = cause_of(
            lambda one, eta=case.learning_rate: quantities(Textbook, "backprop", one, eta, stored=True),
            case.build(1),
            case.learning_rate,
            case.dtype,
        )
        assert cause.verdict == "inaccurate", case.id
        assert "float16" in cause.reason
