"""The state of one station, and its events by one WebSocket."""

import asyncio
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.exceptions import ConfigEntryAuthFailed
from homeassistant.helpers.debounce import Debouncer
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator, UpdateFailed

from intercomd_client import Event, IntercomdError, Station
from intercomd_client.answers import Recording, Snapshot
from intercomd_client.refusals import ForbiddenError, UnauthorizedError

from . import parts
from .const import DOMAIN, LOGGER

RING_S = 10.0  # an older ring, or press of a button, is not reported
AGAIN_S = 0.1  # between two looks at the state, however many events come
RECORDING_S = 5.0  # for the newest recording
RETRY_S = 10.0  # after a refusal; the client library itself tries a lost connection again
# What changes the state that entities show. The rest, such as levels and statistics of calls, is not sent here.
TYPES = (
    *("ring.*", "button.*", "door.*", "contact.changed", "call.*", "account.*", "config.changed", "storage.*"),
    *("appliance.ready", "appliance.degraded", "appliance.recovered", "appliance.update_offered"),
    *("audio.failed", "audio.recovered", "panel.failed", "panel.recovered", "recording.*"),
)
REFUSED = (UnauthorizedError, ForbiddenError)

IntercomdConfigEntry = ConfigEntry["IntercomdCoordinator"]


@dataclass(frozen=True)
class Seen:
    """The state, and the newest complete recording, None if there is none, or it cannot be read."""

    state: Snapshot
    recording: Recording | None


class IntercomdCoordinator(DataUpdateCoordinator[Seen]):
    """Keeps the state. A lost connection makes it unavailable; the client library makes another one."""

    config_entry: IntercomdConfigEntry

    def __init__(self, hass: HomeAssistant, entry: IntercomdConfigEntry, station: Station) -> None:
        self._look = Debouncer[Any](hass, LOGGER, cooldown=AGAIN_S, immediate=True)
        super().__init__(hass, LOGGER, config_entry=entry, name=entry.title, request_refresh_debouncer=self._look)
        self.station, self.version = station, ""
        self._heard: list[Callable[[Event], None]] = []
        self._caught: Snapshot | None = None  # the state as it was after the connection was made
        self._catching: asyncio.Task[None] | None = None
        self._comparing: asyncio.Task[None] | None = None

    async def _async_setup(self) -> None:
        try:
            self.version = await self._read_version()
        except IntercomdError as err:
            raise self._failed(err) from err

    async def _async_update_data(self) -> Seen:
        try:
            state = await self.station.read_state()
            return Seen(state, await self._newest())
        except REFUSED as err:
            raise ConfigEntryAuthFailed(
                translation_domain=DOMAIN, translation_key="refused", translation_placeholders={"why": str(err)}
            ) from err
        except IntercomdError as err:
            raise self._failed(err) from err

    @staticmethod
    def _failed(err: IntercomdError) -> UpdateFailed:
        return UpdateFailed(
            translation_domain=DOMAIN, translation_key="no_answer", translation_placeholders={"why": str(err)}
        )

    async def _read_version(self) -> str:
        return (await self.station.list_requests())["version"]

    async def _newest(self) -> Recording | None:
        """The newest recording. Door and calls go on without it, as where the disc of recordings is away or hangs."""
        try:
            async with asyncio.timeout(RECORDING_S):
                found = (await self.station.list_recordings(limit=2))["recordings"]
        except UnauthorizedError:
            raise
        except (IntercomdError, TimeoutError):  # also where the token has no scope `call`
            return None
        return next((each for each in found if each["complete"]), None)

    async def follow(self) -> None:
        """Follow the events for ever, from the state on that was read first."""
        since = self.data.state["last_event"]
        while True:
            events = self.station.events(since, types=TYPES, connected=self._connected)
            try:
                async with aclosing(events):
                    async for event in events:
                        since = event["id"]
                        await self._take(event)
            except REFUSED as err:
                self._lost(err)
                self.config_entry.async_start_reauth(self.hass)
                return
            except IntercomdError as err:
                self._lost(err)
            await asyncio.sleep(RETRY_S)

    @callback
    def on_event(self, heard: Callable[[Event], None]) -> CALLBACK_TYPE:
        """Have rings and presses of buttons passed on while they are new; the answer ends that."""
        self._heard.append(heard)
        return lambda: self._heard.remove(heard)

    @callback
    def _connected(self, there: bool) -> None:
        if there:
            task = self._catch_up()
            self._catching = self.config_entry.async_create_background_task(self.hass, task, "intercomd state")
        else:
            self._lost(None)

    @callback
    def _lost(self, err: Exception | None) -> None:
        """Make all entities unavailable, which is logged once."""
        for task in (self._catching, self._comparing):
            if task is not None:
                task.cancel()
        self._catching = self._comparing = None
        if self.last_update_success:
            LOGGER.info("The connection to %s is lost: %s", self.name, err or "it tries again")
            self.last_update_success, self.last_exception = False, err
            self.async_update_listeners()

    async def _catch_up(self) -> None:
        """Read the state after a connection was made; load the entry again for other entities.

        It is read again until that succeeds: the next event may be a ring, and whether that is new shows by this state.
        """
        before = parts.identifier(self.data.state), parts.of(self.data.state)
        while not await self._caught_up():
            if isinstance(self.last_exception, ConfigEntryAuthFailed):  # another token is asked for
                return
            await asyncio.sleep(RETRY_S)
        if (parts.identifier(self.data.state), parts.of(self.data.state)) != before:
            self.hass.config_entries.async_schedule_reload(self.config_entry.entry_id)
            return
        task = self._compare()  # no ring waits for that
        self._comparing = self.config_entry.async_create_background_task(self.hass, task, "intercomd version")

    async def _caught_up(self) -> bool:
        """Read the state: whether the station answers."""
        await self.async_refresh()
        self._caught = self.data.state if self.last_update_success else None
        return self._caught is not None

    async def _compare(self) -> None:
        """Load the entry again if the station has another version."""
        while True:
            try:
                version = await self._read_version()
                break
            except IntercomdError:
                await asyncio.sleep(RETRY_S)
        if version != self.version:
            self.hass.config_entries.async_schedule_reload(self.config_entry.entry_id)

    async def _take(self, event: Event) -> None:
        if self._catching is not None:
            await self._catching
        passed = event["type"] == "ring.started" or event["type"] in parts.BUTTON_EVENTS
        for heard in self._heard if passed and self._is_new(event) else ():
            heard(event)
        self._look.async_schedule_call()

    def _is_new(self, event: Event) -> bool:
        """Whether it came while connected, or shortly before, by the station's clock: it may be far from ours."""
        if self._caught is None:
            return False
        if event["id"] > self._caught["last_event"]:
            return True
        age = datetime.fromisoformat(self._caught["time"]) - datetime.fromisoformat(event["time"])
        return age.total_seconds() <= RING_S
