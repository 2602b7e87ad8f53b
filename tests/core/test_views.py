"""What the state means outside: the picture, the tone, the line for people, and the snapshot."""

import json

import pytest
from msgspec.structs import replace

from appliance.core import desired_state, events, inputs, sound, status_line
from appliance.core.model import (
    DARK,
    Account,
    AccountId,
    AccountSettings,
    AccountState,
    AppliancePart,
    By,
    Call,
    CallHeaders,
    CallId,
    CallSound,
    CallsPart,
    CallState,
    CallTimes,
    Cause,
    ClientToken,
    Conference,
    ConferenceId,
    Content,
    Direction,
    DoorsPart,
    End,
    LampId,
    LampOutput,
    LampSettings,
    LockoutScope,
    OpenedBy,
    OpenRecording,
    Pattern,
    Picture,
    Pulse,
    Quality,
    RecordingId,
    Remote,
    SoundTrial,
    State,
    Tone,
    Watch,
)
from appliance.core.model.conferences import Joining
from appliance.core.orders import LogCall, Place, PrepareRecording
from appliance.core.panel import indications
from appliance.core.summaries import summary
from appliance.core.views.events import ConferenceMember
from appliance.core.wall_clock import iso
from tests.core import sent
from tests.core.sent import call_view, ended_conference, facts_in_events
from tests.core.station import FRONT, GATE, KITCHEN, PCMA, SETTINGS, Station, ready

S, IN, OUT = CallState, Direction.INCOMING, Direction.OUTGOING
READY = State(
    SETTINGS,
    now=100.0,
    appliance=AppliancePart(sip_ready=True, sip_address="127.0.0.1:5060"),
    doors=DoorsPart(relay_ready=True),
)
OFFICE = AccountSettings(AccountId("office"), "201", "pbx.example", "pbx.example:5060")
REGISTERED = {
    "settings": replace(SETTINGS, accounts=(OFFICE,)),
    "accounts": {"begun": (Account(OFFICE.name, AccountState.REGISTERED),)},
}
OPEN = ((FRONT, Pulse(id=1, began=100.0, until=103.0, by="test", means=OpenedBy.API, confirmed=True, energised=True)),)


def having(state: CallState, direction: Direction = OUT, **fields) -> Call:
    remote = Remote(KITCHEN, "Kitchen display", "kitchen")
    return Call(CallId("c-1"), direction, state, remote, created=90.0, deadline=200.0, **fields)


def changed(state: State, changes: dict) -> State:
    """Replace fields of parts of the state, or parts as a whole."""
    for part, to in changes.items():
        state = replace(state, **{part: replace(getattr(state, part), **to) if isinstance(to, dict) else to})
    return state


CALLS = [
    (having(S.DIALING), Picture.DIALING, Tone.DIALING, "calling kitchen"),
    (having(S.RINGING), Picture.DIALING, Tone.DIALING, "calling kitchen"),
    (having(S.EARLY_MEDIA), Picture.DIALING, Tone.DIALING, "calling kitchen"),
    (having(S.CONNECTING), Picture.DIALING, None, "calling kitchen"),
    (having(S.INCOMING, IN), Picture.RINGING, Tone.RINGING, "kitchen calls"),
    (having(S.INCOMING, IN, answered_by_us=True), Picture.RINGING, None, "kitchen calls"),
    (having(S.CONNECTING, IN, answered_by_us=True), Picture.RINGING, None, "kitchen calls"),
    (having(S.CONNECTED), Picture.IN_CALL, None, "in a call with kitchen"),
    (
        having(S.CONNECTED, media=CallSound(held_local=True)),
        Picture.HELD,
        Tone.HELD,
        "in a call with kitchen, held by us",
    ),
    (
        having(S.CONNECTED, media=CallSound(held_remote=True)),
        Picture.HELD,
        Tone.HELD,
        "in a call with kitchen, held by them",
    ),
    (
        having(S.CONNECTED, media=CallSound(held_local=True, held_remote=True)),
        Picture.HELD,
        Tone.HELD,
        "in a call with kitchen, held by both",
    ),
    (having(S.DISCONNECTING), Picture.IDLE, None, "ready"),
]


