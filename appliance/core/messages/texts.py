"""Messages: SIP MESSAGE in and out of calls, and INFO in calls; one event reports the outcome of each that we send."""

import re

from appliance.base.errors import ErrorCode, IntercomError
from appliance.core import events, inputs
from appliance.core.accounts import callers
from appliance.core.accounts.addresses import callee
from appliance.core.accounts.sip_uris import host_of, public
from appliance.core.appliance import refusals
from appliance.core.calls.requests import check_headers
from appliance.core.lookup import connected, find_call
from appliance.core.model import (
    AccessScope,
    AccountId,
    Call,
    CallId,
    Content,
    MessageId,
    MessageMethod,
    OutgoingMessage,
)
from appliance.core.orders import Reply, SendMessage
from appliance.core.tables import Table
from appliance.core.transition import Turn

LONGEST_BYTES = 1000  # with its headers it fits into 1,300 bytes, or nearly (RFC 3428 §8)
MOST = 32  # sent and not yet answered
REQUEST_TIMEOUT = 408
OK = range(200, 300)
TYPE = r"[A-Za-z0-9!#$&^_.+-]{1,63}/[A-Za-z0-9!#$&^_.+-]{1,63}"  # RFC 6838 §4.2
MESSAGES = Table("messages", OutgoingMessage, lambda row: row.id)


def received(turn: Turn, given: inputs.MessageReceived) -> None:
    """A MESSAGE came; a stranger's is refused."""
    call = None if given.call is None else turn.calls.get(given.call)
    if call is not None:
        target, account = call.remote.target, call.account
    else:
        sender = callers.sender(turn.state, given)
        if not sender.welcome:
            source = host_of(given.source)
            stranger = inputs.AccessDenied(at=turn.now, who=given.uri, source=source, scope=AccessScope.MESSAGE)
            refusals.denied(turn, stranger)
            return
        target, account = sender.target.name if sender.target else "", sender.account
    content = given.content
    turn.emit(
        events.MessageReceived(
            call.id if call else None,
            by=given.uri,
            display_name=given.display_name,
            target=target,
            account=account,
            content_type=content.type,
            body=content.body,
            headers=dict(content.headers),
        )
    )


def info_received(turn: Turn, call: Call, content: Content) -> None:
    """Report an INFO that came in a call."""
    event = events.InfoReceived(call.id, content_type=content.type, body=content.body, headers=dict(content.headers))
    turn.emit(event)


def send_text(turn: Turn, action: inputs.SendText, asked: inputs.Requested) -> Reply:
    """Send a client's MESSAGE outside any call. Raises IntercomError."""
    uri, account = callee(turn, action.to, action.account)
    message = send(turn, MessageMethod.MESSAGE, action.content, uri, account, None)
    return Reply(asked.request, message=message)


def send_in_call(turn: Turn, action: inputs.SendCallText | inputs.SendInfo, asked: inputs.Requested) -> Reply:
    """Send a client's MESSAGE or INFO to the far end of a call. Raises IntercomError."""
    method = MessageMethod.MESSAGE if isinstance(action, inputs.SendCallText) else MessageMethod.INFO
    call = connected(find_call(turn, action.call))
    message = send(turn, method, action.content, call.remote.uri, call.account, call.id)
    return Reply(asked.request, message=message)


def send(
    turn: Turn,
    method: MessageMethod,
    content: Content,
    to: str,
    account: AccountId,
    call: CallId | None,
    *,
    digit: str = "",
    hidden: bool = False,
) -> MessageId:
    """Send a message; an event reports the outcome later. Raises IntercomError.

    digit: the DTMF digit in the message. hidden: no event may show it.
    """
    check_content(content)
    if not turn.appliance.sip_ready or turn.appliance.stopping:
        raise IntercomError(
            ErrorCode.UNAVAILABLE,
            "No message can be sent now.",
            "SIP is not ready, or the daemon is stopping.",
            "Try again.",
        )
    if len(turn.messages) >= MOST:
        raise IntercomError(
            ErrorCode.RATE_LIMITED,
            "Too many messages wait for their answers.",
            f"The limit is {MOST}.",
            "Wait until some are answered.",
        )
    message = MessageId(f"m-{turn.new_id()}")
    outgoing = OutgoingMessage(message, method, to, call, turn.now + turn.settings.times.sip_answers_s, digit, hidden)
    MESSAGES.put(turn, outgoing)
    turn.order(SendMessage(message, method, to, account, call, content))
    return message


def check_content(content: Content) -> None:
    """Raise IntercomError for content that cannot be sent."""
    length = len(content.body.encode())
    if length > LONGEST_BYTES:
        raise IntercomError(
            ErrorCode.TEXT_TOO_LONG,
            f"The message has {length} bytes.",
            f"The limit is {LONGEST_BYTES}, so that it fits into one packet with its headers.",
            "Send it in parts.",
        )
    if not re.fullmatch(TYPE, content.type):
        raise IntercomError(
            ErrorCode.PARAMETER_INVALID, f"{content.type!r} is not a content type.", "", "Use one such as text/plain."
        )
    check_headers(content.headers)


def answered(turn: Turn, given: inputs.MessageAnswered) -> None:
    """Our message has its final response, or will get none."""
    outgoing = MESSAGES.get(turn.state, given.message)
    if outgoing is None:
        return
    if given.code in OK:
        MESSAGES.drop(turn, outgoing.id)
        sent = events.MessageSent if outgoing.method is MessageMethod.MESSAGE else events.InfoSent
        turn.emit(sent(outgoing.call, message=outgoing.id, to=public(outgoing.to)))
    else:
        message_failed(turn, outgoing, given.code, given.reason)


def message_failed(turn: Turn, outgoing: OutgoingMessage, code: int, reason: str) -> None:
    """Report that a message failed."""
    MESSAGES.drop(turn, outgoing.id)
    kind = events.MessageFailed if outgoing.method is MessageMethod.MESSAGE else events.InfoFailed
    turn.emit(kind(outgoing.call, message=outgoing.id, to=public(outgoing.to), code=code, reason=reason))


def due(turn: Turn) -> None:
    """Report a failure for each message without an answer in time, and for each message of a call that has ended."""
    for outgoing in turn.messages:
        if turn.now >= outgoing.deadline:
            message_failed(turn, outgoing, REQUEST_TIMEOUT, "No answer")
        elif outgoing.call is not None and turn.calls.get(outgoing.call) is None:
            message_failed(turn, outgoing, 0, "The call is over")


def sip_lost(turn: Turn) -> None:
    """The SIP process is gone: whether its messages arrived is unknown, so they failed."""
    for outgoing in turn.messages:
        message_failed(turn, outgoing, 0, "The SIP process was lost")
