"""Links: who hears whom by the order of a client, who learns of it, and what ends it."""

import pytest
from msgspec.structs import replace

from appliance.base.errors import ErrorCode
from appliance.core import events, inputs
from appliance.core.audio.links import MOST
from appliance.core.model import CallId, ConferenceId, LinkDirection, SoundMode, Tone, ToneEnd
from appliance.core.orders import PrepareRecording
from tests.core import sent
from tests.core.conferences.test_conferences import begun, calling, heard, over, talked, two
from tests.core.station import SETTINGS, Station

TO, FROM, BOTH = LinkDirection
ASIDE, TALKING, SILENT = (False, False, True), (True, True, False), (False, False, False)


@pytest.fixture
def calls():
    """A station with a call in the background, and one in front."""
    return two()


def flows(station: Station) -> set[tuple[str, str | None]]:
    return {(source, hearer) for source, hearer, _ in station.desired.sound.sent}


def beeps(station: Station) -> list[CallId]:
    """The calls whose far ends heard that somebody else hears them."""
    return [each.call for each in station.told if isinstance(each, events.ToneStarted) and each.tone is Tone.WARNING]


def far_end_holds(station: Station, call: CallId, *, held: bool) -> None:
    if held:
        station.give(inputs.UpdateReceived, call=call, changes=("hold",))
    station.give(inputs.MediaStarted, call=call, codec=station.state.calls.get(call).media.codec, held=held)


def silent(station: Station) -> set[CallId]:
    """The calls whose recordings have silence."""
    return {media.call for media in station.desired.sound.calls if not media.capture.local and not media.capture.remote}


def linked(station: Station, call: CallId, target: str, direction: LinkDirection = TO, gain: float = 100.0) -> None:
    assert station.ask(inputs.LinkSound(call, target, direction, gain)).error is None


@pytest.mark.parametrize(
    ("direction", "wanted"),
    [(TO, {"there"}), (FROM, {"here"}), (BOTH, {"here", "there"})],
)
def test_a_call_hears_another_one_by_order_and_who_is_heard_hears_a_tone(calls, direction, wanted):
    station, first, second = calls
    assert (flows(station), heard(station)) == (set(), {first: ASIDE, second: TALKING})
    linked(station, first, second, direction, 50.0)
    ways = {"there": (first, second), "here": (second, first)}
    assert flows(station) == {ways[each] for each in wanted}
    assert {gain for _, _, gain in station.desired.sound.sent} == {50.0}
    assert heard(station) == {first: SILENT, second: TALKING}, "it talks on, without the panel"
    assert sorted(beeps(station)) == sorted(ways[each][0] for each in wanted)
    told = station.last(events.MediaLinked)
    assert (told.call, told.target, told.direction, told.gain) == (first, second, direction, 50.0)
    station.wait(2.0)
    assert not station.state.audio.tones
    shown = {call["id"]: call["links"] for call in sent.snapshot(station.state, 0.0)["calls"]}
    assert shown == {first: [{"target": second, "direction": direction, "gain": 50.0}], second: []}


def test_an_end_of_the_link_holds_the_background_again(calls):
    station, first, second = calls
    linked(station, first, second)
    assert station.ask(inputs.UnlinkSound(first, second)).warning == ""
    assert (flows(station), heard(station)) == (set(), {first: ASIDE, second: TALKING})
    assert station.last(events.MediaUnlinked) == events.MediaUnlinked(first, target=second, reason="stopped")
    assert station.ask(inputs.UnlinkSound(first, second)).warning


def test_an_order_of_the_same_changes_nothing_and_another_one_takes_its_place(calls):
    station, first, second = calls
    linked(station, first, second)
    count = len(station.told)
    assert station.ask(inputs.LinkSound(first, second)).warning
    assert "media.linked" not in [each.TYPE for each in station.told[count:]]
    linked(station, first, second, BOTH, 20.0)
    assert set(station.desired.sound.sent) == {(first, second, 20.0), (second, first, 20.0)}
    assert beeps(station) == [first, second], "the first one knows already"


def test_the_tone_begins_with_the_first_gain_above_zero(calls):
    station, first, second = calls
    linked(station, first, second, gain=0.0)
    assert beeps(station) == []
    linked(station, first, second, gain=200.0)
    assert beeps(station) == [first]
    linked(station, first, second, gain=50.0)
    assert beeps(station) == [first]


def test_the_tone_begins_when_sound_flows_after_a_hold_by_either_far_end(calls):
    station, first, second = calls
    far_end_holds(station, first, held=True)
    linked(station, first, second)
    assert (flows(station), beeps(station)) == (set(), [])
    far_end_holds(station, first, held=False)
    assert (flows(station), beeps(station)) == ({(first, second)}, [first])
    far_end_holds(station, second, held=True)
    far_end_holds(station, second, held=False)
    assert beeps(station) == [first, first]


