"""`nox -s claims` as a person meets it."""

from __future__ import annotations

import pytest
from support.commands import harness, in_process

ONE = "current-or-next-layer"  # takes no time


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["transpose-not-inversed"],
            "unknown claim 'transpose-not-inversed': did you mean 'transpose-not-inverse'? known:",
        ),
        ([""], "unknown claim '': known: current-or-next-layer,"),
        ([f"{ONE},nothing"], "unknown claim 'nothing': "),
        ([ONE, "--reports", "/dev/null/x"], "expected a folder to write reports to"),
    ],
)
def test_unusable_arguments_are_one_line_and_status_2(arguments, message):
    done = in_process("claims", *arguments)
    assert done.returncode == 2
    assert message in done.stderr
    assert done.stderr.count("\n") == 1
    assert "Traceback" not in done.stderr


def test_one_claim_is_shown_whole_and_the_reports_are_left_alone():
    done = harness("claims", ONE)
    assert done.returncode == 0
    for part in (
        "Does a hidden delta need",
        f"{ONE}: confirmed (4 of 4",
        "✓ Each weight",
        "`W[1][0, 0]`",
        "Method:",
    ):
        assert part in done.stdout
    assert "No report for a selection" in done.stdout


def test_a_report_goes_where_it_is_wanted(tmp_path):
    done = harness("claims", ONE, "online-batch-mean", "--reports", str(tmp_path / "new"))
    assert done.returncode == 0
    made = sorted(path.relative_to(tmp_path / "new").as_posix() for path in (tmp_path / "new").rglob("*.*"))
    assert made == ["claims.csv", "claims.md", "data/claims.json", "index.html", "pictures/online-batch-mean.svg"]
    assert harness("claims", ONE, "--reports", str(tmp_path / "new")).returncode == 0  # ours may be replaced


@pytest.mark.parametrize("name", ["claims.md", "claims.csv", "index.html", "pictures/mine.svg", "pictures"])
def test_what_is_not_ours_is_not_replaced(tmp_path, name):
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    path.write_text("mine", encoding="utf-8")
    done = in_process("claims", ONE, "--reports", str(tmp_path))
    assert done.returncode == 2
    assert "name another" in done.stderr
    assert done.stderr.count("\n") == 1
    assert path.read_text(encoding="utf-8") == "mine"
    assert "confirmed" not in done.stdout, "nothing is computed before"
