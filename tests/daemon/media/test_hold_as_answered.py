"""What a far end hears is what `hold` says, however its answer to our re-INVITE made pjsip repeat it by itself."""

from contextlib import suppress

import pytest

from tests.support.daemon import Daemon
from tests.support.peers.packets import Packets
from tests.support.peers.sounds import hears, tone
from tests.support.waiting import until

ROOM, ELSEWHERE = 1000, 400  # Hz that the microphone hears, and that nothing plays
HELD = {True: "local", False: "none"}
OURS = {True: "sendonly", False: "sendrecv"}
THEIRS = {"sendonly": "recvonly", "sendrecv": "sendrecv"}
OK = ("200 OK",)
CHALLENGE = 'Digest realm="far", nonce="{}", algorithm={}, qop="auth"'


def interval(seconds):
    return "422 Session Interval Too Small", f"Min-SE: {seconds}"


def password(code, nonce, algorithm="MD5"):
    name = "WWW-Authenticate" if code == 401 else "Proxy-Authenticate"
    return f"{code} Password", f"{name}: {CHALLENGE.format(nonce, algorithm)}"


ANSWERS = {  # to our re-INVITE, and to what pjsip makes of it: whether it was accepted in the end
    "another interval": ([interval(1800), OK], True),
    "a password of the far end": ([password(401, "n1"), OK], True),
    "a password of a proxy": ([password(407, "n1"), OK], True),
    "a password of each": ([password(407, "n1"), password(401, "n2"), OK], True),
    "another change at the same time": ([("491 Request Pending",), OK], True),
    "something unfinished": ([("500 Unfinished", "Retry-After: 1"), OK], True),
    "a fault": ([("500 Server Internal Error",)], False),
    "nothing to say": ([("488 Not Acceptable Here",)], False),
    "another interval, twice": ([interval(1800), interval(3600)], False),
    "the same interval, twice": ([interval(1800), interval(1800)], False),
    "an interval without its length": ([("422 Session Interval Too Small",)], False),
    "another place": ([("302 Moved Temporarily", "Contact: <sip:far@127.0.0.1:9>")], False),
    "several places": ([("300 Multiple Choices", "Contact: <sip:far@127.0.0.1:9>")], False),
    "a password in a way that nobody here knows": ([password(401, "n1", "MD5-sess")], False),
    "a password, and no challenge": ([("401 Password",)], False),
    "a proxy's password, and no challenge": ([("407 Password",)], False),
    "the wrong password": ([password(401, "n1"), password(401, "n2"), ("403 Forbidden",)], False),
    "another change at the same time, and no": ([("491 Request Pending",), ("488 Not Acceptable Here",)], False),
    "a password of several kinds": (
        [("401 Password", "WWW-Authenticate: NTLM", password(401, "n1")[1], "WWW-Authenticate: Basic"), OK],
        True,
    ),
    "a password, and another interval": ([password(401, "n1"), interval(1800), OK], True),
}


@pytest.fixture
def talking(tmp_path):
    """A station whose microphone hears 1,000 Hz, in a call by way of an account at the far end."""
    secret = tmp_path / "password"
    secret.write_text("secret\n")
    secret.chmod(0o600)
    audio = {"microphone_file": tone(tmp_path / "microphone.wav", ROOM)}
    daemon = Daemon(tmp_path / "d", audio=audio, deadlines={"rtp_s": 600})
    registrar = f"{daemon.far_address}:{daemon.far_port}"
    daemon.config["account"] = {"pbx": {"user": "door", "registrar": registrar, "password_file": str(secret)}}
    daemon.config["target"]["far"]["account"] = "pbx"
    with Packets(daemon.far_address, daemon.far_port) as far, daemon as door:
        asked = far.receive("REGISTER", "REGISTER")
        ours = asked.partition("\r\nContact: ")[2].partition("\r\n")[0]
        far.send(far.reply(asked, "200 OK", headers=[f"Contact: {ours}", "Expires: 3600"]))
        door.wait("account.registered")
        yield door, far, far.rung_by(door)


def answered(far, answers, wanted):
    """Each repetition of our re-INVITE gets its answer; the last one's SDP agrees with what we asked for."""
    for status, *headers in answers:
        offer = far.invited()
        assert f"a={wanted}" in offer
        body = far.sdp.replace("a=sendrecv", f"a={THEIRS[wanted]}") if status == "200 OK" else ""
        far.send(far.reply(offer, status, body, headers))
        far.receive("ACK", "ACK")


def hears_what_it_should(far, held):
    with suppress(BlockingIOError):  # what has come before
        far.rtp.setblocking(False)
        while far.rtp.recv(2048):
            pass
    hears(far, [] if held else [ROOM], [ROOM] if held else [ELSEWHERE])


def agree(door, far, call, held):
    """What `hold` says, what the far end hears, and what we answer to its own re-INVITE are one."""
    until(lambda: door.get(f"/v1/calls/{call}")["hold"] == HELD[held], HELD[held])
    hears_what_it_should(far, held)
    invite = next(message for message in far.seen if message.startswith("INVITE"))
    again = far.inside(invite, "INVITE", 50, far.sdp)
    accepted = far.ask(again, "SIP/2.0 200", "INVITE")
    assert f"a={OURS[held]}" in accepted
    far.send(far.inside(invite, "ACK", 50))
    hears_what_it_should(far, held)
    assert door.get(f"/v1/calls/{call}")["hold"] == HELD[held]


@pytest.mark.parametrize("case", ANSWERS)
def test_a_hold_is_what_the_far_end_answered_last(case, talking):
    (door, far, call), (answers, accepted) = talking, ANSWERS[case]
    door.press("hold")
    answered(far, answers, "sendonly")
    if not accepted:
        door.wait("call.updated", call, result="rejected", changes=["hold"])
    agree(door, far, call, accepted)


@pytest.mark.parametrize("case", ANSWERS)
def test_a_resume_is_what_the_far_end_answered_last(case, talking):
    (door, far, call), (answers, accepted) = talking, ANSWERS[case]
    door.press("hold")
    answered(far, [OK], "sendonly")
    until(lambda: door.get(f"/v1/calls/{call}")["hold"] == "local", "the hold")
    door.press("hold")
    answered(far, answers, "sendrecv")
    if not accepted:
        door.wait("call.updated", call, result="rejected", changes=["resume"])
    agree(door, far, call, not accepted)


CODECS = ["another interval", "a password of the far end", "another change at the same time", "nothing to say"]


@pytest.mark.parametrize("case", [*CODECS, "a password, and another interval"])
def test_a_change_of_codecs_is_what_the_far_end_answered_last(case, talking):
    (door, far, call), (answers, accepted) = talking, ANSWERS[case]
    door.post(f"/v1/calls/{call}/update", {"codecs": ["PCMU"]})
    for status, *headers in answers:
        offer = far.invited()
        assert "RTP/AVP 0 " in offer
        body = far.sdp.replace("AVP 8", "AVP 0") if status == "200 OK" else ""
        far.send(far.reply(offer, status, body, headers))
        far.receive("ACK", "ACK")
    told = door.wait("call.updated", call)["data"]
    assert (told["result"], told["changes"]) == ("accepted" if accepted else "rejected", ["codec"])
    codec = "PCMU" if accepted else "PCMA"
    until(lambda: door.get(f"/v1/calls/{call}")["codec"]["name"] == codec, codec)
    assert len(door.of("call.updated", call)) == 1
