"""All accounts of the SIP process: created, registered on orders, and moved to another server when theirs fails.

The core decides when to register: pjsua2's own retries are off. Names are resolved here, in separate threads, as pjsip
would block in the system's resolver as long as no DNS server answers.
"""

import logging
import queue
import socket
import threading
import time
from collections.abc import Callable, Collection
from functools import partial
from typing import TYPE_CHECKING

import pjsua2 as pj

from appliance.base import times
from appliance.base.errors import reason
from appliance.core.accounts import sip_uris
from appliance.core.model import NO_ACCOUNT, AccountId, CallId, Unanswered
from appliance.core.orders import (
    AccountOrder,
    CallOrder,
    HangUp,
    Place,
    Probe,
    Register,
    SendMessage,
    Subscribe,
    Unsubscribe,
)
from appliance.sip.settings import SipSettings
from appliance.sip.stack import translate
from appliance.sip.stack.accounts.caller_auth import Callers, Judgement
from appliance.sip.stack.accounts.direct import Direct, Lookups, sound_by
from appliance.sip.stack.accounts.options_probe import Probes
from appliance.sip.stack.accounts.registration import BUSY, COUNTED, NO_ANSWER, RegisteredAccount, Registration, unsent
from appliance.sip.stack.accounts.subscriptions import Subscriptions
from appliance.sip.stack.calls.call import SipCall
from appliance.sip.stack.calls.operations import Post
from appliance.sip.stack.calls.table import CallTable
from appliance.sip.stack.calls.texts import Towards
from appliance.sip.stack.routing import servers
from appliance.sip.stack.routing.failover import InviteAttempt
from appliance.sip.stack.routing.floods import vector
from appliance.sip.stack.routing.servers import SipServer, destination_of
from appliance.sip.stack.routing.tls import Faults
from appliance.sip.stack.routing.transports import Transports
from appliance.sip.stack.routing.trusted_hosts import Known
from appliance.sip.wire import GuessCounts, Offer

if TYPE_CHECKING:
    from appliance.sip.stack.browsers.loopback import Loopback

LOG = logging.getLogger(__name__)
BUSY_S = 0.1
SESSION_S = 90
ALWAYS = 2  # allow_contact_rewrite of pjsua_acc_config
FOR_EVER = -1
GIVEN_UP = 487  # Request Terminated, RFC 3261 §21.4.25
PLAIN = "off"
SRTP = {
    PLAIN: pj.PJMEDIA_SRTP_DISABLED,
    "optional": pj.PJMEDIA_SRTP_OPTIONAL,
    "mandatory": pj.PJMEDIA_SRTP_MANDATORY,
}


