"""The pages of a class: what students and teachers see in them, and that nothing in a text can become a page's code."""

from __future__ import annotations

import base64
from dataclasses import replace
from html.parser import HTMLParser
from urllib.parse import unquote
from xml.etree import ElementTree

import pytest
from marked_class import (
    ALWAYS,
    FORBIDDEN,
    HOSTILE_NAMES,
    MISSING,
    RIGHT,
    SECRETS,
    SHOW,
    SMALL,
    WRONG,
    class_of,
    hostile_class,
    secret,
)

from harness.jobs.grade.exports.shown import SHOWABLE
from harness.jobs.grade.pages import overview
from harness.jobs.grade.pages.build import class_page, feedback_pages
from harness.jobs.grade.record import JUDGED, ComputedEquation, FoundMistake

VOID = {"meta", "img", "link", "br"}
BLOCKS = {"p", "li", "h1", "h2", "h3", "td", "th", "pre", "summary", "article", "title"}


class Read(HTMLParser):
    """A page: its tags in order, their attributes, and its text; raises if its tags do not match."""

    def __init__(self, page):
        super().__init__()
        self.open, self.tags, self.attributes, self.blocks = [], [], [], [""]
        self.feed(page)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.attributes += [(tag, *pair) for pair in attributes]
        if tag not in VOID:
            self.open.append(tag)
        if tag in BLOCKS:
            self.blocks.append("")

    def handle_endtag(self, tag):
        assert self.open.pop() == tag
        if tag in BLOCKS:
            self.blocks.append("")

    def handle_data(self, text):
        if "style" not in self.open:
            self.blocks[-1] += text

    @property
    def text(self):
        return "\n".join(" ".join(block.split()) for block in self.blocks if block.strip())

    def addresses(self):
        return [value for _, name, value in self.attributes if name in ("src", "href")]


def pages_of(results):
    return {**feedback_pages(results), "class.html": class_page(results)}


def feedback_of(record, show=SHOW):
    (page,) = feedback_pages(class_of(record, show=show)).values()
    return Read(page).text


@pytest.mark.parametrize("show", [frozenset(), *map(frozenset, zip(sorted(SHOWABLE))), SHOW, SHOWABLE], ids=len)
def test_a_page_has_what_is_shown_and_nothing_else(show):
    may = set().union(ALWAYS, *(SECRETS[one] for one in show))
    every = set().union(ALWAYS, {"GROUP"}, *SECRETS.values())
    pages = feedback_pages(class_of(secret("Anna"), secret("Tomas"), show=show))
    assert "Tomas" not in pages["feedback/Anna.html"]
    assert "Anna" not in pages["feedback/Tomas.html"]
    for page in pages.values():
        assert {word for word in every if word in page} == may


@pytest.mark.parametrize("results", [class_of(*SMALL), hostile_class(), class_of()], ids=["small", "hostile", "empty"])
def test_pages_load_and_run_nothing(results):
    pages = pages_of(results)
    assert len(pages) == len(results.records) + 1
    for name, page in pages.items():
        read = Read(page)
        assert not {"script", "iframe", "object", "form", "link", "base"} & set(read.tags), name
        assert not [one for one in read.attributes if one[1].startswith("on") or one[1] == "style"], name
        for address in read.addresses():
            assert address.isascii()
            assert address.startswith("data:image/svg+xml;base64,") or unquote(address) in pages, address
        page.encode("utf-8")


def test_the_names_of_students_are_shown_as_they_are():
    text = Read(class_page(hostile_class())).text
    for name in HOSTILE_NAMES:
        if name.isprintable() and len(name) < 100:
            assert " ".join(name.split()) in text, name
    assert "49" not in feedback_of(replace(RIGHT, student="{{ 7 * 7 }}"))


def test_a_student_reads_the_mark_and_what_is_wrong():
    lines = feedback_of(WRONG).splitlines()
    for line in (
        "5 of 10 points",
        "wrong",
        "The derivative of the hidden units is left out.",
        "The numbers first go wrong in δ1, in case xor-2-3-1-sigmoid-batch4.",  # 1 is raised
        "δ1 is wrong in 62 of 80 cases.",
        "0 of 3",
        "2.5 of 3",
        "−1.5",
        "It is 2 days late.",
        "80 of 80 cases ran.",
        "gradproof check bob.py",
    ):
        assert line in lines, line
    assert "The derivative" not in feedback_of(RIGHT)
    assert "Everything that was asked for is right." in feedback_of(RIGHT)
    assert "There is no submission." in feedback_of(MISSING)
    assert "The submission uses what the assignment forbids. Line 2 imports torch." in feedback_of(FORBIDDEN)


