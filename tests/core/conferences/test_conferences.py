"""Conferences: who hears whom and who does not, the events of each participant, and that a loss leaves the rest."""

import pytest
from msgspec.structs import replace

from appliance.core import events, inputs
from appliance.core.conferences.lifecycle import MOST
from appliance.core.model import (
    AccountId,
    AccountSettings,
    By,
    CallId,
    CallState,
    Cause,
    ConferenceId,
    Direction,
    Picture,
    RecordedCalls,
    RecordingChannels,
    Target,
    Tone,
    TransferPolicy,
)
from appliance.core.orders import Answer, HangUp, Place, Refuse
from appliance.core.panel.indications import picture
from appliance.core.status_line import status
from tests.core.sent import snapshot
from tests.core.station import KITCHEN, PCMA, Station, ready

OFFICE, CELLAR = CallId("c-office"), CallId("c-cellar")


def talked(station: Station, call: CallId) -> CallId:
    """The call is confirmed and has sound."""
    station.give(inputs.CallConfirmed, call=call)
    station.give(inputs.MediaStarted, call=call, codec=PCMA, held=False)
    return call


def over(station: Station, call: CallId, code: int = 200, *, remote: bool = True) -> None:
    station.give(inputs.CallEnded, call=call, code=code, reason="Why", remote=remote)


def calling(*calls: CallId) -> inputs.Confer:
    return inputs.Confer(calls, ())


def inviting(*names: str) -> inputs.Confer:
    return inputs.Confer((), tuple(inputs.Dial(name) for name in names))


def begun(station: Station, action: inputs.Confer) -> ConferenceId:
    """Begin a conference."""
    reply = station.ask(action)
    assert reply.error is None, reply.error
    return reply.conference


def two(**changes) -> tuple[Station, CallId, CallId]:
    """The kitchen is called and the office has called; both talk, the office in front."""
    station = ready(**changes)
    first = station.talking().id
    station.arrive(OFFICE)
    station.ask(inputs.AnswerCall(OFFICE))
    return station, first, talked(station, OFFICE)


def three() -> tuple[Station, ConferenceId, CallId, CallId, CallId]:
    """A conference of three."""
    station, first, second = two()
    conference = begun(station, calling(first, second))
    third = invited(station, conference, "office")
    talked(station, third)
    return station, conference, first, second, third


def invited(station: Station, conference: ConferenceId, name: str) -> CallId:
    known = {call.id for call in station.state.calls.living}
    reply = station.ask(inputs.InviteInto(conference, inputs.Dial(name)))
    assert (reply.error, reply.conference) == (None, conference)
    (new,) = {call.id for call in station.state.calls.living} - known
    return new


def heard(station: Station) -> dict[str, tuple[bool, bool, bool]]:
    """Of each call: microphone, speaker, held."""
    return {media.call: (media.microphone, media.speaker, media.held) for media in station.desired.sound.calls}


def links(station: Station) -> set[tuple[CallId, CallId]]:
    return set(station.desired.sound.links)


def all_of(*calls: CallId) -> set[tuple[CallId, CallId]]:
    """Each hears each other."""
    return {(one, other) for one in calls for other in calls if one != other}


def since(station: Station, count: int, family: str = "conference.") -> list[str]:
    return [event.TYPE.removeprefix(family) for event in station.told[count:] if event.TYPE.startswith(family)]


TALKING, ASIDE, SILENT, LEFT_ALONE = (True, True, False), (False, False, True), (False, False, False), (False,) * 3


# -- beginning -------------------------------------------------------------------------------------------------------


def test_two_calls_are_taken_into_a_conference_and_all_hear_each_other():
    station, first, second = two()
    count = len(station.told)
    conference = begun(station, calling(first, second))
    assert links(station) == all_of(first, second)
    assert heard(station) == {first: TALKING, second: TALKING}
    assert since(station, count) == [
        "connecting",
        "connected",
        "participant_added",
        "participant_added",
        "changed",
    ]
    told = station.last(events.ConferenceParticipantAdded)
    assert (told.call, told.participant, told.reason) == (second, second, "taken_in")
    told = station.last(events.ConferenceChanged)
    assert (told.participants, told.muted, told.speaker, told.microphone) == ((first, second), (), True, True)
    assert station.last(events.CallResumed).call == first
    assert station.last(events.CallActiveChanged) == events.CallActiveChanged(first, old=False, new=True)
    assert "call.switched" not in [event.TYPE for event in station.told[count:]]
    assert status(station.state) == "in a conference with kitchen, kitchen"
    shown = snapshot(station.state, 0.0)
    assert [(call["conference"], call["active"]) for call in shown["calls"]] == [(conference, True)] * 2


