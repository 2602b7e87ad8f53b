import asyncio
import json
import sys
from enum import Enum
from types import NoneType
from typing import Annotated, Literal, get_args, get_origin
from unittest.mock import Mock

import msgspec
import pytest
from msgspec import structs
from msgspec.structs import replace

import appliance
from appliance.api import http
from appliance.api.http import problems
from appliance.base.errors import ErrorCode, IntercomError
from appliance.core import inputs, orders
from appliance.core.audio.self_test import findings
from appliance.core.model import (
    CallSearch,
    Content,
    DetectionKind,
    DigitMethod,
    MessageId,
    RecordedSound,
    RecordingChannels,
    RecordingFormat,
    RecordingSearch,
    RequestId,
    Settings,
    SoundMeasured,
    SoundResult,
    Speech,
    Tone,
    TransferPolicy,
    UrlSound,
)
from appliance.orders import table
from appliance.orders.order import body as body_of
from appliance.runtime.reactor import Reactor
from tests.api import fake
from tests.core.sent import as_sent
from tests.support.waiting import until

BY_HAND = [
    ("POST", "/v1/calls/c-1/answer", None, inputs.AnswerCall("c-1")),
    ("PATCH", "/v1/calls/c-1", {"muted": True}, inputs.MuteCall("c-1", True)),
    ("PATCH", "/v1/calls/c-1", {"muted": False}, inputs.MuteCall("c-1", False)),
    ("PATCH", "/v1/calls/c-1", {"statistics_interval": 5}, inputs.SetStatisticsInterval("c-1", 5)),
    ("PATCH", "/v1/calls/c-1", {"report": ["level"]}, inputs.ReportLevels("c-1", wanted=True)),
    ("PATCH", "/v1/calls/c-1", {"report": []}, inputs.ReportLevels("c-1", wanted=False)),
    ("PATCH", "/v1/calls/c-1", {"dtmf": ["info"]}, inputs.SetDigitMethods("c-1", (DigitMethod.INFO,))),
    ("PATCH", "/v1/calls/c-1", {"dtmf": []}, inputs.SetDigitMethods("c-1", ())),
    ("PATCH", "/v1/calls/c-1", {"detect": ["beep"]}, inputs.DetectSound("c-1", (DetectionKind.BEEP,))),
    ("PATCH", "/v1/calls/c-1", {"detect": []}, inputs.DetectSound("c-1", ())),
    ("PATCH", "/v1/calls/c-1", {"active": True}, inputs.SwitchTo("c-1")),
    ("PATCH", "/v1/calls/c-1", {"active": False}, inputs.HoldCall("c-1", True)),
    (
        *("POST", "/v1/calls/c-1/tone", {"tone": "ringback", "country": "gb", "seconds": 3}),
        inputs.PlayTone(Tone.RINGBACK, "c-1", "gb", 3.0),
    ),
    ("PATCH", "/v1/calls/c-1", {"transfer_policy": "ask"}, inputs.SetTransferPolicy("c-1", TransferPolicy.ASK)),
    ("POST", "/v1/calls/c-1/transfer", {"to": "office"}, inputs.TransferCall("c-1", "office")),
    ("POST", "/v1/calls/c-1/transfer", {"call": "c-2"}, inputs.ConnectCalls("c-1", "c-2")),
    (
        *("POST", "/v1/events", {"name": "lift.called", "details": {"floor": "3"}, "call": "c-1"}),
        inputs.ReportCustom("lift.called", (("floor", "3"),), "c-1"),
    ),
]
# An object of each kind that the fake daemon has.
PLACES = {
    "account": "office",
    "button": "kitchen",
    "call": "c-1",
    "code": "a-1",
    "conference": "k-1",
    "door": "front",
    "flat": "12",
    "lamp": "status",
    "recording": "r-1",
    "ring": "v-1",
    "sensor": "leaf",
    "target": "speaker",
}


def listed(order, *, whole):
    """The request of an order of the list, whose body has all fields or those that it needs, and the action."""
    shape = body_of(order)
    fields = structs.fields(shape) if shape is not None else ()
    sent = {each.name: example(each.type) for each in fields if whole or each.required}
    values = {**{order.names.get(name, name): PLACES[name] for name in order.parts}, **order.fixed}
    values |= {name: [*value.items()] if isinstance(value, dict) else value for name, value in sent.items()}
    path = order.path.format(**PLACES)
    return (
        order.method,
        path,
        sent or ({} if order.method == "PATCH" else None),
        msgspec.convert(msgspec.to_builtins(values), order.makes),
    )


