"""Make a class of 120 in a folder, and the table of what each student must get."""

from __future__ import annotations

import io
import json
import os
import random
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from made_class.hostile import hostile_files
from made_class.styles import NOT_SHOWN, PARTS, SLOTS_OF_STYLES, written

ROOT = Path(__file__).resolve().parents[4]
POINTS = {
    "forward pass": 20,
    "δ, output layer": 15,
    "δ, hidden layers": 25,
    "∂C/∂W": 15,
    "∂C/∂b": 15,
    "update": 10,
}
CONVENTION, LATE_DAY, INACCURATE = 2, 3, 5
ASSIGNMENT = """
title = "Backpropagation, exercise 3"
seed = 20260213
forbid = ["torch", "jax"]
deadline = 2026-03-01T12:00:00Z
students = "students.csv"
show = ["points", "verdict", "place", "mistake", "conventions", "cases", "notes"]
total = 100
[points]
forward = 20
delta = { output = 15, hidden = 25 }
w = 15
b = 15
update = 10
[networks]
activations = ["sigmoid"]
costs = ["half_squared_error"]
[deductions]
convention = 2
late_day = 3
inaccurate = 5
[limits]
seconds = 2
total = 6
memory = 0.5
"""
ON_TIME = 1772300000.0  # a day before the deadline, in seconds since 1970
DAY = 86_400.0
JUDGED, PLANTED, CLASS_SIZE = "judged", 54, 120


@dataclass(frozen=True)
class Made:
    """A student: the files (one under the own name, or several in a folder), and the points and the status to get."""

    name: str
    files: dict[str, bytes]
    points: float
    status: str = JUDGED
    time: float = ON_TIME
    in_folder: bool = False


def _points(*lost: str, less: float = 0.0) -> float:
    return max(0.0, sum(of for part, of in POINTS.items() if part not in lost) - less)


def _file(name: str, text: str, *lost: str, less: float = 0.0, time: float = ON_TIME) -> Made:
    return Made(name, {f"{name}.py": text.encode()}, _points(*lost, less=less), time=time)


def _planted(draw: random.Random) -> Iterator[Made]:
    """One or two planted mistakes in a style."""
    for number in range(PLANTED):
        style = draw.choice(sorted(SLOTS_OF_STYLES))
        slots = SLOTS_OF_STYLES[style]
        chosen = draw.sample(sorted(slots), draw.choice((1, 1, 2)))
        if {"w", "b"} <= {*chosen}:  # both signs, or both means, would be a convention
            chosen = chosen[:1]
        wrong = {slot: draw.choice([one for one in slots[slot] if one != "right"]) for slot in chosen}
        name = f"planted_{number:02}_{'_'.join(chosen)}"
        yield _file(name, written(style, name, **wrong), *(PARTS[slot] for slot in chosen))


def _right_ones() -> Iterator[Made]:
    for number in range(6):
        style = ("matrix", "loops")[number % 2]
        yield _file(f"right_{number}", written(style, f"right {number}"))
    yield _file("late_by_a_day", written("loops", "late"), less=LATE_DAY, time=ON_TIME + 1.5 * DAY)
    yield _file("late_by_three", written("matrix", "later"), less=3 * LATE_DAY, time=ON_TIME + 3.5 * DAY)
    mean = {"out": "(a[-1] - t) * a[-1] * (1 - a[-1]) / len(x)"}
    yield _file("the_mean", written("matrix", "the mean", **mean), less=CONVENTION)
    whole = {"out": "2 * (a[-1] - t) * a[-1] * (1 - a[-1])"}
    yield _file("whole_square", written("matrix", "whole", **whole), less=CONVENTION)
    no_rate = {"rule": "old - g[key][l]"}  # a fixed learning rate is a convention
    yield _file("fixed_rate", written("loops", "fixed", **no_rate), less=CONVENTION)
    both = {"out": "2 * (a[-1] - t) * a[-1] * (1 - a[-1]) / len(x)"}
    yield _file("mean_of_whole_squares", written("matrix", "both", **both), less=2 * CONVENTION)
    narrow = written("matrix", "narrow").replace("a = [x]", "a = [x.astype(np.float32)]")
    narrow = narrow.replace("layer.w.T + layer.b", "layer.w.T.astype(np.float32) + layer.b.astype(np.float32)")
    narrow = narrow.replace("network.layers[l + 1].w", "network.layers[l + 1].w.astype(np.float32)")
    narrow = narrow.replace("(a[-1] - t)", "(a[-1] - t.astype(np.float32))")
    yield _file("single_precision", narrow, less=INACCURATE)


def _mean_of_one_part() -> Iterator[Made]:
    yield _file("mean_of_biases", written("matrix", "mean", b="delta[l].mean(axis=0)"), PARTS["b"])


def _without_formula() -> Iterator[Made]:
    """Mistakes that are in no grammar: what comes after is judged given the numbers that are shown."""
    odd = "np.sign(e) * np.abs(e) ** 0.7 * np.cos(y)"
    yield _file("odd_delta", written("matrix", "odd", hidden=odd), "δ, hidden layers")
    lost = ("δ, hidden layers", "∂C/∂W", "∂C/∂b")  # without δ, nothing shows that the gradients follow from it
    yield _file("odd_delta_not_shown", written("matrix", "odd", NOT_SHOWN, hidden=odd), *lost)
    odd_w = "(delta[l].T @ a[l]) ** 3 + 0.01 * np.sin(50 * delta[l].T @ a[l])"
    yield _file("odd_gradient", written("matrix", "odd", w=odd_w), "∂C/∂W")


