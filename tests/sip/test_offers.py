"""What an offer changes, read from its text; and the changes of a call, without pjsua2."""

import pytest
from msgspec.structs import replace

from appliance.base import times
from appliance.core import inputs
from appliance.core.model import SoundRefusal
from appliance.sip.stack.calls.offers import OfferedAudio, audio, changes, offered, on_hold, preferring, refusal
from appliance.sip.stack.calls.updates import Updates

SDP = (
    "v=0\r\no=far 1 2 IN IP4 192.0.2.7\r\ns=-\r\nc=IN IP4 192.0.2.7\r\nt=0 0\r\n"
    "m=audio 4000 RTP/AVP 96 8 101\r\na=rtpmap:96 opus/48000/2\r\na=rtpmap:101 telephone-event/8000\r\na=sendrecv\r\n"
)
OURS = ("opus", "G722", "PCMA")
NOW = OfferedAudio("opus", "192.0.2.7:4000", held=False)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("", "", NOW),
        ("a=sendrecv\r\n", "", NOW),
        ("a=sendrecv", "a=sendonly", OfferedAudio("opus", "192.0.2.7:4000", held=True)),
        ("a=sendrecv", "a=inactive", OfferedAudio("opus", "192.0.2.7:4000", held=True, sends=False)),
        ("a=sendrecv", "a=recvonly", OfferedAudio("opus", "192.0.2.7:4000", held=False, sends=False)),
        ("a=sendrecv\r\n", "m=video 1 RTP/AVP 99\r\na=sendonly\r\n", NOW),
        ("c=IN IP4 192.0.2.7", "c=IN IP4 0.0.0.0", OfferedAudio("opus", "", held=True)),
        ("c=IN IP4 192.0.2.7", "c=IN IP6 2001:db8::7", OfferedAudio("opus", "[2001:db8::7]:4000", held=False)),
        ("a=sendrecv\r\n", "c=IN IP4 192.0.2.8\r\n", OfferedAudio("opus", "192.0.2.8:4000", held=False)),
        ("t=0 0\r\n", "a=inactive\r\nt=0 0\r\n", NOW),
        ("96 8 101", "101 9 96", OfferedAudio("G722", "192.0.2.7:4000", held=False)),
        ("96 8 101", "101", OfferedAudio("", "192.0.2.7:4000", held=False)),
        ("RTP/AVP", "RTP/SAVP", NOW),
        ("opus/48000/2", "speex/16000", OfferedAudio("PCMA", "192.0.2.7:4000", held=False)),
    ],
)
def test_the_audio_of_an_offer_is_read(old, new, expected):
    assert audio(SDP.replace(old, new), OURS) == expected


def test_of_several_lines_the_one_in_use_is_read_and_none_that_was_refused():
    two = SDP + "m=audio 4002 RTP/SAVP 8\r\na=inactive\r\n"
    assert audio(two, OURS) == audio(two, OURS, 0) == audio(two, OURS, 7) == NOW
    second = OfferedAudio("PCMA", "192.0.2.7:4002", held=True, sends=False)
    assert audio(two, OURS, 1) == audio(two.replace("m=audio 4000", "m=audio 0"), OURS, 0) == second
    assert audio(two.replace("m=audio 4000", "m=video 4000"), OURS, 1) == second


@pytest.mark.parametrize(
    ("old", "new", "names"),
    [
        ("", "", ("opus", "PCMA")),
        ("96 8 101", "18 8 101 96 8 0 13 77", ("G729", "PCMA", "opus", "PCMU")),
        ("96 8 101", "101", ()),
        ("m=audio", "m=video", ()),
        ("opus/", f"{'x' * 40}/", ("x" * 32, "PCMA")),
        ("m=audio", "m=audio 0 RTP/AVP 9\r\nm=audio", ("G722",)),
    ],
)
def test_the_codecs_of_an_offer_are_named_in_its_order(old, new, names):
    assert offered(SDP.replace(old, new, 1)) == names


def test_at_most_32_codecs_are_named():
    many = "".join(f"a=rtpmap:{number} c{number}/8000\r\n" for number in range(200))
    assert len(offered(SDP.replace("96 8 101", " ".join(map(str, range(200)))) + many)) == 32


