"""An assignment's file: what it says, and what is said of its faults."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from support.commands import in_process

from harness.jobs.grade.assignment.assignment import Networks
from harness.jobs.grade.assignment.reading import read_assignment
from harness.jobs.grade.command import TEMPLATE
from harness.model.errors import UnusableInput

NETWORK = """title = "Exercise 3"
seed = 7
total = 100

[points]
forward = 20
delta = { output = 15, hidden = 25 }
w = 15
b = 15
update = 10

[networks]
activations = ["sigmoid", "tanh"]
"""
LAYERS = """title = "Layers"
seed = 7
[layers]
affine = 10
"softmax loss" = { loss = 5, dx = 5 }
"""


def read(folder, text):
    path = folder / "assignment.toml"
    path.write_text(text, encoding="utf-8")
    return read_assignment(path)


def test_the_parts_of_a_network_and_their_points(tmp_path):
    found = read(tmp_path, NETWORK)
    assert [(one.what, one.where, one.of) for one in found.asked] == [
        ("forward", "", 20),
        ("delta", "output", 15),
        ("delta", "hidden", 25),
        ("w", "", 15),
        ("b", "", 15),
        ("update", "", 10),
    ]
    assert found.of_points == 100


def test_the_parts_of_layers_and_their_points(tmp_path):
    found = read(tmp_path, LAYERS)
    assert found.networks is None
    parts = [(one.name, one.what, one.where, one.of) for one in found.asked]
    assert parts == [
        ("affine", "affine", "", 10),
        ("softmax loss: loss", "softmax loss", "loss", 5),
        ("softmax loss: dx", "softmax loss", "dx", 5),
    ]


def test_what_is_left_out_costs_nothing(tmp_path):
    found = read(tmp_path, NETWORK)
    assert (found.deductions.convention, found.deductions.late_day, found.deductions.inaccurate) == (0, 0, 0)
    assert not {"equations", "right", "report"} & {*found.show}, "the answers are shown only where it says so"


def test_a_deadline_without_a_time_is_the_end_of_its_day(tmp_path):
    day = read(tmp_path, f"deadline = 2026-03-01\n{NETWORK}").deadline
    assert (day.hour, day.minute, day.day) == (23, 59, 1)
    moment = read(tmp_path, f"deadline = 2026-03-01T12:00:00+02:00\n{NETWORK}").deadline
    assert moment.astimezone(UTC) == datetime(2026, 3, 1, 10, tzinfo=UTC)


FAULTS = [
    ("total = 100", "total = 90", 3, "the sum of the points in \\[points\\], 100, found 90"),
    ("w = 15", "ww = 15", 8, "points.ww: expected one of forward, delta, w, b, update"),
    ("hidden = 25", "hiden = 25", 7, "points.delta.hiden: expected one of output, hidden"),
    ("w = 15", "w = -15", 8, "points.w: expected a number of points, 0 or more, found -15"),
    ("w = 15", "w = nan", 8, "points.w: expected a number of points"),
    ("w = 15", "w = true", 8, "points.w: expected a number of points"),
    ("seed = 7", "seed = 1.5", 2, "seed: expected a whole number, 0 or more, found 1.5"),
    ("seed = 7", "sead = 7", 2, "sead: expected one of title, seed"),
    ('"tanh"', '"tan"', 13, "networks.activations: expected a list of some of sigmoid, tanh"),
    ("[networks]", "[network]", 12, "network: expected one of"),
    ('activations = ["sigmoid", "tanh"]', 'cases = "isis*"', 13, "networks.cases: unknown case 'isis\\*'"),
    ("[networks]", "[layers]", 0, "expected a table \\[points\\] for a network or \\[layers\\] for layers, found both"),
    ("[networks]", "[networks", 0, "expected TOML, found: .*line 12"),
    ("seed = 7\n", "", 0, "expected the key seed, found none"),
    ("seed = 7", 'seed = 7\nshow = ["answers"]', 3, "show: expected a list of some of points"),
    ("seed = 7", 'seed = 7\nlanguages = ["Cobol"]', 3, "languages: expected a list of some of Python"),
]


@pytest.mark.parametrize(("old", "new", "line", "said"), FAULTS, ids=[new for _, new, _, _ in FAULTS])
def test_a_fault_is_one_line_with_its_place(tmp_path, old, new, line, said):
    assert NETWORK.count(old) == 1, old
    with pytest.raises(UnusableInput, match=said) as raised:
        read(tmp_path, NETWORK.replace(old, new))
    message = str(raised.value)
    assert "\n" not in message
    place = f", line {line}: " if line else ": "
    assert message.startswith(f"{tmp_path / 'assignment.toml'}{place}"), message


def test_an_unknown_layer_is_one_line_with_its_place(tmp_path):
    with pytest.raises(UnusableInput, match=r"line 4: layers.afine: expected a layer of docs/layers.md"):
        read(tmp_path, LAYERS.replace("affine", "afine"))
    with pytest.raises(UnusableInput, match=r"line 5: layers.softmax loss.dy: expected one of loss, dx"):
        read(tmp_path, LAYERS.replace("dx = 5", "dy = 5"))


def test_the_required_networks_are_those_that_are_asked_for():
    cases = Networks(activations=("sigmoid", "tanh"), costs=("half_squared_error",), layers=(1, 2)).required()
    assert len(cases) >= 20
    assert len({case.id for case in cases}) == len(cases)
    for case in cases:
        assert {*case.activations} <= {"sigmoid", "tanh"}
        assert case.cost == "half_squared_error"
        assert len(case.widths) - 1 in (1, 2)
    assert Networks().required() == ()


def test_a_new_assignment_can_be_read_and_is_not_written_twice(tmp_path):
    path = tmp_path / "new.toml"
    first = in_process("grade", "--new", path)
    assert first.returncode == 0, first.stderr
    found = read_assignment(path)
    assert found.of_points == 100
    text = path.read_text(encoding="utf-8")
    again = in_process("grade", "--new", path)
    assert again.returncode == 2
    assert again.stderr == f"error: {path}: expected a new file, found one; name another\n"
    assert path.read_text(encoding="utf-8") == text


def test_every_key_that_the_template_comments_out_is_known(tmp_path):
    text = TEMPLATE.read_text(encoding="utf-8").format(seed=1)
    lines = re.findall(r"^# ((?:file|languages|deadline|students) = .*)$", text, re.MULTILINE)
    assert len(lines) == 4
    found = read(tmp_path, "\n".join([*(line.partition(" #")[0] for line in lines), text]))
    assert (found.file, found.languages, found.students) == ("backprop.py", ("Python",), tmp_path / "students.csv")
    assert found.deadline is not None
