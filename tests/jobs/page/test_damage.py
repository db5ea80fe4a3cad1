"""Reports that are damaged on the disk: a line that names each, its section says it, and the rest is as before."""

from __future__ import annotations

import json
import random
import re
import shutil
from pathlib import Path

import pytest
from support.commands import harness
from support.results import write_blocks, write_comparison, write_results

from harness.jobs.page import build as page
from harness.jobs.page.build import build, write_index
from harness.reporting.document import Chapter, CodeBlock, DataTable, Fold, Image, Paragraph

REPORTS = Path(__file__).resolve().parents[3] / "reports"
SECTION = re.compile(r'<section id="([\w-]+)".*?</section>', re.DOTALL)
OF_DATA = {"kills": "mistakes", "alternatives": "mistakes", "worked": "side-by-side"}  # all other data are the table's
PICTURE = '<svg viewBox="0 0 9 9" xmlns="http://www.w3.org/2000/svg">\n<path d="M 0 0"/>\n</svg>\n'
TABLE = DataTable(("network", "δ"), (("xor, and more", "12"), ("iris, and more", "13")))
FORMULA = {"equation": "BP4", "where": "", "meaning": "", "right": "[a]", "wrong": "[b]"}
ALTERNATIVE = {"symbol": "1", "formulas": [FORMULA], "changed": {"gw-1-0-0": 0.5}, "marks": "● "}
KILLS = {
    "cases": ["xor", "iris"],
    "alternatives": {
        "widths": [1, 1],
        "numbers": {"a-0-0": 1.0, "gw-1-0-0": 0.25},
        "slots": [{"name": "input used", "equations": "BP4", "right": "x", "alternatives": [ALTERNATIVE]}],
    },
    "mistakes": [
        {"name": "one", "sentence": "A.", "formulas": [FORMULA], "sources": [], "marks": "●·"},
        {"name": "other", "sentence": "B.", "formulas": [], "sources": [], "marks": " ●"},
    ],
}
WHERE = {
    "results.csv": "glance",
    "data/compare.json": "glance",
    "data/claims.json": "claims",
    "pictures/claims.svg": "claims",
    "data/training.json": "training",
    "pictures/training.svg": "training",
    "data/mistakes.json": "mistakes",
    "data/proof.json": "proofs",
    "data/sensitivity.json": "sensitivity",
    "data/benchmarks.json": "benchmarks",
    "pictures/benchmarks.svg": "benchmarks",
}


@pytest.fixture(autouse=True, scope="module")
def nothing_worked_through():
    """What is worked through comes from no report, and takes most of the time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(page.networks, "data", dict)
        yield


@pytest.fixture
def folder(tmp_path):
    return filled(tmp_path)


@pytest.fixture(scope="module")
def before(tmp_path_factory):
    """The sections of the page while nothing is damaged."""
    return taken_apart(build(filled(tmp_path_factory.mktemp("reports"))))


def filled(path):
    """The folder, with a little of every report."""
    write_results(path, 2, 2)
    write_comparison(path, [("formulation_0", "Its title", "an article")], [{"id": "iris-4-3-2-sigmoid-batch2"}])
    (path / "pictures").mkdir()
    for section in (one for one in page.PAGE_SECTIONS if one.report):
        part = Chapter("A part", (Fold("More", (Paragraph("inside"),)), TABLE), f"part-{section.id}")
        blocks = [TABLE, CodeBlock("a = b"), part]
        if f"pictures/{section.id}.svg" in WHERE:
            (path / "pictures" / f"{section.id}.svg").write_text(PICTURE, encoding="utf-8")
            blocks.insert(0, Image(section.id, "A picture."))
        write_blocks(path, section.report, section.command, *blocks, **(KILLS if section.id == "mistakes" else {}))
    return path


def taken_apart(text):
    """The sections of a page, each with its data, and what stands before them."""
    data = json.loads(text.split('id="data">')[1].split("</script>")[0])
    found = {one[1]: [one[0]] for one in SECTION.finditer(text)}
    for name, value in data.items():
        found[OF_DATA.get(name, "glance")].append(value)
    return found


def empty(path):
    path.write_bytes(b"")


def cut_in_the_middle(path):
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2].rstrip(b"\n"))


def cut_at_the_end(path):
    path.write_bytes(path.read_bytes()[:-1])


def random_bytes(path):
    path.write_bytes(b"\xff" + random.Random(0).randbytes(3000))


def zeros(path):
    path.write_bytes(bytes(4096))


def replaced_by_a_folder(path):
    path.unlink()
    path.mkdir()


def unreadable(path):
    """As a disk that fails: this file is there, and reading it is an error, whoever reads it."""
    path.unlink()
    path.symlink_to("/proc/self/mem")


def without_a_part(path):
    """Without the first column of a table, the size of a picture, or a member of an object."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".csv":
        text = re.sub(r"^[^,\n]*,", "", text, flags=re.MULTILINE)
    path.write_text(re.sub(r' "(rows|cases)"', ' "other"', text).replace("viewBox", "box"), encoding="utf-8")


