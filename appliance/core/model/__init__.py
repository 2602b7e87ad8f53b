"""The core's model: the settings it is given and the state it holds. Times are seconds of CLOCK_MONOTONIC."""

from appliance.core.model.access import *
from appliance.core.model.accounts import *
from appliance.core.model.appliance import *
from appliance.core.model.audio import *
from appliance.core.model.call_sound import *
from appliance.core.model.calls import *
from appliance.core.model.clock import *
from appliance.core.model.conferences import *
from appliance.core.model.doors import *
from appliance.core.model.ids import *
from appliance.core.model.panel import *
from appliance.core.model.playbacks import *
from appliance.core.model.recordings import *
from appliance.core.model.station import *
from appliance.core.model.tones import *
from appliance.core.model.transfers import *
from appliance.core.model.visitor_ring import *
