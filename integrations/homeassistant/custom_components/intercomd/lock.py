"""The doors: locked at rest, unlocked while the relay is energised."""

from typing import Any

from homeassistant.components.lock import LockEntity, LockEntityFeature
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from . import entity
from .coordinator import IntercomdConfigEntry

PARALLEL_UPDATES = 0  # the station itself says in which order it opens


async def async_setup_entry(
    hass: HomeAssistant,  # noqa: ARG001  as Home Assistant calls it
    entry: IntercomdConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add a lock for each door."""
    entity.add(entry, async_add_entities, {"door": Door})


class Door(entity.DoorEntity, LockEntity):
    """A door. To unlock and to open it is the same: one pulse."""

    _attr_supported_features = LockEntityFeature.OPEN

    @property
    def is_locked(self) -> bool | None:
        """Whether the relay is at rest."""
        return None if self.row is None else not self.row["unlocked"]

    @property
    def changed_by(self) -> str | None:
        """Who has opened it."""
        return None if self.row is None else self.row["by"]

    async def async_open(self, **kwargs: Any) -> None:  # noqa: ARG002  no code is asked for
        """Open it for one pulse."""
        await self.order(self.coordinator.station.open_door(self.part.ident))

    async def async_unlock(self, **kwargs: Any) -> None:
        """Open it for one pulse."""
        await self.async_open(**kwargs)

    async def async_lock(self, **kwargs: Any) -> None:  # noqa: ARG002  no code is asked for
        """End a hold, so that the door locks."""
        await self.order(self.coordinator.station.release_door(self.part.ident))