DAMAGES = (
    *(empty, cut_in_the_middle, cut_at_the_end, random_bytes, zeros, replaced_by_a_folder, unreadable),
    without_a_part,
)


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda one: one.__name__)
@pytest.mark.parametrize("name", WHERE)
def test_a_damaged_report_is_one_line_and_costs_its_own_section(folder, before, name, damage):
    if damage is unreadable and not Path("/proc/self/mem").exists():
        pytest.skip("no file here is there and cannot be read by anybody")
    damage(folder / name)
    told = []
    write_index(folder, told.append)
    [line] = map(str, told)
    print(line)
    assert line.startswith(str(folder / name))
    assert re.search(r": expected .+, found.+; (remove it, and )?`nox -s \w+` writes it anew$", line)
    text = (folder / "index.html").read_text(encoding="utf-8")
    after = taken_apart(text)
    assert {one for one in before if after[one] != before[one]} == {WHERE[name]}
    [said] = re.findall(r'<p class="missing">(.*)</p>', after[WHERE[name]][0])
    assert f"<code>{name}</code>" in said
    assert "cannot be read" in said
    assert ("are not shown here" in text) == (name == "results.csv") == ("<div hidden>" in text)


def test_reports_that_are_there_say_nothing_of_damage(folder):
    told = []
    assert 'class="missing"' not in "".join(found[0] for found in taken_apart(build(folder, told.append)).values())
    assert not told


def test_a_picture_or_a_title_that_is_lost_leaves_the_numbers(folder):
    empty(folder / "pictures" / "training.svg")
    empty(folder / "data" / "compare.json")
    found = taken_apart(build(folder, lambda error: None))
    assert "<figcaption>A picture.</figcaption>" in found["training"][0]
    assert "iris, and more" in found["training"][0]
    assert [one["title"] for one in found["glance"][1]] == ["", ""]
    assert len(found["glance"][2]) == 2


@pytest.mark.parametrize(
    ("name", "before", "after", "found"),
    [
        ("results.csv", ",9,≤", ",many,≤", "expected a whole number as digits, found 'many'"),
        ("results.csv", ",w,1,", f",w,{'9' * 5000},", "expected a whole number as layer, found '9999"),
        ("results.csv", "agrees,\n", '"agrees,\n', "expected a verdict, found 'agrees,"),
        ("results.csv", "≤ 1,,agrees,", "≤ 1", "line 2: expected as many fields as there are columns, found fewer"),
        ("results.csv", "agrees,", "agrees,,", "line 2: expected as many fields as there are columns, found more"),
        ("data/claims.json", '"fold"', '"folder"', "blocks[0].kind: expected one of paragraph, list, table"),
        ("data/claims.json", '"inside"', "12", "blocks[0].text: expected text, found 12"),
        ("data/claims.json", '"inside"', "1" * 5000, "expected a report, found JSON beyond all limits"),
        ("data/claims.json", '"summary"', '"title"', "expected an object with kind, summary, blocks"),
        ("data/claims.json", '"claims"', '"../../claims"', "expected the name of a picture, found '../../claims'"),
        ("data/mistakes.json", '"●·"', '"●··"', "mistakes[0].marks: expected 2 marks, each of them ●, · or a blank"),
        ("data/mistakes.json", '"●·"', '"●x"', "mistakes[0].marks: expected 2 marks, each of them ●, · or a blank"),
        ("data/mistakes.json", '"cases"', '"other"', "expected an object with 'cases'"),
        ("data/mistakes.json", '"[b]"', "[]", "formulas[0].wrong: expected text, found []"),
        ("data/mistakes.json", '"● "', '"●"', "alternatives[0].marks: expected 2 marks, each of them ●, · or a blank"),
        ("data/mistakes.json", '"gw-1-0-0": 0.5', '"gw-1-1-0": 0.5', "changed: expected numbers of the network, found"),
        ("data/mistakes.json", '"gw-1-0-0": 0.5', '"gw-1-0-0": NaN', "changed: expected finite numbers, found"),
        ("data/proof.json", '"12"', '"12", "13"', "blocks[0]: row 1: expected 2 cells, as in the head, found 3"),
        ("data/proof.json", '"12"', '"12",', "expected a report, found invalid JSON: "),
        ("data/compare.json", '"online": false', '"online": 0', "cases[0].online: expected true or false, found 0"),
        ("data/compare.json", '"rows": 4', '"rows": -4', "cases[0].rows: expected a whole number, found -4"),
        ("data/compare.json", '"widths": [', '"widths": [2.5, ', "widths[0]: expected a whole number, found 2.5"),
        ("data/compare.json", "{", "[{", "line"),
        ("pictures/claims.svg", "0 9 9", f"0 9 {'9' * 400}", "no size"),
        ("pictures/claims.svg", "svg", "html", "found other XML"),
    ],
)
def test_what_is_not_as_a_command_wrote_it_is_told(folder, name, before, after, found):
    path = folder / name
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after), encoding="utf-8")
    told = []
    build(folder, told.append)
    [line] = map(str, told)
    assert found in line
    assert len(line) < len(str(path)) + 200


