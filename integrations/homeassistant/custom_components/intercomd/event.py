"""The doorbell, and the buttons that do not ring."""

from homeassistant.components.event import EventDeviceClass, EventEntity
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from intercomd_client import Event

from . import entity, parts
from .coordinator import IntercomdConfigEntry

PARALLEL_UPDATES = 0  # nothing is asked for


async def async_setup_entry(
    hass: HomeAssistant,  # noqa: ARG001  as Home Assistant calls it
    entry: IntercomdConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the doorbell and the other buttons."""
    entity.add(entry, async_add_entities, {"ring": Doorbell, "button": PanelButton})


class Doorbell(entity.EventSource, EventEntity):
    """A visitor rings."""

    _attr_device_class = EventDeviceClass.DOORBELL
    _attr_event_types = ["ring"]  # noqa: RUF012  as Home Assistant has it

    @callback
    def heard(self, event: Event) -> None:
        """Report a ring."""
        if event["type"] == "ring.started":
            self._trigger_event("ring", {name: event["data"][name] for name in ("ring", "button", "to")})
            self.async_write_ha_state()


class PanelButton(entity.EventSource, EventEntity):
    """A button of the panel."""

    _attr_device_class = EventDeviceClass.BUTTON
    _attr_event_types = [*parts.BUTTON_EVENTS.values()]  # noqa: RUF012  as Home Assistant has it

    @callback
    def heard(self, event: Event) -> None:
        """Report a press of this button."""
        if event["type"] in parts.BUTTON_EVENTS and event["data"]["button"] == self.part.ident:
            self._trigger_event(parts.BUTTON_EVENTS[event["type"]])
            self.async_write_ha_state()