class StackAccounts:
    """All accounts of the process, and the calls through them."""

    def __init__(
        self, settings: SipSettings, transports: Transports, post: Post, faults: Faults, guessed: GuessCounts
    ) -> None:
        self._settings, self._udp = settings, transports.udp
        self._known = Known()
        self.calls = CallTable(post, self._through, self._known.names)
        self.calls.versions = self._udp.keys()
        self._callers = Callers(settings.callers, settings.realm, self._known.leads, post, guessed)
        self._encrypted: tuple[tuple[str, str], ...] = ()
        self._transports = transports
        self._direct: dict[str, Direct] = {}  # by how sound is encrypted
        self._lookups, self._waiting = Lookups(self._udp, self._known.servers), dict[str, Place | Probe | SendMessage]()
        self._probes = Probes(post)
        self._directly(PLAIN)
        self._subscriptions = Subscriptions(post)
        self.browsers: Loopback | None = None  # opened for the first offer
        self._registrations = {AccountId(each.name): Registration(each, post, faults) for each in settings.accounts}
        self._found: queue.SimpleQueue[tuple[AccountId, tuple[SipServer, ...], str, Unanswered]] = queue.SimpleQueue()
        for registration in self._registrations.values():
            registration.calls, registration.probes = self.calls, self._probes
            if registration.literal:
                self._create(registration)
        self._admit()

    def perform(self, order: AccountOrder) -> None:
        """Register or unregister; a report follows."""
        registration = self._registrations[order.account]
        registration.wish = isinstance(order, Register)
        registration.former = order.former if isinstance(order, Register) else ""
        age = time.monotonic() - registration.resolved_at
        stale = not registration.literal and age > times.current.server_name_again_s
        if stale and not registration.resolving:
            registration.resolving = True
            threading.Thread(target=self._resolve, args=(registration,), daemon=True).start()
        self._carry_out(registration)

    def choose(self, prm: pj.OnSelectAccountParam) -> None:
        """Choose the account for an out-of-dialog request: an account of the registrar that sent it, if there is one.

        Of several at one registrar, the Request-URI says which is meant. pjsua chooses by To, which a diverted call
        keeps from the number that was called first, and where some PBXs write our address instead of their domain: it
        then takes the account of direct calls, whose Contact and encryption do not suit the PBX. Or, for a call from
        elsewhere, it takes an account at a registrar, although the caller cannot reach us by the connection to that
        registrar.
        """
        message = str(prm.rdata.wholeMsg)
        if self.browsers is not None and self.browsers.sent(prm.rdata):
            prm.accountIndex = self.browsers.account.getId()
            return
        if near := self._near(prm.rdata):
            meant = [each for each in near if each.settings.user == near[0].settings.user]
            if prm.accountIndex not in {each.getId() for each in meant}:
                prm.accountIndex = meant[0].getId()
            return
        asked = user_of(message), translate.transport(message)
        created = [each for each in self._registrations.values() if each.created]
        fitting = {each.getId() for each in created if (each.settings.user, each.settings.transport) == asked}
        if prm.accountIndex not in fitting:
            srtp = self._srtp(str(prm.rdata.srcAddress), self._callers.host(message))
            prm.accountIndex = self._directly(srtp).getId()

    def offer(self, endpoint: pj.Endpoint, offer: Offer) -> socket.socket:
        """A browser calls: the socket from which the call comes, to be waited on. Raises pj.Error or OSError."""
        if self.browsers is None:
            from appliance.sip.stack.browsers import loopback  # noqa: PLC0415  late: few stations have calls of browsers

            base = base_config(self._settings, "", self._udp.keys(), ice=True)
            self.browsers = loopback.Loopback(endpoint, loopback.settings(base, self._settings), self._settings.user)
            self.browsers.account.calls, self.browsers.account.probes = self.calls, self._probes
            self._admit()
        self.browsers.call(offer)
        return self.browsers.socket

    def doubted(self, method: str, source: str, to: str, reason: str) -> tuple[CallId, ...]:
        """An answer was dropped, or not believed. Return the calls whose INVITE still lacks its answer."""
        if reason == COUNTED:
            return ()
        if method == "REGISTER":
            for registration in self._registrations.values():
                registration.doubts(source, to, reason)
        return self.calls.invited(to) if method == "INVITE" else ()

    def refused(self, prm: pj.OnRejectedIncomingCallParam) -> None:
        """Report an INVITE that pjsua refused on its own."""
        near, judged = self._near(prm.rdata), Judgement()
        if self.browsers is not None and self.browsers.sent(prm.rdata):
            judged = self.browsers.account.judge(str(prm.rdata.wholeMsg), "")
        self.calls.refused(prm, near[0].name if near else NO_ACCOUNT, judged)

    def know(self, uris: tuple[str, ...]) -> None:
        """Set the targets' URIs: flood protection never shuts these out, nor the registrars."""
        self._known.desire(uris)
        self._admit()

    def encrypt(self, hosts: tuple[tuple[str, str], ...]) -> None:
        """Encrypt calls to and from these hosts, see core.desired.Sound."""
        self._encrypted = hosts
        for _, srtp in hosts:
            self._directly(srtp)  # now, as pjsua cannot create it while a call arrives

    def call(self, order: CallOrder) -> None:
        """Perform a call's order. A direct call to a host name is placed when the name is resolved."""
        if isinstance(order, Place):
            if not self._look_up(order.call, order, order.uri):
                self.calls.perform(order)
        elif order.call in self._waiting:
            if isinstance(order, HangUp):
                del self._waiting[order.call]
                self._lookups.forget(order.call)
                self.calls.never_placed(order.call, GIVEN_UP, "Canceled")
        else:
            self.calls.perform(order)

    def watch(self, order: Probe | Subscribe | Unsubscribe) -> None:
        """Watch a contact by OPTIONS or SUBSCRIBE, or stop; a probe of a host name waits until the name is resolved."""
        if isinstance(order, Unsubscribe):
            self._subscriptions.unsubscribe(order.contact)
            return
        asks = self._probes if isinstance(order, Probe) else self._subscriptions
        account = self._through(order.account)
        if account is None:
            asks.failed(order.contact, f"The registrar of {order.account} has no address")
        elif isinstance(order, Subscribe):
            self._subscriptions.subscribe(account, order)
        elif not self._look_up(f"contact {order.contact}", order, order.uri):
            self._probes.send(account, order)

    def write(self, order: SendMessage) -> None:
        """Send a message. A direct message to a host name is sent when the name is resolved."""
        if order.call is not None or not self._look_up(f"message {order.message}", order, order.to):
            self.calls.messages.perform(order)

    def _look_up(self, who: str, order: Place | Probe | SendMessage, uri: str) -> bool:
        """Carry out an order outside accounts once its destination is known; False if the order uses an account."""
        where = destination_of(uri) if order.account == NO_ACCOUNT else None
        if where is None:
            return False
        self._waiting[who] = order
        if where.known is not None:
            self._looked_up(who, [where.known], "")
        else:
            self._lookups.begin(who, where)
        return True

    def _looked_up(self, who: str, found: list[SipServer], why: str) -> None:
        order = self._waiting.pop(who)
        if not found:
            self._not_found(order, why)
        elif isinstance(order, SendMessage):
            self.calls.messages.perform(order, *(self._towards(order, server) for server in found))
        elif isinstance(order, Place):
            self._place(partial(self.calls.perform, order), order, found)
        else:
            self._probes.send(self._directly(PLAIN), order, *(self._towards(order, each) for each in found))

    def _towards(self, order: Place | Probe | SendMessage, server: SipServer) -> Towards:
        where = destination_of(order.to if isinstance(order, SendMessage) else order.uri)
        assert where is not None
        # pjsip would refuse a name, and send to an IPv6 address by IPv4; ICE must know which of the two is used.
        routed = where.known is None or server.version == servers.IPV6 or self._settings.ice
        direct = self._directly(order.srtp if isinstance(order, Place) else PLAIN)
        return partial(direct.towards, server, where.transport, routed=routed)

    def _place(self, place: Callable[[], None], order: Place, found: list[SipServer]) -> None:
        """Place a direct call at the first of these servers; after a failure, the others follow (RFC 3263 §4.3)."""
        with self._towards(order, found[0])():
            place()
            self.calls.wait_until_begun(order.call)
        if (call := self.calls.get(order.call)) is not None and call.attempt is not None:
            call.attempt.server, call.attempt.others = found[0], found[1:]

    def _not_found(self, order: Place | Probe | SendMessage, why: str) -> None:
        if isinstance(order, Place):
            self.calls.never_placed(order.call, 0, why)
        elif isinstance(order, Probe):
            self._probes.failed(order.contact, why)
        else:
            self.calls.messages.never_sent(order, why)

    def turn(self, now: float) -> None:
        """Process resolved names, leave servers, and repeat requests for which pjsip was too busy."""
        self._subscriptions.turn()
        for found in self._lookups.done():
            self._looked_up(*found)
        if self._known.turn(now) or self._callers.newly_proven:
            self._admit()
        while not self._found.empty():
            self._resolved(*self._found.get())
        for registration in self._registrations.values():
            self._see_to(registration, now)
        for call in self.calls:
            if call.attempt is not None and call.attempt.in_vain(now, tried=call.tried):
                self._try_elsewhere(call, call.attempt, now)

    @property
    def busy(self) -> bool:
        """Whether there is something to look at soon: names being resolved, or registrations under way."""
        return bool(self._waiting) or self._known.looking or any(each.busy for each in self._registrations.values())

    def renew(self) -> None:
        """Our address has changed: requests from the old one will not be answered."""
        for registration in self._registrations.values():
            if registration.asked_at is not None:
                registration.asked_at, registration.wish = None, True
                self._forget(registration)

    def clear(self) -> None:
        """Free all accounts, before the endpoint."""
        self._subscriptions.clear()
        if self.browsers is not None:
            self.browsers.close()
        for account in [*(each for each in self._registrations.values() if each.created), *self._direct.values()]:
            account.shutdown()
            del account.calls, account.probes
        self._registrations.clear()
        self._direct.clear()
        del self.calls

    def _near(self, request: pj.SipRxData) -> list[Registration]:
        """The accounts at the registrar that sent a request; an account with the requested user comes first."""
        near = [each for each in self._registrations.values() if each.created and each.sends(request)]
        user = user_of(str(request.wholeMsg))
        return sorted(near, key=lambda each: each.settings.user != user)

    def _directly(self, srtp: str) -> Direct:
        """The account for direct calls with this encryption."""
        if srtp not in self._direct:
            make = partial(direct_config, self._settings, srtp, self._udp.keys())
            direct = self._direct[srtp] = Direct(make, self._transports, self._callers)
            direct.calls, direct.probes = self.calls, self._probes
        return self._direct[srtp]

    def _srtp(self, source: str, claimed: str) -> str:
        """How calls from that address:port are encrypted if they use no account.

        claimed: host of the password-protected target that the caller claims to be. The strictest setting that applies
        counts.
        """
        address = sip_uris.host_of(source)
        fitting = {srtp for host, srtp in self._encrypted if host == claimed or self._known.leads(host, address)}
        return max(fitting, key=list(SRTP).index, default=PLAIN)

    def _through(self, name: AccountId, srtp: str = PLAIN) -> RegisteredAccount | None:
        if name == NO_ACCOUNT:
            return self._directly(srtp)
        registration = self._registrations[name]
        return registration if registration.created else None

    def _carry_out(self, registration: Registration) -> None:
        if registration.wish is None or (registration.resolving and not registration.settled):
            return
        wish, registration.wish = registration.wish, None
        if not registration.created:
            return
        try:
            registration.ask(wish=wish)
        except pj.Error as error:
            registration.asked_at = None
            if error.status in BUSY:  # the previous request is not answered yet
                registration.wish, registration.not_before = wish, time.monotonic() + BUSY_S
            else:
                reason = translate.clean(error.reason)
                registration.fail(0, reason, unanswered=unsent(reason))

    def _move_on(self, registration: Registration) -> None:
        """Register at the next server; later answers of the previous one are ignored."""
        registration.failing = False
        registration.servers.move_on()
        self._forget(registration)
        registration.wish = True if registration.wish is None else registration.wish
        registration.not_before = 0.0

    def _see_to(self, registration: Registration, now: float) -> None:
        if registration.silent(now):
            registration.asked_at = None
            registration.fail(0, NO_ANSWER)
            if not registration.failing:
                self._forget(registration)
        if registration.failing:
            self._move_on(registration)
        if registration.wish is not None and now >= registration.not_before:
            self._carry_out(registration)

    def _try_elsewhere(self, call: SipCall, attempt: InviteAttempt, now: float) -> None:
        """Place a call again, as at the next server: a visitor does not wait until the registration has moved."""
        registration = self._registrations.get(call.account_name)
        code, reason = attempt.outcome or (0, NO_ANSWER)
        if registration is not None and not call.ended_by_us and registration.leaves(attempt.server, code, reason):
            if registration.failing:
                self._move_on(registration)
            self.calls.again(call, attempt)
        elif (left := attempt.left) and not call.ended_by_us:
            if registration is not None:
                self.calls.again(call, attempt)
            else:
                self._place(partial(self.calls.again, call, attempt), attempt.order, left)
        elif attempt.outcome is not None:
            call.end(code, reason, remote=code != 0)
        else:
            attempt.began = now

    def _forget(self, registration: Registration) -> None:
        """Begin the registration again with a new route, so that pjsua ignores answers to the previous one."""
        registration.restarts += 1
        registration.modify(self._config(registration))

    def _resolve(self, registration: Registration) -> None:
        """Runs in a separate thread: must not touch pjsua2."""
        found: list[SipServer] = []
        whys, seen = [], Unanswered.SILENT
        for host, port in registration.settings.servers:
            try:
                found += servers.locate(host, port, registration.settings.transport, self._udp)
            except OSError as error:
                whys.append(f"the name {host} cannot be resolved: {reason(error)}")
                seen = servers.unresolved(error)
        self._found.put((registration.name, tuple(dict.fromkeys(found)), "; ".join(whys), seen))

    def _resolved(self, name: AccountId, found: tuple[SipServer, ...], why: str, seen: Unanswered) -> None:
        registration = self._registrations[name]
        registration.resolving = False
        if found:
            registration.resolved_at = time.monotonic()
            before = registration.servers.now
            registration.servers.offer(found)
            if not registration.created:
                self._create(registration)
            elif registration.servers.now != before:
                if registration.asked_at is not None:  # the answer of the server before is not waited for
                    registration.asked_at, registration.wish = None, True
                registration.modify(self._config(registration))
            self._admit()
        elif not registration.created:
            registration.wish = None
            registration.fail(0, why, unanswered=seen)
        self._carry_out(registration)

    def _create(self, registration: Registration) -> None:
        registration.create(self._config(registration))
        registration.created = True
        self._admit()

    def _admit(self) -> None:
        """By TCP and TLS, only registrars may connect to us; they, targets and proven callers are never shut out.

        Every server of an account may send requests in its calls, whichever server brought the call.
        """
        connecting, registrars = set[str](), set[str]()
        for registration in self._registrations.values():
            places = registration.places
            addresses = {place.address for place in places}
            registrars |= addresses
            if registration.created:
                pj.Endpoint.instance().farEndsServers(registration.getId(), vector(place.at for place in places))
            if registration.settings.transport != "udp":
                connecting |= addresses
        self.calls.floods.admit(connecting)
        known = {self.browsers.address} if self.browsers is not None else set[str]()
        known |= registrars | self._known.addresses | self._callers.proven(time.monotonic())
        self.calls.floods.know(known)
        pj.Endpoint.instance().sendingKnow(vector(known))

    def _config(self, registration: Registration) -> pj.AccountConfig:
        account, server = registration.settings, registration.servers.now
        assert server is not None
        uri = f"sip:{account.user}@{account.domain}"
        config = base_config(self._settings, uri, self._udp.keys(), ice=account.ice)
        config.regConfig.registrarUri = f"sip:{account.domain}"
        config.regConfig.registerOnAdd, config.regConfig.disableRegOnModify = False, True
        config.regConfig.timeoutSec = account.expires_s
        config.regConfig.retryIntervalSec = config.regConfig.firstRetryIntervalSec = 0
        where = f"{server.route(account.transport)};restarts={registration.restarts}"
        config.sipConfig.proxies.append(f"<{where};lr;hide>")
        config.sipConfig.authCreds.append(pj.AuthCredInfo("digest", "*", account.auth_user, 0, account.password))
        config.mediaConfig.srtpUse, config.mediaConfig.srtpSecureSignaling = SRTP[account.srtp], 0
        sound_by(config, server.version)
        if server.version == servers.IPV6:
            config.sipConfig.ipv6Use = pj.PJSUA_IPV6_ENABLED_USE_IPV6_ONLY
        if account.transport != "udp":
            # Each connection has its own port: without this, pjsua behind NAT stays registered with the first.
            config.natConfig.contactRewriteUse = ALWAYS
        elif server.version in self._udp:
            config.sipConfig.transportId = self._udp[server.version]
        return config


