"""Cards of the kernel: unplugged and plugged in, and their mixers."""

import inspect
import json

import pytest

from tests.audio.mixers import keeps_the_contract
from tests.lab.far import FarEnd
from tests.lab.guest import NOT_HURRIED
from tests.lab.station import PLAIN, Station

DUMMY = "/sys/bus/platform/drivers/snd_dummy", "snd_dummy.0"
NARROW = "/sys/bus/platform/drivers/snd_dummy", "snd_dummy.1"
LOOPBACK = "/sys/bus/platform/drivers/snd_aloop", "snd_aloop.0"
STATUS = "/proc/asound/Loopback/pcm0p/sub0/status"


@pytest.fixture(scope="module")
def station(guest):
    made = Station(guest)
    FarEnd(guest)
    guest.drop_in("not-hurried", NOT_HURRIED)
    made.configure(PLAIN)
    made.restart()
    made.says("^ready$")
    return made


def unplug(guest, card):
    guest.shell("echo {1} >{0}/unbind".format(*card))


def plug_in(guest, card):
    guest.shell("echo {1} >{0}/bind".format(*card))


def devices(guest):
    answer = json.loads(guest.check("intercomctl", "--json", "audio", "devices"))
    return {card["id"] for card in answer["devices"]}


def test_a_card_that_is_unplugged_and_plugged_in_is_reported(station):
    guest = station.guest
    guest.wait_for(lambda: devices(guest) == {"Dummy", "Loopback"}, "both cards")
    try:
        begin = station.cursor()
        unplug(guest, DUMMY)
        guest.wait_for(lambda: station.events("audio.devices_changed", begin), "an event")
        guest.wait_for(lambda: devices(guest) == {"Loopback"}, "one card")
    finally:
        begin = station.cursor()
        plug_in(guest, DUMMY)
    guest.wait_for(lambda: station.events("audio.devices_changed", begin), "an event")
    guest.wait_for(lambda: devices(guest) == {"Dummy", "Loopback"}, "both cards")


def shown(guest):
    return json.loads(guest.check("intercomctl", "--json", "audio"))


def test_levels_are_set_in_the_mixer_of_a_card_and_changes_by_others_are_reported(station):
    guest = station.guest
    guest.wait_for(lambda: shown(guest)["speaker"]["card"] == "Loopback", "the card")
    guest.check("intercomctl", "audio", "set", "--volume", "50", "--gain", "30")
    guest.wait_for(lambda: shown(guest)["speaker"]["percent"] == pytest.approx(50, abs=2), "the volume")
    assert shown(guest)["microphone"]["percent"] == pytest.approx(30, abs=2)
    begin = station.cursor()
    guest.check("amixer", "--card=Loopback", "sset", "PCM", "100%")
    guest.wait_for(lambda: station.events("audio.settings_changed", begin), "an event")
    guest.wait_for(lambda: shown(guest)["speaker"]["percent"] == 100, "the volume")


def test_a_muted_microphone_is_named_with_the_remedy_which_helps(station):
    guest = station.guest
    station.configure(PLAIN.replace("Loopback", "Dummy"))
    try:
        station.restart()
        guest.wait_for(lambda: shown(guest)["microphone"]["card"] == "Dummy", "the card")
        guest.check("amixer", "--card=Dummy", "sset", "Mic", "nocap")
        guest.wait_for(lambda: shown(guest)["microphone"]["muted"], "the switch")
        assert "intercomctl audio set --microphone on" in guest.run("intercomctl", "doctor").stdout
        guest.check("intercomctl", "audio", "set", "--microphone", "on")
        guest.wait_for(lambda: shown(guest)["microphone"]["muted"] is False, "the switch")
        assert "muted" not in guest.run("intercomctl", "doctor").stdout
    finally:
        station.configure(PLAIN)
        station.restart()


@pytest.mark.parametrize(("card", "way", "names"), [("Dummy", "playback", ("Master",)), ("Dummy", "capture", ("Mic",))])
def test_a_mixer_of_the_kernel_keeps_the_contract(station, card, way, names):
    lines = ["from appliance.audio.mixer import AlsaMixers", inspect.getsource(keeps_the_contract)]
    lines += [f"keeps_the_contract(AlsaMixers(), 'hw:CARD={card}', {way!r}, {names!r})"]
    station.guest.check("env", "PYTHONPATH=/usr/share/intercomd", "python3", "-c", "\n".join(lines))


