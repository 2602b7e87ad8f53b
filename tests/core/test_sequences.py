"""Random sequences of inputs: late, early, twice, for calls that never were; the rules hold after each."""

import enum
import json
import re
from collections import Counter, deque
from typing import get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import structs, to_builtins

from appliance.base.errors import ErrorCode
from appliance.core import desired_state, events, inputs
from appliance.core.access import dtmf
from appliance.core.access.credentials import digest
from appliance.core.model import (
    AccessScope,
    Action,
    Announcement,
    Announcements,
    Answerer,
    AudioSettings,
    ButtonId,
    ButtonSettings,
    CallId,
    Candidate,
    ClientToken,
    Clock,
    Codec,
    ConferenceId,
    ContactState,
    Content,
    Credential,
    CredentialBook,
    CredentialId,
    CredentialKind,
    Day,
    DetectionKind,
    DigitMethod,
    DigitsTo,
    DoorId,
    DoorSettings,
    EarlySource,
    HeardTone,
    Holidays,
    IceFault,
    LampId,
    LinkDirection,
    LockoutScope,
    MediaDirection,
    MixerLevel,
    OpenedBy,
    Opening,
    Pattern,
    Period,
    PersistentState,
    Quality,
    RecordingId,
    RecordingOrder,
    RequestId,
    Rule,
    SensorId,
    SensorKind,
    SensorSettings,
    SoundCard,
    SoundLevel,
    SoundMeasured,
    SoundMode,
    Space,
    State,
    Storage,
    Target,
    Tone,
    TransferPolicy,
)
from appliance.core.orders import AnnounceRecording, PrepareRecording, Reply, SendMessage
from tests.core import sent
from tests.core.rules import checked, repeated
from tests.core.station import FRONT, GATE, KITCHEN, SETTINGS, Station, ready

pytestmark = pytest.mark.thorough

# always the same examples, so that a change breaks this and nothing else does
STEADY = settings(
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],  # on a loaded machine
)

