"""The page: complete, self-contained, the same each time, and deaf to markup that it did not make itself."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest
from support.commands import harness
from support.results import HOSTILE, write_blocks, write_comparison, write_results

from harness.cases.standard import standard_cases
from harness.jobs.page.build import PAGE_SECTIONS, build, script_json, write_index
from harness.jobs.page.data import headline, results
from harness.jobs.page.markup.compact import SVG, compact
from harness.jobs.page.markup.notation import with_marks, written
from harness.jobs.page.markup.prose import inline
from harness.jobs.page.mistakes import read_kills
from harness.mistakes import CATALOGUE
from harness.mistakes.render import marked
from harness.model.errors import UnusableInput
from harness.reporting.document import Bullets, Chapter, CodeBlock, DataTable, Fold, Image, Paragraph, literal
from harness.sandbox.sources.find import available_implementations

ROOT = Path(__file__).resolve().parents[3]
REPORTS = ROOT / "reports"
LARGEST = 2_000_000  # bytes
LOADS = {"img", "script", "link", "iframe", "object", "embed", "source", "audio", "video", "use", "image", "input"}


class Read(HTMLParser):
    """The tags, ids, links and data of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.handlers: list[str] = []
        self.data, self.text, self._within = "", "", ""
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self._within = "data" if ("id", "data") in attributes else tag
        for name, value in attributes:
            self.handlers += [name] if name.startswith("on") else []
            self.ids += [value] if name == "id" else []
            if name in ("src", "href", "xlink:href", "srcset", "data", "poster", "action"):
                (self.loaded if tag in LOADS else self.links).append(value)

    def handle_endtag(self, tag):
        self._within = ""

    def handle_data(self, text):
        if self._within == "data":
            self.data += text
        elif self._within not in ("script", "style"):
            self.text += text


@pytest.fixture(scope="module")
def page():
    return build(REPORTS)


@pytest.fixture(scope="module")
def read(page):
    return Read(page)


def test_the_committed_page_is_that_of_the_reports_beside_it(page):
    stored = (REPORTS / "index.html").read_text(encoding="utf-8")
    assert stored == page, "reports/index.html is stale: run `nox -s report` and commit it"


def test_two_builds_are_the_same_to_the_byte(page):
    assert build(REPORTS).encode() == page.encode()


def test_it_is_one_file_of_at_most_two_megabytes_that_loads_nothing(page, read):
    print(f"{len(page.encode()):,} bytes")
    assert len(page.encode()) <= LARGEST
    assert read.loaded
    assert all(one.startswith("data:") for one in read.loaded)
    assert not re.search(r"@import|url\(", page.split("</style>")[0].split("<style>")[1])
    assert all(one.startswith(("#", "https://", "http://")) for one in read.links)
    assert "default-src 'none'" in page


def test_ids_are_unique_and_links_inside_lead_somewhere(read):
    assert len(read.ids) == len(set(read.ids))
    inside = {link[1:] for link in read.links if link.startswith("#")}
    assert inside - set(read.ids) <= {"notation"}
    assert {section.id for section in PAGE_SECTIONS} <= set(read.ids)


def test_every_implementation_and_case_is_in_its_data(read):
    data = json.loads(read.data)
    assert [one["name"] for one in data["implementations"]] == [one.name for one in available_implementations()]
    assert [one["title"] for one in data["implementations"]] == [one.title for one in available_implementations()]
    assert [one["language"] for one in data["implementations"]] == [one.language for one in available_implementations()]
    assert {one["id"] for one in data["cases"]} == {case.id for case in standard_cases()}
    assert all(len(places) == len(data["cases"]) for places in data["results"])
    assert all(data["cells"])
    assert (
        sum(len(data["cells"][place]) for places in data["results"] for place in places)
        == len((REPORTS / "results.csv").read_text(encoding="utf-8").splitlines()) - 1
    )


def test_every_claim_picture_and_mistake_is_shown(page, read):
    claims = re.findall(r'<a id="([\w-]+)"></a>', (REPORTS / "claims.md").read_text(encoding="utf-8"))
    assert len(claims) >= 12
    assert set(claims) <= set(read.ids)
    assert set(CATALOGUE) <= set(read.ids)
    assert read.loaded.count("data:,") == 1
    assert sum(one.startswith("data:image/svg+xml,") for one in read.loaded) == len([*(REPORTS / "pictures").glob("*")])
    for entry in CATALOGUE.values():
        for formula in entry.formulas():
            assert with_marks(marked(formula.right)) in page
            assert with_marks(marked(formula.yours)) in page


