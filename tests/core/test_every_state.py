"""Breadth-first over `step` from the initial state: one call with all that can be beside it, two calls, and a plan."""

from typing import get_args

import pytest
from msgspec import structs

from appliance.base.errors import ErrorCode
from appliance.core import inputs
from appliance.core.model import (
    AccessPart,
    Action,
    Announcement,
    Announcements,
    Answerer,
    ButtonId,
    ButtonSettings,
    Call,
    CallId,
    Candidate,
    ClientToken,
    Clock,
    Codec,
    ContactState,
    Content,
    CredentialBook,
    CredentialId,
    DigitMethod,
    DigitsTo,
    DoorId,
    DoorSettings,
    HeardTone,
    Holidays,
    IceFault,
    KeypadId,
    KeypadSettings,
    LampId,
    LampSettings,
    LockoutScope,
    MediaDirection,
    OpenedBy,
    Opening,
    Pattern,
    PersistentState,
    Picture,
    Plan,
    PlaybackId,
    Quality,
    ReaderId,
    ReaderSettings,
    RecordingId,
    RecordingOrder,
    Removal,
    RequestId,
    RingStep,
    Settings,
    SoundRefusal,
    Space,
    State,
    Storage,
    Target,
)
from appliance.core.orders import (
    AnswerUpdate,
    DropCredential,
    EarlyMedia,
    GiveOrders,
    KeepCredential,
    Order,
    Probe,
    Refer,
    Register,
    Renew,
    Reply,
    SendMessage,
    Subscribe,
    Unregister,
    Unsubscribe,
)
from tests.core.walk import walk

pytestmark = pytest.mark.exhaustive

BOOK = CredentialBook("5a" * 32)
DOOR, CODEC, TEXT = DoorId("front"), Codec("PCMA", 8000), Content("text/plain", "Hello")
HERE = Candidate("host", "127.0.0.1:4000")
KITCHEN = "sip:kitchen@127.0.0.2"
ONE = Settings(
    station="walk",
    buttons=(
        ButtonSettings(ButtonId("ring"), Action.RING, target="kitchen"),
        ButtonSettings(ButtonId("both"), Action.ANSWER, long_action=Action.HOLD),
        ButtonSettings(ButtonId("test"), Action.AUDIO_TEST),
    ),
    lamps=(LampSettings(LampId("status"), ((Picture.IDLE, Pattern.ON),)),),
    keypads=(KeypadSettings(KeypadId("gate")),),
    readers=(ReaderSettings(ReaderId("gate")),),
    doors=(DoorSettings(DOOR, digits="1"),),
    targets=(Target("kitchen", KITCHEN, doors=(DOOR,), auto_answer=True),),
    record=True,
    announcements=Announcements(incoming=Announcement.SOUND),
    max_calls=1,
    max_call_s=0.0,
)
TWO = structs.replace(
    ONE,
    buttons=(ONE.buttons[0], ButtonSettings(ButtonId("both"), Action.SWITCH, long_action=Action.HOLD)),
    record=False,
    max_calls=2,
)
PLAN = structs.replace(
    TWO,
    buttons=(
        ButtonSettings(ButtonId("ring"), Action.RING, target="house"),
        ButtonSettings(ButtonId("both"), Action.HANGUP),
    ),
    doors=(),
    targets=(Target("kitchen", KITCHEN), Target("mobile", "sip:mobile@127.0.0.3", confirm="1")),
    plans=(Plan("house", (RingStep(("kitchen", "mobile"), 20.0),), cycles=2),),
)