def test_an_invitation_is_reported_step_by_step():
    station, first, second = two()
    conference = begun(station, calling(first, second))
    count = len(station.told)
    third = invited(station, conference, "office")
    assert since(station, count) == ["invitation_sending", "invitation_sent"]
    assert station.last(events.ConferenceInvitationSending).to == "sip:office.example"
    assert (heard(station)[third], links(station)) == (SILENT, all_of(first, second))
    assert station.desired.sound.tone is None
    station.give(inputs.CallProgressed, call=third, code=183, early_media=True)
    assert (heard(station)[third], links(station)) == (SILENT, all_of(first, second)), "nobody hears early media"
    station.give(inputs.CallProgressed, call=third, code=180, early_media=False)
    station.give(inputs.CallAnswered, call=third)
    assert (heard(station)[third], links(station)) == (SILENT, all_of(first, second))
    talked(station, third)
    assert since(station, count)[2:] == ["invitation_accepted", "participant_added", "changed"]
    assert station.last(events.ConferenceParticipantAdded).reason == "invited"
    assert links(station) == all_of(first, second, third)
    assert heard(station) == {first: TALKING, second: TALKING, third: TALKING}


def test_a_conference_without_participants_rings_and_is_connected_by_the_first_who_joins():
    station = ready()
    count = len(station.told)
    conference = begun(station, inviting("kitchen", "office"))
    one, other = (call.id for call in reversed(station.state.calls.living))
    assert since(station, count) == ["connecting", *["invitation_sending"] * 2, *["invitation_sent"] * 2]
    assert (picture(station.state), station.desired.sound.tone) == (Picture.DIALING, Tone.DIALING)
    assert snapshot(station.state, 0.0)["conferences"][0]["state"] == "connecting"
    station.give(inputs.CallProgressed, call=one, code=183, early_media=True)
    assert heard(station)[one] == (False, True, False), "as of a call of its own"
    talked(station, other)
    assert (station.state.calls.active.id, picture(station.state)) == (other, Picture.IN_CALL)
    assert heard(station) == {one: SILENT, other: TALKING}
    assert station.state.conference.id == conference
    assert "call.switched" not in station.types()


def test_a_call_to_us_is_answered_into_the_conference_and_the_front_stays():
    station, first, second = two()
    conference = begun(station, calling(first, second))
    station.arrive(CELLAR)
    assert station.desired.sound.tone is Tone.WAITING
    count = len(station.told)
    assert station.ask(inputs.TakeInto(conference, CELLAR)).error is None
    assert station.orders(Answer)[-1] == Answer(CELLAR)
    talked(station, CELLAR)
    assert since(station, count) == ["participant_added", "changed"]
    assert station.last(events.ConferenceParticipantAdded).reason == "answered"
    assert links(station) == all_of(first, second, CELLAR)


def test_the_call_in_front_is_set_aside_by_a_conference_without_it_and_goes_on_after_it():
    station, first, second = two()
    begun(station, calling(first))
    assert heard(station) == {first: TALKING, second: ASIDE}
    assert (station.last(events.CallSwitched).from_, station.last(events.CallSwitched).to) == (second, first)
    over(station, first)
    assert heard(station) == {second: TALKING}
    assert station.state.conference is None


def test_who_is_invited_while_there_is_no_sip_process_waits_for_it():
    station = ready()
    station.give(inputs.SipLost, why="died")
    count = len(station.told)
    begun(station, inviting("kitchen"))
    assert since(station, count) == ["connecting", "invitation_sending"]
    station.give(inputs.SipReady, address="127.0.0.1:5060")
    assert since(station, count) == ["connecting", "invitation_sending", "invitation_sent"]
    assert len(station.orders(Place)) == 1


