"""The ids of a running daemon, for the shell's completion."""

from collections.abc import Callable

from appliance.base.types import Json
from appliance.cli import config, panel_test
from appliance.cli.client import Client


def _ids(parts: list[Json]) -> list[str]:
    return [str(part["id"]) for part in parts]


def _targets(state: Json) -> list[str]:
    return [str(target["name"]) for target in state["targets"]]


# By the name of the argument that accepts them.
OF_STATE: dict[str, Callable[[Json], list[str]]] = {
    "account": lambda state: [str(account["name"]) for account in state["accounts"]],
    "button": lambda state: _ids(state["panel"]["buttons"]),
    "call": lambda state: _ids(state["calls"]),
    "flat": lambda state: [str(each["flat"]) for each in state["directory"]],
    "door": lambda state: _ids(state["doors"]),
    "part": panel_test.parts,
    "participant": lambda state: [*_ids(state["calls"]), *_targets(state)],
    "sensor": lambda state: _ids(state["panel"]["sensors"]),
    "to": _targets,
}
KINDS = (*OF_STATE, "code", "recording", "setting")


def words(client: Client, kinds: list[str]) -> list[str]:
    """All ids of these kinds. Raises IntercomError."""
    found = _ids(client.ask("GET", "/v1/codes")["codes"]) if "code" in kinds else []
    if "recording" in kinds:
        found += _ids(client.ask("GET", "/v1/recordings")["recordings"])
    if "setting" in kinds:
        found += config.keys(client.ask("GET", "/v1/config")["configuration"])
    if others := [kind for kind in kinds if kind in OF_STATE]:
        state = client.ask("GET", "/v1/state")
        found += [each for kind in others for each in OF_STATE[kind](state)]
    return found
