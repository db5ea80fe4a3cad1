"""A fixed learning rate or penalty: declared, or found; gradients may be read from how the weights move at a rate."""

from __future__ import annotations

import pytest
from support.checking import checked, names
from support.following import ONE, written
from support.running import shared

pytestmark = pytest.mark.usefixtures("known_truths")
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


@pytest.fixture(scope="module")
def server():
    return shared()


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


FIXED_STEP = """
def step(n, x, t, eta):
    w, b = gradients(n, x, t)[:2]
    pairs = list(zip(n.layers, w, b))
    return [l.w - {rate} * g for l, g, _ in pairs], [l.b - {rate} * g for l, _, g in pairs]
"""


@pytest.mark.parametrize("rate", [0.1, 1.0, 0.0125])
@pytest.mark.parametrize("followed", [{}, {"REDUCTION": "mean"}], ids=["sum", "mean"])
def test_a_fixed_rate_that_is_not_declared_is_found(server, tmp_path, rate, followed):
    found = checked(server, written(tmp_path, followed, {}, FIXED_STEP.format(rate=rate)))
    assert found.verdict == "agrees up to a convention"
    assert found.found.differences_from(found.declared) == {**followed, "LEARNING_RATE": rate}


@pytest.mark.parametrize("rate", ["2 * eta", "eta ** 2", "(0.1 if l is n.layers[0] else 0.2)"])
def test_another_factor_of_the_update_is_no_fixed_rate(server, tmp_path, rate):
    found = checked(server, written(tmp_path, {}, {}, FIXED_STEP.format(rate=rate)))
    assert found.verdict == "wrong"
    assert found.found.learning_rate is None


@pytest.mark.parametrize(
    "followed",
    [{"L2": 0.01}, {"L2": 0.25, "L2_BIASES": True}, {"REDUCTION": "mean", "L2": 1e-3}],
    ids=lambda one: " ".join(map(str, one.values())),
)
def test_a_penalty_that_is_not_declared_is_found(server, tmp_path, followed):
    found = checked(server, written(tmp_path, followed, {}))
    assert found.verdict == "agrees up to a convention"
    assert found.found.differences_from(found.declared) == followed


def test_a_penalty_in_one_layer_is_none(server, tmp_path):
    text = "_all = gradients\ndef gradients(n, x, t):\n    w, *more = _all(n, x, t)\n"
    text += "    return [w[0] + 0.01 * n.layers[0].w, *w[1:]], *more\n"
    found = checked(server, written(tmp_path, {}, {}, text))
    assert found.verdict == "wrong"
    assert not found.found.l2
