"""What a caller hears before he is answered, and what goes out and is noted with the answer."""

import pytest

from appliance.core import events, inputs
from appliance.core.call_states import with_sound
from appliance.core.calls.early_media import LONGEST_PAUSE_S
from appliance.core.calls.view import call_facts
from appliance.core.model import (
    By,
    CallId,
    CallState,
    Cause,
    DigitMethod,
    EarlySource,
    MediaDirection,
    Picture,
    Quality,
    SoundLevel,
    Tone,
    TransferPolicy,
)
from appliance.core.orders import Answer, EarlyMedia, Place, Refuse, Ring
from appliance.core.panel import indications
from tests.core.calls.test_calls import end, outcome
from tests.core.sent import call_view
from tests.core.station import KITCHEN, LONGEST, PCMA, Station, ready

IN = CallId("c-in")
FLOOR = (("X-Floor", "2"),)


def called(**changes) -> Station:
    """The kitchen calls, and it rings."""
    station = ready(**changes)
    station.arrive(IN)
    return station


def early(source: EarlySource = EarlySource.TONE, **changes) -> Station:
    """It hears that of us."""
    station = called(**changes)
    assert station.ask(inputs.SendEarlyMedia(IN, source)).warning == ""
    station.give(inputs.MediaStarted, call=IN, codec=PCMA, held=False)
    station.give(inputs.RtpStarted, call=IN, direction=MediaDirection.SEND)
    return station


def heard(station: Station, call: CallId = IN) -> tuple[bool, bool, bool]:
    """Microphone, speaker and tone of the call."""
    (media,) = (each for each in station.desired.sound.calls if each.call == call)
    return media.microphone, media.speaker, media.tone


# -- before the answer -----------------------------------------------------------------------------------------------


def test_the_caller_hears_the_stations_own_tone():
    station = early()
    assert station.orders(EarlyMedia) == [EarlyMedia(IN)]
    assert station.types()[-3:] == ["call.early_media", "call.state_changed", "media.started"]
    assert (station.call.state, station.call.unanswered_here) == (CallState.EARLY_MEDIA, True)
    assert heard(station) == (False, False, True)
    assert station.desired.sound.tone is Tone.RINGING
    assert indications.picture(station.state) is Picture.RINGING
    assert with_sound(station.state) == ()


def test_the_caller_hears_the_panel_while_it_rings_here():
    station = early(EarlySource.PANEL)
    assert heard(station) == (True, False, False)
    assert station.desired.sound.tone is Tone.RINGING, "people at the panel know"
    assert station.last(events.CallActiveChanged) == events.CallActiveChanged(IN, old=False, new=True)


def test_another_source_takes_the_place_of_the_first_without_a_word_to_the_caller():
    station = early()
    assert station.ask(inputs.SendEarlyMedia(IN, EarlySource.TONE)).warning.startswith("The caller of c-in hears")
    assert station.ask(inputs.SendEarlyMedia(IN, EarlySource.PANEL)).warning == ""
    assert station.orders(EarlyMedia) == [EarlyMedia(IN)]
    assert heard(station) == (True, False, False)


def test_who_waits_behind_another_call_hears_a_tone_and_never_the_panel():
    station = ready()
    first = station.talking().id
    station.arrive(IN)
    station.ask(inputs.SendEarlyMedia(IN, EarlySource.PANEL))
    assert heard(station) == (False, False, True)
    assert heard(station, first) == (True, True, False)
    end(station, first)
    assert heard(station) == (True, False, False)


def test_the_caller_is_answered_after_early_media():
    station = early()
    assert station.ask(inputs.AnswerCall(IN)).error is None
    assert heard(station) == (False, True, False)
    station.give(inputs.CallAnswered, call=IN)
    station.give(inputs.CallConfirmed, call=IN)
    assert heard(station) == (True, True, False)
    end(station, IN)
    assert outcome(station)[:2] == (events.CallEnded, Cause.HANGUP)


