"""Shared parts of pjsua2 call operations: the account of a call, parameters, headers."""

import re
from collections.abc import Callable, Collection
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Protocol

import pjsua2 as pj

from appliance.core.model import NO_ACCOUNT, AccountId, CallId
from appliance.sip.stack import translate
from appliance.sip.stack.calls.texts import Messages
from appliance.sip.stack.calls.updates import Described
from appliance.sip.stack.calls.used_keys import UsedKeys
from appliance.sip.stack.routing.codecs import Codecs
from appliance.sip.stack.routing.servers import SipServer
from appliance.sip.wire import Farewell, GuessCounts, OfferAnswered, SipInput

RINGING = 180
NOT_ACCEPTABLE = 488
SHORT_SESSION = 422  # RFC 4028 §6: its Session-Expires is below the 90 s that a session must last
OF_PJSUA = {NOT_ACCEPTABLE, SHORT_SESSION}  # how pjsua refuses an INVITE that it has reported
CHALLENGED = {401, 407}  # RFC 3261 §22.1
LONGEST_BODY = 4096
# Master keys of SRTP (RFC 4568, RFC 4566 §5.12), and the password of ICE (RFC 8839): they let anybody listen or talk.
KEYS = re.compile(r"^(?:a=crypto:|a=ice-pwd:|a=key-mgmt:|k=).*(?:\n|$)", re.MULTILINE | re.IGNORECASE)
Post = Callable[[SipInput | Farewell | GuessCounts | OfferAnswered], None]


class Through(pj.Account):
    """An account that carries calls; the account for direct calls has no name."""

    name = NO_ACCOUNT
    server: SipServer | None = None  # that messages go to now, if the account has one
    makes: Callable[..., Any] | None = None  # its calls to us, where they are of a kind of their own

    def renewing(self, address: str) -> AbstractContextManager[None]:  # noqa: ARG002
        """Offers made inside this context are for sound to that address:port, "" if unknown."""
        return nullcontext()


class Shared(Protocol):
    """The part of the call table that a call uses."""

    post: Post
    codecs: Codecs
    versions: Collection[int]  # IP versions that we use
    messages: Messages
    transferable: frozenset[CallId]
    used_keys: UsedKeys
    asking: frozenset[CallId]  # calls about whose changes a client decides
    replaced: CallId | None  # by the INVITE that is arriving
    media_changed: bool  # some call's audio began, ended or changed its direction

    def written(self, rdata: pj.SipRxData, *, account: AccountId = NO_ACCOUNT, call: CallId | None = None) -> None:
        """Report a MESSAGE, in a call or outside."""


def operation(code: int = 0) -> pj.CallOpParam:
    """Parameters of each operation of pjsua2; without the counts, 2.17 offers T.140 text, which blocks 0.1 to 0.3 s."""
    parameters = pj.CallOpParam(True)
    parameters.statusCode, parameters.opt.textCount, parameters.opt.videoCount = code, 0, 0
    return parameters


def add_header(parameters: pj.CallOpParam, name: str, value: str) -> None:
    """Add a header to the message."""
    parameters.txOption.headers.append(translate.to_header(name, value))


def described(message: str) -> Described:
    """Headers, content type, and body without keys of a message."""
    content = translate.content(message)
    return content.headers, content.type, KEYS.sub("", content.body)[:LONGEST_BODY]


def unanswerable(code: int, message: str) -> str:
    """Why a final response wants a password in a way that cannot be answered; "" for any other response."""
    if code not in CHALLENGED:
        return ""
    from appliance.sip.stack.accounts import challenges  # noqa: PLC0415  late: after a wrong password only

    return challenges.unanswerable(message)
