"""The configuration, and run-time settings."""

from typing import Annotated, Any

from pydantic import Field

from appliance.api.models.base import AnswerBody, Clock, Done, Line, OrderBody


class Configuration(AnswerBody):
    """All settings that are in force."""

    configuration: dict[str, Any] = Field(
        description="Settings by their tables, as in the configuration file; a secret that is set is `***`.",
        examples=[{"sip": {"port": 5060}, "door": {"front": {"pulse_s": 3.0, "digits": "***"}}}],
    )
    do_not_disturb: bool


class ForwardingChange(OrderBody):
    """Changes of call forwarding; omitted fields stay. Give the name of a target, or a number; "" for none."""

    always: str | None = Field(default=None, max_length=64, pattern=Line, description="All calls.")
    quiet: str | None = Field(
        default=None, max_length=64, pattern=Line, description="Calls in quiet hours, or during do not disturb."
    )
    busy: str | None = Field(default=None, max_length=64, pattern=Line, description="Calls beyond the limit of calls.")
    no_answer: str | None = Field(
        default=None, max_length=64, pattern=Line, description="Calls that are not answered in time."
    )
    no_answer_s: float | None = Field(
        default=None, ge=1, le=600, allow_inf_nan=False, description="How long a call rings before it is forwarded."
    )


class QuietHours(OrderBody):
    """Quiet hours of each day, in the machine's local time; both "" for none."""

    begin: Annotated[str, Field(pattern=Clock, examples=["22:00"])]
    end: Annotated[str, Field(pattern=Clock, examples=["06:30"])]


class RuntimeChange(OrderBody):
    """Run-time settings to change. Kept over restarts until the file changes; omitted fields stay."""

    forwarding: ForwardingChange | None = None
    quiet_hours: QuietHours | None = None
    do_not_disturb: bool | None = Field(default=None, description="Calls do not ring; this station's call buttons do.")


class Forwarding(AnswerBody):
    """Call forwarding: name of a target or a number; empty: none."""

    always: str
    quiet: str = Field(description="Calls in quiet hours, or during do not disturb.")
    busy: str
    no_answer: str
    no_answer_s: float


class Hours(AnswerBody):
    """Quiet hours of each day, in the machine's local time; both empty: none."""

    begin: str
    end: str


class Runtime(AnswerBody):
    """Current values of the settings that clients may change while the station runs."""

    forwarding: Forwarding
    quiet_hours: Hours
    do_not_disturb: bool
    quiet: bool = Field(description="Whether quiet hours are in force now.")


class RuntimeDone(Done):
    """The changes are active."""

    runtime: Runtime
