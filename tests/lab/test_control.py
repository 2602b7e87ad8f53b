"""intercomctl and D-Bus, as a member of the group intercom uses them, and as nobody else can."""

import json
import re

import pytest

from tests.lab.far import FarEnd

CONFIG = """
[station]
name = "Front door"

[audio]
capture = "null"
playback = "null"

[dbus]
enabled = true

[panel]
lines = "simulated"

[panel.button.ring]
action = "ring"
target = "kitchen"

[panel.lamp.status]

[door.front]
pulse_s = 2.0

[target.kitchen]
uri = "sip:kitchen@127.0.0.1:5070"

[recording]
enabled = true
format = "opus"
copy_to = "store:copies"
copy_config_file = "/etc/intercomd/rclone.conf"
"""
STORE = """[store]
type = webdav
url = http://127.0.0.1:8124
vendor = other
"""
APPLIANCE = ("/org/intercomd", "org.intercomd.Appliance1")


@pytest.fixture(scope="module")
def station(guest):
    """The configured service, a member of the group and a stranger."""
    guest.shell("useradd --create-home --groups intercom member; useradd --create-home stranger")
    guest.service("store", "rclone", "--config=", "serve", "webdav", "--addr=127.0.0.1:8124", "/srv")
    guest.write("/etc/intercomd/rclone.conf", STORE, "600", "intercomd")
    guest.write("/etc/intercomd/intercomd.toml", CONFIG)
    guest.check("systemctl", "restart", "intercomd")
    guest.wait_for(lambda: (state := guest.state()) and state["appliance"]["ready"], "the station is ready")
    guest.wait_for(lambda: bus(guest, "member", *APPLIANCE, "Ready").returncode == 0, "the station is on the bus")
    guest.wait_for(lambda: ctl(guest, "state").returncode == 0, "the station answers intercomctl")
    assert told(guest, "state")["appliance"]["ready"]
    return guest


@pytest.fixture(scope="module", autouse=True)
def kitchen(guest):
    """A phone that answers."""
    return FarEnd(guest)


def ctl(guest, *words, user="member"):
    return guest.as_user(user, "intercomctl", *words)


def done(guest, *words):
    ended = ctl(guest, *words)
    assert ended.returncode == 0, (words, ended.stdout, ended.stderr)
    return ended.stdout.strip()


def told(guest, *words):
    return json.loads(done(guest, "--json", *words))


def bus(guest, user, path, interface, member, *arguments):
    """A method called with a signature and its values; without them, a property read."""
    verb = "call" if arguments else "get-property"
    return guest.as_user(user, "busctl", "--json=short", verb, "org.intercomd", path, interface, member, *arguments)


def call(guest, state):
    """The only call, once it is in that state."""

    def there():
        calls = guest.state()["calls"]  # an intercomctl for each look would be dear
        return calls[0] if len(calls) == 1 and calls[0]["state"] == state else None

    guest.wait_for(there, f"a call that is {state}")
    (only,) = told(guest, "state")["calls"]
    assert only["state"] == state
    return only


def no_call(guest):
    guest.wait_for(lambda: not guest.state()["calls"], "no call any more")


def test_a_member_of_the_group_sees_state_and_panel(station):
    assert "Front door: " in done(station, "state")
    assert "lamp      status" in done(station, "panel")


def test_a_call_is_dialled_held_resumed_given_digits_ended_and_recorded(station):
    station.service("watching", "intercomctl", "--json", "watch", "--since", "0", user="member")
    named = done(station, "dial", "kitchen")
    assert call(station, "connected")["id"] == named
    done(station, "hold")
    station.wait_for(lambda: station.state()["calls"][0]["hold"] == "local", "the call is held")
    done(station, "resume")
    station.wait_for(lambda: station.state()["calls"][0]["hold"] == "none", "the call goes on")
    done(station, "dtmf", "12")
    done(station, "hangup", named)
    no_call(station)
    (recording, *_) = told(station, "recordings")["recordings"]
    assert recording["call"] == named

    def events():
        lines = station.journal("--unit=watching", "--output=cat").splitlines()
        return [json.loads(line)["type"] for line in lines if line.startswith("{")]

    station.wait_for(lambda: "call.ended" in events(), "the watcher has seen the end")
    seen = events()
    assert seen.index("call.connected") < seen.index("call.ended")
    station.check("systemctl", "stop", "watching")


