"""Rules."""

from typing import Annotated, Any

from msgspec import Meta, field

from appliance.api.models.base import AnswerBody, OrderBody
from appliance.core.inputs.bounds import LINE
from appliance.core.views.rules import Rule, Verdict
from appliance.orders.invalid import form

Wanted = Annotated[str, Meta(max_length=256, pattern=LINE)]
FieldName = Annotated[str, Meta(pattern=form(r"^[a-z_]{1,32}\Z", "the name of a field, as in door"))]
StatePath = Annotated[
    str, Meta(pattern=form(r"^[A-Za-z0-9_.-]{1,128}\Z", "a path in the state, as in doors.front.state"))
]
Time = Annotated[str, Meta(max_length=64)]


class NewOrder(OrderBody):
    """An order that a rule gives."""

    order: Annotated[str, Meta(max_length=64, description="Its name in the list of orders.", examples=["lock_door"])]
    values: Annotated[
        dict[str, Any],
        Meta(
            description="Parts of its path, and fields of its body; `{name}` in a text is a field of the event.",
            examples=[{"door": "front"}],
        ),
    ] = field(default_factory=dict)


class NewRule(OrderBody, kw_only=True):
    """A rule: when an event is reported or a time comes, and if all conditions hold, then give orders."""

    name: Annotated[
        str,
        Meta(
            pattern=form(
                r"^(?!try\Z)[a-z0-9][a-z0-9_-]{0,31}\Z",
                "1 to 32 small letters, digits, - and _, with a letter or a digit first, and not try",
            ),
            examples=["evening"],
        ),
    ]
    on: Annotated[
        str, Meta(max_length=64, description="Type of the event; empty: none.", examples=["door.held_open"])
    ] = ""
    at: Annotated[
        list[Time],
        Meta(max_length=16, description="Times, in the station's zone.", examples=[[]]),
    ] = field(default_factory=list)
    where: Annotated[
        dict[FieldName, Wanted],
        Meta(max_length=8, description="Values that fields of the event must have.", examples=[{"door": "front"}]),
    ] = field(default_factory=dict)
    times: Annotated[
        list[Time],
        Meta(max_length=16, description="Times of the week; none: always.", examples=[[]]),
    ] = field(default_factory=list)
    profile: Annotated[str, Meta(max_length=32, description="Time profile; empty: none.", examples=[""])] = ""
    holiday: Annotated[bool | None, Meta(description="true: on holidays only; false: never then.")] = None
    state: Annotated[
        dict[StatePath, Wanted],
        Meta(
            max_length=8,
            description="Values that the state (GET /v1/state) must have; parts of lists by their id or name.",
            examples=[{"doors.front.state": "locked"}],
        ),
    ] = field(default_factory=dict)
    then: Annotated[list[NewOrder], Meta(min_length=1, max_length=8, description="Orders, one after another.")]

    def __post_init__(self) -> None:
        if bool(self.on) == bool(self.at):
            raise ValueError("either on or at is needed")


class Rules(AnswerBody):
    """All rules."""

    rules: list[Rule]


class Trial(AnswerBody):
    """What each rule would do."""

    rules: list[Verdict]
