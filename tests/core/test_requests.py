"""Clients' requests: what each gives in each state, and what is wrong with those that cannot be done."""

import pytest

from appliance.core import events, inputs
from appliance.core.appliance import error_events
from appliance.core.model import Action, ButtonId, CallId, ConferenceId, DoorId, RequestId
from appliance.core.orders import Place, Reply, SendDigit
from tests.core.station import FRONT, KITCHEN, LONGEST, Station, ready

HERE = CallId("c-in")
WRONG = "call-wrong-state"


def none() -> Station:
    return ready()


def dialing() -> Station:
    return _ours("dialled")


def incoming() -> Station:
    station = ready()
    station.arrive(HERE)
    return station


def answering() -> Station:
    station = incoming()
    station.ask(inputs.AnswerCall(HERE))
    return station


def connecting() -> Station:
    station = answering()
    station.give(inputs.CallAnswered, call=HERE)
    return station


def connected() -> Station:
    return _ours("talking")


def ending() -> Station:
    station = connected()
    station.ask(inputs.HangUpCall(station.call.id))
    return station


def _ours(scene: str) -> Station:
    station = ready()
    getattr(station, scene)()
    return station


SCENES = {s.__name__: s for s in (none, dialing, incoming, answering, connecting, connected, ending)}
REDUNDANT, OK = "redundant", ""
IN_A_CALL = {
    "none": "call-not-found",
    "dialing": WRONG,
    "incoming": WRONG,
    "answering": WRONG,
    "connecting": WRONG,
    "connected": OK,
    "ending": WRONG,
}
RESULTS = {
    "dial": (lambda _: inputs.Dial("kitchen"), dict.fromkeys(SCENES, OK)),
    "answer": (
        inputs.AnswerCall,
        {
            "none": "call-not-found",
            "dialing": WRONG,
            "incoming": OK,
            "answering": REDUNDANT,
            "connecting": REDUNDANT,
            "connected": WRONG,
            "ending": WRONG,
        },
    ),
    "reject": (
        inputs.RejectCall,
        {
            "none": "call-not-found",
            "dialing": WRONG,
            "incoming": OK,
            "answering": WRONG,
            "connecting": WRONG,
            "connected": WRONG,
            "ending": WRONG,
        },
    ),
    "hang up": (
        inputs.HangUpCall,
        {**dict.fromkeys(SCENES, OK), "none": "call-not-found", "ending": REDUNDANT},
    ),
    "hold": (lambda call: inputs.HoldCall(call, held=True), IN_A_CALL),
    "resume": (lambda call: inputs.HoldCall(call, held=False), {**IN_A_CALL, "connected": REDUNDANT}),
    "switch to": (
        inputs.SwitchTo,
        {**dict.fromkeys(SCENES, REDUNDANT), "none": "call-not-found", "incoming": WRONG, "ending": WRONG},
    ),
    "mute": (lambda call: inputs.MuteCall(call, muted=True), IN_A_CALL),
    "unmute": (lambda call: inputs.MuteCall(call, muted=False), {**IN_A_CALL, "connected": REDUNDANT}),
    "digits": (lambda call: inputs.SendDigits(call, "1"), IN_A_CALL),
    "press": (lambda _: inputs.PressButton(ButtonId("ring")), dict.fromkeys(SCENES, OK)),
    "open": (lambda _: inputs.OpenDoor(FRONT), dict.fromkeys(SCENES, OK)),
}

# The `operation` of the event `error`, which clients read: a class of another name must not change it.
OPERATIONS = {
    "dial",
    "answer-call",
    "ring-call",
    "send-early-media",
    "set-custom-data",
    "set-statistics-interval",
    "report-levels",
    "set-digit-methods",
    "send-digits-to",
    "detect-sound",
    "reject-call",
    "hang-up-call",
    "hold-call",
    "decide-update",
    "ask-updates",
    "update-call",
    "switch-to",
    "mute-call",
    "send-digits",
    "start-recording",
    "stop-recording",
    "steer-recording",
    "transfer-call",
    "connect-calls",
    "accept-transfer",
    "end-transfer",
    "set-transfer-policy",
    "press-button",
    "ring-flat",
    "open-door",
    "hold-door",
    "release-door",
    "clear-sensor",
    "test-lamp",
    "register-account",
    "unregister-account",
    "change-runtime",
    "report-custom",
    "confer",
    "invite-into",
    "take-into",
    "remove-from",
    "mute-in",
    "hold-conference",
    "end-conference",
    "record-conference",
    "send-text",
    "send-call-text",
    "send-info",
    "lock-door",
    "unlock-door",
    "add-credential",
    "change-credential",
    "remove-credential",
    "test-sound",
    "change-audio",
    "play-tone",
    "stop-tone",
    "play-sound",
    "play-speech",
    "play-url",
    "play-recording",
    "stop-sound",
    "link-sound",
    "unlink-sound",
    "talk",
    "stop-talk",
}


