"""The objects on a real bus: their properties, calls, refusals and signals."""

import asyncio
import json
import os
from contextlib import asynccontextmanager
from xml.etree import ElementTree as ET

import pytest
from dbus_fast import MessageType, unpack_variants

from appliance.base.errors import ErrorCode, IntercomError
from appliance.bus import service
from appliance.bus.paths import name_path
from appliance.core import inputs, orders
from appliance.core.audio.self_test import findings
from appliance.core.model import (
    CallSearch,
    ConferenceId,
    Content,
    DetectionKind,
    DigitMethod,
    EarlySource,
    LinkDirection,
    MessageId,
    RecordedSound,
    RecordingChannels,
    RecordingFormat,
    RecordingOrder,
    RecordingSearch,
    RecordingSide,
    RequestId,
    SoundMeasured,
    SoundResult,
    Speech,
    Tone,
    TransferPolicy,
    UrlSound,
)
from tests.api.fake import Station, call, conference, door, logged, placed, refused
from tests.bus.buses import PATIENCE_S, Client
from tests.support.waiting import until_async

ROOT, CALL, CONFERENCE, DOOR, ACCOUNT = (
    "/org/intercomd",
    "/org/intercomd/calls/c_1",
    "/org/intercomd/conferences/k_1",
    "/org/intercomd/doors/front",
    "/org/intercomd/accounts/office",
)
APPLIANCE1, CALL1, CONFERENCE1, DOOR1, ACCOUNT1 = (
    f"org.intercomd.{name}1" for name in ("Appliance", "Call", "Conference", "Door", "Account")
)
STANDARD = "org.freedesktop.DBus"
WHO = f"dbus:{os.getuid()}"


@asynccontextmanager
async def served(bus, station):
    """A client beside the station's objects."""
    up = asyncio.Event()
    serving = asyncio.create_task(service.serve(station, bus.address, up.set))
    try:
        async with asyncio.timeout(PATIENCE_S):
            waits = asyncio.create_task(up.wait())
            await asyncio.wait({serving, waits}, return_when=asyncio.FIRST_COMPLETED)
            if serving.done():
                await serving
        async with Client(bus.address) as client:
            await until_async(lambda: station.subscribers, "the service to follow events")
            yield client
    finally:
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)


def on_bus(bus, tmp_path, act, station=None):
    """Run `act(station, client)`."""
    station = station or Station(tmp_path)

    async def run():
        async with served(bus, station) as client:
            return await act(station, client)

    return asyncio.run(run())


def test_all_objects_are_there_with_their_properties(bus, tmp_path):
    async def act(station, client):
        link = {"target": "k-1", "direction": "to", "gain": 50.0}
        station.state["calls"] = [
            call("c-1", hold="remote", muted=True, report=["level"], detect=["beep"], links=[link])
        ]
        station.state["conferences"] = [conference("k-1")]
        there = unpack_variants(await client.get(ROOT, f"{STANDARD}.ObjectManager", "GetManagedObjects"))
        assert set(there) == {CALL, CONFERENCE, DOOR, ACCOUNT}
        assert [list(each) for each in there[CALL][CALL1].pop("Links")] == [[CONFERENCE, "to", 50.0]]
        assert there[CALL][CALL1] == {
            "Id": "c-1",
            "State": "connected",
            "Direction": "outgoing",
            "Remote": "sip:kitchen@127.0.0.1:5070",
            "RemoteName": "Kitchen",
            "Target": "Kitchen",
            "TargetName": "",
            "Account": "direct",
            "Hold": "remote",
            "Muted": True,
            "Active": True,
            "Conference": "/",
            "Recording": "",
            "RecordingPaused": False,
            "RecordingMuted": [],
            "DigitMethods": ["rfc4733", "info"],
            "TransferPolicy": "refuse",
            "StatisticsInterval": 0,
            "LevelsReported": True,
            "Detections": ["beep"],
        }
        shown = there[CONFERENCE][CONFERENCE1]
        assert [list(each) for each in shown.pop("Participants")] == [[CALL, "in", False]]
        assert shown == {"Id": "k-1", "State": "connected", "Held": False, "Muted": False, "Recorded": False}
        assert there[DOOR][DOOR1] == {
            "Id": "front",
            "Name": "",
            "State": "locked",
            "Available": True,
            "Unlocked": False,
            "By": "",
            "Means": "",
            "LastOpened": "",
            "LastOpenedBy": "",
            "LastMeans": "",
            "Contact": "closed",
            "Alarm": "",
            "PulseSeconds": 3.0,
            "MaxSeconds": 10.0,
            "MaxHoldSeconds": 600.0,
        }
        assert there[ACCOUNT][ACCOUNT1]["State"] == "registered"
        shown = unpack_variants(await client.get(ROOT, f"{STANDARD}.Properties", "GetAll", "s", APPLIANCE1))
        assert list(shown.pop("QuietHours")) == ["", ""]
        assert [list(each) for each in shown.pop("Flats")] == [["12", "Miller"]]
        assert [list(each) for each in shown.pop("Contacts")] == [["Kitchen", "available"]]
        assert shown == {
            "Station": "Front door",
            "Ready": True,
            "Address": "127.0.0.1:5060",
            "Status": "ready",
            "Failed": [],
            "Buttons": ["kitchen", "end"],
            "Volume": 70.0,
            "SpeakerMuted": False,
            "Gain": -1.0,
            "MicrophoneMuted": True,
            "Cards": ["usbphone"],
            "Storage": "ok",
            "FreeBytes": 5,
            "RecordingsBytes": 2,
            "DoNotDisturb": False,
            "Forwarding": {"always": "", "quiet": "", "busy": "", "no_answer": ""},
            "Quiet": False,
            "Sensors": ["leaf"],
            "Targets": ["Kitchen"],
            "TargetNames": {},
            "ButtonNames": {},
            "LampNames": {},
        }
        one = await client.get(CALL, f"{STANDARD}.Properties", "Get", "ss", CALL1, "State")
        assert (one.signature, one.value) == ("s", "connected")
        assert await client.get(CALL, f"{STANDARD}.Properties", "GetAll", "s", "org.example.Other") == {}

    on_bus(bus, tmp_path, act)