def example(shape):
    """A value that a field takes: its first example, or else one of its type."""
    if get_origin(shape) is Annotated:
        examples = [each.examples[0] for each in shape.__metadata__ if getattr(each, "examples", None)]
        return examples[0] if examples else example(get_args(shape)[0])
    if get_origin(shape) is Literal:
        return get_args(shape)[0]
    if get_origin(shape) is dict:
        return {"X-Floor": "2"}
    if get_args(shape):
        return example(next(each for each in get_args(shape) if each is not NoneType))
    return next(iter(shape)).value if issubclass(shape, Enum) else {bool: True, float: 2.0, int: 2, str: "c-1"}[shape]


LISTED = [
    listed(order, whole=whole)
    for order in table.ORDERS
    if not order.by_hand and order.makes is not None
    for whole in ((False, True) if body_of(order) is not None else (False,))
]
ORDERS = [*BY_HAND, *LISTED]


LETTER = {"to": "Kitchen", "text": "There is a parcel", "headers": {"X-Floor": "2"}}
CONTENT = Content("text/plain", "There is a parcel", (("X-Floor", "2"),))
MESSAGES = [
    ("/v1/messages", LETTER | {"account": "office"}, inputs.SendText("Kitchen", CONTENT, "office")),
    ("/v1/calls/c-1/message", {"text": "Hi"}, inputs.SendCallText("c-1", Content("text/plain", "Hi"))),
    (
        "/v1/calls/c-1/info",
        {"content_type": "application/json", "body": "{}"},
        inputs.SendInfo("c-1", Content("application/json", "{}")),
    ),
]


@pytest.mark.parametrize(("path", "body", "action"), MESSAGES)
def test_a_message_is_taken_and_its_id_returned(client, station, path, body, action):
    station.replies = lambda _: orders.Reply(RequestId("q-1"), message=MessageId("m-1"))
    answer = client.post(path, json=body)
    assert (answer.status_code, answer.json()["message"]) == (202, "m-1")
    assert [asked for asked, _ in station.requests] == [action]


TEXTS = [
    ("/v1/audio/say", {"text": "Hi"}, Speech("Hi")),
    (
        "/v1/calls/c-1/say",
        {"text": "\0", "language": "de", "voice": "f3", "rate": 100, "volume": 50, "speaker": True},
        Speech("\0", call="c-1", speaker=True, volume=50.0, language="de", voice="f3", rate=100),
    ),
]


def _without_id(sound):
    assert sound.playback.startswith("p-")
    return msgspec.structs.replace(sound, playback="")


@pytest.mark.parametrize(("path", "body", "wanted"), TEXTS)
def test_a_text_is_spoken_and_events_report_the_rest(client, station, path, body, wanted):
    assert client.post(path, json=body).status_code == 202
    assert [_without_id(said) for said, _ in station.said] == [wanted]
    station.replies = lambda _: orders.Reply(RequestId("q-1"), error=IntercomError(ErrorCode.CALL_NOT_FOUND, "None."))
    assert client.post(path, json=body).json()["code"] == "call-not-found"


@pytest.mark.parametrize(
    "odd",
    [
        *({"language": language} for language in ("../en", "/etc/passwd", "-w", "en\n", "x" * 99)),
        *({"voice": voice} for voice in ("../f3", "/x", "-w", "f3\0")),
        *({"rate": rate} for rate in (0, -1, 79, 451, 1.5)),
        *({"volume": volume} for volume in (-1, 201)),
        *({"text": text} for text in (None, 5, ["a"])),
        {"file": "/etc/passwd"},
    ],
)
def test_how_a_text_is_spoken_has_limits(client, station, odd):
    for path in ("/v1/audio/say", "/v1/calls/c-1/say"):
        answer = client.post(path, json={"text": "47110815"} | odd)
        assert (answer.status_code, answer.json()["code"]) == (400, "parameter-invalid")
        assert "47110815" not in answer.text
    half = client.post(
        "/v1/audio/say", content=b'{"text": "\\ud800 \xff"}', headers={"Content-Type": "application/json"}
    )
    assert half.json()["code"] == "parameter-invalid"
    assert station.said == []


SOUNDS = [
    ("/v1/calls/c-1/playback", {"sound": "a", "speaker": True}, inputs.PlaySound(sound="a", call="c-1", speaker=True)),
    (
        "/v1/audio/playback",
        {"sound": "a", "loop": True, "volume": 50},
        inputs.PlaySound(sound="a", loop=True, volume=50.0),
    ),
]


@pytest.mark.parametrize(("path", "body", "action"), SOUNDS)
def test_a_sound_is_taken_and_events_report_the_rest(client, station, path, body, action):
    assert client.post(path, json=body).status_code == 202
    assert [_without_id(asked) for asked, _ in station.requests] == [action]


