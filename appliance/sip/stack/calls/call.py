"""A call in pjsua2: reports its progress, and performs orders."""

import logging
import time

import pjsua2 as pj
from msgspec.structs import replace

from appliance.base import times
from appliance.core import inputs
from appliance.core.model import CallId, Codec, DigitMethod, MessageMethod, SoundRefusal, UpdateChange
from appliance.sip.stack import translate
from appliance.sip.stack.bodies import contents, has_sdp, session_description
from appliance.sip.stack.callbacks import contained
from appliance.sip.stack.calls import dtmf, offers, operations, transfers
from appliance.sip.stack.calls.dialog import Dialog
from appliance.sip.stack.calls.dtmf import Once, Press, Receiving, Sending, Unread
from appliance.sip.stack.calls.hold import HoldNegotiation, Reinvites, after_glare
from appliance.sip.stack.calls.ice import Ice
from appliance.sip.stack.calls.offers import OfferedAudio, audio, refusal, unreachable
from appliance.sip.stack.calls.operations import NOT_ACCEPTABLE, RINGING, Shared, Through, described, operation
from appliance.sip.stack.calls.packets import Packets
from appliance.sip.stack.calls.updates import Updates
from appliance.sip.stack.media.dtmf_tones import Keys
from appliance.sip.stack.routing import failover

LOG = logging.getLogger(__name__)
REFUSED = 300
PENDING = 491
REQUEST_TIMEOUT = 408
ENCRYPTED = "SRTP status: Active"  # in pjsua's report on a call, the only source
NO_SOUND = {pj.PJSUA_CALL_MEDIA_NONE, pj.PJSUA_CALL_MEDIA_ERROR}
EVENT_END = 2  # PJMEDIA_STREAM_DTMF_IS_END, which pjsua2 does not export