def every_input(state: State, serial: int):
    """All inputs that can come in this state; fresh ids by number. A third call is not begun."""
    at, fresh = state.now, f"{serial:026}"
    common = {"at": at, "fresh": fresh}
    yield inputs.StopRequested(**common)
    yield inputs.Tick(**common)
    for name in ("ring", "both"):
        for active in (True, False):
            yield inputs.ButtonEdge(**common, button=ButtonId(name), active=active)
    if state.settings is ONE:
        if not state.calls.living:
            yield inputs.ButtonEdge(**common, button=ButtonId("test"), active=True)
        yield inputs.ButtonEdge(**common, button=ButtonId("test"), active=False)
        if (trial := state.audio.trial) is not None:
            yield inputs.SoundTested(**common, test=trial.id)
            yield inputs.SoundTested(**common, test=trial.id, why="It broke.")
        yield inputs.KeypadKey(**common, keypad=KeypadId("gate"), key="1")
        yield inputs.CardRead(**common, reader=ReaderId("gate"), number="1234", bits=26)
        yield inputs.ReadingDiscarded(**common, reader=ReaderId("gate"), count=1, why="25 bits")
    yield inputs.SipReady(**common, address="127.0.0.1:5060")
    yield inputs.SipLost(**common, why="gone")
    if len(state.calls.living) < 2:
        for uri, after in ((KITCHEN, None), (KITCHEN, 0.0), ("sip:stranger@127.0.0.9", 0.0)):
            yield inputs.CallArrived(
                **common,
                call=CallId(f"c-{fresh}"),
                uri=uri,
                display_name="",
                source="127.0.0.2:5060",
                local_uri="",
                answer_after_s=after,
            )
        about = {"uri": KITCHEN, "display_name": "", "source": "127.0.0.2:5060", "local_uri": "", "refused": 488}
        yield inputs.CallArrived(**common, call=CallId(f"c-{fresh}"), **about)
    for call in state.calls.living:
        of = {**common, "call": call.id}
        yield from asked(common, call)
        if not call.placing.done:
            continue  # no packet can be about it
        yield inputs.CallProgressed(**of, code=180, early_media=False)
        yield inputs.CallProgressed(**of, code=183, early_media=True)
        yield inputs.CallAnswered(**of)
        yield inputs.CallConfirmed(**of)
        yield inputs.CallEnded(**of, code=200, reason="OK", remote=True)
        yield inputs.CallEnded(**of, code=486, reason="Busy Here", remote=True)
        yield inputs.CallEnded(**of, code=0, reason="", remote=False)
        yield inputs.CallEnded(**of, code=302, reason="Moved", remote=True, contacts=(KITCHEN,))
        yield inputs.MediaStarted(**of, codec=CODEC, held=False)
        yield inputs.MediaStarted(**of, codec=CODEC, held=True)
        yield inputs.RtpStarted(**of, direction=MediaDirection.RECEIVE)
        yield inputs.IceCompleted(**of, local=HERE, remote=HERE)
        yield inputs.IceFailed(**of, fault=IceFault.FAILED_CHECKS)
        yield inputs.SoundRefused(**of, why=SoundRefusal.PORT_ZERO)
        source = {"source": "192.0.2.9:4000", "ssrc": 2, "previous": "192.0.2.7:4000", "previous_ssrc": None}
        yield inputs.SourceChanged(**of, **source)
        yield inputs.RtpStopped(**of)
        yield inputs.RtpResumed(**of)
        # Silence would make each state with media three; tests/core/audio/test_silence.py and the sequences have it.
        yield inputs.MediaCounted(**of, quality=Quality(received=50, lost=1, jitter_ms=2.0))
        # Of no search, which would double the states; tests/core/audio/test_detection.py and the sequences have it.
        yield inputs.ToneHeard(**of, tone=HeardTone.BEEP)
        yield inputs.AnswererHeard(**of, answerer=Answerer.PERSON)
        yield inputs.DetectionFailed(**of, why="It broke.", resolution="Ask again.")
        yield inputs.DigitReceived(**of, digit="1", method="rfc4733", duration_ms=100)
        yield inputs.DigitSent(**of, digit="1")
        yield inputs.DigitUnreadable(**of, content_type="audio/telephone-event")
        yield inputs.DigitsUnread(**of)
        yield inputs.DigitsNotSent(**of, why="no telephone-event")
        yield inputs.InfoReceived(**of, content=TEXT)
        yield inputs.HoldFailed(**of, code=488, reason="no", held=not call.media.held_local)
        yield inputs.UpdateReceived(**of, changes=("hold",))
        yield inputs.UpdateSent(**of, changes=("hold",))
        yield inputs.UpdateAnswered(**of, changes=("hold",), code=488, reason="no")
        yield inputs.TransferProgressed(**of, code=200, reason="OK")  # of none: see test_transfers
        yield inputs.TransferRequested(**of, to=KITCHEN)
    for recording in state.calls.recordings:
        of = {**common, "call": recording.call, "recording": recording.id}
        yield inputs.RecordingAnnounced(**of)
        yield inputs.RecordingAnnounced(**of, why="espeak-ng is missing")
        yield inputs.RecordingAnnounced(**of, why="held", held=True)
        yield inputs.RecordingPrepared(**of)
        yield inputs.RecordingBegun(**of)
        yield inputs.RecordingClosed(**of)
        yield inputs.RecordingRefused(**of, why="disc full")
        yield inputs.RecordingAvailable(**common, recording=recording.id, duration_s=1.0, bytes=8000)
        yield inputs.RecordingConverted(**common, recording=recording.id, duration_s=1.0, bytes=800)
    if len(state.calls.living) < 2:
        yield inputs.Requested(**common, request=RequestId("q"), who="walk", action=inputs.Dial("kitchen"))
    if state.settings is ONE:
        yield from beside_calls(common, dict(state.doors.pulses))