def test_an_invitation_goes_through_the_account_that_is_asked_for_with_its_headers():
    account = AccountSettings(AccountId("pbx"), "201", "pbx.example", "pbx.example:5060")
    station = ready(accounts=(account,))
    begun(station, inputs.Confer((), (inputs.Dial("205", (("X-Floor", "2"),), AccountId("pbx")),)))
    placed = station.orders(Place)[-1]
    assert (placed.uri, placed.headers, placed.account) == ("sip:205@pbx.example", (("X-Floor", "2"),), "pbx")


# -- who is not heard ------------------------------------------------------------------------------------------------


def test_a_call_beside_the_conference_neither_hears_it_nor_is_heard():
    station, first, second = two()
    begun(station, calling(second))
    station.arrive(CELLAR)
    assert links(station) == set()
    assert heard(station) == {first: ASIDE, second: TALKING, CELLAR: SILENT}


@pytest.mark.parametrize("by", list(By)[:2])
def test_who_is_held_or_holds_neither_hears_nor_is_heard(by):
    station, _, first, second, third = three()
    if by is By.LOCAL:
        station.ask(inputs.HoldCall(second, held=True))
    else:
        station.give(inputs.MediaStarted, call=second, codec=PCMA, held=True)
    assert links(station) == all_of(first, third)
    assert heard(station) == {first: TALKING, second: (False, False, by is By.LOCAL), third: TALKING}
    assert station.last(events.ConferenceChanged).participants == (first, third)
    if by is By.LOCAL:
        station.ask(inputs.HoldCall(second, held=False))
    else:
        station.give(inputs.MediaStarted, call=second, codec=PCMA, held=False)
    assert links(station) == all_of(first, second, third)


def test_who_is_muted_by_a_client_hears_and_is_not_heard():
    station, conference, first, second, third = three()
    assert station.ask(inputs.MuteIn(conference, second, muted=True)).warning == ""
    assert links(station) == all_of(first, second, third) - {(second, first), (second, third)}
    assert heard(station)[second] == (True, False, False)
    assert station.last(events.ConferenceChanged).muted == (second,)
    assert station.ask(inputs.MuteIn(conference, second, muted=True)).warning == f"Call {second} is muted already."
    station.ask(inputs.MuteIn(conference, second, muted=False))
    assert links(station) == all_of(first, second, third)


def test_the_panel_that_is_muted_is_heard_by_none_also_of_those_who_come_later():
    station, conference, first, second, third = three()
    assert station.ask(inputs.MuteIn(conference, None, muted=True)).warning == ""
    assert {microphone for microphone, _, _ in heard(station).values()} == {False}
    assert station.last(events.ConferenceChanged).microphone is False
    fourth = talked(station, invited(station, conference, "office"))
    assert heard(station)[fourth] == (False, True, False)
    assert station.ask(inputs.MuteIn(conference, None, muted=True)).warning == "The panel is muted already."
    station.ask(inputs.MuteIn(conference, None, muted=False))
    assert set(heard(station).values()) == {TALKING}
    assert links(station) == all_of(first, second, third, fourth)


def test_a_call_whose_own_microphone_is_muted_is_not_reached_by_the_panel():
    station, _, first, second, third = three()
    station.ask(inputs.MuteCall(second, muted=True))
    assert heard(station) == {first: TALKING, second: (False, True, False), third: TALKING}
    assert links(station) == all_of(first, second, third)


def test_a_participant_who_must_confirm_is_heard_by_no_one_before():
    station, first, second = two(targets=(Target("kitchen", KITCHEN, confirm="5"),))
    station.give(inputs.DigitReceived, call=first, digit="5", method="rfc4733", duration_ms=100)
    conference = begun(station, calling(first, second))
    station.ask(inputs.HoldConference(conference, held=True))
    station.press("ring")
    visitor = station.state.calls.active.id
    talked(station, visitor)
    station.ask(inputs.TakeInto(conference, visitor))
    assert links(station) == all_of(first, second)
    assert station.state.conference.participant(visitor).stage == "coming"
    station.give(inputs.DigitReceived, call=visitor, digit="5", method="rfc4733", duration_ms=100)
    assert links(station) == all_of(first, second, visitor)
    assert station.last(events.ConferenceParticipantAdded).participant == visitor


