"""The daemon's side of the SIP process: starts, supplies, watches and replaces it. No pjsua2 here."""

import asyncio
import logging
import os
import signal
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from appliance.base import times
from appliance.base.errors import reason
from appliance.core import inputs
from appliance.core.desired import Sound
from appliance.core.orders import Place, SipOrder
from appliance.sip.farewells import Farewells
from appliance.sip.process import SipProcess, spawn
from appliance.sip.settings import SipSettings
from appliance.sip.wire import (
    Beat,
    Decoder,
    Farewell,
    GuessCounts,
    Message,
    Offer,
    OfferAnswered,
    Start,
    ToChild,
    WireError,
    encode,
)

if TYPE_CHECKING:
    from appliance.core.model import CallId

LOG = logging.getLogger(__name__)
HELD_UP_S = 0.25
MOST_MB = 256  # of memory; twenty simultaneous calls use a third of it
YOUNG_S = 10.0  # a child that dies younger than this is replaced with a longer delay each time
CARDS_WAIT_DOUBLED = 5  # at most so many times
# A checkout has no package for it: the set-up builds it.
PJSUA2 = "Is pjsua2 installed? " + (
    "apt install python3-pjsua2" if sys.prefix == sys.base_prefix else "In a checkout: packaging/bootstrap run"
)
NOT_READY = "SIP process not ready"
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
# RLIMIT_RTTIME stops a real-time thread that runs without pause; a thread whose card works waits for it in between.
SPUN = "a card's thread kept the processor busy, and the kernel ended it by SIGXCPU"


class Child(asyncio.Protocol):
    """One process and its socket. The process counts as gone once the socket has ended and the exit status is known."""

    def __init__(self, on_message: Callable[["Child", Message], None], on_gone: Callable[["Child"], None]) -> None:
        self._on_message, self._on_gone = on_message, on_gone
        self._decoder = Decoder()
        self._transport: asyncio.WriteTransport | None = None
        self._descriptor = self._left = -1
        self.pid = 0
        self.status: int | None = None
        self.born = self.heard = time.monotonic()
        self.ready = self.spoke = self.reported = False
        self.doing = self.why = ""  # the child's last announced act; why we killed the child

    def adopt(self, process: SipProcess) -> None:
        """Watch a process that has started."""
        process.adopted = True
        self.pid, self._descriptor = process.pid, process.descriptor
        asyncio.get_running_loop().add_reader(self._descriptor, self._ended)

    def send(self, message: ToChild) -> None:
        """Write at once, as the socket's buffer is usually empty."""
        if self._transport is not None:
            self._transport.write(encode(message))

    @property
    def waits_for(self) -> str:
        """The step that keeps a child from being ready."""
        return self.doing or ("opening its SIP ports" if self.spoke else "loading Python and pjsua2")

    def kill(self, why: str) -> None:
        """Kill the process; SIGKILL also ends a stopped process."""
        self.why = self.why or why
        if self.status is None:
            os.kill(self.pid, signal.SIGKILL)  # not reaped yet, so the id still belongs to it

    def close(self) -> None:
        """Close the socket: at its end of file, the child sends BYE and exits."""
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The socket is connected."""
        assert isinstance(transport, asyncio.WriteTransport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Process messages of the child."""
        self.heard = time.monotonic()
        try:
            for message in self._decoder.feed(data):
                self._on_message(self, message)
        except WireError as error:
            self.kill(f"it sent an unknown message: {error}")

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        """End of file; a process that closes its socket is useless."""
        self._transport = None
        if self.why != STOPPED:
            self.kill("")
        self._settle()

    def _ended(self) -> None:
        asyncio.get_running_loop().remove_reader(self._descriptor)
        os.close(self._descriptor)
        _pid, status = os.waitpid(self.pid, 0)
        self.status = os.waitstatus_to_exitcode(status)
        self._settle()

    def _settle(self) -> None:
        if self._transport is None and self.status is not None:
            self._on_gone(self)


STOPPED = "stopped"


