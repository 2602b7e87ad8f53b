"""Conferences of real far ends, each with a tone of its own: which of them each hears is found in what came to it."""

import contextlib
import math
import os
import signal
import struct
import wave

import pytest

from appliance.bus.conferences import CONFERENCE
from tests.bus.buses import BusStation, TheBus, object_of, policy
from tests.daemon.calls.test_baresip import levels
from tests.support.daemon import loopback, settled
from tests.support.peers.baresip import Baresip
from tests.support.peers.sipp import Sipp, free_port
from tests.support.shown import shows
from tests.support.waiting import pause, until

pytestmark = pytest.mark.realtime

PANEL = 1000
TONES = {"far": 410, "two": 560, "three": 730, "four": 1270, "five": 1630, "six": 2110}
AMPLITUDE = 8000
HEARD_DB, ABSENT_DB = -30.0, -40.0  # seen on a loaded machine: -24 and more, -53 and less
PATIENCE_S, STILL_S = 120.0, 0.5
PATH = "/v1/conferences"
ROOT, APPLIANCE1, CONFERENCE1 = "/org/intercomd", "org.intercomd.Appliance1", "org.intercomd.Conference1"


@pytest.fixture(scope="module")
def talking(tmp_path_factory):
    """A daemon on a message bus whose microphone hears 1,000 Hz, and that knows six far ends."""
    directory = tmp_path_factory.mktemp("d")
    microphone = directory / "microphone.wav"
    with wave.open(str(microphone), "wb") as file:
        file.setparams((1, 2, 16000, 0, "NONE", ""))
        samples = (round(AMPLITUDE * math.sin(2 * math.pi * PANEL * n / 16000)) for n in range(32000))
        file.writeframes(b"".join(struct.pack("<h", sample) for sample in samples))
    places = {name: (address := loopback(), free_port(address)) for name in list(TONES)[1:]}
    targets = {name: {"uri": f"sip:far@{address}:{port}"} for name, (address, port) in places.items()}
    settings = {"audio": {"microphone_file": str(microphone)}, "recording": {"enabled": True}, "target": targets}
    with TheBus(tmp_path_factory.mktemp("bus"), policy()) as bus, BusStation(directory, bus, **settings) as daemon:
        daemon.places = {"far": (daemon.far_address, daemon.far_port), **places}
        yield daemon


@pytest.fixture
def door(talking):
    with settled(talking):
        yield talking


@pytest.fixture
def far(door, tmp_path):
    """`far(name)`: baresip at that target's place, with its tone."""
    with contextlib.ExitStack() as stack:

        def started(name):
            directory = tmp_path / name
            directory.mkdir()
            return stack.enter_context(Baresip(directory, *door.places[name], hertz=TONES[name]))

        yield started


def joins(door, peer):
    """It is being called, answers, and is in: its call."""
    call = door.wait("conference.invitation_sending", to=f"sip:far@{peer.address}:{peer.port}")["call"]
    peer.wait("CALL_INCOMING")
    peer.command("accept")
    door.wait("conference.participant_added", call, reason="invited", patience=PATIENCE_S)
    door.wait("media.started", call)
    return call


def conferring(door, far, *names):
    """The id of a conference of these, who are called, the peers and their calls."""
    peers = {name: far(name) for name in names}
    conference = door.post(PATH, {"participants": [{"to": name} for name in names]})["id"]
    return conference, peers, {name: joins(door, peer) for name, peer in peers.items()}


def hears(peer, *hertz):
    """In the newest half second of what came to this peer are these tones, and none of the others."""
    every = (PANEL, *TONES.values())

    def as_wanted():
        found = dict(zip(every, levels(peer.heard(), *every), strict=False))
        return len(found) == len(every) and all(
            level > HEARD_DB if tone in hertz else level < ABSENT_DB for tone, level in found.items()
        )

    try:
        until(as_wanted, patience=PATIENCE_S)
    except AssertionError:
        heard = {tone: round(level, 1) for tone, level in zip(every, levels(peer.heard(), *every), strict=False)}
        raise AssertionError(f"{peer.hertz} Hz hears {heard}, not {hertz} alone") from None


def hears_none(peer):
    """Nothing comes to this peer any more, or none of the tones."""

    def silent():
        before = peer.heard().stat().st_size
        pause(STILL_S)  # listened to for so long
        found = levels(peer.heard(), PANEL, *TONES.values())
        return peer.heard().stat().st_size == before or (found and max(found) < ABSENT_DB)

    until(silent, f"silence at {peer.hertz} Hz", PATIENCE_S)


