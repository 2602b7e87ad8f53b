"""What the configuration file may say: the single source of its checks, its example and its reference.

Every setting has a default or is required, a unit in the name of its key, a range, and a text that says what it means.
"""

from pydantic import Field

from appliance.config.schema.audio import Audio, Recording
from appliance.config.schema.base import Id, Table
from appliance.config.schema.doors import Door, Guard, Rule
from appliance.config.schema.http import Dbus, Http
from appliance.config.schema.panel import Panel
from appliance.config.schema.policy import Clock, Forwarding, QuietHours
from appliance.config.schema.sip import Account, Deadlines, Sip, Tls
from appliance.config.schema.station import Station
from appliance.config.schema.targets import Directory, Plan, Target


class Config(Table):
    """The whole file."""

    station: Station = Field(default_factory=Station)
    sip: Sip = Field(default_factory=Sip)
    account: dict[Id, Account] = Field(default_factory=dict)
    tls: Tls = Field(default_factory=Tls)
    audio: Audio = Field(default_factory=Audio)
    http: Http = Field(default_factory=Http)
    dbus: Dbus = Field(default_factory=Dbus)
    panel: Panel = Field(default_factory=Panel)
    door: dict[Id, Door] = Field(default_factory=dict)
    guard: Guard = Field(default_factory=Guard)
    rule: dict[Id, Rule] = Field(default_factory=dict)
    target: dict[Id, Target] = Field(default_factory=dict)
    plan: dict[Id, Plan] = Field(default_factory=dict)
    directory: Directory = Field(default_factory=Directory)
    forwarding: Forwarding = Field(default_factory=Forwarding)
    quiet_hours: QuietHours = Field(default_factory=QuietHours)
    clock: Clock = Field(default_factory=Clock)
    recording: Recording = Field(default_factory=Recording)
    deadlines: Deadlines = Field(default_factory=Deadlines)
