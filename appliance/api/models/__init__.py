"""The schemas of requests and answers: the OpenAPI description is generated from them.

Answers are sent as the core made them, without a second check at run time; a test compares both.
"""

from appliance.api.models.accounts import Account, AccountDone, Accounts, Contact, Contacts, Entry, Network, Target
from appliance.api.models.appliance import (
    Appliance,
    AuditedEvent,
    Envelope,
    Events,
    Failed,
    Finding,
    Findings,
    Health,
    Index,
    IndexedRequest,
    Machine,
    Snapshot,
    SupportBundle,
)
from appliance.api.models.audio import (
    Audio,
    Device,
    Devices,
    Microphone,
    NamedSound,
    PlayInCall,
    PlaySound,
    Say,
    SayInCall,
    Sounds,
    SoundSide,
    SoundTest,
    TestSound,
)
from appliance.api.models.base import (
    AnswerBody,
    Clock,
    ContentType,
    CustomData,
    Done,
    Headers,
    OrderBody,
    Problem,
    Time,
)
from appliance.api.models.calls import (
    AnswerWith,
    Call,
    CallDone,
    CallFacts,
    CallLog,
    CallOfEvent,
    Calls,
    CallTransfer,
    Change,
    Codec,
    End,
    Join,
    LoggedCall,
    Place,
    Quality,
    Remote,
    Transfer,
    Update,
)
from appliance.api.models.codes import (
    Audit,
    Code,
    CodeChange,
    CodeDone,
    Codes,
    Expires,
    NewCode,
    OpenedDoors,
    Owner,
    Period,
    Schedule,
    Uses,
)
from appliance.api.models.conferences import (
    Confer,
    Conference,
    ConferenceChange,
    ConferenceDone,
    ConferenceFacts,
    ConferenceMember,
    Conferences,
    Participant,
    Participants,
)
from appliance.api.models.doors import Door, Doors
from appliance.api.models.messages import Info, Letter, Text
from appliance.api.models.operations import Begun, CallDoneLater, DoneLater, MessageTaken, Operation
from appliance.api.models.panel import (
    Button,
    Chord,
    Keypad,
    Lamp,
    Panel,
    Reader,
    Sensor,
)
from appliance.api.models.recordings import (
    LiveRecording,
    LiveRecordings,
    RecordCall,
    Recording,
    RecordingChange,
    Recordings,
    Waveform,
)
from appliance.api.models.runtime import (
    Configuration,
    Forwarding,
    ForwardingChange,
    Hours,
    QuietHours,
    Runtime,
    RuntimeChange,
    RuntimeDone,
)
from appliance.api.models.sessions import BrowserSession
from appliance.api.models.tokens import AccessToken, AccessTokenMade, AccessTokens, NewAccessToken
