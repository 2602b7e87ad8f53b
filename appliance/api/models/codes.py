"""Codes, cards and the audit."""

from typing import Annotated

from pydantic import Field, model_validator

from appliance.api.models.appliance import AuditedEvent
from appliance.api.models.base import CARD, CODE, AnswerBody, Done, Line, Moment, OrderBody, Time
from appliance.core.model import CredentialKind, Day


class Period(OrderBody):
    """A time on some days of the week, in the station's time zone."""

    days: list[Day] = Field(min_length=1, max_length=7)
    begin: Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$", examples=["08:00"])]
    end: Annotated[
        str,
        Field(
            pattern=r"^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$",
            description="If it is earlier than begin, it is on the next day.",
            examples=["12:00"],
        ),
    ]


Owner = Annotated[str, Field(min_length=1, max_length=64, pattern=Line, description="Name of the owner, for display.")]
OpenedDoors = Annotated[
    list[Annotated[str, Field(max_length=64)]],
    Field(
        min_length=1,
        max_length=32,
        description="Doors that it opens, in calls and at keypads and readers that may open them.",
    ),
]
Schedule = Annotated[
    Annotated[list[Period], Field(min_length=1, max_length=16)] | None,
    Field(description="Times at which it is valid; null: always."),
]
Uses = Annotated[
    int | None, Field(ge=0, le=1_000_000, description="How often it opens doors from now on; null: without limit.")
]
Expires = Annotated[Moment | None, Field(description="From when on it opens nothing; null: never.")]


class NewCode(OrderBody):
    """A code, given by its digits, or a card, given by its number."""

    owner: Owner
    digits: str | None = Field(default=None, pattern=CODE, description="Digits to type in a call or at a keypad.")
    card: str | None = Field(default=None, pattern=CARD, description="Number of the card, as the reader reports it.")
    doors: OpenedDoors
    schedule: Schedule = None
    uses: Uses = None
    expires: Expires = None

    @model_validator(mode="after")
    def _one_of_both(self) -> "NewCode":
        if (self.digits is None) == (self.card is None):
            raise ValueError("either digits or card is needed")
        return self


class CodeChange(OrderBody):
    """Changes of a code or card; omitted fields stay."""

    owner: Owner | None = None
    doors: OpenedDoors | None = None
    schedule: Schedule = None
    uses: Uses = None
    expires: Expires = None


class Code(AnswerBody):
    """A code or card; no request returns its digits."""

    id: str
    kind: CredentialKind
    owner: str
    doors: list[str]
    schedule: Schedule
    uses: int | None = Field(description="Remaining uses; null: no limit.")
    expires: Time | None


class Codes(AnswerBody):
    """All codes and cards."""

    codes: list[Code]
    zone: str = Field(
        description="Time zone of the station, by which times of day count; empty while it is unknown.",
        examples=["Europe/Berlin"],
    )


class CodeDone(Done):
    """A code or card was added or changed."""

    id: str
    code: Code | None = Field(description="Current state of the code; null if it has been removed.")


class Audit(AnswerBody):
    """A page of the audit, newest first: events of doors, keypads, codes and refused access."""

    events: list[AuditedEvent]
    next: str | None = Field(description="Cursor of the next page; null on the last page.")
