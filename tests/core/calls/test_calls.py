"""The transition table, and how each call ends: which last event, why, with what code, by whom, missed or not."""

import pytest

from appliance.core import call_states, events, inputs
from appliance.core.call_states import TABLE, Signal, cause_of, longest
from appliance.core.model import (
    Action,
    ButtonId,
    ButtonSettings,
    By,
    CallId,
    CallState,
    Candidate,
    Cause,
    Deadlines,
    Direction,
    IceFault,
    Picture,
    Plan,
    RingStep,
    SoundRefusal,
)
from appliance.core.orders import Answer, HangUp, Place, Refuse, Ring
from appliance.core.panel.indications import picture
from tests.core.station import KITCHEN, PCMA, Station, ready

S = CallState
CODES = [
    (300, Cause.UNAVAILABLE),
    (400, Cause.ERROR),
    (405, Cause.ERROR),
    (420, Cause.ERROR),
    (493, Cause.ERROR),
    (401, Cause.UNAUTHORIZED),
    (402, Cause.PAYMENT_REQUIRED),
    (403, Cause.UNAUTHORIZED),
    (404, Cause.NOT_FOUND),
    (407, Cause.UNAUTHORIZED),
    (408, Cause.UNAVAILABLE),
    (410, Cause.NOT_FOUND),
    (415, Cause.MEDIA_FAILED),
    (480, Cause.UNAVAILABLE),
    (484, Cause.NOT_FOUND),
    (485, Cause.NOT_FOUND),
    (486, Cause.BUSY),
    (487, Cause.UNAVAILABLE),
    (488, Cause.MEDIA_FAILED),
    (500, Cause.SERVER_ERROR),
    (502, Cause.UNAVAILABLE),
    (503, Cause.UNAVAILABLE),
    (600, Cause.BUSY),
    (603, Cause.REJECTED),
    (604, Cause.NOT_FOUND),
    (606, Cause.MEDIA_FAILED),
    (699, Cause.REJECTED),
    (0, Cause.UNAVAILABLE),
]
LAST = {Cause.BUSY: events.CallRejected, Cause.REJECTED: events.CallRejected, Cause.CANCELED: events.CallCanceled}


def final(station: Station) -> events.FinalEvent:
    (event,) = (event for event in station.told if isinstance(event, events.FinalEvent))
    return event


def outcome(station: Station) -> tuple:
    event = final(station)
    return type(event), event.cause, event.code, event.by, event.missed


def end(station: Station, call: str, code: int = 200, reason: str = "OK", *, remote: bool = True, header: str = ""):
    return station.give(
        inputs.CallEnded, call=CallId(call), code=code, reason=reason, remote=remote, reason_header=header
    )


# -- the table -------------------------------------------------------------------------------------------------------

ROWS = {
    Signal.RINGS: {S.DIALING: S.RINGING},
    Signal.EARLY_MEDIA: dict.fromkeys([S.DIALING, S.RINGING, S.INCOMING], S.EARLY_MEDIA),
    Signal.ANSWERED: dict.fromkeys([S.DIALING, S.RINGING, S.EARLY_MEDIA, S.INCOMING], S.CONNECTING),
    Signal.CONFIRMED: dict.fromkeys([S.DIALING, S.RINGING, S.EARLY_MEDIA, S.INCOMING, S.CONNECTING], S.CONNECTED),
    Signal.GIVEN_UP: dict.fromkeys(set(S) - {S.DISCONNECTING, S.ENDED}, S.DISCONNECTING),
    Signal.OVER: dict.fromkeys(set(S) - {S.ENDED}, S.ENDED),
}


@pytest.mark.parametrize("signal", Signal)
@pytest.mark.parametrize("state", S)
def test_the_table_says_where_a_signal_leads(state, signal):
    assert TABLE.get((state, signal)) == ROWS[signal].get(state)


@pytest.mark.parametrize(
    ("state", "seconds"),
    [
        (S.DIALING, 32),
        (S.RINGING, 60),
        (S.EARLY_MEDIA, 60),
        (S.INCOMING, 60),
        (S.CONNECTING, 32),
        (S.CONNECTED, None),
        (S.DISCONNECTING, 5),
        (S.ENDED, None),
    ],
)
def test_a_call_waits_no_longer_than_the_contract_says(state, seconds):
    assert longest(state, Deadlines()) == seconds