def each_hears(peers, *more):
    """Each hears the others, and these."""
    for name, peer in peers.items():
        hears(peer, *(TONES[other] for other in peers if other != name), *more)


def test_six_and_the_panel_hear_each_other_and_the_panels_ears_are_their_recordings(door, far):
    _, peers, calls = conferring(door, far, *TONES)
    each_hears(peers, PANEL)
    recording = door.wait("recording.started", calls["six"])["data"]["recording"]

    def all_of_it():
        found = levels(door.directory / "recordings" / f"{recording}.wav", PANEL, *TONES.values())
        return found and min(found) > HEARD_DB

    until(all_of_it, "all tones in the recording of one of the calls", PATIENCE_S)
    assert door.ask("POST", PATH, {"participants": [{"to": "far"}]})[1]["code"] == "conflict"
    assert door.get("/v1/panel")["picture"] == "in_call"


@shows(
    *("POST /v1/conferences", "GET /v1/conferences", "GET /v1/conferences/{id}", "PATCH /v1/conferences/{id}"),
    *("DELETE /v1/conferences/{id}", "GET /v1/conferences/{id}/participants"),
    *("POST /v1/conferences/{id}/participants", "PATCH /v1/conferences/{id}/participants"),
    *("DELETE /v1/conferences/{id}/participants", "error:conference-not-found"),
    *("POST /v1/conferences/{id}/recording", "DELETE /v1/conferences/{id}/recording"),
    *(f"conference.{name}" for name in ("connecting", "connected", "changed", "held", "resumed")),
    *(f"conference.{name}" for name in ("disconnecting", "ended", "participant_added", "participant_removed")),
    *(f"conference.invitation_{name}" for name in ("sending", "sent", "accepted")),
)
def test_a_client_begins_invites_mutes_holds_removes_and_ends(door, far):
    conference, peers, calls = conferring(door, far, "far", "two")
    here = f"{PATH}/{conference}"
    peers["three"] = far("three")
    door.post(f"{here}/participants", {"to": "three"})
    calls["three"] = joins(door, peers["three"])
    each_hears(peers, PANEL)
    assert door.get(PATH)["conferences"][0]["id"] == door.get(here)["id"] == conference
    assert [p["call"] for p in door.get(f"{here}/participants")["participants"]] == list(calls.values())
    assert {call["conference"] for call in door.get("/v1/calls")["calls"]} == {conference}

    automatic = {call: door.wait("recording.started", call)["data"]["recording"] for call in calls.values()}
    assert door.post(f"{here}/recording")["conference"]["recorded"] is True
    assert door.ask("POST", f"{here}/recording")[1]["code"] == "recording-already-running"
    assert door.ask("DELETE", f"{here}/recording")[1]["conference"]["recorded"] is False
    for call in calls.values():
        door.wait("conference.participant_added", call, conference=conference, reason="invited")
    for call, recording in automatic.items():
        door.wait("recording.available", recording=recording)
        assert door.get(f"/v1/calls/{call}")["recording"] is None
    door.post(f"{here}/recording", {"channels": "separate"})
    for call in calls.values():
        door.wait("recording.started", call, channels="separate")

    door.ask("PATCH", f"{here}/participants", {"call": calls["two"], "muted": True})
    hears(peers["far"], TONES["three"], PANEL)
    hears(peers["two"], TONES["far"], TONES["three"], PANEL)
    door.ask("PATCH", f"{here}/participants", {"call": calls["two"], "muted": False})
    each_hears(peers, PANEL)

    door.ask("PATCH", here, {"held": True})
    each_hears(peers)
    door.ask("PATCH", here, {"held": False})
    each_hears(peers, PANEL)

    door.ask("DELETE", f"{here}/participants?call={calls['two']}")
    peers.pop("two").wait("CALL_CLOSED")
    door.wait("conference.participant_removed", calls["two"], reason="ejected", conference=conference)
    each_hears(peers, PANEL)
    door.ask("DELETE", here)
    for peer in peers.values():
        peer.wait("CALL_CLOSED")
    door.wait("conference.ended", conference=conference)
    assert door.get(here)["state"] == "ended"
    for method, path in (("POST", f"{here}/recording"), ("DELETE", f"{here}/recording")):
        status, refused = door.ask(method, path)
        assert (status, refused["code"], refused["detail"]) == (409, "conflict", f"Conference {conference} has ended.")
        assert refused["cause"] and "begin another conference" in refused["resolution"]
    assert door.ask("DELETE", here)[1]["warning"] == "The conference has ended already."
    assert door.ask("POST", f"{PATH}/k-never/recording")[1]["code"] == "conference-not-found"
    kept = {each["call"]: each["conference"] for each in door.get("/v1/recordings")["recordings"]}
    assert {call: kept[call] for call in calls.values()} == dict.fromkeys(calls.values(), conference)


