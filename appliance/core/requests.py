"""Requests of buttons and clients: checked against the state, performed and answered."""

import re
from dataclasses import replace
from typing import Literal, assert_type

from appliance.base.errors import ErrorCode, IntercomError
from appliance.core import call_states, events, inputs
from appliance.core.access import codes
from appliance.core.access.dtmf import send
from appliance.core.accounts import registration
from appliance.core.appliance import error_events, persistence
from appliance.core.calls import early_media, focus, forwarding, notes, session, texts, updates
from appliance.core.calls.headers import check as check_headers
from appliance.core.conferences import requests as conference_requests
from appliance.core.doors import lockdown, pulses, sensors
from appliance.core.lookup import (
    connected,
    find,
    find_account,
    find_door,
    too_many_calls,
    unanswered_here,
    whom,
    wrong_state,
)
from appliance.core.model import (
    AccountId,
    Action,
    ButtonId,
    ButtonSettings,
    Call,
    CallId,
    Cause,
    ChordSettings,
    ConferenceId,
    DoorId,
    MessageId,
    MessageMethod,
    OpenedBy,
    WarningCode,
)
from appliance.core.orders import Reply, Words
from appliance.core.panel import buttons, self_tests
from appliance.core.transfers import transferee, transferor
from appliance.core.transition import Turn
from appliance.core.visitor_ring import ring as ring_plan
from appliance.core.visitor_ring.press import ring, ring_flat

DIGITS = re.compile(r"[0-9A-D*#]{1,32}")
LONGEST_PRESS_S = 60.0
REFUSALS = range(400, 700)
LONGEST_REASON = 128


def requested(turn: Turn, given: inputs.Requested) -> None:
    """Perform a client's request, or reply with the error; a request that changes nothing succeeds with a warning."""
    call: CallId | None = None
    conference: ConferenceId | None = None
    try:
        if isinstance(given.action, inputs.TestSound):  # the reply follows at the end of the test
            self_tests.sound(turn, given.request, given.action.seconds)
            return
        if isinstance(given.action, inputs.LockDoor | inputs.UnlockDoor):  # replied to when it is on disc
            change = lockdown.lock if isinstance(given.action, inputs.LockDoor) else lockdown.unlock
            warning = change(turn, find_door(turn, given.action.door), given.who)
            persistence.reply(turn, given.request, warning)
            return
        if isinstance(given.action, inputs.OfBook):  # the reply follows when the change is on disc
            codes.requested(turn, given.action, given.request, given.who)
            return
        if isinstance(given.action, inputs.SendText | inputs.SendCallText | inputs.SendInfo):
            turn.order(Reply(given.request, message=write(turn, given.action)))
            return
        if isinstance(given.action, inputs.Conferring):
            conference, warning = conference_requests.perform(turn, given.action, given.who)
        else:
            call, warning = perform(turn, given.action, given.who)
    except IntercomError as err:
        about = getattr(given.action, "call", None)
        error_events.emit(turn, err, error_events.name_of(given.action), call=about)
        turn.order(Reply(given.request, error=err))
        return
    if warning:
        turn.emit(events.WarningTold(WarningCode.REDUNDANT, warning, call))
    turn.order(Reply(given.request, call=call, conference=conference, warning=warning))


