"""A newer version of the station, which root installs there: no order of the network does."""

from homeassistant.components.update import UpdateDeviceClass, UpdateEntity
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
    """Add the update."""
    entity.add(entry, async_add_entities, {"update": Update})


class Update(entity.IntercomdEntity, UpdateEntity):
    """The version of the station, and the one that apt offers there."""

    _attr_device_class = UpdateDeviceClass.FIRMWARE
    _attr_title = "intercomd"

    @property
    def installed_version(self) -> str:
        """The version that runs."""
        return self.coordinator.version

    @property
    def latest_version(self) -> str:
        """The version that is offered, or else the one that runs."""
        return self.state_of_station["appliance"]["offered_version"] or self.coordinator.version