def test_a_card_lost_in_a_call_costs_no_call_and_its_sound_is_back_when_it_returns(station, measured):
    guest = station.guest
    guest.wait_for(lambda: shown(guest)["speaker"]["card"] == "Loopback", "the card")
    call = station.dial()
    guest.wait_for(lambda: plays(guest, "Loopback"), "sound")
    begin = station.cursor()
    for each in (1, 2, 3):
        unplug(guest, LOOPBACK)
        try:
            guest.wait_for(lambda: "error" in station.state()["panel"]["pictures"], "the loss")
            assert shown(guest)["microphone"]["heard"] is False
            before = sent(guest)
            guest.wait_for(lambda: sent(guest) > before + 50, "RTP goes on")  # noqa: B023
        finally:
            took = guest.check("python3", "/lab/programs/card_return.py", *LOOPBACK, STATUS).strip()
        measured(f"card back to sound, {each}", f"{took} s")
        guest.wait_for(lambda: "error" not in station.state()["panel"]["pictures"], "the return")
        assert station.calls() == {call: "connected"}
        assert float(took) > 0
    for kind in ("audio.failed", "audio.recovered"):
        assert len(station.events(kind, begin)) >= each
    station.hang_up()


@pytest.fixture(scope="module")
def narrow(station):
    """The same beside the card that has one rate, and room for one program, as most real cards have."""
    plug_in(station.guest, NARROW)
    yield station
    unplug(station.guest, NARROW)


def test_a_card_that_another_program_holds_is_named_with_the_program_and_taken_when_it_ends(narrow):
    guest = narrow.guest
    narrow.configure(PLAIN.replace("Loopback", "Narrow"))
    words = ("--device=hw:CARD=Narrow", "--format=S16_LE", "--rate=48000", "--channels=2", "/dev/zero")
    guest.service("holder", "aplay", *words)
    guest.wait_for(lambda: plays(guest, "Narrow"), "the holder plays")
    begin = narrow.cursor()
    narrow.restart()
    call = narrow.dial()
    (failed,) = guest.wait_for(lambda: narrow.events("audio.failed", begin), "the fault")
    assert "card=Narrow" in failed
    holder = guest.properties("holder", "MainPID")["MainPID"]
    assert f"The card Narrow is in use by a program (process {holder})" in failed  # whose name the unit may not see
    assert f"End it: only one program can use a card. ps -p {holder} names it." in failed
    guest.run("systemctl", "stop", "holder")
    guest.wait_for(lambda: narrow.events("audio.recovered", begin), "the card is free")
    assert narrow.calls() == {call: "connected"}
    narrow.hang_up()


def test_a_raw_card_of_one_rate_is_refused_with_the_name_that_converts_and_this_works(narrow):
    guest = narrow.guest
    narrow.configure(PLAIN.replace("plughw:CARD=Loopback", "hw:CARD=Narrow"))
    begin = narrow.cursor()
    narrow.restart()
    narrow.dial()
    (failed,) = guest.wait_for(lambda: narrow.events("audio.failed", begin), "the fault")
    assert "The card Narrow has only 48000 Hz, and calls need 16000 Hz" in failed
    assert "Name it plughw:CARD=Narrow,DEV=0, which converts rates and channels." in failed
    narrow.hang_up()
    narrow.configure(PLAIN.replace("Loopback", "Narrow"))
    narrow.restart()
    narrow.dial()
    guest.wait_for(lambda: plays(guest, "Narrow"), "sound")


def plays(guest, card):
    return "RUNNING" in guest.run("cat", f"/proc/asound/{card}/pcm0p/sub0/status").stdout


def sent(guest):
    """Datagrams that the guest has sent: nothing but the call's sound sends so many."""
    return int(guest.check("sh", "-c", "awk '/^Udp:/ && $5 ~ /[0-9]/ {print $5}' /proc/net/snmp"))
