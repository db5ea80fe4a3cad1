"""Pictures: the same to the byte, told apart without colour, nothing lost, and no trace of time or place."""

from __future__ import annotations

import math
import re
import xml.etree.ElementTree as ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.reporting.figures import Band, Line, Panel, Picture, svg, write_pictures

LABELS = ["one", "two", "three", "four", "five", "six", "seven"]


def picture(lines=3, log=""):
    x = [1, 2, 4, 8]
    drawn = tuple(Line(label, x, [v * k for v in x]) for k, label in enumerate(LABELS[:lines], start=1))
    return Picture("name", "what to see", "x", "y", (Panel("here", drawn, (Band("band", x, x, [9] * 4),)),), log)


def dashes(text):
    """The dashes of every colour in which a line is drawn."""
    found = {}
    for style in re.findall(r'style="fill: none; ([^"]*stroke-width: 1.8[^"]*)"', text):
        colour = re.search(r"stroke: (#\w+)", style)[1]
        found[colour] = (re.findall(r"stroke-dasharray: ([^;]*)", style) or ["solid"])[0]
    return found


@pytest.mark.parametrize("log", ["", "x", "y", "xy"])
def test_a_picture_is_the_same_to_the_byte_and_well_formed(log):
    one, other = svg(picture(log=log)), svg(picture(log=log))
    assert one == other
    assert ElementTree.fromstring(one).tag.endswith("svg")
    assert not re.search(r"20\d\d-\d\d-\d\d|\d\d:\d\d:\d\d|matplotlib v", one)
    assert not re.search(r" +$", one, re.MULTILINE)


def test_a_picture_without_lines_is_drawn():
    assert ElementTree.fromstring(svg(picture(lines=0))).tag.endswith("svg")


def test_lines_differ_in_more_than_colour():
    """In black and white a dash or its absence is left."""
    found = dashes(svg(picture(lines=7)))
    assert len(found) == len(set(found.values())) == 7, found


def test_a_persons_own_settings_do_not_show(monkeypatch):
    import matplotlib

    before = svg(picture())
    monkeypatch.setitem(matplotlib.rcParams, "lines.linewidth", 7.0)
    monkeypatch.setitem(matplotlib.rcParams, "font.size", 31.0)
    assert svg(picture()) == before
    assert matplotlib.rcParams["lines.linewidth"] == 7.0


@settings(max_examples=12)
@given(
    st.lists(st.floats(-1e100, 1e100) | st.sampled_from([math.nan, math.inf, -math.inf, 0.0]), min_size=1, max_size=6)
)
def test_any_numbers_are_drawn_or_left_out_and_all_are_in_the_table(values):
    one = Picture("n", "c", "x", "y", (Panel("", (Line("line", range(len(values)), values),)),), "y")
    rows = list(one.points())
    assert [repr(row["y"]) for row in rows] == [repr(float(f"{value:.5g}")) for value in values]
    assert "nan" not in re.sub(r"<metadata>.*</metadata>", "", svg(one), flags=re.DOTALL).lower()


def test_points_name_picture_panel_series_and_both_edges_of_a_band():
    rows = list(picture(lines=1).points())
    assert {(row["picture"], row["panel"], row["series"]) for row in rows} == {
        ("name", "here", "one"),
        ("name", "here", "band, from"),
        ("name", "here", "band, to"),
    }
    assert [(row["x"], row["y"]) for row in rows if row["series"] == "one"] == [(1, 1), (2, 2), (4, 4), (8, 8)]


def test_each_picture_is_a_file_of_its_name(tmp_path):
    write_pictures([picture()], tmp_path / "new" / "pictures")
    assert (tmp_path / "new" / "pictures" / "name.svg").read_text(encoding="utf-8") == svg(picture())
