"""Accounts in pjsua2: one for calls straight from address to address, and one at each registrar.

When to register is the core's to say: pjsua2's own retries are off. Names are resolved here, in threads of their own,
as pjsip would block in the system's resolver for as long as no DNS server answers.
"""

import ipaddress
import logging
import queue
import re
import socket
import threading
import time

import pjsua2 as pj

from appliance.core import inputs
from appliance.core.model import NO_ACCOUNT, AccountId
from appliance.core.orders import AccountOrder, Register
from appliance.sip import translate
from appliance.sip.callbacks import contained
from appliance.sip.calls import Calls, Post
from appliance.sip.settings import AccountSettings, SipSettings

LOG = logging.getLogger(__name__)
NAME_KEPT_S = 60.0  # a registrar's address is looked up again after this long, and after each failure
BUSY_S = 0.1
FORBIDDEN = 403
BUSY = {70011, 171001}  # PJ_EBUSY, PJSIP_EBUSY
SECONDS = re.compile(r"[0-9]{1,9}")


class Account(pj.Account):
    """What takes the calls to one of our addresses."""

    name = NO_ACCOUNT
    calls: Calls

    @contained
    def onIncomingCall(self, prm: pj.OnIncomingCallParam) -> None:  # noqa: N802
        """An INVITE outside any dialog. Answered later, from the loop: in here pjsip asserts on the request."""
        self.calls.arrived(self, self.name, prm.callId, str(prm.rdata.wholeMsg), str(prm.rdata.srcAddress))

    @contained
    def onIncomingSubscribe(self, prm: pj.OnIncomingSubscribeParam) -> None:  # noqa: N802
        """SUBSCRIBE (RFC 6665): nobody is told of our presence. pjsua2 would keep each for an hour."""
        self.calls.floods.refuses(str(prm.rdata.srcAddress), time.monotonic())
        prm.code = FORBIDDEN

    @contained
    def onInstantMessage(self, prm: pj.OnInstantMessageParam) -> None:  # noqa: N802
        """MESSAGE (RFC 3428) is answered by pjsua2, and read by nobody; who sends too many is turned away."""
        self.calls.floods.refuses(str(prm.rdata.srcAddress), time.monotonic())


class Registration(Account):
    """An account at a registrar. `wish`: what the core wants and pjsip has not begun yet, True to register."""

    def __init__(self, settings: AccountSettings, post: Post) -> None:
        super().__init__()
        self.settings, self.name, self.post = settings, AccountId(settings.name), post
        self.wish: bool | None = None
        self.not_before = 0.0
        self.address = self.known_address()  # of the registrar, "" until its name was resolved
        self.resolved_at = 0.0
        self.resolving = self.created = False

    def known_address(self) -> str:
        """The registrar's address where it is configured by one, else ""."""
        try:
            return str(ipaddress.IPv4Address(self.settings.host))
        except ValueError:
            return ""

    @contained
    def onRegState(self, prm: pj.OnRegStateParam) -> None:  # noqa: N802
        """A REGISTER was answered, or came to nothing."""
        code, message, at = int(prm.code), str(prm.rdata.wholeMsg), time.monotonic()
        if code // 100 != 2:  # noqa: PLR2004 - RFC 3261 §21.2
            self.fail(code if message else 0, reason_of(code, translate.clean(prm.reason), message), message)
        elif prm.expiration > 0:
            server = translate.clean(str(prm.rdata.srcAddress))
            granted = float(prm.expiration)
            self.post(inputs.Registered(at=at, account=self.name, expires_s=granted, server=server))
        else:
            self.post(inputs.Unregistered(at=at, account=self.name))

    def fail(self, code: int, reason: str, message: str = "") -> None:
        """Tell that it came to nothing."""
        self.resolved_at = 0.0  # it may have moved
        after = SECONDS.match(translate.header(message, "Retry-After"))
        failed = inputs.RegistrationFailed(
            at=time.monotonic(),
            account=self.name,
            code=code,
            reason=reason,
            retry_after_s=float(after[0]) if after else None,
        )
        self.post(failed)


