"""Two stations at an Asterisk: they register, call each other, write to each other, and hear its music while held."""

import numpy as np
import pytest

from tests.support.daemon import Daemon, settled, talking
from tests.support.peers.asterisk import MUSIC_HZ, Asterisk
from tests.support.peers.registrars import account
from tests.support.waiting import until

PART_S = 0.5


@pytest.fixture(scope="module")
def pbx(tmp_path_factory):
    with Asterisk(tmp_path_factory.mktemp("a")) as running:
        yield running


@pytest.fixture(scope="module")
def both(pbx, tmp_path_factory):
    """The stations of 101, by UDP, and of 102, by TCP, registered, of which the second records."""

    def station(user, other, transport, *, records):
        directory = tmp_path_factory.mktemp(user)
        return Daemon(
            directory / "d",
            account={"office": account(directory, pbx, user, transport=transport, transfer_policy="follow")},
            target={"far": {"uri": other, "account": "office"}},
            recording={"enabled": records},
        )

    with station("101", "102", "udp", records=False) as one, station("102", "101", "tcp", records=True) as two:
        for door in (one, two):
            door.wait("account.registered")
        yield one, two


@pytest.fixture
def stations(both):
    """They, with no call."""
    with settled(*both):
        yield both


@pytest.mark.parametrize("direction", [1, -1], ids=["101 calls 102", "102 calls 101"])
def test_they_call_each_other_and_either_ends_it(stations, direction):
    caller, callee = stations[::direction]
    call, came = bridged(caller, callee)
    shown = callee.get(f"/v1/calls/{came}")
    assert (shown["account"], shown["remote"]["target"]) == ("office", "far")
    assert shown["remote"]["user"] == {1: "101", -1: "102"}[direction]
    callee.press("hangup")
    caller.final(call, kind="call.ended", cause="hangup", by="remote")
    callee.final(came, kind="call.ended", cause="hangup", by="local")


def test_an_extension_that_no_one_has_registered_cannot_be_reached(stations):
    caller, _ = stations
    call = caller.post("/v1/calls", {"to": "103"})["id"]
    told = caller.final(call, kind="call.failed")
    assert told["explanation"]


def test_who_is_held_hears_the_music_and_the_call_goes_on(stations):
    holder, held = stations
    call, came = bridged(holder, held)
    file = recorded(held, came)
    holder.press("hold")
    until(lambda: level(newest(file), MUSIC_HZ) > -30, "the music")
    holder.press("hold")
    until(lambda: level(newest(file), MUSIC_HZ) < -60, "the end of the music")
    holder.press("hangup")
    holder.final(call, kind="call.ended", cause="hangup", by="local")
    held.final(came, kind="call.ended", cause="hangup", by="remote")


def test_they_write_to_each_other(stations):
    one, two = stations
    message = one.post("/v1/messages", {"to": "far", "text": "There is a parcel"})["message"]
    one.wait("message.sent", message=message)
    told = two.wait("message.received", body="There is a parcel")["data"]
    assert (told["account"], told["target"]) == ("office", "far")


def test_who_is_passed_on_hears_the_music(stations):
    one, two = stations
    call, came = bridged(one, two)
    file = recorded(two, came)
    one.post(f"/v1/calls/{call}/transfer", {"to": "602"})
    one.wait("call.transferred", call, role="transferor")
    one.final(call, kind="call.ended", cause="transferred")
    until(lambda: level(newest(file), MUSIC_HZ) > -30, "the music")
    two.press("hangup")
    two.final(came, kind="call.ended", cause="hangup", by="local")


def test_a_phone_that_is_transferred_to_no_one_stays_with_us(stations):
    one, two = stations
    call, came = bridged(one, two)
    one.post(f"/v1/calls/{call}/transfer", {"to": "999"})
    told = one.wait("call.transfer_failed", call, role="transferor")
    assert told["data"]["code"] >= 400
    assert one.get(f"/v1/calls/{call}")["state"] == two.get(f"/v1/calls/{came}")["state"] == "connected"
    one.press("hangup")
    one.final(call, kind="call.ended", cause="hangup", by="local")
    two.final(came, kind="call.ended")


