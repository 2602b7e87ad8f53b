"""The composition root: makes the adapters from the configuration, wires them to the reactor, starts and stops them."""

import asyncio
import logging
import signal
import time
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import appliance
from appliance.config.plain import core_settings, domain
from appliance.config.schema import Account, Config, registrar
from appliance.core import inputs, orders
from appliance.core.model import AccountState, ButtonId, DoorId, LampId
from appliance.core.orders import SipOrder
from appliance.errors import IntercomError
from appliance.panel.buttons import Buttons, ButtonWiring
from appliance.panel.claims import Claims
from appliance.panel.lamps import Lamps, LampWiring
from appliance.panel.lines import Factory, lines
from appliance.panel.relay import DoorWiring, GpioLine, Relay, SimulatedLine
from appliance.reactor import Reactor
from appliance.replay.record import Recorder
from appliance.sip.link import Link
from appliance.sip.settings import AccountSettings, SipSettings
from appliance.store.journal import Journal
from appliance.store.recordings import Recordings
from appliance.store.writer import Writer
from appliance.system.notify import Notify

if TYPE_CHECKING:
    from appliance.api.server import Server

log = logging.getLogger(__name__)

LAST_CALLS_S = 1.0  # how long calls have to end when the daemon stops
HTTP_RETRY_S = 10.0
FIRST_PIN = 4
LATE_S = 1.0  # a loop that is later than this does not feed the watchdog in that turn


@dataclass(frozen=True, slots=True)
class Places:
    """Where the daemon keeps what it makes."""

    state: Path
    runtime: Path

    @property
    def recordings(self) -> Path:
        """Recordings' files."""
        return self.state / "recordings"


class App:
    """The daemon. `run` returns when it was stopped by SIGTERM or SIGINT. `passwords`: by account."""

    def __init__(
        self,
        config: Config,
        passwords: dict[str, str],
        places: Places,
        *,
        simulated: bool,
        recorder: Recorder | None = None,
    ) -> None:
        self._config, self._places, self._simulated, self._recorder = config, places, simulated, recorder
        self._passwords = passwords
        self._notify = Notify()
        self._stop = asyncio.Event()

    async def run(self) -> None:
        """Start everything, wait for the end, stop in reverse."""
        loop = asyncio.get_running_loop()
        writer = Writer(self._places.state, self._post)
        journal = Journal(self._places.state, writer)
        reactor = self._reactor = Reactor(core_settings(self._config), journal)
        lost = await asyncio.to_thread(journal.open)
        recordings = Recordings(self._places.recordings, writer, reactor.post)
        link = Link(self._sip_settings(), reactor.post)
        reactor.perform |= dict.fromkeys(SipOrder.__args__, link.order)
        reactor.perform |= {orders.PrepareRecording: recordings.prepare, orders.FinishRecording: recordings.finish}
        reactor.make_so |= {"sound": link.desire, "recordings": recordings.desire, "status": self._notify.status}
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._asked_to_stop)
        panel = Panel(self._config, self._places, reactor, simulated=self._simulated)
        web = Web(self._config, self._places, reactor, recordings)
        if self._recorder is not None:
            self._recorder.begin(appliance.__version__, reactor.state)
            reactor.watch = self._recorder.take
        reactor.start(appliance.__version__, lost)
        try:
            await link.start()  # first: the new process begins while we take the lines
            await panel.start()
            recordings.open()
            # Neither network nor far end is waited for: a press has its tone and lamp without them.
            self._notify.send("READY=1")
            watchdog = asyncio.create_task(self._feed_watchdog())
            serving = asyncio.create_task(web.serve())
            await self._stop.wait()
            self._notify.send("STOPPING=1")
            await self._last_calls(reactor)
            for task in (watchdog, serving):
                task.cancel()
            await asyncio.gather(watchdog, serving, return_exceptions=True)
        finally:
            await web.stop()
            await link.stop()
            await panel.stop()
            await asyncio.sleep(0)  # what the adapters posted at their end is taken in
            reactor.stop()
            journal.close()
            await asyncio.to_thread(writer.close)
            if self._recorder is not None:
                await asyncio.to_thread(self._recorder.close)

    def _post(self, given: inputs.Input) -> None:
        self._reactor.post(given)

    def _asked_to_stop(self) -> None:
        self._reactor.post(inputs.StopRequested(at=time.monotonic()))
        self._stop.set()

    async def _last_calls(self, reactor: Reactor) -> None:
        """Give BYE, CANCEL and the ends of registrations their time, and the recordings theirs."""
        deadline = time.monotonic() + LAST_CALLS_S
        while time.monotonic() < deadline:
            await asyncio.sleep(0.02)
            state = reactor.state
            left = any(account.state is not AccountState.UNREGISTERED for account in state.accounts)
            if state.stopping and not state.calls and not state.recordings and not left:
                return

    async def _feed_watchdog(self) -> None:
        """Tell systemd that the loop answers in time; when it does not, nothing is told and systemd restarts us."""
        if self._notify.watchdog_s is None:
            return
        period = self._notify.watchdog_s / 4
        while True:
            due = time.monotonic() + period
            await asyncio.sleep(period)
            if time.monotonic() - due < LATE_S:
                self._notify.send("WATCHDOG=1")

    def _sip_settings(self) -> SipSettings:
        config = self._config
        return SipSettings(
            address="" if config.sip.address == "0.0.0.0" else config.sip.address,  # noqa: S104 - compared only
            port=config.sip.port,
            user=config.station.user,
            display_name=config.station.name,
            codecs=tuple(config.sip.codecs),
            capture=config.audio.capture,
            playback=config.audio.playback,
            microphone_file=config.audio.microphone_file,
            recordings=str(self._places.recordings),
            trace=str(self._places.state / "sip.trace") if config.sip.trace else "",
            user_agent=f"intercomd/{appliance.__version__}",
            accounts=tuple(self._account(name, account) for name, account in config.account.items()),
        )

    def _account(self, name: str, account: Account) -> AccountSettings:
        host, port = registrar(account.registrar)
        return AccountSettings(
            name=name,
            user=account.user,
            domain=domain(account),
            host=host,
            port=port,
            transport=account.transport,
            auth_user=account.auth_user or account.user,
            password=self._passwords[name],
            expires_s=account.expires_s,
        )


