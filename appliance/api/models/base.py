"""Shared by all bodies."""

from typing import Annotated

from msgspec import Meta

from appliance.base.errors import ErrorCode
from appliance.base.record import Record
from appliance.core.inputs.bounds import LINE, HeaderName, HeaderText
from appliance.orders.invalid import form

Moment = Annotated[
    str,
    Meta(
        pattern=form(
            r"^[0-9]{4}-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9](:[0-9][0-9](\.[0-9]{1,6})?Z?)?\Z",
            "a time, as in 2026-12-24T18:00 or 2026-12-24T17:00:00Z",
        ),
        description="With Z in UTC, else in the station's time zone.",
        examples=["2026-12-24T18:00", "2026-12-24T17:00:00Z"],
    ),
]
Clock = form(r"^(([01][0-9]|2[0-3]):[0-5][0-9])?\Z", "empty, or a time of the day, as in 22:00")
CustomData = Annotated[str, Meta(description="What a client notes beside the call: at most 1,000 characters.")]
Headers = dict[HeaderName, HeaderText]
Callee = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=512,
        pattern=LINE,
        description="Name of a target, a SIP URI, or a number at an account.",
    ),
]
ContentType = Annotated[
    str,
    Meta(
        pattern=form(
            r"^[A-Za-z0-9!#$&^_.+-]{1,63}/[A-Za-z0-9!#$&^_.+-]{1,63}\Z", "a type and a subtype, as in text/plain"
        ),
        description="RFC 6838 §4.2.",
    ),
]


class OrderBody(Record):
    """A body that a client sends. Unknown fields are refused, so that typing errors are reported."""


class AnswerBody(Record, forbid_unknown_fields=False):
    """A body that the daemon sends. The class only describes it; a later version may add fields."""


class Done(AnswerBody):
    """The request was carried out."""

    warning: Annotated[str | None, Meta(description="A note that nothing had to change.")]


class Problem(AnswerBody):
    """An error (RFC 9457). `code` is for programs and keeps its meaning."""

    type: str
    title: str
    status: int
    detail: Annotated[str, Meta(description="What happened.")]
    instance: str
    code: ErrorCode
    cause: Annotated[str, Meta(description="Cause; may be empty.")]
    resolution: Annotated[str, Meta(description="Remedy; may be empty.")]
