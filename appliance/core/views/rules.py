"""Rules as clients read them."""

from typing import Annotated, Any

from msgspec import Meta

from appliance.base.record import Record
from appliance.core.model import AccessScope


class GivenOrder(Record):
    """An order that a rule gives. values: the parts of its path, and the fields of its body."""

    order: Annotated[str, Meta(description="Its name in the list of orders.", examples=["lock_door"])]
    values: Annotated[
        dict[str, Any],
        Meta(
            description="Parts of its path, and fields of its body; `{name}` in a text is a field of the event.",
            examples=[{"door": "front"}],
        ),
    ]


class Rule(Record):
    """A rule: when, if, then."""

    name: str
    by: Annotated[str | None, Meta(description="The client that made it; null: the configuration.")]
    on: Annotated[str | None, Meta(description="Type of the event that it waits for; null: it waits for its times.")]
    at: Annotated[tuple[str, ...], Meta(description="Its times, in the station's zone.", examples=[["mon,fri 07:30"]])]
    where: Annotated[dict[str, str], Meta(description="Values that fields of the event must have.", examples=[{}])]
    times: Annotated[
        tuple[str, ...], Meta(description="Times of the week within which it acts; none: always.", examples=[[]])
    ]
    profile: Annotated[str | None, Meta(description="Time profile within which it acts; null: none.")]
    holiday: Annotated[bool | None, Meta(description="Whether it acts on holidays only, or never then; null: always.")]
    state: Annotated[
        dict[str, str], Meta(description="Values that the state must have, by their paths.", examples=[{}])
    ]
    then: Annotated[tuple[GivenOrder, ...], Meta(description="Its orders, given one after another.")]
    allow: Annotated[tuple[AccessScope, ...], Meta(description="Scopes within which it acts.")]
    effective: Annotated[
        bool, Meta(description="false: a rule of the configuration has the same name, and counts instead.")
    ]


class Verdict(Record):
    """What a rule would do at a time, and why."""

    rule: Annotated[str, Meta(description="Its name.", examples=["evening"])]
    acts: Annotated[bool, Meta(description="Whether its conditions hold at that time.")]
    why: Annotated[str, Meta(description="The first condition that does not hold, or what it waits for.")]
    then: Annotated[tuple[GivenOrder, ...], Meta(description="The orders that it gives.")]