@pytest.mark.parametrize(
    ("state", "legacy"),
    [
        (S.DIALING, "PROGRESSING"),
        (S.RINGING, "ALERTING"),
        (S.EARLY_MEDIA, "PROGRESSING"),
        (S.INCOMING, "ALERTING"),
        (S.CONNECTING, "PROGRESSING"),
        (S.CONNECTED, "CONNECTED"),
        (S.DISCONNECTING, "CONNECTED"),
        (S.ENDED, "TERMINATED"),
    ],
)
def test_each_state_has_its_legacy_name(state, legacy):
    assert call_states.LEGACY[state] == legacy


def test_a_call_goes_through_all_states_and_each_is_reported_in_order():
    station = ready()
    call = station.talking()
    end(station, call.id)
    assert [e.TYPE for e in station.told if isinstance(e, events.CallEvent)] == [
        "call.dialing",
        "call.ringing",
        "call.state_changed",
        "call.connecting",
        "call.state_changed",
        "call.connected",
        "call.state_changed",
        "call.active_changed",
        "media.started",
        "media.started",
        "media.ended",
        "call.state_changed",
        "call.active_changed",
        "call.ended",
    ]
    changes = [(e.old, e.new) for e in station.told if isinstance(e, events.CallStateChanged)]
    assert changes == [
        (S.DIALING, S.RINGING),
        (S.RINGING, S.CONNECTING),
        (S.CONNECTING, S.CONNECTED),
        (S.CONNECTED, S.ENDED),
    ]
    assert station.last(events.CallConnected).after_s > 0


def test_early_media_is_heard_but_no_one_hears_us_before_the_call_is_connected():
    station = ready()
    call = station.dialled()
    station.give(inputs.CallProgressed, call=call.id, code=183, early_media=True)
    (media,) = station.desired.sound.calls
    assert (media.speaker, media.microphone) == (True, False)
    station.give(inputs.CallProgressed, call=call.id, code=180, early_media=False)  # late: changes nothing
    assert station.call.state is S.EARLY_MEDIA
    station.give(inputs.CallConfirmed, call=call.id)
    (media,) = station.desired.sound.calls
    assert (media.speaker, media.microphone) == (True, True)


def test_what_comes_for_a_call_that_is_over_is_ignored():
    station = ready()
    call = station.talking()
    end(station, call.id)
    told = len(station.told)
    station.give(inputs.CallConfirmed, call=call.id)
    end(station, call.id)
    station.give(inputs.CallAnswered, call=CallId("c-never"))
    assert len(station.told) == told


def test_a_confirmation_that_comes_twice_counts_once():
    station = ready()
    call = station.talking()
    station.give(inputs.CallConfirmed, 5.0, call=call.id)
    assert station.types().count("call.connected") == 1
    assert station.call.times.connected_since == call.times.connected_since


# -- our calls -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("code", "cause"), CODES)
def test_a_final_response_to_our_call_means(code, cause):
    station = ready()
    call = station.dialled()
    end(station, call.id, code, "text", remote=code != 0)
    kind = LAST.get(cause, events.CallFailed)
    assert outcome(station) == (kind, cause, code, By.REMOTE if code else By.NETWORK, False)
    assert final(station).reason == "text"
    assert (final(station).duration_s, final(station).direction) == (0.0, Direction.OUTGOING)


@pytest.mark.parametrize(
    ("code", "cause"), [(408, Cause.NO_ANSWER), (480, Cause.UNAVAILABLE), (487, Cause.UNAVAILABLE)]
)
def test_what_the_far_end_answers_after_it_rang_is_its_own_word(code, cause):
    assert cause_of(code, rang=True) is cause
    station = ready()
    call = station.dialled()
    station.give(inputs.CallProgressed, call=call.id, code=180, early_media=False)
    end(station, call.id, code)
    assert outcome(station) == (events.CallFailed, cause, code, By.REMOTE, False)


def test_a_far_end_that_knows_the_call_no_longer_makes_us_end_it():
    station = ready()
    call = station.talking()
    end(station, call.id, 481, "Call Does Not Exist")
    assert outcome(station) == (events.CallEnded, Cause.ERROR, 481, By.LOCAL, False)


