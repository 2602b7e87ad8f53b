"""Calls as a client on the message bus places, answers and orders them, with other stations as far ends.

Each method is seen at the far end, or in the event of what it caused; all of them are tried (see tests/catalogue).
"""

import asyncio
import json

import pytest

from tests.bus.buses import BusStation, Client, TheBus, object_of, policy
from tests.support.daemon import Daemon, loopback
from tests.support.peers.sipp import free_port
from tests.support.shown import shows
from tests.support.waiting import until, until_async

ROOT, APPLIANCE1, CALL1 = "/org/intercomd", "org.intercomd.Appliance1", "org.intercomd.Call1"
WRONG_STATE = "org.intercomd.Error.CallWrongState"


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    """A station on a bus, the far end that it knows, and a third station, which the others know."""
    address = loopback()
    here = {"address": address, "port": free_port(address)}
    anyone = {"callers": "anyone", "transfer_policy": "follow", "port": 0}
    far, third = (
        Daemon(tmp_path_factory.mktemp(name), sip={**anyone, "address": loopback()}, station={"user": name})
        for name in ("far", "third")
    )
    far.config["target"]["far"]["uri"] = f"sip:door@{address}:{here['port']}"
    with TheBus(tmp_path_factory.mktemp("bus"), policy()) as bus, far, third:
        door = BusStation(
            tmp_path_factory.mktemp("door"),
            bus,
            sip=here,
            recording={"enabled": True, "calls": "none"},
            audio={"capture": "simulated", "playback": "simulated"},
            target={"far": {"uri": f"sip:far@{far.address}"}, "third": {"uri": f"sip:third@{third.address}"}},
        )
        with door:
            yield door, far, third


def at_rest(stations):
    """They have no call, and look at what comes from now on."""
    for station in stations:
        station.hang_up_all()
    for station in stations:
        station.settle()
        station.begin()


@pytest.fixture
def stations(running):
    """They, at rest."""
    at_rest(running)
    yield running
    at_rest(running)


class Ordered:
    """A call of a station, which is ordered by its object on the bus."""

    def __init__(self, station, path):
        self.station, self.path = station, path
        self.call = station.on_bus(path, CALL1)["Id"]

    def __call__(self, member, *given):
        """What a method gives; an error fails."""
        answer = self.station.asks_bus(self.path, CALL1, member, *given)
        assert not str(answer).startswith("org."), (member, answer, self.station.story(self.call))
        return answer

    def refused(self, member, *given):
        """The error of a method."""
        return self.station.asks_bus(self.path, CALL1, member, *given)

    def wait(self, kind, **data):
        return self.station.wait(kind, self.call, **data)["data"]

    def shown(self, name):
        return self.station.on_bus(self.path, CALL1)[name]


def placed(door, far, to="far"):
    """A call that `Dial` places and the far end answers: its object, and the far end's call."""
    order = Ordered(door, door.asks_bus(ROOT, APPLIANCE1, "Dial", "s", to))
    there = far.rung()
    far.post(f"/v1/calls/{there}/answer")
    door.talk(order.call)
    far.talk(there)
    return order, there


def come(door, far):
    """A call that the far end places, and rings here: its object, and the far end's call."""
    there = far.post("/v1/calls", {"to": "far"})["id"]
    return Ordered(door, object_of(door.rung())), there


