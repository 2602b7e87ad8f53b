"""All accounts of the SIP process: made, registered as ordered, and moved to another server when theirs fails.

When to register is the core's to say: pjsua2's own retries are off. Names are looked up here, in threads of their own,
as pjsip would block in the system's resolver for as long as no DNS server answers.
"""

import logging
import queue
import threading
import time
from collections.abc import Collection
from functools import partial

import pjsua2 as pj

from appliance.base.errors import reason
from appliance.core.accounts import callers
from appliance.core.model import NO_ACCOUNT, AccountId
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
from appliance.sip.stack.accounts.caller_auth import Callers
from appliance.sip.stack.accounts.direct import Direct, Lookups, sound_by
from appliance.sip.stack.accounts.options_probe import Probes
from appliance.sip.stack.accounts.registration import NO_ANSWER, Account, Registration
from appliance.sip.stack.accounts.subscriptions import Subscriptions
from appliance.sip.stack.calls.call import SipCall
from appliance.sip.stack.calls.operations import Post
from appliance.sip.stack.calls.table import Calls
from appliance.sip.stack.routing import servers
from appliance.sip.stack.routing.failover import Attempt
from appliance.sip.stack.routing.floods import vector
from appliance.sip.stack.routing.servers import Server, place_of
from appliance.sip.stack.routing.tls import Faults
from appliance.sip.stack.routing.transports import Transports
from appliance.sip.stack.routing.trusted_hosts import Known
from appliance.sip.wire import GuessCounts

LOG = logging.getLogger(__name__)
NAME_KEPT_S = 60.0  # servers' names are looked up again after this long, and after each failure
BUSY_S = 0.1
SESSION_S = 90
BUSY = {70011, 171001}  # PJ_EBUSY, PJSIP_EBUSY
ALWAYS = 2  # allow_contact_rewrite of pjsua_acc_config
FOR_EVER = -1
GIVEN_UP = 487  # Request Terminated, RFC 3261 §21.4.25
PLAIN = "off"
SRTP = {
    PLAIN: pj.PJMEDIA_SRTP_DISABLED,
    "optional": pj.PJMEDIA_SRTP_OPTIONAL,
    "mandatory": pj.PJMEDIA_SRTP_MANDATORY,
}


