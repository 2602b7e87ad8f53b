"""The SIP process's main loop: one poll() on pjsip's descriptor and the daemon's socket, in one thread."""

import ctypes
import gc
import logging
import os
import select
import signal
import socket
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, assert_never

import pjsua2 as pj

from appliance.audio.mixer import AlsaMixers
from appliance.base import times
from appliance.base.errors import reason
from appliance.core import inputs
from appliance.core.desired import Sound
from appliance.core.model import NULL, SIMULATED, SoundCard
from appliance.core.orders import (
    Answer,
    AnswerUpdate,
    EarlyMedia,
    HangUp,
    NotifyTransfer,
    OfferCodecs,
    Place,
    Probe,
    Refer,
    Refuse,
    Register,
    Renew,
    Ring,
    SendDigit,
    SendMessage,
    Subscribe,
    Unregister,
    Unsubscribe,
)
from appliance.sip.settings import SipSettings
from appliance.sip.stack import translate
from appliance.sip.stack.accounts.accounts import StackAccounts
from appliance.sip.stack.callbacks import contained
from appliance.sip.stack.calls.operations import Post
from appliance.sip.stack.channel import Channel
from appliance.sip.stack.media.bridge import Media
from appliance.sip.stack.media.card_watch import CardWatch
from appliance.sip.stack.media.devices import LISTING, Devices, needs_a_card, no_cards, plugins_silenced
from appliance.sip.stack.media.levels import Levels
from appliance.sip.stack.routing.codecs import Codecs
from appliance.sip.stack.routing.tls import Faults
from appliance.sip.stack.routing.transports import StartError, Transports
from appliance.sip.wire import Beat, Farewell, GuessCounts, Message, Offer, OfferAnswered, Start

if TYPE_CHECKING:
    from appliance.sip.stack.routing.server_watch import ServerWatch
    from appliance.sip.stack.trace_file import TraceFile

LOG = logging.getLogger(__name__)
TURN_S = 0.05  # between two checks of things without events, such as digits in the sound, while any exist
BEAT_S, IDLE_BEAT_S = 0.25, 1.0
MAX_CALLS = 32
MESSAGE_LEVEL = 4  # pjsua logs SIP messages from this level on
RESAMPLING = 4  # of G.711 to the bridge's rate and back: a filter of 4 ms each way; from 5 on of 16, which nobody hears
RESERVE_MS = 40  # of received sound at most is heard of what waits while a card is opened: the first syllable
# The buffers of a card, for moments without processor time: so much of the microphone is read at once; the speaker's
# holds two frames, and more once it has run dry.
CARD_MS = 200
APPEND = 0x1108  # PJ_O_APPEND
DECOR = 2 | 4 | 8 | 16 | 32 | 64 | 128 | 512  # PJ_LOG_HAS_: year, month, day, time, µs, sender, newline, space


class Endpoint(pj.Endpoint):
    """pjsua2's endpoint, with the callbacks that concern no single account or call."""

    devices: Devices | None = None
    accounts: StackAccounts | None = None
    faults = Faults()

    @contained
    def onTransportState(self, prm: pj.OnTransportStateParam) -> None:  # noqa: N802
        """A TCP or TLS connection was made, or ended."""
        self.faults.changed(prm)

    @contained
    def onSelectAccount(self, prm: pj.OnSelectAccountParam) -> None:  # noqa: N802
        """An out-of-dialog request arrived."""
        if self.accounts is not None:
            self.accounts.choose(prm)

    @contained
    def onRejectedIncomingCall(self, prm: pj.OnRejectedIncomingCallParam) -> None:  # noqa: N802
        """An INVITE arrived that pjsua refused on its own."""
        if self.accounts is not None:
            self.accounts.refused(prm)

    @contained
    def onMediaEvent(self, prm: pj.OnMediaEventParam) -> None:  # noqa: N802
        """A card was lost. Called in the card's thread: only sets a flag."""
        if prm.ev.type == pj.PJMEDIA_EVENT_AUD_DEV_ERROR and self.devices is not None:
            self.devices.broke()


