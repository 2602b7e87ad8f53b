"""SUBSCRIBE for contacts' states (RFC 6665), as pjsua2's buddies: reports their states, and ended subscriptions."""

import re
import time

import pjsua2 as pj

from appliance.core import inputs
from appliance.core.model import ContactState, Package
from appliance.core.orders import Subscribe
from appliance.sip.stack import translate
from appliance.sip.stack.callbacks import contained
from appliance.sip.stack.calls.operations import Post

BEGUN = 200
PARAMETER = re.compile(r";\s*(reason|retry-after)\s*=\s*([^;\s]+)", re.IGNORECASE)


class Subscription(pj.Buddy):
    """One SUBSCRIBE, its renewals by pjsua, and its reports. Freeing the object ends the subscription at the server."""

    def __init__(self, table: "Subscriptions", order: Subscribe) -> None:
        super().__init__()
        self.table, self.contact, self.package = table, order.contact, order.package
        from appliance.sip.stack.accounts import presence_xml  # noqa: PLC0415  late: where a contact is watched

        self._xml, self._dialogs = presence_xml, presence_xml.Dialogs()

    @contained
    def onBuddyEvSubState(self, prm: pj.OnBuddyEvSubStateParam) -> None:  # noqa: N802
        """Presence: SUBSCRIBE was answered, or NOTIFY came."""
        self._happened(prm.e)

    @contained
    def onBuddyEvSubDlgEventState(self, prm: pj.OnBuddyEvSubStateParam) -> None:  # noqa: N802
        """Dialogs: SUBSCRIBE was answered, or NOTIFY came."""
        self._happened(prm.e)

    def _happened(self, event: pj.SipEvent) -> None:
        over = self.getInfo().subState == pj.PJSIP_EVSUB_STATE_TERMINATED
        message = translate.received(event)
        if message.startswith("NOTIFY "):
            if over:
                given = dict(PARAMETER.findall(translate.header(message, "Subscription-State").lower()))
                after = given.get("retry-after", "")
                seconds = float(after[:6]) if after.isascii() and after.isdigit() else None
                self.table.ended(self, BEGUN, translate.clean(given.get("reason", "")), seconds)
            else:
                self.table.notified(self, *self._read(message))
        elif over and event.type == pj.PJSIP_EVENT_TSX_STATE:
            transaction = event.body.tsxState.tsx
            code = 0 if translate.nothing_came(event) else int(transaction.statusCode)
            self.table.ended(self, code, translate.clean(transaction.statusText), None)
        elif over:
            self.table.ended(self, 0, "It ran out", None)

    def _read(self, message: str) -> tuple[ContactState, str]:
        body = translate.body(message)
        if not body.strip():  # the server does not know the state yet, or may not reveal it
            return ContactState.UNKNOWN, translate.clean(translate.header(message, "Subscription-State"))
        try:
            match self.package:
                case Package.PRESENCE:
                    return self._xml.presence(body), ""
                case Package.DIALOG:
                    return self._dialogs.take(body), ""
        except self._xml.UnreadableError:
            return ContactState.UNKNOWN, self._xml.UNREADABLE


class Subscriptions:
    """All subscriptions. A new one replaces the contact's earlier one at its first report."""

    def __init__(self, post: Post) -> None:
        self._post = post
        self._asked: dict[str, Subscription] = {}  # without a report so far
        self._reported: dict[str, Subscription] = {}
        self._over: list[Subscription] = []  # to be freed outside callbacks

    def subscribe(self, account: pj.Account, order: Subscribe) -> None:
        """Begin a subscription."""
        self._drop(self._asked, order.contact)
        made = self._asked[order.contact] = Subscription(self, order)
        config = pj.BuddyConfig()
        config.uri = order.uri
        try:
            made.create(account, config)
            if order.package is Package.PRESENCE:
                made.subscribePresence(True)
            else:
                made.subscribeDlgEvent(True)
        except pj.Error as error:
            self.ended(made, 0, translate.clean(error.reason), None)

    def unsubscribe(self, contact: str) -> None:
        """End a contact's subscriptions."""
        self._drop(self._asked, contact)
        self._drop(self._reported, contact)

    def failed(self, contact: str, why: str) -> None:
        """Report a subscription that could not be requested."""
        self._post(inputs.SubscriptionEnded(at=time.monotonic(), contact=contact, code=0, reason=why))

    def notified(self, which: Subscription, state: ContactState, reason: str) -> None:
        """A server reported a contact's state."""
        contact = which.contact
        if self._asked.get(contact) is which:
            del self._asked[contact]
            self._drop(self._reported, contact)
            self._reported[contact] = which
        if self._reported.get(contact) is which:
            self._post(inputs.ContactNotified(at=time.monotonic(), contact=contact, state=state, reason=reason))

    def ended(self, which: Subscription, code: int, reason: str, retry_after_s: float | None) -> None:
        """A subscription has ended: reported unless another one has replaced it or is about to."""
        contact = which.contact
        last = self._asked.get(contact, self._reported.get(contact)) is which
        for table in (self._asked, self._reported):
            if table.get(contact) is which:
                self._drop(table, contact)
        if last:
            self._drop(self._reported, contact)
            at = time.monotonic()
            self._post(
                inputs.SubscriptionEnded(at=at, contact=contact, code=code, reason=reason, retry_after_s=retry_after_s)
            )

    def turn(self) -> None:
        """Free ended subscriptions: pjsua would renew them."""
        self._over.clear()

    def clear(self) -> None:
        """Free all subscriptions, before the accounts."""
        self._asked.clear()
        self._reported.clear()
        self._over.clear()

    def _drop(self, table: dict[str, Subscription], contact: str) -> None:
        if contact in table:
            self._over.append(table.pop(contact))
