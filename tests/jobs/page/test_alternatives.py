"""What one wrong formula does: the data of the part of the page where a person builds one."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from harness.cases.standard import gradient_cases
from harness.jobs.evidence.mistakes.kill_matrix import prepared
from harness.jobs.evidence.mistakes.single_alternatives import (
    NETWORK,
    WITHOUT,
    alternative_facts,
    example_inputs,
    numbers_of,
)
from harness.jobs.page.alternatives import read_alternatives
from harness.mistakes.grammar import SLOTS
from harness.mistakes.rules import HIDDEN_LAYERS, Rule
from harness.model.textbook import Textbook

REPORTS = Path(__file__).resolve().parents[3] / "reports"
SAMPLE = [
    ("slope", "f'(a^l)"),
    ("matrix", "W^{l+2}"),
    ("rows", "all rows but the last"),
    ("order", "for one row after the other"),
    ("extra slope", "f'(z^l)"),
]


@pytest.fixture(scope="module")
def committed():
    data = json.loads((REPORTS / "data" / "mistakes.json").read_text(encoding="utf-8"))
    return data["alternatives"]


def found_in(committed, slot, symbol):
    [of_slot] = [one for one in committed["slots"] if one["name"] == slot]
    [alternative] = [one for one in of_slot["alternatives"] if one["symbol"] == symbol]
    return alternative


def test_every_usual_alternative_is_offered(committed):
    """If this fails, `nox -s mistakes` writes the data anew."""
    offered = {slot["name"]: [one["symbol"] for one in slot["alternatives"]] for slot in committed["slots"]}
    expected = {slot.name: [one.symbol for one in slot.alternatives if one.cost == 1] for slot in SLOTS.values()}
    assert offered == {name: symbols for name, symbols in expected.items() if symbols and name not in WITHOUT}
    assert [slot["equations"].split(", ")[0] for slot in committed["slots"]] == sorted(
        (slot["equations"].split(", ")[0] for slot in committed["slots"]),
        key=["data", "z", "a", "BP1", "BP2", "BP3", "BP4", "rule"].index,
    )


@pytest.mark.parametrize(("slot", "symbol"), SAMPLE)
def test_the_committed_data_are_those_of_today(committed, slot, symbol):
    inputs = example_inputs()
    today = alternative_facts(
        SLOTS[slot], SLOTS[slot].by_symbol[symbol], inputs, numbers_of((), inputs), prepared(gradient_cases())
    )
    assert today == found_in(committed, slot, symbol)


def test_the_right_numbers_are_the_textbooks(committed):
    inputs = example_inputs()
    book = Textbook(inputs, NETWORK.learning_rate)
    gradients = book.gradients()
    for l in range(1, book.last + 1):
        for kind, array in {"gw": gradients.w[l - 1], "gb": gradients.b[l - 1], "delta": book.delta[l][0]}.items():
            for place in np.ndindex(array.shape):
                shown = committed["numbers"]["-".join(map(str, (kind, l, *place)))]
                assert shown == float(f"{array[place]:.4g}")


def test_only_what_follows_from_a_wrong_hidden_slope_changes():
    inputs = example_inputs()
    right, wrong = numbers_of((), inputs), numbers_of((Rule("slope", "1", HIDDEN_LAYERS),), inputs)
    changed = {name.rsplit("-", name.count("-") - 1)[0] for name in right if wrong[name] != right[name]}
    assert changed == {f"{kind}-{l}" for kind in ("delta", "gw", "gb", "new_w", "new_b") for l in (1, 2)}


def test_an_alternative_without_a_place_in_the_small_network_still_says_who_notices(committed):
    """f' cancels at the output of other networks only."""
    extra = found_in(committed, "extra slope", "f'(z^l)")
    assert extra["changed"] == {}
    assert extra["marks"].count("●") == 25
    assert extra["formulas"][0]["wrong"] == "δ^L = (a^L − t) [⊙ f'(z^L)]"


def test_the_page_has_the_changed_numbers_by_their_places():
    data = read_alternatives(REPORTS)
    assert data["widths"] == list(NETWORK.widths)
    for slot in data["slots"]:
        for one in slot["alternatives"]:
            names = {data["ids"][place].split("-")[0] for place in one["places"]}
            assert len(one["places"]) == len(one["values"])
            assert set(one["marks"]) <= set("10 ")
            assert not ({"gw", "gb"} & names and {"new_w", "new_b"} & names)


def test_without_data_there_is_nothing_to_build(tmp_path):
    assert read_alternatives(tmp_path) is None
