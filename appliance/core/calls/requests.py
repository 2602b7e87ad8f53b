"""Requests about calls, by buttons and clients: checked against the state, and performed. Each raises IntercomError."""

import re

from msgspec.structs import replace

from appliance.base.errors import ErrorCode, IntercomError
from appliance.core import call_states, events, inputs
from appliance.core.accounts.addresses import callee, target_of
from appliance.core.calls import ending, focus, forwarding, incoming, outgoing, recording
from appliance.core.calls.forwarding import LONGEST_S, SHORTEST_S
from appliance.core.inputs.bounds import HEADER, SENDABLE
from appliance.core.lookup import find_call, too_many_calls, unanswered_here, wrong_state
from appliance.core.model import Call, CallId, CallPlacing, Cause
from appliance.core.orders import Words
from appliance.core.transition import Turn

REFUSALS = range(400, 700)
LONGEST_REASON = 128
LONGEST_NOTE = 1000
CHOSEN_ID = r"(?!c-)[0-9A-Za-z][0-9A-Za-z-]{0,62}"


def dial(turn: Turn, wanted: inputs.Dial, who: str) -> CallId:
    """Place a call for a client."""
    to, headers = wanted.to, wanted.headers
    if turn.appliance.stopping:
        raise IntercomError(
            ErrorCode.UNAVAILABLE, "No call can be placed now.", "The daemon is stopping.", "Try again later."
        )
    uri, account = callee(turn, to, wanted.account)
    check_headers(headers)
    check_note(wanted.custom_data)
    _check_chosen(turn, wanted)
    if turn.state.full:
        raise too_many_calls(turn)
    call = outgoing.place(
        turn,
        uri,
        target_of(turn, to, account),
        headers=headers,
        account=account,
        custom_data=wanted.custom_data,
        placing=CallPlacing(
            answer_within_s=wanted.answer_within_s, record=wanted.record, early_media=wanted.early_media
        ),
        as_call=wanted.call,
        apart=wanted.apart,
        led_by=who,
    )
    return call.id


def _check_chosen(turn: Turn, wanted: inputs.Dial) -> None:
    """Raise IntercomError for an id that is taken, a time that is not allowed, or a recording that is not."""
    if wanted.call is not None and not re.fullmatch(CHOSEN_ID, wanted.call):
        raise IntercomError(
            ErrorCode.PARAMETER_INVALID,
            f"{wanted.call!r} cannot be the id of a call.",
            "Use 1 to 63 letters, digits and hyphens, the first one no hyphen; the station's own ids begin with c-.",
        )
    if wanted.call is not None and turn.calls.get(wanted.call) is not None:
        raise IntercomError(ErrorCode.CONFLICT, f"There is a call {wanted.call} already.", "", "Choose another id.")
    within = wanted.answer_within_s
    if within is not None and not SHORTEST_S <= within <= LONGEST_S:
        raise IntercomError(
            ErrorCode.PARAMETER_INVALID,
            f"A call cannot wait {within:g} s for the answer.",
            f"It waits for {SHORTEST_S:g} to {LONGEST_S:g} s.",
        )
    if wanted.record:
        recording.check_enabled(turn)


def answer(turn: Turn, call: Call, who: str, wanted: inputs.AnswerCall) -> str:
    """Answer an incoming call."""
    if call.answered_by_us:
        return f"Call {call.id} is answered already."
    call = unanswered_here(call, "answered")
    check_headers(wanted.headers)
    if wanted.custom_data is not None:
        note(turn, call, wanted.custom_data)
    incoming.answer(turn, find_call(turn, call.id), who, wanted.headers, apart=wanted.apart)
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
    ending.refuse(turn, call, wanted.code, Cause.REJECTED, words=Words(wanted.reason, wanted.headers))
    return ""


