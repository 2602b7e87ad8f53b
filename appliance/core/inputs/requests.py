"""Requests of clients."""

from appliance.core.inputs.access import OfBook
from appliance.core.inputs.accounts import RegisterAccount, UnregisterAccount
from appliance.core.inputs.appliance import ChangeRuntime, ReportCustom
from appliance.core.inputs.audio import (
    ChangeAudio,
    DetectSound,
    LinkSound,
    PlayRecording,
    PlaySound,
    PlaySpeech,
    PlayTone,
    PlayUrl,
    StopSound,
    StopTalk,
    StopTone,
    Talk,
    TestSound,
    UnlinkSound,
)
from appliance.core.inputs.base import Input
from appliance.core.inputs.calls import (
    AnswerCall,
    AskUpdates,
    DecideUpdate,
    Dial,
    HangUpCall,
    HoldCall,
    MuteCall,
    RejectCall,
    ReportLevels,
    RingCall,
    SendDigits,
    SendDigitsTo,
    SendEarlyMedia,
    SetCustomData,
    SetDigitMethods,
    SetStatisticsInterval,
    SwitchTo,
    UpdateCall,
)
from appliance.core.inputs.conferences import Conferring
from appliance.core.inputs.doors import ClearSensor, HoldDoor, Lockdown, OpenDoor, ReleaseDoor
from appliance.core.inputs.messages import Writing
from appliance.core.inputs.panel import TestLamp
from appliance.core.inputs.recordings import StartRecording, SteerRecording, StopRecording
from appliance.core.inputs.transfers import AcceptTransfer, ConnectCalls, EndTransfer, SetTransferPolicy, TransferCall
from appliance.core.inputs.visitor_ring import PressButton, RingFlat
from appliance.core.model import RequestId

AtOnce = (
    Dial
    | AnswerCall
    | RingCall
    | SendEarlyMedia
    | SetCustomData
    | SetStatisticsInterval
    | ReportLevels
    | SetDigitMethods
    | SendDigitsTo
    | RejectCall
    | HangUpCall
    | HoldCall
    | DecideUpdate
    | AskUpdates
    | UpdateCall
    | SwitchTo
    | MuteCall
    | SendDigits
    | StartRecording
    | StopRecording
    | SteerRecording
    | TransferCall
    | ConnectCalls
    | AcceptTransfer
    | EndTransfer
    | SetTransferPolicy
    | PressButton
    | RingFlat
    | OpenDoor
    | HoldDoor
    | ReleaseDoor
    | ClearSensor
    | TestLamp
    | RegisterAccount
    | UnregisterAccount
    | ChangeRuntime
    | ReportCustom
    | ChangeAudio
    | PlayTone
    | StopTone
    | PlaySound
    | PlaySpeech
    | PlayUrl
    | PlayRecording
    | StopSound
    | LinkSound
    | UnlinkSound
    | Talk
    | StopTalk
    | DetectSound
)
Action = AtOnce | Conferring | Writing | Lockdown | OfBook | TestSound  # the last three are replied to later


class Requested(Input, kw_only=True):
    """A client's request; the reply is an order `Reply` with the same id. `who` appears in events.

    late: the reactor knows its call or its conference as one that has ended lately.
    """

    request: RequestId
    who: str
    action: Action
    late: bool = False