@pytest.mark.parametrize(
    ("path", "interface", "member", "given", "action"),
    [
        (ROOT, APPLIANCE1, "OpenDoor", ("sd", "front", 2.5), inputs.OpenDoor("front", 2.5)),
        (ROOT, APPLIANCE1, "OpenDoor", ("sd", "front", 0.0), inputs.OpenDoor("front", None)),
        (ROOT, APPLIANCE1, "PressButton", ("sd", "kitchen", 0.5), inputs.PressButton("kitchen", 0.5)),
        (ROOT, APPLIANCE1, "SetVolume", ("d", 60.0), inputs.ChangeAudio(volume=60.0, speaker_muted=False)),
        (ROOT, APPLIANCE1, "SetGain", ("d", 0.0), inputs.ChangeAudio(gain=0.0, microphone_muted=False)),
        (
            ROOT,
            APPLIANCE1,
            "SetSoundMuted",
            ("bb", True, False),
            inputs.ChangeAudio(speaker_muted=True, microphone_muted=False),
        ),
        (ROOT, APPLIANCE1, "RingFlat", ("s", "12"), inputs.RingFlat("12")),
        (ROOT, APPLIANCE1, "SetDoNotDisturb", ("b", True), inputs.ChangeRuntime(do_not_disturb=True)),
        (ROOT, APPLIANCE1, "SetForwarding", ("ss", "busy", "office"), inputs.ChangeRuntime(busy="office")),
        (ROOT, APPLIANCE1, "SetForwarding", ("ss", "no_answer", ""), inputs.ChangeRuntime(no_answer="")),
        (
            *(ROOT, APPLIANCE1, "SetQuietHours", ("ss", "22:00", "06:30")),
            inputs.ChangeRuntime(quiet_hours=inputs.QuietHoursChange("22:00", "06:30")),
        ),
        (ROOT, APPLIANCE1, "ClearSensor", ("s", "housing"), inputs.ClearSensor("housing")),
        (
            *(ROOT, APPLIANCE1, "ReportEvent", ("sa{ss}", "lift.called", {"floor": "3"})),
            inputs.ReportCustom("lift.called", (("floor", "3"),)),
        ),
        (ROOT, APPLIANCE1, "HangupAll", (), inputs.HangUpCall("c-1")),
        (CALL, CALL1, "Answer", (), inputs.AnswerCall("c-1")),
        (CALL, None, "Answer", (), inputs.AnswerCall("c-1")),
        (CALL, CALL1, "Reject", ("u", 603), inputs.RejectCall("c-1", 603)),
        (CALL, CALL1, "Hangup", (), inputs.HangUpCall("c-1")),
        (CALL, CALL1, "Hold", (), inputs.HoldCall("c-1", held=True)),
        (CALL, CALL1, "Resume", (), inputs.HoldCall("c-1", held=False)),
        (CALL, CALL1, "Mute", (), inputs.MuteCall("c-1", muted=True)),
        (CALL, CALL1, "Unmute", (), inputs.MuteCall("c-1", muted=False)),
        (ROOT, APPLIANCE1, "PlayTone", ("ssd", "door", "", 2.0), inputs.PlayTone(Tone.DOOR, None, "", 2.0)),
        (ROOT, APPLIANCE1, "StopTone", (), inputs.StopTone()),
        (ROOT, APPLIANCE1, "Talk", ("d", 5.0), inputs.Talk(5.0)),
        (ROOT, APPLIANCE1, "StopTalk", (), inputs.StopTalk()),
        (CALL, CALL1, "PlayTone", ("ssd", "busy", "de", 5.0), inputs.PlayTone(Tone.BUSY, "c-1", "de", 5.0)),
        (CALL, CALL1, "StopTone", (), inputs.StopTone("c-1")),
        (ROOT, APPLIANCE1, "PlaySound", ("sbd", "a", True, 50.0), inputs.PlaySound(sound="a", loop=True, volume=50.0)),
        (ROOT, APPLIANCE1, "StopSound", (), inputs.StopSound()),
        (CALL, CALL1, "PlaySound", ("sbd", "a", False, 100.0), inputs.PlaySound(sound="a", call="c-1")),
        (CALL, CALL1, "StopSound", (), inputs.StopSound("c-1")),
        (CALL, CALL1, "StartRecording", (), inputs.StartRecording("c-1")),
        (CALL, CALL1, "StartRecordingWith", ("a{ss}", {}), inputs.StartRecording("c-1")),
        (
            *(CALL, CALL1, "StartRecordingWith"),
            ("a{ss}", {"channels": "separate", "format": "opus", "note": "Parcel"}),
            inputs.StartRecording("c-1", RecordingChannels.SEPARATE, RecordingFormat.OPUS, "Parcel"),
        ),
        (CALL, CALL1, "StopRecording", (), inputs.StopRecording("c-1")),
        (CALL, CALL1, "SendDigits", ("s", "12#"), inputs.SendDigits("c-1", "12#")),
        (CALL, CALL1, "SetDigitMethods", ("as", ["inband"]), inputs.SetDigitMethods("c-1", (DigitMethod.INBAND,))),
        (CALL, CALL1, "SetDigitMethods", ("as", ["info"] * 9), inputs.SetDigitMethods("c-1", (DigitMethod.INFO,))),
        (CALL, CALL1, "SetDigitMethods", ("as", []), inputs.SetDigitMethods("c-1", ())),
        (CALL, CALL1, "Transfer", ("s", "office"), inputs.TransferCall("c-1", "office")),
        (CALL, CALL1, "Transfer", ("s", CALL), inputs.ConnectCalls("c-1", "c-1")),
        (CONFERENCE, CONFERENCE1, "AddParticipant", ("s", "office"), inputs.InviteInto("k-1", inputs.Dial("office"))),
        (CONFERENCE, CONFERENCE1, "AddParticipant", ("s", CALL), inputs.TakeInto("k-1", "c-1")),
        (CONFERENCE, CONFERENCE1, "RemoveParticipant", ("o", CALL), inputs.RemoveFrom("k-1", "c-1")),
        (CONFERENCE, CONFERENCE1, "MuteParticipant", ("o", CALL), inputs.MuteIn("k-1", "c-1", muted=True)),
        (CONFERENCE, CONFERENCE1, "UnmuteParticipant", ("o", CALL), inputs.MuteIn("k-1", "c-1", muted=False)),
        (CONFERENCE, CONFERENCE1, "Hold", (), inputs.HoldConference("k-1", held=True)),
        (CONFERENCE, CONFERENCE1, "Resume", (), inputs.HoldConference("k-1", held=False)),
        (CONFERENCE, CONFERENCE1, "Mute", (), inputs.MuteIn("k-1", None, muted=True)),
        (CONFERENCE, CONFERENCE1, "Unmute", (), inputs.MuteIn("k-1", None, muted=False)),
        (CONFERENCE, CONFERENCE1, "StartRecording", ("s", ""), inputs.RecordConference("k-1", recorded=True)),
        (
            *(CONFERENCE, CONFERENCE1, "StartRecording", ("s", "separate")),
            inputs.RecordConference("k-1", recorded=True, channels=RecordingChannels.SEPARATE),
        ),
        (CONFERENCE, CONFERENCE1, "StopRecording", (), inputs.RecordConference("k-1", recorded=False)),
        (CONFERENCE, CONFERENCE1, "End", (), inputs.EndConference("k-1")),
        (CALL, CALL1, "AcceptTransfer", (), inputs.AcceptTransfer("c-1")),
        (CALL, CALL1, "RefuseTransfer", (), inputs.EndTransfer("c-1", 603, "Decline")),
        (
            *(CALL, CALL1, "SetTransferPolicy", ("s", "follow")),
            inputs.SetTransferPolicy("c-1", TransferPolicy.FOLLOW),
        ),
        (CALL, CALL1, "SetUpdatePolicy", ("s", "ask"), inputs.AskUpdates("c-1", wanted=True)),
        (CALL, CALL1, "SetUpdatePolicy", ("s", "accept"), inputs.AskUpdates("c-1", wanted=False)),
        (CALL, CALL1, "AcceptUpdate", (), inputs.DecideUpdate("c-1", accepted=True)),
        (CALL, CALL1, "RefuseUpdate", (), inputs.DecideUpdate("c-1", accepted=False)),
        (CALL, CALL1, "ChangeCodecs", ("as", ["PCMA", "opus"]), inputs.UpdateCall("c-1", ("PCMA", "opus"))),
        (CALL, CALL1, "Ring", (), inputs.RingCall("c-1")),
        (CALL, CALL1, "SendEarlyMedia", ("s", "panel"), inputs.SendEarlyMedia("c-1", EarlySource.PANEL)),
        (CALL, CALL1, "SetStatisticsInterval", ("u", 10), inputs.SetStatisticsInterval("c-1", 10)),
        (CALL, CALL1, "ReportLevels", ("b", True), inputs.ReportLevels("c-1", wanted=True)),
        (CALL, CALL1, "Detect", ("as", ["beep", "beep"]), inputs.DetectSound("c-1", (DetectionKind.BEEP,))),
        (CALL, CALL1, "Detect", ("as", []), inputs.DetectSound("c-1", ())),
        (
            *(CALL, CALL1, "LinkSound", ("ssd", "speaker", "to", 50.0)),
            inputs.LinkSound("c-1", "speaker", LinkDirection.TO, 50.0),
        ),
        (
            *(CALL, CALL1, "LinkSound", ("ssd", CALL, "both", 100.0)),
            inputs.LinkSound("c-1", "c-1", LinkDirection.BOTH, 100.0),
        ),
        (CALL, CALL1, "UnlinkSound", ("s", CONFERENCE), inputs.UnlinkSound("c-1", "k-1")),
        (DOOR, DOOR1, "Open", ("d", 0.0), inputs.OpenDoor("front", None)),
        (DOOR, DOOR1, "Hold", ("d", 0.0), inputs.HoldDoor("front", None)),
        (DOOR, DOOR1, "Hold", ("d", 600.0), inputs.HoldDoor("front", 600.0)),
        (DOOR, DOOR1, "Release", (), inputs.ReleaseDoor("front")),
        (DOOR, DOOR1, "Lock", (), inputs.LockDoor("front")),
        (DOOR, DOOR1, "Unlock", (), inputs.UnlockDoor("front")),
        (ACCOUNT, ACCOUNT1, "Register", (), inputs.RegisterAccount("office")),
        (ACCOUNT, ACCOUNT1, "Unregister", (), inputs.UnregisterAccount("office")),
    ],
)
def test_a_method_asks_the_daemon_in_the_callers_name(bus, tmp_path, path, interface, member, given, action):
    async def act(station, client):
        station.state["calls"], station.state["conferences"] = [call("c-1")], [conference("k-1")]
        assert await client.get(path, interface, member, *given) is None
        assert station.requests == [(action, WHO)]

    on_bus(bus, tmp_path, act)