URLS = [
    ("/v1/audio/playback", {"url": "https://x.example/a.wav"}, UrlSound(url="https://x.example/a.wav")),
    (
        "/v1/calls/c-1/playback",
        {"url": "http://x", "loop": True, "volume": 50, "seconds": 9, "speaker": True},
        UrlSound(url="http://x", call="c-1", speaker=True, loop=True, volume=50.0, seconds=9.0),
    ),
    ("/v1/audio/playback", {"recording": "r-1"}, RecordedSound(recording="r-1")),
    (
        "/v1/calls/c-1/playback",
        {"recording": "r-1", "loop": True, "volume": 50, "seconds": 9, "speaker": True},
        RecordedSound(recording="r-1", call="c-1", speaker=True, loop=True, volume=50.0, seconds=9.0),
    ),
]


@pytest.mark.parametrize(("path", "body", "wanted"), URLS)
def test_a_url_is_fetched_or_a_recording_played_and_events_report_the_rest(client, station, path, body, wanted):
    assert client.post(path, json=body).status_code == 202
    assert [_without_id(url) for url, _ in station.fetched] == [wanted]
    station.replies = lambda _: orders.Reply(RequestId("q-1"), error=IntercomError(ErrorCode.CALL_NOT_FOUND, "None."))
    assert client.post(path, json=body).json()["code"] == "call-not-found"


@pytest.mark.parametrize(
    "odd",
    [
        *({}, {"sound": "a", "url": "http://47110815"}, {"url": 47110815}, {"url": "http://47110815" * 200}),
        *({"sound": "a", "recording": "r-47110815"}, {"recording": "../47110815"}, {"recording": "r-47110815/../.."}),
    ],
)
def test_a_sound_is_a_file_a_url_or_a_recording_and_its_refusal_does_not_repeat_it(client, station, odd):
    for path in ("/v1/audio/playback", "/v1/calls/c-1/playback"):
        answer = client.post(path, json=odd)
        assert (answer.status_code, answer.json()["code"]) == (400, "parameter-invalid")
        assert "47110815" not in answer.text
    assert station.fetched == station.requests == []


def test_a_recording_is_ordered_and_events_report_the_rest(client, station):
    path, separate = "/v1/calls/c-1/recording", RecordingChannels.SEPARATE
    for body in (None, {}, {"channels": "separate"}, {"format": "opus", "note": "Parcel"}):
        assert client.post(path, json=body).status_code == 202
    wanted = [inputs.StartRecording("c-1")] * 2 + [inputs.StartRecording("c-1", separate)]
    wanted.append(inputs.StartRecording("c-1", None, RecordingFormat.OPUS, "Parcel"))
    assert [asked for asked, _ in station.requests] == wanted
    wrong = [{"channels": "three"}, {"format": "mp3"}, {"note": 5}, {"name": "x"}]
    for where, odd in (*((path, each) for each in wrong), ("/v1/recordings/live/r-1/mute", {"side": "both"})):
        assert client.post(where, json=odd).json()["code"] == "parameter-invalid"


def test_recordings_that_run_are_listed_and_shown(client, station):
    station.state["calls"] = [fake.call("c-1"), fake.call("c-2", recording="r-1", recording_paused=True)]
    station.state["calls"][1]["recording_muted"] = ["remote"]
    row = {
        "id": "r-1",
        "kind": "call",
        "call": "c-2",
        "remote": "sip:kitchen@127.0.0.1:5070",
        "paused": True,
        "muted": ["remote"],
        "url": "/v1/recordings/r-1/audio",
    }
    assert client.get("/v1/recordings/live").json() == {"recordings": [row]}
    assert client.get("/v1/recordings/live/r-1").json() == row
    over = client.get("/v1/recordings/live/r-2").json()
    assert over["code"] == "recording-not-found"
    assert over["resolution"] == "GET /v1/recordings/live lists those that run."
    station.state["message"] = {"id": "r-2-message", "rung": "house", "begun": False}
    message = {
        "id": "r-2-message",
        "kind": "message",
        "call": "",
        "remote": "house",
        "paused": False,
        "muted": [],
        "url": "/v1/recordings/r-2-message/audio",
    }
    assert client.get("/v1/recordings/live").json() == {"recordings": [row, message]}
    assert client.get("/v1/recordings/live/r-2-message").json() == message


def test_the_state_is_the_daemons_snapshot_and_is_never_cached(client, station):
    station.tell("appliance.ready", address="x")
    answer = client.get("/v1/state")
    assert answer.status_code == 200
    assert answer.json() == as_sent(station.snapshot())
    assert answer.json()["last_event"] == 1
    assert answer.headers["cache-control"] == "no-store"


def test_calls_are_listed_and_read(client, station):
    station.state["calls"] = [fake.call("c-1"), fake.call("c-2")]
    assert client.get("/v1/calls").json() == {"calls": as_sent(station.calls())}
    assert client.get("/v1/calls/c-2").json() == fake.call("c-2")