def forward(turn: Turn, call: Call, wanted: inputs.ForwardCall) -> str:
    """Forward an incoming call, by the rules of all forwarding: to known addresses, and in no circle."""
    unanswered_here(call, "forwarded")
    to = forwarding.callee(turn.settings, wanted.to)
    before = (call.remote.uri, *call.forward.diverted)
    if to is None or len(before) > forwarding.MOST_DIVERSIONS or forwarding.visited(to.uri, before):
        raise IntercomError(
            ErrorCode.NUMBER_INVALID,
            f"Call {call.id} cannot be forwarded to {wanted.to!r}.",
            "It is neither the name of a target nor a number at an account, or the call has been there.",
            "Give another one.",
        )
    ending.refuse(turn, call, forwarding.MOVED, Cause.REJECTED, to.uri)
    return ""


def hang_up(turn: Turn, call: Call, headers: tuple[tuple[str, str], ...]) -> str:
    """End a call, with these headers; return a warning if it is ending already."""
    check_headers(headers)
    ending.hang_up(turn, call, Cause.HANGUP, words=Words(headers=headers))
    return "" if call.alive else f"Call {call.id} is ending already."


def hold(turn: Turn, call: Call, *, held: bool) -> str:
    """Hold a call, or resume it and so bring it to the foreground. A set-aside call that is held now stays held.

    A call in a conference resumes among its participants, whether the conference is in the foreground or not, and a
    call that is apart from the room stays apart.
    """
    if call.media.held_local == held:
        turn.put(replace(call, media=replace(call.media, set_aside=False)))
        return f"Call {call.id} is {'held already' if held else 'not held'}."
    if held or call.apart or call.conference is not None:
        focus.hold(turn, call, held=held)
    else:
        focus.bring(turn, call)
    return ""


def switch_to(turn: Turn, call: Call) -> str:
    """Bring a call to the foreground."""
    beside_room(call, "come to the foreground")
    if call.unanswered_here or not call.alive:
        raise wrong_state(call, "switched to", "answered, or our own,")
    in_front = call is turn.calls.active or call.id in call_states.with_sound(turn.state)
    if in_front and not call.media.held_local and not turn.state.away:
        return f"Call {call.id} is in the foreground already."
    focus.bring(turn, call)
    return ""


def beside_room(call: Call, to_do: str) -> None:
    """Raise IntercomError for a call that is apart from the room."""
    if call.apart:
        raise IntercomError(
            ErrorCode.CONFLICT,
            f"Call {call.id} cannot {to_do}.",
            'It was placed or answered with the media "none", apart from the speaker and the microphone.',
            "Link it to the speaker or to another call (PUT /v1/calls/{call}/media/{target}).",
        )


def mute(turn: Turn, call: Call, who: str, *, muted: bool) -> str:
    """Mute or unmute our microphone; the far end gets no notice."""
    if call.media.muted == muted:
        return f"Call {call.id} is {'muted already' if muted else 'not muted'}."
    turn.put(replace(call, media=replace(call.media, muted=muted)))
    turn.emit(events.CallMuted(call.id, who) if muted else events.CallUnmuted(call.id, who))
    return ""


def note(turn: Turn, call: Call, text: str) -> str:
    """Store the note; return a warning if it is there already. Raises IntercomError."""
    check_note(text)
    if call.custom_data == text:
        return f"Call {call.id} has this custom_data already."
    turn.put(replace(call, custom_data=text))
    turn.emit(events.CallChanged(call.id, fields=("custom_data",)))
    return ""


def record(turn: Turn, call: Call, wanted: inputs.StartRecording) -> None:
    """Record a call from now on."""
    check_note(wanted.note)
    recording.start(turn, call, wanted)


def check_note(text: str) -> None:
    """Raise IntercomError for a note above the limit."""
    if len(text) > LONGEST_NOTE:
        raise IntercomError(
            ErrorCode.TEXT_TOO_LONG, f"{len(text)} characters are too long.", f"The limit is {LONGEST_NOTE} characters."
        )


def check_headers(headers: tuple[tuple[str, str], ...]) -> None:
    """Raise IntercomError for a header that cannot be sent."""
    for name, value in headers:
        if not re.match(HEADER, name) or not value.isprintable():
            raise IntercomError(
                ErrorCode.PARAMETER_INVALID,
                f"The header {name!r} cannot be sent.",
                f"Only X- headers and {', '.join(SENDABLE)} are allowed, with printable values.",
                "Rename it, or leave it out.",
            )
