"""The house rules that can be checked: what an implementation may import, equation tags."""

from __future__ import annotations

import ast
import re
import sys
from collections import defaultdict
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
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
            if node.module == "harness":  # what is imported may be a module
                yield from (f"{node.module}.{alias.name}" for alias in node.names)
            else:
                yield node.module


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


def test_the_harness_knows_nothing_of_the_benchmarks():
    for path in FILES:
        assert not [name for name in imports(path) if name.split(".")[0] == "benchmarks"], path


# Names that files of one kind share, since others look for them there.
INTERFACES = {
    *("CLAIM", "COMMANDS", "LAYER", "SLOTS", "TYPE_CHECKING", "__all__", "_arguments", "_run", "experiment"),
    *("forward", "backward", "reference"),  # of a layer
    "EXPRESSIONS",  # that engines differentiate
}


def top_level_names(path):
    """What a module defines, and does not import."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name
        targets = (
            node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        )
        yield from (one.id for target in targets for one in ast.walk(target) if isinstance(one, ast.Name))


def test_no_name_stands_for_two_things():
    places = defaultdict(set)
    for path in FILES:
        for name in top_level_names(path):
            places[name].add(path.relative_to(ROOT).as_posix())
    twice = {name: sorted(paths) for name, paths in places.items() if len(paths) > 1 and name not in INTERFACES}
    assert not twice, twice
    assert all(len(places[name]) > 1 for name in INTERFACES), "an interface of one file is none"
