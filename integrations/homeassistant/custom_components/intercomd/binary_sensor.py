"""Leaves of doors, registrations, and faults."""

from typing import Any

from homeassistant.components.binary_sensor import BinarySensorDeviceClass, BinarySensorEntity
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from . import entity
from .coordinator import IntercomdConfigEntry

PARALLEL_UPDATES = 0  # nothing is asked for


async def async_setup_entry(
    hass: HomeAssistant,  # noqa: ARG001  as Home Assistant calls it
    entry: IntercomdConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the binary sensors."""
    kinds = {"leaf": Leaf, "account": Registration, "sound": Sound, "storage": Storage, "problem": Problem}
    entity.add(entry, async_add_entities, kinds)


class Leaf(entity.IntercomdEntity, BinarySensorEntity):
    """The leaf of a door with a contact."""

    _attr_device_class = BinarySensorDeviceClass.DOOR

    @property
    def is_on(self) -> bool | None:
        """Whether it is open; None: its contact does not say."""
        contact = None if self.row is None else self.row["contact"]
        return None if contact in {None, "unknown"} else contact == "open"


class Registration(entity.IntercomdEntity, BinarySensorEntity):
    """The registration of an account."""

    _attr_device_class = BinarySensorDeviceClass.CONNECTIVITY
    _attr_entity_category = EntityCategory.DIAGNOSTIC

    @property
    def is_on(self) -> bool | None:
        """Whether it is registered."""
        return None if self.row is None else self.row["state"] == "registered"


class _Fault(entity.IntercomdEntity, BinarySensorEntity):
    """A fault."""

    _attr_device_class = BinarySensorDeviceClass.PROBLEM
    _attr_entity_category = EntityCategory.DIAGNOSTIC


class Sound(_Fault):
    """The sound cards."""

    @property
    def is_on(self) -> bool:
        """Whether they do not work."""
        return any(each["part"] == "audio" for each in self.state_of_station["appliance"]["failed"])


class Storage(_Fault):
    """The space for recordings."""

    @property
    def is_on(self) -> bool | None:
        """Whether it is short; None: it is not measured yet."""
        storage = self.state_of_station["storage"]
        return None if storage is None else storage["state"] != "ok"


class Problem(_Fault):
    """All parts of the station."""

    @property
    def is_on(self) -> bool:
        """Whether one does not work."""
        return bool(self.state_of_station["appliance"]["failed"])

    @property
    def extra_state_attributes(self) -> dict[str, Any]:
        """Which, and why."""
        return {"failed": self.state_of_station["appliance"]["failed"]}
