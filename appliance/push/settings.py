"""The lines that the process reads: the first has all that it needs, and each has what happened to the ring."""

from typing import Any, Literal

import msgspec

from appliance.base import times
from appliance.base.record import Record, RecordWithSecrets
from appliance.base.times import Times

Kind = Literal["ring", "answered", "opened", "unanswered", "canceled"]
RING: Kind = "ring"


class News(Record):
    """What to say. ring: its id; at: when, in seconds since 1970; what: the button; by: who answered or opened."""

    kind: Kind
    ring: str
    at: float
    what: str = ""
    by: str = ""


class Device(RecordWithSecrets):
    """A browser that has subscribed; see `store/lists/subscriptions.py`."""

    SECRETS = frozenset({"endpoint", "auth"})

    id: str
    endpoint: str
    p256dh: str
    auth: str
    language: str


class First(RecordWithSecrets):
    """The first line. key: the station's, in PEM; contact: whom a push service may ask (RFC 8292 §2.1)."""

    SECRETS = frozenset({"key"})

    key: str
    contact: str
    station: str
    devices: tuple[Device, ...]
    news: News
    times: Times


class Outcome(Record):
    """A line of the process: what came of a message. gone: its service does not know the device any more."""

    device: str
    problem: str = ""
    gone: bool = False


class Fault(Record):
    """A line of the process: why it works for no device."""

    why: str
    resolution: str


def line(record: Record) -> bytes:
    """A record as a line."""
    return msgspec.json.encode(record) + b"\n"


def first(key: str, contact: str, station: str, devices: tuple[Device, ...], news: News) -> bytes:
    """The first line."""
    return line(First(key, contact, station, devices, news, times.current))


def heard(text: bytes) -> Outcome | Fault:
    """A line of the process. Raises msgspec.DecodeError."""
    found: dict[str, Any] = msgspec.json.decode(text, type=dict[str, Any])
    return msgspec.convert(found, Fault) if "why" in found else msgspec.convert(found, Outcome)
