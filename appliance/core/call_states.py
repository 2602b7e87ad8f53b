"""The call's transition table, its deadlines, and the meaning of SIP codes; drawn in docs/reference/call-states.md."""

from enum import StrEnum
from typing import Literal

from appliance.core.model import (
    By,
    Call,
    CallId,
    CallState,
    Cause,
    Deadlines,
    DigitMethod,
    Direction,
    EarlySource,
    End,
    State,
)

S = CallState
RINGING = 180
CUT_OFF = End(Cause.ERROR, 0, "The station went off", By.DEVICE)  # of a call whose end nobody could log
SIGNALLED = DigitMethod.RFC4733, DigitMethod.INFO


class Signal(StrEnum):
    """The signals that move a call from one state to another."""

    RINGS = "180"
    EARLY_MEDIA = "18x with SDP, theirs or ours"
    ANSWERED = "200"
    CONFIRMED = "ACK"
    GIVEN_UP = "we send CANCEL, BYE or a refusal"
    OVER = "the dialog is over"


# A pair that is not here is ignored: a retransmission, or a response that crossed ours on the way.
TABLE: dict[tuple[CallState, Signal], CallState] = {
    (S.DIALING, Signal.RINGS): S.RINGING,
    (S.DIALING, Signal.EARLY_MEDIA): S.EARLY_MEDIA,
    (S.RINGING, Signal.EARLY_MEDIA): S.EARLY_MEDIA,
    (S.DIALING, Signal.ANSWERED): S.CONNECTING,
    (S.RINGING, Signal.ANSWERED): S.CONNECTING,
    (S.EARLY_MEDIA, Signal.ANSWERED): S.CONNECTING,
    (S.INCOMING, Signal.EARLY_MEDIA): S.EARLY_MEDIA,
    (S.INCOMING, Signal.ANSWERED): S.CONNECTING,
    # our own ACK follows a 200 so closely that the SIP process may report both as one
    (S.DIALING, Signal.CONFIRMED): S.CONNECTED,
    (S.RINGING, Signal.CONFIRMED): S.CONNECTED,
    (S.EARLY_MEDIA, Signal.CONFIRMED): S.CONNECTED,
    (S.INCOMING, Signal.CONFIRMED): S.CONNECTED,
    (S.CONNECTING, Signal.CONFIRMED): S.CONNECTED,
    **{(state, Signal.GIVEN_UP): S.DISCONNECTING for state in S if state not in {S.DISCONNECTING, S.ENDED}},
    **{(state, Signal.OVER): S.ENDED for state in S if state is not S.ENDED},
}

LegacyState = Literal["PROGRESSING", "ALERTING", "CONNECTED", "TERMINATED"]
LEGACY: dict[CallState, LegacyState] = {
    S.DIALING: "PROGRESSING",
    S.RINGING: "ALERTING",
    S.EARLY_MEDIA: "PROGRESSING",
    S.INCOMING: "ALERTING",
    S.CONNECTING: "PROGRESSING",
    S.CONNECTED: "CONNECTED",
    S.DISCONNECTING: "CONNECTED",
    S.ENDED: "TERMINATED",
}

CAUSES = {
    401: Cause.UNAUTHORIZED,
    402: Cause.PAYMENT_REQUIRED,
    403: Cause.UNAUTHORIZED,
    404: Cause.NOT_FOUND,
    407: Cause.UNAUTHORIZED,
    408: Cause.UNAVAILABLE,
    410: Cause.NOT_FOUND,
    415: Cause.MEDIA_FAILED,
    480: Cause.UNAVAILABLE,
    484: Cause.NOT_FOUND,
    485: Cause.NOT_FOUND,
    486: Cause.BUSY,
    487: Cause.UNAVAILABLE,  # nobody here has canceled it
    488: Cause.MEDIA_FAILED,
    502: Cause.UNAVAILABLE,  # pjsip's code for a transport that fails
    503: Cause.UNAVAILABLE,
    600: Cause.BUSY,
    603: Cause.REJECTED,
    604: Cause.NOT_FOUND,
    606: Cause.MEDIA_FAILED,
}


def cause_of(code: int, rang: bool) -> Cause:
    """The meaning of a final response to our INVITE (RFC 3261 §21). `rang`: a provisional 18x had come before."""
    if code == 408 and rang:  # noqa: PLR2004 - RFC 3261 §21.4.9
        return Cause.NO_ANSWER
    if code in CAUSES:
        return CAUSES[code]
    match code // 100:
        case 4:
            return Cause.ERROR  # nobody has refused: the request does not suit the far end
        case 5:
            return Cause.SERVER_ERROR
        case 6:
            return Cause.REJECTED
        case _:
            return Cause.UNAVAILABLE


def longest(state: CallState, limits: Deadlines) -> float | None:
    """How many seconds a call may stay in a state; None: no limit, for people talk."""
    return {
        S.DIALING: limits.dialing_s,
        S.RINGING: limits.ringing_s,
        S.EARLY_MEDIA: limits.early_media_s,
        S.INCOMING: limits.incoming_s,
        S.CONNECTING: limits.connecting_s,
        S.CONNECTED: None,
        S.DISCONNECTING: limits.disconnecting_s,
        S.ENDED: None,
    }[state]


def deadline(call: Call, state: CallState, limits: Deadlines, now: float) -> float | None:
    """When a call must have left a state that it enters now. A client's time for the answer counts from its begin."""
    limit, within = longest(state, limits), call.placing.answer_within_s
    if limit is None:
        return None
    if state is S.EARLY_MEDIA and call.times.expires_at is not None:
        return min(call.times.expires_at, now + limit)
    if within is None or state not in {S.DIALING, S.RINGING, S.EARLY_MEDIA}:
        return now + limit
    answered = call.created + within
    return min(answered, now + limit) if state is S.DIALING else answered


def with_sound(state: State) -> tuple[CallId, ...]:
    """The calls that have speaker and microphone: the foreground call, once there is sound.

    More than one only in a conference: then every participant that is connected and not held.
    """
    front = state.calls.active
    if front is None or (front.unanswered_here and front.media.early is not EarlySource.PANEL):
        return ()
    if front.talks and front.conference is not None:
        return tuple(c.id for c in state.calls.living if c.conference is not None and c.talks)
    if front.talks or front.state is S.EARLY_MEDIA or (front.state is S.CONNECTING and was_early(front)):
        return (front.id,)
    return ()


def was_early(call: Call) -> bool:
    """Whether a call had sound before its answer: the sound stays, so that nothing flaps."""
    return call.media.early_came or call.media.early is EarlySource.PANEL


def of_room(state: State, call: CallId) -> bool:
    """Whether the room takes part in a call, or may be heard there: unless it is apart, and no link leads there."""
    found = state.calls.get(call)
    return found is None or not found.apart or state.audio.linked(call)


def received(call: Call) -> tuple[tuple[str, str], ...]:
    """The headers that the far end sent, in its INVITE or in its 200."""
    return call.headers.invite if call.direction is Direction.INCOMING else call.headers.answer


def statistics_interval(state: State, call: Call) -> int:
    """Seconds between two reports of a call's counters: as a client wants them, else as configured; 0: none."""
    wanted = call.media.watch.interval_s
    return state.settings.audio.statistics_s if wanted is None else wanted


def digit_methods(state: State, call: Call) -> tuple[DigitMethod, ...]:
    """The methods by which the far end's digits are accepted: as a client ordered, else as the account says."""
    if call.digits.methods is not None:
        return call.digits.methods
    account = state.settings.account(call.account)
    return tuple(DigitMethod) if account is not None and account.inband_digits else SIGNALLED
