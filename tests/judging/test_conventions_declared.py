"""A file that declares its convention agrees in every case, and without the declaration it does not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.checking import checked
from support.running import shared

from harness.judging.conventions import Convention, scale_variants
from harness.judging.declarations import CONVENTION_VALUES
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
    return w, b, delta, z, a[1:]

def backprop(network, x, t):
    return Gradients(*gradients(network, x, t))

def step(network, x, t, eta):
    w, b, *_ = gradients(network, x, t)
    pairs = list(zip(network.layers, w, b))
    return network.with_parameters([l.w - eta * g for l, g, _ in pairs], [l.b - eta * g for l, _, g in pairs])
"""
CONVENTIONS = {
    "no biases": {"BIAS": "none"},
    "a mean without biases": {"BIAS": "none", "REDUCTION": "mean"},
    "a mean for one cost": {"REDUCTION": {"half_squared_error": "mean over outputs"}},
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