class Engine:
    """Everything that exists from Start to the process's end."""

    def __init__(self, channel: Channel, start: Start) -> None:
        """Set up pjsua2. Raises StartError."""
        self._channel, self.alive = channel, True
        self._peers: tuple[str, ...] = ()
        settings = start.settings
        self._endpoint = Endpoint()
        self._endpoint.libCreate()
        try:
            self._announce(LISTING)
            with plugins_silenced(), no_cards(start.cards_wait_s > 0 or not needs_a_card(settings)):
                self._endpoint.libInit(endpoint_config(settings))
            self._announce("")
            self._trace = trace(settings.trace)
            transports = Transports(self._endpoint, settings)
            codecs = Codecs(self._endpoint, settings.codecs, settings.opus_complexity)
            self._endpoint.libStart()
        except pj.Error as error:
            raise StartError(f"SIP cannot start: {error.reason}", "Check the SIP settings.") from error
        self._accounts = StackAccounts(settings, transports, channel.post, self._endpoint.faults, start.guessed)
        self._endpoint.accounts, self._calls = self._accounts, self._accounts.calls
        self._calls.codecs = codecs
        self._calls.floods.listen(self._endpoint, transports.port)
        self._endpoint.oversizedRefuse()
        devices = Devices(self._endpoint, settings, channel.post, self._announce)
        self._endpoint.devices = devices
        self._media = Media(self._endpoint, settings, self._calls, devices, channel.post)
        self._levels = levels(settings, channel.post, self._announce)
        self._devices = devices
        self._cards = CardWatch(channel.post, devices.look_again, self._use)
        self._wake = self._endpoint.libWakeHandle()
        self._poll = self._poller()
        self._address = transports.address
        self._servers = self._servers_of_ice(settings)
        devices.check(time.monotonic(), start.cards_wait_s)

    def run(self) -> None:
        """Run until the daemon's end of the socket closes, or `alive` is False."""
        self._channel.post(inputs.SipReady(at=time.monotonic(), address=self._address))
        beat, lag_s = time.monotonic(), 0.0
        while self.alive and self._channel.open:
            # SIGALRM's default action ends the process even in native code, where no Python handler would run.
            signal.setitimer(signal.ITIMER_REAL, times.current.sip_turn_s)
            self._sleep(beat)
            began = min(time.monotonic(), beat)  # also late if the process got no processor when the beat was due
            # Orders come before packets: a permission that a client has got (a transfer) holds for the next packet.
            for message in self._channel.receive():
                self._take(message)
            self._endpoint.libHandleEvents(0)
            now = time.monotonic()
            self._report_refused(now)
            if self._accounts.browsers is not None:
                self._accounts.browsers.turn(self._channel.post)
            self._accounts.turn(now)
            self._calls.turn(now, self._media.held)
            self._cards.turn(now)
            self._levels.turn(now)
            self._media.turn(now)
            for server in self._servers:
                server.turn(now)
            self._channel.flush()
            if self._trace is not None:
                self._trace.turn()
            lag_s = max(lag_s, time.monotonic() - began)
            if now >= beat:
                beat = now + (IDLE_BEAT_S if self._idle else BEAT_S)
                self._channel.post(Beat(now, lag_s=lag_s))
                lag_s = 0.0

    def stop(self) -> None:
        """Send BYE to all, and free every object before the library: freed after it, they abort."""
        self._endpoint.hangupAllCalls()
        # BYE is sent. The rest may wait for a card that does not close: SIGALRM then ends the process.
        signal.setitimer(signal.ITIMER_REAL, times.current.sip_frees_s)
        self._endpoint.devices = self._endpoint.accounts = None
        self._calls.clear()
        self._media.clear()
        self._cards.close()
        self._levels.close()
        for server in self._servers:
            server.close()
        self._accounts.clear()
        del self._media, self._calls, self._accounts
        for name in ("last_type", "last_value", "last_traceback", "last_exc"):
            with suppress(AttributeError):
                delattr(sys, name)
        gc.collect()
        self._endpoint.libDestroy(pj.PJSUA_DESTROY_NO_RX_MSG)

    def _take(self, message: Message) -> None:  # noqa: C901 - a table
        match message:
            case Sound():
                self._media.desire(message)
                self._levels.desire(time.monotonic(), message.volume, message.gain)
                self._calls.transferable = frozenset(each.call for each in message.calls if each.transferable)
                self._calls.asking = frozenset(each.call for each in message.calls if each.asks)
                self._accounts.encrypt(message.encrypted)
                if message.peers != self._peers:
                    self._peers = message.peers
                    self._accounts.know(message.peers)
            case (
                Place()
                | Ring()
                | EarlyMedia()
                | Answer()
                | AnswerUpdate()
                | OfferCodecs()
                | Refuse()
                | HangUp()
                | SendDigit()
                | Refer()
                | NotifyTransfer()
            ):
                self._accounts.call(message)
            case Probe() | Subscribe() | Unsubscribe():
                self._accounts.watch(message)
            case Renew():
                self._renew()
            case Register() | Unregister():
                self._accounts.perform(message)
            case SendMessage():
                self._accounts.write(message)
            case Offer():
                self._offered(message)
            case Start():
                LOG.error("The daemon sent Start twice")
            case inputs.Input() | Beat() | Farewell() | GuessCounts() | OfferAnswered():
                LOG.error("The daemon sent %s, a message of this process", type(message).__name__)
            case _:
                assert_never(message)

    def _offered(self, offer: Offer) -> None:
        try:
            self._poll.register(self._accounts.offer(self._endpoint, offer), select.POLLIN)
        except (pj.Error, OSError) as error:
            why = translate.clean(error.reason) if isinstance(error, pj.Error) else reason(error)
            self._channel.post(OfferAnswered(offer.call, 0, why, ""))

    def _renew(self) -> None:
        from appliance.sip.stack.routing import connections  # noqa: PLC0415  late: most networks never change

        connections.leave_dead()
        self._calls.renew()
        self._accounts.renew()
        for server in self._servers:
            server.look_again()

    def _report_refused(self, now: float) -> None:
        """Report the requests and answers that the gate has refused or doubted (packaging/pjsua2/src/gate.cpp)."""
        for refused in self._endpoint.requestsRefused():
            code, method, source, reason = translate.clean(str(refused)).split(" ", 3)
            self._channel.post(
                inputs.RequestRefused(at=now, method=method, source=source, code=int(code), reason=reason)
            )
        for doubted in self._endpoint.answersDoubted():
            code, method, source, to, reason = translate.clean(str(doubted)).split(" ", 4)
            calls = self._accounts.doubted(method, source, to, reason)
            self._channel.post(
                inputs.AnswerDoubted(
                    at=now, method=method, code=int(code), source=source, to=to, reason=reason, calls=calls
                )
            )

    def _use(self, now: float, cards: tuple[SoundCard, ...]) -> None:
        self._devices.found(cards)
        self._levels.found(now, cards)

    def _announce(self, doing: str) -> None:
        self._channel.post(Beat(time.monotonic(), doing))

    def wake(self) -> None:
        """End the sleep, from a signal handler or another thread."""
        os.eventfd_write(self._wake, 1)

    @property
    def _busy(self) -> bool:
        return self._media.busy or self._accounts.busy or self._cards.busy or any(call.busy for call in self._calls)

    @property
    def _idle(self) -> bool:
        return not (self._busy or self._media.runs or any(True for _ in self._calls))

    def _sleep(self, until: float) -> None:
        """Sleep until something happens, pjsip's next timer is due, or that time has come."""
        left_s = until - time.monotonic()
        if self._busy:
            left_s = min(left_s, TURN_S)
        left_ms = max(left_s * 1000, 0.0)
        timer_ms = self._endpoint.libNextTimer()
        for descriptor, _ in self._poll.poll(left_ms if timer_ms < 0 else min(timer_ms, left_ms)):
            if descriptor == self._wake:
                os.eventfd_read(self._wake)

    def _servers_of_ice(self, settings: SipSettings) -> "list[ServerWatch]":
        found: list[ServerWatch] = []
        if settings.stun_server is not None:
            from appliance.sip.stack.routing import stun  # noqa: PLC0415  most stations have none

            found.append(stun.watch(settings.stun_server, settings.address, self._channel.post, self.wake))
        if settings.turn is not None:
            from appliance.sip.stack.routing import turn  # noqa: PLC0415  most stations have none

            found.append(turn.watch(settings.turn, settings.address, self._channel.post, self.wake))
        return found

    def _poller(self) -> select.poll:
        """The descriptors to wait on."""
        poller = select.poll()
        poller.register(self._channel, select.POLLIN)
        poller.register(self._cards, select.POLLIN)
        poller.register(self._levels, select.POLLIN)
        poller.register(self._wake, select.POLLIN)
        # The handle is a pointer to the descriptor inside pjsip's I/O queue (pj_ioqueue_get_os_handle, 2.16).
        descriptor = ctypes.c_int.from_address(self._endpoint.libGetSipIoqueueHandle()).value
        if "eventpoll" not in str(Path(f"/proc/self/fd/{descriptor}").readlink()):
            raise StartError("This pjsua2 was built without epoll", "Build it with packaging/pjsua2/build.")
        poller.register(descriptor, select.POLLIN)
        return poller


