"""Accounts in pjsua2: the base of all accounts, and an account at a registrar."""

import errno
import os
import re
import time

import pjsua2 as pj

from appliance.core import inputs
from appliance.core.accounts import callers
from appliance.core.model import AccountId, MessageMethod, ServerFault, TlsFault, Unanswered
from appliance.sip.settings import RegistrarSettings
from appliance.sip.stack import translate
from appliance.sip.stack.accounts.caller_auth import Judgement
from appliance.sip.stack.accounts.options_probe import Probes
from appliance.sip.stack.callbacks import contained
from appliance.sip.stack.calls.operations import Post, Through, unanswerable
from appliance.sip.stack.calls.table import CallTable
from appliance.sip.stack.routing import servers
from appliance.sip.stack.routing.failover import SILENT_S
from appliance.sip.stack.routing.servers import SipServer
from appliance.sip.stack.routing.tls import Faults

BUSY = {70011, 171001}  # PJ_EBUSY, PJSIP_EBUSY
FORBIDDEN = 403
UNDELIVERED = 503  # of pjsip itself: the transport failed
SECONDS = re.compile(r"[0-9]{1,9}")
ELSEWHERE = {0, 408, 500, 502, 503, 504}  # another server may succeed (RFC 3263 §4.3)
NO_ANSWER = "No answer"
COUNTED = "Received Address Without A Reason"  # a doubt of a part of an answer only
NO_FAULT = TlsFault.NONE, ""
UNSENT = {
    os.strerror(errno.ECONNREFUSED): Unanswered.REFUSED,
    os.strerror(errno.EHOSTUNREACH): Unanswered.NO_ROUTE,
    os.strerror(errno.ENETUNREACH): Unanswered.NO_ROUTE,
}
SYSTEM, PJSIP = {os.strerror(number) for number in errno.errorcode}, "(PJ"  # whose words these are
CLOSED = "(PJ_EEOF)"  # the far end closed the connection


class RegisteredAccount(Through):
    """An account of pjsua2 that receives the calls to one of our addresses."""

    calls: CallTable
    probes: Probes

    @contained
    def onIncomingCall(self, prm: pj.OnIncomingCallParam) -> None:  # noqa: N802
        """An INVITE outside any dialog. Answered later, from the loop: inside the callback pjsip fails an assertion."""
        message, source = str(prm.rdata.wholeMsg), str(prm.rdata.srcAddress)
        self.calls.arrived(self, prm.callId, prm.rdata, self.judge(message, source))

    def judge(self, invite: str, source: str) -> Judgement:  # noqa: ARG002
        """Decide about a call before it is reported; by default it is accepted, as registrars know their callers."""
        return Judgement()

    @contained
    def onIncomingSubscribe(self, prm: pj.OnIncomingSubscribeParam) -> None:  # noqa: N802
        """SUBSCRIBE (RFC 6665): refused, as we report no presence. pjsua2 would keep each subscription for an hour."""
        prm.code = FORBIDDEN

    @contained
    def onSendRequest(self, prm: pj.OnSendRequestParam) -> None:  # noqa: N802
        """A request outside any dialog was answered."""
        self.probes.answered(prm)

    @contained
    def onInstantMessage(self, prm: pj.OnInstantMessageParam) -> None:  # noqa: N802
        """MESSAGE outside calls (RFC 3428), which pjsua2 has answered with 200."""
        self.calls.written(prm.rdata, account=self.name)

    @contained
    def onInstantMessageStatus(self, prm: pj.OnInstantMessageStatusParam) -> None:  # noqa: N802
        """Our MESSAGE outside calls was answered."""
        code = int(prm.code) if str(prm.rdata.wholeMsg) else 0
        self.calls.messages.answered((None, MessageMethod.MESSAGE, str(prm.toUri)), code, translate.clean(prm.reason))


