"""Messages between processes: arrays arrive bit by bit, and malformed messages are refused."""

from __future__ import annotations

import json
import struct
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from harness.sandbox.answers import Answer
from harness.sandbox.messages import BadMessage, Inbox, pack, pack_answer, read_answer, read_loading

ANY = st.lists(
    arrays.arrays(st.sampled_from([np.float64, np.float32]), arrays.array_shapes(min_dims=0, max_dims=3, min_side=0))
)


@given(ANY, st.dictionaries(st.text(), st.text()), st.integers(1, 50))
def test_messages_arrive_unchanged_however_they_are_split(sent, header, size):
    header.pop("arrays", None)
    data = pack(header, sent) * 2
    inbox, messages = Inbox(2**20), []
    for start in range(0, len(data), size):
        message = inbox.feed(data[start : start + size])
        while message is not None:
            messages.append(message)
            message = inbox.feed(b"")
    assert len(messages) == 2
    for got_header, got in messages:
        assert got_header == header
        for one, other in zip(sent, got, strict=True):
            assert (one.shape, one.dtype, one.tobytes()) == (other.shape, other.dtype, other.tobytes())


def message(header, body=b""):
    head = json.dumps(header).encode()
    return struct.pack("!IQ", len(head), len(body)) + head + body


@pytest.mark.parametrize(
    "data",
    [
        struct.pack("!IQ", 2**31, 0),
        struct.pack("!IQ", 2, 2**40),
        message([1, 2]),
        message({}),
        message({"arrays": [["<f8", [2]]]}, b"short"),
        message({"arrays": [["<f8", [-1]]]}, b"8" * 8),
        message({"arrays": [["O", [1]]]}, b"8" * 8),
        message({"arrays": [["<f8", ["many"]]]}),
        message({"arrays": 7}),
        struct.pack("!IQ", 3, 0) + b"{{{",
    ],
)
def test_malformed_messages_are_refused(data):
    with pytest.raises(BadMessage):
        Inbox(2**20).feed(data)


@given(arrays.arrays(object, arrays.array_shapes(min_dims=0, max_dims=2, min_side=0), elements=st.fractions()))
def test_exact_numbers_arrive_exactly(sent):
    [got] = Inbox(0).feed(pack({}, [sent]))[1]
    assert got.shape == sent.shape
    assert all(one == other and isinstance(one, int | Fraction) for one, other in zip(got.flat, sent.flat, strict=True))


def answered(**changes):
    """An answer of a step on one layer, with some parts of its header changed."""
    inbox = Inbox(2**20)
    answer = Answer({("w", 1): np.ones((2, 3)), ("b", 1): np.ones(2)})
    header, sent = inbox.feed(pack_answer("id", "step", answer))
    return {**header, **changes}, sent


def test_an_answer_is_read_as_it_was_packed():
    answer = read_answer(answered(), ("w", "b"), 1)
    assert answer.arrays.keys() == {("w", 1), ("b", 1)}
    assert answer.refusal is None


@pytest.mark.parametrize(
    "changes",
    [
        {"keys": []},
        {"keys": [["w", 1]]},
        {"keys": [["w", 1], ["w", 1]]},
        {"keys": [["w", 1], ["q", 1]]},
        {"keys": [["w", 1], ["b", 2]]},
        {"keys": [["w", 0], ["b", 1]]},
        {"keys": [["w", float("inf")], ["b", 1]]},
        {"keys": 7},
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
        {"loaded": -1.0, "refusal": None, "declared": {}},
        {"loaded": 1.0, "refusal": None, "declared": {"OTHER": "x"}},
        {"loaded": 1.0, "refusal": None, "declared": {"HALF": [True]}},
        {"loaded": 1.0, "refusal": None, "declared": {"REDUCTION": {"cross_entropy": 1}}},
        {"loaded": 1.0, "refusal": None, "declared": {"REDUCTION": {str(i): "mean" for i in range(17)}}},
        {"loaded": 1.0, "refusal": ["agrees", "", "", ""], "declared": {}},
    ],
)
def test_malformed_messages_about_the_import_are_refused(header):
    with pytest.raises(BadMessage):
        read_loading((header, []))


def test_declarations_are_read_as_what_they_may_be():
    declared = {"SIGN": "x" * 2000 + "\n", "HALF": False, "REDUCTION": {"a\n": "b" * 50}}
    found, _ = read_loading(({"loaded": 1.0, "refusal": None, "declared": declared}, []))
    assert found == {"SIGN": "x" * 1000, "HALF": False, "REDUCTION": {"a\N{REPLACEMENT CHARACTER}": "b" * 40}}