def test_the_tone_comes_for_each_one_that_begins_to_hear_the_far_end(calls):
    station, first, second = calls
    third = station.arrive("c-third").id
    station.ask(inputs.AnswerCall(third))
    talked(station, third)
    linked(station, first, second)
    linked(station, first, third)
    assert beeps(station) == [first, first]
    station.wait(2.0)
    assert not station.state.audio.tones


def test_no_client_stops_or_replaces_the_tone_until_it_has_ended(calls):
    station, first, second = calls
    station.ask(inputs.PlayTone(Tone.BUSY, first))
    linked(station, first, second)
    assert station.last(events.ToneStopped).reason is ToneEnd.REPLACED
    assert station.ask(inputs.StopTone(first)).error.code == ErrorCode.CONFLICT
    assert station.ask(inputs.PlayTone(Tone.BUSY, first)).error.code == ErrorCode.CONFLICT
    assert station.ask(inputs.PlayTone(Tone.BUSY, second)).error is None
    assert [played.sound.tone for played in station.state.audio.tones] == [Tone.WARNING, Tone.BUSY]
    station.wait(1.0)
    assert station.ask(inputs.PlayTone(Tone.BUSY, first)).error is None
    assert station.ask(inputs.StopTone(first)).warning == ""


def test_of_two_links_with_the_same_source_and_hearer_the_larger_gain_counts(calls):
    station, first, second = calls
    linked(station, first, second, TO, 30.0)
    linked(station, second, first, FROM, 80.0)
    assert station.desired.sound.sent == ((first, second, 80.0),)
    linked(station, first, second, TO, 90.0)
    assert station.desired.sound.sent == ((first, second, 90.0),)
    station.ask(inputs.UnlinkSound(first, second))
    assert station.desired.sound.sent == ((first, second, 80.0),)


@pytest.mark.parametrize(
    ("direction", "gain", "too"),
    [(TO, 100.0, True), (FROM, 100.0, False), (BOTH, 1.0, True), (TO, 0.0, False)],
)
def test_a_recording_has_silence_while_a_call_that_is_heard_in_it_types_a_code(calls, direction, gain, too):
    station, first, second = calls
    for order in station.orders(PrepareRecording):
        station.give(inputs.RecordingPrepared, call=order.call, recording=order.recording)
    linked(station, first, second, direction, gain)
    station.give(inputs.DigitReceived, call=first, digit="1", method="rfc4733", duration_ms=100)
    assert silent(station) == ({first, second} if too else {first})
    station.wait(6.0)
    assert silent(station) == set()


@pytest.mark.parametrize("muted", [False, True])
def test_the_recordings_of_a_conference_have_silence_while_one_that_is_heard_types_a_code(calls, muted):
    station, first, second = calls
    for order in station.orders(PrepareRecording):
        station.give(inputs.RecordingPrepared, call=order.call, recording=order.recording)
    conference = begun(station, calling(first, second))
    station.ask(inputs.MuteIn(conference, first, muted=muted))
    station.give(inputs.DigitReceived, call=first, digit="1", method="rfc4733", duration_ms=100)
    assert silent(station) == ({first} if muted else {first, second})


def test_the_hold_button_switches_to_a_linked_call_and_back_but_not_to_one_that_is_held_on_purpose(calls):
    station, first, second = calls
    linked(station, first, second)
    for front, behind in ((first, second), (second, first)):
        station.press("hold")
        assert heard(station) == {front: TALKING, behind: SILENT}
    station.ask(inputs.HoldCall(first, held=True))
    station.press("hold")
    assert heard(station) == {first: ASIDE, second: ASIDE}
    assert station.state.calls.active.id == second


def test_nothing_flows_while_either_side_holds_a_call_and_a_hold_on_purpose_stays(calls):
    station, first, second = calls
    linked(station, first, second, BOTH)
    far_end_holds(station, first, held=True)
    assert flows(station) == set()
    far_end_holds(station, first, held=False)
    assert flows(station) == {(first, second), (second, first)}
    station.ask(inputs.HoldCall(first, held=True))
    assert flows(station) == set()
    linked(station, first, second, TO)
    assert (flows(station), heard(station)[first]) == (set(), ASIDE)
    station.ask(inputs.HoldCall(first, held=False))
    assert flows(station) == {(first, second)}


def test_a_third_call_hears_nobody_and_a_link_ends_with_either_call(calls):
    station, first, second = calls
    third = station.arrive("c-third").id
    station.ask(inputs.AnswerCall(third))
    talked(station, third)
    linked(station, first, second)
    assert (flows(station), heard(station)[third]) == ({(first, second)}, TALKING)
    over(station, second)
    assert (flows(station), station.state.audio.links) == (set(), ())
    assert station.last(events.MediaUnlinked) == events.MediaUnlinked(first, target=second, reason="ended")
    assert heard(station) == {first: ASIDE, third: TALKING}