# -- the panel leaves and comes back ---------------------------------------------------------------------------------


def test_held_the_panel_leaves_and_the_others_talk_on():
    station, conference, first, second, third = three()
    count = len(station.told)
    assert station.ask(inputs.HoldConference(conference, held=True)).warning == ""
    assert set(heard(station).values()) == {LEFT_ALONE}
    assert links(station) == all_of(first, second, third)
    assert since(station, count) == ["held", "changed"]
    assert "call.held" not in [event.TYPE for event in station.told[count:]]
    assert (picture(station.state), station.desired.sound.tone) == (Picture.HELD, Tone.HELD)
    assert status(station.state) == "in a conference with kitchen, kitchen, office, held by us"
    assert "held already" in station.ask(inputs.HoldConference(conference, held=True)).warning
    station.ask(inputs.HoldConference(conference, held=False))
    assert set(heard(station).values()) == {TALKING}
    assert since(station, count) == ["held", "changed", "resumed", "changed"]


def test_another_call_in_front_has_the_panel_and_the_conference_goes_on_without_it():
    station, conference, first, second, third = three()
    station.arrive(CELLAR)
    count = len(station.told)
    station.ask(inputs.AnswerCall(CELLAR))
    talked(station, CELLAR)
    assert heard(station) == {first: SILENT, second: SILENT, third: SILENT, CELLAR: TALKING}
    assert links(station) == all_of(first, second, third)
    assert since(station, count) == ["held", "changed"]
    told = station.last(events.CallSwitched)
    assert told.to == CELLAR
    assert status(station.state) == "in a call with kitchen, 1 more"
    over(station, CELLAR)
    assert since(station, count) == ["held", "changed", "resumed", "changed"]
    assert heard(station) == dict.fromkeys((first, second, third), TALKING)
    assert station.state.conference.id == conference


def test_one_that_is_set_aside_can_be_held_on_purpose():
    station, conference, first, second, third = three()
    station.arrive(CELLAR)
    station.ask(inputs.AnswerCall(CELLAR))
    talked(station, CELLAR)
    assert "held already" in station.ask(inputs.HoldConference(conference, held=True)).warning
    over(station, CELLAR)
    assert heard(station) == dict.fromkeys((first, second, third), LEFT_ALONE)


@pytest.mark.parametrize("way", ["resume", "switch to a call", "the button"])
def test_the_panel_switches_between_a_conference_and_a_call(way):
    station, conference, first, second, third = three()
    station.arrive(CELLAR)
    station.ask(inputs.AnswerCall(CELLAR))
    talked(station, CELLAR)
    if way == "resume":
        station.ask(inputs.HoldConference(conference, held=False))
    elif way == "switch to a call":
        station.ask(inputs.SwitchTo(second))
    else:
        station.press("switch")
    assert heard(station) == {**dict.fromkeys((first, second, third), TALKING), CELLAR: ASIDE}
    assert "already" in station.ask(inputs.SwitchTo(third)).warning
    station.press("switch")
    assert heard(station) == {**dict.fromkeys((first, second, third), SILENT), CELLAR: TALKING}


def test_a_visitor_can_ring_while_the_panel_has_left_the_conference():
    station, conference, *_ = three()
    station.press("ring")
    assert station.state.calls.active.button is None, "people talk here"
    station.ask(inputs.HoldConference(conference, held=True))
    station.press("ring")
    assert station.state.calls.active.button == "ring"


def test_switching_to_one_who_is_held_in_the_conference_takes_him_back():
    station, _, first, second, third = three()
    station.ask(inputs.HoldCall(second, held=True))
    assert station.ask(inputs.SwitchTo(second)).warning == ""
    assert links(station) == all_of(first, second, third)


def test_a_far_end_that_will_not_be_resumed_stays_held_in_the_conference():
    station, first, second = two()
    begun(station, calling(first, second))
    station.give(inputs.HoldFailed, call=first, code=488, reason="no", held=True)
    assert links(station) == set()
    assert heard(station) == {first: ASIDE, second: TALKING}


def test_buttons_hold_resume_and_end_the_conference_in_front():
    station, *calls = three()
    station.press("hold")
    assert set(heard(station).values()) == {LEFT_ALONE}
    station.press("hold")
    assert set(heard(station).values()) == {TALKING}
    station.press("hangup")
    assert {order.call for order in station.orders(HangUp)} == set(calls[1:])