def perform(turn: Turn, action: inputs.AtOnce, who: str) -> tuple[CallId | None, str]:  # noqa: C901, PLR0912 - a table
    """Perform a request at once; return its call, and a warning or "". Raises IntercomError if it is not possible."""
    match action:
        case inputs.Dial():
            return dial(turn, action), ""
        case inputs.AnswerCall(wanted):
            return wanted, answer(turn, find(turn, wanted), who, action)
        case inputs.RingCall(wanted):
            return wanted, early_media.ring(turn, unanswered_here(find(turn, wanted), "rung"))
        case inputs.SendEarlyMedia(wanted, source):
            return wanted, early_media.send(turn, unanswered_here(find(turn, wanted), "sent early media"), source)
        case inputs.SetCustomData(wanted, text):
            return wanted, notes.note(turn, find(turn, wanted), text)
        case inputs.RejectCall(wanted):
            return wanted, reject(turn, find(turn, wanted), action)
        case inputs.HangUpCall(wanted, headers):
            call = find(turn, wanted)
            check_headers(headers)
            session.hang_up(turn, call, Cause.HANGUP, words=Words(headers=headers))
            ring_plan.given_up(turn, call)
            return wanted, "" if call.alive else f"Call {wanted} is ending already."
        case inputs.HoldCall(wanted, held):
            return wanted, hold(turn, connected(find(turn, wanted)), held=held)
        case inputs.DecideUpdate(wanted, accepted):
            updates.decide(turn, connected(find(turn, wanted)), accepted=accepted)
            return wanted, ""
        case inputs.AskUpdates(wanted, ask):
            return wanted, updates.ask_from_now(turn, find(turn, wanted), wanted=ask)
        case inputs.UpdateCall(wanted, codecs):
            updates.offer(turn, connected(find(turn, wanted)), codecs)
            return wanted, ""
        case inputs.SwitchTo(wanted):
            return wanted, switch_to(turn, find(turn, wanted))
        case inputs.MuteCall(wanted, muted):
            return wanted, mute(turn, connected(find(turn, wanted)), muted=muted)
        case inputs.SendDigits(wanted, digits):
            send_digits(turn, connected(find(turn, wanted)), digits)
            return wanted, ""
        case inputs.TransferCall(wanted, to):
            call = connected(find(turn, wanted))
            transferor.begin(turn, call, whom(turn, to, call.account)[0])
            return wanted, ""
        case inputs.ConnectCalls(wanted, other):
            transferor.connect(turn, connected(find(turn, wanted)), connected(find(turn, other)))
            return wanted, ""
        case inputs.AcceptTransfer(wanted):
            transferee.accept(turn, find(turn, wanted))
            return wanted, ""
        case inputs.EndTransfer(wanted, code, reason):
            transferee.end(turn, find(turn, wanted), code, reason)
            return wanted, ""
        case inputs.SetTransferPolicy(wanted, policy):
            turn.put(replace(find(turn, wanted), transfer_policy=policy))
            return wanted, ""
        case inputs.RegisterAccount(account):
            return None, register(turn, account)
        case inputs.UnregisterAccount(account):
            return None, registration.unregister(turn, find_account(turn, account))
        case inputs.HoldDoor(door, seconds):
            return None, pulses.hold_open(turn, find_door(turn, door), seconds, who)
        case inputs.ReleaseDoor(door):
            return None, pulses.release(turn, find_door(turn, door))
        case inputs.ClearSensor(sensor):
            return None, sensors.clear(turn, sensor, who)
        case inputs.TestLamp():
            self_tests.lamp(turn, action)
            return None, ""
        case inputs.ChangeRuntime():
            return None, forwarding.change(turn, action)
        case inputs.RingFlat(flat):
            return None, ring_flat(turn, flat, who)
        case inputs.PressButton(button, seconds):
            return None, press(turn, button, seconds)
        case _:
            assert_type(action, inputs.OpenDoor)
            return None, open_door(turn, action.door, action.seconds, who, OpenedBy.API)


def write(turn: Turn, action: inputs.Writing) -> MessageId:
    """Send a client's message, in a call or to the address that the client names."""
    match action:
        case inputs.SendText(to, content, account):
            uri, account = whom(turn, to, account)
            return texts.send(turn, MessageMethod.MESSAGE, content, uri, account, None)
        case inputs.SendCallText(wanted, content):
            method = MessageMethod.MESSAGE
        case _:
            wanted, content, method = action.call, action.content, MessageMethod.INFO
    call = connected(find(turn, wanted))
    return texts.send(turn, method, content, call.remote.uri, call.account, call.id)


def act_all(turn: Turn, acts: buttons.Acts) -> None:
    """Perform the actions of buttons and chords."""
    for button, action in acts:
        act(turn, button, action)