def test_an_error_names_a_request_as_clients_know_it():
    assert {error_events.name_of(kind) for kind in inputs.ACTIONS} >= OPERATIONS


@pytest.mark.parametrize("scene", SCENES)
@pytest.mark.parametrize("name", RESULTS)
def test_a_request_gives(name, scene):
    station = SCENES[scene]()
    make, results = RESULTS[name]
    call = station.state.calls.living[0].id if station.state.calls.living else CallId("c-none")
    reply = station.ask(make(call))
    got = reply.error.code if reply.error else REDUNDANT if reply.warning else OK
    assert got == results[scene]
    if reply.error:
        assert reply.error.message
        assert reply.error.cause
        assert reply.error.resolution
        told = station.last(events.ErrorReported)
        assert (told.code, told.message, told.sip_code) == (reply.error.code, reply.error.message, 0)
        assert told.operation in OPERATIONS
    if reply.warning:
        assert station.last(events.WarningReported) == events.WarningReported("redundant", reply.warning, reply.call)


@pytest.mark.parametrize("name", ["hold", "mute"])
def test_what_is_asked_twice_is_done_once(name):
    station = connected()
    action = RESULTS[name][0](station.call.id)
    assert station.ask(action).warning == ""
    events_before = station.types().count(f"call.{'held' if name == 'hold' else 'muted'}")
    assert "already" in station.ask(action).warning
    assert station.types().count(f"call.{'held' if name == 'hold' else 'muted'}") == events_before == 1


@pytest.mark.parametrize(
    ("to", "uri", "target"),
    [
        ("kitchen", KITCHEN, "kitchen"),
        ("office", "sip:office.example", "office"),
        ("sip:somebody@192.0.2.7", "sip:somebody@192.0.2.7", ""),
        ("sips:somebody@[2001:db8::7]:5061;transport=tls", "sips:somebody@[2001:db8::7]:5061;transport=tls", ""),
    ],
)
def test_a_client_calls(to, uri, target):
    station = none()
    reply = station.ask(inputs.Dial(to, (("X-Flat", "3"),)))
    assert station.orders(Place) == [Place(reply.call, uri, (("X-Flat", "3"),), expires_s=LONGEST)]
    call = station.call
    assert (call.id, call.number, call.remote.target, call.button) == (reply.call, target or to, target, None)


@pytest.mark.parametrize("to", ["", "nobody", "tel:110", "sip:", "sip:a b@c", "http://x", "<sip:a@b>"])
def test_what_is_no_address_cannot_be_called(to):
    station = none()
    error = station.ask(inputs.Dial(to)).error
    assert error.code == "number-invalid"
    assert "kitchen, office" in error.resolution
    assert station.state.calls.living == ()


def test_without_targets_the_error_says_so():
    assert "no targets yet" in ready(targets=()).ask(inputs.Dial("kitchen")).error.resolution


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("X-Flat", "3", None),
        ("x-flat", "", None),
        ("X-" + "a" * 62, "3", None),
        ("X-" + "a" * 63, "3", "parameter-invalid"),
        ("X-", "3", "parameter-invalid"),
        ("Alert-Info", "<urn:alert:source:external>", None),
        ("Subject", "A parcel", None),
        ("Contact", "sip:evil@example", "parameter-invalid"),
        ("Subject-Of-Mine", "x", "parameter-invalid"),
        ("Reason", "SIP;cause=200", "parameter-invalid"),
        ("Answer-Mode", "Auto", "parameter-invalid"),
        ("X-Flat: 3\r\nContact", "x", "parameter-invalid"),
        ("X-Flat", "3\r\nContact: x", "parameter-invalid"),
        ("X-Flat", "3\x00", "parameter-invalid"),
    ],
)
def test_a_header_goes_out_only_where_it_can_do_no_harm(name, value, code):
    error = none().ask(inputs.Dial("kitchen", ((name, value),))).error
    assert (error and error.code) == code


@pytest.mark.parametrize(("code", "good"), [(399, False), (400, True), (486, True), (699, True), (700, False)])
def test_a_call_is_refused_only_with_a_final_code(code, good):
    error = incoming().ask(inputs.RejectCall(HERE, code)).error
    assert (error and error.code) == (None if good else "parameter-invalid")


@pytest.mark.parametrize(
    ("digits", "good"),
    [
        ("1", True),
        ("0123456789ABCD*#", True),
        ("1" * 32, True),
        ("1" * 33, False),
        ("", False),
        ("1 2", False),
        ("a", False),
        ("1\n", False),
    ],
)
def test_digits_are_sent_where_they_are_some(digits, good):
    station = connected()
    reply = station.ask(inputs.SendDigits(station.call.id, digits))
    assert (reply.error and reply.error.code) == (None if good else "parameter-invalid")
    assert station.orders(SendDigit) == ([SendDigit(station.call.id, digits)] if good else [])
    if good:
        assert station.last(events.DtmfSending).count == len(digits)


