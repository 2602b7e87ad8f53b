"""Inputs: everything that can happen to the core. Each has its time (`at`) and, once taken in, a fresh id.

`at` is CLOCK_MONOTONIC in seconds: the moment of the edge or packet; `taken` is the moment of its processing.
"""

from typing import get_args

from appliance.core.inputs.access import (
    AddCredential,
    BookRead,
    CardRead,
    ChangeCredential,
    CredentialKept,
    CredentialNotKept,
    KeypadKey,
    OfBook,
    ReadingDiscarded,
    RemoveCredential,
)
from appliance.core.inputs.accounts import (
    AccountInput,
    ContactAnswered,
    ContactNotified,
    NetworkChanged,
    RegisterAccount,
    Registered,
    RegistrationFailed,
    ServerFailed,
    SubscriptionEnded,
    UnregisterAccount,
    Unregistered,
)
from appliance.core.inputs.appliance import (
    AccessDenied,
    AccessLockedOut,
    AccessTokenAdded,
    AccessTokenRemoved,
    AnswerDoubted,
    ChangeRuntime,
    ClockReported,
    ClockSet,
    ConfigChanged,
    ConfigRejected,
    KeptFailed,
    KeptWritten,
    PartFailed,
    PartRecovered,
    ReportCustom,
    RequestRefused,
    RequestsDropped,
    SipLost,
    SipReady,
    SipSlow,
    Started,
    StopRequested,
    Tick,
)
from appliance.core.inputs.audio import (
    AnswererHeard,
    CardsFound,
    ChangeAudio,
    DetectionFailed,
    DetectSound,
    LevelsRead,
    LinkSound,
    OfPlayback,
    PlaybackBegun,
    PlaybackEnded,
    PlaybackFailed,
    PlaybackOpened,
    PlayRecording,
    PlaySound,
    PlaySpeech,
    PlayTone,
    PlayUrl,
    SoundTested,
    StopSound,
    StopTalk,
    StopTone,
    Talk,
    TestSound,
    ToneHeard,
    UnlinkSound,
    XrunsCounted,
)
from appliance.core.inputs.base import Input, OfAccount, OfCall, OfConference
from appliance.core.inputs.calls import (
    AnswerCall,
    AskUpdates,
    CallAnswered,
    CallArrived,
    CallConfirmed,
    CallEnded,
    CallProgressed,
    DecideUpdate,
    Dial,
    DigitReceived,
    DigitSent,
    DigitsNotSent,
    DigitsUnread,
    DigitUnreadable,
    HangUpCall,
    HoldCall,
    HoldFailed,
    IceCompleted,
    IceFailed,
    MediaCounted,
    MediaStarted,
    MuteCall,
    RejectCall,
    ReportLevels,
    RingCall,
    RtpResumed,
    RtpStarted,
    RtpStopped,
    SendDigits,
    SendDigitsTo,
    SendEarlyMedia,
    SetCustomData,
    SetDigitMethods,
    SetStatisticsInterval,
    SoundRefused,
    SourceChanged,
    SwitchTo,
    UpdateAnswered,
    UpdateCall,
    UpdateReceived,
    UpdateSent,
)
from appliance.core.inputs.conferences import (
    Confer,
    Conferring,
    EndConference,
    HoldConference,
    InviteInto,
    MuteIn,
    RecordConference,
    RemoveFrom,
    TakeInto,
)
from appliance.core.inputs.doors import (
    ClearSensor,
    GuardLost,
    GuardReady,
    HoldDoor,
    LockDoor,
    Lockdown,
    OpenDoor,
    OpeningsRead,
    RelayChanged,
    ReleaseDoor,
    SensorEdge,
    UnlockDoor,
)
from appliance.core.inputs.messages import (
    InfoReceived,
    MessageAnswered,
    MessageReceived,
    SendCallText,
    SendInfo,
    SendText,
    Writing,
)
from appliance.core.inputs.panel import ButtonEdge, LampFound, TestLamp
from appliance.core.inputs.recordings import (
    RecordingAnnounced,
    RecordingAvailable,
    RecordingBegun,
    RecordingChanged,
    RecordingClosed,
    RecordingConverted,
    RecordingCopied,
    RecordingCopyFailed,
    RecordingDeleted,
    RecordingPrepared,
    RecordingRefused,
    SpaceMeasured,
    StartRecording,
    SteerRecording,
    StopRecording,
)
from appliance.core.inputs.requests import Action, Requested
from appliance.core.inputs.transfers import (
    AcceptTransfer,
    ConnectCalls,
    EndTransfer,
    SetTransferPolicy,
    TransferCall,
    TransferProgressed,
    TransferRequested,
)
from appliance.core.inputs.visitor_ring import PressButton, RingFlat

CallInput = (
    CallProgressed
    | CallAnswered
    | CallConfirmed
    | CallEnded
    | MediaStarted
    | IceCompleted
    | IceFailed
    | SoundRefused
    | SourceChanged
    | RtpStarted
    | RtpStopped
    | RtpResumed
    | MediaCounted
    | ToneHeard
    | AnswererHeard
    | DetectionFailed
    | DigitReceived
    | DigitSent
    | DigitUnreadable
    | DigitsNotSent
    | HoldFailed
    | UpdateReceived
    | UpdateSent
    | UpdateAnswered
    | InfoReceived
    | TransferProgressed
    | TransferRequested
)
AnyInput = (
    CallInput
    | AccountInput
    | Started
    | Tick
    | StopRequested
    | ConfigChanged
    | ConfigRejected
    | ClockSet
    | ClockReported
    | BookRead
    | CredentialKept
    | CredentialNotKept
    | ButtonEdge
    | KeypadKey
    | CardRead
    | ReadingDiscarded
    | PartFailed
    | PartRecovered
    | GuardReady
    | GuardLost
    | RelayChanged
    | OpeningsRead
    | CardsFound
    | LevelsRead
    | XrunsCounted
    | PlaybackOpened
    | PlaybackBegun
    | PlaybackEnded
    | PlaybackFailed
    | SoundTested
    | NetworkChanged
    | SipReady
    | SipSlow
    | SipLost
    | ContactAnswered
    | ContactNotified
    | SubscriptionEnded
    | CallArrived
    | MessageReceived
    | MessageAnswered
    | RecordingAnnounced
    | RecordingPrepared
    | RecordingBegun
    | RecordingClosed
    | RecordingRefused
    | RecordingAvailable
    | RecordingConverted
    | RecordingCopied
    | RecordingCopyFailed
    | RecordingDeleted
    | RecordingChanged
    | SpaceMeasured
    | SensorEdge
    | LampFound
    | KeptWritten
    | KeptFailed
    | DigitsUnread
    | Requested
    | RequestsDropped
    | RequestRefused
    | AnswerDoubted
    | AccessDenied
    | AccessLockedOut
    | AccessTokenAdded
    | AccessTokenRemoved
)
INPUTS: tuple[type[Input], ...] = get_args(AnyInput)
