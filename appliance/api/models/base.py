"""Shared by all bodies."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from appliance.base.errors import ErrorCode
from appliance.core import inputs
from appliance.core.panel import colors

Time = Annotated[
    str,
    Field(
        pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z$",
        description="UTC.",
        examples=["2026-11-20T06:07:08.123456Z"],
        json_schema_extra={"format": "date-time"},
    ),
]
Moment = Annotated[
    str,
    Field(
        pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,6})?Z?)?$",
        description="With Z in UTC, else in the station's time zone.",
        examples=["2026-12-24T18:00", "2026-12-24T17:00:00Z"],
    ),
]
# No control characters: a text in a SIP header must not be able to start another header.
CODE = r"^[0-9]{4,12}$"
CARD = r"^[0-9A-Za-z]{1,40}$"
DIGITS = f"^{inputs.DIGITS}$"
Line = r"^[^\x00-\x1f\x7f]*$"
Clock = r"^(([01][0-9]|2[0-3]):[0-5][0-9])?$"  # hours and minutes, or nothing
Color = Annotated[
    str,
    Field(pattern=f"^(#[0-9A-Fa-f]{{6}}|{'|'.join(colors.NAMES)})$", examples=["#ff8000"], description="Not black."),
]
CustomData = Annotated[str, Field(max_length=1000, description="What a client notes beside the call.")]
Name = Annotated[str | None, Field(description="Name for people, as configured; null: none, so its id is shown.")]
Headers = dict[
    Annotated[str, Field(pattern=r"^[Xx]-[A-Za-z0-9-]{1,62}$")],
    Annotated[str, Field(max_length=256, pattern=Line)],
]
ContentType = Annotated[
    str, Field(pattern=r"^[A-Za-z0-9!#$&^_.+-]{1,63}/[A-Za-z0-9!#$&^_.+-]{1,63}$", description="RFC 6838 §4.2.")
]


class OrderBody(BaseModel):
    """A body that a client sends. Unknown fields are refused, so that typing errors are reported."""

    model_config = ConfigDict(extra="forbid")


class AnswerBody(BaseModel):
    """A body that the daemon sends.

    The class only describes it: a pydantic validator for each of them would take tens of MB.
    """

    model_config = ConfigDict(defer_build=True)


class Done(AnswerBody):
    """The request was carried out."""

    warning: str | None = Field(description="A note that nothing had to change.")


class Problem(AnswerBody):
    """An error (RFC 9457). `code` is for programs and keeps its meaning."""

    type: str
    title: str
    status: int
    detail: str = Field(description="What happened.")
    instance: str
    code: ErrorCode
    cause: str = Field(description="Cause; may be empty.")
    resolution: str = Field(description="Remedy; may be empty.")