def levels(settings: SipSettings, post: Post, announce: Callable[[str], None]) -> Levels:
    """The mixers of the configured cards, or the simulated one."""
    capture = NULL if settings.microphone_file else settings.capture
    if SIMULATED not in {capture, settings.playback}:
        return Levels(capture, settings.playback, AlsaMixers(), post, announce)
    from appliance.simulator.mixer import SimulatedMixers  # noqa: PLC0415  late: a real station has no use for it

    return Levels(capture, settings.playback, SimulatedMixers(), post, announce)


def trace(path: str) -> "TraceFile | None":
    """Open the file of SIP messages, to which pjsip appends; None without a path, or if it cannot be opened."""
    if not path:
        return None
    from appliance.sip.stack.trace_file import TraceFile  # noqa: PLC0415  late: few stations have one

    try:
        return TraceFile(path)
    except OSError:
        return None


def endpoint_config(settings: SipSettings) -> pj.EpConfig:
    """Return pjsua2's configuration: no threads, except for media."""
    config = pj.EpConfig()
    config.uaConfig.threadCnt, config.uaConfig.mainThreadOnly = 0, True
    config.uaConfig.maxCalls, config.uaConfig.userAgent = MAX_CALLS, settings.user_agent
    config.medConfig.noVad = True  # silence is sent as well: no packets then means a fault
    config.medConfig.quality = RESAMPLING
    config.medConfig.ecTailLen = 0  # `devices` enables it for a real card
    config.medConfig.sndAutoCloseTime = -1  # `devices` closes the card, and must know it
    config.medConfig.jbMinPre = RESERVE_MS
    config.medConfig.sndUseSwClock = False  # its buffers would delay the sound; a card is the clock while it is open
    config.medConfig.sndRecLatency = config.medConfig.sndPlayLatency = CARD_MS
    log = config.logConfig
    log.consoleLevel = log.level = log.msgLogging = 0
    if settings.trace:
        log.level, log.msgLogging, log.filename = MESSAGE_LEVEL, 1, settings.trace
        log.fileFlags, log.decor = APPEND, DECOR
    return config


def serve(sock: socket.socket) -> int:
    """Run the process; returns its exit status. The first message on the socket is Start."""
    first = sock.recv(1 << 20)  # one small message, sent in one piece
    channel = Channel(sock)
    messages = channel.begin(first)
    if not messages or not isinstance(messages[0], Start):
        return 0
    times.use(messages[0].times)
    try:
        engine = Engine(channel, messages[0])
    except StartError as error:
        failed = inputs.PartFailed(at=time.monotonic(), part="sip", why=error.why, resolution=error.resolution)
        channel.post(failed)
        os._exit(1)  # pjsua2 needs no orderly end at this point

    def end(*_: object) -> None:
        engine.alive = False  # nothing more: SIGTERM comes just after the end of file, while BYE is being sent
        engine.wake()

    signal.signal(signal.SIGTERM, end)
    try:
        engine.run()
    finally:
        engine.stop()
    return 0