def test_wherever_a_report_is_cut_or_overwritten_there_is_a_page(folder):
    """A cut at the end of a line may leave a complete, shorter table; any other cut is reported."""
    numbers = random.Random(1)
    for name in WHERE:
        path = folder / name
        content = path.read_bytes()
        for _ in range(6):
            told, at = [], numbers.randrange(len(content))
            path.write_bytes(content[:at])
            build(folder, told.append)
            complete = path.suffix == ".csv" and content[:at].endswith(b"\n")
            assert [error.file for error in told] == [str(path)] or complete, at
            path.write_bytes(content[:at] + numbers.choice(b'|#"<>-,\n0').to_bytes() + content[at + 1 :])
            build(folder, lambda error: None)
        path.write_bytes(content)


def test_every_file_of_the_committed_reports_is_named_when_it_is_damaged(tmp_path):
    folder = tmp_path / "reports"
    shutil.copytree(REPORTS, folder, ignore=shutil.ignore_patterns("training", "index.html"))
    shown = {section.report for section in page.PAGE_SECTIONS} | {"compare"}
    for names in ("pictures/*.svg", "data/*.json"):
        told, before = [], {path: path.read_bytes() for path in folder.glob(names)}
        for path in before:
            cut_in_the_middle(path)
        build(folder, told.append)
        expected = {str(path) for path in before if path.suffix == ".svg" or path.stem in shown}
        assert {error.file for error in told} == expected
        assert len({error.file for error in told}) == len(told) > 5
        for path, content in before.items():
            path.write_bytes(content)


def test_the_command_writes_the_page_with_a_line_for_each_and_status_1(folder):
    replaced_by_a_folder(folder / "data" / "proof.json")
    cut_in_the_middle(folder / "pictures" / "claims.svg")
    done = harness("report", "--reports", str(folder))
    assert done.returncode == 1
    assert done.stdout == f"Page: {folder / 'index.html'}\n"
    lines = done.stderr.splitlines()
    paths = [folder / "pictures" / "claims.svg", folder / "data" / "proof.json"]
    assert [line.split(": ")[:2] for line in lines] == [["error", str(path)] for path in paths]
    assert (folder / "index.html").is_file()


def test_a_comparison_beside_a_damaged_report_is_as_good_as_ever(folder):
    replaced_by_a_folder(folder / "data" / "proof.json")
    selected = ["--only", "row_matrices", "--case", "xor-2-1-sigmoid-batch4"]
    done = harness("compare", *selected, "--reports", str(folder))
    assert done.returncode == 0
    assert f"Page: {folder / 'index.html'}" in done.stdout
    problem = "expected a report, found: Is a directory; remove it, and `nox -s prove` writes it anew"
    assert done.stderr == f"error: {folder / 'data' / 'proof.json'}: {problem}\n"
