"""The settings that clients may change while the station runs, as they read them."""

from typing import Annotated

from msgspec import Meta

from appliance.base.record import Record
from appliance.core.model import Forwarding


class Hours(Record):
    """Quiet hours of each day, in the machine's local time, both empty: none; and a time profile, empty: none."""

    begin: str
    end: str
    profile: str = ""


class Runtime(Record):
    """Current values of the settings that clients may change while the station runs."""

    forwarding: Forwarding
    quiet_hours: Hours
    do_not_disturb: bool
    quiet: Annotated[bool, Meta(description="Whether quiet hours are in force now.")]