# -- ending ----------------------------------------------------------------------------------------------------------


def test_any_participants_loss_leaves_the_rest_talking():
    station, conference, first, second, third = three()
    over(station, first)
    told = station.last(events.ConferenceParticipantRemoved)
    assert (told.conference, told.participant, told.reason) == (conference, first, "hangup")
    assert links(station) == all_of(second, third)
    station.give(inputs.RtpStopped, call=second)
    station.wait(31)
    assert station.last(events.ConferenceParticipantRemoved).reason == "rtp_timeout"
    assert (links(station), heard(station)) == (set(), {third: TALKING})
    over(station, second)
    count = len(station.told)
    over(station, third)
    assert since(station, count) == ["participant_removed", "ended"]
    assert station.state.conference is None


def test_one_who_is_removed_is_hung_up_and_the_rest_talk_on():
    station, conference, first, second, third = three()
    count = len(station.told)
    assert station.ask(inputs.RemoveFrom(conference, second)).warning == ""
    assert station.orders(HangUp) == [HangUp(second)]
    assert station.last(events.ConferenceParticipantRemoved).reason == "ejected"
    assert links(station) == all_of(first, third)
    assert "leaving already" in station.ask(inputs.RemoveFrom(conference, second)).warning
    over(station, second)
    assert since(station, count) == ["participant_removed", "changed"]
    assert [p.call for p in station.state.conference.participants] == [first, third]


@pytest.mark.parametrize(("code", "cause"), [(486, Cause.BUSY), (404, Cause.NOT_FOUND)])
def test_a_participant_who_refuses_is_reported_and_the_rest_talk_on(code, cause):
    station, first, second = two()
    conference = begun(station, calling(first, second))
    third = invited(station, conference, "office")
    over(station, third, code)
    told = station.last(events.ConferenceInvitationRejected)
    assert (told.participant, told.cause, told.code, told.reason) == (third, cause, code, "Why")
    assert links(station) == all_of(first, second)
    assert "conference.participant_removed" not in station.types()


def test_an_invitation_is_taken_back():
    station, first, second = two()
    conference = begun(station, calling(first, second))
    third = invited(station, conference, "office")
    assert station.ask(inputs.RemoveFrom(conference, third)).warning == ""
    assert station.last(events.ConferenceInvitationRejected).cause is Cause.CANCELED


def test_a_call_that_was_taken_in_and_never_came_is_reported_by_its_own_events():
    station, first, second = two()
    conference = begun(station, calling(first, second))
    station.arrive(CELLAR)
    station.ask(inputs.TakeInto(conference, CELLAR))
    count = len(station.told)
    over(station, CELLAR, 487)
    assert since(station, count) == []
    assert links(station) == all_of(first, second)


def test_ended_by_a_client_all_are_hung_up_and_each_step_is_reported():
    station, conference, *calls = three()
    count = len(station.told)
    assert station.ask(inputs.EndConference(conference)).warning == ""
    assert {order.call for order in station.orders(HangUp)} == set(calls)
    assert since(station, count) == ["disconnecting", *["participant_removed"] * 3, "changed"]
    assert station.last(events.ConferenceParticipantRemoved).reason == "ended"
    assert "ending already" in station.ask(inputs.EndConference(conference)).warning
    assert snapshot(station.state, 0.0)["conferences"][0]["state"] == "disconnecting"
    assert snapshot(station.state, 0.0)["conferences"][0]["summary"] == "the conference ends"
    for action in (
        inputs.InviteInto(conference, inputs.Dial("office")),
        inputs.TakeInto(conference, calls[0]),
        inputs.MuteIn(conference, None, muted=True),
        inputs.HoldConference(conference, held=True),
    ):
        assert station.ask(action).error.code == "conflict"
    for call in calls:
        over(station, call, remote=False)
    assert since(station, count)[5:] == ["ended"]
    assert station.state.conference is None


def test_a_call_beside_it_does_not_end_with_it():
    station, first, second = two()
    conference = begun(station, calling(first))
    station.ask(inputs.EndConference(conference))
    assert station.orders(HangUp) == [HangUp(first)]
    assert heard(station) == {second: TALKING}


