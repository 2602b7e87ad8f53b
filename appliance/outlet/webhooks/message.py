"""What a receiver gets: an event as a CloudEvent, with the headers of Standard Webhooks.

CloudEvents 1.0.2, structured JSON (https://github.com/cloudevents/spec); Standard Webhooks 1.0.0
(https://github.com/standard-webhooks/standard-webhooks): webhook-id, webhook-timestamp, webhook-signature.
"""

import base64
import hmac
import json
import time
from collections.abc import Sequence

from appliance.base.types import Json
from appliance.outlet.settings import Webhook

KEY = "whsec_"
LOST = "events.lost"
RULE = "rule "  # what the author of a rule's order begins with
KIND = "application/cloudevents+json"


def number(envelope: Json) -> str:
    """The id by which a repetition is recognized: ids are not used twice, and each start of a station has its name.

    A report of lost events bears the id of the last of them, which another event may have had.
    """
    made = f"{envelope['boot']}-{envelope['id']}"
    return f"{made}-lost" if envelope["type"] == LOST else made


def cloud_event(envelope: Json, source: str, **more: Json | str | int) -> Json:
    """The event. `data` is the envelope as every channel has it. more: attributes beside it."""
    about = {"subject": envelope["call"]} if envelope["call"] else {}
    return {
        "specversion": "1.0",
        "id": number(envelope),
        "source": f"urn:intercomd:station:{source}",
        "type": f"org.intercomd.{envelope['type']}",
        "time": envelope["time"],
        **about,
        **more,
        "datacontenttype": "application/json",
        "data": {name: value for name, value in envelope.items() if name != "state"},  # of events.lost: not of then
    }


def signature(secret: str, name: str, stamp: str, body: bytes) -> str:
    """The signature by each key of the secret."""
    signed = f"{name}.{stamp}.".encode() + body
    keys = (base64.b64decode(key.removeprefix(KEY)) for key in secret.split())
    return " ".join(f"v1,{base64.b64encode(hmac.digest(key, signed, 'sha256')).decode()}" for key in keys)


def request(of: Webhook, event: Json) -> tuple[bytes, dict[str, str]]:
    """The body for an event, and its headers; they are valid for a few minutes from now."""
    if of.to_station:
        return _reported(of, event)
    body = json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode()
    stamp = str(int(time.time()))
    return body, {
        "Content-Type": KIND,
        "User-Agent": f"intercomd/{of.version}",
        "webhook-id": event["id"],
        "webhook-timestamp": stamp,
        "webhook-signature": signature(of.secret, event["id"], stamp, body),
    }


def _reported(of: Webhook, event: Json) -> tuple[bytes, dict[str, str]]:
    """The order `report_event` for another station, which carries it out once, however often it comes."""
    envelope = event["data"]
    said = {"name": envelope["data"].get("name", envelope["type"]), "details": envelope["data"].get("details", {})}
    return json.dumps(said, ensure_ascii=False).encode(), {
        "Content-Type": "application/json",
        "User-Agent": f"intercomd/{of.version}",
        "Authorization": f"Bearer {of.secret}",
        "Idempotency-Key": event["id"],
    }


def wanted(of: Webhook, envelope: Json) -> bool:
    """Whether a receiver gets an event. Another station gets what rules report: else two would echo each other."""
    kind = envelope["type"]
    if of.to_station:
        return kind == "custom" and str(envelope["data"]["by"]).startswith(RULE)
    return kind == LOST or fits(kind, of.events)


def fits(kind: str, patterns: Sequence[str]) -> bool:
    """Whether a type of events is among those of a setting: its name, "door.*" or "*"."""
    return any(pattern in {"*", kind, f"{kind.partition('.')[0]}.*"} for pattern in patterns)