def test_a_picture_says_once_what_many_elements_share():
    line = '<path d="M 0 0 L 1.5 2 z" style="{}" id="{}"/>'
    lines = [line.format("stroke: #000", "a"), line.format("stroke: #000", "b"), line.format("stroke: #fff", "c")]
    groups = f'<g id="axes">{"".join(lines)}</g><g transform="scale(2)" id="d"><use href="#a"/></g>'
    root = ElementTree.fromstring(f'<svg xmlns="{SVG}"><metadata>x</metadata>{groups}</svg>')
    compact(root)
    assert ElementTree.tostring(root, encoding="unicode") == (
        f'<svg xmlns="{SVG}"><style>.s0{{stroke:#000}}</style>'
        '<path d="M0 0L1.5 2z" id="a" class="s0" /><path d="M0 0L1.5 2z" class="s0" />'
        '<path d="M0 0L1.5 2z" style="stroke:#fff" /><g transform="scale(2)"><use href="#a" /></g></svg>'
    )


def test_the_kill_matrix_is_that_of_the_report():
    kills = read_kills(REPORTS)
    assert [card.name for card in kills.cards] == list(CATALOGUE)
    found = kills.as_data()
    assert found["mistakes"] == list(CATALOGUE)
    assert len(found["marks"]) == len(found["cases"]) == len(kills.cases)
    assert all(len(marks) == len(CATALOGUE) for marks in found["marks"])
    text = (REPORTS / "mistakes.md").read_text(encoding="utf-8")
    for card in kills.cards:
        assert "".join(marks[card.number - 1] for marks in found["marks"]) == card.marks
        seen, hidden, idle = (card.marks.count(mark) for mark in "●· ")
        assert seen == card.seen
        assert re.search(rf"\| {card.name} +\| [^|]+\| {seen} +\| {hidden} +\| {idle} +\|", text), card.name


def test_the_answer_follows_from_the_table(tmp_path):
    write_results(tmp_path, 3, 4)
    assert headline(results(tmp_path)).startswith("All 3 formulations of backpropagation agree")
    write_results(tmp_path, 3, 4, wrong={("formulation_1", "iris-4-3-2-sigmoid-batch2")})
    said = headline(results(tmp_path))
    assert said.startswith("2 of 3 formulations")
    assert said.endswith("formulation_1 is wrong on 1 of its 4 networks.")


@pytest.mark.parametrize("text", HOSTILE)
def test_names_titles_cases_and_details_are_text_wherever_they_come_from(tmp_path, read, text):
    write_results(tmp_path, 2, 2, names=[text, "other"], cases=[f"{text}-4-3-sigmoid-batch8", "x"], detail=text)
    write_comparison(tmp_path, [("other", text, text)], [{"id": "x", "dataset": text, "cost": text, "note": text}])
    made = Read(build(tmp_path))
    assert set(made.tags) <= set(read.tags)
    assert made.tags.count("script") == 2
    assert not made.handlers
    data = json.loads(made.data)
    assert data["implementations"][0]["name"] == text
    assert text in data["cases"][0]["id"]
    assert text in data["texts"]
    assert data["implementations"][1]["title"] == text
    assert data["cases"][1]["family"] == data["cases"][1]["note"] == text


@pytest.mark.parametrize("text", HOSTILE)
def test_reports_bring_no_markup_but_their_own(tmp_path, text):
    table = DataTable((text, "b"), ((text, "x"), (literal(text), "y")))
    everywhere = (Paragraph(text), Bullets((text,)), table, CodeBlock(text), Image("none", text), Fold(text, (table,)))
    for name in ("claims", "proof", "mistakes"):
        facts = {
            "alternatives": alternatives(text),
            "cases": [text],
            "mistakes": [a_mistake(name=text, sentence=text, formulas=[a_formula(text)], sources=[text])],
        }
        write_blocks(tmp_path, name, name, *everywhere, Chapter(text, everywhere, "mine"), **facts)
    made = Read(build(tmp_path))
    assert made.tags.count("script") == 2
    assert set(made.tags) <= {*Read(build(REPORTS)).tags}
    assert not made.handlers
    assert not any(link.startswith(("javascript:", "data:")) for link in made.links)
    assert "mine" in made.ids
    assert made.text.count(text) > 20


def a_mistake(**others):
    """One mistake of data/mistakes.json."""
    return {"name": "none", "sentence": "none", "formulas": [], "sources": [], "marks": "●"} | others


def a_formula(text):
    """One formula of a mistake, with this text everywhere."""
    return {"equation": text, "where": text, "meaning": text, "right": text, "wrong": text}


def alternatives(text):
    """A slot with one alternative, with this text everywhere."""
    one = {"symbol": text, "formulas": [a_formula(text)], "changed": {text: 1.0}, "marks": "●"}
    slot = {"name": text, "equations": text, "right": text, "alternatives": [one]}
    return {"widths": [1], "numbers": {text: 0.5}, "slots": [slot]}


def test_no_text_ends_the_script_that_holds_the_data():
    value = ["</script><script>alert(1)</script>", "<!-- <script", "\u2028\u2029", "]]>", "&lt;"]
    text = script_json(value)
    assert json.loads(text) == value
    assert not set("<>&\u2028\u2029") & set(text)


def test_what_is_not_there_is_said(tmp_path):
    empty = Read(build(tmp_path))
    assert all(f"nox -s {section.command}" in empty.text for section in PAGE_SECTIONS)
    assert "Nothing has been compared yet" in empty.text
    write_results(tmp_path, 0, 0)
    assert "Nothing has been compared yet" in build(tmp_path)


