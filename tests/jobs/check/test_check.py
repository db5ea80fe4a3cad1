"""Checks of submissions: wrong ones are wrong and their mistake is named, right ones are right."""

from __future__ import annotations

import ast
from collections import Counter

import pytest
from support.checking import ONLY_SIGMOID, RIGHT, SUBMISSIONS, checked, copied, names
from support.running import shared

from harness.jobs.check.location import first_divergence
from harness.jobs.check.text import report_text
from harness.mistakes import CATALOGUE
from harness.sandbox.sources.find import python_implementations

WRONG = sorted((SUBMISSIONS / "wrong").glob("*.py"))
UNKNOWN = sorted((SUBMISSIONS / "unknown").glob("*.py"))
pytestmark = pytest.mark.usefixtures("known_truths")
OWN = [one.path for one in python_implementations() if one.name != "finite_differences"]


@pytest.fixture(scope="module")
def server():
    return shared()


def mistake_of(path):
    """The name that the file says its mistake has."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and node.targets[0].id == "MISTAKE":
            return node.value.value
    raise AssertionError(f"{path.name} says no MISTAKE")


def test_there_are_enough_submissions():
    """At least twenty wrong files and four right ones, and a file for every mistake but the twins and the variants."""
    named = {mistake_of(path) for path in WRONG}
    assert named <= CATALOGUE.keys()
    assert CATALOGUE.keys() - named == {
        "bias_never_updated",
        "bias_missing_in_forward",
        "loss_mean_over_outputs_gradient_not",
    }
    assert len(WRONG) >= 41
    assert len(RIGHT) >= 4
    assert len(UNKNOWN) >= 2


@pytest.mark.parametrize("path", WRONG, ids=lambda path: path.stem)
def test_a_mistake_in_another_style_is_named(server, path):
    found = checked(server, path)
    assert found.verdict in {"wrong", "failed", "inaccurate", "agrees up to a convention"}
    assert mistake_of(path) in names(found)
    # Another name only where the numbers are the same.
    assert set(names(found)) <= {mistake_of(path), "bias_never_updated"}
    # NaN is no evidence of a mistake, except of one that consists in it; and where an input is 0 at a kink, one step of
    # rounding decides the branch, and no candidate reproduces the case.
    silent = sum(any(one.kind == "values" for one in outcome.faults.values()) for outcome in found.outcomes)
    silent += sum(bool(one.trial.case.flag == "kink" and one.out_of_bounds) for one in found.outcomes)
    assert all(max(1, one.of - silent) <= one.reproduces <= one.of for one in found.diagnoses)
    assert mistake_of(path) in report_text(found, "")


FACTOR_FOUND = "[0.9]"


@pytest.mark.parametrize("path", UNKNOWN, ids=lambda path: path.stem)
def test_an_unknown_mistake_is_not_guessed(server, path):
    found = checked(server, path)
    assert found.verdict == "wrong"
    assert names(found) == []
    text = report_text(found, "")
    assert FACTOR_FOUND in text if path.stem == "hidden_delta_damped_rows" else "right:" not in text
    divergence = first_divergence(found.outcomes)
    assert divergence.quantity in ("delta", "w")
    assert "the hidden layers" in divergence.layers or "the first layer" in divergence.layers


def right_with_seeds(config):
    """Every right file with one of two seeds, or with both."""
    for number, path in enumerate((*OWN, *RIGHT)):
        yield from ((path, seed) for seed in (1, 2) if config.getoption("all_seeds") or seed == 1 + number % 2)


def pytest_generate_tests(metafunc):
    if "seed" in metafunc.fixturenames:
        pairs = [*right_with_seeds(metafunc.config)]
        metafunc.parametrize(("path", "seed"), pairs, ids=[f"{path.stem}-{seed}" for path, seed in pairs])


def test_right_code_is_right_and_no_mistake_is_named(server, path, seed):
    found = checked(server, path, seed)
    assert found.verdict == "agrees"
    assert names(found) == []
    assert first_divergence(found.outcomes) is None
    assert found.found == found.declared
    assert found.ran >= 11


def test_finite_differences_are_inaccurate_and_no_mistake_is_named(server):
    [path] = [one.path for one in python_implementations() if one.name == "finite_differences"]
    found = checked(server, path, pattern="iris")
    assert found.verdict == "inaccurate"
    assert names(found) == []


def test_the_seed_draws_the_inputs_and_repeats_them(server):
    path = RIGHT[0]
    one, again, other = (checked(server, path, seed, "iris") for seed in (5, 5, 6))
    worst = [
        [j.error_ratio for outcome in c.outcomes for j in outcome.judgements.values()] for c in (one, again, other)
    ]
    assert worst[0] == worst[1] != worst[2]


def test_a_memorised_answer_is_wrong(server, tmp_path):
    """A file that keeps the right gradient of one run gives it in the next, where the inputs are others."""
    path = tmp_path / "by_heart.py"
    copied(tmp_path, "batched_matrices")
    store = tmp_path / "store.npz"
    path.write_text(
        f"""
