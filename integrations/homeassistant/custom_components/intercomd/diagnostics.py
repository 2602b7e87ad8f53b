"""What a person may send with a report: states and counts. There is no name, number, address or token in it."""

from collections import Counter
from typing import Any
from urllib.parse import urlsplit

from homeassistant.core import HomeAssistant

from . import parts
from .const import CONF_ADDRESS, CONF_CERTIFICATE
from .coordinator import IntercomdConfigEntry


async def async_get_config_entry_diagnostics(
    hass: HomeAssistant,  # noqa: ARG001  as Home Assistant calls it
    entry: IntercomdConfigEntry,
) -> dict[str, Any]:
    """The facts of an entry."""
    coordinator = entry.runtime_data
    state = coordinator.data.state
    return {
        "scheme": urlsplit(entry.data[CONF_ADDRESS]).scheme,
        "own_certificate": CONF_CERTIFICATE in entry.data,
        "version": coordinator.version,
        "connected": coordinator.last_update_success,
        "last_event": state["last_event"],
        "ready": state["appliance"]["ready"],
        "failed": [each["part"].partition(".")[0] for each in state["appliance"]["failed"]],
        "doors": [{name: each[name] for name in ("state", "available", "contact", "alarm")} for each in state["doors"]],
        "accounts": [each["state"] for each in state["accounts"]],
        "calls": [each["state"] for each in state["calls"]],
        "storage": None if state["storage"] is None else state["storage"]["state"],
        "entities": Counter(f"{part.platform}.{part.kind}" for part in parts.of(state)),
    }
