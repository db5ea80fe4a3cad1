"""CSV files of the user, and datasets by name."""

from __future__ import annotations

import csv

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.commands import harness

from harness.cases import datasets
from harness.cases.csv_table import read_csv
from harness.cases.standard import csv_cases
from harness.model.errors import BadTable, UnknownName

BAD = {
    "word": ("a,b,y\n1,2,0\n3,x,1\n", "row 3, column 'b': expected a number, found 'x'"),
    "nan": ("a,b,y\n1,nan,0\n3,2,1\n", "row 2, column 'b': expected a finite number, found 'nan'"),
    "infinity": ("1,2,0\n-inf,2,1\n", "row 2, column '1': expected a finite number, found '-inf'"),
    "missing cell": ("a,b,y\n1,,0\n3,2,1\n", "row 2, column 'b': expected a number, found ''"),
    "short row": ("a,b,y\n1,2,0\n3,1\n", "row 3: expected 3 columns, found 2"),
    "nan target": ("a,b,y\n1,2,0\n1,3,nan\n", "row 3, column 'y': expected a finite number"),
    "mixed target": ("a,b,y\n1,2,0\n1,3,cat\n", "row 3, column 'y': expected a number, found 'cat'"),
    "empty target": ("a,b,y\n1,2,cat\n1,3,\n", "row 3, column 'y': expected a class or a number, found nothing"),
    "constant target": ("a,y\n1,5\n2,5\n", "column 'y': expected at least two different targets, found only '5'"),
    "one column": ("y\n1\n2\n", "expected features and a target, found one column"),
    "empty": ("", "expected rows of numbers, found an empty file"),
    "blank": ("\n\n , \n", "expected rows of numbers, found an empty file"),
    "header only": ("a,b,y\n", "expected at least one row of data, found only a header"),
    "blank lines count": ("a,y\n\n1,0\n\nx,1\n", "row 5, column 'a'"),
}


@pytest.mark.parametrize("name", BAD)
def test_errors_are_one_line_with_file_row_and_column(tmp_path, name):
    text, message = BAD[name]
    path = tmp_path / "bad.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BadTable) as caught:
        read_csv(str(path))
    assert message in str(caught.value)
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)


def test_a_missing_file_a_folder_and_invalid_utf8_are_errors(tmp_path):
    (tmp_path / "bytes.csv").write_bytes(b"\xff\xfe1,2\n")
    for name in ("missing.csv", ".", "bytes.csv"):
        with pytest.raises(BadTable, match=r"expected .*, found"):
            read_csv(str(tmp_path / name))


def test_classes_numbers_and_headers_are_distinguished(tmp_path):
    def read(text):
        path = tmp_path / "good.csv"
        path.write_text(text, encoding="utf-8")
        return read_csv(str(path))

    x, target, classes, _ = read("length;\n".replace(";", ",kind") + "1,cat\n2,dog\n3,cat\n")
    assert x.tolist() == [[1], [2], [3]]
    assert target.tolist() == [0, 1, 0]
    assert classes == ("cat", "dog")
    assert read("1,5\n2,7\n3,5\n")[2] == ("5", "7")
    _, target, classes, _ = read("1,0.5\n2,1.25\n")
    assert (target.tolist(), classes) == ([0.5, 1.25], ())


WHOLE = "size,price\n" + "".join(f"{i},{100 * (i % 15 + 1)}\n" for i in range(40))
HALVES = "a,price\n1,0.5\n2,1\n"
MANY = "".join(f"{i},{i}\n" for i in range(1001))


@pytest.mark.parametrize(
    ("text", "target", "classes", "taken"),
    [
        (WHOLE, "", 15, "15 different whole numbers: taken as classes; --target numbers takes them as numbers"),
        (WHOLE, "classes", 15, "15 different whole numbers: taken as classes"),
        (WHOLE, "numbers", 0, "15 different whole numbers: taken as numbers"),
        (
            "a,price\n1,0.5\n2,1\n",
            "",
            0,
            "2 different numbers: taken as numbers; --target classes takes them as classes",
        ),
        ("a,price\n1,0.5\n2,1\n", "classes", 2, "2 different numbers: taken as classes"),
        ("a,price\n1,low\n2,high\n", "", 2, "2 different words: taken as classes"),
    ],
)
def test_what_the_target_was_taken_for_is_said_and_can_be_chosen(tmp_path, text, target, classes, taken):
    path = tmp_path / "houses.csv"
    path.write_text(text, encoding="utf-8")
    found = read_csv(str(path), target)
    assert len(found.classes) == classes
    assert found.taken == f"the last column, 'price', has {taken}"
    assert datasets.load_dataset(str(path), target).t.shape[1] == max(classes, 1)
    assert {case.target for case in csv_cases(str(path), target)} == {target}
    assert all(case.build(1).t.shape[1] == case.widths[-1] for case in csv_cases(str(path), target))


