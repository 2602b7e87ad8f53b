"""The client library's station, made as an entry of Home Assistant says."""

from collections.abc import Mapping
from typing import Any

from homeassistant.const import CONF_TOKEN
from homeassistant.core import HomeAssistant

from intercomd_client import Station

from . import address
from .const import CONF_ADDRESS, CONF_CERTIFICATE


async def connected(hass: HomeAssistant, data: Mapping[str, Any]) -> Station:
    """A client of the station. Raises IntercomdError or ValueError: a token is never sent by plain HTTP."""

    def made() -> Station:  # reads the authorities of the machine from its disc
        pem = data.get(CONF_CERTIFICATE)
        certificate = address.trusted(pem) if pem else None
        return Station(data[CONF_ADDRESS], token=data[CONF_TOKEN], certificate=certificate)

    return await hass.async_add_executor_job(made)
