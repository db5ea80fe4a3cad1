"""Imports run one way: each layer of a package imports only layers to its left, and no modules import in a circle."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from support.layering import MOST_ENTRIES, circle, crowded_folders, import_graph, imports, layer_violations

ROOT = Path(__file__).resolve().parents[2]
# The entries at the top of each package, from left to right; {"a", "b"} is one layer of two that are independent.
LAYERS = {
    "harness": (
        "model",
        "reporting",
        {"cases", "truth"},
        "sandbox",
        "judging",
        {"mistakes", "layers"},
        "jobs",
        "testing",
        "__main__",
    ),
    "harness/jobs": (
        "__init__",
        "distributed",
        {"check", "train"},
        "compare",
        "prove",
        "evidence",
        {"claims", "vectors"},
        "page",
        "grade",
    ),
    "harness/jobs/grade": (
        "record",
        "assignment",
        "intake",
        "marking",
        {"exports", "store"},
        {"pages", "run"},
        "writing",
        "grading",
        "command",
    ),
    "harness/jobs/evidence": ("__init__", "layers", {"soundness", "mutants"}, "mistakes"),
    "benchmarks": ("runner", "contenders", "report", "sections", {"__main__", "grading"}),
}
TESTS = sorted((ROOT / "tests").rglob("test_*.py"))


@pytest.mark.parametrize("package", LAYERS)
def test_a_layer_imports_only_layers_to_its_left(package):
    lines = layer_violations(ROOT / package, LAYERS[package])
    assert not lines, "\n".join(lines)


@pytest.mark.parametrize("package", LAYERS)
def test_no_modules_import_in_a_circle(package):
    found = circle(import_graph(ROOT / package))
    assert not found, found


@pytest.mark.parametrize("package", LAYERS)
def test_no_folder_is_crowded(package):
    lines = crowded_folders(ROOT / package)
    assert not lines, "\n".join(lines)


def test_no_folder_of_the_tests_is_crowded():
    lines = [line for line in crowded_folders(ROOT / "tests") if "/submissions/" not in line]  # files of strangers
    assert not lines, "\n".join(lines)


@pytest.mark.parametrize("path", TESTS, ids=lambda path: path.stem)
def test_no_test_file_imports_another(path):
    others = {other.stem for other in TESTS} - {path.stem}
    found = [name for name in imports(path) if not others.isdisjoint(name.split("."))]
    assert not found, f"{path.relative_to(ROOT)} imports {', '.join(found)}; move what both need to a module beside it"


def package(folder, **files):
    """A package `p` of these files; `a__b` is the file a/b.py."""
    for name, text in {"__init__": "", **files}.items():
        path = folder / "p" / f"{name.replace('__', '/') if not name.startswith('__') else name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder / "p"


@pytest.mark.parametrize(
    "line",
    ["import p.right.b", "from p.right import b", "from p.right.b import c", "def f():\n    from p.right import b"],
)
def test_an_import_to_the_right_is_a_violation(tmp_path, line):
    made = package(tmp_path, left__a=line, right__b="c = 1")
    message = "p/left/a.py imports p.right.b: layer left stands left of right"
    assert layer_violations(made, ("left", "right")) == [message]
    assert layer_violations(made, ("right", "left")) == []
    message = "p/left/a.py imports p.right.b: layers left and right are siblings, which may not import each other"
    assert layer_violations(made, ({"left", "right"},)) == [message]


def test_imports_for_type_checkers_do_not_count(tmp_path):
    line = "if TYPE_CHECKING:\n    import p.right\nelse:\n    import p.other"
    made = package(tmp_path, left=line, right="", other="")
    assert import_graph(made) == {"p": [], "p.left": ["p.other"], "p.right": [], "p.other": []}


def test_a_layer_is_listed_and_there(tmp_path):
    assert layer_violations(package(tmp_path, a=""), ("b",)) == [
        "p: a has no layer; add it to the layers",
        "p: there is no b; remove it from the layers",
    ]


def test_the_front_of_a_package_may_import_any_layer_and_is_imported_by_none(tmp_path):
    made = package(tmp_path, __init__="from p.a import x", a="x = 1", b="from p import x")
    assert layer_violations(made, ("a", "b")) == ["p/b.py imports p: layer b stands left of __init__"]


def test_a_circle_is_reported_in_the_order_of_its_imports(tmp_path):
    made = package(tmp_path, a="import p.b", b="from p import c", c="import p.d\ndef f():\n    import p.a", d="")
    names = circle(import_graph(made)).split(" imports ")
    assert names[0] == names[-1]
    pairs = set(pairwise(names))
    assert pairs == {("p.a", "p.b"), ("p.b", "p.c"), ("p.c", "p.a")}


def test_a_crowded_folder_is_reported_with_its_count(tmp_path):
    files = {f"room__m{number}": "" for number in range(MOST_ENTRIES + 1)}
    made = package(tmp_path, **files)
    (made / "room" / "__pycache__").mkdir()
    assert crowded_folders(made) == ["p/room: 13 entries, at most 12 are allowed; group some in a folder"]
    (made / "room" / "m0.py").unlink()
    assert crowded_folders(made) == []
