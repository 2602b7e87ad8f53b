"""Offers of browsers: what reaches pjsua, and what does not."""

import asyncio
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from appliance.base import ids
from appliance.core import inputs
from appliance.core.model import CallId
from appliance.sip.browser_offers import CANDIDATES, LONGEST, UnfitError, for_browser, for_station
from appliance.sip.wire import Offer
from tests.support.stations import PATIENCE_S, stations

PEER = "192.0.2.66"
KEY = ":".join(["AB"] * 32)
OFFER = [
    "v=0",
    "o=- 4611731400430051336 2 IN IP4 127.0.0.1",
    "s=-",
    "t=0 0",
    "a=group:BUNDLE 0",
    "a=extmap-allow-mixed",
    "m=audio 9 UDP/TLS/RTP/SAVPF 111 63 9 0 8 13 110 126",
    "c=IN IP4 0.0.0.0",
    "a=rtcp:9 IN IP4 0.0.0.0",
    "a=candidate:1 1 udp 2122260223 192.0.2.9 51234 typ host generation 0 network-id 1",
    "a=candidate:2 1 udp 2122260222 0d7e4a3e-1111-4222-8333-123456789abc.local 51235 typ host",
    "a=candidate:3 1 tcp 1518280447 192.0.2.9 9 typ host tcptype active",
    "a=candidate:4 1 udp 2122262783 2001:db8::9 51236 typ host",
    "a=candidate:5 2 udp 2122260222 192.0.2.9 51237 typ host",
    "a=candidate:6 1 udp 1686052607 198.51.100.7 51238 typ srflx raddr 192.0.2.9 rport 51234",
    "a=ice-ufrag:Ab1+",
    "a=ice-pwd:0123456789abcdefABCDEF+/",
    "a=ice-options:trickle",
    f"a=fingerprint:sha-256 {KEY}",
    "a=setup:actpass",
    "a=mid:0",
    "a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level",
    "a=sendrecv",
    "a=msid:- 1f2e",
    "a=rtcp-mux",
    "a=rtpmap:111 opus/48000/2",
    "a=rtcp-fb:111 transport-cc",
    "a=fmtp:111 minptime=10;useinbandfec=1",
    "a=rtpmap:63 red/48000/2",
    "a=rtpmap:9 G722/8000",
    "a=rtpmap:0 PCMU/8000",
    "a=rtpmap:8 PCMA/8000",
    "a=rtpmap:13 CN/8000",
    "a=rtpmap:110 telephone-event/48000",
    "a=rtpmap:126 telephone-event/8000",
    "a=ssrc:1 cname:x",
]


def text(lines: list[str]) -> str:
    return "\r\n".join([*lines, ""])


def without(start: str) -> list[str]:
    return [line for line in OFFER if not line.startswith(start)]


def instead(start: str, line: str) -> list[str]:
    return [line if each.startswith(start) else each for each in OFFER]


def test_only_named_lines_reach_pjsua():
    assert for_station(text(OFFER), PEER).split("\r\n") == [
        "v=0",
        "o=- 1 1 IN IP4 192.0.2.9",
        "s=-",
        "c=IN IP4 192.0.2.9",
        "t=0 0",
        "m=audio 51234 UDP/TLS/RTP/SAVPF 111 9 0 8 110 126",
        "a=candidate:1 1 UDP 2122260223 192.0.2.9 51234 typ host",
        f"a=candidate:2 1 UDP 2122260222 {PEER} 51235 typ host",
        "a=candidate:6 1 UDP 1686052607 198.51.100.7 51238 typ srflx raddr 0.0.0.0 rport 9",
        "a=ice-ufrag:Ab1+",
        "a=ice-pwd:0123456789abcdefABCDEF+/",
        f"a=fingerprint:sha-256 {KEY}",
        "a=setup:actpass",
        "a=mid:0",
        "a=rtcp-mux",
        "a=sendrecv",
        "a=rtpmap:111 opus/48000/2",
        "a=fmtp:111 minptime=10;useinbandfec=1",
        "a=rtpmap:9 G722/8000",
        "a=rtpmap:0 PCMU/8000",
        "a=rtpmap:8 PCMA/8000",
        "a=rtpmap:110 telephone-event/48000",
        "a=rtpmap:126 telephone-event/8000",
        "",
    ]


def test_no_name_reaches_the_resolver():
    names = [line.replace("192.0.2.9", "door.example").replace("198.51.100.7", "evil.local") for line in OFFER]
    passed = for_station(text([*names, "c=IN IP4 evil.example", "a=rtcp:9 IN IP4 evil.example"]), PEER)
    assert "example" not in passed
    assert ".local" not in passed


def test_a_name_that_hides_an_address_is_dropped_where_the_request_came_by_no_address():
    hidden = [line for line in OFFER if not (line.startswith("a=candidate") and ".local" not in line)]
    with pytest.raises(UnfitError, match="names no address"):
        for_station(text(hidden), "")


