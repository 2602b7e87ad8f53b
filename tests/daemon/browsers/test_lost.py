"""Calls from a phone whose network is bad, or away: they end in time, and the page takes them up again."""

import time

import pytest

from tests.daemon.browsers.junk import Stranger
from tests.daemon.browsers.phones import MICROPHONE, STATION_HZ, Phone, note_end, phone, received, until_received
from tests.support.daemon import Daemon, settled
from tests.support.peers import sounds
from tests.support.peers.namespaces import DOOR, BadCable
from tests.support.waiting import pause, until

pytestmark = pytest.mark.realtime  # a call ends after 3 s without sound

LOST = {"rtp_timeout", "ice_failed", "hangup"}  # the station notices it, or the page, which hangs up
SHORT_S, LONG_S, TALK_S = 5.0, 40.0, 10.0
HANDSHAKES = 3
FORGED_S = 0.02
LATER = "{ const { now } = performance; performance.now = () => now.call(performance) + 60000; }"  # for the page


@pytest.fixture(scope="module")
def bad_cable(tmp_path_factory):
    with BadCable(tmp_path_factory.mktemp("bad")) as cable:
        yield cable


@pytest.fixture(scope="module")
def reached(bad_cable, tmp_path_factory):
    """A station that phones reach over the cable, by HTTPS."""
    directory = tmp_path_factory.mktemp("reached")
    with Daemon(
        directory,
        bad_cable.door.within,
        sip={"address": "0.0.0.0", "port": 5080, "callers": "anyone"},
        audio={
            "capture": "simulated",
            "playback": "simulated",
            "microphone_file": sounds.tone(directory / "door.wav", STATION_HZ),
        },
        http={"address": DOOR, "port": 0},
    ) as daemon:
        yield daemon


@pytest.fixture(scope="module", params=MICROPHONE)
def away(request, bad_cable, reached, tmp_path_factory):
    """A browser at the other end of the cable."""
    out(bad_cable)
    directory = tmp_path_factory.mktemp(request.param)
    with phone(request.param, directory, bad_cable.pbx, reached, flags=("--ignore-certificate-errors",)) as found:
        yield found


@pytest.fixture
def anna(away, bad_cable, reached) -> Phone:
    with settled(reached):
        away.home()
        yield away
        bad_cable.spoil()


def out(cable):
    """The way out of the phone's machine: Firefox looks for the address that leads there."""
    cable.pbx.run("ip", "route", "replace", "default", "via", DOOR)


def lost(door, call):
    """The call is over, as nothing comes from the phone any more: its last event."""
    ended = door.final(call, kind="call.ended")
    assert ended["cause"] in LOST, ended
    return ended


def taken_up(anna: Phone, door: Daemon, before: str) -> str:
    """The page has called again, by the same microphone, and both hear each other: the new call.

    One that it begins before the network is whole may be lost as well: it calls once more.
    """
    call = until_both_hear(anna, door)
    assert call != before
    until(lambda: anna.page.value("document.querySelector('#talk-said').textContent") == "", "no word of a loss")
    assert anna.page.value("window.askings") == 1
    return call


def hangs_up(anna: Phone, door: Daemon, call: str) -> None:
    anna.page.click("#talk-end")
    door.final(call, cause="hangup")
    until(lambda: anna.page.value("window.microphone.getTracks()[0].readyState") == "ended", "a microphone at rest")
    until(lambda: anna.page.value("window.contexts.map((each) => each.state)") == ["closed"], "no means for sound")


def test_after_five_seconds_without_a_network_people_talk_again(anna, bad_cable, reached, record_property):
    call = anna.talk()
    anna.until_heard()
    until_received(reached, call)
    last = time.monotonic()  # packet, or a little later
    bad_cable.spoil(loss=1.0)
    pause(SHORT_S)
    bad_cable.spoil()
    lost(reached, call)
    note_end(record_property, reached, call, "network away for 5 s, from the last packet", last)
    hangs_up(anna, reached, taken_up(anna, reached, call))


def test_a_muted_phone_is_muted_when_the_call_is_taken_up_again(anna, bad_cable, reached):
    call = anna.talk()
    anna.page.click(f"[data-key='{call} mute']")
    bad_cable.spoil(loss=1.0)
    lost(reached, call)
    bad_cable.spoil()
    call = taken_up(anna, reached, call)
    assert anna.page.value("window.microphone.getTracks()[0].enabled") is False
    anna.page.shows(f"[data-key='{call} mute']", "Unmute")
    hangs_up(anna, reached, call)


