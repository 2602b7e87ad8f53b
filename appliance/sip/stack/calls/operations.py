"""What orders to a pjsua2 call share: the account it goes through, parameters, headers."""

from collections.abc import Callable, Collection
from contextlib import AbstractContextManager, nullcontext
from typing import Protocol

import pjsua2 as pj

from appliance.core.model import NO_ACCOUNT, AccountId, CallId
from appliance.sip.stack import translate
from appliance.sip.stack.calls.texts import Messages
from appliance.sip.stack.routing.codecs import Codecs
from appliance.sip.stack.routing.servers import Server
from appliance.sip.wire import Farewell, GuessCounts, SipInput

RINGING = 180
NOT_ACCEPTABLE = 488
Post = Callable[[SipInput | Farewell | GuessCounts], None]


class Through(pj.Account):
    """An account that calls go through; the one of calls from address to address has no name."""

    name = NO_ACCOUNT
    server: Server | None = None  # that messages go to now, where the account has one

    def renewing(self, address: str) -> AbstractContextManager[None]:  # noqa: ARG002
        """What is offered in here is for sound to that address:port, "" where none is known."""
        return nullcontext()


class Shared(Protocol):
    """What a call uses of the table that holds it."""

    post: Post
    codecs: Codecs
    versions: Collection[int]  # of IP, that we speak
    messages: Messages
    transferable: frozenset[CallId]
    asking: frozenset[CallId]  # calls whose changes are asked of a client
    replaced: CallId | None  # by the INVITE that comes in now
    media_changed: bool  # some call's audio came, went or changed its direction

    def written(self, rdata: pj.SipRxData, *, account: AccountId = NO_ACCOUNT, call: CallId | None = None) -> None:
        """Report a MESSAGE that came in a call."""


def operation(code: int = 0) -> pj.CallOpParam:
    """What pjsua2 wants with each act; without the counts, 2.17 offers T.140 text, which blocks for 0.1 to 0.3 s."""
    parameters = pj.CallOpParam(True)
    parameters.statusCode, parameters.opt.textCount, parameters.opt.videoCount = code, 0, 0
    return parameters


def add_header(parameters: pj.CallOpParam, name: str, value: str) -> None:
    """Have the message carry a header."""
    parameters.txOption.headers.append(translate.to_header(name, value))


def described(message: str) -> tuple[translate.Headers, str]:
    """X- headers and content type of a message."""
    return translate.own_headers(message), translate.content(message).type