@pytest.mark.parametrize(
    "parameters",
    [{"channels": "three"}, {"format": "mp3"}, {"note": "x" * 513}, {"name": "x"}, {"note": "x", "a": "b"}],
)
def test_a_recording_cannot_be_begun_with_what_is_unknown(bus, tmp_path, parameters):
    async def act(station, client):
        station.state["calls"] = [call("c-1")]
        wrong = await client.ask(CALL, CALL1, "StartRecordingWith", "a{ss}", parameters)
        assert wrong.error_name == "org.intercomd.Error.ParameterInvalid"
        assert station.requests == []

    on_bus(bus, tmp_path, act)


@pytest.mark.parametrize(
    ("member", "given"),
    [
        ("SetDigitMethods", ("as", ["info", "pulses"])),
        ("SetTransferPolicy", ("s", "")),
        ("SetUpdatePolicy", ("s", "sometimes")),
        ("ChangeCodecs", ("as", [])),
        ("ChangeCodecs", ("as", ["PCMA", "PCMA"])),
        ("ChangeCodecs", ("as", ["GSM"])),
        ("SendEarlyMedia", ("s", "")),
        ("SendMessage", ("s", "")),
        ("SendInfo", ("ss", "text/plain\r\nX-Evil: 1", "Hello")),
        ("SendInfo", ("ss", "text", "Hello")),
        ("SetStatisticsInterval", ("u", 3601)),
        ("Detect", ("as", ["voices"])),
        ("LinkSound", ("ssd", "speaker", "up", 100.0)),
    ],
)
def test_a_detail_of_a_call_that_makes_no_sense_is_refused(bus, tmp_path, member, given):
    async def act(station, client):
        station.state["calls"] = [call("c-1")]
        answer = await client.ask(CALL, CALL1, member, *given)
        assert answer.error_name == "org.intercomd.Error.ParameterInvalid"
        assert answer.body[2], "no remedy"
        assert station.requests == []

    on_bus(bus, tmp_path, act)


