"""The schema of the configuration file: the single source of its checks, its example and its reference.

Every setting has a default or is required, a unit in the name of its key, a range, and a text that says what it means.
"""

from pydantic import Field

from appliance.config.schema.audio import AudioTable, RecordingTable, SpeechTable
from appliance.config.schema.base import Id, Table, live_table
from appliance.config.schema.doors import DoorTable, GuardTable, RuleTable
from appliance.config.schema.http import DbusTable, HttpTable
from appliance.config.schema.mqtt import MqttTable
from appliance.config.schema.panel import PanelTable
from appliance.config.schema.policy import (
    ClockTable,
    ForwardingTable,
    HolidaysTable,
    LogTable,
    ProfileTable,
    QuietHoursTable,
)
from appliance.config.schema.sip import AccountTable, DeadlinesTable, SipTable, TlsTable
from appliance.config.schema.station import StationTable
from appliance.config.schema.targets import DirectoryTable, PlanTable, TargetTable
from appliance.config.schema.webhooks import WebhookTable


class Config(Table):
    """The whole file."""

    station: StationTable = Field(default_factory=StationTable)
    sip: SipTable = Field(default_factory=SipTable)
    account: dict[Id, AccountTable] = Field(default_factory=dict)
    tls: TlsTable = Field(default_factory=TlsTable)
    audio: AudioTable = Field(default_factory=AudioTable)
    speech: SpeechTable = live_table(default_factory=SpeechTable)
    http: HttpTable = Field(default_factory=HttpTable)
    dbus: DbusTable = Field(default_factory=DbusTable)
    mqtt: MqttTable = Field(default_factory=MqttTable)
    webhook: dict[Id, WebhookTable] = Field(default_factory=dict)
    panel: PanelTable = Field(default_factory=PanelTable)
    door: dict[Id, DoorTable] = Field(default_factory=dict)
    guard: GuardTable = Field(default_factory=GuardTable)
    rule: dict[Id, RuleTable] = live_table(default_factory=dict)
    target: dict[Id, TargetTable] = live_table(default_factory=dict)
    plan: dict[Id, PlanTable] = live_table(default_factory=dict)
    directory: DirectoryTable = live_table(default_factory=DirectoryTable)
    profile: dict[Id, ProfileTable] = live_table(default_factory=dict)
    holidays: HolidaysTable = live_table(default_factory=HolidaysTable)
    forwarding: ForwardingTable = live_table(default_factory=ForwardingTable)
    quiet_hours: QuietHoursTable = live_table(default_factory=QuietHoursTable)
    clock: ClockTable = Field(default_factory=ClockTable)
    recording: RecordingTable = live_table(default_factory=RecordingTable)
    log: LogTable = live_table(default_factory=LogTable)
    deadlines: DeadlinesTable = live_table(default_factory=DeadlinesTable)