def test_placing_a_call_returns_where_it_is(client, station):
    station.state["calls"] = [fake.call("c-7", state="dialing")]
    station.replies = fake.placed("c-7")
    answer = client.post("/v1/calls", json={"to": "Kitchen", "headers": {"X-Floor": "2"}})
    assert answer.status_code == 201
    assert answer.headers["location"] == "/v1/calls/c-7"
    assert answer.json() == {"id": "c-7", "call": fake.call("c-7", state="dialing"), "warning": None}
    assert [action for action, _ in station.requests] == [inputs.Dial("Kitchen", (("X-Floor", "2"),))]


@pytest.mark.parametrize(("method", "path", "body", "action"), ORDERS)
def test_each_order_becomes_one_request(client, station, method, path, body, action):
    answer = client.request(method, path, json=body) if body is not None else client.request(method, path)
    assert answer.status_code == (202 if path.endswith("/transfer") else 200), answer.text
    assert [asked for asked, _ in station.requests] == [action]
    assert answer.json()["warning"] is None


def test_the_daemon_learns_which_client_asked(shared, station):
    for client in (shared.tcp(), shared.unix()):
        with client:
            client.post("/v1/doors/front/open")
    assert [who for _, who in station.requests] == ["http:token", "http:unix"]


def test_a_redundant_order_succeeds_with_a_warning(client, station):
    station.state["calls"] = [fake.call("c-1", muted=True)]
    station.replies = fake.redundant("The call is muted already.")
    answer = client.patch("/v1/calls/c-1", json={"muted": True})
    assert answer.status_code == 200
    assert answer.json() == {"id": "c-1", "call": as_sent(station.call("c-1")), "warning": "The call is muted already."}


def test_both_that_can_be_changed_of_a_call_are_changed_and_none_is_an_error(client, station):
    assert client.patch("/v1/calls/c-1", json={"muted": False, "active": True}).status_code == 200
    assert [asked for asked, _ in station.requests] == [inputs.SwitchTo("c-1"), inputs.MuteCall("c-1", False)]
    answer = client.patch("/v1/calls/c-1", json={})
    assert (answer.status_code, answer.json()["code"]) == (400, "parameter-invalid")


def test_doors_accounts_and_panel_are_parts_of_the_state(client, station):
    assert client.get("/v1/doors").json() == {"doors": station.state["doors"]}
    assert client.get("/v1/accounts").json() == {"accounts": station.state["accounts"]}
    assert client.get("/v1/accounts/office").json() == station.state["accounts"][0]
    assert client.get("/v1/doors/front").json() == station.state["doors"][0]
    assert client.get("/v1/panel").json() == station.state["panel"]


@pytest.mark.parametrize("path", ["/livez", "/readyz"])
def test_a_healthy_station_is_ok(client, path):
    answer = client.get(path)
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


def test_a_station_that_is_not_ready_says_why(client, station):
    station.why_not_ready = "SIP is not ready"
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert answer.json()["cause"] == "SIP is not ready"
    assert client.get("/livez").status_code == 200


def test_a_dead_reactor_is_not_live(client, station):
    station.is_alive = False
    assert client.get("/livez").status_code == 503


def test_recordings_are_paged_newest_first(client, station):
    for _ in range(5):
        station.recordings.add()
    first = client.get("/v1/recordings", params={"limit": 2}).json()
    assert [row["id"] for row in first["recordings"]] == ["r-005", "r-004"]
    second = client.get("/v1/recordings", params={"limit": 2, "cursor": first["next"]}).json()
    third = client.get("/v1/recordings", params={"limit": 2, "cursor": second["next"]}).json()
    assert [row["id"] for row in third["recordings"]] == ["r-001"]
    assert third["next"] is None


def test_a_full_last_page_has_no_next(client, station):
    station.recordings.add()
    assert client.get("/v1/recordings", params={"limit": 1}).json()["next"] is None


def test_the_call_log_is_paged_newest_first(client, station):
    station.call_log.rows = [fake.logged(f"c-{number}") for number in range(1, 6)]
    pages, cursor = [], None
    while not pages or cursor:
        answer = client.get("/v1/log/calls", params={"limit": 2} | ({"cursor": cursor} if cursor else {})).json()
        pages.append([call["id"] for call in answer["calls"]])
        cursor = answer["next"]
    assert pages == [["c-5", "c-4"], ["c-3", "c-2"], ["c-1"]]


def test_recordings_are_searched_by_time_party_door_outcome_note_and_kind(client, station):
    station.recordings.add()
    wanted = {"party": "Ann", "door": "front", "outcome": "no_answer", "note": "100% & more", "kind": "message"}
    times = {"after": "2026-11-20T08:00:00+01:00", "before": "2026-11-21T00:00:00.5Z"}
    assert len(client.get("/v1/recordings", params={**wanted, **times, "limit": 2}).json()["recordings"]) == 1
    after, before = "2026-11-20T07:00:00.000000Z", "2026-11-21T00:00:00.500000Z"
    assert station.recordings.searches == [RecordingSearch(**wanted, after=after, before=before)]