class Choice:
    """The choice between several servers: an account stays at a working server, and tries the next after a failure."""

    def __init__(self) -> None:
        self.all: tuple[SipServer, ...] = ()
        self.now: SipServer | None = None
        self._tried: list[SipServer] = []  # tried in vain since one last worked

    def offer(self, found: tuple[SipServer, ...]) -> None:
        """Set the servers; the current one stays if it is among them."""
        self.all = found
        if self.now not in found:
            self.now = found[0]

    @property
    def more(self) -> bool:
        """Whether there is a server that has not been tried in vain."""
        return any(server not in {*self._tried, self.now} for server in self.all)

    def move_on(self) -> None:
        """Choose the next server."""
        if self.now is not None:
            self._tried.append(self.now)
        self.now = next(server for server in self.all if server not in self._tried)

    def settle(self, *, works: bool) -> None:
        """The current server works; or all have failed, and the next attempt begins with the first."""
        if not works and self.all:
            self.now = self.all[0]
        self._tried.clear()


class Registration(RegisteredAccount):
    """An account at a registrar. `wish`: the core's order that pjsip has not begun yet, True to register."""

    def __init__(self, settings: RegistrarSettings, post: Post, faults: Faults) -> None:
        super().__init__()
        self.settings, self.name, self.post, self._faults = settings, AccountId(settings.name), post, faults
        self.wish: bool | None = None
        self.former = ""  # the contact of an earlier process, which the first REGISTER ends
        self.ending = False  # the last request was to unregister
        self.not_before = 0.0
        self.asked_at: float | None = None  # while a REGISTER is unanswered
        self._sent_by = ""  # our address in messages to the registrar
        self.failing = False  # another server must be tried
        self.doubt = self.doubted = ""  # why an answer did not count since it was asked, and who sent that
        self.servers = Choice()
        self.restarts = 0  # each gives the route another parameter
        self.resolved_at = 0.0
        self.resolving = self.created = False
        places = [servers.literal(host, port, settings.transport) for host, port in settings.servers]
        self.literal = all(places)  # no name has to be resolved
        if self.literal:
            self.servers.offer(tuple(filter(None, places)))

    @contained
    def onRegState(self, prm: pj.OnRegStateParam) -> None:  # noqa: N802
        """A REGISTER was answered, or failed."""
        code, message, at = int(prm.code), str(prm.rdata.wholeMsg), time.monotonic()
        self.asked_at = None
        if code // 100 != 2:  # noqa: PLR2004 - RFC 3261 §21.2
            fault, why = NO_FAULT if message or self.servers.now is None else self._faults.of(self.servers.now)
            reason = why or reason_of(code, translate.clean(prm.reason), message)
            secured = code == UNDELIVERED and self.settings.transport == "tls"
            unanswered = Unanswered.SILENT if message else unsent(reason, secured=secured)
            self.fail(code if message else 0, reason, message, fault, unanswered)
            return
        self.servers.settle(works=True)
        if prm.expiration > 0:
            server = self.servers.now.at if self.servers.now is not None else ""
            hosts = tuple(dict.fromkeys(each.address for each in self.places))
            granted = float(prm.expiration)
            self.post(
                inputs.Registered(
                    at=at,
                    account=self.name,
                    expires_s=granted,
                    server=server,
                    hosts=hosts,
                    contact=translate.clean(self.getRegisteredContact()),
                )
            )
            before, self._sent_by = self._sent_by, sent_by(message)
            self.calls.registered(self.name, moved=before not in {"", self._sent_by})
        elif self.ending:
            self.post(inputs.Unregistered(at=at, account=self.name))
        else:
            self.fail(code, f"{translate.clean(prm.reason)}, for 0 s", message)

    def ask(self, *, wish: bool) -> None:
        """Register, or unregister. Raises pj.Error."""
        if wish and self.former and not self.getRegisteredContact():
            self.setRegisteredContact(self.former)
        self.former = ""
        before, self.ending = self.ending, not wish
        self.asked_at = time.monotonic() if wish else None
        self.doubt = self.doubted = ""
        try:
            self.setRegistration(wish)
        except pj.Error as error:
            if error.status in BUSY:  # the answer that comes is the previous request's
                self.ending = before
            raise

    def doubts(self, source: str, to: str, reason: str) -> None:
        """An answer to the REGISTER sent `to` this address did not count. Without another answer, this is the cause."""
        now = self.servers.now
        if self.asked_at is not None and now is not None and now.at == to:
            self.doubt, self.doubted = reason, source

    def fail(
        self,
        code: int,
        reason: str,
        message: str = "",
        fault: TlsFault = TlsFault.NONE,
        unanswered: Unanswered = Unanswered.SILENT,
    ) -> None:
        """The attempt failed: try another server, or else report it."""
        self.resolved_at = 0.0  # the server may have moved
        now = self.servers.now
        server = now.at if now is not None else ""
        if code == 0 and self.doubt:
            reason = f"An answer of {self.doubted} did not count: {self.doubt}"
        if code in ELSEWHERE and self.servers.more and not self.ending:
            self.failing = True
            kind = ServerFault.of(code, fault, unanswered)
            self.post(
                inputs.ServerFailed(at=time.monotonic(), account=self.name, server=server, why=reason, fault=kind)
            )
            return
        self.servers.settle(works=code not in ELSEWHERE)
        after = SECONDS.match(translate.header(message, "Retry-After"))
        failed = inputs.RegistrationFailed(
            at=time.monotonic(),
            account=self.name,
            code=code,
            reason=reason,
            retry_after_s=float(after[0]) if after else None,
            challenge=unanswerable(code, message),
            tls=fault,
            server=server,
            unanswered=unanswered,
            doubt=self.doubt,
            doubted=self.doubted,
        )
        self.post(failed)

    def sends(self, request: pj.SipRxData) -> bool:
        """Whether a request came from one of the account's servers, any of which may send us calls."""
        hosts = {place.address for place in self.places}
        return callers.sent_by(hosts, self.settings.transport, str(request.srcAddress), str(request.transport))

    @property
    def places(self) -> tuple[SipServer, ...]:
        """Where its servers are: as looked up, and as configured in others. Nobody else is believed to be one."""
        if not self.servers.all:
            return ()
        transport, port = self.settings.transport, self.servers.all[0].port
        others = [servers.literal(host, given or port, transport) for host, given in self.settings.others]
        return (*self.servers.all, *filter(None, others))

    @property
    def server(self) -> SipServer | None:  # type: ignore[override]  # of Through, where it is always the same
        """The server that messages go to now."""
        return self.servers.now

    def leaves(self, server: SipServer | None, code: int, reason: str) -> bool:
        """Whether there is another server than that one, at which a call failed."""
        if self.servers.now == server and self.servers.more and not self.ending:
            self.fail(code, reason, unanswered=Unanswered.SILENT if code else unsent(reason))
        return self.failing or self.servers.now != server

    @property
    def settled(self) -> bool:
        """Whether its server was found and has not failed since: it is asked without waiting for another lookup."""
        return self.created and self.resolved_at > 0

    @property
    def busy(self) -> bool:
        """Whether its server is being resolved, asked or left."""
        return self.resolving or self.failing or self.wish is not None or self.asked_at is not None

    def silent(self, now: float) -> bool:
        """Whether its server has not answered for so long that it, or another one, should be asked again.

        By UDP a request is repeated for 32 s. By TCP and TLS it is sent once; and a PBX that is just starting may
        accept connections and drop their requests before it is ready.
        """
        can_ask = self.servers.more or self.settings.transport != "udp"
        return self.asked_at is not None and now - self.asked_at >= SILENT_S and can_ask


def sent_by(message: str) -> str:
    """Our host and port, as the answer to our request shows them (RFC 3261 §18.1.1)."""
    return translate.header(message, "Via").partition(";")[0].rpartition(" ")[2]


def reason_of(code: int, reason: str, message: str) -> str:
    """The reason phrase, with the new address if the registrar has moved (RFC 3261 §21.3)."""
    contact = translate.header(message, "Contact") if code // 100 == 3 else ""  # noqa: PLR2004
    return f"{reason}, to {translate.address(contact)[0]}" if contact else reason


def unsent(reason: str, *, secured: bool = False) -> Unanswered:
    """What was said where a REGISTER did not go out. secured: by TLS; its words are not the system's nor pjsip's."""
    known = next((seen for text, seen in UNSENT.items() if text in reason), Unanswered.SILENT)
    if known or not secured or reason in SYSTEM or PJSIP in reason.replace(CLOSED, ""):
        return known
    return Unanswered.HANDSHAKE
