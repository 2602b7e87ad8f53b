"""The facts of its call and of its conference in each event, as a program reads them that follows events alone."""

import contextlib
import time
from datetime import UTC, datetime, timedelta

import pytest

from tests.support.daemon import Daemon, loopback, settled
from tests.support.peers.sipp import Sipp, free_port
from tests.support.waiting import until

ABOUT = {"direction", "from", "to", "display_name", "target", "target_name", "codec", "account", "conference"}


@pytest.fixture(scope="module")
def begun(tmp_path_factory):
    places = {name: (address := loopback(), free_port(address)) for name in ("two", "three")}
    targets = {name: {"uri": f"sip:{name}@{address}:{port}"} for name, (address, port) in places.items()}
    targets["two"]["name"] = "Flat two"
    settings = {"recording": {"enabled": True, "calls": "none"}, "target": targets}
    with Daemon(tmp_path_factory.mktemp("d"), **settings) as daemon:
        daemon.places = places
        yield daemon


@pytest.fixture
def station(begun):
    with settled(begun):
        yield begun


def has_sound(station, recording):
    file = station.directory / "recordings" / f"{recording}.wav"
    until(lambda: file.exists() and file.stat().st_size > 8000, "half a second of the recording")


def test_each_event_of_a_call_says_who_called_whom(station, tmp_path):
    scenario, began = "uac-call", time.monotonic()
    caller = Sipp(tmp_path, scenario, station.address, address=station.far_address, user="far", display_name="Anna")
    with caller as peer:
        call = station.rung()
        station.post(f"/v1/calls/{call}/answer")
        station.talk(call)
        station.final(call, kind="call.ended")
        peer.done()
    there = [event for event in station.since if event["call"] == call]
    assert {"call.incoming", "call.answering", "call.connecting", "media.ended", "call.ended"} <= {
        event["type"] for event in there
    }
    for event in there:
        about = event["about"]
        assert set(about) <= ABOUT
        assert about["direction"] == "incoming", event
        assert about["from"].startswith(f"sip:far@{station.far_address}"), event
        assert station.address.partition(":")[0] in about["to"], event
        assert (about["target"], about["display_name"]) == ("far", "Anna"), event
        assert abs(datetime.now(UTC) - datetime.fromisoformat(event["time"])) < timedelta(hours=1), event
        assert began <= event["uptime"] <= time.monotonic(), event
        assert event["boot"] == station.events[-1]["boot"], event
    (last,) = [event for event in there if event["type"] == "call.ended"]
    assert last["about"]["codec"] == last["data"]["codec"] == {"name": "PCMA", "clock_rate_hz": 8000}
    assert "codec" not in next(event for event in there if event["type"] == "call.incoming")["about"]
    assert all("about" not in event for event in station.since if event["call"] is None)


def test_the_events_of_a_conference_name_who_is_in_and_who_is_invited(station, tmp_path):
    with contextlib.ExitStack() as stack:
        peers = {}
        for name, (address, port) in station.places.items():
            (directory := tmp_path / name).mkdir()
            options = {"address": address, "port": port, "ring": 0.3 if name == "two" else 60}
            peers[name] = stack.enter_context(Sipp(directory, "uas-answer", **options))
        invited = [{"to": "two"}, {"to": "three"}]
        conference = station.post("/v1/conferences", {"participants": invited})["id"]
        joined = station.wait("conference.participant_added", conference=conference)
        one, other = (f"sip:{name}@{address}:{port}" for name, (address, port) in station.places.items())
        assert (joined["about"]["to"], joined["about"]["conference"]) == (one, conference)
        assert joined["conference"]["id"] == conference
        (member,) = joined["conference"]["participants"]
        assert member == {"call": joined["call"], "uri": one, "name": "Flat two", "joining": "invited"}
        assert [each["uri"] for each in joined["conference"]["invitations"]] == [other]
        station.post(f"/v1/conferences/{conference}/recording")
        started = station.wait("recording.started", joined["call"])
        assert started["conference"]["id"] == conference
        has_sound(station, started["data"]["recording"])
        assert station.ask("DELETE", f"/v1/conferences/{conference}")[0] == 200
        ended = station.wait("conference.ended", conference=conference)
        assert [each["uri"] for each in ended["conference"]["participants"]] == [one]
        assert [each["uri"] for each in ended["conference"]["invitations"]] == [other]
        assert ended["conference"]["speaker"] is False
        available = station.wait("recording.available", joined["call"])
        assert available["data"]["recording"] == started["data"]["recording"]
        assert (available["about"]["to"], available["conference"]["id"]) == (one, conference)
    shown = station.get(f"/v1/conferences/{conference}")
    assert (shown["state"], shown["id"], len(shown["participants"])) == ("ended", conference, 2)
    assert shown["ended"] > shown["connected_since"]
    assert {each["state"] for each in shown["participants"]} == {"left"}
    status, answer = station.ask("POST", f"/v1/conferences/{conference}/recording")
    assert (status, answer["code"]) == (409, "conflict")
    told = station.wait("error", conference=conference)
    assert told["conference"]["id"] == conference


def test_a_client_that_filters_by_call_sees_that_its_recording_is_available(station, tmp_path):
    scenario = "uac-answered-ends"  # the call lasts until its recording has sound, however late that comes
    with Sipp(tmp_path, scenario, station.address, address=station.far_address, user="far") as peer:
        call = station.rung()
        station.post(f"/v1/calls/{call}/answer")
        station.talk(call)
        station.post(f"/v1/calls/{call}/recording")
        recording = station.wait("recording.started", call)["data"]["recording"]
        has_sound(station, recording)
        station.post(f"/v1/calls/{call}/hangup")
        station.final(call, kind="call.ended")
        peer.done()
    station.wait("recording.available", call, recording=recording)
    until(lambda: recording_ended(station, call), "its events by HTTP")
    assert station.ask("DELETE", f"/v1/recordings/{recording}")[0] in {200, 204}
    gone = station.wait("recording.deleted", recording=recording)
    assert (gone["call"], gone["about"]["direction"]) == (call, "incoming")


def recording_ended(station, call):
    told = station.get(f"/v1/events?call={call}&since=0&wait=1&types=recording.*")["events"]
    return [event["type"] for event in told if event["call"] == call][-1:] == ["recording.available"]
