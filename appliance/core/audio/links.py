"""Links: sound of a call that a client sends to the speaker, the conference or another call, or brings from that call.

Without a conference or such an order no call hears another one. Whenever somebody begins to hear a far end by a link,
that far end hears a tone, which no client can stop. A call that is to hear a conference must join it, which its
participants learn. Nothing flows to or from a call that either side holds, and no link opens the microphone.
"""

from typing import Literal

from msgspec.structs import replace

from appliance.base.errors import ErrorCode, IntercomError
from appliance.core import events, inputs
from appliance.core.audio import tones
from appliance.core.conferences.requests import find_conference, lasting
from appliance.core.lookup import connected, find_call
from appliance.core.model import (
    SPEAKER,
    CallId,
    ConferenceId,
    Link,
    LinkDirection,
    PlayedTone,
    State,
    Tone,
    of_country,
)
from appliance.core.orders import Reply
from appliance.core.sound import sent
from appliance.core.tables import Table
from appliance.core.transition import Turn

MOST = 16
LOUDEST = 200.0  # per cent
TONE_S = 1.0
LINKS = Table("audio.links", Link, lambda row: (row.call, row.target), newest_last=True)


def link(turn: Turn, wanted: inputs.LinkSound, asked: inputs.Requested) -> Reply:
    """Send sound to a target, or bring it from there, in place of the call's earlier link with that target."""
    made = Link(wanted.call, wanted.target, wanted.direction, wanted.gain)
    check(turn, made)
    before = LINKS.get(turn.state, (made.call, made.target))
    if made == before:
        warning = f"Call {made.call} is linked with {made.target} so already."
        return Reply(asked.request, call=made.call, warning=warning)
    if before is None and len(turn.audio.links) == MOST:
        raise IntercomError(ErrorCode.CONFLICT, "No further link is possible.", f"The limit is {MOST}.", "End another.")
    LINKS.put(turn, made)
    turn.emit(events.MediaLinked(made.call, target=made.target, direction=made.direction, gain=made.gain))
    return Reply(asked.request, call=made.call)


def unlink(turn: Turn, wanted: inputs.UnlinkSound, asked: inputs.Requested) -> Reply:
    """End a link for a client."""
    find_call(turn, wanted.call)
    found = LINKS.get(turn.state, (wanted.call, wanted.target))
    if found is not None:
        drop(turn, found, "stopped")
    warning = "" if found else f"Call {wanted.call} is not linked with {wanted.target}."
    return Reply(asked.request, call=wanted.call, warning=warning)


def check(turn: Turn, wanted: Link) -> None:
    """Raise IntercomError for a link that is not possible."""
    if not 0 <= wanted.gain <= LOUDEST:
        raise IntercomError(
            ErrorCode.PARAMETER_INVALID, f"A gain of {wanted.gain:g} % is not possible.", "", f"Give 0 to {LOUDEST:g}."
        )
    call = connected(find_call(turn, wanted.call))
    many = wanted.target.startswith("k-")
    if wanted.direction is not LinkDirection.TO and (many or wanted.target == SPEAKER):
        raise IntercomError(
            ErrorCode.PARAMETER_INVALID,
            f"Call {call.id} cannot hear {wanted.target}.",
            "The speaker and a conference only take sound by a link.",
            "Bring the call to the foreground, or take it into the conference.",
        )
    if wanted.target == SPEAKER:
        tones.check_speaker(turn.state)
        return
    if many:
        lasting(find_conference(turn, ConferenceId(wanted.target)))
    else:
        connected(find_call(turn, CallId(wanted.target)))
    if wanted.target == wanted.call or mixed(turn.state, wanted):
        raise IntercomError(
            ErrorCode.CONFLICT,
            f"Call {wanted.call} cannot be linked with {wanted.target}.",
            "It is the same call, or both are in one conference.",
            "Name another call.",
        )


def announce(turn: Turn, before: State) -> None:
    """Play a short tone to each far end that somebody hears by a link, and did not hear before this step."""
    played = of_country(Tone.WARNING, turn.settings.audio.country)
    for call in sorted({source for source, _ in heard(turn.state) - heard(before)}):
        tones.begin(turn, PlayedTone(call, played, turn.now + TONE_S, own=True))


def heard(state: State) -> set[tuple[CallId, CallId | None]]:
    """Who is heard by a link, and who hears it, also during the visitor's turn with push-to-talk, which is a pause."""
    listening = replace(state, audio=replace(state.audio, talk=None))
    return {(source, hearer) for source, hearer, gain in sent(listening) if gain}


def settle(turn: Turn) -> None:
    """End the links of calls and of a conference that end, and those between members of one conference."""
    for each in turn.audio.links:
        both = lasts(turn.state, each.call) and (each.target == SPEAKER or lasts(turn.state, each.target))
        if not both or mixed(turn.state, each):
            drop(turn, each, "ended")


def mixed(state: State, link: Link) -> bool:
    """Whether call and target are in one conference, where all hear each other unless they are muted."""
    call, other = state.calls.get(link.call), state.calls.get(link.target)
    there = link.target if other is None else other.conference
    return call is not None and call.conference is not None and call.conference == there


def lasts(state: State, name: str) -> bool:
    """Whether the call or the conference called `name` exists and is not ending."""
    conference = state.conference
    if conference is not None and conference.id == name:
        return not conference.ending
    call = state.calls.get(name)
    return call is not None and call.alive


def drop(turn: Turn, found: Link, reason: Literal["stopped", "ended"]) -> None:
    """Remove a link, and report its end."""
    LINKS.drop(turn, (found.call, found.target))
    turn.emit(events.MediaUnlinked(found.call, target=found.target, reason=reason))