@pytest.mark.parametrize(
    ("seconds", "good"), [(0, True), (60, True), (60.1, False), (-1, False), (float("nan"), False)]
)
def test_a_press_lasts_0_to_60_s(seconds, good):
    error = none().ask(inputs.PressButton(ButtonId("ring"), seconds)).error
    assert (error and error.code) == (None if good else "parameter-invalid")


@pytest.mark.parametrize(
    ("seconds", "good"),
    [(None, True), (0.1, True), (10, True), (10.1, False), (0, False), (-1, False), (float("nan"), False)],
)
def test_a_pulse_is_no_longer_than_the_door_allows(seconds, good):
    error = none().ask(inputs.OpenDoor(FRONT, seconds)).error
    assert (error and error.code) == (None if good else "parameter-invalid")


@pytest.mark.parametrize("known", [True, False])
def test_what_is_not_there_is_named_with_what_is(known):
    station = none() if known else ready(buttons=(), doors=())
    error = station.ask(inputs.PressButton(ButtonId("bell"))).error
    assert (error.code, "ring, answer" in error.cause, "none" in error.cause) == ("button-not-found", known, not known)
    error = station.ask(inputs.OpenDoor(DoorId("cellar"))).error
    assert (error.code, "front, gate" in error.cause, "none" in error.cause) == ("door-not-found", known, not known)


def test_a_clients_press_does_what_the_button_does():
    station = none()
    assert station.ask(inputs.PressButton(ButtonId("ring"))).call is None
    assert station.call.button == "ring"
    station.wait(0.0)
    assert station.types().count("button.clicked") == 1


@pytest.mark.parametrize("action", Action)
def test_every_action_has_a_button_in_these_tests(action):
    assert action in {button.action for button in none().state.settings.buttons}


def test_a_clock_that_was_set_is_reported_and_changes_nothing():
    station = none()
    before = station.state
    station.give(inputs.ClockSet, by_s=3600.0)
    assert station.last(events.NoticeReported).message == "The clock was set forward by 3600.0 s."
    station.give(inputs.ClockSet, by_s=-0.5e9)
    assert station.last(events.NoticeReported).message == "The clock was set back by 500000000.0 s."
    assert station.state == before


@pytest.mark.parametrize(
    "action",
    [
        inputs.HoldCall(CallId("c-over"), held=True),
        inputs.SendDigits(CallId("c-over"), "1"),
        inputs.SetCustomData(CallId("c-over"), "x"),
    ],
)
def test_an_order_about_a_call_that_has_ended_lately_says_so_and_what_to_do(action):
    station = connected()
    station.give(inputs.Requested, request=RequestId("late"), who="x", action=action, late=True)
    error = station.orders(Reply)[-1].error
    assert (error.code, error.message) == ("call-wrong-state", "Call c-over has ended.")
    told = station.last(events.ErrorReported)
    assert (told.code, told.call, bool(told.cause), bool(told.resolution)) == (error.code, "c-over", True, True)


@pytest.mark.parametrize(
    "action",
    [
        inputs.HoldConference(ConferenceId("k-over"), held=True),
        inputs.MuteIn(ConferenceId("k-over"), None, muted=True),
        inputs.InviteInto(ConferenceId("k-over"), inputs.Dial("kitchen")),
    ],
)
def test_an_order_about_a_conference_that_has_ended_lately_says_so_and_what_to_do(action):
    station = connected()
    station.give(inputs.Requested, request=RequestId("late"), who="x", action=action, late=True)
    error = station.orders(Reply)[-1].error
    assert (error.code, error.message) == ("conflict", "Conference k-over has ended.")
    told = station.last(events.ErrorReported)
    assert (told.code, told.conference, bool(told.cause), bool(told.resolution)) == (error.code, "k-over", True, True)
    assert station.ask(action).error.code == "conference-not-found"


def test_the_end_of_a_conference_that_crosses_another_end_succeeds_with_a_warning():
    station = connected()
    end = inputs.EndConference(ConferenceId("k-over"))
    station.give(inputs.Requested, request=RequestId("late"), who="x", action=end, late=True)
    reply = station.orders(Reply)[-1]
    assert (reply.error, reply.conference, reply.warning) == (None, "k-over", "The conference has ended already.")


def test_a_hang_up_that_crosses_another_end_succeeds_with_a_warning():
    station = connected()
    hang_up = inputs.HangUpCall(CallId("c-over"))
    station.give(inputs.Requested, request=RequestId("late"), who="x", action=hang_up, late=True)
    reply = station.orders(Reply)[-1]
    assert (reply.error, reply.call, reply.warning) == (None, "c-over", "The call has ended already.")
    assert station.last(events.WarningReported).call == "c-over"
    assert station.ask(hang_up).error.code == "call-not-found"