def beside_calls(common, pulses):
    """What touches no call."""
    yield inputs.Started(**common, version="1")
    yield inputs.ConfigChanged(**common, settings=ONE, applied="deadlines.rtp_s", needs_restart="")
    yield inputs.ClockSet(**common, by_s=-3600.0)
    yield inputs.ClockReported(**common, clock=Clock(0.0, 3600.0, trusted=True))
    yield inputs.UpdateOffered(**common, version="1.1.0")
    yield inputs.HolidaysRead(**common, holidays=Holidays())
    refused = {"code": ErrorCode.CONFLICT, "message": "", "cause": "", "resolution": ""}
    yield inputs.RuleActFailed(**common, rule="evening", order="lock_door", **refused)
    yield inputs.BookRead(**common, book=BOOK)
    yield inputs.CredentialKept(**common, id=CredentialId("none"), terms=None)  # of some: see test_walk_of_codes
    yield inputs.CredentialNotKept(**common, id=CredentialId("none"), why="disc full")
    yield inputs.ConfigRejected(**common, errors="wrong")
    for part in ("panel", "audio", "storage"):
        yield inputs.PartFailed(**common, part=part, why="gone")
        yield inputs.PartRecovered(**common, part=part)
    yield inputs.GuardReady(**common)
    yield inputs.GuardLost(**common, why="gone")
    for energised in (True, False):
        yield inputs.RelayChanged(**common, door=DOOR, energised=energised, pulse=getattr(pulses.get(DOOR), "id", 0))
    yield inputs.Requested(**common, request=RequestId("q"), who="walk", action=inputs.OpenDoor(DOOR))
    yield inputs.Requested(**common, request=RequestId("q"), who="walk", action=inputs.OpenDoor(DOOR, 10.0))
    yield inputs.OpeningsRead(**common, openings=(Opening(DOOR, None, "x", OpenedBy.API, held=False),))
    # what is kept, and sensors, are walked in test_walk_of_doors
    yield inputs.SensorEdge(**common, sensor="none", active=True)
    yield inputs.LampFound(**common, lamp=LampId("status"), dims=True, colors=False)
    # cards and levels touch nothing but their own part, see tests/core/audio
    yield inputs.CardsFound(**common, cards=())
    yield inputs.LevelsRead(**common, speaker=None, microphone=None)
    yield inputs.SoundTested(**common, test="none")
    yield inputs.XrunsCounted(**common, card="Phone", capture=1, playback=2)
    none = PlaybackId("none")  # of some: see tests/core/audio/test_playbacks.py
    yield inputs.PlaybackOpened(**common, playback=none, duration_s=1.0)
    yield inputs.PlaybackBegun(**common, playback=none)
    yield inputs.PlaybackEnded(**common, playback=none)
    yield inputs.PlaybackFailed(**common, playback=none, why="no such file")
    yield inputs.KeptWritten(**common, kept=PersistentState())
    yield inputs.KeptFailed(**common, why="full", resolution="")
    # so do contacts, see test_contacts and test_subscriptions
    yield inputs.ContactAnswered(**common, contact="none", code=200, reason="OK")
    yield inputs.ContactNotified(**common, contact="none", state=ContactState.BUSY)
    yield inputs.SubscriptionEnded(**common, contact="none", code=404, reason="Not Found")
    # accounts and the network touch nothing but their own parts, which are walked in test_accounts and test_network
    yield inputs.NetworkChanged(**common, addresses=())
    yield inputs.Registered(**common, account="none", expires_s=300.0, server="127.0.0.2:5060")
    yield inputs.RegistrationFailed(**common, account="none", code=403, reason="Forbidden")
    yield inputs.ServerFailed(**common, account="none", server="127.0.0.2:5060", why="No answer")
    yield inputs.Unregistered(**common, account="none")
    # so do messages, see test_messages
    yield inputs.MessageReceived(**common, uri="sip:x@y", display_name="", source="127.0.0.9:5060", content=TEXT)
    yield inputs.MessageAnswered(**common, message="none", code=200, reason="OK")
    yield inputs.RequestsDropped(**common, count=7)
    yield inputs.RequestRefused(**common, method="INFO", source="127.0.0.9", code=405, reason="Method Not Allowed")
    doubted = {"method": "REGISTER", "code": 200, "source": "127.0.0.9:5060", "to": "127.0.0.2:5060"}
    yield inputs.AnswerDoubted(**common, **doubted, reason="Not From Where The Request Went")
    yield inputs.SipSlow(**common, after_s=5.0, waits_for="listing sound cards")
    yield inputs.AccessDenied(**common, who="x", source="127.0.0.9", scope="http")
    yield inputs.AccessTokenAdded(**common, added=ClientToken("t-1", "tablet", ("view",)), expires=None, by="http:unix")
    yield inputs.SpaceMeasured(**common, storage=Storage(Space.LOW, 1, 2, 3))
    yield inputs.RecordingCopied(**common, recording="r-1", to="nas:r-1.wav", duration_s=1.0, bytes=8000)
    yield inputs.RecordingCopyFailed(**common, recording="r-1", tries=1, why="gone")
    yield inputs.RecordingDeleted(**common, recording="r-1", why=Removal.QUOTA)
    yield inputs.RecordingChanged(**common, recording="r-1", protected=True, by="x")
    yield inputs.AccessTokenRemoved(**common, id="t-1", name="tablet", by="http:unix")
    yield inputs.Notified(**common, receiver="house", event=7, name="ring.started", ring="v-1", why="x", again_s=1.0)
    yield inputs.OrderRefused(**common, order="open_door", why="late", more=3)
    yield inputs.AccessLockedOut(**common, who="x", source="127.0.0.9", scope=LockoutScope.TARGET, seconds=30.0)


