"""What is wrong with --scheduler and --workers is said in a line, before anything is done."""

from __future__ import annotations

import argparse
import socket
import sys
from argparse import Namespace

import pytest
from support.commands import harness

from harness.jobs.distributed import cluster
from harness.jobs.distributed.machines import add_machines, machines
from harness.jobs.distributed.standing import equipment, standing
from harness.model.errors import UnusableInput


def refused(**options):
    with pytest.raises(UnusableInput) as raised, machines(Namespace(**{"scheduler": None, "workers": None, **options})):
        raise AssertionError("it was taken")
    [line] = str(raised.value).splitlines()
    return line


def test_this_process_does_the_work_unless_told_otherwise():
    parser = argparse.ArgumentParser()
    add_machines(parser)
    with machines(parser.parse_args([])) as where:
        assert [*where.results(divmod, [("a", 3), ("b", 4)], 14)] == [("a", (4, 2)), ("b", (3, 2))]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"scheduler": "tcp://there:1", "workers": 2}, "--workers with --scheduler: expected one of them"),
        ({"workers": 2, "jobs": 2}, "--jobs with --workers: expected one of them"),
        ({"scheduler": "tcp://there:1", "jobs": 2}, "--jobs with --scheduler: expected one of them"),
        *(
            ({"scheduler": one}, f"--scheduler {one}: expected an address as tcp://host:8786")
            for one in ("", "there", "there:8786", "tcp://there", "tcp://there:door", "http://there:80")
        ),
    ],
)
def test_options_that_make_no_sense(options, said):
    assert refused(**options).startswith(said)


def test_a_package_that_is_missing_is_named_with_its_extra(monkeypatch):
    for name in [one for one in sys.modules if one.startswith("harness.jobs.distributed.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "distributed", None)
    said = refused(workers=2)
    assert said.startswith("--workers needs distributed, which is not installed; ")
    assert "'.[cluster]'" in said


def test_an_address_where_nobody_or_something_else_answers(monkeypatch):
    monkeypatch.setattr(cluster, "CONNECT_SECONDS", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        for port in (silent.getsockname()[1], 9):  # 9 is for discarding, and closed
            address = f"tcp://127.0.0.1:{port}"
            expected = f"--scheduler {address}: expected a scheduler of Dask, found none within 0.5 s; start one"
            assert refused(scheduler=address).startswith(expected)


def test_a_command_says_it_in_a_line_too():
    found = harness("compare", "--only", "row_matrices", "--case", "xor*", "--workers", 2, "--scheduler", "tcp://a:1")
    assert found.returncode == 2
    assert found.stderr.startswith("error: --workers with --scheduler")
    assert found.stderr.count("\n") == 1


def test_differences_name_what_was_expected_and_what_came():
    mine = standing()
    assert mine.differences(mine) == ""
    other = type(mine)(mine.gradproof, "2.7", mine.numpy, "0.1")
    assert mine.differences(other) == (
        f"expected python {mine.python}, python-flint {mine.python_flint}, as here, found python 2.7, python-flint 0.1"
    )


def test_the_programs_of_the_languages_are_part_of_the_equipment(monkeypatch):
    assert {"gcc", "node"} <= {*equipment(["C", "JavaScript"])} - {*equipment([])}
    monkeypatch.setenv("PATH", "")
    assert equipment(["C"])["gcc"] == "missing"
