"""The whole state as clients read it."""

from typing import Annotated

from msgspec import Meta

from appliance.base.record import Record
from appliance.core.views.accounts import Account, Contact, Entry, Network, Target
from appliance.core.views.appliance import Appliance
from appliance.core.views.audio import Audio
from appliance.core.views.base import Time
from appliance.core.views.calls import Call
from appliance.core.views.conferences import Conference
from appliance.core.views.doors import Door
from appliance.core.views.panel import Panel
from appliance.core.views.recordings import Storage, VisitorMessage
from appliance.core.views.runtime import Runtime


class Snapshot(Record):
    """The whole state, and the id of the last event in it."""

    appliance: Appliance
    network: Network
    accounts: tuple[Account, ...]
    calls: tuple[Call, ...]
    conferences: tuple[Conference, ...]
    doors: tuple[Door, ...]
    panel: Panel
    audio: Audio
    runtime: Runtime
    targets: tuple[Target, ...]
    directory: tuple[Entry, ...]
    contacts: tuple[Contact, ...]
    message: Annotated[VisitorMessage | None, Meta(description="The message that a visitor is asked for or leaves.")]
    storage: Annotated[Storage | None, Meta(description="Null until it was measured, soon after the start.")]
    last_event: int
    time: Time
