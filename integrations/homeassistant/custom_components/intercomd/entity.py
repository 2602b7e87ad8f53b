"""What all entities share."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from homeassistant.core import callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.device_registry import DeviceInfo
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.update_coordinator import CoordinatorEntity

from intercomd_client import IntercomdError
from intercomd_client.answers import Snapshot

from . import parts
from .const import CONF_ADDRESS, DOMAIN
from .coordinator import REFUSED, IntercomdConfigEntry, IntercomdCoordinator


def add(
    entry: IntercomdConfigEntry,
    to: AddConfigEntryEntitiesCallback,
    kinds: Mapping[str, Callable[[IntercomdCoordinator, parts.Part], "IntercomdEntity"]],
) -> None:
    """Add the entities of these kinds."""
    found = parts.of(entry.runtime_data.data.state)
    to(kinds[part.kind](entry.runtime_data, part) for part in found if part.kind in kinds)


class IntercomdEntity(CoordinatorEntity[IntercomdCoordinator]):
    """An entity of a station."""

    _attr_has_entity_name = True

    def __init__(self, coordinator: IntercomdCoordinator, part: parts.Part) -> None:
        super().__init__(coordinator)
        self.part = part
        ident = parts.identifier(self.state_of_station)
        self._attr_unique_id = f"{ident}_{part.key}"
        self._attr_translation_key = part.kind
        if part.ident:
            self._attr_translation_placeholders = {"name": part.title}
        self._attr_device_info = DeviceInfo(
            identifiers={(DOMAIN, ident)},
            name=self.state_of_station["appliance"]["station"],
            manufacturer="intercomd",
            model="Door station",
            sw_version=coordinator.version,
            configuration_url=coordinator.config_entry.data[CONF_ADDRESS],
        )

    @property
    def state_of_station(self) -> Snapshot:
        """The whole state."""
        return self.coordinator.data.state

    @property
    def row(self) -> dict[str, Any] | None:
        """The part of the state with the ident of this entity; None: there is none any more."""
        state = self.state_of_station
        account = self.part.kind == "account"
        rows: list[Mapping[str, Any]] = [*state["accounts"]] if account else [*state["doors"]]
        return next((dict(each) for each in rows if each["name" if account else "id"] == self.part.ident), None)

    async def order(self, given: Awaitable[Any]) -> None:
        """Give an order. Raises HomeAssistantError with what the station says."""
        try:
            await given
        except REFUSED as err:
            raise HomeAssistantError(
                translation_domain=DOMAIN, translation_key="not_allowed", translation_placeholders={"why": str(err)}
            ) from err
        except IntercomdError as err:
            raise HomeAssistantError(
                translation_domain=DOMAIN, translation_key="order_failed", translation_placeholders={"why": str(err)}
            ) from err


class DoorEntity(IntercomdEntity):
    """An entity of a door, which is unavailable while the door's relay is."""

    @property
    def available(self) -> bool:
        """Whether the door can be operated."""
        return super().available and self.row is not None and bool(self.row["available"])


class EventSource(IntercomdEntity):
    """An entity of events: it is passed what happens, beside the state."""

    async def async_added_to_hass(self) -> None:
        """Follow."""
        await super().async_added_to_hass()
        self.async_on_remove(self.coordinator.on_event(self.heard))

    @callback
    def heard(self, event: Any) -> None:
        """A ring, or a press of a button."""
        raise NotImplementedError