@pytest.mark.parametrize("code", [408, 502, 503])
def test_a_response_that_our_own_stack_made_up_is_the_networks(code):
    station = ready()
    call = station.dialled()
    end(station, call.id, code, "timeout", remote=False)
    assert outcome(station) == (events.CallFailed, Cause.UNAVAILABLE, code, By.NETWORK, False)


def test_our_call_is_canceled_by_us():
    station = ready()
    call = station.dialled()
    assert station.ask(inputs.HangUpCall(call.id)).error is None
    assert station.last(events.CallDisconnecting).cause is Cause.CANCELED
    assert station.orders(HangUp) == [HangUp(call.id)]
    end(station, call.id, 487, "Request Terminated")
    assert outcome(station) == (events.CallCanceled, Cause.CANCELED, 487, By.LOCAL, False)
    assert picture(station.state) is Picture.IDLE


def test_a_call_that_waits_for_the_sip_process_is_canceled_without_an_error():
    station = Station()
    call = station.dialled()
    assert station.orders(Place) == []
    station.ask(inputs.HangUpCall(call.id))
    assert outcome(station) == (events.CallCanceled, Cause.CANCELED, 0, By.LOCAL, False)
    assert station.state.panel.error_until is None


def test_our_call_given_up_between_200_and_ack_is_canceled():
    station = ready()
    call = station.dialled()
    station.give(inputs.CallAnswered, call=call.id)
    station.ask(inputs.HangUpCall(call.id))
    end(station, call.id)
    assert outcome(station) == (events.CallCanceled, Cause.CANCELED, 200, By.LOCAL, False)


def test_a_200_that_crosses_our_cancel_is_ended_at_once():
    station = ready()
    call = station.dialled()
    station.ask(inputs.HangUpCall(call.id))
    station.give(inputs.CallConfirmed, call=call.id)
    assert station.orders(HangUp) == [HangUp(call.id), HangUp(call.id)]
    assert station.call.state is S.DISCONNECTING
    end(station, call.id)
    assert outcome(station) == (events.CallCanceled, Cause.CANCELED, 200, By.LOCAL, False)


def test_no_one_answers_within_the_deadline_of_ringing():
    station = ready()
    call = station.dialled()
    station.give(inputs.CallProgressed, call=call.id, code=180, early_media=False)
    station.wait(59.9)
    assert station.orders(HangUp) == []
    station.wait(0.2)
    assert station.orders(HangUp) == [HangUp(call.id)]
    end(station, call.id, 487)
    assert outcome(station) == (events.CallFailed, Cause.NO_ANSWER, 408, By.LOCAL, False)
    assert final(station).reason == "No answer"


def test_nothing_comes_within_the_deadline_of_dialing():
    station = ready()
    call = station.dialled()
    station.wait(32)
    assert station.orders(HangUp) == [HangUp(call.id)]
    station.wait(5)  # nor an answer to our CANCEL
    assert outcome(station) == (events.CallFailed, Cause.UNAVAILABLE, 408, By.LOCAL, False)
    assert station.state.calls.living == ()


def test_a_dialog_that_is_answered_and_never_confirmed_is_ended():
    station = ready()
    call = station.dialled()
    station.give(inputs.CallProgressed, call=call.id, code=180, early_media=False)
    station.give(inputs.CallAnswered, call=call.id)
    station.wait(32 + 5)
    assert outcome(station) == (events.CallFailed, Cause.UNAVAILABLE, 0, By.LOCAL, False)


def test_it_is_waiting_for_the_sip_process_within_the_deadline_of_dialing():
    station = Station()
    station.dialled()
    station.wait(32)
    assert outcome(station) == (events.CallFailed, Cause.UNAVAILABLE, 0, By.LOCAL, False)
    assert station.orders(HangUp) == []


# -- calls to us -----------------------------------------------------------------------------------------------------


def test_a_known_caller_rings():
    station = ready()
    call = station.arrive()
    assert (call.state, call.remote.target, call.deadline) == (S.INCOMING, "kitchen", station.state.now + 60)
    assert station.orders(Ring) == [Ring(call.id)]
    assert picture(station.state) is Picture.RINGING
    told = station.last(events.CallIncoming)
    assert (told.by, told.target, told.source, told.codecs) == (KITCHEN, "kitchen", "127.0.0.2:5060", ())


