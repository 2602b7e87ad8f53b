"""Buttons: open a door, answer and hang up."""

from homeassistant.components.button import ButtonEntity
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from . import entity, parts
from .const import DOMAIN
from .coordinator import IntercomdConfigEntry

PARALLEL_UPDATES = 0  # the station itself says what may be done at once


async def async_setup_entry(
    hass: HomeAssistant,  # noqa: ARG001  as Home Assistant calls it
    entry: IntercomdConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the buttons."""
    entity.add(entry, async_add_entities, {"open": OpenDoor, "answer": Answer, "hang_up": HangUp})


class OpenDoor(entity.DoorEntity, ButtonEntity):
    """Opens a door for one pulse."""

    async def async_press(self) -> None:
        """Open it."""
        await self.order(self.coordinator.station.open_door(self.part.ident))


class Answer(entity.IntercomdEntity, ButtonEntity):
    """Answers the call that rings."""

    async def async_press(self) -> None:
        """Answer it."""
        await self.order(self.coordinator.station.answer_call(_call(self, incoming=True)))


class HangUp(entity.IntercomdEntity, ButtonEntity):
    """Ends the call in the foreground."""

    async def async_press(self) -> None:
        """End it."""
        await self.order(self.coordinator.station.hang_up_call(_call(self, incoming=False)))


def _call(of: entity.IntercomdEntity, *, incoming: bool) -> str:
    """The call that is meant. Raises ServiceValidationError."""
    found = parts.meant(of.state_of_station["calls"], incoming=incoming)
    if found is None:
        raise ServiceValidationError(translation_domain=DOMAIN, translation_key="no_call")
    return found