@pytest.mark.parametrize(("call", "picture", "tone", "line"), CALLS)
def test_a_call_is_shown_heard_and_said(call, picture, tone, line):
    state = replace(READY, calls=replace(READY.calls, living=(call,)))
    assert (indications.picture(state), indications.tone(state), status_line.status(state)) == (picture, tone, line)


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        pytest.param({}, Picture.IDLE, id="nothing"),
        pytest.param({"appliance": {"failed": (("audio", "gone"),)}}, Picture.ERROR, id="a part failed"),
        pytest.param(
            {"appliance": {"sip_ready": False, "failed": (("audio", "gone"),)}}, Picture.UNREGISTERED, id="no calls"
        ),
        pytest.param(
            {"appliance": {"sip_ready": False}, "panel": {"error_until": 103.0}},
            Picture.ERROR,
            id="error before unregistered",
        ),
        pytest.param(
            {"calls": {"living": (having(S.DIALING),)}, "panel": {"error_until": 103.0}},
            Picture.DIALING,
            id="call before error",
        ),
        pytest.param(
            {"calls": {"living": (having(S.CONNECTED),)}, "doors": {"pulses": OPEN}},
            Picture.DOOR_OPEN,
            id="door before call",
        ),
        pytest.param(
            {"doors": {"pulses": ((FRONT, replace(OPEN[0][1], energised=False)),)}},
            Picture.IDLE,
            id="door not energised yet",
        ),
    ],
)
def test_the_first_that_is_true_is_shown(changes, wanted):
    assert indications.picture(changed(READY, changes)) is wanted


def test_an_error_is_heard_only_beside_no_call():
    assert indications.tone(replace(READY, panel=replace(READY.panel, error_until=103.0))) is Tone.ERROR
    assert (
        indications.tone(
            replace(
                READY,
                panel=replace(READY.panel, error_until=103.0),
                calls=replace(READY.calls, living=(having(S.CONNECTING),)),
            )
        )
        is None
    )
    assert indications.tone(READY) is None


def test_a_lamp_is_off_in_a_picture_that_its_settings_do_not_name():
    assert indications.lamps(READY) == (("status", LampOutput(Pattern.ON)), ("call", DARK))
    assert indications.lamps(replace(READY, calls=replace(READY.calls, living=(having(S.DIALING),))))[1] == (
        "call",
        LampOutput(Pattern.SLOW),
    )