def asked(common, call: Call):
    """All that a client can ask about a call."""
    for action in (
        inputs.AnswerCall(call.id),
        inputs.RingCall(call.id),
        inputs.UpdateCall(call.id, ("PCMU",)),
        inputs.DecideUpdate(call.id, accepted=True),
        inputs.SetCustomData(call.id, "note"),
        inputs.SetStatisticsInterval(call.id, 5),
        inputs.ReportLevels(call.id, wanted=True),
        # Others would double the states; tests/core/access/test_codes.py and the sequences have them.
        inputs.SetDigitMethods(call.id, (DigitMethod.RFC4733, DigitMethod.INFO)),
        inputs.SendDigitsTo(call.id, DigitsTo.CODES),
        inputs.DetectSound(call.id, ()),
        inputs.ReportCustom("lift.called", call=call.id),
        inputs.RejectCall(call.id),
        inputs.HangUpCall(call.id),
        inputs.HoldCall(call.id, held=True),
        inputs.HoldCall(call.id, held=False),
        inputs.SwitchTo(call.id),
        inputs.MuteCall(call.id, muted=True),
        inputs.MuteCall(call.id, muted=False),
        inputs.SendDigits(call.id, "1"),
        inputs.StartRecording(call.id),
        inputs.StopRecording(call.id),
        inputs.SteerRecording(call.recording or RecordingId("none"), RecordingOrder.STOP),
        inputs.SteerRecording(call.recording or RecordingId("none"), RecordingOrder.MUTE),
    ):
        yield inputs.Requested(**common, request=RequestId("q"), who="walk", action=action)


