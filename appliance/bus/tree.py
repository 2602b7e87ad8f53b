"""The objects there are, from the daemon's snapshot, and what changed between two of them."""

from dataclasses import dataclass
from typing import Any

from appliance.bus.interfaces import ACCOUNT, APPLIANCE, CALL, DOOR, ROOT, Interface, call_path
from appliance.bus.ports import Json


@dataclass(frozen=True, slots=True)
class Object:
    """An object: its interface, whose it is, and its properties' plain values."""

    interface: Interface
    id: str
    values: dict[str, Any]


Tree = dict[str, Object]


def name_path(kind: str, name: str) -> str:
    """Where the object of a name from the configuration is: - is _2d and _ is _5f there, so that no two are one."""
    return f"{ROOT}/{kind}/{name.replace('_', '_5f').replace('-', '_2d')}"


def tree(snapshot: Json) -> Tree:
    """All objects by path."""

    def made(interface: Interface, wanted: str, view: Json) -> Object:
        return Object(interface, wanted, interface.values(view))

    return {
        ROOT: made(APPLIANCE, "", snapshot),
        **{call_path(view["id"]): made(CALL, view["id"], view) for view in snapshot["calls"]},
        **{name_path("doors", view["id"]): made(DOOR, view["id"], view) for view in snapshot["doors"]},
        **{name_path("accounts", view["name"]): made(ACCOUNT, view["name"], view) for view in snapshot["accounts"]},
    }


def changed(old: Object, new: Object) -> dict[str, Any]:
    """The properties that are otherwise now."""
    return {name: value for name, value in new.values.items() if value != old.values[name]}


def children(shown: Tree, path: str) -> list[str]:
    """The next steps of the paths that go on from `path`."""
    above = path.rstrip("/") + "/"
    return sorted({each.removeprefix(above).partition("/")[0] for each in shown if each.startswith(above)})