@pytest.mark.parametrize(
    ("text", "target", "message"),
    [
        ("a,y\n1,low\n2,high\n", "numbers", "row 2, column 'y': expected a number, found 'low'"),
        (MANY, "classes", "column '2': expected at most 1000 different classes, found 1001; join some of them"),
    ],
)
def test_a_target_that_is_not_what_was_chosen_is_an_error(tmp_path, text, target, message):
    path = tmp_path / "bad.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BadTable, match=message):
        read_csv(str(path), target)


def test_compare_says_what_the_target_was_taken_for(tmp_path):
    path = tmp_path / "houses.csv"
    path.write_text(WHOLE, encoding="utf-8")
    arguments = ("compare", "--only", "row_matrices", "--case", "houses-*-batch1", "--data", path)
    done = harness(*arguments)
    assert done.returncode == 0
    assert "the last column, 'price', has 15 different whole numbers: taken as classes; --target numbers" in done.stdout
    assert harness(*arguments, "--target", "numbers").returncode == 0
    alone = harness("compare", "--only", "row_matrices", "--target", "numbers")
    assert (alone.returncode, alone.stderr.count("\n")) == (2, 1)
    assert "--target numbers: expected --data FILE.csv with it, found none" in alone.stderr


@given(
    st.lists(
        st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=3, max_size=3),
        min_size=2,
        max_size=6,
        unique_by=lambda r: r[2],
    )
)
def test_every_finite_table_is_read_exactly(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("tables") / "any.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)
    x, target, classes, _ = read_csv(str(path))
    assert x.tolist() == [row[:2] for row in rows]
    assert [float(classes[int(i)]) for i in target] if classes else target.tolist() == [row[2] for row in rows]


@pytest.mark.parametrize(
    ("name", "rows", "inputs", "outputs"),
    [
        ("xor", 4, 2, 1),
        ("ten_rows", 10, 2, 2),
        ("iris", 150, 4, 3),
        ("wine", 178, 13, 3),
        ("breast_cancer", 569, 30, 1),
        ("digits", 1797, 64, 10),
        ("diabetes", 442, 10, 1),
    ],
)
def test_each_dataset_has_its_published_size_and_scale(name, rows, inputs, outputs):
    data = datasets.load_dataset(name)
    assert (data.x.shape, data.t.shape) == ((rows, inputs), (rows, outputs))
    if name not in ("xor", "ten_rows"):
        varying = data.x[:, data.x.std(axis=0) > 0]
        assert np.abs(varying.mean(axis=0)).max() < 1e-12
        assert np.abs(varying.std(axis=0) - 1).max() < 1e-12
    if outputs > 1:
        assert (data.t.sum(axis=1) == 1).all()
        assert set(np.unique(data.t)) == {0, 1}
    assert len(np.unique(data.rows(8)[1], axis=0)) > 1  # eight rows contain more than one class


def test_an_unknown_dataset_lists_the_known_and_the_nearest():
    with pytest.raises(UnknownName, match=r"unknown dataset 'irs': did you mean 'iris'\? known: .*wine"):
        datasets.load_dataset("irs")


def test_cases_for_a_csv_file_cover_depth_batch_and_training(tmp_path):
    path = tmp_path / "mine.csv"
    path.write_text("a,b,y\n" + "".join(f"{i},{i * i % 7},{i % 3}\n" for i in range(20)), encoding="utf-8")
    cases = csv_cases(str(path))
    assert [case.id for case in cases] == [
        "mine-2-3-sigmoid-batch8",
        "mine-2-5-3-sigmoid-batch1",
        "mine-2-5-3-sigmoid-batch8",
        "mine-2-6-4-3-tanh-sigmoid-batch8",
        "mine-2-5-3-sigmoid-online20",
    ]
    for case in cases:
        given = case.build()
        network, x, t = given.network, given.x, given.t
        assert len(x) == len(t) == case.batch
        assert network.layers[0].w.shape[1] == 2
