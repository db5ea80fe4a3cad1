"""The house rules that can be checked: which way imports run, what an implementation may import, equation tags."""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
# Data flows from left to right, and imports run only from right to left; modules of one group may not import
# each other unless the later is listed after the earlier.
ORDER = [
    "contract", "errors", "ending", "timings", "activations", "costs",
    "tables", "datasets", "drawing", "cases", "selection", "common",
    "double_double", "enclosure", "slicing", "products", "balls", "large", "truth",
    "arithmetic", "affine", "responses", "rounding", "certify", "exact",
    "discover", "answers", "folders", "processes", "fork_server", "surroundings", "messages", "child", "call",
    "server", "worker", "requests", "job", "pool",
    "textbook", "conventions", "verdict", "judging", "half", "evidence", "cause", "examine", "rounded",
    "mistakes.entry", "mistakes.scopes", "mistakes.slopes", "mistakes.backward", "mistakes.gradients",
    "mistakes.batches", "mistakes.costs", "mistakes",
    "diagnose", "where", "explain", "check", "check_json", "show_check", "skeleton", "testing",
    "mutants",
    "evaluate", "exact_call", "prove", "refute", "tightness", "soundness", "peers", "catalogue",
    "distances", "pairs", "rows", "table", "tally", "schedule", "compare", "views", "results", "changes", "exports",
    "pictures", "precise",
    "training", "training.states", "training.courses", "training.spread", "training.runners",
    "training.store", "training.follow", "training.judged", "training_views",
    "claims.claim", "claims.tools", "claims.bias_trick", "claims.current_or_next_layer", "claims.hadamard_product",
    "claims.inputs_not_outputs", "claims.iverson_bracket", "claims.counting", "claims.many_costs",
    "claims.online_batch_mean", "claims.recomputed", "claims.published_groups", "claims.published_figures",
    "claims.signs", "claims.slope_forms", "claims.transpose_not_inverse", "claims.update_after_backward", "claims",
    "markdown", "claims_report", "training_pictures", "training_report", "terminal", "training_terminal",
    "page", "page.examples", "page.lines", "page.notations", "page.quantities", "page.worked",
    "soundness_report", "sensitivity", "mistakes_report", "mutants_report", "report", "proof_report",
    "page.damage", "page.sections",
    "page.pictures", "page.notation", "page.prose", "page.mistakes", "page.data", "page.build", "page_commands",
    "check_commands", "claims_commands", "commands", "compare_command", "diff_command", "train_commands", "__main__",
]  # fmt: skip
FILES = sorted((ROOT / "harness").rglob("*.py"))
IMPLEMENTATIONS = sorted((ROOT / "implementations").glob("*.py"))


def imports(path):
    """The modules that a file imports, also inside functions, but not those for types only."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    typing_only = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and getattr(node.test, "id", "") == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if id(node) in typing_only:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name}: relative import"
            if node.module in (
                "harness",
                "harness.mistakes",
                "harness.claims",
                "harness.training",
                "harness.page",
            ):  # the packages: what is imported may be a module
                yield from (f"{node.module}.{alias.name}" for alias in node.names)
            else:
                yield node.module


def module(path):
    """The name of a file of the harness as a module, without `harness.`; empty for the package itself."""
    parts = path.relative_to(ROOT / "harness").with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def test_every_module_of_the_harness_has_its_place():
    assert sorted(ORDER) == sorted(filter(None, map(module, FILES)))


@pytest.mark.parametrize("path", FILES, ids=module)
def test_imports_run_one_way(path):
    place = module(path)
    allowed = ORDER[: ORDER.index(place)] if place else ["contract"]
    for name in imports(path):
        if name.startswith("harness."):
            # A name of a module, or a name in one: `from harness import X` and `from harness.mistakes import X` alike.
            found = name.removeprefix("harness.")
            assert found in allowed or found.rsplit(".", 1)[0] in allowed, f"{path.name} imports {name}"


@pytest.mark.parametrize("path", IMPLEMENTATIONS, ids=lambda p: p.stem)
def test_an_implementation_imports_the_contract_and_its_numerical_library_only(path):
    contract = {*(f"harness.{name}" for name in ("Gradients", "Layer", "Network", "Unsupported"))}
    for name in imports(path):
        assert name in contract or name.split(".")[0] in {"numpy", "torch", *sys.stdlib_module_names}, name


@pytest.mark.parametrize("path", IMPLEMENTATIONS, ids=lambda p: p.stem)
def test_an_implementation_has_title_source_and_equation_tags(path):
    text = path.read_text(encoding="utf-8")
    tree = ast.parse(text)
    assert ast.get_docstring(tree)
    assert re.search(r"^SOURCE = ", text, re.MULTILINE)
    if path.stem not in {
        "torch_autograd",
        "finite_differences",
        "complex_step",
        "dual_numbers",
    }:  # no equation is theirs
        # A layer that is alone has nothing to send back.
        equations = {"BP1", "BP2", "BP3", "BP4"} - ({"BP2"} if path.stem == "fifteen_steps" else set())
        for equation in equations:
            assert re.search(rf"#.*{equation}|# BP1 to BP4", text), equation
    if "def step" in text and path.stem != "torch_autograd":
        assert "# rule" in text


def test_no_global_random_state():
    """Generators are made with a seed and passed on; nothing draws from a module's own."""
    own = r"np\.random\.(?!default_rng|Generator|get_state)|torch\.(rand[(n]|manual_seed)|random\.seed"
    for path in [*FILES, *IMPLEMENTATIONS]:
        assert not re.search(own, path.read_text(encoding="utf-8")), path
