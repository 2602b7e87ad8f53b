"""DTMF digits of far ends, which may form a code: no channel reveals a digit that may belong to one.

A digit may belong to a code if its far end may open a door, unless a program gets the digits of the call. So may that
of a caller who names itself as one who may, but does not prove it: nothing opens by it, and it is masked.

The digits of one entry end with #, after a pause, or when they are as long as the longest code: they were a code, or a
wrong one that counts. * begins a new entry. So each wrong code is one guess, whatever is typed around it.
"""

import hmac
import re
from typing import Literal

from msgspec.structs import replace

from appliance.base.errors import ErrorCode, IntercomError
from appliance.core import call_states, events, inputs
from appliance.core.access import codes, credentials, lockouts
from appliance.core.accounts import sip_uris
from appliance.core.appliance import error_events
from appliance.core.calls import connecting
from appliance.core.inputs.bounds import DIGITS
from appliance.core.lookup import find_call
from appliance.core.messages import texts
from appliance.core.model import (
    DIGIT_S,
    PAUSE_S,
    Attempt,
    Call,
    CallState,
    Content,
    CredentialKind,
    Denial,
    DigitMethod,
    DigitsBy,
    DigitsTo,
    DoorSettings,
    LockoutScope,
    MessageMethod,
    OpenedBy,
    State,
    WarningCode,
)
from appliance.core.orders import SendDigit
from appliance.core.transition import Turn

TOGETHER_S = 5.0  # digits further apart are not one code
ECHO_S = 1.0  # our own digit may come back within so long
RELAY = "application/dtmf-relay"


def received(turn: Turn, call: Call, given: inputs.DigitReceived) -> None:
    """A digit arrived in a call."""
    if ignored(call, given):
        return
    masked = masks(turn.state, call)
    turn.emit(
        events.DtmfReceived(
            call.id,
            digit=None if masked else given.digit,
            masked=masked,
            method=given.method,
            duration_ms=given.duration_ms,
        )
    )
    if call.state is not CallState.CONNECTED or not believed(turn, call, given):
        return
    if call.confirm:
        if given.digit == call.confirm:
            connecting.confirmed_by_digit(turn, call)
        return
    if masked and may_open(turn.state, call):  # otherwise a code that this far end types opens nothing
        digit_typed(turn, call, given.digit)


def unreadable(turn: Turn, call: Call, content_type: str) -> None:
    """A digit came in a form that is not read."""
    text = (
        f"A digit in call {call.id} came by INFO as {content_type}, in a form that is not read: set the telephone to "
        f"RFC 4733, or to INFO with {RELAY}."
    )
    turn.emit(events.WarningReported(WarningCode.DIGIT_UNREADABLE, text, call.id))


def ignored(call: Call, given: inputs.DigitReceived) -> bool:
    """Whether a client has excluded digits by this method."""
    return call.digits.methods is not None and given.method not in call.digits.methods


def set_methods(turn: Turn, call: Call, wanted: tuple[DigitMethod, ...]) -> str:
    """Take digits by these methods only; return a warning if nothing changes. An entry that has begun is judged."""
    chosen = tuple(method for method in DigitMethod if method in wanted)
    if call_states.digit_methods(turn.state, call) == chosen:
        return f"Call {call.id} takes digits by these methods already."
    turn.put(replace(call, digits=replace(call.digits, methods=chosen)))
    turn.emit(events.CallChanged(call.id, fields=("dtmf",)))
    return ""


def redirect(turn: Turn, call: Call, to: DigitsTo, who: str) -> str:
    """Send the digits to the program that leads the call, or to the codes again; return a warning if they go there."""
    if call.led_by != who:
        leader = f"{call.led_by} leads it" if call.led_by else "No client leads it"
        raise IntercomError(
            ErrorCode.FORBIDDEN,
            f"The digits of call {call.id} cannot be redirected.",
            f"{leader}, and not {who}.",
            "Redirect those of calls that you have placed or answered yourself.",
        )
    if call.digits.to is to:
        return f"The digits of call {call.id} go there already."
    if call.digits.received:
        code_entered(turn, call, call.digits.received)  # an entry that has begun is no free guess
    direct(turn, find_call(turn, call.id), to, "order")
    return ""


def unread(turn: Turn, call: Call) -> None:
    """The program follows no events any more: the digits go to the codes again."""
    if call.digits.to is DigitsTo.PROGRAM:
        direct(turn, call, DigitsTo.CODES, "stream_ended")


def direct(turn: Turn, call: Call, to: DigitsTo, why: Literal["order", "stream_ended"]) -> None:
    """Send the digits elsewhere from now on."""
    turn.put(replace(call, digits=replace(call.digits, to=to)))
    turn.emit(events.DtmfRedirected(call.id, to=to, by=call.led_by, why=why))


def masks(state: State, call: Call) -> bool:
    """Whether a digit of this far end may belong to a code; while the book is not loaded, any of them may."""
    if call.digits.to is DigitsTo.PROGRAM or not (may_open(state, call) or seems_one_who_may(state, call)):
        return False
    known = state.access.book is None or any(c.kind is CredentialKind.CODE for c in state.access.book.codes)
    return known or any(door.digits for door in state.settings.doors)