def test_texts_and_infos_in_a_call_are_sent_and_named_and_sounds_listed(bus, tmp_path):
    async def act(station, client):
        station.state["calls"] = [call("c-1")]
        station.names = [{"name": "chime", "built_in": True}, {"name": "hello", "built_in": False}]
        station.replies = lambda _: orders.Reply(RequestId("q-1"), message=MessageId("m-1"))
        assert await client.get(CALL, CALL1, "SendMessage", "s", "Hello") == "m-1"
        assert await client.get(CALL, CALL1, "SendInfo", "ss", "application/x-lift", "3") == "m-1"
        assert [action for action, _ in station.requests] == [
            inputs.SendCallText("c-1", Content("text/plain", "Hello")),
            inputs.SendInfo("c-1", Content("application/x-lift", "3")),
        ]
        assert await client.get(ROOT, APPLIANCE1, "ListSounds") == ["chime", "hello"]
        gone = await client.ask(CALL, CALL1, "UnlinkSound", "s", "/org/intercomd/calls/c_9")
        assert gone.error_name == "org.intercomd.Error.CallNotFound"

    on_bus(bus, tmp_path, act)


@pytest.mark.parametrize(
    ("name", "details"),
    [
        ("", {}),
        ("lift up", {}),
        ("x" * 513, {}),
        ("lift", {"": "3"}),
        ("lift", {"floor": "3\n4"}),
        ("lift", {"floor": "3" * 257}),
        ("lift", {f"n{number}": "" for number in range(17)}),
    ],
)
def test_an_event_of_a_client_that_others_could_not_read_is_refused(bus, tmp_path, name, details):
    async def act(station, client):
        answer = await client.ask(ROOT, APPLIANCE1, "ReportEvent", "sa{ss}", name, details)
        assert answer.error_name == "org.intercomd.Error.ParameterInvalid"
        assert station.requests == []

    on_bus(bus, tmp_path, act)


def test_the_recording_of_a_call_is_paused_resumed_and_discarded_and_none_is_an_error(bus, tmp_path):
    orders_ = {"PauseRecording": "pause", "ResumeRecording": "resume", "DiscardRecording": "discard"}

    async def act(station, client):
        station.state["calls"] = [call("c-1")]
        for member in orders_:
            answer = await client.ask(CALL, CALL1, member)
            assert answer.error_name == "org.intercomd.Error.RecordingNotRunning"
        assert station.requests == []
        station.state["calls"] = [call("c-1", recording="r-1")]
        for member in orders_:
            assert await client.get(CALL, CALL1, member) is None
        wanted = [inputs.SteerRecording("r-1", RecordingOrder(to)) for to in orders_.values()]
        assert station.requests == [(action, WHO) for action in wanted]

    on_bus(bus, tmp_path, act)


def test_a_side_of_a_recording_is_muted_and_unmuted_or_both(bus, tmp_path):
    orders_ = {"MuteRecording": RecordingOrder.MUTE, "UnmuteRecording": RecordingOrder.UNMUTE}

    async def act(station, client):
        station.state["calls"] = [call("c-1", recording="r-1")]
        for member, to in orders_.items():
            for side in ("", "local"):
                assert await client.get(CALL, CALL1, member, "s", side) is None
                asked = inputs.SteerRecording("r-1", to, RecordingSide(side) if side else None)
                assert station.requests[-1] == (asked, WHO)
            answer = await client.ask(CALL, CALL1, member, "s", "left")
            assert answer.error_name == "org.intercomd.Error.ParameterInvalid"

    on_bus(bus, tmp_path, act)


def test_a_call_that_is_placed_is_reported_before_dial_gives_its_path(bus, tmp_path):
    async def act(station, client):
        def place(action):
            station.state["calls"].append(call("c-1", state="dialing"))
            return placed("c-1")(action)

        station.replies = place
        assert await client.get(ROOT, APPLIANCE1, "Dial", "s", "Kitchen") == CALL
        assert [(each.member, each.body[0]) for each in client.heard] == [("InterfacesAdded", CALL)]
        assert station.requests == [(inputs.Dial("Kitchen"), WHO)]

    on_bus(bus, tmp_path, act)


def test_a_conference_is_made_of_calls_and_of_others_and_reported_before_its_path_is_given(bus, tmp_path):
    async def act(station, client):
        station.state["calls"] = [call("c-1")]

        def confer(action):
            station.state["calls"] = [call("c-1", conference="k-1")]
            station.state["conferences"] = [conference("k-1")]
            return orders.Reply(RequestId("q-1"), conference=ConferenceId("k-1"))

        await client.get(ROOT, f"{STANDARD}.Properties", "GetAll", "s", APPLIANCE1)
        client.heard.clear()
        station.replies = confer
        assert await client.get(ROOT, APPLIANCE1, "MakeConference", "as", [CALL, "office"]) == CONFERENCE
        added, changed = sorted(client.heard, key=lambda each: each.member)
        assert (added.member, added.body[0]) == ("InterfacesAdded", CONFERENCE)
        assert unpack_variants(changed.body) == [CALL1, {"Conference": CONFERENCE}, []]
        assert station.requests == [(inputs.Confer(("c-1",), (inputs.Dial("office"),)), WHO)]

    on_bus(bus, tmp_path, act)


