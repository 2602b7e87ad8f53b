"""The story of one call in words, from its events: `intercomctl log --call ID`."""

from contextlib import suppress
from typing import Any
from urllib.parse import quote

from appliance.base.errors import ErrorCode, IntercomError
from appliance.base.types import Json
from appliance.cli import show
from appliance.cli.client import Client
from appliance.cli.follow import feed

ENDS = {"call.ended", "call.failed", "call.canceled", "call.rejected"}
SIDES = {"local": "this station", "remote": "the far end"}
WAYS = {"send": "to the far end", "receive": "from the far end", "to": "to", "from": "from", "both": "to and from"}
UNSAID = {
    "audio.level",
    "audio.microphone_changed",
    "call.state_changed",
    "call.active_changed",
    "call.changed",
    "call.connecting",
    "call.disconnecting",
    "conference.invitation_sending",
    "conference.invitation_sent",
    "detection.stopped",
    "events.lost",
    "media.ended",
}
WORDS = {
    "audio.failed": "no sound: card {card} cannot be used: {error}",
    "audio.recovered": "card {card} works again",
    "audio.xruns": "gaps in the sound of card {card}: {capture} of the microphone, {playback} of the speaker",
    "call.dialing": "the station calls {to}",
    "call.incoming": "{by} calls",
    "call.ringing": "it rings",
    "call.answering": "{who} answers",
    "call.early_media": "sound comes before the answer",
    "call.connected": "answered after {after_s:.1f} s",
    "error": "refused: {message}",
    "notice": "{message}",
    "warning": "{message}",
    "call.held": "held, by {by}",
    "call.resumed": "resumed, by {by}",
    "call.muted": "the microphone is muted",
    "call.unmuted": "the microphone is no longer muted",
    "call.switched": "this call is in the foreground",
    "call.replaced": "call {to} replaces this one",
    "call.forwarded": "forwarded to {to}",
    "call.transfer_requested": "the far end requests a transfer to {to}",
    "call.transferring": "a transfer to {to} begins",
    "call.transferred": "transferred to {to}",
    "call.transfer_failed": "the transfer failed: {code} {reason}",
    "call.updating": "the station requests a change: {changes}",
    "call.update_received": "the far end requests a change: {changes}",
    "call.updated": "the change was {result}: {changes}",
    "conference.invitation_accepted": "joins conference {conference}",
    "conference.invitation_rejected": "does not join conference {conference}: {cause}",
    "conference.participant_added": "is in conference {conference}",
    "conference.participant_removed": "is no longer in conference {conference}: {reason}",
    "custom": "{by} reports {name}",
    "detection.started": "the search for {kind} begins",
    "detection.result": "the search for {kind} found {result}",
    "detection.failed": "no search for {kind}: {why}",
    "dtmf.received": "digit {digit} received, by {method}",
    "dtmf.redirected": "digits go to {to}, for {by} ({why})",
    "dtmf.sending": "digits to send: {count}",
    "dtmf.sent": "digit {digit} sent",
    "info.received": "an INFO with {content_type} was received",
    "info.sent": "an INFO was accepted by {to}",
    "info.failed": "an INFO was not accepted by {to}: {code} {reason}",
    "media.started": "the sound {direction} begins, with {codec}",
    "media.silent": "no sound {direction}: {why}",
    "media.stopped": "no packets come any more",
    "media.resumed": "the sound {direction} goes on",
    "media.source_changed": "the sound comes from {source} now",
    "media.quality": "the received sound is {class}, with a score of {mos}",
    "media.slow_link": "{loss:.0%} of the packets are lost",
    "media.disconnection_warning": "without sound, the call ends in {ends_in_s:.0f} s",
    "media.statistics": "packets: {packets} received, {lost} lost, {sent} sent",
    "media.ice_completed": "ICE found a path, {local} to {remote}",
    "media.ice_failed": "ICE found no path: {cause}",
    "media.linked": "its sound goes {direction} {target}",
    "media.unlinked": "its sound no longer goes to or from {target}",
    "message.received": "a text was received",
    "message.sent": "a text was accepted by {to}",
    "message.failed": "a text did not reach {to}: {code} {reason}",
    "notification.sent": "{receiver} has taken {name}",
    "notification.failed": "{receiver} has not taken {name}: {why}",
    "playback.ready": "{sound} can be played",
    "playback.started": "{sound} is played",
    "playback.finished": "{sound} was played to its end",
    "playback.stopped": "{sound} was broken off: {reason}",
    "playback.failed": "{sound} cannot be played: {why}",
    "recording.started": "recording {recording} begins",
    "recording.stopped": "recording {recording} ends after {duration_s:.0f} s",
    "recording.failed": "recording {recording} failed: {why}",
    "recording.available": "recording {recording} can be heard, {duration_s:.0f} s",
    "recording.recovered": "recording {recording} was cut short, and is repaired",
    "recording.converted": "recording {recording} is stored as Opus",
    "recording.copied": "recording {recording} was copied to {to}",
    "recording.copy_failed": "recording {recording} could not be copied: {why}",
    "recording.deleted": "recording {recording} was removed: {why}",
    "recording.changed": "recording {recording} is {protected}",
    "recording.paused": "recording {recording} is paused",
    "recording.resumed": "recording {recording} goes on",
    "recording.muted": "silent in recording {recording}: {muted}",
    "recording.unmuted": "no longer silent in recording {recording}; still silent: {muted}",
    "ring.ended": "the ring of button {button} is over: {result}",
    "tone.started": "the tone {tone} begins",
    "tone.stopped": "the tone {tone} ends",
    "tone.detected": "the far end sends a tone: {tone}",
}


