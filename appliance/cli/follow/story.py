"""What happened in one call, from its events, in words: `intercomctl log --call ID`."""

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
UNSAID = {
    "audio.level",
    "call.state_changed",
    "call.active_changed",
    "call.changed",
    "call.connecting",
    "call.disconnecting",
    "events.lost",
}
WORDS = {
    "call.dialing": "the station calls {to}",
    "call.incoming": "{by} calls",
    "call.ringing": "it rings",
    "call.early_media": "sound comes before the answer",
    "call.connected": "answered after {after_s:.1f} s",
    "error": "refused: {message}",
    "call.held": "held, by {by}",
    "call.resumed": "resumed, by {by}",
    "call.muted": "the microphone is muted",
    "call.unmuted": "the microphone is no longer muted",
    "call.forwarded": "forwarded to {to}",
    "call.transfer_requested": "the far end requests a transfer to {to}",
    "call.transferring": "a transfer to {to} begins",
    "call.transferred": "transferred to {to}",
    "call.transfer_failed": "the transfer failed: {code} {reason}",
    "dtmf.received": "digit {digit} received, by {method}",
    "dtmf.sent": "digit {digit} sent",
    "media.stopped": "no sound comes any more",
    "media.resumed": "sound comes again",
    "media.quality": "the received sound is {class}, with a score of {mos}",
    "media.slow_link": "{loss:.0%} of the packets are lost",
    "media.disconnection_warning": "without sound, the call ends in {ends_in_s:.0f} s",
    "media.statistics": "packets: {packets} received, {lost} lost, {sent} sent",
    "recording.started": "recording {recording} begins",
    "recording.stopped": "recording {recording} ends after {duration_s:.0f} s",
    "recording.failed": "recording {recording} failed: {why}",
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
        data = data | {"by": SIDES.get(data.get("by"), data.get("by"))}
        return _end(kind, data) if kind in ENDS else WORDS[kind].format_map(data)
    return show.event(event).partition(f"  {event['id']}  ")[2]


def _end(kind: str, data: dict[str, Any]) -> str:
    code = " ".join(str(part) for part in (data["code"], data["reason"]) if part)
    what, cause = kind.removeprefix("call."), data["cause"].replace("_", " ")
    how = f"{what}{'' if cause == what else f': {cause}'}, by {data['by']}"
    length = f", after {data['duration_s']:.0f} s" if data["duration_s"] else ""
    return f"{how}{f' ({code})' if code else ''}{length}" + (f". {data['explanation']}" if data["explanation"] else "")
