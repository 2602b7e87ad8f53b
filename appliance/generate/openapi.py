"""The description of the HTTP interface, taken from the interface itself."""

import functools
import json
from importlib.metadata import version
from pathlib import Path
from typing import Any

PATH = Path("docs/reference/openapi.json")
_ROOT = Path(__file__).parents[2]
_MADE_BY = "x-made-by"


@functools.cache
def description() -> str:
    """docs/reference/openapi.json."""
    from appliance.api.app import openapi  # noqa: PLC0415 - it takes a tenth of a second

    made = openapi()
    libraries = " ".join(f"{name}-{version(name)}" for name in ("msgspec",))
    return (
        json.dumps({**made, _MADE_BY: f"python -m appliance.generate, {libraries}"}, indent=1, ensure_ascii=False)
        + "\n"
    )


@functools.cache
def current() -> Any:
    """The description in the file if it is up to date, whatever versions of the libraries made it; else a new one."""
    there, made = (_ROOT / PATH).read_text(encoding="utf-8"), description()
    return json.loads(there if same(there, made) else made)


def same(there: str, made: str) -> bool:
    """Whether both describe the same interface.

    The libraries word schemas differently from version to version, and the service runs on several: if the file was
    generated with other versions, only its version, paths, methods and names of schemas are compared.
    """
    old, new = json.loads(there), json.loads(made)
    if old.get(_MADE_BY) == new[_MADE_BY]:
        return there == made
    return _outline(old) == _outline(new)


def _outline(described: dict[str, Any]) -> tuple[object, ...]:
    operations = {(path, method) for path, methods in described["paths"].items() for method in methods}
    return described["info"], operations, set(described["components"]["schemas"])
