"""The settings that pydantic accepted, also of a file with errors: `checks` compares their tables.

A file is to be corrected once, so contradictions between tables are reported beside values of the wrong type. Values
are as the file writes them, because messages repeat them.
"""

from collections.abc import Collection
from typing import Any

from appliance.config import describe
from appliance.config.schema import Config

Place = tuple[str, ...]  # the keys that lead to a setting


def accepted(raw: dict[str, Any], refused: Collection[Place]) -> Config:
    """The file's settings without those at `refused`, which are None whatever their type; others have their defaults.

    A table of which something was refused, even its name, is there with the rest of its settings.
    """
    config: Config = _table(Config, raw, (), refused)
    return config


def _table(model: describe.Model, raw: dict[str, Any], at: Place, refused: Collection[Place]) -> Any:
    values: dict[str, Any] = {}
    for key, field in model.model_fields.items():
        here, given = (*at, key), raw.get(key)
        below = describe.child(field)
        if below is None:
            if here in refused:
                values[key] = None
            elif key in raw:
                values[key] = given
        elif isinstance(given, dict):
            inner, named = below
            values[key] = _tables(inner, given, here, refused) if named else _table(inner, given, here, refused)
    return model.model_construct(**values)


def _tables(model: describe.Model, raw: dict[str, Any], at: Place, refused: Collection[Place]) -> dict[str, Any]:
    """The tables with names of the user."""
    return {name: _table(model, each, (*at, name), refused) for name, each in raw.items() if isinstance(each, dict)}