def test_a_caller_s_codecs_are_reported_in_its_order():
    station = ready()
    station.arrive(codecs=("opus", "PCMA"))
    assert station.last(events.CallIncoming).codecs == ("opus", "PCMA")


def test_an_invite_that_is_reported_twice_is_one_call():
    station = ready()
    station.arrive()
    station.arrive()
    assert len(station.state.calls.living) == 1
    assert station.types().count("call.incoming") == 1


def test_the_caller_gives_up():
    station = ready()
    call = station.arrive()
    end(station, call.id, 487, "Request Terminated")
    assert outcome(station) == (events.CallCanceled, Cause.CANCELED, 487, By.REMOTE, True)
    assert final(station).direction is Direction.INCOMING


@pytest.mark.parametrize("header", ['SIP;cause=200;text="Call completed elsewhere"', "SIP ;cause = 200"])
def test_it_was_answered_elsewhere(header):
    station = ready()
    call = station.arrive()
    end(station, call.id, 487, header=header)
    assert outcome(station) == (events.CallCanceled, Cause.ANSWERED_ELSEWHERE, 487, By.REMOTE, False)


def test_the_network_loses_a_call_to_us():
    station = ready()
    call = station.arrive()
    end(station, call.id, 0, "", remote=False)
    assert outcome(station) == (events.CallCanceled, Cause.ERROR, 0, By.NETWORK, True)


def test_a_call_to_us_whose_sound_cannot_be_agreed_on_ends_as_media_failed():
    station = ready()
    call = station.arrive()
    end(station, call.id, 488, "Not Acceptable Here", remote=False)
    assert outcome(station) == (events.CallRejected, Cause.MEDIA_FAILED, 488, By.LOCAL, True)


def test_our_own_stack_gives_a_call_to_us_up():
    station = ready()
    call = station.arrive()
    end(station, call.id, 500, "Internal", remote=False)
    assert outcome(station) == (events.CallRejected, Cause.ERROR, 500, By.LOCAL, True)


@pytest.mark.parametrize("code", [480, 486, 600, 603])
def test_we_refuse(code):
    station = ready()
    call = station.arrive()
    assert station.ask(inputs.RejectCall(call.id, code)).error is None
    assert station.orders(Refuse) == [Refuse(call.id, code)]
    end(station, call.id, code, remote=False)
    assert outcome(station) == (events.CallRejected, Cause.REJECTED, code, By.LOCAL, False)


def test_hanging_up_a_call_that_rings_here_refuses_it():
    station = ready()
    call = station.arrive()
    station.ask(inputs.HangUpCall(call.id))
    assert station.orders(Refuse) == [Refuse(call.id, 603)]
    end(station, call.id, 603, remote=False)
    assert outcome(station) == (events.CallRejected, Cause.REJECTED, 603, By.LOCAL, False)


def test_no_one_here_answers():
    station = ready()
    call = station.arrive()
    station.wait(60)
    assert station.orders(Refuse) == [Refuse(call.id, 480)]
    end(station, call.id, 480, remote=False)
    assert outcome(station) == (events.CallRejected, Cause.NO_ANSWER, 480, By.LOCAL, True)


@pytest.mark.parametrize("early", [False, True])
def test_an_invitation_ends_when_its_caller_says(early):
    station = ready()
    call = station.arrive(expires_s=20.0)
    if early:
        station.wait(5)
        station.ask(inputs.SendEarlyMedia(call.id))
    station.wait(14.9 if early else 19.9)
    assert station.orders(Refuse) == []
    station.wait(0.1)
    assert station.orders(Refuse) == [Refuse(call.id, 487, reason="Invitation Expired")]
    end(station, call.id, 487, remote=False)
    assert outcome(station) == (events.CallRejected, Cause.NO_ANSWER, 487, By.LOCAL, True)
    assert final(station).reason == "Invitation Expired"