class SipCall(pj.Call):
    """One call. Freeing it hangs up whatever call is in its slot: so only `Calls` holds it, and frees ended ones."""

    browser = False  # it has one offer for good, and no time without packets

    def __init__(self, table: Shared, account: Through, call: CallId, slot: int = pj.PJSUA_INVALID_ID) -> None:
        super().__init__(account, slot)
        self.account, self.account_name = account, account.name
        self.table, self.call, self.outgoing = table, call, slot == pj.PJSUA_INVALID_ID
        self.ended_by_us = self.over = self.confirmed = self.tried = self.key_reused = False
        self.attempt: failover.InviteAttempt | None = None  # of an outgoing call, until it is answered
        self.reason_header = self.challenge = ""  # the latter: why a password that is wanted could not be given
        self.end_headers: translate.Headers = ()  # of the message that ended the call
        self.transfer_headers: translate.Headers = ()  # of a transfer's last message: REFER, its answer, or NOTIFY
        self.dialog, self.referred = Dialog(call, table.post), transfers.Referred()
        self.contacts: list[str] = []  # of a 3xx
        self.audio: int | None = None  # index of the medium that has a stream
        self.sends = self.receives = False  # as negotiated, from our side
        self.codec: Codec | None = None
        self.their_address = self.our_sdp = self.their_sdp = ""  # for RTP; the last ones that were sent, and came
        self.updates, self.packets = Updates(call, table.post), Packets(call, table.post)
        self.hold, self.ice = HoldNegotiation(), Ice()
        self.begun = False  # its INVITE has been sent
        self.offers = False  # its INVITE had no offer: ours is in the 200, and the answer in the ACK
        self.reinvites = Reinvites()
        self.updating = False  # pjsua's UPDATE, to choose one codec, is unanswered: a re-INVITE would repeat it
        self.renew_at: float | None = None  # when to inform the far end of our new address
        self.renewing = self.elsewhere = False  # that is in progress; our IP address has changed as well
        self.sending, self.receiving, self.once, self.unread = Sending(), Receiving(), Once(), Unread()
        self.takes_events, self.keys = True, Keys()
        self.signals_digits = False  # the far end signals digits; many gateways nevertheless leave them in the sound

    @contained
    def onCallState(self, prm: pj.OnCallStateParam) -> None:  # noqa: N802
        """The INVITE session progressed (RFC 3261 §13; states of pjsip_inv_state)."""
        self._watch_dialog(prm.e)  # before the daemon is informed, which may have to end the call from then on
        self.begun = True
        info, at = self.getInfo(), time.monotonic()
        if info.state == pj.PJSIP_INV_STATE_EARLY and self.outgoing:
            message = translate.received(prm.e)
            self.their_sdp = session_description(message) or self.their_sdp
            code, early, headers = int(info.lastStatusCode), has_sdp(message), translate.own_headers(message)
            progressed = inputs.CallProgressed(at=at, call=self.call, code=code, early_media=early, headers=headers)
            self.table.post(progressed)
        elif info.state == pj.PJSIP_INV_STATE_CONNECTING:
            message = translate.received(prm.e) if self.outgoing else ""
            if self.outgoing and (why := self._sound_refused(self.their_sdp)) is not None:
                self.table.post(inputs.SoundRefused(at=at, call=self.call, why=why))
            else:
                headers = translate.own_headers(message)
                self.table.post(inputs.CallAnswered(at=at, call=self.call, headers=headers))
        elif info.state == pj.PJSIP_INV_STATE_CONFIRMED:
            self.confirmed, self.attempt = True, None
            self.packets.begin(at)
            self.table.post(inputs.CallConfirmed(at=at, call=self.call))
            acknowledged = self.offers and prm.e.type == pj.PJSIP_EVENT_RX_MSG
            if acknowledged and not has_sdp(str(prm.e.body.rxMsg.rdata.wholeMsg)):
                self.table.post(inputs.SoundRefused(at=at, call=self.call, why=SoundRefusal.NO_ANSWER))
        elif info.state == pj.PJSIP_INV_STATE_DISCONNECTED:
            self.count()
            code = 0 if translate.nothing_came(prm.e) else int(info.lastStatusCode)
            reason = translate.clean(info.lastReason)
            transaction = prm.e.body.tsxState.tsx
            ours = transaction.method == "BYE" and transaction.role == pj.PJSIP_ROLE_UAC
            if ours and self.codec is None and self.audio is None and not self.ended_by_us:  # an unusable answer
                self.ended_by_us, code, reason = True, NOT_ACCEPTABLE, "Not Acceptable Here"
            self.ended_by_us |= not self.outgoing and not self.confirmed and code in operations.OF_PJSUA
            if transaction.method == "INVITE" and self.outgoing:  # refused; see _read_headers for the others
                final = translate.received(prm.e)
                self.end_headers, self.challenge = translate.own_headers(final), operations.unanswerable(code, final)
            # `Accounts` knows whether there is another server.
            if self.ended_by_us or not failover.may_help(self.attempt, code, reason, tried=self.tried):
                # pjsip sent BYE because our request got no answer (RFC 3261 §12.2.1.2): nobody hung up.
                unanswered = ours and code == REQUEST_TIMEOUT
                self.end(code, reason, remote=not (self.ended_by_us or unanswered) and code != 0)

    @contained
    def onCallTsxState(self, prm: pj.OnCallTsxStateParam) -> None:  # noqa: N802
        """A transaction progressed: BYE or CANCEL brought a Reason header, or our re-INVITE was answered."""
        event = prm.e.body.tsxState
        transaction = event.tsx
        self._read_headers(transaction, translate.received(prm.e))
        # After a refusal the transaction stays in COMPLETED for 32 s (RFC 3261 §17.1.1.2): its end is no news.
        final = transaction.state == pj.PJSIP_TSX_STATE_COMPLETED or (
            transaction.state == pj.PJSIP_TSX_STATE_TERMINATED and event.prevState != pj.PJSIP_TSX_STATE_COMPLETED
        )
        code, reason = int(transaction.statusCode), translate.clean(transaction.statusText)
        ours = transaction.role == pj.PJSIP_ROLE_UAC
        self._watch(transaction)
        self._watch_dialog(prm.e)
        if transaction.method == "INFO":
            if ours and final:
                self._message_answered(MessageMethod.INFO, 0 if translate.nothing_came(prm.e) else code, reason)
            elif not ours and transaction.state == pj.PJSIP_TSX_STATE_TRYING:
                self._informed(translate.received(prm.e))
        elif transaction.method == "REFER" and not ours:
            self.referred.message = translate.received(prm.e) or self.referred.message
        elif transaction.method == "REFER" and final and translate.nothing_came(prm.e):
            self._transferred(0, "No answer")  # pjsua makes a 500 of it, which then comes too late
        elif self.confirmed and transaction.method == "INVITE" and ours:
            self._reinvited(event, code, reason, final=final)
        elif self.confirmed and final and not ours and code != PENDING and transaction.method in {"INVITE", "UPDATE"}:
            self.updates.answered(code, reason)

    @contained
    def onCallRxReinvite(self, prm: pj.OnCallRxReinviteParam) -> None:  # noqa: N802
        """A re-INVITE with an offer: it may wait for a client's decision. Otherwise onCallRxOffer follows."""
        if self.call in self.table.asking and not unreachable(str(prm.offer.wholeSdp), self.table.versions):
            told = described(str(prm.rdata.wholeMsg))
            prm.isAsync = self.updates.comes(*self._offer(prm.offer), told, asked=True)

    @contained
    def onCallRxOffer(self, prm: pj.OnCallRxOfferParam) -> None:  # noqa: N802
        """An offer by re-INVITE, or by UPDATE, which cannot wait for a client's decision (RFC 3311 §5.2)."""
        told = described(str(prm.rdata.wholeMsg))
        changes = self.updates.comes(*self._offer(prm.offer), told, asked=False)
        refused = unreachable(str(prm.offer.wholeSdp), self.table.versions) or self.table.used_keys.are_of_another(
            self.call, prm.offer.wholeSdp
        )
        if refused or (changes and self.call in self.table.asking):
            prm.statusCode = NOT_ACCEPTABLE

    @contained
    def onCallSdpCreated(self, prm: pj.OnCallSdpCreatedParam) -> None:  # noqa: N802
        """Our side of an offer and its answer: stored while the far end's offer waits.

        An offer in a call that is not about codecs has the codec in use first: a PBX that cannot convert ends the call
        where the codec changes.
        """
        if self.updates.waits:
            self.updates.answer = str(prm.sdp.wholeSdp)
        elif self.codec is not None and not prm.remSdp.wholeSdp and not self.updates.chooses:
            prm.sdp.wholeSdp = offers.preferring(str(prm.sdp.wholeSdp), self.codec.name)

    @contained
    def onInstantMessage(self, prm: pj.OnInstantMessageParam) -> None:  # noqa: N802
        """MESSAGE in the call (RFC 3428), which pjsua2 has answered with 200."""
        self.table.written(prm.rdata, call=self.call)

    @contained
    def onInstantMessageStatus(self, prm: pj.OnInstantMessageStatusParam) -> None:  # noqa: N802
        """Our MESSAGE in the call was answered."""
        code = int(prm.code) if str(prm.rdata.wholeMsg) else 0
        self._message_answered(MessageMethod.MESSAGE, code, translate.clean(prm.reason))

    @contained
    def onCallMediaState(self, prm: pj.OnCallMediaStateParam) -> None:  # noqa: N802, ARG002
        """An offer was answered: audio has a direction, a codec and a port in the bridge."""
        before, now = self.codec, time.monotonic()
        self.audio, self.sends, self.receives = None, False, False
        self.ice.begin(now)
        info = self.getInfo()  # kept: SWIG frees it with all its parts once no Python name refers to it
        for media in info.media:
            if media.type == pj.PJMEDIA_TYPE_AUDIO and media.status not in NO_SOUND:
                self.audio = int(media.index)
                self.sends = bool(media.dir & pj.PJMEDIA_DIR_ENCODING)
                self.receives = bool(media.dir & pj.PJMEDIA_DIR_DECODING)
                if self.sends or self.receives:
                    stream = self.getStreamInfo(media.index)
                    self.codec, self.their_address = translate.codec(stream), translate.clean(stream.remoteRtpAddress)
                    self.takes_events = stream.audTxEventPt >= 0
                break
        self.table.media_changed = True
        if self.codec != before:
            self.packets.begin(now)
        if self.audio is not None:  # without a codec while the far end has held from its first offer or answer
            # A far end that does not let us send holds us (RFC 3264 §8.4); while only we hold, "sends" stays true.
            if srtp := self.browser or ENCRYPTED in self.dump(True, ""):  # a browser's key is still to come
                self.table.used_keys.use(self.call, self.their_sdp)
            held, receives, events = not self.sends, self.receives, self.takes_events
            started = inputs.MediaStarted(
                at=now, call=self.call, codec=self.codec, held=held, receives=receives, events=events, srtp=srtp
            )
            self.table.post(started)

    @contained
    def onStreamDestroyed(self, prm: pj.OnStreamDestroyedParam) -> None:  # noqa: N802
        """A stream ends with a hold, another codec or the call: its counters are added to the whole call's."""
        if not self.over and int(prm.streamIdx) == self.audio:
            self.packets.close(self, self.audio, report=self.confirmed)
            self.receiving.stream_ended(time.monotonic())

    @contained
    def onDtmfEvent(self, prm: pj.OnDtmfEventParam) -> None:  # noqa: N802
        """A packet of an RFC 4733 event; 16 (flash) and higher numbers are not digits."""
        digit, now = translate.clean(prm.digit), time.monotonic()
        if prm.method == pj.PJSUA_DTMF_METHOD_RFC2833 and digit in dtmf.DIGITS:
            self.signals_digits = True
            event, last = (digit, int(prm.timestamp)), bool(prm.flags & EVENT_END)
            self._report_digits(self.receiving.packet(event, int(prm.duration), now, last=last), DigitMethod.RFC4733)

    def onCallRedirected(self, prm: pj.OnCallRedirectedParam) -> int:  # noqa: N802
        """3xx (RFC 3261 §8.1.3.4), once for each Contact: recorded, and rejected, so that pjsip itself calls nobody.

        pjsip would send the next INVITE along the first one's route. "stop", pjsua2's default, would end the call with
        our own 487.
        """
        self._redirected(prm)
        return int(pj.PJSIP_REDIRECT_REJECT)

    @contained
    def _redirected(self, prm: pj.OnCallRedirectedParam) -> None:
        self.contacts.append(translate.address(prm.targetUri)[0])

    @contained
    def onCallTransferStatus(self, prm: pj.OnCallTransferStatusParam) -> None:  # noqa: N802
        """REFER was answered, or a NOTIFY reported its progress."""
        self._transferred(int(prm.statusCode), translate.clean(prm.reason))

    @contained
    def onCallTransferRequest(self, prm: pj.OnCallTransferRequestParam) -> None:  # noqa: N802
        """REFER (RFC 3515). The core's orders carry out an accepted one (packaging/pjsua2/patches)."""
        prm.statusCode = self.referred.answer(welcome=self.call in self.table.transferable)
        if prm.statusCode != transfers.PENDING:
            self.table.post(self.referred.request(self.call, prm.dstUri, prm.statusCode))

    @contained
    def onCallReplaceRequest(self, prm: pj.OnCallReplaceRequestParam) -> None:  # noqa: N802
        """Note an INVITE with Replaces (RFC 3891) for this call. Its sender gets 180, like each caller."""
        prm.statusCode = RINGING
        self.table.replaced = self.call

    def audio_media(self) -> pj.AudioMedia | None:
        """The call's port in the bridge, None without audio."""
        if self.over or self.audio is None:
            return None
        try:
            return self.getAudioMedia(self.audio)
        except pj.Error:
            return None

    def count(self) -> None:
        """Report the counters once more, while there is still a stream."""
        if self.confirmed and self.audio is not None:
            self.packets.count(self, self.audio)

    def end(self, code: int, reason: str, *, remote: bool) -> None:
        """Report the call's end once."""
        if self.over:
            return
        self.over = True
        self.table.media_changed = True
        ended = inputs.CallEnded(
            at=time.monotonic(),
            call=self.call,
            code=code,
            reason=reason,
            remote=remote,
            reason_header=self.reason_header,
            contacts=tuple(self.contacts),
            headers=self.end_headers,
            tried=self.tried,
            challenge=self.challenge,
        )
        self.table.post(ended)

    def heard(self, presses: list[tuple[str, int]]) -> None:
        """Report digits heard in the received sound, with durations in milliseconds."""
        if not self.signals_digits:
            self._report_digits(presses, DigitMethod.INBAND)

    @property
    def busy(self) -> bool:
        """Whether something is under way that has no event of its own, so that `turn` must come soon."""
        waits = self.renew_at is not None or self.hold.asked is not None or self.updates.busy or self.updating
        return waits or self.sending.busy or self.receiving.busy or self.ice.runs or self.packets.busy

    def turn(self, now: float, *, held: bool) -> None:
        """Process due changes of the hold, digits and re-INVITEs, and check the packets."""
        if self.key_reused and not self.ended_by_us:
            self.ended_by_us = True
            self.table.post(inputs.SoundRefused(at=now, call=self.call, why=SoundRefusal.USED_KEY))
            self.hangup(operation(NOT_ACCEPTABLE))
        if (refusal := self.reinvites.lasting()) is not None:
            self._reinvite_answered(*refusal)
        self._report_digits(self.receiving.turn(now), DigitMethod.RFC4733)
        gone, press = self.sending.turn(now)
        if gone is not None:
            self.table.post(inputs.DigitSent(at=now, call=self.call, digit=gone.digit, hidden=gone.hidden))
        if press is not None:
            self._send_digit(press)
        free = self.confirmed and not self.updating and not self.browser
        if free and self.hold.due(held, now):
            self._reinvite(held, now)
        if free and self.renew_at is not None and now >= self.renew_at:
            self._renew(now)
        if free and self.updates.due(now):
            self._offer_codecs(now)
        if free and self.reinvites.due(now):
            self._refresh(now)
        if self.ice.due(now) and (news := self.ice.news(self.call, self.dump(True, ""), now)) is not None:
            self.table.post(news)
        both = self.sends and self.receives and (self.browser or not self.ice.runs)
        early = self.outgoing and self.receives and not self.confirmed
        self.packets.turn(
            self, self.audio, now, both=both, confirmed=self.confirmed, early=early, announced=self.their_address
        )

    def _sound_refused(self, answer: str) -> SoundRefusal | None:
        """How the answer to our last offer refuses the sound, or cannot be used; None if it can."""
        elsewhere = SoundRefusal.ADDRESS if unreachable(answer, self.table.versions) else None
        return refusal(self.our_sdp, answer, self.table.codecs.configured) or elsewhere

    def _message_answered(self, method: MessageMethod, code: int, reason: str) -> None:
        self.table.messages.answered((self.call, method, ""), code, reason)

    def _transferred(self, code: int, reason: str) -> None:
        headers, self.transfer_headers = self.transfer_headers, ()
        self.table.post(
            inputs.TransferProgressed(at=time.monotonic(), call=self.call, code=code, reason=reason, headers=headers)
        )

    def _informed(self, message: str) -> None:
        """INFO (RFC 6086): a digit, also as a part of its body, and never reported as content; or other content."""
        content = translate.content(message)
        digit = next((each for each in (*contents(message), content) if dtmf.carries(each)), None)
        if digit is None:
            self.table.post(inputs.InfoReceived(at=time.monotonic(), call=self.call, content=content))
        elif (press := dtmf.signalled(digit.body)) is not None:
            self.signals_digits = True
            self._report_digits([press], DigitMethod.INFO)
        elif self.unread.is_new(digit.type):
            self.table.post(inputs.DigitUnreadable(at=time.monotonic(), call=self.call, content_type=digit.type))

    def _send_digit(self, press: Press) -> None:
        sound = self.audio_media()
        try:
            if not press.inband:
                event = pj.CallSendDtmfParam()
                event.method, event.digits = pj.PJSUA_DTMF_METHOD_RFC2833, press.digit
                event.duration = round(press.tone_s * 1000)
                self.sendDtmf(event)
            elif sound is not None:
                self.keys.press(press, sound)
        except pj.Error as error:  # its sound is being negotiated, or it has none
            LOG.warning("%s: digits were not sent: %s", self.call, error.reason)
            self.sending.drop()
            self.table.post(
                inputs.DigitsNotSent(at=time.monotonic(), call=self.call, why=translate.clean(error.reason))
            )

    def _report_digits(self, presses: list[tuple[str, int]], method: DigitMethod) -> None:
        now = time.monotonic()
        if presses and method is not DigitMethod.INFO:
            self.packets.look_at_source(self, self.audio, self.their_address)
        for digit, duration_ms in presses:
            if self.once.is_new(digit, method, now - duration_ms / 1000, now):
                self.table.post(
                    inputs.DigitReceived(at=now, call=self.call, digit=digit, method=method, duration_ms=duration_ms)
                )

    def _read_headers(self, transaction: pj.SipTransaction, message: str) -> None:
        if not message:
            return
        if transaction.method in {"BYE", "CANCEL"} and transaction.role == pj.PJSIP_ROLE_UAS:
            self.reason_header = translate.header(message, "Reason") or self.reason_header
            self.end_headers = translate.own_headers(message)
        elif transaction.method in {"REFER", "NOTIFY"}:
            self.transfer_headers = translate.own_headers(message)

    def _watch(self, transaction: pj.SipTransaction) -> None:
        if transaction.method == "INVITE" and transaction.state == pj.PJSIP_TSX_STATE_PROCEEDING:
            self.tried = True  # at least 100 came
        if transaction.method == "UPDATE" and transaction.role == pj.PJSIP_ROLE_UAC:
            self.updating = transaction.state < pj.PJSIP_TSX_STATE_COMPLETED
            self.reinvites.updated(0 if self.updating else int(transaction.statusCode), time.monotonic())

    def _watch_dialog(self, happened: pj.SipEvent) -> None:
        event = happened.body.tsxState
        if self.over or happened.type != pj.PJSIP_EVENT_TSX_STATE or event.tsx.method not in {"INVITE", "UPDATE"}:
            return
        if event.type == pj.PJSIP_EVENT_TX_MSG:
            message = str(event.src.tdata.wholeMsg)
            if message.startswith("INVITE"):
                self.our_sdp = session_description(message)
            self.dialog.sent(message, str(event.src.tdata.dstAddress))
        elif event.type == pj.PJSIP_EVENT_RX_MSG:
            self.dialog.came(message := str(event.src.rdata.wholeMsg), str(event.src.rdata.srcAddress))
            self.their_sdp = session_description(message) or self.their_sdp
            if event.tsx.role == pj.PJSIP_ROLE_UAC:
                self.key_reused |= self.table.used_keys.are_of_another(self.call, self.their_sdp)

    def _reinvite(self, held: bool, now: float) -> None:
        self.hold.asked = held
        try:
            with self.table.codecs.only(self.updates.codecs):
                if held:
                    self.setHold(operation())
                else:
                    parameters = operation()
                    parameters.opt.flag = pj.PJSUA_CALL_UNHOLD
                    self.reinvite(parameters)
            self.updates.sent(UpdateChange.HOLD if held else UpdateChange.RESUME)
        except pj.Error as error:
            LOG.debug("%s: re-INVITE later: %s", self.call, error.reason)
            self.hold.postpone(now)

    def _renew(self, now: float) -> None:
        """Inform the far end of our new address, for messages and sound; repeated until pjsip accepts it."""
        self.renew_at = None
        parameters = operation()
        media = pj.PJSUA_CALL_REINIT_MEDIA if self.elsewhere else 0
        parameters.opt.flag = media | pj.PJSUA_CALL_UPDATE_CONTACT | pj.PJSUA_CALL_UPDATE_VIA
        try:
            with self.table.codecs.only(self.updates.codecs), self.account.renewing(self.their_address):
                self.reinvite(parameters)
            self.updates.sent(UpdateChange.ADDRESS)
        except pj.Error as error:
            LOG.info("%s: re-INVITE from the new address later: %s", self.call, error.reason)
            self.renew_at = now + times.current.call_renewal_again_s
        else:
            self.renewing, self.elsewhere = True, False

    def _offer_codecs(self, now: float) -> None:
        try:
            with self.table.codecs.only(self.updates.codecs), self.updates.choosing():
                self.reinvite(operation())
            self.updates.sent(UpdateChange.CODEC)
        except pj.Error as error:
            LOG.debug("%s: re-INVITE with other codecs later: %s", self.call, error.reason)
            self.updates.postpone(now)

    def _refresh(self, now: float) -> None:
        try:
            with self.table.codecs.only(self.updates.codecs):
                self.reinvite(operation())
        except pj.Error as error:
            LOG.debug("%s: refresh of the session later: %s", self.call, error.reason)
            self.reinvites.postpone(now)

    def _offer(self, offer: pj.SdpSession) -> tuple[OfferedAudio, OfferedAudio | None]:
        """The far end's present sound, and the sound that it requests."""
        codec, sends = self.codec.name if self.codec else "", None if self.hold.held else self.receives
        now = OfferedAudio(codec, self.their_address, held=not self.sends, sends=sends)
        return now, audio(str(offer.wholeSdp), self.table.codecs.configured, self.audio)

    def _reinvited(self, event: pj.TsxStateEvent, code: int, reason: str, *, final: bool) -> None:
        """Our re-INVITE was sent, perhaps again by pjsip itself, or has its final response."""
        came = event.type == pj.PJSIP_EVENT_RX_MSG
        message = str(event.src.rdata.wholeMsg) if came else ""
        if event.tsx.state == pj.PJSIP_TSX_STATE_CALLING:
            self.reinvites.sent(str(event.src.tdata.wholeMsg))
        elif final and code >= REFUSED:
            self.reinvites.refused(code, reason, message)
        elif final and self.reinvites.answers(message) and (why := self._sound_refused(session_description(message))):
            self.table.post(inputs.SoundRefused(at=time.monotonic(), call=self.call, why=why))
        elif final:
            self._reinvite_answered(code, reason, message)

    def _reinvite_answered(self, code: int, reason: str, message: str) -> None:
        now, again = time.monotonic(), self.renewing and code == PENDING
        if code == PENDING and self.updates.crossed(after_glare(now, call_id_is_ours=self.outgoing)):
            return
        if again:
            self.renew_at, self.elsewhere = after_glare(now, call_id_is_ours=self.outgoing), True
        self.renewing, told = False, described(message)
        held = self.hold.asked is not None and code >= REFUSED  # reported as HoldFailed, or repeated
        later = bool(translate.header(message, "Retry-After"))
        if not self.updates.under_way:
            self.reinvites.refreshed(code, now, call_id_is_ours=self.outgoing, later=later)
        self.updates.settle(code, reason, told, reported=held or again)
        if not self.hold.answered(code, now, call_id_is_ours=self.outgoing, later=later):
            failed = inputs.HoldFailed(at=now, call=self.call, code=code, reason=reason, held=self.hold.held)
            self.table.post(replace(failed, headers=told[0], content_type=told[1], body=told[2]))