def user_of(message: str) -> str:
    """The user of a request's URI."""
    return (sip_uris.parts(translate.request_uri(message)) or ("", ""))[0]


def base_config(settings: SipSettings, uri: str, versions: Collection[int], *, ice: bool) -> pj.AccountConfig:
    """The settings of every account: our name, our address for sound, and session timers of 90 s.

    Session timers (RFC 4028) let a far end notice within 90 s that we are gone; 90 s is the least that they allow. They
    and reliable 18x responses (RFC 3262) are used if the far end supports them.
    """
    config = pj.AccountConfig()
    name = settings.display_name.replace("\\", "\\\\").replace('"', '\\"')
    config.idUri = f'"{name}" <{uri}>' if name else f"<{uri}>"
    sound = config.mediaConfig.transportConfig
    sound.boundAddress, sound.randomizePort = settings.address, True
    first, last = settings.rtp_ports
    sound.port = first + first % 2  # RTP uses an even port, and RTCP the next one (RFC 3550 §11)
    sound.portRange = last - 1 + last % 2 - sound.port
    config.callConfig.timerUse = pj.PJSUA_SIP_TIMER_OPTIONAL
    config.callConfig.timerMinSESec = config.callConfig.timerSessExpiresSec = SESSION_S
    config.callConfig.prackUse = pj.PJSUA_100REL_OPTIONAL
    if servers.IPV6 not in versions:  # an offer of IPv6 then reaches us, and we refuse it (see calls)
        config.mediaConfig.ipv6Use = pj.PJSUA_IPV6_DISABLED
    config.natConfig.iceEnabled = ice
    config.natConfig.sipStunUse = pj.PJSUA_STUN_USE_DISABLED
    # Without ICE, pjsua would wait for the STUN server in the only thread.
    config.natConfig.mediaStunUse = pj.PJSUA_STUN_USE_DEFAULT if ice else pj.PJSUA_STUN_USE_DISABLED
    if ice and settings.turn is not None:  # used while routing.turn finds that the server answers
        config.natConfig.turnEnabled = True
        config.natConfig.turnUserName, config.natConfig.turnPassword = settings.turn.user, settings.turn.password
    config.natConfig.iceAggressiveNomination = False  # RFC 8445 §8.1.1 has removed it
    config.natConfig.iceAlwaysUpdate = False  # a new offer only if another address than the default is used
    config.natConfig.iceWaitNominationTimeoutMsec = FOR_EVER  # sip.stack.calls.ice ends it
    return config


def direct_config(settings: SipSettings, srtp: str, versions: Collection[int], address: str) -> pj.AccountConfig:
    """The account for calls without a registrar: our user at our address."""
    config = base_config(settings, f"sip:{settings.user}@{address}", versions, ice=settings.ice)
    config.mediaConfig.srtpUse, config.mediaConfig.srtpSecureSignaling = SRTP[srtp], 0
    return config
