"""The page "Check your own code": its adapters agree, and what it says is found is what is found."""

from __future__ import annotations

import re
import shutil
import tomllib

import pytest
from support.checking import SUBMISSIONS
from support.running import shared

from harness.cases.standard import gradient_cases
from harness.jobs.check.run import check_submission
from harness.sandbox.inference.driving.adapters import Adapters
from harness.sandbox.inference.driving.written import driven_text
from harness.sandbox.requests import Limits
from harness.sandbox.sources.find import PROJECT_ROOT, Implementation

PAGE = (PROJECT_ROOT / "docs/checking.md").read_text(encoding="utf-8")
FOLDER = SUBMISSIONS / "as_they_stand"
MADE = {name: one["make"] for name, one in tomllib.loads((FOLDER / "networks.toml").read_text("utf-8")).items()}
SECTIONS = dict(re.findall(r"^### [^\n]*: (\w+)\.py\n(.*?)(?=^##)", PAGE, re.MULTILINE | re.DOTALL))
LIMITS = Limits(seconds=60.0, total=600.0)


def verdict(implementation):
    return check_submission(shared(), implementation, gradient_cases(), 1, LIMITS, is_fitted=True)


def test_there_are_five_examples_and_each_command_is_that_of_the_network():
    assert len(SECTIONS) >= 5
    for name, text in SECTIONS.items():
        make = f" --make '{MADE[name]}'" if MADE[name] else ""
        assert f"After: `gradproof check {name}.py{make}`" in text


@pytest.mark.parametrize("name", SECTIONS)
def test_the_adapter_of_a_person_agrees(tmp_path, name):
    [before] = re.findall(r"^```python\n(.*?)^```", SECTIONS[name], re.MULTILINE | re.DOTALL)
    shutil.copy(FOLDER / f"{name}.py", tmp_path)
    path = tmp_path / "mine.py"
    path.write_text(before, encoding="utf-8")
    found = verdict(Implementation("mine", path))
    print(f"{name}: {found.verdict}, {found.ran} cases ran")
    assert found.verdict == "agrees"
    assert found.ran >= 20


@pytest.mark.parametrize("name", SECTIONS)
def test_what_is_found_is_what_the_page_shows(name):
    [after] = re.findall(r"^```text\n(.*?)^```", SECTIONS[name], re.MULTILINE | re.DOTALL)
    with Adapters(shared(), LIMITS) as adapters:
        found = verdict(adapters.drive(Implementation(name, FOLDER / f"{name}.py"), MADE[name]))
    assert found.verdict == "agrees"
    assert driven_text(found.driven).strip() == after.strip()