class Accounts:
    """All accounts of the process, and the calls through them."""

    def __init__(
        self, settings: SipSettings, transports: Transports, post: Post, faults: Faults, guessed: GuessCounts
    ) -> None:
        self._settings, self._udp = settings, transports.udp
        self._known = Known()
        self.calls = Calls(post, self._through, self._known.names)
        self.calls.versions = self._udp.keys()
        self._callers = Callers(settings.callers, self._known.leads, post, guessed)
        self._encrypted: tuple[tuple[str, str], ...] = ()
        self._transports = transports
        self._direct: dict[str, Direct] = {}  # by how sound is encrypted
        self._lookups, self._waiting = Lookups(self._udp), dict[str, Place | Probe | SendMessage]()
        self._probes = Probes(post)
        self._directly(PLAIN)
        self._subscriptions = Subscriptions(post)
        self._registrations = {AccountId(each.name): Registration(each, post, faults) for each in settings.accounts}
        self._found: queue.SimpleQueue[tuple[AccountId, tuple[Server, ...], str]] = queue.SimpleQueue()
        for registration in self._registrations.values():
            registration.calls, registration.probes = self.calls, self._probes
            if registration.literal:
                self._create(registration)
        self._admit()

    def perform(self, order: AccountOrder) -> None:
        """Register or unregister; what comes of it is told later."""
        registration = self._registrations[order.account]
        registration.wish = isinstance(order, Register)
        stale = not registration.literal and time.monotonic() - registration.resolved_at > NAME_KEPT_S
        if stale and not registration.resolving:
            registration.resolving = True
            threading.Thread(target=self._resolve, args=(registration,), daemon=True).start()
        self._carry_out(registration)

    def choose(self, prm: pj.OnSelectAccountParam) -> None:
        """Which account a request belongs to that begins something: one of the registrar that sent it, if any.

        pjsua goes by To, where some PBXs write our address in place of their domain: it then takes the account of
        direct calls, whose Contact and encryption are not those of the PBX's. Or it takes one at a registrar for a call
        from elsewhere, who cannot reach us by its connection to the registrar.
        """
        near, message = self._near(prm.rdata), str(prm.rdata.wholeMsg)
        if near:
            if prm.accountIndex not in {each.getId() for each in near}:
                prm.accountIndex = near[0].getId()
            return
        asked = user_of(message), translate.transport(message)
        created = [each for each in self._registrations.values() if each.created]
        fitting = {each.getId() for each in created if (each.settings.user, each.settings.transport) == asked}
        if prm.accountIndex not in fitting:
            srtp = self._srtp(str(prm.rdata.srcAddress), self._callers.host(message))
            prm.accountIndex = self._directly(srtp).getId()

    def refused(self, prm: pj.OnRejectedIncomingCallParam) -> None:
        """An INVITE that pjsua has refused by itself."""
        near = self._near(prm.rdata)
        self.calls.refused(prm, near[0].name if near else NO_ACCOUNT)

    def know(self, uris: tuple[str, ...]) -> None:
        """Take these as the targets': what they send is never shut out, like that of the registrars."""
        self._known.desire(uris)
        self._admit()

    def encrypt(self, hosts: tuple[tuple[str, str], ...]) -> None:
        """Calls to and from these hosts are encrypted, see core.desired.Sound."""
        self._encrypted = hosts
        for _, srtp in hosts:
            self._directly(srtp)  # now, and not when one calls: pjsua is in the midst of that

    def call(self, order: CallOrder) -> None:
        """Do what is ordered about a call. One straight to a name is placed when that was looked up."""
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
        """Ask a contact whether it is there, or its server to tell; where it has a name, when that was looked up."""
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
        """Send a message. One straight to a name is sent when that was looked up."""
        if order.call is not None or not self._look_up(f"message {order.message}", order, order.to):
            self.calls.messages.perform(order)

    def _look_up(self, who: str, order: Place | Probe | SendMessage, uri: str) -> bool:
        """Carry out an order that goes through no account, once it is known where it leads to; False: it is none."""
        where = place_of(uri) if order.account == NO_ACCOUNT else None
        if where is None:
            return False
        self._waiting[who] = order
        if where.known is not None:
            self._looked_up(who, where.known, "")
        else:
            self._lookups.begin(who, where)
        return True

    def _looked_up(self, who: str, server: Server | None, why: str) -> None:
        order = self._waiting.pop(who)
        where = place_of(order.to if isinstance(order, SendMessage) else order.uri)
        if server is None or where is None:
            self._not_found(order, why)
            return
        # pjsip would refuse a name, and send to an IPv6 address by IPv4; ICE has to know which of the two it is.
        routed = where.known is None or server.version == servers.IPV6 or self._settings.ice
        direct = self._directly(order.srtp if isinstance(order, Place) else PLAIN)
        towards = partial(direct.towards, server, where.transport, routed=routed)
        if isinstance(order, SendMessage):
            self.calls.messages.perform(order, towards)
            return
        with towards():
            if isinstance(order, Place):
                self.calls.perform(order)
                self.calls.wait_until_begun(order.call)
            else:
                self._probes.send(direct, order)

    def _not_found(self, order: Place | Probe | SendMessage, why: str) -> None:
        if isinstance(order, Place):
            self.calls.never_placed(order.call, 0, why)
        elif isinstance(order, Probe):
            self._probes.failed(order.contact, why)
        else:
            self.calls.messages.never_sent(order, why)

    def turn(self, now: float) -> None:
        """What is due: names that were looked up, servers to be left, wishes that pjsip was too busy for."""
        self._subscriptions.turn()
        for found in self._lookups.done():
            self._looked_up(*found)
        if self._known.turn(now):
            self._admit()
        while not self._found.empty():
            self._resolved(*self._found.get())
        for registration in self._registrations.values():
            self._see_to(registration, now)
        for call in self.calls:
            if call.attempt is not None and call.attempt.in_vain(now):
                self._try_elsewhere(call, call.attempt, now)

    def renew(self) -> None:
        """Our address is another one: what was asked from the old one will not be answered."""
        for registration in self._registrations.values():
            if registration.asked_at is not None:
                registration.asked_at, registration.wish = None, True
                self._forget(registration)

    def clear(self) -> None:
        """Free all, before the endpoint goes."""
        self._subscriptions.clear()
        for account in [*(each for each in self._registrations.values() if each.created), *self._direct.values()]:
            account.shutdown()
            del account.calls, account.probes
        self._registrations.clear()
        self._direct.clear()
        del self.calls

    def _near(self, request: pj.SipRxData) -> list[Registration]:
        """Accounts at the registrar that sent a request, the one whose user it asks for first."""
        near = [each for each in self._registrations.values() if each.created and each.sends(request)]
        user = user_of(str(request.wholeMsg))
        return sorted(near, key=lambda each: each.settings.user != user)

    def _directly(self, srtp: str) -> Direct:
        """The account of calls through none, which are encrypted like this."""
        if srtp not in self._direct:
            make = partial(direct_config, self._settings, srtp, self._udp.keys())
            direct = self._direct[srtp] = Direct(make, self._transports, self._callers)
            direct.calls, direct.probes = self.calls, self._probes
        return self._direct[srtp]

    def _srtp(self, source: str, claimed: str) -> str:
        """How calls from that address:port are encrypted, where they come through no account.

        claimed: host of the target with a password that the caller says it is, wherever it calls from. The strictest
        of what fits counts.
        """
        address = source.rpartition(":")[0].strip("[]")
        fitting = {srtp for host, srtp in self._encrypted if host == claimed or self._known.leads(host, address)}
        return max(fitting, key=list(SRTP).index, default=PLAIN)

    def _through(self, name: AccountId, srtp: str = PLAIN) -> Account | None:
        if name == NO_ACCOUNT:
            return self._directly(srtp)
        registration = self._registrations[name]
        return registration if registration.created else None

    def _carry_out(self, registration: Registration) -> None:
        if registration.resolving or registration.wish is None:
            return
        wish, registration.wish = registration.wish, None
        if not registration.created:
            return
        try:
            registration.asked_at, registration.ending = time.monotonic() if wish else None, not wish
            registration.setRegistration(wish)
        except pj.Error as error:
            registration.asked_at = None
            if error.status in BUSY:  # the one before is not answered yet
                registration.wish, registration.not_before = wish, time.monotonic() + BUSY_S
            else:
                registration.fail(0, translate.clean(error.reason))

    def _move_on(self, registration: Registration) -> None:
        """Register at the next server; whatever the one before still says is not heard any more."""
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

    def _try_elsewhere(self, call: SipCall, attempt: Attempt, now: float) -> None:
        """Place a call anew by the account's next server: a visitor does not wait until the registration has moved."""
        registration = self._registrations.get(call.account_name)
        code, reason = attempt.outcome or (0, NO_ANSWER)
        if registration is not None and not call.ended_by_us and registration.leaves(attempt.server, code, reason):
            if registration.failing:
                self._move_on(registration)
            self.calls.again(call, attempt)
        elif attempt.outcome is not None:
            call.end(code, reason, remote=code != 0)
        else:
            attempt.began = now

    def _forget(self, registration: Registration) -> None:
        """Begin the registration anew, deaf to what the one before still brings: pjsua does so for another route."""
        registration.anew += 1
        registration.modify(self._config(registration))

    def _resolve(self, registration: Registration) -> None:
        """In a thread of its own: nothing of pjsua2 here."""
        found: list[Server] = []
        whys = []
        for host, port in registration.settings.servers:
            try:
                found += servers.locate(host, port, registration.settings.transport, self._udp)
            except OSError as error:
                whys.append(f"the name {host} cannot be resolved: {reason(error)}")
        self._found.put((registration.name, tuple(dict.fromkeys(found)), "; ".join(whys)))

    def _resolved(self, name: AccountId, found: tuple[Server, ...], why: str) -> None:
        registration = self._registrations[name]
        registration.resolving = False
        if found:
            registration.resolved_at = time.monotonic()
            before = registration.servers.now
            registration.servers.offer(found)
            if not registration.created:
                self._create(registration)
            elif registration.servers.now != before:
                registration.modify(self._config(registration))
            self._admit()
        elif not registration.created:
            registration.wish = None
            registration.fail(0, why)
        self._carry_out(registration)

    def _create(self, registration: Registration) -> None:
        registration.create(self._config(registration))
        registration.created = True
        self._admit()

    def _admit(self) -> None:
        """By TCP and TLS, only registrars may connect to us; these and the targets are never shut out.

        An account's servers may speak in its calls, whichever of them brought the call.
        """
        connecting, registrars = set[str](), set[str]()
        for registration in self._registrations.values():
            addresses = {server.address for server in registration.servers.all}
            registrars |= addresses
            if registration.created:
                pj.Endpoint.instance().farEndsServers(registration.getId(), vector(addresses))
            if registration.settings.transport != "udp":
                connecting |= addresses
        self.calls.floods.admit(connecting)
        self.calls.floods.know(registrars | self._known.addresses)
        known = pj.StringVector()
        for address in registrars | self._known.addresses:
            known.append(address)
        pj.Endpoint.instance().sendingKnow(known)

    def _config(self, registration: Registration) -> pj.AccountConfig:
        account, server = registration.settings, registration.servers.now
        assert server is not None
        uri = f"sip:{account.user}@{account.domain}"
        config = base_config(self._settings, uri, self._udp.keys(), ice=account.ice)
        config.regConfig.registrarUri = f"sip:{account.domain}"
        config.regConfig.registerOnAdd, config.regConfig.disableRegOnModify = False, True
        config.regConfig.timeoutSec = account.expires_s
        config.regConfig.retryIntervalSec = config.regConfig.firstRetryIntervalSec = 0
        where = f"{server.route(account.transport)};anew={registration.anew}"
        config.sipConfig.proxies.append(f"<{where};lr;hide>")
        config.sipConfig.authCreds.append(pj.AuthCredInfo("digest", "*", account.auth_user, 0, account.password))
        config.mediaConfig.srtpUse, config.mediaConfig.srtpSecureSignaling = SRTP[account.srtp], 0
        sound_by(config, server.version)
        if server.version == servers.IPV6:
            config.sipConfig.ipv6Use = pj.PJSUA_IPV6_ENABLED_USE_IPV6_ONLY
        if account.transport != "udp":
            # Each connection has its own port: else pjsua, in a private network, stays registered with the first one.
            config.natConfig.contactRewriteUse = ALWAYS
        elif server.version in self._udp:
            config.sipConfig.transportId = self._udp[server.version]
        return config


