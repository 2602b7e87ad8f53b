"""Messages that we send: one at a time to each far end, as RFC 3428 §8 requires, each with its outcome."""

import time
from collections import deque
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field

import pjsua2 as pj

from appliance.base import times
from appliance.core import inputs
from appliance.core.model import AccountId, CallId, MessageMethod
from appliance.core.orders import SendMessage
from appliance.sip.stack import translate
from appliance.sip.stack.routing.failover import ELSEWHERE

Way = tuple[CallId | None, MessageMethod, str]
"""The call if there is one, the method, and otherwise the address: messages of one way are sent one after another."""


Towards = Callable[[], AbstractContextManager[None]]
"""A context: what is sent inside goes to the far end's resolved address."""


@dataclass(slots=True)
class Queue:
    """Messages of one way: the one in progress, and the waiting ones, each with its time and its contexts.

    began: the time of the one in progress. others: the contexts that it has not tried yet.
    """

    out: SendMessage | None = None
    began: float = 0.0
    others: tuple[Towards, ...] = ()
    waiting: deque[tuple[float, SendMessage, tuple[Towards, ...]]] = field(default_factory=deque)


class Messages:
    """All queues. `answered` may be called inside a callback: `turn` sends the next message."""

    def __init__(
        self,
        post: Callable[[inputs.MessageAnswered], None],
        call: Callable[[CallId], pj.Call | None],
        through: Callable[[AccountId], pj.Account | None],
    ) -> None:
        self._post, self._call, self._through = post, call, through
        self._queues: dict[Way, Queue] = {}

    def perform(self, order: SendMessage, *towards: Towards) -> None:
        """Send the message once the earlier ones are answered; to the next server if one takes none (RFC 3263 §4.3)."""
        now = time.monotonic()
        self._queues.setdefault(way_of(order), Queue()).waiting.append((now, order, towards or (nullcontext,)))
        self.turn(now)

    def never_sent(self, order: SendMessage, why: str) -> None:
        """Report that the message has no destination."""
        self._report(order, 0, why)

    def answered(self, way: Way, code: int, reason: str) -> None:
        """The message in progress has its final response; code 0: none will come."""
        queue = self._queues.get(way)
        if queue is None or queue.out is None:
            return
        order, queue.out = queue.out, None
        soon = time.monotonic() - queue.began <= times.current.message_waits_s
        if code in ELSEWHERE and queue.others and soon:
            queue.waiting.appendleft((queue.began, order, queue.others))
        else:
            self._report(order, code, reason)

    def turn(self, now: float) -> None:
        """Send the next messages.

        Messages of an ended call are dropped without a report, as the end of the call is reported.
        """
        for way, queue in list(self._queues.items()):
            while queue.waiting and now - queue.waiting[0][0] > times.current.message_waits_s:
                self._report(queue.waiting.popleft()[1], 0, "The previous message was not answered in time")
            if queue.out is None and queue.waiting:
                queue.began, queue.out, (towards, *others) = queue.waiting.popleft()
                queue.others = tuple(others)
                self._begin(way, queue.out, towards)
            gone = way[0] is not None and self._call(way[0]) is None
            if gone or (queue.out is None and not queue.waiting):
                del self._queues[way]

    def _report(self, order: SendMessage, code: int, reason: str) -> None:
        self._post(inputs.MessageAnswered(at=time.monotonic(), message=order.message, code=code, reason=reason))

    def _begin(self, way: Way, order: SendMessage, towards: Towards) -> None:
        try:
            with towards():
                self._send(order)
        except pj.Error as error:
            self.answered(way, 0, translate.clean(error.reason))

    def _send(self, order: SendMessage) -> None:
        call = None if order.call is None else self._call(order.call)
        if order.call is not None and call is None:
            return  # reported by the call's end
        if call is not None and order.method is MessageMethod.INFO:
            request = pj.CallSendRequestParam()
            request.method = order.method
            request.txOption.contentType, request.txOption.msgBody = order.content.type, order.content.body
            add_headers(request.txOption, order.content.headers)
            call.sendRequest(request)
            return
        message = pj.SendInstantMessageParam()
        message.contentType, message.content = order.content.type, order.content.body
        add_headers(message.txOption, order.content.headers)
        if call is not None:
            call.sendInstantMessage(message)
            return
        account = self._through(order.account)
        if account is None:
            self.answered(way_of(order), 0, f"The registrar of {order.account} has no address")
            return
        config = pj.BuddyConfig()
        config.uri = order.to
        buddy = pj.Buddy()  # pjsua2's name for a recipient; it is not needed once the request is made
        buddy.create(account, config)
        buddy.sendInstantMessage(message)


def way_of(order: SendMessage) -> Way:
    """The way of a message."""
    return order.call, order.method, order.to if order.call is None else ""


def add_headers(option: pj.SipTxOption, headers: tuple[tuple[str, str], ...]) -> None:
    """Add headers to a request."""
    for name, value in headers:
        option.headers.append(translate.to_header(name, value))
