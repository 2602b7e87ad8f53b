"""All living calls of the SIP process, by our own ids."""

import logging
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import suppress

import pjsua2 as pj

from appliance.base import ids, times
from appliance.core import inputs
from appliance.core.accounts import sip_uris
from appliance.core.model import NO_ACCOUNT, AccessScope, AccountId, CallId, SoundRefusal
from appliance.core.orders import (
    Answer,
    AnswerUpdate,
    CallOrder,
    EarlyMedia,
    HangUp,
    NotifyTransfer,
    OfferCodecs,
    Place,
    Refer,
    Refuse,
    Ring,
    SendDigit,
)
from appliance.sip.stack import translate
from appliance.sip.stack.accounts.caller_auth import Judgement
from appliance.sip.stack.bodies import session_description
from appliance.sip.stack.calls import transfers
from appliance.sip.stack.calls.call import SipCall
from appliance.sip.stack.calls.dialog import Dialog
from appliance.sip.stack.calls.offers import offered, on_hold, unreachable
from appliance.sip.stack.calls.operations import NOT_ACCEPTABLE, RINGING, Post, Through, add_header, operation
from appliance.sip.stack.calls.texts import Messages
from appliance.sip.stack.calls.used_keys import UsedKeys
from appliance.sip.stack.routing.codecs import Codecs
from appliance.sip.stack.routing.failover import InviteAttempt
from appliance.sip.stack.routing.floods import Floods

LOG = logging.getLogger(__name__)
PROGRESS = 183
OK = 200
BEGIN_S = 0.5  # meanwhile the process does nothing else
BEGIN_POLL_MS = 5
OfOneCall = (
    Ring | EarlyMedia | Answer | AnswerUpdate | OfferCodecs | Refuse | HangUp | SendDigit | Refer | NotifyTransfer
)


