"""What is found beside the verdict on each number: conventions by cost, narrow arithmetic within the bounds, a forward
pass that is wrong alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from support.checking import checked

from harness.cases.case import make_case
from harness.jobs.check.run import CheckResult
from harness.jobs.check.text import report_text
from harness.judging.conventions import DEFAULT_CONVENTION
from harness.judging.examine import Verdicts
from harness.judging.judge import CaseTruth, Trial
from harness.model.contract import Inputs
from harness.sandbox.answers import Answer

pytestmark = pytest.mark.usefixtures("known_truths")


RIGHT = """
from harness import Gradients
def right(network, x, t):
    a, z, layers = [x], [], network.layers
    for layer in layers:
        z.append(a[-1] @ layer.w.T + layer.b)
        a.append(layer.activation.f(z[-1]))
    delta = [a[-1] - t if network.is_canonical else (a[-1] - t) * layers[-1].activation.slope(z[-1])]
    for l in range(len(layers) - 2, -1, -1):
        delta.insert(0, (delta[0] @ layers[l + 1].w) * layers[l].activation.slope(z[l]))
    return Gradients([d.T @ i for d, i in zip(delta, a)], [d.sum(0) for d in delta], delta, z, a[1:])
"""


def written(tmp_path, body):
    path = tmp_path / "file.py"
    path.write_text(f"{RIGHT}\n{body}\n", encoding="utf-8")
    return path


def test_a_mean_for_one_cost_only_is_found(server, tmp_path):
    body = """
def backprop(n, x, t):
    g = right(n, x, t)
    rows = len(x) if n.cost.name == "cross_entropy" else 1
    return Gradients([w / rows for w in g.w], [b / rows for b in g.b])
"""
    found = checked(server, written(tmp_path, body))
    assert found.verdict == "agrees up to a convention"
    assert found.found.differences_from(found.declared) == {"REDUCTION": {"cross_entropy": "mean"}}


def test_a_wrong_forward_pass_does_not_blame_the_backward_pass(server, tmp_path):
    body = """
def backprop(n, x, t):
    halved = n.with_parameters([l.w for l in n.layers], [l.b / 2 for l in n.layers])
    return right(halved, x, t)
"""
    text = report_text(checked(server, written(tmp_path, body), pattern="iris"), "")
    assert "The backward pass is right for these z and a" in " ".join(text.split())


def test_a_wrong_backward_pass_after_a_wrong_forward_pass_is_not_excused(server, tmp_path):
    body = """
def backprop(n, x, t):
    halved = n.with_parameters([l.w for l in n.layers], [l.b / 2 for l in n.layers])
    g = right(halved, x, t)
    return Gradients([2 * w for w in g.w], g.b, g.delta, g.z, g.a)
"""
    text = report_text(checked(server, written(tmp_path, body), pattern="iris"), "")
    assert "first error is in z^1" in text
    assert "The backward pass is right" not in text


def rounded_to_tf32(array):
    """float32 numbers with their last 13 bits rounded away, ties away from zero."""
    bits = np.ascontiguousarray(array, dtype=np.float32).view(np.uint32)
    return ((bits + np.uint32(0x1000)) & np.uint32(0xFFFFE000)).view(np.float32)


def gradients(inputs, product):
    """Backprop in float32, with these products, as an answer has it."""
    layers, a, z = inputs.network.layers, [inputs.x], []
    for layer in layers:
        z.append(product(a[-1], layer.w.T) + layer.b)
        a.append(layer.activation.f(z[-1]).astype(np.float32))
    delta = [a[-1] - inputs.t]
    for l in range(len(layers) - 2, -1, -1):
        delta.insert(0, (product(delta[0], layers[l + 1].w) * layers[l].activation.slope(z[l])).astype(np.float32))
    w = {("w", l): product(d.T, given) for l, (d, given) in enumerate(zip(delta, a, strict=False), 1)}
    b = {("b", l): d.sum(axis=0) for l, d in enumerate(delta, 1)}
    return {key: one.astype(np.float64) for key, one in {**w, **b}.items()}


def judged(hidden, product):
    """The outcome of float32 code with these products, on a network where the bounds have lost their power."""
    case = make_case("random", (200, 256, 256, 10), f"{hidden} softmax", 128, dtype="float32")
    inputs = case.build(1)
    trial = Trial(CaseTruth.of(case, inputs), {"backprop": Answer(gradients(inputs, product))})
    [outcome] = Verdicts({}).add(trial)
    assert not outcome.out_of_bounds
    return outcome


@pytest.mark.parametrize("hidden", ["tanh", "relu"])
def test_right_products_within_all_bounds_agree(hidden):
    assert judged(hidden, lambda one, other: one @ other).verdict == "agrees"
    exact = judged(hidden, lambda one, other: (one.astype(float) @ other.astype(float)).astype(np.float32))
    assert exact.verdict == "agrees"


def test_narrow_products_within_all_bounds_are_inaccurate_with_the_reason():
    outcome = judged("tanh", lambda one, other: rounded_to_tf32(one) @ rounded_to_tf32(other))
    assert outcome.verdict == "inaccurate"
    result = CheckResult(
        path=Path("file.py"),
        seed=1,
        outcomes=(outcome,),
        declared=DEFAULT_CONVENTION,
        found=DEFAULT_CONVENTION,
        diagnoses=(),
        ratios=(),
        printed=0,
        output="",
        support=None,
        dependences=(),
        seconds=1.0,
        driven=(),
        title="file.py",
        language="Python",
        is_program=False,
        notes=(),
    )
    assert "the arithmetic is inaccurate: its errors are those of TF32" in " ".join(report_text(result, "").split())


def test_a_factor_that_is_not_in_the_output_layer_is_no_convention(server, tmp_path):
    """Although a mean explains more entries: those of the hidden layers."""
    body = """