def test_the_properties_of_cases_are_those_that_the_comparison_wrote(tmp_path):
    ids = ["mine", "trained", "single", "drawn", "?"]
    write_results(tmp_path, 1, 5, cases=ids)
    properties = [
        {"dataset": "mine", "widths": [4, 5, 6, 1], "cost": "binary_cross_entropy", "standard": False, "note": "why"},
        {"online": True},
        {"dtype": "float32", "widths": [3, 2], "output": "softmax", "cost": "cross_entropy"},
        {"dataset": "random"},
    ]
    write_comparison(tmp_path, cases=[{"id": name, **one} for name, one in zip(ids, properties, strict=False)])
    mine, *others, unknown = results(tmp_path)["cases"]
    assert (mine["dataset"], mine["widths"], mine["hidden"], mine["note"]) == ("mine", "4-5-6-1", "sigmoid", "why")
    assert (mine["cost"], mine["rows"], mine["dtype"], mine["online"]) == ("binary cross-entropy", 4, "float64", False)
    assert [one["family"] for one in (mine, *others)] == ["mine", "20 epochs, online", "float32", "random networks"]
    assert [one["known"] for one in (mine, *others)] == [False, True, True, True]
    assert (others[1]["hidden"], others[1]["cost"]) == ("", "cross-entropy")
    assert unknown == {"id": "?", "family": "other cases", "known": False}


def test_a_table_of_another_kind_is_refused_in_a_line_where_nobody_is_told(tmp_path):
    (tmp_path / "results.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(UnusableInput, match="found none that is called 'implementation'"):
        build(tmp_path)


def test_a_page_that_is_not_ours_is_not_replaced(tmp_path):
    write_index(tmp_path)
    write_index(tmp_path)
    (tmp_path / "index.html").write_text("mine", encoding="utf-8")
    with pytest.raises(UnusableInput, match="expected a report of ours"):
        write_index(tmp_path)


def test_a_link_to_a_report_stays_on_the_page_and_one_to_a_file_becomes_its_path():
    html = inline(
        "[a](claims.md) [b](#here) [c](../harness/truth/gradient.py) [d](https://example.org/x) [e](README.md)"
    )
    assert re.findall(r'href="([^"]*)"', html) == ["#claims", "#here", "https://example.org/x", "#glance"]
    assert 'data-path="harness/truth/gradient.py">c</span>' in html


@pytest.mark.parametrize(
    "text", [*HOSTILE, "*a* _b_ `c` [d](e) &lt; \\* ~~f~~ **g", "# h", "- i", "[0, 1] row_bits 2 * 3 <= 4"]
)
def test_literal_text_is_shown_as_it_is(text):
    read = Read(f"<p>{inline(literal(text))}</p>")
    assert read.text == text
    assert read.tags == ["p"]


def test_formulas_are_written_as_by_hand_and_escaped():
    assert written("W^{l+1} 10^-42 n_l² x ^ y") == "W<sup>l+1</sup> 10<sup>-42</sup> n<sub>l</sub>² x ^ y"
    assert written("Σ_rows δ_j^l ∂z_a, row_matrices") == (
        "Σ<sub>rows</sub> δ<sub>j</sub><sup>l</sup> ∂z<sub>a</sub>, row_matrices"
    )
    assert with_marks("a [b_1] [<i>] c]") == "a <mark>b<sub>1</sub></mark> <mark>&lt;i&gt;</mark> c]"
    assert written("^{<script>} a_{<b>}") == "<sup>&lt;script&gt;</sup> a<sub>&lt;b&gt;</sub>"


def test_a_comparison_writes_the_page_with_a_foreign_file_s_title(tmp_path):
    mine = tmp_path / "mine.py"
    source = (ROOT / "implementations" / "row_matrices.py").read_text(encoding="utf-8")
    mine.write_text(source.replace('"""', f'"""{HOSTILE[1]} | [', 1), encoding="utf-8")
    folder = tmp_path / "reports"
    done = harness("compare", "--only", str(mine), "--case", "xor-2-1-sigmoid-batch4", "--reports", str(folder))
    assert done.returncode == 0
    assert f"Page: {folder / 'index.html'}" in done.stdout
    made = Read((folder / "index.html").read_text(encoding="utf-8"))
    assert made.tags.count("script") == 2
    [one] = json.loads(made.data)["implementations"]
    assert one["name"] == "mine"
    assert one["title"].startswith(f"{HOSTILE[1]} | [")


def test_the_command_wants_a_folder_that_is_there(tmp_path):
    done = harness("report", "--reports", str(tmp_path / "none"))
    assert done.returncode == 2
    assert "expected a folder with reports, found none" in done.stderr
    assert done.stderr.count("\n") == 1
    assert harness("report", "--reports", str(tmp_path)).returncode == 0
    assert (tmp_path / "index.html").is_file()