def test_an_offer_without_audio_has_none():
    assert audio("v=0\r\ns=-\r\n", OURS) is None
    assert audio("", OURS) is None


@pytest.mark.parametrize(
    ("now", "wanted", "expected"),
    [
        (NOW, NOW, ()),
        (NOW, OfferedAudio("OPUS", "192.0.2.7:4000", held=True), ("hold",)),
        (NOW, OfferedAudio("opus", "192.0.2.7:4000", held=False, sends=False), ("direction",)),
        (OfferedAudio("opus", "", held=False, sends=False), NOW, ("direction",)),
        (OfferedAudio("opus", "", held=False, sends=None), NOW, ()),
        (OfferedAudio("PCMA", "", held=True), OfferedAudio("PCMA", "192.0.2.7:4000", held=False), ("resume",)),
        (NOW, OfferedAudio("PCMA", "192.0.2.8:4000", held=False), ("codec", "address")),
        (NOW, OfferedAudio("opus", "192.0.2.7:4002", held=False), ("address",)),
    ],
)
def test_what_it_changes_is_named(now, wanted, expected):
    assert changes(now, wanted) == expected


@pytest.mark.parametrize(
    ("codec", "formats"), [("opus", "96 8 101"), ("PCMA", "8 96 101"), ("pcma", "8 96 101"), ("G722", "96 8 101")]
)
def test_a_codec_comes_first_in_each_line_of_audio(codec, formats):
    twice = SDP + SDP[SDP.index("m=audio") :].replace("RTP/AVP", "RTP/SAVP")
    assert preferring(twice, codec) == twice.replace("96 8 101", formats)


@pytest.mark.parametrize(("direction", "held"), [("sendrecv", "sendonly"), ("recvonly", "inactive")])
def test_who_holds_agrees_as_one_who_holds(direction, held):
    assert f"a={held}\r\n" in on_hold(SDP.replace("sendrecv", direction))


@pytest.fixture
def updates():
    told = []
    made = Updates("c-1", told.append)
    made.told = told
    return made


def kinds(updates):
    return [(type(each), each.changes) for each in updates.told]


def test_an_offer_that_changes_nothing_is_not_reported(updates):
    assert not updates.comes(NOW, NOW, ((), "", ""), asked=True)
    updates.answered(200, "OK")
    assert not updates.told
    assert not updates.waits


def test_an_offer_that_waits_is_reported_with_its_outcome(updates):
    assert updates.comes(NOW, replace(NOW, held=True), ((), "", ""), asked=True)
    assert updates.waits
    updates.answered(487, "Request Terminated")
    assert not updates.waits
    assert kinds(updates) == [(inputs.UpdateReceived, ("hold",)), (inputs.UpdateAnswered, ("hold",))]


def test_other_codecs_are_offered_as_soon_as_nothing_else_is_negotiated(updates):
    updates.want(("PCMU",), 10.0)
    assert updates.due(10.0)
    updates.postpone(10.0)
    assert not updates.due(10.0)
    assert updates.due(10.0 + times.current.call_change_again_s)
    updates.sent("codec")
    assert not updates.due(99.0)
    updates.settle(200, "OK", ((), "", ""), reported=False)
    assert updates.codecs == ("PCMU",)
    assert kinds(updates) == [(inputs.UpdateSent, ("codec",)), (inputs.UpdateAnswered, ("codec",))]


@pytest.mark.parametrize("late", [True, False])
def test_codecs_that_are_not_available_are_given_up(late, updates):
    updates.want(("PCMU",), 10.0)
    if late:
        updates.postpone(10.0 + times.current.call_change_waits_s)
    else:
        updates.sent("codec")
        updates.settle(488, "Not Acceptable Here", ((), "", ""), reported=False)
    assert not updates.due(99.0)
    assert updates.codecs == ()
    assert updates.told[-1].code in {488, 491}


def test_codecs_that_crossed_a_change_of_the_far_end_are_offered_again_for_a_while(updates):
    updates.want(("PCMU",), 10.0)
    updates.sent("codec")
    assert updates.crossed(12.0)
    assert (updates.due(11.0), updates.due(12.0), updates.codecs) == (False, True, ("PCMU",))
    updates.sent("codec")
    assert not updates.crossed(10.0 + times.current.call_change_waits_s)
    updates.settle(491, "Request Pending", ((), "", ""), reported=False)
    assert updates.codecs == ()
    assert updates.told[-1].code == 491


