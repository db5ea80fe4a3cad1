"""The formulas in the text and the JSON of a check, and the line of the file that is an equation."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from dataclasses import replace

import pytest
from support.checking import SUBMISSIONS, checked
from support.running import shared

from harness.jobs.check.as_json import as_data
from harness.jobs.check.source_line import line_of
from harness.jobs.check.text import report_text
from harness.mistakes.diagnose import Diagnosis
from harness.mistakes.render import formulas_of
from harness.mistakes.rules import HIDDEN_LAYERS, Rule

WRONG = SUBMISSIONS / "wrong"
pytestmark = pytest.mark.usefixtures("known_truths")
OF_EQUATION = {
    "z": Rule("bias", "0"),
    "BP1": Rule("error", "a^l"),
    "BP2": Rule("matrix", "W^l"),
    "BP3": Rule("bias sum", "Σ_units ·"),
    "BP4": Rule("input used", "ones"),
    "rule": Rule("step factor", "2"),
}
# The equations with a line of their own in the files that have one, as a person reads them.
LINES = {
    "bias_first_sample_only_deque": {"BP4": 30},
    "bias_mean_weights_sum_flat_vector": {"z": 31, "BP3": 42, "BP4": 41},
    "bias_not_an_input_ones_column": {"z": 26},
    "bias_scalar_sum_state_class": {"z": 23, "BP3": 38, "BP4": 37},
    "bias_sign_flipped_threshold": {"BP4": 24},
    "derivative_of_another_activation_functional": {"z": 13},
    "divided_by_n_at_every_layer_cached": {"z": 10, "BP3": 17, "BP4": 16},
    "float32_inside_single_precision": {"z": 23, "BP3": 34, "BP4": 33},
    "inputs_mutated_in_place": {"z": 24},
    "mean_where_sum_is_stated_columns": {"z": 14, "BP3": 30, "BP4": 29},
    "no_sigma_prime_at_output_einsum": {"z": 17},
    "online_updates_inside_batch_epoch_loop": {"z": 14, "BP1": 16, "BP2": 22, "BP4": 19},
    "outputs_where_inputs_belong_functional": {"z": 14},
    "penalty_divided_by_rows_columns": {"z": 14, "BP3": 22, "BP4": 21},
    "penalty_doubled_first_layer_twice": {"z": 17},
    "penalty_of_biases_missing_two_lists": {"z": 16},
    "penalty_of_ones_on_biases_theta": {"z": 21},
    "penalty_on_biases_flat_vector": {"z": 26},
    "penalty_once_a_row_samples": {"BP4": 22},
    "penalty_sign_flipped_layer_objects": {"BP3": 21, "BP4": 20},
    "relu_gate_missing_cached_scores": {"BP3": 33, "BP4": 32},
    "sigma_prime_missing_in_error_sent_back_class": {"BP4": 38},
    "sigma_prime_missing_in_hidden_in_out": {"BP3": 30, "BP4": 29},
    "sigma_prime_missing_in_hidden_recursion": {"z": 17},
    "sigma_prime_of_activation_columns": {"z": 21},
    "sigma_prime_with_cross_entropy_columns_book": {"z": 29, "BP4": 37},
    "softmax_diagonal_jacobian_activation_classes": {"BP3": 48, "BP4": 47},
    "softmax_overflow_classifier": {"BP3": 37, "BP4": 36},
    "tanh_prime_of_output_layer_objects": {"BP3": 22, "BP4": 21},
    "transpose_missing_in_backward_columns": {"z": 20},
    "updated_weights_used_to_propagate_layer_objects": {"z": 16},
    "updated_weights_used_to_propagate_loops": {},
    "weight_gradient_transposed_rows": {"z": 22, "BP3": 31},
}


@pytest.fixture(scope="module")
def found():
    return checked(shared(), WRONG / "sigma_prime_of_activation_columns.py", pattern="iris")


def diagnosed(found, *rules, mistakes=(), where="", nameless=(), fresh=0):
    """The check with another diagnosis."""
    return replace(found, diagnoses=(Diagnosis(rules, mistakes, 3, 3, where=where, nameless=nameless, fresh=fresh),))


def explained(found, **options):
    """The paragraph about the mistake."""
    return next(part for part in report_text(found, "", **options).split("\n\n") if "right:" in part).splitlines()


def test_both_forms_stand_under_each_other_and_the_difference_is_marked(found):
    text = explained(found)
    start = text.index("    yours:  δ^1 = (δ^2 W^2) ⊙ [f'(a^1)]")
    assert text[start + 1] == "    right:  δ^1 = (δ^2 W^2) ⊙ [f'(z^1)]      BP2"


def test_a_formula_without_a_name_is_said(found):
    rule = Rule("source", "|δ^{l+1}|")
    text = explained(diagnosed(found, rule, nameless=(rule,), where="hidden layers"))
    assert text[0] == "The formula, which has no name in the catalogue, in hidden layers only:"
    assert text[1] == "    yours:  δ^1 = ([|δ^2|] W^2) ⊙ f'(z^1)"
    assert text[-1].endswith("in all 3 cases with numbers that differ.")


def test_fresh_cases_are_counted(found):
    text = " ".join(" ".join(explained(diagnosed(found, Rule("source", "z^{l+1}"), fresh=12))).split())
    assert text.endswith("in all 3 cases with numbers that differ, and in 12 fresh ones.")


def test_several_explanations_are_said_to_be_equal(found):
    one, other = Rule("source", "z^{l+1}"), Rule("source", "a^{l+1}")
    both = replace(found, diagnoses=diagnosed(found, one).diagnoses + diagnosed(found, other).diagnoses)
    assert "\n\n2 explanations are equally simple, and no case that ran tells them apart:\n\n" in report_text(both, "")
    assert "equally simple" not in report_text(diagnosed(found, one), "")


def test_formulas_of_several_mistakes_follow_each_other_with_their_sentences(found):
    from harness.mistakes.entries.gradients import InputFactorMissing
    from harness.mistakes.entries.slopes import SigmaPrimeMissingInHidden

    rules = (Rule("input used", "ones"), Rule("slope", "1", HIDDEN_LAYERS), Rule("gradient factor", "2", HIDDEN_LAYERS))
    mistakes = (InputFactorMissing, SigmaPrimeMissingInHidden)
    text = explained(diagnosed(found, *rules, mistakes=mistakes, nameless=rules[2:]))
    names = "input_factor_missing + sigma_prime_missing_in_hidden"
    assert text[0] == f"The mistake: {names}, and a formula without a name in the catalogue"
    at = [next(i for i, line in enumerate(text) if part in line) for part in ("BP2", "left out", "given that", "BP4")]
    assert at == sorted(at)
    assert text.count("  Then, given that:") == 1
    assert any(line.startswith("  input_factor_missing: The delta is added") for line in text[at[-1] :])


def test_the_data_have_the_formulas_without_marks(found):
    [diagnosis, *_] = as_data(found, "")["diagnosis"]
    assert diagnosis["formulas"][-1] == {
        "equation": "BP2",
        "yours": "δ^1 = (δ^2 W^2) ⊙ f'(a^1)",
        "right": "δ^1 = (δ^2 W^2) ⊙ f'(z^1)",
        "where": "",
        "meaning": "",
        "line": None,
    }
    rule = Rule("source", "|δ^{l+1}|")
    [nameless] = as_data(diagnosed(found, rule, nameless=(rule,)), "")["diagnosis"]
    assert (nameless["mistake"], nameless["parts"], nameless["fresh"]) == ("", [], 0)


def test_colours_mark_the_difference_in_place_of_brackets(found):
    text = "\n".join(explained(found, is_coloured=True))
    assert "⊙ \x1b[1;31mf'(a^1)\x1b[0m\n    right:  δ^1 = (δ^2 W^2) ⊙ \x1b[1;32mf'(z^1)\x1b[0m      BP2" in text
    assert re.sub(r"\x1b\[[\d;]*m", "", text) == "\n".join(explained(found)).replace("[", "").replace("]", "")


@pytest.mark.parametrize(("variables", "is_coloured"), [({}, True), ({"NO_COLOR": "1"}, False)])
def test_a_terminal_has_colours_unless_it_asks_for_none(variables, is_coloured):
    path = WRONG / "bias_scalar_sum_state_class.py"
    command = [sys.executable, "-m", "harness", "check", str(path), "--case", "ten_rows-2-2-sigmoid-batch10"]
    master, terminal = pty.openpty()
    clean = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
    subprocess.run(command, stdout=terminal, stderr=subprocess.DEVNULL, env={**clean, **variables}, timeout=120)
    os.close(terminal)
    output = os.read(master, 100_000).decode()
    os.close(master)
    assert "right:" in output
    assert ("\x1b[1;31m" in output) is is_coloured


@pytest.mark.parametrize("path", sorted(WRONG.glob("*.py")), ids=lambda path: path.stem)
def test_a_line_is_shown_only_where_it_plainly_is_the_equation(path):
    shown = {}
    for tag, rule in OF_EQUATION.items():
        [formula, *_] = [one for one in formulas_of([rule]) if one.equation == tag]
        line = line_of(formula, path)
        if line:
            assert path.read_text(encoding="utf-8").splitlines()[line[0] - 1].strip() == line[1]
            shown[tag] = line[0]
    assert shown == LINES.get(path.stem, {})


def test_a_tag_in_a_comment_is_taken_before_names(tmp_path):
    path = tmp_path / "tagged.py"
    path.write_text("# BP2 is below\ndelta = (delta @ w) * slope\nd = back(d)  # BP2\n", encoding="utf-8")
    [formula] = formulas_of([OF_EQUATION["BP2"]])
    assert line_of(formula, path) == (3, "d = back(d)  # BP2")


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("net.js", "delta[k] = error * slope; // BP2"),
        ("net.c", "d[k] = e * s; /* BP2 */"),
        ("net.m", "delta = (delta * W) .* s;  % BP2"),
        ("net.R", "d <- (d %*% w) * s # BP2"),
    ],
)
def test_a_tag_after_code_tells_the_line_in_other_languages(tmp_path, name, line):
    path = tmp_path / name
    path.write_text(f"// BP2 is below\n* BP2\n% BP2\n# BP2\n  {line}\n", encoding="utf-8")
    [formula] = formulas_of([OF_EQUATION["BP2"]])
    assert line_of(formula, path) == (5, line)
    path.write_text(f"{line}\n{line}\n", encoding="utf-8")
    assert line_of(formula, path) is None


def test_the_data_have_the_line(found, tmp_path):
    path = tmp_path / "tagged.py"
    path.write_text("d = back(d)  # BP2\n", encoding="utf-8")
    [diagnosis, *_] = as_data(replace(found, path=path), "")["diagnosis"]
    assert diagnosis["formulas"][-1]["line"] == {"number": 1, "text": "d = back(d)  # BP2"}


@pytest.mark.parametrize("text", ["delta = (", "", "delta = d @ w\ndelta = delta * slope\n", "delta = d @ w\n" * 2])
def test_no_line_is_guessed(tmp_path, text):
    path = tmp_path / "unclear.py"
    path.write_text(text, encoding="utf-8")
    [formula] = formulas_of([OF_EQUATION["BP2"]])
    assert line_of(formula, path) is None
    assert line_of(formula, tmp_path / "missing.py") is None