def test_its_last_call_that_we_end_ends_it():
    station, first, _ = two()
    begun(station, calling(first))
    count = len(station.told)
    station.ask(inputs.HangUpCall(first))
    assert since(station, count) == ["participant_removed", "disconnecting", "changed"]
    assert station.last(events.ConferenceParticipantRemoved).reason == "hangup"
    over(station, first, remote=False)
    assert since(station, count)[3:] == ["ended"]


def test_a_conference_that_no_one_joined_is_cancelled():
    station = ready()
    begun(station, inviting("kitchen", "office"))
    for call in station.state.calls.living:
        over(station, call.id, 486)
    assert station.types().count("conference.invitation_rejected") == 2
    assert "conference.canceled" in station.types()
    assert "conference.ended" not in station.types()


def test_one_that_is_ended_while_it_waits_for_the_sip_process_is_canceled_at_once():
    station = ready()
    station.give(inputs.SipLost, why="died")
    conference = begun(station, inviting("kitchen"))
    station.ask(inputs.EndConference(conference))
    assert "conference.canceled" in station.types()
    assert station.last(events.ConferenceInvitationRejected).cause is Cause.CANCELED


def test_it_ends_with_the_sip_process_and_that_is_reported():
    station, *_ = three()
    count = len(station.told)
    station.give(inputs.SipLost, why="died")
    assert since(station, count) == [*["participant_removed"] * 3, "ended"]
    assert station.last(events.ConferenceParticipantRemoved).reason == "error"
    assert station.last(events.ConferenceEnded).duration_s == 0.0


def test_stopping_ends_it():
    station, *_ = three()
    station.give(inputs.StopRequested)
    assert station.last(events.ConferenceParticipantRemoved).reason == "shutdown"
    assert station.ask(inviting("office")).error.code == "conflict"


def test_a_call_that_lasts_too_long_hears_its_tone_in_the_conference():
    station, first, second = two(max_call_s=60.0)
    begun(station, calling(first, second))
    station.wait(55)
    assert {media.tone for media in station.desired.sound.calls} == {True}
    station.wait(10)
    assert station.last(events.ConferenceParticipantRemoved).reason == "duration_limit"


# -- what cannot be done --------------------------------------------------------------------------------------------


def test_a_conference_counts_as_one_call_and_holds_six():
    station = ready(max_calls=2)
    conference = begun(station, inviting("kitchen"))
    for _ in range(MOST - 1):
        talked(station, invited(station, conference, "office"))
    assert station.ask(inputs.InviteInto(conference, inputs.Dial("office"))).error.code == "too-many-calls"
    station.arrive(CELLAR)
    error = station.ask(inputs.TakeInto(conference, CELLAR)).error
    assert (error.code, error.cause) == ("too-many-calls", "It would have 7.")
    station.arrive(OFFICE)
    assert station.orders(Refuse) == [Refuse(OFFICE, 486)]
    station.ask(inputs.RemoveFrom(conference, station.state.conference.participants[1].call))
    assert station.ask(inputs.TakeInto(conference, CELLAR)).error is None
    talked(station, CELLAR)
    assert len(links(station)) == 20


def test_at_the_limit_of_calls_a_conference_takes_them_and_begins_no_other():
    station, first, second = two(max_calls=2)
    assert station.ask(inviting("office")).error.code == "too-many-calls"
    conference = begun(station, inputs.Confer((first,), (inputs.Dial("office"),)))
    assert station.ask(inputs.TakeInto(conference, second)).error is None
    assert len(station.state.calls.living) == 3


REFUSED = {
    "no call of that id": (inputs.Confer((CallId("c-none"),), ()), "call-not-found"),
    "nobody of that name": (inviting("office", "nobody"), "number-invalid"),
    "a header that is none": (inputs.Confer((), (inputs.Dial("office", (("Via", "x"),)),)), "parameter-invalid"),
    "nobody at all": (calling(), "parameter-invalid"),
    "too many": (inviting(*["office"] * 7), "too-many-calls"),
    "no such conference": (inputs.EndConference(ConferenceId("k-none")), "conference-not-found"),
    "none to record": (inputs.RecordConference(ConferenceId("k-none"), recorded=True), "conference-not-found"),
    "none that is recorded": (inputs.RecordConference(ConferenceId("k-none"), recorded=False), "conference-not-found"),
}


