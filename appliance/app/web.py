"""The HTTP interface as part of the daemon: started late, retried, and connected to reactor and store."""

import asyncio
import logging
import os
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import suppress
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import to_builtins
from msgspec.structs import asdict, replace

from appliance.app.made_sounds import MadeSounds
from appliance.app.paths import Places
from appliance.base import times
from appliance.base.errors import IntercomError, reason, sentences
from appliance.base.record import Record, carried
from appliance.base.types import Json
from appliance.config.schema import Config
from appliance.core import inputs
from appliance.core.model import AccessScope, CallId, ClientToken, LockoutScope
from appliance.runtime.counts import Counts
from appliance.runtime.reactor import Reactor
from appliance.store.answers import Answers
from appliance.store.audit import Audit
from appliance.store.calllog import CallLog
from appliance.store.recordings import Recordings

if TYPE_CHECKING:
    from datetime import datetime

    from appliance.api.answers.operations import Operations
    from appliance.api.http.admission import Places as HttpPlaces
    from appliance.api.http.server import HttpServer
    from appliance.api.http.sessions import Sessions
    from appliance.api.http.tokens import Token, Tokens
    from appliance.api.ports import Measured
    from appliance.app.browsers import Browsers
    from appliance.app.https import Certificate
    from appliance.app.push import Pushes
    from appliance.core.views.calls import Call
    from appliance.core.views.codes import Code
    from appliance.core.views.conferences import Conference
    from appliance.core.views.rules import Rule, Verdict
    from appliance.core.views.snapshot import Snapshot
    from appliance.runtime.shown import Shown
    from appliance.sip.wire import Offer, OfferAnswered
    from appliance.store.lists.subscriptions import Subscriptions

log = logging.getLogger(__name__)

RINGS = frozenset({"ring.started", "ring.ended"})


class StoredLists(Record):
    """The lists on disc: recordings, call log, audit, and answers to orders."""

    recordings: Recordings
    call_log: CallLog
    audit: Audit
    answers: Answers


def _load() -> None:
    """Import the HTTP interface, in a thread, so that the loop can process presses and the start of SIP.

    On a board where the daemon had 3 % of a processor, the loop stood still for seconds while they ran there.
    """
    from appliance.api import app  # noqa: F401, PLC0415
    from appliance.api.http import auth, server, sessions, tokens  # noqa: F401, PLC0415
    from appliance.runtime import shown  # noqa: F401, PLC0415
    from appliance.store.lists import subscriptions  # noqa: F401, PLC0415


