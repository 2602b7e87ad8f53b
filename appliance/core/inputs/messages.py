"""Messages and INFO, both ways."""

from dataclasses import dataclass

from appliance.core.inputs.base import Input, OfCall
from appliance.core.model import NO_ACCOUNT, AccountId, CallId, Content, MessageId


@dataclass(frozen=True, slots=True, kw_only=True)
class InfoReceived(OfCall):
    """An INFO without a digit arrived (RFC 6086); 200 was sent."""

    content: Content


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageReceived(Input):
    """A MESSAGE arrived (RFC 3428), inside or outside a call; 200 was sent."""

    uri: str
    display_name: str
    source: str  # address:port of the packet
    names: tuple[str, ...] = ()  # host names of targets that resolve to that address
    transport: str = "udp"  # how far its source is proven: udp, tcp or tls, see callers.PROOF
    content: Content
    account: AccountId = NO_ACCOUNT  # whose address it was sent to
    call: CallId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageAnswered(Input):
    """The final response to our message; code 0: none came, and none will."""

    message: MessageId
    code: int
    reason: str


@dataclass(frozen=True, slots=True)
class SendText:
    """Send a MESSAGE outside calls: to a target's name, a SIP URI, or a number at an account."""

    to: str
    content: Content
    account: AccountId = NO_ACCOUNT


@dataclass(frozen=True, slots=True)
class SendCallText:
    """Send a MESSAGE in a connected call."""

    call: CallId
    content: Content


@dataclass(frozen=True, slots=True)
class SendInfo:
    """Send an INFO in a connected call."""

    call: CallId
    content: Content


Writing = SendText | SendCallText | SendInfo