class Panel:
    """Buttons, lamps and relays, and the simulated panel where the lines are simulated."""

    def __init__(self, config: Config, places: Places, reactor: Reactor, *, simulated: bool) -> None:
        self._config, self._places, self._reactor, self._simulated = config, places, reactor, simulated
        self._parts: list[Any] = []
        self._relay: Relay | None = None
        self._simulation: Any = None

    async def start(self) -> None:
        """Take the lines; what can not be had is told and tried again by itself."""
        panel, post = self._config.panel, self._reactor.post
        if self._config.door:
            self._relay = Relay(self._doors(), None, post)
            self._reactor.make_so["relays"] = self._relay.desire
            await self._relay.start()
        if not panel.button and not panel.lamp:
            return
        try:
            factory = lines("simulated" if self._simulated else "gpio")
        except IntercomError as err:
            why = f"{err.message}. {err.cause}"
            post(inputs.PartFailed(at=time.monotonic(), part="panel", why=why, resolution=err.resolution))
            return
        buttons = tuple(
            ButtonWiring(ButtonId(name), self._pin(button.pin, number), button.pull)
            for number, (name, button) in enumerate(panel.button.items())
        )
        lamps = tuple(
            LampWiring(LampId(name), self._pin(lamp.pin, len(buttons) + number), lamp.active_low)
            for number, (name, lamp) in enumerate(panel.lamp.items())
        )
        if self._simulated:
            await self._simulate(factory, buttons, lamps)
        claims = Claims(factory, post)
        shining = Lamps(lamps, claims)
        self._parts = [Buttons(buttons, claims, post), shining, claims]
        self._reactor.make_so["lamps"] = shining.desire
        shining.desire(self._reactor.desired.lamps)

    async def stop(self) -> None:
        """Let go of the lines; the relays are at rest then."""
        if self._simulation is not None:
            await self._simulation.stop()
        for part in self._parts:
            part.close()
        if self._relay is not None:
            await self._relay.stop()

    async def _simulate(
        self, factory: Factory, buttons: tuple[ButtonWiring, ...], lamps: tuple[LampWiring, ...]
    ) -> None:
        from appliance.simulator.panel import SimulatedPanel, SimulatedPin  # noqa: PLC0415  late: a demonstration only

        self._simulation = SimulatedPanel(
            self._places.runtime / "panel.sock",
            factory,
            {button.id: SimulatedPin(button.pin, button.active_low) for button in buttons},
            {lamp.id: SimulatedPin(lamp.pin, lamp.active_low) for lamp in lamps},
        )
        await self._simulation.start()

    def _pin(self, configured: int | None, number: int) -> int:
        """The line's number; simulated ones need none of their own. GPIO2 and 3 have pull-ups, in the mock too."""
        return number + FIRST_PIN if self._simulated or configured is None else configured

    def _doors(self) -> tuple[DoorWiring, ...]:
        return tuple(
            DoorWiring(
                DoorId(name),
                door.max_s,
                SimulatedLine(self._places.runtime / f"relay-{name}")
                if self._simulated
                else GpioLine(door.chip, door.line, door.active_low),
            )
            for name, door in self._config.door.items()
        )