import numpy as np
import batched_matrices
def backprop(network, x, t):
    import os
    if not os.path.exists({str(store)!r}):
        g = batched_matrices.backprop(network, x, t)
        np.savez({str(store)!r}, *g.w, *g.b)
    kept = list(np.load({str(store)!r}).values())
    from harness import Gradients
    return Gradients(kept[: len(kept) // 2], kept[len(kept) // 2 :])
""",
        encoding="utf-8",
    )
    assert checked(server, path, 1, "iris-4-5-3-sigmoid-batch8").verdict == "agrees"
    assert checked(server, path, 2, "iris-4-5-3-sigmoid-batch8").verdict == "wrong"


def test_pairs_of_mistakes_are_named(server, tmp_path):
    source = (SUBMISSIONS / "wrong" / "sigma_prime_missing_in_hidden_in_out.py").read_text(encoding="utf-8")
    path = tmp_path / "pair.py"
    body = """
_one_mistake = backprop
def backprop(network, x, t):
    g = _one_mistake(network, x, t)
    return Gradients(g.w, [-b for b in g.b], g.delta)
"""
    path.write_text(source.replace("def step(", "def _unused(") + body, encoding="utf-8")
    found = checked(server, path)
    assert names(found) == ["sigma_prime_missing_in_hidden + bias_sign_flipped"]


def test_a_mistake_in_some_layers_is_named_with_the_layers(server, tmp_path):
    """The usual one that is right at the output, where the article writes it out, and wrong in the hidden layers."""
    path = tmp_path / "hidden_only.py"
    copied(tmp_path, "batched_matrices")
    path.write_text(
        """
from batched_matrices import *
def backprop(network, x, t):
    layers, a, z = network.layers, [x], []
    for layer in layers:
        z.append(a[-1] @ layer.w.T + layer.b)
        a.append(layer.activation.f(z[-1]))
    if network.is_canonical:
        delta = [a[-1] - t]
    else:
        delta = [(a[-1] - t) * layers[-1].activation.slope(z[-1])]
    for l in range(len(layers) - 2, -1, -1):
        delta.insert(0, (delta[0] @ layers[l + 1].w) * layers[l].activation.slope(a[l + 1]))
    return Gradients([d.T @ i for d, i in zip(delta, a)], [d.sum(0) for d in delta], delta)
del step
""",
        encoding="utf-8",
    )
    found = checked(server, path)
    assert names(found) == ["sigma_prime_of_activation"]
    assert found.diagnoses[0].where == "hidden layers"


@pytest.mark.parametrize(
    ("wrong", "pattern", "words"),
    [
        ("0", "iris-4", "in the first layer; it is right in every layer but the first"),
        ("-1", "iris-4", "in the output layer; it is right in the hidden layers"),
        ("0", "xor-2-1-sigmoid", "in the only layer"),
        ("-1", "xor-2-1-sigmoid", "in the only layer"),
        (":", "xor-2-3-1-sigmoid", "in every layer"),
        (
            "::2",
            "iris-4-6-5-3",
            "in the first and the last layer; it is right in the layers between the first and the last",
        ),
        (
            ":max(1, len(g.w) - 1)",
            "iris-4",
            "in the hidden layers and in networks with one layer; it is right in the output layer",
        ),
        ("1:-1", "iris-4", "in the layers between the first and the last; it is right in the first and the last layer"),
    ],
)
def test_a_single_layer_is_neither_the_first_nor_the_last(server, tmp_path, wrong, pattern, words):
    path = tmp_path / "some.py"
    copied(tmp_path, "matrices")
    path.write_text(
        f"""
from matrices import *
right = backprop
def backprop(network, x, t):
    g = right(network, x, t)
    places = [*range(len(g.w))][{wrong if ":" in wrong else wrong + ":" + ("1" if wrong == "0" else "")}]
    return Gradients([-w if l in places else w for l, w in enumerate(g.w)], g.b, g.delta)
del step
""",
        encoding="utf-8",
    )
    found = checked(server, path, pattern=pattern)
    assert first_divergence(found.outcomes).layers == words


def test_the_overall_verdict_is_the_worst_and_counts_add_up(server):
    found = checked(server, SUBMISSIONS / "wrong" / "wrong_layers_weights_index_lists.py")
    assert found.verdict == "failed"
    counts = Counter(outcome.verdict for outcome in found.outcomes)
    assert found.by_verdict == dict(counts)
    assert {"failed", "wrong", "agrees"} <= counts.keys()


def test_a_file_that_refuses_every_case_is_unsupported(server, tmp_path):
    path = tmp_path / "refusing.py"
    text = "from harness import Unsupported\ndef backprop(n, x, t): raise Unsupported('not today')\n"
    path.write_text(text, encoding="utf-8")
    found = checked(server, path, pattern="iris")
    assert found.verdict == "unsupported"
    assert found.ran == 0


UNLISTED = {
    "random state": ("np.random.seed(0); return right(network, x, t)", "agrees"),
    "second call raises": (
        "calls.append(0)\n    if len(calls) % 2 == 0: raise ValueError\n    return right(network, x, t)",
        "failed",
    ),
    "a little off": (
        "g = right(network, x, t); return Gradients([w * (1 + 2**-47) for w in g.w], g.b, g.delta)",
        None,  # it may lie within the bound where that is wide
    ),
    "off by 30 %": ("g = right(network, x, t); return Gradients([w * 1.3 for w in g.w], g.b, g.delta)", "wrong"),
}


@pytest.mark.parametrize("name", UNLISTED)
@pytest.mark.parametrize("pattern", ["", "xor-2-1", "iris-4-5-3"])
def test_mistakes_that_change_nothing_are_not_named(server, tmp_path, name, pattern):
    body, verdict = UNLISTED[name]
    path = tmp_path / "unlisted.py"
    path.write_text(f"{ONLY_SIGMOID}\ndef backprop(network, x, t):\n    {body}\n", encoding="utf-8")
    found = checked(server, path, pattern=pattern)
    assert found.verdict == verdict or verdict is None
    assert names(found) == []


def test_a_wrong_formula_without_finite_numbers_is_not_named(server, tmp_path):
    """Softmax without the maximum is NaN on the large logits; what is merely wrong there is not that."""
    source = (SUBMISSIONS / "right" / "class_with_state.py").read_text(encoding="utf-8")
    path = tmp_path / "large.py"
    body = "_right = backprop\ndef backprop(n, x, t):\n    g = _right(n, x, t)\n"
    path.write_text(f"{source}\n{body}    return Gradients([w * 1.3 for w in g.w], g.b)\ndel step\n", encoding="utf-8")
    assert names(checked(server, path, pattern="softmax-large")) == []


def test_float32_is_named_only_if_the_numbers_are_float32(server, tmp_path):
    """A step whose gradient is a difference quotient has errors of float32's size, and is none."""
    path = tmp_path / "quotient.py"
    copied(tmp_path, "finite_differences")
    path.write_text(
        """
import finite_differences
def step(network, x, t, eta):
    g = finite_differences.backprop(network, x, t)
    pairs = list(zip(network.layers, g.w, g.b))
    return network.with_parameters([l.w - eta * w for l, w, _ in pairs], [l.b - eta * b for l, _, b in pairs])
""",
        encoding="utf-8",
    )
    found = checked(server, path, pattern="iris-4")
    assert found.verdict == "inaccurate"
    assert names(found) == []


def test_an_answer_that_depends_on_earlier_calls_is_reported(server, tmp_path):
    path = tmp_path / "once.py"
    path.write_text(
        f"{ONLY_SIGMOID}\ndef backprop(network, x, t):\n    calls.append(0)\n    g = right(network, x, t)\n"
        "    if len(calls) > 2: return g\n    return Gradients([w * 1.01 for w in g.w], g.b)\n",
        encoding="utf-8",
    )
    found = checked(server, path, pattern="xor-2-1")
    assert found.verdict == "failed"
    [refusal] = [refusal for outcome in found.outcomes for refusal in outcome.faults.values()]
    assert "depends on earlier calls" in refusal.detail
    assert "depends on earlier calls" in report_text(found, "")


NAIVE_SIGMOID = """
import numpy as np

ACTIVATIONS = ("relu", "sigmoid")
COST = "binary_cross_entropy"

def backprop(network, x, t):
    a, w, b = [x], [], []
    for layer in network.layers:
        z = a[-1] @ layer.w.T + layer.b
        a.append(np.exp(z) / (1 + np.exp(z)) if layer.activation.name == "sigmoid" else np.maximum(z, 0))
    delta = a[-1] - t
    for k in reversed(range(len(network.layers))):
        w, b = [delta.T @ a[k], *w], [delta.sum(axis=0), *b]
        delta = delta @ network.layers[k].w * (a[k] > 0)
    return w, b
"""


def test_nan_where_exp_overflows_is_said_to_be_that(server, tmp_path):
    path = tmp_path / "naive.py"
    path.write_text(NAIVE_SIGMOID, encoding="utf-8")
    found = checked(server, path, pattern="random-5-6-4-relu-sigmoid-bce-large")
    assert found.verdict == "failed"
    shown = " ".join(report_text(found, "").split())
    assert "Not finite with very large logits only: exp(z) overflows, as in e^z / (1 + e^z); in place of" in shown
    assert "Or a probability underflows to 0, as in -t / a or log(a)" in shown
