"""When the sound of a call begins and ends, direction by direction, as its far end sends packets or not."""

from tests.support.peers.baresip import Baresip
from tests.support.peers.packets import Packets
from tests.support.peers.voices import Voice
from tests.support.shown import shows
from tests.support.waiting import until

PATIENCE_S = 120.0
PCMA = {"name": "PCMA", "clock_rate_hz": 8000}


def ways(door, call):
    """The directions in which the sound of the call has started, in order."""
    return [event["data"]["direction"] for event in door.of("media.started", call)]


def ended(door, far, call):
    """The far end hangs up; the sound ends once, before the call's last event."""
    far.hang_up()
    last = door.final(call, kind="call.ended", cause="hangup", by="remote")
    (over,) = door.of("media.ended", call)
    (end,) = door.of("call.ended", call)
    assert over["id"] < end["id"]
    return last


@shows("media.started", "media.ended")
def test_each_direction_starts_with_its_first_packet(door):
    with Packets(door.far_address, to=door.address) as far:
        call, accepted = far.talk_to(door)
        assert ways(door, call) == ["send"], "the far end is silent"
        door.wait("media.stopped", call, patience=PATIENCE_S)
        assert ways(door, call) == ["send"]
        with Voice(far.rtp, accepted):
            first = door.wait("media.started", call, patience=PATIENCE_S, direction="receive")
        assert first["data"] == {"direction": "receive", "codec": PCMA}
        assert ways(door, call) == ["send", "receive"]
        ended(door, far, call)


@shows("media.started", "media.ended")
def test_a_phone_that_answers_is_heard_and_hears(door, tmp_path):
    with Baresip(tmp_path, door.far_address, door.far_port) as far:
        call = door.ring()
        far.wait("CALL_INCOMING")
        far.command("accept")
        until(lambda: len(ways(door, call)) == 2, "sound both ways", PATIENCE_S)
        assert door.of("media.started", call)[0]["id"] > door.of("call.connected", call)[0]["id"]
        door.press("hangup")
        door.final(call, kind="call.ended", by="local")
        far.wait("CALL_CLOSED")
    assert sorted(ways(door, call)) == ["receive", "send"]
    assert len(door.of("media.ended", call)) == 1