WRITTEN = (OpenRecording(RecordingId("v-1"), CallId("c-1"), ready=True, since=1.0),)
ALL = (Picture.DOOR_OPEN, Picture.RECORDING, Picture.SPEAK, Picture.IN_CALL)


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        pytest.param({}, ALL[3:], id="nobody hears us"),
        pytest.param({"calls": {"living": (having(S.CONNECTED),)}}, ALL[2:], id="speak now"),
        pytest.param(
            {"calls": {"living": (having(S.CONNECTED),), "recordings": WRITTEN}}, ALL[1:], id="and it is recorded"
        ),
        pytest.param(
            {"calls": {"living": (having(S.CONNECTED),), "recordings": WRITTEN}, "doors": {"pulses": OPEN}},
            ALL,
            id="and a door",
        ),
        pytest.param(
            {"calls": {"recordings": (replace(WRITTEN[0], since=None),)}}, ALL[3:], id="nothing is written yet"
        ),
        pytest.param(
            {"calls": {"living": (having(S.CONNECTED, media=CallSound(held_remote=True)),)}},
            (Picture.HELD,),
            id="held by them",
        ),
        pytest.param(
            {"calls": {"living": (having(S.CONNECTED),)}, "appliance": {"failed": (("audio", "gone"),)}},
            (Picture.ERROR, Picture.IN_CALL),
            id="the card is lost",
        ),
        pytest.param(
            {"audio": {"trial": SoundTrial("one", "http:token", 2.0, 100.0)}},
            (Picture.TESTING, Picture.IN_CALL),
            id="the sound is tested",
        ),
    ],
)
def test_a_lamp_shows_the_first_picture_that_it_knows_of_all_that_are_true(changes, wanted):
    state = changed(changed(READY, {"calls": {"living": (having(S.CONNECTED, media=CallSound(muted=True)),)}}), changes)
    assert indications.pictures(state) == wanted
    assert sent.snapshot(state, 0.0)["panel"]["pictures"] == list(wanted)
    lamps = tuple(LampSettings(LampId(p), ((p, Pattern.ON), (Picture.IDLE, Pattern.SLOW))) for p in Picture)
    shown = dict(indications.lamps(replace(state, settings=replace(state.settings, lamps=lamps))))
    assert {lamp for lamp, shine in shown.items() if shine.pattern is Pattern.ON} == set(wanted)
    known = (LampSettings(LampId("one"), ((Picture.SPEAK, Pattern.PULSE), (Picture.IN_CALL, Pattern.DOUBLE))),)
    pattern = {Picture.HELD: Pattern.OFF}.get(wanted[-1], Pattern.PULSE if Picture.SPEAK in wanted else Pattern.DOUBLE)
    shine = DARK if pattern is Pattern.OFF else LampOutput(pattern)
    assert indications.lamps(replace(state, settings=replace(state.settings, lamps=known))) == (("one", shine),)
    assert indications.lamps(replace(state, settings=replace(state.settings, lamps=()))) == ()


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({}, "ready"),
        ({"appliance": {"sip_ready": False}}, "SIP is not ready"),
        ({"appliance": {"failed": (("audio", "no card"), ("storage", "full"))}}, "audio: no card; storage: full"),
        (
            {"calls": {"living": (having(S.CONNECTED),)}, "appliance": {"failed": (("audio", "gone"),)}},
            "audio: gone, in a call with kitchen",
        ),
        (REGISTERED | {"appliance": {"failed": (("audio", "gone"),)}}, "audio: gone; registered as 201"),
        (REGISTERED | {"calls": {"living": (having(S.CONNECTED),)}}, "registered as 201, in a call with kitchen"),
        (REGISTERED | {"appliance": {"sip_ready": False}}, "SIP is not ready"),
        ({"appliance": {"stopping": True}, "calls": {"living": (having(S.CONNECTED),)}}, "stopping"),
    ],
)
def test_the_status_line_says(changes, wanted):
    assert status_line.status(changed(READY, changes)) == wanted


@pytest.mark.parametrize(
    ("remote", "wanted"),
    [
        (Remote(KITCHEN, "Display", "kitchen"), "kitchen calls"),
        (Remote(KITCHEN, "Display"), "Display calls"),
        (Remote(KITCHEN), f"{KITCHEN} calls"),
    ],
)
def test_somebody_is_named_by_what_is_known_best(remote, wanted):
    assert summary(replace(having(S.INCOMING, IN), remote=remote)) == wanted


def test_a_call_that_ends_is_summed_up():
    assert summary(having(S.DISCONNECTING)) == "the call with kitchen is ending"


def test_the_earliest_deadline_is_due():
    state = replace(
        READY,
        panel=replace(READY.panel, error_until=150.0),
        calls=replace(READY.calls, living=(having(S.DIALING),)),
        doors=replace(READY.doors, pulses=OPEN),
    )
    assert desired_state.wake_at(READY) is None
    assert desired_state.wake_at(state) == 104.0
    assert desired_state.wake_at(replace(state, doors=replace(state.doors, pulses=()))) == 150.0


@pytest.mark.parametrize(
    ("at", "wanted"),
    [
        (None, None),
        (0.0, "2026-11-20T06:07:08.000000Z"),
        (0.25, "2026-11-20T06:07:08.250000Z"),
        (86400.000001, "2026-11-21T06:07:08.000001Z"),
    ],
)
def test_times_are_utc_with_microseconds(at, wanted):
    assert iso(at, 1_795_154_828.0) == wanted


def test_requests_that_were_dropped_are_counted():
    station = ready()
    for count in (7, 5):
        station.give(inputs.RequestsDropped, count=count)
    assert sent.snapshot(station.state, 0.0)["appliance"]["dropped_requests"] == 12


