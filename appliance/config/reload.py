"""A changed file for a running daemon: settings that apply at once, and settings that need a restart."""

from collections.abc import Iterator
from copy import deepcopy

from appliance.base.errors import IntercomError
from appliance.base.record import Record
from appliance.base.types import Json
from appliance.config import describe
from appliance.config.load import check
from appliance.config.schema import Config


class Merged(Record):
    """The settings from now on, and the dotted names of changed ones."""

    config: Config
    applied: tuple[str, ...]
    needs_restart: tuple[str, ...]


def merge(running: Config, wanted: Config) -> Merged:
    """Apply the settings of `wanted` that can be changed at run time.

    None of them if they make no sense without the rest: for example, a button that opens a door which needs a restart.
    """
    old, new = (config.model_dump(mode="json", exclude_none=True) for config in (running, wanted))
    changed = tuple(_differing(old, new))
    live = tuple(place for place in changed if _is_live(place) and not _is_password(place, new))
    merged = deepcopy(old)
    for place in live:
        _copy(place.split("."), new, merged)
    merged["plan"], merged["rule"], merged["panel"]["chord"] = new["plan"], new["rule"], new["panel"]["chord"]
    merged["profile"] = new["profile"]
    merged["target"] = dict(_targets(old["target"], new["target"]))
    try:
        config = check(merged, "merged")
    except IntercomError:
        return Merged(running, (), changed)
    return Merged(config, live, tuple(place for place in changed if place not in live))


def _is_live(place: str) -> bool:
    """Whether the schema marks the setting, or a table that holds it, as live.

    Such a setting is used by the core, or read by an adapter each time. All others belong to an adapter, whose lines,
    sockets or cards depend on them.
    """
    keys = place.split(".")
    model: describe.Model = Config
    while keys:
        field = model.model_fields[keys.pop(0)]
        if isinstance(field.json_schema_extra, dict) and field.json_schema_extra.get("live"):
            return True
        below = describe.child(field)
        if below is None:
            return False
        model, named = below
        if named:
            keys.pop(0)
    return False


def _is_password(place: str, new: Json) -> bool:
    """Whether the setting is a password that the SIP process demands of callers: a target's, or a new target's."""
    match place.split("."):
        case ["target", name]:
            return bool(_password(new["target"].get(name)))
        case ["target", _, "password_file"]:
            return True
        case _:
            return False


def _targets(old: Json, new: Json) -> Iterator[tuple[str, Json]]:
    """All targets from now on, in the order of the file, as the first that matches a caller counts."""
    for name, target in new.items():
        if name in old:
            rest = {key: value for key, value in target.items() if key != "password_file"}
            known = _password(old[name])
            yield name, rest | ({"password_file": known} if known else {})
        elif not _password(target):
            yield name, target


def _password(target: Json | None) -> str:
    return target.get("password_file", "") if target else ""


def _differing(old: Json, new: Json, at: str = "") -> Iterator[str]:
    """Yield the dotted settings that differ; a table that only `old` or `new` has counts as one."""
    for key in sorted(old.keys() | new.keys()):
        one, other = old.get(key), new.get(key)
        if isinstance(one, dict) and isinstance(other, dict):
            yield from _differing(one, other, f"{at}{key}.")
        elif one != other:
            yield f"{at}{key}"


def _copy(keys: list[str], source: Json, target: Json) -> None:
    """Copy the value at a place, or remove it there."""
    *way, last = keys
    for key in way:
        source, target = source[key], target[key]
    if last in source:
        target[last] = source[last]
    else:
        del target[last]
