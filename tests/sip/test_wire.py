import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.core import inputs
from appliance.core.desired import CallMedia, Sound
from appliance.core.model import CallId, Codec, RecordingId, Tone
from appliance.core.orders import Place
from appliance.sip.wire import KINDS, Decoder, WireError, encode

# No time is NaN, which would not even equal itself.
messages = st.one_of([st.from_type(kind) for kind in KINDS.values()]).filter(lambda m: b"NaN" not in encode(m))


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
        (CallMedia(CallId("c-1"), True, False, True, False, RecordingId("r-1")),),
        Tone.HELD,
        links=((CallId("c-1"), CallId("c-2")),),
    )
    place = Place(CallId("c-1"), "sip:a@b", (("X-A", "1"), ("X-B", "2")))
    started = inputs.MediaStarted(at=1.5, call=CallId("c-1"), codec=Codec("opus", 48000), held=False)
    assert Decoder().feed(encode(sound) + encode(place) + encode(started)) == [sound, place, started]


@pytest.mark.parametrize(
    "body",
    [
        b'["Shutdown",{}]',
        b'["Beat",{"at":"now"}]',
        b'["Beat",{"at":1.0,"loud":true}]',
        b'["Beat",{}]',
        b'["Beat"]',
        b'["Sound",{"calls":[],"tone":"loud"}]',
        b'["Place",{"call":"c","uri":"u","headers":[["X-A"]]}]',
        b'["Beat",null]',
        b'["Sound",{"calls":[null]}]',
        b'["Beat",{"at":1%s}]' % (b"0" * 400),
        b"[" * 100_000,
        b"\xff",
        b"[]",
    ],
)
def test_what_is_no_message_between_our_processes_is_an_error(body):
    with pytest.raises(WireError):
        Decoder().feed(len(body).to_bytes(4, "big") + body)