@pytest.mark.parametrize("where", ["/v1/recordings", "/v1/log/calls"])
@pytest.mark.parametrize(
    "query",
    [
        *("after=yesterday", "before=2026-11-20T25:00:00", "outcome=perhaps", f"party={'x' * 201}", "cursor=r-1"),
        "after=0001-01-01T00:00:00%2B14:00",  # there is no such moment in UTC
    ],
)
def test_a_search_that_makes_no_sense_is_refused(client, station, where, query):
    answer = client.get(f"{where}?{query}")
    assert (answer.status_code, answer.json()["code"]) == (400, "parameter-invalid")
    assert station.recordings.searches == station.call_log.searches == []


def test_the_call_log_is_searched_by_time_party_direction_outcome_and_whether_it_was_missed(client, station):
    station.call_log.rows = [fake.logged("c-1", direction="incoming", missed=True)]
    wanted = {"party": "Ann", "direction": "incoming", "outcome": "no_answer"}
    times = {"after": "2026-11-20T08:00:00+01:00", "before": "2026-11-21T00:00:00.5Z"}
    found = client.get("/v1/log/calls", params={**wanted, **times, "missed": "true"}).json()["calls"]
    assert [call["id"] for call in found] == ["c-1"]
    after, before = "2026-11-20T07:00:00.000000Z", "2026-11-21T00:00:00.500000Z"
    assert station.call_log.searches == [CallSearch(**wanted, after=after, before=before, missed=True)]
    client.get("/v1/log/calls")
    assert station.call_log.searches[1:] == [CallSearch()]
    for query in ("direction=sideways", "missed=perhaps"):
        assert client.get(f"/v1/log/calls?{query}").json()["code"] == "parameter-invalid"


def test_the_audit_is_searched_by_time(client, station):
    station.audit.rows = [fake.event("door.denied", 1, {"door": "front"}) | {"hash": "0" * 64}]
    for moment, count in ((fake.TIME, 1), ("2026-11-20T06:07:09Z", 0)):
        assert len(client.get("/v1/log/doors", params={"after": moment}).json()["events"]) == count
        assert len(client.get("/v1/log/doors", params={"before": moment}).json()["events"]) == 1 - count
    assert client.get("/v1/log/doors?after=yesterday").json()["code"] == "parameter-invalid"


def test_a_recording_says_where_its_audio_is(client, station):
    row = station.recordings.add()
    told = client.get(f"/v1/recordings/{row.id}").json()
    assert told["url"] == f"/v1/recordings/{row.id}/audio"
    assert told["remote"] == "Kitchen" and told["complete"] is True
    audio = client.get(told["url"])
    assert audio.status_code == 200
    assert audio.headers["content-type"] == "audio/wav"
    assert audio.content == station.recordings.path(row.id).read_bytes()


def test_the_audio_of_a_converted_recording_is_ogg(client, station):
    row = station.recordings.add(format="opus")
    assert client.get(f"/v1/recordings/{row.id}").json()["format"] == "opus"
    for headers, status in (({}, 200), ({"Range": "bytes=0-99"}, 206)):
        answer = client.get(f"/v1/recordings/{row.id}/audio", headers=headers)
        assert (answer.status_code, answer.headers["content-type"]) == (status, "audio/ogg")
        assert f"{row.id}.opus" in answer.headers["content-disposition"]


def test_audio_that_is_converted_at_this_moment_is_sent(client, station, monkeypatch):
    row = station.recordings.add(format="opus")
    file = station.recordings.path(row.id)
    found = iter([file.with_suffix(".wav"), file])
    monkeypatch.setattr(station.recordings, "sound", lambda _: next(found))
    assert client.get(f"/v1/recordings/{row.id}/audio").content == file.read_bytes()


def test_audio_whose_file_gives_way_before_it_is_sent_is_sent(client, station, monkeypatch):
    class Converted(problems.OpenedFile):
        def __init__(self, *given):
            super().__init__(*given)
            file.unlink()

    row = station.recordings.add()
    file = station.recordings.path(row.id)
    sound = file.read_bytes()
    monkeypatch.setattr(problems, "OpenedFile", Converted)
    assert client.get(f"/v1/recordings/{row.id}/audio").content == sound


@pytest.mark.parametrize(
    ("wanted", "first", "last"), [("bytes=0-99", 0, 99), ("bytes=16000-", 16000, 16043), ("bytes=-44", 16000, 16043)]
)
def test_a_range_of_the_audio_can_be_fetched(client, station, wanted, first, last):
    row = station.recordings.add()
    whole = station.recordings.path(row.id).read_bytes()
    answer = client.get(f"/v1/recordings/{row.id}/audio", headers={"Range": wanted})
    assert answer.status_code == 206
    assert answer.headers["content-range"] == f"bytes {first}-{last}/{len(whole)}"
    assert answer.content == whole[first : last + 1]