@shows("Appliance1.MakeConference", *(f"Conference1.{each.name}" for each in CONFERENCE.methods))
def test_a_client_on_the_bus_begins_invites_mutes_holds_records_removes_and_ends(door, far):
    order, on_bus = door.asks_bus, door.on_bus
    peers, calls = {"far": far("far")}, {"far": door.ring()}
    peers["far"].wait("CALL_INCOMING")
    peers["far"].command("accept")
    door.talk(calls["far"])
    peers["two"] = far("two")
    path = order(ROOT, APPLIANCE1, "MakeConference", "as", [object_of(calls["far"]), "two"])
    calls["two"] = joins(door, peers["two"])
    door.wait("conference.participant_added", calls["far"], reason="taken_in")
    assert order(ROOT, APPLIANCE1, "MakeConference", "as", ["three"]) == "org.intercomd.Error.Conflict"
    peers["three"] = far("three")
    assert order(path, CONFERENCE1, "AddParticipant", "s", "three") is None
    calls["three"] = joins(door, peers["three"])
    each_hears(peers, PANEL)
    shown = on_bus(path, CONFERENCE1)
    assert (shown["Id"], shown["State"]) == (door.get(PATH)["conferences"][0]["id"], "connected")
    assert {tuple(each) for each in shown["Participants"]} == {
        (object_of(each), "in", False) for each in calls.values()
    }
    one = on_bus(object_of(calls["two"]), "org.intercomd.Call1")
    assert one["Conference"] == path

    running = "org.intercomd.Error.RecordingAlreadyRunning"
    assert order(path, CONFERENCE1, "StartRecording", "s", "separate") is None
    assert order(path, CONFERENCE1, "StartRecording", "s", "") == running
    assert on_bus(path, CONFERENCE1)["Recorded"] is True
    assert order(path, CONFERENCE1, "StopRecording") is None
    for call in calls.values():
        door.wait("recording.stopped", call)

    assert order(path, CONFERENCE1, "MuteParticipant", "o", object_of(calls["two"])) is None
    hears(peers["far"], TONES["three"], PANEL)
    assert order(path, CONFERENCE1, "UnmuteParticipant", "o", object_of(calls["two"])) is None
    for away, back in (("Mute", "Unmute"), ("Hold", "Resume")):
        assert order(path, CONFERENCE1, away) is None
        each_hears(peers)
        assert order(path, CONFERENCE1, back) is None
        each_hears(peers, PANEL)

    assert order(path, CONFERENCE1, "RemoveParticipant", "o", object_of(calls["two"])) is None
    peers.pop("two").wait("CALL_CLOSED")
    door.wait("conference.participant_removed", calls["two"], reason="ejected")
    each_hears(peers, PANEL)
    assert order(path, CONFERENCE1, "End") is None
    for peer in peers.values():
        peer.wait("CALL_CLOSED")
    door.wait("conference.ended", conference=shown["Id"])
    assert order(path, CONFERENCE1, "End") == "org.freedesktop.DBus.Error.UnknownObject"


def test_calls_there_are_are_taken_in_and_one_that_rings_is_answered_into_it(door, far):
    peers = {name: far(name) for name in ("far", "two", "three")}
    one = door.ring()
    peers["far"].wait("CALL_INCOMING")
    peers["far"].command("accept")
    door.talk(one)
    conference = door.post(PATH, {"participants": [{"call": one}]})["id"]
    door.wait("conference.participant_added", one)  # which counts below
    address = door.get("/v1/state")["appliance"]["address"]  # another port after a test that killed the SIP process
    for name in ("two", "three"):
        peers[name].command("dial", f"sip:{door.user}@{address}")
        count = len(door.of("conference.participant_added"))
        until(lambda n=count: len(door.of("call.incoming")) == n, "the next caller")
        call = door.of("call.incoming")[-1]["call"]
        door.wait("call.ringing", call)
        door.post(f"{PATH}/{conference}/participants", {"call": call})
        door.wait("conference.participant_added", call, reason="answered")
    each_hears(peers, PANEL)


