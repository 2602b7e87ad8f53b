"""Texts and INFO."""

from appliance.core.events.base import CallEvent, Event, TargetId
from appliance.core.model import AccountId, CallId, MessageId


class InfoReceived(CallEvent):
    """An INFO was received in a call. `headers`: of it. Digits are reported by dtmf.received instead."""

    TYPE = "info.received"
    content_type: str
    body: str
    headers: dict[str, str]


class MessageReceived(Event):
    """A MESSAGE was received, in a call or outside. `by`: address of the sender, `headers`: of it."""

    TYPE = "message.received"
    call: CallId | None
    by: str
    display_name: str
    target: TargetId
    account: AccountId
    content_type: str
    body: str
    headers: dict[str, str]


class MessageEvent(Event):
    """An event of a message that the station sends, in a call or outside."""

    call: CallId | None
    message: MessageId
    to: str


class MessageSent(MessageEvent):
    """The far end, or a server that stores messages (202), accepted the MESSAGE."""

    TYPE = "message.sent"


class MessageFailed(MessageEvent):
    """A MESSAGE was not delivered. `code` 0: no response."""

    TYPE = "message.failed"
    code: int
    reason: str


class InfoSent(MessageEvent):
    """The far end accepted the INFO."""

    TYPE = "info.sent"


class InfoFailed(MessageEvent):
    """The far end did not accept the INFO. `code` 0: no response."""

    TYPE = "info.failed"
    code: int
    reason: str
