"""Inputs: everything that can happen to the core. Each has its time (`at`) and, once taken in, a fresh id.

`at` is CLOCK_MONOTONIC in seconds: the moment of the edge or packet; `taken` is the moment of its processing.
"""

from appliance.core.inputs.access import *
from appliance.core.inputs.accounts import *
from appliance.core.inputs.appliance import *
from appliance.core.inputs.audio import *
from appliance.core.inputs.base import Action, Input, OfAccount, OfCall, OfConference, kinds
from appliance.core.inputs.calls import *
from appliance.core.inputs.conferences import *
from appliance.core.inputs.doors import *
from appliance.core.inputs.messages import *
from appliance.core.inputs.panel import *
from appliance.core.inputs.recordings import *
from appliance.core.inputs.transfers import *
from appliance.core.inputs.visitor_ring import *
from appliance.core.model import RequestId

ACTIONS: tuple[type[Action], ...] = kinds(Action)


class Requested(Input, kw_only=True):
    """A client's request; the reply is an order `Reply` with the same id. `who` appears in events.

    late: the reactor knows its call or its conference as one that has ended lately.
    """

    request: RequestId
    who: str
    action: Action
    late: bool = False


INPUTS: tuple[type[Input], ...] = kinds(Input)
