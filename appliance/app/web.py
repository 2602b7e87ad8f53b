"""The HTTP interface as part of the daemon: started late, tried again, and joined to reactor and store."""

import asyncio
import logging
import time
from collections.abc import AsyncGenerator
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from appliance.app.paths import Places
from appliance.base.errors import IntercomError, reason
from appliance.config.schema import Config
from appliance.core import inputs, orders
from appliance.doctor import daemon_faults, examine, networks, signalling
from appliance.runtime.reactor import Reactor
from appliance.store.audit import Audit
from appliance.store.calllog import CallLog
from appliance.store.recordings import Recordings

if TYPE_CHECKING:
    from appliance.api.http.server import HttpServer

log = logging.getLogger(__name__)

HTTP_RETRY_S = 10.0


@dataclass(frozen=True, slots=True)
class StoredLists:
    """What is on disc and can be listed."""

    recordings: Recordings
    call_log: CallLog
    audit: Audit


def _load() -> None:
    """Import the HTTP interface; in a thread, so that the loop goes on with presses and with the start of SIP.

    FastAPI takes 0.3 s of a processor. On a board that gave the daemon 3 % of one, the loop stood still for 20 s.
    """
    from appliance.api import app  # noqa: F401, PLC0415
    from appliance.api.http import auth, server  # noqa: F401, PLC0415


class Web:
    """The HTTP interface: started last and tried again, for calls and door do not need it."""

    def __init__(
        self,
        config: Config,
        places: Places,
        reactor: Reactor,
        kept: StoredLists,
        file: Path,
    ) -> None:
        self._config, self._places, self._reactor, self._file = config, places, reactor, file
        self.recordings, self.call_log, self.audit = kept.recordings, kept.call_log, kept.audit
        self._servers: dict[str, HttpServer] = {}
        self.tried = asyncio.Event()  # set once it listens, or knows why it cannot

    async def serve(self) -> None:
        """Listen; faults are reported, and it is tried again until all is served."""
        await asyncio.to_thread(_load)
        told = ""
        while why := await self._start():
            self.tried.set()
            if why != told:
                self._reactor.post(inputs.PartFailed(at=time.monotonic(), part="http", why=why))
            told = why
            await asyncio.sleep(HTTP_RETRY_S)
        self.tried.set()
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
                hindrances.append(reason(err))
        return " ".join(hindrances)

    async def _tcp(self) -> "HttpServer":
        from appliance.api import app  # noqa: PLC0415  late: see _load
        from appliance.api.http.server import HttpServer  # noqa: PLC0415

        token = await asyncio.to_thread(self._token)
        built = await asyncio.to_thread(app.build, self, token)
        server = HttpServer(built, None, self._config.http.address, self._config.http.port)
        bound = await server.start()
        log.info("http %s", bound.url)
        try:
            await asyncio.to_thread((self._places.runtime / "http.address").write_text, bound.url)
        except OSError as err:
            log.warning("http.address cannot be written: %s", reason(err))
        return server

    def _token(self) -> str:
        """The token, kept with the state; where nothing can be written there, one for this start beside the sockets."""
        from appliance.api.http import auth  # noqa: PLC0415

        try:
            return auth.token(self._places.state / "http.token")
        except OSError:
            return auth.token(self._places.runtime / "http.token")

    async def _unix(self) -> "HttpServer":
        from appliance.api import app  # noqa: PLC0415
        from appliance.api.http import auth  # noqa: PLC0415
        from appliance.api.http.server import HttpServer  # noqa: PLC0415

        built = await asyncio.to_thread(app.build, self, auth.fresh_token())  # nobody knows it: the file's mode decides
        server = HttpServer(built, self._socket(), None, 0)
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

    def codes(self) -> list[dict[str, Any]]:
        """All codes and cards."""
        return self._reactor.codes()

    def call(self, wanted: str) -> dict[str, Any] | None:
        """One call."""
        return self._reactor.call(wanted)

    def calls(self) -> list[dict[str, Any]]:
        """All calls."""
        return self._reactor.calls()

    def feed(self, since: int) -> AsyncGenerator[dict[str, Any], None]:
        """Events."""
        return self._reactor.subscribe(since)

    async def doctor(self) -> list[dict[str, Any]]:
        """What is wrong, as far as it can be seen from inside; beside it, what the adapters have reported already."""
        found = await asyncio.to_thread(examine.examine, self._file)
        snapshot, targets = self.snapshot(), self._reactor.state.settings.targets
        found += signalling.accounts(snapshot["accounts"])
        found += await asyncio.to_thread(networks.examine, snapshot, targets, self._config.sip.address)
        with suppress(IntercomError):  # a log that cannot be read is among the parts that failed
            rows = await asyncio.to_thread(self.call_log.list, signalling.LOOKED_AT)
            found += signalling.calls([call for _, call in rows])
        found += daemon_faults.besides(found, self._reactor.state.failed)
        return [asdict(finding) for finding in found]

    def ready(self) -> tuple[bool, str]:
        """Whether calls are possible."""
        return self._reactor.state.sip_ready, self._reactor.desired.status

    def alive(self) -> bool:
        """The loop that answers this is the one that takes inputs."""
        return True

    def denied(self, who: str, source: str, scope: str) -> None:
        """Somebody without the right asked."""
        self._reactor.post(inputs.AccessDenied(at=time.monotonic(), who=who, source=source, scope=scope))