def may_open(state: State, call: Call) -> bool:
    """Whether the far end is a target that may open a door."""
    target = state.settings.target(call.remote.target)
    return target is not None and bool(target.doors)


def seems_one_who_may(state: State, call: Call) -> bool:
    """Whether the far end was a target when the call began, or has the user name of one that may open a door.

    A resident may call by a way that proves nothing, and types the code out of habit.
    """
    if call.remote.target:
        return state.settings.target(call.remote.target) is None
    user = (sip_uris.parts(call.remote.uri) or ("", ""))[0]
    residents = (target for target in state.settings.targets if target.doors)
    return user != "" and any((sip_uris.parts(each.uri) or ("", ""))[0] == user for each in residents)


def believed(turn: Turn, call: Call, given: inputs.DigitReceived) -> bool:
    """Whether the digit surely came from the far end. Digits in the sound are doubtful: voices and echoes imitate them.

    If another address took over the sound while the far end was silent, the sender of the packets is doubtful too.

    A client can order a search for digits in the sound, but only the account can permit them to open a door.
    """
    if ignored(call, given):
        return False
    if call.media.taken_over and given.method != DigitMethod.INFO:
        return False
    if given.method != DigitMethod.INBAND:
        return True
    account = turn.settings.account(call.account)
    echo = any(digit == given.digit and abs(turn.now - at) <= ECHO_S for digit, at in call.digits.sent)
    return account is not None and account.inband_digits and not echo


def digit_typed(turn: Turn, call: Call, digit: str) -> None:
    """Append the digit; open the door if a code is complete."""
    if digit == "*" or (digit == "#" and not call.digits.received):
        code_entered(turn, call, call.digits.received)
        turn.put(replace(call, digits=replace(call.digits, received=digit, received_at=turn.now)))
        return
    run = call.digits.received + digit
    call = turn.put(replace(call, digits=replace(call.digits, received=run, received_at=turn.now)))
    own = [door for door in turn.settings.doors if same_digits(run, door.digits)]
    if own:
        turn.put(replace(call, digits=replace(call.digits, received="")))
        door_digits_entered(turn, call, own)
    elif digit == "#" or is_longest(turn.state, run):
        code_entered(turn, call, run)


def same_digits(run: str, digits: str) -> bool:
    """Whether the entry equals a door's own digits, in constant time; * or # before the entry does not count."""
    whole, bare = (hmac.compare_digest(as_bytes(each), as_bytes(digits)) for each in (run, run.lstrip("*#")))
    return bool(digits) and (whole or bare)


def as_bytes(text: str) -> bytes:
    """Encode any text that a far end sent as a digit."""
    return text.encode("utf-8", "backslashreplace")


def is_longest(state: State, run: str) -> bool:
    """Whether the entry cannot become a longer code."""
    digits = run.lstrip("*#")
    longest = credentials.LONGEST if state.access.book is None else credentials.longest(state.access.book)
    if len(digits) >= max([longest, *(len(door.digits.lstrip("*#")) for door in state.settings.doors)]):
        return True
    return len(digits) == longest and codes.is_code(state.access.book, digits)


def code_entered(turn: Turn, call: Call, run: str) -> None:
    """An entry ended that is not a door's own digits: a code of the book, a wrong code, or too short to be either."""
    turn.put(replace(call, digits=replace(call.digits, received="")))
    digits = run.strip("*#")
    if len(digits) < shortest(turn.state):
        return
    attempt = attempt_of(turn, call)
    why = codes.shown(turn, attempt, CredentialKind.CODE, digits)
    if why == Denial.UNAVAILABLE:
        guessed(turn, attempt)


def guessed(turn: Turn, attempt: Attempt) -> None:
    """Count an entry that may be a code of the book, which is not loaded, but is a wrong guess at doors' own digits."""
    own = tuple(door.id for door in turn.settings.doors if door.digits and door.id in attempt.doors)
    if own:
        lockouts.count_wrong_code(turn, replace(attempt, doors=own), "")


def shortest(state: State) -> int:
    """The least number of digits that may be a code."""
    own = [len(door.digits.strip("*#")) for door in state.settings.doors if door.digits]
    return min([credentials.SHORTEST, *own])


def door_digits_entered(turn: Turn, call: Call, own: list[DoorSettings]) -> None:
    """Somebody typed the own digits of these doors."""
    attempt = attempt_of(turn, call)
    codes.deny(turn, attempt, (door.id for door in own if door.id not in attempt.doors), Denial.NO_TARGET)
    wanted = tuple(door.id for door in own if door.id in attempt.doors)
    if wanted and not codes.refused_at_once(turn, attempt):
        lockouts.count_right_code(turn, replace(attempt, doors=wanted))
        codes.open_doors(turn, attempt, wanted)