def act(turn: Turn, button: ButtonSettings | ChordSettings, action: Action) -> None:
    """Perform the action of a button or chord. If it is not possible now, an event and the panel report an error."""
    who, active = f"{'button' if isinstance(button, ButtonSettings) else 'chord'} {button.id}", turn.state.active
    together = turn.state.conference if active is not None and active.conference is not None else None
    try:
        match action:
            case Action.RING:
                ring(turn, button)
            case Action.ANSWER:
                call = needed(turn.state.waiting or active, "answer")
                answer(turn, call, who, inputs.AnswerCall(call.id))
            case Action.HANGUP | Action.HOLD if together is not None:
                conference_requests.press(turn, together, action)
            case Action.HANGUP:
                hang_up(turn)
            case Action.HOLD:
                hold_or_swap(turn, connected(needed(active, "hold")), who)
            case Action.NONE:
                pass  # the event of the press may be all that is wanted
            case Action.SWITCH:
                switch(turn, who)
            case Action.DOOR | Action.EXIT if button.door is not None:
                open_door(turn, button.door, None, who, OpenedBy.EXIT if action is Action.EXIT else OpenedBy.BUTTON)
            case _:
                assert_type(action, Literal[Action.DOOR, Action.EXIT])
                send_digits(turn, connected(needed(active, "open the visitor's door")), button.digits)
    except IntercomError as err:
        error_events.emit(turn, err, f"{who}: {action}", call=None if active is None else active.id)
        turn.show_error()


def hang_up(turn: Turn) -> None:
    """For a button: end the visitor's ring with all its calls, else the foreground call."""
    if not ring_plan.cancel(turn):
        session.hang_up(turn, needed(turn.state.active, "hang up"), Cause.HANGUP)


def hold_or_swap(turn: Turn, call: Call, who: str) -> None:
    """For a button: hold or resume the only call, or switch to another call that waits or is set aside."""
    if any(other is not call and (other.unanswered_here or other.set_aside) for other in turn.state.calls):
        switch(turn, who)
    else:
        hold(turn, call, held=not call.held_local)


def dial(turn: Turn, wanted: inputs.Dial) -> CallId:
    """Place a call for a client."""
    to, headers = wanted.to, wanted.headers
    if turn.state.stopping:
        raise IntercomError(
            ErrorCode.UNAVAILABLE, "No call can be placed now.", "The daemon is stopping.", "Try again later."
        )
    target = turn.settings.target(to)
    uri, account = whom(turn, to, wanted.account)
    check_headers(headers)
    notes.check(wanted.custom_data)
    if turn.state.full:
        raise too_many_calls(turn)
    name = target.name if target else ""
    return session.place(turn, uri, name, headers=headers, account=account, custom_data=wanted.custom_data).id


def register(turn: Turn, wanted: AccountId) -> str:
    """Register an account, or refresh its registration."""
    account = find_account(turn, wanted)
    if turn.state.stopping:
        raise IntercomError(
            ErrorCode.UNAVAILABLE,
            f"Account {wanted} cannot register now.",
            "The daemon is stopping.",
            "Try again later.",
        )
    return registration.register(turn, account)


def answer(turn: Turn, call: Call, who: str, wanted: inputs.AnswerCall) -> str:
    """Answer an incoming call."""
    if call.answered_by_us:
        return f"Call {call.id} is answered already."
    call = unanswered_here(call, "answered")
    check_headers(wanted.headers)
    if wanted.custom_data is not None:
        notes.note(turn, call, wanted.custom_data)
    session.answer(turn, find(turn, call.id), who, wanted.headers)
    return ""


def reject(turn: Turn, call: Call, wanted: inputs.RejectCall) -> str:
    """Refuse an incoming call."""
    if wanted.code not in REFUSALS:
        raise IntercomError(
            ErrorCode.PARAMETER_INVALID, f"{wanted.code} cannot refuse a call.", "Give a SIP code from 400 to 699."
        )
    if len(wanted.reason) > LONGEST_REASON or not wanted.reason.isprintable():
        raise IntercomError(
            ErrorCode.PARAMETER_INVALID,
            "The reason cannot be sent.",
            f"It has {len(wanted.reason)} characters, or some that are not printable.",
            f"Use one line of at most {LONGEST_REASON} characters.",
        )
    check_headers(wanted.headers)
    unanswered_here(call, "rejected")
    session.refuse(turn, call, wanted.code, Cause.REJECTED, words=Words(wanted.reason, wanted.headers))
    return ""


