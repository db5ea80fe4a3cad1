"""Reports as data: what is written is what is read, and the Markdown and the data of a report say the same."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness.jobs.page.sections import PAGE_SECTIONS
from harness.model.errors import BadFile, UnusableInput
from harness.reporting.document import (
    Bullets,
    Chapter,
    CodeBlock,
    DataTable,
    Document,
    Fold,
    Image,
    Paragraph,
    literal,
    paragraphs,
)
from harness.reporting.markdown import rendered, write_report
from harness.reporting.reading import read_json

REPORTS = Path(__file__).resolve().parents[2] / "reports"
TABLE = DataTable.of(["a|b", ""], [[1, literal("x|y *z*")], [2, "`p|q`"]])
EVERYTHING = Document(
    "All *kinds*",
    (
        Paragraph("One, with [a link](claims.md)."),
        Chapter(
            "A part",
            (
                Bullets(("one", "two")),
                Fold("a < b", (TABLE, CodeBlock("x = 1"))),
                Chapter("Within", (Image("p", "C. D."),)),
            ),
            "here",
        ),
    ),
)


def read(folder, name):
    return Document.from_data(read_json(folder / "data" / f"{name}.json", "a report", "claims").member("document"))


def test_a_report_is_read_as_it_was_written(tmp_path):
    write_report(tmp_path, "claims", "claims", EVERYTHING, facts=[1])
    assert read(tmp_path, "claims") == EVERYTHING
    assert [image.name for image in EVERYTHING.images()] == ["p"]
    assert [len(blocks) for blocks in (EVERYTHING.lead, EVERYTHING.chapters)] == [1, 1]
    data = json.loads((tmp_path / "data" / "claims.json").read_text(encoding="utf-8"))
    assert list(data) == ["made by", "document", "facts"]
    assert (tmp_path / "claims.md").read_text(encoding="utf-8") == rendered(EVERYTHING, "claims")


def test_every_kind_of_block_has_its_markdown():
    assert rendered(EVERYTHING, "claims").splitlines() == [
        "<!-- made by `nox -s claims`; do not edit -->",
        *("", "# All *kinds*"),
        *("", "One, with [a link](claims.md)."),
        *("", '## <a id="here"></a>A part'),
        *("", "- one", "- two"),
        *("", "<details><summary>a &lt; b</summary>"),
        *("", "| a\\|b   |           |", "|--------|-----------|"),
        *("| 1      | x\\|y \\*z* |", "| 2      | `p\\|q`    |"),
        *("", "```text", "x = 1", "```"),
        *("", "</details>"),
        *("", "### Within"),
        *("", "![C](pictures/p.svg)", "", "*C. D.*"),
    ]


@pytest.mark.parametrize("section", [one for one in PAGE_SECTIONS if one.report], ids=lambda one: one.report)
def test_the_committed_data_and_pages_say_the_same(section):
    found = read(REPORTS, section.report)
    stored = (REPORTS / f"{section.report}.md").read_text(encoding="utf-8")
    assert rendered(found, section.command) == stored
    data = json.loads((REPORTS / "data" / f"{section.report}.json").read_text(encoding="utf-8"))
    assert json.loads(json.dumps(found.as_data())) == data["document"]
    assert data["made by"] == f"nox -s {section.command}"


def test_what_is_no_block_cannot_be_made():
    with pytest.raises(ValueError, match="row 2: expected 1 cells, as in the head, found 2"):
        DataTable(("a",), (("b",), ("c", "d")))
    with pytest.raises(ValueError, match="expected the name of a picture"):
        Image("../../secret", "caption")


def test_paragraphs_are_separated_by_empty_lines():
    assert paragraphs("\nOne\nline.\n\nAnother.\n") == (Paragraph("One line."), Paragraph("Another."))


def test_data_of_somebody_else_are_not_replaced(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "claims.json").write_text("{}\n", encoding="utf-8")
    with pytest.raises(UnusableInput, match=r"claims\.json: expected a report of ours or no file, found another"):
        write_report(tmp_path, "claims", "claims", EVERYTHING)
    assert not (tmp_path / "claims.md").exists()
    with pytest.raises(BadFile, match=r"expected an object with 'document', found \{\}"):
        read(tmp_path, "claims")
