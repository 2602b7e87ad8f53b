"""The names for people of doors, buttons, lamps, accounts and targets, beside their ids in the data of events."""

from functools import cache
from typing import Any, get_args, get_origin, get_type_hints

from appliance.base.record import Record
from appliance.base.types import Json
from appliance.core.events.base import Event, TargetId
from appliance.core.model import AccountId, ButtonId, DoorId, LampId, Settings

IDS: tuple[Any, ...] = (DoorId, ButtonId, LampId, AccountId, TargetId)


class Named(Record):
    """A field of an event with the id of a part, or with several; the name has the key `key` in the event's data.

    kind: the type of the id, one of IDS.
    """

    field: str
    key: str
    kind: Any
    several: bool


@cache
def named(kind: type[Event]) -> tuple[Named, ...]:
    """The fields of such events that have ids of parts."""
    hints = get_type_hints(kind, include_extras=True)
    return tuple(each for field in kind.__struct_fields__ if (each := _named(field, hints[field])) is not None)


def _named(field: str, hint: Any) -> Named | None:
    inner = (hint,) if hint in IDS else get_args(hint)
    kind = next((each for each in inner if each in IDS), None)
    if kind is None:
        return None
    if get_origin(hint) is tuple:
        return Named(field, f"{field.removesuffix('s')}_names", kind, several=True)
    return Named(field, f"{field}_name", kind, several=False)


class Names:
    """The names that settings give, looked up once for all events: most stations have few, or none."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        parts: dict[Any, dict[Any, str]] = {
            DoorId: {each.id: each.display_name for each in settings.doors},
            ButtonId: {each.id: each.display_name for each in settings.buttons},
            LampId: {each.id: each.display_name for each in settings.lamps},
            AccountId: {each.name: each.display_name for each in settings.accounts},
            TargetId: {each.name: each.display_name for each in settings.targets},
        }
        self._names = {kind: {part: name for part, name in known.items() if name} for kind, known in parts.items()}
        self._none = not any(self._names.values())

    def beside(self, event: Event) -> Json:
        """Return the additions to an event's data: the names for people of the parts that its fields name by id.

        If one of several parts has a name, the list names them all, a part without a name by its id.
        """
        found: Json = {}
        for each in () if self._none else named(type(event)):
            given, known = getattr(event, each.field), self._names[each.kind]
            if each.several:
                if any(part in known for part in given):
                    found[each.key] = [known.get(part, part) for part in given]
            elif given in known:
                found[each.key] = known[given]
        return found
