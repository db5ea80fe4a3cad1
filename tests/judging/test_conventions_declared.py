"""A file that declares its convention agrees in every case, and without the declaration it does not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.checking import checked, names
from support.running import shared

from harness.judging.conventions import Convention
from harness.judging.declarations import CONVENTION_VALUES
from harness.judging.variants import scale_variants
from harness.model.costs import COSTS

ONE = "iris-4-5-3-sigmoid-batch8"
pytestmark = pytest.mark.usefixtures("known_truths")
# The textbook, in the convention of the constants in C.
BOOK = """
import numpy as np
from harness import Gradients

def forward(network, x):
    a, z = [x], []
    for layer in network.layers:
        z.append(a[-1] @ layer.w.T + (0 if C.get("BIAS") == "none" else layer.b))
        a.append(layer.activation.f(z[-1]))
    return a, z

def scale(cost, x, t):
    reduction = C.get("REDUCTION", "sum")
    if isinstance(reduction, dict):
        reduction = reduction.get(cost, "sum")
    return 1 / {"sum": 1, "mean": len(x), "mean over outputs": t.shape[1]}.get(reduction, t.size)

def gradients(network, x, t):
    a, z = forward(network, x)
    last = network.layers[-1]
    error = a[-1] - t if network.is_canonical else network.cost.gradient(a[-1], t)
    delta = [error if network.is_canonical else error * last.activation.slope(z[-1])]
    for l in range(len(z) - 2, -1, -1):
        delta.insert(0, (delta[0] @ network.layers[l + 1].w) * network.layers[l].activation.slope(z[l]))
    delta = [d * scale(network.cost.name, x, t) for d in delta]
    w = [d.T @ i for d, i in zip(delta, a)]
    b = [d.sum(0) for d in delta]
    if C.get("BIAS") == "none":
        b = [0 * one for one in b]
    penalty = C.get("L2", 0) * (1 if C.get("L2_HALF", True) else 2)
    penalty *= scale(network.cost.name, x, t) if C.get("L2_DIVIDED") else 1
    w = [one + penalty * layer.w for one, layer in zip(w, network.layers)]
    if C.get("L2_BIASES"):
        b = [one + penalty * layer.b for one, layer in zip(b, network.layers)]
    return w, b, delta, z, a[1:]

def backprop(network, x, t):
    return Gradients(*gradients(network, x, t))

def step(network, x, t, eta):
    eta = C.get("LEARNING_RATE") or eta
    w, b, *_ = gradients(network, x, t)
    pairs = list(zip(network.layers, w, b))
    return network.with_parameters([l.w - eta * g for l, g, _ in pairs], [l.b - eta * g for l, _, g in pairs])
"""
CONVENTIONS = {
    "no biases": {"BIAS": "none"},
    "a mean without biases": {"BIAS": "none", "REDUCTION": "mean"},
    "a mean for one cost": {"REDUCTION": {"half_squared_error": "mean over outputs"}},
    "a fixed rate": {"LEARNING_RATE": 1.0},
    "a small fixed rate and a mean without biases": {"LEARNING_RATE": 1e-3, "REDUCTION": "mean", "BIAS": "none"},
    "a penalty": {"L2": 0.1},
    "a penalty without the half": {"L2": 0.003, "L2_HALF": False},
    "a penalty of the biases too": {"L2": 1, "L2_BIASES": True},
    "the penalty of the Octave course": {"REDUCTION": "mean", "L2": 3.0, "L2_DIVIDED": True},
    "the penalty of CS231n": {"REDUCTION": "mean", "L2": 0.05, "L2_HALF": False},
    "a large penalty of all, divided, at a fixed rate": {
        "REDUCTION": "mean over outputs",
        "L2": 1e6,
        "L2_BIASES": True,
        "L2_DIVIDED": True,
        "LEARNING_RATE": 0.01,
    },
    "a penalty without biases": {"BIAS": "none", "L2": 1e-8},
    "two means": {"REDUCTION": {"half_squared_error": "mean over rows and outputs", "cross_entropy": "mean"}},
}


@pytest.fixture(scope="module")
def server():
    return shared()


def written(folder, constants, declared, more=""):
    """A file that follows these constants, and declares those."""
    path = folder / "follows.py"
    lines = "".join(f"{name} = {value!r}\n" for name, value in declared.items())
    path.write_text(f"{lines}C = {constants!r}\n{BOOK}{more}", encoding="utf-8")
    return path


@pytest.mark.parametrize("constants", CONVENTIONS.values(), ids=CONVENTIONS)
def test_what_is_declared_is_what_a_file_is_compared_with(server, tmp_path, constants):
    found = checked(server, written(tmp_path, constants, constants))
    assert found.by_verdict == {"agrees": found.ran}
    assert found.ran >= 50
    assert found.declared.differences_from(type(found.declared)()) == constants
    assert checked(server, written(tmp_path, constants, {}), pattern=ONE).verdict != "agrees"
    assert checked(server, written(tmp_path, {}, constants), pattern=ONE).verdict != "agrees"


# A reduction for each cost.


def test_reductions_that_are_all_the_same_are_one():
    one = Convention.declared({"REDUCTION": dict.fromkeys(COSTS, "mean")})
    assert one == Convention(reduction="mean")
    assert hash(one) == hash(Convention(reduction="mean"))
    assert Convention.declared({"REDUCTION": {"cross_entropy": "sum"}}) == Convention()
    assert one.with_reduction("cross_entropy", "sum").differences_from(Convention()) == {
        "REDUCTION": {"half_squared_error": "mean", "binary_cross_entropy": "mean"}
    }


@given(st.dictionaries(st.sampled_from([*COSTS]), st.sampled_from(CONVENTION_VALUES["reduction"])))
def test_what_differs_can_be_declared(reductions):
    one = Convention.declared({"REDUCTION": reductions})
    assert Convention.declared(one.differences_from(Convention())) == one
    assert all(one.reduction_of(cost) == reductions.get(cost, "sum") for cost in COSTS)
    assert scale_variants(one)[0] == one
    assert len(set(scale_variants(one))) == len(scale_variants(one))


# A fixed learning rate.

READ_FROM_MOVES = """
def step(n, x, t, eta=LEARNING_RATE):
    w, b = [l.w.copy() for l in n.layers], [l.b.copy() for l in n.layers]
    g = [gradients(n, x[i:i + 1], t[i:i + 1]) for i in range(len(x))]
    for one in g:
        for l in range(len(w)):
            w[l] -= LEARNING_RATE * one[0][l]
            b[l] -= LEARNING_RATE * one[1][l]
    return w, b