@pytest.mark.parametrize("early", [False, True])
def test_an_invitation_that_is_valid_for_longer_than_it_may_ring_ends_as_any_other(early):
    station = ready()
    call = station.arrive(expires_s=3600.0)
    if early:
        station.ask(inputs.SendEarlyMedia(call.id))
    station.wait(60)
    assert station.orders(Refuse) == [Refuse(call.id, 480)]


def test_an_invitation_that_is_answered_no_longer_expires():
    station = ready()
    call = station.arrive(expires_s=20.0)
    station.ask(inputs.AnswerCall(call.id))
    station.give(inputs.CallConfirmed, call=call.id)
    station.wait(30)
    assert station.orders(Refuse) == []


def test_a_call_beyond_those_that_may_be_is_refused_as_busy_and_missed():
    station = ready(max_calls=1)
    first = station.talking()
    second = station.arrive("c-second")
    assert station.orders(Refuse) == [Refuse(second.id, 486)]
    end(station, second.id, 486, remote=False)
    assert outcome(station) == (events.CallRejected, Cause.BUSY, 486, By.LOCAL, True)
    assert station.call.id == first.id


@pytest.mark.parametrize(("lines", "taken"), [(1, 1), (2, 1), (3, 1), (4, 2), (9, 4)])
def test_strangers_take_half_of_the_lines_and_the_others_are_kept_for_those_who_are_known(lines, taken):
    station = ready(max_calls=lines, callers="anyone")
    for number in range(lines + 2):
        station.arrive(f"c-{number}", uri="sip:who@127.0.0.9", source="127.0.0.9:5060")
    assert len(station.orders(Ring)) == taken
    assert {order.code for order in station.orders(Refuse)} == {486}
    for number in range(taken, lines + 2):
        end(station, f"c-{number}", 486, remote=False)
    known = station.arrive("c-known")
    assert (station.orders(Ring)[-1] == Ring(known.id)) == (lines > 1)


@pytest.mark.parametrize("busy", [False, True])
def test_a_stranger_is_refused(busy):
    station = ready(max_calls=1)
    if busy:
        station.talking()
    call = station.arrive("c-stranger", uri="sip:stranger@127.0.0.9", source="127.0.0.9:5060")
    assert station.orders(Refuse) == [Refuse(call.id, 403)]
    end(station, call.id, 403, remote=False)
    assert outcome(station) == (events.CallRejected, Cause.UNAUTHORIZED, 403, By.LOCAL, False)
    assert "call.ringing" not in [e.TYPE for e in station.told if getattr(e, "call", "") == call.id]


def test_a_stranger_rings_where_anyone_may_call():
    station = ready(callers="anyone")
    call = station.arrive(uri="sip:stranger@127.0.0.9", source="127.0.0.9:5060")
    assert (call.state, call.remote.target) == (S.INCOMING, "")
    assert station.orders(Ring) == [Ring(call.id)]


def answering() -> tuple[Station, CallId]:
    station = ready()
    call = station.arrive()
    assert station.ask(inputs.AnswerCall(call.id)).error is None
    assert station.orders(Answer) == [Answer(call.id)]
    assert station.last(events.CallAnswering).who == "test"
    return station, call.id


def test_we_answer_and_people_talk():
    station, call = answering()
    station.give(inputs.CallAnswered, call=call)
    station.give(inputs.CallConfirmed, call=call)
    end(station, call)
    assert outcome(station) == (events.CallEnded, Cause.HANGUP, 200, By.REMOTE, False)


def test_the_caller_gives_up_while_we_answer_and_it_is_not_missed():
    station, call = answering()
    end(station, call, 487)
    assert outcome(station) == (events.CallCanceled, Cause.CANCELED, 487, By.REMOTE, False)


def test_we_answer_and_hang_up_before_the_ack():
    station, call = answering()
    station.ask(inputs.HangUpCall(call))
    assert station.orders(Refuse) == []
    assert station.orders(HangUp) == [HangUp(call)]
    end(station, call)
    assert outcome(station) == (events.CallRejected, Cause.HANGUP, 200, By.LOCAL, False)


@pytest.mark.parametrize("told", [False, True])
def test_the_ack_to_our_200_never_comes(told):
    station, call = answering()
    if told:
        station.give(inputs.CallAnswered, call=call)
    station.wait(32 + 5)
    assert outcome(station) == (events.CallRejected, Cause.UNAVAILABLE, 0, By.LOCAL, False)