@pytest.mark.parametrize(
    ("path", "interface", "member", "given", "code"),
    [
        (ROOT, APPLIANCE1, "MakeConference", ("as", [CALL, "/org/intercomd/calls/c_9"]), "CallNotFound"),
        (ROOT, APPLIANCE1, "MakeConference", ("as", ["x" * 513]), "ParameterInvalid"),
        (ROOT, APPLIANCE1, "MakeConference", ("as", ["office"] * 7), "TooManyCalls"),
        (ROOT, APPLIANCE1, "MakeConference", ("as", ["office"]), "Unavailable"),
        (CALL, CALL1, "Transfer", ("s", "/org/intercomd/calls/c_9"), "CallNotFound"),
        (CONFERENCE, CONFERENCE1, "AddParticipant", ("s", "/org/intercomd/calls/c_9"), "CallNotFound"),
        (CONFERENCE, CONFERENCE1, "RemoveParticipant", ("o", "/org/intercomd/calls/c_9"), "CallNotFound"),
        (CONFERENCE, CONFERENCE1, "MuteParticipant", ("o", f"{CALL}/" + "x" * 513), "ParameterInvalid"),
        (CONFERENCE, CONFERENCE1, "UnmuteParticipant", ("o", "/"), "CallNotFound"),
        (CONFERENCE, CONFERENCE1, "StartRecording", ("s", "three"), "ParameterInvalid"),
    ],
)
def test_an_order_about_a_conference_that_makes_no_sense_is_an_error(
    bus, tmp_path, path, interface, member, given, code
):
    async def act(station, client):
        station.state["calls"], station.state["conferences"] = [call("c-1")], [conference("k-1")]
        error = await client.ask(path, interface, member, *given)
        assert error.error_name == f"org.intercomd.Error.{code}"
        assert [action for action, _ in station.requests] in ([], [inputs.Confer((), (inputs.Dial("office"),))])

    on_bus(bus, tmp_path, act)


@pytest.mark.parametrize(
    ("path", "interface", "member", "given", "cause"),
    [
        (DOOR, DOOR1, "Open", ("d", 60.5), "seconds: must be at most 60"),
        (DOOR, DOOR1, "Hold", ("d", -1.0), "seconds: must be more than 0"),
        (ROOT, APPLIANCE1, "PressButton", ("sd", "kitchen", 61.0), "seconds: must be at most 60"),
        (CALL, CALL1, "Reject", ("u", 200), "code: must be at least 400"),
        (CALL, CALL1, "SendDigits", ("s", "12x"), "digits: must be 1 to 32 of the digits 0 to 9, A to D, * and #"),
        (ROOT, APPLIANCE1, "ReportEvent", ("sa{ss}", "lift.called", {"floor": "3\u202e4"}), "a line of printable"),
    ],
)
def test_the_bounds_of_an_order_count_on_the_bus_too(bus, tmp_path, path, interface, member, given, cause):
    async def act(station, client):
        station.state["calls"] = [call("c-1")]
        error = await client.ask(path, interface, member, *given)
        assert error.error_name == "org.intercomd.Error.ParameterInvalid"
        assert cause in error.body[1]
        assert station.requests == []

    on_bus(bus, tmp_path, act)


def test_a_text_is_sent_and_its_message_named(bus, tmp_path):
    async def act(station, client):
        station.replies = lambda _: orders.Reply(RequestId("q-1"), message=MessageId("m-1"))
        assert await client.get(ROOT, APPLIANCE1, "SendMessage", "ss", "kitchen", "Hello") == "m-1"
        assert station.requests == [(inputs.SendText("kitchen", Content("text/plain", "Hello")), WHO)]

    on_bus(bus, tmp_path, act)


@pytest.mark.parametrize(
    ("member", "given"), [("SendMessage", ("ss", "kitchen", "")), ("SetForwarding", ("ss", "sometimes", "office"))]
)
def test_a_resident_s_order_that_makes_no_sense_is_refused(bus, tmp_path, member, given):
    async def act(station, client):
        error = await client.ask(ROOT, APPLIANCE1, member, *given)
        assert error.error_name == "org.intercomd.Error.ParameterInvalid"
        assert station.requests == []

    on_bus(bus, tmp_path, act)


def test_a_test_of_the_sound_gives_its_result(bus, tmp_path):
    async def act(station, client):
        found = findings(SoundMeasured(), SoundResult.TOO_QUIET, "Raise it.")
        station.replies = lambda _: orders.Reply(RequestId("q-1"), trial=found)
        assert await client.get(ROOT, APPLIANCE1, "TestSound", "db", 1.0, False) == "too_quiet"
        assert station.requests == [(inputs.TestSound(1.0), WHO)]

    on_bus(bus, tmp_path, act)


def test_the_daemons_error_comes_with_its_code_and_all_its_words(bus, tmp_path):
    async def act(station, client):
        station.replies = refused("door-not-found")
        answer = await client.ask(ROOT, APPLIANCE1, "OpenDoor", "sd", "back", 1.0)
        words = ["No. Because. Do not.", "Because.", "Do not."]  # busctl prints the first text only
        assert (answer.error_name, answer.body) == ("org.intercomd.Error.DoorNotFound", words)
        answer = await client.ask(ROOT, APPLIANCE1, "Dial", "s", "9" * 513)
        assert answer.error_name == "org.intercomd.Error.ParameterInvalid"

    on_bus(bus, tmp_path, act)


