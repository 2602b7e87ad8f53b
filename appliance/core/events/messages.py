"""Texts and INFO."""

from dataclasses import dataclass

from appliance.core.events.base import CallEvent, Event
from appliance.core.model import AccountId, CallId, MessageId


@dataclass(frozen=True, slots=True)
class InfoReceived(CallEvent):
    """An INFO came in a call. `headers`: its X- ones. Digits are told by dtmf.received instead."""

    TYPE = "info.received"
    content_type: str
    body: str
    headers: dict[str, str]


@dataclass(frozen=True, slots=True)
class MessageReceived(Event):
    """A MESSAGE came, in a call or outside. `by`: its sender's address, `headers`: its X- ones."""

    TYPE = "message.received"
    call: CallId | None
    by: str
    display_name: str
    target: str
    account: AccountId
    content_type: str
    body: str
    headers: dict[str, str]


@dataclass(frozen=True, slots=True)
class MessageEvent(Event):
    """An event of a message of ours, which went in a call or outside."""

    call: CallId | None
    message: MessageId
    to: str


@dataclass(frozen=True, slots=True)
class MessageSent(MessageEvent):
    """A MESSAGE was taken by the far end, or by what keeps it for him (202)."""

    TYPE = "message.sent"


@dataclass(frozen=True, slots=True)
class MessageFailed(MessageEvent):
    """A MESSAGE was not delivered. `code` 0: there was nobody to say so."""

    TYPE = "message.failed"
    code: int
    reason: str


@dataclass(frozen=True, slots=True)
class InfoSent(MessageEvent):
    """An INFO was taken by the far end."""

    TYPE = "info.sent"


@dataclass(frozen=True, slots=True)
class InfoFailed(MessageEvent):
    """An INFO was not taken. `code` 0: there was nobody to say so."""

    TYPE = "info.failed"
    code: int
    reason: str