@pytest.mark.parametrize(
    ("wanted", "status", "code"),
    [("bytes=99999-", 416, "range-not-satisfiable"), ("bytes=x", 400, "parameter-invalid")],
)
def test_a_range_outside_the_audio_is_a_problem(client, station, wanted, status, code):
    row = station.recordings.add()
    answer = client.get(f"/v1/recordings/{row.id}/audio", headers={"Range": wanted})
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"
    assert ("content-range" in answer.headers) == (status == 416)


def test_a_recording_in_progress_has_no_audio_yet(client, station):
    row = station.recordings.add(complete=False, duration_s=0.0, bytes=0, sha256="")
    answer = client.get(f"/v1/recordings/{row.id}/audio")
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")


def test_a_recording_has_a_waveform(client, station):
    row, running = station.recordings.add(), station.recordings.add(complete=False)
    shown = client.get(f"/v1/recordings/{row.id}/peaks").json()
    assert (shown["version"], shown["length"], shown["data"]) == (2, 1, [-128, 127])
    for wanted, code in ((running.id, "conflict"), ("r-9", "recording-not-found")):
        assert client.get(f"/v1/recordings/{wanted}/peaks").json()["code"] == code


def test_a_recording_without_its_file_is_not_found(client, station):
    row = station.recordings.add()
    station.recordings.path(row.id).unlink()
    assert client.get(f"/v1/recordings/{row.id}/audio").json()["code"] == "recording-not-found"


def test_a_finished_recording_is_deleted_and_one_that_is_written_is_refused(client, station):
    row, running = station.recordings.add(), station.recordings.add(complete=False)
    by = "http:token" if "authorization" in client.headers else "http:unix"
    assert client.delete(f"/v1/recordings/{row.id}").json() == {"warning": None}
    assert station.recordings.deleted == [(row.id, by)]
    refused = client.delete(f"/v1/recordings/{running.id}")
    assert (refused.status_code, refused.json()["code"]) == (409, "conflict")
    again = client.delete(f"/v1/recordings/{row.id}")
    assert (again.status_code, again.json()["code"]) == (404, "recording-not-found")
    assert [kept["id"] for kept in client.get("/v1/recordings").json()["recordings"]] == [running.id]


def test_a_recording_is_protected_and_no_longer(client, station):
    row = station.recordings.add()
    for wanted in (True, True, False):
        assert client.patch(f"/v1/recordings/{row.id}", json={"protected": wanted}).json()["protected"] is wanted
        assert client.get("/v1/recordings").json()["recordings"][0]["protected"] is wanted
    by = "http:token" if "authorization" in client.headers else "http:unix"
    assert station.recordings.protections == [(row.id, by, wanted) for wanted in (True, True, False)]
    for body in ({}, {"protected": "perhaps"}, {"protected": None}, {"protected": True, "id": "r-2"}):
        assert client.patch(f"/v1/recordings/{row.id}", json=body).json()["code"] == "parameter-invalid"
    assert client.patch("/v1/recordings/r-9", json={"protected": True}).json()["code"] == "recording-not-found"


