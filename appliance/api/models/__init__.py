"""The schemas of requests and answers: the OpenAPI description is generated from them.

Answers are sent as the core made them, without a second check at run time; a test compares both.
"""

from appliance.api.models.accounts import AccountDone, Accounts, Contacts
from appliance.api.models.appliance import (
    AuditedEvent,
    Envelope,
    Events,
    Findings,
    Health,
    Index,
    IndexedRequest,
    Machine,
    SupportBundle,
)
from appliance.api.models.audio import (
    Devices,
    NamedSound,
    PlayInCall,
    PlaySound,
    Say,
    SayInCall,
    Sounds,
    SoundTest,
    TestSound,
)
from appliance.api.models.base import AnswerBody, Clock, ContentType, CustomData, Done, Headers, OrderBody, Problem
from appliance.api.models.calls import (
    AnswerWith,
    BrowserCall,
    BrowserOffer,
    CallDone,
    CallLog,
    Calls,
    Change,
    IceServers,
    Join,
    Place,
    Transfer,
    Update,
)
from appliance.api.models.codes import Audit, CodeChange, CodeDone, Codes, Expires, NewCode, OpenedDoors, Owner, Uses
from appliance.api.models.conferences import Confer, ConferenceChange, ConferenceDone, Conferences, Participants
from appliance.api.models.doors import Doors
from appliance.api.models.messages import Info, Letter, Text
from appliance.api.models.operations import Begun, CallDoneLater, DoneLater, MessageTaken, Operation
from appliance.api.models.push import NewPushSubscription, Push, PushSubscribed, PushSubscription
from appliance.api.models.recordings import (
    LiveRecording,
    LiveRecordings,
    RecordCall,
    Recording,
    RecordingChange,
    Recordings,
    Waveform,
)
from appliance.api.models.rules import NewOrder, NewRule, Rules, Trial
from appliance.api.models.runtime import Configuration, ForwardingChange, QuietHours, RuntimeChange, RuntimeDone
from appliance.api.models.sessions import BrowserSession
from appliance.api.models.tokens import AccessToken, AccessTokenMade, AccessTokens, NewAccessToken