def test_a_fault_of_the_daemon_is_answered_and_logged(bus, tmp_path, caplog):
    def fail(_):
        raise RuntimeError("a fault")

    async def act(station, client):
        station.replies = fail
        answer = await client.ask(DOOR, DOOR1, "Open", "d", 1.0)
        cause, remedy = "A fault in the program, not in the request.", "The log has the details."
        words = [f"This is a fault of intercomd. {cause} {remedy}", cause, remedy]
        assert (answer.error_name, answer.body) == ("org.intercomd.Error.Error", words)
        station.replies = lambda _: orders.Reply(RequestId("q-1"))
        assert await client.get(DOOR, DOOR1, "Open", "d", 1.0) is None

    on_bus(bus, tmp_path, act)
    assert "A request over D-Bus has failed: Open" in caplog.text
    assert "RuntimeError: a fault" in caplog.text


def test_an_error_of_d_buss_own_says_what_there_is(bus, tmp_path):
    async def words(client, *asked):
        return (await client.ask(*asked)).body[0]

    async def act(_, client):
        gone = await words(client, CALL, CALL1, "Hangup")
        assert gone.startswith(
            f"There is nothing at {CALL}. It has ended or never existed. GetManagedObjects of {ROOT}"
        )
        wrong = await words(client, DOOR, DOOR1, "Open", "s", "1")
        assert wrong == "Open takes 'd' (seconds), not 's'."
        unknown = await words(client, ACCOUNT, f"{STANDARD}.Properties", "Get", "ss", ACCOUNT1, "Weather")
        assert "It has Name, DisplayName, State," in unknown

    on_bus(bus, tmp_path, act)


@pytest.mark.parametrize(
    ("path", "interface", "member", "given", "name"),
    [
        ("/org/intercomd/calls/c_2", CALL1, "Hangup", (), "UnknownObject"),
        ("/org/intercomd/doors", DOOR1, "Open", (), "UnknownMethod"),
        ("/org/inter", f"{STANDARD}.Introspectable", "Introspect", (), "UnknownObject"),
        (ROOT, APPLIANCE1, "Explode", (), "UnknownMethod"),
        (ROOT, CALL1, "Hangup", (), "UnknownMethod"),
        (DOOR, f"{STANDARD}.ObjectManager", "GetManagedObjects", (), "UnknownMethod"),
        (ROOT, APPLIANCE1, "OpenDoor", ("s", "front"), "InvalidArgs"),
        (ROOT, f"{STANDARD}.Properties", "Get", ("s", APPLIANCE1), "InvalidArgs"),
        (ROOT, f"{STANDARD}.Properties", "Get", ("ss", APPLIANCE1, "Weather"), "UnknownProperty"),
        (ROOT, f"{STANDARD}.Properties", "Get", ("ss", CALL1, "State"), "UnknownInterface"),
    ],
)
def test_a_call_that_is_wrong_in_itself_brings_an_error_of_d_buss_own(
    bus, tmp_path, path, interface, member, given, name
):
    async def act(station, client):
        answer = await client.ask(path, interface, member, *given)
        assert (answer.message_type, answer.error_name) == (MessageType.ERROR, f"{STANDARD}.Error.{name}")
        assert station.requests == []

    on_bus(bus, tmp_path, act)


def test_a_tone_that_does_not_exist_is_refused_with_the_list_of_tones(bus, tmp_path):
    async def act(station, client):
        station.state["calls"] = [call("c-1")]
        answer = await client.ask(CALL, CALL1, "PlayTone", "ssd", "loud", "", 2.0)
        assert answer.error_name == "org.intercomd.Error.ParameterInvalid"
        assert "call_waiting" in answer.body[0]
        assert station.requests == []

    on_bus(bus, tmp_path, act)


def test_a_property_can_only_be_read(bus, tmp_path):
    from dbus_fast import Variant

    async def act(station, client):
        given = (APPLIANCE1, "Station", Variant("s", "Back door"))
        answer = await client.ask(ROOT, f"{STANDARD}.Properties", "Set", "ssv", *given)
        assert answer.error_name == f"{STANDARD}.Error.PropertyReadOnly"

    on_bus(bus, tmp_path, act)


def test_a_calls_life_is_reported_and_each_change_before_its_event(bus, tmp_path):
    async def act(station, client):
        station.state["calls"] = [call("c-1", state="incoming")]
        station.tell("call.incoming", "c-1", by="sip:a@b")
        assert await client.members(2) == ["InterfacesAdded", "Event"]
        station.state["calls"] = [call("c-1", muted=True)]
        station.state["doors"] = [door("front", unlocked=True, by="button open")]
        station.tell("call.muted", "c-1", by="http:token")
        assert (await client.members(5))[2:] == ["PropertiesChanged", "PropertiesChanged", "Event"]
        changes = {each.path: unpack_variants(each.body) for each in client.heard[2:4]}
        assert changes == {
            CALL: [CALL1, {"State": "connected", "Muted": True}, []],
            DOOR: [DOOR1, {"Unlocked": True, "By": "button open"}, []],
        }
        station.state["calls"] = []
        station.tell("call.ended", "c-1")
        assert (await client.members(7))[5:] == ["InterfacesRemoved", "Event"]
        added, event = client.heard[:2]
        assert unpack_variants(added.body[1])[CALL1]["State"] == "incoming"
        assert client.heard[5].body == [CALL, [CALL1, f"{STANDARD}.Properties"]]
        assert (event.path, event.interface, event.signature) == (ROOT, APPLIANCE1, "tss")
        assert event.body[:2] == [1, "call.incoming"]
        assert json.loads(event.body[2]) == station.journal[0]

    on_bus(bus, tmp_path, act)


def test_a_name_that_d_bus_cannot_carry_is_shown_all_the_same(bus, tmp_path):
    odd = {**call()["remote"], "uri": "sip:x@y", "display_name": "a\0b\ud800c\u20ac", "target": None}

    async def act(station, client):
        station.state["calls"] = [call("c-1", remote=odd)]
        station.tell("call.incoming", "c-1", display_name=odd["display_name"])
        assert await client.members(2) == ["InterfacesAdded", "Event"]
        assert unpack_variants(client.heard[0].body[1])[CALL1]["RemoteName"] == "a\ufffdb?c\u20ac"
        assert json.loads(client.heard[1].body[2])["data"]["display_name"] == odd["display_name"]

    on_bus(bus, tmp_path, act)