class CallTable:
    """All living calls by our own ids, as pjsua2 reuses its ids."""

    codecs: Codecs  # set by the engine, once it has codecs
    versions: Collection[int] = (4, 6)  # IP versions that we use

    def __init__(
        self,
        post: Post,
        through: Callable[[AccountId, str], Through | None],
        names: Callable[[str, str], tuple[str, ...]],
    ) -> None:
        """names: the targets' host names that resolve to an address, given with the host that its sender claims."""
        self.post, self._through, self._names = post, through, names
        self.floods = Floods(post)
        self.used_keys = UsedKeys()
        self.transferable: frozenset[CallId] = frozenset()  # see core.desired
        self.replaced: CallId | None = None  # by the INVITE that is arriving
        self._reported = ""  # the INVITE that came last
        self.asking: frozenset[CallId] = frozenset()  # calls about whose changes a client decides
        self.media_changed = False  # some call's audio began, ended or changed its direction
        self._living: dict[CallId, SipCall] = {}
        self._refusals: list[tuple[SipCall, pj.CallOpParam]] = []  # of calls that are not reported
        self.messages = Messages(post, self.get, lambda account: through(account, "off"))

    def __iter__(self) -> Iterator[SipCall]:
        """The calls that are not over."""
        return iter([call for call in self._living.values() if not call.over])

    def get(self, wanted: CallId) -> SipCall | None:
        """Find a living call by its id."""
        call = self._living.get(wanted)
        return call if call is not None and not call.over else None

    def invited(self, at: str) -> tuple[CallId, ...]:
        """The calls whose INVITE went to that host:port, and is not answered."""
        return tuple(call.call for call in self if call.outgoing and not call.confirmed and call.dialog.peer == at)

    def arrived(self, account: Through, slot: int, rdata: pj.SipRxData, judged: Judgement) -> None:
        """An INVITE arrived: pjsua2 needs the object at once, and otherwise answers 500 on its own."""
        message, source = str(rdata.wholeMsg), str(rdata.srcAddress)
        self._reported = message
        call: SipCall = (account.makes or SipCall)(self, account, judged.call or CallId(ids.new("c")), slot)
        self._living[call.call] = call
        replaces, self.replaced = self.replaced, None
        if judged.code:
            self._turned_away(call, message, source, judged)
            return
        sdp = session_description(message)
        call.offers = not sdp
        # From the message, as pjsua stores at most 255 bytes of each
        uri, display_name = translate.party(translate.header(message, "From"))
        sound = self._sound_refused(call, sdp)
        call.their_sdp = sdp
        if sound is not None:
            call.ended_by_us = True
            self._refusals.append((call, operation(NOT_ACCEPTABLE)))
        arrived = inputs.CallArrived(
            at=time.monotonic(),
            call=call.call,
            uri=uri,
            display_name=display_name,
            source=translate.clean(source),
            names=self._names_at(source, uri),
            transport=str(rdata.transport),
            local_uri=translate.party(translate.header(message, "To"))[0],
            headers=translate.own_headers(message),
            account=account.name,
            answer_after_s=translate.answer_after(message),
            expires_s=translate.expires(message),
            diverted=translate.diverted(message),
            # The gate hides a Replaces that names none of our calls from pjsip, but leaves it in the text.
            replaces=(replaces or CallId(ids.new("c"))) if translate.header(message, "Replaces") else None,
            shown=judged.shown,
            browser=judged.browser,
            codecs=offered(sdp),
            refused=0 if sound is None else NOT_ACCEPTABLE,
            reason="" if sound is None else "Not Acceptable Here",
            sound=sound,
        )
        self.post(arrived)
        call.dialog.came(message, source)  # after it, as the caller waits for what the daemon decides

    def _sound_refused(self, call: SipCall, offer: str) -> SoundRefusal | None:
        if unreachable(offer, self.versions):
            return SoundRefusal.ADDRESS
        return SoundRefusal.USED_KEY if self.used_keys.are_of_another(call.call, offer) else None

    def _turned_away(self, call: SipCall, message: str, source: str, judged: Judgement) -> None:
        """Refuse or challenge a call from the loop, without reporting a call."""
        parameters = operation(judged.code)
        if judged.challenge:
            add_header(parameters, "WWW-Authenticate", judged.challenge)
        self._refusals.append((call, parameters))
        if judged.why:
            who = translate.party(translate.header(message, "From"))[0]
            host = translate.clean(source).rpartition(":")[0]
            denied = inputs.AccessDenied(
                at=time.monotonic(), who=who, source=host, scope=AccessScope.CALL, why=judged.why
            )
            self.post(denied)

    def refused(self, prm: pj.OnRejectedIncomingCallParam, name: AccountId, judged: Judgement) -> None:
        """Report an INVITE that pjsua refused on its own, without a call object: we support nothing in its offer.

        One that it had reported before has a call object, which reports its end.
        """
        message, source = str(prm.rdata.wholeMsg), str(prm.rdata.srcAddress)
        if message in {"", self._reported}:
            return
        uri, display_name = translate.party(translate.header(message, "From"))
        arrived = inputs.CallArrived(
            at=time.monotonic(),
            call=judged.call or CallId(ids.new("c")),
            uri=uri,
            display_name=display_name,
            source=translate.clean(source),
            names=self._names_at(source, uri),
            transport=str(prm.rdata.transport),
            local_uri=translate.party(translate.header(message, "To"))[0],
            headers=translate.own_headers(message),
            account=name,
            browser=judged.browser,
            codecs=offered(session_description(message)),
            refused=int(prm.statusCode),
            reason=translate.clean(prm.reason),
        )
        self.post(arrived)

    def written(self, rdata: pj.SipRxData, *, account: AccountId = NO_ACCOUNT, call: CallId | None = None) -> None:
        """Report a MESSAGE."""
        message, source = str(rdata.wholeMsg), str(rdata.srcAddress)
        uri, display_name = translate.party(translate.header(message, "From"))
        came = inputs.MessageReceived(
            at=time.monotonic(),
            uri=uri,
            display_name=display_name,
            source=translate.clean(source),
            names=self._names_at(source, uri),
            transport=str(rdata.transport),
            content=translate.content(message),
            account=account,
            call=call,
        )
        self.post(came)

    def _names_at(self, source: str, uri: str) -> tuple[str, ...]:
        return self._names(sip_uris.host_of(source), (sip_uris.parts(uri) or ("", ""))[1])

    def perform(self, order: CallOrder) -> None:
        """Perform an order; an order for a call that is over has no effect."""
        if isinstance(order, Place):
            self._place(order)
        elif (call := self.get(order.call)) is not None:
            try:
                self._perform(call, order)
            except pj.Error as error:  # the call has progressed meanwhile, and reports that itself
                LOG.info("%s: %s came too late: %s", order.call, type(order).__name__, error.reason)

    def _perform(self, call: SipCall, order: OfOneCall) -> None:  # noqa: C901, PLR0912 - a table
        match order:
            case Ring():
                call.answer(operation(RINGING))
            case EarlyMedia(_, headers) | Answer(_, headers):
                parameters = operation(PROGRESS if isinstance(order, EarlyMedia) else OK)
                for name, value in headers:
                    add_header(parameters, name, value)
                call.answer(parameters)
            case AnswerUpdate(_, code):
                parameters = operation(code)
                if code == OK:
                    parameters.sdp.wholeSdp = on_hold(call.updates.answer) if call.hold.held else call.updates.answer
                call.answer(parameters)
            case OfferCodecs(_, codecs):
                call.updates.want(codecs, time.monotonic())
            case Refuse(_, code, contact, reason, headers):
                call.ended_by_us = True
                parameters = operation(code)
                parameters.reason = translate.clean(reason)
                for name, value in ((("Contact", f"<{contact}>"),) if contact else ()) + headers:
                    add_header(parameters, name, value)
                call.hangup(parameters)
            case HangUp(_, reason, headers):
                call.ended_by_us = True
                if call.attempt is not None and call.attempt.outcome is not None:  # it ends instead of another try
                    return
                call.count()
                parameters = operation()
                for name, value in ((("Reason", reason),) if reason else ()) + headers:
                    add_header(parameters, name, value)
                call.hangup(parameters)
            case SendDigit():
                call.sending.add(order)
            case Refer(other=other):
                transfers.refer(order, call, None if other is None else self.get(other), operation(), self.post)
            case NotifyTransfer():
                call.referred.notify(order, call)

    def again(self, call: SipCall, attempt: InviteAttempt) -> None:
        """Place the call again, at its account's present server.

        pjsip waits up to 32 s for the first server's answer. A late answer goes to a call that is no longer known.
        """
        del self._living[call.call]
        call.call, call.attempt = CallId(ids.new("c")), None
        call.dialog = Dialog(call.call, self.post)  # the message for our death belongs to the next call
        self._living[call.call] = call
        call.ended_by_us, call.over = True, attempt.outcome is not None
        if not call.over:
            with suppress(pj.Error):
                call.hangup(operation())
        self._place(attempt.order)
        if (placed := self._living[attempt.order.call]).attempt is not None:
            placed.attempt.repeated = True

    def _place(self, order: Place) -> None:
        account = self._through(order.account, order.srtp)
        if account is None:
            self.never_placed(order.call, 0, f"The registrar of {order.account} has no address")
            return
        call = SipCall(self, account, order.call)
        call.attempt = InviteAttempt(order, account.server, time.monotonic())
        self._living[order.call] = call
        parameters = operation()
        for name, value in order.headers:
            add_header(parameters, name, value)
        if order.expires_s:
            add_header(parameters, "Expires", str(order.expires_s))
        try:
            call.makeCall(order.uri, parameters)
        except pj.Error as error:  # no route leads there
            call.begun, call.attempt.outcome = True, (0, translate.clean(error.reason))

    def wait_until_begun(self, wanted: CallId) -> None:
        """Wait until its INVITE is sent, which with ICE needs a timer of pjsip, and must use the present route."""
        end = time.monotonic() + BEGIN_S
        while (call := self.get(wanted)) is not None and not call.begun and time.monotonic() < end:
            pj.Endpoint.instance().libHandleEvents(BEGIN_POLL_MS)

    def never_placed(self, call: CallId, code: int, reason: str) -> None:
        """Report the end of a call for which no INVITE was sent."""
        self.post(inputs.CallEnded(at=time.monotonic(), call=call, code=code, reason=reason, remote=False))

    def turn(self, now: float, held: frozenset[CallId]) -> None:
        """Run each call's `turn`, and free ended calls, in this thread and outside any callback."""
        self.floods.turn(now)
        while self._refusals:
            refused, parameters = self._refusals.pop()
            with suppress(pj.Error):  # the caller may have canceled meanwhile
                refused.hangup(parameters)
        for call in self:
            call.turn(now, held=call.call in held)
        self._free_ended()
        self.messages.turn(now)

    def _free_ended(self) -> None:
        """Free ended calls, save one whose slot another call has by now: that would be hung up (see `SipCall`)."""
        if any(call.over for call in self._living.values()):
            taken = {call.getId() for call in self}
            self._living = {key: call for key, call in self._living.items() if not call.over or call.getId() in taken}

    def renew(self) -> None:
        """Our address has changed: inform the far ends.

        Calls of an account wait until it is registered from the new address, since pjsua announces the registered
        address.
        """
        for call in self:
            call.renew_at = time.monotonic() + (times.current.account_renewed_s if call.account_name else 0.0)
            call.elsewhere = True

    def registered(self, account: AccountId, *, moved: bool) -> None:
        """The account is registered from our present address. `moved`: by another connection than before.

        A connection has its own port, which is the one that its calls have announced to their far ends.
        """
        for call in self:
            if call.account_name == account and (moved or call.renew_at is not None):
                call.renew_at = time.monotonic()

    def clear(self) -> None:
        """Free all calls, before the endpoint."""
        self.floods.close()
        self._refusals.clear()
        self._living.clear()
