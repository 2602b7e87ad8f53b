"""Requests of clients."""

from appliance.core.inputs.access import OfBook
from appliance.core.inputs.accounts import AccountRequest
from appliance.core.inputs.appliance import ApplianceRequest
from appliance.core.inputs.audio import AudioRequest
from appliance.core.inputs.base import Input
from appliance.core.inputs.calls import CallRequest
from appliance.core.inputs.conferences import Conferring
from appliance.core.inputs.doors import DoorRequest
from appliance.core.inputs.messages import Writing
from appliance.core.inputs.panel import PanelRequest
from appliance.core.inputs.recordings import RecordingRequest
from appliance.core.inputs.transfers import TransferRequest
from appliance.core.inputs.visitor_ring import RingRequest
from appliance.core.model import RequestId

Action = (
    OfBook
    | AccountRequest
    | ApplianceRequest
    | AudioRequest
    | CallRequest
    | Conferring
    | DoorRequest
    | Writing
    | PanelRequest
    | RecordingRequest
    | TransferRequest
    | RingRequest
)


class Requested(Input, kw_only=True):
    """A client's request; the reply is an order `Reply` with the same id. `who` appears in events.

    late: the reactor knows its call or its conference as one that has ended lately.
    """

    request: RequestId
    who: str
    action: Action
    late: bool = False
