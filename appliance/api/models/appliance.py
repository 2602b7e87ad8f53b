"""The station: snapshot, events, faults, health."""

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from appliance.api.models.accounts import Account, Contact, Entry, Network, Target
from appliance.api.models.audio import Audio
from appliance.api.models.base import AnswerBody, Line, OrderBody, Time
from appliance.api.models.calls import Call, CallOfEvent, LoggedCall
from appliance.api.models.conferences import Conference, ConferenceFacts
from appliance.api.models.doors import Door
from appliance.api.models.panel import Panel
from appliance.api.models.recordings import Storage, VisitorMessage
from appliance.api.models.runtime import Runtime
from appliance.core.appliance import custom_events
from appliance.core.events import EVENTS


class Finding(AnswerBody):
    """The result of one check."""

    check: str = Field(description="Subject of the check; for settings the dotted name.")
    level: Literal["ok", "warning", "problem"]
    message: str
    cause: str
    resolution: str


class Findings(AnswerBody):
    """The results of the doctor, the most general ones first."""

    findings: list[Finding]


class IndexedRequest(AnswerBody):
    """A request that the station answers."""

    method: str = Field(examples=["GET"])
    path: str = Field(description="Names in braces stand for ids.", examples=["/v1/calls/{call}"])
    summary: str


class Index(AnswerBody):
    """The version of the interface and all its requests."""

    version: str = Field(description="Version of intercomd.")
    openapi: str = Field(description="Path of the full description.")
    authorization: str = Field(description="How a client shows that it may ask, in words.")
    requests: list[IndexedRequest]


class Failed(AnswerBody):
    """A part that does not work now."""

    part: str
    why: str


class Appliance(AnswerBody):
    """The station itself."""

    station: str
    ready: bool = Field(description="Whether calls are possible.")
    configured: bool = Field(description="Whether there is a target to call, or an account for calls.")
    stopping: bool
    address: str = Field(description="host:port that SIP listens on; empty while it does not.")
    zone: str = Field(
        description="Time zone of the station, by which times of day count; empty while it is unknown.",
        examples=["Europe/Berlin"],
    )
    dropped_requests: int = Field(description="SIP requests dropped because their senders sent too many.")
    doubted_answers: int = Field(
        description="Answers to SIP requests that were dropped or not wholly believed; equal ones at once count as one."
    )
    status: str = Field(description="Summary for display.")
    failed: list[Failed] = Field(description="Parts that do not work now.")


class Snapshot(AnswerBody):
    """The whole state, and the id of the last event in it."""

    appliance: Appliance
    network: Network
    accounts: list[Account]
    calls: list[Call]
    conferences: list[Conference]
    doors: list[Door]
    panel: Panel
    audio: Audio
    runtime: Runtime
    targets: list[Target]
    directory: list[Entry]
    contacts: list[Contact]
    message: VisitorMessage | None = Field(description="The message that a visitor is asked for or leaves.")
    storage: Storage | None = Field(description="Null until it was measured, soon after the start.")
    last_event: int


def _optional(schema: dict[str, Any]) -> None:
    schema["required"] = [name for name in schema["required"] if name not in {"about", "conference", "state"}]


class StoredEvent(AnswerBody):
    """An event as the station keeps it; the schema of `data` depends on `type`."""

    id: int = Field(description="Strictly increasing, never used twice.")
    type: str = Field(examples=["message.sent"], json_schema_extra={"enum": list(EVENTS)})
    time: Time
    uptime: float = Field(description="Seconds of the monotonic clock.")
    boot: str
    call: str | None
    about: CallOfEvent = Field(
        description="The call that `call` names; absent without one, and 10 minutes after the call's end."
    )
    conference: ConferenceFacts = Field(description="The conference, in its events and in those of its recordings.")
    data: dict[str, Any]

    model_config = ConfigDict(json_schema_extra=_optional)


class Envelope(StoredEvent):
    """An event, the same on every channel; the schema of `data` depends on `type`."""

    state: Snapshot = Field(description="In `events.lost` only: the whole state after the loss; start over from it.")

    model_config = ConfigDict(json_schema_extra=_optional)


class CustomEvent(OrderBody):
    """An event of a client."""

    name: str = Field(pattern=f"^{custom_events.NAME}$", description="Its kind.", examples=["lift.called"])
    details: dict[
        Annotated[str, Field(pattern=f"^{custom_events.DETAIL}$")],
        Annotated[str, Field(max_length=custom_events.LONGEST_DETAIL, pattern=Line)],
    ] = Field(
        default_factory=dict,
        max_length=custom_events.MOST_DETAILS,
        description="Texts of one line by their names.",
        examples=[{"floor": "3"}],
    )
    call: str | None = Field(default=None, max_length=64, description="Id of the call that it belongs to.")


class AuditedEvent(StoredEvent):
    """An event in the audit of doors."""

    hash: str = Field(
        description="SHA-256 over this row and the hash of the row before it, in hexadecimal. Compare it with a hash "
        "that was noted earlier.",
        pattern="^[0-9a-f]{64}$",
    )


class Events(AnswerBody):
    """The answer to a poll."""

    events: list[Envelope] = Field(description="In order; empty if none came in time.")
    since: int = Field(description="Start of the next poll, even if no event passed the filters.")


class Health(AnswerBody):
    """The station works."""

    status: Literal["ok"]


class Machine(AnswerBody):
    """The station's board, system and versions."""

    board: str = Field(description="Name of the board; empty if it has none.")
    system: str = Field(examples=["Debian GNU/Linux 13 (trixie)"])
    kernel: str
    processor: str = Field(examples=["aarch64"])
    python: str


class SupportBundle(AnswerBody):
    """The state, settings, logs and findings from which others can understand a fault, without secrets."""

    version: str = Field(description="Version of intercomd.")
    made: Time
    machine: Machine
    findings: list[Finding] = Field(description="The results of the doctor.")
    configuration: dict[str, Any] = Field(description="All settings in force, as of `GET /v1/config`.")
    state: Snapshot
    calls: list[LoggedCall] = Field(description="The newest calls of the log, at most 100.")
    doors: list[AuditedEvent] = Field(description="The newest openings and refusals, at most 100.")
    events: list[StoredEvent] = Field(description="The newest events, at most 500, the oldest first.")