class Web:
    """The HTTP interface: started last and tried again, for calls and door do not need it."""

    def __init__(self, config: Config, places: Places, reactor: Reactor, recordings: Recordings) -> None:
        self._config, self._places, self._reactor = config, places, reactor
        self.recordings = recordings
        self._servers: dict[str, Server] = {}

    async def serve(self) -> None:
        """Listen; what hinders it is told, and tried again until all is served."""
        told = ""
        while why := await self._start():
            if why != told:
                self._reactor.post(inputs.PartFailed(at=time.monotonic(), part="http", why=why))
            told = why
            await asyncio.sleep(HTTP_RETRY_S)
        if told:
            self._reactor.post(inputs.PartRecovered(at=time.monotonic(), part="http"))

    async def stop(self) -> None:
        """Close the listeners."""
        self._reactor.feed.close()  # who follows the events has had the last one, and ends by itself
        await asyncio.gather(*(server.stop() for server in self._servers.values()))

    async def _start(self) -> str:
        """Start each listener that does not run yet, whatever hinders the other; the hindrances, "" if none."""
        hindrances = []
        listeners = {"tcp": self._tcp} | ({"unix": self._unix} if self._config.http.socket else {})
        for name, listen in listeners.items():
            if name in self._servers:
                continue
            try:
                self._servers[name] = await listen()
            except (IntercomError, OSError) as err:
                hindrances.append(str(err))
        return " ".join(hindrances)

    async def _tcp(self) -> "Server":
        from appliance.api import app, auth  # noqa: PLC0415  late: fastapi takes 0.2 s that a press should not wait for
        from appliance.api.server import Server  # noqa: PLC0415

        token = await asyncio.to_thread(auth.token, self._places.state / "http.token")
        server = Server(app.build(self, token), None, self._config.http.address, self._config.http.port)
        bound = await server.start()
        log.info("http %s", bound.url)
        try:
            await asyncio.to_thread((self._places.runtime / "http.address").write_text, bound.url)
        except OSError as err:
            log.warning("http.address can not be written: %s", err)
        return server

    async def _unix(self) -> "Server":
        from appliance.api import app, auth  # noqa: PLC0415
        from appliance.api.server import Server  # noqa: PLC0415

        server = Server(app.build(self, auth.fresh_token()), self._socket(), None, 0)  # the file's mode decides there
        bound = await server.start()
        log.info("http %s", bound.socket)
        return server

    def _socket(self) -> Path | None:
        configured = self._config.http.socket
        if isinstance(configured, str):
            return Path(configured)
        return self._places.runtime / "http.sock" if configured else None

    # -- what the API asks for (api.ports.Ports) ---------------------------------------------------------------------

    async def request(self, action: inputs.Action, who: str) -> orders.Reply:
        """Hand a request to the core."""
        return await self._reactor.request(action, who)

    def snapshot(self) -> dict[str, Any]:
        """The whole state."""
        return self._reactor.snapshot()

    def call(self, wanted: str) -> dict[str, Any] | None:
        """One call."""
        return self._reactor.call(wanted)

    def calls(self) -> list[dict[str, Any]]:
        """All calls."""
        return self._reactor.calls()

    def feed(self, since: int) -> AsyncGenerator[dict[str, Any], None]:
        """Events."""
        return self._reactor.subscribe(since)

    def ready(self) -> tuple[bool, str]:
        """Whether calls are possible."""
        return self._reactor.state.sip_ready, self._reactor.desired.status

    def alive(self) -> bool:
        """The loop that answers this is the one that takes inputs."""
        return True

    def denied(self, who: str, source: str, scope: str) -> None:
        """Somebody without the right asked."""
        self._reactor.post(inputs.AccessDenied(at=time.monotonic(), who=who, source=source, scope=scope))