def test_the_targets_are_known_to_the_sip_process():
    assert desired_state.desired(READY).sound.peers == ("sip:127.0.0.2:5060", "sip:office.example")


def test_the_snapshot_of_an_idle_station_has_its_shape():
    shown = sent.snapshot(READY, 0.0)
    assert shown == json.loads(json.dumps(shown))
    assert shown["appliance"] == {
        "station": "Front door",
        "device": "door",
        "ready": True,
        "configured": True,
        "stopping": False,
        "address": "127.0.0.1:5060",
        "dropped_requests": 0,
        "doubted_answers": 0,
        "status": "ready",
        "offered_version": "",
        "failed": [],
        "zone": "",
    }
    assert shown["calls"] == []
    assert shown["doors"][0] == {
        "id": "front",
        "name": None,
        "state": "locked",
        "unlocked": False,
        "until": None,
        "by": None,
        "means": None,
        "last_opening": None,
        "contact": None,
        "alarm": None,
        "strike": "fail_secure",
        "pulse_s": 3.0,
        "max_s": 10.0,
        "max_hold_s": 600.0,
        "available": True,
    }
    assert shown["panel"]["buttons"][1] == {
        "id": "answer",
        "name": None,
        "action": "answer",
        "long_action": "hangup",
        "double_action": None,
        "target": None,
        "down": False,
        "stuck": False,
        "glitches": 0,
    }
    assert shown["panel"]["picture"] == "idle"
    unknown = {"name": None, "color": None, "dims": None, "colors": None}
    assert shown["panel"]["lamps"] == [
        {"id": "status", "pattern": "on", "brightness": 100, **unknown},
        {"id": "call", "pattern": "off", "brightness": 0, **unknown},
    ]
    assert not shown["panel"]["night"]
    assert shown["panel"]["tone"] is None
    assert shown["targets"][0] == {"name": "kitchen", "display_name": None, "uri": KITCHEN, "account": None}


def test_a_call_has_its_whole_shape():
    call = having(
        S.DISCONNECTING,
        local_uri="sip:front@127.0.0.1",
        number="kitchen",
        headers=CallHeaders(answer=(("X-Flat", "3"),)),
        custom_data="order 5",
        media=CallSound(muted=True, codec=PCMA, quality=Quality(received=50, lost=1, jitter_ms=2.5)),
        times=CallTimes(ringing_since=91.0, connected_since=95.0),
        end=End(Cause.HANGUP, 200, "OK", By.LOCAL),
    )
    assert sent.snapshot(replace(READY, calls=replace(READY.calls, living=(call,))), 0.0)["calls"] == [
        {
            "id": "c-1",
            "account": "direct",
            "direction": "outgoing",
            "state": "disconnecting",
            "legacy_state": "CONNECTED",
            "hold": "none",
            "active": False,
            "muted": True,
            "recording_paused": False,
            "recording_muted": [],
            "tone": None,
            "playback": None,
            "links": [],
            "statistics_interval": 0,
            "report": [],
            "vad": None,
            "media": "speaker",
            "led_by": None,
            "digits_to": "codes",
            "dtmf": ["rfc4733", "info"],
            "detect": [],
            "transfer_policy": "refuse",
            "transfer": None,
            "remote": {
                "uri": KITCHEN,
                "user": "kitchen",
                "host": "127.0.0.2",
                "display_name": "Kitchen display",
                "target": "kitchen",
                "target_name": None,
            },
            "local_uri": "sip:front@127.0.0.1",
            "number": "kitchen",
            "headers": {"X-Flat": "3"},
            "custom_data": "order 5",
            "codec": {"name": "PCMA", "clock_rate_hz": 8000},
            "srtp": False,
            "transport": "udp",
            "created": "1970-01-01T00:01:30.000000Z",
            "ringing_since": "1970-01-01T00:01:31.000000Z",
            "connected_since": "1970-01-01T00:01:35.000000Z",
            "ended": None,
            "duration_s": 5.0,
            "ring": None,
            "recording": None,
            "quality": {
                "received": 50,
                "lost": 1,
                "jitter_ms": 2.5,
                "received_bytes": 0,
                "buffer_ms": 0.0,
                "sent": 0,
                "sent_bytes": 0,
                "sent_lost": None,
                "sent_jitter_ms": None,
                "rtt_ms": None,
                "loss": None,
                "mos": None,
                "class": None,
            },
            "conference": None,
            "summary": "the call with kitchen is ending",
            "end": {"cause": "hangup", "code": 200, "reason": "OK", "by": "local", "explanation": ""},
        }
    ]