def within_bounds(state: State) -> bool:
    """Bounds the walk: what is independent is not multiplied.

    A button that is down, a door's pulse, a lost guard, the error picture, a recording, a muted microphone and a test
    of the sound are each walked through beside one call, and two calls beside each other while all else is as it
    should be; what leads further is stepped to and checked, but not from.
    """
    if state.appliance.doubted:  # a count, without bounds and without effect
        return False
    beside = (
        len(state.panel.presses)
        + len(state.doors.pulses)
        + len(state.calls.recordings)
        + (state.panel.error_until is not None)
        + (state.audio.trial is not None)
    )
    beside += sum(len(run.typed) for run in state.access.entries) + 2 * len(
        state.access.lockouts
    )  # see test_walk_of_codes
    beside += 2 * sum(call.media.ice for call in state.calls.living)  # it only names the fault when the sound ends
    beside += sum(call.media.muted for call in state.calls.living)
    if state.settings is not ONE:
        beside += sum(
            (call.media.rtp_lost_since is not None) + bool(call.digits.received) for call in state.calls.living
        )
        if state.settings is PLAN:  # until the ring is over: what then goes on are the calls of the other walks
            beside += sum(call.media.held_remote + call.placing.again + (not call.alive) for call in state.calls.living)
            ringing = state.rings or not state.calls.living
            pressed = len(state.panel.presses) <= (not any(call.times.ringing_since for call in state.calls.living))
            few = len(state.calls.living) <= 2 and not state.appliance.stopping
            return ringing and pressed and few and beside == len(state.panel.presses)
        return beside == 0 and (state.appliance.sip_ready or len(state.calls.living) < 2)
    beside += not state.doors.relay_ready
    return beside <= (1 if len(state.calls.living) < 2 else 0)


@pytest.mark.parametrize("settings", [ONE, TWO, PLAN], ids=["one call", "two calls", "a plan"])
def test_every_state_that_can_be_reached_keeps_the_rules(settings, record_property, capsys):
    covered: set[type] = set()
    kinds: set[type] = set()

    def look(given, taken):
        covered.add(type(given))
        kinds.update(type(order) for order in taken.orders)
        assert isinstance(given, inputs.Requested) == any(isinstance(order, Reply) for order in taken.orders)

    states, steps = walk(State(settings, now=100.0, access=AccessPart(book=BOOK)), every_input, within_bounds, look)
    with capsys.disabled():
        print(f"\n{len(states)} states, {steps} steps")
    record_property("figures", f"{len(states)} states, {steps} steps")
    if settings is ONE:
        assert covered == set(inputs.INPUTS)
        assert kinds == set(get_args(Order)) - {
            AnswerUpdate,
            DropCredential,
            EarlyMedia,
            GiveOrders,
            KeepCredential,
            Probe,
            Refer,
            Register,
            Renew,
            SendMessage,
            Subscribe,
            Unregister,
            Unsubscribe,
        }
    assert len(states) > 1000