class Web:
    """The HTTP interface: started last and retried, as calls and door do not need it."""

    def __init__(
        self,
        config: Callable[[], Config],
        places: Places,
        reactor: Reactor,
        kept: StoredLists,
        file: Path,
        counts: Counts,
        sounds: MadeSounds,
        offer: "Callable[[Offer], Coroutine[None, None, OfferAnswered]]",
    ) -> None:
        self._offer = offer
        self._browsers: Browsers | None = None
        self._pushes: Pushes | None = None
        self._own = ""  # SHA-256 of the station's own token
        self._now, self._config = config, config()  # a reload changes `_now`; `_config` stays as at the start
        self._places, self._reactor, self._file = places, reactor, file
        self._counts, self.say, self.sounds = counts, sounds.say, sounds.names
        self.play_url, self.play_recording = sounds.play_url, sounds.play_recording
        self.recordings, self.call_log = kept.recordings, kept.call_log
        self.audit, self.answers = kept.audit, kept.answers
        self.request, self.subscribe = reactor.request, reactor.subscribe
        self._servers: dict[str, HttpServer] = {}
        self._http_places: HttpPlaces | None = None
        self._secured: Certificate | None = None
        self._port, self._listens = 0, asyncio.Event()  # on which it listens by TCP, once it does
        self._examination: asyncio.Task[list[dict[str, Any]]] | None = None
        self._measurement: asyncio.Task[dict[str, tuple[int, int]]] | None = None
        self._shown: Shown  # set before the first request, as are the tokens and more
        self.tokens: Tokens
        self.sessions: Sessions
        self.operations: Operations
        self.subscriptions: Subscriptions
        self._interface: Callable[[Any, Any, Any], Coroutine[Any, Any, None]] | None = None
        self.tried = asyncio.Event()  # set once it listens, or knows why it cannot

    async def serve(self) -> None:
        """Listen; faults are reported, and retried until every listener works."""
        reported = ""
        while why := await self._attempt():
            self.tried.set()
            if why != reported:
                self._reactor.post(inputs.PartFailed(at=time.monotonic(), part="http", why=why))
            reported = why
            await asyncio.sleep(times.current.http_again_s)
        self.tried.set()
        if reported:
            self._reactor.post(inputs.PartRecovered(at=time.monotonic(), part="http"))

    @property
    def is_announced(self) -> bool:
        """Whether other machines are to find the station: over HTTPS only, as a token must not be sent in the clear."""
        wanted = self._config.http.announce and self._config.dbus.enabled
        return wanted and not ip_address(self._config.http.address).is_loopback

    async def listening(self) -> int:
        """Wait until the server listens for other machines. Returns the port."""
        await self._listens.wait()
        return self._port

    async def _attempt(self) -> str:
        """Load what is not loaded yet, and listen; the faults, "" if none."""
        try:
            if self._http_places is None:
                await self._prepare()
            return await self._start()
        except Exception as err:  # half an upgrade, or our own fault: calls and door go on, and clients must know
            log.exception("HTTP cannot be served")
            return f"It cannot be loaded: {type(err).__name__}: {err}"

    async def _prepare(self) -> None:
        await asyncio.to_thread(_load)
        from appliance.api.answers.operations import Operations  # noqa: PLC0415
        from appliance.api.http.admission import Places as HttpPlaces  # noqa: PLC0415  late: see _load
        from appliance.api.http.sessions import Sessions  # noqa: PLC0415
        from appliance.api.http.tokens import Tokens  # noqa: PLC0415
        from appliance.runtime.shown import Shown  # noqa: PLC0415
        from appliance.store.lists.subscriptions import Subscriptions  # noqa: PLC0415

        self._shown = Shown(self._reactor)
        self.operations = Operations()
        self.tokens = Tokens(self._places.state / "http.tokens")
        self.sessions = Sessions(self._places.state / "http.sessions")
        await asyncio.to_thread(self.sessions.load)
        self.subscriptions = Subscriptions(self._places.state, self._counts_still)
        for part, kept in (("tokens", self.tokens), ("push", self.subscriptions)):
            try:
                await asyncio.to_thread(kept.load)
            except IntercomError as err:
                why, now = sentences(err.message, err.cause), time.monotonic()
                self._reactor.post(inputs.PartFailed(at=now, part=part, why=why, resolution=err.resolution))
        self._http_places = HttpPlaces()

    async def stop(self) -> None:
        """Close the listeners."""
        self._reactor.feed.close()  # subscribers have had the last event, and end by themselves
        if self._pushes is not None:
            await self._pushes.stop()
        await asyncio.gather(*(server.stop() for server in self._servers.values()))
        if self._http_places is not None:
            await self.operations.close()

    async def _start(self) -> str:
        """Start each listener that does not run yet, whether or not another fails; the faults, "" if none."""
        hindrances = []
        listeners = {"tcp": self._tcp} | ({"unix": self._unix} if self._config.http.socket else {})
        for name, listen in listeners.items():
            if name in self._servers:
                continue
            try:
                self._servers[name] = await listen()
            except (IntercomError, OSError) as err:
                hindrances.append(reason(err))
        return " ".join(hindrances)

    async def _tcp(self) -> "HttpServer":
        from appliance.api import app  # noqa: PLC0415  late: see _load
        from appliance.api.http import sessions  # noqa: PLC0415
        from appliance.api.http.server import HttpServer  # noqa: PLC0415

        token = await asyncio.to_thread(self._token)
        self._own = sessions.digest(token.encode())
        built = await asyncio.to_thread(app.build, self, token, self._http_places)
        self._interface = built
        address = self._config.http.address
        if not ip_address(address).is_loopback:
            from appliance.app.https import Certificate  # noqa: PLC0415  late: only where there is TLS

            places = self._places
            self._secured = Certificate(
                self._config.http,
                places.state,
                places.runtime / "http.fingerprint",
                self._reactor.post,
                self._clock_is_right,
            )
            await asyncio.to_thread(self._secured.open)
        http = self._config.http
        server = HttpServer(built, None, address, http.port, self._secured, http.names, http.proxies)
        bound = await server.start()
        self._port = bound.port
        self._listens.set()
        log.info("http %s", bound.url)
        if (secured := self._secured) is not None:  # a renewed certificate may have other names
            secured.renewed = lambda: self._show(replace(bound, address=secured.host).url)
        await asyncio.to_thread(self._show, bound.url)
        return server

    def _show(self, url: str) -> None:
        """Write the page's address for `intercomctl page`. Blocks on the disc."""
        try:
            (self._places.runtime / "http.address").write_text(url)
        except OSError as err:
            log.warning("http.address cannot be written: %s", reason(err))

    def take(self, envelope: Json) -> None:
        """Have browsers be notified of a visitor's ring, where any has subscribed; never waits."""
        if envelope["type"] not in RINGS or self._http_places is None:
            return
        if self._pushes is None:
            if not self.subscriptions.some:
                return
            from appliance.app.push import Pushes  # noqa: PLC0415  late: few stations have such browsers

            self._pushes = Pushes(self._now, self.subscriptions, self._reactor.post)
        self._pushes.take(envelope)

    def _counts_still(self, token: str) -> bool:
        """Whether the token with this SHA-256 is valid."""
        return token == self._own or self.tokens.known(token) is not None

    def _clock_is_right(self) -> bool:
        clock = self._reactor.state.appliance.clock
        return clock is not None and clock.trusted

    def _token(self) -> str:
        """The token, stored with the state; if that cannot be written, one for this start beside the sockets."""
        from appliance.api.http import auth  # noqa: PLC0415

        try:
            return auth.token(self._places.state / "http.token")
        except OSError:
            return auth.token(self._places.runtime / "http.token")

    async def _unix(self) -> "HttpServer":
        from appliance.api import app  # noqa: PLC0415
        from appliance.api.http import auth  # noqa: PLC0415
        from appliance.api.http.server import HttpServer  # noqa: PLC0415

        built = await asyncio.to_thread(
            app.build, self, auth.fresh_token(), self._http_places
        )  # a secret token: the file's mode decides
        server = HttpServer(built, self._socket(), None, 0)
        bound = await server.start()
        log.info("http %s", bound.socket)
        return server

    def _socket(self) -> Path | None:
        configured = self._config.http.socket
        if isinstance(configured, str):
            return Path(configured)
        return self._places.runtime / "http.sock" if configured else None

    async def interface(self) -> Callable[[Any, Any, Any], Coroutine[Any, Any, None]] | None:
        """The HTTP interface for the process itself, once it is loaded; None if it cannot be."""
        await self.tried.wait()
        return self._interface

    # -- for the API (api.ports.HttpPorts) ----------------------------------------------------------------------------

    def authority(self) -> str:
        """The certificate of the station's own authority in PEM; empty where none signed the one in use."""
        return self._secured.authority if self._secured is not None else ""

    def ice_servers(self) -> list[str]:
        """The servers that show a browser its address outside (RFC 7064); a TURN server does so, too."""
        server = self._config.sip.stun_server or self._config.sip.turn_server
        return [f"stun:{server}"] if server else []

    def snapshot(self) -> "Snapshot":
        """The whole state."""
        return self._shown.snapshot()

    def call(self, wanted: str) -> "Call | None":
        """The call with that id, also for a while after its end; else None."""
        return self._shown.call(wanted)

    def calls(self) -> "Sequence[Call]":
        """All calls."""
        return self._shown.calls()

    def conference(self, wanted: str) -> "Conference | None":
        """The conference with that id, also for a while after its end; else None."""
        return self._shown.conference(wanted)

    def rules(self) -> "Sequence[Rule]":
        """All rules."""
        return self._shown.rules()

    def try_rules(self, at: "datetime | None", supposed: Mapping[str, str]) -> "Sequence[Verdict]":
        """What each rule would do at that time, else now, and why."""
        return self._shown.try_rules(at, supposed)

    def rule_tokens(self) -> dict[str, str]:
        """The ids of the tokens that made rules, by the names of the rules."""
        return self._shown.rule_tokens()

    def codes(self) -> "Sequence[Code]":
        """All codes and cards. Raises `unavailable`."""
        return self._shown.codes()

    async def doctor(self) -> list[dict[str, Any]]:
        """The findings of an examination by the daemon, and the faults that its adapters have reported.

        An examination takes seconds and threads: requests that come meanwhile get its findings, too.
        """
        if self._examination is None or self._examination.done():
            self._examination = asyncio.create_task(self._examine(), name="doctor")
        # If one client leaves, the examination goes on for the others.
        await asyncio.wait({self._examination}, timeout=times.current.examined_s)
        if self._examination.done():
            return self._examination.result()
        from appliance.doctor import findings  # noqa: PLC0415  late: for this alone

        return [asdict(findings.hangs())]

    async def _examine(self) -> list[dict[str, Any]]:
        # Late: for this alone.
        from appliance.doctor import broker, daemon_faults, examine, findings, logs, networks, phones, signalling, sound  # noqa: PLC0415
        from appliance.store.lists import examine as stored  # noqa: PLC0415

        found = await asyncio.to_thread(examine.examine, self._file, self._places.state)
        snapshot, targets = self.snapshot(), self._reactor.state.settings.targets
        found += sound.muted(snapshot.audio.microphone, snapshot.audio.speaker)
        found += signalling.accounts(snapshot.accounts)
        found += broker.tokens(self._config, lambda name: self.tokens.named(name) is not None)
        addresses, accounts = snapshot.network.addresses, snapshot.accounts
        found += await asyncio.to_thread(phones.examine, self._config, self._places.state, addresses)
        found += await asyncio.to_thread(networks.examine, addresses, accounts, targets, self._config.sip.address)
        with suppress(IntercomError):  # a log that cannot be read is among the failed parts
            rows = await asyncio.to_thread(self.call_log.list, signalling.LOOKED_AT)
            found += signalling.calls([call for _, call in rows])
        found += logs.stored(await asyncio.to_thread(stored.examine, self._places.state))
        found += daemon_faults.besides(found, self._reactor.state.appliance.failed)
        return [asdict(finding) for finding in findings.agreed(found)]

    def configuration(self) -> dict[str, Any]:
        """All settings that are in force, without secrets."""
        from appliance.config.effective import effective  # noqa: PLC0415  late: for this alone

        runtime = self.snapshot().runtime
        changed = {"forwarding": asdict(runtime.forwarding), "quiet_hours": asdict(runtime.quiet_hours)}
        return effective(self._now(), changed)

    async def support_bundle(self) -> dict[str, Any]:
        """Collect the support bundle, without secrets."""
        from appliance.app import support  # noqa: PLC0415  late: for this alone

        parts = {
            "findings": await self.doctor(),
            "configuration": self.configuration(),
            "state": to_builtins(self.snapshot()),
        }
        parts |= {"calls": [], "doors": [], "events": self._reactor.feed.latest(support.EVENTS)}
        with suppress(IntercomError):  # a log that cannot be read is among the findings
            rows = await asyncio.to_thread(self.call_log.list, support.LOGGED)
            parts["calls"] = [call for _, call in rows]
            parts["doors"] = await asyncio.to_thread(self.audit.list, support.LOGGED)
        return await asyncio.to_thread(support.bundle, parts)

    async def measure(self) -> "Measured":
        """The figures of this moment."""
        from appliance.api.ports import Measured  # noqa: PLC0415  late: see _load

        queues = self._reactor.feed.waiting()
        return Measured(
            counts=self._counts,
            snapshot=self.snapshot(),
            waiting_inputs=self._reactor.waiting(),
            subscribers=len(queues),
            longest_queue=max(queues, default=0),
            storage=await self._measured(),
        )

    async def _measured(self) -> dict[str, tuple[int, int]]:
        """As `_storage`; nothing where a disc hangs, which is asked once: each time would take a thread for good."""
        if self._measurement is None or self._measurement.done():
            self._measurement = asyncio.create_task(asyncio.to_thread(self._storage), name="storage")
        await asyncio.wait({self._measurement}, timeout=times.current.disc_answers_s)
        return self._measurement.result() if self._measurement.done() else {}

    def _storage(self) -> dict[str, tuple[int, int]]:
        """Free bytes and size of the file systems; an unreadable one is left out."""
        found = {}
        for place, path in (("state", self._places.state), ("recordings", self._places.recordings)):
            with suppress(OSError):
                there = os.statvfs(path)
                found[place] = there.f_bavail * there.f_frsize, there.f_blocks * there.f_frsize
        return found

    async def call_from_browser(self, call: CallId, offer: str, peer: str, who: str) -> str:
        """Make a call of a browser's offer. Returns the answer, a session description. Raises IntercomError."""
        if self._browsers is None:
            from appliance.app.browsers import Browsers  # noqa: PLC0415  late: few stations have calls of browsers

            self._browsers = Browsers(self._offer)
        return await self._browsers.call(call, offer, peer, who)

    def last_event(self) -> int:
        """The id of the newest event."""
        return self._reactor.feed.last

    def ready(self) -> tuple[bool, str]:
        """Whether calls are possible, and the station's status line."""
        return self._reactor.state.appliance.sip_ready, self._reactor.desired.status

    def alive(self) -> bool:
        """Whether the loop processes inputs: always true, as the loop itself calls this function."""
        return True

    def denied(self, who: str, source: str, scope: AccessScope) -> None:
        """Report a request without sufficient rights."""
        self._reactor.post(inputs.AccessDenied(at=time.monotonic(), who=who, source=source, scope=scope))

    def digits_unread(self, call: CallId) -> None:
        """Report that the program that gets the digits of a call follows no events any more that bring them."""
        self._reactor.post(inputs.DigitsUnread(at=time.monotonic(), call=call))

    def locked_out(self, source: str, seconds: float) -> None:
        """Report that refusals of an address are no longer reported, for a while."""
        self._reactor.post(
            inputs.AccessLockedOut(
                at=time.monotonic(), who="http:unknown", source=source, scope=LockoutScope.CLIENT, seconds=seconds
            )
        )

    def token_added(self, token: "Token", by: str) -> None:
        """Report a new token."""
        from appliance.api.http.tokens import utc  # noqa: PLC0415  late: see _load

        self._reactor.post(
            inputs.AccessTokenAdded(
                at=time.monotonic(), added=carried(ClientToken, token), expires=utc(token.expires), by=by
            )
        )

    def token_removed(self, token: "Token", by: str) -> None:
        """Report that a token was removed."""
        self._reactor.post(inputs.AccessTokenRemoved(at=time.monotonic(), id=token.id, name=token.name, by=by))