def backprop(n, x, t):
    g = right(n, x, t)
    rows = [len(x)] * (len(g.w) - 1) + [1]
    return Gradients([w / r for w, r in zip(g.w, rows)], [b / r for b, r in zip(g.b, rows)])
"""
    found = checked(server, written(tmp_path, body))
    assert found.verdict == "wrong"
    assert found.found == found.declared
    # Without δ the numbers do not tell whether it is in the gradients of all hidden layers or in the last δ of these.
    assert [one.where for one in found.diagnoses] in (["hidden layers"], ["the last hidden layer"])


def test_gradients_that_are_all_0_are_not_those_of_a_network_without_biases(server, tmp_path):
    body = "def backprop(n, x, t): return [l.w * 0 for l in n.layers], [l.b * 0 for l in n.layers]"
    found = checked(server, written(tmp_path, body), pattern="xor")
    assert found.verdict == "wrong"
    assert found.found == found.declared


def test_an_undeclared_convention_beside_inaccurate_numbers_is_not_beside_a_mistake(server, tmp_path):
    body = """
import numpy as np
def backprop(n, x, t):
    g = right(n, x, t)
    return tuple([(one / len(x)).astype(np.float32) for one in part] for part in (g.w, g.b))
"""
    found = checked(server, written(tmp_path, body), pattern="xor")
    assert found.verdict == "inaccurate"
    assert "\n\nThe output follows another convention." in report_text(found, "")


@pytest.mark.parametrize(("weight", "verdict"), [(1e30, "cannot tell"), (1.0, "failed")])
def test_infinity_is_a_failure_only_where_right_code_does_not_overflow(weight, verdict):
    case = make_case("random", (3, 2), "identity", 4, dtype="float32")
    inputs = case.build(1)
    [layer] = inputs.network.layers
    huge = inputs.network.with_parameters([layer.w * np.float32(weight)], [layer.b])
    inputs = Inputs(huge, inputs.x * np.float32(weight), inputs.t)
    infinite = {("w", 1): np.full((2, 3), np.inf), ("b", 1): np.full(2, np.inf)}
    trial = Trial(CaseTruth.of(case, inputs), {"backprop": Answer(infinite)})
    [outcome] = Verdicts({}).add(trial)
    assert outcome.verdict == verdict


@pytest.mark.parametrize("key", ["row.tobytes()", "tuple(row)"])
def test_code_that_keeps_each_row_once_is_wrong_and_not_inaccurate(server, tmp_path, key):
    """Repeated rows stay equal when the inputs move; otherwise the error would vanish, as that of arithmetic may."""
    body = f"""
def backprop(n, x, t):
    kept = list({{{key}: i for i, row in enumerate(x)}}.values())
    g = right(n, x[kept], t[kept])
    return g.w, g.b
"""
    found = checked(server, written(tmp_path, body), pattern="iris-4-5-3-sigmoid-batch150")
    assert found.verdict == "wrong"
