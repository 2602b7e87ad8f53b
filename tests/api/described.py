"""The description of the HTTP interface, made once in a process: it takes a sixth of a second."""

from functools import cache
from typing import Any

from appliance.api import app


@cache
def description() -> dict[str, Any]:
    """The description; no test changes it."""
    return app.openapi()
