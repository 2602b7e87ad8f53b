"""The names for people of doors, buttons, lamps, accounts and targets, beside their ids in the data of events."""

from collections.abc import Callable
from functools import cache
from typing import Any, get_args, get_origin, get_type_hints

from appliance.base.record import Record
from appliance.base.types import Json
from appliance.core.events.base import Event, TargetId
from appliance.core.model import (
    AccountId,
    AccountSettings,
    ButtonId,
    ButtonSettings,
    DoorId,
    DoorSettings,
    LampId,
    LampSettings,
    Settings,
    Target,
)

Part = DoorSettings | ButtonSettings | LampSettings | AccountSettings | Target
PARTS: dict[Any, Callable[[Settings, str], Part | None]] = {
    DoorId: Settings.door,
    ButtonId: Settings.button,
    LampId: Settings.lamp,
    AccountId: Settings.account,
    TargetId: Settings.target,
}


class Named(Record):
    """A field of an event with the id of a part, or with several; the name has the key `key` in the event's data."""

    field: str
    key: str
    part: Callable[[Settings, str], Part | None]
    several: bool


@cache
def named(kind: type[Event]) -> tuple[Named, ...]:
    """The fields of such events that have ids of parts."""
    hints = get_type_hints(kind, include_extras=True)
    return tuple(each for field in kind.__struct_fields__ if (each := _named(field, hints[field])) is not None)


def _named(field: str, hint: Any) -> Named | None:
    inner = (hint,) if hint in PARTS else get_args(hint)
    part = next((PARTS[each] for each in inner if each in PARTS), None)
    if part is None:
        return None
    if get_origin(hint) is tuple:
        return Named(field, f"{field.removesuffix('s')}_names", part, several=True)
    return Named(field, f"{field}_name", part, several=False)


def names(event: Event, settings: Settings) -> Json:
    """What the data of an event has besides its fields: the names of its parts, as far as they have any.

    Of several parts all are named as soon as one has a name: the others by their ids.
    """
    found: Json = {}
    for each in named(type(event)):
        given = getattr(event, each.field)
        if each.several:
            texts = [shown(each.part(settings, part), part) for part in given]
            if texts != list(given):
                found[each.key] = texts
        elif given is not None and (part := each.part(settings, given)) is not None and part.display_name:
            found[each.key] = part.display_name
    return found


def shown(part: Part | None, otherwise: str) -> str:
    """The name of a part, or its id."""
    return otherwise if part is None else part.display_name or otherwise