def backprop(n, x, t):
    moved = step(n, x, t)
    pairs = list(zip(n.layers, *moved))
    return [(l.w - w) / LEARNING_RATE for l, w, _ in pairs], [(l.b - b) / LEARNING_RATE for l, _, b in pairs]
"""
TAKES_NO_RATE = READ_FROM_MOVES.replace("eta=LEARNING_RATE", "")


@pytest.mark.parametrize("rate", [2.0**-20, 0.1, 1, 30.0])
def test_gradients_may_be_read_from_moved_weights(server, tmp_path, rate):
    """In float32 too, and where the rows move the weights one by one."""
    constants = {"LEARNING_RATE": rate}
    found = checked(server, written(tmp_path, constants, constants, READ_FROM_MOVES))
    assert found.by_verdict == {"agrees": found.ran}


def test_with_a_small_rate_such_gradients_are_not_those_of_exact_code(server, tmp_path):
    constants = {"LEARNING_RATE": 2.0**-20}
    text = READ_FROM_MOVES.replace("LEARNING_RATE", "RATE").replace("step", "_move")
    found = checked(server, written(tmp_path, constants, {}, f"del step\nRATE = {2.0**-20}{text}"), pattern=ONE)
    assert found.verdict == "inaccurate"


def test_a_step_may_take_no_rate(server, tmp_path):
    constants = {"LEARNING_RATE": 0.25}
    assert checked(server, written(tmp_path, constants, constants, TAKES_NO_RATE), pattern=ONE).verdict == "agrees"
    constants = {"LEARNING_RATE": 0.5, "BIAS": "none"}
    assert checked(server, written(tmp_path, constants, constants, TAKES_NO_RATE), pattern=ONE).verdict == "agrees"


def test_a_rate_that_is_not_used_is_reported(server, tmp_path):
    """Another constant of the same name is no mistake."""
    found = checked(server, written(tmp_path, {}, {"LEARNING_RATE": 0.25}))
    assert found.verdict == "agrees up to a convention"
    assert found.found.differences_from(found.declared) == {"LEARNING_RATE": None}


def test_a_wrong_step_at_a_fixed_rate_is_wrong_and_named(server, tmp_path):
    constants = {"LEARNING_RATE": 0.25}
    text = "_gradients = gradients\ndef gradients(*all):\n    w, b, *more = _gradients(*all)\n"
    text += "    return w, [-one for one in b], *more\n"
    found = checked(server, written(tmp_path, constants, constants, text))
    assert names(found) == ["bias_sign_flipped"]
    found = checked(server, written(tmp_path, constants, constants, text + READ_FROM_MOVES))
    assert names(found) == ["bias_sign_flipped"]


# A network without biases.

WITHOUT_B = {
    "empty": "def backprop(n, x, t):\n    return Gradients(gradients(n, x, t)[0], [])",
    "left out": "def backprop(n, x, t):\n    return {'w': gradients(n, x, t)[0]}",
    "None": "def backprop(n, x, t):\n    return gradients(n, x, t)[0], None",
    "a step that leaves it out": """
def moved(n, x, t, eta):
    return [l.w - eta * g for l, g in zip(n.layers, gradients(n, x, t)[0])]
def step(n, x, t, eta):
    return {"w": moved(n, x, t, eta)}""",
    "a step with zeros": """
def step(n, x, t, eta):
    return [l.w - eta * g for l, g in zip(n.layers, gradients(n, x, t)[0])], [0 * l.b for l in n.layers]""",
}


@pytest.mark.parametrize("form", WITHOUT_B.values(), ids=WITHOUT_B)
def test_without_biases_b_may_be_left_out(server, tmp_path, form):
    constants = CONVENTIONS["no biases"]
    assert checked(server, written(tmp_path, constants, constants, form), pattern=ONE).verdict == "agrees"


@pytest.mark.parametrize(
    "form",
    [
        "def backprop(n, x, t):\n    g = gradients(n, x, t)\n    return g[0], [d.sum(0) for d in g[2]]",
        "def step(n, x, t, eta):\n    return [l.w for l in n.layers], [l.b + 1e-9 for l in n.layers]\ndel backprop",
    ],
)
def test_a_bias_that_is_declared_absent_must_not_move(server, tmp_path, form):
    constants = CONVENTIONS["no biases"]
    assert checked(server, written(tmp_path, constants, constants, form), pattern=ONE).verdict in ("wrong", "failed")
