"""Do not disturb."""

from typing import Any

from homeassistant.components.switch import SwitchEntity
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from . import entity
from .coordinator import IntercomdConfigEntry

PARALLEL_UPDATES = 1  # the last switch counts


async def async_setup_entry(
    hass: HomeAssistant,  # noqa: ARG001  as Home Assistant calls it
    entry: IntercomdConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the switch."""
    entity.add(entry, async_add_entities, {"do_not_disturb": DoNotDisturb})


class DoNotDisturb(entity.IntercomdEntity, SwitchEntity):
    """While it is on, incoming calls do not ring."""

    _attr_entity_category = EntityCategory.CONFIG

    @property
    def is_on(self) -> bool:
        """Whether calls do not ring."""
        return self.state_of_station["runtime"]["do_not_disturb"]

    async def async_turn_on(self, **kwargs: Any) -> None:  # noqa: ARG002  it takes nothing
        """Let calls not ring."""
        await self.order(self.coordinator.station.change_runtime(do_not_disturb=True))

    async def async_turn_off(self, **kwargs: Any) -> None:  # noqa: ARG002  it takes nothing
        """Let calls ring."""
        await self.order(self.coordinator.station.change_runtime(do_not_disturb=False))
