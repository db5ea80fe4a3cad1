"""Messages between processes: arrays arrive bit by bit, and malformed messages are refused."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from harness.sandbox.answers import Answer
from harness.sandbox.wire.lines import BadContent, BadMessage, Inbox, pack
from harness.sandbox.wire.messages import pack_answer, read_answer, read_loading

ARRAY = arrays.arrays(
    st.sampled_from([np.float64, np.float32]), arrays.array_shapes(min_dims=0, max_dims=3, min_side=0)
)
FORMS = ("data", "hex", "bytes")
NAMES = st.text().filter(lambda name: name != "shape")


@given(st.dictionaries(NAMES, st.lists(ARRAY)), st.sampled_from(FORMS), st.integers(1, 50))
def test_messages_arrive_unchanged_however_they_are_split(sent, form, size):
    data = pack({"text": "x", **sent}, form) * 2
    inbox, messages = Inbox(2**20), []
    for start in range(0, len(data), size):
        message = inbox.feed(data[start : start + size])
        while message is not None:
            messages.append(message)
            message = inbox.feed(b"")
    assert len(messages) == 2
    for got in messages:
        assert got.keys() == {"text", *sent}
        for name, values in sent.items():
            for one, other in zip(values, got[name], strict=True):
                assert (one.shape, one.dtype) == (other.shape, other.dtype)
                same = np.array_equal(one, other, equal_nan=True) and np.array_equal(np.signbit(one), np.signbit(other))
                assert one.tobytes() == other.tobytes() or (form == "data" and (same or np.isnan(one).any()))


def test_decimal_numbers_are_as_the_page_says():
    """Published by IEEE 754: the smallest and the largest float64, and the neighbours of 1."""
    numbers = np.array([[5e-324, 1.7976931348623157e308, 1 - 2.0**-53], [-0.0, np.nan, -np.inf]])
    assert pack({"x": numbers}, "data") == (
        b'{"x": {"shape": [2, 3], "dtype": "float64", "data": '
        b'[5e-324, 1.7976931348623157e+308, 0.9999999999999999, "-0", "NaN", "-Infinity"]}}\n'
    )
    assert pack({"x": np.array([1.0, 2.5])}, "hex") == (
        b'{"x": {"shape": [2], "dtype": "float64", "hex": "000000000000f03f0000000000000440"}}\n'
    )
    assert pack({"x": np.array([1.0])}) == (
        b'{"x": {"shape": [1], "dtype": "float64", "bytes": 8}}\n\x00\x00\x00\x00\x00\x00\xf0?'
    )


def test_decimal_float32_numbers_are_rounded_to_float32():
    [got] = Inbox(0).feed(b'{"x": [{"shape": [1], "dtype": "float32", "data": [0.1]}]}\n')["x"]
    assert got.dtype == np.float32
    assert got[0] == np.float32(0.1)


def test_a_decimal_beyond_float32_is_infinite_there():
    [got] = Inbox(0).feed(b'{"x": [{"shape": [2], "dtype": "float32", "data": [1e300, -1e300]}]}\n')["x"]
    assert got.tolist() == [np.inf, -np.inf]


@pytest.mark.parametrize(
    ("line", "is_answer"),
    [
        (b'{"w": NaN}', True),  # Python, Java
        (b'{"w": -nan}\r', True),  # C
        (b'{"w": [1,]}', True),
        (b"epoch 1", False),
        (b'{"w":', False),
        (b"[1]", False),
    ],
)
def test_an_object_that_is_no_json_is_an_answer_and_no_word_before_one(line, is_answer):
    """A program is started again where an answer may still come."""
    inbox = Inbox(2**20)
    with pytest.raises(BadMessage) as refused:
        inbox.feed(line + b'\n{"next": 1}\n')
    assert isinstance(refused.value, BadContent) == is_answer
    assert inbox.feed(b"") == {"next": 1}


MALFORMED = {
    b"[1, 2]": 'no JSON object: "[1, 2]"',
    b"{{{": 'no JSON: "{{{" (Expecting property name',
    b'{"x": NaN}': 'NaN is no number in JSON, expected the string "NaN": "{"x": NaN}"',
    b"\xff\xfe": "no JSON: ",
    b"[" * 5000: "no JSON: ",
    b'{"x": ' * 700 + b"1" + b"}" * 700: "maximum recursion depth exceeded",
    b"9" * 5000: "no JSON: ",
    b'{"x": {"shape": [2], "bytes": -1}}': "bytes is -1, expected their number",
    b'{"x": {"shape": [2], "bytes": 1099511627776}}': "a message with 1,099,511,627,776 bytes of numbers",
    b'{"x": {"shape": [2], "bytes": 4}}1234': "x: 4 bytes, expected 8 a number",
    b'{"x": {"shape": [2], "bytes": 8}}12345678': "x: 1 numbers for the shape [2], expected 2",
    b'{"w": [{"shape": [-1], "data": []}]}': "w of layer 1: shape is [-1], expected a list of whole numbers",
    b'{"w": [{"shape": [0, 1' + b"0" * 30 + b'], "data": []}]}': "w of layer 1: shape is [0, 1000000",
    b'{"w": [{"shape": [1' + b", 1" * 99 + b'], "data": [1]}]}': "w of layer 1: shape is [1, 1, 1",
    b'{"w": [{"shape": [1], "data": [1], "dtype": "O"}]}': 'w of layer 1: dtype is "O", expected float64 or float32',
    b'{"w": [{"shape": [1], "data": [null]}]}': "w of layer 1: data holds null, expected a number; write NaN and",
    b'{"w": [{"shape": [1], "data": ["1.5"]}]}': 'w of layer 1: data holds "1.5", expected a number',
    b'{"w": [{"shape": [1], "data": [true]}]}': "w of layer 1: data holds true, expected a number",
    b'{"w": [{"shape": [1, 1], "data": [[1]]}]}': "w of layer 1: data holds [1], expected a number; write one flat",
    b'{"w": [{"shape": [1], "data": 1}]}': "w of layer 1: data is 1, expected a list of numbers",
    b'{"w": [{"shape": [1], "data": [1' + b"0" * 400 + b"]}]}": "w of layer 1: data holds a whole number",
    b'{"w": [{"shape": [1], "hex": "0"}]}': 'w of layer 1: hex is "0", expected two hexadecimal digits a byte',
    b'{"w": [{"shape": [1], "exact": ["1/0"]}]}': "w of layer 1: ZeroDivisionError",
}


@pytest.mark.parametrize("line", MALFORMED, ids=[line[:40].decode(errors="replace") for line in MALFORMED])
def test_malformed_messages_are_refused_with_what_was_expected(line):
    head, mark, body = line.partition(b"}}1")
    data = head + b"}}\n1" + body if mark else line + b"\n"
    with pytest.raises(BadMessage) as refused:
        Inbox(2**20).feed(data)
    assert str(refused.value).startswith(MALFORMED[line])
    assert len(str(refused.value)) < 250


def test_a_line_that_does_not_end_is_refused():
    inbox = Inbox(0, longest_line=100)
    assert inbox.feed(b"x" * 100) is None
    with pytest.raises(BadMessage, match=r'^a line of more than 100 bytes: "xxx'):
        inbox.feed(b"x")


@given(arrays.arrays(object, arrays.array_shapes(min_dims=0, max_dims=2, min_side=0), elements=st.fractions()))
def test_exact_numbers_arrive_exactly(sent):
    got = Inbox(0).feed(pack({"x": sent}))["x"]
    assert got.shape == sent.shape
    assert all(one == other and isinstance(one, int | Fraction) for one, other in zip(got.flat, sent.flat, strict=True))


def answered(**changes):
    """An answer of a step on one layer, with some of its members changed."""
    answer = Answer({("w", 1): np.ones((2, 3)), ("b", 1): np.ones(2)})
    return {**Inbox(2**20).feed(pack_answer("id", "step", answer)), **changes}


def test_an_answer_is_read_as_it_was_packed():
    answer = read_answer(answered(), ("w", "b"), 1)
    assert answer.arrays.keys() == {("w", 1), ("b", 1)}
    assert answer.refusal is None


ONE = np.ones(1)


@pytest.mark.parametrize(
    "changes",
    [
        {"arrays": {}},
        {"arrays": {"b": [ONE]}},
        {"arrays": {"w": [ONE, ONE]}},
        {"arrays": {"w": [ONE], "q": [ONE]}},
        {"arrays": {"w": [1.0]}},
        {"arrays": {"w": 1.0}},
        {"arrays": {"w": [np.array([Fraction(1)], dtype=object)]}},
        {"arrays": 7},
        {"seconds": 10**400},
        {"seconds": -1},
        {"seconds": float("nan")},
        {"seconds": "soon"},
        {"changed": {"a": [1]}},
        {"again": None},
        {"refusal": ["agrees", "", "", ""]},
        {"refusal": ["failed", "x", "no such kind", ""]},
        {"refusal": ["failed"]},
    ],
)
def test_malformed_answers_are_refused(changes):
    with pytest.raises(BadMessage):
        read_answer(answered(**changes), ("w", "b"), 1)


@pytest.mark.parametrize(
    "header",
    [
        {},
        {"loaded": 1.0, "refusal": None},
        {"loaded": -1.0, "refusal": None, "declared": {}, "notes": [], "language": ""},
        {"loaded": 1.0, "refusal": None, "declared": {}, "notes": [1], "language": ""},
        {"loaded": 1.0, "refusal": None, "notes": [], "language": "", "declared": {"OTHER": "x"}},
        {"loaded": 1.0, "refusal": None, "notes": [], "language": "", "declared": {"HALF": [True]}},
        {"loaded": 1.0, "refusal": None, "notes": [], "language": "", "declared": {"REDUCTION": {"cross_entropy": 1}}},
        {
            "loaded": 1.0,
            "refusal": None,
            "notes": [],
            "language": "",
            "declared": {"REDUCTION": {str(i): "mean" for i in range(17)}},
        },
        {"loaded": 1.0, "refusal": ["agrees", "", "", ""], "declared": {}, "notes": [], "language": ""},
    ],
)
def test_malformed_messages_about_the_import_are_refused(header):
    with pytest.raises(BadMessage):
        read_loading(header)


def test_declarations_are_read_as_what_they_may_be():
    declared = {"SIGN": "x" * 2000 + "\n", "HALF": False, "REDUCTION": {"a\n": "b" * 50}, "ACTIVATIONS": ["sigmoid"]}
    found = read_loading(
        {"loaded": 1.0, "refusal": None, "declared": declared, "notes": ["a\n"] * 20, "language": "c" * 50}
    )
    replaced = "a\N{REPLACEMENT CHARACTER}"
    expected = {"SIGN": "x" * 1000, "HALF": False, "REDUCTION": {replaced: "b" * 40}, "ACTIVATIONS": ["sigmoid"]}
    assert {**found.declared, **found.scope} == expected
    assert found.scope == {"ACTIVATIONS": ["sigmoid"]}
    assert found.language == "c" * 40
    assert found.notes == (replaced,) * 8