@pytest.mark.parametrize("how", ["hangs up", "is killed"])
def test_any_participants_loss_leaves_the_rest_talking(door, far, how):
    _, peers, calls = conferring(door, far, "far", "two", "three")
    each_hears(peers, PANEL)
    lost = peers.pop("two")
    if how == "hangs up":
        lost.command("hangup")
        door.wait("conference.participant_removed", calls["two"], reason="hangup")
    else:
        os.kill(lost.process.pid, signal.SIGKILL)
        door.wait("media.stopped", calls["two"], patience=PATIENCE_S)
    each_hears(peers, PANEL)


def test_who_is_held_or_holds_neither_hears_nor_is_heard(door, far):
    _, peers, calls = conferring(door, far, "far", "two", "three")
    each_hears(peers, PANEL)
    rest = {name: peer for name, peer in peers.items() if name != "two"}
    door.post(f"/v1/calls/{calls['two']}/hold")
    hears_none(peers["two"])
    each_hears(rest, PANEL)
    door.post(f"/v1/calls/{calls['two']}/resume")
    each_hears(peers, PANEL)
    peers["two"].command("hold")
    door.wait("call.held", calls["two"], by="remote")
    each_hears(rest, PANEL)
    peers["two"].command("resume")
    each_hears(peers, PANEL)


def test_a_call_beside_the_conference_has_the_panel_alone_and_no_one_hears_another_call(door, far):
    conference, peers, _ = conferring(door, far, "far", "two")
    beside = far("three")
    call = door.post("/v1/calls", {"to": "three"})["id"]
    beside.wait("CALL_INCOMING")
    beside.command("accept")
    door.talk(call)
    door.wait("conference.held", conference=conference)
    hears(beside, PANEL)
    each_hears(peers)
    door.press("switch")
    door.wait("conference.resumed", conference=conference)
    each_hears(peers, PANEL)
    assert {c["id"]: c["hold"] for c in door.get("/v1/calls")["calls"]}[call] == "local"
    door.press("hangup")
    door.wait("conference.ended", conference=conference)
    hears(beside, PANEL)


@shows("conference.canceled", "conference.invitation_rejected", "conference.invitation_sending")
def test_a_participant_who_refuses_and_a_conference_without_participants(door, tmp_path):
    with Sipp(tmp_path, "uas-refuse", address=door.far_address, port=door.far_port, code=603) as peer:
        conference = door.post(PATH, {"participants": [{"to": "far"}]})["id"]
        told = door.wait("conference.invitation_rejected", conference=conference)["data"]
        assert (told["cause"], told["code"]) == ("rejected", 603)
        door.wait("conference.canceled", conference=conference)
        peer.done()


def test_whom_a_participant_passes_us_on_to_comes_into_the_conference(door, far):
    _, peers, calls = conferring(door, far, "far", "two")
    each_hears(peers, PANEL)
    peers["three"] = far("three")
    door.ask("PATCH", f"/v1/calls/{calls['two']}", {"transfer_policy": "follow"})
    peers["two"].command("transfer", f"sip:far@{peers['three'].address}:{peers['three'].port}")
    peers["three"].wait("CALL_INCOMING")
    peers["three"].command("accept")
    door.wait("conference.participant_added", reason="replacing", patience=PATIENCE_S)
    door.final(calls["two"], kind="call.ended", cause="transferred")
    del peers["two"]
    each_hears(peers, PANEL)


def test_the_next_conference_after_the_sip_process_was_killed_works(door, far):
    _, peers, _ = conferring(door, far, "far", "two")
    os.kill(door.sip(), signal.SIGKILL)
    door.wait("conference.ended")
    door.wait("appliance.recovered", part="sip")
    door.settle()
    for peer in peers.values():
        peer.wait("CALL_CLOSED")
    door.begin()
    door.post(PATH, {"participants": [{"to": name} for name in peers]})
    for peer in peers.values():
        joins(door, peer)
    each_hears(peers, PANEL)
