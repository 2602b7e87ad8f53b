"""The station itself as clients read it."""

from typing import Annotated, Literal

from msgspec import Meta

from appliance.base.record import Record


class Failed(Record):
    """A part that does not work now."""

    part: str
    why: str


class Finding(Record):
    """The result of one check."""

    check: Annotated[str, Meta(description="Subject of the check; for settings the dotted name.")]
    level: Literal["ok", "warning", "problem"]
    message: str
    cause: str = ""
    resolution: str = ""


class Appliance(Record):
    """The station itself."""

    station: str
    device: Annotated[str, Meta(description="Name of the station for other systems: the setting `mqtt.device`.")]
    ready: Annotated[bool, Meta(description="Whether calls are possible.")]
    configured: Annotated[bool, Meta(description="Whether there is a target to call, or an account for calls.")]
    stopping: bool
    address: Annotated[str, Meta(description="host:port that SIP listens on; empty while it does not.")]
    zone: Annotated[
        str,
        Meta(
            description="Time zone of the station, by which times of day count; empty while it is unknown.",
            examples=["Europe/Berlin"],
        ),
    ]
    dropped_requests: Annotated[int, Meta(description="SIP requests dropped because their senders sent too many.")]
    doubted_answers: Annotated[
        int,
        Meta(
            description="Answers to SIP requests that were dropped or not wholly believed; equal ones at once count as "
            "one."
        ),
    ]
    status: Annotated[str, Meta(description="Summary for display.")]
    offered_version: Annotated[
        str,
        Meta(
            description="Newer version of the service's package that apt offers; empty if it offers none.",
            examples=["1.4.2"],
        ),
    ]
    failed: Annotated[tuple[Failed, ...], Meta(description="Parts that do not work now.")]
