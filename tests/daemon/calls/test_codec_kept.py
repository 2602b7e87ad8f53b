"""Our offers in a call that are not about codecs: the codec in use comes first, so that a far end keeps it."""

import pytest

from tests.support.daemon import Daemon, settled, talking
from tests.support.peers.asterisk import Asterisk
from tests.support.peers.messages import found
from tests.support.peers.packets import Packets
from tests.support.peers.registrars import account
from tests.support.peers.voices import Voice
from tests.support.waiting import until


def first_codec(message):
    return found(r"^m=audio \d+ \S+ (\d+)", message)[1]


@pytest.fixture
def far(door):
    with Packets(door.far_address, door.far_port) as far:
        yield far


def accepted(far, offer):
    far.answer(offer, "200 OK", far.sdp)
    return first_codec(offer)


def test_a_hold_and_a_resume_offer_the_codec_in_use_first(door, far):
    call = far.rung_by(door)
    for count in (1, 2):
        door.press("hold")
        assert accepted(far, far.invited()) == "8"
        until(lambda n=count: len(door.of("call.updated", call)) == n, "the change")
    far.hung_up_by(door, call)
    door.final(call, kind="call.ended", by="local")


def test_an_answer_to_an_invite_without_an_offer_has_the_codec_in_use_first(door, far):
    call = far.rung_by(door)
    invite = next(message for message in far.seen if message.startswith("INVITE"))
    ours = far.ask(far.inside(invite, "INVITE", 50), "SIP/2.0 200", "INVITE")
    assert first_codec(ours) == "8"
    far.send(far.inside(invite, "ACK", 50, far.sdp))
    far.hung_up_by(door, call)
    door.final(call, kind="call.ended", by="local")


def test_a_change_of_codecs_offers_them_in_the_order_that_was_asked_for(door, far):
    call = far.rung_by(door)
    door.post(f"/v1/calls/{call}/update", {"codecs": ["PCMU", "PCMA"]})
    assert accepted(far, far.invited()) == "0"
    door.wait("call.updated", call, changes=["codec"])
    door.press("hold")
    assert accepted(far, far.invited()) == "8"
    far.hung_up_by(door, call)
    door.final(call, kind="call.ended", by="local")


@pytest.mark.long(60)
def test_a_refresh_of_the_session_offers_the_codec_in_use(door, far):
    """RFC 4028: half of the least time of a session, 90 s, passes before; a far end without UPDATE gets a re-INVITE."""
    call = door.ring()
    invite = far.invited()
    timer = ["Require: timer", "Supported: timer", "Session-Expires: 90;refresher=uac", "Allow: INVITE, ACK, BYE"]
    far.send(far.reply(invite, "200 OK", far.sdp, headers=timer))
    far.receive("ACK", "ACK")
    door.talk(call)
    with Voice(far.rtp, invite):  # a call without sound would end
        assert accepted(far, far.invited()) == "8"
    far.hung_up_by(door, call)
    door.final(call, kind="call.ended", by="local")


@pytest.fixture
def both(tmp_path):
    """Two stations at an Asterisk that passes Opus through and cannot convert it; the second prefers PCMA."""
    with Asterisk(tmp_path / "a", codecs="opus,alaw") as pbx:

        def station(user, other, *codecs):
            office = account(tmp_path, pbx, user, transfer_policy="follow")
            target = {"far": {"uri": other, "account": "office"}}
            return Daemon(tmp_path / user, account={"office": office}, target=target, sip={"codecs": list(codecs)})

        with station("101", "102", "opus") as one, station("102", "101", "PCMA", "opus") as two:
            for door in (one, two):
                door.wait("account.registered")
            yield one, two


def test_an_asterisk_that_cannot_convert_opus_keeps_the_call_over_hold_and_resume(both):
    with settled(*both):
        one, two = both
        call, came = talking(one, two)
        for what in ("hold", "resume"):
            two.press("hold")
            two.wait("call.updated", came, changes=[what], result="accepted")
        assert two.get(f"/v1/calls/{came}")["codec"] == {"name": "opus", "clock_rate_hz": 48000}
        one.press("hangup")
        for door, each in ((one, call), (two, came)):
            door.final(each, kind="call.ended", cause="hangup")
