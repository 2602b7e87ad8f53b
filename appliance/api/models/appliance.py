"""The station: snapshot, events, faults, health."""

from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, UnsetType

from appliance.api.models.base import AnswerBody
from appliance.core.events import EVENTS
from appliance.core.views.appliance import Finding
from appliance.core.views.base import Time
from appliance.core.views.calls import LoggedCall
from appliance.core.views.events import CallOfEvent, ConferenceFacts
from appliance.core.views.snapshot import Snapshot


class Findings(AnswerBody):
    """The results of the doctor, the most general ones first."""

    findings: list[Finding]


class IndexedRequest(AnswerBody):
    """A request that the station answers."""

    method: Annotated[str, Meta(examples=["GET"])]
    path: Annotated[str, Meta(description="Names in braces stand for ids.", examples=["/v1/calls/{call}"])]
    summary: str


class Index(AnswerBody):
    """The version of the interface and all its requests."""

    version: Annotated[str, Meta(description="Version of intercomd.")]
    openapi: Annotated[str, Meta(description="Path of the full description.")]
    authorization: Annotated[str, Meta(description="How a client shows that it may ask, in words.")]
    requests: list[IndexedRequest]


class StoredEvent(AnswerBody, kw_only=True):
    """An event as the station keeps it; the schema of `data` depends on `type`."""

    id: Annotated[int, Meta(description="Strictly increasing, never used twice.")]
    type: Annotated[str, Meta(examples=["message.sent"], extra_json_schema={"enum": list(EVENTS)})]
    time: Time
    uptime: Annotated[float, Meta(description="Seconds of the monotonic clock.")]
    boot: str
    call: str | None
    about: Annotated[
        CallOfEvent | UnsetType,
        Meta(description="The call that `call` names; absent without one, and 10 minutes after the call's end."),
    ] = UNSET
    conference: Annotated[
        ConferenceFacts | UnsetType,
        Meta(description="The conference, in its events and in those of its recordings."),
    ] = UNSET
    data: dict[str, Any]


class Envelope(StoredEvent):
    """An event, the same on every channel; the schema of `data` depends on `type`."""

    state: Annotated[
        Snapshot | UnsetType,
        Meta(description="In `events.lost` only: the whole state after the loss; start over from it."),
    ] = UNSET


class AuditedEvent(StoredEvent, kw_only=True):
    """An event in the audit of doors."""

    hash: Annotated[
        str,
        Meta(
            description="SHA-256 over this row and the hash of the row before it, in hexadecimal. Compare it with a "
            "hash that was noted earlier.",
            pattern=r"^[0-9a-f]{64}\Z",
        ),
    ]


class Events(AnswerBody):
    """The answer to a poll."""

    events: Annotated[list[Envelope], Meta(description="In order; empty if none came in time.")]
    since: Annotated[int, Meta(description="Start of the next poll, even if no event passed the filters.")]


class Health(AnswerBody):
    """The station works."""

    status: Literal["ok"]


class Machine(AnswerBody):
    """The station's board, system and versions."""

    board: Annotated[str, Meta(description="Name of the board; empty if it has none.")]
    system: Annotated[str, Meta(examples=["Debian GNU/Linux 13 (trixie)"])]
    kernel: str
    processor: Annotated[str, Meta(examples=["aarch64"])]
    python: str


class SupportBundle(AnswerBody):
    """The state, settings, logs and findings from which others can understand a fault, without secrets."""

    version: Annotated[str, Meta(description="Version of intercomd.")]
    made: Time
    machine: Machine
    findings: Annotated[list[Finding], Meta(description="The results of the doctor.")]
    configuration: Annotated[dict[str, Any], Meta(description="All settings in force, as of `GET /v1/config`.")]
    state: Snapshot
    calls: Annotated[list[LoggedCall], Meta(description="The newest calls of the log, at most 100.")]
    doors: Annotated[list[AuditedEvent], Meta(description="The newest openings and refusals, at most 100.")]
    events: Annotated[list[StoredEvent], Meta(description="The newest events, at most 500, the oldest first.")]
