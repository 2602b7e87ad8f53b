"""Codes, cards and the audit."""

from typing import Annotated

from msgspec import UNSET, Meta, UnsetType

from appliance.api.models.appliance import AuditedEvent
from appliance.api.models.base import AnswerBody, Done, Moment, OrderBody
from appliance.core.inputs.bounds import CARD, CODE, LINE
from appliance.core.views.codes import Code, Schedule

Owner = Annotated[str, Meta(min_length=1, max_length=64, pattern=LINE, description="Name of the owner, for display.")]
OpenedDoors = Annotated[
    list[Annotated[str, Meta(max_length=64)]],
    Meta(
        min_length=1,
        max_length=32,
        description="Doors that it opens, in calls and at keypads and readers that may open them.",
    ),
]
Uses = (
    Annotated[int, Meta(ge=0, le=1_000_000, description="How often it opens doors from now on; null: without limit.")]
    | None
)
Expires = Annotated[Moment | None, Meta(description="From when on it opens nothing; null: never.")]

ProfileOf = (
    Annotated[
        str,
        Meta(max_length=32, description="Time profile of the configuration within which it is valid; null: none."),
    ]
    | None
)


class NewCode(OrderBody, kw_only=True):
    """A code, given by its digits, or a card, given by its number."""

    owner: Owner
    digits: Annotated[str, Meta(pattern=CODE, description="Digits to type in a call or at a keypad.")] | None = None
    card: Annotated[str, Meta(pattern=CARD, description="Number of the card, as the reader reports it.")] | None = None
    doors: OpenedDoors
    schedule: Schedule = None
    profile: ProfileOf = None
    uses: Uses = None
    expires: Expires = None

    def __post_init__(self) -> None:
        if (self.digits is None) == (self.card is None):
            raise ValueError("either digits or card is needed")


class CodeChange(OrderBody):
    """Changes of a code or card; omitted fields stay."""

    owner: Owner | None = None
    doors: OpenedDoors | None = None
    schedule: Schedule | UnsetType = UNSET
    profile: ProfileOf | UnsetType = UNSET
    uses: Uses | UnsetType = UNSET
    expires: Expires | UnsetType = UNSET


class Codes(AnswerBody):
    """All codes and cards."""

    codes: list[Code]
    zone: Annotated[
        str,
        Meta(
            description="Time zone of the station, by which times of day count; empty while it is unknown.",
            examples=["Europe/Berlin"],
        ),
    ]


class CodeDone(Done):
    """A code or card was added or changed."""

    id: str
    code: Annotated[Code | None, Meta(description="Current state of the code; null if it has been removed.")]


class Audit(AnswerBody):
    """A page of the audit, newest first: events of doors, keypads, codes and refused access."""

    events: list[AuditedEvent]
    next: Annotated[str | None, Meta(description="Cursor of the next page; null on the last page.")]
