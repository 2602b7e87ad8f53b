import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import msgpack
from msgspec.structs import replace

from appliance.core import inputs
from appliance.core.desired import CallMedia, Capture, Sound
from appliance.core.model import CallId, Codec, RecordingId, Tone
from appliance.core.orders import Place
from appliance.sip.wire import Beat, Decoder, WireError, encode
from tests.support.messages import messages


@given(messages)
def test_every_message_arrives_as_it_was_sent(message):
    assert Decoder().feed(encode(message)) == [message]


@given(st.lists(messages, max_size=5), st.data())
def test_messages_arrive_whole_however_the_bytes_are_cut(sent, data):
    stream = b"".join(encode(message) for message in sent)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=6)))
    decoder, found = Decoder(), []
    for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        found += decoder.feed(stream[start:end])
    assert found == sent


def test_nested_records_enums_and_pairs_keep_their_types():
    sound = Sound(
        (
            CallMedia(
                *(CallId("c-1"), True, False, True, False, RecordingId("r-1")),
                capture=Capture(local=False, separate=True),
            ),
        ),
        Tone.HELD,
        links=((CallId("c-1"), CallId("c-2")),),
    )
    place = Place(CallId("c-1"), "sip:a@b", (("X-A", "1"), ("X-B", "2")))
    started = inputs.MediaStarted(at=1.5, call=CallId("c-1"), codec=Codec("opus", 48000), held=False)
    assert Decoder().feed(encode(sound) + encode(place) + encode(started)) == [sound, place, started]


@pytest.mark.parametrize(
    "body",
    [
        *map(
            msgpack.encode,
            [
                {"type": "Shutdown"},
                {"type": "Beat", "at": "now"},
                {"type": "Beat", "at": 1.0, "loud": True},
                {"type": "Beat"},
                {"at": 1.0},
                {"type": "Sound", "calls": [], "tone": "loud"},
                {"type": "Place", "call": "c", "uri": "u", "headers": [["X-A"]]},
                {"type": "Sound", "calls": [None]},
                ["Beat", {"at": 1.0}],
                [],
                None,
            ],
        ),
        b"\x91" * 100_000,  # lists in lists
        b"\x81\xa4type\xa4\xff\xff\xff\xff",  # no UTF-8
        b"\xc1",
        b"",
        encode(Beat(1.0))[4:] + b"\x00",
    ],
)
def test_what_is_no_message_of_the_protocol_is_an_error(body):
    with pytest.raises(WireError):
        Decoder().feed(len(body).to_bytes(4, "big") + body)


def test_a_text_with_bytes_that_are_no_character_arrives_with_question_marks():
    sent = inputs.CallEnded(
        at=1.0, call=CallId("c-1"), code=486, reason="Besch\udce4ftigt", remote=True, reason_header=""
    )
    (came,) = Decoder().feed(encode(sent))
    assert came == replace(sent, reason="Besch?ftigt")
