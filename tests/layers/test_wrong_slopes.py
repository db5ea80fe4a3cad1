"""Wrong slopes of functions, and upstream gradients that are left out, are named in any layer."""

import numpy as np
import pytest

from harness.layers.cases import draw
from harness.layers.definition import Argument, Definition
from harness.layers.library import known_layers
from harness.layers.operations import sigmoid
from harness.layers.standards import TracedCase
from harness.layers.verdicts.explain import explain
from harness.layers.verdicts.slopes import WRONG_SLOPES

FUNCTIONS = {"tanh": np.tanh, "sigmoid": sigmoid}
WRONG = [
    pytest.param(function, said, slope, id=said)
    for function, slopes in WRONG_SLOPES.items()
    for said, slope in slopes.items()
]


def layer_of(function):
    def forward(x):
        y = function(2.0 * x)
        return y + 1.0

    return Definition("f", ("f",), forward, None, {"x": Argument("N")}, {"a case": {"N": 7}}, "-")


@pytest.mark.parametrize(("function", "said", "slope"), WRONG)
def test_a_wrong_slope_is_named(function, said, slope):
    layer = layer_of(FUNCTIONS[function])
    case = draw(layer, "a case", 1)
    dx = case.upstream[0] * slope(FUNCTIONS[function](2.0 * case.arguments["x"])) * 2.0
    [found] = explain(layer, ["dx"], {"a case": {"dx": dx}}, {"a case": TracedCase(case)})
    assert found.sentence == f"in `y`, the slope of {said}"


def test_a_wrong_slope_of_every_use_is_named():
    layer = known_layers()["LSTM step"]
    cases = {name: draw(layer, name, 1) for name in layer.cases}

    def db_of(case):
        """db, if the slope of σ were 1 − σ in each gate."""
        a = case.arguments
        z = a["x"] @ a["Wx"] + a["prev_h"] @ a["Wh"] + a["b"]
        i, f, o = (sigmoid(one) for one in np.split(z, 4, axis=1)[:3])
        g = np.tanh(np.split(z, 4, axis=1)[3])
        tanh_c = np.tanh(f * a["prev_c"] + i * g)
        dnext_h, dnext_c = case.upstream
        dc = dnext_c + dnext_h * o * (1 - tanh_c**2)
        slopes = [dc * g * (1 - i), dc * a["prev_c"] * (1 - f), dnext_h * tanh_c * (1 - o), dc * i * (1 - g**2)]
        return {"db": np.concatenate(slopes, axis=1).sum(axis=0)}

    values = {name: db_of(case) for name, case in cases.items()}
    [found] = explain(layer, ["db"], values, {name: TracedCase(case) for name, case in cases.items()})
    assert found.sentence == "the slope of σ is taken as 1 − σ; right is σ(1 − σ)"


def test_an_upstream_gradient_that_is_left_out_is_named():
    layer = known_layers()["convolution"]
    cases = {name: draw(layer, name, 1) for name in layer.cases}
    values = {}
    for name, case in cases.items():
        dout = np.ones_like(case.upstream[0])
        values[name] = {"dw": layer.backward(dout, **case.arguments, **case.options)[1]}
    [found] = explain(layer, ["dw"], values, {name: TracedCase(case) for name, case in cases.items()})
    assert found.sentence == "dout is taken as 1"