def test_a_hold_that_crossed_is_no_change_of_codecs(updates):
    updates.sent("hold")
    assert not updates.crossed(12.0)


def test_a_hold_that_is_refused_is_reported_elsewhere(updates):
    updates.sent("hold")
    updates.settle(488, "Not Acceptable Here", ((), "", ""), reported=True)
    assert kinds(updates) == [(inputs.UpdateSent, ("hold",))]


LINE = SDP[SDP.index("m=audio") :]
NONE = SDP.removesuffix(LINE) + "m=audio 0 RTP/SAVP 8\r\n"
KEYS = "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:x\r\n"
ENCRYPTED = f"{SDP}{KEYS}"
SAVP = ENCRYPTED.replace("RTP/AVP", "RTP/SAVP")
DTLS = SDP.replace("RTP/AVP", "UDP/TLS/RTP/SAVPF") + "a=fingerprint:sha-256 x\r\n"


@pytest.mark.parametrize(
    ("offer", "answer", "how"),
    [
        (SDP, SDP, None),
        (SDP, SDP.replace("96 8 101", "8 101"), None),
        (ENCRYPTED, SDP, None),
        (ENCRYPTED, ENCRYPTED, None),
        (ENCRYPTED, SAVP, None),
        (SAVP, SAVP, None),
        (DTLS, DTLS, None),
        (SDP, "", SoundRefusal.NO_ANSWER),
        (SDP, SDP.partition("m=")[0], SoundRefusal.NO_AUDIO),
        (SDP, SDP.replace("m=audio", "m=video"), SoundRefusal.NO_AUDIO),
        (SDP, SDP.replace("m=audio 4000", "m=audio 0"), SoundRefusal.PORT_ZERO),
        (f"{NONE}{LINE}", f"{NONE}{LINE}", None),
        (f"{NONE}{LINE}", f"{NONE}{LINE}".replace("m=audio 4000", "m=audio 0"), SoundRefusal.PORT_ZERO),
        (SDP, SDP.replace("96 8 101", "3 101"), SoundRefusal.OTHER_CODEC),
        (SDP, SAVP, SoundRefusal.ENCRYPTION),
        (SDP, DTLS, SoundRefusal.ENCRYPTION),
        (ENCRYPTED, DTLS, SoundRefusal.ENCRYPTION),
        (SDP, DTLS.replace("UDP/TLS/RTP/SAVPF", "RTP/AVP"), SoundRefusal.ENCRYPTION),
        (SAVP, SDP, SoundRefusal.ENCRYPTION),
        (SAVP, SDP.replace("RTP/AVP", "RTP/SAVP"), SoundRefusal.ENCRYPTION),
        (SDP, ENCRYPTED, None),
        (SAVP, SAVP.replace("inline:x", "inline:y|2^31 -X-EXTENSION WSH=64 "), None),
        (SAVP, SAVP.replace("inline:x", "inline:y|2^31|1:1"), SoundRefusal.ENCRYPTION),
        (SAVP, SAVP.replace("inline:x", "inline:y|1:1"), SoundRefusal.ENCRYPTION),
        (SAVP, SAVP.replace("inline:x", "inline:y KDR=20"), SoundRefusal.ENCRYPTION),
        (SAVP, SAVP.replace("inline:x", "inline:y UNENCRYPTED_SRTP"), SoundRefusal.ENCRYPTION),
        (SAVP, SAVP.replace("inline:x", "inline:yz"), SoundRefusal.ENCRYPTION),
        (SAVP, SAVP.replace("crypto:1", "crypto:7"), SoundRefusal.ENCRYPTION),
        (SAVP, SAVP.replace("AES_CM_128", "F8_128"), SoundRefusal.ENCRYPTION),
        (ENCRYPTED, ENCRYPTED.replace("inline:x", "inline:y|2^31|1:1"), SoundRefusal.ENCRYPTION),
    ],
)
def test_how_an_answer_refuses_the_sound_is_read_from_it(offer, answer, how):
    assert refusal(offer, answer, OURS) is how