@pytest.mark.parametrize(("action", "code"), REFUSED.values(), ids=list(REFUSED))
def test_what_cannot_be_is_refused_and_nothing_is_done(action, code):
    station = ready()
    before = replace(station.state)
    assert station.ask(action).error.code == code
    assert replace(station.state, now=before.now) == before


def recordings(station: Station) -> dict[CallId, RecordingChannels]:
    """The recordings that run or begin, by their calls."""
    of = {call.recording: call.id for call in station.state.calls.living}
    return {of[each.id]: each.channels for each in station.state.calls.recordings if each.id in of}


def record(station: Station, conference: ConferenceId, *, recorded: bool = True, **how):
    return station.ask(inputs.RecordConference(conference, recorded=recorded, **how))


def test_each_call_of_a_conference_is_recorded_also_one_that_joins_later_until_that_is_stopped():
    station, first, second = two(recorded_calls=RecordedCalls.NONE)
    conference = begun(station, calling(first, second))
    station.ask(inputs.StartRecording(first))
    assert record(station, conference, recorded=False).error.code == "recording-not-running"
    separate = RecordingChannels.SEPARATE
    assert record(station, conference, channels=separate).conference == conference
    assert recordings(station) == {first: RecordingChannels.MIXED, second: separate}
    assert snapshot(station.state, 0.0)["conferences"][0]["recorded"] is True
    assert record(station, conference).error.code == "recording-already-running"
    third = invited(station, conference, "office")
    assert third not in recordings(station)
    talked(station, third)
    assert recordings(station)[third] is separate
    station.ask(inputs.StopRecording(first))
    assert record(station, conference, recorded=False).error is None
    assert recordings(station) == {}
    fourth = talked(station, invited(station, conference, "office"))
    assert fourth not in recordings(station)


def test_a_conference_is_recorded_with_the_channels_of_the_settings_or_not_at_all():
    station, first, second = two(recorded_calls=RecordedCalls.NONE, recording_channels=RecordingChannels.SEPARATE)
    conference = begun(station, calling(first, second))
    record(station, conference)
    assert set(recordings(station).values()) == {RecordingChannels.SEPARATE}
    station, first, second = two(record=False)
    assert record(station, begun(station, calling(first, second))).error.code == "forbidden"


def test_a_call_that_ends_cannot_join():
    station, first, _ = two()
    station.ask(inputs.HangUpCall(first))
    assert station.ask(calling(first)).error.code == "call-wrong-state"


def test_there_is_one_conference_at_most():
    station, _, first, *_ = three()
    error = station.ask(calling(first)).error
    assert (error.code, station.state.conference.id in error.cause) == ("conflict", True)


def test_no_one_can_be_invited_while_the_daemon_stops():
    station = ready()
    station.give(inputs.StopRequested)
    assert station.ask(inviting("office")).error.code == "unavailable"


def test_a_conference_without_participants_cannot_be_held():
    station = ready()
    conference = begun(station, inviting("kitchen"))
    assert station.ask(inputs.HoldConference(conference, held=True)).error.code == "conflict"


def test_participants_are_named_by_their_calls():
    station, conference, first, *_ = three()
    assert "already" in station.ask(inputs.TakeInto(conference, first)).warning
    for action in (inputs.RemoveFrom, lambda c, call: inputs.MuteIn(c, call, muted=True)):
        assert station.ask(action(conference, CallId("c-none"))).error.code == "call-not-found"
    assert station.ask(inputs.EndConference(ConferenceId("k-other"))).error.code == "conference-not-found"


# -- transfers in it -------------------------------------------------------------------------------------------------


def transferable() -> tuple[Station, ConferenceId, CallId, CallId]:
    """A conference of two whose far ends may pass us on."""
    station, first, second = two(transfer_policy=TransferPolicy.FOLLOW)
    return station, begun(station, calling(first, second)), first, second


def takes(station: Station, old: CallId) -> CallId:
    """An INVITE with Replaces."""
    about = {"uri": KITCHEN, "source": "127.0.0.2:5060", "display_name": "", "local_uri": "sip:front@x"}
    station.give(inputs.CallArrived, call=CELLAR, replaces=old, **about)
    return CELLAR