def read(client: Client, call: str) -> Json:
    """All events of the call that are kept. Raises IntercomError."""
    newest = client.ask("GET", "/v1/state")["last_event"]
    query = f"call={quote(call, safe='')}"
    found = [event for event in feed.kept(client, query, newest) if event["call"] == call]
    if not found:
        raise IntercomError(
            ErrorCode.CALL_NOT_FOUND,
            f"There are no events of call {call}.",
            "They are no longer kept, or there was no such call.",
            "`intercomctl log` lists past calls.",
        )
    return {"events": found}


def words(answer: Json) -> str:
    """Each event in a line; events that say the same again are left out."""
    return "\n".join(f"{event['time']}  {_said(event)}" for event in answer["events"] if event["type"] not in UNSAID)


def _said(event: Json) -> str:
    kind, data = event["type"], event["data"]
    with suppress(KeyError):  # of an older version, say
        if kind in ENDS:
            return _end(kind, data | {"by": _word("by", data["by"])})
        return WORDS[kind].format_map({name: _word(name, value) for name, value in data.items()}).rstrip(": ")
    return show.event(event).partition(f"  {event['id']}  ")[2]


def _word(name: str, value: Any) -> Any:
    """A value as a sentence has it."""
    match name, value:
        case "by", _:
            return SIDES.get(value, value)
        case "direction", _:
            return WAYS.get(value, value)
        case "code", 0:
            return ""
        case "digit", None:
            return "(hidden)"
        case "protected", bool():
            return "protected from removal" if value else "no longer protected"
        case (("codec" | "local" | "remote"), dict()):
            return value.get("name") or value.get("address")
        case (("cause" | "why" | "kind" | "tone" | "result" | "reason"), str()):
            return value.replace("_", " ")
        case _, list():
            return ", ".join(SIDES.get(each, str(each)) for each in value)
        case _:
            return value


def _end(kind: str, data: dict[str, Any]) -> str:
    code = " ".join(str(part) for part in (data["code"], data["reason"]) if part)
    what, cause = kind.removeprefix("call."), data["cause"].replace("_", " ")
    how = f"{what}{'' if cause == what else f': {cause}'}, by {data['by']}"
    length = f", after {data['duration_s']:.0f} s" if data["duration_s"] else ""
    return f"{how}{f' ({code})' if code else ''}{length}" + (f". {data['explanation']}" if data["explanation"] else "")
