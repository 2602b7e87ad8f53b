"""A typed asyncio client of intercomd stations: `async with Station() as station: await station.open_door("front")`."""

from intercomd_client.errors import IntercomdError, StationUnreachableError, StationUntrustedError
from intercomd_client.station import Event, Station

__all__ = ["Event", "IntercomdError", "Station", "StationUnreachableError", "StationUntrustedError"]