def test_names_for_people_are_beside_the_ids(bus, tmp_path):
    async def act(station, client):
        station.state["doors"] = [door("front", name="Haustür 🏠")]
        station.state["accounts"][0]["display_name"] = "House PBX"
        for each in (station.state["targets"][0], station.state["contacts"][0]):
            each["display_name"] = "Küche"
        station.state["panel"]["buttons"][0]["name"] = "Bell"
        station.state["panel"]["lamps"][0]["name"] = "Status"
        station.state["calls"] = [call("c-1", remote={**call()["remote"], "target_name": "Küche"})]

        async def value(path, interface, name):
            return (await client.get(path, f"{STANDARD}.Properties", "Get", "ss", interface, name)).value

        station.tell("config.changed", applied="door.front.name", needs_restart="")
        await until_async(lambda: len(client.heard) >= 1, "the change")
        assert await value(DOOR, DOOR1, "Name") == "Haustür 🏠"
        assert await value(ACCOUNT, ACCOUNT1, "DisplayName") == "House PBX"
        assert await value(CALL, CALL1, "TargetName") == "Küche"
        lamp, button = station.state["panel"]["lamps"][0]["id"], station.state["panel"]["buttons"][0]["id"]
        assert await value(ROOT, APPLIANCE1, "TargetNames") == {"Kitchen": "Küche"}
        assert await value(ROOT, APPLIANCE1, "ButtonNames") == {button: "Bell"}
        assert await value(ROOT, APPLIANCE1, "LampNames") == {lamp: "Status"}

    on_bus(bus, tmp_path, act)


def test_every_path_lists_what_is_there_and_below(bus, tmp_path):
    async def act(station, client):
        station.state["calls"], station.state["conferences"] = [call("c-1")], [conference("k-1")]

        async def look(path):
            node = ET.fromstring(await client.get(path, f"{STANDARD}.Introspectable", "Introspect"))
            ours = [each.get("name") for each in node.iter("interface") if "intercomd" in each.get("name")]
            return ours, [each.get("name") for each in node.findall("node")]

        assert await look("/") == ([], ["org"])
        assert await look("/org") == ([], ["intercomd"])
        assert await look(ROOT) == ([APPLIANCE1], ["accounts", "calls", "conferences", "doors"])
        assert await look("/org/intercomd/calls") == ([], ["c_1"])
        assert await look(CALL) == ([CALL1], [])
        assert await look(CONFERENCE) == ([CONFERENCE1], [])
        assert await look(DOOR) == ([DOOR1], [])
        assert await look(ACCOUNT) == ([ACCOUNT1], [])
        assert (await client.ask(ROOT, f"{STANDARD}.Peer", "Ping")).message_type is MessageType.METHOD_RETURN

    on_bus(bus, tmp_path, act)


def test_a_text_is_spoken_on_the_speaker_and_in_a_call(bus, tmp_path):
    async def act(station, client):
        station.state["calls"] = [call("c-1")]
        await client.get(ROOT, APPLIANCE1, "Say", "sssu", "Hi", "", "", 0)
        await client.get(CALL, CALL1, "Say", "sssu", "Hi", "de", "f3", 100)
        assert [wanted for wanted, _ in station.said] == [
            Speech("Hi"),
            Speech("Hi", call="c-1", language="de", voice="f3", rate=100),
        ]
        station.replies = lambda _: orders.Reply("q-1", error=IntercomError(ErrorCode.CALL_WRONG_STATE, "Not now."))
        denied = await client.ask(CALL, CALL1, "Say", "sssu", "Hi", "", "", 0)
        assert denied.error_name == "org.intercomd.Error.CallWrongState"
        long = await client.ask(CALL, CALL1, "Say", "sssu", "Hi", "x" * 513, "", 0)
        assert long.error_name == "org.intercomd.Error.ParameterInvalid"

    on_bus(bus, tmp_path, act)


def test_a_url_or_a_recording_is_played_on_the_speaker_and_in_a_call(bus, tmp_path):
    async def act(station, client):
        station.state["calls"] = [call("c-1")]
        await client.get(ROOT, APPLIANCE1, "PlaySound", "sbd", "http://x/a.wav", False, 100.0)
        await client.get(CALL, CALL1, "PlaySound", "sbd", "http://x/b.wav", True, 50.0)
        assert [wanted for wanted, _ in station.fetched] == [
            UrlSound(url="http://x/a.wav"),
            UrlSound(url="http://x/b.wav", call="c-1", loop=True, volume=50.0),
        ]
        station.fetched.clear()
        await client.get(ROOT, APPLIANCE1, "PlaySound", "sbd", "recording:r-1", False, 100.0)
        await client.get(CALL, CALL1, "PlaySound", "sbd", "recording:r-2", True, 50.0)
        assert [wanted for wanted, _ in station.fetched] == [
            RecordedSound(recording="r-1"),
            RecordedSound(recording="r-2", call="c-1", loop=True, volume=50.0),
        ]
        station.replies = lambda _: orders.Reply("q-1", error=IntercomError(ErrorCode.CALL_WRONG_STATE, "Not now."))
        denied = await client.ask(CALL, CALL1, "PlaySound", "sbd", "http://x", False, 100.0)
        assert denied.error_name == "org.intercomd.Error.CallWrongState"

    on_bus(bus, tmp_path, act)