# -- in a call -------------------------------------------------------------------------------------------------------


def test_the_far_end_hangs_up():
    station = ready()
    call = station.talking()
    station.wait(41.0)
    end(station, call.id)
    assert outcome(station) == (events.CallEnded, Cause.HANGUP, 200, By.REMOTE, False)
    assert final(station).duration_s == pytest.approx(41.0)


def test_we_hang_up():
    station = ready()
    call = station.talking()
    assert station.ask(inputs.HangUpCall(call.id)).warning == ""
    assert station.desired.sound.calls == ()
    assert "already" in station.ask(inputs.HangUpCall(call.id)).warning
    assert station.orders(HangUp) == [HangUp(call.id)]
    end(station, call.id, remote=False)
    assert outcome(station) == (events.CallEnded, Cause.HANGUP, 200, By.LOCAL, False)


def test_a_bye_that_is_never_answered_ends_the_call_all_the_same():
    station = ready()
    call = station.talking()
    station.ask(inputs.HangUpCall(call.id))
    station.wait(5)
    assert outcome(station) == (events.CallEnded, Cause.HANGUP, 0, By.LOCAL, False)


def test_the_stack_ends_a_connected_call():
    station = ready()
    call = station.talking()
    end(station, call.id, 408, "timeout", remote=False)
    assert outcome(station) == (events.CallEnded, Cause.NETWORK_LOST, 408, By.NETWORK, False)


def test_packets_that_stop_end_the_call_after_30_s():
    station = ready()
    call = station.talking()
    station.give(inputs.RtpStopped, call=call.id)
    station.give(inputs.RtpStopped, 10.0, call=call.id)  # reported again: the deadline stays
    station.wait(19.9)
    assert station.orders(HangUp) == []
    station.wait(0.2)
    assert station.orders(HangUp) == [HangUp(call.id)]
    end(station, call.id, remote=False)
    assert outcome(station) == (events.CallEnded, Cause.RTP_TIMEOUT, 200, By.LOCAL, False)
    assert station.types().count("media.stopped") == 1


@pytest.mark.parametrize("fault", IceFault)
def test_a_call_for_whose_sound_there_is_no_way_ends_at_once(fault):
    station = ready()
    call = station.talking()
    station.give(inputs.IceFailed, call=call.id, fault=fault)
    assert station.orders(HangUp) == [HangUp(call.id)]
    station.give(inputs.IceFailed, call=call.id, fault=fault)  # it ends already
    end(station, call.id, remote=False)
    assert outcome(station) == (events.CallEnded, Cause.ICE_FAILED, 200, By.LOCAL, False)
    assert station.last(events.MediaIceFailed).cause is fault
    assert (station.last(events.ErrorReported).code, station.types().count("error")) == ("ice-failed", 1)


def test_the_addresses_that_sound_goes_between_are_reported():
    station = ready()
    here, there = Candidate("host", "192.0.2.7:4000"), Candidate("prflx", "192.0.2.8:4000")
    call = station.talking()
    station.give(inputs.IceCompleted, call=call.id, local=here, remote=there)
    assert station.last(events.MediaIceCompleted) == events.MediaIceCompleted(call.id, local=here, remote=there)


def test_sound_that_comes_from_elsewhere_is_reported():
    station = ready()
    call = station.talking()
    source = {"source": "192.0.2.9:4000", "ssrc": 2, "previous": "192.0.2.7:4000", "previous_ssrc": 1}
    station.give(inputs.SourceChanged, call=call.id, **source)
    assert station.last(events.MediaSourceChanged) == events.MediaSourceChanged(call.id, **source)


def test_a_call_without_an_answer_to_our_offer_ends_at_once():
    station = ready()
    call = station.talking()
    station.give(inputs.SoundRefused, call=call.id, why=SoundRefusal.NO_ANSWER)
    assert station.orders(HangUp) == [HangUp(call.id)]
    end(station, call.id, remote=False)
    assert outcome(station) == (events.CallEnded, Cause.MEDIA_FAILED, 200, By.LOCAL, False)