def test_a_call_in_its_events_has_what_is_known_of_it():
    bare = Call(CallId("c-1"), IN, S.INCOMING, Remote("sip:me@x"), created=90.0, deadline=200.0, local_uri="sip:door@y")
    assert facts_in_events(bare) == {"direction": "incoming", "from": "sip:me@x", "to": "sip:door@y"}
    remote = Remote(KITCHEN, "Kitchen display", "kitchen", target_name="Kitchen")
    whole = having(S.CONNECTED, local_uri="sip:door@y", media=CallSound(codec=PCMA), account=AccountId("office"))
    assert facts_in_events(replace(whole, remote=remote, conference=ConferenceId("f-1"))) == {
        "direction": "outgoing",
        "from": "sip:door@y",
        "to": KITCHEN,
        "display_name": "Kitchen display",
        "target": "kitchen",
        "target_name": "Kitchen",
        "codec": {"name": PCMA.name, "clock_rate_hz": PCMA.clock_rate_hz},
        "account": "office",
        "conference": "f-1",
    }


@pytest.mark.parametrize(("since", "duration"), [(None, 0.0), (103.5, 6.5)])
def test_a_conference_that_has_ended_says_who_was_there_and_how_long(since, duration):
    over = Conference(ConferenceId("f-1"), created=100.0, connected_since=since)
    member = ConferenceMember("c-1", KITCHEN, "Kitchen", Joining.INVITED)
    shown = ended_conference(over, [member], 110.0, 1000.0)
    assert (shown["state"], shown["duration_s"], shown["ended"]) == ("ended", duration, iso(110.0, 1000.0))
    assert shown["connected_since"] == iso(since, 1000.0)
    (there,) = shown["participants"]
    assert (there["call"], there["name"], there["state"]) == ("c-1", "Kitchen", "left")


def test_a_caller_whose_address_is_no_uri_can_be_shown():
    call = replace(having(S.INCOMING, IN), remote=Remote("tel:110"))
    shown = call_view(State(SETTINGS, calls=CallsPart(living=(call,))), call, 100.0, 0.0)
    assert (shown["remote"]["user"], shown["remote"]["host"], shown["remote"]["target"]) == ("", "", None)
    assert (shown["codec"], shown["quality"], shown["end"], shown["duration_s"]) == (None, None, None, 0.0)


def test_an_open_door_and_a_pressed_button_are_in_the_snapshot():
    station = ready()
    station.give(inputs.ButtonEdge, button="ring", active=True)
    station.state = replace(station.state, doors=replace(station.state.doors, pulses=OPEN))
    shown = sent.snapshot(station.state, 0.0)
    door, gate = shown["doors"]
    assert (door["unlocked"], door["until"], door["by"]) == (True, "1970-01-01T00:01:43.000000Z", "test")
    assert (gate["id"], gate["unlocked"]) == (GATE, False)
    assert [button["id"] for button in shown["panel"]["buttons"] if button["down"]] == ["ring"]


def test_what_failed_and_what_is_missing_is_in_the_snapshot():
    state = replace(
        READY,
        appliance=replace(READY.appliance, failed=(("audio", "no card"),), stopping=True),
        doors=replace(READY.doors, relay_ready=False),
    )
    shown = sent.snapshot(state, 0.0)
    assert (shown["appliance"]["ready"], shown["appliance"]["stopping"]) == (False, True)
    assert shown["appliance"]["failed"] == [{"part": "audio", "why": "no card"}]
    assert not shown["doors"][0]["available"]


def test_how_the_sound_arrives_is_kept():
    station = ready()
    call = station.talking()
    quality = Quality(received=50, lost=1, jitter_ms=2.5)
    station.give(inputs.MediaCounted, call=call.id, quality=quality)
    assert station.call.media.quality == quality