def test_no_one_answers_after_early_media():
    station = early()
    station.wait(60.5)
    assert station.orders(Refuse) == [Refuse(IN, 480)]
    end(station, IN, 480, remote=False)
    assert outcome(station) == (events.CallRejected, Cause.NO_ANSWER, 480, By.LOCAL, True)


def test_a_second_180_is_news_only_after_183():
    station = called()
    assert station.ask(inputs.RingCall(IN)).warning == "Call c-in rings already."
    assert station.types().count("call.ringing") == 1
    station.ask(inputs.SendEarlyMedia(IN))
    assert station.ask(inputs.RingCall(IN)).warning == ""
    assert station.orders(Ring) == [Ring(IN)] * 3
    assert station.types().count("call.ringing") == 2


@pytest.mark.parametrize(
    "action", [inputs.RingCall, inputs.SendEarlyMedia, inputs.AnswerCall, inputs.RejectCall], ids=lambda a: a.__name__
)
def test_an_outgoing_call_is_neither_rung_nor_answered(action):
    station = ready()
    assert station.ask(action(station.dialled().id)).error.code == "call-wrong-state"


def test_a_provisional_response_to_an_incoming_call_means_nothing():
    station = called()
    station.give(inputs.CallProgressed, call=IN, code=183, early_media=True)
    assert station.call.state is CallState.INCOMING


# -- with the answer -------------------------------------------------------------------------------------------------


def test_the_answer_has_headers_and_a_note():
    station = called()
    assert station.ask(inputs.AnswerCall(IN, FLOOR, "flat 3")).error is None
    assert station.orders(Answer) == [Answer(IN, FLOOR)]
    assert station.last(events.CallChanged) == events.CallChanged(IN, fields=("custom_data",))
    station.give(inputs.CallConfirmed, call=IN)
    assert station.last(events.CallConnected).custom_data == "flat 3"
    assert call_facts(station.call, 0.0, 0.0)["custom_data"] == "flat 3"


def test_an_answer_that_cannot_be_given_so_is_none():
    station = called()
    assert station.ask(inputs.AnswerCall(IN, (("Contact", "x"),), "note")).error.code == "parameter-invalid"
    assert station.ask(inputs.AnswerCall(IN, (), "x" * 1001)).error.code == "text-too-long"
    assert not station.orders(Answer)
    assert station.call.custom_data == ""


def test_what_the_far_end_sends_with_its_200_is_reported():
    station = ready()
    call = station.ask(inputs.Dial("kitchen", (("X-Ours", "1"),), custom_data="order 5")).call
    assert station.orders(Place) == [Place(call, KITCHEN, (("X-Ours", "1"),), expires_s=LONGEST)]
    station.give(inputs.CallAnswered, call=call, headers=FLOOR)
    station.give(inputs.CallConfirmed, call=call)
    connected = station.last(events.CallConnected)
    assert (connected.custom_data, connected.headers) == ("order 5", {"X-Floor": "2"})
    assert call_facts(station.call, 0.0, 0.0)["headers"] == {"X-Floor": "2"}


def test_what_the_far_end_sent_with_its_invite_is_reported():
    station = ready()
    about = {"uri": KITCHEN, "display_name": "", "source": "127.0.0.2:5060", "local_uri": ""}
    station.give(inputs.CallArrived, call=IN, headers=FLOOR, **about)
    station.ask(inputs.AnswerCall(IN))
    station.give(inputs.CallConfirmed, call=IN)
    assert station.last(events.CallConnected).headers == {"X-Floor": "2"}


def test_a_note_is_reported_when_it_changes():
    station = called()
    assert station.ask(inputs.SetCustomData(IN, "a")).warning == ""
    assert station.ask(inputs.SetCustomData(IN, "a")).warning
    assert station.ask(inputs.SetCustomData(IN, "")).warning == ""
    assert station.types().count("call.changed") == 2
    assert ready().ask(inputs.Dial("kitchen", custom_data="x" * 1001)).error.code == "text-too-long"