def test_packets_that_come_again_are_forgiven():
    station = ready()
    call = station.talking()
    station.give(inputs.RtpResumed, call=call.id)  # never lost: nothing to report
    station.give(inputs.RtpStopped, call=call.id)
    station.give(inputs.RtpResumed, 29.0, call=call.id)
    station.wait(100.0)
    assert station.call.state is S.CONNECTED
    warnings = ["media.disconnection_warning"] * 2
    media = [t for t in station.types() if t.startswith("media.")]
    assert media == ["media.started", "media.started", "media.stopped", "media.silent", *warnings, "media.resumed"]


def test_packets_that_come_again_while_the_call_ends_leave_its_deadline():
    station = ready()
    call = station.talking()
    station.give(inputs.RtpStopped, call=call.id)
    station.ask(inputs.HangUpCall(call.id))
    deadline = station.call.deadline
    station.give(inputs.RtpResumed, call=call.id)
    assert station.call.deadline == deadline


@pytest.mark.parametrize("by", [By.LOCAL, By.REMOTE])
def test_no_packets_are_missed_in_a_hold(by):
    station = ready()
    call = station.talking()
    if by is By.LOCAL:
        station.ask(inputs.HoldCall(call.id, held=True))
    else:
        station.give(inputs.MediaStarted, call=call.id, codec=PCMA, held=True)
    station.give(inputs.RtpStopped, call=call.id)
    station.wait(100.0)
    assert station.call.state is S.CONNECTED
    assert "media.stopped" not in station.types()


def test_hold_and_mute_close_the_microphone_and_are_reported():
    station = ready()
    call = station.talking()
    steps = [
        (inputs.MuteCall(call.id, muted=True), (False, True, False), "call.muted"),
        (inputs.MuteCall(call.id, muted=False), (True, True, False), "call.unmuted"),
        (inputs.HoldCall(call.id, held=True), (False, False, True), "call.held"),
        (inputs.HoldCall(call.id, held=False), (True, True, False), "call.resumed"),
    ]
    for action, wanted, told in steps:
        assert station.ask(action).error is None
        (media,) = station.desired.sound.calls
        assert (media.microphone, media.speaker, media.held) == wanted
        assert [t for t in station.types() if t.startswith("call.")][-1] == told
    assert [station.last(kind).by for kind in (events.CallMuted, events.CallUnmuted)] == ["test", "test"]


def test_the_far_end_holds_and_resumes():
    station = ready()
    call = station.talking()
    station.give(inputs.MediaStarted, call=call.id, codec=PCMA, held=True)
    assert (station.call.media.hold, station.last(events.CallHeld).by) == ("remote", By.REMOTE)
    station.ask(inputs.HoldCall(call.id, held=True))
    assert station.call.media.hold == "both"
    station.give(inputs.MediaStarted, call=call.id, codec=PCMA, held=False)
    assert (station.call.media.hold, station.last(events.CallResumed).by) == ("local", By.REMOTE)
    assert station.types().count("media.started") == 2  # the codec stayed


@pytest.mark.parametrize(("ours", "text"), [(True, "refused to be held."), (False, "refused to resume.")])
def test_a_hold_that_the_far_end_refuses_falls_back(ours, text):
    station = ready()
    call = station.talking()
    if not ours:
        station.ask(inputs.HoldCall(call.id, held=True))
    station.ask(inputs.HoldCall(call.id, held=ours))
    station.give(inputs.HoldFailed, call=call.id, code=488, reason="no", held=not ours)
    assert station.call.media.held_local is not ours
    error = station.last(events.ErrorReported)
    assert (error.code, text in error.message, error.cause) == ("media-update-failed", True, "It answered 488 no.")
    assert (error.operation, error.sip_code, error.http_status) == ("hold-call", 488, 502)
    told = station.last(events.CallUpdated)
    assert (told.result, told.changes, told.code, told.reason) == (
        "rejected",
        ("hold" if ours else "resume",),
        488,
        "no",
    )
    errors = station.types().count("error")
    station.give(inputs.HoldFailed, call=call.id, code=488, reason="no", held=not ours)
    assert station.types().count("error") == errors


