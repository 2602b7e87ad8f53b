"""The configuration that is in force, for people and programs: whole, with every default, without secrets."""

import re

from appliance.base.types import Json
from appliance.config import describe
from appliance.config.schema import Config

MASK = "***"
_URI_PASSWORD = re.compile(r"(sips?:[^@:;?<>\s]+):[^@<>\s]*@")  # RFC 3261 §19.1.1


def effective(config: Config, runtime: Json) -> Json:
    """All settings by their tables; `runtime`: the tables that clients have changed while the station runs.

    A secret that is set, and a password in a SIP address, is shown as ***. Settings without a value are left out, as
    TOML has none for them.
    """
    shown: Json = config.model_dump(mode="json", exclude_none=True)
    return _masked(shown | {table: shown[table] | changed for table, changed in runtime.items()}, Config)


def _masked(table: Json, model: describe.Model) -> Json:
    masked = dict(table)
    for key, field in model.model_fields.items():
        below = describe.child(field)
        if key not in table:
            continue
        if below is None:
            if table[key] and describe.describe(key, field).secret:
                masked[key] = MASK
            elif isinstance(table[key], str):
                masked[key] = _URI_PASSWORD.sub(rf"\1:{MASK}@", table[key])
            continue
        inner, named = below
        masked[key] = (
            {name: _masked(each, inner) for name, each in table[key].items()} if named else _masked(table[key], inner)
        )
    return masked