def test_the_right_form_is_shown_where_the_teacher_says_so():
    assert "computed" not in feedback_of(WRONG)
    assert "computed δ1 = δ2 W2" in feedback_of(WRONG, SHOW | {"equations"})
    assert "right δ1" not in feedback_of(WRONG, SHOW | {"equations"})
    assert "right δ1 = (δ2 W2) ⊙ f'(z1)" in feedback_of(WRONG, SHOW | {"right"})


def test_a_teacher_reads_how_the_class_did():
    bias = FoundMistake("bias", "Biases are not trained.")
    other = replace(WRONG, student="Frank", mistake="bias", sentence=bias.sentence, findings=(bias,), group="g2")
    late = replace(RIGHT, student="Grace", verdict="agrees up to a convention", days_late=1)
    failed = replace(
        WRONG,
        student="Heidi",
        verdict="failed",
        mistake="",
        sentence="Took more than 10 s.",
        findings=(),
        group="",
    )
    lines = Read(class_page(class_of(*SMALL, other, late, failed))).text.splitlines()
    assert "2 of 7 submissions agree" in lines  # of all but Dan's
    assert lines.index("2×") < lines.index("1×")  # two left out the derivative, one has no biases
    assert lines[lines.index("2×") + 1] == "The derivative of the hidden units is left out."
    assert lines[lines.index("1×") + 1] == "Biases are not trained."
    assert lines.count("1×") == 1  # that it took too long is no mistake in a formula
    assert lines[lines.index("2 submissions", lines.index("The same wrong formula")) + 1] == "BP2, hidden layers"
    assert "computed δ1 = δ2 W2" in lines
    assert "right δ1 = (δ2 W2) ⊙ f'(z1)" in lines
    assert "Bob, Carol" in lines[lines.index("The same wrong formula") :]
    assert lines[lines.index("Without a submission: 1") + 1] == "Dan"
    assert "Took more than 10 s." in lines
    assert "The submission uses what the assignment forbids. Line 2 imports torch." in lines


def test_every_submission_is_counted_once_in_each_part():
    records = [*SMALL, *(replace(one, student=f"{one.student} 2") for one in SMALL)]
    judged = [one for one in records if one.status == JUDGED]
    parts = overview.part_counts(records)
    assert [part.name for part in parts] == [part.name for part in RIGHT.parts]
    for part in parts:
        assert part.full + part.some + part.none == len(judged)
    lost = sum(part.lost for part in parts) * len(judged)
    assert lost == pytest.approx(sum(one.of_points - sum(part.points for part in one.parts) for one in judged))
    assert sum(count for _, count in overview.outcomes(records)) == len(records)


def test_a_submission_with_two_mistakes_counts_with_each():
    bias = FoundMistake("", "b^1 = 0 is computed.")
    both = replace(WRONG, student="Zoe", findings=(*WRONG.findings, bias))
    found = overview.mistakes_by_frequency([WRONG, both])
    assert [(one.name, one.sentence, len(one.records)) for one in found] == [
        (WRONG.mistake, WRONG.sentence, 2),
        ("", bias.sentence, 1),
    ]


def test_a_mistake_has_its_name_if_it_has_no_sentence():
    found = replace(WRONG, findings=(FoundMistake(WRONG.mistake, ""),))
    lines = Read(class_page(class_of(found))).text.splitlines()
    assert lines[lines.index("1×") + 1] == WRONG.mistake


def test_a_group_of_one_is_none():
    alone = replace(WRONG, group="g9", student="Zoe", equations=(ComputedEquation("BP4", "lonely", "right"),))
    assert [len(one.records) for one in overview.same_formulas([*SMALL, alone])] == [2]
    assert "lonely" not in Read(class_page(class_of(*SMALL, alone))).text


def test_the_pictures_say_how_many_lost_points_where():
    addresses = [one for one in Read(class_page(class_of(*SMALL))).addresses() if one.startswith("data:")]
    assert len(addresses) == 2
    svgs = [base64.b64decode(one.partition(",")[2]).decode() for one in addresses]
    drawn = [
        [text.text for text in ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")] for svg in svgs
    ]
    assert {"forward pass", "δ", "∂C/∂W", "all points", "some", "none", "3", "2", "1"} <= set(drawn[1])
    assert {"points, of 10", "submissions"} <= set(drawn[0])
    assert "date" not in "".join(svgs)


@pytest.mark.parametrize("students", [0, 1, 1000])
def test_pages_of_a_class_of_any_size(students):
    results = class_of(*(replace(WRONG, student=f"student {i}") for i in range(students)))
    read = Read(class_page(results))
    assert f"0 of {students} submission{'' if students == 1 else 's'} agree" in read.text
    assert len(feedback_pages(results)) == students
    assert len({one for one in read.addresses() if one.startswith("feedback/")}) == students
