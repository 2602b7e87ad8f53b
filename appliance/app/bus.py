"""The D-Bus interface as part of the daemon: connected to the reactor, and retried for ever."""

import asyncio
import logging
import time
from typing import TYPE_CHECKING

from appliance.app.made_sounds import MadeSounds
from appliance.app.web import StoredLists
from appliance.base import libraries, times
from appliance.base.errors import ErrorCode, IntercomError, sentences
from appliance.config.schema import Config
from appliance.core import inputs
from appliance.runtime.reactor import Reactor

if TYPE_CHECKING:
    from collections.abc import Callable

    from appliance.core.views.snapshot import Snapshot

log = logging.getLogger(__name__)


def _load() -> None:
    """Import the interface in a thread, so that the loop goes on; late, as dbus-fast is optional."""
    from appliance.bus import service  # noqa: F401, PLC0415
    from appliance.runtime import shown  # noqa: F401, PLC0415


class Bus:
    """Our service on the message bus. Calls and door do not need it: faults are reported, and it is retried."""

    def __init__(self, config: Config, reactor: Reactor, sounds: MadeSounds, lists: StoredLists) -> None:
        self._config, self._reactor = config.dbus, reactor
        self.request, self.subscribe = reactor.request, reactor.subscribe
        self.snapshot: Callable[[], Snapshot]  # set once the interface is loaded
        self.say, self.sounds = sounds.say, sounds.names
        self.recordings, self.call_log = lists.recordings, lists.call_log
        self.play_url, self.play_recording = sounds.play_url, sounds.play_recording
        # The code of the last reported failure; another attempt that ends the same way is not reported.
        self._reported = ""
        self._refused: float | None = None  # since when the bus refuses us

    async def serve(self) -> None:
        """Serve on the bus while the daemon runs, if that is configured."""
        retry_s, longest_s = times.current.bus_again_s
        while self._config.enabled:
            begun = time.monotonic()
            try:
                await asyncio.to_thread(_load)
                from appliance.bus.service import serve  # noqa: PLC0415  late: see _load
                from appliance.runtime.shown import Shown  # noqa: PLC0415

                self.snapshot = Shown(self._reactor).snapshot
                await serve(self, self._config.address, self._up)
            except ImportError as err:
                self._failed(
                    IntercomError(
                        ErrorCode.UNAVAILABLE,
                        "The D-Bus interface is not installed.",
                        f"{err}.",
                        f"{libraries.remedy('python3-dbus-fast', 'dbus-fast')}, or set dbus.enabled = false.",
                    )
                )
            except IntercomError as err:
                self._failed(err)
            except Exception as err:  # half an upgrade, or our own fault: calls and door go on, and clients must know
                log.exception("D-Bus cannot be served")
                why = f"{type(err).__name__}: {err}."
                self._failed(IntercomError(ErrorCode.UNAVAILABLE, "The D-Bus interface cannot be loaded.", why))
            else:
                return  # the events have ended, and so does the daemon
            if time.monotonic() - begun >= times.current.bus_lasting_s:
                retry_s = times.current.bus_again_s[0]
            await asyncio.sleep(retry_s)
            retry_s = min(2 * retry_s, longest_s)

    def _up(self) -> None:
        self._reported, self._refused = "", None
        self._reactor.post(inputs.PartRecovered(at=time.monotonic(), part="dbus"))

    def _failed(self, err: IntercomError) -> None:
        if err.code == ErrorCode.FORBIDDEN:
            now = time.monotonic()
            self._refused = self._refused or now
            if now - self._refused < times.current.bus_refused_s:
                return
        if err.code != self._reported:
            why = sentences(err.message, err.cause)
            self._reactor.post(inputs.PartFailed(at=time.monotonic(), part="dbus", why=why, resolution=err.resolution))
        self._reported = err.code