CODE, LEAK = "ABBA", re.compile('"[AB]"|AA|AB|BA|BB')  # one of its digits alone, or some of them
STATION = structs.replace(
    SETTINGS,
    buttons=(
        *SETTINGS.buttons,
        ButtonSettings(ButtonId("code"), Action.DOOR, digits=CODE),
        ButtonSettings(ButtonId("both"), Action.RING, long_action=Action.DOOR, door=GATE, target="kitchen"),
    ),
    doors=(DoorSettings(FRONT, pulse_s=3.0, max_s=10.0, digits=CODE), DoorSettings(GATE, digits="B")),
    transfer_policy=TransferPolicy.ASK,
    announcements=Announcements(incoming=Announcement.TEXT),
    sensors=(
        SensorSettings(SensorId("leaf"), SensorKind.CONTACT, door=FRONT),
        SensorSettings(SensorId("housing"), SensorKind.TAMPER),
    ),
    rules=(
        Rule("in", "ring.started", FRONT),
        Rule("out", "door.opened", GATE, times=(Period(tuple(Day), "00:00", "24:00"),)),
    ),
)
CARD = CredentialKind.CARD
KNOWN = Credential(
    id=CredentialId("a-known"), kind=CARD, owner="Cleaner", digest=digest("5a" * 32, CARD, CODE), doors=(FRONT,), uses=2
)
CHANGED = structs.replace(
    STATION,
    audio=AudioSettings(mode=SoundMode.PUSH_TO_TALK),
    buttons=tuple(structs.replace(b, action=Action.RING, long_action=None, target="") for b in STATION.buttons),
    lamps=tuple(structs.replace(lamp, pictures=()) for lamp in STATION.lamps),
    doors=tuple(structs.replace(door, pulse_s=0.1) for door in STATION.doors),
    targets=(),
    record=False,
)
BUTTONS = [button.id for button in STATION.buttons] + [ButtonId("unknown")]
DOORS = [FRONT, GATE, DoorId("unknown")]
STRANGER = "sip:stranger@127.0.0.9"
TEXT = Content("text/plain", "Hello")
CALL_REQUESTS = [
    inputs.AnswerCall,
    inputs.RejectCall,
    inputs.HangUpCall,
    lambda call: inputs.RejectCall(call, 200),
    lambda call: inputs.AnswerCall(call, (("X-Flat", "3"),), "note"),
    inputs.RingCall,
    lambda call: inputs.DecideUpdate(call, accepted=True),
    lambda call: inputs.AskUpdates(call, wanted=True),
    lambda call: inputs.UpdateCall(call, ("PCMU",)),
    inputs.SendEarlyMedia,
    lambda call: inputs.SendEarlyMedia(call, EarlySource.PANEL),
    lambda call: inputs.SetCustomData(call, "note"),
    lambda call: inputs.SetStatisticsInterval(call, 1),
    lambda call: inputs.SetStatisticsInterval(call, -1),
    lambda call: inputs.ReportLevels(call, wanted=True),
    lambda call: inputs.ReportLevels(call, wanted=False),
    lambda call: inputs.SetDigitMethods(call, (DigitMethod.INFO,)),
    lambda call: inputs.SetDigitMethods(call, tuple(DigitMethod)),
    lambda call: inputs.SendDigitsTo(call, DigitsTo.PROGRAM),
    lambda call: inputs.SendDigitsTo(call, DigitsTo.CODES),
    lambda call: inputs.DetectSound(call, (DetectionKind.BEEP,)),
    lambda call: inputs.DetectSound(call, tuple(DetectionKind)),
    lambda call: inputs.HoldCall(call, held=True),
    lambda call: inputs.HoldCall(call, held=False),
    lambda call: inputs.MuteCall(call, muted=True),
    lambda call: inputs.MuteCall(call, muted=False),
    lambda call: inputs.SendDigits(call, CODE),
    lambda call: inputs.SendDigits(call, "AB!"),
    inputs.StartRecording,
    inputs.StopRecording,
    lambda call: inputs.LinkSound(call, "speaker"),
    inputs.StopTone,
    lambda call: inputs.SendCallText(call, TEXT),
    lambda call: inputs.SendInfo(call, TEXT),
    lambda call: inputs.TransferCall(call, "office"),
    lambda call: inputs.ConnectCalls(call, call),
    inputs.AcceptTransfer,
    lambda call: inputs.EndTransfer(call, 200, "OK"),
    lambda call: inputs.SetTransferPolicy(call, TransferPolicy.FOLLOW),
]
CONFERENCE_REQUESTS = [
    lambda _, call: inputs.Confer((call,), (inputs.Dial("kitchen"),)),
    lambda known, _: inputs.InviteInto(known, inputs.Dial("kitchen")),
    inputs.TakeInto,
    lambda known, call: inputs.LinkSound(call, known),
    lambda known, call: inputs.UnlinkSound(call, known),
    inputs.RemoveFrom,
    lambda known, call: inputs.MuteIn(known, call, muted=True),
    lambda known, _: inputs.MuteIn(known, None, muted=True),
    lambda known, _: inputs.HoldConference(known, held=True),
    lambda known, _: inputs.HoldConference(known, held=False),
    lambda known, _: inputs.EndConference(known),
    lambda known, _: inputs.RecordConference(known, recorded=True),
    lambda known, _: inputs.RecordConference(known, recorded=False),
]
REQUESTS = [
    inputs.Dial("kitchen"),
    inputs.Dial(STRANGER, (("X-Flat", "3"),)),
    inputs.Dial("kitchen", call=CallId("porch-7"), answer_within_s=5.0, record=True),
    inputs.Dial("nobody"),
    inputs.TestLamp(LampId("status"), Pattern.FAST, 2.0),
    inputs.TestSound(2.0, apply=True),
    inputs.TestSound(9.0),
    inputs.PlayTone(Tone.DOOR),
    inputs.SilenceRinger(5),
    inputs.SilenceRinger(0),
    inputs.Talk(5.0),
    inputs.StopTalk(),
    inputs.SendText("kitchen", TEXT),
    inputs.ChangeRuntime(always="office", no_answer="office", do_not_disturb=False),
    inputs.ReportCustom("lift.called", (("floor", "3"),)),
    inputs.ChangeRuntime(always="", do_not_disturb=True, quiet="kitchen"),
    *(inputs.PressButton(button, seconds) for button in BUTTONS for seconds in (0.0, 2.0)),
    *(inputs.OpenDoor(door, seconds) for door in DOORS for seconds in (None, 0.5, 10.0, 11.0)),
]