class Accounts:
    """All accounts of the process, and the calls through them."""

    def __init__(self, settings: SipSettings, udp: int, address: str, post: Post) -> None:
        self._settings, self._udp = settings, udp
        self.calls = Calls(post, self._through)
        self._direct = Account()
        self._direct.calls = self.calls
        self._direct.create(direct_config(settings, address))
        self._registrations = {AccountId(each.name): Registration(each, post) for each in settings.accounts}
        self._found: queue.SimpleQueue[tuple[AccountId, str, str]] = queue.SimpleQueue()  # name, address, why not
        for registration in self._registrations.values():
            registration.calls = self.calls
            if registration.address:
                self._create(registration)

    def perform(self, order: AccountOrder) -> None:
        """Register or unregister; what comes of it is told later."""
        registration = self._registrations[order.account]
        registration.wish = isinstance(order, Register)
        literal = bool(registration.known_address())
        if not literal and time.monotonic() - registration.resolved_at > NAME_KEPT_S and not registration.resolving:
            registration.resolving = True
            threading.Thread(target=self._resolve, args=(registration,), daemon=True).start()
        self._carry_out(registration)

    def turn(self, now: float) -> None:
        """What is due: names that were resolved, wishes that pjsip was too busy for."""
        while not self._found.empty():
            self._resolved(*self._found.get())
        for registration in self._registrations.values():
            if registration.wish is not None and now >= registration.not_before:
                self._carry_out(registration)

    def clear(self) -> None:
        """Free all, before the endpoint goes."""
        for account in [*(each for each in self._registrations.values() if each.created), self._direct]:
            account.shutdown()
            del account.calls
        self._registrations.clear()
        del self._direct, self.calls

    def _through(self, name: AccountId) -> pj.Account | None:
        if name == NO_ACCOUNT:
            return self._direct
        registration = self._registrations[name]
        return registration if registration.created else None

    def _carry_out(self, registration: Registration) -> None:
        if registration.resolving or registration.wish is None:
            return
        wish, registration.wish = registration.wish, None
        if not registration.created:
            return
        try:
            registration.setRegistration(wish)
        except pj.Error as error:
            if error.status in BUSY:  # the one before is not answered yet
                registration.wish, registration.not_before = wish, time.monotonic() + BUSY_S
            else:
                registration.fail(0, translate.clean(error.reason))

    def _resolve(self, registration: Registration) -> None:
        """In a thread of its own: nothing of pjsua2 here."""
        host, why, address = registration.settings.host, "", ""
        try:
            found = socket.getaddrinfo(host, None, socket.AF_INET, socket.SOCK_DGRAM)
            address = str(found[0][4][0])
        except (OSError, UnicodeError) as error:
            why = f"the name {host} can not be resolved: {error}"
        self._found.put((registration.name, address, why))

    def _resolved(self, name: AccountId, address: str, why: str) -> None:
        registration = self._registrations[name]
        registration.resolving = False
        if address:
            registration.resolved_at = time.monotonic()
            moved = registration.created and address != registration.address
            registration.address = address
            if not registration.created:
                self._create(registration)
            elif moved:
                registration.wish = None  # pjsua2 registers by itself at the new address
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
        """By TCP, only registrars may connect to us."""
        registrars = (each for each in self._registrations.values() if each.settings.transport == "tcp")
        self.calls.floods.admit({each.address for each in registrars if each.address})

    def _config(self, registration: Registration) -> pj.AccountConfig:
        account = registration.settings
        config = base_config(self._settings, f"sip:{account.user}@{account.domain}")
        config.regConfig.registrarUri = f"sip:{account.domain}"
        config.regConfig.registerOnAdd = False
        config.regConfig.timeoutSec = account.expires_s
        config.regConfig.retryIntervalSec = config.regConfig.firstRetryIntervalSec = 0
        # Where to send is said by a route that is never written into the message (hide): so the address may come from
        # our own resolver, and the domain need not be a name of the network's.
        route = f"<sip:{registration.address}:{account.port};transport={account.transport};lr;hide>"
        config.sipConfig.proxies.append(route)
        config.sipConfig.authCreds.append(pj.AuthCredInfo("digest", "*", account.auth_user, 0, account.password))
        if account.transport == "udp":
            config.sipConfig.transportId = self._udp
        return config


def base_config(settings: SipSettings, uri: str) -> pj.AccountConfig:
    """What all accounts have: our name, and sound from our address."""
    config = pj.AccountConfig()
    name = settings.display_name.replace("\\", "\\\\").replace('"', '\\"')
    config.idUri = f'"{name}" <{uri}>' if name else f"<{uri}>"
    config.mediaConfig.transportConfig.boundAddress = settings.address
    return config


def direct_config(settings: SipSettings, address: str) -> pj.AccountConfig:
    """Calls without a registrar: our user at our address."""
    return base_config(settings, f"sip:{settings.user}@{address}")


def reason_of(code: int, reason: str, message: str) -> str:
    """The reason phrase, with the new address where the registrar has moved (RFC 3261 §21.3)."""
    contact = translate.header(message, "Contact") if code // 100 == 3 else ""  # noqa: PLR2004
    return f"{reason}, to {translate.address(contact)[0]}" if contact else reason
