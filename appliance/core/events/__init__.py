"""The events that are reported: one record for each event type. The reactor adds id, times and boot.

The class's docstring is the reference's text, its fields are the event's `data`, less an underscore at the end of a
name that Python reserves; `call` goes into the envelope.
"""

from appliance.core.events.access import *
from appliance.core.events.accounts import *
from appliance.core.events.appliance import *
from appliance.core.events.audio import *
from appliance.core.events.base import CallEvent, Event, fields
from appliance.core.events.calls import *
from appliance.core.events.conferences import *
from appliance.core.events.doors import *
from appliance.core.events.messages import *
from appliance.core.events.panel import *
from appliance.core.events.recordings import *
from appliance.core.events.transfers import *
from appliance.core.events.visitor_ring import *

EVENTS: dict[str, type[Event]] = {
    kind.TYPE: kind
    for kind in sorted(
        (k for k in globals().values() if isinstance(k, type) and issubclass(k, Event)), key=lambda k: k.TYPE
    )
    if kind.TYPE
}
