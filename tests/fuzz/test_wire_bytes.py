"""Bytes between the daemon and its SIP process: whatever comes is messages, or a WireError, and nothing else."""

from contextlib import suppress

from hypothesis import given
from hypothesis import strategies as st

from appliance.sip.wire import HEAD, KINDS, Decoder, WireError, encode
from tests.fuzz.budget import tried

messages = st.one_of([st.from_type(kind) for kind in KINDS.values()]).map(encode)
json_like = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


def test_spoiled_messages_are_read_or_are_an_error():
    @given(messages, st.data())
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


def test_any_json_is_read_or_is_an_error():
    @given(st.sampled_from(sorted(KINDS)), json_like)
    def check(kind, fields):
        import json

        body = json.dumps([kind, fields]).encode()
        with suppress(WireError):
            Decoder().feed(HEAD.pack(len(body)) + body)

    tried(check)