@pytest.mark.parametrize(
    ("order", "field", "value"),
    [
        (inputs.SetStatisticsInterval(IN, 5), "statistics_interval", 5),
        (inputs.ReportLevels(IN, wanted=True), "report", ["level"]),
        (inputs.ReportLevels(IN, wanted=False, microphone=True), "report", ["microphone"]),
        (inputs.SetDigitMethods(IN, (DigitMethod.INFO,)), "dtmf", ["info"]),
        (inputs.SetTransferPolicy(IN, TransferPolicy.ASK), "transfer_policy", "ask"),
    ],
)
def test_a_setting_of_a_call_that_a_client_changes_is_reported_once(order, field, value):
    """By it others learn of it: PropertiesChanged on D-Bus and the kept state of MQTT follow events."""
    station = called()
    assert station.ask(order).warning == ""
    assert call_view(station.state, station.call, 0.0, 0.0)[field] == value
    assert station.last(events.CallChanged) == events.CallChanged(IN, fields=(field,))
    assert station.ask(order).warning
    assert station.types().count("call.changed") == 1


def test_a_call_that_is_placed_again_keeps_its_note():
    station = ready()
    call = station.dialled()
    station.ask(inputs.SetCustomData(call.id, "a"))
    station.give(inputs.SipLost, why="gone")
    assert station.call.custom_data == "a"


# -- what the visitor hears before the far end answers ----------------------------------------------------------------

RINGBACK, COMFORT_NOISE = SoundLevel(-20.0, speaking=True), SoundLevel(-62.0, speaking=False)
COUNTED = Quality(received=50, lost=0, jitter_ms=1.0)


def promised() -> Station:
    """The kitchen is called, and promises sound before its answer."""
    station = ready()
    call = station.dialled()
    return station.give(inputs.CallProgressed, call=call.id, code=183, early_media=True)


def sends(station: Station, level: SoundLevel | None, after: float = 1.0) -> Tone | None:
    """The far end sends a second of sound: the tone beside it."""
    station.give(inputs.MediaCounted, after, call=station.call.id, quality=COUNTED, received=level)
    return station.desired.sound.tone


@pytest.mark.parametrize("level", [None, COMFORT_NOISE, SoundLevel(-96.3, speaking=False)])
def test_the_ringback_goes_on_while_the_far_end_is_silent_before_its_answer(level):
    station = promised()
    assert station.desired.sound.tone is Tone.DIALING
    assert [sends(station, level) for _ in range(20)] == [Tone.DIALING] * 20
    station.give(inputs.CallProgressed, call=station.call.id, code=180, early_media=False)
    assert station.desired.sound.tone is Tone.DIALING
    station.give(inputs.CallConfirmed, call=station.call.id)
    assert station.desired.sound.tone is None


def test_the_far_ends_own_sound_takes_its_place_over_the_pauses_of_a_ringback():
    station = promised()
    cadence = [RINGBACK, *[SoundLevel(-90.0, speaking=False)] * 5] * 4
    assert [sends(station, level) for level in cadence] == [None] * len(cadence)


@pytest.mark.parametrize("level", [None, COMFORT_NOISE])
def test_the_ringback_comes_again_when_that_sound_stops(level):
    station = promised()
    assert sends(station, RINGBACK) is None
    for _ in range(int(LONGEST_PAUSE_S)):
        assert sends(station, level) is None
    assert sends(station, level) is Tone.DIALING
    assert sends(station, RINGBACK) is None


def test_it_comes_again_even_if_nothing_is_counted_any_more():
    station = promised()
    sends(station, RINGBACK)
    assert station.wait(LONGEST_PAUSE_S + 0.1).desired.sound.tone is Tone.DIALING


def test_a_fork_with_sound_after_one_without_is_heard():
    station = promised()
    sends(station, None)
    station.give(inputs.CallProgressed, call=station.call.id, code=183, early_media=True)
    assert station.desired.sound.tone is Tone.DIALING
    assert sends(station, RINGBACK) is None
