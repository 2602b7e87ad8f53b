"""All objects, built from the daemon's snapshot, and the changes between two trees."""

from typing import Any

from appliance.base.record import Record
from appliance.bus.calls import CALL
from appliance.bus.conferences import CONFERENCE
from appliance.bus.interfaces import ACCOUNT, APPLIANCE, DOOR
from appliance.bus.paths import ROOT, call_path, conference_path, name_path
from appliance.bus.shapes import Interface
from appliance.core.views.snapshot import Snapshot


class Object(Record):
    """An object: its interface, its id, and its properties' plain values."""

    interface: Interface
    id: str
    values: dict[str, Any]


Tree = dict[str, Object]


def tree(snapshot: Snapshot) -> Tree:
    """All objects by path."""

    def made(interface: Interface, wanted: str, view: Record) -> Object:
        return Object(interface, wanted, interface.values(view))

    return {
        ROOT: made(APPLIANCE, "", snapshot),
        **{call_path(view.id): made(CALL, view.id, view) for view in snapshot.calls},
        **{conference_path(view.id): made(CONFERENCE, view.id, view) for view in snapshot.conferences},
        **{name_path("doors", view.id): made(DOOR, view.id, view) for view in snapshot.doors},
        **{name_path("accounts", view.name): made(ACCOUNT, view.name, view) for view in snapshot.accounts},
    }


def changed(old: Object, new: Object) -> dict[str, Any]:
    """The properties whose values differ."""
    return {name: value for name, value in new.values.items() if value != old.values[name]}


def children(shown: Tree, path: str) -> list[str]:
    """The next elements of the paths below `path`."""
    above = path.rstrip("/") + "/"
    return sorted({each.removeprefix(above).partition("/")[0] for each in shown if each.startswith(above)})