def test_the_speaker_plays_a_call_in_the_background_but_not_while_the_visitor_speaks_by_push_to_talk():
    station, first, second = two(audio=replace(SETTINGS.audio, mode=SoundMode.PUSH_TO_TALK))
    linked(station, first, "speaker", gain=30.0)
    assert station.desired.sound.sent == ((first, None, 30.0),)
    assert not heard(station)[first][0], "nobody hears the microphone"
    station.ask(inputs.Talk())
    assert flows(station) == set()
    station.ask(inputs.StopTalk())
    assert (flows(station), beeps(station)) == ({(first, None)}, [first]), "the pause was not the end"
    station.ask(inputs.HangUpCall(second))
    over(station, first)
    assert station.last(events.MediaUnlinked).reason == "ended"


def test_a_conference_hears_a_call_that_is_not_in_it_and_the_call_does_not_hear_the_conference(calls):
    station, first, second = calls
    third = station.arrive("c-third").id
    station.ask(inputs.AnswerCall(third))
    talked(station, third)
    conference = begun(station, calling(first, second))
    linked(station, third, conference)
    assert flows(station) == {(third, first), (third, second), (third, None)}
    station.ask(inputs.HoldConference(conference, held=True))
    assert flows(station) == {(third, first), (third, second)}
    assert station.ask(inputs.LinkSound(third, conference, BOTH)).error.code == ErrorCode.PARAMETER_INVALID
    assert station.ask(inputs.LinkSound(first, conference)).error.code == ErrorCode.CONFLICT
    assert station.ask(inputs.LinkSound(first, second)).error.code == ErrorCode.CONFLICT
    station.ask(inputs.EndConference(conference))
    assert station.state.audio.links == ()


def test_a_link_ends_when_both_are_in_one_conference(calls):
    station, first, second = calls
    linked(station, first, second)
    linked(station, first, "speaker")
    conference = begun(station, calling(second))
    linked(station, first, conference)
    assert flows(station) == {(first, second), (first, None)}
    station.ask(inputs.TakeInto(conference, first))
    assert flows(station) == {(first, None)}
    assert [each.target for each in station.state.audio.links] == ["speaker"]
    assert station.last(events.MediaUnlinked).reason == "ended"


def test_what_is_not_possible_is_refused(calls):
    station, first, second = calls
    waiting = station.arrive("c-waiting").id
    for link, code in (
        (inputs.LinkSound(first, first), ErrorCode.CONFLICT),
        (inputs.LinkSound(first, "c-never"), ErrorCode.CALL_NOT_FOUND),
        (inputs.LinkSound(CallId("c-never"), first), ErrorCode.CALL_NOT_FOUND),
        (inputs.LinkSound(first, waiting), ErrorCode.CALL_WRONG_STATE),
        (inputs.LinkSound(waiting, first), ErrorCode.CALL_WRONG_STATE),
        (inputs.LinkSound(first, ConferenceId("k-never")), ErrorCode.CONFERENCE_NOT_FOUND),
        (inputs.LinkSound(first, "speaker", BOTH), ErrorCode.PARAMETER_INVALID),
        (inputs.LinkSound(first, second, TO, 201.0), ErrorCode.PARAMETER_INVALID),
        (inputs.LinkSound(first, second, TO, float("nan")), ErrorCode.PARAMETER_INVALID),
    ):
        assert station.ask(link).error.code == code, link
    assert station.ask(inputs.UnlinkSound(CallId("c-never"), first)).error.code == ErrorCode.CALL_NOT_FOUND
    station.give(inputs.PartFailed, part="audio", why="The card is gone", resolution="")
    assert station.ask(inputs.LinkSound(first, "speaker")).error.code == ErrorCode.AUDIO_UNAVAILABLE
    assert station.state.audio.links == ()


def test_the_number_of_links_has_a_limit():
    station, first, second = two(max_calls=24)
    others = [CallId(f"c-{number}") for number in range(5)]
    for other in others:
        station.arrive(other)
        station.ask(inputs.AnswerCall(other))
        talked(station, other)
    pairs = [(one, other) for one in (first, second, *others) for other in others if one != other]
    for one, other in pairs[:MOST]:
        linked(station, one, other)
    codes = {station.ask(inputs.LinkSound(one, other)).error.code for one, other in pairs[MOST:]}
    assert codes == {ErrorCode.CONFLICT}
    assert len(station.state.audio.links) == MOST


def test_what_was_ordered_last_is_the_last_link_in_the_answers(calls):
    station, first, second = calls
    for target, gain in ((second, 100.0), ("speaker", 100.0), (second, 50.0)):
        linked(station, first, target, gain=gain)
    assert [link.target for link in station.state.audio.links] == ["speaker", second]