BAD = [
    ("GET", "/v1/calls/c-9", None, 404, "call-not-found"),
    ("GET", "/v1/doors/cellar", None, 404, "door-not-found"),
    ("GET", "/v1/accounts/none", None, 404, "account-not-found"),
    ("GET", "/v1/recordings/r-9", None, 404, "recording-not-found"),
    ("GET", "/v1/recordings/r-9/audio", None, 404, "recording-not-found"),
    ("GET", "/v1/recordings?limit=0", None, 400, "parameter-invalid"),
    ("GET", "/v1/recordings?limit=many", None, 400, "parameter-invalid"),
    ("GET", "/v1/log/calls?limit=0", None, 400, "parameter-invalid"),
    ("GET", "/v1/log/calls?cursor=c-1", None, 400, "parameter-invalid"),
    ("GET", "/v1/rules/try?at=0001-01-01T00:00:00%2B12:00", None, 400, "parameter-invalid"),
    ("GET", "/v1/rules/try?at=9999-12-31T23:59", None, 400, "parameter-invalid"),
    ("GET", "/v1/nothing", None, 404, "not-found"),
    ("GET", "/nothing", None, 404, "not-found"),
    ("GET", "/redoc", None, 404, "not-found"),
    ("GET", "/../http.token", None, 404, "not-found"),
    ("PUT", "/v1/state", None, 405, "method-not-allowed"),
    ("POST", "/v1/state", None, 405, "method-not-allowed"),
    ("GET", "/v1/events", None, 426, "upgrade-required"),
    ("POST", "/v1/calls", None, 400, "parameter-invalid"),
    ("POST", "/v1/calls", "{", 400, "parameter-invalid"),
    ("POST", "/v1/calls", "[]", 400, "parameter-invalid"),
    ("POST", "/v1/calls", {}, 400, "parameter-invalid"),
    ("POST", "/v1/calls", {"to": ""}, 400, "parameter-invalid"),
    ("POST", "/v1/calls", {"to": 7}, 400, "parameter-invalid"),
    ("POST", "/v1/calls", {"to": "a\r\nX-Evil: 1"}, 400, "parameter-invalid"),
    ("POST", "/v1/calls", {"to": "a", "too": "b"}, 400, "parameter-invalid"),
    ("POST", "/v1/calls", {"to": "a", "headers": {"From": "b"}}, 400, "parameter-invalid"),
    ("POST", "/v1/calls", {"to": "a", "headers": {"X-A": "b\r\nFrom: c"}}, 400, "parameter-invalid"),
    *(
        ("POST", "/v1/events", body, 400, "parameter-invalid")
        for body in (
            *(
                {},
                {"name": ""},
                {"name": "Lift!"},
                {"name": "a b"},
                {"name": "a" * 65},
                {"name": "a", "type": "call.ended"},
            ),
            *({"name": "a", "details": {"floor": 3}}, {"name": "a", "details": {"": "3"}}),
            *({"name": "a", "details": {"b": "c" * 257}}, {"name": "a", "details": {f"b{n}": "c" for n in range(17)}}),
            *({"name": "a", "details": {"b": "c\n"}}, {"name": "a", "details": {"b": "\x1b[2J"}}),
            *('{"name": "a", "details": {"b": "\\ud800"}}', {"name": "a", "call": "c" * 65}),
        )
    ),
    ("PATCH", "/v1/calls/c-1", {}, 400, "parameter-invalid"),
    ("POST", "/v1/calls/c-1/reject", {"code": 200}, 400, "parameter-invalid"),
    ("POST", "/v1/calls/c-1/dtmf", {"digits": "12x"}, 400, "parameter-invalid"),
    ("POST", "/v1/calls/c-1/dtmf", {"digits": ""}, 400, "parameter-invalid"),
    ("PATCH", "/v1/calls/c-1", {"transfer_policy": "maybe"}, 400, "parameter-invalid"),
    ("POST", "/v1/calls/c-1/transfer-request/fail", {"code": 200}, 400, "parameter-invalid"),
    ("POST", "/v1/calls/c-1/transfer-request/fail", {"reason": "a\r\nb"}, 400, "parameter-invalid"),
    ("POST", "/v1/calls/c-1/transfer", {}, 400, "parameter-invalid"),
    ("POST", "/v1/calls/c-1/transfer", {"to": "office", "call": "c-2"}, 400, "parameter-invalid"),
    ("POST", "/v1/calls/c-1/transfer", {"to": "a\r\nX-Evil: 1"}, 400, "parameter-invalid"),
    ("POST", "/v1/doors/front/open", {"seconds": 0}, 400, "parameter-invalid"),
    ("POST", "/v1/doors/front/open", {"seconds": -1}, 400, "parameter-invalid"),
    ("POST", "/v1/doors/front/open", '{"seconds": NaN}', 400, "parameter-invalid"),
    ("POST", "/v1/doors/front/open", '{"seconds": 1e999}', 400, "parameter-invalid"),
    ("POST", "/v1/panel/buttons/kitchen/press", {"seconds": 61}, 400, "parameter-invalid"),
    ("POST", "/v1/calls", {"to": "a" * 70_000}, 413, "body-too-long"),
    ("GET", "/v1/calls/" + "c" * 65, None, 400, "parameter-invalid"),
]


@pytest.mark.parametrize(("method", "path", "body", "status", "code"), BAD)
def test_what_cannot_be_served_is_a_problem_and_asks_nothing(client, station, method, path, body, status, code):
    content = body if isinstance(body, str) or body is None else json.dumps(body)
    answer = client.request(method, path, content=content, headers={"Content-Type": "application/json"})
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    told = answer.json()
    assert (answer.status_code, told["status"], told["code"]) == (status, status, code), told
    assert set(told) == {"type", "title", "status", "detail", "instance", "code", "cause", "resolution"}
    assert told["type"] == f"urn:intercomd:error:{code}"
    assert station.requests == []


def test_a_wrong_method_is_answered_with_the_right_ones(client):
    assert client.put("/v1/state").headers["allow"] == "GET"


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("call-not-found", 404),
        ("call-wrong-state", 409),
        ("too-many-calls", 409),
        ("number-invalid", 400),
        ("parameter-invalid", 400),
        ("door-not-found", 404),
        ("door-locked-down", 409),
        ("door-blocked", 409),
        ("sensor-not-found", 404),
        ("button-not-found", 404),
        ("forbidden", 403),
        ("unavailable", 503),
        ("a-code-nobody-knows", 500),
    ],
)
def test_the_daemons_own_errors_keep_their_words(client, station, code, status):
    station.replies = fake.refused(code)
    answer = client.post("/v1/calls/c-1/answer")
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json() == {
        "type": f"urn:intercomd:error:{code}",
        "title": code.replace("-", " ").capitalize(),
        "status": status,
        "detail": "No.",
        "instance": "/v1/calls/c-1/answer",
        "code": code,
        "cause": "Because.",
        "resolution": "Do not.",
    }


