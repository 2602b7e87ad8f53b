"""Texts and INFO, both ways."""

from dataclasses import dataclass

from appliance.core.inputs.base import Input, OfCall
from appliance.core.model import NO_ACCOUNT, AccountId, CallId, Content, MessageId


@dataclass(frozen=True, slots=True, kw_only=True)
class InfoReceived(OfCall):
    """An INFO came (RFC 6086) that holds no digit; 200 was answered."""

    content: Content


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageReceived(Input):
    """A MESSAGE came (RFC 3428), in a call or outside; 200 was answered."""

    uri: str
    display_name: str
    source: str  # address:port the packet came from
    names: tuple[str, ...] = ()  # host names of targets that lead to that address
    transport: str = "udp"  # what the way proves of the source: udp, tcp or tls, see peers.PROOF
    content: Content
    account: AccountId = NO_ACCOUNT  # whose address it was sent to
    call: CallId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageAnswered(Input):
    """The final response to a message of ours; code 0: none came, and none will."""

    message: MessageId
    code: int
    reason: str


@dataclass(frozen=True, slots=True)
class SendText:
    """Send a MESSAGE outside of calls: to a target's name, a SIP URI, or a number at an account."""

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
