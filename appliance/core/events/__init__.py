"""The events that are reported: one record for each event type. The reactor adds id, times and boot.

The class's docstring is the reference's text, its fields are the event's `data`, less an underscore at the end of a
name that Python reserves; `call` goes into the envelope.
"""

from appliance.core.events.access import (
    CardDiscarded,
    CardRead,
    CodeAdded,
    CodeChanged,
    CodeEvent,
    CodeRemoved,
    KeypadAccepted,
    KeypadDigit,
    KeypadLockedOut,
    KeypadRefused,
)
from appliance.core.events.accounts import (
    AccountEvent,
    AccountExpired,
    AccountFailed,
    AccountRegistered,
    AccountRegistering,
    AccountUnregistered,
    ContactChanged,
    NetworkChanged,
    NetworkDown,
    NetworkUp,
    ServerReachable,
    ServerUnreachable,
)
from appliance.core.events.appliance import (
    AccessDenied,
    AccessLockedOut,
    AccessTokenAdded,
    AccessTokenRemoved,
    ApplianceDegraded,
    ApplianceReady,
    ApplianceRecovered,
    ApplianceStarted,
    ApplianceStopping,
    AudioFailed,
    AudioRecovered,
    ConfigChanged,
    ConfigRejected,
    ErrorReported,
    EventsLost,
    NoticeReported,
    PanelFailed,
    PanelRecovered,
    RequestRefused,
    WarningReported,
)
from appliance.core.events.audio import (
    AudioDevicesChanged,
    AudioMicrophoneChanged,
    AudioSettingsChanged,
    AudioTested,
    AudioXruns,
    PlaybackEvent,
    PlaybackFailed,
    PlaybackFinished,
    PlaybackReady,
    PlaybackStarted,
    PlaybackStopped,
    ToneStarted,
    ToneStopped,
)
from appliance.core.events.base import CallEvent, Event
from appliance.core.events.calls import (
    CallActiveChanged,
    CallAnswering,
    CallCanceled,
    CallChanged,
    CallConnected,
    CallConnecting,
    CallDialing,
    CallDisconnecting,
    CallEarlyMedia,
    CallEnded,
    CallFailed,
    CallForwarded,
    CallHeld,
    CallIncoming,
    CallMuted,
    CallRejected,
    CallResumed,
    CallRinging,
    CallStateChanged,
    CallSwitched,
    CallUnmuted,
    CallUpdated,
    CallUpdateReceived,
    CallUpdating,
    DtmfReceived,
    DtmfSending,
    DtmfSent,
    FinalEvent,
    MediaDisconnectionWarning,
    MediaEnded,
    MediaIceCompleted,
    MediaIceFailed,
    MediaQuality,
    MediaResumed,
    MediaSilent,
    MediaSlowLink,
    MediaSourceChanged,
    MediaStarted,
    MediaStatistics,
    MediaStopped,
)
from appliance.core.events.conferences import (
    ConferenceCanceled,
    ConferenceChanged,
    ConferenceConnected,
    ConferenceConnecting,
    ConferenceDisconnecting,
    ConferenceEnded,
    ConferenceEvent,
    ConferenceHeld,
    ConferenceInvitationAccepted,
    ConferenceInvitationRejected,
    ConferenceInvitationSending,
    ConferenceInvitationSent,
    ConferenceParticipantAdded,
    ConferenceParticipantRemoved,
    ConferenceResumed,
    ParticipantEvent,
)
from appliance.core.events.doors import (
    DoorClosed,
    DoorDenied,
    DoorForced,
    DoorHeldOpen,
    DoorHoldEnding,
    DoorLockdownEnded,
    DoorLocked,
    DoorLockedDown,
    DoorOpened,
    DoorUnlocked,
    RuleTriggered,
    SensorBlocked,
    SensorChanged,
    SensorUnblocked,
)
from appliance.core.events.messages import (
    InfoFailed,
    InfoReceived,
    InfoSent,
    MessageEvent,
    MessageFailed,
    MessageReceived,
    MessageSent,
)
from appliance.core.events.panel import (
    ButtonChord,
    ButtonClicked,
    ButtonDoubleClicked,
    ButtonEvent,
    ButtonHeld,
    ButtonPressed,
    ButtonReleased,
    ButtonStuck,
    LampChanged,
)
from appliance.core.events.recordings import (
    RecordingAvailable,
    RecordingChanged,
    RecordingDeleted,
    RecordingFailed,
    RecordingRecovered,
    RecordingStarted,
    RecordingStopped,
    StorageFull,
    StorageLow,
    StorageRecovered,
)
from appliance.core.events.transfers import (
    CallReplaced,
    CallTransferFailed,
    CallTransferred,
    CallTransferRequested,
    CallTransferring,
)
from appliance.core.events.visitor_ring import RingEnded, RingStarted

EVENTS: dict[str, type[Event]] = {
    kind.TYPE: kind
    for kind in sorted(
        (k for k in globals().values() if isinstance(k, type) and issubclass(k, Event)), key=lambda k: k.TYPE
    )
    if kind.TYPE
}