@pytest.mark.parametrize(
    ("source", "uri", "cause", "missed"),
    [
        ("127.0.0.2:5060", KITCHEN, Cause.MEDIA_FAILED, True),
        ("127.0.0.9:5060", "sip:stranger@127.0.0.9", Cause.UNAUTHORIZED, False),
    ],
)
def test_a_call_that_the_stack_has_refused_is_reported_with_its_cause_and_does_not_ring(source, uri, cause, missed):
    station = ready()
    about = {"display_name": "", "local_uri": "", "refused": 488, "reason": "Not Acceptable Here"}
    station.give(inputs.CallArrived, call=CallId("c-1"), uri=uri, source=source, **about)
    assert station.types()[-3:] == ["call.incoming", "call.state_changed", "call.rejected"]
    end = station.last(events.CallRejected)
    assert (end.cause, end.code, end.reason, end.by) == (cause, 488, "Not Acceptable Here", By.LOCAL)
    assert end.missed is missed
    assert not station.state.calls.living
    assert not any(isinstance(order, Ring | Refuse) for order in station.ordered)


def test_a_hold_that_fails_in_a_call_that_ends_is_not_reported():
    station = ready()
    call = station.talking()
    station.ask(inputs.HangUpCall(call.id))
    station.give(inputs.HoldFailed, call=call.id, code=481, reason="gone", held=True)
    assert "warning" not in station.types()


# -- the daemon stops, the SIP process dies --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("scene", "wanted"),
    [
        ("talking", (events.CallEnded, Cause.SHUTDOWN, 200, By.LOCAL, False)),
        ("dialled", (events.CallCanceled, Cause.SHUTDOWN, 200, By.LOCAL, False)),
        ("arrive", (events.CallRejected, Cause.SHUTDOWN, 503, By.LOCAL, True)),
    ],
)
def test_shutdown_ends_every_call(scene, wanted):
    station = ready()
    call = getattr(station, scene)()
    station.give(inputs.StopRequested)
    station.give(inputs.StopRequested)
    assert station.types().count("appliance.stopping") == 1
    end(station, call.id, remote=False)
    assert outcome(station) == wanted
    assert station.desired.status == "stopping"


def test_no_call_begins_once_the_daemon_stops():
    station = ready()
    station.give(inputs.StopRequested)
    station.press("ring")
    assert station.state.calls.living == ()
    assert station.ask(inputs.Dial("kitchen")).error.code == "unavailable"
    call = station.arrive()
    assert station.orders(Refuse) == [Refuse(call.id, 503)]
    assert station.orders(Place) == []


@pytest.mark.parametrize(
    ("scene", "card", "wanted"),
    [
        ("talking", False, (events.CallEnded, Cause.ERROR, 0, By.DEVICE, False)),
        ("arrive", False, (events.CallCanceled, Cause.ERROR, 0, By.DEVICE, True)),
        ("talking", True, (events.CallEnded, Cause.AUDIO_FAILED, 0, By.DEVICE, False)),
    ],
)
def test_the_sip_process_takes_its_calls_with_it(scene, card, wanted):
    station = ready()
    getattr(station, scene)()
    station.give(inputs.SipLost, why="hung", card=card)
    station.give(inputs.SipLost, why="hung", card=card)
    assert outcome(station) == wanted
    assert station.types().count("appliance.degraded") == 1
    assert picture(station.state) is Picture.UNREGISTERED
    station.give(inputs.SipReady, address="127.0.0.1:5060")
    station.give(inputs.SipReady, address="127.0.0.1:5060")
    assert station.types().count("appliance.recovered") == 1
    assert station.types().count("appliance.ready") == 1


def test_a_call_that_we_had_hung_up_keeps_its_cause_when_the_sip_process_dies():
    station = ready()
    call = station.talking()
    station.ask(inputs.HangUpCall(call.id))
    station.give(inputs.SipLost, why="hung")
    assert outcome(station) == (events.CallEnded, Cause.HANGUP, 0, By.LOCAL, False)


def test_two_calls_of_one_step_have_two_ids():
    ring = ButtonSettings(ButtonId("ring"), Action.RING, target="house")
    station = ready(buttons=(ring,), plans=(Plan("house", (RingStep(("kitchen", "office")),)),))
    station.give(inputs.ButtonEdge, button=ring.id, active=True)
    first, second = (e.call for e in station.told if isinstance(e, events.CallDialing))
    assert first != second