@pytest.mark.parametrize("away", [False, True])
def test_who_takes_a_participants_place_is_in_the_conference_once_somebody_here_lets_him(away):
    station, conference, first, second = transferable()
    if away:
        station.ask(inputs.HoldConference(conference, held=True))
    new = takes(station, first)
    assert (station.orders(HangUp), links(station)) == ([], all_of(first, second))
    station.ask(inputs.AnswerCall(new))
    assert station.last(events.CallReplaced) == events.CallReplaced(first, to=new)
    assert links(station) == set(), "not before it is connected"
    talked(station, new)
    over(station, first, remote=False)
    assert station.last(events.ConferenceParticipantRemoved).reason == "replaced"
    assert station.last(events.ConferenceParticipantAdded).reason == "replacing"
    assert links(station) == all_of(second, new)
    assert heard(station) == dict.fromkeys((second, new), LEFT_ALONE if away else TALKING)
    assert station.state.conference.id == conference


def test_whom_a_participant_passes_us_on_to_comes_into_the_conference():
    station, conference, first, second = transferable()
    count = len(station.told)
    station.give(inputs.TransferRequested, call=first, to="sip:office.example")
    (new,) = {call.id for call in station.state.calls.living} - {first, second}
    assert (links(station), heard(station)[new]) == (all_of(first, second), SILENT)
    talked(station, new)
    assert links(station) == all_of(first, second, new)
    assert "held" not in since(station, count)
    over(station, first)
    assert links(station) == all_of(second, new)
    assert [p.joining for p in station.state.conference.participants] == ["taken_in", "replacing"]
    assert station.state.conference.id == conference


def test_one_who_is_going_already_leaves_no_place():
    station, _, first, second = transferable()
    new = takes(station, first)
    station.ask(inputs.HangUpCall(first))
    station.ask(inputs.AnswerCall(new))
    talked(station, new)
    assert station.state.calls.get(new).conference is None
    assert heard(station)[new] == TALKING
    assert links(station) == set()
    assert station.state.calls.get(second).conference is not None


# -- as it is shown --------------------------------------------------------------------------------------------------


def test_a_conference_has_its_whole_shape():
    station, conference, first, second, third = three()
    station.ask(inputs.MuteIn(conference, third, muted=True))
    station.ask(inputs.HoldCall(second, held=True))
    station.wait(5)
    (shown,) = snapshot(station.state, 0.0)["conferences"]
    assert shown.pop("created") == shown.pop("connected_since")
    people = [
        (first, "taken_in", False, "none", "kitchen"),
        (second, "taken_in", False, "local", "kitchen"),
        (third, "invited", True, "none", "office"),
    ]
    assert shown == {
        "id": conference,
        "state": "connected",
        "held": False,
        "muted": False,
        "recorded": False,
        "ended": None,
        "duration_s": 5.0,
        "participants": [
            {"call": call, "joining": joining, "state": "in", "muted": muted, "hold": hold, "name": name}
            for call, joining, muted, hold, name in people
        ],
        "summary": "in a conference with kitchen, kitchen, office",
    }


def test_our_own_call_that_rings_is_taken_in_and_comes_when_it_is_answered():
    station, first, second = two()
    dialled = station.ask(inputs.Dial("office")).call
    conference = begun(station, calling(first, dialled))
    assert station.state.calls.get(dialled).direction is Direction.OUTGOING
    assert (heard(station)[first], heard(station)[second]) == (TALKING, ASIDE)
    talked(station, dialled)
    assert links(station) == all_of(first, dialled)
    assert station.state.calls.get(dialled).state is CallState.CONNECTED
    assert "conference.invitation_accepted" not in station.types()
    assert station.state.conference.id == conference


def test_a_recorded_call_records_what_it_hears():
    station, first, second = two()
    begun(station, calling(first, second))
    for recording in station.state.calls.recordings:
        station.give(inputs.RecordingPrepared, call=recording.call, recording=recording.id)
    assert all(media.recording for media in station.desired.sound.calls)
    assert station.state.calls.get(first).remote.uri == KITCHEN