# -- parts that fail, people without the right -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("part", "failed", "recovered"),
    [
        ("panel", "panel.failed", "panel.recovered"),
        ("audio", "audio.failed", "audio.recovered"),
        ("storage", "appliance.degraded", "appliance.recovered"),
    ],
)
def test_a_part_that_fails_is_reported_once_for_each_reason_and_once_when_it_works_again(part, failed, recovered):
    station = Station()
    station.give(inputs.PartRecovered, part=part)
    for why in ("gone", "gone", "locked"):
        station.give(inputs.PartFailed, part=part, why=why, resolution="Look.")
    station.give(inputs.PartRecovered, part=part, card="usbphone")
    station.give(inputs.PartRecovered, part=part, card="usbphone")
    assert [t for t in station.types() if t in {failed, recovered}] == [failed, failed, recovered]
    assert station.state.appliance.failed == ()
    if part == "audio":
        event = station.last(events.AudioRecovered)
        assert (event.card, event.error, event.call) == ("usbphone", "locked", None)


def test_a_newer_version_of_the_package_is_reported_once():
    """By appliance.update_offered."""
    station = Station()
    for version in ("", "1.1.0", "1.1.0", "1.2.0", "", "1.2.0"):
        station.give(inputs.UpdateOffered, version=version)
    offered = [event.version for event in station.told if isinstance(event, events.ApplianceUpdateOffered)]
    assert offered == ["1.1.0", "1.2.0", "1.2.0"]
    assert sent.snapshot(station.state, 0.0)["appliance"]["offered_version"] == "1.2.0"


def test_a_client_without_the_right_is_reported_once_a_minute_for_each_source():
    station = Station()

    def deny(source: str, after: float = 0.0) -> None:
        station.give(inputs.AccessDenied, after, who="x", source=source, scope="http")

    deny("127.0.0.9")
    deny("127.0.0.9", 30.0)
    deny("127.0.0.8")
    deny("127.0.0.9", 29.9)
    assert station.types().count("access.denied") == 2
    deny("127.0.0.9", 0.1)
    assert station.types().count("access.denied") == 3


def test_refusals_of_many_sources_are_reported_sixteen_times_a_minute():
    station = Station()
    for number in range(100):
        station.give(inputs.AccessDenied, 0.5, who="x", source=f"127.0.0.{number}", scope="read")
    assert station.types().count("access.denied") == 16
    station.give(inputs.AccessDenied, 60.0, who="x", source="127.0.0.200", scope="read")
    assert station.types().count("access.denied") == 17


def test_guessing_from_many_sources_does_not_fill_the_memory():
    station = Station()
    for number in range(100):
        station.give(inputs.AccessDenied, who="x", source=f"127.0.1.{number}", scope="http")
    assert len(station.state.appliance.denied) == 16


def test_clients_of_many_sources_that_are_locked_out_are_reported_sixteen_times_a_minute():
    station = Station()
    given = {"who": "http:unknown", "scope": LockoutScope.CLIENT, "seconds": 60.0}
    for number in range(100):
        station.give(inputs.AccessLockedOut, 0.5, source=f"2001:db8::{number:x}", **given)
    assert station.types() == ["access.locked_out"] * 16
    station.give(inputs.AccessLockedOut, 60.0, source="2001:db8::1", **given)
    assert station.types() == ["access.locked_out"] * 17


REFUSED = {
    inputs.AccessDenied: {"who": "x", "scope": "call"},
    inputs.RequestRefused: {"method": "INVITE", "code": 403, "reason": ""},
    inputs.AnswerDoubted: {"method": "INVITE", "code": 200, "to": "192.0.2.1:5060", "reason": "from elsewhere"},
    inputs.AccessLockedOut: {"who": "http:unknown", "scope": LockoutScope.CLIENT, "seconds": 60.0},
}