def hold(turn: Turn, call: Call, *, held: bool) -> str:
    """Hold a call, or resume it and so bring it to the foreground. A set-aside call that is held now stays held.

    A call in a conference resumes among its participants, whether the conference is in the foreground or not.
    """
    if call.held_local == held:
        turn.put(replace(call, set_aside=False))
        return f"Call {call.id} is {'held' if held else 'not held'} already."
    if held or call.conference is not None:
        focus.hold(turn, call, held=held)
    else:
        focus.bring(turn, call)
    return ""


def switch_to(turn: Turn, call: Call) -> str:
    """Bring a call to the foreground."""
    if call.unanswered_here or not call.alive:
        raise wrong_state(call, "switched to", "answered, or our own,")
    in_front = call is turn.state.active or call.id in call_states.with_sound(turn.state)
    if in_front and not call.held_local and not turn.state.away:
        return f"Call {call.id} is in the foreground already."
    focus.bring(turn, call)
    return ""


def switch(turn: Turn, who: str) -> None:
    """Switch to the incoming call that waits for an answer, else to the call that left the foreground longest ago."""
    waiting = turn.state.waiting
    if waiting is not None:
        session.answer(turn, waiting, who)
        return
    active = turn.state.active
    together = active.conference if active is not None else None
    others = (c for c in turn.state.calls if c.alive and c is not active)
    focus.bring(turn, needed(next((c for c in others if together is None or c.conference is None), None), "switch to"))


def mute(turn: Turn, call: Call, *, muted: bool) -> str:
    """Mute or unmute our microphone."""
    if call.muted == muted:
        return f"Call {call.id} is {'muted' if muted else 'not muted'} already."
    session.mute(turn, call, muted=muted)
    return ""


def send_digits(turn: Turn, call: Call, digits: str) -> None:
    """Send digits to the far end."""
    if not DIGITS.fullmatch(digits):
        raise IntercomError(
            ErrorCode.PARAMETER_INVALID, "These are not DTMF digits.", "Digits are 0 to 9, A to D, * and #, at most 32."
        )
    send(turn, call, digits)


def press(turn: Turn, wanted: ButtonId, seconds: float) -> str:
    """Press a button as a finger would."""
    button = turn.settings.button(wanted)
    if button is None:
        names = ", ".join(b.id for b in turn.settings.buttons) or "none"
        raise IntercomError(ErrorCode.BUTTON_NOT_FOUND, f"There is no button {wanted}.", f"The panel has: {names}.")
    if not 0 <= seconds <= LONGEST_PRESS_S:
        raise IntercomError(
            ErrorCode.PARAMETER_INVALID, f"A press cannot last {seconds} s.", "A press lasts 0 to 60 s."
        )
    if buttons.of(turn, wanted).down:
        return f"Button {wanted} is down already."
    act_all(turn, buttons.hold_down(turn, button, seconds))
    return ""


def open_door(turn: Turn, wanted: DoorId, seconds: float | None, who: str, means: OpenedBy) -> str:
    """Open a door."""
    door = find_door(turn, wanted)
    if seconds is not None and not 0 < seconds <= door.max_s:
        raise IntercomError(
            ErrorCode.PARAMETER_INVALID,
            f"Door {wanted} cannot be opened for {seconds} s.",
            f"Its longest pulse is {door.max_s} s.",
            f"Ask for less, or set door.{wanted}.max_s.",
        )
    return pulses.open_door(turn, door, seconds, who, means)


def needed(call: Call | None, to_do: str) -> Call:
    """Return the call, or raise call-wrong-state for a button that needs one."""
    if call is None:
        raise IntercomError(ErrorCode.CALL_WRONG_STATE, f"There is no call to {to_do}.")
    return call