class Link:
    """Keep one SIP process running, send it orders and the desired sound, and post its reports.

    Every method is called in the loop's thread, which must be the process's main thread, and so is `post`. Posts
    SipReady, SipLost and SipSlow; PartFailed("sip") while no process can start, PartRecovered("sip") afterwards. When a
    process dies, its calls' far ends are informed at once by stored messages. spare: lends file descriptors to the
    start. first: a process that has been started already. lagged: gets "sip" or "loop" and, about once a second, how
    long each of the two threads made its work wait.
    """

    def __init__(
        self,
        settings: SipSettings,
        post: Callable[[inputs.Input], None],
        spare: Callable[[], AbstractContextManager[None]] = nullcontext,
        first: SipProcess | None = None,
        lagged: Callable[[str, float], None] = lambda _thread, _seconds: None,
    ) -> None:
        self._settings, self._post, self._spare, self._first, self._lagged = settings, post, spare, first, lagged
        self._port = settings.port
        self._farewells = Farewells(settings.address)
        self._child: Child | None = None
        self.tried = asyncio.Event()  # the first process is ready, or has ended
        self._sound = Sound()
        self._guessed = GuessCounts()
        self._offers: dict[CallId, asyncio.Future[OfferAnswered]] = {}  # of browsers, without an answer
        self._failed = ""  # the reason, as reported
        self._deaths = 0  # of young children, in a row
        self._card_hung, self._card_hangs = False, 0
        self._timer: asyncio.TimerHandle | None = None
        self._next: asyncio.Task[None] | None = None
        self._stopped: asyncio.Future[None] | None = None

    @property
    def pid(self) -> int | None:
        """The id of the running process, for status and tests."""
        return self._child.pid if self._child is not None else None

    async def start(self) -> None:
        """Start the first child; SipReady follows."""
        self._check()
        await self._replace(0.0)

    def order(self, order: SipOrder) -> None:
        """Send an order. Without a ready child it is dropped, and a Place fails with CallEnded."""
        if self._child is not None and self._child.ready:
            self._child.send(order)
        elif isinstance(order, Place):
            ended = inputs.CallEnded(
                at=time.monotonic(), call=order.call, code=0, reason=NOT_READY, remote=False, reason_header=""
            )
            self._post(ended)

    async def offer(self, offer: Offer) -> OfferAnswered:
        """Have a browser's offer answered; code 0: it did not reach the station."""
        if self._child is None or not self._child.ready:
            return OfferAnswered(offer.call, 0, NOT_READY, "")
        answer = self._offers[offer.call] = asyncio.get_running_loop().create_future()
        self._child.send(offer)
        try:
            answered: OfferAnswered = await answer
        finally:
            del self._offers[offer.call]
        return answered

    def desire(self, sound: Sound) -> None:
        """Send the desired sound to this and every later child."""
        self._sound = sound
        if self._child is not None and self._child.ready:
            self._child.send(sound)

    async def stop(self) -> None:
        """End the child, which sends BYE to all calls. Nothing is posted."""
        if self._timer is not None:
            self._timer.cancel()
        if self._next is not None:
            self._next.cancel()
        self._farewells.close()
        if self._child is None:
            return
        self._stopped = asyncio.get_running_loop().create_future()
        self._child.why = STOPPED
        self._child.close()
        try:
            await asyncio.wait_for(asyncio.shield(self._stopped), times.current.sip_stops_s)
        except TimeoutError:
            if self._child is not None:  # it may have ended in this very turn
                self._child.kill(STOPPED)
            await self._stopped

    async def _spawn(self) -> None:
        child = Child(self._heard, self._gone)
        with self._spare():
            process, self._first = self._first or spawn(), None
        child.adopt(process)
        self._child = child
        await asyncio.get_running_loop().create_unix_connection(lambda: child, sock=process.sock)
        if process.begun:
            return
        wait_s = (
            times.current.hung_card_again_s * 2 ** min(self._card_hangs - 1, CARDS_WAIT_DOUBLED)
            if self._card_hung
            else 0.0
        )
        child.send(Start(replace(self._settings, port=self._port), wait_s, self._guessed, times.current))

    def _heard(self, child: Child, message: Message) -> None:
        if child is not self._child or self._stopped is not None:
            return
        match message:
            case Beat():
                self._lives(child, message)
            case inputs.SipReady():
                self._ready(child, message)
            case inputs.PartFailed(part="sip"):
                child.why = message.why
                self._fail(message.why, message.resolution)
            case Farewell():
                self._farewells.keep(message)
            case GuessCounts():
                self._guessed = message
            case OfferAnswered():
                self._answered(message)
            case inputs.Input():
                self._report(message)
            case _:
                child.kill(f"it sent an order: {type(message).__name__}")

    def _report(self, message: inputs.Input) -> None:
        if isinstance(message, inputs.PartRecovered) and message.part == "audio":
            self._card_hangs = 0
        elif isinstance(message, inputs.CallEnded):
            self._farewells.drop(message.call)
        self._post(message)

    def _answered(self, message: OfferAnswered) -> None:
        waits = self._offers.get(message.call)
        if waits is not None and not waits.done():
            waits.set_result(message)

    def _lives(self, child: Child, beat: Beat) -> None:
        child.doing, child.spoke = beat.doing, True
        if beat.lag_s is not None:
            self._lagged("sip", beat.lag_s)

    def _ready(self, child: Child, message: inputs.SipReady) -> None:
        child.ready, self._card_hung = True, False
        self.tried.set()
        self._port = int(message.address.rpartition(":")[2])  # far ends that know a port find the next child there
        child.send(self._sound)
        if self._failed:
            self._failed = ""
            self._post(inputs.PartRecovered(at=message.at, part="sip"))
        self._post(message)

    def _gone(self, child: Child) -> None:
        if child is not self._child:
            return
        self._child = None
        self.tried.set()
        if self._stopped is not None:
            self._stopped.set_result(None)
            return
        now = time.monotonic()
        if child.status == -signal.SIGXCPU:
            child.why = child.why or SPUN
            self._blame_card()
        why = child.why or f"it ended {_how(child.status)}"
        LOG.warning("SIP process %d ended: %s", child.pid, why)
        self._farewells.send()
        for call in self._offers:
            self._answered(OfferAnswered(call, 0, why, ""))
        self._deaths = self._deaths + 1 if now - child.born < YOUNG_S else 0
        if child.ready:
            self._post(inputs.SipLost(at=now, why=why, card=self._card_hung))
        else:
            self._port = self._settings.port
            self._fail(f"The SIP process does not start: {why}", f"See the log. {PJSUA2}")
        delays = times.current.sip_again_s
        # After the first death the replacement starts at once, whatever the child's age.
        delay = delays[min(max(self._deaths - 1, 0), len(delays) - 1)]
        self._next = asyncio.get_running_loop().create_task(self._replace(delay))

    async def _replace(self, delay: float) -> None:
        await asyncio.sleep(delay)
        try:
            await self._spawn()
        except OSError as error:  # a temporary lack of memory or descriptors
            self._fail(f"The SIP process does not start: {reason(error)}", "Free memory and file descriptors.")
            self._next = asyncio.get_running_loop().create_task(self._replace(times.current.sip_again_s[-1]))

    def _fail(self, why: str, resolution: str) -> None:
        if self._failed:
            LOG.debug("SIP still does not start: %s", why)
            return
        self._failed = why
        self._post(inputs.PartFailed(at=time.monotonic(), part="sip", why=why, resolution=resolution))

    def _check(self) -> None:
        loop = asyncio.get_running_loop()
        limits = times.current
        late_s = loop.time() - self._timer.when() if self._timer is not None else 0.0
        self._lagged("loop", late_s)
        held_up = late_s > HELD_UP_S
        child = self._child
        hasty = child is not None and (not child.ready or bool(child.doing))
        self._timer = loop.call_later(limits.sip_quick_check_s if hasty else limits.sip_check_s, self._check)
        if child is None or child.why or held_up:  # messages of the child may be unread
            return
        # A call that is up is worth more than memory, which is given back when a flood is over.
        if not self._sound.calls and (megabytes := resident_mb(child.pid)) > MOST_MB:
            child.kill(f"it took {megabytes:.0f} MB of memory, of {MOST_MB} MB that it may take")
            return
        now = time.monotonic()
        if not child.ready and not child.reported and now - child.born > limits.sip_slow_s:
            child.reported = True
            self._post(inputs.SipSlow(at=now, after_s=limits.sip_slow_s, waits_for=child.waits_for))
        silent = now - child.heard
        if silent > (limits.sip_silent_s if child.ready else limits.sip_starts_s):
            if child.doing:
                self._blame_card()
            child.kill(f"it hung for {silent:.1f} s" + (f" while {child.doing}" if child.doing else ""))

    def _blame_card(self) -> None:
        """Have the next process leave the card alone for a while."""
        self._card_hung, self._card_hangs = True, self._card_hangs + 1


def resident_mb(pid: int) -> float:
    """Resident memory of a process in MB (proc(5), statm); 0 if it has ended."""
    try:
        pages = Path(f"/proc/{pid}/statm").read_bytes().split()[1]
    except OSError:
        return 0.0
    return int(pages) * PAGE_BYTES / 2**20


def _how(status: Any) -> str:
    if isinstance(status, int) and status < 0:
        return f"by {signal.Signals(-status).name}"
    return f"with status {status}"
