"""The call in the foreground, and the last recording."""

from datetime import datetime
from typing import Any, get_args

from homeassistant.components.sensor import SensorDeviceClass, SensorEntity
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from intercomd_client import words

from . import entity, parts
from .coordinator import IntercomdConfigEntry

PARALLEL_UPDATES = 0  # nothing is asked for
IDLE = "idle"
_FACTS = ("id", "direction", "number", "account", "ring", "recording", "summary", "connected_since")
_OF_RECORDING = ("id", "kind", "party", "duration_s", "doors", "outcome", "note")


async def async_setup_entry(
    hass: HomeAssistant,  # noqa: ARG001  as Home Assistant calls it
    entry: IntercomdConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the sensors."""
    entity.add(entry, async_add_entities, {"call": Call, "recording": LastRecording})


class Call(entity.IntercomdEntity, SensorEntity):
    """The state of the call in the foreground, or of the only one."""

    _attr_device_class = SensorDeviceClass.ENUM
    _attr_options = [IDLE, *get_args(words.CallState)]  # noqa: RUF012  as Home Assistant has it

    @property
    def native_value(self) -> str | None:
        """Its state; None: one that only a newer integration knows."""
        call = parts.foreground(self.state_of_station["calls"])
        state = IDLE if call is None else call["state"]
        return state if state in self._attr_options else None

    @property
    def extra_state_attributes(self) -> dict[str, Any]:
        """Who it is with, and since when."""
        call = parts.foreground(self.state_of_station["calls"])
        if call is None:
            return {}
        remote = call["remote"]
        name = remote.get("target_name") or remote["display_name"]
        return {each: call[each] for each in _FACTS} | {"remote": remote["uri"], "name": name}


class LastRecording(entity.IntercomdEntity, SensorEntity):
    """When the newest complete recording began."""

    _attr_device_class = SensorDeviceClass.TIMESTAMP

    @property
    def native_value(self) -> datetime | None:
        """When it began; None: there is none."""
        newest = self.coordinator.data.recording
        return None if newest is None else datetime.fromisoformat(newest["started"])

    @property
    def extra_state_attributes(self) -> dict[str, Any]:
        """What it is of."""
        newest = self.coordinator.data.recording
        return {} if newest is None else {name: value for name, value in newest.items() if name in _OF_RECORDING}
