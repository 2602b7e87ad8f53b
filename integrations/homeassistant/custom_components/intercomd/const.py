"""Names that several modules of the integration share."""

import logging
from typing import Final

from homeassistant.const import Platform

DOMAIN: Final = "intercomd"
LOGGER: Final = logging.getLogger(__package__)
CONF_ADDRESS: Final = "address"
CONF_CERTIFICATE: Final = "certificate"  # PEM that the station's certificate must lead to; absent: public authorities
PLATFORMS: Final = [
    Platform.BINARY_SENSOR,
    Platform.BUTTON,
    Platform.EVENT,
    Platform.LOCK,
    Platform.SENSOR,
    Platform.SWITCH,
    Platform.UPDATE,
]
