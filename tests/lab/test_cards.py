"""Cards of the kernel: what is listed and reported when one is unplugged and plugged in."""

import json

import pytest

from tests.lab.far import FarEnd
from tests.lab.station import CONFIG, Station

DUMMY = "/sys/bus/platform/drivers/snd_dummy", "snd_dummy.0"


@pytest.fixture(scope="module")
def station(guest):
    made = Station(guest)
    FarEnd(guest)
    made.configure(CONFIG)
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
        assert devices(guest) == {"Loopback"}
    finally:
        begin = station.cursor()
        plug_in(guest, DUMMY)
    guest.wait_for(lambda: station.events("audio.devices_changed", begin), "an event")
    assert devices(guest) == {"Dummy", "Loopback"}