def user_of(message: str) -> str:
    """Whom a request asks for."""
    return (callers.parts(translate.request_uri(message)) or ("", ""))[0]


def base_config(settings: SipSettings, uri: str, versions: Collection[int], *, ice: bool) -> pj.AccountConfig:
    """What all accounts have: our name, sound from our address, and far ends that learn within 90 s that we are gone.

    Session timers (RFC 4028) with who knows them; 90 s is the least that it allows. Reliable 18x (RFC 3262) likewise.
    """
    config = pj.AccountConfig()
    name = settings.display_name.replace("\\", "\\\\").replace('"', '\\"')
    config.idUri = f'"{name}" <{uri}>' if name else f"<{uri}>"
    sound = config.mediaConfig.transportConfig
    sound.boundAddress, sound.randomizePort = settings.address, True
    first, last = settings.rtp_ports
    sound.port = first + first % 2  # RTP takes an even port, and RTCP the next one (RFC 3550 §11)
    sound.portRange = last - 1 + last % 2 - sound.port
    config.callConfig.timerUse = pj.PJSUA_SIP_TIMER_OPTIONAL
    config.callConfig.timerMinSESec = config.callConfig.timerSessExpiresSec = SESSION_S
    config.callConfig.prackUse = pj.PJSUA_100REL_OPTIONAL
    if servers.IPV6 not in versions:  # an offer of IPv6 then comes as far as to us, who refuse it (see calls)
        config.mediaConfig.ipv6Use = pj.PJSUA_IPV6_DISABLED
    config.natConfig.iceEnabled = ice
    config.natConfig.iceAggressiveNomination = False  # RFC 8445 §8.1.1 has done away with it
    config.natConfig.iceAlwaysUpdate = False  # a new offer only where another address than the default is used
    config.natConfig.iceWaitNominationTimeoutMsec = FOR_EVER  # sip.ice sees to it that it ends
    return config


def direct_config(settings: SipSettings, srtp: str, versions: Collection[int], address: str) -> pj.AccountConfig:
    """Calls without a registrar: our user at our address."""
    config = base_config(settings, f"sip:{settings.user}@{address}", versions, ice=settings.ice)
    config.mediaConfig.srtpUse, config.mediaConfig.srtpSecureSignaling = SRTP[srtp], 0
    return config
