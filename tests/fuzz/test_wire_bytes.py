"""Bytes between the daemon and its SIP process: whatever comes is messages, or a WireError, and nothing else."""

from contextlib import suppress
from typing import get_args

from hypothesis import given
from hypothesis import strategies as st
from msgspec import msgpack

from appliance.sip.wire import HEAD, Decoder, Message, WireError, encode
from tests.fuzz.budget import tried
from tests.support.messages import messages

encoded = messages.map(encode)
KINDS = [kind.__name__ for kind in get_args(Message)]
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


def test_spoiled_messages_are_read_or_are_an_error():
    @given(encoded, st.data())
    def check(message, data):
        spoiled = bytearray(message)
        for _ in range(data.draw(st.integers(1, 8))):
            place = data.draw(st.integers(0, len(spoiled) - 1))
            spoiled[place] = data.draw(st.integers(0, 255))
        with suppress(WireError):
            Decoder().feed(bytes(spoiled))

    tried(check)


def test_any_bytes_are_read_or_are_an_error():
    @given(st.binary(max_size=400), st.booleans())
    def check(body, framed):
        with suppress(WireError):
            Decoder().feed(HEAD.pack(len(body)) + body if framed else body)

    tried(check)


def test_any_values_are_read_or_are_an_error():
    @given(st.sampled_from(sorted(KINDS)), values)
    def check(kind, fields):
        body = msgpack.encode({"type": kind, **fields} if isinstance(fields, dict) else [kind, fields])
        with suppress(WireError):
            Decoder().feed(HEAD.pack(len(body)) + body)

    tried(check)
