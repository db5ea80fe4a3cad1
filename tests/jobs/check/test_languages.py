"""Implementations in other languages: the right ones agree, one mistake in each is wrong, and named as in Python.

A language whose tools are not here is unsupported, and said so; `--all-languages` tries every wrong version.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from support.checking import SUBMISSIONS, checked, names
from support.commands import in_process

from harness.cases.standard import gradient_cases
from harness.jobs.check.as_json import as_data
from harness.jobs.check.run import check_submission
from harness.mistakes import CATALOGUE
from harness.sandbox.greeting import greeted
from harness.sandbox.requests import Limits
from harness.sandbox.sources.find import available_implementations, implementation_at
from harness.sandbox.sources.toolchains import language_named, language_of, languages

WRONG = tomllib.loads((SUBMISSIONS / "languages" / "languages.toml").read_text(encoding="utf-8"))
PROGRAMS = {one.name: one for one in available_implementations() if one.language != "Python"}
SAME_NUMBERS = {"bias_never_updated", "bias_not_an_input"}
pytestmark = pytest.mark.usefixtures("known_truths")


def wrong_versions(config):
    """The name of an implementation and the number of a wrong version: the first of each, or all."""
    for name, versions in WRONG.items():
        yield from ((name, n) for n in range(len(versions) if config.getoption("all_languages") else 1))


def pytest_generate_tests(metafunc):
    if "number" in metafunc.fixturenames:
        pairs = [*wrong_versions(metafunc.config)]
        ids = [f"{name}-{WRONG[name][number]['mistake']}" for name, number in pairs]
        metafunc.parametrize(("name", "number"), pairs, ids=ids)


def changed(name, folder, changes):
    """The source file of an implementation in a folder, with some texts replaced that stand there once."""
    text = PROGRAMS[name].path.read_text(encoding="utf-8")
    for right, wrong in changes:
        assert text.count(right) == 1, right
        text = text.replace(right, wrong)
    path = folder / PROGRAMS[name].path.name
    path.write_text(text, encoding="utf-8")
    return path


def test_each_language_has_a_formulation_and_five_mistakes_of_its_own():
    mistakes = [one["mistake"] for versions in WRONG.values() for one in versions]
    assert all(len(versions) >= 5 for versions in WRONG.values())
    assert len(set(mistakes)) == len(mistakes)
    assert all(mistake in CATALOGUE or "^" in mistake for mistake in mistakes)
    assert {language_of(one.path).name for one in PROGRAMS.values()} == {one.name for one in languages()}
    missing = [one.missing for one in languages() if one.missing]
    print(f"{len(languages()) - len(missing)} of {len(languages())} languages are here; {'; '.join(missing)}")


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_formulation_has_title_source_and_equation_tags(name):
    one = PROGRAMS[name]
    assert one.title not in ("", name)
    assert one.source
    text = one.path.read_text(encoding="utf-8")
    for tag in ("BP1", "BP2", "BP3", "BP4", "rule"):
        assert re.search(rf"(//|#|%) {tag}\b", text), tag


def in_float(folder, hello):
    """The program in C with float in place of double, and another beginning of its hello."""
    text = PROGRAMS["c_flat_arrays"].path.read_text(encoding="utf-8")
    text = re.sub(r"\bdouble\b", "float", text).replace('\\"hello\\": 1, ', hello)
    path = folder / "in_float.c"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.skipif(bool(language_named("C").missing), reason=language_named("C").missing)
def test_a_program_in_float32_is_right_by_its_declaration(server, tmp_path):
    declared = '\\"hello\\": 1, \\"declares\\": {\\"DTYPE\\": \\"float32\\"}, '
    [one] = greeted(server, [implementation_at(in_float(tmp_path, declared))], Limits())
    found = check_submission(server, one, gradient_cases(), 1, is_fitted=True)
    print(f"{found.ran} float32 cases ran")
    assert found.verdict == "agrees"
    assert found.ran >= 55
    path = in_float(tmp_path, '\\"hello\\": 1, ')
    failures = as_data(check_submission(server, path, gradient_cases()[:1], 1), "")["failures"]
    expected = 'its echo has float32 numbers: declare "DTYPE": "float32" in its hello, or use float64'
    assert {one["message"] for one in failures} == {expected}


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_formulation_agrees_on_every_case_or_its_language_is_missing(server, name):
    found = checked(server, PROGRAMS[name])
    if why := language_named(PROGRAMS[name].language).missing:
        assert found.verdict == "unsupported"
        assert [*found.refused] == [why]
        return
    print(f"{name}: {found.ran} of {len(found.outcomes)} cases ran")
    assert found.verdict == "agrees"
    assert found.ran == len(found.outcomes)
    assert found.found == found.declared
    assert names(found) == []


def test_a_wrong_version_is_explained_as_in_python(server, tmp_path, name, number):
    if why := language_named(PROGRAMS[name].language).missing:
        pytest.skip(why)
    expected = WRONG[name][number]
    found = checked(server, implementation_at(changed(name, tmp_path, expected["changes"])))
    formulas = [one["yours"] for each in as_data(found, "")["diagnosis"] for one in each["formulas"]]
    print(f"{name}: {names(found)}, {formulas}; expected {expected['mistake']}")
    assert found.verdict in {"wrong", "failed"}
    if expected["mistake"] not in CATALOGUE:
        assert any(expected["mistake"] in formula for formula in formulas)
        return
    allowed = SAME_NUMBERS if expected["mistake"] in SAME_NUMBERS else {expected["mistake"]}
    assert expected["mistake"] in names(found)
    assert set(names(found)) <= allowed


def made(path, *options):
    """A skeleton from the command, with what it printed."""
    done = in_process("new", path, *options)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


@pytest.mark.parametrize("language", languages(), ids=lambda one: one.key)
def test_a_skeleton_is_wrong_in_one_line_which_it_says(server, tmp_path, language):
    path = tmp_path / f"my_net{language.suffixes[0]}"
    said = made(tmp_path / "my_net", "--language", language.key)
    assert said.startswith(f"Wrote {path}. It runs, but is wrong until you complete the line marked TODO.")
    assert f"check {path}\n" in said
    text, one = path.read_text(encoding="utf-8"), implementation_at(path)
    assert one.title == "my net"
    assert one.source.startswith("after ")
    assert text.count("TODO") == text.count(language.skeleton.wrong) == 1
    assert Path(language.skeleton.of).stem not in text
    if language.missing:
        assert said.endswith(f"{language.missing}\n")
        pytest.skip(language.missing)
    found = checked(server, one, pattern="xor")
    assert found.verdict == "wrong"
    assert names(found) == ["sigma_prime_missing_in_hidden"]
    path.write_text(text.replace(language.skeleton.wrong, language.skeleton.right), encoding="utf-8")
    mended = checked(server, one, pattern="xor")
    assert (mended.verdict, mended.ran) == ("agrees", found.ran)


@pytest.mark.parametrize(
    ("arguments", "written"),
    [
        (["net.js"], "net.js"),
        (["net.mjs"], "net.mjs"),
        (["net.cc", "--language", "c++"], "net.cc"),
        (["net", "--language", "JAVASCRIPT"], "net.js"),
        (["my-net", "--language", "Rust"], "my-net.rs"),
        (["Net", "--language", "Java"], "Net.java"),
        (["net", "--language", "python"], "net.py"),
        (["net"], "net.py"),
    ],
)
def test_the_language_of_a_skeleton_is_given_or_that_of_the_suffix(tmp_path, arguments, written):
    name, *options = arguments
    made(tmp_path / name, *options)
    assert [path.name for path in tmp_path.iterdir()] == [written]


@pytest.mark.skipif(bool(language_named("JavaScript").missing), reason="node is not here")
def test_a_skeleton_runs_as_a_javascript_module(server, tmp_path):
    made(tmp_path / "net.mjs")
    assert checked(server, implementation_at(tmp_path / "net.mjs"), pattern="xor").verdict == "wrong"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["net", "--language", "go"], "unknown language 'go'"),
        (["net.go"], "net.go: expected a name that ends in .py, .c, "),
        (["net.py", "--language", "c"], "net.py: expected a name that ends in .c, as of C, found .py; rename it"),
        (["net.js", "--language", "python"], "net.js: expected a name that ends in .py, as of Python, found .js"),
        (["a b.c"], "a b.c: expected letters, digits, _ and -"),
        (["my-net.java"], "my-net.java: expected letters, digits and _, as in the name of a class of Java"),
        (["class.java"], "class.java: expected an unused name, found a word of Java or of the skeleton"),
        (["Layer.java"], "Layer.java: expected an unused name, found a word of Java or of the skeleton"),
        (["no/such/net.c"], "no/such/net.c: expected the folder no/such, found none"),
        (["implementations/c_flat_arrays.c"], "implementations/c_flat_arrays.c: expected no file there, found one"),
    ],
)
def test_a_skeleton_with_an_unusable_name_or_language_is_one_line(arguments, message):
    done = in_process("new", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"error: {message}")
    assert done.stderr.count("\n") == 1
