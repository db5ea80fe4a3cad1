"""What crosses between processes: any arrays, to the last bit; and nothing that is not one."""

from __future__ import annotations

import json
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from harness.wire import BadMessage, Inbox, pack

ANY = st.lists(
    arrays.arrays(st.sampled_from([np.float64, np.float32]), arrays.array_shapes(min_dims=0, max_dims=3, min_side=0))
)


@given(ANY, st.dictionaries(st.text(), st.text()), st.integers(1, 50))
def test_messages_arrive_as_they_were_however_they_are_cut(sent, header, size):
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
def test_what_is_no_message_is_refused(data):
    with pytest.raises(BadMessage):
        Inbox(2**20).feed(data)
