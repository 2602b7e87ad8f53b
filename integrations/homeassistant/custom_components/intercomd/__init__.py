"""intercomd door stations in Home Assistant: state and orders by HTTP, events by one WebSocket."""

from homeassistant.const import Platform
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.exceptions import ConfigEntryError
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.typing import ConfigType

from . import media_source, parts, station
from .const import DOMAIN, PLATFORMS
from .coordinator import IntercomdConfigEntry, IntercomdCoordinator

CONFIG_SCHEMA = cv.config_entry_only_config_schema(DOMAIN)


async def async_setup(hass: HomeAssistant, config: ConfigType) -> bool:  # noqa: ARG001  as Home Assistant calls it
    """Serve the sound of recordings."""
    hass.http.register_view(media_source.RecordingView)
    return True


async def async_setup_entry(hass: HomeAssistant, entry: IntercomdConfigEntry) -> bool:
    """Read the state, then follow the events."""
    try:
        client = await station.connected(hass, entry.data)
    except (ValueError, OSError) as err:
        raise ConfigEntryError(translation_domain=DOMAIN, translation_key="not_usable") from err
    entry.async_on_unload(client.close)
    entry.runtime_data = coordinator = IntercomdCoordinator(hass, entry, client)
    await coordinator.async_config_entry_first_refresh()
    _rename(hass, entry)
    _forget_what_is_gone(hass, entry)
    await hass.config_entries.async_forward_entry_setups(entry, PLATFORMS)
    entry.async_create_background_task(hass, coordinator.follow(), "intercomd events")

    @callback
    def registered(event: Event[er.EventEntityRegistryUpdatedData]) -> None:
        if event.data["action"] != "update":
            _notice_mqtt(hass, entry)

    entry.async_on_unload(hass.bus.async_listen(er.EVENT_ENTITY_REGISTRY_UPDATED, registered))
    _notice_mqtt(hass, entry)
    return True


async def async_unload_entry(hass: HomeAssistant, entry: IntercomdConfigEntry) -> bool:
    """End the entities; the connection ends with the entry."""
    ir.async_delete_issue(hass, DOMAIN, _issue(entry))
    return await hass.config_entries.async_unload_platforms(entry, PLATFORMS)


def _rename(hass: HomeAssistant, entry: IntercomdConfigEntry) -> None:
    """Take over another name of the station for other systems: its token shows that it is the same station."""
    name = parts.identifier(entry.runtime_data.data.state)
    former = entry.unique_id or name
    if hass.config_entries.async_entry_for_domain_unique_id(DOMAIN, name) is not None:
        return  # it has that name already, or another station has it
    entities, devices = er.async_get(hass), dr.async_get(hass)
    for known in er.async_entries_for_config_entry(entities, entry.entry_id):
        key = known.unique_id.removeprefix(former)
        entities.async_update_entity(known.entity_id, new_unique_id=f"{name}{key}")
    for device in dr.async_entries_for_config_entry(devices, entry.entry_id):
        devices.async_update_device(device.id, new_identifiers={(DOMAIN, name)})
    hass.config_entries.async_update_entry(entry, unique_id=name)


def _forget_what_is_gone(hass: HomeAssistant, entry: IntercomdConfigEntry) -> None:
    """Remove the entities of doors, buttons and accounts that the station has no more."""
    state = entry.runtime_data.data.state
    there = {f"{parts.identifier(state)}_{part.key}" for part in parts.of(state)}
    registry = er.async_get(hass)
    for known in er.async_entries_for_config_entry(registry, entry.entry_id):
        if known.unique_id not in there:
            registry.async_remove(known.entity_id)


def _issue(entry: IntercomdConfigEntry) -> str:
    return f"mqtt_too_{entry.entry_id}"


@callback
def _notice_mqtt(hass: HomeAssistant, entry: IntercomdConfigEntry) -> None:
    """Say that the station is there twice, while it is there by MQTT discovery, too: each ring would come twice."""
    ident = parts.identifier(entry.runtime_data.data.state)
    if er.async_get(hass).async_get_entity_id(Platform.EVENT, "mqtt", f"{ident}_ring") is None:
        ir.async_delete_issue(hass, DOMAIN, _issue(entry))
        return
    ir.async_create_issue(
        hass,
        DOMAIN,
        _issue(entry),
        is_fixable=False,
        severity=ir.IssueSeverity.WARNING,
        translation_key="mqtt_too",
        translation_placeholders={"name": entry.title},
    )