def test_a_fault_of_intercomd_is_logged_and_reported_without_details(client, station, caplog):
    def fail(_):
        raise RuntimeError("the secret detail")

    station.replies = fail
    answer = client.post("/v1/calls/c-1/answer")
    assert (answer.status_code, answer.json()["code"]) == (500, "error")
    assert answer.headers["content-type"] == "application/problem+json"
    assert "secret" not in answer.text
    until(lambda: "the secret detail" in caplog.text)  # it is logged after the answer


def test_a_daemon_that_does_not_answer_is_unavailable(client, station, monkeypatch, set_times):
    async def never(action, who):
        silent = Reactor(Settings("silent"), Mock())
        silent._loop = asyncio.get_running_loop()
        monkeypatch.setattr(silent, "_drain", lambda: None)
        return await silent.request(action, who)

    set_times(reply_s=0.05)
    station.request = never
    assert client.post("/v1/doors/front/open").json()["code"] == "unavailable"


def test_volume_and_gain_are_shown_and_set(client, station):
    assert client.get("/v1/audio").json() == station.state["audio"]
    assert client.patch("/v1/audio", json={"volume": 60, "speaker_muted": False}).json() == {"warning": None}
    assert station.requests[-1][0] == inputs.ChangeAudio(volume=60, speaker_muted=False)
    assert client.patch("/v1/audio", json={"volume": 101}).status_code in {400, 422}


def test_the_sound_cards_are_listed(client, station):
    assert client.get("/v1/audio/devices").json() == {"devices": station.state["audio"]["devices"]}


def test_the_sounds_are_listed(client, station):
    station.names = [{"name": "chime", "built_in": True}]
    assert client.get("/v1/audio/sounds").json() == {"sounds": station.names}


def test_the_result_of_a_self_test_has_its_levels_and_the_advice(client, station):
    measured = SoundMeasured(56000, -60.0, -20.0, -5.0, 40.0, 0.0)
    found = replace(findings(measured, SoundResult.LOUD_ECHO, "Lower it.", 70.0), applied=True)
    station.replies = lambda _: orders.Reply(RequestId("q-1"), trial=found)
    answer = client.post("/v1/audio/self-test", json={"seconds": 1, "apply": True})
    assert answer.json() == {
        "result": "loud_echo",
        "advice": "Lower it.",
        "heard": True,
        "quiet_dbfs": -60.0,
        "tone_dbfs": -20.0,
        "echo_db": -5.0,
        "echo_delay_ms": 40.0,
        "clipped": 0.0,
        "volume": 70.0,
        "applied": True,
    }
    assert [action for action, _ in station.requests] == [inputs.TestSound(1.0, apply=True)]


def test_what_the_doctor_finds_is_reported(client, station):
    station.findings = [
        {"check": "configuration", "level": "ok", "message": "All is well.", "cause": "", "resolution": ""}
    ]
    assert client.post("/v1/doctor").json() == {"findings": station.findings}


def test_a_newcomer_finds_every_request_at_the_root(shared):
    """GET /v1 needs no token, like the description."""
    with shared.tcp(token=None) as client:
        index = client.get("/v1").json()
        described = client.get(index["openapi"]).json()["paths"]
    requests = {(each["method"].lower(), each["path"]): each["summary"] for each in index["requests"]}
    assert set(requests) == {(method, path) for path, methods in described.items() for method in methods}
    assert requests["get", "/v1/calls"] == "All current calls."
    assert index["version"] == appliance.__version__


def test_the_configuration_is_shown_as_the_daemon_has_it(client, station):
    shown = {"configuration": station.configuration(), "do_not_disturb": False}
    assert client.get("/v1/config").json() == shown


def test_metrics_without_the_library_name_the_package(client, monkeypatch):
    monkeypatch.delitem(sys.modules, "appliance.api.http.metrics", raising=False)
    monkeypatch.delattr(http, "metrics", raising=False)  # else the import finds it there
    monkeypatch.setitem(sys.modules, "prometheus_client", None)
    answer = client.get("/metrics")
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert "apt install python3-prometheus-client" in answer.json()["resolution"]


@pytest.mark.parametrize(
    ("path", "methods"), [("/v1/calls", "GET, POST"), ("/v1/calls/c-1", "DELETE, GET, PATCH"), ("/v1/state", "GET")]
)
def test_a_method_that_a_path_does_not_support_is_refused_with_all_that_it_does(client, path, methods):
    refused = client.put(path)
    assert (refused.status_code, refused.headers["allow"]) == (405, methods)
    assert refused.json()["cause"] == f"It supports {methods}."
