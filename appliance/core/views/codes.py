"""Codes and cards as clients read them."""

from typing import Annotated

from msgspec import Meta

from appliance.base.record import Record
from appliance.core.model import CredentialKind, Period
from appliance.core.views.base import Time

Schedule = Annotated[
    Annotated[tuple[Period, ...], Meta(min_length=1, max_length=16)] | None,
    Meta(description="Times at which it is valid; null: always."),
]


class Code(Record):
    """A code or card; no request returns its digits."""

    id: str
    kind: CredentialKind
    owner: str
    doors: tuple[str, ...]
    schedule: Schedule
    uses: Annotated[int | None, Meta(description="Remaining uses; null: no limit.")]
    expires: Time | None
    profile: Annotated[str | None, Meta(description="Time profile within which it is valid; null: none.")] = None