@pytest.mark.parametrize("other", REFUSED, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("flood", REFUSED, ids=lambda kind: kind.__name__)
def test_a_flood_of_one_kind_of_refusals_hides_no_other(flood, other):
    station = Station()
    for number in range(20):
        station.give(flood, source=f"192.0.2.{number}", **REFUSED[flood])
    before = len(station.types())
    station.give(other, source="192.0.2.99", **REFUSED[other])
    assert len(station.types()) - before == (flood is not other)


def test_the_start_is_reported():
    station = ready()
    assert station.types() == ["appliance.started", "appliance.ready"]
    assert station.state.appliance.sip_address == "127.0.0.1:5060"


@pytest.mark.parametrize(
    ("state", "account", "switched_on", "listens"),
    [
        (S.CONNECTED, "office", True, True),
        (S.CONNECTED, "office", False, False),
        (S.CONNECTED, "", True, False),  # from address to address
        (S.EARLY_MEDIA, "office", True, False),
    ],
)
def test_digits_in_the_sound_are_listened_for_where_the_account_takes_them(state, account, switched_on, listens):
    office = replace(OFFICE, inband_digits=switched_on)
    here = replace(READY, settings=replace(SETTINGS, accounts=(office,)))
    assert sound.media(here, having(state, account=AccountId(account))).inband is listens


def test_a_token_that_is_made_or_removed_is_reported_with_who_did_it():
    station = Station()
    station.give(inputs.AccessTokenAdded, added=ClientToken("t-1", "tablet", ("view",)), expires=None, by="http:unix")
    station.give(inputs.AccessTokenRemoved, id="t-1", name="tablet", by="http:token")
    assert [(event.name, event.by) for event in station.told] == [("tablet", "http:unix"), ("tablet", "http:token")]
    assert station.types() == ["access.token_added", "access.token_removed"]


def test_an_order_by_mqtt_that_was_refused_is_reported_with_its_reason():
    station = Station()
    station.give(inputs.OrderRefused, order="open_door", why="late", more=3)
    (event,) = station.told
    assert (event.TYPE, event.order, event.why, event.more) == ("access.order_refused", "open_door", "late", 3)


def test_what_a_receiver_has_taken_or_not_is_reported():
    station = Station()
    common = {"receiver": "house", "event": 7, "name": "ring.started", "ring": "v-1"}
    station.give(inputs.Notified, **common, status=204)
    station.give(inputs.Notified, **common, why="Nothing listens there.", again_s=1.23456)
    sent, failed = station.told
    assert station.types() == ["notification.sent", "notification.failed"]
    assert (sent.receiver, sent.event, sent.name, sent.ring) == tuple(common.values())
    assert (sent.status, failed.status, failed.why, failed.again_s) == (204, 0, "Nothing listens there.", 1.235)


def test_the_password_in_a_targets_address_goes_into_invites_alone():
    """RFC 3261 §19.1.1 allows one. Clients that may only look, the log and other far ends must not get it."""
    secret = replace(SETTINGS.targets[0], uri="sip:kitchen:hunter2@127.0.0.2:5060", watch=Watch.OPTIONS)
    office = replace(SETTINGS.targets[1], uri="sip:desk:hunter2@office.example")
    station = ready(targets=(secret, office))
    station.wait(3.0).give(inputs.ContactAnswered, contact="kitchen", code=200, reason="OK")
    call = station.talking()
    assert [order.uri for order in station.ordered if isinstance(order, Place)] == [secret.uri]
    assert station.ask(inputs.SendText("office", Content("text/plain", "Hello"))).error is None
    assert station.ask(inputs.TransferCall(call.id, "office")).error is None
    shown = sent.snapshot(station.state, 0.0)
    station.give(inputs.TransferProgressed, call=call.id, code=200, reason="OK")
    station.give(inputs.CallEnded, call=call.id, code=200, reason="OK", remote=True)
    kinds = {type(event) for event in station.told}
    assert {events.CallDialing, events.CallTransferred, events.ContactChanged} <= kinds
    logged = [order for order in station.ordered if isinstance(order, LogCall | PrepareRecording)]
    assert logged and "hunter2" not in repr([shown, station.told, logged])
    assert shown["targets"][0]["uri"] == shown["contacts"][0]["uri"] == "sip:kitchen@127.0.0.2:5060"
    assert shown["calls"][0]["remote"]["uri"] == "sip:kitchen@127.0.0.2:5060"