@shows(
    *("Appliance1.Dial", "Appliance1.HangupAll"),
    *(f"Call1.{name}" for name in ("Hold", "Resume", "SwitchTo", "Mute", "Unmute", "SendDigits", "SetDigitMethods")),
    *("Call1.ChangeCodecs", "Call1.SendMessage", "Call1.SendInfo"),
)
def test_what_is_ordered_in_a_placed_call_reaches_the_far_end(stations):
    door, far, _ = stations
    order, there = placed(door, far)
    assert (order.shown("State"), order.shown("Direction"), order.shown("Target")) == ("connected", "outgoing", "far")
    assert order.refused("Answer") == WRONG_STATE
    order("Hold")
    far.wait("call.held", there, by="remote")
    until(lambda: order.shown("Hold") == "local", "that it is held")
    order("Resume")
    far.wait("call.resumed", there, by="remote")
    order("Mute")
    order.wait("call.muted")
    assert order.shown("Muted") is True
    order("Unmute")
    order.wait("call.unmuted")

    order("SendDigits", "s", "12#")
    until(lambda: [e["data"]["digit"] for e in far.of("dtmf.received", there)] == list("12#"), "the digits")
    order("SetDigitMethods", "as", ["info"])
    assert order.shown("DigitMethods") == ["info"]
    message = order("SendMessage", "s", "There is a parcel")
    assert far.wait("message.received", there)["data"]["body"] == "There is a parcel"
    door.wait("message.sent", message=message)
    info = order("SendInfo", "ss", "application/x-lift", "3")
    told = far.wait("info.received", there)["data"]
    assert (told["content_type"], told["body"]) == ("application/x-lift", "3")
    door.wait("info.sent", message=info)
    order("ChangeCodecs", "as", ["PCMU"])
    order.wait("call.updated", result="accepted", changes=["codec"])
    until(lambda: far.get(f"/v1/calls/{there}")["codec"]["name"] == "PCMU", "the codec at the far end, perhaps later")

    far.begin()
    second, _ = placed(door, far, f"sip:far@{far.address}")
    until(lambda: (order.shown("Active"), second.shown("Active")) == (False, True), "the second in front")
    order("SwitchTo")
    until(lambda: (order.shown("Active"), second.shown("Active")) == (True, False), "the first in front")
    assert door.asks_bus(ROOT, APPLIANCE1, "HangupAll") is None
    for each in (order, second):
        door.final(each.call, kind="call.ended", by="local")
    assert order.refused("Hangup") == "org.freedesktop.DBus.Error.UnknownObject"

    def logged():
        page = door.asks_bus(ROOT, APPLIANCE1, "ListCalls", "a{ss}ut", {"direction": "outgoing"}, 2, 0)
        return {each["id"] for each in json.loads(page)["calls"]} == {order.call, second.call}

    until(logged, "both in the log of calls")


@shows(*(f"Call1.{name}" for name in ("Ring", "SendEarlyMedia", "Answer", "Reject", "Hangup")))
def test_a_call_that_comes_is_rung_heard_early_answered_refused_and_hung_up(stations):
    door, far, _ = stations
    order, there = come(door, far)
    assert (order.shown("State"), order.shown("Direction")) == ("incoming", "incoming")
    assert order.refused("Hold") == WRONG_STATE
    order("SendEarlyMedia", "s", "tone")
    far.wait("call.early_media", there)
    order("Ring")
    order("Answer")
    far.talk(there)
    order("Hangup")
    far.final(there, kind="call.ended", by="remote")
    door.begin()
    order, there = come(door, far)
    assert order.refused("Reject", "u", 200) == "org.intercomd.Error.ParameterInvalid"
    order("Reject", "u", 486)
    assert far.final(there)["cause"] == "busy"


@shows(*(f"Call1.{name}" for name in ("SetUpdatePolicy", "AcceptUpdate", "RefuseUpdate")))
def test_what_the_far_end_changes_is_accepted_or_refused(stations):
    door, far, _ = stations
    order, there = placed(door, far)
    assert order.refused("AcceptUpdate") == "org.intercomd.Error.Conflict"
    order("SetUpdatePolicy", "s", "ask")
    far.post(f"/v1/calls/{there}/hold")
    order.wait("call.update_received", asked=True)
    order("AcceptUpdate")
    order.wait("call.held", by="remote")
    door.begin()
    far.post(f"/v1/calls/{there}/resume")
    order.wait("call.update_received", asked=True)
    order("RefuseUpdate")
    order.wait("call.updated", result="rejected")
    assert order.shown("Hold") == "remote"