class World:
    """Makes an input of random numbers, from all ids that ever were and one that never was."""

    def __init__(self) -> None:
        self.state = State(STATION, now=1000.0)
        self.calls = [CallId("c-never")]
        self.recordings = [(CallId("c-never"), RecordingId("r-never"))]
        self.pulses = [0]
        self.messages = ["m-never"]
        self.number = 0

    def _lasts(self, wanted: CallId, at: float) -> bool:
        """Whether that call is there, and still is when all that is due before `at` has been done."""
        call = self.state.calls.get(wanted)
        return call is not None and (call.deadline is None or call.deadline > at)

    def _types_codes(self, wanted: CallId) -> bool:
        """Whether its far end may know the code: what strangers type is no secret, and is shown."""
        call = self.state.calls.get(wanted)
        return call is None or dtmf.masks(self.state, call)

    def _action(self, call: CallId, a: int, b: int) -> inputs.Action:
        """What a client asks, about that call, a recording, the conference there is, or none of these."""
        if a % 2:
            return CALL_REQUESTS[b % len(CALL_REQUESTS)](call)
        if a % 4:
            return REQUESTS[b % len(REQUESTS)]
        if a % 8 and b % 2:
            return inputs.LinkSound(call, self.calls[b % len(self.calls)], LinkDirection.BOTH, a % 200)
        if a % 8:
            _, recording = self.recordings[-1 - a % len(self.recordings)]
            return inputs.SteerRecording(recording, list(RecordingOrder)[b % len(RecordingOrder)])
        known = self.state.conference.id if self.state.conference else ConferenceId("k-never")
        return CONFERENCE_REQUESTS[b % len(CONFERENCE_REQUESTS)](known, call)

    def input(self, kind: type[inputs.Input], at: float, a: int, b: int) -> inputs.Input:
        """An input of that kind; `a` and `b` choose its fields."""
        self.number += 1
        common = {"at": at, "fresh": f"{self.number:026}"}
        flag, choice = bool(b % 2), lambda values: values[b % len(values)]
        call = self.calls[-1 - a % len(self.calls)]
        recorded, recording = self.recordings[-1 - a % len(self.recordings)]
        fields = {
            inputs.ConfigChanged: {"settings": choice([STATION, CHANGED])},
            inputs.ButtonEdge: {"button": BUTTONS[a % len(BUTTONS)], "active": flag},
            inputs.IceCompleted: dict.fromkeys(("local", "remote"), Candidate("host", "192.0.2.7:4000")),
            inputs.IceFailed: {"fault": choice(list(IceFault))},
            inputs.ContactNotified: {"contact": "kitchen", "state": choice(list(ContactState))},
            inputs.SensorEdge: {"sensor": choice(["leaf", "housing"]), "active": choice([True, False, None])},
            inputs.SpaceMeasured: {"storage": Storage(choice(list(Space)), b, 5, a)},
            inputs.KeptWritten: {"kept": PersistentState(change=choice([self.state.appliance.kept_change, 0]))},
            inputs.ClockReported: {"clock": Clock(0.0, 3600.0, trusted=flag)},
            inputs.BookRead: {"book": CredentialBook("5a" * 32, (KNOWN,) if flag else ())},
            inputs.CredentialKept: {"id": choice([KNOWN.id, "a-never"]), "terms": choice([KNOWN.terms, None])},
            inputs.CredentialNotKept: {"id": choice([KNOWN.id, "a-never"])},
            inputs.KeypadKey: {"keypad": choice(["gate", "unknown"]), "key": choice("AB")},
            inputs.OpeningsRead: {
                "openings": (Opening(DOORS[a % len(DOORS)], float(b), "x", OpenedBy.API, held=flag),)
            },
            inputs.UpdateOffered: {"version": choice(["", "1.1.0"])},
            inputs.HolidaysRead: {"holidays": choice([Holidays(), Holidays((2026,), ("2026-12-25",))])},
            inputs.RuleActFailed: {"code": choice(list(ErrorCode))},
            inputs.CardRead: {"reader": choice(["gate", "unknown"]), "number": CODE},
            inputs.ReadingDiscarded: {"reader": choice(["gate", "unknown"])},
            inputs.NetworkChanged: {"addresses": choice([(), ("192.0.2.7",), ("192.0.2.8",)])},
            inputs.CardsFound: {"cards": choice([(), (SoundCard(0, "Phone", "Phone"),)])},
            inputs.LevelsRead: {
                "speaker": choice([None, MixerLevel("Phone", percent=float(a))]),
                "microphone": choice([None, MixerLevel("Phone", muted=flag)]),
            },
            inputs.SoundTested: {
                "test": self.state.audio.trial.id if self.state.audio.trial and b % 3 else "never",
                "measured": SoundMeasured(1, -60.0, -20.0, float(-a), 40.0),
                "why": choice(["", "", "It broke."]),
            },
            inputs.PartFailed: {"part": choice(["panel", "audio", "storage"])},
            inputs.PartRecovered: {"part": choice(["panel", "audio", "storage"])},
            inputs.RelayChanged: {
                "door": DOORS[a % len(DOORS)],
                "energised": flag,
                "pulse": self.pulses[-1 - b // 2 % len(self.pulses)],
            },
            inputs.CallArrived: {
                "call": call if self._lasts(call, at) and b % 7 == 6 else CallId(f"c-in{self.number}"),
                "uri": choice([KITCHEN, KITCHEN, STRANGER, "tel:110", ""]),
                "source": choice(["127.0.0.2:5060", "127.0.0.2:5060", "127.0.0.9:5060", ""]),
                "refused": choice([0, 0, 0, 488]),
                "replaces": call if b % 5 == 4 else None,
            },
            inputs.MessageReceived: {
                "uri": choice([KITCHEN, STRANGER, ""]),
                "source": choice(["127.0.0.2:5060", "127.0.0.9:5060", ""]),
                "call": call if flag else None,
                "content": TEXT,
            },
            inputs.MessageAnswered: {
                "message": self.messages[-1 - a % len(self.messages)],
                "code": choice([0, 200, 202, 404]),
            },
            inputs.InfoReceived: {"content": TEXT},
            inputs.TransferRequested: {"to": choice([KITCHEN, STRANGER, "tel:110"]), "refused": choice([0, 0, 603])},
            inputs.TransferProgressed: {"code": choice([0, 100, 180, 200, 486])},
            inputs.CallProgressed: {"code": 183 if flag else 180, "early_media": flag},
            inputs.CallEnded: {
                "code": choice([0, 200, 404, 408, 480, 486, 487, 500, 603]),
                "remote": flag,
                "reason_header": choice(["", "SIP;cause=200"]),
                "contacts": choice([(), (), (KITCHEN, "sip:office.example")]),
            },
            inputs.MediaStarted: {"codec": Codec("PCMA" if b % 3 else "opus", 8000), "held": flag},
            inputs.RtpStarted: {"direction": MediaDirection.RECEIVE if flag else MediaDirection.SEND},
            inputs.MediaCounted: {
                "quality": Quality(b, a, 1.0),
                "sent_silent_s": float(a % 9),
                "received_silent_s": float(b % 9),
                "sent": SoundLevel(-20.0, flag) if a % 2 else None,
                "received": SoundLevel(-30.0, not flag) if b % 2 else None,
            },
            inputs.ToneHeard: {"tone": choice(list(HeardTone))},
            inputs.AnswererHeard: {"answerer": choice(list(Answerer))},
            inputs.DetectionFailed: {"why": "It broke.", "resolution": "Ask again."},
            inputs.DigitReceived: {"digit": choice("AB") if self._types_codes(call) else "7"},
            inputs.DigitSent: {"digit": choice("AB")},
            inputs.DigitUnreadable: {"content_type": "audio/telephone-event"},
            inputs.HoldFailed: {"held": flag},
            inputs.UpdateReceived: {"changes": ("hold",), "asked": flag},
            inputs.UpdateSent: {"changes": ("codec",)},
            inputs.UpdateAnswered: {"changes": ("hold",), "code": choice([200, 487, 488])},
            inputs.RecordingAnnounced: {"why": choice(["", "It was cut off."]), "held": flag},
            inputs.RecordingAvailable: {"recovered": flag},
            inputs.Requested: {
                "request": RequestId(f"q{self.number}"),
                "action": self._action(call, a, b),
            },
            inputs.AccessDenied: {"source": choice(["127.0.0.8", "127.0.0.9"])},
            inputs.AccessLockedOut: {"scope": choice([LockoutScope.SOURCE, LockoutScope.TARGET])},
            inputs.AccessTokenAdded: {"added": ClientToken("t-1", "tablet", (AccessScope.VIEW,)), "expires": None},
        }.get(kind, {})
        if issubclass(kind, inputs.OfCall):
            fields["call"] = call
        names = set(kind.__struct_fields__)
        if "recording" in names:
            fields["recording"] = recording
            if "call" in names:
                fields["call"] = recorded
        plain = {str: "x", bool: flag, int: b, float: float(b)}  # for what nothing above depends on
        for field in structs.fields(kind):
            if field.required and field.name not in fields | common:
                hint = getattr(field.type, "__supertype__", field.type)
                words = list(hint) if isinstance(hint, enum.EnumType) else get_args(hint)
                fields[field.name] = choice(words) if words else plain[hint]
        return kind(**common, **fields)

    def learn(self, taken) -> None:
        """Remember the ids that came up."""
        self.state = taken.state
        for event in taken.events:
            if isinstance(event, events.CallDialing | events.CallIncoming):
                self.calls.append(event.call)
        for order in taken.orders:
            if isinstance(order, AnnounceRecording | PrepareRecording):
                self.recordings.append((order.call, order.recording))
            if isinstance(order, SendMessage):
                self.messages.append(order.message)
        self.pulses += [pulse.id for _, pulse in taken.state.doors.pulses if pulse.id not in self.pulses]


AGES = [0.0, 0.0, 0.001, 0.02, 0.03, 0.5, 1.0, 3.0, 5.0, 30.0, 32.0, 60.0, 1e5, -0.001, -1.0, -1e5]
MOVES = st.lists(
    st.tuples(
        st.sampled_from(inputs.INPUTS),
        st.sampled_from(AGES) | st.floats(-100, 100),
        st.integers(0, 40),
        st.integers(0, 400),
    ),
    min_size=20,
    max_size=60,
)
TALKING = [  # a good beginning, after which a random sequence gets further
    (inputs.SipReady, 0.0, 0, 0),
    (inputs.GuardReady, 0.0, 0, 0),
    (inputs.ButtonEdge, 0.0, 0, 1),
    (inputs.CallConfirmed, 0.1, 0, 0),
    (inputs.RecordingPrepared, 0.1, 0, 0),
]


@pytest.mark.long(100)
@settings(STEADY, max_examples=300)
@given(MOVES, st.booleans())
def test_no_sequence_of_inputs_breaks_a_rule_or_reveals_a_digit(moves, talking):
    world, ended, asked, replied = World(), Counter(), 0, Counter()
    for kind, after, a, b in TALKING + moves if talking else moves:
        taken_in = world.input(kind, world.state.now + after, a, b)
        taken = checked(world.state, taken_in, ended)
        repeated(world.state, taken_in, taken)
        world.learn(taken)
        asked += isinstance(taken_in, inputs.Requested)
        replied.update(order.request for order in taken.orders if isinstance(order, Reply))
        told = json.dumps(to_builtins(taken.events))
        shown = json.dumps(sent.snapshot(taken.state, 0.0)) + desired_state.desired(taken.state).status
        assert not LEAK.search(told), told
        assert not LEAK.search(shown), shown
    assert set(replied.values()) <= {1}
    waiting = world.state.audio.trial
    assert len(replied) == asked - (waiting is not None and waiting.request is not None)
    assert len(set(world.calls)) == len(world.calls), "an id of a call is never used twice"


def test_the_good_beginning_leads_into_a_recorded_call():
    world = World()
    for kind, after, a, b in TALKING:
        world.learn(checked(world.state, world.input(kind, world.state.now + after, a, b)))
    (call,) = world.state.calls.living
    assert desired_state.desired(world.state).sound.calls[0].recording == call.recording is not None


@settings(STEADY, max_examples=100)
@given(MOVES)
def test_after_any_sequence_time_alone_ends_what_waits(moves):
    world = World()
    for kind, after, a, b in TALKING + moves:
        world.learn(checked(world.state, world.input(kind, world.state.now + after, a, b)))
    at = world.state.now
    world.learn(
        checked(world.state, inputs.SensorEdge(at=at, sensor="housing", active=False))
    )  # else it blocks for ever
    for _ in range(200):
        wake = desired_state.desired(world.state).wake_at
        if wake is None:
            break
        world.learn(checked(world.state, inputs.Tick(at=wake)))
    assert wake is None, "deadlines follow each other for ever"
    assert all(call.times.connected_since is not None for call in world.state.calls.living), (
        "only people who talk may stay"
    )


# -- the relay with a guard that keeps its word, and whose word takes its time ---------------------------------------


class Guard:
    """Accepts each pulse at most once, ends it in time, and reports both; its reports wait until they are fetched."""

    def __init__(self) -> None:
        self.born, self.newest = 0, {}
        self.on: dict[DoorId, tuple[float, float, int]] = {}  # since, until, pulse
        self.reports: deque = deque()
        self.longest: dict[DoorId, float] = dict.fromkeys((FRONT, GATE), 0.0)

    def off(self, door: DoorId, at: float) -> None:
        since, _, pulse = self.on.pop(door)
        self.longest[door] = max(self.longest[door], at - since)
        self.reports.append({"door": door, "energised": False, "pulse": pulse})

    def follow(self, station: Station) -> None:
        """Time went on, and this is desired now."""
        now, wanted = station.state.now, {relay.door: relay for relay in station.desired.relays}
        for door, (_, until, _) in list(self.on.items()):
            if until <= now or door not in wanted:
                self.off(door, min(until, now))
        for door, relay in wanted.items():
            if relay.id > max(self.newest.get(door, 0), self.born):
                self.newest[door] = relay.id
                since = self.on[door][0] if door in self.on else now
                self.on[door] = (since, relay.until / 1e9, relay.id)
                self.reports.append({"door": door, "energised": True, "pulse": relay.id})


ASKS = st.one_of(
    st.tuples(st.just("open"), st.sampled_from([FRONT, GATE]), st.sampled_from([None, 0.5, 3.0, 9.0, 10.0])),
    st.tuples(st.just("press")),
    st.tuples(st.just("digits")),
    st.tuples(st.just("report")),
    st.tuples(st.just("report")),
    st.tuples(st.just("wait"), st.sampled_from([0.001, 0.5, 1.0, 2.9, 3.0, 9.99, 10.0]) | st.floats(0.001, 12)),
    st.tuples(st.just("jump"), st.floats(0.001, 12)),
    st.tuples(st.just("lost")),
)


@settings(STEADY, max_examples=200)
@given(st.lists(ASKS, min_size=10, max_size=60))
def test_no_chain_of_requests_energises_a_relay_beyond_its_bound(asks):
    station, guard = ready(targets=(Target("kitchen", KITCHEN, doors=(FRONT, GATE)),)), Guard()
    call = station.talking()
    for what, *given_ in asks:
        match what:
            case "open":
                station.ask(inputs.OpenDoor(*given_))
            case "press":
                station.ask(inputs.PressButton(ButtonId("exit")))
            case "digits":
                station.give(inputs.DigitReceived, call=call.id, digit="7", method="rfc4733", duration_ms=100)
            case "report" if guard.reports:
                station.give(inputs.RelayChanged, 0.001, **guard.reports.popleft())
            case "wait":  # as the reactor: a Tick at each deadline
                end = station.state.now + given_[0]
                while (wake := station.desired.wake_at) is not None and wake <= end:
                    station.give(inputs.Tick, wake - station.state.now)
                    guard.follow(station)
                station.give(inputs.Tick, max(0.0, end - station.state.now))
            case "jump":  # a loop that hung
                station.give(inputs.Tick, given_[0])
            case "lost":
                station.give(inputs.GuardLost, 0.001, why="killed")
                for door in list(guard.on):
                    guard.off(door, station.state.now)
                guard.reports.clear()
                guard.born = int(station.state.now * 1e9)
                station.give(inputs.GuardReady, 0.001)
        guard.follow(station)
    while guard.reports:
        station.give(inputs.RelayChanged, **guard.reports.popleft())
        guard.follow(station)
    assert {door for door, pulse in station.state.doors.pulses if pulse.energised} == set(guard.on), (
        "who is told, is told true"
    )
    for door in station.state.settings.doors:
        assert guard.longest[door.id] <= door.max_s + 0.001
        assert all(until - since <= door.max_s + 0.001 for since, until, _ in guard.on.values())


def test_the_guard_of_these_tests_energises():
    station, guard = ready(), Guard()
    station.ask(inputs.OpenDoor(FRONT))
    guard.follow(station)
    station.give(inputs.RelayChanged, 0.001, **guard.reports.popleft())
    assert "door.unlocked" in station.types()
    station.give(inputs.Tick, 3.0)
    guard.follow(station)
    assert 2.9 < guard.longest[FRONT] < 3.1


def test_every_kind_of_input_can_be_made():
    world = World()
    for kind in inputs.INPUTS:
        assert type(world.input(kind, 0.0, 1, 1)) is kind
