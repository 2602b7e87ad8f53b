"""The configuration, and run-time settings."""

from typing import Annotated, Any

from msgspec import UNSET, Meta, UnsetType

from appliance.api.models.base import AnswerBody, Clock, Done, OrderBody
from appliance.core import inputs
from appliance.core.inputs.bounds import LINE
from appliance.core.views.runtime import Runtime


class Configuration(AnswerBody):
    """All settings that are in force."""

    configuration: Annotated[
        dict[str, Any],
        Meta(
            description="Settings by their tables, as in the configuration file; a secret that is set is `***`.",
            examples=[{"sip": {"port": 5060}, "door": {"front": {"pulse_s": 3.0, "digits": "***"}}}],
        ),
    ]
    do_not_disturb: bool


class ForwardingChange(inputs.ForwardingChange):
    """Changes of call forwarding; omitted fields stay. Give the name of a target, or a number; "" for none."""

    always: Annotated[str, Meta(max_length=64, pattern=LINE, description="All calls.")] | None = None
    quiet: (
        Annotated[str, Meta(max_length=64, pattern=LINE, description="Calls in quiet hours, or during do not disturb.")]
        | None
    ) = None
    busy: Annotated[str, Meta(max_length=64, pattern=LINE, description="Calls beyond the limit of calls.")] | None = (
        None
    )
    no_answer: (
        Annotated[str, Meta(max_length=64, pattern=LINE, description="Calls that are not answered in time.")] | None
    ) = None
    no_answer_s: (
        Annotated[float, Meta(ge=1, le=600, description="How long a call rings before it is forwarded.")] | None
    ) = None


class QuietHours(OrderBody):
    """Quiet hours of each day, in the machine's local time, both "" for none; and a time profile, "" for none.

    A request without `profile` leaves it as it is.
    """

    begin: Annotated[str, Meta(pattern=Clock, examples=["22:00"])]
    end: Annotated[str, Meta(pattern=Clock, examples=["06:30"])]
    profile: (
        Annotated[
            str, Meta(max_length=32, description="Time profile of the configuration that is quiet, too.", examples=[""])
        ]
        | None
    ) = None


class RuntimeChange(OrderBody):
    """Run-time settings to change. Kept over restarts until the file changes; omitted fields stay."""

    forwarding: ForwardingChange | UnsetType | None = UNSET
    quiet_hours: QuietHours | UnsetType | None = UNSET
    do_not_disturb: Annotated[bool | None, Meta(description="Calls do not ring; this station's call buttons do.")] = (
        None
    )


class RuntimeDone(Done):
    """The changes are active."""

    runtime: Runtime
