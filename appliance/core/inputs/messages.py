"""Messages and INFO, both ways."""

from appliance.core.inputs.base import Action, Input, OfCall
from appliance.core.model import NO_ACCOUNT, AccountId, CallId, Content, MessageId


class InfoReceived(OfCall, kw_only=True):
    """An INFO without a digit arrived (RFC 6086); 200 was sent."""

    content: Content


class MessageReceived(Input, kw_only=True):
    """A MESSAGE arrived (RFC 3428), inside or outside a call; 200 was sent."""

    uri: str
    display_name: str
    source: str  # address:port of the packet
    names: tuple[str, ...] = ()  # host names of targets that resolve to that address
    transport: str = "udp"  # how far its source is proven: udp, tcp or tls, see callers.PROOF
    content: Content
    account: AccountId = NO_ACCOUNT  # whose address it was sent to
    call: CallId | None = None


class MessageAnswered(Input, kw_only=True):
    """The final response to our message; code 0: none came, and none will."""

    message: MessageId
    code: int
    reason: str


class SendText(Action):
    """Send a MESSAGE outside calls: to a target's name, a SIP URI, or a number at an account."""

    to: str
    content: Content
    account: AccountId = NO_ACCOUNT


class SendCallText(Action):
    """Send a MESSAGE in a connected call."""

    call: CallId
    content: Content


class SendInfo(Action):
    """Send an INFO in a connected call."""

    call: CallId
    content: Content