@pytest.mark.long(60)
def test_after_forty_seconds_in_which_the_phone_was_in_no_network_people_talk_again(
    anna, bad_cable, reached, record_property
):
    call = anna.talk()
    anna.until_heard()
    last = time.monotonic()  # packet, or a little later
    bad_cable.cut()
    try:
        ended = lost(reached, call)
        assert ended["cause"] != "hangup", "nobody could tell"
        note_end(record_property, reached, call, "no network, from the last packet", last)
        anna.page.shows("#talk-said", "The page calls again")
        pause(LONG_S)
    finally:
        bad_cable.mend()
        out(bad_cable)
    hangs_up(anna, reached, taken_up(anna, reached, call))


def test_a_phone_that_is_gone_is_not_kept_by_packets_that_nobody_can_verify(anna, bad_cable, reached, record_property):
    """They are a stranger's junk, and forged ones: from the phone's address, of its stream."""
    call = anna.talk()
    anna.until_heard()
    with Stranger(reached, bad_cable.door, DOOR) as stranger:
        until(lambda: stranger.sent, "junk")
        until_received(reached, call)
        last, before = time.monotonic(), stranger.sent  # packet, or a little later
        bad_cable.spoil(loss=1.0, forged=FORGED_S)
        ended = lost(reached, call)
        assert stranger.sent > before
    assert ended["cause"] != "hangup", "nobody could tell"
    assert reached.of("media.stopped", call)
    note_end(record_property, reached, call, "unverified packets only, from the last one of the phone", last)
    bad_cable.spoil()
    hangs_up(anna, reached, taken_up(anna, reached, call))


def test_a_page_that_has_called_again_for_long_enough_says_that_the_connection_is_lost(anna, bad_cable, reached):
    call = anna.talk()
    bad_cable.spoil(loss=1.0)
    lost(reached, call)
    anna.page.shows("#talk-said", "The page calls again")
    anna.page.value(LATER)
    anna.explains("The connection to the door is lost.")
    until(lambda: anna.page.value("window.microphone.getTracks()[0].readyState") == "ended", "a microphone at rest")
    bad_cable.spoil()


def test_where_a_quarter_of_the_packets_is_lost_people_talk(anna, bad_cable, reached, record_property):
    """ICE and DTLS may need more than the 3 s that a call may be without sound: then the page calls again."""
    bad_cable.spoil(loss=0.25, delay_s=0.05)
    anna.page.click("#to-talk")
    until_both_hear(anna, reached)
    pause(TALK_S)
    until_both_hear(anna, reached)
    bad_cable.spoil()
    ends = [each["data"]["cause"] for each in reached.of("call.ended")]
    record_property("calls that were lost", str(ends))
    assert set(ends) <= LOST
    hangs_up(anna, reached, until_both_hear(anna, reached))


def test_messages_of_the_handshake_that_are_lost_are_repeated_before_the_call_ends_for_want_of_sound(
    anna, bad_cable, reached, record_property
):
    """The station repeats them after 50, 100 and 200 ms. OpenSSL would take 7 s, and the call ends after 3."""
    bad_cable.spoil(handshakes=HANDSHAKES)
    call = anna.talk()
    anna.until_heard()
    until_received(reached, call)
    bad_cable.spoil()
    answered, came = reached.of("call.connected", call)[0], reached.of("media.started", call)
    late_s = max(each["uptime"] for each in came) - answered["uptime"]
    record_property(f"seconds from the answer to sound, {HANDSHAKES} messages lost", round(late_s, 3))
    assert not reached.of("call.ended")
    hangs_up(anna, reached, call)


def talking(door: Daemon) -> str:
    """The call in which people talk now, if there is one."""
    return next((each["id"] for each in door.get("/v1/calls")["calls"] if each["state"] == "connected"), "")


def until_both_hear(anna: Phone, door: Daemon) -> str:
    """Wait until sound comes both ways within a second, in one call: the call."""
    return until(lambda: heard_in(anna, door), "sound both ways", log=door.told)


def heard_in(anna: Phone, door: Daemon) -> str:
    """The call in which sound has come both ways within a second, if there is one."""
    call, energy = talking(door), anna.page.value("window.energy") or 0
    if not call:
        return ""
    packets = received(door, call)
    pause(1.0)
    more = (anna.page.value("window.energy") or 0) - energy
    return call if talking(door) == call and more > 1e-3 and received(door, call) > packets else ""