def _not_judged() -> Iterator[Made]:
    right = written("matrix", "right").encode()

    def one(name: str, status: str, **files: bytes) -> Made:
        return Made(
            name, {key.replace("__", "."): content for key, content in files.items()}, 0.0, status, in_folder=True
        )

    yield one("empty", "empty")
    yield one("only_blanks", "empty", net__py=b"\n\n  \n")
    yield one("two_files", "two files", one__py=right, two__py=right)
    yield one("no_code", "not found", letter__txt=b"I was ill.")
    yield one("no_function", "not found", net__py=b"x = 1\n")
    yield one("uses_torch", "forbidden", net__py=b"import torch\n" + right)
    yield one("no_zip", "unreadable", net__zip=b"PK, but no archive")
    yield one("zip_with_a_bomb", "unreadable", net__zip=_zipped({"net.py": b"0" * 2**25}))
    yield one("zip_that_leads_out", "unreadable", net__zip=_zipped({"../net.py": right}))
    yield Made("missing", {}, 0.0, "missing")


def _odd_packages() -> Iterator[Made]:
    """Right code that comes in other ways."""
    right = written("loops", "right").encode()
    cells = [{"cell_type": "markdown", "source": "# mine"}, {"cell_type": "code", "source": f"%time\n{right.decode()}"}]
    yield Made("zipped", {"zipped.zip": _zipped({"work/net.py": right, "__MACOSX/._net.py": b"?"})}, 100)
    yield Made("notebook", {"notebook.ipynb": json.dumps({"cells": cells}).encode()}, 100)
    yield Made(
        "with_helper",
        {"net.py": b"from helper.own import backprop, step\n", "helper/own.py": right},
        100,
        in_folder=True,
    )
    yield Made("Jane Doe (4711)", {"Jane Doe_4711_assignsubmission_file_/net.py": right}, 100)
    yield Made("doejohn (12)", {"doejohn_LATE_12_99_net.py": right}, 100 - LATE_DAY)
    yield Made("=1+1|'calc'!A0", {"=1+1|'calc'!A0.py": right}, 100)
    yield Made("Zoë Ångström 王", {"Zoë Ångström 王.py": right}, 100)


# An implementation, a text in it, what is planted there, and the part that it costs.
_OTHER_LANGUAGES = (
    ("javascript_loops.js", "", "", ()),
    (
        "javascript_loops.js",
        "delta[l][k] = error * slope(l, k); // BP2",
        "delta[l][k] = error;",
        ("δ, hidden layers",),
    ),
    (
        "javascript_loops.js",
        "COSTS[cost].slope(output[j], target[j]) * slope(last, j);",
        "COSTS[cost].slope(output[j], target[j]);",
        ("δ, output layer",),
    ),
    ("c_flat_arrays.c", "", "", ()),
    (
        "c_flat_arrays.c",
        "for (int k = 0; k < layer->in; k++) layer->dw",
        "for (int k = 0; k < layer->in - (l > 0); k++) layer->dw",
        ("∂C/∂W",),
    ),
    ("c_flat_arrays.c", "", "", ()),
)


def _other_languages() -> Iterator[Made]:
    """The implementations in C and JavaScript, right and with a planted mistake, each twice."""
    for number, (source, right, wrong, lost) in enumerate(2 * _OTHER_LANGUAGES):
        name = f"other_{number:02}_{Path(source).stem}"
        text = (ROOT / "implementations" / source).read_text(encoding="utf-8")
        assert not right or text.count(right) == 1, (source, right)
        text = text.replace(right, wrong) if right else text
        yield Made(name, {f"{name}{Path(source).suffix}": f"{text}\n// {name}\n".encode()}, _points(*lost))


def _hostile(spied: Path) -> Iterator[Made]:
    for name, text in hostile_files(str(ROOT), str(spied / "class"), str(spied / "socket")).items():
        yield Made(f"hostile_{name}", {f"hostile_{name}.py": text.encode()}, 0.0, JUDGED)


def make_class(folder: Path, seed: int, spied: Path, every: int = 1) -> tuple[Path, dict[str, Made]]:
    """Write every so many-th student of the class below a folder; the assignment, and the students by name.

    What attacks look for is below `spied`: a folder `class` and a socket.
    """
    own = folder / "class"
    own.mkdir()
    judged = (*_planted(random.Random(seed)), *_right_ones(), *_mean_of_one_part(), *_without_formula())
    students = [*judged, *_not_judged(), *_odd_packages(), *_other_languages(), *_hostile(spied)]
    assert len(students) == CLASS_SIZE, len(students)
    chosen = students[::every]
    for one in chosen:
        _write(own, one)
    listed = [one.name for one in chosen if one.status == "missing" or one.name == "right_0"]
    (folder / "students.csv").write_text("\n".join(["name", *listed, chosen[0].name]) + "\n", encoding="utf-8")
    (folder / "assignment.toml").write_text(ASSIGNMENT, encoding="utf-8")
    return folder / "assignment.toml", {one.name: one for one in chosen}


def _write(folder: Path, one: Made) -> None:
    home = folder / one.name if one.in_folder else folder
    if one.in_folder:
        home.mkdir()
    for name, content in one.files.items():
        path = home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    for name in one.files:
        os.utime(home / name, (one.time, one.time))


def _zipped(files: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name, (2026, 2, 28, 12, 0, 0)), content, zipfile.ZIP_DEFLATED)
    return packed.getvalue()