def test_of_many_addresses_some_are_tried():
    many = [f"a=candidate:{n} 1 udp {n} 192.0.2.{n} 50000 typ host" for n in range(1, 200)]
    assert for_station(text([*without("a=candidate"), *many]), PEER).count("a=candidate") == CANDIDATES


UNFIT = {
    "nothing": [],
    "other bytes": [*OFFER, "a=x:\x00"],
    "letters beyond ASCII": [*OFFER, "s=Tür"],
    "too long": [*OFFER, *(f"a=x:{n:09}" for n in range(LONGEST // 13))],
    "a picture": [*OFFER, "m=video 9 UDP/TLS/RTP/SAVPF 96"],
    "two sounds": [*OFFER, "m=audio 9 UDP/TLS/RTP/SAVPF 8"],
    "data": instead("m=", "m=application 9 UDP/DTLS/SCTP webrtc-datachannel"),
    "plain RTP": instead("m=", "m=audio 9 RTP/AVP 8"),
    "RTCP apart": without("a=rtcp-mux"),
    "no key": without("a=fingerprint"),
    "a key by SHA-1": instead("a=fingerprint", "a=fingerprint:sha-1 " + ":".join(["AB"] * 20)),
    "a short key": instead("a=fingerprint", "a=fingerprint:sha-256 AB:CD"),
    "two keys": [*OFFER, "a=fingerprint:sha-256 " + ":".join(["CD"] * 32)],
    "no password": without("a=ice-pwd"),
    "a short password": instead("a=ice-pwd", "a=ice-pwd:short"),
    "no role": without("a=setup"),
    "an odd name of the stream": instead("a=mid", "a=mid:0 evil"),
    "no address": without("a=candidate"),
    "no codec that the station has": without("a=rtpmap"),
    "digits only": [line for line in OFFER if not line.startswith("a=rtpmap") or "telephone" in line],
}


@pytest.mark.parametrize("lines", UNFIT.values(), ids=UNFIT)
def test_an_offer_is_refused_that_has(lines):
    with pytest.raises(UnfitError):
        for_station(text(lines), PEER)


def test_an_answer_names_the_stream_and_leaves_rtcp_on():
    answer = text(["v=0", "m=audio 4000 UDP/TLS/RTP/SAVPF 111", "b=RS:0", "b=RR:0", "a=X-nat:0", "a=rtcp-mux"])
    passed = for_browser(answer, text(OFFER))
    assert passed == text(["v=0", "m=audio 4000 UDP/TLS/RTP/SAVPF 111", "a=rtcp-mux", "a=mid:0"])
    assert for_browser(passed, text(OFFER)) == passed


LINE = st.sampled_from(OFFER)
SPOILT = st.one_of(
    LINE,
    st.text(max_size=80),
    st.builds(lambda line, at, more: line[:at] + more + line[at:], LINE, st.integers(0, 60), st.text(max_size=6)),
)


@given(st.lists(SPOILT, max_size=60), st.sampled_from([PEER, "", "::1", "door.local", "999.1.1.1"]))
@example(OFFER, PEER)
def test_only_known_lines_pass_of_whatever_comes(lines, peer):
    try:
        passed = for_station(text(lines), peer)
    except UnfitError:
        return
    heads = (
        "v=0",
        "o=- 1 1 IN IP4 ",
        "s=-",
        "c=IN IP4 ",
        "t=0 0",
        "m=audio ",
        "a=candidate:",
        "a=ice-",
        "a=rtcp-mux",
        "a=fingerprint:",
        "a=setup:",
        "a=mid:",
        "a=sendrecv",
        "a=sendonly",
        "a=recvonly",
        "a=rtpmap:",
        "a=fmtp:",
    )
    assert all(line.startswith(heads) for line in passed.split("\r\n") if line)
    assert passed.isascii()
    assert ".local" not in passed.split("a=rtpmap")[0]
    assert len(passed) < LONGEST
    assert for_station(passed, peer) == passed


@pytest.mark.far_end
@pytest.mark.parametrize("payload", ["128", "200"])  # one ends at 127 (RFC 3551 §3)
def test_an_offer_that_pjsua_refuses_on_its_own_is_answered_and_its_call_is_the_browsers(payload):
    sdp = for_station(text([re.sub(r"\b111\b", payload, line) for line in OFFER]), PEER)
    assert f"a=rtpmap:{payload} opus" in sdp

    async def scenario():
        async with stations({"user": "door"}) as (door,):
            call = CallId(ids.new("c"))
            answer = await asyncio.wait_for(door.link.offer(Offer(call, "http:anna", sdp)), PATIENCE_S)
            assert (answer.code, answer.reason) == (400, "Bad SDP")
            came = await door.wait(inputs.CallArrived, call=call)
            assert (came.refused, came.browser) == (400, "http:anna")

    asyncio.run(scenario())