@shows(
    *(f"Call1.{name}" for name in ("SetTransferPolicy", "RefuseTransfer", "AcceptTransfer", "Transfer")),
    *("call.transfer_requested", "call.transferred", "call.transfer_failed"),
)
def test_far_ends_are_transferred_and_their_transfers_refused_and_accepted(stations):
    door, far, third = stations
    to = f"sip:third@{third.address}"
    for member, outcome in (("RefuseTransfer", "call.transfer_failed"), ("AcceptTransfer", "call.transferred")):
        order, there = placed(door, far)
        order("SetTransferPolicy", "s", "ask")
        assert order.shown("TransferPolicy") == "ask"
        far.post(f"/v1/calls/{there}/transfer", {"to": to})
        assert order.wait("call.transfer_requested")["to"] == to
        order(member)
        if member == "AcceptTransfer":
            third.post(f"/v1/calls/{third.rung()}/answer")
        far.wait(outcome, there)
        at_rest(stations)

    order, there = placed(door, far)
    order("Transfer", "s", "third")
    third.post(f"/v1/calls/{third.rung()}/answer")
    order.wait("call.transferred")
    door.final(order.call, kind="call.ended", cause="transferred")


@shows(
    *(f"Call1.{act}Recording" for act in ("Start", "Stop", "Pause", "Resume", "Mute", "Unmute", "Discard")),
    "Call1.StartRecordingWith",
)
def test_a_call_is_recorded_as_its_orders_say(stations):
    door, far, _ = stations
    order, _ = placed(door, far)
    assert order.refused("StopRecording") == "org.intercomd.Error.RecordingNotRunning"
    order("StartRecording")
    recording = order.wait("recording.started")["recording"]
    assert order.shown("Recording") == recording
    order("PauseRecording")
    order.wait("recording.paused")
    assert order.shown("RecordingPaused") is True
    order("ResumeRecording")
    order.wait("recording.resumed")
    order("MuteRecording", "s", "remote")
    order.wait("recording.muted")
    assert order.shown("RecordingMuted") == ["remote"]
    order("UnmuteRecording", "s", "")
    order.wait("recording.unmuted")
    file = door.directory / "recordings" / f"{recording}.wav"
    until(lambda: file.stat().st_size > 10_000, "something in the recording")
    order("StopRecording")
    door.wait("recording.available", recording=recording)
    listed = json.loads(door.asks_bus(ROOT, APPLIANCE1, "ListRecordings", "a{ss}ut", {"kind": "call"}, 1, 0))
    (row,) = listed["recordings"]
    assert row["id"] == recording
    assert {name: value for name, value in row.items() if name != "number"} == door.get(f"/v1/recordings/{recording}")
    door.begin()
    order("StartRecordingWith", "a{ss}", {"channels": "separate", "note": "Parcel"})
    discarded = order.wait("recording.started", channels="separate")["recording"]
    order("DiscardRecording")
    until(lambda: order.shown("Recording") == "", "the end of the recording")
    here = f"/v1/recordings/{discarded}"
    until(lambda: door.ask("GET", here)[1].get("code") == "recording-not-found", "that nothing is kept")


@shows(
    *(
        f"Call1.{name}"
        for name in ("PlayTone", "StopTone", "PlaySound", "StopSound", "Say", "LinkSound", "UnlinkSound")
    ),
    *(f"Call1.{name}" for name in ("SetStatisticsInterval", "ReportLevels", "Detect")),
)
def test_sounds_are_sent_into_a_call_and_its_own_is_linked_measured_and_searched(stations):
    door, far, _ = stations
    order, _ = placed(door, far)
    order("PlayTone", "ssd", "busy", "de", 60.0)
    order.wait("tone.started", tone="busy")
    order("StopTone")
    order.wait("tone.stopped", tone="busy")
    order("PlaySound", "sbd", "chime", True, 100.0)
    order.wait("playback.started")
    order("StopSound")
    order.wait("playback.stopped")
    door.begin()
    order("Say", "sssu", "Hello", "", "", 0)
    order.wait("playback.finished")

    order("SetStatisticsInterval", "u", 1)
    assert order.wait("media.statistics", final=False)["packets"] > 0
    order("ReportLevels", "b", True)
    order.wait("audio.level", source="remote")
    order("Detect", "as", ["progress", "beep"])
    assert sorted(order.shown("Detections")) == ["beep", "progress"]
    order("LinkSound", "ssd", "speaker", "to", 50.0)
    order.wait("media.linked", target="speaker", gain=50.0)
    assert [list(each) for each in order.shown("Links")] == [["speaker", "to", 50.0]]
    order("UnlinkSound", "s", "speaker")
    order.wait("media.unlinked", target="speaker")