def test_a_phone_that_is_connected_with_our_other_call_hears_its_music(stations):
    one, two = stations
    call, came = bridged(one, two)
    file = recorded(two, came)
    other = one.talk(one.post("/v1/calls", {"to": "602"})["id"])
    one.post(f"/v1/calls/{call}/transfer", {"call": other})
    one.wait("call.transferred", call, role="transferor")
    for each in (call, other):
        one.final(each, kind="call.ended", cause="transferred")
    until(lambda: level(newest(file), MUSIC_HZ) > -30, "the music")
    two.press("hangup")
    two.final(came, kind="call.ended", cause="hangup", by="local")


def test_it_passes_us_on_to_its_music(stations):
    _, two = stations
    call = two.talk(two.post("/v1/calls", {"to": "603"})["id"])
    two.wait("call.transferring", call, kind="blind")
    two.wait("call.transferred", call, role="transferee")
    two.final(call, kind="call.ended", cause="transferred")
    (new,) = two.get("/v1/calls")["calls"]
    file = recorded(two, new["id"])
    until(lambda: level(newest(file), MUSIC_HZ) > -30, "the music")
    two.press("hangup")
    two.final(new["id"], kind="call.ended", cause="hangup", by="local")


def test_it_transfers_us_to_no_one_and_we_talk_with_it_again(stations):
    _, two = stations
    call = two.talk(two.post("/v1/calls", {"to": "604"})["id"])
    two.wait("call.transfer_failed", call, code=404, role="transferee")
    file = recorded(two, call)
    until(lambda: level(newest(file), MUSIC_HZ) > -30, "the music")
    two.press("hangup")
    two.final(call, kind="call.ended", cause="hangup", by="local")


def test_it_takes_the_place_that_we_offer_at_a_station_that_it_does_not_know(stations, tmp_path):
    """We are transferor and target, and between them is Asterisk, which sends the INVITE with Replaces."""
    one, two = stations
    call, came = bridged(one, two)
    with Daemon(tmp_path / "d", sip={"callers": "anyone", "transfer_policy": "follow"}) as third:
        other = one.post("/v1/calls", {"to": f"sip:{third.user}@{third.address}"})["id"]
        at_third = third.rung()
        third.press("answer")
        one.talk(other)
        one.post(f"/v1/calls/{call}/transfer", {"call": other})
        third.wait("call.replaced", at_third)
        third.final(at_third, kind="call.ended", cause="replaced")
        (new,) = third.get("/v1/calls")["calls"]
        third.talk(new["id"])
        one.wait("call.transferred", call, role="transferor")
        one.final(call, kind="call.ended")  # by whose BYE comes first
        one.final(other, kind="call.ended", cause="transferred")
        third.press("hangup")
        third.final(new["id"], kind="call.ended", cause="hangup", by="local")
        two.final(came, kind="call.ended", cause="hangup", by="remote")


def bridged(caller, callee):
    """One rings the other, which answers, and Asterisk passes sound on both ways: the call's id at both.

    Asterisk answers the caller first, and puts the two legs into a bridge after that. On a busy machine a transfer
    can overtake this: Asterisk then takes the late entry into the old bridge for the success of the transfer.
    """
    call, came = talking(caller, callee)
    for door, number in ((caller, call), (callee, came)):
        until(lambda d=door, n=number: (d.get(f"/v1/calls/{n}")["quality"] or {}).get("received"), "sound")
    return call, came


def recorded(door, call):
    """The file of a call's recording."""
    recording = door.wait("recording.started", call)["data"]["recording"]
    return door.directory / "recordings" / f"{recording}.wav"


def newest(file):
    """The last half second of a recording that is being written, and its rate; nothing of one that has no head yet."""
    data = file.read_bytes()
    rate = int.from_bytes(data[24:28], "little")
    sound = data[44:]
    samples = np.frombuffer(sound[: len(sound) // 2 * 2], dtype="<i2").astype(float)
    return samples[-int(PART_S * rate) :], rate


def level(part, hertz):
    """dB of a tone against full scale; nothing is very quiet."""
    samples, rate = part
    if not rate or len(samples) < PART_S * rate:
        return -120.0
    window = np.hanning(len(samples))
    phase = np.exp(-2j * np.pi * hertz * np.arange(len(samples)) / rate)
    amplitude = 2 * abs(np.sum(samples * window * phase)) / window.sum()
    return 20 * np.log10(max(amplitude, 1e-3) / 32768)