def test_recordings_are_searched_protected_and_deleted(bus, tmp_path):
    async def act(station, client):
        rows = [station.recordings.add() for _ in range(3)]
        times = {"after": "2026-11-20T08:00:00+01:00", "before": "2026-11-21T00:00:00Z"}
        answer = await client.get(ROOT, APPLIANCE1, "ListRecordings", "a{ss}ut", {"party": "x", **times}, 2, 0)
        page = json.loads(answer)
        assert ([row["id"] for row in page["recordings"]], page["next"]) == ([rows[2].id, rows[1].id], 2)
        assert page["recordings"][0]["kind"] == "call"
        after, before = "2026-11-20T07:00:00.000000Z", "2026-11-21T00:00:00.000000Z"
        assert station.recordings.searches == [RecordingSearch(party="x", after=after, before=before)]
        page = json.loads(await client.get(ROOT, APPLIANCE1, "ListRecordings", "a{ss}ut", {}, 2, page["next"]))
        assert ([row["id"] for row in page["recordings"]], page["next"]) == ([rows[0].id], None)
        await client.get(ROOT, APPLIANCE1, "ProtectRecording", "sb", rows[0].id, True)
        await client.get(ROOT, APPLIANCE1, "DeleteRecording", "s", rows[1].id)
        assert station.recordings.protections == [(rows[0].id, WHO, True)]
        assert station.recordings.deleted == [(rows[1].id, WHO)]
        for search, limit in (
            ({"colour": "red"}, 1),
            ({"after": "yesterday"}, 1),
            ({"after": "2026-11-20"}, 1),
            ({"after": "0001-01-01T00:00:00+14:00"}, 1),
            ({"outcome": "luck"}, 1),
            ({"kind": "song"}, 1),
            ({}, 0),
        ):
            wrong = await client.ask(ROOT, APPLIANCE1, "ListRecordings", "a{ss}ut", search, limit, 0)
            assert wrong.error_name == "org.intercomd.Error.ParameterInvalid", (search, limit)
        wrong = await client.ask(ROOT, APPLIANCE1, "ListRecordings", "a{ss}ut", {}, 1, 2**64 - 1)
        assert wrong.error_name == "org.intercomd.Error.ParameterInvalid"
        for name in ("DeleteRecording", "ProtectRecording"):
            given = ("sb", "r-9", True) if name == "ProtectRecording" else ("s", "r-9")
            missing = await client.ask(ROOT, APPLIANCE1, name, *given)
            assert missing.error_name == "org.intercomd.Error.RecordingNotFound"

    on_bus(bus, tmp_path, act)


def test_past_calls_are_listed_by_pages_and_searched(bus, tmp_path):
    async def act(station, client):
        station.call_log.rows = [logged(f"c-{number}", missed=number == 2) for number in range(3)]

        async def page(search, limit, cursor):
            return json.loads(await client.get(ROOT, APPLIANCE1, "ListCalls", "a{ss}ut", search, limit, cursor))

        first = await page({}, 2, 0)
        assert ([each["id"] for each in first["calls"]], first["next"]) == (["c-2", "c-1"], 2)
        rest = await page({}, 2, first["next"])
        assert ([each["id"] for each in rest["calls"]], rest["next"]) == (["c-0"], None)
        assert [each["id"] for each in (await page({"missed": "true"}, 2, 0))["calls"]] == ["c-2"]
        await page({"after": "2026-11-20T08:00:00+01:00", "direction": "incoming", "outcome": "busy"}, 1, 0)
        after = "2026-11-20T07:00:00.000000Z"
        assert station.call_log.searches[-1] == CallSearch(after=after, direction="incoming", outcome="busy")
        for search, limit, cursor in (
            ({"missed": "perhaps"}, 1, 0),
            ({"direction": "up"}, 1, 0),
            ({"door": "front"}, 1, 0),
            ({}, 201, 0),
            ({}, 1, 2**64 - 1),
        ):
            wrong = await client.ask(ROOT, APPLIANCE1, "ListCalls", "a{ss}ut", search, limit, cursor)
            assert wrong.error_name == "org.intercomd.Error.ParameterInvalid", search

    on_bus(bus, tmp_path, act)


class Slow(Station):
    """Answers once `gate` is open."""

    async def request(self, action, who):
        self.gate = getattr(self, "gate", None) or asyncio.Event()
        self.requests.append((action, who))
        await self.gate.wait()
        return self.replies(action)


def test_who_does_not_wait_for_answers_is_refused_beyond_a_bound_and_others_go_on(bus, tmp_path):
    async def act(station, client):
        def ask(by, count):
            return [asyncio.create_task(by.ask(DOOR, DOOR1, "Open", "d", 1.0)) for _ in range(count)]

        async with Client(bus.address) as other:
            asked = ask(client, service.MOST_OF_ONE + 3)
            await until_async(lambda: sum(each.done() for each in asked) == 3, "three refusals")
            assert {each.result().error_name for each in asked if each.done()} == {f"{STANDARD}.Error.LimitsExceeded"}
            assert await client.get(ROOT, f"{STANDARD}.Properties", "Get", "ss", APPLIANCE1, "Ready")
            left = service.MOST - service.MOST_OF_ONE
            others = ask(other, left + 2)
            await until_async(lambda: sum(each.done() for each in others) == 2, "two refusals of another client")
            await until_async(lambda: len(station.requests) == service.MOST, "all others to be asked")
            station.gate.set()
            answers = await asyncio.gather(*asked, *others)
            assert sum(each.message_type is MessageType.METHOD_RETURN for each in answers) == service.MOST

    on_bus(bus, tmp_path, act, Slow(tmp_path))


def test_all_calls_are_hung_up_though_one_ends_meanwhile(bus, tmp_path):
    async def act(station, client):
        station.state["calls"] = [call("c-1"), call("c-2")]
        station.replies = refused("call-not-found")
        assert await client.get(ROOT, APPLIANCE1, "HangupAll") is None
        assert [action for action, _ in station.requests] == [inputs.HangUpCall("c-1"), inputs.HangUpCall("c-2")]

    on_bus(bus, tmp_path, act)


def test_no_two_names_of_the_configuration_have_one_path():
    names = ["a-b", "a_b", "a_2db", "a-2db", "a--b", "ab"]
    assert len({name_path("doors", name) for name in names}) == len(names)