@shows("Appliance1.SendMessage", "Appliance1.SetForwarding", "Appliance1.SetDoNotDisturb")
def test_texts_are_sent_and_calls_forwarded_or_kept_from_ringing(stations):
    door, far, third = stations
    message = door.asks_bus(ROOT, APPLIANCE1, "SendMessage", "ss", "far", "Hello")
    door.wait("message.sent", message=message)
    assert far.wait("message.received")["data"]["body"] == "Hello"
    assert door.asks_bus(ROOT, APPLIANCE1, "SetForwarding", "ss", "always", "third") is None
    there = far.post("/v1/calls", {"to": "far"})["id"]
    assert third.address in door.wait("call.forwarded")["data"]["to"]
    far.final(there)
    at_rest(stations)
    assert door.asks_bus(ROOT, APPLIANCE1, "SetForwarding", "ss", "always", "") is None
    assert door.asks_bus(ROOT, APPLIANCE1, "SetDoNotDisturb", "b", True) is None
    there = far.post("/v1/calls", {"to": "far"})["id"]
    assert far.final(there)["cause"] in {"unavailable", "busy"}
    assert door.asks_bus(ROOT, APPLIANCE1, "SetDoNotDisturb", "b", False) is None


def test_what_others_change_of_a_call_is_signalled_although_nothing_else_happens(stations):
    door, far, _ = stations
    changes = {
        "DigitMethods": {"dtmf": ["info"]},
        "TransferPolicy": {"transfer_policy": "ask"},
        "StatisticsInterval": {"statistics_interval": 3600},
        "LevelsReported": {"report": ["level"]},  # the last one, as events follow it each second
    }

    async def followed():
        order, _ = await asyncio.to_thread(placed, door, far)
        async with Client(door.bus.address) as client:
            for count, (name, change) in enumerate(changes.items(), 1):
                status, answer = await asyncio.to_thread(door.ask, "PATCH", f"/v1/calls/{order.call}", change)
                assert status == 200, answer
                await until_async(lambda count=count: reported(client) == count, name)
                assert name in signalled(client, order.path)

    def reported(client):
        return [each.body[1] for each in client.heard if each.member == "Event"].count("call.changed")

    def signalled(client, path):
        return [name for each in client.heard if each.path == path for name in each.body[1]]

    asyncio.run(followed())


def test_each_change_of_a_call_is_signalled_before_its_event_and_the_object_goes_with_the_call(stations):
    door, far, _ = stations

    async def followed():
        async with Client(door.bus.address) as client:
            order, _ = await asyncio.to_thread(placed, door, far)
            await asyncio.to_thread(order, "Hangup")
            await until_async(lambda: "InterfacesRemoved" in kinds(client, order.path), "the end of the object")
            await until_async(lambda: "call.ended" in kinds(client, order.path), "the call's last event")
            return kinds(client, order.path)

    def kinds(client, path):
        """Signals of this object, and the types of the events of its call."""
        found = []
        for each in client.heard:
            if each.member == "Event":
                envelope = json.loads(each.body[2])
                if envelope["call"] and object_of(envelope["call"]) == path:
                    found.append(envelope["type"])
            elif path in {each.path, each.body[0]}:
                found.append(each.member)
        return found

    seen = asyncio.run(followed())
    assert seen[0] == "InterfacesAdded"
    assert seen.index("PropertiesChanged") < seen.index("call.connected")
    assert seen.index("InterfacesRemoved") < seen.index("call.ended")