def attempt_of(turn: Turn, call: Call) -> Attempt:
    """Build the attempt of this caller, with the doors of the caller's target; a stranger has no doors."""
    target = turn.settings.target(call.remote.target)
    doors = () if target is None else target.doors
    name = call.remote.target
    return Attempt(f"digits of {name}", OpenedBy.DTMF, doors, LockoutScope.CALLER, name, call.remote.uri)


def due(turn: Turn) -> None:
    """End entries after a pause."""
    for call in turn.calls.living:
        if call.digits.received and (at := wake(call)) is not None and turn.now >= at:
            code_entered(turn, call, call.digits.received)


def wake(call: Call) -> float | None:
    """The time at which a pause ends the call's entry; None without an entry."""
    return call.digits.received_at + TOGETHER_S if call.digits.received and call.talks else None


def calls_ended(turn: Turn) -> None:
    """Judge entries of calls that have ended: no guess is free, and nothing opens after a call."""
    for call, _ in turn.finished:
        digits, attempt = call.digits.received.strip("*#"), attempt_of(turn, call)
        guess = len(digits) >= shortest(turn.state) and not codes.is_code(turn.access.book, digits)
        if not guess or codes.refused_at_once(turn, attempt):
            continue
        book = turn.access.book
        if book is None:
            codes.unavailable(turn, attempt)
            guessed(turn, attempt)
        else:
            codes.wrong_code(turn, attempt, credentials.digest(book.secret, CredentialKind.CODE, digits))


def order(turn: Turn, call: Call, wanted: inputs.SendDigits, who: str) -> None:
    """Send digits for a client; events show them, unless it does not lead the call and they may be a code."""
    send(turn, call, wanted.digits, hidden=who != call.led_by and masks(turn.state, call))


def send(
    turn: Turn, call: Call, wanted: str, tone_s: float = DIGIT_S, pause_s: float = PAUSE_S, *, hidden: bool = True
) -> None:
    """Send digits by RFC 4733; if the far end does not accept these, as configured. Raises IntercomError.

    tone_s, pause_s: the length of each tone, and of the silence behind it. INFO has no pauses. hidden: from events.
    """
    if not re.fullmatch(DIGITS, wanted):
        raise IntercomError(
            ErrorCode.PARAMETER_INVALID, "These are not DTMF digits.", "Digits are 0 to 9, A to D, * and #, at most 32."
        )
    way = turn.settings.digits_otherwise
    if not call.media.takes_events and way is DigitsBy.NONE:
        raise unsent("The far end does not accept digits by RFC 4733 (telephone-event).")
    turn.emit(events.DtmfSending(call.id, count=len(wanted)))
    if not call.media.takes_events and way is DigitsBy.INFO:
        for digit in wanted:
            content = Content(RELAY, f"Signal={digit}\r\nDuration={tone_s * 1000:.0f}\r\n", ())
            to, account = call.remote.uri, call.account
            texts.send(turn, MessageMethod.INFO, content, to, account, call.id, digit=digit, hidden=hidden)
    else:
        turn.order(SendDigit(call.id, wanted, not call.media.takes_events, tone_s, pause_s, hidden))
    turn.put(with_sent(turn, call, wanted, tone_s + pause_s))


def answered(turn: Turn, given: inputs.MessageAnswered) -> None:
    """Process the final response to a message; for a digit by INFO, the digit was sent or refused."""
    outgoing = texts.MESSAGES.get(turn.state, given.message)
    call = None if outgoing is None or outgoing.call is None else turn.calls.get(outgoing.call)
    if outgoing is None or not outgoing.digit or call is None:
        texts.answered(turn, given)
        return
    texts.MESSAGES.drop(turn, outgoing.id)
    if given.code in texts.OK:
        sent(turn, call, inputs.DigitSent(at=turn.now, call=call.id, digit=outgoing.digit, hidden=outgoing.hidden))
    else:
        why = f"The far end answered INFO with {given.code} {given.reason}".rstrip()
        error_events.emit(turn, unsent(why), "send-digits", given.code, call.id)


def not_sent(turn: Turn, call: Call, why: str) -> None:
    """Report digits that the SIP process could not send."""
    error_events.emit(turn, unsent(why), "send-digits", call=call.id)


def unsent(why: str) -> IntercomError:
    """The error for digits that do not reach the far end."""
    return IntercomError(
        ErrorCode.DIGITS_UNSUPPORTED,
        "The digits were not sent.",
        why,
        "Enable telephone-event at the far end, or set sip.digits_otherwise to info or inband.",
    )


def sent(turn: Turn, call: Call, given: inputs.DigitSent) -> None:
    """A digit was sent."""
    turn.emit(events.DtmfSent(call.id, digit=None if given.hidden else given.digit, masked=given.hidden))
    turn.put(with_sent(turn, call, given.digit, DIGIT_S + PAUSE_S))


def with_sent(turn: Turn, call: Call, digits: str, each_s: float) -> Call:
    """The call with our digits added as sent, one after another from now on."""
    lately = [(digit, at) for digit, at in call.digits.sent if turn.now - at <= ECHO_S]
    now = [(digit, turn.now + number * each_s) for number, digit in enumerate(digits)]
    return replace(call, digits=replace(call.digits, sent=(*lately, *now)))