def test_a_recording_is_converted_and_copied_within_the_sandbox_of_the_unit(station):
    named = done(station, "dial", "kitchen")
    call(station, "connected")
    done(station, "hangup", named)
    no_call(station)

    def copied():
        rows = station.asked("/v1/recordings")["recordings"]
        return next((row for row in rows if row["call"] == named and row["copied"]), None)

    row = station.wait_for(copied, "a copy of the recording")
    assert row["format"] == "opus"
    assert station.state()["appliance"]["failed"] == []
    name = f"{row['id']}.opus"
    station.check("cmp", f"/var/lib/intercomd/recordings/{name}", f"/srv/copies/{name}")
    station.check("test", "-s", f"/srv/copies/{row['id']}.json")


def test_an_incoming_call_is_answered_or_rejected(station, kitchen):
    kitchen.tell("dial", "sip:intercom@127.0.0.1:5060")
    call(station, "incoming")
    done(station, "reject", "--code", "603")
    no_call(station)
    kitchen.tell("dial", "sip:intercom@127.0.0.1:5060")
    call(station, "incoming")
    done(station, "answer")
    call(station, "connected")
    kitchen.tell("hangup")
    no_call(station)


def test_a_door_is_opened_and_locks_again(station):
    done(station, "door", "front", "--seconds", "10")
    assert told(station, "state")["doors"][0]["unlocked"]
    station.wait_for(lambda: not station.state()["doors"][0]["unlocked"], "the door is locked again")


def test_the_bus_gives_the_same_orders_and_reports_events(station):
    path, interface = APPLIANCE
    station.service(
        "listening", "busctl", "wait", "--timeout=600", "org.intercomd", path, interface, "Event", user="member"
    )
    placed = bus(station, "member", *APPLIANCE, "Dial", "s", "kitchen")
    assert placed.returncode == 0, placed.stderr
    (path,) = json.loads(placed.stdout)["data"]
    call(station, "connected")
    assert json.loads(bus(station, "member", path, "org.intercomd.Call1", "State").stdout)["data"] == "connected"
    there = station.as_user(
        "member", "busctl", "--json=short", "call", "org.intercomd", "/org/intercomd",
        "org.freedesktop.DBus.ObjectManager", "GetManagedObjects",
    )  # fmt: skip
    assert path in there.stdout and "/org/intercomd/doors/front" in there.stdout
    for method, *arguments in (("Hold", ""), ("Resume", ""), ("SendDigits", "s", "1"), ("Hangup", "")):
        ended = station.as_user(
            "member", "busctl", "call", "org.intercomd", path, "org.intercomd.Call1", method, *arguments
        )
        assert ended.returncode == 0, (method, ended.stderr)
    no_call(station)

    def heard():
        opened = bus(station, "member", *APPLIANCE, "OpenDoor", "sd", "front", "0.1")
        assert opened.returncode == 0, opened.stderr
        return re.search(r'"(call|door|lamp)\.', station.journal("--unit=listening", "--output=cat"))

    station.wait_for(heard, "an event has come as a signal")


@pytest.mark.parametrize("words", [("state",), ("door", "front"), ("dial", "kitchen"), ("watch",)])
def test_a_user_outside_the_group_is_refused_by_intercomctl_with_the_reason(station, words):
    refused = ctl(station, *words, user="stranger")
    assert refused.returncode == 1
    assert "Join the group intercom" in refused.stderr
    assert not told(station, "state")["calls"]


def test_who_is_not_in_the_group_is_refused_by_the_bus_and_root_is_not(station):
    assert bus(station, "root", *APPLIANCE, "Ready").returncode == 0
    for arguments in (("Ready",), ("OpenDoor", "sd", "front", "1"), ("Dial", "s", "kitchen")):
        refused = bus(station, "stranger", *APPLIANCE, *arguments)
        assert refused.returncode != 0
        assert "denied" in refused.stderr.lower(), refused.stderr
    assert not told(station, "state")["calls"]
