"""Sound cards."""

from appliance.core.events.base import Event
from appliance.core.model import DevicesReason


class AudioDevicesChanged(Event):
    """Sound cards came, went, or have other devices now; each by its id in ALSA.

    reason: kernel, it reported the change; start, the SIP process was replaced and found other cards.
    """

    TYPE = "audio.devices_changed"
    added: tuple[str, ...]
    removed: tuple[str, ...]
    updated: tuple[str, ...]
    reason: DevicesReason
